package crawler

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"otklik/mention"
)

// metrics counts what the crawler does. Its labels are sites, verdicts and
// classes of status: closed sets.
type metrics struct {
	requests *prometheus.CounterVec
	bytes    *prometheus.CounterVec
	runs     *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	mentions *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "otklik_crawler_requests_total", Help: "Answers received, by site and class of status."}, []string{"site", "class"}),
		bytes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "otklik_crawler_read_bytes_total", Help: "Decompressed bytes read."}, []string{"site"}),
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "otklik_crawler_runs_total", Help: "Passes ended, by site and verdict."}, []string{"site", "verdict"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "otklik_crawler_run_seconds", Help: "How long passes last, waiting included.",
			Buckets: prometheus.ExponentialBuckets(0.1, 4, 8)}, []string{"site"}),
		mentions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "otklik_crawler_mentions_total", Help: "Mentions read, by site and freshness."}, []string{"site", "freshness"}),
	}
	if reg != nil {
		reg.MustRegister(m.requests, m.bytes, m.runs, m.seconds, m.mentions)
	}
	return m
}

func (m *metrics) request(site string, status int) {
	m.requests.WithLabelValues(site, strconv.Itoa(status/100)+"xx").Inc()
}

func (m *metrics) read(site string, n int) { m.bytes.WithLabelValues(site).Add(float64(n)) }

func (m *metrics) run(r mention.Run) {
	m.runs.WithLabelValues(r.Site, string(r.Verdict)).Inc()
	m.seconds.WithLabelValues(r.Site).Observe(r.EndAt.Sub(r.StartAt).Seconds())
}

func (m *metrics) fresh(site string, fresh []mention.Freshness) {
	for _, f := range fresh {
		name := "other" // of another brand, mostly
		switch f {
		case mention.Same:
			name = "same"
		case mention.New:
			name = "new"
		case mention.Changed:
			name = "changed"
		}
		m.mentions.WithLabelValues(site, name).Inc()
	}
}
