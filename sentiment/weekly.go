package sentiment

import (
	"slices"
	"time"

	"otklik/mention"
)

// Judged is a verdict with what a person said of it later.
type Judged struct {
	At        time.Time    // when the verdict was made
	Told      mention.Tone // by the model
	Confirmed mention.Tone // by the person
}

// Week is how the model did on one week's verdicts that people looked at.
type Week struct {
	StartAt           time.Time `json:"start_at"` // Monday, midnight UTC
	N                 int       `json:"n"`
	NegativePrecision float64   `json:"negative_precision"`
	NegativeRecall    float64   `json:"negative_recall"`
}

// Weekly returns the weeks that have verdicts, oldest first.
func Weekly(judged []Judged) []Week {
	tables := map[time.Time]*table{}
	for _, j := range judged {
		at := monday(j.At)
		if tables[at] == nil {
			tables[at] = new(table)
		}
		tables[at][classOf(j.Confirmed)][classOf(j.Told)]++
	}
	weeks := make([]Week, 0, len(tables))
	for at, t := range tables {
		r := t.report()
		weeks = append(weeks, Week{at, r.N, r.NegativePrecision, r.NegativeRecall})
	}
	slices.SortFunc(weeks, func(a, b Week) int { return a.StartAt.Compare(b.StartAt) })
	return weeks
}

func monday(t time.Time) time.Time {
	t = t.UTC()
	back := (int(t.Weekday()) + 6) % 7
	return time.Date(t.Year(), t.Month(), t.Day()-back, 0, 0, 0, 0, time.UTC)
}
