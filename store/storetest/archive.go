package storetest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"otklik/mention"
)

func testNew(t *testing.T, w *world) {
	m := complaint("1")
	same(t, "added", w.add(t, quiet, m), mention.Added{New: 1})
	m.ID = m.Key().ID()
	got := must(w.Mention(t.Context(), m.ID))(t)
	if !got.PublishedAt.Equal(m.PublishedAt) {
		t.Errorf("published %v, want %v", got.PublishedAt, m.PublishedAt)
	}
	same(t, "mention", got, m)
	looks := must(w.Looks(t.Context(), []mention.ID{m.ID, "unknown"}))(t)
	same(t, "looks", looks, map[mention.ID]uint64{m.ID: m.Fingerprint})
	if _, err := w.Mention(t.Context(), "unknown"); !errors.Is(err, mention.ErrNotFound) {
		t.Errorf("unknown mention: %v, want ErrNotFound", err)
	}
	if _, err := w.TaskOf(t.Context(), m.ID); !errors.Is(err, mention.ErrNotFound) {
		t.Errorf("task of a quiet mention: %v, want ErrNotFound", err)
	}
}

func testHostile(t *testing.T, w *world) {
	m := complaint("'; DROP TABLE mention; --")
	m.Text = "a zero \x00 byte, broken \xff\xfe text, <script>, \u202e and 😀 " + strings.Repeat("длинно ", 60_000)
	m.Author, m.Topics = "\x00", []string{"a%b_c\"d"}
	m.Reply = &mention.Reply{Text: "reply \x00 \xff"}
	w.add(t, raising, m, complaint("2"))
	got := must(w.Mention(t.Context(), m.Key().ID()))(t)
	if !strings.HasPrefix(got.Text, "a zero  byte, broken \uFFFD text, <script>") || got.Author != "" {
		t.Errorf("author %q, text %.60q", got.Author, got.Text)
	}
	if got.Reply == nil || strings.Contains(got.Reply.Text, "\x00") {
		t.Errorf("reply %+v, want it without the NUL that PostgreSQL reads in no document", got.Reply)
	}
	same(t, "again", w.add(t, raising, m), mention.Added{Same: 1})
	views, _, err := w.Tasks(t.Context(), taskFilter{Topic: `a%b_c"d`})
	check(t, err)
	if len(views) != 1 {
		t.Errorf("tasks by a hostile topic: %d, want 1", len(views))
	}
}

func testSame(t *testing.T, w *world) {
	m := complaint("1")
	w.add(t, raising, m)
	m.Fingerprint++
	asked := 0
	added := w.add(t, func(_ mention.Entry, prior *mention.Prior, _ []mention.Prior) ([]mention.Effects, error) {
		asked++
		if prior == nil || prior.Digest != m.Digest() || prior.Look != m.Look() || prior.Task == nil {
			t.Errorf("prior: %+v", prior)
		}
		return nil, nil
	}, m)
	same(t, "added", added, mention.Added{Same: 1})
	same(t, "plans", asked, 1)
	looks := must(w.Looks(t.Context(), []mention.ID{m.Key().ID()}))(t)
	same(t, "looks", looks[m.Key().ID()], m.Fingerprint)
}

func testEdit(t *testing.T, w *world) {
	m := complaint("1")
	m.Reply = &mention.Reply{Author: "Банк", Text: "Разбираемся", PublishedAt: start}
	w.add(t, raising, m)
	w.now = start.Add(time.Hour)
	next := m
	next.Reply, next.Text, next.Rating, next.Tone, next.Topics = nil, "Всё привезли, спасибо", 5, mention.Positive, nil
	next.PublishedAt, next.CollectedAt = m.PublishedAt.Add(30*time.Minute), w.now
	same(t, "added", w.add(t, raising, next), mention.Added{Edited: 1})

	got := must(w.Mention(t.Context(), m.Key().ID()))(t)
	want := next
	want.ID, want.Revision, want.Reply = m.Key().ID(), 1, m.Reply
	want.PublishedAt, want.CollectedAt, want.EditedAt = m.PublishedAt, m.CollectedAt, next.PublishedAt
	same(t, "reply", *got.Reply, *want.Reply)
	got.Reply, want.Reply = nil, nil
	same(t, "mention", got, want)
	revs := must(w.Revisions(t.Context(), got.ID))(t)
	same(t, "revisions", revs, []mention.Revision{{Number: 0, SeenAt: w.now, Rating: 1, Best: 5,
		Title: m.Title, Text: m.Text, Pros: m.Pros, Cons: m.Cons, Tone: mention.Negative}})

	views, _, err := w.Tasks(t.Context(), taskFilter{Tone: mention.Positive, MinStars: 5, Words: "спасибо"})
	check(t, err)
	if len(views) != 1 {
		t.Errorf("tasks found by what the edit says: %d, want 1", len(views))
	}
	if views, _, _ = w.Tasks(t.Context(), taskFilter{Words: "карту"}); len(views) != 0 {
		t.Errorf("tasks found by what the edit took away: %d, want 0", len(views))
	}
}

// testTeaser brings the whole of a text after its teaser, and the teaser again:
// nobody edited anything, and the whole stays.
func testTeaser(t *testing.T, w *world) {
	whole := complaint("1")
	whole.Text = "Курьер с картой не приехал второй раз подряд, обещали перезвонить и пропали."
	teaser := whole
	teaser.Text = "Курьер с картой не приехал второй раз…"
	w.add(t, raising, teaser)
	w.now = start.Add(time.Hour)
	same(t, "the whole", w.add(t, raising, whole), mention.Added{Touched: 1})
	same(t, "the teaser again", w.add(t, raising, teaser), mention.Added{Touched: 1})
	got := must(w.Mention(t.Context(), whole.Key().ID()))(t)
	same(t, "text and revision", []any{got.Text, got.Revision, got.EditedAt.IsZero()}, []any{whole.Text, 0, true})
	same(t, "revisions", len(must(w.Revisions(t.Context(), got.ID))(t)), 0)
	if views, _, err := w.Tasks(t.Context(), taskFilter{Words: "перезвонить"}); err != nil || len(views) != 1 {
		t.Errorf("%d tasks are found by the words behind the dots, want 1 (%v)", len(views), err)
	}
}

func testTouch(t *testing.T, w *world) {
	m := complaint("1")
	w.add(t, quiet, m)
	m.Reply = &mention.Reply{Author: "Банк", AuthorID: "77", URL: "https://otzovik.example/r", Text: "Извините", PublishedAt: start.In(moscow)}
	m.Comments, m.Likes, m.Fingerprint = 5, 9, 12
	same(t, "with a reply", w.add(t, quiet, m), mention.Added{Touched: 1})
	reply := *m.Reply
	m.Reply, m.Comments = nil, 6 // the list page shows no replies
	same(t, "without", w.add(t, quiet, m), mention.Added{Touched: 1})
	got := must(w.Mention(t.Context(), m.Key().ID()))(t)
	if got.Reply == nil {
		t.Fatal("the reply is gone")
	}
	same(t, "reply", got.Reply.Text, reply.Text)
	same(t, "counters", []int{got.Comments, got.Likes, got.Views, got.Revision}, []int{6, 9, 40, 0})
}

func testTwice(t *testing.T, w *world) {
	m := complaint("1")
	edited := m
	edited.Text = "Привезли"
	same(t, "added", w.add(t, raising, m, m, edited), mention.Added{New: 1, Same: 1, Edited: 1, Alerted: 1})
	same(t, "text", must(w.Mention(t.Context(), m.Key().ID()))(t).Text, "Привезли")
	if revs := must(w.Revisions(t.Context(), m.Key().ID()))(t); len(revs) != 1 {
		t.Errorf("revisions: %+v, want one", revs)
	}
}

func testPlanError(t *testing.T, w *world) {
	bang := errors.New("bang")
	ms := []mention.Entry{{Mention: complaint("1")}, {Mention: complaint("2")}}
	_, err := w.Add(t.Context(), ms, func(e mention.Entry, p *mention.Prior, n []mention.Prior) ([]mention.Effects, error) {
		if e.Mention.ExternalID == "2" {
			return nil, bang
		}
		return raising(e, p, n)
	})
	if !errors.Is(err, bang) {
		t.Errorf("error %v, want bang", err)
	}
	if _, err := w.Mention(t.Context(), ms[0].Mention.Key().ID()); !errors.Is(err, mention.ErrNotFound) {
		t.Errorf("the first mention: %v, want ErrNotFound", err)
	}
	if jobs := w.keys(t, "send:"); len(jobs) != 0 {
		t.Errorf("jobs of a failed batch: %v", jobs)
	}
	same(t, "afterwards", w.add(t, raising, complaint("1")), mention.Added{New: 1, Alerted: 1})
}

func testNear(t *testing.T, w *world) {
	old, other := complaint("old"), complaint("other")
	other.Brand = "Василёк Банк"
	entry := func(m mention.Mention, bands ...uint64) mention.Entry {
		return mention.Entry{Mention: m, Sketch: []byte{1, 2, 0, 255}, Bands: bands}
	}
	_, err := w.Add(t.Context(), []mention.Entry{entry(old, 1, 1<<63), entry(other, 1, 2), entry(complaint("apart"), 3)}, raising)
	check(t, err)

	var near []mention.Prior
	watch := func(_ mention.Entry, _ *mention.Prior, n []mention.Prior) ([]mention.Effects, error) {
		near = n
		return nil, nil
	}
	ask := func(id string) []mention.Prior {
		_, err := w.Add(t.Context(), []mention.Entry{entry(complaint(id), 1<<63, 2, 1)}, watch)
		check(t, err)
		return near
	}
	got := ask("new")
	if len(got) != 1 || got[0].Mention.ExternalID != "old" || got[0].Task == nil || string(got[0].Sketch) != "\x01\x02\x00\xff" {
		t.Errorf("near: %+v, want the old one with its task", got)
	}
	near = nil
	quiet := entry(complaint("quiet"), 1<<63, 2, 1)
	quiet.Quiet = true
	_, err = w.Add(t.Context(), []mention.Entry{quiet}, watch)
	check(t, err)
	if len(near) != 0 {
		t.Errorf("near a quiet one: %+v, want nothing asked", near)
	}
	if got := ask("between"); len(got) != 1 || got[0].Mention.ExternalID != "old" {
		t.Errorf("near while the quiet one has no task: %+v, want the old one alone", got)
	}
	tardy := quiet.Mention
	tardy.ID = tardy.Key().ID()
	check(t, w.Apply(t.Context(), raise(tardy)))
	if got := ask("after"); len(got) != 2 {
		t.Errorf("near after the quiet one got a task: %d, want the old one and it", len(got))
	}
	w.now = start.Add(91 * 24 * time.Hour)
	if got := ask("late"); len(got) != 0 {
		t.Errorf("near after 91 days: %d, want none", len(got))
	}
	same(t, "one without bands", w.add(t, watch, complaint("bare")), mention.Added{New: 1})
	if len(near) != 0 {
		t.Errorf("near without bands: %+v", near)
	}
}

func testJoinInBatch(t *testing.T, w *world) {
	a, b := complaint("a"), complaint("b")
	b.Source = "irecommend"
	plan := func(e mention.Entry, _ *mention.Prior, near []mention.Prior) ([]mention.Effects, error) {
		if len(near) == 0 {
			return []mention.Effects{raise(e.Mention)}, nil
		}
		was := *near[0].Task
		next, event, _, err := was.Apply(mention.Action{Verb: mention.Join, Actor: mention.System, At: w.now,
			Place: mention.Place{Mention: e.Mention.ID, Source: e.Mention.Source, URL: e.Mention.URL}})
		return []mention.Effects{{Task: &next, Was: was.Version, Events: []mention.Event{event}}}, err
	}
	added, err := w.Add(t.Context(), []mention.Entry{{Mention: a, Bands: []uint64{5}}, {Mention: b, Bands: []uint64{5}}}, plan)
	check(t, err)
	same(t, "added", added, mention.Added{New: 2, Alerted: 1})

	task := must(w.TaskOf(t.Context(), b.Key().ID()))(t)
	same(t, "task of the copy", task.Mention, a.Key().ID())
	v := must(w.View(t.Context(), task.ID))(t)
	if len(v.Copies) != 1 || v.Copies[0].ExternalID != "b" || len(v.Events) != 2 {
		t.Errorf("view: %d copies, %d events; want 1 and 2", len(v.Copies), len(v.Events))
	}
	same(t, "named", v.Mention.Copies, []mention.Copy{{ID: b.Key().ID(), Source: "irecommend", URL: b.URL}})
	same(t, "the copy names the original", must(w.Mention(t.Context(), b.Key().ID()))(t).Copies,
		[]mention.Copy{{ID: a.Key().ID(), Source: "otzovik", URL: a.URL}})
	same(t, "one card", w.keys(t, "send:"), []string{"send:1"})
}
