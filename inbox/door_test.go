package inbox_test

import (
	"net/http"
	"strings"
	"testing"

	"otklik/inbox"
	"otklik/mention"
)

// TestRoutes tries every route of the table with every role: who is not
// allowed must be refused before anything is read or done.
func TestRoutes(t *testing.T) {
	w := newWorld(t)
	w.add(complaint("1"))
	people := map[mention.Role]*person{"": w.person()}
	for _, role := range mention.Roles() {
		people[role] = w.signedIn(string(role), role)
	}
	fill := strings.NewReplacer("{$}", "", "{id}", "999", "{verb}", "take", "{name}", "none.css")
	for _, rt := range w.server.Table() {
		method, path, _ := strings.Cut(rt.Pattern, " ")
		if path == "/live" || path == "/signout" || path == "/me/settings" {
			continue // a stream; and two that anybody may use, which would sign us out
		}
		for role, p := range people {
			t.Run(rt.Pattern+" as "+string(role), func(t *testing.T) {
				a := p.do(method, fill.Replace(path), "application/x-www-form-urlencoded", "")
				got := "answered"
				switch {
				case a.status == http.StatusForbidden:
					got = "forbidden"
				case a.status == http.StatusUnauthorized, strings.HasPrefix(a.header.Get("Location"), "/signin"):
					got = "sign in"
				}
				if want := wantedOutcome(role, rt.Least); got != want && !(path == "/signin" && method == "POST") {
					t.Errorf("%d: %s, want %s", a.status, got, want)
				}
			})
		}
	}
}

func wantedOutcome(role, least mention.Role) string {
	switch {
	case least == "" || role.Covers(least):
		return "answered"
	case role == "":
		return "sign in"
	}
	return "forbidden"
}

func TestGuest(t *testing.T) {
	w := newWorld(t)
	guest := w.person()
	guest.wants("/", "Инбокс")
	for _, host := range []string{"evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example", "[2001:db8::1]:80", ""} {
		p := w.person()
		p.header = map[string]string{"Host": host}
		if host == "" {
			continue // the client would put the real one
		}
		if a := p.get("/"); a.status != http.StatusMisdirectedRequest {
			t.Errorf("Host %q: %d, want 421", host, a.status)
		}
		if a := p.get("/api/v1/tasks"); a.status != http.StatusMisdirectedRequest {
			t.Errorf("API with Host %q: %d, want 421", host, a.status)
		}
	}
	for _, host := range []string{"localhost", "localhost:8080", "127.0.0.1:1", "127.9.9.9", "[::1]:8080", "[::1]"} {
		p := w.person()
		p.header = map[string]string{"Host": host}
		if a := p.get("/"); a.status != http.StatusOK {
			t.Errorf("Host %q: %d, want 200", host, a.status)
		}
	}
	w.account("anna", mention.Admin)
	if a := guest.get("/"); a.status != http.StatusSeeOther {
		t.Errorf("the first account does not end the time without accounts: %d", a.status)
	}
}

func TestDoor_crossOrigin(t *testing.T) {
	w := newWorld(t)
	w.add(complaint("1"))
	p := w.person()
	p.header = map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
	if a := p.post("/tasks/1/take"); a.status != http.StatusForbidden {
		t.Errorf("a form of another site: %d, want 403", a.status)
	}
	if got := w.task(1).State; got != mention.Open {
		t.Errorf("the task is %s", got)
	}
}

func TestDoor_headers(t *testing.T) {
	w := newWorld(t, func(in *inbox.Inbox) { in.Public = "https://otklik.example/" })
	w.account("anna", mention.PR)
	p := w.person()
	a := p.post("/signin", "login", "anna", "password", password)
	csp := a.header.Get("Content-Security-Policy")
	for _, word := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"} {
		if !strings.Contains(csp, word) || strings.Contains(csp, "unsafe") {
			t.Errorf("policy %q lacks %q or is unsafe", csp, word)
		}
	}
	cookie := a.header.Get("Set-Cookie")
	for _, word := range []string{"HttpOnly", "Secure", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, word) {
			t.Errorf("cookie %q lacks %s", cookie, word)
		}
	}
	if got := a.header.Get("Strict-Transport-Security"); got == "" {
		t.Error("https without HSTS")
	}
}

func TestDoor_redirects(t *testing.T) {
	w := newWorld(t)
	w.account("anna", mention.PR)
	for to, want := range map[string]string{
		"/sources": "/sources", "//evil.example": "/", "https://evil.example/": "/", `/\evil.example`: "/", "javascript:alert(1)": "/", "": "/",
	} {
		a := w.person().post("/signin", "login", "anna", "password", password, "to", to)
		if got := a.header.Get("Location"); got != want {
			t.Errorf("to %q: %q, want %q", to, got, want)
		}
	}
}
