package inbox

import (
	"errors"
	"sync"
	"time"
)

// The bounds of guessing: after failures in a row a login or an address waits.
const (
	freeFailures = 5
	firstWait    = 10 * time.Second
	longestWait  = 15 * time.Minute
	maxThrottled = 20_000
)

// errThrottled refuses a sign-in for now.
var errThrottled = errors.New("too many attempts")

// throttle slows down who guesses passwords: the wait doubles with every
// failure, for the login and for the address alike.
type throttle struct {
	now func() time.Time

	mu    sync.Mutex
	tries map[string]attempt
}

type attempt struct {
	failures int
	until    time.Time // no attempt is looked at before
	at       time.Time
}

func newThrottle(now func() time.Time) *throttle {
	return &throttle{now: now, tries: map[string]attempt{}}
}

// wait returns how long the keys still have to wait, zero when they may try.
func (t *throttle) wait(keys ...string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	longest := time.Duration(0)
	for _, k := range keys {
		longest = max(longest, t.tries[k].until.Sub(t.now()))
	}
	return longest
}

// failed counts a failure for the keys.
func (t *throttle) failed(keys ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if len(t.tries) >= maxThrottled {
		t.forget(now)
	}
	for _, k := range keys {
		a := t.tries[k]
		if now.Sub(a.at) > longestWait*2 {
			a = attempt{}
		}
		a.failures++
		a.at = now
		if over := a.failures - freeFailures; over >= 0 {
			a.until = now.Add(min(longestWait, firstWait<<min(over, 10)))
		}
		t.tries[k] = a
	}
}

// forget makes room: what waits no longer, and all when everything waits.
func (t *throttle) forget(now time.Time) {
	for k, a := range t.tries {
		if !a.until.After(now) {
			delete(t.tries, k)
		}
	}
	if len(t.tries) >= maxThrottled {
		clear(t.tries)
	}
}

// passed forgets the failures of the keys.
func (t *throttle) passed(keys ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, k := range keys {
		delete(t.tries, k)
	}
}
