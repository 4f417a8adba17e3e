package reports

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"

	"otklik/mention"
)

// surprise answers how surprising it is that k of k+n events fell on one of
// two equal stretches of time, were both equally busy: the chance of k or more
// (the conditional test of two Poisson counts). It is 1 when k is zero.
func surprise(k, n int) float64 {
	total := k + n
	sum := 0.0
	for i := k; i <= total; i++ {
		a, _ := math.Lgamma(float64(total + 1))
		b, _ := math.Lgamma(float64(i + 1))
		c, _ := math.Lgamma(float64(total - i + 1))
		sum += math.Exp(a - b - c - float64(total)*math.Ln2)
	}
	return min(1, sum)
}

// SpikeRule says what counts as a spike of complaints.
type SpikeRule struct {
	Channel string `yaml:"channel" doc:"where to tell of a spike; nowhere when empty"`
	// Significance is the largest chance of seeing such a difference by
	// accident, against yesterday and against last week, each for itself.
	Significance float64 `yaml:"significance" doc:"largest chance of an accident, against yesterday and against last week; 0.01"`
	AtLeast      int     `yaml:"at_least" doc:"complaints within the hour below which nothing is a spike; 5"`
}

func (s SpikeRule) withDefaults() SpikeRule {
	if s.Significance == 0 {
		s.Significance = 0.01
	}
	if s.AtLeast == 0 {
		s.AtLeast = 5
	}
	return s
}

// Spike is an hour with more complaints than is usual.
type Spike struct {
	Brand     string
	From, To  time.Time // the hour, or its part that has passed
	Count     int
	Yesterday int // in the same part of the same hour
	LastWeek  int
	Chance    float64 // of the difference being an accident, the larger of both
}

// Spike looks at the hour around at, or the part of it that has passed, and
// reports whether it is a spike by the rule.
func (m *Maker) Spike(ctx context.Context, rule SpikeRule, brand string, at time.Time) (Spike, bool, error) {
	rule = rule.withDefaults()
	s := Spike{Brand: brand, From: at.Truncate(time.Hour), To: at}
	if s.To.Sub(s.From) <= 0 {
		return s, false, nil
	}
	for _, part := range []struct {
		days int
		to   *int
	}{{0, &s.Count}, {1, &s.Yesterday}, {7, &s.LastWeek}} {
		n, err := m.negatives(ctx, brand, s.From.AddDate(0, 0, -part.days), s.To.AddDate(0, 0, -part.days))
		if err != nil {
			return s, false, fmt.Errorf("look for a spike: %w", err)
		}
		*part.to = n
		if part.days == 0 && n < rule.AtLeast {
			return s, false, nil
		}
	}
	s.Chance = max(surprise(s.Count, s.Yesterday), surprise(s.Count, s.LastWeek))
	return s, s.Chance <= rule.Significance, nil
}

// negatives counts the complaints that made or joined a task: a source's silent
// first run brings old ones by the hundred and is no spike.
func (m *Maker) negatives(ctx context.Context, brand string, from, to time.Time) (int, error) {
	tallies, err := m.Archive.Tallies(ctx, mention.Scope{From: from, To: to, Brands: []string{brand}, Tasked: true})
	n := 0
	for _, t := range tallies {
		if t.Tone == mention.Negative {
			n += t.Mentions
		}
	}
	return n, err
}

// subject names a digest or a spike in its notice, which carries no figures:
// those are counted when it is sent.
type subject struct {
	Brand  string    `json:"brand,omitempty"`
	Period string    `json:"period,omitempty"`
	To     time.Time `json:"to"` // the digest's end, the spike's hour
}

func (s subject) String() string {
	b, _ := json.Marshal(s) // plain values cannot fail
	return string(b)
}

func parseSubject(text string) (subject, error) {
	var s subject
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return s, mention.Final(fmt.Errorf("subject of a digest: %w", err))
	}
	return s, nil
}

// spikeDigest tells the spike of a notice as the hour stands now.
func (m *Maker) spikeDigest(ctx context.Context, n mention.Notice, lang string) (mention.Digest, error) {
	sub, err := parseSubject(n.Subject)
	if err != nil {
		return mention.Digest{}, err
	}
	end := sub.To.Add(time.Hour)
	if now := m.Now(); now.Before(end) {
		end = now
	} else {
		end = end.Add(-time.Nanosecond) // still within the hour
	}
	s, _, err := m.Spike(ctx, SpikeRule{AtLeast: 1}, sub.Brand, end.In(m.Zone))
	if err != nil {
		return mention.Digest{}, err
	}
	worst, err := m.Archive.Worst(ctx, mention.Scope{From: s.From, To: s.To, Brands: []string{sub.Brand}, Tasked: true}, quotes)
	if err != nil {
		return mention.Digest{}, fmt.Errorf("complaints of a spike: %w", err)
	}
	t := newTongue(lang)
	clock := func(at time.Time) string { return at.In(m.Zone).Format("15:04") }
	d := digester{m, &Report{Complaints: worst}, t, mention.Digest{Title: t.Say("A spike of complaints: %s", sub.Brand), URL: m.Base}}
	d.out.Sections = []mention.Section{{Title: t.Moment(s.From.In(m.Zone)), Lines: []mention.Line{
		{Text: t.Say("%s complaints from %s to %s; yesterday in this hour %s, a week ago %s",
			t.Count(s.Count), clock(s.From), clock(s.To), t.Count(s.Yesterday), t.Count(s.LastWeek))},
		{Text: t.Say("chance of such a difference by accident: %s at most", strconv.FormatFloat(s.Chance, 'g', 2, 64))},
	}}}
	d.complaints()
	return d.out, nil
}

// Tell returns what a digest or spike notice says, counted now.
func (m *Maker) Tell(ctx context.Context, n mention.Notice, lang string) (mention.Digest, error) {
	if n.Kind == mention.SpikeNotice {
		return m.spikeDigest(ctx, n, lang)
	}
	sub, err := parseSubject(n.Subject)
	if err != nil {
		return mention.Digest{}, err
	}
	q := Query{From: sub.To.In(m.Zone).AddDate(0, 0, -1), To: sub.To}
	title := "Daily digest"
	if sub.Period == Weekly {
		q.From, title = sub.To.In(m.Zone).AddDate(0, 0, -7), "Weekly digest"
	}
	if sub.Brand != "" {
		q.Brands = []string{sub.Brand}
	}
	return m.summary(ctx, q, title, sub.Brand, lang)
}
