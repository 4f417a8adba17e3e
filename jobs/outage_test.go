package jobs_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"otklik/jobs"
	"otklik/mention"
	"otklik/store"
)

// flaky is an archive whose queue fails when told to.
type flaky struct {
	*store.Store
	mu    sync.Mutex
	down  error // of everything
	renew error
	full  error // of all writing
	// finishing is called while the queue takes the end of a job; nil for nothing.
	finishing func(mention.Job)
}

func (q *flaky) fail(down, renew error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.down, q.renew = down, renew
}

// fill lets the queue be read alone; nil makes room again.
func (q *flaky) fill(full error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.full = full
}

// errs returns what reading, writing and renewing report.
func (q *flaky) errs() (read, write, renew error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	write = errors.Join(q.down, q.full)
	return q.down, write, errors.Join(write, q.renew)
}

func (q *flaky) NextDue(ctx context.Context, kinds []string) (time.Time, error) {
	if err, _, _ := q.errs(); err != nil {
		return time.Time{}, err
	}
	return q.Store.NextDue(ctx, kinds)
}

func (q *flaky) Lease(ctx context.Context, kinds []string, limit int, lease time.Duration) ([]mention.Job, error) {
	if _, err, _ := q.errs(); err != nil {
		return nil, err
	}
	return q.Store.Lease(ctx, kinds, limit, lease)
}

func (q *flaky) Renew(ctx context.Context, job mention.Job, lease time.Duration) error {
	if _, _, err := q.errs(); err != nil {
		return err
	}
	return q.Store.Renew(ctx, job, lease)
}

func (q *flaky) Finish(ctx context.Context, job mention.Job) error {
	if _, err, _ := q.errs(); err != nil {
		return err
	}
	if q.finishing != nil {
		q.finishing(job)
	}
	return q.Store.Finish(ctx, job)
}

func (q *flaky) Reschedule(ctx context.Context, job mention.Job, at time.Time, lastErr string) error {
	if _, err, _ := q.errs(); err != nil {
		return err
	}
	return q.Store.Reschedule(ctx, job, at, lastErr)
}

func TestRunner_OutlivesTheQueue(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.queue.fail(errors.New("disk full"), nil)
		w.ensure("send")
		stop := w.start(ok)
		time.Sleep(time.Hour)
		w.same("runs while it is down", len(w.times()), 0)
		w.queue.fail(nil, nil)
		time.Sleep(30 * time.Second)
		synctest.Wait()
		stop()
		w.same("runs", len(w.times()), 1)
		w.same("lines when it goes", w.log.count("queue does not answer"), 1)
		w.same("lines when it returns", w.log.count("queue answers again"), 1)
	})
}

// TestRunner_CouldNotBeFinished takes the queue away while a job is in hand.
func TestRunner_CouldNotBeFinished(t *testing.T) {
	for _, c := range []struct {
		name string
		away time.Duration
		runs int
	}{
		{"the job is given back as soon as the queue is there", 10 * time.Second, 1},
		{"the job is repeated when its lease has ended", 2 * time.Minute, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.ensure("send")
				stop := w.start(func(_ context.Context, j mention.Job) (jobs.Next, error) {
					if j.Attempt == 1 {
						w.queue.fail(errors.New("connection refused"), nil)
						time.AfterFunc(c.away, func() { w.queue.fail(nil, nil) })
					}
					return jobs.Next{}, nil
				})
				time.Sleep(5 * time.Minute)
				synctest.Wait()
				stop()
				w.same("runs", len(w.times()), c.runs)
				w.same("left", w.left(), []string(nil))
				w.same("lines when it goes", w.log.count("queue does not answer"), 1)
				w.same("lines when it returns", w.log.count("queue answers again"), 1)
			})
		})
	}
}

func TestRunner_Health(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		full := errors.New("disk full")
		w.ensure("send")
		stop := w.start(func(_ context.Context, j mention.Job) (jobs.Next, error) {
			time.Sleep(time.Second)
			if j.Attempt == 1 {
				w.queue.fail(full, nil)
			}
			return jobs.Next{}, nil
		})
		defer stop()
		w.same("before", w.runner.Health(), nil)
		time.Sleep(10 * time.Second)
		if err := w.runner.Health(); !errors.Is(err, full) {
			t.Errorf("a job cannot be given back: %v, want %v", err, full)
		}
		w.queue.fill(full)
		w.queue.fail(nil, nil)
		time.Sleep(30 * time.Minute)
		if err := w.runner.Health(); !errors.Is(err, full) {
			t.Errorf("the queue was only read since: %v, want %v", err, full)
		}
		w.queue.fill(nil)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		w.same("when the queue can be written to", w.runner.Health(), nil)
		w.same("lines when it goes", w.log.count("queue does not answer"), 1)
	})
}

// TestRunner_HealthInAGroup lets another daemon take over and finish what this
// one could not give back: this one has nothing to lease, and is ready at once.
func TestRunner_HealthInAGroup(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		away := errors.New("connection refused")
		w.ensure("send")
		stop := w.start(func(_ context.Context, _ mention.Job) (jobs.Next, error) {
			w.queue.fail(away, nil)
			return jobs.Next{At: time.Now().Add(time.Minute)}, nil
		})
		defer stop()
		time.Sleep(2 * time.Minute)
		if taken, err := w.Lease(t.Context(), []string{kind}, 1, time.Hour); err != nil || len(taken) != 1 {
			t.Fatalf("the other daemon took %d jobs, %v", len(taken), err)
		}
		if err := w.runner.Health(); !errors.Is(err, away) {
			t.Errorf("while the queue is away: %v, want %v", err, away)
		}
		w.queue.fail(nil, nil)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		w.same("when the queue answers", w.runner.Health(), nil)
		w.same("runs", len(w.times()), 1)
	})
}

// TestRunner_HealthWhileOwedIsRepaid fills the disk again while one job is at
// last given back: the other, which then cannot be, is not forgotten.
func TestRunner_HealthWhileOwedIsRepaid(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		full := errors.New("disk full")
		fullAgain := make(chan struct{})
		w.queue.finishing = func(j mention.Job) {
			if j.Key == "first" {
				w.queue.fill(full)
				close(fullAgain)
				time.Sleep(time.Second) // the second job ends in it
			}
		}
		w.ensure("first", "second")
		stop := w.start(func(_ context.Context, j mention.Job) (jobs.Next, error) {
			if j.Key == "first" {
				w.queue.fill(full)
				time.AfterFunc(2*time.Second, func() { w.queue.fill(nil) })
				return jobs.Next{}, nil
			}
			<-fullAgain
			return jobs.Next{}, nil
		})
		defer stop()
		time.Sleep(15 * time.Second)
		w.same("left", w.left(), []string{"second"})
		if err := w.runner.Health(); !errors.Is(err, full) {
			t.Errorf("the second job cannot be given back: %v, want %v", err, full)
		}
		w.queue.fill(nil)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		w.same("when there is room", w.runner.Health(), nil)
		w.same("left", w.left(), []string(nil))
		w.same("runs", len(w.times()), 2)
		w.same("lines when it goes", w.log.count("queue does not answer"), 1)
	})
}
