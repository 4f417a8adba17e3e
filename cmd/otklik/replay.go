package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"text/tabwriter"
	"time"

	"otklik/alerts"
	"otklik/config"
	"otklik/mention"
	"otklik/sentiment"
	"otklik/store"
)

type replayCmd struct {
	Config string `help:"Configuration with the rules to try; its archive is read and not changed." default:"otklik.yaml" type:"path"`
	Model  string `help:"Tone model to try instead of the configured one." type:"path"`
	Days   int    `help:"How many days back." default:"30"`
	JSON   bool   `help:"Print one JSON object."`
}

// replayed is what other rules or another model would have done.
type replayed struct {
	Days       int          `json:"days"`
	Mentions   int          `json:"mentions"`
	Seeded     int          `json:"seeded"` // of silent first runs: never alerted, left out
	Alerted    int          `json:"alerted"`
	WouldAlert int          `json:"would_alert"`
	Gained     []difference `json:"gained"`
	Lost       []difference `json:"lost"`
	// ConfirmedLost are those of Lost that a person has confirmed to be
	// complaints, by answering, taking or correcting.
	ConfirmedLost []difference `json:"confirmed_negatives_lost"`
}

// difference is a mention that would be treated otherwise.
type difference struct {
	ID     mention.ID     `json:"id"`
	Task   mention.TaskID `json:"task,omitempty"`
	Source string         `json:"source"`
	URL    string         `json:"url,omitempty"`
	Was    mention.Tone   `json:"was"`
	Tone   mention.Tone   `json:"tone"`
	Text   string         `json:"text"`
}

// Run judges and routes the archive's last days anew, without writing anything.
func (c replayCmd) Run(ctx context.Context, con console) error {
	if c.Days < 1 {
		return usage("--days: at least one")
	}
	cfg, err := config.Load(c.Config)
	if err != nil {
		return configError(err)
	}
	if c.Model != "" {
		cfg.Tone.Model = c.Model
	}
	judge, err := openJudge(cfg)
	if err != nil {
		return usageError{err}
	}
	norms, err := cfg.Replies.Build()
	if err != nil {
		return fmt.Errorf("norms: %w", err)
	}
	router, err := alerts.NewRouter(cfg.Alerts.Routes, kinds(cfg.Catalogue))
	if err != nil {
		return fmt.Errorf("routes: %w", err)
	}
	archive, err := store.Open(ctx, store.Config{Data: cfg.Data, Database: cfg.Database.Reveal()})
	if err != nil {
		return fmt.Errorf("open the archive: %w", err)
	}
	defer archive.Close()
	r := replay{archive: archive, judge: judge, planner: planner{norms, router, cfg.Catalogue}, about: abouts(cfg)}
	out, err := r.run(ctx, c.Days, time.Now())
	if err != nil {
		return err
	}
	return c.print(con, out)
}

// abouts returns the words that name each brand.
func abouts(cfg *config.Config) map[string][]string {
	out := map[string][]string{}
	for _, b := range cfg.Brands {
		out[b.Name] = aboutBrand(cfg, b.Name)
	}
	return out
}

// replay is one replay in progress.
type replay struct {
	archive *store.Store
	judge   *sentiment.Judge
	planner planner
	about   map[string][]string

	tasks    map[mention.ID]mention.Task
	said     map[mention.ID]mention.Tone // by people
	seededAt map[mention.SourceID]time.Time
	out      replayed
}

func (r *replay) run(ctx context.Context, days int, now time.Time) (replayed, error) {
	r.out = replayed{Days: days, Gained: []difference{}, Lost: []difference{}, ConfirmedLost: []difference{}}
	since := now.AddDate(0, 0, -days)
	if err := r.read(ctx, since); err != nil {
		return r.out, err
	}
	var failed error
	err := (figures{store: r.archive}).each(ctx, store.MentionFilter{From: since}, func(m mention.Mention) {
		if failed == nil {
			failed = r.judgeAgain(ctx, m, now)
		}
	})
	return r.out, errors.Join(err, failed)
}

// read reads what the archive's people and rules did.
func (r *replay) read(ctx context.Context, since time.Time) error {
	tasks, err := r.archive.TasksMade(ctx, since)
	if err != nil {
		return err
	}
	r.tasks = map[mention.ID]mention.Task{}
	for _, t := range tasks {
		for _, p := range t.Places {
			r.tasks[p.Mention] = t
		}
		r.tasks[t.Mention] = t
	}
	corrections, err := r.archive.Corrections(ctx, since)
	if err != nil {
		return err
	}
	r.said = map[mention.ID]mention.Tone{}
	for _, c := range corrections {
		r.said[c.Mention] = c.Tone
	}
	sources, err := r.archive.Sources(ctx)
	if err != nil {
		return err
	}
	r.seededAt = map[mention.SourceID]time.Time{}
	for _, s := range sources {
		r.seededAt[s.ID] = s.SeededAt
	}
	return nil
}

// judgeAgain compares what was done with m to what would be done now.
func (r *replay) judgeAgain(ctx context.Context, m mention.Mention, now time.Time) error {
	task, has := r.tasks[m.ID]
	if !has && !m.CollectedAt.After(r.seededAt[m.SourceID]) {
		r.out.Seeded++
		return nil
	}
	r.out.Mentions++
	was := m.Tone
	verdict, err := r.judge.Score(ctx, m, r.about[m.Brand])
	if err != nil {
		return fmt.Errorf("judge %s: %w", m.ID, err)
	}
	verdict.ApplyTo(&m)
	eff, err := r.planner.Raise(m, "", now)
	if err != nil {
		return fmt.Errorf("route %s: %w", m.ID, err)
	}
	alerted := has && task.Kind == mention.Complaint
	would := eff.Task != nil && eff.Task.Kind == mention.Complaint
	d := difference{ID: m.ID, Task: task.ID, Source: m.Source, URL: m.URL, Was: was, Tone: m.Tone, Text: firstLetters(m.Words(), 120)}
	if alerted {
		r.out.Alerted++
	}
	if would {
		r.out.WouldAlert++
	}
	switch {
	case would && !alerted:
		r.out.Gained = append(r.out.Gained, d)
	case alerted && !would:
		r.out.Lost = append(r.out.Lost, d)
		if isConfirmed(task, r.said[m.ID]) {
			r.out.ConfirmedLost = append(r.out.ConfirmedLost, d)
		}
	}
	return nil
}

// isConfirmed reports whether a person treated the task as a complaint.
func isConfirmed(t mention.Task, said mention.Tone) bool {
	if said != "" {
		return said == mention.Negative
	}
	if t.State == mention.Dismissed {
		return !slices.Contains([]mention.Reject{mention.NotAboutUs, mention.NotNegative, mention.Spam}, t.Dismissal)
	}
	return t.State != mention.Open
}

func firstLetters(s string, n int) string {
	letters := []rune(s)
	if len(letters) <= n {
		return s
	}
	return string(letters[:n]) + "…"
}

// printed bounds the examples of a kind in the table; JSON has all.
const printed = 20

func (c replayCmd) print(con console, out replayed) error {
	if c.JSON {
		return json.NewEncoder(con.out).Encode(out)
	}
	w := tabwriter.NewWriter(con.out, 0, 4, 2, ' ', 0)
	fmt.Fprintf(w, "days\t%d\nmentions\t%d\n(of silent first runs, left out)\t%d\nalerted\t%d\nwould alert\t%d\ngained\t%d\nlost\t%d\nconfirmed negatives lost\t%d\n",
		out.Days, out.Mentions, out.Seeded, out.Alerted, out.WouldAlert, len(out.Gained), len(out.Lost), len(out.ConfirmedLost))
	for _, part := range []struct {
		name string
		list []difference
	}{{"gained", out.Gained}, {"lost", out.Lost}, {"confirmed negative lost", out.ConfirmedLost}} {
		for _, d := range part.list[:min(printed, len(part.list))] {
			fmt.Fprintf(w, "%s\t%s\t%s → %s\t%q\n", part.name, d.Source, d.Was, d.Tone, firstLetters(d.Text, 60))
		}
	}
	return w.Flush()
}
