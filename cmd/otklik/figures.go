package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"otklik/alerts"
	"otklik/config"
	"otklik/mention"
	"otklik/replies"
	"otklik/reports"
	"otklik/store"
)

// figures sums up for messages that are about more than one task.
type figures struct {
	store *store.Store
	maker *reports.Maker
	now   func() time.Time
}

func (a *app) figures() figures { return figures{a.store, a.maker, a.now} }

// newMaker makes what makes reports.
func newMaker(cfg *config.Config, archive *store.Store, norms replies.Norms, titles func(site, lang string) string, now func() time.Time) (*reports.Maker, error) {
	zone, err := time.LoadLocation(cfg.Zone)
	if err != nil {
		return nil, fmt.Errorf("zone: %w", err)
	}
	m := &reports.Maker{Archive: archive, Present: archive, Working: norms.Working, Titles: titles, Zone: zone, Now: now,
		Base: cfg.PublicURL, Praise: praise(archive)}
	for _, b := range cfg.Brands {
		m.Competitors = append(m.Competitors, b.Competitors...)
	}
	slices.Sort(m.Competitors)
	m.Competitors = slices.Compact(m.Competitors)
	for _, b := range cfg.Brands {
		if !slices.Contains(m.Competitors, b.Name) {
			m.Brands = append(m.Brands, b.Name)
		}
	}
	return m, nil
}

// praise returns what waits for thanks, for digests.
func praise(archive *store.Store) func(context.Context, string, int) ([]mention.Mention, error) {
	return func(ctx context.Context, brand string, limit int) ([]mention.Mention, error) {
		views, _, err := archive.Tasks(ctx, mention.TaskFilter{Brand: brand, Kind: mention.Thanks, States: []mention.State{mention.Open}, Limit: limit})
		var out []mention.Mention
		for _, v := range views {
			out = append(out, v.Mention)
		}
		return out, err
	}
}

// newClerk makes what sends digests when they are due.
func newClerk(a *app) (*reports.Clerk, error) {
	c := &reports.Clerk{Maker: a.maker, Outbox: a.store, Spikes: a.cfg.Reports.Spikes, Log: a.log.With("part", "reports")}
	for _, d := range a.cfg.Reports.Digests {
		schedule, err := config.Schedule(d.Every, a.maker.Zone)
		if err != nil {
			return nil, fmt.Errorf("digest for %s: %w", d.Channel, err)
		}
		c.Digests = append(c.Digests, reports.Scheduled{DigestConfig: d, Schedule: schedule})
	}
	return c, nil
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
func (f figures) Digest(ctx context.Context, n mention.Notice, lang string) (mention.Digest, error) {
	return f.maker.Tell(ctx, n, lang)
}

// summary tells what was said since, what is open and what is not seen.
func (f figures) summary(ctx context.Context, since time.Time, lang string) (mention.Digest, error) {
	return f.maker.Summary(ctx, since, lang)
}
