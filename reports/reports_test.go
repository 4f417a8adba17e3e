package reports_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"otklik/mention"
	"otklik/reports"
)

var (
	moscow = time.FixedZone("MSK", 3*60*60)
	// now is a Saturday; the period of most tests is the week before it.
	now  = time.Date(2026, 11, 21, 12, 0, 0, 0, moscow)
	from = time.Date(2026, 11, 14, 0, 0, 0, 0, moscow)
	to   = from.AddDate(0, 0, 7)
)

const (
	brand = "Ромашка Банк"
	rival = "Василёк Банк"
)

// archive holds what a test puts into it.
type archive struct {
	tallies  []mention.Tally
	themes   []mention.Theme
	timings  []mention.Timing
	worst    []mention.Mention
	backlog  []mention.Waiting
	sources  []mention.Source
	spells   []mention.Spell
	failWith error
}

func (a *archive) Tallies(_ context.Context, s mention.Scope) ([]mention.Tally, error) {
	var out []mention.Tally
	for _, t := range a.tallies {
		if !t.Day.Before(s.From) && t.Day.Before(s.To) && slices.Contains(s.Brands, t.Brand) && (s.Source == "" || s.Source == t.Source) {
			out = append(out, t)
		}
	}
	return out, a.failWith
}

func (a *archive) Themes(context.Context, mention.Scope) ([]mention.Theme, error) {
	return a.themes, nil
}

func (a *archive) Timings(context.Context, mention.Scope) ([]mention.Timing, error) {
	return a.timings, nil
}

func (a *archive) Worst(_ context.Context, _ mention.Scope, limit int) ([]mention.Mention, error) {
	return a.worst[:min(limit, len(a.worst))], nil
}

func (a *archive) Backlog(context.Context, []string) ([]mention.Waiting, error) {
	return a.backlog, nil
}

func (a *archive) Sources(context.Context) ([]mention.Source, error) { return a.sources, nil }

func (a *archive) Spells(context.Context, time.Time, time.Time) ([]mention.Spell, error) {
	return a.spells, nil
}

func (a *archive) View(_ context.Context, id mention.TaskID) (mention.View, error) {
	for _, t := range a.timings {
		if t.Task.ID == id {
			return mention.View{Task: t.Task, Mention: mention.Mention{Title: fmt.Sprintf("<b>Жалоба %d", id), Rating: 1, Best: 5}}, nil
		}
	}
	return mention.View{}, mention.ErrNotFound
}

func maker(a *archive) *reports.Maker {
	return &reports.Maker{
		Archive: a, Present: a, Brands: []string{brand}, Competitors: []string{rival},
		Working: func(_ string, from, to time.Time) time.Duration { return to.Sub(from) },
		Titles: func(site, _ string) string {
			return map[string]string{"otzovik": "Отзовик", "app-store": "App Store", "yandex-maps": "Яндекс Карты"}[site]
		},
		Zone: moscow, Now: func() time.Time { return now },
	}
}

// source is a source that was seen all the time.
func source(id, site string) mention.Source {
	return mention.Source{ID: mention.SourceID(id), Brand: brand, Site: site, Title: id, LastRunAt: now}
}

// complaint returns a task delivered at the given minute of from's noon, taken
// and answered so many minutes later, with norms of 15 minutes and 24 hours.
func complaint(id mention.TaskID, delivered, taken, answered int) mention.Timing {
	noon := from.Add(12 * time.Hour)
	at := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	t := mention.Task{ID: id, Kind: mention.Complaint, Brand: brand, State: mention.Open, Norm: "complaint",
		CreatedAt: noon, DeliveredAt: at(delivered), Due: mention.Due{Take: at(delivered + 15), Answer: at(delivered + 24*60)}}
	if taken > 0 {
		t.State, t.Owner, t.TakenAt = mention.Taken, mention.Actor{ID: "slack:U1", Name: "Анна"}, at(delivered+taken)
	}
	if answered > 0 {
		t.State, t.AnsweredBy, t.AnsweredAt = mention.Answered, t.Owner, at(delivered+answered)
		t.Due.Visible = t.AnsweredAt.Add(72 * time.Hour)
	}
	return mention.Timing{Task: t, Source: "otzovik", Tone: mention.Negative, PublishedAt: noon.Add(-20 * time.Minute), CollectedAt: noon.Add(-time.Minute)}
}

// busy is an archive with something in every part of a report.
func busy() *archive {
	a := &archive{}
	for i := range 14 {
		day := from.AddDate(0, 0, i-7)
		for j, site := range []string{"otzovik", "app-store", "yandex-maps", "irecommend"} {
			a.tallies = append(a.tallies,
				mention.Tally{Day: day, Brand: brand, Source: site, Tone: mention.Negative, Mentions: 3 + (i*7+j*3)%11, Rated: 2, Stars: 3},
				mention.Tally{Day: day, Brand: brand, Source: site, Tone: mention.Neutral, Mentions: 2 + (i+j)%4},
				mention.Tally{Day: day, Brand: brand, Source: site, Tone: mention.Positive, Mentions: 5 + (i*3+j*5)%9, Rated: 4, Stars: 19})
		}
		a.tallies = append(a.tallies, mention.Tally{Day: day, Brand: rival, Source: "otzovik", Tone: mention.Negative, Mentions: 9})
	}
	a.tallies = append(a.tallies, mention.Tally{Day: from, Brand: brand, Source: "otzovik", Mentions: 2})
	for i, topic := range []string{"delivery", "staff", "price", "app", "payment", "support", "карты"} {
		a.themes = append(a.themes, mention.Theme{Brand: brand, Tone: mention.Negative, Topics: []string{topic}, Mentions: 40 - 5*i},
			mention.Theme{Brand: brand, Tone: mention.Positive, Topics: []string{topic}, Mentions: 10 + 3*i})
	}
	for score, n := range map[string]int{"nps:10": 60, "nps:8": 20, "nps:3": 20, "csat:5/5": 3, "csat:2/5": 1, "ces:6/7": 2} {
		a.themes = append(a.themes, mention.Theme{Brand: brand, Labels: []string{score}, Mentions: n})
	}
	for i := range 40 {
		t := complaint(mention.TaskID(i+1), 1+i%3, 2+i*i%27, 30+(i*i*31)%2900)
		if i%4 == 0 {
			t.Task.Owner, t.Task.AnsweredBy = mention.Actor{ID: "slack:U2", Name: "Борис"}, mention.Actor{ID: "slack:U2", Name: "Борис"}
		}
		switch {
		case i%9 == 0:
			t.Task.Unverifiable = true
		case i%11 != 0:
			t.Task.State, t.Task.ConfirmedAt = mention.Confirmed, t.Task.AnsweredAt.Add(time.Duration(i*i%300)*time.Minute)
		}
		a.timings = append(a.timings, t)
	}
	a.worst = []mention.Mention{
		{ID: "a", Brand: brand, Source: "otzovik", Author: "Пётр", Rating: 1, Best: 5, Title: "Доставка сорвана второй раз", Text: "Ждал курьера два дня, никто не позвонил. Карту так и не привезли.", URL: "https://otzovik.example/review_1", PublishedAt: from.Add(30 * time.Hour)},
		{ID: "b", Brand: brand, Source: "app-store", Author: "=cmd|'/c calc'!A0", Rating: 2, Best: 5, Text: "=HYPERLINK(\"https://evil.example\") <script>alert(1)</script> после обновления не входит"},
	}
	a.backlog = []mention.Waiting{
		{Brand: brand, Kind: mention.Complaint, State: mention.Open, Tasks: 7, Overdue: 2}, {Brand: brand, Kind: mention.Thanks, State: mention.Open, Tasks: 12},
		{Brand: brand, Kind: mention.Complaint, State: mention.Answered, Tasks: 3},
	}
	a.sources = []mention.Source{source("Отзовик (romashka)", "otzovik"), source("App Store", "app-store"), source("iRecommend", "irecommend")}
	a.spells = []mention.Spell{{Source: "iRecommend", From: to.Add(-30 * time.Hour), Verdict: mention.Blocked},
		{Source: "Отзовик (romashka)", From: from.Add(40 * time.Hour), To: from.Add(41 * time.Hour), Verdict: mention.Unreachable}}
	return a
}

func print(v any) string { return fmt.Sprintf("%+v", v) }
