package intake_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"otklik/dedup"
	"otklik/intake"
	"otklik/mention"
	"otklik/store"
	"otklik/store/storetest"
)

// bench is an intake over a real archive and a real memory, with a site that
// shows what the test wants.
type bench struct {
	t       *testing.T
	now     time.Time
	store   *store.Store
	memory  *forgetful
	in      *intake.Intake
	watch   *intake.Watch
	watched intake.Watched
	scored  atomic.Int32

	page    []mention.Mention
	verdict mention.Verdict
	fresh   [][]mention.Freshness
}

// forgetful is a memory that can be made to fail or to forget everything.
type forgetful struct {
	*dedup.Local
	fail bool
}

var errDown = errors.New("memory is down")

func (f *forgetful) Check(ctx context.Context, keys []uint64) ([]uint64, []bool, error) {
	if f.fail {
		return nil, nil, errDown
	}
	return f.Local.Check(ctx, keys)
}

func (f *forgetful) Remember(ctx context.Context, keys, looks []uint64) error {
	if f.fail {
		return errDown
	}
	return f.Local.Remember(ctx, keys, looks)
}

func (f *forgetful) wipe(t *testing.T) {
	t.Helper()
	local, err := dedup.NewLocal(1000)
	if err != nil {
		t.Fatal(err)
	}
	f.Local = local
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), memory: &forgetful{}, verdict: mention.OK}
	b.memory.wipe(t)
	b.store = storetest.SQLite(t, func() time.Time { return b.now })
	b.in = intake.New(intake.Intake{
		Memory: b.memory, Archive: b.store, Scorer: b, Desk: b,
		Now: func() time.Time { return b.now }, Log: slog.New(slog.DiscardHandler),
	}, nil)
	b.watched = intake.Watched{
		Source: mention.Source{ID: "s1", Brand: "Ромашка", Site: "otzovik", Title: "Отзовик"},
		Brand:  intake.Brand{Name: "Ромашка"}, Crawler: b, Schedule: every(20 * time.Minute),
	}
	b.watch = intake.NewWatch(b.in, b.store, []intake.Watched{b.watched}, "ops", 2)
	return b
}

type every time.Duration

func (e every) Next(t time.Time) time.Time {
	return t.Truncate(time.Duration(e)).Add(time.Duration(e))
}

// Run is the crawler: one page, as the test has set it.
func (b *bench) Run(ctx context.Context, sink *intake.Pass, _ mention.Source) (mention.Run, error) {
	run := mention.Run{Source: "s1", Brand: "Ромашка", Site: "otzovik", StartAt: b.now, EndAt: b.now, Verdict: b.verdict, Requests: 1}
	if !b.verdict.Good() || b.verdict == mention.Unchanged {
		return run, nil
	}
	page := append([]mention.Mention(nil), b.page...)
	fresh, err := sink.Fresh(ctx, page)
	if err != nil {
		return run, err
	}
	b.fresh = append(b.fresh, fresh)
	run.Items = len(page)
	if n := len(page); n > 0 {
		run.Reached = page[n-1].PublishedAt
	}
	return run, sink.Take(ctx, page, fresh)
}

// Score is the judge: one star is negative.
func (b *bench) Score(_ context.Context, m mention.Mention, _ []string) (mention.Sentiment, error) {
	b.scored.Add(1)
	if m.Rating == 1 {
		return mention.Sentiment{Tone: mention.Negative, Lang: "ru"}, nil
	}
	return mention.Sentiment{Tone: mention.Positive, Lang: "ru"}, nil
}

// Raise, Join and Seen are the desk: negative mentions become tasks.
func (b *bench) Raise(m mention.Mention, why string, now time.Time) (mention.Effects, error) {
	if m.Tone != mention.Negative {
		return mention.Effects{}, nil
	}
	t := mention.Task{Version: 1, Brand: m.Brand, Mention: m.ID, State: mention.Open, Reason: why, CreatedAt: now,
		Places: []mention.Place{{Mention: m.ID, Source: m.Source}}}
	return mention.Effects{Task: &t, Events: []mention.Event{t.Raised()}}, nil
}

func (b *bench) Join(mention.Task, mention.Mention, time.Time) (mention.Effects, error) {
	return mention.Effects{}, nil
}

func (b *bench) Seen(mention.Task, mention.Mention, mention.Mention, time.Time) (mention.Effects, error) {
	return mention.Effects{}, nil
}

// Lost tells the task in a line of history.
func (b *bench) Lost(t mention.Task, now time.Time) (mention.Effects, error) {
	next, e, _, err := t.Apply(mention.Action{Verb: mention.Comment, Actor: mention.OnSite, At: now, Text: "gone"})
	return mention.Effects{Task: &next, Was: t.Version, Events: []mention.Event{e}}, err
}

func review(id string, stars float64) mention.Mention {
	return mention.Mention{Source: "otzovik", ExternalID: id, Text: "Отзыв номер " + id, Rating: stars, Best: 5}
}

// pass makes the due pass and moves the clock to the next.
func (b *bench) pass() mention.Run {
	b.t.Helper()
	due, err := b.watch.Crawl(b.t.Context(), intake.CrawlJob("s1", b.now))
	if err != nil {
		b.t.Fatal(err)
	}
	runs, err := b.store.Runs(b.t.Context(), "s1", 1)
	if err != nil || len(runs) != 1 {
		b.t.Fatalf("runs %v, %v", runs, err)
	}
	b.now = due
	return runs[0]
}

func (b *bench) tasks() int {
	b.t.Helper()
	views, _, err := b.store.Tasks(b.t.Context(), mention.TaskFilter{})
	if err != nil {
		b.t.Fatal(err)
	}
	return len(views)
}

func TestWatch_FirstPassIsSilent(t *testing.T) {
	b := newBench(t)
	b.page = []mention.Mention{review("1", 1), review("2", 5)}
	if run := b.pass(); run.New != 2 || run.Alerted != 0 || b.tasks() != 0 {
		t.Fatalf("first pass %+v with %d tasks, want 2 new and no task", run, b.tasks())
	}
	if _, err := b.store.FindNotice(t.Context(), "seeded:s1"); err != nil {
		t.Errorf("the silent pass is not summed up: %v", err)
	}
	b.page = append([]mention.Mention{review("3", 1)}, b.page...)
	if run := b.pass(); run.New != 1 || run.Alerted != 1 || b.tasks() != 1 {
		t.Errorf("second pass %+v with %d tasks, want 1 new and 1 task", run, b.tasks())
	}
}

func TestWatch_KnownMentionsAreNotJudged(t *testing.T) {
	b := newBench(t)
	b.page = []mention.Mention{review("1", 1), review("2", 5)}
	b.pass()
	for _, trouble := range []func(){
		func() {},
		func() { b.memory.wipe(t) },
		func() { b.memory.fail = true },
	} {
		trouble()
		b.scored.Store(0)
		if run := b.pass(); run.New != 0 || run.Edited != 0 || b.scored.Load() != 0 || b.tasks() != 0 {
			t.Errorf("pass %+v judged %d, with %d tasks; all is known", run, b.scored.Load(), b.tasks())
		}
	}
}

func TestWatch_EditMakesATask(t *testing.T) {
	b := newBench(t)
	b.page = []mention.Mention{review("1", 4)}
	b.pass()
	b.page[0].Rating = 1
	if run := b.pass(); run.Edited != 1 || run.Alerted != 1 || b.tasks() != 1 {
		t.Errorf("pass %+v with %d tasks; four stars became one", run, b.tasks())
	}
}

func TestWatch_ForeignMentionsAreLeft(t *testing.T) {
	b := newBench(t)
	b.watched.Brand.Match = func(text string) bool { return text == "Отзыв номер 1" }
	b.watch = intake.NewWatch(b.in, b.store, []intake.Watched{b.watched}, "", 2)
	b.page = []mention.Mention{review("1", 5), review("2", 5)}
	if run := b.pass(); run.New != 1 || b.fresh[0][1] != mention.Foreign {
		t.Errorf("pass %+v called the second %d; it is not about the brand", run, b.fresh[0][1])
	}
}

func TestWatch_OneCardForEachBlindSpell(t *testing.T) {
	b := newBench(t)
	b.page = []mention.Mention{review("1", 5)}
	b.pass()
	notice := func(episode int) (mention.Notice, error) {
		return b.store.FindNotice(t.Context(), fmt.Sprintf("ops:s1:%d", episode))
	}
	b.verdict = mention.Blocked
	b.pass()
	if _, err := notice(1); !errors.Is(err, mention.ErrNotFound) {
		t.Fatalf("ops are told after one bad run (%v), want two", err)
	}
	b.pass()
	if n, err := notice(1); err != nil || n.Channel != "ops" {
		t.Fatalf("notice %+v, %v", n, err)
	}
	b.pass()
	b.verdict = mention.OK
	b.pass()
	src, err := b.store.Source(t.Context(), "s1")
	if err != nil || src.IsBlind() {
		t.Errorf("source %+v, %v; it is seen again", src, err)
	}
	b.verdict = mention.Layout
	b.pass()
	b.pass()
	if _, err := notice(2); err != nil {
		t.Errorf("the second spell has no card of its own: %v", err)
	}
}

func TestWatch_StoppedPassSaysNothing(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.watch.Crawl(ctx, intake.CrawlJob("s1", b.now)); err == nil {
		t.Error("a stopped pass counts as done")
	}
	if runs, err := b.store.Runs(t.Context(), "s1", 1); err != nil || len(runs) != 0 {
		t.Errorf("runs %v, %v; we stopped, not the site", runs, err)
	}
}

func TestWatch_Jobs(t *testing.T) {
	b := newBench(t)
	jobs, err := b.watch.Jobs(t.Context())
	if err != nil || len(jobs) != 1 || jobs[0].RunAt.Before(b.now) || jobs[0].RunAt.After(b.now.Add(time.Minute)) {
		t.Fatalf("jobs %+v, %v; a new source is due within a minute", jobs, err)
	}
	b.pass()
	b.now = b.now.Add(72 * time.Hour)
	jobs, err = b.watch.Jobs(t.Context())
	if err != nil || len(jobs) != 1 || jobs[0].RunAt.After(b.now) {
		t.Errorf("jobs %+v, %v; after three days down the source is due once", jobs, err)
	}
	if due, err := b.watch.Crawl(t.Context(), intake.CrawlJob("gone", b.now)); err != nil || !due.IsZero() {
		t.Errorf("a source that is no longer configured is due at %v, %v", due, err)
	}
	var final *mention.RetryError
	if _, err := b.watch.Crawl(t.Context(), mention.Job{Payload: json.RawMessage(`{`)}); !errors.As(err, &final) || !final.Final {
		t.Errorf("got %v, want a final error", err)
	}
}

// steady is a rhythm that counts what it is told.
type steady struct{}

func (steady) Next(learned json.RawMessage, _, at time.Time, published []time.Time) (time.Time, json.RawMessage, error) {
	return at.Add(time.Duration(1+len(published)) * time.Minute), append(learned, '1'), nil
}

func TestWatch_Rhythm(t *testing.T) {
	b := newBench(t)
	b.watched.Rhythm = steady{}
	b.watch = intake.NewWatch(b.in, b.store, []intake.Watched{b.watched}, "", 2)
	b.page = []mention.Mention{review("1", 5)}
	start := b.now
	b.pass()
	if got := b.now.Sub(start); got < 20*time.Minute {
		t.Errorf("due after %s; the first pass teaches nothing", got)
	}
	b.page = append(b.page, review("2", 5), review("3", 5))
	start = b.now
	b.pass()
	if got := b.now.Sub(start); got != 3*time.Minute {
		t.Errorf("due after %s, want the rhythm's own 3m", got)
	}
	src, err := b.store.Source(t.Context(), "s1")
	if err != nil || string(src.Pulse) != "1" {
		t.Errorf("learned %q, %v", src.Pulse, err)
	}
}

func TestWatch_Gone(t *testing.T) {
	b := newBench(t)
	b.watched.Ordered = true
	b.watch = intake.NewWatch(b.in, b.store, []intake.Watched{b.watched}, "", 2)
	dated := func(id string, stars float64, days int) mention.Mention {
		m := review(id, stars)
		m.PublishedAt = time.Date(2026, 11, 20-days, 12, 0, 0, 0, time.UTC)
		return m
	}
	old := dated("1", 5, 9)
	b.page = []mention.Mention{old}
	b.pass()
	b.page = []mention.Mention{dated("2", 1, 2), dated("3", 5, 3), old}
	b.pass()
	id := (&mention.Mention{Brand: "Ромашка", Source: "otzovik", ExternalID: "2"}).Key().ID()
	labels := func() []string {
		m, err := b.store.Mention(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return m.Labels
	}
	whole := b.page
	b.page = []mention.Mention{dated("3", 5, 3), old}
	b.pass()
	b.verdict = mention.Blocked
	b.pass() // a failed pass proves nothing
	b.verdict = mention.OK
	b.page = whole
	b.pass() // it is back: the count starts anew
	b.page = []mention.Mention{dated("4", 5, 1)}
	b.pass() // a short page that does not reach it
	b.page = []mention.Mention{dated("4", 5, 1), dated("3", 5, 3), old}
	b.pass()
	b.verdict = mention.Unchanged
	b.pass()
	if len(labels()) != 0 {
		t.Fatalf("labels %q after two clean passes, want three", labels())
	}
	b.pass()
	if got := labels(); len(got) != 1 || got[0] != mention.Gone {
		t.Fatalf("labels %q, want gone", got)
	}
	b.verdict = mention.OK
	task, err := b.store.TaskOf(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	b.pass()
	events, err := b.store.Events(t.Context(), task.ID)
	if err != nil || len(events) != 2 || events[1].Text != "gone" {
		t.Errorf("events %+v, %v; want one line that says so", events, err)
	}
}
