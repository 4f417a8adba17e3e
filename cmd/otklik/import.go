package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"text/tabwriter"
	"time"

	"otklik/config"
	"otklik/feedback"
	"otklik/intake"
	"otklik/mention"
	"otklik/query"
)

type importCmd struct {
	Config string  `help:"Configuration file." default:"otklik.yaml" type:"path"`
	Kind   string  `help:"What the file is: survey, call-centre, book, form, mail, chat, shop." default:"survey"`
	Brand  string  `help:"Brand of rows that name none; the configuration's first when empty."`
	Map    string  `help:"Which column is what: \"Суть=text,Балл=rating\"; usual names are known."`
	Best   float64 `help:"End of the scale of ratings that do not say." default:"5"`
	Scope  string  `help:"Keeps apart systems of one kind that may give the same id."`
	Alert  int     `help:"Rows published in so many days up to now make tasks; older ones are archived only." default:"7" name:"alert-days"`
	DryRun bool    `help:"Show the mapping, all mistakes and what is known already; write nothing."`
	JSON   bool    `help:"Print the result as JSON."`
	File   string  `arg:"" help:"CSV, XLSX or JSONL." type:"existingfile"`
}

// imported is what became of a file.
type imported struct {
	Columns  []feedback.Column `json:"columns"`
	Rows     int               `json:"rows"`
	Repeated int               `json:"repeated"`
	Known    int               `json:"known"`
	Changed  int               `json:"changed"`
	New      int               `json:"new"`
	Tasks    int               `json:"tasks"`
	Errors   []string          `json:"errors"`
	DryRun   bool              `json:"dry_run,omitempty"`
}

// Run takes a file in. A file with a wrong row is not taken in at all, and all
// its wrong rows are named.
func (c importCmd) Run(ctx context.Context, con console) error {
	cfg, err := config.Load(c.Config)
	if err != nil {
		return configError(err)
	}
	plan, err := c.plan(cfg)
	if err != nil {
		return usageError{err}
	}
	out := imported{Columns: plan.Columns, Rows: len(plan.Mentions) + plan.Repeated + len(plan.Errors), Repeated: plan.Repeated, Errors: []string{}, DryRun: c.DryRun}
	for _, e := range plan.Errors {
		out.Errors = append(out.Errors, e.Error())
	}
	if len(plan.Errors) == 0 || c.DryRun {
		if err := c.take(ctx, con, cfg, plan, &out); err != nil {
			return err
		}
	}
	if err := c.print(con, out); err != nil {
		return err
	}
	if len(out.Errors) > 0 {
		return fmt.Errorf("%d of %d rows are wrong; nothing was taken in", len(out.Errors), out.Rows)
	}
	return nil
}

func (c importCmd) plan(cfg *config.Config) (*feedback.Plan, error) {
	mapping, err := feedback.ParseMapping(c.Map)
	if err != nil {
		return nil, fmt.Errorf("--map: %w", err)
	}
	zone, err := time.LoadLocation(cfg.Zone)
	if err != nil {
		return nil, fmt.Errorf("zone: %w", err)
	}
	s := feedback.Source{Kind: c.Kind, Brand: c.Brand, Map: mapping, Best: c.Best, Scope: c.Scope, Zone: zone}
	for _, b := range cfg.Brands {
		s.Brands = append(s.Brands, b.Name)
	}
	if s.Brand == "" && len(s.Brands) > 0 {
		s.Brand = s.Brands[0]
	}
	f, err := os.Open(c.File)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sheet, err := feedback.Read(c.File, f)
	if err != nil {
		return nil, err
	}
	return s.Prepare(sheet)
}

// take asks the archive what it knows, and writes the rest unless it is a dry run.
func (c importCmd) take(ctx context.Context, con console, cfg *config.Config, plan *feedback.Plan, out *imported) error {
	a, err := build(ctx, cfg, newLog(config.Log{Level: "warn", Format: cfg.Log.Format}, con.err), outside{})
	if err != nil {
		return err
	}
	defer a.Close()
	if c.DryRun {
		out.Known, out.Changed, err = plan.Known(ctx, a.sink)
		out.New = len(plan.Mentions) - out.Known - out.Changed
		return err
	}
	added, err := plan.Take(ctx, a.sink, time.Now().AddDate(0, 0, -c.Alert))
	if err != nil {
		return fmt.Errorf("%w; what was written stays, and repeating the command goes on from there", err)
	}
	out.New, out.Changed, out.Known, out.Tasks = added.New, added.Edited, added.Same+added.Touched, added.Alerted
	return nil
}

// print shows the mapping and what became of the rows.
func (c importCmd) print(con console, out imported) error {
	if c.JSON {
		return json.NewEncoder(con.out).Encode(out)
	}
	w := tabwriter.NewWriter(con.out, 0, 4, 2, ' ', 0)
	for _, col := range out.Columns {
		field := string(col.Field)
		if field == "" {
			field = "(left out)"
		}
		fmt.Fprintf(w, "%s\t→ %s\t%s\n", col.Name, field, col.Sample)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, e := range out.Errors {
		fmt.Fprintln(con.out, e)
	}
	word := "taken in"
	if c.DryRun {
		word = "to take in"
	}
	_, err := fmt.Fprintf(con.out, "%d rows: %d new %s, %d changed, %d known, %d repeated, %d wrong, %d tasks\n",
		out.Rows, out.New, word, out.Changed, out.Known, out.Repeated, len(out.Errors), out.Tasks)
	return err
}

// sink opens a pass for feedback, as feedback.Sinks.
func (a *app) sink(kind, brand string, silent bool) feedback.Sink {
	return a.intake.Pass(mention.SourceID(brand+"/"+kind), intake.Brand{Name: brand, About: aboutBrand(a.cfg, brand)}, silent)
}

// aboutBrand returns the words that name a brand.
func aboutBrand(cfg *config.Config, brand string) []string {
	about := []string{brand}
	for _, b := range cfg.Brands {
		if q, err := query.Parse(b.Match); b.Name == brand && err == nil {
			about = append(about, q.Terms()...)
		}
	}
	return about
}

// openHooks makes the handler of what other systems send.
func (a *app) openHooks() http.Handler {
	var hooks []feedback.Hook
	for _, h := range a.cfg.Feedback.Hooks {
		s := feedback.Source{Kind: h.Kind, Brand: h.Brand, Map: h.Map, Best: h.Best, Scope: h.Scope, Zone: a.maker.Zone}
		for _, b := range a.cfg.Brands {
			s.Brands = append(s.Brands, b.Name)
		}
		hook := feedback.Hook{Name: h.Name, Token: h.Token.Reveal(), Source: s}
		if h.Kind == feedback.Deal {
			hook.Deals = a.requests.Deal
		}
		hooks = append(hooks, hook)
	}
	return feedback.NewHooks(hooks, a.sink, a.log, a.registry)
}
