package main

import (
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"otklik/mention"
	"otklik/store"
	"otklik/store/storetest"
)

// TestClock_Jumps sets the clock ahead by an hour and back again, under
// virtual time: a pass, a card and a digest are due soon after each jump.
func TestClock_Jumps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ahead atomic.Int64
		now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		archive := storetest.SQLite(t, now)
		log := &journal{}
		a := &app{store: archive, log: slog.New(slog.NewTextHandler(log, nil)), now: now}
		ended := make(chan error, 1)
		go func() { ended <- a.watchClock(t.Context()) }()
		put := func() {
			t.Helper()
			err := archive.EnsureJobs(t.Context(), []mention.Job{
				{Kind: mention.CrawlJob, Key: "crawl:a", RunAt: now().Add(20 * time.Minute)},
				{Kind: mention.SendJob, Key: "send:1", RunAt: now().Add(10 * time.Second)},
				{Kind: mention.TimerJob, Key: "timer:1", RunAt: now().Add(2 * time.Hour)},
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute)
		ahead.Store(int64(time.Hour))
		time.Sleep(time.Minute)
		put() // by the fast clock
		ahead.Store(0)
		time.Sleep(clockEvery)
		synctest.Wait()
		for key, want := range map[string]time.Duration{"crawl:a": 20*time.Minute - clockEvery, "send:1": 10*time.Second - clockEvery, "timer:1": 3*time.Hour - clockEvery} {
			if got := dueIn(t, archive, key, now()); got != want {
				t.Errorf("%s is due in %s, want %s", key, got, want)
			}
		}
		time.Sleep(time.Hour)
		if text := log.String(); strings.Count(text, "the clock jumped") != 2 || !strings.Contains(text, "by=1h0m0s jobs_moved=0") || !strings.Contains(text, "by=-1h0m0s jobs_moved=2") {
			t.Errorf("the log says %s", text)
		}
	})
}

func dueIn(t *testing.T, archive *store.Store, key string, now time.Time) time.Duration {
	t.Helper()
	jobs, err := archive.Jobs(t.Context(), key, 1)
	if err != nil || len(jobs) != 1 {
		t.Fatalf("job %s: %d, %v", key, len(jobs), err)
	}
	return jobs[0].RunAt.Sub(now)
}
