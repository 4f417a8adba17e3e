package reports

import (
	"slices"
	"time"

	"otklik/mention"
)

// Coverage says how much of the sources was seen. Figures of a period in
// which something was not seen are a lower bound.
type Coverage struct {
	Sources int     `json:"sources"`
	Blind   []Blind `json:"blind"`
	// Unseen are sources that were not looked at in the period at all.
	Unseen []Blind `json:"not_looked_at"`
	// Seen is the part of all sources' time in which they were seen.
	Seen float64 `json:"seen"`
	// Lag is from publication to collection, of the complaints whose site
	// shows the time.
	LagMedian    Span `json:"lag_median_seconds"`
	LagP95       Span `json:"lag_p95_seconds"`
	LagCount     int  `json:"lag_count"`
	Unclassified int  `json:"unclassified"`
}

// Blind is a time in which a source was not seen, cut to the period.
type Blind struct {
	Source  mention.SourceID `json:"source"`
	Site    string           `json:"site"`
	Title   string           `json:"title"`
	From    time.Time        `json:"from"`
	To      time.Time        `json:"to,omitzero"`
	Since   time.Time        `json:"since,omitzero"` // when it began, maybe before the period
	Verdict mention.Verdict  `json:"verdict,omitempty"`
	Now     bool             `json:"now"` // it lasts
}

// For returns how much of the period was not seen.
func (b Blind) For() time.Duration { return b.To.Sub(b.From) }

// Complete reports whether everything was seen all the time.
func (c Coverage) Complete() bool { return len(c.Blind) == 0 && len(c.Unseen) == 0 && c.Sources > 0 }

// coverage fills what was not seen, in the report and in its days.
func coverage(r *Report, a *answers) {
	end := r.end()
	about := map[mention.SourceID]mention.Source{}
	c := &r.Coverage
	for _, s := range a.sources {
		if !slices.Contains(r.Brands, s.Brand) || r.Source != "" && s.Site != r.Source {
			continue
		}
		about[s.ID] = s
		if s.LastRunAt.Before(r.From) {
			c.Unseen = append(c.Unseen, Blind{Source: s.ID, Site: s.Site, Title: title(s), From: r.From, To: end, Since: s.LastRunAt, Verdict: s.Verdict, Now: true})
		}
	}
	c.Sources = len(about)
	for _, spell := range a.spells {
		if s, ok := about[spell.Source]; ok && !s.LastRunAt.Before(r.From) {
			c.Blind = append(c.Blind, cut(spell, s, r.From, end))
		}
	}
	slices.SortStableFunc(c.Blind, func(a, b Blind) int { return int((b.For() - a.For()) / time.Second) })
	c.Seen = seen(c, end.Sub(r.From))
	lag := r.Intervals[ofCrawl]
	c.LagMedian, c.LagP95, c.LagCount, c.Unclassified = lag.Median, lag.P95, lag.Count, r.Total.Unclassified
	for i := range r.Days {
		r.Days[i].Blind = c.missed(r.Days[i].Day)
	}
}

func title(s mention.Source) string {
	if s.Title != "" {
		return s.Title
	}
	return s.Site
}

// cut returns the part of the spell that lies in the period.
func cut(sp mention.Spell, s mention.Source, from, end time.Time) Blind {
	b := Blind{Source: sp.Source, Site: s.Site, Title: title(s), From: sp.From, To: sp.To, Since: sp.From, Verdict: sp.Verdict, Now: sp.To.IsZero()}
	if b.From.Before(from) {
		b.From = from
	}
	if b.To.IsZero() || b.To.After(end) {
		b.To = end
	}
	return b
}

// seen returns the part of the sources' time that was seen.
func seen(c *Coverage, period time.Duration) float64 {
	if c.Sources == 0 || period <= 0 {
		return 0
	}
	dark := 0.0
	for _, list := range [][]Blind{c.Blind, c.Unseen} {
		for _, b := range list {
			dark += float64(b.For())
		}
	}
	return max(0, 1-dark/(float64(c.Sources)*float64(period)))
}

// missed reports whether some source was not seen on the day.
func (c *Coverage) missed(day time.Time) bool {
	next := day.AddDate(0, 0, 1)
	in := func(b Blind) bool { return b.From.Before(next) && b.To.After(day) }
	return slices.ContainsFunc(c.Blind, in) || slices.ContainsFunc(c.Unseen, in)
}
