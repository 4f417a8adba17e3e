package store_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"otklik/mention"
	"otklik/store"
	"otklik/store/storetest"
)

// bandsOf is how many bands a text of the near benchmark has: the most that
// a sketch gives.
const bandsOf = 16

// nearTexts is over how many texts copies are looked for: OTKLIK_BENCH_NEAR,
// or few enough to be filled in seconds.
func nearTexts(b *testing.B) int {
	n, err := strconv.Atoi(os.Getenv("OTKLIK_BENCH_NEAR"))
	if os.Getenv("OTKLIK_BENCH_NEAR") == "" {
		return 20_000
	}
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// BenchmarkNear measures the look-up of copies in a full archive: of a text
// that nothing is like, of a copy, and of a phrase that ten thousand wrote.
func BenchmarkNear(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) {
		dir := b.TempDir()
		benchmarkNear(b, store.Config{Data: dir}, "sqlite", filepath.Join(dir, "otklik.db"))
	})
	b.Run("postgres", func(b *testing.B) {
		url := storetest.Postgres(b)
		benchmarkNear(b, store.Config{Database: url}, "pgx", url)
	})
}

// raised makes a task of the first and joins the others to nothing.
func raised(e mention.Entry, _ *mention.Prior, _ []mention.Prior) ([]mention.Effects, error) {
	t := mention.Task{Kind: mention.Complaint, Brand: e.Mention.Brand, Mention: e.Mention.ID, State: mention.Open, Version: 1,
		CreatedAt: e.Mention.CollectedAt, Places: []mention.Place{{Mention: e.Mention.ID, Source: e.Mention.Source}}}
	return []mention.Effects{{Task: &t, Events: []mention.Event{t.Raised()}}}, nil
}

func benchmarkNear(b *testing.B, c store.Config, driver, dsn string) {
	s, err := store.Open(b.Context(), c)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	words, dice := vocabulary(), rand.New(rand.NewPCG(5, 6))
	fresh := func(n int) mention.Entry {
		e := review(dice, words, n)
		e.Mention.Brand, e.Mention.CollectedAt = "Ромашка Банк", time.Now()
		e.Bands = make([]uint64, bandsOf)
		for i := range e.Bands {
			e.Bands[i] = dice.Uint64()
		}
		return e
	}
	phrase := fresh(0)
	if _, err := s.Add(b.Context(), []mention.Entry{phrase}, raised); err != nil {
		b.Fatal(err)
	}
	multiply(b, driver, dsn, nearTexts(b))
	known := make([]mention.Entry, 100)
	for i := range known {
		known[i] = fresh(10 + i)
	}
	if _, err := s.Add(b.Context(), known, raised); err != nil {
		b.Fatal(err)
	}
	n := 1000
	for _, kind := range []struct {
		name  string
		bands func(i int) []uint64
	}{
		{"nothing like it", nil},
		{"a copy", func(i int) []uint64 { return known[i%len(known)].Bands }},
		{"a phrase of ten thousand", func(int) []uint64 { return phrase.Bands }},
	} {
		b.Run(kind.name, func(b *testing.B) {
			var with, without []time.Duration
			for b.Loop() {
				for _, quiet := range []bool{false, true} {
					n++
					e := fresh(n)
					if kind.bands != nil {
						e.Bands = kind.bands(n)
					}
					e.Quiet = quiet
					begun := time.Now()
					if _, err := s.Add(b.Context(), []mention.Entry{e}, nothing); err != nil {
						b.Fatal(err)
					}
					if took := time.Since(begun); quiet {
						without = append(without, took)
					} else {
						with = append(with, took)
					}
				}
			}
			slices.Sort(with)
			slices.Sort(without)
			middle := len(with) / 2
			b.ReportMetric(float64((with[middle] - without[middle]).Microseconds()), "lookup-µs/p50")
			b.ReportMetric(float64(with[middle].Microseconds()), "archived-µs/p50")
			b.ReportMetric(float64(with[len(with)*99/100].Microseconds()), "archived-µs/p99")
		})
	}
}

// multiply makes n texts of the only one there is: ten thousand with its
// bands, all with some of their own.
func multiply(b *testing.B, driver, dsn string, n int) {
	b.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	exec := func(query string) {
		b.Helper()
		if _, err := db.ExecContext(b.Context(), query); err != nil {
			b.Fatalf("%.200s: %v", query, err)
		}
	}
	rows, err := db.QueryContext(b.Context(), "SELECT * FROM mention LIMIT 0")
	if err != nil {
		b.Fatal(err)
	}
	columns, err := rows.Columns()
	if err := rows.Close(); err != nil {
		b.Fatal(err)
	}
	if err != nil {
		b.Fatal(err)
	}
	values := slices.Clone(columns)
	for column, value := range map[string]string{"seq": "m.seq + k.k", "id": "m.id || '-' || k.k", "external_id": "m.external_id || '-' || k.k"} {
		values[slices.Index(columns, column)] = value
	}
	isPostgres := driver == "pgx"
	for _, index := range []string{"mention_collected", "mention_brand", "mention_source", "mention_author", "mention_task"} {
		exec("DROP INDEX " + index)
	}
	numbers := fmt.Sprintf("WITH RECURSIVE k(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM k WHERE k < %d) ", n)
	random := "random()"
	if isPostgres {
		random = "(random() * 9e18)::bigint"
	}
	exec("INSERT INTO mention (" + strings.Join(columns, ", ") + ") " + numbers + "SELECT " + strings.Join(values, ", ") + " FROM k CROSS JOIN mention m")
	exec(fmt.Sprintf("INSERT INTO band (slot, mention) SELECT b.slot, m.seq FROM band b CROSS JOIN mention m WHERE m.seq > 1 AND m.seq %% %d = 0 ORDER BY 1, 2", max(1, n/10_000)))
	exec("INSERT INTO band (slot, mention) " + fmt.Sprintf("WITH RECURSIVE j(j) AS (SELECT 1 UNION ALL SELECT j + 1 FROM j WHERE j < %d) ", bandsOf) +
		"SELECT " + random + ", m.seq FROM mention m CROSS JOIN j ORDER BY 1, 2")
	if isPostgres {
		exec("SELECT setval(pg_get_serial_sequence('mention', 'seq'), (SELECT max(seq) FROM mention))")
	}
	exec("ANALYZE")
}
