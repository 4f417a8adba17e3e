package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"otklik/demo"
	"otklik/mention"
	"otklik/store"
)

func allMentions() store.MentionFilter { return store.MentionFilter{Limit: 1} }

// unquoted returns blocks without JSON's own escapes of < and >.
func unquoted(t *testing.T, blocks json.RawMessage) string {
	t.Helper()
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	var v any
	if err := json.Unmarshal(blocks, &v); err != nil {
		t.Fatal(err)
	}
	if err := encoder.Encode(v); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestStory_Clicks is about clicks that come twice, too late, or from nobody.
func TestStory_Clicks(t *testing.T) {
	tell(t, settings{}, func(t *testing.T, s *story) {
		s.complain(demo.Otzovik, complaint)
		s.pass()
		s.click(demo.Anna, "take", "")
		if _, err := s.slack.Redeliver(t.Context()); err != nil {
			t.Errorf("the same click again: %v", err)
		}
		s.wantState(mention.Taken)
		if n := len(s.events(mention.Take)); n != 1 {
			t.Errorf("%d events of one click delivered twice", n)
		}
		s.click(demo.Boris, "take", "")
		s.wait(time.Second)
		if whispers := s.slack.Ephemerals(demo.Boris); len(whispers) != 1 || !strings.Contains(whispers[0].Text, "M-1") {
			t.Errorf("Boris came too late and is told %+v", whispers)
		}
		if v := s.view(); v.Task.Owner.ID != "slack:"+demo.Anna {
			t.Errorf("the task belongs to %q, Anna was first", v.Task.Owner.ID)
		}
		s.slack.RemoveUser(demo.Boris)
		if a := s.click("U0STRANGER", "answer", ""); a.Status != http.StatusOK {
			t.Errorf("a stranger is answered %d", a.Status)
		}
		s.wantState(mention.Taken)
	})
}

// view is the only task with its mention and history.
func (s *story) view() mention.View {
	s.t.Helper()
	v, err := s.app.store.View(s.t.Context(), 1)
	if err != nil {
		s.fatalf("read task 1: %v", err)
	}
	return v
}

func (s *story) events(verb mention.Verb) []mention.Event {
	s.t.Helper()
	var out []mention.Event
	for _, e := range s.view().Events {
		if e.Verb == verb {
			out = append(out, e)
		}
	}
	return out
}

func TestStory_Signatures(t *testing.T) {
	tell(t, settings{}, func(t *testing.T, s *story) {
		s.complain(demo.Otzovik, complaint)
		s.pass()
		body := url.Values{"payload": {`{"type":"block_actions","user":{"id":"` + demo.Anna + `"},"actions":[{"action_id":"take","value":"take:1"}]}`}}.Encode()
		now := strconv.FormatInt(time.Now().Unix(), 10)
		old := strconv.FormatInt(time.Now().Add(-time.Hour).Unix(), 10)
		for name, c := range map[string]struct{ stamp, signature string }{
			"a bad signature":     {now, demo.Sign("another secret", now, []byte(body))},
			"an old signature":    {old, demo.Sign(s.slack.SigningSecret(), old, []byte(body))},
			"no signature at all": {"", ""},
		} {
			r := httptest.NewRequest(http.MethodPost, "/slack/interactions", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("X-Slack-Request-Timestamp", c.stamp)
			r.Header.Set("X-Slack-Signature", c.signature)
			w := httptest.NewRecorder()
			s.app.handler.ServeHTTP(w, r)
			if w.Code != http.StatusUnauthorized {
				t.Errorf("%s is answered %d, want 401", name, w.Code)
			}
		}
		s.wantState(mention.Open)
	})
}
