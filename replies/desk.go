package replies

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"otklik/mention"
)

// Archive is where the desk reads tasks and writes effects.
type Archive interface {
	View(ctx context.Context, id mention.TaskID) (mention.View, error)
	// Apply writes all effects in one transaction; it reports
	// mention.ErrConflict when a task has changed meanwhile.
	Apply(ctx context.Context, effects ...mention.Effects) error
}

// Looker opens a mention's public page again.
type Looker interface {
	// Look returns the mention as its page shows it now. It reports false when
	// the page cannot be opened by itself: the next pass of the source, which
	// it brings forward, will show it.
	Look(ctx context.Context, m mention.Mention) (mention.Mention, bool, error)
}

// Desk acts on tasks for people, for the crawler and for the clock.
type Desk struct {
	norms   Norms
	archive Archive
	looker  Looker
	now     func() time.Time
	log     *slog.Logger
}

// New returns a desk with its norms.
func New(norms Norms, archive Archive, looker Looker, now func() time.Time, log *slog.Logger) *Desk {
	return &Desk{norms: norms, archive: archive, looker: looker, now: now, log: log.With("part", "replies")}
}

// tries bounds how often an action is applied anew after somebody else's
// change came between.
const tries = 5

// Act applies a to task id and returns the task after it. Repeating an action
// is harmless. It reports mention.ErrRefused when the state does not allow the
// verb and mention.ErrNotFound when there is no such task.
func (d *Desk) Act(ctx context.Context, id mention.TaskID, a mention.Action) (mention.Task, error) {
	if a.At.IsZero() {
		a.At = d.now()
	}
	var err error
	for range tries {
		var t mention.Task
		if t, err = d.try(ctx, id, a); !errors.Is(err, mention.ErrConflict) {
			return t, err
		}
	}
	return mention.Task{}, fmt.Errorf("%s task M-%d: %w", a.Verb, id, err)
}

func (d *Desk) try(ctx context.Context, id mention.TaskID, a mention.Action) (mention.Task, error) {
	v, err := d.archive.View(ctx, id)
	if err != nil {
		return mention.Task{}, fmt.Errorf("read task M-%d: %w", id, err)
	}
	eff, err := d.norms.act(v.Task, d.complete(v.Task, a))
	if err != nil || eff.Task == nil {
		return v.Task, err
	}
	if a.Verb == mention.Dismiss && a.Reject == mention.NotNegative {
		eff.Correction = &mention.Correction{Mention: v.Mention.ID, Tone: mention.Neutral, Was: v.Mention.Tone, Actor: a.Actor, At: a.At}
	}
	if err := d.archive.Apply(ctx, eff); err != nil {
		return v.Task, fmt.Errorf("save task M-%d: %w", id, err)
	}
	return *eff.Task, nil
}

// complete fills the deadlines that an action moves.
func (d *Desk) complete(t mention.Task, a mention.Action) mention.Action {
	n := d.norms[t.Norm]
	switch a.Verb {
	case mention.Deliver, mention.Reopen:
		a.Due = n.due(a.At)
	case mention.Answer:
		a.Due.Visible = n.visibleBy(a.At)
	case mention.Snooze:
		a.Due = n.paused(t.Due, a.At, a.Until)
	}
	return a
}

// timer is the payload of a mention.TimerJob.
type timer struct {
	Task  mention.TaskID `json:"task"`
	Step  string         `json:"step"`
	Cycle int            `json:"cycle"`
}

// lateness is how late a step may be before the delay is noted.
const lateness = 5 * time.Minute

// Timer carries out a due step of a task's norms. Of several overdue steps
// only the latest is carried out, so that three days of downtime end in one
// message a task and not in a flood. It returns when to come again where the
// step is not due after all: the clock was set back since.
func (d *Desk) Timer(ctx context.Context, job mention.Job) (time.Time, error) {
	var due timer
	if err := json.Unmarshal(job.Payload, &due); err != nil {
		return time.Time{}, mention.Final(fmt.Errorf("read timer %s: %w", job.Key, err))
	}
	v, err := d.archive.View(ctx, due.Task)
	if errors.Is(err, mention.ErrNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("timer of task M-%d: %w", due.Task, err)
	}
	now, n := d.now(), d.norms[v.Task.Norm]
	if at := n.dueLater(v.Task, due, now); !at.IsZero() {
		return at, nil
	}
	a, fires := n.fire(v.Task, due, now)
	if !fires {
		return time.Time{}, nil
	}
	_, err = d.Act(ctx, due.Task, a)
	if errors.Is(err, mention.ErrRefused) {
		return time.Time{}, nil // somebody was faster than the clock
	}
	return time.Time{}, err
}

// dueLater returns when a step that t still asks for is due, zero when that is
// now or never.
func (n norm) dueLater(t mention.Task, due timer, now time.Time) time.Time {
	if t.Cycle != due.Cycle {
		return time.Time{}
	}
	for _, step := range n.timers(t) {
		if step.Step == due.Step && step.At.After(now) {
			return step.At
		}
	}
	return time.Time{}
}

// fire decides what a due step does now; false when it is no longer asked
// for or a later one of the same task is overdue as well. The latest stands
// for those before it.
func (n norm) fire(t mention.Task, due timer, now time.Time) (mention.Action, bool) {
	if t.Cycle != due.Cycle {
		return mention.Action{}, false
	}
	var overdue []mention.Timer
	for _, step := range n.timers(t) {
		if !step.At.After(now) && step.Step != StepWake {
			overdue = append(overdue, step)
		}
	}
	if due.Step == StepWake {
		return mention.Action{Verb: mention.Wake, Actor: mention.System, At: now}, !t.SnoozedUntil.IsZero()
	}
	last := len(overdue) - 1
	if last < 0 || overdue[last].Step != due.Step {
		return mention.Action{}, false
	}
	a := action(due.Step, overdue[last].At, now)
	for _, passed := range overdue[:last] {
		a.Passed = append(a.Passed, passed.Step)
	}
	return a, true
}

func action(step string, at, now time.Time) mention.Action {
	a := mention.Action{Verb: mention.Remind, Actor: mention.System, At: now, Step: step}
	switch {
	case step == StepVisibleDue:
		a.Verb, a.Step = mention.Miss, ""
	case isBreach(step):
		a.Verb = mention.Escalate
	}
	if late := now.Sub(at); late > lateness {
		a.Text = fmt.Sprintf("late by %s: the service was down", late.Round(time.Minute))
	}
	return a
}

// verify is the payload of a mention.VerifyJob.
type verify struct {
	Task mention.TaskID `json:"task"`
}

func verifyJob(t mention.Task, at time.Time) mention.Job {
	payload, _ := json.Marshal(verify{Task: t.ID}) // plain numbers cannot fail
	return mention.Job{Kind: mention.VerifyJob, Key: fmt.Sprintf("verify:%d", t.ID), Payload: payload, RunAt: at}
}

// Verify looks whether a claimed answer is visible on the public page and
// confirms it. It returns when to look again, zero when there is no need. A
// look that does not find the answer changes nothing: only the deadline does.
func (d *Desk) Verify(ctx context.Context, job mention.Job) (time.Time, error) {
	var p verify
	if err := json.Unmarshal(job.Payload, &p); err != nil {
		return time.Time{}, mention.Final(fmt.Errorf("read %s: %w", job.Key, err))
	}
	v, err := d.archive.View(ctx, p.Task)
	if errors.Is(err, mention.ErrNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("verify task M-%d: %w", p.Task, err)
	}
	now := d.now()
	age := now.Sub(v.Task.AnsweredAt)
	if v.Task.State != mention.Answered || v.Task.Unverifiable || age > giveUpAfter {
		return time.Time{}, nil
	}
	if err := d.lookEverywhere(ctx, v); err != nil {
		d.log.Warn("looking for an answer failed", "task", p.Task, "err", err)
	}
	return now.Add(d.norms.verifyAfter(v.Task, age)), nil
}

// lookEverywhere opens each page that still lacks the answer.
func (d *Desk) lookEverywhere(ctx context.Context, v mention.View) error {
	var errs []error
	for _, m := range append([]mention.Mention{v.Mention}, v.Copies...) {
		i := v.Task.Place(m.ID)
		if i < 0 || !v.Task.Places[i].SeenAt.IsZero() || v.Task.Places[i].Replies == mention.RepliesNone {
			continue
		}
		now, seen, err := d.looker.Look(ctx, m)
		if err != nil {
			errs = append(errs, fmt.Errorf("look at %s: %w", m.URL, err))
			continue
		}
		if !seen || now.Reply == nil || !answers(*now.Reply, v.Task, now) {
			continue
		}
		now.ID = m.ID
		if _, err := d.Act(ctx, v.Task.ID, confirmation(now, d.now())); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
