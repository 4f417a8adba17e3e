package reports

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strconv"
	"strings"
	"time"

	"otklik/mention"
)

//go:embed report.html
var page string

//go:embed report.css
var css string

// Choice is what the page's form offers: brands and sites.
type Choice struct {
	Brands  []string
	Sources []string
}

// View says how a report's page is shown.
type View struct {
	Lang string
	// Base is the address of the inbox, without the last slash; numbers link
	// to the mentions behind them when Linked is set.
	Base   string
	Linked bool
	// Theme is light, dark, or auto when empty.
	Theme string
	// Menu leads to the parts of the inbox; none in a file.
	Menu []mention.MenuItem
	// Form shows the filters and downloads; nil in a file.
	Form *Choice
}

// sheet is what the template shows: the report with its drawings.
type sheet struct {
	tongue
	*Report
	View
	maker *Maker
	CSS   template.CSS
	query Query
}

// WriteHTML writes r as one page that needs nothing else: styles and drawings
// are within. It prints on paper as it is.
func (m *Maker) WriteHTML(w io.Writer, r *Report, v View) error {
	t, err := parsePage("report", page)
	if err != nil {
		return fmt.Errorf("read the page of reports: %w", err)
	}
	s := sheet{newTongue(v.Lang), r, v, m, template.CSS(css), Query{From: r.From, To: r.To, Source: r.Source}}
	if len(r.Brands) != len(m.Brands) {
		s.query.Brands = r.Brands
	}
	if err := t.Execute(w, s); err != nil {
		return fmt.Errorf("write the page of a report: %w", err)
	}
	return nil
}

// parsePage reads the page called name. It may use the parts that the report's
// own page begins with.
func parsePage(name, text string) (*template.Template, error) {
	t, err := template.New("report").Parse(page)
	if err != nil || text == page {
		return t, err
	}
	return t.New(name).Parse(text)
}

// styleHash allows the page's own style and no other (CSP level 2, hashes).
func styleHash() string {
	sum := sha256.Sum256([]byte(css))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// Heading names the report.
func (s sheet) Heading() string { return s.Say("Report") + ": " + s.Period(s.From, s.To) }

// Who names the brands that the report is about.
func (s sheet) Who() string { return strings.Join(s.Brands, ", ") }

// SourceName is what people call the site that the report is limited to.
func (s sheet) SourceName() string { return s.maker.site(s.Source, s.Lang) }

// CoverageLines and BlindLines say what was and was not seen.
func (s sheet) CoverageLines() []string { return coverageLines(s.tongue, s.Report) }

// BlindLines name what was not seen.
func (s sheet) BlindLines() []mention.Line { return blindLines(s.tongue, s.Report) }

// tile is a figure in the head of the page.
type tile struct {
	Label, Value, Note, Link, Class string
}

// Tiles are the figures that are read first.
func (s sheet) Tiles() []tile {
	t, c, before := s.tongue, s.Total, s.Before
	rating, note := "—", t.Say("no ratings")
	if average, known := c.Average(); known {
		rating, note = t.Decimal(average)+" ★", t.Say("%s ratings", t.Count(c.Rated))
	}
	tiles := []tile{
		{t.Say("Mentions"), t.Count(c.Mentions), t.Say("%s before", t.Count(before.Mentions)), s.link(), ""},
		{t.Say("Negative"), t.Count(c.Negative), t.Percent(c.Share(c.Negative)) + " " + t.Say("of all mentions") + "; " + t.Say("%s before", t.Count(before.Negative)), s.link("tone", "negative"), "neg"},
		{t.Say("Average rating"), rating, note, s.rated(c), ""},
	}
	for _, at := range []struct {
		norm  int
		label string
	}{{byTake, "Taken in norm"}, {byAnswer, "Answered in norm"}} {
		n := s.Norms[at.norm]
		next := tile{Label: t.Say(at.label), Value: "—", Note: t.Say("no complaints with this norm")}
		if share, known := n.Share(); known {
			next.Value, next.Note = t.Percent(share), t.Say("%s of %s", t.Count(n.Met), t.Count(n.Met+n.Missed))
			next.Link = s.behind(n.Missed, figureNorm, n.Name, figureMissed)
		}
		tiles = append(tiles, next)
	}
	median := tile{Label: t.Say("Median time to answer"), Value: "—", Note: t.Say("in working time, from taking")}
	if i := s.Intervals[ofAnswer]; i.Count > 0 {
		median.Value, median.Link = t.Span(i.Median), s.behind(i.Count, figureInterval, i.Name)
	}
	return append(tiles, median)
}

// Chart is the drawing of tone by day.
func (s sheet) Chart() columns {
	return drawDays(s.Report, s.tongue, func(from, to time.Time) string {
		return s.link("from", from.Format(time.DateOnly), "to", to.AddDate(0, 0, -1).Format(time.DateOnly))
	})
}

// line is a row of a table with its drawing.
type line struct {
	Name    string
	Counts  Counts
	Average string
	Strip   strip
	Link    string
	NegLink string
	Note    string
	Share   string
}

// maxLines bounds the rows of a table on the page; the files have all.
const maxLines = 15

func (s sheet) lines(rows []Row, filter string, call func(string) string) []line {
	widest := 0
	for _, r := range rows {
		widest = max(widest, r.Mentions)
	}
	var out []line
	for _, r := range rows[:min(maxLines, len(rows))] {
		l := line{Name: call(r.Name), Counts: r.Counts, Strip: tones(r.Counts, widest, s.tongue),
			Link: s.link(filter, r.Name), NegLink: s.link(filter, r.Name, "tone", "negative")}
		if average, known := r.Average(); known {
			l.Average = s.Decimal(average)
		}
		out = append(out, l)
	}
	return out
}

// SourceLines and TopicLines are the tables of sites and topics.
func (s sheet) SourceLines() []line {
	return s.lines(s.Report.Sources, "source", func(name string) string { return s.maker.site(name, s.Lang) })
}

// TopicLines is the table of topics.
func (s sheet) TopicLines() []line { return s.lines(s.Topics, "topic", s.Topic) }

// VoiceLines is the table of brands, competitors among them.
func (s sheet) VoiceLines() []line {
	widest := 0
	for _, v := range s.Voice {
		widest = max(widest, v.Mentions)
	}
	var out []line
	for _, v := range s.Voice {
		note := "competitor"
		if v.Own {
			note = "own"
		}
		l := line{Name: v.Brand, Counts: v.Counts, Strip: tones(v.Counts, widest, s.tongue), Link: s.link("brand", v.Brand),
			NegLink: s.link("brand", v.Brand, "tone", "negative"), Note: s.Say(note), Share: s.Percent(v.Part)}
		if average, known := v.Average(); known {
			l.Average = s.Decimal(average)
		}
		out = append(out, l)
	}
	return out
}

// normLine is one norm with its bar.
type normLine struct {
	Name, Share          string
	Met, Missed, Waiting number
	Strip                strip
}

// NormLines are the norms that any complaint had.
func (s sheet) NormLines() []normLine {
	var out []normLine
	for _, n := range s.Norms {
		whole := n.Met + n.Missed + n.Waiting
		if whole == 0 {
			continue
		}
		l := normLine{Name: s.NormName(n.Name), Share: "—", Met: s.number(n.Met, figureNorm, n.Name, figureMet),
			Missed: s.number(n.Missed, figureNorm, n.Name, figureMissed), Waiting: s.number(n.Waiting, figureNorm, n.Name, figureWaiting)}
		if share, known := n.Share(); known {
			l.Share = s.Percent(share)
		}
		l.Strip = drawStrip(whole, l.Name, piece{Width: float64(n.Met), Class: "pos"}, piece{Width: float64(n.Missed), Class: "neg"}, piece{Width: float64(n.Waiting), Class: "neu"})
		out = append(out, l)
	}
	return out
}

// aside is a figure in a sentence of its own.
type aside struct {
	Name   string
	Number number
}

// Asides are what the norms do not count.
func (s sheet) Asides() []aside {
	var out []aside
	for _, a := range []struct {
		figure string
		n      int
	}{{figureUnverifiable, s.Unverifiable}, {figureOnSite, s.OnSite}, {figureDismissed, s.Dismissed}} {
		if a.n > 0 {
			out = append(out, aside{s.figure(a.figure), s.number(a.n, a.figure)})
		}
	}
	return out
}

// intervalLine is one interval with its histogram.
type intervalLine struct {
	Name, Payer, MedianText, P95Text, Note string
	Count                                  number
	Chart                                  histogram
}

// IntervalLines are the intervals between the six moments.
func (s sheet) IntervalLines() []intervalLine {
	var out []intervalLine
	for _, i := range s.Intervals {
		l := intervalLine{Count: s.number(i.Count, figureInterval, i.Name), Name: s.IntervalName(i.Name), Payer: s.PayerName(i.Paid), MedianText: "—", P95Text: "—", Chart: drawHistogram(i, s.tongue, func(n, bucket int) string { return s.behind(n, figureInterval, i.Name, strconv.Itoa(bucket)) })}
		if i.Count > 0 {
			l.MedianText, l.P95Text = s.Span(i.Median), s.Span(i.P95)
		}
		if i.Working {
			l.Note = s.Say("working time")
		}
		if i.Unknown > 0 {
			l.Note = s.Say("date only: %s", s.Count(i.Unknown))
		}
		out = append(out, l)
	}
	return out
}

// Axis names some of the bounds of the histograms' columns, under which they end.
func (s sheet) Axis() []string {
	out := make([]string, len(edges())+1)
	for i, edge := range edges() {
		if i%2 == 0 {
			out[i] = s.Span(Span(edge))
		}
	}
	return out
}

// HasIntervals reports whether any complaint was measured.
func (s sheet) HasIntervals() bool {
	for _, i := range s.Intervals {
		if i.Count > 0 {
			return true
		}
	}
	return false
}

// personLine is one person's row.
type personLine struct {
	Name, Link, TakenNorm, Take, AnsweredNorm, Answer string
	Taken, Answered                                   number
}

// PeopleLines are the people who answered.
func (s sheet) PeopleLines() []personLine {
	part := func(met, of int) string {
		if of == 0 {
			return "—"
		}
		return s.Percent(float64(met) / float64(of))
	}
	span := func(d Span, n int) string {
		if n == 0 {
			return "—"
		}
		return s.Span(d)
	}
	var out []personLine
	for _, p := range s.People {
		out = append(out, personLine{Name: p.name(), Link: s.tasks("owner", p.ID, "state", "open,taken,answered,confirmed,dismissed", "from", s.FromDay(), "to", s.LastDay()), TakenNorm: part(p.TakenInNorm, p.TakeNorms), Take: span(p.MedianTake, p.Taken),
			AnsweredNorm: part(p.AnsweredInNorm, p.AnswerNorms), Answer: span(p.MedianAnswer, p.Answered),
			Taken: s.number(p.Taken, figurePerson, figureTaken, p.ID), Answered: s.number(p.Answered, figurePerson, figureAnswered, p.ID)})
	}
	return out
}

// ScoreLines tell the surveys.
func (s sheet) ScoreLines() []aside {
	var out []aside
	for _, score := range s.Scores {
		out = append(out, aside{scoreLine(s.tongue, score) + " · " + s.Say("Answers"), number{s.Count(score.Answers), s.link("label", score.Kind+":")}})
	}
	return out
}

// Toneless counts the mentions whose tone is not known.
func (s sheet) Toneless() aside {
	return aside{s.Say("not classified"), number{s.Count(s.Coverage.Unclassified), s.link("tone", "none")}}
}

// quote is a complaint in the customer's own words.
type quote struct {
	Stars, Head, Title, Text, Pros, Cons, URL, Link string
}

// longQuote bounds each part of a quote, in characters.
const longQuote = 1200

// Quotes are the complaints that are told verbatim.
func (s sheet) Quotes() []quote {
	var out []quote
	for _, c := range s.Complaints {
		head := []string{s.maker.site(c.Source, s.Lang)}
		if c.Author != "" {
			head = append(head, c.Author)
		}
		if !c.PublishedAt.IsZero() {
			head = append(head, s.Date(c.PublishedAt))
		}
		q := quote{Stars: s.Stars(c.Stars()), Head: strings.Join(head, " · "), Title: c.Title, Text: clip(c.Text, longQuote), Pros: clip(c.Pros, longQuote), Cons: clip(c.Cons, longQuote), URL: c.URL}
		if c.Words() == "" {
			q.Text = s.Say("no text")
		}
		if s.Linked {
			q.Link = s.Base + "/mentions/" + string(c.ID)
		}
		out = append(out, q)
	}
	return out
}

// Now tells what waits at present: complaints, the overdue ones among them,
// and thanks.
func (s sheet) Now() []aside {
	open, overdue := s.Standing()
	thanks := 0
	for _, w := range s.Backlog {
		if w.Kind == mention.Thanks && w.State != mention.Answered {
			thanks += w.Tasks
		}
	}
	var out []aside
	for _, one := range []struct {
		name, kind string
		n          int
		more       []string
	}{{"Complaints", string(mention.Complaint), open, nil}, {"overdue", string(mention.Complaint), overdue, []string{"overdue", "1"}}, {"Thanks to say", string(mention.Thanks), thanks, nil}} {
		if one.n > 0 || one.name == "Complaints" {
			out = append(out, aside{s.Say(one.name), number{s.Count(one.n), s.tasks(append(one.more, "kind", one.kind, "state", "open,taken")...)}})
		}
	}
	return out
}

// Preset is a period that is one click away.
type Preset struct{ Name, URL string }

// Presets are the usual periods.
func (s sheet) Presets() []Preset {
	today := midnight(s.MadeAt)
	tomorrow := today.AddDate(0, 0, 1)
	month := time.Date(today.Year(), today.Month(), 1, 0, 0, 0, 0, today.Location())
	var out []Preset
	for _, p := range []struct {
		name     string
		from, to time.Time
	}{
		{"Today", today, tomorrow}, {"7 days", tomorrow.AddDate(0, 0, -7), tomorrow}, {"30 days", tomorrow.AddDate(0, 0, -30), tomorrow},
		{"This month", month, tomorrow}, {"Last month", month.AddDate(0, -1, 0), month},
	} {
		q := s.query
		q.From, q.To = p.from, p.to
		out = append(out, Preset{s.Say(p.name), "?" + q.values().Encode()})
	}
	return out
}

func midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, t.Location())
}

// FromDay and LastDay fill the form; the last day is included.
func (s sheet) FromDay() string { return s.From.Format(time.DateOnly) }

// LastDay is the last day of the period.
func (s sheet) LastDay() string { return s.To.Add(-time.Nanosecond).Format(time.DateOnly) }

// IsBrand reports whether the report is about the one brand.
func (s sheet) IsBrand(brand string) bool {
	return len(s.query.Brands) == 1 && s.query.Brands[0] == brand
}

// Site is what people call a site.
func (s sheet) Site(site string) string { return s.maker.site(site, s.Lang) }
