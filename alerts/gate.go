package alerts

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// The waits after failures of a channel when it does not say how long: they
// double from the first to the longest.
const (
	firstWait   = 2 * time.Second
	longestWait = time.Minute
)

// gate keeps one channel's pace and holds everybody back while the channel
// fails. All that wait come back at the same moment and stand in its lane: after
// an outage the oldest alert goes first.
type gate struct {
	limiter *rate.Limiter
	lane    lane // of posts; updates need no order

	mu       sync.Mutex
	shut     time.Time // closed until then
	failures int       // in a row
	lastErr  error     // of the last failure in a row; nil while all is well
}

func newGate(pace time.Duration, burst int) *gate {
	return &gate{limiter: rate.NewLimiter(rate.Every(pace), burst)}
}

// pass waits for the caller's turn. It returns a time when the gate is shut,
// and the caller is to come back then.
func (g *gate) pass(ctx context.Context, now func() time.Time) (time.Time, error) {
	if until := g.shutUntil(now()); !until.IsZero() {
		return until, nil
	}
	at := now()
	r := g.limiter.ReserveN(at, 1)
	if wait := r.DelayFrom(at); wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			r.CancelAt(now())
			return time.Time{}, ctx.Err()
		case <-timer.C:
		}
	}
	// It may have been shut by whoever went before.
	return g.shutUntil(now()), nil
}

func (g *gate) shutUntil(now time.Time) time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now.Before(g.shut) {
		return g.shut
	}
	return time.Time{}
}

// fail shuts the gate for at least after and returns until when, and whether
// this is the first failure in a row.
func (g *gate) fail(now time.Time, after time.Duration, why error) (until time.Time, isFirst bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	wait := longestWait
	if g.failures < 5 {
		wait = firstWait << g.failures
	}
	g.failures++
	g.lastErr = why
	if until := now.Add(max(wait, after)); until.After(g.shut) {
		g.shut = until
	}
	return g.shut, g.failures == 1
}

// open records a success and reports whether the channel had failed before.
func (g *gate) open() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	had := g.failures > 0
	g.failures, g.shut, g.lastErr = 0, time.Time{}, nil
	return had
}

// health returns why the channel fails at present, or nil.
func (g *gate) health() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.lastErr
}
