package bench_test

import (
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"otklik/mention"
	"otklik/store"
	"otklik/store/storetest"
)

// copier multiplies what the store has written, with SQL alone and in one
// transaction.
type copier struct {
	t        testing.TB
	tx       *sql.Tx
	postgres bool
}

// copyAll gives the tasks their cards and makes times as much of everything.
func copyAll(t testing.TB, cfg store.Config, times int) {
	t.Helper()
	db := connect(t, cfg)
	defer db.Close()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing is left to take back after the commit
	c := &copier{t, tx, cfg.Database != ""}
	c.cards()
	c.multiply(times)
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if c.postgres {
		// What its own daemon does in the minutes after an import.
		if _, err := db.ExecContext(t.Context(), "VACUUM ANALYZE"); err != nil {
			t.Fatal(err)
		}
	}
}

// connect opens an archive that no store has open. Its file is thrown away when
// anything fails, so that nothing need be safe.
func connect(t testing.TB, cfg store.Config) *sql.DB {
	t.Helper()
	driver, name := "pgx", cfg.Database
	if cfg.Database == "" {
		driver, name = "sqlite", "file:"+cfg.Data+"/otklik.db?_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)&_pragma=cache_size(-2000000)&_pragma=temp_store(FILE)"
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func (c *copier) exec(query string) {
	c.t.Helper()
	if _, err := c.tx.ExecContext(c.t.Context(), query); err != nil {
		c.t.Fatalf("%s: %v", query, err)
	}
}

// last is the greatest value of a column.
func (c *copier) last(table, column string) (n int64) {
	c.t.Helper()
	if err := c.tx.QueryRowContext(c.t.Context(), "SELECT COALESCE(MAX("+column+"), 0) FROM "+table).Scan(&n); err != nil {
		c.t.Fatal(err)
	}
	return n
}

// cards gives each task a card that was sent.
func (c *copier) cards() {
	c.exec(`INSERT INTO notice (key, kind, channel, task, source, event, subject, ping, at_ms, state,
			place_channel, place_message, place_permalink, shown, last_error, created_ms, sent_ms, fallback)
		SELECT 'card-' || id, 'card', 'pr', id, '', 0, '', '', 0, 'sent', 'C1', CAST(id AS TEXT), 'https://slack.example/' || id, version, '', created_ms, created_ms, ''
		FROM task`)
}

// multiply makes times as many rows of everything, each copy with names and
// numbers of its own. Indexes are dropped meanwhile: it is faster to sort once.
func (c *copier) multiply(times int) {
	c.t.Helper()
	if times < 2 {
		return
	}
	last, begun, again := c.last("mention", "seq"), time.Now(), c.dropIndexes()
	if c.postgres {
		c.exec("SET LOCAL work_mem = '256MB'")
		c.exec("SET LOCAL maintenance_work_mem = '1GB'")
		again = append(c.dropKeys(), again...)
	}
	c.mentions(times)
	tasks := c.last("task", "id")
	c.exec("UPDATE task SET seq = " + place("seq", 0, times))
	c.repeat(times, "task", "id", map[string]string{
		"mention": "mention || '-%[1]d'", "rank": "rank + %[1]d", "created_ms": "created_ms + %[1]d", "collected_ms": "collected_ms + %[1]d", "seq": fmt.Sprintf("seq + CAST(%%[1]d AS bigint) * %d", fillBlock),
		"doc": "replace(doc, mention, mention || '-%[1]d')",
	})
	copied := fmt.Sprintf("task + CAST(%%[1]d AS bigint) * %d", tasks)
	c.repeat(times, "event", "id", map[string]string{
		"task": copied, "doc": `replace(doc, '{"task":' || task || ',', '{"task":' || (` + copied + `) || ',')`,
	})
	c.repeat(times, "notice", "id", map[string]string{"key": "key || '-%[1]d'", "task": copied})
	runs := int(fillRunsBack/fillEvery) / fillRuns
	c.repeat(runs, "run", "id", map[string]string{"start_ms": fmt.Sprintf("start_ms + CAST(%%[1]d AS bigint) * %d", fillRuns*fillEvery.Milliseconds())})
	c.t.Logf("%s: copied", time.Since(begun).Round(time.Second))
	if !c.postgres {
		c.index(last, times)
		c.t.Logf("%s: words indexed", time.Since(begun).Round(time.Second))
	}
	for _, index := range again {
		c.exec(index)
	}
	c.t.Logf("%s: the rest indexed", time.Since(begun).Round(time.Second))
	if c.postgres {
		for table, column := range map[string]string{"mention": "seq", "task": "id", "event": "id", "notice": "id", "run": "id"} {
			c.exec(fmt.Sprintf("SELECT setval(pg_get_serial_sequence('%s', '%s'), %d)", table, column, c.last(table, column)))
		}
	}
}

// fillBlock is how many mentions are copied together: the copies of a block
// lie between it and the next one, so that numbers grow with time as they do
// where mentions are archived one after the other.
const fillBlock = 1000

// place is the number of the k-th copy of the mention that a column names.
func place(column string, k, times int) string {
	return fmt.Sprintf("((%[1]s - 1) / %[2]d * %[3]d + %[4]d) * %[2]d + (%[1]s - 1) %% %[2]d + 1", column, fillBlock, times, k)
}

// mentions multiplies the mentions and the slots of copies.
func (c *copier) mentions(times int) {
	c.t.Helper()
	tasks, last := c.last("task", "id"), c.last("mention", "seq")
	empty := "DELETE FROM "
	if c.postgres {
		empty = "TRUNCATE "
	}
	seeds := []string{"mention", "band"}
	if c.postgres {
		seeds = append(seeds, "mention_words")
	}
	for _, table := range seeds {
		c.exec("CREATE TABLE seed_" + table + " AS SELECT * FROM " + table)
		c.exec(empty + table)
		if table != "band" {
			c.exec("CREATE INDEX seed_" + table + "_seq ON seed_" + table + " (seq)")
		}
	}
	columns := c.columns("mention")
	for from := int64(1); from <= last; from += fillBlock {
		for k := range times {
			change := map[string]string{"seq": place("seq", k, times)}
			if k > 0 {
				for _, name := range []string{"id", "external_id", "url", "author"} {
					change[name] = fmt.Sprintf("%s || '-%d'", name, k)
				}
				change["collected_ms"] = fmt.Sprintf("collected_ms + %d", k)
				change["task"] = fmt.Sprintf("CASE WHEN task = 0 THEN 0 ELSE task + %d END", int64(k)*tasks)
			}
			block := fmt.Sprintf(" WHERE seq BETWEEN %d AND %d ORDER BY seq", from, from+fillBlock-1)
			c.copyRows("mention", columns, change, "seed_mention"+block)
			if c.postgres { // SQLite has no words that could be copied
				c.copyRows("mention_words", []string{"seq", "words"}, map[string]string{"seq": change["seq"]}, "seed_mention_words"+block)
			}
		}
	}
	for k := range times {
		// Rows lie in the order of their slots, and are written in it.
		change := map[string]string{"mention": place("mention", k, times)}
		if k > 0 {
			change["slot"] = fmt.Sprintf("slot / 4 + %d", int64(k)*0x9E3779B97F4A7C)
		}
		c.copyRows("band", c.columns("band"), change, "seed_band ORDER BY slot, mention")
	}
	for _, table := range seeds {
		c.exec("DROP TABLE seed_" + table)
	}
}

// repeat adds times - 1 copies of a table's rows, with some columns changed:
// %[1]d stands for the number of the copy.
func (c *copier) repeat(times int, table, key string, change map[string]string) {
	c.t.Helper()
	last, columns := c.last(table, key), c.columns(table)
	for k := 1; k < times; k++ {
		changed := map[string]string{key: fmt.Sprintf("%s + %d", key, int64(k)*last)}
		for column, value := range change {
			changed[column] = fmt.Sprintf(value, k)
		}
		c.copyRows(table, columns, changed, fmt.Sprintf("%s WHERE %s <= %d ORDER BY %[2]s", table, key, last))
	}
}

// copyRows inserts copies of rows, with some columns changed.
func (c *copier) copyRows(table string, columns []string, change map[string]string, from string) {
	c.t.Helper()
	values := make([]string, len(columns))
	for i, column := range columns {
		if values[i] = change[column]; values[i] == "" {
			values[i] = column
		}
	}
	c.exec("INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") SELECT " + strings.Join(values, ", ") + " FROM " + from)
}

func (c *copier) columns(table string) []string {
	c.t.Helper()
	rows, err := c.tx.QueryContext(c.t.Context(), "SELECT * FROM "+table+" LIMIT 0")
	if err != nil {
		c.t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		c.t.Fatal(err)
	}
	return columns
}

// index makes SQLite's index of words anew from the copies of so many mentions,
// in larger pieces than daily work does; afterwards their size is what it was.
func (c *copier) index(last int64, times int) {
	c.t.Helper()
	c.exec("INSERT INTO mention_words (mention_words) VALUES ('delete-all')")
	c.exec("INSERT INTO mention_words (mention_words, rank) VALUES ('hashsize', 67108864)")
	for from := int64(0); from < last; from += fillBlock {
		c.exec(fmt.Sprintf("INSERT INTO mention_words (rowid, words) SELECT seq, title || ' ' || text || ' ' || pros || ' ' || cons FROM mention WHERE seq > %d AND seq <= %d ORDER BY seq", from*int64(times), (from+fillBlock)*int64(times)))
	}
	c.exec("INSERT INTO mention_words (mention_words, rank) VALUES ('hashsize', 1048576)")
}

// copiedTables are those whose indexes are dropped while they are multiplied.
const copiedTables = "('mention', 'mention_words', 'task', 'event', 'notice', 'run', 'band')"

// dropIndexes returns the statements that make the dropped ones again.
func (c *copier) dropIndexes() []string {
	c.t.Helper()
	query := "SELECT 'DROP INDEX ' || name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN " + copiedTables
	if c.postgres {
		query = `SELECT 'DROP INDEX ' || indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
			AND indexname NOT IN (SELECT conname FROM pg_constraint) AND tablename IN ` + copiedTables
	}
	return c.drop(query)
}

// dropKeys is dropIndexes for PostgreSQL's primary and unique keys.
func (c *copier) dropKeys() []string {
	c.t.Helper()
	return c.drop(`SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', t.relname, k.conname), format('ALTER TABLE %s ADD CONSTRAINT %I %s', t.relname, k.conname, pg_get_constraintdef(k.oid))
		FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid WHERE k.contype IN ('p', 'u') AND t.relname IN ` + copiedTables)
}

// drop runs the first statement of each row of query and returns the second.
func (c *copier) drop(query string) (again []string) {
	c.t.Helper()
	rows, err := c.tx.QueryContext(c.t.Context(), query)
	if err != nil {
		c.t.Fatal(err)
	}
	defer rows.Close()
	var drops []string
	for rows.Next() {
		var drop, make string
		if err := rows.Scan(&drop, &make); err != nil {
			c.t.Fatal(err)
		}
		drops, again = append(drops, drop), append(again, make)
	}
	if err := rows.Err(); err != nil {
		c.t.Fatal(err)
	}
	rows.Close()
	for _, drop := range drops {
		c.exec(drop)
	}
	return again
}

// TestCopies says that what SQL copies is what the store writes: the copies are
// as many in each table as they should be, and are found by their names, their
// words, their order and their tasks; and the store goes on after them.
func TestCopies(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { checkCopies(t, store.Config{Data: t.TempDir()}) })
	t.Run("postgres", func(t *testing.T) { checkCopies(t, store.Config{Data: t.TempDir(), Database: storetest.Postgres(t)}) })
}

func checkCopies(t *testing.T, cfg store.Config) {
	const rows, times = fillBlock + 200, 2
	before := readCopied(t, cfg, func(archive *store.Store) { write(t, archive, rows) })
	copyAll(t, cfg, times)
	after := readCopied(t, cfg, func(*store.Store) {})
	for id, had := range before.mentions {
		if got := after.mentions[id]; !reflect.DeepEqual(got, had) {
			t.Fatalf("%+v became %+v", had, got)
		}
		if got, want := after.mentions[id+"-1"], had.copy("-1", after.mentions[id+"-1"].task.ID); !reflect.DeepEqual(got, want) {
			t.Fatalf("the copy is\n%+v, want\n%+v", got, want)
		}
	}
	for word, found := range before.found {
		if after.found[word] != found*times {
			t.Errorf("%q is in %d mentions and in %d among the copies", word, found, after.found[word])
		}
	}
	before.counts["notice"] = before.counts["task"] // the copier makes the cards
	for table, had := range before.counts {
		copies := times
		if table == "run" {
			copies = int(fillRunsBack/fillEvery) / fillRuns
		}
		if had == 0 || after.counts[table] != had*copies {
			t.Errorf("table %s: %d rows became %d", table, had, after.counts[table])
		}
	}
	if after.disorder > 0 {
		t.Errorf("%d mentions are numbered before one of an earlier block", after.disorder)
	}
	goesOn(t, cfg)
}

// goesOn archives one more mention with a task.
func goesOn(t *testing.T, cfg store.Config) {
	t.Helper()
	archive, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close() //nolint:errcheck // nothing is left to write
	e := newFiller(1).entry(1_000_000)
	raise := func(e mention.Entry, _ *mention.Prior, _ []mention.Prior) ([]mention.Effects, error) {
		task := mention.Task{Version: 1, Kind: mention.Complaint, Mention: e.Mention.ID, State: mention.Open}
		return []mention.Effects{{Task: &task, Events: []mention.Event{task.Raised()}}}, nil
	}
	if added, err := archive.Add(t.Context(), []mention.Entry{e}, raise); err != nil || added.New != 1 {
		t.Errorf("after the copies: %+v, %v", added, err)
	}
}

// copied is what an archive holds.
type copied struct {
	mentions map[mention.ID]copiedMention
	found    map[string]int // mentions by a word
	counts   map[string]int // rows by table
	disorder int            // mentions with a greater number than one of a later block
}

// copiedMention is a mention with what became of it.
type copiedMention struct {
	mention mention.Mention
	task    mention.Task
	events  []mention.Event
}

// copy is what the copy of m with an ending should be.
func (m copiedMention) copy(ending string, task mention.TaskID) copiedMention {
	c := &m.mention
	c.ID, c.ExternalID, c.URL, c.Author = c.ID+mention.ID(ending), c.ExternalID+ending, c.URL+ending, c.Author+ending
	c.CollectedAt = c.CollectedAt.Add(time.Millisecond)
	if m.task.ID == 0 {
		return m
	}
	m.task.ID, m.task.Mention = task, c.ID
	m.task.Places = slices.Clone(m.task.Places)
	m.task.Places[0].Mention = c.ID
	m.events = slices.Clone(m.events)
	for i := range m.events {
		m.events[i].ID, m.events[i].Task = 0, task
	}
	return m
}

// readCopied reads an archive after something is done with it.
func readCopied(t *testing.T, cfg store.Config, do func(*store.Store)) copied {
	t.Helper()
	archive, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	do(archive)
	c := copied{mentions: map[mention.ID]copiedMention{}, found: map[string]int{}, counts: map[string]int{}}
	for _, m := range allMentions(t, archive, "") {
		task, err := archive.TaskOf(t.Context(), m.ID)
		if errors.Is(err, mention.ErrNotFound) {
			c.mentions[m.ID] = copiedMention{mention: m}
			continue
		}
		events, err2 := archive.Events(t.Context(), task.ID)
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		for i := range events {
			events[i].ID = 0
		}
		c.mentions[m.ID] = copiedMention{m, task, events}
	}
	for _, word := range newFiller(1).words[:12] {
		c.found[word] = len(allMentions(t, archive, word))
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	db := connect(t, cfg)
	defer db.Close()
	count := func(query string) (n int) {
		if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, table := range []string{"mention", "band", "task", "event", "notice", "run"} {
		c.counts[table] = count("SELECT count(*) FROM " + table)
	}
	c.disorder = count(fmt.Sprintf("SELECT count(*) FROM mention m JOIN mention n ON n.seq = m.seq + %d WHERE n.collected_ms < m.collected_ms", 2*fillBlock))
	return c
}

// allMentions returns all mentions, or those with a word.
func allMentions(t *testing.T, archive *store.Store, word string) (all []mention.Mention) {
	t.Helper()
	for after := ""; ; {
		list, next, err := archive.Mentions(t.Context(), store.MentionFilter{Words: word, Limit: 500, After: after})
		if err != nil {
			t.Fatal(err)
		}
		if all = append(all, list...); next == "" {
			return all
		}
		after = next
	}
}
