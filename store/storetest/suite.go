// Package storetest holds the behaviour that the archive shows on every
// database, and starts a PostgreSQL to try it on. It stores what it needs in
// fresh databases and folders of the test, assumes the server's binaries on
// this machine, and is imported by tests only.
package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"otklik/mention"
	"otklik/store"
)

// Open opens an empty archive whose clock is now.
type Open func(t *testing.T, now func() time.Time) *store.Store

// Run checks the archive that open opens: the suite is the contract of the
// store, the same on every database.
func Run(t *testing.T, open Open) {
	for _, c := range behaviours() {
		t.Run(c.name, func(t *testing.T) {
			w := &world{now: start}
			w.Store = open(t, func() time.Time { return w.now })
			c.test(t, w)
		})
	}
}

// behaviour is what one test asks of an archive.
type behaviour struct {
	name string
	test func(*testing.T, *world)
}

func behaviours() []behaviour {
	return []behaviour{
		{"a new mention is archived as it came", testNew},
		{"hostile text is archived", testHostile},
		{"a known mention is left alone", testSame},
		{"an edit keeps the earlier version", testEdit},
		{"the whole of a teaser is no edit", testTeaser},
		{"a reply is touched in and stays", testTouch},
		{"the same mention twice in a batch", testTwice},
		{"a plan's error archives nothing", testPlanError},
		{"copies meet through bands", testNear},
		{"a copy of the same batch joins the task", testJoinInBatch},
		{"a task and all that follows in one transaction", testTask},
		{"a stale task is refused", testConflict},
		{"a saved task brings its cards up to date", testStaleCards},
		{"the leads' card follows its task", testEscalatedCards},
		{"many complaints at once are one storm", testStorm},
		{"timers replace each other", testTimers},
		{"a notice is written once", testNoticeOnce},
		{"a notice on its way to people", testNoticeWay},
		{"a rejected notice", testRejected},
		{"corrections change the tone", testCorrection},
		{"jobs are leased once", testLease},
		{"a lost lease is fenced", testFence},
		{"a recurring job keeps its fence", testRecurring},
		{"a job asked for anew while it runs", testAgain},
		{"buried jobs rise when asked for", testBury},
		{"the next due job", testNextDue}, {"a clock that was set back puts nothing off", testHasten},
		{"jobs wake those who wait", testWake},
		{"sources and runs", testSources},
		{"lists of tasks", testTaskList},
		{"pages of tasks", testTaskPages},
		{"search by words", testWords},
		{"a sieve over what words find", testSieve},
		{"counts", testCount},
		{"filters by long lists", testLongFilters},
		{"lists of mentions", testMentionList},
		{"saved values", testSaved},
		{"an erased person", testErase}, {"erased words have no copies", testEraseSlots},
		{"what is old is purged", testPurge},
		{"counts and events", testFigures},
		{"accounts", testAccounts},
		{"sessions end", testSessions},
		{"tokens", testTokens},
		{"saved views", testSavedViews},
		{"requests answered once", testOnce},
		{"the last event", testLastEvent},
		{"counts for reports", testReports},
		{"times for reports", testTimings},
		{"blind spells", testSpells},
		{"authors are hidden", testHideAuthors},
	}
}

// start is when every test begins.
var start = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

// world is an archive with a clock that the test moves.
type world struct {
	*store.Store
	now time.Time
}

const brand = "Ромашка Банк"

var moscow = time.FixedZone("", 3*60*60)

// complaint returns a mention with all that a page can say.
func complaint(id string) mention.Mention {
	return mention.Mention{
		Brand: brand, Source: "otzovik", ExternalID: id, SourceID: "otzovik-1", URL: "https://otzovik.example/review_" + id,
		Author: "Пётр", AuthorURL: "https://otzovik.example/profile/petr", Rating: 1, Best: 5,
		PublishedAt: start.Add(-2 * time.Hour).In(moscow), CollectedAt: start, Lang: "ru",
		Title: "Доставка сорвана", Text: "Второй раз не привезли карту № " + id, Pros: "нет", Cons: "ждал два дня",
		Translation: "No card again", Tone: mention.Negative, Confidence: 0.93, Conflict: true,
		Reasons: []mention.Reason{{Text: "сорвана", Field: mention.InTitle, Start: 17, End: 31, Weight: 1.5}},
		Topics:  []string{"доставка", "карты и счета"}, Comments: 2, Likes: 3, Views: 40,
		ParentID: "p1", Thread: "t1", Labels: []string{"bought"}, Fingerprint: 1<<63 + 7,
	}
}

// quiet plans nothing.
func quiet(mention.Entry, *mention.Prior, []mention.Prior) ([]mention.Effects, error) {
	return nil, nil
}

// raising plans a task with a card for every new mention.
func raising(e mention.Entry, prior *mention.Prior, _ []mention.Prior) ([]mention.Effects, error) {
	if prior != nil {
		return nil, nil
	}
	return []mention.Effects{raise(e.Mention)}, nil
}

// raise makes the task of m with one card.
func raise(m mention.Mention) mention.Effects {
	task := mention.Task{Kind: mention.Complaint, Brand: m.Brand, Mention: m.ID, State: mention.Open, Reason: "negative",
		Version: 1, CreatedAt: m.CollectedAt, Places: []mention.Place{{Mention: m.ID, Source: m.Source, URL: m.URL, Replies: mention.RepliesText}}}
	return mention.Effects{Task: &task, Events: []mention.Event{task.Raised()},
		Notices: []mention.Notice{{Kind: mention.CardNotice, Channel: "pr", Key: "card:{task}:pr"}}}
}

// add archives mentions with plan.
func (w *world) add(t *testing.T, plan mention.Planner, ms ...mention.Mention) mention.Added {
	t.Helper()
	entries := make([]mention.Entry, len(ms))
	for i, m := range ms {
		entries[i] = mention.Entry{Mention: m}
	}
	added, err := w.Add(t.Context(), entries, plan)
	if err != nil {
		t.Fatalf("Add: %v", err)
	}
	return added
}

// raised archives a complaint with its task and card.
func (w *world) raised(t *testing.T, id string) mention.Task {
	t.Helper()
	m := complaint(id)
	w.add(t, raising, m)
	return must(w.TaskOf(t.Context(), m.Key().ID()))(t)
}

// act applies an action to the task as it is stored.
func (w *world) act(t *testing.T, id mention.TaskID, a mention.Action) mention.Task {
	t.Helper()
	was := must(w.Task(t.Context(), id))(t)
	a.At = w.now
	next, e, changed, err := was.Apply(a)
	if err != nil || !changed {
		t.Fatalf("%s: changed %v, %v", a.Verb, changed, err)
	}
	check(t, w.Apply(t.Context(), mention.Effects{Task: &next, Was: was.Version, Events: []mention.Event{e}}))
	return next
}

// leaseOne leases the only due job of a kind.
func (w *world) leaseOne(t *testing.T, kind string) mention.Job {
	t.Helper()
	jobs := must(w.Lease(t.Context(), []string{kind}, 10, time.Minute))(t)
	if len(jobs) != 1 {
		t.Fatalf("due %s jobs: %+v, want one", kind, jobs)
	}
	return jobs[0]
}

// keys returns the keys of the jobs that begin with prefix.
func (w *world) keys(t *testing.T, prefix string) []string {
	t.Helper()
	var keys []string
	for _, j := range must(w.Jobs(t.Context(), prefix, 100))(t) {
		keys = append(keys, j.Key)
	}
	return keys
}

// must returns a function that unwraps a value or ends the test.
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// same compares printed values, which shows all fields.
func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		t.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

// SQLite opens an archive in the test's own folder.
func SQLite(t *testing.T, now func() time.Time) *store.Store {
	t.Helper()
	return open(t, store.Config{Data: t.TempDir(), Now: now})
}

// PostgreSQL opens an archive in a fresh database.
func PostgreSQL(t *testing.T, now func() time.Time) *store.Store {
	t.Helper()
	return open(t, store.Config{Data: t.TempDir(), Database: Postgres(t), Now: now})
}

func open(t *testing.T, cfg store.Config) *store.Store {
	t.Helper()
	s, err := store.Open(context.WithoutCancel(t.Context()), cfg)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}
