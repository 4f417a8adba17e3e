package reports

import (
	"strconv"
	"strings"
	"time"
)

// table is a part of a report as rows, for spreadsheets and CSV.
type table struct {
	title   string
	columns []string
	rows    [][]cell
}

// cell holds a text, a number, a fraction (shown as per cent), a length of
// time or a moment.
type cell any

type fraction float64

// tables returns the report's figures as tables, in the order of the page.
func (m *Maker) tables(r *Report, t tongue) []table {
	return []table{
		m.daysTable(r, t), m.rowsTable(t, "By source", "Source", r.Sources, func(s string) string { return m.site(s, t.lang) }),
		m.rowsTable(t, "By topic", "Topic", r.Topics, t.Topic), voiceTable(r, t), scoresTable(r, t), normsTable(r, t),
		intervalsTable(r, t), peopleTable(r, t), m.complaintsTable(r, t), coverageTable(r, t),
	}
}

func (t tongue) all(phrases ...string) []string {
	out := make([]string, len(phrases))
	for i, p := range phrases {
		out[i] = t.Say(p)
	}
	return out
}

func (c Counts) cells() []cell {
	out := []cell{c.Mentions, c.Negative, c.Neutral, c.Positive, c.Unclassified, c.Rated}
	if average, known := c.Average(); known {
		return append(out, average)
	}
	return append(out, nil)
}

// countColumns are the heads of Counts.cells.
func countColumns() []string {
	return []string{"Mentions", "Negative", "Neutral", "Positive", "Not classified", "Rated", "Average rating"}
}

func (m *Maker) daysTable(r *Report, t tongue) table {
	out := table{t.Say("Mentions by day"), t.all(append(append([]string{"Day"}, countColumns()...), "a source was not seen")...), nil}
	for _, d := range r.Days {
		out.rows = append(out.rows, append(append([]cell{d.Day}, d.cells()...), one(d.Blind)))
	}
	return out
}

func (m *Maker) rowsTable(t tongue, title, name string, rows []Row, call func(string) string) table {
	out := table{t.Say(title), t.all(append([]string{name}, countColumns()...)...), nil}
	for _, row := range rows {
		out.rows = append(out.rows, append([]cell{call(row.Name)}, row.cells()...))
	}
	return out
}

func voiceTable(r *Report, t tongue) table {
	out := table{t.Say("Share of voice"), t.all(append([]string{"Brand", "Kind", "Share"}, countColumns()...)...), nil}
	for _, v := range r.Voice {
		kind := "competitor"
		if v.Own {
			kind = "own"
		}
		out.rows = append(out.rows, append([]cell{v.Brand, t.Say(kind), fraction(v.Part)}, v.cells()...))
	}
	return out
}

func scoresTable(r *Report, t tongue) table {
	out := table{t.Say("Surveys"), t.all("Score", "Answers", "Value", "Good", "Bad"), nil}
	for _, s := range r.Scores {
		out.rows = append(out.rows, []cell{strings.ToUpper(s.Kind), s.Answers, s.Value, s.Good, s.Bad})
	}
	return out
}

func normsTable(r *Report, t tongue) table {
	out := table{t.Say("Norms"), t.all("Norm", "Met", "Missed", "Waiting", "Part met"), nil}
	for _, n := range r.Norms {
		row := []cell{t.NormName(n.Name), n.Met, n.Missed, n.Waiting, nil}
		if share, known := n.Share(); known {
			row[4] = fraction(share)
		}
		out.rows = append(out.rows, row)
	}
	for _, extra := range []struct {
		phrase string
		n      int
	}{
		{"Answered, cannot be verified: %s", r.Unverifiable}, {"Answered on the site without a claim: %s", r.OnSite}, {"Dismissed, no answer needed: %s", r.Dismissed},
	} {
		out.rows = append(out.rows, []cell{t.Say(extra.phrase, t.Count(extra.n))})
	}
	return out
}

func intervalsTable(r *Report, t tongue) table {
	out := table{t.Say("Where the time went"), t.all("Interval", "Charged to", "Count", "Median", "95 of 100 within"), nil}
	out.columns = append(out.columns, bucketLabels(t)...)
	for _, i := range r.Intervals {
		row := []cell{t.IntervalName(i.Name), t.PayerName(i.Paid), i.Count, i.Median, i.P95}
		for _, b := range i.Histogram {
			row = append(row, b.Count)
		}
		out.rows = append(out.rows, row)
	}
	return out
}

// bucketLabels name the buckets of a histogram.
func bucketLabels(t tongue) []string {
	var out []string
	for _, edge := range edges() {
		out = append(out, t.Say("up to %s", t.Span(Span(edge))))
	}
	return append(out, t.Say("longer"))
}

func peopleTable(r *Report, t tongue) table {
	out := table{t.Say("People"), t.all("Person", "Taken", "Taken in norm", "Median to take", "Answered", "Answered in norm", "Median to answer"), nil}
	for _, p := range r.People {
		out.rows = append(out.rows, []cell{p.name(), p.Taken, p.TakenInNorm, p.MedianTake, p.Answered, p.AnsweredInNorm, p.MedianAnswer})
	}
	return out
}

// name is what people call p.
func (p Person) name() string {
	if p.Actor.Name != "" {
		return p.Actor.Name
	}
	return p.ID
}

func (m *Maker) complaintsTable(r *Report, t tongue) table {
	out := table{t.Say("Top complaints"), t.all("Brand", "Source", "Published", "Author", "Rating", "Text", "Link"), nil}
	for _, c := range r.Complaints {
		row := []cell{c.Brand, m.site(c.Source, t.lang), nil, c.Author, nil, c.Words(), c.URL}
		if !c.PublishedAt.IsZero() {
			row[2] = c.PublishedAt
		}
		if stars := c.Stars(); stars > 0 {
			row[4] = stars
		}
		out.rows = append(out.rows, row)
	}
	return out
}

func coverageTable(r *Report, t tongue) table {
	out := table{t.Say("Coverage"), t.all("Source", "Since", "Until", "For", "Why"), nil}
	for _, line := range coverageLines(t, r) {
		out.rows = append(out.rows, []cell{line})
	}
	if n := r.Coverage.Unclassified; n > 0 {
		out.rows = append(out.rows, []cell{t.Say("not classified") + ": " + t.Count(n)})
	}
	for _, b := range r.Coverage.Unseen {
		out.rows = append(out.rows, []cell{b.Title, nil, b.To, Span(b.For()), t.Say("never")})
	}
	for _, b := range r.Coverage.Blind {
		out.rows = append(out.rows, []cell{b.Title, b.From, b.To, Span(b.For()), t.Verdict(b.Verdict)})
	}
	return out
}

// coverageLines say in sentences how much was seen.
func coverageLines(t tongue, r *Report) []string {
	c := r.Coverage
	var out []string
	switch {
	case c.Sources == 0:
		out = append(out, t.Say("No source is watched: these figures say nothing about silence."))
	case c.Complete():
		out = append(out, t.Say("All %s sources were seen all the time.", t.Count(c.Sources)))
	default:
		out = append(out, t.Say("Not everything was seen: these figures are a lower bound."),
			t.Say("seen %s of the time of %s sources", t.Percent(c.Seen), t.Count(c.Sources)))
	}
	if c.LagCount > 0 {
		out = append(out, t.Say("from publication to discovery: 95 of 100 complaints within %s", t.Span(c.LagP95)))
	}
	return out
}

// plain writes a cell as text that a program can read: seconds for lengths of
// time, ISO for moments, a point in fractions.
func plain(c cell) string {
	switch v := c.(type) {
	case nil:
		return ""
	case string:
		return v
	case int:
		return strconv.Itoa(v)
	case fraction:
		return strconv.FormatFloat(float64(v), 'f', 4, 64)
	case float64:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case Span:
		return strconv.FormatInt(int64(time.Duration(v)/time.Second), 10)
	case time.Time:
		if h, m, s := v.Clock(); h == 0 && m == 0 && s == 0 {
			return v.Format(time.DateOnly)
		}
		return v.Format(time.RFC3339)
	}
	return ""
}
