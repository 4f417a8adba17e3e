package jobs

import (
	"fmt"
	"log/slog"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// outage remembers that the queue does not take what is written to it, and
// logs once when that begins and once when it ends. It is safe for concurrent
// use.
type outage struct {
	log *slog.Logger
	up  prometheus.Gauge

	mu    sync.Mutex
	err   error // the first one of the outage, nil while the queue answers
	tries int
	// unwritten says that a job in hand could not be given back. Looking for
	// others proves nothing then: a full disk can be read.
	unwritten bool
}

func newOutage(log *slog.Logger, up prometheus.Gauge) *outage {
	up.Set(1)
	return &outage{log: log, up: up}
}

// begins notes an error of the queue, or that it does not take back a job.
func (o *outage) begins(err error, unwritten bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.unwritten = o.unwritten || unwritten
	if o.tries++; o.err != nil {
		return
	}
	o.err = err
	o.up.Set(0)
	o.log.Error("queue does not answer", "err", err)
}

// ends notes that the queue answered, by writing or by being read alone.
func (o *outage) ends(written bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil || (o.unwritten && !written) {
		return
	}
	o.log.Info("queue answers again", "tries", o.tries)
	o.err, o.tries, o.unwritten = nil, 0, false
	o.up.Set(1)
}

// Health reports why the queue does not answer, nil when it does. It asks
// nothing anew: a disk that is full lets itself be read, and only what Run
// last tried to write tells.
func (r *Runner) Health() error {
	r.outage.mu.Lock()
	defer r.outage.mu.Unlock()
	if r.outage.err == nil {
		return nil
	}
	return fmt.Errorf("the queue takes no jobs: %w", r.outage.err)
}
