package main

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"otklik/alerts"
	"otklik/demo"
	"otklik/intake"
	"otklik/mention"
)

// life is one life of the daemon. At its fatal point it dies as of kill -9:
// from that moment on nothing reaches the disk, the sites or Slack.
type life struct {
	fatal atomic.Value // of string; empty: it lives on
	dead  atomic.Bool
	app   *app
}

var errDead = errors.New("the process is dead")

// at dies when point is the fatal one.
func (l *life) at(point string, err error) error {
	if err == nil && l.fatal.Load() == point && l.dead.CompareAndSwap(false, true) {
		l.app.store.Close()
	}
	if l.dead.Load() {
		return errDead
	}
	return err
}

// trip carries requests while the process lives; point comes after an answer.
func (l *life) trip(to http.RoundTripper, point string) http.RoundTripper {
	return tripFunc(func(r *http.Request) (*http.Response, error) {
		if l.dead.Load() {
			return nil, errDead
		}
		resp, err := to.RoundTrip(r)
		if err = l.at(point, err); err != nil {
			return nil, err
		}
		return resp, nil
	})
}

type tripFunc func(*http.Request) (*http.Response, error)

func (f tripFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// haunt puts the fatal points between the parts of the daemon.
func (l *life) haunt(a *app) {
	l.app = a
	a.intake.Archive = mortalArchive{a.intake.Archive, l}
	a.intake.Memory = mortalMemory{a.intake.Memory, l}
	a.dispatcher.Outbox = mortalOutbox{a.dispatcher.Outbox, l}
	for name, ch := range a.dispatcher.Channels {
		a.dispatcher.Channels[name] = mortalChannel{ch, l}
	}
}

type mortalArchive struct {
	intake.Archive
	*life
}

func (m mortalArchive) Add(ctx context.Context, batch []mention.Entry, plan mention.Planner) (mention.Added, error) {
	added, err := m.Archive.Add(ctx, batch, plan)
	return added, m.at("committed", err)
}

type mortalMemory struct {
	intake.Memory
	*life
}

func (m mortalMemory) Remember(ctx context.Context, keys, looks []uint64) error {
	return m.at("remembered", m.Memory.Remember(ctx, keys, looks))
}

type mortalOutbox struct {
	alerts.Outbox
	*life
}

func (m mortalOutbox) MarkSending(ctx context.Context, id int64, job mention.Job) error {
	return m.at("sending marked", m.Outbox.MarkSending(ctx, id, job))
}

func (m mortalOutbox) MarkSent(ctx context.Context, id int64, place mention.Posted, shown int, at time.Time, effects ...mention.Effects) error {
	return m.at("sent marked", m.Outbox.MarkSent(ctx, id, place, shown, at, effects...))
}

type mortalChannel struct {
	alerts.Channel
	*life
}

func (m mortalChannel) Post(ctx context.Context, msg alerts.Message) (mention.Posted, error) {
	place, err := m.Channel.Post(ctx, msg)
	return place, m.at("posted", err)
}

func (m mortalChannel) Update(ctx context.Context, place mention.Posted, msg alerts.Message) error {
	return m.at("updated", m.Channel.Update(ctx, place, msg))
}

// TestStory_Crash kills the daemon once at a step of the path, starts it again
// on what is there and lets the story end: one card, every click counted once,
// the answer confirmed.
func TestStory_Crash(t *testing.T) {
	for moment, points := range map[string][]string{
		"complaint": {"page fetched", "committed", "remembered", "sending marked", "posted", "sent marked", "updated"},
		"take":      {"clicked", "updated"},
		"answer":    {"clicked", "sending marked", "posted", "updated"},
		"reply":     {"page fetched", "committed", "posted", "updated"},
	} {
		for _, point := range points {
			t.Run(point+" after the "+moment, func(t *testing.T) {
				var l *life
				tell(t, settings{born: func() *life { l = &life{}; return l }}, func(t *testing.T, s *story) {
					s.fate = func(now string) {
						if now == moment {
							l.fatal.Store(point)
						}
					}
					s.wholeStory(t)
					if s.deaths != 1 {
						t.Errorf("the daemon died %d times, want once", s.deaths)
					}
				})
			})
		}
	}
}

// wholeStory is the main job told by people who press again when it seems that
// nothing happened.
func (s *story) wholeStory(t *testing.T) {
	t.Helper()
	s.fate("complaint")
	review := s.complain(demo.Otzovik, complaint)
	s.passAndRevive()
	s.wantState(mention.Open)

	s.fate("take")
	s.insist(func() error {
		m, _ := s.card()
		_, err := s.slack.Click(t.Context(), demo.Click{User: demo.Anna, Channel: demo.PRChannel, TS: m.TS, ActionID: "take", Late: true})
		return err
	})
	s.passAndRevive()
	s.wantState(mention.Taken)

	s.fate("answer")
	s.insist(func() error {
		m, _ := s.card()
		_, err := s.slack.Click(t.Context(), demo.Click{User: demo.Anna, Channel: demo.PRChannel, TS: m.TS, ActionID: "answer", Late: true})
		if err != nil {
			return err
		}
		views := s.slack.Views(demo.Anna)
		_, err = s.slack.SubmitView(t.Context(), demo.Submission{User: demo.Anna, ViewID: views[len(views)-1].ID})
		return err
	})
	s.passAndRevive()
	s.wantState(mention.Answered)

	s.fate("reply")
	if err := s.town.Answer(demo.Otzovik, review.ID, "Карту привезём сегодня."); err != nil {
		t.Fatal(err)
	}
	s.passAndRevive()
	s.wantState(mention.Confirmed)
	s.wantNothingTwice(t)
}

// wantNothingTwice checks the task's history and everything in Slack.
func (s *story) wantNothingTwice(t *testing.T) {
	t.Helper()
	for _, verb := range []mention.Verb{mention.Take, mention.Answer, mention.Confirm} {
		if n := len(s.events(verb)); n != 1 {
			t.Errorf("%d events %q, want 1", n, verb)
		}
	}
	seen := map[string]bool{}
	for _, ch := range []string{demo.PRChannel, demo.LeadsChannel, demo.OpsChannel} {
		for _, top := range s.slack.Messages(ch) {
			for _, m := range s.slack.Thread(ch, top.TS) {
				key := ch + m.TS
				if m.ThreadTS != "" {
					key = ch + m.ThreadTS + string(m.Metadata.EventPayload)
				}
				if m.TS != top.TS && seen[key] {
					t.Errorf("%s stands twice in %s", m.Text, ch)
				}
				seen[key] = true
			}
		}
	}
}

// insist does what a person does until it works, three times at most.
func (s *story) insist(do func() error) {
	s.t.Helper()
	var err error
	for range 3 {
		if err = do(); err == nil {
			return
		}
		s.revive()
		s.wait(2 * time.Minute)
	}
	s.fatalf("it never worked: %v", err)
}

// passAndRevive lets the sources be read and starts a dead daemon again.
func (s *story) passAndRevive() {
	s.pass()
	if s.revive() {
		s.pass()
	}
}

// revive starts the daemon again when it is dead.
func (s *story) revive() bool {
	if s.life == nil || !s.life.dead.Load() {
		return false
	}
	s.deaths++
	s.stop()
	<-s.done // whatever it says
	s.app.Close()
	s.app = nil
	s.start()
	return true
}
