package alerts

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"otklik/mention"
)

// Metrics counts what becomes of messages. A nil *Metrics counts nothing.
type Metrics struct {
	ended *prometheus.CounterVec
	delay *prometheus.HistogramVec
}

// The results that metrics tell apart.
const (
	resultSent     = "sent"
	resultAdopted  = "adopted"  // found in the channel after doubt
	resultRejected = "rejected" // refused for good
	resultFailed   = "failed"   // one try that is repeated
	resultUpdated  = "updated"
)

// NewMetrics returns metrics that are registered with reg.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		ended: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "otklik_alerts_messages_total",
			Help: "Messages by channel and by what became of them: sent, adopted, rejected, failed, updated.",
		}, []string{"channel", "result"}),
		delay: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "otklik_alerts_delay_seconds", Help: "From the moment a message was due until it was sent, by channel.",
			Buckets: prometheus.ExponentialBuckets(0.25, 4, 9),
		}, []string{"channel"}),
	}
	reg.MustRegister(m.ended, m.delay)
	return m
}

func (m *Metrics) count(channel, result string) {
	if m != nil {
		m.ended.WithLabelValues(channel, result).Inc()
	}
}

func (m *Metrics) sent(n mention.Notice, at time.Time, isAdopted bool) {
	if m == nil {
		return
	}
	result := resultSent
	if isAdopted {
		result = resultAdopted
	}
	m.count(n.Channel, result)
	m.delay.WithLabelValues(n.Channel).Observe(at.Sub(later(n.CreatedAt, n.At)).Seconds())
}
