package inbox_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"otklik/inbox"
	"otklik/mention"
)

// TestVerbs does every verb with plain forms, as a browser without script.
func TestVerbs(t *testing.T) {
	w := newWorld(t)
	for _, id := range []string{"1", "2", "3"} {
		w.add(complaint(id))
	}
	p, boris := w.signedIn("anna", mention.PR), w.account("boris", mention.PR)
	steps := []struct {
		path  string
		form  []string
		state mention.State
		says  string
	}{
		{"/tasks/1/take", nil, mention.Taken, "Взято: M-1"},
		{"/tasks/1/snooze", []string{"until", "1h"}, mention.Taken, "Отложено: M-1"},
		{"/tasks/1/wake", nil, mention.Taken, "Снова ждут: M-1"},
		{"/tasks/1/acknowledge", []string{"until", "2026-11-21T15:30", "text", "Разбираемся"}, mention.Taken, "Клиенту подтвердили получение: M-1"},
		{"/tasks/1/note", []string{"text", "Позвонить клиенту"}, mention.Taken, "Позвонить клиенту"},
		{"/tasks/1/escalate", nil, mention.Taken, "Передано выше: M-1"},
		{"/tasks/1/assign", []string{"to", boris.Actor().ID}, mention.Taken, "Boris"},
		{"/tasks/1/release", nil, mention.Open, "Отпущено: M-1"},
		{"/tasks/1/answer", []string{"text", "Нам жаль", "url", "https://otzovik.example/reply"}, mention.Answered, "Отвечено: M-1"},
		{"/tasks/1/reopen", nil, mention.Open, "Открыто снова: M-1"},
		{"/tasks/1/dismiss", []string{"reason", "spam"}, mention.Dismissed, "спам"},
	}
	for _, s := range steps {
		a := p.post(s.path, s.form...)
		if a.status != http.StatusSeeOther || a.header.Get("Location") != "/tasks/1" {
			t.Fatalf("%s: %d to %q\n%s", s.path, a.status, a.header.Get("Location"), a.body)
		}
		p.wants("/tasks/1", s.says)
		if got := w.task(1).State; got != s.state {
			t.Fatalf("after %s the task is %s, want %s", s.path, got, s.state)
		}
	}
	if got := w.task(1).PromisedAt; !got.IsZero() {
		t.Errorf("a reopened task keeps the promise of %v", got)
	}
	t.Run("a refusal is told kindly", func(t *testing.T) {
		p.post("/tasks/1/take")
		p.wants("/tasks/1", "Уже нельзя: M-1")
		p.wantsNot("/tasks/1", "Уже нельзя") // it is told once
	})
	t.Run("mistakes of the caller", func(t *testing.T) {
		for path, form := range map[string][]string{
			"/tasks/2/confirm": nil, "/tasks/2/deliver": nil, "/tasks/2/snooze": {"until", "whenever"}, "/tasks/2/assign": {"to", "inbox:99"},
			"/tasks/2/answer": {"url", "javascript:alert(1)"}, "/tasks/2/note": {"text", strings.Repeat("x", 20_001)},
		} {
			if a := p.post(path, form...); a.status != http.StatusBadRequest {
				t.Errorf("%s %.40v: %d, want 400", path, form, a.status)
			}
		}
		if got := w.task(2); got.Version != 1 {
			t.Errorf("the task has changed: %+v", got)
		}
	})
	t.Run("answered and next", func(t *testing.T) {
		a := p.post("/tasks/2/answer", "next", "1", "list", "tab=free")
		if got := a.header.Get("Location"); got != "/tasks/3?list=tab%3Dfree" {
			t.Errorf("next is %q, want the third", got)
		}
		a = p.post("/tasks/3/answer", "next", "1", "list", "tab=free")
		if got := a.header.Get("Location"); got != "/?tab=free" {
			t.Errorf("after the last: %q, want the list", got)
		}
	})
}

func TestWaive(t *testing.T) {
	w := newWorld(t)
	w.add(complaint("1"))
	copied := complaint("2")
	w.archive(false, copied)
	id := copied.Key().ID()
	w.act(1, mention.Action{Verb: mention.Join, Actor: mention.System, Place: mention.Place{Mention: id, Source: "2gis", Replies: mention.RepliesText}})
	p := w.person()
	p.wants("/tasks/1", "Копии", "2gis", "ждёт ответа")
	p.post("/tasks/1/waive", "mention", string(id))
	if got := w.task(1).Places[1]; got.WaivedAt.IsZero() {
		t.Errorf("place %+v, want it waived", got)
	}
}

func TestCorrection(t *testing.T) {
	w := newWorld(t)
	m := complaint("1")
	w.add(m)
	p := w.person()
	p.post("/mentions/"+string(m.Key().ID())+"/tone", "tone", "neutral", "back", "/tasks/1")
	p.wants("/tasks/1", "Тон исправлен", "нейтрально")
	list, err := w.store.Corrections(t.Context(), time.Time{})
	check(t, err)
	if len(list) != 1 || list[0].Was != mention.Negative || list[0].Tone != mention.Neutral || list[0].Actor.ID != "inbox:local" {
		t.Errorf("corrections %+v", list)
	}
	if a := p.post("/mentions/"+string(m.Key().ID())+"/tone", "tone", "angry"); a.status != http.StatusBadRequest {
		t.Errorf("an unknown tone: %d, want 400", a.status)
	}
}

// undoForm is what the page's undo button would send.
func undoForm(body string) string {
	m := regexp.MustCompile(`name="undo" value="([^"]*)"`).FindStringSubmatch(body)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

func TestBulk(t *testing.T) {
	w := newWorld(t)
	for _, id := range []string{"1", "2", "3", "4"} {
		w.add(complaint(id))
	}
	p := w.signedIn("anna", mention.PR)
	other := w.signedIn("boris", mention.PR)
	states := func() string {
		var out []string
		for id := range 4 {
			out = append(out, string(w.task(mention.TaskID(id+1)).State))
		}
		return strings.Join(out, " ")
	}
	later := func() {
		jobs, err := w.store.Lease(t.Context(), []string{inbox.ActJob}, 10, time.Minute)
		check(t, err)
		for _, j := range jobs {
			check(t, w.server.Later(t.Context(), j))
			check(t, w.store.Finish(t.Context(), j))
		}
	}
	t.Run("a take is done at once and undone", func(t *testing.T) {
		p.post("/bulk", "verb", "take", "task", "1", "task", "2", "back", "/?tab=free")
		if got := states(); got != "taken taken open open" {
			t.Fatal(got)
		}
		body := p.page("/?tab=free")
		if !strings.Contains(body, "Взято: M-1, M-2") {
			t.Error("the page does not tell what was done")
		}
		other.post("/undo", "undo", undoForm(body))
		if got := states(); got != "taken taken open open" {
			t.Fatalf("a stranger's undo: %s", got)
		}
		p.post("/undo", "undo", undoForm(body))
		if got := states(); got != "open open open open" {
			t.Fatal(got)
		}
	})
	t.Run("an undo comes too late when somebody has changed the task", func(t *testing.T) {
		p.post("/bulk", "verb", "take", "task", "1")
		undo := undoForm(p.page("/"))
		w.act(1, mention.Action{Verb: mention.Comment, Actor: anna, Text: "смотрю"})
		p.post("/undo", "undo", undo)
		if got := states(); got != "taken open open open" {
			t.Fatal(got)
		}
		p.wants("/", "Отменено не всё")
	})
	t.Run("closing waits for second thoughts", func(t *testing.T) {
		p.post("/bulk", "verb", "dismiss", "task", "2", "task", "3", "reason", "spam")
		body := p.page("/")
		if got := states(); got != "taken open open open" {
			t.Fatalf("at once: %s", got)
		}
		for _, word := range []string{"Через 10 секунд закроем без ответа: M-2, M-3", "закрываем без ответа…"} {
			if !strings.Contains(body, word) {
				t.Errorf("the page does not say %q", word)
			}
		}
		undo := undoForm(body)
		other.post("/undo", "undo", undo)
		jobs, err := w.store.Jobs(t.Context(), inbox.ActJob, 10)
		check(t, err)
		if len(jobs) != 2 {
			t.Fatalf("after a stranger's undo: %d held verbs, want 2", len(jobs))
		}
		p.post("/undo", "undo", undo)
		w.pass(time.Minute)
		later()
		if got := states(); got != "taken open open open" {
			t.Fatalf("undone: %s", got)
		}
	})
	t.Run("without second thoughts it is done, at the time of the click", func(t *testing.T) {
		clicked := w.clock()
		p.post("/bulk", "verb", "dismiss", "task", "3", "reason", "spam")
		later()
		if got := states(); got != "taken open open open" {
			t.Fatalf("before the time: %s", got)
		}
		w.pass(11 * time.Second)
		later()
		if got := w.task(3); got.State != mention.Dismissed || got.Dismissal != mention.Spam || !got.DismissedAt.Equal(clicked) {
			t.Errorf("task %+v", got)
		}
	})
	t.Run("a held verb that comes too late is dropped", func(t *testing.T) {
		p.post("/bulk", "verb", "answer", "task", "4")
		w.act(4, mention.Action{Verb: mention.Dismiss, Actor: anna, Reject: mention.Duplicate})
		w.pass(11 * time.Second)
		later()
		if got := w.task(4); got.Dismissal != mention.Duplicate {
			t.Errorf("task %+v", got)
		}
	})
	t.Run("mistakes of the caller", func(t *testing.T) {
		for _, form := range [][]string{{"verb", "take"}, {"verb", "take", "task", "x"}, {"verb", "confirm", "task", "1"}} {
			if a := p.post("/bulk", form...); a.status != http.StatusBadRequest {
				t.Errorf("%v: %d, want 400", form, a.status)
			}
		}
		if a := p.post("/undo", "undo", "dismiss 1.1"); a.status != http.StatusBadRequest {
			t.Errorf("undo of what is no opposite: %d, want 400", a.status)
		}
		if a := p.post("/bulk", "verb", "take", "task", "99"); a.status != http.StatusNotFound {
			t.Errorf("an unknown task: %d, want 404", a.status)
		}
	})
	t.Run("a job that cannot be read is final", func(t *testing.T) {
		err := w.server.Later(t.Context(), mention.Job{Payload: []byte("{")})
		if final, ok := errors.AsType[*mention.RetryError](err); !ok || !final.Final {
			t.Errorf("error %v, want a final one", err)
		}
	})
}

func TestBack(t *testing.T) {
	w := newWorld(t)
	w.add(complaint("1"))
	a := w.person().post("/bulk", "verb", "take", "task", "1", "back", "/?"+url.Values{"tab": {"free"}}.Encode())
	if got := a.header.Get("Location"); got != "/?tab=free" {
		t.Errorf("back to %q", got)
	}
}

// heard is a desk that notes what it is asked to do.
type heard struct {
	inbox.Desk
	last mention.Action
}

func (h *heard) Act(ctx context.Context, id mention.TaskID, a mention.Action) (mention.Task, error) {
	h.last = a
	a.Publish = false // nobody sends in these tests
	return h.Desk.Act(ctx, id, a)
}

// TestVerbs_publish holds which verbs may send their text to the site.
func TestVerbs_publish(t *testing.T) {
	desk := &heard{}
	w := newWorld(t, func(in *inbox.Inbox) {
		desk.Desk, in.Desk = in.Desk, desk
		in.Limits = func(mention.Mention) (mention.ReplyLimits, error) { return mention.ReplyLimits{Characters: 500}, nil }
	})
	w.add(complaint("1"))
	p := w.person()
	p.post("/tasks/1/take")
	p.wants("/tasks/1", "Подтвердить получение на площадке", "Отправить на площадку")
	for path, want := range map[string]bool{"/tasks/1/snooze": false, "/tasks/1/acknowledge": true, "/tasks/1/answer": true} {
		p.post(path, "until", "2026-11-21T15:30", "text", "Разбираемся", "publish", "1")
		if desk.last.Publish != want {
			t.Errorf("%s with publish: %+v, want Publish %v", path, desk.last, want)
		}
	}
}
