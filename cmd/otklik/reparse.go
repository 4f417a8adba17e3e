package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"otklik/config"
	"otklik/crawler"
	"otklik/intake"
	"otklik/mention"
	"otklik/reports"
)

type reparseCmd struct {
	Config string `help:"Configuration file." default:"otklik.yaml" type:"path"`
	Site   string `help:"The site whose saved pages are read again." required:""`
	Since  string `help:"First day, like 2026-11-01, or a moment." required:""`
	JSON   bool   `help:"Print one JSON object."`
}

// reparsed is what the saved pages gave.
type reparsed struct {
	Pages     int `json:"pages"`
	Unread    int `json:"unread"`    // could not be opened, or of a source that is gone
	Bad       int `json:"bad"`       // still no good verdict
	Items     int `json:"items"`     // on the good pages
	Recovered int `json:"recovered"` // new to the archive
}

// Run reads the saved pages of a site again with the definition as it is now.
// What the archive does not have is archived silently, and ops are told how
// much it is and what of it waits for an answer. What the archive has stays as
// it is: an old page never overwrites what a newer one said.
func (c reparseCmd) Run(ctx context.Context, con console) error {
	cfg, err := config.Load(c.Config)
	if err != nil {
		return configError(err)
	}
	site, err := cfg.Catalogue.Site(c.Site)
	if err != nil {
		return usageError{err}
	}
	zone, err := time.LoadLocation(cfg.Zone)
	if err != nil {
		return fmt.Errorf("zone: %w", err)
	}
	since, err := reports.ParseMoment(c.Since, zone)
	if err != nil {
		return usage("--since: %w", err)
	}
	a, err := build(ctx, cfg, newLog(config.Log{Level: "warn", Format: cfg.Log.Format}, con.err), outside{})
	if err != nil {
		return err
	}
	defer a.Close()
	pages, err := crawler.OpenRawStore(filepath.Join(cfg.Data, "pages"), cfg.Crawler.Raw, a.now)
	if err != nil {
		return fmt.Errorf("open the raw pages: %w", err)
	}
	r := reparse{app: a, site: site, pages: pages, sources: a.crawlerSources(), passes: map[mention.SourceID]*intake.Pass{}, brands: map[mention.SourceID]intake.Brand{}}
	for _, w := range a.watch.Sources() {
		r.brands[w.Source.ID] = w.Brand
	}
	if err := r.run(ctx, since); err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(con.out).Encode(r.out)
	}
	_, err = fmt.Fprintf(con.out, "%d pages read again, %d still bad, %d unread; %d items, %d of them recovered\n",
		r.out.Pages, r.out.Bad, r.out.Unread, r.out.Items, r.out.Recovered)
	return err
}

// reparse is one reading in progress.
type reparse struct {
	app     *app
	site    *crawler.Site
	pages   *crawler.RawStore
	sources map[mention.SourceID]crawler.Source
	brands  map[mention.SourceID]intake.Brand
	passes  map[mention.SourceID]*intake.Pass
	details map[string]string // names of saved detail pages by source and address
	out     reparsed
}

func (r *reparse) run(ctx context.Context, since time.Time) error {
	r.details = map[string]string{}
	for page, err := range r.pages.Since(r.site.Name, since) {
		if err == nil && page.Raw.Request.Stage == crawler.Detail {
			r.details[string(page.Source)+" "+page.Raw.Request.URL] = page.Name
		}
	}
	for page, err := range r.pages.Since(r.site.Name, since) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			r.out.Unread++
			continue
		}
		if page.Raw.Request.Stage == crawler.Detail {
			continue
		}
		if err := r.page(ctx, page); err != nil {
			return fmt.Errorf("page %s: %w", page.Name, err)
		}
	}
	return r.tell(ctx)
}

// page takes in what one list page has and the archive has not.
func (r *reparse) page(ctx context.Context, page crawler.RawPage) error {
	src, known := r.sources[page.Source]
	if !known {
		r.out.Unread++
		return nil
	}
	r.out.Pages++
	options := crawler.Options{Params: src.Params, Accounts: src.Accounts}
	got := r.site.Extract(page.Raw, options)
	// What a stopgap reads has other identities than the archive knows.
	if got.Evidence.Stopgap || !got.Verdict.Good() && len(got.Mentions) == 0 {
		r.out.Bad++
		return nil
	}
	r.out.Items += len(got.Mentions)
	pass := r.passes[page.Source]
	if pass == nil {
		pass = r.app.intake.Pass(page.Source, r.brands[page.Source], true)
		r.passes[page.Source] = pass
	}
	for i := range got.Mentions {
		got.Mentions[i].CollectedAt = page.Raw.FetchedAt
	}
	fresh, err := pass.Fresh(ctx, got.Mentions)
	if err != nil {
		return err
	}
	for i := range fresh {
		if fresh[i] != mention.New {
			fresh[i] = mention.Same
			continue
		}
		got.Mentions[i] = r.whole(got.Mentions[i], page.Source, options)
	}
	return pass.Take(ctx, got.Mentions, fresh)
}

// whole adds what the saved detail page of m says, where there is one.
func (r *reparse) whole(m mention.Mention, source mention.SourceID, o crawler.Options) mention.Mention {
	name := r.details[string(source)+" "+m.URL]
	if name == "" {
		return m
	}
	page, err := r.pages.Open(name)
	if err != nil {
		return m
	}
	full, verdict, _ := r.site.ExtractDetail(page.Raw, m, o)
	if !verdict.Good() {
		return m
	}
	return full
}

// tell counts what was recovered and writes one notice for each source.
func (r *reparse) tell(ctx context.Context) error {
	channel := r.app.cfg.Alerts.OpsChannel()
	var eff mention.Effects
	for _, id := range slices.Sorted(maps.Keys(r.passes)) {
		n := r.passes[id].Added().New
		r.out.Recovered += n
		if n > 0 && channel != "" {
			eff.Notices = append(eff.Notices, mention.Notice{Kind: mention.SeededNotice, Channel: channel, Source: id,
				Key: fmt.Sprintf("reparse:%s:%d", id, r.app.now().Unix())})
		}
	}
	if len(eff.Notices) == 0 {
		return nil
	}
	if err := r.app.store.Apply(ctx, eff); err != nil {
		return fmt.Errorf("tell what was recovered: %w", err)
	}
	return nil
}
