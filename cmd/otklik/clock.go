package main

import (
	"context"
	"fmt"
	"time"

	"otklik/inbox"
	"otklik/mention"
)

const (
	// clockEvery is how often the clock is compared with the time that passed.
	clockEvery = 5 * time.Second
	// clockJump is the least difference that is no correction of a good clock.
	clockJump = 30 * time.Second
)

// soonKinds are the kinds of jobs whose due times are "so long from now".
// Timers and digests are due at moments of the calendar, wherever the clock
// is set.
func soonKinds() []string {
	return []string{mention.CrawlJob, mention.SendJob, mention.UpdateJob, mention.VerifyJob, mention.ReplyJob, mention.IndexJob, inbox.ActJob}
}

// watchClock notes jumps of the machine's clock until ctx ends. After one
// ahead, what is overdue runs by itself. After one back, jobs that were put
// off by the fast clock would rest for as long as it was ahead: they are
// moved with it.
func (a *app) watchClock(ctx context.Context) error {
	tick := time.NewTicker(clockEvery)
	defer tick.Stop()
	begun, clock := time.Now(), a.now().Round(0) // Round leaves the wall clock alone
	known := time.Duration(0)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		ahead := a.now().Round(0).Sub(clock) - time.Since(begun)
		jump := ahead - known
		if jump.Abs() < clockJump {
			continue
		}
		if err := a.jumped(ctx, jump); err != nil {
			a.log.Warn("jobs are not moved with the clock, trying again", "err", err)
			continue
		}
		known = ahead
	}
}

// jumped tells of a jump of the clock and moves jobs after one back.
func (a *app) jumped(ctx context.Context, jump time.Duration) error {
	moved := 0
	if jump < 0 {
		var err error
		if moved, err = a.store.Hasten(ctx, soonKinds(), -jump); err != nil {
			return fmt.Errorf("after the clock jumped by %s: %w", jump, err)
		}
	}
	a.log.Warn("the clock jumped", "by", jump.Round(time.Second), "jobs_moved", moved)
	return nil
}
