package store_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"otklik/mention"
	"otklik/store"
	"otklik/store/storetest"
)

// vocabulary is enough different words that the index has to work.
func vocabulary() []string {
	roots := strings.Fields("достав карт вклад курьер звон оператор прилож магазин чайник платеж кредит процент менеджер отделен очеред возврат деньг договор подпис смартфон экран батаре качеств цен скидк бонус")
	ends := strings.Fields("а у ы ой ами ах ный ная ное ные ить ил ала али ение ения ование ость ости")
	var words []string
	for _, r := range roots {
		for _, e := range ends {
			words = append(words, r+e)
		}
	}
	for i := range 3000 {
		words = append(words, fmt.Sprintf("слов%dо", i))
	}
	return words
}

// review makes up a mention of about 60 words.
func review(r *rand.Rand, words []string, n int) mention.Entry {
	pick := func(n int) string {
		var b strings.Builder
		for range n {
			f := r.Float64()
			b.WriteString(words[int(f*f*f*float64(len(words)))])
			b.WriteByte(' ')
		}
		return b.String()
	}
	m := mention.Mention{Brand: fmt.Sprintf("Бренд %d", n/20%20), Source: fmt.Sprintf("site%d", n%8), ExternalID: fmt.Sprint(n),
		SourceID: mention.SourceID(fmt.Sprintf("s%d", n%160)), URL: fmt.Sprintf("https://site.example/review/%d", n), Author: fmt.Sprintf("автор%d", r.IntN(300000)),
		Rating: float64(1 + n%5), Best: 5, PublishedAt: day.Add(time.Duration(n) * 20 * time.Second), CollectedAt: day.Add(time.Duration(n) * 20 * time.Second),
		Lang: "ru", Title: pick(5), Text: pick(45), Pros: pick(4), Cons: pick(6), Tone: mention.Negative, Confidence: 0.9,
		Topics: []string{"доставка"}, Fingerprint: r.Uint64(),
		Reasons: []mention.Reason{{Text: "сорвана", Field: mention.InTitle, Start: 17, End: 31, Weight: 1.5}}}
	e := mention.Entry{Mention: m, Sketch: make([]byte, 64)}
	for range 8 {
		e.Bands = append(e.Bands, r.Uint64())
	}
	return e
}

var day = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func nothing(mention.Entry, *mention.Prior, []mention.Prior) ([]mention.Effects, error) {
	return nil, nil
}

func benchmarkAdd(b *testing.B, s *store.Store) {
	words, r := vocabulary(), rand.New(rand.NewPCG(1, 2))
	n, used := 0, time.Duration(0)
	for b.Loop() {
		page := make([]mention.Entry, 20)
		b.StopTimer()
		for i := range page {
			page[i] = review(r, words, n)
			n++
		}
		b.StartTimer()
		begun := cpu(b)
		if _, err := s.Add(b.Context(), page, nothing); err != nil {
			b.Fatal(err)
		}
		used += cpu(b) - begun
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "mentions/s")
	b.ReportMetric(float64(n)/used.Seconds(), "mentions/cpu-s")
}

func openBench(b *testing.B, database string) *store.Store {
	s, err := store.Open(b.Context(), store.Config{Data: b.TempDir(), Database: database})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

// BenchmarkAdd archives new mentions with full text, 20 in a transaction.
func BenchmarkAdd(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchmarkAdd(b, openBench(b, "")) })
	b.Run("postgres", func(b *testing.B) { benchmarkAdd(b, openBench(b, storetest.Postgres(b))) })
}

// benchRows is how many mentions lists are measured over: OTKLIK_BENCH_ROWS,
// or few enough to be filled in seconds.
func benchRows(b *testing.B) int {
	s := os.Getenv("OTKLIK_BENCH_ROWS")
	if s == "" {
		return 10_000
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// fill archives n mentions, every fifth with a task, most of those closed.
func fill(b *testing.B, s *store.Store, n int) {
	b.Helper()
	words, r := vocabulary(), rand.New(rand.NewPCG(1, 2))
	plan := func(e mention.Entry, _ *mention.Prior, _ []mention.Prior) ([]mention.Effects, error) {
		if r.IntN(5) > 0 {
			return nil, nil
		}
		t := mention.Task{Kind: mention.Complaint, Brand: e.Mention.Brand, Mention: e.Mention.ID, State: mention.Confirmed, Version: 1,
			CreatedAt: e.Mention.CollectedAt, Places: []mention.Place{{Mention: e.Mention.ID, Source: e.Mention.Source}}}
		if r.IntN(20) == 0 {
			t.State, t.Due.Take = mention.Open, e.Mention.CollectedAt.Add(15*time.Minute)
		}
		return []mention.Effects{{Task: &t, Events: []mention.Event{t.Raised()}}}, nil
	}
	for at := 0; at < n; at += 500 {
		page := make([]mention.Entry, 0, 500)
		for i := range min(500, n-at) {
			page = append(page, review(r, words, at+i))
		}
		if _, err := s.Add(b.Context(), page, plan); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkLists(b *testing.B, s *store.Store) {
	fill(b, s, benchRows(b))
	tasks := func(f store.TaskFilter) func(*testing.B) {
		return func(b *testing.B) {
			for b.Loop() {
				if _, _, err := s.Tasks(b.Context(), f); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	b.Run("due first", tasks(store.TaskFilter{}))
	b.Run("open of a brand", tasks(store.TaskFilter{Brand: "Бренд 7", States: []mention.State{mention.Open, mention.Taken}}))
	b.Run("confirmed", tasks(store.TaskFilter{States: []mention.State{mention.Confirmed}}))
	b.Run("of a site and stars", tasks(store.TaskFilter{Source: "site3", MaxStars: 2}))
	b.Run("a common word", tasks(store.TaskFilter{Words: "доставить"}))
	b.Run("two words", tasks(store.TaskFilter{Words: "доставить картами"}))
	b.Run("a rare word", tasks(store.TaskFilter{Words: "слов2999о"}))
	mentions := func(f store.MentionFilter) func(*testing.B) {
		return func(b *testing.B) {
			for b.Loop() {
				if _, _, err := s.Mentions(b.Context(), f); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	b.Run("archive of a brand", mentions(store.MentionFilter{Brand: "Бренд 7"}))
	b.Run("archive of a day", mentions(store.MentionFilter{From: day.Add(24 * time.Hour), To: day.Add(48 * time.Hour)}))
	b.Run("looks", func(b *testing.B) {
		ids := make([]mention.ID, 20)
		for i := range ids {
			m := review(rand.New(rand.NewPCG(1, 2)), []string{"а"}, i*97).Mention
			ids[i] = m.Key().ID()
		}
		for b.Loop() {
			if _, err := s.Looks(b.Context(), ids); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkLists asks for pages of 50 as the inbox does.
func BenchmarkLists(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchmarkLists(b, openBench(b, "")) })
	b.Run("postgres", func(b *testing.B) { benchmarkLists(b, openBench(b, storetest.Postgres(b))) })
}
