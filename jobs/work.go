package jobs

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"otklik/mention"
)

var (
	errLost    = errors.New("the lease was lost")
	errStopped = errors.New("the daemon stops")
)

// settleTime bounds how long giving a job back may take.
const settleTime = 15 * time.Second

// do runs the handler of job under a lease that is kept, and settles the job.
func (r *Runner) do(work context.Context, job mention.Job) {
	ctx, cancel := context.WithCancelCause(work)
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		r.keep(ctx, job, cancel)
	}()
	begun := time.Now()
	next, err := r.call(ctx, job)
	cause := context.Cause(ctx)
	cancel(nil)
	<-kept
	r.metrics.duration.WithLabelValues(job.Kind).Observe(time.Since(begun).Seconds())
	if errors.Is(cause, errLost) {
		r.settled(job, "lost", errLost)
		return
	}
	settle, done := context.WithTimeout(context.WithoutCancel(work), settleTime)
	defer done()
	r.settle(settle, job, next, err, errors.Is(cause, errStopped))
}

// keep renews the lease of job until ctx ends, and ends ctx when it is lost.
// A renewal that fails otherwise is tried again while the lease lasts.
func (r *Runner) keep(ctx context.Context, job mention.Job, cancel context.CancelCauseFunc) {
	tick := time.NewTicker(r.cfg.Lease / 3)
	defer tick.Stop()
	until := time.Now().Add(r.cfg.Lease)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := r.queue.Renew(ctx, job, r.cfg.Lease)
		switch {
		case err == nil:
			until = time.Now().Add(r.cfg.Lease)
		case errors.Is(err, mention.ErrConflict) || !time.Now().Before(until):
			cancel(errLost)
			return
		}
	}
}

// panicError is a handler's panic.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// call runs the handler and turns a panic into an error: one bad job must not
// end the daemon.
func (r *Runner) call(ctx context.Context, job mention.Job) (next Next, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &panicError{value: v, stack: debug.Stack()}
		}
	}()
	return r.handlers[job.Kind](ctx, job)
}

// settle gives job back as its handler's outcome asks.
func (r *Runner) settle(ctx context.Context, job mention.Job, next Next, err error, stopped bool) {
	switch {
	case err == nil && next.At.IsZero():
		r.settled(job, "done", r.queue.Finish(ctx, job))
	case err == nil:
		r.settled(job, "again", r.queue.Reschedule(ctx, job, next.At, ""))
	case stopped:
		// Not the job's fault: the next process takes it at once.
		r.settled(job, "stopped", r.queue.Reschedule(ctx, job, time.Now(), ""))
	default:
		r.settleFailed(ctx, job, err)
	}
}

func (r *Runner) settleFailed(ctx context.Context, job mention.Job, err error) {
	failures := job.Failures + 1
	retry, _ := errors.AsType[*mention.RetryError](err)
	crash, panicked := errors.AsType[*panicError](err)
	if panicked {
		r.log.Error("handler panicked", "kind", job.Kind, "job", job.Key, "err", err, "stack", string(crash.stack))
	}
	if (retry != nil && retry.Final) || failures >= r.cfg.Attempts || (panicked && failures >= maxPanics) {
		r.log.Error("job buried", "kind", job.Kind, "job", job.Key, "attempt", job.Attempt, "err", err)
		r.settled(job, "buried", r.queue.Bury(ctx, job, err.Error()))
		return
	}
	wait := backoff(failures, r.cfg.Backoff, r.cfg.MaxBackoff)
	if retry != nil && retry.After > 0 {
		wait = retry.After + jitter(min(retry.After/10, time.Second))
	}
	r.log.Debug("job failed", "kind", job.Kind, "job", job.Key, "attempt", job.Attempt, "wait", wait, "err", err)
	r.settled(job, "retry", r.queue.Reschedule(ctx, job, time.Now().Add(wait), err.Error()))
}

// settled counts how a job ended. One that could not be given back runs again
// when its lease ends.
func (r *Runner) settled(job mention.Job, result string, err error) {
	switch {
	case errors.Is(err, mention.ErrConflict), errors.Is(err, errLost):
		r.log.Warn("job was taken over", "kind", job.Kind, "job", job.Key, "attempt", job.Attempt)
		result = "lost"
	case err != nil:
		r.outage.begins(fmt.Errorf("give back: %w", err), true)
		result = "unsettled"
	}
	r.metrics.ended.WithLabelValues(job.Kind, result).Inc()
}

// backoff returns the wait after a number of failures in a row: first doubled
// with each after the first, at most most, of which the second half is random
// so that what failed together does not come back together.
func backoff(failures int, first, most time.Duration) time.Duration {
	wait := most
	if shift := max(0, failures-1); shift < 32 && first <= most>>shift {
		wait = first << shift
	}
	return wait/2 + jitter(wait/2)
}

// jitter returns a random duration up to most.
func jitter(most time.Duration) time.Duration {
	return time.Duration(rand.Int64N(int64(most) + 1))
}
