package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"otklik/mention"
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
	// noted counts the errors of all outages. What was written while it grew
	// does not show that the queue takes writing now.
	noted int
	// owed gives back the job in hand that could not be given back last, nil
	// without one. Looking for others proves nothing then: a full disk can be
	// read.
	owed func(context.Context) error
}

func newOutage(log *slog.Logger, up prometheus.Gauge) *outage {
	up.Set(1)
	return &outage{log: log, up: up}
}

// begins notes an error of the queue and, if it was that a job could not be
// given back, how to try that again.
func (o *outage) begins(err error, owed func(context.Context) error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.noted++
	if owed != nil {
		o.owed = owed
	}
	if o.tries++; o.err != nil {
		return
	}
	o.err = err
	o.up.Set(0)
	o.log.Error("queue does not answer", "err", err)
}

// state returns how many errors were noted, for wrote, and what is owed.
func (o *outage) state() (noted int, owed func(context.Context) error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.noted, o.owed
}

// wrote notes that the queue took what was written to it. Before that, noted
// errors were known: one that came meanwhile is of an outage that goes on.
func (o *outage) wrote(noted int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.noted == noted {
		o.ends()
	}
}

// read notes that the queue was read, which ends no outage of writing.
func (o *outage) read() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.owed == nil {
		o.ends()
	}
}

// ends notes that the queue answers. The lock is held.
func (o *outage) ends() {
	if o.err == nil {
		return
	}
	o.log.Info("queue answers again", "tries", o.tries)
	o.err, o.tries, o.owed = nil, 0, nil
	o.up.Set(1)
}

// repay gives back what is owed, if anything is. In a group others may have
// all that is due, so that no lease would ever show that the queue takes
// writing again. That another holds the job by now shows it too: only that
// daemon's writing, or our own, can have passed it on.
func (r *Runner) repay(ctx context.Context) error {
	noted, give := r.outage.state()
	if give == nil {
		return nil
	}
	ctx, done := context.WithTimeout(ctx, settleTime)
	defer done()
	if err := give(ctx); err != nil && !errors.Is(err, mention.ErrConflict) {
		return fmt.Errorf("give back: %w", err)
	}
	r.outage.wrote(noted)
	return nil
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
