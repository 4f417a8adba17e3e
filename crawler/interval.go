package crawler

import (
	"math"
	"time"
)

// Pulse is what has been learned of how often a page gets something new, by
// the hour of the day (UTC). The zero value knows nothing and keeps to the
// fixed interval. It is plain data: Learn returns a new one.
type Pulse struct {
	// Posts and Hours are, by hour of the day, how many posts were seen and
	// for how many hours it was watched; both fade with age.
	Posts [24]float64 `json:"posts"`
	Hours [24]float64 `json:"hours"`
}

// Rhythm bounds the intervals that a Pulse proposes.
type Rhythm struct {
	// Every is the fixed interval whose number of requests is kept.
	Every time.Duration
	// Min and Max bound the interval.
	Min, Max time.Duration
}

const (
	// pulseMemory is the age at which an observation counts for 1/e.
	pulseMemory = 21 * 24 * time.Hour
	// pulsePrior is how many hours of the page's average rate stand behind
	// every hour of the day, so that one silent night proves little.
	pulsePrior = 6.0
	// pulseLeast is a post a month, the rate below which pages are alike.
	pulseLeast = 1.0 / (30 * 24)
)

// Learn returns p with what a pass at to saw, after the one at from: the posts
// published in between. Dates without a time of day, and dates outside, count
// for the whole of the span.
func (p Pulse) Learn(from, to time.Time, published []time.Time) Pulse {
	span := to.Sub(from)
	if span <= 0 {
		return p
	}
	fade := math.Exp(-span.Hours() / pulseMemory.Hours())
	var watched [24]float64
	for at := from; at.Before(to); {
		next := at.Truncate(time.Hour).Add(time.Hour)
		if next.After(to) {
			next = to
		}
		watched[at.UTC().Hour()] += next.Sub(at).Hours()
		at = next
	}
	var posts [24]float64
	for _, t := range published {
		if t.After(from) && !t.After(to) && !isDate(t) {
			posts[t.UTC().Hour()]++
			continue
		}
		for h := range posts {
			posts[h] += watched[h] / span.Hours()
		}
	}
	for h := range p.Posts {
		p.Posts[h] = p.Posts[h]*fade + posts[h]
		p.Hours[h] = p.Hours[h]*fade + watched[h]
	}
	return p
}

// isDate reports whether t is a date without a time of day.
func isDate(t time.Time) bool {
	h, m, s := t.Clock()
	return h == 0 && m == 0 && s == 0
}

// rate returns the posts an hour to expect in hour h of the day: what was seen
// in it and in its neighbours, held by the average of the day.
func (p Pulse) rate(h int) float64 {
	posts, hours := 0.0, 0.0
	for i := range p.Posts {
		posts += p.Posts[i]
		hours += p.Hours[i]
	}
	mean := pulseLeast
	if hours > 0 {
		mean = max(mean, posts/hours)
	}
	before, after := (h+23)%24, (h+1)%24
	near := (p.Posts[before]+p.Posts[after])/2 + p.Posts[h]
	watched := (p.Hours[before]+p.Hours[after])/2 + p.Hours[h]
	return max(pulseLeast, (near+mean*pulsePrior)/(watched+pulsePrior))
}

// Level returns the mean of the square roots of p's rates, which Due compares
// a page with.
func (p Pulse) Level() float64 {
	sum := 0.0
	for h := range 24 {
		sum += math.Sqrt(p.rate(h))
	}
	return sum / 24
}

// Due returns when a page that was read at last is to be read again. level is
// the mean Level of all pages that share the requests, p's own for one alone.
//
// The sum of delays (rate times half the interval) is least, for a given
// number of requests, when intervals go by the inverse square root of the
// rate; the scale that keeps the number is Every times level. Requests are
// thus moved from quiet pages and hours to busy ones, and no more are made.
func (p Pulse) Due(last time.Time, level float64, r Rhythm) time.Time {
	at, left := last, 1.0 // left: the part of one interval still to pass
	for {
		gap := float64(r.Every) * level / math.Sqrt(p.rate(at.UTC().Hour()))
		gap = min(max(gap, float64(r.Min)), float64(r.Max))
		next := at.Truncate(time.Hour).Add(time.Hour)
		if part := float64(next.Sub(at)) / gap; part < left {
			at, left = next, left-part
			continue
		}
		return at.Add(time.Duration(left * gap))
	}
}
