package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"otklik/jobs"
	"otklik/mention"
	"otklik/store"
	"otklik/store/storetest"
)

const kind = mention.SendJob

// world is a runner over a real archive, under virtual time.
type world struct {
	*store.Store
	t     *testing.T
	queue *flaky
	cfg   jobs.Config
	log   *lines
	// runner is the one that was started last.
	runner *jobs.Runner

	mu   sync.Mutex
	runs []run
}

// run is one call of the handler.
type run struct {
	job mention.Job
	at  time.Duration // since the start
}

// newWorld runs test in a bubble of virtual time.
func inWorld(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{Store: storetest.SQLite(t, nil), t: t, log: &lines{}}
		w.queue = &flaky{Store: w.Store}
		w.cfg = jobs.Config{Log: slog.New(slog.NewTextHandler(w.log, nil))}
		test(t, w)
	})
}

// start runs the runner until the returned function has stopped it.
func (w *world) start(handle jobs.Handler) (stop func()) {
	w.t.Helper()
	begun := time.Now()
	handlers := map[string]jobs.Handler{kind: func(ctx context.Context, j mention.Job) (jobs.Next, error) {
		w.mu.Lock()
		w.runs = append(w.runs, run{j, time.Since(begun)})
		w.mu.Unlock()
		return handle(ctx, j)
	}}
	r := jobs.New(w.queue, handlers, w.cfg)
	w.runner = r
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	return sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("Run: %v", err)
		}
	})
}

func (w *world) ensure(keys ...string) {
	w.t.Helper()
	var list []mention.Job
	for _, key := range keys {
		list = append(list, mention.Job{Kind: kind, Key: key, RunAt: time.Now()})
	}
	if err := w.EnsureJobs(w.t.Context(), list); err != nil {
		w.t.Fatal(err)
	}
}

// left returns the keys of all jobs that exist.
func (w *world) left() []string {
	w.t.Helper()
	list, err := w.Jobs(w.t.Context(), "", 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	var keys []string
	for _, j := range list {
		keys = append(keys, j.Key)
	}
	return keys
}

// times returns when the handler was called.
func (w *world) times() []time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []time.Duration
	for _, r := range w.runs {
		list = append(list, r.at)
	}
	return list
}

func (w *world) same(what string, got, want any) {
	w.t.Helper()
	if g, x := fmt.Sprint(got), fmt.Sprint(want); g != x {
		w.t.Errorf("%s: got %s, want %s", what, g, x)
	}
}

// lines is a log that can be read while it is written.
type lines struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) count(s string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.b.String(), s)
}

func ok(context.Context, mention.Job) (jobs.Next, error) { return jobs.Next{}, nil }

func TestRunner_FinishesDueJobs(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.ensure("a", "b")
		stop := w.start(ok)
		synctest.Wait()
		w.same("left", w.left(), []string(nil))
		time.Sleep(5 * time.Second)
		w.ensure("c") // wakes the runner at once
		synctest.Wait()
		w.same("times", w.times(), []time.Duration{0, 0, 5 * time.Second})
		if err := w.EnsureJobs(t.Context(), []mention.Job{{Kind: kind, Key: "d", RunAt: time.Now().Add(7 * time.Second)},
			{Kind: mention.DigestJob, Key: "not ours", RunAt: time.Now()}}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		w.same("times", w.times(), []time.Duration{0, 0, 5 * time.Second, 12 * time.Second})
		stop()
		w.same("left", w.left(), []string{"not ours"})
	})
}

func TestRunner_RepeatsRecurringJobs(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.ensure("crawl")
		stop := w.start(func(context.Context, mention.Job) (jobs.Next, error) {
			return jobs.Next{At: time.Now().Add(20 * time.Minute)}, nil
		})
		time.Sleep(time.Hour)
		synctest.Wait()
		stop()
		w.same("times", w.times(), []time.Duration{0, 20 * time.Minute, 40 * time.Minute, time.Hour})
		w.same("left", w.left(), []string{"crawl"})
	})
}

func TestRunner_TriesAgain(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.ensure("send")
		results := []error{errors.New("no route"), mention.RetryAfter(30*time.Second, errors.New("slow down")), nil}
		stop := w.start(func(_ context.Context, j mention.Job) (jobs.Next, error) {
			return jobs.Next{}, results[j.Failures]
		})
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		stop()
		at := w.times()
		if len(at) != 3 {
			t.Fatalf("the handler ran at %v, want three times", at)
		}
		if gap := at[1] - at[0]; gap < time.Second/2 || gap > time.Second {
			t.Errorf("first backoff %s, want 0.5 to 1 s", gap)
		}
		if gap := at[2] - at[1]; gap < 30*time.Second || gap > 32*time.Second {
			t.Errorf("wait after Retry-After %s, want 30 to 32 s", gap)
		}
		w.same("last error seen", w.runs[2].job.LastError, "slow down (retry after 30s)")
		w.same("left", w.left(), []string(nil))
	})
}

func TestRunner_Buries(t *testing.T) {
	for _, c := range []struct {
		name   string
		handle jobs.Handler
		runs   int
		reason string
	}{
		{"what is final", func(context.Context, mention.Job) (jobs.Next, error) {
			return jobs.Next{}, fmt.Errorf("post: %w", mention.Final(errors.New("channel is archived")))
		}, 1, "post: channel is archived (final)"},
		{"what failed too often", func(context.Context, mention.Job) (jobs.Next, error) {
			return jobs.Next{}, errors.New("no route")
		}, 7, "no route"},
		{"what panics", func(context.Context, mention.Job) (jobs.Next, error) { panic("a bug") }, 5, "panic: a bug"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.cfg.Attempts = 7
				w.ensure("send")
				stop := w.start(c.handle)
				time.Sleep(time.Hour)
				synctest.Wait()
				stop()
				w.same("runs", len(w.times()), c.runs)
				buried, err := w.Buried(t.Context(), 10)
				if err != nil || len(buried) != 1 {
					t.Fatalf("buried: %+v, %v; want one", buried, err)
				}
				w.same("reason", buried[0].LastError, c.reason)
			})
		})
	}
}

func TestRunner_KeepsLongLeases(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.ensure("crawl")
		stopA := w.start(func(ctx context.Context, _ mention.Job) (jobs.Next, error) {
			time.Sleep(10 * time.Minute)
			return jobs.Next{}, ctx.Err()
		})
		stopB := w.start(ok) // another daemon on the same archive
		time.Sleep(15 * time.Minute)
		stopA()
		stopB()
		w.same("runs", len(w.times()), 1)
		w.same("left", w.left(), []string(nil))
	})
}

func TestRunner_GivesUpLostLeases(t *testing.T) {
	for _, c := range []struct {
		name  string
		renew error
	}{
		{"taken by somebody else", mention.ErrConflict},
		{"not renewed in time", errors.New("no route")},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.queue.fail(nil, c.renew)
				w.ensure("crawl")
				var cause error
				stop := w.start(func(ctx context.Context, j mention.Job) (jobs.Next, error) {
					if j.Attempt > 1 {
						return jobs.Next{}, nil
					}
					<-ctx.Done()
					cause = context.Cause(ctx)
					return jobs.Next{}, nil
				})
				time.Sleep(5 * time.Minute)
				synctest.Wait()
				stop()
				w.same("cause", cause, "the lease was lost")
				w.same("runs", len(w.times()), 2)
				w.same("left", w.left(), []string(nil))
			})
		})
	}
}

func TestRunner_Stops(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.cfg.Workers = map[string]int{kind: 2}
		w.ensure("short", "endless", "untouched")
		stop := w.start(func(ctx context.Context, j mention.Job) (jobs.Next, error) {
			if j.Key == "short" {
				time.Sleep(5 * time.Second)
				return jobs.Next{}, ctx.Err()
			}
			<-ctx.Done()
			return jobs.Next{}, ctx.Err()
		})
		time.Sleep(time.Second)
		begun := time.Now()
		stop()
		w.same("stopped after", time.Since(begun), 20*time.Second)
		w.same("left", w.left(), []string{"endless", "untouched"})
		due, err := w.NextDue(t.Context(), []string{kind})
		if err != nil || due.After(time.Now()) {
			t.Errorf("next due %v, %v: what was cut short waits for nothing", due, err)
		}
		again, err := w.Lease(t.Context(), []string{kind}, 5, time.Minute)
		if err != nil || len(again) != 2 || again[0].Failures+again[1].Failures != 0 {
			t.Errorf("leased afterwards: %+v, %v; want two without failures", again, err)
		}
	})
}

func TestRunner_BoundsWorkers(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		reg := prometheus.NewRegistry()
		w.cfg.Workers, w.cfg.Metrics = map[string]int{kind: 3}, reg
		var keys []string
		for i := range 50 {
			keys = append(keys, fmt.Sprintf("%02d", i))
		}
		w.ensure(keys...)
		var mu sync.Mutex
		now, most := 0, 0
		stop := w.start(func(context.Context, mention.Job) (jobs.Next, error) {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			now--
			mu.Unlock()
			return jobs.Next{}, nil
		})
		time.Sleep(time.Minute)
		synctest.Wait()
		stop()
		w.same("at a time", most, 3)
		w.same("runs", len(w.times()), 50)
		w.same("took", slices.Max(w.times()), 16*time.Second)
		families, err := reg.Gather()
		if err != nil {
			t.Fatal(err)
		}
		w.same("counted", families[1].GetMetric()[0].GetCounter().GetValue(), 50)
	})
}

func TestConfig_Validate(t *testing.T) {
	for _, c := range []struct {
		cfg  jobs.Config
		want string
	}{
		{jobs.Config{}, ""},
		{jobs.Config{Workers: map[string]int{"crawl": 0}}, "workers.crawl: 0: at least one is needed"},
		{jobs.Config{Lease: time.Millisecond}, "lease: 1ms: at least 1s is needed"},
		{jobs.Config{Grace: -1}, "attempts, backoff, max_backoff and grace cannot be negative"},
	} {
		got := ""
		if err := c.cfg.Validate(); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%+v: %q, want %q", c.cfg, got, c.want)
		}
	}
}
