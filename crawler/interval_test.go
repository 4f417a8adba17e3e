package crawler

import (
	"math"
	"testing"
	"time"
)

func rhythm() Rhythm { return Rhythm{Every: time.Hour, Min: 10 * time.Minute, Max: 6 * time.Hour} }

func TestPulse_WithoutKnowledgeKeepsTheInterval(t *testing.T) {
	start := time.Date(2026, 11, 21, 9, 17, 0, 0, time.UTC)
	var p Pulse
	if got := p.Due(start, p.Level(), rhythm()); got.Sub(start).Round(time.Second) != time.Hour {
		t.Errorf("due after %s, want 1h", got.Sub(start))
	}
}

func TestPulse_BusyHoursAreReadMoreOften(t *testing.T) {
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	var p Pulse
	for range 20 * 24 { // a post every ten minutes between 9 and 18, none at night
		next := at.Add(time.Hour)
		var posts []time.Time
		if h := at.Hour(); h >= 9 && h < 18 {
			for m := 5; m < 60; m += 10 {
				posts = append(posts, at.Add(time.Duration(m)*time.Minute))
			}
		}
		p, at = p.Learn(at, next, posts), next
	}
	day := at.Add(12 * time.Hour)
	night := at.Add(2 * time.Hour)
	byDay, byNight := p.Due(day, p.Level(), rhythm()).Sub(day), p.Due(night, p.Level(), rhythm()).Sub(night)
	if byDay > 45*time.Minute || byNight < 90*time.Minute {
		t.Errorf("by day every %s, by night %s", byDay, byNight)
	}
	requests := 0
	for t := at; t.Before(at.Add(10 * 24 * time.Hour)); t = p.Due(t, p.Level(), rhythm()) {
		requests++
	}
	if math.Abs(float64(requests)-240) > 12 {
		t.Errorf("%d requests in ten days, want about the 240 of the fixed interval", requests)
	}
}

func TestPulse_BoundsHold(t *testing.T) {
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	busy := Pulse{}.Learn(at, at.Add(time.Hour), make([]time.Time, 10000))
	if got := busy.Due(at, 0.001, rhythm()).Sub(at); got != rhythm().Min {
		t.Errorf("busy: %s, want %s", got, rhythm().Min)
	}
	if got := (Pulse{}).Due(at, 1000, rhythm()).Sub(at); got.Round(time.Second) != rhythm().Max {
		t.Errorf("quiet: %s, want %s", got, rhythm().Max)
	}
}

func TestPulse_DatesWithoutATimeSayNothingOfTheHour(t *testing.T) {
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	p := Pulse{}.Learn(at.Add(-24*time.Hour), at, []time.Time{at.Add(-24 * time.Hour), at})
	for h, posts := range p.Posts {
		if math.Abs(posts-2.0/24) > 1e-9 {
			t.Errorf("hour %d has %f posts, want 2/24", h, posts)
		}
	}
	if q := p.Learn(at, at, []time.Time{at}); q != p {
		t.Error("a span of nothing taught something")
	}
}
