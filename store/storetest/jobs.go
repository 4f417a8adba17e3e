package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"otklik/mention"
)

const kind = mention.CrawlJob

func (w *world) ensure(t *testing.T, keys ...string) {
	t.Helper()
	for _, key := range keys {
		check(t, w.EnsureJobs(t.Context(), []mention.Job{{Kind: kind, Key: key, RunAt: w.now}}))
	}
}

func testLease(t *testing.T, w *world) {
	for i := range 20 {
		check(t, w.EnsureJobs(t.Context(), []mention.Job{{Kind: kind, Key: fmt.Sprintf("crawl:%02d", i), RunAt: w.now.Add(-time.Duration(i) * time.Second)}}))
	}
	check(t, w.EnsureJobs(t.Context(), []mention.Job{{Kind: mention.PurgeJob, Key: "purge", RunAt: w.now}, {Kind: kind, Key: "later", RunAt: w.now.Add(time.Second)}}))
	first := must(w.Lease(t.Context(), []string{kind}, 1, time.Minute))(t)
	same(t, "due longest", first[0].Key, "crawl:19")
	same(t, "lease", []any{first[0].Attempt, first[0].Failures, first[0].RunAt}, []any{1, 0, w.now.Add(time.Minute)})

	var mu sync.Mutex
	taken := map[string]int{first[0].Key: 1}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				jobs, err := w.Lease(t.Context(), []string{mention.DigestJob, kind}, 2, time.Minute)
				if err != nil {
					t.Errorf("lease: %v", err)
				}
				if len(jobs) == 0 {
					return
				}
				mu.Lock()
				for _, j := range jobs {
					taken[j.Key]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(taken) != 20 {
		t.Errorf("%d jobs were leased, want 20", len(taken))
	}
	for key, n := range taken {
		if n != 1 {
			t.Errorf("%s was leased %d times", key, n)
		}
	}
	check(t, w.EnsureJobs(t.Context(), []mention.Job{{Kind: mention.TimerJob, Key: "soon", RunAt: w.now.Add(300 * time.Microsecond)}}))
	if early := must(w.Lease(t.Context(), []string{mention.TimerJob}, 1, time.Minute))(t); len(early) != 0 {
		t.Errorf("%s was leased before its moment", early[0].Key)
	}
}

func testFence(t *testing.T, w *world) {
	w.ensure(t, "crawl:1")
	a := w.leaseOne(t, kind)
	check(t, w.Renew(t.Context(), a, 2*time.Minute))
	w.now = start.Add(90 * time.Second)
	if jobs := must(w.Lease(t.Context(), []string{kind}, 1, time.Minute))(t); len(jobs) != 0 {
		t.Fatalf("a renewed job was leased: %+v", jobs)
	}
	w.now = start.Add(2 * time.Minute)
	b := w.leaseOne(t, kind)
	same(t, "second holder", []any{b.Attempt, b.Failures, b.LastError}, []any{2, 1, "the lease ran out"})
	for name, err := range map[string]error{
		"renew":      w.Renew(t.Context(), a, time.Minute),
		"finish":     w.Finish(t.Context(), a),
		"reschedule": w.Reschedule(t.Context(), a, w.now, ""),
		"bury":       w.Bury(t.Context(), a, "no"),
	} {
		if !errors.Is(err, mention.ErrConflict) {
			t.Errorf("%s by the first holder: %v, want ErrConflict", name, err)
		}
	}
	check(t, w.Finish(t.Context(), b))
	check(t, w.Finish(t.Context(), b)) // gone is fine
	same(t, "jobs", w.keys(t, "crawl:"), []string(nil))
}

func testRecurring(t *testing.T, w *world) {
	w.ensure(t, "crawl:1")
	a := w.leaseOne(t, kind)
	check(t, w.Reschedule(t.Context(), a, w.now, "timeout"))
	b := w.leaseOne(t, kind)
	same(t, "after a failure", []any{b.Attempt, b.Failures, b.LastError}, []any{2, 1, "timeout"})
	check(t, w.Reschedule(t.Context(), b, w.now, ""))
	c := w.leaseOne(t, kind)
	same(t, "after a good turn", []any{c.Attempt, c.Failures, c.LastError}, []any{3, 0, ""})
	if err := w.Finish(t.Context(), a); !errors.Is(err, mention.ErrConflict) {
		t.Errorf("an old holder finished a new turn: %v", err)
	}
}

func testAgain(t *testing.T, w *world) {
	w.ensure(t, "crawl:1")
	j := w.leaseOne(t, kind)
	w.now = start.Add(time.Second)
	w.ensure(t, "crawl:1")
	if jobs := must(w.Lease(t.Context(), []string{kind}, 1, time.Minute))(t); len(jobs) != 0 {
		t.Fatalf("a job in hand was leased: %+v", jobs)
	}
	check(t, w.Finish(t.Context(), j))
	j = w.leaseOne(t, kind)
	w.ensure(t, "crawl:1")
	check(t, w.Reschedule(t.Context(), j, w.now.Add(time.Hour), ""))
	j = w.leaseOne(t, kind)
	check(t, w.Finish(t.Context(), j))
	same(t, "jobs", w.keys(t, "crawl:"), []string(nil))

	check(t, w.EnsureJobs(t.Context(), []mention.Job{{Kind: kind, Key: "crawl:2", RunAt: w.now.Add(time.Hour)}}))
	w.ensure(t, "crawl:2") // moves it earlier
	check(t, w.EnsureJobs(t.Context(), []mention.Job{{Kind: kind, Key: "crawl:2", RunAt: w.now.Add(time.Hour)}}))
	w.leaseOne(t, kind)
}

func testBury(t *testing.T, w *world) {
	w.ensure(t, "crawl:1", "crawl:2", "other")
	jobs := must(w.Lease(t.Context(), []string{kind}, 3, time.Minute))(t)
	check(t, w.Bury(t.Context(), jobs[0], "hopeless"))
	buried := must(w.Buried(t.Context(), 10))(t)
	if len(buried) != 1 || buried[0].LastError != "hopeless" || !buried[0].BuriedAt.Equal(w.now) {
		t.Errorf("buried: %+v", buried)
	}
	w.ensure(t, "crawl:1")
	j := w.leaseOne(t, kind)
	same(t, "risen", []any{j.Key, j.Attempt, j.Failures}, []any{"crawl:1", 2, 0})
	check(t, w.DropJobs(t.Context(), "crawl:"))
	same(t, "left", w.keys(t, ""), []string{"other"})
	if err := w.DropJobs(t.Context(), ""); err == nil {
		t.Error("an empty prefix dropped all jobs")
	}
}

func testNextDue(t *testing.T, w *world) {
	due := func(kinds ...string) time.Time { t.Helper(); return must(w.NextDue(t.Context(), kinds))(t) }
	same(t, "without jobs", due(kind), time.Time{})
	check(t, w.EnsureJobs(t.Context(), []mention.Job{{Kind: kind, Key: "a", RunAt: w.now.Add(time.Hour)}, {Kind: mention.SendJob, Key: "b", RunAt: w.now}}))
	same(t, "one kind", due(kind), w.now.Add(time.Hour))
	same(t, "both kinds", due(kind, mention.SendJob), w.now)
	w.leaseOne(t, mention.SendJob)
	same(t, "a leased one", due(mention.SendJob), w.now.Add(time.Minute))
}

func testHasten(t *testing.T, w *world) {
	w.ensure(t, "held")
	must(w.Lease(t.Context(), []string{kind}, 1, time.Hour))(t)
	for key, at := range map[string]time.Duration{"due": 0, "soon": time.Minute, "late": 3 * time.Hour} {
		check(t, w.EnsureJobs(t.Context(), []mention.Job{{Kind: kind, Key: key, RunAt: w.now.Add(at)}}))
	}
	check(t, w.EnsureJobs(t.Context(), []mention.Job{{Kind: mention.DigestJob, Key: "digest", RunAt: w.now.Add(3 * time.Hour)}}))
	same(t, "moved", must(w.Hasten(t.Context(), []string{mention.SendJob, kind}, time.Hour))(t), 2)
	got := map[string]time.Duration{}
	for _, j := range must(w.Jobs(t.Context(), "", 10))(t) {
		got[j.Key] = j.RunAt.Sub(w.now)
	}
	same(t, "due", got, map[string]time.Duration{"held": time.Hour, "due": 0, "soon": 0, "late": 2 * time.Hour, "digest": 3 * time.Hour})
}

func testWake(t *testing.T, w *world) {
	wake, other := w.Wake(), w.Wake()
	drain(wake)
	drain(other)
	w.ensure(t, "crawl:1")
	<-wake
	<-other
}

// drain takes the signal that may wait from before.
func drain(c <-chan struct{}) {
	select {
	case <-c:
	default:
	}
}

func testSources(t *testing.T, w *world) {
	src := mention.Source{ID: "otzovik-1", Brand: brand, Site: "otzovik", Title: "Отзовик"}
	check(t, w.KeepSources(t.Context(), []mention.Source{src, {ID: "2gis-1", Brand: brand, Site: "2gis"}}))
	run := mention.Run{Source: src.ID, Brand: brand, Site: "otzovik", StartAt: start, EndAt: start.Add(time.Second),
		Verdict: mention.Blocked, Evidence: mention.Evidence{Marker: "form.captcha-form", Promised: -1}}
	next, sight := src.After(run, 1)
	same(t, "sight", sight, mention.SightLost)
	check(t, w.SaveRun(t.Context(), run, next, mention.Effects{Notices: []mention.Notice{{Kind: mention.OpsNotice, Channel: "ops", Source: src.ID, Key: "ops:otzovik-1:1"}}}))
	src.Title = "Отзовик.ком"
	check(t, w.KeepSources(t.Context(), []mention.Source{src}))
	next.Title = src.Title
	same(t, "source", must(w.Source(t.Context(), src.ID))(t), next)
	same(t, "sources", len(must(w.Sources(t.Context()))(t)), 2)
	check(t, w.RetireSources(t.Context(), []mention.Source{src}))
	same(t, "configured sources", len(must(w.Sources(t.Context()))(t)), 1)
	check(t, w.KeepSources(t.Context(), []mention.Source{src, {ID: "2gis-1", Brand: brand, Site: "2gis"}}))
	same(t, "sources brought back", len(must(w.Sources(t.Context()))(t)), 2)
	run.ID = 1
	same(t, "runs", must(w.Runs(t.Context(), src.ID, 5))(t), []mention.Run{run})
	same(t, "runs of a day", must(w.RunsBetween(t.Context(), start, start.Add(time.Hour)))(t), []mention.Run{run})
	same(t, "card", w.keys(t, "send:"), []string{"send:1"})
	if _, err := w.Source(t.Context(), "none"); !errors.Is(err, mention.ErrNotFound) {
		t.Errorf("no source: %v, want ErrNotFound", err)
	}
}

func testSaved(t *testing.T, w *world) {
	if _, err := w.Saved(t.Context(), "digest"); !errors.Is(err, mention.ErrNotFound) {
		t.Errorf("nothing saved: %v, want ErrNotFound", err)
	}
	check(t, w.Save(t.Context(), "digest", "monday"))
	check(t, w.Save(t.Context(), "digest", "tuesday"))
	same(t, "saved", must(w.Saved(t.Context(), "digest"))(t), "tuesday")
	check(t, w.Replace(t.Context(), "digest", "tuesday", "friday"))
	for _, name := range []string{"digest", "nothing"} {
		if err := w.Replace(t.Context(), name, "tuesday", "sunday"); !errors.Is(err, mention.ErrConflict) {
			t.Errorf("replacing %s, which says something else: %v, want ErrConflict", name, err)
		}
	}
	same(t, "replaced", must(w.Saved(t.Context(), "digest"))(t), "friday")
	for _, id := range []string{"1", "2", "3"} {
		w.now = w.now.Add(time.Minute)
		check(t, w.Save(t.Context(), "request:"+id, id))
	}
	same(t, "saved last", must(w.SavedLatest(t.Context(), "request:", 2))(t), []string{"3", "2"})
}
