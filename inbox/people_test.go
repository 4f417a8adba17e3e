package inbox_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"otklik/inbox"
	"otklik/mention"
)

func TestPassword(t *testing.T) {
	if _, err := inbox.HashPassword("короткий"); err == nil {
		t.Error("a short password is taken")
	}
	if _, err := inbox.HashPassword(strings.Repeat("x", 2000)); err == nil {
		t.Error("an endless password is taken")
	}
	h := hashOnce()
	if !strings.HasPrefix(h, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("encoded as %q", h)
	}
	for encoded, typed := range map[string]string{h: password + "!", "": "", "$argon2id$v=19$m=0,t=0,p=0$$": "", "plain": "plain",
		"$argon2id$v=19$m=4294967295,t=1,p=1$AAAA$AAAA": ""} {
		if inbox.IsPassword(encoded, typed) {
			t.Errorf("%q passes for %q", typed, encoded)
		}
	}
	if !inbox.IsPassword(h, password) {
		t.Error("the right password does not pass")
	}
}

func TestSignIn(t *testing.T) {
	w := newWorld(t)
	anna := w.account("anna", mention.PR)
	p := w.person()
	if a := p.get("/?tab=free"); a.header.Get("Location") != "/signin?to=%2F%3Ftab%3Dfree" {
		t.Errorf("without a session: %d to %q", a.status, a.header.Get("Location"))
	}
	a := p.post("/signin", "login", "anna", "password", password, "to", "/?tab=free")
	if a.header.Get("Location") != "/?tab=free" {
		t.Errorf("signed in: %d to %q", a.status, a.header.Get("Location"))
	}
	p.wants("/", "Anna", "Инбокс")
	stolen := w.person()
	stolen.header = map[string]string{"Cookie": "otklik_session=guessed"}
	if a := stolen.get("/"); a.status != http.StatusSeeOther {
		t.Errorf("a guessed session: %d", a.status)
	}
	t.Run("a session that was planted before signing in stays nobody's", func(t *testing.T) {
		victim, planter := w.person(), w.person()
		planted := map[string]string{"Cookie": "otklik_session=planted"}
		victim.header, planter.header = planted, planted
		if a := victim.post("/signin", "login", "anna", "password", password); strings.Contains(a.header.Get("Set-Cookie"), "planted") {
			t.Errorf("signing in keeps the planted session: %s", a.header.Get("Set-Cookie"))
		}
		if a := planter.get("/"); a.status != http.StatusSeeOther {
			t.Errorf("who planted the session is signed in: %d", a.status)
		}
	})
	t.Run("a password change ends the other sessions", func(t *testing.T) {
		other := w.person()
		other.post("/signin", "login", "anna", "password", password)
		if a := p.post("/me/password", "old", "wrong", "new", "совсем другой"); a.status != http.StatusBadRequest {
			t.Errorf("with a wrong old password: %d, want 400", a.status)
		}
		p.post("/me/password", "old", password, "new", "совсем другой пароль")
		p.wants("/me", "Пароль изменён")
		if a := other.get("/"); a.status != http.StatusSeeOther {
			t.Errorf("another browser stays signed in: %d", a.status)
		}
	})
	t.Run("signing out", func(t *testing.T) {
		p.post("/signout")
		if a := p.get("/"); a.status != http.StatusSeeOther {
			t.Errorf("after signing out: %d", a.status)
		}
	})
	t.Run("a session ends by itself", func(t *testing.T) {
		p.post("/signin", "login", "anna", "password", "совсем другой пароль")
		w.pass(8 * 24 * time.Hour)
		if a := p.get("/"); a.status != http.StatusSeeOther {
			t.Errorf("after eight days: %d", a.status)
		}
	})
	t.Run("a disabled account", func(t *testing.T) {
		anna.Password, anna.DisabledAt = hashOnce(), w.clock()
		check(t, w.store.SaveAccount(t.Context(), &anna))
		if a := w.person().post("/signin", "login", "anna", "password", password); a.status != http.StatusUnauthorized {
			t.Errorf("signs in: %d, want 401", a.status)
		}
	})
}

func TestThrottle(t *testing.T) {
	w := newWorld(t)
	w.account("anna", mention.PR)
	w.account("boris", mention.PR)
	p := w.person()
	try := func(login, pass string) int { return p.post("/signin", "login", login, "password", pass).status }
	for range 5 {
		if got := try("anna", "guess"); got != http.StatusUnauthorized {
			t.Fatalf("a wrong password: %d, want 401", got)
		}
	}
	if got := try("anna", password); got != http.StatusTooManyRequests {
		t.Errorf("the sixth attempt: %d, want 429 even with the right password", got)
	}
	if got := try("boris", password); got != http.StatusTooManyRequests {
		t.Errorf("another login from the same address: %d, want 429", got)
	}
	w.pass(11 * time.Second)
	if got := try("anna", "guess"); got != http.StatusUnauthorized {
		t.Errorf("after the wait: %d, want 401", got)
	}
	w.pass(11 * time.Second)
	if got := try("anna", password); got != http.StatusTooManyRequests {
		t.Errorf("the wait has not grown: %d", got)
	}
	w.pass(10 * time.Second)
	if got := try("anna", password); got != http.StatusSeeOther {
		t.Errorf("after the longer wait: %d, want 303", got)
	}
	admin := w.signedIn("admin", mention.Admin)
	admin.wants("/people", "неудачный вход", "127.0.0.1", "вход")
	admin.wantsNot("/people", "guess", "$argon2id$")
}

func TestPeople(t *testing.T) {
	w := newWorld(t)
	guest := w.person()
	if a := guest.post("/people", "login", "olga", "role", "pr", "password", password); a.status != http.StatusBadRequest {
		t.Errorf("a first account that is no administrator: %d, want 400", a.status)
	}
	admin := w.signedIn("admin", mention.Admin)
	admin.post("/people", "login", "olga", "name", "Ольга", "role", "pr", "slack", "U024BE7LH", "password", password)
	olga, err := w.store.AccountByLogin(t.Context(), "olga")
	check(t, err)
	if olga.Actor() != (mention.Actor{ID: "slack:U024BE7LH", Name: "Ольга"}) || olga.Role != mention.PR {
		t.Errorf("account %+v", olga)
	}
	for _, form := range [][]string{
		{"login", "olga", "role", "pr", "password", password}, {"login", "a b", "role", "pr", "password", password},
		{"login", "x", "role", "root", "password", password}, {"login", "x", "role", "pr", "password", "short"},
		{"login", "x", "role", "pr", "slack", "@olga", "password", password},
	} {
		if a := admin.post("/people", form...); a.status != http.StatusBadRequest {
			t.Errorf("%v: %d, want 400", form, a.status)
		}
	}
	t.Run("what is taken in Slack is mine here", func(t *testing.T) {
		w.add(complaint("1"))
		w.act(1, mention.Action{Verb: mention.Take, Actor: mention.Actor{ID: "slack:U024BE7LH", Name: "olga"}})
		p := w.person()
		p.post("/signin", "login", "olga", "password", password)
		if got := listed(p.page("/?tab=mine")); got != "1" {
			t.Errorf("mine: %q, want the task taken in Slack", got)
		}
	})
	t.Run("who somebody is in other channels", func(t *testing.T) {
		admin.wants("/people", "telegram:12345") // what it looks like
		for _, wrong := range []string{"12345", "telegram:", "slack:U024BE7LH", "mail:a:b"} {
			if a := admin.post("/people/2", "role", "pr", "name", "Ольга", "slack", "U024BE7LH", "aliases", wrong); a.status != http.StatusBadRequest {
				t.Errorf("%q: %d, want 400", wrong, a.status)
			}
		}
		admin.post("/people/2", "role", "pr", "name", "Ольга", "slack", "U024BE7LH", "aliases", " telegram:77  mail:olga@example.com ")
		if olga, err := w.store.AccountByLogin(t.Context(), "olga"); err != nil || !olga.Is("telegram:77") || !olga.Is("mail:olga@example.com") {
			t.Errorf("the account is %+v, %v", olga, err)
		}
		admin.wants("/people", `value="telegram:77 mail:olga@example.com"`)
		for _, taken := range [][]string{{"aliases", "telegram:77"}, {"slack", "U024BE7LH"}} {
			a := admin.post("/people/1", append([]string{"role", "admin", "name", "admin"}, taken...)...)
			if a.status != http.StatusBadRequest || !strings.Contains(a.body, "принадлежит olga") {
				t.Errorf("%v, which is olga's: %d, want 400", taken, a.status)
			}
		}
	})
	t.Run("the last administrator stays", func(t *testing.T) {
		if a := admin.post("/people/1", "do", "disable"); a.status != http.StatusBadRequest {
			t.Errorf("disabling: %d, want 400", a.status)
		}
		if a := admin.post("/people/1", "role", "pr"); a.status != http.StatusBadRequest {
			t.Errorf("demoting: %d, want 400", a.status)
		}
		admin.post("/people/2", "role", "admin", "name", "Ольга")
		admin.post("/people/1", "do", "disable")
		if a := admin.get("/"); a.status != http.StatusSeeOther {
			t.Errorf("a disabled administrator: %d", a.status)
		}
	})
}
