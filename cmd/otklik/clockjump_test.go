//go:build clockjump

package main

import (
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"otklik/demo"
)

// obeyClock sets the clock of this process an hour ahead by SIGUSR1 and an
// hour back by SIGUSR2. time.Skew exists in the copy of the standard library
// that bench/clock.sh builds with: it is added to what the machine's clock
// says, and leaves the monotonic one alone, as setting a machine's clock does.
func obeyClock() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1, syscall.SIGUSR2)
	go func() {
		for s := range signals {
			if s == syscall.SIGUSR1 {
				time.Skew.Add(3600)
			} else {
				time.Skew.Add(-3600)
			}
		}
	}()
}

// TestFault_ClockJumps sets the clock of the real daemon an hour ahead, while
// a norm of forty minutes runs, and back again. Each complaint has one card,
// the norm is broken once, and the log has one line for each jump.
func TestFault_ClockJumps(t *testing.T) {
	r := newRig(t, rigConfig{sources: 2, take: 40 * time.Minute})
	r.seeded(2)
	r.complain(0)
	r.settled(0)
	d := r.daemons[0]
	waitFor(t, "card that is noted as sent, from which the norm runs", func() bool { return d.says("alert sent", "kind=card") == 1 })
	d.signal(syscall.SIGUSR1)
	waitFor(t, "word of the jump ahead", func() bool { return d.says("the clock jumped", "by=1h0m0s") == 1 })
	waitFor(t, "word of the broken norm", func() bool { return broken(r) == 1 })
	r.complain(1)
	r.settled(0)
	d.signal(syscall.SIGUSR2)
	waitFor(t, "word of the jump back", func() bool { return d.says("the clock jumped", "by=-1h0m0s") == 1 })
	r.complain(0)
	r.settled(5 * time.Second)
	if h := r.ready(0); h == nil || !h.Ready {
		t.Errorf("readiness after both jumps: %+v", h)
	}
	if jumps, errs, norms := d.says("the clock jumped"), d.says("level=ERROR"), broken(r); jumps != 2 || errs != 0 || norms != 1 {
		t.Errorf("%d lines tell of a jump, want 2; %d errors, want none; %d words of a broken norm, want 1\n%s", jumps, errs, norms, d.log.String())
	}
}

// broken counts the messages to ops that tell of a broken norm.
func broken(r *rig) (n int) {
	for _, m := range r.slack.Messages(demo.OpsChannel) {
		if m.Metadata != nil && strings.Contains(string(m.Metadata.EventPayload), `"escalation"`) {
			n++
		}
	}
	return n
}
