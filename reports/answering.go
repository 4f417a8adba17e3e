package reports

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"otklik/mention"
)

// Span is a length of time; in JSON it is whole seconds.
type Span time.Duration

// MarshalJSON writes whole seconds.
func (s Span) MarshalJSON() ([]byte, error) {
	return json.Marshal(int64(time.Duration(s).Round(time.Second) / time.Second))
}

// Norm counts the complaints by one norm.
type Norm struct {
	Name    string `json:"name"` // take, acknowledge, answer or visible
	Met     int    `json:"met"`
	Missed  int    `json:"missed"`
	Waiting int    `json:"waiting"` // the deadline is ahead
}

// Share returns the part of met among met and missed, and whether there is any.
func (n Norm) Share() (float64, bool) {
	if n.Met+n.Missed == 0 {
		return 0, false
	}
	return float64(n.Met) / float64(n.Met+n.Missed), true
}

// Payer says whom an interval is charged to.
type Payer string

// Whom intervals are charged to.
const (
	System Payer = "system" // our crawling and delivery
	People Payer = "people"
	Site   Payer = "site" // its moderation, and our look at the page
)

// Interval is the time between two of the six moments of a complaint.
type Interval struct {
	Name string `json:"name"` // crawl, delivery, take, answer or visible
	Paid Payer  `json:"charged_to"`
	// Working is set when only working time counts.
	Working   bool     `json:"working_time"`
	Count     int      `json:"count"`
	Median    Span     `json:"median_seconds"`
	P95       Span     `json:"p95_seconds"`
	Histogram []Bucket `json:"histogram"`
	// Unknown counts complaints that could not be measured: the site shows
	// only the date.
	Unknown int `json:"unknown,omitempty"`

	spans []time.Duration
}

// Bucket counts what took at most UpTo and more than the bucket before; the
// last bucket has no bound.
type Bucket struct {
	UpTo  Span `json:"up_to_seconds,omitempty"`
	Count int  `json:"count"`
}

// edges are the bounds of all histograms, so that they can be compared.
func edges() []time.Duration {
	return []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour,
		4 * time.Hour, 12 * time.Hour, 24 * time.Hour, 72 * time.Hour}
}

// bucketOf is the place of d in a histogram.
func bucketOf(d time.Duration) int {
	b, _ := slices.BinarySearch(edges(), d)
	return b
}

// close makes the statistics of what was added.
func (i *Interval) close() {
	slices.Sort(i.spans)
	i.Count = len(i.spans)
	i.Median, i.P95 = Span(quantile(i.spans, 0.5)), Span(quantile(i.spans, 0.95))
	bounds := edges()
	i.Histogram = make([]Bucket, len(bounds)+1)
	for b, edge := range bounds {
		i.Histogram[b].UpTo = Span(edge)
	}
	for _, d := range i.spans {
		i.Histogram[bucketOf(d)].Count++
	}
}

// quantile returns the smallest of sorted that at least the part q does not exceed.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(math.Ceil(q*float64(len(sorted)))-1))]
}

// Person is how one person answered. People are measured by answering, never
// by how few complaints there are.
type Person struct {
	mention.Actor
	Taken          int  `json:"taken"`
	TakenInNorm    int  `json:"taken_in_norm"`
	TakeNorms      int  `json:"take_norms"` // taken tasks that had the norm
	Answered       int  `json:"answered"`
	AnsweredInNorm int  `json:"answered_in_norm"`
	AnswerNorms    int  `json:"answer_norms"`
	MedianTake     Span `json:"median_take_seconds"`   // working time
	MedianAnswer   Span `json:"median_answer_seconds"` // working time

	takes, answers []time.Duration
}

// answered collects what tasks say of answering.
type answered struct {
	report  *Report
	norms   [4]Norm
	between [5]Interval
	people  map[string]*Person
	working func(norm string, a, b time.Time) time.Duration
	now     time.Time
	// counted hears of each figure that the present task counts for; optional.
	counted func(figure string)
}

// counts tells the figure that the present task counts for, by its path.
func (a *answered) counts(path ...string) {
	if a.counted != nil {
		a.counted(strings.Join(path, "."))
	}
}

// The order of norms and intervals in a report.
const (
	byTake = iota
	byAcknowledge
	byAnswer
	byVisible
)

const (
	ofCrawl = iota
	ofDelivery
	ofTake
	ofAnswer
	ofVisible
)

// answering fills norms, intervals and people from the complaints' tasks.
func (m *Maker) answering(r *Report, of *answers) {
	a := m.newAnswered(r)
	for _, t := range of.timings {
		a.add(t)
	}
	for i := range a.between {
		a.between[i].close()
	}
	r.Norms, r.Intervals, r.People = a.norms[:], a.between[:], a.list()
}

func (m *Maker) newAnswered(r *Report) *answered {
	a := &answered{report: r, people: map[string]*Person{}, working: m.Working, now: r.MadeAt}
	for i, name := range [...]string{"take", "acknowledge", "answer", "visible"} {
		a.norms[i].Name = name
	}
	for i, name := range [...]string{"crawl", "delivery", "take", "answer", "visible"} {
		a.between[i] = Interval{Name: name, Paid: [...]Payer{System, System, People, People, Site}[i], Working: i == ofTake || i == ofAnswer}
	}
	return a
}

// add counts one task; only complaints are counted.
func (a *answered) add(t mention.Timing) {
	if t.Task.Kind != mention.Complaint {
		return
	}
	a.measure(t)
	a.judge(t.Task)
	if t.Task.OnSite {
		a.report.OnSite++
		a.counts(figureOnSite)
	}
	if t.Task.Unverifiable {
		a.report.Unverifiable++
		a.counts(figureUnverifiable)
	}
	if t.Task.State == mention.Dismissed {
		a.report.Dismissed++
		a.counts(figureDismissed)
	}
}

// took adds one length of time to an interval.
func (a *answered) took(interval int, d time.Duration) {
	i := &a.between[interval]
	i.spans = append(i.spans, max(0, d))
	a.counts(figureInterval, i.Name)
	a.counts(figureInterval, i.Name, strconv.Itoa(bucketOf(max(0, d))))
}

// started is when people's clock began: with the delivery, and anew with a
// reopening.
func started(t mention.Task) time.Time {
	if t.ReopenedAt.After(t.DeliveredAt) {
		return t.ReopenedAt
	}
	return t.DeliveredAt
}

// measure adds the intervals between the six times.
func (a *answered) measure(t mention.Timing) {
	task, start := t.Task, started(t.Task)
	switch {
	case t.PublishedAt.IsZero():
	case isDateOnly(t.PublishedAt):
		a.between[ofCrawl].Unknown++
	default:
		a.took(ofCrawl, t.CollectedAt.Sub(t.PublishedAt))
	}
	if !task.DeliveredAt.IsZero() {
		a.took(ofDelivery, task.DeliveredAt.Sub(t.CollectedAt))
	}
	if !start.IsZero() && !task.TakenAt.IsZero() {
		d := a.working(task.Norm, start, task.TakenAt)
		a.took(ofTake, d)
		if p := a.person(task.Owner); p != nil {
			p.takes = append(p.takes, d)
		}
	}
	if !task.TakenAt.IsZero() && !task.AnsweredAt.IsZero() {
		d := a.working(task.Norm, task.TakenAt, task.AnsweredAt)
		a.took(ofAnswer, d)
		if p := a.person(task.AnsweredBy); p != nil {
			p.answers = append(p.answers, d)
		}
	}
	if !task.AnsweredAt.IsZero() && !task.ConfirmedAt.IsZero() && !task.OnSite {
		a.took(ofVisible, task.ConfirmedAt.Sub(task.AnsweredAt))
	}
}

// isDateOnly reports whether the site shows the day alone: midnight to the
// second is hardly ever a time.
func isDateOnly(t time.Time) bool {
	h, m, s := t.Clock()
	return h == 0 && m == 0 && s == 0
}

// judge counts the task by its norms and credits people.
func (a *answered) judge(t mention.Task) {
	took := firstOf(t.TakenAt, t.DismissedAt, t.AnsweredAt)
	if met, known := a.meet(byTake, took, t.Due.Take); !t.TakenAt.IsZero() {
		if p := a.person(t.Owner); p != nil {
			p.Taken++
			p.TakeNorms += one(known)
			p.TakenInNorm += one(known && met)
			a.counts(figurePerson, figureTaken, p.ID)
		}
	}
	if t.State == mention.Dismissed {
		return // no answer was needed
	}
	a.meet(byAcknowledge, firstOf(t.AcknowledgedAt, t.AnsweredAt), t.Due.Acknowledge)
	met, known := a.meet(byAnswer, t.AnsweredAt, firstOf(t.PromisedAt, t.Due.Answer))
	if t.AnsweredAt.IsZero() {
		return
	}
	if p := a.person(t.AnsweredBy); p != nil {
		p.Answered++
		p.AnswerNorms += one(known)
		p.AnsweredInNorm += one(known && met)
		a.counts(figurePerson, figureAnswered, p.ID)
	}
	switch {
	case t.Unverifiable: // counted apart
	case !t.ConfirmedAt.IsZero() && t.Due.Visible.IsZero():
		a.met(byVisible)
	case !t.NotVisibleAt.IsZero():
		a.missed(byVisible)
	default:
		a.meet(byVisible, t.ConfirmedAt, t.Due.Visible)
	}
}

// meet counts one task by a norm and says whether it was met, and whether
// that is known yet.
func (a *answered) meet(norm int, at, due time.Time) (met, known bool) {
	switch {
	case due.IsZero():
		return false, false
	case !at.IsZero() && !at.After(due):
		a.met(norm)
		return true, true
	case !at.IsZero() || a.now.After(due):
		a.missed(norm)
		return false, true
	}
	a.norms[norm].Waiting++
	a.counts(figureNorm, a.norms[norm].Name, figureWaiting)
	return false, false
}

func (a *answered) met(norm int) {
	a.norms[norm].Met++
	a.counts(figureNorm, a.norms[norm].Name, figureMet)
}

func (a *answered) missed(norm int) {
	a.norms[norm].Missed++
	a.counts(figureNorm, a.norms[norm].Name, figureMissed)
}

func firstOf(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// person returns who is credited, nil when it was no person.
func (a *answered) person(who mention.Actor) *Person {
	if !who.IsPerson() {
		return nil
	}
	if a.people[who.ID] == nil {
		a.people[who.ID] = &Person{Actor: who}
	}
	return a.people[who.ID]
}

// list returns the people, who answered most first.
func (a *answered) list() []Person {
	var out []Person
	for _, p := range a.people {
		slices.Sort(p.takes)
		slices.Sort(p.answers)
		p.MedianTake, p.MedianAnswer = Span(quantile(p.takes, 0.5)), Span(quantile(p.answers, 0.5))
		out = append(out, *p)
	}
	slices.SortFunc(out, func(x, y Person) int {
		return cmp.Or(cmp.Compare(y.Answered, x.Answered), cmp.Compare(y.Taken, x.Taken), cmp.Compare(x.ID, y.ID))
	})
	return out
}
