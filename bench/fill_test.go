package bench_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/kljensen/snowball/russian"

	"otklik/mention"
	"otklik/store"
)

// What a filled archive holds besides its mentions.
const (
	fillBrands = 30
	fillSites  = 17 // each brand has a source on each: 510
	fillPeople = 12
	fillPeriod = 365 * 24 * time.Hour
	// fillSeed is how many mentions go through the store; what is beyond them
	// is copied with SQL, which is ten times as fast.
	fillSeed = 100_000
)

// filler makes up mentions, tasks and runs that are spread as in life: brands,
// sites, words and authors by frequencies that fall quickly, a quarter of the
// mentions negative, and four fifths of these with a task.
type filler struct {
	dice  *rand.Rand
	words []string
	zipf  *rand.Zipf
	now   time.Time
	rows  int // over which the period is spread
}

func newFiller(rows int) *filler {
	dice := rand.New(rand.NewPCG(1, 2))
	f := &filler{dice: dice, words: fillVocabulary(5000), now: time.Now().Truncate(time.Second), rows: rows}
	f.zipf = rand.NewZipf(dice, 1.1, 12, uint64(len(f.words)-1))
	return f
}

// fillVocabulary makes n words that are their own stems, so that a copied
// text can be indexed as it stands. The first are the most frequent.
func fillVocabulary(n int) []string {
	dice := rand.New(rand.NewPCG(3, 4))
	var words []string
	seen := map[string]bool{}
	for len(words) < n {
		var b strings.Builder
		for range 2 + dice.IntN(2) {
			b.WriteRune([]rune("бвгджзклмнпрстфхцчш")[dice.IntN(19)])
			b.WriteRune([]rune("аеиоуы")[dice.IntN(6)])
		}
		b.WriteRune([]rune("бвгджзклмнпрт")[dice.IntN(13)])
		if w := b.String(); !seen[w] && russian.Stem(w, true) == w {
			seen[w] = true
			words = append(words, w)
		}
	}
	return words
}

func fillBrand(i int) string { return fmt.Sprintf("Бренд %02d", i) }
func fillSite(i int) string  { return fmt.Sprintf("site%02d", i) }

func fillSource(brand, site int) mention.SourceID {
	return mention.SourceID(fmt.Sprintf("source-%02d-%02d", brand, site))
}

// small returns a number below n, small ones more often.
func (f *filler) small(n int) int {
	x := f.dice.Float64()
	return int(x * x * float64(n))
}

func (f *filler) text(words int) string {
	var b strings.Builder
	for i := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(f.words[f.zipf.Uint64()])
	}
	return b.String()
}

// entry is the i-th mention of the archive.
func (f *filler) entry(i int) mention.Entry {
	brand, site := f.small(fillBrands), f.small(fillSites)
	at := f.now.Add(-fillPeriod + time.Duration(float64(fillPeriod)*float64(i)/float64(f.rows)))
	m := mention.Mention{
		Brand: fillBrand(brand), Source: fillSite(site), ExternalID: fmt.Sprint(i), SourceID: fillSource(brand, site),
		URL:    fmt.Sprintf("https://%s.example/product/%d/review_%d", fillSite(site), brand, i),
		Author: fmt.Sprint("автор ", f.dice.IntN(max(1, f.rows/3))), Lang: "ru",
		Title: f.text(4), Text: f.text(40 + f.dice.IntN(20)), Pros: f.text(2), Cons: f.text(3),
		PublishedAt: at.Add(-time.Duration(f.dice.IntN(240)) * time.Minute), CollectedAt: at,
		Confidence: 0.5 + f.dice.Float64()/2, Likes: f.small(30), Comments: f.small(8), Fingerprint: f.dice.Uint64(),
		Topics: []string{[]string{"delivery", "staff", "price", "quality", "app", "payment", "returns", "support"}[f.small(8)]},
	}
	if f.dice.IntN(20) == 0 {
		m.Lang = "en"
	}
	m.Tone, m.Rating = mention.Positive, float64(4+f.dice.IntN(2))
	switch n := f.dice.IntN(100); {
	case n < 25:
		m.Tone, m.Rating = mention.Negative, float64(1+f.small(4))
		m.Reasons = []mention.Reason{{Text: m.Cons, Field: mention.InCons, End: len(m.Cons), Weight: 1.5}}
	case n < 60:
		m.Tone, m.Rating = mention.Neutral, float64(2+f.dice.IntN(3))
	}
	if f.dice.IntN(10) > 0 {
		m.Best = 5
	} else {
		m.Rating = 0
	}
	e := mention.Entry{Mention: m}
	if m.Tone != mention.Positive {
		e.Sketch = make([]byte, 300)
		for range 10 {
			e.Bands = append(e.Bands, f.dice.Uint64())
		}
	}
	return e
}

// raise makes the task of a complaint as it stands now, with its timeline.
func (f *filler) raise(m mention.Mention) []mention.Effects {
	if m.Tone != mention.Negative || f.dice.IntN(5) == 0 {
		return nil
	}
	at := m.CollectedAt
	t := mention.Task{
		Version: 1, Kind: mention.Complaint, Brand: m.Brand, Mention: m.ID, State: mention.Open, Rule: "негатив", Reason: "negative", Norm: "complaint",
		Places:   []mention.Place{{Mention: m.ID, Source: m.Source, URL: m.URL, Replies: mention.RepliesText}},
		Channels: []string{"pr"}, CreatedAt: at, DeliveredAt: at.Add(2 * time.Second),
		Due: mention.Due{Take: at.Add(15 * time.Minute), Answer: at.Add(24 * time.Hour), Visible: at.Add(96 * time.Hour)},
	}
	if f.dice.IntN(30) == 0 {
		t.Kind, t.Due = mention.Thanks, mention.Due{}
	}
	events := []mention.Event{t.Raised()}
	for i, state := range f.path(f.now.Sub(at)) {
		at = at.Add(time.Duration(1+f.small(30*(1+i*40))) * time.Minute)
		events = append(events, f.step(&t, state, at))
	}
	return []mention.Effects{{Task: &t, Events: events}}
}

// path is what became of a complaint of an age: what is older than two weeks
// is closed but for one in fifty.
func (f *filler) path(age time.Duration) []mention.State {
	n := f.dice.IntN(100)
	if age < 14*24*time.Hour {
		n = f.dice.IntN(18)
	}
	switch {
	case n < 2:
		return nil
	case n < 5 && age < 14*24*time.Hour:
		return []mention.State{mention.Taken}
	case n < 9 && age < 14*24*time.Hour:
		return []mention.State{mention.Taken, mention.Answered}
	case n < 15:
		return []mention.State{mention.Dismissed}
	}
	return []mention.State{mention.Taken, mention.Answered, mention.Confirmed}
}

// step brings t to a state and returns the event of it.
func (f *filler) step(t *mention.Task, state mention.State, at time.Time) mention.Event {
	e := mention.Event{Actor: t.Owner, At: at, From: t.State, To: state}
	switch state {
	case mention.Taken:
		n := f.small(fillPeople)
		t.Owner = mention.Actor{ID: fmt.Sprint("inbox:", n+1), Name: fmt.Sprint("Сотрудник ", n+1)}
		t.TakenAt, e.Verb, e.Actor = at, mention.Take, t.Owner
	case mention.Answered:
		t.AnsweredAt, t.AnsweredBy, t.AnswerText, e.Verb = at, t.Owner, f.text(20), mention.Answer
	case mention.Confirmed:
		t.ConfirmedAt, e.Verb, e.Actor = at, mention.Confirm, mention.OnSite
	case mention.Dismissed:
		t.DismissedAt, t.Dismissal, e.Verb, e.Actor = at, mention.NoAnswerNeeded, mention.Dismiss, mention.Actor{ID: "inbox:1", Name: "Сотрудник 1"}
		e.Reject = t.Dismissal
	}
	t.State, t.Version = state, t.Version+1
	return e
}

// fill archives rows mentions where there are none yet.
func fill(t testing.TB, archive *store.Store, cfg store.Config, rows int) {
	t.Helper()
	if list, _, err := archive.Mentions(t.Context(), store.MentionFilter{Limit: 1}); err != nil || len(list) > 0 {
		if err != nil {
			t.Fatal(err)
		}
		t.Log("the archive is filled already")
		return
	}
	begun, f := time.Now(), newFiller(min(rows, fillSeed))
	plan := func(e mention.Entry, _ *mention.Prior, _ []mention.Prior) ([]mention.Effects, error) {
		return f.raise(e.Mention), nil
	}
	for at := 0; at < f.rows; at += 1000 {
		entries := make([]mention.Entry, 0, 1000)
		for i := range min(1000, f.rows-at) {
			entries = append(entries, f.entry(at+i))
		}
		if _, err := archive.Add(t.Context(), entries, plan); err != nil {
			t.Fatal(err)
		}
	}
	f.watch(t, archive)
	seeded := time.Since(begun)
	c := openCopier(t, cfg)
	defer c.db.Close()
	c.cards()
	c.multiply(rows / f.rows)
	t.Logf("%d mentions: filled in %s, of these the first %d in %s", rows, time.Since(begun).Round(time.Second), f.rows, seeded.Round(time.Second))
}

// watch writes the sources, with some runs of each.
func (f *filler) watch(t testing.TB, archive *store.Store) {
	t.Helper()
	for n := range fillBrands * fillSites {
		brand, site := n/fillSites, n%fillSites
		src := mention.Source{ID: fillSource(brand, site), Brand: fillBrand(brand), Site: fillSite(site), Title: fmt.Sprintf("Сайт %d (%s)", site, fillBrand(brand))}
		for i := range min(fillRuns, 1+f.rows/1000) {
			// The copies of the runs follow them up to the present.
			at := f.now.Add(-fillRunsBack + time.Duration(i)*fillEvery + time.Duration(n)*time.Second)
			run := mention.Run{Source: src.ID, Brand: src.Brand, Site: src.Site, StartAt: at, EndAt: at.Add(time.Second), Verdict: mention.Unchanged, Pages: 1, Requests: 1, Items: 20,
				Evidence: mention.Evidence{URL: "https://site.example/product/reviews", Status: 200, Promised: 20, Parsed: 20, Coverage: map[string]float64{"text": 1, "author": 1, "date": 1, "rating": 0.9}}}
			if f.dice.IntN(100) == 0 {
				run.Verdict, run.Evidence.Marker = mention.Blocked, "captcha"
			}
			src, _ = src.After(run, 3)
			src.LastRunAt, src.LastGoodAt = f.now, f.now
			if err := archive.SaveRun(t.Context(), run, src); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// The runs of each source: a third of a day is written, the rest of five weeks
// are its copies.
const (
	fillEvery    = 20 * time.Minute
	fillRuns     = 24
	fillRunsBack = 35 * 24 * time.Hour
)

// copier multiplies what the store has written, with SQL alone.
type copier struct {
	t        testing.TB
	db       *sql.DB
	postgres bool
}

func openCopier(t testing.TB, cfg store.Config) *copier {
	t.Helper()
	driver, name := "pgx", cfg.Database
	if cfg.Database == "" {
		// The file is thrown away when it tears, so that nothing need be safe.
		driver, name = "sqlite", "file:"+cfg.Data+"/otklik.db?_pragma=busy_timeout(5000)&_pragma=synchronous(OFF)&_pragma=cache_size(-500000)&_pragma=temp_store(FILE)"
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	return &copier{t, db, driver == "pgx"}
}

func (c *copier) exec(query string) {
	c.t.Helper()
	if _, err := c.db.ExecContext(c.t.Context(), query); err != nil {
		c.t.Fatalf("%s: %v", query, err)
	}
}

// last is the greatest value of a column.
func (c *copier) last(table, column string) (n int64) {
	c.t.Helper()
	if err := c.db.QueryRowContext(c.t.Context(), "SELECT COALESCE(MAX("+column+"), 0) FROM "+table).Scan(&n); err != nil {
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
	mentions, tasks := c.last("mention", "seq"), c.last("task", "id")
	again := c.dropIndexes()
	numbers := fmt.Sprintf("WITH RECURSIVE copy(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM copy WHERE k < %d) ", times-1)
	add := func(column string, step int64) string {
		return fmt.Sprintf("%s + CAST(copy.k AS bigint) * %d", column, step)
	}
	name := func(column string) string { return column + " || '-' || copy.k" }
	c.copyRows(numbers, "mention", map[string]string{
		"seq": add("seq", mentions), "id": name("id"), "external_id": name("external_id"), "url": name("url"), "author": name("author"),
		"collected_ms": add("collected_ms", 1), "task": "CASE WHEN task = 0 THEN 0 ELSE " + add("task", tasks) + " END",
	})
	c.copyRows(numbers, "task", map[string]string{
		"id": add("id", tasks), "mention": name("mention"), "rank": add("rank", 1), "created_ms": add("created_ms", 1),
		"seq": add("seq", mentions), "doc": "replace(doc, mention, mention || '-' || copy.k)",
	})
	c.copyRows(numbers, "event", map[string]string{"id": add("id", c.last("event", "id")), "task": add("task", tasks)})
	c.copyRows(numbers, "notice", map[string]string{"id": add("id", c.last("notice", "id")), "key": name("key"), "task": add("task", tasks)})
	c.copyRows(numbers, "band", map[string]string{"slot": add("slot / 4", 0x9E3779B97F4A7C), "mention": add("mention", mentions)})
	runs := int(fillRunsBack/fillEvery) / fillRuns
	numbers = fmt.Sprintf("WITH RECURSIVE copy(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM copy WHERE k < %d) ", min(runs, times*11)-1)
	c.copyRows(numbers, "run", map[string]string{"id": add("id", c.last("run", "id")), "start_ms": add("start_ms", fillRuns*fillEvery.Milliseconds())})
	if !c.postgres {
		c.exec(fmt.Sprintf("INSERT INTO mention_words (rowid, words) SELECT seq, title || ' ' || text || ' ' || pros || ' ' || cons FROM mention WHERE seq > %d ORDER BY seq", mentions))
	}
	for _, index := range again {
		c.exec(index)
	}
	c.settle()
}

// copyRows inserts copies of all rows of a table, with some columns changed.
func (c *copier) copyRows(numbers, table string, change map[string]string) {
	c.t.Helper()
	rows, err := c.db.QueryContext(c.t.Context(), "SELECT * FROM "+table+" LIMIT 0")
	if err != nil {
		c.t.Fatal(err)
	}
	columns, err := rows.Columns()
	if err := rows.Close(); err != nil {
		c.t.Fatal(err)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	values := make([]string, len(columns))
	for i, column := range columns {
		if values[i] = change[column]; values[i] == "" {
			values[i] = column
		}
	}
	order := ""
	if table == "band" {
		order = " ORDER BY 1, 2" // its rows lie in this order
	}
	begun := time.Now()
	c.exec("INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") " + numbers +
		"SELECT " + strings.Join(values, ", ") + " FROM copy CROSS JOIN " + table + order)
	c.t.Logf("copied %s in %s", table, time.Since(begun).Round(time.Second))
}

// dropIndexes returns the statements that make the dropped ones again.
func (c *copier) dropIndexes() (again []string) {
	c.t.Helper()
	query := "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ('mention', 'task', 'event', 'notice', 'run')"
	if c.postgres {
		query = `SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename IN ('mention', 'task', 'event', 'notice', 'run')
			AND indexname NOT IN (SELECT conname FROM pg_constraint)`
	}
	rows, err := c.db.QueryContext(c.t.Context(), query)
	if err != nil {
		c.t.Fatal(err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name, sql string
		if err := rows.Scan(&name, &sql); err != nil {
			c.t.Fatal(err)
		}
		names, again = append(names, name), append(again, sql)
	}
	if err := rows.Err(); err != nil {
		c.t.Fatal(err)
	}
	rows.Close()
	for _, name := range names {
		c.exec("DROP INDEX " + name)
	}
	return again
}

// settle makes the database ready to be read.
func (c *copier) settle() {
	if !c.postgres {
		c.exec("PRAGMA wal_checkpoint(TRUNCATE)")
		return
	}
	for table, column := range map[string]string{"mention": "seq", "task": "id", "event": "id", "notice": "id", "run": "id"} {
		c.exec(fmt.Sprintf("SELECT setval(pg_get_serial_sequence('%s', '%s'), %d)", table, column, c.last(table, column)))
	}
	c.exec("VACUUM ANALYZE") // what PostgreSQL's own daemon does in the minutes after an import
}
