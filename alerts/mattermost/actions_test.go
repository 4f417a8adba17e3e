package mattermost_test

import (
	"context"
	"encoding/json"
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
	"otklik/alerts/mattermost"
	"otklik/mention"
)

// desk remembers what it was asked and answers as told.
type desk struct {
	asked []mention.Action
	task  mention.Task
	err   error
}

func (d *desk) Act(_ context.Context, id mention.TaskID, a mention.Action) (mention.Task, error) {
	d.asked = append(d.asked, a)
	t := d.task
	t.ID = id
	return t, d.err
}

func newPasses() *alerts.Passes {
	return &alerts.Passes{Key: []byte("0123456789abcdef"), Base: "https://otklik.example/"}
}

func sign(who string) string {
	return newPasses().Sign(alerts.Pass{Task: 1842, Verb: mention.Take, Who: who, Lang: "en"}, channeltest.Card().At)
}

// body is a press as the server reports it.
func body(t *testing.T, user, name, channel, pass string) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"user_id": user, "user_name": name, "channel_id": channel, "post_id": "p0",
		"trigger_id": "x", "context": map[string]string{"pass": pass}})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// press reports one press, later than the suite's card, and returns the status
// and what the person reads.
func press(t *testing.T, d *desk, body string, later time.Duration) (int, string) {
	t.Helper()
	h := &mattermost.Actions{Passes: newPasses(), Channels: []string{"c1", "c2"},
		Presses: alerts.Presses{Desk: d, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return channeltest.Card().At.Add(later) }}}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, mattermost.ActionsPath, strings.NewReader(body)))
	var out struct {
		Text string `json:"ephemeral_text"`
	}
	if w.Code != http.StatusBadRequest {
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
			t.Errorf("the answer is %s: %v", w.Body, err)
		}
	}
	return w.Code, out.Text
}

func TestActions_Act(t *testing.T) {
	d := &desk{task: mention.Task{State: mention.Taken}}
	// The second press asks for the same by the same person, which a task takes as done.
	for range 2 {
		if code, text := press(t, d, body(t, "u7", "anna\u202e\n@all", "c1", sign("mattermost:c1")), time.Hour); code != http.StatusOK || text != "Done" {
			t.Errorf("the person reads %d %q", code, text)
		}
	}
	want := mention.Actor{ID: "mattermost:u7", Name: "anna @all"}
	if len(d.asked) != 2 || !reflect.DeepEqual(d.asked[0], d.asked[1]) || d.asked[0].Actor != want || d.asked[0].Verb != mention.Take {
		t.Errorf("the desk is asked %+v, want take by %v twice", d.asked, want)
	}
}

func TestActions_Refuses(t *testing.T) {
	good := sign("mattermost:c1")
	for name, c := range map[string]struct {
		body  string
		later time.Duration
		code  int
		want  string
	}{
		"a button over a week old":   {body(t, "u7", "anna", "c1", good), alerts.PassTime, http.StatusOK, "over a week old"},
		"a changed pass":             {body(t, "u7", "anna", "c1", good[:20]+"A"+good[21:]), 0, http.StatusForbidden, ""},
		"no pass":                    {body(t, "u7", "anna", "c1", ""), 0, http.StatusForbidden, ""},
		"another of our channels":    {body(t, "u7", "anna", "c2", good), 0, http.StatusForbidden, ""},
		"a channel that is not ours": {body(t, "u7", "anna", "c9", sign("mattermost:c9")), 0, http.StatusForbidden, ""},
		"the pass of a link":         {body(t, "u7", "anna", "c1", sign("mail:c1")), 0, http.StatusForbidden, ""},
		"nobody":                     {body(t, "", "anna", "c1", good), 0, http.StatusForbidden, ""},
		"a hostile person":           {body(t, "u7\n<script>", "anna", "c1", good), 0, http.StatusForbidden, ""},
		"no JSON":                    {"<xml>", 0, http.StatusBadRequest, ""},
		"a body without end":         {body(t, "u7", strings.Repeat("я", 1<<20), "c1", good), 0, http.StatusBadRequest, ""},
	} {
		d := &desk{}
		code, text := press(t, d, c.body, c.later)
		if code != c.code || len(d.asked) != 0 || !strings.Contains(text, c.want) {
			t.Errorf("%s: %d %q, asked %v, want %d %q and nothing", name, code, text, d.asked, c.code, c.want)
		}
	}
}

func TestActions_SaysHowItWent(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{mention.ErrRefused, alerts.Say("en").States[mention.Dismissed]},
		{mention.ErrConflict, "somebody was faster"},
		{mention.ErrNotFound, "no such task"},
		{errors.New("disk is full"), "press again"},
	} {
		d := &desk{task: mention.Task{State: mention.Dismissed}, err: fmt.Errorf("act: %w", c.err)}
		code, text := press(t, d, body(t, "u7", "anna", "c1", sign("mattermost:c1")), 0)
		if code != http.StatusOK || !strings.Contains(text, c.want) || strings.Contains(text, "disk") {
			t.Errorf("%v reads %d %q, want %q", c.err, code, text, c.want)
		}
	}
}

// buttons returns the verbs under a post, and checks that each would work.
func buttons(t *testing.T, p post) string {
	t.Helper()
	text, err := json.Marshal(p.Props["attachments"])
	if err != nil {
		t.Fatal(err)
	}
	var attachments []struct {
		Actions []struct {
			ID, Name, Type string
			Integration    struct {
				URL     string
				Context struct{ Pass string }
			}
		}
	}
	if err := json.Unmarshal(text, &attachments); err != nil {
		t.Fatal(err)
	}
	var verbs []string
	for _, a := range attachments {
		for _, b := range a.Actions {
			pass, err := newPasses().Read(b.Integration.Context.Pass, channeltest.Card().At)
			if err != nil || pass.Who != "mattermost:c1" || string(pass.Verb) != b.ID || pass.Task != 1842 {
				t.Errorf("button %s holds %+v, %v", b.ID, pass, err)
			}
			if b.Type != "button" || b.Name == "" || b.Integration.URL != "https://otklik.example/mattermost/actions" {
				t.Errorf("button %s is %+v", b.ID, b)
			}
			verbs = append(verbs, b.ID)
		}
	}
	return strings.Join(verbs, " ")
}

func TestChannel_ButtonsFollowTheTask(t *testing.T) {
	s, _, ch := open(t)
	m := channeltest.Card()
	place, err := ch.Post(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	if got := buttons(t, s.posts[0]); got != "take answer" {
		t.Errorf("an open task has the buttons %q", got)
	}
	for state, want := range map[mention.State]string{mention.Taken: "answer", mention.Dismissed: "", mention.Open: "take answer"} {
		m.View.Task.State = state
		if err := ch.Update(t.Context(), place, m); err != nil {
			t.Fatal(err)
		}
		if got := buttons(t, s.posts[0]); got != want {
			t.Errorf("a task that is %s has the buttons %q, want %q", state, got, want)
		}
	}
}
