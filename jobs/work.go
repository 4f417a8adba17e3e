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
		r.giveBack(ctx, job, "done", func(ctx context.Context) error { return r.queue.Finish(ctx, job) })
	case err == nil:
		r.reschedule(ctx, job, "again", next.At, "")
	case stopped:
		// Not the job's fault: the next process takes it at once.
		r.reschedule(ctx, job, "stopped", time.Now(), "")
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
		r.giveBack(ctx, job, "buried", func(ctx context.Context) error { return r.queue.Bury(ctx, job, err.Error()) })
		return
	}
	wait := backoff(failures, r.cfg.Backoff, r.cfg.MaxBackoff)
	if retry != nil && retry.After > 0 {
		wait = retry.After + jitter(min(retry.After/10, time.Second))
	}
	r.log.Debug("job failed", "kind", job.Kind, "job", job.Key, "attempt", job.Attempt, "wait", wait, "err", err)
	r.reschedule(ctx, job, "retry", time.Now().Add(wait), err.Error())
}

// reschedule gives job back until at.
func (r *Runner) reschedule(ctx context.Context, job mention.Job, result string, at time.Time, lastErr string) {
	r.giveBack(ctx, job, result, func(ctx context.Context) error { return r.queue.Reschedule(ctx, job, at, lastErr) })
}

// giveBack settles job by give, which is owed when the queue does not take it.
// Only the last one is: the others run again when their leases end.
func (r *Runner) giveBack(ctx context.Context, job mention.Job, result string, give func(context.Context) error) {
	err := give(ctx)
	if err != nil && !errors.Is(err, mention.ErrConflict) {
		r.outage.begins(fmt.Errorf("give back: %w", err), give)
	}
	r.settled(job, result, err)
}

// settled counts how a job ended.
func (r *Runner) settled(job mention.Job, result string, err error) {
	switch {
	case errors.Is(err, mention.ErrConflict), errors.Is(err, errLost):
		r.log.Warn("job was taken over", "kind", job.Kind, "job", job.Key, "attempt", job.Attempt)
		result = "lost"
	case err != nil:
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
