package reports

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"otklik/mention"
)

// Archive counts what is archived.
type Archive interface {
	Tallies(ctx context.Context, s mention.Scope) ([]mention.Tally, error)
	Themes(ctx context.Context, s mention.Scope) ([]mention.Theme, error)
	Timings(ctx context.Context, s mention.Scope) ([]mention.Timing, error)
	Worst(ctx context.Context, s mention.Scope, limit int) ([]mention.Mention, error)
}

// Present says how things stand: what waits, and what is and was not seen.
type Present interface {
	Backlog(ctx context.Context, brands []string) ([]mention.Waiting, error)
	Sources(ctx context.Context) ([]mention.Source, error)
	Spells(ctx context.Context, from, to time.Time) ([]mention.Spell, error)
	// View returns a task with its mention, or mention.ErrNotFound.
	View(ctx context.Context, id mention.TaskID) (mention.View, error)
}

// Maker makes reports. Its fields are all required, except Competitors and
// those after Now.
type Maker struct {
	Archive Archive
	Present Present
	// Brands are the company's own; Competitors are only compared with.
	Brands      []string
	Competitors []string
	// Working is the working time between two moments by the calendar of a norm.
	Working func(norm string, a, b time.Time) time.Duration
	// Titles gives what people call a site in a language, nothing when unknown.
	Titles func(site, lang string) string
	Zone   *time.Location
	Now    func() time.Time
	// Base is the address of the inbox for links, empty when nobody can open it.
	Base string
	// Praise returns the latest mentions of a brand whose thanks have yet to be
	// said, at most limit; digests quote none when nil.
	Praise func(ctx context.Context, brand string, limit int) ([]mention.Mention, error)
}

// Query says what a report is about.
type Query struct {
	From, To time.Time
	// Brands are compared with each other; the company's own when empty.
	Brands []string
	Source string // the site; all when empty
}

// Report is one set of figures, the same in every format.
type Report struct {
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	MadeAt  time.Time `json:"made_at"`
	Brands  []string  `json:"brands"`
	Source  string    `json:"source,omitempty"`
	Total   Counts    `json:"total"`
	Before  Counts    `json:"before"` // the same length of time before
	Days    []Day     `json:"days"`
	Sources []Row     `json:"sources"`
	Topics  []Row     `json:"topics"`
	Voice   []Voice   `json:"share_of_voice"`
	Scores  []Score   `json:"scores,omitempty"`

	Norms     []Norm     `json:"norms"`
	Intervals []Interval `json:"intervals"`
	People    []Person   `json:"people"`
	// OnSite counts answers that were found on the page and nobody had claimed.
	OnSite int `json:"answered_on_site"`
	// Unverifiable counts answers that the page cannot show: believed, neither
	// met nor missed.
	Unverifiable int `json:"unverifiable"`
	Dismissed    int `json:"dismissed"`

	Backlog    []mention.Waiting `json:"backlog"`
	Complaints []mention.Mention `json:"complaints"`
	Coverage   Coverage          `json:"coverage"`
}

// Counts are mentions by tone, and the ratings among them.
type Counts struct {
	Mentions     int `json:"mentions"`
	Negative     int `json:"negative"`
	Neutral      int `json:"neutral"`
	Positive     int `json:"positive"`
	Unclassified int `json:"unclassified"`
	Rated        int `json:"rated"`
	Stars        int `json:"stars"` // their sum, 1 to 5 each
}

func (c *Counts) add(tone mention.Tone, mentions, rated, stars int) {
	c.Mentions += mentions
	c.Rated += rated
	c.Stars += stars
	switch tone {
	case mention.Negative:
		c.Negative += mentions
	case mention.Neutral:
		c.Neutral += mentions
	case mention.Positive:
		c.Positive += mentions
	default:
		c.Unclassified += mentions
	}
}

// Average returns the mean rating in stars, and whether there is any.
func (c Counts) Average() (float64, bool) {
	if c.Rated == 0 {
		return 0, false
	}
	return float64(c.Stars) / float64(c.Rated), true
}

// Share returns n of the mentions as a fraction, zero without mentions.
func (c Counts) Share(n int) float64 {
	if c.Mentions == 0 {
		return 0
	}
	return float64(n) / float64(c.Mentions)
}

// Day is one day of the period, those without mentions included.
type Day struct {
	Day time.Time `json:"day"`
	Counts
	// Blind is set when some source was not seen for part of the day.
	Blind bool `json:"blind,omitempty"`
}

// Row counts the mentions of one site or topic.
type Row struct {
	Name string `json:"name"`
	Counts
}

// Voice is a brand's share of all that was said about the compared brands.
type Voice struct {
	Brand string  `json:"brand"`
	Own   bool    `json:"own"`
	Part  float64 `json:"share"` // of the mentions of all compared brands
	Counts
}

// worst is how many complaints a report quotes.
const worst = 10

// Make counts everything that q asks for.
func (m *Maker) Make(ctx context.Context, q Query) (*Report, error) {
	if !q.To.After(q.From) {
		return nil, fmt.Errorf("report: %w: the period ends before it begins", mention.ErrRefused)
	}
	brands := q.Brands
	if len(brands) == 0 {
		brands = m.Brands
	}
	r := &Report{From: q.From.In(m.Zone), To: q.To.In(m.Zone), MadeAt: m.Now().In(m.Zone), Brands: brands, Source: q.Source}
	a, err := m.ask(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	m.count(r, a)
	themes(r, a)
	m.answering(r, a)
	coverage(r, a)
	return r, nil
}

// answers are what the archive says of a report's period.
type answers struct {
	tallies, earlier []mention.Tally
	themes           []mention.Theme
	timings          []mention.Timing
	worst            []mention.Mention
	backlog          []mention.Waiting
	sources          []mention.Source
	spells           []mention.Spell
}

// asksAtOnce bounds the questions that are asked at one time: a report of a
// year must leave readers of the archive to the people at the inbox.
const asksAtOnce = 2

// ask asks several questions at a time, the longest first: together they take
// half as long as one after the other.
func (m *Maker) ask(ctx context.Context, r *Report) (*answers, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var a answers
	own, all, before := m.scope(r, r.Brands), m.scope(r, m.compared(r)), m.scope(r, r.Brands)
	before.From, before.To, before.Sums = r.From.Add(-r.To.Sub(r.From)), r.From, true
	questions := []func() error{
		func() (err error) { a.timings, err = m.Archive.Timings(ctx, own); return err },
		func() (err error) { a.tallies, err = m.Archive.Tallies(ctx, all); return err },
		func() (err error) { a.themes, err = m.Archive.Themes(ctx, own); return err },
		func() (err error) { a.worst, err = m.Archive.Worst(ctx, own, worst); return err },
		func() (err error) { a.earlier, err = m.Archive.Tallies(ctx, before); return err },
		func() (err error) { a.spells, err = m.Present.Spells(ctx, r.From, r.end()); return err },
		func() (err error) { a.backlog, err = m.Present.Backlog(ctx, r.Brands); return err },
		func() (err error) { a.sources, err = m.Present.Sources(ctx); return err },
	}
	failed := make([]error, len(questions))
	var asked sync.WaitGroup
	turns := make(chan struct{}, asksAtOnce)
	for i, question := range questions {
		turns <- struct{}{}
		asked.Go(func() {
			defer func() { <-turns }()
			if failed[i] = question(); failed[i] != nil {
				cancel() // the others' answers are of no use
			}
		})
	}
	asked.Wait()
	for _, err := range failed {
		if err != nil && !errors.Is(err, context.Canceled) {
			return nil, err
		}
	}
	return &a, errors.Join(failed...)
}

// end is where the period ends or, when that is ahead, the present.
func (r *Report) end() time.Time {
	if r.MadeAt.Before(r.To) {
		return r.MadeAt
	}
	return r.To
}

// compared are the brands of r with their competitors.
func (m *Maker) compared(r *Report) []string { return slices.Concat(r.Brands, m.Competitors) }

// scope is what r is about; with competitors it holds the compared brands too.
func (m *Maker) scope(r *Report, brands []string) mention.Scope {
	return mention.Scope{From: r.From, To: r.To, Brands: brands, Source: r.Source}
}

// count fills what follows from the numbers of mentions.
func (m *Maker) count(r *Report, a *answers) {
	for _, t := range a.earlier {
		r.Before.add(t.Tone, t.Mentions, t.Rated, t.Stars)
	}
	r.Days = days(r.From, r.To)
	sites, voices := map[string]*Counts{}, map[string]*Counts{}
	for _, brand := range m.compared(r) {
		voices[brand] = &Counts{}
	}
	for _, t := range a.tallies {
		into(voices, t.Brand).add(t.Tone, t.Mentions, t.Rated, t.Stars)
		if !slices.Contains(r.Brands, t.Brand) {
			continue
		}
		r.Total.add(t.Tone, t.Mentions, t.Rated, t.Stars)
		into(sites, t.Source).add(t.Tone, t.Mentions, t.Rated, t.Stars)
		if i := dayOf(r.Days, t.Day); i >= 0 {
			r.Days[i].add(t.Tone, t.Mentions, t.Rated, t.Stars)
		}
	}
	r.Sources = rows(sites)
	r.Voice = voice(voices, r.Brands)
}

func into(counts map[string]*Counts, name string) *Counts {
	if counts[name] == nil {
		counts[name] = &Counts{}
	}
	return counts[name]
}

// maxDays bounds the days of a report: ten years.
const maxDays = 3660

// days returns the days that [from, to) touches.
func days(from, to time.Time) []Day {
	y, mo, d := from.Date()
	var out []Day
	for i := range maxDays {
		day := time.Date(y, mo, d+i, 0, 0, 0, 0, from.Location())
		if !day.Before(to) {
			break
		}
		out = append(out, Day{Day: day})
	}
	return out
}

// dayOf finds the day by its date: with a change of clocks in the period,
// the archive's midnights may be an hour off.
func dayOf(days []Day, at time.Time) int {
	at = at.Add(90 * time.Minute)
	i, found := slices.BinarySearchFunc(days, at, func(d Day, t time.Time) int { return d.Day.Compare(t) })
	if found {
		return i
	}
	return i - 1
}

// rows returns counts by name, what has most negative mentions first.
func rows(counts map[string]*Counts) []Row {
	var out []Row
	for name, c := range counts {
		out = append(out, Row{name, *c})
	}
	slices.SortFunc(out, func(a, b Row) int {
		return cmp.Or(cmp.Compare(b.Negative, a.Negative), cmp.Compare(b.Mentions, a.Mentions), cmp.Compare(a.Name, b.Name))
	})
	return out
}

func voice(counts map[string]*Counts, own []string) []Voice {
	all := 0
	for _, c := range counts {
		all += c.Mentions
	}
	var out []Voice
	for brand, c := range counts {
		v := Voice{Brand: brand, Own: slices.Contains(own, brand), Counts: *c}
		if all > 0 {
			v.Part = float64(c.Mentions) / float64(all)
		}
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b Voice) int {
		return cmp.Or(cmp.Compare(b.Mentions, a.Mentions), cmp.Compare(a.Brand, b.Brand))
	})
	return out
}

// themes fills topics, survey scores, what waits and the complaints that are
// quoted.
func themes(r *Report, a *answers) {
	topics := map[string]*Counts{}
	scores := newScores()
	for _, t := range a.themes {
		for _, topic := range t.Topics {
			into(topics, topic).add(t.Tone, t.Mentions, 0, 0)
		}
		for _, label := range t.Labels {
			scores.add(label, t.Mentions)
		}
	}
	r.Topics, r.Scores = rows(topics), scores.list()
	r.Complaints, r.Backlog = a.worst, a.backlog
}
