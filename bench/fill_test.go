package bench_test

import (
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
	// is copied with SQL, which is ten times as fast (TestCopies says that the
	// rows are the same).
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
		Title: f.text(4), Text: f.text(*inboxWords*2/3 + f.dice.IntN(*inboxWords/3)), Pros: f.text(2), Cons: f.text(3),
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
func fill(t testing.TB, cfg store.Config, rows int) {
	t.Helper()
	archive, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	seed := min(rows, fillSeed)
	begun, filled := time.Now(), write(t, archive, seed)
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if !filled {
		t.Log("the archive is filled already")
		return
	}
	t.Logf("%s: the first %d are written", time.Since(begun).Round(time.Second), seed)
	copyAll(t, cfg, rows/seed)
	t.Logf("%d mentions: filled in %s", rows, time.Since(begun).Round(time.Second))
}

// write archives rows mentions in the way a crawl does, and reports whether
// there were none yet.
func write(t testing.TB, archive *store.Store, rows int) bool {
	t.Helper()
	if list, _, err := archive.Mentions(t.Context(), store.MentionFilter{Limit: 1}); err != nil || len(list) > 0 {
		if err != nil {
			t.Fatal(err)
		}
		return false
	}
	f := newFiller(rows)
	plan := func(e mention.Entry, _ *mention.Prior, _ []mention.Prior) ([]mention.Effects, error) {
		return f.raise(e.Mention), nil
	}
	for at := 0; at < rows; at += 1000 {
		entries := make([]mention.Entry, 0, 1000)
		for i := range min(1000, rows-at) {
			entries = append(entries, f.entry(at+i))
		}
		if _, err := archive.Add(t.Context(), entries, plan); err != nil {
			t.Fatal(err)
		}
	}
	f.watch(t, archive)
	return true
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
