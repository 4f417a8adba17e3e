package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"otklik/alerts"
	"otklik/config"
	"otklik/mention"
	"otklik/store"
)

type checkCmd struct {
	Config   string `help:"Configuration file." default:"otklik.yaml" type:"path"`
	Reach    bool   `help:"Also try every source, channel and server once; nothing is archived or sent."`
	Examples bool   `help:"Show what each rule would get of the latest mentions in the archive."`
}

// Run checks the configuration and says what it watches.
func (c checkCmd) Run(ctx context.Context, con console) error {
	cfg, err := config.Load(c.Config)
	if err != nil {
		return configError(err)
	}
	for _, w := range cfg.Warnings() {
		fmt.Fprintln(con.err, "note:", w)
	}
	sources := 0
	for _, b := range cfg.Brands {
		sources += len(b.Sources)
	}
	if !isLoopback(cfg.Listen) {
		fmt.Fprintf(con.err, "note: listen: %s is open to other machines, and the daemon starts only if there are accounts: see `otklik user add --help`\n", cfg.Listen)
	}
	_, err = fmt.Fprintf(con.out, "%s: no mistakes; brands %d, sources %d, channels %d, rules %d\n",
		c.Config, len(cfg.Brands), sources, len(cfg.Alerts.Channels), len(cfg.Alerts.Routes))
	if err == nil && c.Examples {
		err = examples(ctx, cfg, con.out)
	}
	if err != nil || !c.Reach {
		return err
	}
	return reach(ctx, con, cfg, outside{})
}

const (
	exampleDepth = 5000 // mentions that are looked through, the latest first
	exampleCount = 3    // shown of each rule
	exampleWords = 100  // characters of each
)

// examples shows, for each rule, how many of the latest mentions it would get
// and the first few of them.
func examples(ctx context.Context, cfg *config.Config, out io.Writer) error {
	router, err := alerts.NewRouter(cfg.Alerts.Routes, cfg.Kinds())
	if err != nil {
		return err
	}
	archive, err := store.Open(ctx, store.Config{Data: cfg.Data, Database: cfg.Database.Reveal()})
	if err != nil {
		return fmt.Errorf("open the archive: %w", err)
	}
	defer archive.Close()
	got, err := routed(ctx, archive, router)
	if err != nil {
		return err
	}
	for _, r := range cfg.Alerts.Routes {
		fmt.Fprintf(out, "\n%s: %d\n", r.Name, len(got[r.Name]))
		for _, m := range got[r.Name][:min(exampleCount, len(got[r.Name]))] {
			words := strings.Join(strings.Fields(alerts.Harmless(m.Words())), " ")
			fmt.Fprintf(out, "  %s ★%d %s\n", m.Source, m.Stars(), alerts.Cut(words, exampleWords))
		}
	}
	return nil
}

// routed returns the latest mentions by the rules that get them.
func routed(ctx context.Context, archive *store.Store, router *alerts.Router) (map[string][]mention.Mention, error) {
	got := map[string][]mention.Mention{}
	filter := store.MentionFilter{Limit: walkLimit}
	for seen := 0; seen < exampleDepth; {
		page, next, err := archive.Mentions(ctx, filter)
		if err != nil {
			return nil, fmt.Errorf("read mentions: %w", err)
		}
		for _, m := range page {
			last := ""
			for _, match := range router.Route(m, reason(m, "")) {
				if match.Rule != last { // a rule comes once for each of its channels
					got[match.Rule] = append(got[match.Rule], m)
				}
				last = match.Rule
			}
		}
		seen += len(page)
		if filter.After = next; next == "" {
			break
		}
	}
	return got, nil
}
