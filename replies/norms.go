package replies

import (
	"slices"
	"time"

	"otklik/mention"
)

// norm is a Norm with its calendar at hand.
type norm struct {
	Norm
	calendar *Calendar
}

// Norms are the norms by name. An unknown name has no deadlines.
type Norms map[string]norm

// The steps of a task's norms, in the order in which they come.
const (
	StepTakeHalf   = "take_half"
	StepTakeSoon   = "take_soon"
	StepTakeDue    = "take_due"
	StepTakeNext   = "take_next_" // with the number of the next in the chain
	StepAckDue     = "ack_due"
	StepAnswerHalf = "answer_half"
	StepAnswerDue  = "answer_due"
	StepPromiseDue = mention.PromiseDue
	StepVisibleDue = "visible_due"
	StepWake       = "wake"
)

// soon is how long before a deadline the last reminder comes.
const soon = 5 * time.Minute

// due returns the deadlines of a task whose norms start at from.
func (n norm) due(from time.Time) mention.Due {
	return mention.Due{
		Take:        n.after(from, n.Take),
		Acknowledge: n.after(from, n.Acknowledge),
		Answer:      n.after(from, n.Answer),
	}
}

func (n norm) after(from time.Time, d time.Duration) time.Time {
	if d <= 0 {
		return time.Time{}
	}
	return n.calendar.Add(from, d)
}

// visibleBy is when an answer claimed at t has to be on the page. Sites
// moderate around the clock, so it is not working time.
func (n norm) visibleBy(t time.Time) time.Time {
	if n.Visible <= 0 {
		return time.Time{}
	}
	return t.Add(n.Visible)
}

// paused returns d with what has not passed at from moved by the working time
// between from and to: the norms pause with the task.
func (n norm) paused(d mention.Due, from, to time.Time) mention.Due {
	lost := n.calendar.Between(from, to)
	move := func(at time.Time) time.Time {
		if at.IsZero() || !at.After(from) {
			return at
		}
		return n.calendar.Add(at, lost)
	}
	return mention.Due{Take: move(d.Take), Acknowledge: move(d.Acknowledge), Answer: move(d.Answer), Visible: d.Visible}
}

// timers returns every step that t's norms still ask for, earliest first.
// Steps that fall into a snooze wait for its end.
func (n norm) timers(t mention.Task) []mention.Timer {
	var out []mention.Timer
	add := func(step string, at time.Time) {
		if at.IsZero() || slices.Contains(t.Fired, step) {
			return
		}
		if step != StepVisibleDue && at.Before(t.SnoozedUntil) {
			at = t.SnoozedUntil
		}
		out = append(out, mention.Timer{Step: step, At: at})
	}
	switch t.State {
	case mention.Open, mention.Taken:
		n.pressing(t, add)
	case mention.Answered:
		if !t.Unverifiable && t.NotVisibleAt.IsZero() {
			add(StepVisibleDue, t.Due.Visible)
		}
	}
	if !t.SnoozedUntil.IsZero() && !t.IsClosed() {
		out = append(out, mention.Timer{Step: StepWake, At: t.SnoozedUntil})
	}
	slices.SortStableFunc(out, func(a, b mention.Timer) int { return a.At.Compare(b.At) })
	return out
}

func (n norm) pressing(t mention.Task, add func(string, time.Time)) {
	start := later(t.DeliveredAt, t.ReopenedAt)
	if t.State == mention.Open && t.TakenAt.IsZero() && !t.Due.Take.IsZero() {
		add(StepTakeHalf, n.half(start, t.Due.Take, n.Take))
		if n.Take > 3*soon {
			add(StepTakeSoon, t.Due.Take.Add(-soon))
		}
		add(StepTakeDue, t.Due.Take)
		for i := 1; i < len(n.Escalate); i++ {
			add(nextStep(i), n.calendar.Add(t.Due.Take, time.Duration(i)*n.Take))
		}
	}
	if t.AcknowledgedAt.IsZero() {
		add(StepAckDue, t.Due.Acknowledge)
	}
	if !t.PromisedAt.IsZero() {
		add(StepPromiseDue, t.PromisedAt)
	}
	if !t.Due.Answer.IsZero() {
		add(StepAnswerHalf, n.half(start, t.Due.Answer, n.Answer))
		add(StepAnswerDue, t.Due.Answer)
	}
}

// half is the moment at which half of allowed is left until due, which a
// snooze may have moved.
func (n norm) half(start, due time.Time, allowed time.Duration) time.Time {
	return n.calendar.Add(start, n.calendar.Between(start, due)-allowed/2)
}

func nextStep(i int) string { return StepTakeNext + string(rune('0'+min(i, 9))) }

// isBreach reports whether step is a broken norm rather than a reminder.
func isBreach(step string) bool {
	switch step {
	case StepTakeDue, StepAckDue, StepAnswerDue, StepPromiseDue:
		return true
	}
	return len(step) > len(StepTakeNext) && step[:len(StepTakeNext)] == StepTakeNext
}

// channel returns where a breach is told and who is called there: the first
// of the chain, or for the later steps of an untaken task the next one; both
// are empty without a chain.
func (n norm) channel(step string) (leads string, call []string) {
	i := 0
	if len(step) > len(StepTakeNext) && step[:len(StepTakeNext)] == StepTakeNext {
		i = int(step[len(step)-1] - '0')
	}
	if len(n.Call) > 0 {
		call = []string{n.Call[min(i, len(n.Call)-1)]}
	}
	if len(n.Escalate) == 0 {
		return "", call
	}
	return n.Escalate[min(i, len(n.Escalate)-1)], call
}
