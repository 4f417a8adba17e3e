package intake

import (
	"github.com/prometheus/client_golang/prometheus"

	"otklik/mention"
)

type metrics struct {
	mentions     *prometheus.CounterVec
	tasks        prometheus.Counter
	memoryErrors prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) metrics {
	m := metrics{
		mentions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "otklik_intake_mentions_total", Help: "Mentions archived, by what they were: new, edited, touched.",
		}, []string{"kind"}),
		tasks: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "otklik_intake_tasks_total", Help: "Tasks raised by new mentions.",
		}),
		memoryErrors: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "otklik_intake_memory_errors_total", Help: "Requests that the memory did not answer; the archive was asked instead.",
		}),
	}
	if reg != nil {
		reg.MustRegister(m.mentions, m.tasks, m.memoryErrors)
	}
	return m
}

func (m metrics) count(a mention.Added) {
	m.mentions.WithLabelValues("new").Add(float64(a.New))
	m.mentions.WithLabelValues("edited").Add(float64(a.Edited))
	m.mentions.WithLabelValues("touched").Add(float64(a.Touched))
	m.tasks.Add(float64(a.Alerted))
}
