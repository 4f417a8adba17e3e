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
	Kind   string  `help:"What the file is: survey, call-centre, book, form, mail, chat, shop; or deal for closed deals, after which customers are asked for a rating." default:"survey"`
	Brand  string  `help:"Brand of rows that name none; the configuration's first when empty."`
	Map    string  `help:"Which column is what: \"Суть=text,Балл=rating\"; usual names are known."`
	Best   float64 `help:"End of the scale of ratings that do not say." default:"5"`
	Scope  string  `help:"Keeps apart systems of one kind that may give the same id."`
	Alert  int     `help:"Rows published in so many days up to now make tasks; older ones are archived only." default:"7" name:"alert-days"`
	DryRun bool    `help:"Show the mapping, all mistakes and what is known already; write nothing."`
	JSON   bool    `help:"Print the result as JSON."`
	File   string  `arg:"" help:"CSV, XLSX or JSONL." type:"existingfile"`
}

// Run takes a file in. A file with a wrong row is not taken in at all, and all
// its wrong rows are named.
func (c importCmd) Run(ctx context.Context, con console) error {
	cfg, err := config.Load(c.Config)
	if err != nil {
		return configError(err)
	}
	mapping, err := feedback.ParseMapping(c.Map)
	if err != nil {
		return usageError{fmt.Errorf("--map: %w", err)}
	}
	file := mention.ImportFile{Name: c.File, Kind: c.Kind, Brand: c.Brand, Scope: c.Scope, Best: c.Best, Map: map[string]string{},
		Since: time.Now().AddDate(0, 0, -c.Alert)}
	for column, field := range mapping {
		file.Map[column] = string(field)
	}
	out, err := c.take(ctx, con, cfg, file)
	if err != nil {
		return err
	}
	if len(out.Problems) > 0 {
		return usageError{fmt.Errorf("%s: %w", c.File, out.Problems[0])}
	}
	if err := c.print(con, out); err != nil {
		return err
	}
	if out.Wrong > 0 {
		return fmt.Errorf("%d of %d rows are wrong; nothing was taken in", out.Wrong, out.Rows)
	}
	return nil
}

func (c importCmd) take(ctx context.Context, con console, cfg *config.Config, file mention.ImportFile) (mention.Imported, error) {
	f, err := os.Open(c.File)
	if err != nil {
		return mention.Imported{}, err
	}
	defer f.Close()
	a, err := build(ctx, cfg, newLog(config.Log{Level: "warn", Format: cfg.Log.Format}, con.err), outside{})
	if err != nil {
		return mention.Imported{}, err
	}
	defer a.Close()
	file.Body = f
	return a.files().Import(ctx, file, c.DryRun)
}

// files is what takes in the files that people bring.
func (a *app) files() feedback.Files {
	f := feedback.Files{Zone: a.maker.Zone, Sinks: a.sink}
	for _, b := range a.cfg.Brands {
		f.Brands = append(f.Brands, b.Name)
	}
	if a.requests.Config.IsOn() {
		f.Requests = a.requests
	}
	return f
}

// print shows the mapping and what became of the rows.
func (c importCmd) print(con console, out mention.Imported) error {
	if c.JSON {
		return json.NewEncoder(con.out).Encode(out)
	}
	w := tabwriter.NewWriter(con.out, 0, 4, 2, ' ', 0)
	for _, col := range out.Columns {
		field := col.Field
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
		out.Rows, out.New, word, out.Changed, out.Known, out.Repeated, out.Wrong, out.Tasks)
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
	files := a.files()
	var hooks []feedback.Hook
	for _, h := range a.cfg.Feedback.Hooks {
		s := feedback.Source{Kind: h.Kind, Brand: h.Brand, Brands: files.Brands, Map: h.Map, Best: h.Best, Scope: h.Scope, Zone: a.maker.Zone}
		hook := feedback.Hook{Name: h.Name, Token: h.Token.Reveal(), Source: s}
		if files.Requests != nil {
			hook.Desk = files.Requests
		}
		if h.Kind == feedback.Deal {
			hook.Deals = files.Requests
		}
		hooks = append(hooks, hook)
	}
	return feedback.NewHooks(hooks, a.sink, a.log, a.registry)
}
