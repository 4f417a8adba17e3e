// Package interval_test simulates how soon a crawl on a learned interval finds
// what is posted, against one on a fixed interval with the same number of
// requests. It stores and sends nothing and takes its chances from a seed, so
// that its figures repeat:
//
//	go test ./bench/interval -bench . -benchtime 1x
package interval_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"otklik/crawler"
)

const (
	pages    = 40
	warmUp   = 14 * 24 * time.Hour // learning, not counted
	measured = 28 * 24 * time.Hour
)

// page is one place where people post.
type page struct {
	posts []time.Time // in order
}

// town makes pages of very different liveliness (from a post in ten days to
// sixty a day), whose people sleep at night.
func town(seed uint64, start time.Time) []page {
	r := rand.New(rand.NewPCG(seed, 1))
	out := make([]page, pages)
	for i := range out {
		perDay := math.Exp(math.Log(0.1) + r.Float64()*math.Log(600))
		peak := perDay / 24 * 2.2
		for t := start; t.Before(start.Add(warmUp + measured)); {
			t = t.Add(time.Duration(r.ExpFloat64() / peak * float64(time.Hour)))
			if r.Float64() < awake(t) {
				out[i].posts = append(out[i].posts, t)
			}
		}
	}
	return out
}

// awake is the share of the peak rate at t.
func awake(t time.Time) float64 {
	hour := float64(t.Hour()) + float64(t.Minute())/60
	return max(0.03, math.Sin((hour-5)/24*math.Pi*1.15))
}

// outcome is what a way of crawling came to after the warm-up.
type outcome struct {
	requests int
	found    int
	delay    time.Duration // summed
	worst    time.Duration
}

func (o outcome) mean() time.Duration { return o.delay / time.Duration(max(1, o.found)) }

// crawl visits every page whenever due says so. due sees what each visit found.
func crawl(town []page, start time.Time, due func(page int, last, now time.Time, found []time.Time) time.Time) outcome {
	var o outcome
	counted := start.Add(warmUp)
	end := counted.Add(measured)
	next := make([]time.Time, len(town))
	last := make([]time.Time, len(town))
	seen := make([]int, len(town))
	for i := range town {
		next[i], last[i] = start.Add(time.Duration(i)*time.Minute), start
	}
	for {
		i := earliest(next)
		now := next[i]
		if now.After(end) {
			return o
		}
		from := seen[i]
		for seen[i] < len(town[i].posts) && !town[i].posts[seen[i]].After(now) {
			seen[i]++
		}
		found := town[i].posts[from:seen[i]]
		if now.After(counted) {
			o.requests++
			for _, t := range found {
				o.found++
				o.delay += now.Sub(t)
				o.worst = max(o.worst, now.Sub(t))
			}
		}
		next[i] = due(i, last[i], now, found)
		last[i] = now
	}
}

func earliest(times []time.Time) int {
	first := 0
	for i, t := range times {
		if t.Before(times[first]) {
			first = i
		}
	}
	return first
}

// fixed visits every page at the same interval.
func fixed(every time.Duration) func(int, time.Time, time.Time, []time.Time) time.Time {
	return func(_ int, _, now time.Time, _ []time.Time) time.Time { return now.Add(every) }
}

// learned keeps a pulse for every page; together shares the requests among the
// pages, else each page only moves its own within the day.
func learned(r crawler.Rhythm, together bool) func(int, time.Time, time.Time, []time.Time) time.Time {
	pulses, levels, sum := make([]crawler.Pulse, pages), make([]float64, pages), 0.0
	for i, p := range pulses {
		levels[i] = p.Level()
		sum += levels[i]
	}
	return func(i int, last, now time.Time, found []time.Time) time.Time {
		pulses[i] = pulses[i].Learn(last, now, found)
		level := pulses[i].Level()
		sum += level - levels[i]
		levels[i] = level
		if together {
			level = sum / pages
		}
		return pulses[i].Due(now, level, r)
	}
}

var start = time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)

func rhythm() crawler.Rhythm {
	return crawler.Rhythm{Every: time.Hour, Min: 10 * time.Minute, Max: 12 * time.Hour}
}

// The gain has to be there at no more requests, whatever the chances.
func TestLearnedIntervalFindsSoonerAtTheSameRequests(t *testing.T) {
	for seed := range uint64(5) {
		town := town(seed, start)
		plain := crawl(town, start, fixed(time.Hour))
		for name, c := range map[string]struct {
			together bool
			gain     float64
		}{"each page for itself": {false, 0.90}, "pages together": {true, 0.75}} {
			got := crawl(town, start, learned(rhythm(), c.together))
			if float64(got.requests) > 1.03*float64(plain.requests) || float64(got.mean()) > c.gain*float64(plain.mean()) {
				t.Errorf("seed %d, %s: %d requests and %s on average; fixed: %d and %s; want at most %.0f %% of the delay",
					seed, name, got.requests, got.mean(), plain.requests, plain.mean(), 100*c.gain)
			}
		}
	}
}

func BenchmarkDelay(b *testing.B) {
	ways := []struct {
		name string
		due  func() func(int, time.Time, time.Time, []time.Time) time.Time
	}{
		{"fixed", func() func(int, time.Time, time.Time, []time.Time) time.Time { return fixed(time.Hour) }},
		{"learned", func() func(int, time.Time, time.Time, []time.Time) time.Time { return learned(rhythm(), false) }},
		{"learned-together", func() func(int, time.Time, time.Time, []time.Time) time.Time { return learned(rhythm(), true) }},
	}
	for _, w := range ways {
		b.Run(w.name, func(b *testing.B) {
			var o outcome
			for b.Loop() {
				o = crawl(town(7, start), start, w.due())
			}
			b.ReportMetric(o.mean().Minutes(), "min-delay")
			b.ReportMetric(o.worst.Minutes(), "min-worst")
			b.ReportMetric(float64(o.requests), "requests")
		})
	}
}
