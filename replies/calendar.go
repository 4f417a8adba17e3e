package replies

import (
	"fmt"
	"sort"
	"time"
)

// period is a stretch of a working day, in minutes from midnight on the wall.
type period struct{ from, to int }

// day is a calendar day without a time zone.
type day struct {
	year  int
	month time.Month
	day   int
}

// Calendar knows when people work. A nil Calendar works round the clock.
type Calendar struct {
	zone     *time.Location
	week     [7][]period // by time.Weekday
	holidays map[day]bool
	// extra are days off that were made working days; Monday's hours apply.
	extra map[day]bool
}

// horizonDays bounds the search for working time: a calendar that has none
// within it is refused by its configuration.
const horizonDays = 3 * 366

// Zone is the time zone in which the calendar's hours are told.
func (c *Calendar) Zone() *time.Location {
	if c == nil {
		return time.UTC
	}
	return c.zone
}

// Add returns the moment at which d of working time has passed since from.
func (c *Calendar) Add(from time.Time, d time.Duration) time.Time {
	if c == nil || d <= 0 {
		return from.Add(max(0, d))
	}
	at := from.In(c.zone)
	for range horizonDays {
		for _, span := range c.spans(at) {
			if !span.to.After(from) {
				continue
			}
			start := later(span.from, from)
			if free := span.to.Sub(start); free >= d {
				return start.Add(d)
			} else {
				d -= free
			}
		}
		at = nextDay(at)
	}
	return from.Add(d)
}

// Between returns the working time from a to b, zero when b is not after a.
func (c *Calendar) Between(a, b time.Time) time.Duration {
	if !b.After(a) {
		return 0
	}
	if c == nil {
		return b.Sub(a)
	}
	var sum time.Duration
	at := a.In(c.zone)
	for range horizonDays {
		if dayStart(at).After(b) {
			break
		}
		for _, span := range c.spans(at) {
			if from, to := later(span.from, a), earlier(span.to, b); to.After(from) {
				sum += to.Sub(from)
			}
		}
		at = nextDay(at)
	}
	return sum
}

// IsWorking reports whether people work at t.
func (c *Calendar) IsWorking(t time.Time) bool {
	if c == nil {
		return true
	}
	for _, span := range c.spans(t.In(c.zone)) {
		if !t.Before(span.from) && t.Before(span.to) {
			return true
		}
	}
	return false
}

type span struct{ from, to time.Time }

// spans returns the working periods of at's day as moments. Wall times that a
// clock change skips or repeats are what time.Date makes of them.
func (c *Calendar) spans(at time.Time) []span {
	y, m, d := at.Date()
	periods := c.week[at.Weekday()]
	switch today := (day{y, m, d}); {
	case c.extra[today]:
		if len(periods) == 0 {
			periods = c.week[time.Monday]
		}
	case c.holidays[today]:
		return nil
	}
	out := make([]span, len(periods))
	for i, p := range periods {
		out[i] = span{
			time.Date(y, m, d, p.from/60, p.from%60, 0, 0, c.zone),
			time.Date(y, m, d, p.to/60, p.to%60, 0, 0, c.zone),
		}
	}
	return out
}

func dayStart(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, t.Location())
}

// nextDay is noon of the following day: noon exists on every day of every zone.
func nextDay(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d+1, 12, 0, 0, 0, t.Location())
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// check reports what makes the calendar useless.
func (c *Calendar) check() error {
	total := 0
	for wd, periods := range c.week {
		sort.Slice(periods, func(i, j int) bool { return periods[i].from < periods[j].from })
		for i, p := range periods {
			total += p.to - p.from
			if i > 0 && p.from < periods[i-1].to {
				return fmt.Errorf("periods of %s overlap", time.Weekday(wd))
			}
		}
	}
	if total == 0 {
		return fmt.Errorf("no working time in the week: give at least one day, such as mon-fri: [\"09:00-18:00\"]")
	}
	return nil
}
