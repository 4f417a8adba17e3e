package bench_test

import (
	"os"
	"path/filepath"
	"strconv"
	"time"

	"otklik/mention"
	"otklik/store"
)

// growth measures what a crawl's page costs in a filled archive: one of twenty
// new mentions, and one of twenty known ones.
func (w *walk) growth(cfg store.Config) {
	w.t.Helper()
	f := newFiller(fillSeed)
	next := time.Now().UnixNano() // unlike those of the archive and of an earlier run
	fresh := w.each(40, func() {
		entries := make([]mention.Entry, 20)
		for i := range entries {
			entries[i] = f.entry(i)
			entries[i].Mention.ExternalID, entries[i].Mention.CollectedAt = strconv.FormatInt(next+int64(i), 10), f.now
		}
		next += int64(len(entries))
		plan := func(e mention.Entry, _ *mention.Prior, _ []mention.Prior) ([]mention.Effects, error) {
			return f.raise(e.Mention), nil
		}
		if _, err := w.archive.Add(w.t.Context(), entries, plan); err != nil {
			w.t.Fatal(err)
		}
	})
	var ids []mention.ID
	for month := range 12 {
		list, _, err := w.archive.Mentions(w.t.Context(), store.MentionFilter{To: f.now.AddDate(0, -month, 0), Limit: 100})
		if err != nil {
			w.t.Fatal(err)
		}
		for _, m := range list {
			ids = append(ids, m.ID)
		}
	}
	known := w.each(100, func() {
		asked := make([]mention.ID, 20)
		for i := range asked {
			asked[i] = ids[f.dice.IntN(len(ids))]
		}
		if looks, err := w.archive.Looks(w.t.Context(), asked); err != nil || len(looks) == 0 {
			w.t.Fatalf("%d known of 20, %v", len(looks), err)
		}
	})
	w.t.Logf("page of 20 new: %s, of 20 known: %s; %d MB in files", fresh, known, size(cfg.Data)>>20)
}

// each returns what f takes on the average by the clock and of our processor.
func (w *walk) each(n int, f func()) string {
	w.t.Helper()
	begun, used := time.Now(), cpu(w.t)
	for range n {
		f()
	}
	took, spent := time.Since(begun)/time.Duration(n), (cpu(w.t)-used)/time.Duration(n)
	return took.Round(10*time.Microsecond).String() + " (ours " + spent.Round(10*time.Microsecond).String() + ")"
}

// size returns the bytes of the files in dir.
func size(dir string) (sum int64) {
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, f := range files {
		if info, err := os.Stat(f); err == nil {
			sum += info.Size()
		}
	}
	return sum
}
