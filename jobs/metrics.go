package jobs

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	ended    *prometheus.CounterVec
	running  *prometheus.GaugeVec
	duration *prometheus.HistogramVec
	up       prometheus.Gauge
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		ended: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "otklik_jobs_ended_total",
			Help: "Jobs by kind and by how they ended: done, again, retry, buried, stopped, lost, unsettled.",
		}, []string{"kind", "result"}),
		running: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "otklik_jobs_running", Help: "Jobs in hand by kind.",
		}, []string{"kind"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "otklik_jobs_duration_seconds", Help: "How long handlers take, by kind.",
			Buckets: prometheus.ExponentialBuckets(0.005, 4, 9),
		}, []string{"kind"}),
		up: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "otklik_jobs_queue_up", Help: "Whether the archive takes what the jobs write.",
		}),
	}
	reg.MustRegister(m.ended, m.running, m.duration, m.up)
	return m
}
