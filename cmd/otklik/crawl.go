package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"otklik/config"
	"otklik/crawler"
	"otklik/intake"
	"otklik/mention"
	"otklik/secret"
)

type crawlCmd struct {
	Config string `help:"Configuration file." default:"otklik.yaml" type:"path"`
	Brand  string `help:"Only this brand."`
	Site   string `help:"Only this site."`
	DryRun bool   `help:"Write and send nothing; print the mentions as JSON lines."`
	JSON   bool   `help:"Print the runs as JSON lines."`

	Backfill bool      `help:"Walk through history, without alerts; goes on where it was stopped."`
	Since    time.Time `help:"With --backfill: how far back, YYYY-MM-DD." format:"2006-01-02"`
	Requests int       `help:"With --backfill: requests to spend on each source; crawler.requests when zero."`
}

// Run makes one pass over the chosen sources.
func (c crawlCmd) Run(ctx context.Context, con console) error {
	cfg, err := config.Load(c.Config)
	if err != nil {
		return configError(err)
	}
	if !c.Since.IsZero() && !c.Backfill {
		return usage("--since goes with --backfill")
	}
	if c.DryRun {
		cfg.Database, cfg.Redis = secret.String{}, secret.String{}
	}
	a, err := build(ctx, cfg, newLog(config.Log{Level: "warn", Format: cfg.Log.Format}, con.err), outside{})
	if err != nil {
		return err
	}
	defer a.Close()
	chosen := c.chosen(a)
	if len(chosen) == 0 {
		return usage("no source of %s matches --brand %q --site %q", c.Config, c.Brand, c.Site)
	}
	if c.DryRun {
		return c.dry(ctx, con, a, chosen)
	}
	if err := a.keepSources(ctx); err != nil {
		return err
	}
	if c.Backfill {
		return c.backfill(ctx, con, a, chosen)
	}
	var runs []mention.Run
	for _, s := range chosen {
		run, err := a.watch.Pass(ctx, s)
		if err != nil {
			return err
		}
		runs = append(runs, run)
	}
	return c.print(con, runs)
}

func (c crawlCmd) chosen(a *app) []intake.Watched {
	var out []intake.Watched
	for _, s := range a.watch.Sources() {
		if (c.Brand == "" || s.Source.Brand == c.Brand) && (c.Site == "" || s.Source.Site == c.Site) {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b intake.Watched) int { return strings.Compare(string(a.Source.ID), string(b.Source.ID)) })
	return out
}

// print writes a line per source; a blind one makes the exit code 3.
func (c crawlCmd) print(con console, runs []mention.Run) error {
	blind := 0
	w := tabwriter.NewWriter(con.out, 0, 4, 2, ' ', 0)
	lines := json.NewEncoder(con.out)
	for _, r := range runs {
		if !r.Verdict.Good() {
			blind++
		}
		if c.JSON {
			if err := lines.Encode(r); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%d items\t%d new\t%d edited\t%d tasks\t%s\n", r.Source, r.Verdict, r.Items, r.New, r.Edited, r.Alerted, evidence(r))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if blind > 0 {
		return fmt.Errorf("%d of %d sources: %w", blind, len(runs), errBlind)
	}
	return nil
}

// evidence says why a run ended as it did.
func evidence(r mention.Run) string {
	parts := slices.DeleteFunc([]string{r.Evidence.Marker, r.Evidence.Note}, func(s string) bool { return s == "" })
	return strings.Join(parts, "; ")
}

// dry reads the sources and prints what they have.
func (c crawlCmd) dry(ctx context.Context, con console, a *app, chosen []intake.Watched) error {
	sources := a.crawlerSources()
	var runs []mention.Run
	for _, s := range chosen {
		run, err := a.crawler.Run(ctx, sources[s.Source.ID], &printer{out: json.NewEncoder(con.out), brand: s.Brand}, mention.Source{})
		if err != nil {
			return err
		}
		runs = append(runs, run)
	}
	con.out = con.err // the mentions have standard output for themselves
	return c.print(con, runs)
}

// printer is a sink that keeps nothing.
type printer struct {
	out   *json.Encoder
	brand intake.Brand
}

var _ crawler.Sink = (*printer)(nil)

// Fresh implements crawler.Sink: everything about the brand is new.
func (p *printer) Fresh(_ context.Context, page []mention.Mention) ([]mention.Freshness, error) {
	fresh := make([]mention.Freshness, len(page))
	for i := range page {
		page[i].Brand = p.brand.Name
		page[i].ID = page[i].Key().ID()
		page[i].Fingerprint = page[i].Look()
		fresh[i] = mention.New
		if p.brand.Match != nil && !p.brand.Match(page[i].Words()) {
			fresh[i] = mention.Foreign
		}
	}
	return fresh, nil
}

// Take implements crawler.Sink.
func (p *printer) Take(_ context.Context, page []mention.Mention, fresh []mention.Freshness) error {
	for i, m := range page {
		if fresh[i] != mention.New {
			continue
		}
		if err := p.out.Encode(m); err != nil {
			return fmt.Errorf("print mention: %w", err)
		}
	}
	return nil
}
