package storetest

import (
	"fmt"
	"testing"
	"time"

	"otklik/mention"
)

func testReports(t *testing.T, w *world) {
	for i, id := range []string{"a", "b", "c"} {
		m := complaint(id)
		m.CollectedAt = start.Add(time.Duration(i) * 7 * time.Hour) // 12:00, 19:00, 02:00 in Moscow
		m.Rating, m.Best = float64(i), 5*float64(min(i, 1))
		m.Likes = 10 * i
		w.add(t, raising, m)
	}
	survey := complaint("s")
	survey.Source, survey.Brand, survey.Tone, survey.Labels, survey.Topics = "survey", "Василёк", mention.Positive, []string{"nps:9"}, nil
	w.add(t, quiet, survey)
	day := time.Date(2026, 11, 20, 0, 0, 0, 0, moscow)
	all := mention.Scope{From: day, To: day.AddDate(0, 0, 2)}
	own := all
	own.Brands, own.Source = []string{brand, "Лютик"}, "otzovik"

	t.Run("tallies by day of the zone", func(t *testing.T) {
		want := []mention.Tally{
			{Day: day, Brand: brand, Source: "otzovik", Tone: mention.Negative, Mentions: 2, Rated: 1, Stars: 1},
			{Day: day.AddDate(0, 0, 1), Brand: brand, Source: "otzovik", Tone: mention.Negative, Mentions: 1, Rated: 1, Stars: 2},
		}
		same(t, "own", must(w.Tallies(t.Context(), own))(t), want)
		same(t, "all", len(must(w.Tallies(t.Context(), all))(t)), 3)
		tasked := all
		tasked.Tasked = true
		same(t, "with tasks", len(must(w.Tallies(t.Context(), tasked))(t)), 2)
		sums := own
		sums.Sums = true
		same(t, "sums", must(w.Tallies(t.Context(), sums))(t), []mention.Tally{{Day: day, Tone: mention.Negative, Mentions: 3, Rated: 2, Stars: 3}})
	})
	t.Run("themes keep scores and drop other labels", func(t *testing.T) {
		same(t, "themes", must(w.Themes(t.Context(), all))(t), []mention.Theme{
			{Brand: "Василёк", Source: "survey", Tone: mention.Positive, Labels: []string{"nps:9"}, Mentions: 1},
			{Brand: brand, Source: "otzovik", Tone: mention.Negative, Topics: complaint("a").Topics, Mentions: 3},
		})
	})
	t.Run("timings of tasks", func(t *testing.T) {
		got := must(w.Timings(t.Context(), own))(t)
		same(t, "count", len(got), 3)
		m := complaint("a")
		same(t, "first", []any{got[0].Task.ID, got[0].Source, got[0].Tone, got[0].PublishedAt, got[0].CollectedAt},
			[]any{mention.TaskID(1), m.Source, m.Tone, m.PublishedAt, m.CollectedAt})
	})
	t.Run("the worst first", func(t *testing.T) {
		got := must(w.Worst(t.Context(), all, 2))(t)
		same(t, "ids", fmt.Sprintf("%d %s %s", len(got), got[0].ExternalID, got[1].ExternalID), "2 c b")
	})
	t.Run("the backlog", func(t *testing.T) {
		same(t, "waiting", must(w.Backlog(t.Context(), []string{brand}))(t),
			[]mention.Waiting{{Brand: brand, Kind: mention.Complaint, State: mention.Open, Tasks: 3}})
	})
}

// testTimings compares what reports read of tasks with the tasks' documents.
func testTimings(t *testing.T, w *world) {
	for _, id := range []string{"a", "b", "c"} {
		w.add(t, raising, complaint(id))
	}
	w.act(t, 1, mention.Action{Verb: mention.Take, Actor: anna})
	w.act(t, 1, mention.Action{Verb: mention.Answer, Actor: anna, URL: "https://otzovik.example/a#reply"})
	w.act(t, 2, mention.Action{Verb: mention.Dismiss, Actor: anna, Reject: mention.Spam})
	tasks := must(w.TasksMade(t.Context(), start))(t)
	timings := must(w.Timings(t.Context(), mention.Scope{From: start}))(t)
	same(t, "tasks and timings", []int{len(tasks), len(timings)}, []int{3, 3})
	for i, got := range timings {
		same(t, fmt.Sprint("task ", i+1), got.Task, measured(tasks[i]))
	}
	same(t, "made later", len(must(w.TasksMade(t.Context(), start.Add(time.Second)))(t)), 0)
}

// measured is what a timing has of a task.
func measured(t mention.Task) mention.Task {
	return mention.Task{
		ID: t.ID, Kind: t.Kind, Brand: t.Brand, State: t.State, Owner: t.Owner, Norm: t.Norm, Due: t.Due, AnsweredBy: t.AnsweredBy,
		OnSite: t.OnSite, Unverifiable: t.Unverifiable, CreatedAt: t.CreatedAt, DeliveredAt: t.DeliveredAt, TakenAt: t.TakenAt,
		AcknowledgedAt: t.AcknowledgedAt, PromisedAt: t.PromisedAt, AnsweredAt: t.AnsweredAt, ConfirmedAt: t.ConfirmedAt,
		DismissedAt: t.DismissedAt, NotVisibleAt: t.NotVisibleAt, ReopenedAt: t.ReopenedAt,
	}
}

func testSpells(t *testing.T, w *world) {
	hours := func(n int) time.Time { return start.Add(time.Duration(n) * time.Hour) }
	for i, v := range []mention.Verdict{mention.Blocked, mention.OK, mention.Layout, mention.Auth, mention.Unchanged, mention.Blocked} {
		run := mention.Run{Source: "a", StartAt: hours(i), Verdict: v}
		check(t, w.SaveRun(t.Context(), run, mention.Source{ID: "a"}))
	}
	check(t, w.SaveRun(t.Context(), mention.Run{Source: "b", StartAt: hours(1), Verdict: mention.OK}, mention.Source{ID: "b"}))
	same(t, "spells", must(w.Spells(t.Context(), hours(3), hours(9)))(t), []mention.Spell{
		{Source: "a", From: hours(2), To: hours(4), Verdict: mention.Layout},
		{Source: "a", From: hours(5), Verdict: mention.Blocked},
	})
}
