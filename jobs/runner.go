package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"otklik/mention"
)

// Rows hands out rows of work.
type Rows interface {
	// Lease takes up to limit due jobs of kinds for the length of lease.
	Lease(ctx context.Context, kinds []string, limit int, lease time.Duration) ([]mention.Job, error)
	// Renew prolongs a lease, or reports mention.ErrConflict when it was lost.
	Renew(ctx context.Context, job mention.Job, lease time.Duration) error
	// NextDue returns when the first job of kinds is due, zero without any.
	NextDue(ctx context.Context, kinds []string) (time.Time, error)
	// Wake returns a channel that receives when jobs were written.
	Wake() <-chan struct{}
}

// Outcomes takes back leased jobs. Each method reports mention.ErrConflict
// when somebody else holds the job by now.
type Outcomes interface {
	Finish(ctx context.Context, job mention.Job) error
	Reschedule(ctx context.Context, job mention.Job, at time.Time, lastErr string) error
	Bury(ctx context.Context, job mention.Job, reason string) error
}

// Queue is where jobs come from and go back to.
type Queue interface {
	Rows
	Outcomes
}

// Next says what becomes of a job that was done: the zero value that it is
// finished, a moment that it is due again then.
type Next struct{ At time.Time }

// Handler does a job. An error leads to another try after a backoff, unless it
// is a *mention.RetryError that says otherwise. The context ends when the
// lease was lost, or when the runner stops and its grace is over.
type Handler func(ctx context.Context, job mention.Job) (Next, error)

// Config says how jobs are run. Zero fields get the defaults named beside them.
type Config struct {
	Workers    map[string]int `yaml:"workers"`     // jobs at a time by kind; 4
	Lease      time.Duration  `yaml:"lease"`       // how soon a dead worker's job is taken over; 1m
	Attempts   int            `yaml:"attempts"`    // failures in a row after which a job is buried; 300, about a day
	Backoff    time.Duration  `yaml:"backoff"`     // after the first failure, doubled with each; 1s
	MaxBackoff time.Duration  `yaml:"max_backoff"` // 5m
	Grace      time.Duration  `yaml:"grace"`       // for what is in hand when the runner stops; 20s

	Log     *slog.Logger          `yaml:"-"` // slog.Default
	Metrics prometheus.Registerer `yaml:"-"` // none
}

const (
	defaultWorkers = 4
	// maxIdle bounds the sleep between looks at the queue, because a wake-up
	// may be lost with a connection.
	maxIdle = 30 * time.Second
	// maxDown bounds the wait before a queue that does not answer is asked
	// again, and with it how late work goes on and /readyz says so.
	maxDown = 5 * time.Second
	// maxPanics is after how many failures a job whose handler panics is
	// buried: it will hardly get better by itself.
	maxPanics = 5
)

// Validate reports every value that cannot be meant.
func (c Config) Validate() error {
	var errs []error
	for kind, n := range c.Workers {
		if n < 1 {
			errs = append(errs, fmt.Errorf("workers.%s: %d: at least one is needed", kind, n))
		}
	}
	if c.Lease != 0 && c.Lease < time.Second {
		errs = append(errs, fmt.Errorf("lease: %s: at least 1s is needed", c.Lease))
	}
	if c.Attempts < 0 || c.Backoff < 0 || c.MaxBackoff < 0 || c.Grace < 0 {
		errs = append(errs, errors.New("attempts, backoff, max_backoff and grace cannot be negative"))
	}
	return errors.Join(errs...)
}

func (c Config) withDefaults() Config {
	c.Lease = or(c.Lease, time.Minute)
	c.Attempts = or(c.Attempts, 300)
	c.Backoff = or(c.Backoff, time.Second)
	c.MaxBackoff = or(c.MaxBackoff, 5*time.Minute)
	c.Grace = or(c.Grace, 20*time.Second)
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Metrics == nil {
		c.Metrics = prometheus.NewRegistry()
	}
	return c
}

func or[T comparable](v, unset T) T {
	var zero T
	if v == zero {
		return unset
	}
	return v
}

// Runner runs jobs. Make it with New and call Run once.
type Runner struct {
	queue    Queue
	handlers map[string]Handler
	kinds    []string // sorted
	cfg      Config
	log      *slog.Logger
	metrics  *metrics
	outage   *outage

	freed   chan struct{} // a worker has become free
	workers sync.WaitGroup
	mu      sync.Mutex
	busy    map[string]int
}

// New returns a runner of the jobs in queue for which there are handlers.
func New(queue Queue, handlers map[string]Handler, cfg Config) *Runner {
	cfg = cfg.withDefaults()
	log, m := cfg.Log.With("part", "jobs"), newMetrics(cfg.Metrics)
	return &Runner{
		queue: queue, handlers: handlers, kinds: slices.Sorted(maps.Keys(handlers)), cfg: cfg,
		log: log, metrics: m, outage: newOutage(log, m.up),
		freed: make(chan struct{}, 1), busy: make(map[string]int),
	}
}

// Run runs due jobs until ctx ends. Then it leases no more, lets those in
// hand go on for the configured grace, and returns nil once all have ended.
func (r *Runner) Run(ctx context.Context) error {
	wake := r.queue.Wake()
	work, stop := r.grace(ctx)
	defer stop()
	defer r.workers.Wait()
	down := 0
	for ctx.Err() == nil {
		next, err := r.round(ctx, work)
		if err == nil {
			err = r.repay(ctx)
		}
		idle := time.Until(next)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			down++
			r.outage.begins(err, nil)
			idle = backoff(down, r.cfg.Backoff, maxDown)
		default:
			down = 0
			r.outage.read()
		}
		if !r.pause(ctx, wake, idle, err != nil) {
			return nil
		}
	}
	return nil
}

// grace returns the context of handlers: it outlives ctx by the grace.
func (r *Runner) grace(ctx context.Context) (context.Context, context.CancelFunc) {
	work, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	unwatch := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(r.cfg.Grace, func() { cancel(errStopped) })
		context.AfterFunc(work, func() { timer.Stop() })
	})
	return work, func() { unwatch(); cancel(nil) }
}

// round starts what is due and has a free worker, and returns when to look
// again. Kinds without a free worker are looked at when one becomes free.
func (r *Runner) round(ctx, work context.Context) (time.Time, error) {
	again := time.Now().Add(maxIdle)
	for _, kind := range r.kinds {
		for free := r.free(kind); free > 0; free = r.free(kind) {
			due, err := r.queue.NextDue(ctx, []string{kind})
			if err != nil {
				return again, err
			}
			if due.IsZero() || due.After(time.Now()) {
				again = earlier(again, due)
				break
			}
			noted, _ := r.outage.state()
			jobs, err := r.queue.Lease(ctx, []string{kind}, free, r.cfg.Lease)
			if err != nil {
				return again, err
			}
			if len(jobs) == 0 { // another daemon was faster
				break
			}
			r.outage.wrote(noted)
			for _, job := range jobs {
				r.start(work, job)
			}
		}
	}
	return again, nil
}

// earlier returns the earlier of a and b, where a zero b is never.
func earlier(a, b time.Time) time.Time {
	if b.IsZero() || a.Before(b) {
		return a
	}
	return b
}

// pause waits for a wake-up, a free worker, or idle. While the queue is down
// only time helps. It reports false when ctx has ended.
func (r *Runner) pause(ctx context.Context, wake <-chan struct{}, idle time.Duration, down bool) bool {
	timer := time.NewTimer(idle)
	defer timer.Stop()
	freed := r.freed
	if down {
		wake, freed = nil, nil
	}
	select {
	case <-wake:
	case <-freed:
	case <-timer.C:
	case <-ctx.Done():
		return false
	}
	return true
}

func (r *Runner) free(kind string) int {
	limit := r.cfg.Workers[kind]
	if limit == 0 {
		limit = defaultWorkers
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return limit - r.busy[kind]
}

// start does job on a worker of its own.
func (r *Runner) start(work context.Context, job mention.Job) {
	r.occupy(job.Kind, 1)
	r.workers.Go(func() {
		defer func() {
			r.occupy(job.Kind, -1)
			select {
			case r.freed <- struct{}{}:
			default:
			}
		}()
		r.do(work, job)
	})
}

func (r *Runner) occupy(kind string, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.busy[kind] += n
	r.metrics.running.WithLabelValues(kind).Set(float64(r.busy[kind]))
}
