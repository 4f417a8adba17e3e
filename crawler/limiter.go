package crawler

import (
	"context"
	"fmt"
	"sync"
	"time"

	"otklik/mention"
)

// Pacer spaces the requests to a host, for all sources and daemons that use
// it together. It is safe for concurrent use.
type Pacer interface {
	// Wait returns when a request to host may start, at least delay after the
	// one before it. It reports ctx's error when ctx ends first, and a
	// *mention.RetryError at once when the turn would come after ctx's deadline.
	Wait(ctx context.Context, host string, delay time.Duration) error
	// Backoff lets no request to host start within d from now.
	Backoff(ctx context.Context, host string, d time.Duration) error
}

// maxHosts bounds the pacer's memory; hosts whose turn has come are forgotten first.
const maxHosts = 4096

// limiter is the Pacer of a single process.
type limiter struct {
	mu   sync.Mutex
	next map[string]time.Time // when the host's next request may start
}

// NewPacer returns a Pacer for one process.
func NewPacer() Pacer { return &limiter{next: map[string]time.Time{}} }

// Wait implements Pacer. A turn that is given up stays taken: the host waits
// a little longer, which is the polite side to err on.
func (l *limiter) Wait(ctx context.Context, host string, delay time.Duration) error {
	now := time.Now()
	l.mu.Lock()
	start := l.next[host]
	if start.Before(now) {
		start = now
	}
	if deadline, ok := ctx.Deadline(); ok && start.After(deadline) {
		l.mu.Unlock()
		return tooLong(host, start.Sub(now))
	}
	l.set(host, start.Add(delay), now)
	l.mu.Unlock()
	return pause(ctx, start.Sub(now))
}

// Backoff implements Pacer.
func (l *limiter) Backoff(_ context.Context, host string, d time.Duration) error {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if until := now.Add(d); until.After(l.next[host]) {
		l.set(host, until, now)
	}
	return nil
}

// set books host until t; l.mu is held.
func (l *limiter) set(host string, t, now time.Time) {
	if len(l.next) >= maxHosts {
		for h, next := range l.next {
			if next.Before(now) {
				delete(l.next, h)
			}
		}
	}
	l.next[host] = t
}

func tooLong(host string, wait time.Duration) error {
	return mention.RetryAfter(wait, fmt.Errorf("%s asks to wait %s, longer than this pass may last", host, wait.Round(time.Second)))
}

// pause waits for d or for the end of ctx, whose error it then returns.
func pause(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil || d <= 0 {
		return err
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
