package store_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"otklik/mention"
	"otklik/store"
	"otklik/store/storetest"
)

// numbered brings PostgreSQL's sequences to where a release that wrote the
// rows of a fixture would have left them.
const numbered = `SELECT setval(pg_get_serial_sequence('mention', 'seq'), (SELECT max(seq) FROM mention)),
	setval(pg_get_serial_sequence('task', 'id'), (SELECT max(id) FROM task)), setval(pg_get_serial_sequence('event', 'id'), 1),
	setval(pg_get_serial_sequence('notice', 'id'), 2), setval(pg_get_serial_sequence('job', 'id'), 1)`

// left is what a release wrote: the schema of its version and the rows that
// its fixture adds to those of the versions before it.
type left struct {
	version int64
	rows    string
}

// fixtures reads testdata, oldest first.
func fixtures(t *testing.T) []left {
	t.Helper()
	var all []left
	for version := int64(1); ; version++ {
		rows, err := os.ReadFile(fmt.Sprintf("testdata/%05d.sql", version))
		if os.IsNotExist(err) && version > 1 {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, left{version, string(rows)})
	}
}

// autumn is when the archives of fixtures are opened.
func autumn() time.Time { return time.Date(2026, 10, 1, 9, 0, 0, 0, time.UTC) }

// TestMigrate opens archives that older releases left behind, each grown
// through all releases before.
func TestMigrate(t *testing.T) {
	all := fixtures(t)
	for i, last := range all {
		t.Run(fmt.Sprintf("SQLite from %d", last.version), func(t *testing.T) {
			dir := t.TempDir()
			db := database(t, "sqlite", filepath.Join(dir, "otklik.db"))
			grow(t, goose.DialectSQLite3, db, "migrations/sqlite", all[:i+1])
			run(t, db, `INSERT INTO mention_words (rowid, words) VALUES (1, 'доставк сорва курьер приеха')`)
			s := open(t, store.Config{Data: dir, Now: autumn})
			checkWaiting(t, s, map[bool]int{true: 1}[last.version >= 10])
			checkFixture(t, s, last.version)
		})
		t.Run(fmt.Sprintf("PostgreSQL from %d", last.version), func(t *testing.T) {
			url := storetest.Postgres(t)
			db := database(t, "pgx", url)
			grow(t, goose.DialectPostgres, db, "migrations/postgres", all[:i+1])
			run(t, db, numbered)
			if last.version >= 5 && last.version < 8 { // a NUL in a document, and what a daemon of before 00005 wrote beside newer ones
				run(t, db, `UPDATE task SET seq = 0, doc = left(doc, -1) || ',"memo":"a\u0000\u0000b\\u0000c"}' WHERE id = 1`)
			}
			s := open(t, store.Config{Database: url, Now: autumn})
			var mentions int
			if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM mention").Scan(&mentions); err != nil {
				t.Fatal(err)
			}
			checkWaiting(t, s, mentions)
			checkFixture(t, s, last.version)
		})
	}
}

// checkWaiting has the words made that wait after an update: in PostgreSQL all
// that were archived before 00010.
func checkWaiting(t *testing.T, s *store.Store, want int) {
	t.Helper()
	if n, err := s.IndexWords(t.Context()); err != nil || n != want {
		t.Errorf("indexed %d, %v, want %d", n, err, want)
	}
}

// TestOpen_Newer holds that an archive of a later release is left alone.
func TestOpen_Newer(t *testing.T) {
	const later = `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)`
	configs := map[string]func(*testing.T) (store.Config, *sql.DB){
		"SQLite": func(t *testing.T) (store.Config, *sql.DB) {
			dir := t.TempDir()
			return store.Config{Data: dir}, database(t, "sqlite", filepath.Join(dir, "otklik.db"))
		},
		"PostgreSQL": func(t *testing.T) (store.Config, *sql.DB) {
			url := storetest.Postgres(t)
			return store.Config{Database: url}, database(t, "pgx", url)
		},
	}
	for name, config := range configs {
		t.Run(name, func(t *testing.T) {
			cfg, db := config(t)
			open(t, cfg)
			run(t, db, later)
			s, err := store.Open(t.Context(), cfg)
			if err == nil {
				s.Close()
			}
			if err == nil || !strings.Contains(err.Error(), "version 99999") {
				t.Errorf("opened with %v, want a refusal that names the version", err)
			}
		})
	}
}

// TestOpen_OldDaemon holds that a daemon of before the tasks' numbers, which
// still writes to a PostgreSQL that was migrated under it, makes no task that
// no list would show.
func TestOpen_OldDaemon(t *testing.T) {
	url := storetest.Postgres(t)
	open(t, store.Config{Database: url})
	_, err := database(t, "pgx", url).ExecContext(t.Context(), `INSERT INTO task (version, kind, brand, mention, state, owner, rank, snoozed_ms,
		created_ms, source, tone, stars, lang, topics, doc) VALUES (1, 'complaint', 'b', 'm', 'open', '', 0, 0, 0, 's', '', 0, '', '', '{}')`)
	if err == nil || !strings.Contains(err.Error(), "seq") {
		t.Errorf("written with %v, want a refusal that names the column", err)
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

// grow makes the archive that releases left, one after the other.
func grow(t *testing.T, d goose.Dialect, db *sql.DB, dir string, releases []left) {
	t.Helper()
	p, err := goose.NewProvider(d, db, os.DirFS(dir), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range releases {
		if _, err := p.UpTo(t.Context(), l.version); err != nil {
			t.Fatal(err)
		}
		if d == goose.DialectPostgres { // bytes are written otherwise
			l.rows = regexp.MustCompile(`x'([0-9a-f]*)'`).ReplaceAllString(l.rows, `'\x$1'::bytea`)
		}
		run(t, db, l.rows)
	}
}

func run(t *testing.T, db *sql.DB, statements string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statements); err != nil {
		t.Fatal(err)
	}
}

// checkFixture looks at everything the fixtures up to version hold.
func checkFixture(t *testing.T, s *store.Store, version int64) {
	t.Helper()
	if version >= 2 {
		checkPeople(t, s, version)
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
	if found, _, err := s.Mentions(t.Context(), store.MentionFilter{Words: "утюг"}); version >= 10 && (err != nil || len(found) == 0) {
		t.Errorf("mentions with a word: %+v, %v", found, err)
	}
	checkClock(t, s, v)
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
	checkCopies(t, s, version)
}

// checkClock compares what reports read of the fixture's task with what its
// document says.
func checkClock(t *testing.T, s *store.Store, v mention.View) {
	t.Helper()
	timings, err := s.Timings(t.Context(), mention.Scope{})
	at := slices.IndexFunc(timings, func(x mention.Timing) bool { return x.Task.ID == v.Task.ID })
	if err != nil || at < 0 {
		t.Fatalf("timings %+v, %v; want the task's", timings, err)
	}
	said := func(task mention.Task) string {
		return fmt.Sprintln(task.ID, task.State, task.Owner, task.Norm, task.AnsweredBy, task.OnSite, task.Unverifiable,
			task.DeliveredAt.UTC(), task.TakenAt, task.AnsweredAt, task.ReopenedAt, task.ConfirmedAt, task.Due)
	}
	got := timings[at]
	if said(got.Task) != said(v.Task) || !got.PublishedAt.Equal(v.Mention.PublishedAt) || !got.CollectedAt.Equal(v.Mention.CollectedAt) {
		t.Errorf("timing:\n got %v %v %v\nwant %v %v %v", said(got.Task), got.PublishedAt, got.CollectedAt, said(v.Task), v.Mention.PublishedAt, v.Mention.CollectedAt)
	}
}

// checkCopies holds that copies of old mentions are known as such: band 1 is
// that of the first version's mention, 2 and 3 those of the fifth's and sixth's.
func checkCopies(t *testing.T, s *store.Store, version int64) {
	t.Helper()
	copyOf := func(band uint64) (near []string) {
		t.Helper()
		copied := mention.Mention{Brand: "Ромашка Банк", Source: "s", ExternalID: fmt.Sprint("copy", band)}
		_, err := s.Add(t.Context(), []mention.Entry{{Mention: copied, Bands: []uint64{band}}},
			func(_ mention.Entry, _ *mention.Prior, list []mention.Prior) ([]mention.Effects, error) {
				for _, p := range list {
					near = append(near, fmt.Sprintf("%s M-%d", p.Mention.ExternalID, p.Task.ID))
				}
				return nil, nil
			})
		if err != nil {
			t.Fatal(err)
		}
		return near
	}
	if got := copyOf(1); !slices.Equal(got, []string{"77 M-1"}) {
		t.Errorf("copies of the first: %v", got)
	}
	if version >= 5 {
		if got := copyOf(2); !slices.Equal(got, []string{"78 M-2"}) {
			t.Errorf("copies of the second: %v", got)
		}
		if tasks, _, err := s.Tasks(t.Context(), store.TaskFilter{States: []mention.State{mention.Open}}); err != nil || len(tasks) != 1 || tasks[0].Mention.ExternalID != "78" {
			t.Errorf("open tasks %+v, %v, want the second mention's", tasks, err)
		}
	}
	if version >= 6 {
		if got := copyOf(3); len(got) != 0 {
			t.Errorf("copies of a mention without a task: %v", got)
		}
		task := mention.Task{Kind: mention.Complaint, Brand: "Ромашка Банк", Mention: "third", State: mention.Open, Version: 1}
		if err := s.Apply(t.Context(), mention.Effects{Task: &task}); err != nil {
			t.Fatal(err)
		}
		if got := copyOf(3); !slices.Equal(got, []string{"79 M-3"}) {
			t.Errorf("copies of the third, once it has a task: %v", got)
		}
	}
}

func checkPeople(t *testing.T, s *store.Store, version int64) {
	t.Helper()
	var known []string
	if version >= 4 {
		known = []string{"telegram:7"}
	}
	a, err := s.AccountByLogin(t.Context(), "anna")
	if err != nil || a.Name != "Анна" || a.Slack != "U1" || a.Role != mention.PR || !slices.Equal(a.Aliases, known) {
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
