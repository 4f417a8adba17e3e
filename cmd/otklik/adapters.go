package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"otklik/alerts"
	"otklik/config"
	"otklik/crawler"
	"otklik/dedup"
	"otklik/intake"
	"otklik/mention"
	"otklik/query"
	"otklik/replies"
)

// planner joins routing rules and norms for the intake.
type planner struct {
	norms  replies.Norms
	router *alerts.Router
	sites  *crawler.Catalogue
}

// Raise implements intake.Desk.
func (p planner) Raise(m mention.Mention, why string, now time.Time) (mention.Effects, error) {
	why = reason(m, why)
	matches := p.router.Route(m, why)
	routes := make([]replies.Route, len(matches))
	for i, match := range matches {
		routes[i] = replies.Route{
			Rule: match.Rule, Channel: match.Channel, Norm: match.Norm, Kind: match.Kind,
			Ping: match.Ping, Quiet: match.Digest != "", HoldUntil: match.HoldUntil(now),
			Gust: match.Gust,
		}
	}
	return p.norms.Raise(m, p.shows(m), routes, why, now)
}

// reason names why m is raised, in the words of the routing rules.
func reason(m mention.Mention, why string) string {
	switch {
	case why == intake.WhyEdited:
		return alerts.WhyEdited
	case m.Conflict:
		return alerts.WhyConflict
	case m.Tone == mention.Negative:
		return alerts.WhyNegative
	case m.Tone == mention.Positive:
		return alerts.WhyPositive
	}
	return ""
}

// shows returns what the public page of m's site can show of an answer.
func (p planner) shows(m mention.Mention) mention.Replies {
	site, err := p.sites.Site(m.Source)
	if err != nil {
		return mention.RepliesNone // imported: there is no page
	}
	return site.Replies
}

// Join implements intake.Desk.
func (p planner) Join(t mention.Task, m mention.Mention, now time.Time) (mention.Effects, error) {
	return p.norms.Join(t, m, p.shows(m), now)
}

// Seen implements intake.Desk.
func (p planner) Seen(t mention.Task, old, m mention.Mention, now time.Time) (mention.Effects, error) {
	return p.norms.Seen(t, old, m, now)
}

// Lost implements intake.Desk.
func (p planner) Lost(t mention.Task, now time.Time) (mention.Effects, error) {
	return p.norms.Lost(t, now)
}

// copies recognises copies with the sketches of package dedup.
type copies struct{}

// Sketch implements intake.Copies. Praise is not compared: thanking twice
// harms nobody, and stock phrases are most of it.
func (copies) Sketch(m mention.Mention) ([]byte, []uint64) {
	if m.Tone == mention.Positive && !m.Conflict {
		return nil, nil
	}
	s := dedup.NewSketch(m)
	return s.Bytes(), s.Bands()
}

// IsCopy implements intake.Copies.
func (copies) IsCopy(a, b []byte) bool {
	_, same := dedup.Similar(dedup.SketchOf(a), dedup.SketchOf(b))
	return same
}

// sourceID names a source by its brand, site and public parameters, so that
// it stays the same when the configuration is reordered.
func sourceID(brand string, site *crawler.Site, values map[string]string) mention.SourceID {
	parts := []string{brand, site.Name}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !site.Params[name].Secret && name != "base" && values[name] != "" {
			parts = append(parts, values[name])
		}
	}
	return mention.SourceID(strings.Join(parts, "/"))
}

// crawlerSources returns the configured sources as the crawler reads them.
func (a *app) crawlerSources() map[mention.SourceID]crawler.Source {
	out := map[mention.SourceID]crawler.Source{}
	for _, b := range a.cfg.Brands {
		for _, s := range b.Sources {
			src, err := crawlerSource(a.cfg, b, s, a.now())
			if err != nil {
				a.log.Error("source is left out", "site", s.Site, "err", err)
				continue
			}
			out[src.ID] = src
		}
	}
	return out
}

func crawlerSource(cfg *config.Config, b config.Brand, s config.Source, now time.Time) (crawler.Source, error) {
	site, err := cfg.Catalogue.Site(s.Site)
	if err != nil {
		return crawler.Source{}, err
	}
	header := http.Header{}
	for name, value := range s.Headers {
		header.Set(name, value.Reveal())
	}
	src := crawler.Source{
		ID: sourceID(b.Name, site, s.Values), Brand: b.Name, Site: site, Params: s.Values, Accounts: b.Accounts[s.Site],
		Pages: s.Pages, Pace: crawler.Pace{Delay: s.Delay}, Header: header, UserAgent: s.UserAgent, Proxies: s.Proxies,
		Authorise: signIn(site.Name),
	}
	if src.Searches, err = site.Searches(s.Values, b.Match); err != nil {
		return src, err
	}
	if s.Cookies == "" {
		return src, nil
	}
	f, err := os.Open(s.Cookies)
	if err != nil {
		return src, fmt.Errorf("cookies: %w", err)
	}
	defer f.Close()
	src.Cookies, err = crawler.ReadCookies(f, now)
	return src, err
}

// sources returns the configured sources as the watch runs them.
func (a *app) sources() []intake.Watched {
	zone, _ := time.LoadLocation(a.cfg.Zone) // checked with the configuration
	all := a.crawlerSources()
	var out []intake.Watched
	for _, b := range a.cfg.Brands {
		for _, s := range b.Sources {
			site, err := a.cfg.Catalogue.Site(s.Site)
			if err != nil {
				continue
			}
			src, known := all[sourceID(b.Name, site, s.Values)]
			if !known {
				continue
			}
			schedule, err := config.Schedule(s.Every, zone)
			if err != nil {
				continue // checked with the configuration
			}
			out = append(out, intake.Watched{
				Source:   mention.Source{ID: src.ID, Brand: b.Name, Site: site.Name, Title: sourceTitle(site, a.cfg.Language, s.Values)},
				Brand:    brandOf(b, site),
				Crawler:  siteCrawler{a.crawler, src},
				Schedule: schedule,
				Ordered:  isOrdered(src),
				Rhythm:   rhythmOf(s, schedule, a.now()),
			})
		}
	}
	return out
}

// isOrdered reports whether a pass over src reads one list, newest first, and
// no lists of its items besides.
func isOrdered(src crawler.Source) bool {
	starts, err := src.Site.Start(src.Params)
	return err == nil && src.Site.NewestFirst && len(starts) == 1 && !src.Site.Search && !src.Site.Follows()
}

// rhythm is an adaptive schedule: crawler.Pulse within the operator's bounds.
type rhythm struct{ crawler.Rhythm }

// rhythmOf returns the learning schedule of s, nil without one. The number of
// requests is that of its fixed schedule.
func rhythmOf(s config.Source, fixed intake.Schedule, now time.Time) intake.Rhythm {
	if s.Adaptive == nil {
		return nil
	}
	first := fixed.Next(now)
	return rhythm{crawler.Rhythm{Every: fixed.Next(first).Sub(first), Min: s.Adaptive.Min, Max: s.Adaptive.Max}}
}

// Next implements intake.Rhythm.
func (r rhythm) Next(learned json.RawMessage, from, at time.Time, published []time.Time) (time.Time, json.RawMessage, error) {
	var pulse crawler.Pulse
	if len(learned) > 0 {
		if err := json.Unmarshal(learned, &pulse); err != nil {
			return time.Time{}, nil, fmt.Errorf("read what was learned: %w", err)
		}
	}
	pulse = pulse.Learn(from, at, published)
	kept, err := json.Marshal(pulse)
	return pulse.Due(at, pulse.Level(), r.Rhythm), kept, err
}

// sourceTitle is how people call a source: the site and what is read there.
func sourceTitle(site *crawler.Site, lang string, values map[string]string) string {
	title := site.Title[lang]
	if title == "" {
		title = site.Name
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if site.Params[name].Required && !site.Params[name].Secret {
			return title + " (" + values[name] + ")"
		}
	}
	return title
}

// brandOf returns the brand as the intake matches it: on a brand's own page
// everything is about it, elsewhere its query decides.
func brandOf(b config.Brand, site *crawler.Site) intake.Brand {
	out := intake.Brand{Name: b.Name, About: []string{b.Name}}
	q, err := query.Parse(b.Match)
	if err != nil {
		return out // checked with the configuration
	}
	out.About = append(out.About, q.Terms()...)
	if site.Search {
		out.Match = func(text string) bool {
			matches, _ := q.Match(text)
			return matches
		}
	}
	return out
}

// siteCrawler is one source for the watch.
type siteCrawler struct {
	crawler *crawler.Crawler
	source  crawler.Source
}

// Run implements intake.Crawler.
func (s siteCrawler) Run(ctx context.Context, sink *intake.Pass, prior mention.Source) (mention.Run, error) {
	return s.crawler.Run(ctx, s.source, sink, prior)
}

// looker opens a mention's page again for the desk.
type looker struct {
	crawler *crawler.Crawler
	sources map[mention.SourceID]crawler.Source
}

// Look implements replies.Looker.
func (l looker) Look(ctx context.Context, m mention.Mention) (mention.Mention, bool, error) {
	src, known := l.sources[m.SourceID]
	if !known {
		return m, false, nil
	}
	now, verdict, evidence := l.crawler.Look(ctx, src, m)
	if err := ctx.Err(); err != nil {
		return m, false, err
	}
	if !verdict.Good() {
		return m, false, fmt.Errorf("%s: %s %s", verdict, evidence.Marker, evidence.Note)
	}
	return now, true, nil
}
