package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"otklik/mention"
	"otklik/store"
)

// gauges tell Prometheus what the archive knows, asked at each scrape, so that
// a restart or another daemon's work never leaves them stale.
type gauges struct {
	store *store.Store
	now   func() time.Time

	up, seen, blind, buried, late, unindexed *prometheus.Desc
}

// jobKinds are the kinds of jobs whose lateness says that work piles up.
func jobKinds() []string {
	return []string{mention.CrawlJob, mention.SendJob, mention.UpdateJob, mention.TimerJob, mention.VerifyJob, mention.IndexJob}
}

// unindexedShown bounds the mentions that are counted at each scrape.
const unindexedShown = 100_000

func newGauges(s *store.Store, now func() time.Time) *gauges {
	return &gauges{
		store: s, now: now,
		up:        prometheus.NewDesc("otklik_archive_up", "Whether the archive answers.", nil, nil),
		seen:      prometheus.NewDesc("otklik_sources_seen", "Configured sources that are seen.", nil, nil),
		blind:     prometheus.NewDesc("otklik_sources_blind", "Sources that have been blind for the configured number of runs.", []string{"site"}, nil),
		buried:    prometheus.NewDesc("otklik_jobs_buried", "Jobs that were given up and wait for an operator, at most a thousand.", nil, nil),
		unindexed: prometheus.NewDesc("otklik_archive_unindexed", "Mentions that no search by words finds yet, at most a hundred thousand.", nil, nil),
		late:      prometheus.NewDesc("otklik_jobs_late_seconds", "How long the oldest due job has waited, by kind.", []string{"kind"}, nil),
	}
}

// Describe implements prometheus.Collector.
func (g *gauges) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{g.up, g.seen, g.blind, g.buried, g.late, g.unindexed} {
		out <- d
	}
}

// Collect implements prometheus.Collector. An archive that does not answer is
// told as such, and nothing else then.
func (g *gauges) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), healthTimeout)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	sources, err := g.store.Sources(ctx)
	if err != nil {
		gauge(g.up, 0)
		return
	}
	gauge(g.up, 1)
	seen, blind := 0, map[string]int{}
	for _, s := range sources {
		if s.IsBlind() {
			blind[s.Site]++
		} else {
			seen++
		}
	}
	gauge(g.seen, float64(seen))
	for site, n := range blind {
		gauge(g.blind, float64(n), site)
	}
	if jobs, err := g.store.Buried(ctx, buriedShown); err == nil {
		gauge(g.buried, float64(len(jobs)))
	}
	if n, err := g.store.Unindexed(ctx, unindexedShown); err == nil {
		gauge(g.unindexed, float64(n))
	}
	for _, kind := range jobKinds() {
		due, err := g.store.NextDue(ctx, []string{kind})
		if err != nil {
			continue
		}
		late := 0.0
		if !due.IsZero() {
			late = max(0, g.now().Sub(due).Seconds())
		}
		gauge(g.late, late, kind)
	}
}

var _ prometheus.Collector = (*gauges)(nil)
