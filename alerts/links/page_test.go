package links_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"otklik/alerts"
	"otklik/alerts/channeltest"
	"otklik/alerts/links"
	"otklik/mention"
)

const (
	anna = "anna@example.com"
	evil = `"<script>alert(1)</script>"@example.com`
)

// desk remembers what it was asked and answers as told.
type desk struct {
	asked []mention.Action
	task  mention.Task
	err   error
	// barred is what rights say of everybody.
	barred error
}

func (d *desk) Act(_ context.Context, id mention.TaskID, a mention.Action) (mention.Task, error) {
	d.asked = append(d.asked, a)
	t := d.task
	t.ID = id
	return t, d.err
}

func newPasses() *alerts.Passes {
	return &alerts.Passes{Key: []byte("0123456789abcdef"), Base: "https://otklik.example"}
}

func (d *desk) rights(_ context.Context, who mention.Actor) (mention.Actor, error) {
	return who, d.barred
}

// ask sends one request to a page served at the time of the suite's card, and later.
func ask(t *testing.T, d *desk, method, token string, later time.Duration) *httptest.ResponseRecorder {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle(alerts.LinkPath+"{token}", &links.Page{Passes: newPasses(), Holders: map[string]string{"mail:" + anna: anna, "mail:" + evil: evil},
		Presses: alerts.Presses{Desk: d, Rights: d.rights, Log: slog.New(slog.DiscardHandler),
			Now: func() time.Time { return channeltest.Card().At.Add(later) }}})
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, alerts.LinkPath+token, strings.NewReader("")))
	return w
}

func sign(who string) string {
	return newPasses().Sign(alerts.Pass{Task: 1842, Verb: mention.Take, Who: who, Lang: "en"}, channeltest.Card().At)
}

func TestPage_OnlyTheButtonActs(t *testing.T) {
	d := &desk{task: mention.Task{State: mention.Taken}}
	token := sign("mail:" + anna)
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut} {
		w := ask(t, d, method, token, 0)
		if len(d.asked) != 0 {
			t.Fatalf("%s acts: %+v", method, d.asked)
		}
		if method == http.MethodGet && (w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `<form method="post"><button>Take</button>`)) {
			t.Errorf("GET shows %d %s", w.Code, w.Body)
		}
	}
	// The second press asks for the same by the same person, which a task takes as done.
	for range 2 {
		if w := ask(t, d, http.MethodPost, token, 0); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "M-1842: ") {
			t.Errorf("POST shows %d %s", w.Code, w.Body)
		}
	}
	want := mention.Actor{ID: "mail:" + anna, Name: anna}
	if len(d.asked) != 2 || !reflect.DeepEqual(d.asked[0], d.asked[1]) || d.asked[0].Actor != want || d.asked[0].Verb != mention.Take {
		t.Errorf("the desk is asked %+v, want take by %v twice", d.asked, want)
	}
}

func TestPage_Refuses(t *testing.T) {
	good := sign("mail:" + anna)
	for name, c := range map[string]struct {
		token string
		later time.Duration
		code  int
	}{
		"a link over a week old":  {good, alerts.PassTime, http.StatusGone},
		"a changed link":          {good[:20] + "A" + good[21:], 0, http.StatusForbidden},
		"noise":                   {"%3Cscript%3E", 0, http.StatusForbidden},
		"a stranger to the list":  {sign("mail:gone@example.com"), 0, http.StatusForbidden},
		"the pass of a button":    {sign("mattermost:c1"), 0, http.StatusForbidden},
		"a pass without a person": {sign(anna), 0, http.StatusForbidden},
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			d := &desk{}
			w := ask(t, d, method, c.token, c.later)
			if w.Code != c.code || len(d.asked) != 0 || strings.Contains(w.Body.String(), "<form") {
				t.Errorf("%s with %s: %d, asked %v, want %d and nothing: %s", method, name, w.Code, d.asked, c.code, w.Body)
			}
		}
	}
}

func TestPage_SaysHowItWent(t *testing.T) {
	for _, c := range []struct {
		err  error
		code int
		want string
	}{
		{mention.ErrRefused, http.StatusConflict, alerts.Say("en").States[mention.Dismissed]},
		{mention.ErrConflict, http.StatusConflict, "somebody was faster"},
		{mention.ErrNotFound, http.StatusNotFound, "no such task"},
		{errors.New("disk is full"), http.StatusServiceUnavailable, "press again"},
	} {
		w := ask(t, &desk{task: mention.Task{State: mention.Dismissed}, err: fmt.Errorf("act: %w", c.err)}, http.MethodPost, sign("mail:"+anna), 0)
		if w.Code != c.code || !strings.Contains(w.Body.String(), c.want) || strings.Contains(w.Body.String(), "disk") {
			t.Errorf("%v shows %d %s, want %d %q", c.err, w.Code, w.Body, c.code, c.want)
		}
	}
}

func TestPage_WithoutRights(t *testing.T) {
	d := &desk{barred: alerts.ErrNoRight}
	w := ask(t, d, http.MethodPost, sign("mail:"+anna), 0)
	if w.Code != http.StatusForbidden || len(d.asked) != 0 || !strings.Contains(w.Body.String(), "mail:"+anna) {
		t.Errorf("somebody without rights: %d, asked %v: %s", w.Code, d.asked, w.Body)
	}
}

func TestPage_HostileAddress(t *testing.T) {
	w := ask(t, &desk{}, http.MethodGet, sign("mail:"+evil), 0)
	if body := w.Body.String(); w.Code != http.StatusOK || strings.Contains(body, "<script") || !strings.Contains(body, "&lt;script&gt;") {
		t.Errorf("the address is shown as %d %s", w.Code, body)
	}
	for header, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"} {
		if got := w.Header().Get(header); got != want {
			t.Errorf("%s is %q, want %q", header, got, want)
		}
	}
}
