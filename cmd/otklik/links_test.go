package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"otklik/alerts"
	"otklik/config"
	"otklik/mention"
)

// linkedApp is a daemon with a public address and one open task, M-1; more is
// added to its configuration.
func linkedApp(t *testing.T, more string) *app {
	t.Helper()
	t.Setenv("TOWN_TOKEN", "token")
	cfg, err := config.Load(smallConfig(t, `hooks: [{name: forms, token: fedcba9876543210, kind: form}]
channels:
  mail: {email: {to: [anna@example.com], server: "127.0.0.1:1"}}
  town: {mattermost: {server: "http://127.0.0.1:1", channel: c1, token: env:TOWN_TOKEN}}
  push: {shoutrrr: {url: "ntfy://127.0.0.1:1/topic"}}
public_url: https://otklik.example
`+more))
	if err != nil {
		t.Fatal(err)
	}
	a, err := build(t.Context(), cfg, slog.New(slog.DiscardHandler), outside{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	body := `{"text":"Ужасно, карту не привезли, деньги не вернули"}`
	if w := visit(t, a, http.MethodPost, "/hooks/in/fedcba9876543210", body); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"tasks":1`) {
		t.Fatalf("feedback makes no task: %d %s", w.Code, w.Body)
	}
	return a
}

func visit(t *testing.T, a *app, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://127.0.0.1"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	a.handler.ServeHTTP(w, r)
	return w
}

func taskOf(t *testing.T, a *app) (mention.Task, int) {
	t.Helper()
	v, err := a.store.View(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	return v.Task, len(v.Events)
}

func TestLinks_Mail(t *testing.T) {
	a := linkedApp(t, "")
	link := func(verb mention.Verb) string {
		return "/do/" + a.passes().Sign(alerts.Pass{Task: 1, Verb: verb, Who: "mail:anna@example.com", Lang: "ru"}, a.now())
	}
	_, before := taskOf(t, a)
	if w := visit(t, a, http.MethodGet, link(mention.Take), ""); w.Code != http.StatusOK {
		t.Fatalf("GET: %d %s", w.Code, w.Body)
	}
	if task, events := taskOf(t, a); task.State != mention.Open || events != before {
		t.Errorf("opening the link makes the task %s with %d events", task.State, events-before)
	}
	for range 2 {
		if w := visit(t, a, http.MethodPost, link(mention.Take), ""); w.Code != http.StatusOK {
			t.Errorf("POST: %d %s", w.Code, w.Body)
		}
	}
	if task, events := taskOf(t, a); task.State != mention.Taken || task.Owner.ID != "mail:anna@example.com" || events != before+1 {
		t.Errorf("two presses make the task %s of %v with %d events, want taken once", task.State, task.Owner, events-before)
	}
	if _, err := a.courier.Act(t.Context(), 1, mention.Action{Verb: mention.Dismiss, Reject: mention.Spam, Actor: mention.Actor{ID: "inbox:1"}, At: a.now()}); err != nil {
		t.Fatal(err)
	}
	if w := visit(t, a, http.MethodPost, link(mention.Answer), ""); w.Code != http.StatusConflict {
		t.Errorf("answered on a closed task: %d %s", w.Code, w.Body)
	}
	if task, _ := taskOf(t, a); task.State != mention.Dismissed {
		t.Errorf("a link of a closed task makes it %s", task.State)
	}
}

func TestLinks_Mattermost(t *testing.T) {
	a := linkedApp(t, "")
	press := func(verb mention.Verb, channel string) *httptest.ResponseRecorder {
		token := a.passes().Sign(alerts.Pass{Task: 1, Verb: verb, Who: "mattermost:c1", Lang: "ru"}, a.now())
		return visit(t, a, http.MethodPost, "/mattermost/actions",
			`{"user_id":"u7","user_name":"anna","channel_id":"`+channel+`","context":{"pass":"`+token+`"}}`)
	}
	_, before := taskOf(t, a)
	if w := press(mention.Take, "c2"); w.Code != http.StatusForbidden {
		t.Errorf("a press in another channel: %d %s", w.Code, w.Body)
	}
	for range 2 {
		if w := press(mention.Take, "c1"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Готово") {
			t.Errorf("a press: %d %s", w.Code, w.Body)
		}
	}
	if task, events := taskOf(t, a); task.State != mention.Taken || task.Owner.ID != "mattermost:u7" || events != before+1 {
		t.Errorf("two presses make the task %s of %v with %d events, want taken once", task.State, task.Owner, events-before)
	}
}

// TestLinks_ByAccount holds "buttons: accounts" for every channel whose
// buttons and links come back to us.
func TestLinks_ByAccount(t *testing.T) {
	for name, c := range map[string]struct {
		id    string // of the actor there
		press func(a *app) int
	}{
		"e-mail": {"mail:anna@example.com", func(a *app) int {
			return visit(t, a, http.MethodPost, alerts.LinkPath+a.passes().Sign(alerts.Pass{Task: 1, Verb: mention.Take, Who: "mail:anna@example.com"}, a.now()), "").Code
		}},
		"shoutrrr": {"shoutrrr:push", func(a *app) int {
			return visit(t, a, http.MethodPost, alerts.LinkPath+a.passes().Sign(alerts.Pass{Task: 1, Verb: mention.Take, Who: "shoutrrr:push"}, a.now()), "").Code
		}},
		"Mattermost": {"mattermost:u7", func(a *app) int {
			token := a.passes().Sign(alerts.Pass{Task: 1, Verb: mention.Take, Who: "mattermost:c1"}, a.now())
			return visit(t, a, http.MethodPost, "/mattermost/actions", `{"user_id":"u7","user_name":"anna","channel_id":"c1","context":{"pass":"`+token+`"}}`).Code
		}},
		"Telegram and Slack": {"telegram:5", func(a *app) int {
			return len(a.presses("telegram").Act(t.Context(), 1, mention.Take, mention.Actor{ID: "telegram:5"}).Text(alerts.Say("ru")))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			a := linkedApp(t, "buttons: accounts\n")
			anna := mention.Account{Login: "anna", Name: "Анна", Role: mention.Reader, Aliases: []string{c.id}}
			stranger := mention.Account{Login: "olga", Role: mention.Admin, Aliases: []string{c.id + "0"}}
			if err := a.store.SaveAccount(t.Context(), &stranger); err != nil {
				t.Fatal(err)
			}
			still := func(why string) {
				t.Helper()
				c.press(a)
				if task, _ := taskOf(t, a); task.State != mention.Open {
					t.Errorf("%s takes the task", why)
				}
			}
			still("somebody without an account")
			if err := a.store.SaveAccount(t.Context(), &anna); err != nil {
				t.Fatal(err)
			}
			still("a reader")
			anna.Role, anna.DisabledAt = mention.PR, a.now()
			if err := a.store.SaveAccount(t.Context(), &anna); err != nil {
				t.Fatal(err)
			}
			still("a disabled account")
			anna.DisabledAt = mention.Account{}.DisabledAt
			if err := a.store.SaveAccount(t.Context(), &anna); err != nil {
				t.Fatal(err)
			}
			c.press(a)
			if task, _ := taskOf(t, a); task.State != mention.Taken || task.Owner != anna.Actor() {
				t.Errorf("Anna's press makes the task %s of %v, want hers as %v", task.State, task.Owner, anna.Actor())
			}
		})
	}
}
