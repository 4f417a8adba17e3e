package slack_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"otklik/alerts"
	"otklik/demo"
	"otklik/mention"
)

// inWorld runs a story in virtual time, with one complaint delivered.
func inWorld(t *testing.T, story func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.complain("Доставка сорвана второй раз")
		w.settle()
		story(t, w)
	})
}

func (w *world) task() mention.Task {
	w.t.Helper()
	v, err := w.store.View(w.t.Context(), 1)
	if err != nil {
		w.t.Fatal(err)
	}
	return v.Task
}

func TestClick_EveryVerb(t *testing.T) {
	// Each step clicks and says what the task is like afterwards.
	type step struct {
		action, value string
		form          map[string]string // nil when the click opens no form
		want          func(mention.Task) bool
	}
	for name, steps := range map[string][]step{
		"take, release, take": {
			{"take", "", nil, func(t mention.Task) bool {
				return t.State == mention.Taken && t.Owner == mention.Actor{ID: "slack:" + demo.Anna, Name: "Анна Лебедева"}
			}},
			{"more", "release:1", nil, func(t mention.Task) bool { return t.State == mention.Open }},
			{"take", "", nil, func(t mention.Task) bool { return t.State == mention.Taken }},
		},
		"snooze and wake": {
			{"more", "snooze.15m:1", nil, func(t mention.Task) bool { return time.Until(t.SnoozedUntil) > 14*time.Minute }},
			{"more", "wake:1", nil, func(t mention.Task) bool { return t.SnoozedUntil.IsZero() }},
			{"more", "snooze.60m:1", nil, func(t mention.Task) bool { return time.Until(t.SnoozedUntil) > 59*time.Minute }},
		},
		"not negative, reopened": {
			{"dismiss", "dismiss.not_negative:1", nil, func(t mention.Task) bool { return t.Dismissal == mention.NotNegative }},
			{"reopen", "", nil, func(t mention.Task) bool { return t.State == mention.Open && t.Cycle == 1 }},
		},
		"escalate": {{"more", "escalate:1", nil, func(t mention.Task) bool { return t.Escalations == 1 }}},
		"assign":   {{"more", "assign:1", map[string]string{"whom": demo.Boris}, func(t mention.Task) bool { return t.Owner.Name == "Борис Юдин" }}},
		"note":     {{"more", "note:1", map[string]string{"text": "Позвонили"}, func(t mention.Task) bool { return t.State == mention.Open }}},
		"acknowledge at the suggested time": {{"more", "acknowledge:1", map[string]string{"text": "Приняли, решим до завтра"}, func(t mention.Task) bool {
			return t.State == mention.Taken && t.PromisedAt.Equal(time.Date(2026, 11, 22, 11, 0, 0, 0, time.UTC))
		}}},
		"answer": {{"answer", "", map[string]string{"url": "https://otzovik.test/a", "text": "Ответили"}, func(t mention.Task) bool {
			return t.State == mention.Answered && t.AnswerURL == "https://otzovik.test/a" && t.AnswerText == "Ответили"
		}}},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				for _, s := range steps {
					w.click(demo.Anna, s.action, s.value)
					if s.form != nil {
						if a := w.submit(demo.Anna, s.form); len(a.Errors) > 0 {
							t.Fatalf("the form complains: %v", a.Errors)
						}
					}
					if got := w.task(); !s.want(got) {
						t.Fatalf("after %s %s the task is %+v; log:\n%s", s.action, s.value, got, w.log)
					}
					w.settle()
				}
				if n := len(w.slack.Messages(demo.PRChannel)); n < 1 {
					t.Errorf("the card is gone")
				}
			})
		})
	}
}

func TestClick_Timeline(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.click(demo.Anna, "take", "")
		w.settle()
		w.click(demo.Anna, "more", "timeline:1")
		views := w.slack.Views(demo.Anna)
		if len(views) != 1 || !strings.Contains(string(views[0].Content), "Взято: Анна Лебедева") {
			t.Errorf("the timeline is %s", views[0].Content)
		}
	})
}

func TestClick_Twice(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.click(demo.Anna, "take", "")
		w.click(demo.Anna, "take", "")
		if _, err := w.slack.Redeliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.wantState(mention.Taken)
		if got := w.whispers(demo.Anna); len(got) > 0 {
			t.Errorf("a repeated click is answered with %q", got)
		}
		v, err := w.store.View(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		taken := 0
		for _, e := range v.Events {
			if e.Verb == mention.Take {
				taken++
			}
		}
		if taken != 1 {
			t.Errorf("%d events of taking, want 1", taken)
		}
		if w.card().Edits > 3 {
			t.Errorf("three clicks made %d updates", w.card().Edits)
		}
	})
}

func TestClick_LostRace(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.click(demo.Anna, "take", "")
		w.click(demo.Boris, "take", "") // his screen is behind
		got := w.whispers(demo.Boris)
		if len(got) != 1 || !strings.Contains(got[0], "M-1") || !strings.Contains(got[0], "Анна Лебедева") {
			t.Errorf("the loser is told %q", got)
		}
		if owner := w.task().Owner.ID; owner != "slack:"+demo.Anna {
			t.Errorf("the owner is %s", owner)
		}
	})
}

func TestClick_LateForm(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.click(demo.Anna, "answer", "")
		if _, err := w.desk.Act(t.Context(), 1, mention.Action{Verb: mention.Dismiss, Reject: mention.Spam, Actor: mention.Actor{ID: "inbox:1"}}); err != nil {
			t.Fatal(err)
		}
		a := w.submit(demo.Anna, map[string]string{"text": "Длинный ответ"})
		if len(a.Errors) != 1 || !strings.Contains(a.Errors["url"], "M-1") {
			t.Errorf("the late form is answered with %v", a.Errors)
		}
		if len(w.slack.Views(demo.Anna)) != 1 {
			t.Error("the form closed and lost what was typed")
		}
	})
}

func TestClick_FormMistakes(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.click(demo.Anna, "answer", "")
		if a := w.submit(demo.Anna, map[string]string{"url": "javascript:alert(1)"}); a.Errors["url"] == "" {
			t.Errorf("a wrong address is answered with %v", a.Errors)
		}
		if got := w.task().State; got != mention.Open {
			t.Errorf("the task is %s", got)
		}
	})
}

func TestClick_SubmittedTwice(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.click(demo.Anna, "answer", "")
		w.submit(demo.Anna, map[string]string{"text": "Ответили"})
		version := w.task().Version
		if _, err := w.slack.Redeliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := w.task(); got.State != mention.Answered || got.Version != version {
			t.Errorf("the second delivery changed the task to %+v", got)
		}
	})
}

func TestClick_ExpiredTrigger(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.slack.FailNext("views.open", demo.Fault{Kind: demo.Refuse, Code: "expired_trigger_id"})
		w.click(demo.Anna, "answer", "")
		if got := w.whispers(demo.Anna); len(got) != 1 || !strings.Contains(got[0], "ещё раз") {
			t.Errorf("told %q", got)
		}
	})
}

func TestClick_Strangers(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.slack.FailNext("users.info", demo.Fault{Kind: demo.Refuse, Code: "user_not_found"})
		w.click(demo.Vera, "take", "")
		if got := w.task().State; got != mention.Open {
			t.Errorf("an unknown user made the task %s", got)
		}
		if got := w.whispers(demo.Vera); len(got) != 1 {
			t.Errorf("the unknown user is told %q", got)
		}
		// A Slack that does not name the person does not keep them from working.
		w.slack.FailNext("users.info", demo.Fault{Kind: demo.ServerError})
		w.click(demo.Vera, "take", "")
		if got := w.task(); got.State != mention.Taken || got.Owner.Name == "" {
			t.Errorf("the task is %+v", got)
		}
	})
}

func TestClick_ArchiveFails(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		if err := w.store.Close(); err != nil {
			t.Fatal(err)
		}
		ts := w.slack.Messages(demo.PRChannel)[0].TS
		if _, err := w.slack.Click(t.Context(), demo.Click{User: demo.Anna, Channel: demo.PRChannel, TS: ts, ActionID: "take"}); err != nil {
			t.Fatal(err)
		}
		if got := w.whispers(demo.Anna); len(got) != 1 || !strings.Contains(got[0], "ещё раз") {
			t.Errorf("told %q", got)
		}
	})
}

func TestHandler_Refuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		body := "payload=" + url.QueryEscape(`{"type":"block_actions","user":{"id":"U01ANNA"},"actions":[{"value":"take:1","action_id":"take"}]}`)
		now := strconv.FormatInt(time.Now().Unix(), 10)
		old := strconv.FormatInt(time.Now().Add(-5*time.Minute-time.Second).Unix(), 10)
		secret := w.slack.SigningSecret()
		huge := "payload=" + strings.Repeat("x", 2<<20)
		for _, c := range []struct {
			name, path, body, stamp, signature string
			want                               int
			says                               string
		}{
			{"no signature", "/slack/interactions", body, now, "", 401, "signature"},
			{"another secret", "/slack/interactions", body, now, demo.Sign("guess", now, []byte(body)), 401, "signature"},
			{"an empty secret", "/slack/interactions", body, now, demo.Sign("", now, []byte(body)), 401, "signature"},
			{"another body", "/slack/interactions", body, now, demo.Sign(secret, now, []byte("payload=")), 401, "signature"},
			{"no time", "/slack/interactions", body, "yesterday", demo.Sign(secret, "yesterday", []byte(body)), 401, "signature"},
			{"too old", "/slack/interactions", body, old, demo.Sign(secret, old, []byte(body)), 401, "five minutes"},
			{"too large", "/slack/interactions", huge, now, demo.Sign(secret, now, []byte(huge)), 413, "too large"},
			{"no payload", "/slack/interactions", "payload=%7B", now, demo.Sign(secret, now, []byte("payload=%7B")), 400, "not understood"},
			{"no JSON", "/slack/events", "hello", now, demo.Sign(secret, now, []byte("hello")), 400, "not understood"},
			{"the check of the address", "/slack/events", `{"type":"url_verification","challenge":"abc"}`, now,
				demo.Sign(secret, now, []byte(`{"type":"url_verification","challenge":"abc"}`)), 200, `{"challenge":"abc"}`},
		} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, c.path, strings.NewReader(c.body))
			r.Header.Set("X-Slack-Request-Timestamp", c.stamp)
			r.Header.Set("X-Slack-Signature", c.signature)
			rec := httptest.NewRecorder()
			w.app.Handler().ServeHTTP(rec, r)
			got, err := io.ReadAll(rec.Result().Body)
			if err != nil {
				t.Fatal(err)
			}
			if rec.Code != c.want || !strings.Contains(string(got), c.says) {
				t.Errorf("%s: got %d %q, want %d with %q", c.name, rec.Code, got, c.want, c.says)
			}
		}
		if strings.Contains(w.log.String(), secret) || strings.Contains(w.log.String(), w.slack.Token()) {
			t.Errorf("the log holds a secret:\n%s", w.log)
		}
	})
}

func TestCommands(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.click(demo.Anna, "take", "")
		for text, want := range map[string]string{
			"open": "M-1", "mine": "M-1", "sources": "Источники", "report today": "Сегодня",
			"add https://news.example/rss": "site: feed", "add <https://news.example/rss|news.example/rss>": "site: feed",
			"add me": "не адрес", "": "/otklik open", "add": "/otklik open", "fly <!channel>": "Не знаю команды «fly»",
		} {
			if _, err := w.slack.Command(t.Context(), demo.Anna, demo.PRChannel, "/otklik", text); err != nil {
				t.Errorf("%q: %v", text, err)
			}
			all := w.slack.Ephemerals(demo.Anna)
			if last := all[len(all)-1]; !strings.Contains(string(last.Blocks), want) || last.Text == "" {
				t.Errorf("%q is answered with %s %s, want %q in it", text, last.Text, last.Blocks, want)
			}
		}
		if _, err := w.slack.OpenHome(t.Context(), demo.Anna); err != nil {
			t.Fatal(err)
		}
		views := w.slack.Views(demo.Anna)
		if len(views) != 1 || views[0].Type != "home" {
			t.Fatalf("the home tab is %+v; log:\n%s", views, w.log)
		}
		wantInOrder(t, string(views[0].Content), "Просрочены", "ничего", "Мои", "M-1", "Никто не взял", "ничего", "Источники")
	})
}

// TestHome_Late: what is overdue stands first, whoever has it.
func TestHome_Late(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.app.Inbox = "https://otklik.test/"
		w.click(demo.Boris, "take", "")
		time.Sleep(25 * time.Hour)
		if _, err := w.slack.OpenHome(t.Context(), demo.Anna); err != nil {
			t.Fatal(err)
		}
		got := string(w.slack.Views(demo.Anna)[0].Content)
		wantInOrder(t, got, "Просрочены", "просрочено: ответить до", "https://otklik.test/tasks/1|M-1", "отвечает Борис Юдин", "Мои", "ничего")
	})
}

func wantInOrder(t *testing.T, text string, wants ...string) {
	t.Helper()
	at := 0
	for _, want := range wants {
		i := strings.Index(text[at:], want)
		if i < 0 {
			t.Fatalf("no %q after %q in\n%s", want, text[:at], text)
		}
		at += i + len(want)
	}
}

func TestForm_ShowsTheComplaint(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		for action, value := range map[string]string{"answer": "", "more": "acknowledge:1"} {
			w.click(demo.Anna, action, value)
			views := w.slack.Views(demo.Anna)
			if got := string(views[len(views)-1].Content); !strings.Contains(got, "Доставка сорвана второй раз") || !strings.Contains(got, "https://otzovik.test/review_1.html") {
				t.Errorf("the form of %s %s is %s", action, value, got)
			}
		}
	})
}

func TestForm_Template(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.click(demo.Anna, "answer", "")
		pick := func(name string) {
			t.Helper()
			views := w.slack.Views(demo.Anna)
			_, err := w.slack.Click(t.Context(), demo.Click{User: demo.Anna, ViewID: views[len(views)-1].ID, ActionID: "template", Value: "template." + name + ":1"})
			if err != nil {
				t.Fatalf("choose %s: %v; log:\n%s", name, err, w.log)
			}
		}
		pick("clarification")
		pick("apology") // another choice replaces the first
		w.submit(demo.Anna, map[string]string{"url": "https://otzovik.test/a"})
		got := w.task()
		if got.State != mention.Answered || !strings.HasPrefix(got.AnswerText, "Здравствуйте, Пётр! Просим прощения") || !strings.Contains(got.AnswerText, "Команда "+testBrand) {
			t.Errorf("answered with %q, the task is %s", got.AnswerText, got.State)
		}
	})
}

func TestClick_Rights(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		var broken error
		w.app.Rights = func(_ context.Context, who mention.Actor) (mention.Actor, error) {
			if broken == nil && who.ID != "slack:"+demo.Anna {
				return who, alerts.ErrNoRight
			}
			return who, broken
		}
		w.click(demo.Boris, "take", "")
		if got := w.whispers(demo.Boris); len(got) != 1 || !strings.Contains(got[0], "slack:"+demo.Boris) || w.task().State != mention.Open {
			t.Errorf("Boris, who may not, is told %q; the task is %s", got, w.task().State)
		}
		w.click(demo.Boris, "more", "timeline:1")
		if len(w.slack.Views(demo.Boris)) != 1 {
			t.Error("reading takes no right, but the timeline did not open")
		}
		w.click(demo.Anna, "answer", "")
		broken = errors.New("archive away")
		if a := w.submit(demo.Anna, map[string]string{"text": "Ответили"}); len(a.Errors) != 1 || w.task().State != mention.Open {
			t.Errorf("with rights that cannot be read the form says %v, the task is %s", a.Errors, w.task().State)
		}
		broken = nil
		if a := w.submit(demo.Anna, map[string]string{"text": "Ответили"}); len(a.Errors) > 0 || w.task().State != mention.Answered {
			t.Errorf("Anna, who may, is told %v; the task is %s", a.Errors, w.task().State)
		}
	})
}
