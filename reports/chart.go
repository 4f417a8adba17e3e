package reports

import (
	"math"
	"strings"
	"time"
)

// The drawing area of the chart of days, in its own units. Text in it is sized
// for a width of about 760 pixels; narrower screens scroll it and begin at its
// end, so the scale stands there, beside the latest day.
const (
	chartWidth  = 760
	chartHeight = 240
	chartLeft   = 16 // room for half a date
	chartRight  = 44 // room for the scale
	chartTop    = 12
	chartBottom = 28 // room for dates and the mark of blind days
)

// columns is the chart of mentions by day: a stack of tones for each day.
type columns struct {
	Width, Height int
	Right         int // where the scale begins
	Lines         []gridLine
	Bars          []column
	Labels        []label
	Base          float64 // the zero line
	Weekly        bool
	AnyBlind      bool
	Summary       string // for those who do not see it
}

type gridLine struct {
	Y    float64
	Text string
}

type label struct {
	X    float64
	Text string
}

// column is the stack of one day or week.
type column struct {
	X, Width float64
	Parts    []part
	Blind    bool
	Title    string
	Link     string
}

// part is one tone of a stack, from the bottom.
type part struct {
	Y, Height float64
	Class     string
}

// maxColumns is how many columns can be told apart; more days are shown by week.
const maxColumns = 93

// drawDays lays out the chart of r's days.
func drawDays(r *Report, t tongue, link func(from, to time.Time) string) columns {
	days, step := r.Days, 1
	c := columns{Width: chartWidth, Height: chartHeight, Right: chartWidth - chartRight, Base: chartHeight - chartBottom}
	if len(days) > maxColumns {
		days, step, c.Weekly = weeks(days), 7, true
	}
	most := 0
	for _, d := range days {
		most = max(most, d.Mentions)
		c.AnyBlind = c.AnyBlind || d.Blind
	}
	tick, top := scale(most)
	unit := (c.Base - chartTop) / float64(top)
	for v := 0; v <= top; v += tick {
		c.Lines = append(c.Lines, gridLine{c.Base - float64(v)*unit, t.Count(v)})
	}
	slot := float64(chartWidth-chartLeft-chartRight) / float64(max(1, len(days)))
	width := min(36, max(1.5, slot*0.72))
	every := int(math.Ceil(54 / slot)) // a date needs about so much room
	for i, d := range days {
		x := chartLeft + slot*float64(i) + (slot-width)/2
		col := column{X: x, Width: width, Blind: d.Blind, Title: dayTitle(d, t), Link: link(d.Day, d.Day.AddDate(0, 0, step))}
		y := c.Base
		for _, p := range []struct {
			n     int
			class string
		}{{d.Negative, "neg"}, {d.Neutral + d.Unclassified, "neu"}, {d.Positive, "pos"}} {
			if p.n == 0 {
				continue
			}
			h := float64(p.n) * unit
			y -= h
			col.Parts = append(col.Parts, part{round(y), round(h), p.class})
		}
		c.Bars = append(c.Bars, col)
		if i%every == 0 {
			c.Labels = append(c.Labels, label{round(x + width/2), t.ShortDay(d.Day)})
		}
	}
	c.Summary = t.Say("Tone over time") + ": " + strings.Join([]string{
		t.Say("Negative") + " " + t.Count(r.Total.Negative), t.Say("Neutral") + " " + t.Count(r.Total.Neutral), t.Say("Positive") + " " + t.Count(r.Total.Positive)}, ", ")
	return c
}

func dayTitle(d Day, t tongue) string {
	parts := []string{t.Date(d.Day), t.Say("Negative") + " " + t.Count(d.Negative), t.Say("Neutral") + " " + t.Count(d.Neutral), t.Say("Positive") + " " + t.Count(d.Positive)}
	if d.Unclassified > 0 {
		parts = append(parts, t.Say("Not classified")+" "+t.Count(d.Unclassified))
	}
	if d.Blind {
		parts = append(parts, t.Say("a source was not seen"))
	}
	return strings.Join(parts, "\n")
}

// weeks joins days by seven, from the first on.
func weeks(days []Day) []Day {
	var out []Day
	for i, d := range days {
		if i%7 == 0 {
			out = append(out, d)
			continue
		}
		w := &out[len(out)-1]
		w.Mentions += d.Mentions
		w.Negative += d.Negative
		w.Neutral += d.Neutral
		w.Positive += d.Positive
		w.Unclassified += d.Unclassified
		w.Blind = w.Blind || d.Blind
	}
	return out
}

// scale returns the distance of grid lines and the top of an axis that holds most.
func scale(most int) (tick, top int) {
	for unit := 1; ; unit *= 10 {
		for _, f := range []int{1, 2, 5} {
			tick = unit * f
			if tick*4 >= most {
				return tick, max(tick, (most+tick-1)/tick*tick)
			}
		}
	}
}

func round(f float64) float64 { return math.Round(f*100) / 100 }

// strip is a bar of one row, its parts as per cent of the width.
type strip struct {
	Parts []piece
	Title string
}

// piece is a part of a strip.
type piece struct {
	X, Width float64
	Class    string
}

// drawStrip lays out the numbers side by side over a width that stands for whole.
func drawStrip(whole int, title string, parts ...piece) strip {
	s := strip{Title: title}
	if whole <= 0 {
		return s
	}
	x := 0.0
	for _, p := range parts {
		if p.Width <= 0 {
			continue
		}
		w := 100 * p.Width / float64(whole)
		s.Parts = append(s.Parts, piece{round(x), round(w), p.Class})
		x += w
	}
	return s
}

func tones(c Counts, whole int, t tongue) strip {
	title := t.Say("negative %s, neutral %s, positive %s", t.Count(c.Negative), t.Count(c.Neutral), t.Count(c.Positive))
	return drawStrip(whole, title, piece{Width: float64(c.Negative), Class: "neg"},
		piece{Width: float64(c.Neutral + c.Unclassified), Class: "neu"}, piece{Width: float64(c.Positive), Class: "pos"})
}

// histogram is the small chart of an interval.
type histogram struct {
	Bars    []bin
	Summary string
}

// bin is a column of a histogram, in a box of 100 by 40.
type bin struct {
	X, Y, Width, Height float64
	Title, Link         string
}

// drawHistogram lays out an interval's buckets; link leads to what is in one.
func drawHistogram(i Interval, t tongue, link func(count, bucket int) string) histogram {
	h := histogram{Summary: t.IntervalName(i.Name)}
	most := 1
	for _, b := range i.Histogram {
		most = max(most, b.Count)
	}
	labels := bucketLabels(t)
	slot := 100 / float64(len(i.Histogram))
	for n, b := range i.Histogram {
		height := 36 * float64(b.Count) / float64(most)
		if b.Count > 0 {
			height = max(2, height)
		}
		h.Bars = append(h.Bars, bin{
			X: round(slot*float64(n) + 0.6), Width: round(slot - 1.2), Y: round(38 - height), Height: round(height),
			Title: labels[n] + ": " + t.Count(b.Count), Link: link(b.Count, n),
		})
	}
	return h
}
