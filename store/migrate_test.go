package store_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"otklik/mention"
	"otklik/store"
	"otklik/store/storetest"
)

// numbered brings PostgreSQL's sequences to where a release that wrote the
// rows of a fixture would have left them.
const numbered = `SELECT setval(pg_get_serial_sequence('mention', 'seq'), 1), setval(pg_get_serial_sequence('task', 'id'), 1),
	setval(pg_get_serial_sequence('event', 'id'), 1), setval(pg_get_serial_sequence('notice', 'id'), 2),
	setval(pg_get_serial_sequence('job', 'id'), 1)`

// TestMigrate opens archives that older releases left behind: the schema of
// each version with rows of its time. A file of testdata holds what its
// version adds to those before it.
func TestMigrate(t *testing.T) {
	rows := ""
	for version := int64(1); ; version++ {
		fixture, err := os.ReadFile(fmt.Sprintf("testdata/%05d.sql", version))
		if os.IsNotExist(err) && version > 1 {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		rows += string(fixture)
		t.Run(fmt.Sprintf("SQLite from %d", version), func(t *testing.T) {
			dir := t.TempDir()
			db := database(t, "sqlite", filepath.Join(dir, "otklik.db"))
			leave(t, goose.DialectSQLite3, db, "migrations/sqlite", version,
				rows+`INSERT INTO mention_words (rowid, words) VALUES (1, 'доставк сорва курьер приеха')`)
			checkFixture(t, open(t, store.Config{Data: dir}), version)
		})
		t.Run(fmt.Sprintf("PostgreSQL from %d", version), func(t *testing.T) {
			url := storetest.Postgres(t)
			leave(t, goose.DialectPostgres, database(t, "pgx", url), "migrations/postgres", version, rows+numbered)
			checkFixture(t, open(t, store.Config{Database: url}), version)
		})
	}
}

func database(t *testing.T, driver, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// leave makes the archive of an older release.
func leave(t *testing.T, d goose.Dialect, db *sql.DB, dir string, version int64, rows string) {
	t.Helper()
	p, err := goose.NewProvider(d, db, os.DirFS(dir), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
}

// checkFixture looks at everything the fixtures up to version hold.
func checkFixture(t *testing.T, s *store.Store, version int64) {
	t.Helper()
	if version >= 2 {
		checkPeople(t, s)
	}
	if version >= 3 {
		checkStorm(t, s)
	}
	views, _, err := s.Tasks(t.Context(), store.TaskFilter{Words: "курьеры", Owner: "slack:U1", Topic: "доставка", MaxStars: 1})
	if err != nil || len(views) != 1 {
		t.Fatalf("tasks: %+v, %v; want one", views, err)
	}
	v, err := s.View(t.Context(), views[0].Task.ID)
	if err != nil {
		t.Fatal(err)
	}
	m := v.Mention
	got := []any{v.Task.ID, v.Task.Version, v.Task.Owner.Name, len(v.Events), v.Revisions[0].Text, m.Text, m.Stars(), m.Reply.Text,
		m.PublishedAt.Format(time.RFC3339), m.Reasons[0].Text, m.Topics, m.Fingerprint}
	want := []any{1, 2, "Анна", 1, "Курьер опоздал", "Курьер не приехал", 1, "Разбираемся",
		"2026-09-21T17:13:20+03:00", "сорвана", []string{"доставка"}, ^uint64(6)}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("view:\n got %v\nwant %v", got, want)
	}
	jobs, err := s.Lease(t.Context(), []string{mention.TimerJob}, 1, time.Minute)
	if err != nil || len(jobs) != 1 || jobs[0].Attempt != 4 {
		t.Errorf("leased %+v, %v; want the timer, fourth attempt", jobs, err)
	}
	n, err := s.FindNotice(t.Context(), "card:1:pr")
	if err != nil || n.Place.Message != "1700.1" || n.Ping[0] != "@anna" {
		t.Errorf("notice %+v, %v", n, err)
	}
	src, err := s.Source(t.Context(), "otzovik-1")
	if err != nil || src.BadRuns != 2 {
		t.Errorf("source %+v, %v", src, err)
	}
	// What is written next does not collide with the rows of old.
	next := mention.Mention{Brand: "b", Source: "s", ExternalID: "next"}
	if added, err := s.Add(t.Context(), []mention.Entry{{Mention: next}}, nothing); err != nil || added.New != 1 {
		t.Errorf("added %+v, %v", added, err)
	}
}

func checkPeople(t *testing.T, s *store.Store) {
	t.Helper()
	a, err := s.AccountByLogin(t.Context(), "anna")
	if err != nil || a.Name != "Анна" || a.Slack != "U1" || a.Role != mention.PR || len(a.Aliases) != 0 {
		t.Errorf("account %+v, %v", a, err)
	}
	a.Aliases = []string{"telegram:5", "mail:anna@example.com"}
	if err := s.SaveAccount(t.Context(), &a); err != nil {
		t.Fatal(err)
	}
	if got, err := s.AccountByLogin(t.Context(), "anna"); err != nil || !slices.Equal(got.Aliases, a.Aliases) {
		t.Errorf("aliases %v, %v, want %v", got.Aliases, err, a.Aliases)
	}
}

func checkStorm(t *testing.T, s *store.Store) {
	t.Helper()
	v, err := s.Storm(t.Context(), 1)
	if err != nil || v.Storm.Owner.Name != "Анна" || len(v.Tasks) != 1 || len(v.Top) != 1 {
		t.Errorf("storm %+v, %v", v, err)
	}
	if n, err := s.FindNotice(t.Context(), "storm:1:pr"); err != nil || n.Subject != "1" || n.Place.Message != "1700.2" {
		t.Errorf("its card %+v, %v", n, err)
	}
}
