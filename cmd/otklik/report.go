package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"otklik/config"
	"otklik/reports"
	"otklik/store"
)

type reportCmd struct {
	Config string   `help:"Configuration file." default:"otklik.yaml" type:"path"`
	From   string   `help:"First day, like 2026-11-01, or a moment; seven days ago when empty."`
	To     string   `help:"Last day, which is included, or a moment, which is not; today when empty."`
	Brand  []string `help:"Only these brands."`
	Source string   `help:"Only this site."`
	Format string   `help:"html, xlsx, csv or json." enum:"html,xlsx,csv,json" default:"html"`
	Lang   string   `help:"ru or en; the configuration's when empty." enum:"ru,en," default:""`
	Out    string   `help:"File to write; standard output when empty." type:"path"`
}

// Run writes a report. When some source was not seen in the period the report
// is written all the same, and the exit code says so.
func (c reportCmd) Run(ctx context.Context, con console) error {
	cfg, err := config.Load(c.Config)
	if err != nil {
		return configError(err)
	}
	archive, err := store.Open(ctx, store.Config{Data: cfg.Data, Database: cfg.Database.Reveal()})
	if err != nil {
		return fmt.Errorf("open the archive: %w", err)
	}
	defer archive.Close()
	norms, err := cfg.Replies.Build()
	if err != nil {
		return fmt.Errorf("norms: %w", err)
	}
	maker, err := newMaker(cfg, archive, norms, (&app{cfg: cfg}).siteTitle, time.Now)
	if err != nil {
		return err
	}
	q, err := c.query(maker.Zone, time.Now())
	if err != nil {
		return usageError{err}
	}
	r, err := maker.Make(ctx, q)
	if err != nil {
		return err
	}
	view := reports.View{Lang: c.Lang, Base: cfg.PublicURL, Linked: cfg.PublicURL != ""}
	if view.Lang == "" {
		view.Lang = cfg.Language
	}
	if err := writeTo(c.Out, con.out, func(w io.Writer) error { return maker.Write(w, r, c.Format, view) }); err != nil {
		return err
	}
	if missed := len(r.Coverage.Blind) + len(r.Coverage.Unseen); missed > 0 {
		return fmt.Errorf("the report is a lower bound, %d spells without sight: %w", missed, errBlind)
	}
	return nil
}

// query reads the period: days in zone, the last one included.
func (c reportCmd) query(zone *time.Location, now time.Time) (reports.Query, error) {
	y, m, d := now.In(zone).Date()
	q := reports.Query{To: time.Date(y, m, d+1, 0, 0, 0, 0, zone), Brands: c.Brand, Source: c.Source}
	if c.To != "" {
		to, err := reports.ParseMoment(c.To, zone)
		if err != nil {
			return q, fmt.Errorf("--to: %w", err)
		}
		q.To = to
		if len(c.To) == len(time.DateOnly) {
			q.To = to.AddDate(0, 0, 1)
		}
	}
	q.From = q.To.AddDate(0, 0, -7)
	if c.From != "" {
		from, err := reports.ParseMoment(c.From, zone)
		if err != nil {
			return q, fmt.Errorf("--from: %w", err)
		}
		q.From = from
	}
	if !q.To.After(q.From) {
		return q, errors.New("the period ends before it begins")
	}
	return q, nil
}

// writeTo writes to a new file in place of the old one, or to out without a
// name. A file that could not be finished leaves the old one as it was.
func writeTo(path string, out io.Writer, write func(io.Writer) error) (err error) {
	if path == "" {
		return write(out)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".otklik-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(f.Name()) // gone already when all went well
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
