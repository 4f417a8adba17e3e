package bench_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"otklik/mention"
	"otklik/store"
	"otklik/store/storetest"
)

var growthRows = flag.Int("growth.rows", 2000, "mentions in the archive before anything is measured")

// TestGrowth measures what a page costs in an archive of many mentions:
//
//	go test ./bench -run Growth -growth.rows 1000000 -timeout 2h -v
func TestGrowth(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { grow(t, "") })
	t.Run("postgres", func(t *testing.T) { grow(t, storetest.Postgres(t)) })
}

func grow(t *testing.T, database string) {
	cfg := store.Config{Data: t.TempDir(), Database: database}
	archive, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	words, dice := growthWords(), rand.New(rand.NewPCG(1, 2))
	at, begun := 0, cpu(t)
	for at < *growthRows {
		at = add(t, archive, words, dice, at, 500)
	}
	filled := cpu(t) - begun
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	opened := time.Now()
	if archive, err = store.Open(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	if _, _, err := archive.Mentions(t.Context(), store.MentionFilter{Limit: 1}); err != nil {
		t.Fatal(err)
	}
	started := time.Since(opened)
	if started > time.Second {
		t.Errorf("it took %s to open an archive of %d mentions, the limit is a second", started, at)
	}
	page := each(t, 20, func(i int) { at = add(t, archive, words, dice, at, 20) })
	known := each(t, 50, func(i int) {
		ids := make([]mention.ID, 20)
		for j := range ids {
			ids[j] = growthKey(dice.IntN(at)).ID()
		}
		if looks, err := archive.Looks(t.Context(), ids); err != nil || len(looks) == 0 {
			t.Fatalf("%d known of 20, %v", len(looks), err)
		}
	})
	list := each(t, 20, func(i int) { ask(t, archive, store.MentionFilter{Brand: fmt.Sprintf("Бренд %d", i), Limit: 50}) })
	find := each(t, 20, func(i int) {
		ask(t, archive, store.MentionFilter{Words: fmt.Sprintf("слово%d", 100+i*7), Limit: 50})
	})
	t.Logf("%d mentions: filled with %.0f µs of our processor each, %d bytes each on disk; opened in %s; page of 20 new %s, of 20 known %s; list of 50 %s, of a word %s",
		at, float64(filled.Microseconds())/float64(*growthRows), size(cfg.Data)/int64(at), started.Round(time.Millisecond), page, known, list, find)
}

// each returns how long f takes on the average.
func each(t *testing.T, n int, f func(i int)) time.Duration {
	t.Helper()
	begun := time.Now()
	for i := range n {
		f(i)
	}
	return (time.Since(begun) / time.Duration(n)).Round(10 * time.Microsecond)
}

func ask(t *testing.T, archive *store.Store, f store.MentionFilter) {
	t.Helper()
	if _, _, err := archive.Mentions(t.Context(), f); err != nil {
		t.Fatal(err)
	}
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

func growthWords() []string {
	var words []string
	for i := range 4000 {
		words = append(words, fmt.Sprintf("слово%d", i))
	}
	return words
}

func growthKey(n int) mention.Key {
	return mention.Key{Brand: fmt.Sprintf("Бренд %d", n/20%20), Source: "load", ExternalID: fmt.Sprint(n)}
}

// add archives n mentions of about sixty words, numbered from at.
func add(t *testing.T, archive *store.Store, words []string, dice *rand.Rand, at, n int) int {
	t.Helper()
	day := time.Now().Add(-30 * 24 * time.Hour)
	entries := make([]mention.Entry, n)
	for i := range entries {
		var text strings.Builder
		for range 60 {
			f := dice.Float64()
			text.WriteString(words[int(f*f*f*float64(len(words)))])
			text.WriteByte(' ')
		}
		key := growthKey(at + i)
		entries[i] = mention.Entry{Quiet: true, Sketch: make([]byte, 200), Mention: mention.Mention{
			Brand: key.Brand, Source: key.Source, ExternalID: key.ExternalID, SourceID: "load", URL: "https://load.example/review_" + key.ExternalID,
			Author: fmt.Sprint("author", dice.IntN(300_000)), Rating: float64(1 + at%5), Best: 5, Lang: "ru", Title: "Отзыв", Text: text.String(),
			PublishedAt: day.Add(time.Duration(at+i) * time.Second), CollectedAt: day.Add(time.Duration(at+i) * time.Second),
			Tone: mention.Neutral, Confidence: 0.7, Fingerprint: dice.Uint64()}}
		for range 16 {
			entries[i].Bands = append(entries[i].Bands, dice.Uint64())
		}
	}
	if _, err := archive.Add(t.Context(), entries, func(mention.Entry, *mention.Prior, []mention.Prior) ([]mention.Effects, error) { return nil, nil }); err != nil {
		t.Fatal(err)
	}
	return at + n
}
