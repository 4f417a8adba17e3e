package bench_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"otklik/bench"
	"otklik/crawler"
	"otklik/dedup"
	"otklik/intake"
	"otklik/mention"
	"otklik/replies"
	"otklik/secret"
	"otklik/store"
	"otklik/store/storetest"
)

// desk raises a task with its card for every complaint, as one rule would.
type desk struct{ replies.Norms }

func newDesk(t testing.TB) desk {
	t.Helper()
	norms, err := (&replies.Config{}).Build()
	if err != nil {
		t.Fatal(err)
	}
	return desk{norms}
}

// Raise implements intake.Desk.
func (d desk) Raise(m mention.Mention, why string, now time.Time) (mention.Effects, error) {
	if m.Tone != mention.Negative {
		return mention.Effects{}, nil
	}
	return d.Norms.Raise(m, mention.RepliesText, []replies.Route{{Rule: "негатив", Channel: "pr", Kind: mention.Complaint}}, why, now)
}

// Join implements intake.Desk.
func (d desk) Join(t mention.Task, m mention.Mention, now time.Time) (mention.Effects, error) {
	return d.Norms.Join(t, m, mention.RepliesText, now)
}

// copies recognises copies as the daemon does.
type copies struct{}

// Sketch implements intake.Copies.
func (copies) Sketch(m mention.Mention) ([]byte, []uint64) {
	if m.Tone == mention.Positive && !m.Conflict {
		return nil, nil
	}
	s := dedup.NewSketch(m)
	return s.Bytes(), s.Bands()
}

// IsCopy implements intake.Copies.
func (copies) IsCopy(a, b []byte) bool {
	_, same := dedup.Similar(dedup.SketchOf(a), dedup.SketchOf(b))
	return same
}

// pages extracts the first n list pages of a product, which no two calls with
// different products share.
func pages(b *testing.B, site *bench.Site, product, n int) [][]mention.Mention {
	b.Helper()
	def := definition(b)
	out := make([][]mention.Mention, n)
	for i := range out {
		body := site.Page(product, i+1)
		page := def.Extract(crawler.Raw{Status: 200, Body: body, FetchedAt: time.Now()}, crawler.Options{Brand: "Ромашка"})
		if page.Verdict != mention.OK {
			b.Fatalf("page %d: %s %+v", i+1, page.Verdict, page.Evidence)
		}
		for j := range page.Mentions {
			page.Mentions[j].Source = "load"
		}
		out[i] = page.Mentions
	}
	return out
}

// silence is an archive that must not be asked.
type silence struct{ b *testing.B }

// Looks implements intake.Archive.
func (s silence) Looks(_ context.Context, ids []mention.ID) (map[mention.ID]uint64, error) {
	return nil, fmt.Errorf("%d known mentions were asked of the archive", len(ids))
}

// Add implements intake.Archive.
func (s silence) Add(_ context.Context, batch []mention.Entry, _ mention.Planner) (mention.Added, error) {
	return mention.Added{}, fmt.Errorf("%d known mentions were archived", len(batch))
}

// BenchmarkIntakeKnown takes pages in whose reviews are all known: nothing may
// be asked of the archive. They are known to the process, and to the Redis at
// REDIS_URL where there is one.
func BenchmarkIntakeKnown(b *testing.B) {
	b.Run("local", func(b *testing.B) {
		local, err := dedup.NewLocal(0)
		if err != nil {
			b.Fatal(err)
		}
		benchmarkKnown(b, local)
	})
	b.Run("redis", func(b *testing.B) {
		address := os.Getenv("REDIS_URL")
		if address == "" {
			b.Skip("REDIS_URL is not set")
		}
		client, err := dedup.Open(b.Context(), secret.Literal(address))
		if err != nil {
			b.Fatal(err)
		}
		defer client.Close()
		memory, err := dedup.NewRedis(client, dedup.RedisConfig{Prefix: fmt.Sprintf("bench-%d", time.Now().UnixNano())})
		if err != nil {
			b.Fatal(err)
		}
		benchmarkKnown(b, memory)
	})
}

func benchmarkKnown(b *testing.B, memory intake.Memory) {
	const n = 50
	site := bench.NewSite(bench.SiteConfig{Pages: n})
	known := pages(b, site, 0, n)
	archive, err := store.Open(b.Context(), store.Config{Data: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer archive.Close()
	in := newIntake(b, archive)
	in.Memory = memory
	brand := intake.Brand{Name: "Ромашка"}
	for _, page := range known {
		takeIn(b, in.Pass("load", brand, true), page)
	}
	in.Archive = silence{b}
	pass := in.Pass("load", brand, true)
	taken, begun := 0, cpu(b)
	for b.Loop() {
		takeIn(b, pass, known[taken/bench.PageReviews%n])
		taken += bench.PageReviews
	}
	report(b, taken, begun)
}

func takeIn(b *testing.B, pass *intake.Pass, page []mention.Mention) {
	fresh, err := pass.Fresh(b.Context(), page)
	if err == nil {
		err = pass.Take(b.Context(), page, fresh)
	}
	if err != nil {
		b.Fatal(err)
	}
}

func report(b *testing.B, mentions int, begun time.Duration) {
	used := cpu(b) - begun
	b.ReportMetric(float64(mentions)/b.Elapsed().Seconds(), "mentions/s")
	b.ReportMetric(float64(mentions)/used.Seconds(), "mentions/cpu-s")
}

// intakeCase is one way in which new mentions come.
type intakeCase struct {
	name     string
	postgres bool
	tasks    bool // a task and a card for every complaint; else silent as a first pass
	later    bool // words wait for a job, whose share is told apart
	short    bool // posts of 80 to 160 letters instead of reviews of 100 words
	toneless bool // the tone is given
}

// BenchmarkIntakeNew takes in pages of new mentions, one transaction for a page
// of 20, with sketches of copies and full text. Where words wait, indexed/cpu-s
// is what the job then does in a second of processor.
func BenchmarkIntakeNew(b *testing.B) {
	for _, c := range []intakeCase{
		{name: "sqlite/silent"},
		{name: "sqlite/tasks", tasks: true},
		{name: "sqlite/silent, words later", later: true},
		{name: "sqlite/silent, short", short: true},
		{name: "sqlite/silent, short, words later", short: true, later: true},
		{name: "sqlite/silent, no tone", toneless: true},
		{name: "sqlite/silent, no tone, words later", toneless: true, later: true},
		{name: "sqlite/silent, no tone, short, words later", toneless: true, short: true, later: true},
		{name: "postgres/silent", postgres: true},
		{name: "postgres/tasks", postgres: true, tasks: true},
		{name: "postgres/silent, short", postgres: true, short: true},
		{name: "postgres/silent, short, words later", postgres: true, short: true, later: true},
		{name: "postgres/silent, no tone", postgres: true, toneless: true},
	} {
		b.Run(c.name, func(b *testing.B) { benchmarkNew(b, c) })
	}
}

func benchmarkNew(b *testing.B, c intakeCase) {
	cfg := store.Config{Data: b.TempDir(), IndexLater: c.later}
	if c.postgres {
		cfg.Database = storetest.Postgres(b)
	}
	archive, err := store.Open(b.Context(), cfg)
	if err != nil {
		b.Fatal(err)
	}
	defer archive.Close()
	in := newIntake(b, archive)
	if c.toneless {
		in.Scorer = given{}
	}
	pass := in.Pass("load", intake.Brand{Name: "Ромашка", About: []string{"Ромашка"}}, !c.tasks)
	taken, used := takeNew(b, pass, c.short)
	b.ReportMetric(float64(taken)/b.Elapsed().Seconds(), "mentions/s")
	b.ReportMetric(float64(taken)/used.Seconds(), "mentions/cpu-s")
	if !c.later {
		return
	}
	begun := cpu(b)
	n, err := archive.IndexWords(b.Context())
	if err != nil || n != taken {
		b.Fatalf("indexed %d of %d, %v", n, taken, err)
	}
	b.ReportMetric(float64(n)/(cpu(b)-begun).Seconds(), "indexed/cpu-s")
}

// takeNew takes in pages of mentions that were never seen before.
func takeNew(b *testing.B, pass *intake.Pass, short bool) (taken int, used time.Duration) {
	b.Helper()
	const batch = 50
	site := bench.NewSite(bench.SiteConfig{Products: 10_000, Pages: batch})
	var fresh [][]mention.Mention
	product := 0
	for b.Loop() {
		if len(fresh) == 0 {
			b.StopTimer()
			fresh, product = pages(b, site, product, batch), product+1
			if short {
				shorten(fresh)
			}
			b.StartTimer()
		}
		begun := cpu(b)
		takeIn(b, pass, fresh[0])
		used += cpu(b) - begun
		fresh, taken = fresh[1:], taken+bench.PageReviews
	}
	return taken, used
}

// shorten leaves of each review a post of 80 to 160 letters.
func shorten(pages [][]mention.Mention) {
	for _, page := range pages {
		for i := range page {
			m := &page[i]
			text := []rune(m.Text)
			m.Title, m.Pros, m.Cons, m.Text = "", "", "", string(text[:min(len(text), 80+i*4)])
		}
	}
}

// given is a tone that costs nothing.
type given struct{}

func (given) Score(context.Context, mention.Mention, []string) (mention.Sentiment, error) {
	return mention.Sentiment{Tone: mention.Negative, Confidence: 0.9}, nil
}
