package alerts

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// settle is how long whoever comes to an empty lane waits for older ones that
// were leased together with it and are a few queries behind.
const settle = 50 * time.Millisecond

// mayWait is how many wait in a lane besides the one that posts. All channels
// share the workers that send: a hundred messages about new sources would keep
// a complaint from its own channel for two minutes if they stood here.
const mayWait = 1

// lane lets one sender at a time post to a channel, the one with the oldest
// job first: leased together, several run at the same time in no order. Whoever
// finds it full is told when to come back. Its zero value is ready.
type lane struct {
	mu      sync.Mutex
	isBusy  bool
	waiting []*sender
	booked  time.Time      // the latest that anybody was told
	told    map[int64]bool // the jobs that were sent away until then and are not back
}

// sender waits for its turn, which is given by closing the channel.
type sender struct {
	job   int64
	turn  chan struct{}
	may   bool      // it may have the next turn
	until time.Time // when to come back instead, if set
}

// enter returns when it is job's turn, with what ends the turn; or, without it,
// with the time to come back at, or with the error of ctx.
func (l *lane) enter(ctx context.Context, job int64, now func() time.Time) (leave func(), until time.Time, err error) {
	s := &sender{job: job, turn: make(chan struct{})}
	l.mu.Lock()
	l.waiting = append(l.waiting, s)
	l.mu.Unlock()
	timer := time.NewTimer(settle)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			l.trim(now())
			l.next()
		case <-s.turn:
			if !s.until.IsZero() {
				return nil, s.until, nil
			}
			return l.leave, time.Time{}, nil
		case <-ctx.Done():
			l.quit(s)
			return nil, time.Time{}, ctx.Err()
		}
	}
}

// trim lets the oldest of those that wait stay and sends the others away, each to
// come back a turn after the one before it, so that nobody is sent away often.
// Who comes anew does not overtake them.
func (l *lane) trim(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !now.Before(l.booked) {
		clear(l.told)
	}
	slices.SortFunc(l.waiting, func(a, b *sender) int { return cmp.Compare(a.job, b.job) })
	room := mayWait
	if !l.isBusy {
		room++
	}
	stay := l.waiting[:0]
	for _, s := range l.waiting {
		if s.may = len(stay) < room && (s.may || l.told[s.job] || !now.Before(l.booked)); !s.may {
			l.sendAway(s, now)
			continue
		}
		delete(l.told, s.job)
		stay = append(stay, s)
	}
	clear(l.waiting[len(stay):])
	l.waiting = stay
}

// sendAway tells s when its turn will be.
func (l *lane) sendAway(s *sender, now time.Time) {
	l.booked = l.booked.Add(postPace)
	if first := now.Add((mayWait + 1) * postPace); l.booked.Before(first) {
		l.booked = first
	}
	if l.told == nil {
		l.told = map[int64]bool{}
	}
	l.told[s.job], s.until = true, l.booked
	close(s.turn)
}

// next gives the free lane to the oldest of those that may have it.
func (l *lane) next() {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.IndexFunc(l.waiting, func(s *sender) bool { return s.may }) // the oldest stand first
	if l.isBusy || i < 0 {
		return
	}
	first := l.waiting[i]
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
	had := !l.drop(s) && s.until.IsZero()
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
