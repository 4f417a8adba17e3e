package dedup

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// pause is how long a memory that failed is left alone, so that a server
	// that hangs does not cost every page its timeout.
	pause = 3 * time.Second
	// maxDoubtful bounds the keys kept for forgetting: 16 MB at the most.
	maxDoubtful = 500_000
)

// Fallback makes a memory that may fail into one that does not: while it is
// down nothing is known, and the caller asks the archive. Keys that could not
// be remembered or forgotten meanwhile are forgotten when it is back, because
// it may hold a look older than the archive's. It logs once when the memory
// goes and once when it returns; metrics count the rest.
type Fallback struct {
	memory Memory
	log    *slog.Logger
	mt     *metrics

	mu       sync.Mutex
	downAt   time.Time // zero while the memory answers
	retryAt  time.Time
	backAt   time.Time // when it last came back
	doubtful map[uint64]struct{}
}

// NewFallback wraps m. The metrics are registered with reg.
func NewFallback(m Memory, log *slog.Logger, reg prometheus.Registerer) *Fallback {
	return &Fallback{memory: m, log: log.With("part", "dedup"), mt: newMetrics(reg), doubtful: map[uint64]struct{}{}}
}

// Check returns what is known of keys: nothing while the memory is down. The
// error is ctx's own.
func (f *Fallback) Check(ctx context.Context, keys []uint64) ([]uint64, []bool, error) {
	looks, known, err := f.check(ctx, keys)
	if err != nil {
		if ctx.Err() != nil {
			return nil, nil, err
		}
		looks, known = make([]uint64, len(keys)), make([]bool, len(keys))
	}
	hits := 0
	for _, k := range known {
		if k {
			hits++
		}
	}
	f.mt.checks.WithLabelValues("known").Add(float64(hits))
	f.mt.checks.WithLabelValues("unknown").Add(float64(len(keys) - hits))
	return looks, known, nil
}

func (f *Fallback) check(ctx context.Context, keys []uint64) ([]uint64, []bool, error) {
	if err := f.ready(ctx); err != nil {
		return nil, nil, err
	}
	begun := time.Now()
	looks, known, err := f.memory.Check(ctx, keys)
	return looks, known, f.outcome(ctx, "check", begun, err)
}

// Remember stores looks by keys, or notes the keys as doubtful. The error is
// ctx's own; the caller has committed already and may go on.
func (f *Fallback) Remember(ctx context.Context, keys, looks []uint64) error {
	err := f.ready(ctx)
	if err == nil {
		err = f.outcome(ctx, "remember", time.Now(), f.memory.Remember(ctx, keys, looks))
	}
	return f.settle(ctx, keys, err)
}

// Forget drops keys, or notes them as doubtful. The error is ctx's own.
func (f *Fallback) Forget(ctx context.Context, keys []uint64) error {
	err := f.ready(ctx)
	if err == nil {
		err = f.outcome(ctx, "forget", time.Now(), f.memory.Forget(ctx, keys))
	}
	return f.settle(ctx, keys, err)
}

// IsDown reports since when the memory does not answer.
func (f *Fallback) IsDown() (since time.Time, down bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.downAt, !f.downAt.IsZero()
}

var errPaused = errors.New("memory is left alone after a failure")

// ready forgets doubtful keys before the memory is used again.
func (f *Fallback) ready(ctx context.Context) error {
	f.mu.Lock()
	if time.Now().Before(f.retryAt) {
		f.mu.Unlock()
		return errPaused
	}
	keys := slices.Collect(maps.Keys(f.doubtful))
	f.mu.Unlock()
	if len(keys) == 0 {
		return nil
	}
	if err := f.outcome(ctx, "forget", time.Now(), f.memory.Forget(ctx, keys)); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, k := range keys {
		delete(f.doubtful, k)
	}
	return nil
}

// settle keeps keys for later when err says that they did not arrive. A
// cancelled call leaves them doubtful too: it may or may not have happened.
func (f *Fallback) settle(ctx context.Context, keys []uint64, err error) error {
	if err == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, k := range keys {
		if len(f.doubtful) >= maxDoubtful {
			f.mt.dropped.Inc()
			continue
		}
		f.doubtful[k] = struct{}{}
	}
	return ctx.Err()
}

// outcome notes whether the memory answered a call that began at a moment, and
// returns err. A call from before the memory's return that fails only now says
// nothing new.
func (f *Fallback) outcome(ctx context.Context, op string, begun time.Time, err error) error {
	if err != nil && ctx.Err() != nil {
		return err // says nothing about the memory
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case err != nil && begun.Before(f.backAt):
		f.mt.failures.WithLabelValues(op).Inc()
	case err != nil:
		f.mt.failures.WithLabelValues(op).Inc()
		f.retryAt = time.Now().Add(pause)
		if f.downAt.IsZero() {
			f.downAt = time.Now()
			f.mt.up.Set(0)
			f.log.Warn("memory is down, asking the archive instead", "err", err)
		}
	case !f.downAt.IsZero():
		f.log.Info("memory is back", "down", time.Since(f.downAt).Round(time.Second))
		f.downAt, f.retryAt, f.backAt = time.Time{}, time.Time{}, time.Now()
		f.mt.up.Set(1)
	}
	return err
}

type metrics struct {
	checks   *prometheus.CounterVec
	failures *prometheus.CounterVec
	dropped  prometheus.Counter
	up       prometheus.Gauge
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		checks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "otklik_dedup_checks_total", Help: "Mentions looked up in the memory, by answer."}, []string{"answer"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "otklik_dedup_failures_total", Help: "Calls of the memory that failed, by operation."}, []string{"op"}),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "otklik_dedup_doubtful_dropped_total", Help: "Keys that could not be kept for forgetting while the memory was down."}),
		up: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "otklik_dedup_memory_up", Help: "Whether the memory answers."}),
	}
	m.up.Set(1)
	reg.MustRegister(m.checks, m.failures, m.dropped, m.up)
	return m
}
