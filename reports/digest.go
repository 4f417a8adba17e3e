package reports

import (
	"context"
	"fmt"
	"strings"
	"time"

	"otklik/mention"
)

const (
	// quoted bounds a complaint in a digest, in letters.
	quoted = 300
	// quotes is how many complaints a digest has.
	quotes = 5
	// maxBlind bounds the sources that a digest names.
	maxBlind = 10
)

// Digest tells r in lang for a channel. url is where the whole report is to
// be read, empty when nowhere.
func (m *Maker) Digest(r *Report, title, lang, url string) mention.Digest {
	d := digester{m, r, newTongue(lang), mention.Digest{Title: title, URL: url}}
	d.said()
	d.complaints()
	d.thanks()
	d.tasks()
	d.norms()
	d.blind()
	return d.out
}

type digester struct {
	m   *Maker
	r   *Report
	t   tongue
	out mention.Digest
}

func (d *digester) section(title string, lines ...mention.Line) {
	if len(lines) > 0 {
		d.out.Sections = append(d.out.Sections, mention.Section{Title: d.t.Say(title), Lines: lines})
	}
}

// said counts the mentions. Nothing found is told as what it is: no news, and
// no good news where something was not seen.
func (d *digester) said() {
	total := d.r.Total
	if total.Mentions == 0 {
		phrase := "nothing was found"
		if !d.r.Coverage.Complete() {
			phrase = "nothing was found, but not everything was seen"
		}
		d.section("Said", mention.Line{Text: d.t.Say(phrase)})
		return
	}
	tones := func(c Counts) string {
		return d.t.Say("negative %s, neutral %s, positive %s", d.t.Count(c.Negative), d.t.Count(c.Neutral), d.t.Count(c.Positive))
	}
	lines := []mention.Line{{Text: tones(total)}}
	if len(d.r.Brands) > 1 {
		for _, v := range d.r.Voice {
			if v.Own && v.Mentions > 0 {
				lines = append(lines, mention.Line{Text: v.Brand + ": " + tones(v.Counts)})
			}
		}
	}
	if total.Unclassified > 0 {
		lines = append(lines, mention.Line{Text: d.t.Say("not classified") + ": " + d.t.Count(total.Unclassified)})
	}
	for _, s := range d.r.Scores {
		lines = append(lines, mention.Line{Text: scoreLine(d.t, s)})
	}
	d.section("Said", lines...)
}

// scoreLine tells a survey's score with what it is made of.
func scoreLine(t tongue, s Score) string {
	phrase, value := "satisfied %s, not satisfied %s", t.Percent(s.Value/100)
	switch s.Kind {
	case "nps":
		phrase, value = "promoters %s, detractors %s", fmt.Sprintf("%+.0f", s.Value)
	case "ces":
		phrase, value = "easy %s, hard %s", t.Decimal(s.Value)+" / "+t.Decimal(s.Best)
	}
	return fmt.Sprintf("%s %s (%s)", strings.ToUpper(s.Kind), value, t.Say(phrase, t.Count(s.Good), t.Count(s.Bad)))
}

func (d *digester) complaints() {
	var lines []mention.Line
	for _, c := range d.r.Complaints[:min(quotes, len(d.r.Complaints))] {
		text := strings.Join(strings.Fields(c.Words()), " ")
		if text == "" {
			text = d.t.Say("no text")
		}
		site := d.m.site(c.Source, d.t.lang)
		lines = append(lines, mention.Line{Text: fmt.Sprintf("%s: «%s»", strings.TrimSpace(d.t.Stars(c.Stars())+" "+site), clip(text, quoted)), URL: c.URL})
	}
	d.section("Top complaints", lines...)
}

// site is what people call a site.
func (m *Maker) site(site, lang string) string {
	if title := m.Titles(site, lang); title != "" {
		return title
	}
	return site
}

// clip cuts s at the end of a word within limit letters.
func clip(s string, limit int) string {
	letters := []rune(s)
	if len(letters) <= limit {
		return s
	}
	cut := string(letters[:limit])
	if i := strings.LastIndexByte(cut, ' '); i > len(cut)/2 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " ,.;:—–-") + "…"
}

// thanks lists the quiet tasks by brand: nobody is pinged for praise.
func (d *digester) thanks() {
	byBrand := map[string]int{}
	for _, w := range d.r.Backlog {
		if w.Kind == mention.Thanks && w.State != mention.Answered {
			byBrand[w.Brand] += w.Tasks
		}
	}
	var lines []mention.Line
	for _, brand := range d.r.Brands {
		if n := byBrand[brand]; n > 0 {
			lines = append(lines, mention.Line{Text: d.t.Say("%s: %s", brand, d.t.Count(n))})
		}
	}
	d.section("Say thank you", lines...)
}

// Standing counts the complaints that wait for people.
func (r *Report) Standing() (open, overdue int) {
	for _, w := range r.Backlog {
		if w.Kind != mention.Complaint || w.State == mention.Answered {
			continue
		}
		open += w.Tasks
		overdue += w.Overdue
	}
	return open, overdue
}

func (d *digester) tasks() {
	if open, overdue := d.r.Standing(); open > 0 {
		d.section("Tasks now", mention.Line{Text: d.t.Say("open %s, overdue %s", d.t.Count(open), d.t.Count(overdue))})
	}
}

func (d *digester) norms() {
	var lines []mention.Line
	for _, n := range d.r.Norms {
		if share, known := n.Share(); known {
			of := d.t.Say("%s of %s", d.t.Count(n.Met), d.t.Count(n.Met+n.Missed))
			lines = append(lines, mention.Line{Text: d.t.Say("%s, met %s", d.t.NormName(n.Name), d.t.Percent(share)) + " (" + of + ")"})
		}
	}
	if d.r.Unverifiable > 0 {
		lines = append(lines, mention.Line{Text: d.t.Say("Answered, cannot be verified: %s", d.t.Count(d.r.Unverifiable))})
	}
	d.section("Norms", lines...)
}

func (d *digester) blind() { d.section("Not seen", blindLines(d.t, d.r)...) }

// blindLines name what was not seen, the longest first.
func blindLines(t tongue, r *Report) []mention.Line {
	var lines []mention.Line
	for _, b := range r.Coverage.Unseen {
		since := t.Say("never")
		if !b.Since.IsZero() {
			since = t.Moment(b.Since.In(r.From.Location()))
		}
		lines = append(lines, mention.Line{Text: t.Say("%s: not looked at since %s", b.Title, since)})
	}
	for _, b := range r.Coverage.Blind {
		why := t.Verdict(b.Verdict)
		if b.Now {
			why += ", " + t.Say("since %s", t.Moment(b.Since.In(r.From.Location())))
		}
		lines = append(lines, mention.Line{Text: t.Say("%s: not seen for %s (%s)", b.Title, t.Span(Span(b.For())), why)})
	}
	if more := len(lines) - maxBlind; more > 0 {
		lines = append(lines[:maxBlind], mention.Line{Text: t.Say("and %s more", t.Count(more))})
	}
	return lines
}

// Summary makes the digest of what was said since a moment until now.
func (m *Maker) Summary(ctx context.Context, since time.Time, lang, url string) (mention.Digest, error) {
	r, err := m.Make(ctx, Query{From: since, To: m.Now()})
	if err != nil {
		return mention.Digest{}, err
	}
	return m.Digest(r, newTongue(lang).Say("Digest"), lang, url), nil
}
