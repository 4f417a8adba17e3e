package reports

import (
	"context"
	_ "embed" // the page is a file beside the code
	"errors"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"otklik/mention"
)

// The figures of answering by the first words of their paths: "norm.take.met",
// "interval.answer", "interval.answer.3" (a column of its histogram),
// "person.taken.slack:U1", "dismissed".
const (
	figureNorm         = "norm"
	figureMet          = "met"
	figureMissed       = "missed"
	figureWaiting      = "waiting"
	figureInterval     = "interval"
	figurePerson       = "person"
	figureTaken        = "taken"
	figureAnswered     = "answered"
	figureOnSite       = "onsite"
	figureUnverifiable = "unverifiable"
	figureDismissed    = "dismissed"
)

//go:embed behind.html
var behindPage string

// Behind returns the complaints that count for one figure of q's report, in
// the order in which they came. What counts them for the report finds them
// here, so that the number and the list cannot differ.
func (m *Maker) Behind(ctx context.Context, q Query, figure string) ([]mention.Timing, error) {
	brands := q.Brands
	if len(brands) == 0 {
		brands = m.Brands
	}
	r := &Report{From: q.From.In(m.Zone), To: q.To.In(m.Zone), MadeAt: m.Now().In(m.Zone), Brands: brands, Source: q.Source}
	timings, err := m.Archive.Timings(ctx, m.scope(r, r.Brands))
	if err != nil {
		return nil, fmt.Errorf("list what is behind %s: %w", figure, err)
	}
	var out []mention.Timing
	a, found := m.newAnswered(r), false
	a.counted = func(f string) { found = found || f == figure }
	for _, t := range timings {
		found = false
		if a.add(t); found {
			out = append(out, t)
		}
	}
	return out, nil
}

// behindShown is how many complaints a page of them has.
const behindShown = 50

// behind is what the page of a figure shows.
type behind struct {
	tongue
	View
	CSS        template.CSS
	Name       string
	Total      int
	Period     string
	Back       string
	Prev, Next string
	Lines      []behindLine
}

// behindLine is one complaint behind a figure.
type behindLine struct {
	Task, Link, Site, Stars, Words  string
	Delivered, Taken, Answered, Who string
}

// WriteBehind writes the complaints behind a figure as a page; pages count
// from 0.
func (m *Maker) WriteBehind(ctx context.Context, w io.Writer, q Query, figure string, at int, v View) error {
	all, err := m.Behind(ctx, q, figure)
	if err != nil {
		return err
	}
	t := newTongue(v.Lang)
	b := behind{tongue: t, View: v, CSS: template.CSS(css), Name: t.figure(figure), Total: len(all), Period: t.Period(q.From, q.To), Back: "?" + q.values().Encode()}
	first := min(at*behindShown, len(all))
	page := all[first:min(first+behindShown, len(all))]
	if at > 0 {
		b.Prev = behindAddress("", q, figure, at-1)
	}
	if first+len(page) < len(all) {
		b.Next = behindAddress("", q, figure, at+1)
	}
	for _, timing := range page {
		line, err := m.behindLine(ctx, timing, t, v)
		if err != nil {
			return err
		}
		b.Lines = append(b.Lines, line)
	}
	tmpl, err := parsePage("behind", behindPage)
	if err != nil {
		return fmt.Errorf("read the page behind a figure: %w", err)
	}
	if err := tmpl.Execute(w, b); err != nil {
		return fmt.Errorf("write the page behind a figure: %w", err)
	}
	return nil
}

func (m *Maker) behindLine(ctx context.Context, of mention.Timing, t tongue, v View) (behindLine, error) {
	task := of.Task
	id := strconv.FormatInt(int64(task.ID), 10)
	when := func(at time.Time) string {
		if at.IsZero() {
			return "—"
		}
		return t.Moment(at.In(m.Zone))
	}
	line := behindLine{Task: "M-" + id, Link: v.Base + "/tasks/" + id, Site: m.site(of.Source, t.lang), Words: t.Say("no text"), Who: task.Owner.Name,
		Delivered: when(task.DeliveredAt), Taken: when(task.TakenAt), Answered: when(task.AnsweredAt)}
	view, err := m.Present.View(ctx, task.ID)
	if errors.Is(err, mention.ErrNotFound) {
		return line, nil // it was purged meanwhile
	}
	if err != nil {
		return line, fmt.Errorf("read task %s: %w", id, err)
	}
	line.Stars = t.Stars(view.Mention.Stars())
	if words := strings.Join(strings.Fields(view.Mention.Words()), " "); words != "" {
		line.Words = clip(words, 160)
	}
	return line, nil
}

// behindAddress leads to the complaints behind a figure.
func behindAddress(base string, q Query, figure string, page int) string {
	v := q.values()
	v.Set("behind", figure)
	if page > 0 {
		v.Set("page", strconv.Itoa(page))
	}
	return base + "?" + v.Encode()
}

// isFigure reports whether path can name a figure of answering.
func isFigure(path string) bool {
	words := strings.SplitN(path, ".", 3)
	named := func(allowed ...string) bool { return len(words) > 1 && slices.Contains(allowed, words[1]) }
	switch words[0] {
	case figureNorm:
		return named("take", "acknowledge", "answer", "visible") && len(words) == 3 && slices.Contains([]string{figureMet, figureMissed, figureWaiting}, words[2])
	case figureInterval:
		return named("crawl", "delivery", "take", "answer", "visible")
	case figurePerson:
		return named(figureTaken, figureAnswered) && len(words) == 3
	}
	return len(words) == 1 && slices.Contains([]string{figureOnSite, figureUnverifiable, figureDismissed}, path)
}

// figure names a figure of answering for people.
func (t tongue) figure(path string) string {
	kind, rest, _ := strings.Cut(path, ".")
	name, more, _ := strings.Cut(rest, ".")
	switch kind {
	case figureNorm:
		return t.Say("Norm") + " «" + t.NormName(name) + "»: " + t.Say(map[string]string{figureMet: "Met", figureMissed: "Missed", figureWaiting: "Waiting"}[more])
	case figureInterval:
		said := t.IntervalName(name)
		if i, err := strconv.Atoi(more); err == nil && i >= 0 && i <= len(edges()) {
			said += ": " + bucketLabels(t)[i]
		}
		return said
	case figurePerson:
		return t.Say(map[string]string{figureTaken: "Taken", figureAnswered: "Answered"}[name])
	}
	return t.Say(map[string]string{figureOnSite: "Answered on the site without a claim", figureUnverifiable: "Answered, cannot be verified", figureDismissed: "Dismissed, no answer needed"}[kind])
}
