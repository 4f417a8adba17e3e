package reports

import (
	"context"
	"fmt"
	"net/url"
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
	// praised is how many thanks to be said a digest quotes of a brand, and
	// praiseWords bounds each in letters.
	praised     = 3
	praiseWords = 120
)

// Digest tells r in lang for a channel. url is where the whole report is to
// be read, empty when nowhere.
func (m *Maker) Digest(ctx context.Context, r *Report, title, lang, url string) (mention.Digest, error) {
	d := digester{m, r, newTongue(lang), mention.Digest{Title: title, URL: url}}
	d.said()
	d.complaints()
	err := d.thanks(ctx)
	d.tasks()
	d.norms()
	d.blind()
	return d.out, err
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
		lines = append(lines, d.quote(c, quoted))
	}
	d.section("Top complaints", lines...)
}

// quote tells a mention by stars, site and its own words, cut at limit.
func (d *digester) quote(m mention.Mention, limit int) mention.Line {
	body := m.Text
	if strings.TrimSpace(body) == "" {
		body = m.Pros + " " + m.Cons
	}
	words := strings.Join(strings.Fields(body), " ")
	switch title := strings.Join(strings.Fields(m.Title), " "); {
	case words == "":
		words = title
	case title != "" && !strings.HasPrefix(words, title):
		words = title + " — " + words
	}
	if words == "" {
		words = d.t.Say("no text")
	}
	site := d.m.site(m.Source, d.t.lang)
	return mention.Line{Text: fmt.Sprintf("%s: «%s»", strings.TrimSpace(d.t.Stars(m.Stars())+" "+site), clip(words, limit)), URL: m.URL}
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

// thanks lists the quiet tasks by brand, with the latest of each: nobody is
// pinged for praise. The brand leads to its list in the inbox.
func (d *digester) thanks(ctx context.Context) error {
	byBrand := map[string]int{}
	for _, w := range d.r.Backlog {
		if w.Kind == mention.Thanks && w.State != mention.Answered {
			byBrand[w.Brand] += w.Tasks
		}
	}
	var lines []mention.Line
	for _, brand := range d.r.Brands {
		n := byBrand[brand]
		if n == 0 {
			continue
		}
		line := mention.Line{Text: d.t.Say("%s: %s", brand, d.t.Count(n))}
		if d.m.Base != "" {
			line.URL = strings.TrimSuffix(d.m.Base, "/") + "/?" + url.Values{"brand": {brand}, "kind": {string(mention.Thanks)}}.Encode()
		}
		lines = append(lines, line)
		if d.m.Praise == nil {
			continue
		}
		latest, err := d.m.Praise(ctx, brand, praised)
		if err != nil {
			return fmt.Errorf("read praise of %s: %w", brand, err)
		}
		for _, p := range latest {
			lines = append(lines, d.quote(p, praiseWords))
		}
	}
	d.section("Say thank you", lines...)
	return nil
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
func (m *Maker) Summary(ctx context.Context, since time.Time, lang string) (mention.Digest, error) {
	return m.summary(ctx, Query{From: since, To: m.Now()}, "Digest", "", lang)
}

// summary makes the digest of q under a title that says which time it is about.
func (m *Maker) summary(ctx context.Context, q Query, title, brand, lang string) (mention.Digest, error) {
	r, err := m.Make(ctx, q)
	if err != nil {
		return mention.Digest{}, err
	}
	t := newTongue(lang)
	head := t.Say(title) + ", " + t.Moment(r.From) + " – " + t.Moment(r.To)
	if brand != "" {
		head += ", " + brand
	}
	address := ""
	if m.Base != "" {
		address = Address(m.Base, q)
	}
	return m.Digest(ctx, r, head, lang, address)
}
