package alerts

import (
	"context"
	"slices"
	"sync"
	"time"
)

// settle is how long whoever comes to an empty lane waits for older ones that
// were leased together with it and are a few queries behind.
const settle = 50 * time.Millisecond

// lane lets one sender at a time post to a channel, the one with the oldest
// job first: leased together, several run at the same time in no order. Its
// zero value is ready.
type lane struct {
	mu      sync.Mutex
	isBusy  bool
	waiting []*sender
}

// sender waits for its turn, which is given by closing the channel.
type sender struct {
	job  int64
	turn chan struct{}
}

// enter returns when it is job's turn, with what ends the turn, or with the
// error of ctx.
func (l *lane) enter(ctx context.Context, job int64) (leave func(), err error) {
	s := &sender{job, make(chan struct{})}
	l.mu.Lock()
	l.waiting = append(l.waiting, s)
	l.mu.Unlock()
	timer := time.NewTimer(settle)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			l.next()
		case <-s.turn:
			return l.leave, nil
		case <-ctx.Done():
			l.quit(s)
			return nil, ctx.Err()
		}
	}
}

// next gives the free lane to the oldest of those that wait.
func (l *lane) next() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.isBusy || len(l.waiting) == 0 {
		return
	}
	first := slices.MinFunc(l.waiting, func(a, b *sender) int { return int(a.job - b.job) })
	l.drop(first)
	l.isBusy = true
	close(first.turn)
}

// leave ends a turn.
func (l *lane) leave() {
	l.mu.Lock()
	l.isBusy = false
	l.mu.Unlock()
	l.next()
}

// quit takes s out, also when it was given its turn in the same moment.
func (l *lane) quit(s *sender) {
	l.mu.Lock()
	had := !l.drop(s)
	l.mu.Unlock()
	if had {
		l.leave()
	}
}

// drop removes s from those that wait and reports whether it was there.
func (l *lane) drop(s *sender) bool {
	i := slices.Index(l.waiting, s)
	if i < 0 {
		return false
	}
	l.waiting = slices.Delete(l.waiting, i, i+1)
	return true
}
