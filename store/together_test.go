package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"otklik/mention"
	"otklik/store"
	"otklik/store/storetest"
)

// two opens one archive twice, as two daemons would.
func two(t *testing.T, cfg store.Config) [2]*store.Store {
	t.Helper()
	return [2]*store.Store{open(t, cfg), open(t, cfg)}
}

// onBoth runs test with two daemons on SQLite and on PostgreSQL.
func onBoth(t *testing.T, test func(*testing.T, [2]*store.Store)) {
	t.Run("SQLite", func(t *testing.T) { test(t, two(t, store.Config{Data: t.TempDir()})) })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, two(t, store.Config{Database: storetest.Postgres(t)})) })
}

// oneCard makes a task of a mention unless it is a copy of one.
func oneCard(e mention.Entry, prior *mention.Prior, near []mention.Prior) ([]mention.Effects, error) {
	if prior != nil {
		return nil, nil
	}
	place := mention.Place{Mention: e.Mention.ID, Source: e.Mention.Source}
	if len(near) == 0 {
		t := mention.Task{Brand: e.Mention.Brand, Mention: e.Mention.ID, State: mention.Open, Version: 1,
			CreatedAt: e.Mention.CollectedAt, Places: []mention.Place{place}}
		return []mention.Effects{{Task: &t, Events: []mention.Event{t.Raised()}}}, nil
	}
	was := *near[len(near)-1].Task
	next, event, _, err := was.Apply(mention.Action{Verb: mention.Join, Actor: mention.System, At: e.Mention.CollectedAt, Place: place})
	return []mention.Effects{{Task: &next, Was: was.Version, Events: []mention.Event{event}}}, err
}

func TestAdd_TwoDaemonsMakeOneCardOfCopies(t *testing.T) {
	onBoth(t, func(t *testing.T, daemons [2]*store.Store) {
		const each = 15
		var wg sync.WaitGroup
		for d, s := range daemons {
			wg.Go(func() {
				for i := range each {
					m := mention.Mention{Brand: "b", Source: fmt.Sprintf("site%d", d), ExternalID: fmt.Sprint(i)}
					if _, err := s.Add(t.Context(), []mention.Entry{{Mention: m, Bands: []uint64{7}}}, oneCard); err != nil {
						t.Errorf("Add: %v", err)
					}
				}
			})
		}
		wg.Wait()
		views, _, err := daemons[0].Tasks(t.Context(), store.TaskFilter{})
		if err != nil || len(views) != 1 || len(views[0].Task.Places) != 2*each {
			t.Fatalf("%d tasks, %v; want one with %d places", len(views), err, 2*each)
		}
	})
}

func TestAdd_TheSameMentionsAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, daemons [2]*store.Store) {
		page := make([]mention.Entry, 20)
		for i := range page {
			page[i].Mention = mention.Mention{Brand: "b", Source: "s", ExternalID: fmt.Sprint(i)}
		}
		var mu sync.Mutex
		var sum mention.Added
		var wg sync.WaitGroup
		for _, s := range daemons {
			for range 3 {
				wg.Go(func() {
					added, err := s.Add(t.Context(), page, oneCard)
					if err != nil {
						t.Errorf("Add: %v", err)
					}
					mu.Lock()
					defer mu.Unlock()
					sum.New += added.New
					sum.Same += added.Same
					sum.Alerted += added.Alerted
				})
			}
		}
		wg.Wait()
		if want := (mention.Added{New: 20, Same: 100, Alerted: 20}); sum != want {
			t.Errorf("together %+v, want %+v", sum, want)
		}
	})
}

// TestApply_CrossingEffects changes the same tasks in opposite orders, which
// PostgreSQL ends as a deadlock: it is repeated and ends as a conflict or well.
func TestApply_CrossingEffects(t *testing.T) {
	onBoth(t, func(t *testing.T, daemons [2]*store.Store) {
		page := []mention.Entry{{Mention: mention.Mention{Brand: "b", Source: "s", ExternalID: "1"}},
			{Mention: mention.Mention{Brand: "b", Source: "s", ExternalID: "2"}}}
		if _, err := daemons[0].Add(t.Context(), page, oneCard); err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		applied := 0
		var wg sync.WaitGroup
		for d, s := range daemons {
			order := []mention.TaskID{1, 2}
			if d == 1 {
				order = []mention.TaskID{2, 1}
			}
			wg.Go(func() {
				for range 20 {
					err := noteAll(t.Context(), s, order)
					if err != nil && !errors.Is(err, mention.ErrConflict) {
						t.Errorf("Apply: %v", err)
					}
					if err == nil {
						mu.Lock()
						applied++
						mu.Unlock()
					}
				}
			})
		}
		wg.Wait()
		for _, id := range []mention.TaskID{1, 2} {
			task, err := daemons[0].Task(t.Context(), id)
			if err != nil || task.Version != 1+applied {
				t.Errorf("task %d has version %d, %v; want %d", id, task.Version, err, 1+applied)
			}
		}
	})
}

// noteAll adds a note to tasks in one transaction.
func noteAll(ctx context.Context, s *store.Store, ids []mention.TaskID) error {
	var effects []mention.Effects
	for _, id := range ids {
		was, err := s.Task(ctx, id)
		if err != nil {
			return err
		}
		next, event, _, err := was.Apply(mention.Action{Verb: mention.Comment, Actor: mention.System, At: time.Now(), Text: "seen"})
		if err != nil {
			return err
		}
		effects = append(effects, mention.Effects{Task: &next, Was: was.Version, Events: []mention.Event{event}})
	}
	return s.Apply(ctx, effects...)
}

func TestLease_TwoDaemons(t *testing.T) {
	onBoth(t, func(t *testing.T, daemons [2]*store.Store) {
		const n = 60
		var jobs []mention.Job
		for i := range n {
			jobs = append(jobs, mention.Job{Kind: "send", Key: fmt.Sprintf("send:%d", i), RunAt: time.Now().Add(-time.Second)})
		}
		if err := daemons[0].EnsureJobs(t.Context(), jobs); err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		taken := make(map[int64]int)
		var wg sync.WaitGroup
		for _, s := range daemons {
			wg.Go(func() {
				for {
					jobs, err := s.Lease(t.Context(), []string{"send"}, 3, time.Minute)
					if err != nil {
						t.Errorf("Lease: %v", err)
					}
					if len(jobs) == 0 {
						return
					}
					for _, j := range jobs {
						mu.Lock()
						taken[j.ID]++
						mu.Unlock()
						if err := s.Finish(t.Context(), j); err != nil {
							t.Errorf("Finish: %v", err)
						}
					}
				}
			})
		}
		wg.Wait()
		for id, times := range taken {
			if times != 1 {
				t.Errorf("job %d was leased %d times", id, times)
			}
		}
		if len(taken) != n {
			t.Errorf("%d jobs were leased, want %d", len(taken), n)
		}
	})
}

func TestWake_AcrossDaemons(t *testing.T) {
	daemons := two(t, store.Config{Database: storetest.Postgres(t)})
	wake := daemons[1].Wake()
	job := mention.Job{Kind: "send", Key: "send:1", RunAt: time.Now()}
	// The second daemon may not listen yet; then it rings when it does.
	if err := daemons[0].EnsureJobs(t.Context(), []mention.Job{job}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-wake:
	case <-time.After(10 * time.Second):
		t.Error("the other daemon did not wake")
	}
}

func TestOpen_AllAtOnce(t *testing.T) {
	for name, cfg := range map[string]store.Config{
		"SQLite":     {Data: t.TempDir()},
		"PostgreSQL": {Database: storetest.Postgres(t)},
	} {
		t.Run(name, func(t *testing.T) {
			var wg sync.WaitGroup
			for range 3 {
				wg.Go(func() {
					s, err := store.Open(t.Context(), cfg)
					if err != nil {
						t.Errorf("open: %v", err)
						return
					}
					if err := s.Close(); err != nil {
						t.Errorf("close: %v", err)
					}
				})
			}
			wg.Wait()
		})
	}
}
