package store_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"otklik/mention"
	"otklik/store"
	"otklik/store/storetest"
)

// late is an archive whose words wait for IndexWords.
type late struct {
	*store.Store
	t   *testing.T
	cfg store.Config
}

func openLate(t *testing.T, cfg store.Config) *late {
	t.Helper()
	cfg.IndexLater = true
	return &late{open(t, cfg), t, cfg}
}

// add archives a mention of one author for each of texts, named by its place.
func (l *late) add(plan mention.Planner, texts ...string) {
	l.t.Helper()
	entries := make([]mention.Entry, len(texts))
	for i, text := range texts {
		entries[i].Mention = mention.Mention{Brand: "b", Source: "s", ExternalID: fmt.Sprint(i), Author: fmt.Sprint("автор", i), Text: text}
	}
	if _, err := l.Add(l.t.Context(), entries, plan); err != nil {
		l.t.Fatal(err)
	}
}

// index makes everything searchable and holds how many mentions that were.
func (l *late) index(want int) {
	l.t.Helper()
	if n, err := l.IndexWords(l.t.Context()); err != nil || n != want {
		l.t.Errorf("indexed %d, %v, want %d", n, err, want)
	}
	l.waiting(0)
}

// waiting holds how many mentions are not searchable.
func (l *late) waiting(want int) {
	l.t.Helper()
	if n, err := l.Unindexed(l.t.Context(), 1000); err != nil || n != want {
		l.t.Errorf("%d wait, %v, want %d", n, err, want)
	}
}

// found holds which mentions have words, oldest first.
func (l *late) found(words string, want ...string) {
	l.t.Helper()
	list, _, err := l.Mentions(l.t.Context(), store.MentionFilter{Words: words})
	if err != nil {
		l.t.Fatal(err)
	}
	var got []string
	for _, m := range list {
		got = append(got, m.ExternalID)
	}
	if slices.Reverse(got); !slices.Equal(got, want) {
		l.t.Errorf("%s: found %v, want %v", words, got, want)
	}
}

func TestIndexLater(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		testIndexLater(t, func(t *testing.T) *late { return openLate(t, store.Config{Data: t.TempDir()}) })
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		testIndexLater(t, func(t *testing.T) *late { return openLate(t, store.Config{Database: storetest.Postgres(t)}) })
	})
}

func testIndexLater(t *testing.T, openLate func(*testing.T) *late) {
	t.Run("what waits is found once it is indexed", func(t *testing.T) {
		l := openLate(t)
		l.add(nothing, "чайник кипит", "курьер опоздал", "чайники сломались")
		l.waiting(3)
		l.found("чайник")
		l.index(3)
		l.found("чайник", "0", "2")
		l.index(0)
	})
	t.Run("a mention with a task does not wait", func(t *testing.T) {
		l := openLate(t)
		l.add(func(e mention.Entry, _ *mention.Prior, _ []mention.Prior) ([]mention.Effects, error) {
			if e.Mention.ExternalID != "1" {
				return nil, nil
			}
			task := mention.Task{Kind: mention.Complaint, Brand: "b", Mention: e.Mention.ID, State: mention.Open, Version: 1}
			return []mention.Effects{{Task: &task}}, nil
		}, "чайник кипит", "чайник сломался")
		l.waiting(1)
		l.found("чайник", "1")
		l.index(1)
		l.found("чайник", "0", "1")
	})
	t.Run("a mention that gets a task waits no longer", func(t *testing.T) {
		l := openLate(t)
		l.add(nothing, "чайник кипит", "чайник сломался")
		first := mention.Mention{Brand: "b", Source: "s", ExternalID: "0"}
		task := mention.Task{Kind: mention.Complaint, Brand: "b", Mention: first.Key().ID(), State: mention.Open, Version: 1}
		if err := l.Apply(t.Context(), mention.Effects{Task: &task}); err != nil {
			t.Fatal(err)
		}
		l.waiting(1)
		l.found("чайник", "0")
		l.index(1)
	})
	t.Run("an edit before its turn", func(t *testing.T) {
		l := openLate(t)
		l.add(nothing, "чайник кипит", "чайник сломался")
		l.add(nothing, "курьер опоздал")
		l.found("курьер", "0")
		l.index(1)
		l.found("курьер", "0")
		l.found("чайник", "1")
	})
	t.Run("an edit after its turn", func(t *testing.T) {
		l := openLate(t)
		l.add(nothing, "чайник кипит")
		l.index(1)
		l.add(nothing, "курьер опоздал")
		l.found("чайник")
		l.found("курьер", "0")
		l.waiting(0)
	})
	t.Run("an erased person is not indexed", func(t *testing.T) {
		l := openLate(t)
		l.add(nothing, "чайник кипит", "чайник сломался")
		if _, err := l.Erase(t.Context(), store.Person{Author: "автор0"}, "hash"); err != nil {
			t.Fatal(err)
		}
		l.waiting(1)
		l.index(1)
		l.found("чайник", "1")
	})
	t.Run("a purged mention leaves nothing waiting", func(t *testing.T) {
		l := openLate(t)
		l.add(nothing, "чайник кипит")
		old := l.cfg
		old.Now = func() time.Time { return time.Now().Add(48 * time.Hour) }
		if p, err := open(t, old).Purge(t.Context(), store.Keep{Mentions: time.Hour}); err != nil || p.Mentions != 1 {
			t.Fatalf("purged %+v, %v", p, err)
		}
		l.waiting(0)
		// SQLite gives its number to the next one, which waits for itself.
		l.add(nothing, "курьер опоздал")
		l.index(1)
		l.found("курьер", "0")
	})
	t.Run("what an earlier process left is done by the next, whatever it is told", func(t *testing.T) {
		l := openLate(t)
		l.add(nothing, "чайник кипит")
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		l.cfg.IndexLater = false
		l.Store = open(t, l.cfg)
		l.waiting(1)
		l.index(1)
		l.found("чайник", "0")
	})
}

// TestIndexWords_Together has two processes index more than one step holds:
// each mention is done once.
func TestIndexWords_Together(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) { indexTogether(t, store.Config{Data: t.TempDir()}) })
	t.Run("PostgreSQL", func(t *testing.T) { indexTogether(t, store.Config{Database: storetest.Postgres(t)}) })
}

func indexTogether(t *testing.T, cfg store.Config) {
	const n = 1234
	l := openLate(t, cfg)
	texts := make([]string, n)
	for i := range texts {
		texts[i] = fmt.Sprintf("чайник номер%d", i)
	}
	l.add(nothing, texts...)
	l.waiting(1000) // counted no further
	var wg sync.WaitGroup
	var mu sync.Mutex
	sum := 0
	for _, s := range []*store.Store{l.Store, open(t, l.cfg)} {
		wg.Go(func() {
			done, err := s.IndexWords(t.Context())
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			sum += done
		})
	}
	wg.Wait()
	if sum != n {
		t.Errorf("indexed %d, want %d", sum, n)
	}
	l.waiting(0)
	l.found("номер7", "7")
	l.found("номер1233", "1233")
}
