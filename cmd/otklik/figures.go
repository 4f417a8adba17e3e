package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"otklik/alerts"
	"otklik/mention"
	"otklik/store"
)

// figures sums up for messages that are about more than one task.
type figures struct {
	store *store.Store
	now   func() time.Time
}

// recent is how old an unanswered complaint of a first run may be to be
// offered as a task.
const recent = 7 * 24 * time.Hour

// walkLimit is how many mentions are read at a time.
const walkLimit = 500

// Seeded implements alerts.Figures.
func (f figures) Seeded(ctx context.Context, id mention.SourceID, now time.Time) (alerts.Seeded, error) {
	var out alerts.Seeded
	err := f.each(ctx, store.MentionFilter{SourceID: id}, func(m mention.Mention) {
		out.Known++
		if isUnanswered(m, now) {
			out.Unanswered++
		}
	})
	return out, err
}

// isUnanswered reports whether m is a recent complaint without a reply.
func isUnanswered(m mention.Mention, now time.Time) bool {
	return m.Tone == mention.Negative && m.Reply == nil && now.Sub(m.PublishedAt) < recent
}

// each walks all mentions of f.
func (f figures) each(ctx context.Context, filter store.MentionFilter, visit func(mention.Mention)) error {
	filter.Limit = walkLimit
	for {
		page, next, err := f.store.Mentions(ctx, filter)
		if err != nil {
			return fmt.Errorf("read mentions: %w", err)
		}
		for _, m := range page {
			visit(m)
		}
		if next == "" {
			return nil
		}
		filter.After = next
	}
}

// Digest implements alerts.Figures.
func (f figures) Digest(ctx context.Context, n mention.Notice, lang string) (alerts.Digest, error) {
	return f.summary(ctx, f.now().Add(-24*time.Hour), lang)
}

// summary tells what was said since, what is open and what is not seen.
func (f figures) summary(ctx context.Context, since time.Time, lang string) (alerts.Digest, error) {
	tones := map[mention.Tone]int{}
	var worst []alerts.Line
	err := f.each(ctx, store.MentionFilter{From: since}, func(m mention.Mention) {
		tones[m.Tone]++
		if m.Tone == mention.Negative && len(worst) < 5 {
			worst = append(worst, alerts.Line{Text: m.Words(), URL: m.URL})
		}
	})
	if err != nil {
		return alerts.Digest{}, err
	}
	sources, err := f.store.Sources(ctx)
	if err != nil {
		return alerts.Digest{}, fmt.Errorf("read sources: %w", err)
	}
	say := func(ru, en string) string {
		if lang == "en" {
			return en
		}
		return ru
	}
	counts := alerts.Section{Title: say("Сказано", "Said"), Lines: []alerts.Line{{Text: fmt.Sprintf(
		say("негативных %d, нейтральных %d, позитивных %d", "negative %d, neutral %d, positive %d"),
		tones[mention.Negative], tones[mention.Neutral], tones[mention.Positive])}}}
	out := alerts.Digest{Title: say("Сводка", "Digest"), Sections: []alerts.Section{counts}}
	if len(worst) > 0 {
		out.Sections = append(out.Sections, alerts.Section{Title: say("Жалобы", "Complaints"), Lines: worst})
	}
	if blind := blindLines(sources); len(blind) > 0 {
		out.Sections = append(out.Sections, alerts.Section{Title: say("Не видим", "Not seen"), Lines: blind})
	}
	return out, nil
}

func blindLines(sources []mention.Source) []alerts.Line {
	var out []alerts.Line
	for _, s := range sources {
		if s.IsBlind() {
			out = append(out, alerts.Line{Text: fmt.Sprintf("%s: %s %s", s.Title, s.Verdict, s.BlindSince.Format("02.01 15:04"))})
		}
	}
	slices.SortFunc(out, func(a, b alerts.Line) int { return len(a.Text) - len(b.Text) })
	return out
}
