package mention

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Verb is what somebody does to a task.
type Verb string

// The verbs. Deliver, Remind, Confirm, Miss, Join and Edited are the system's own.
const (
	Raise       Verb = "raise" // the event of the task's creation, not an action
	Deliver     Verb = "deliver"
	Take        Verb = "take"
	Acknowledge Verb = "acknowledge"
	Assign      Verb = "assign"
	Release     Verb = "release"
	Answer      Verb = "answer"
	Dismiss     Verb = "dismiss"
	Snooze      Verb = "snooze"
	Wake        Verb = "wake"
	Reopen      Verb = "reopen"
	Escalate    Verb = "escalate"
	Remind      Verb = "remind"
	Confirm     Verb = "confirm"
	Miss        Verb = "miss"
	Join        Verb = "join"
	Waive       Verb = "waive"
	Edited      Verb = "edited" // the author changed the text before our answer
	Comment     Verb = "note"
)

// PromiseDue is the step of the norms at which the customer was promised a solution.
const PromiseDue = "promise_due"

// Verbs lists every verb that Apply knows.
func Verbs() []Verb {
	return []Verb{Deliver, Take, Acknowledge, Assign, Release, Answer, Dismiss, Snooze, Wake,
		Reopen, Escalate, Remind, Confirm, Miss, Join, Waive, Edited, Comment}
}

// Action is one act on a task. Only the fields that its verb names are read.
type Action struct {
	Verb  Verb
	Actor Actor
	At    time.Time
	// Version is the version of the task that the actor saw, when they insist
	// on it: with another one Apply reports ErrConflict. Zero is any version.
	Version int

	To     Actor     // assign
	Until  time.Time // snooze; acknowledge: the promised time
	URL    string    // answer, acknowledge: link to the reply; confirm: where it was seen
	Text   string    // answer, acknowledge: what was written; note, reopen, edited: what to remember
	Reject Reject    // dismiss
	Due    Due       // deliver, reopen, snooze: deadlines; answer: Visible
	Place  Place     // join: the copy
	// Mention names the place for confirm and waive; the task's own when empty.
	Mention ID
	Reply   Reply  // confirm: the official reply as seen
	Step    string // remind, escalate: which step of the chain
	// Passed are earlier steps that this one stands for after a downtime.
	Passed []string
	// Publish asks, with answer and acknowledge, to send Text to the site first. Only what can
	// send takes it; a task alone refuses it.
	Publish bool
	Ref     string // note: the site's id of an answer
}

// Event is what happened to a task, for its timeline.
type Event struct {
	ID     int64     `json:"id,omitempty"`
	Task   TaskID    `json:"task"`
	Verb   Verb      `json:"verb"`
	Actor  Actor     `json:"actor"`
	At     time.Time `json:"at"`
	From   State     `json:"from,omitempty"`
	To     State     `json:"to"`
	Text   string    `json:"text,omitempty"`
	URL    string    `json:"url,omitempty"`
	Step   string    `json:"step,omitempty"`
	Whom   Actor     `json:"whom,omitzero"`
	Until  time.Time `json:"until,omitzero"`
	Reject Reject    `json:"reject,omitempty"`
	Source string    `json:"source,omitempty"`
	// Mention and Ref tell, in notes of an answer's way to its site, what is
	// answered and the site's id of the answer.
	Mention ID     `json:"mention,omitempty"`
	Ref     string `json:"ref,omitempty"`
	// Ack is set when what was confirmed is the acknowledgement.
	Ack bool `json:"ack,omitempty"`
}

// Raised returns the event of t's creation.
func (t Task) Raised() Event {
	return Event{Task: t.ID, Verb: Raise, Actor: System, At: t.CreatedAt, To: t.State, Text: t.Reason}
}

// Apply returns the task after a, the event to record and whether anything
// changed. It reports ErrRefused when the task's state does not allow a.Verb;
// t is unchanged then. A repeated action by the same actor is accepted and
// changes nothing, because Slack delivers a click again when our answer is late;
// only edits, notes, and reminders and escalations without a step count each time.
func (t Task) Apply(a Action) (Task, Event, bool, error) {
	if a.Version != 0 && a.Version != t.Version {
		return t, Event{}, false, fmt.Errorf("%s task M-%d of version %d: %w", a.Verb, t.ID, t.Version, ErrConflict)
	}
	next := t
	next.Places = slices.Clone(t.Places)
	changed, err := next.apply(a)
	if a.Publish {
		err = refuse("nothing here can send it")
	}
	if err != nil {
		return t, Event{}, false, fmt.Errorf("%s task M-%d: %w", a.Verb, t.ID, err)
	}
	if !changed {
		return t, Event{}, false, nil
	}
	next.Version++
	e := Event{Task: t.ID, Verb: a.Verb, Actor: a.Actor, At: a.At, From: t.State, To: next.State,
		Text: a.Text, URL: a.URL, Step: a.Step, Whom: a.To, Until: a.Until, Reject: a.Reject, Source: a.Place.Source}
	if a.Verb == Confirm {
		i := next.placeOf(a)
		e.Text, e.Ack = a.Reply.Text, t.Places[i].AckAt != next.Places[i].AckAt
	}
	if a.Verb == Comment {
		e.Mention, e.Ref = a.Mention, a.Ref
	}
	if a.Verb == Confirm || a.Verb == Waive {
		e.Source = next.Places[next.placeOf(a)].Source
	}
	return next, e, true, nil
}

func (t *Task) apply(a Action) (bool, error) {
	switch a.Verb {
	case Deliver:
		return t.deliver(a)
	case Take:
		return t.take(a)
	case Acknowledge:
		return t.acknowledge(a)
	case Assign:
		return t.assign(a)
	case Release:
		return t.release(a)
	case Answer:
		return t.answer(a)
	case Dismiss:
		return t.dismiss(a)
	case Snooze, Wake:
		return t.snooze(a)
	case Reopen:
		return t.reopen(a)
	case Escalate, Remind:
		return t.press(a)
	case Confirm:
		return t.confirm(a)
	case Miss:
		return t.miss(a)
	case Join:
		return t.join(a)
	case Waive:
		return t.waive(a)
	case Edited, Comment:
		return t.remember(a)
	}
	return false, fmt.Errorf("%w: unknown verb %q", ErrRefused, a.Verb)
}

// errNobody refuses to make a task belong to nobody.
var errNobody = refuse("say who acts")

func refuse(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrRefused, fmt.Sprintf(format, args...))
}

// deliver starts the norms: they count from the moment people could know.
func (t *Task) deliver(a Action) (bool, error) {
	if !t.DeliveredAt.IsZero() || t.State != Open && t.State != Taken {
		return false, nil
	}
	t.DeliveredAt, t.Due = a.At, a.Due
	return true, nil
}

func (t *Task) take(a Action) (bool, error) {
	switch {
	case a.Actor.ID == "":
		return false, errNobody
	case t.State == Taken && t.Owner.ID == a.Actor.ID:
		return false, nil
	case t.State == Taken:
		return false, refuse("%s has taken it", t.Owner.Name)
	case t.State != Open:
		return false, refuse("it is %s", t.State)
	}
	t.own(a.Actor, a.At)
	return true, nil
}

// own makes who the owner; a task that was snoozed wakes.
func (t *Task) own(who Actor, at time.Time) {
	t.State, t.Owner, t.SnoozedUntil = Taken, who, time.Time{}
	if t.TakenAt.IsZero() {
		t.TakenAt = at
	}
}

func (t *Task) acknowledge(a Action) (bool, error) {
	switch {
	case a.Actor.ID == "":
		return false, errNobody
	case t.State != Open && t.State != Taken:
		return false, refuse("it is %s", t.State)
	case a.Until.IsZero() || !a.Until.After(a.At):
		return false, refuse("say by when a solution comes, in the future")
	case !t.AcknowledgedAt.IsZero() && t.PromisedAt.Equal(a.Until):
		return false, nil
	}
	if t.State == Open {
		t.own(a.Actor, a.At)
	}
	if t.AcknowledgedAt.IsZero() {
		t.AcknowledgedAt = a.At
	}
	t.PromisedAt = a.Until
	if a.Text != "" {
		t.AckText = a.Text
	}
	// A new promise is measured anew.
	t.Fired = slices.DeleteFunc(slices.Clone(t.Fired), func(step string) bool { return step == PromiseDue })
	return true, nil
}

func (t *Task) assign(a Action) (bool, error) {
	switch {
	case a.To.ID == "":
		return false, refuse("say to whom")
	case t.State == Taken && t.Owner.ID == a.To.ID:
		return false, nil
	case t.State != Open && t.State != Taken:
		return false, refuse("it is %s", t.State)
	}
	if t.State == Taken {
		t.Before = t.Owner
	}
	t.own(a.To, a.At)
	return true, nil
}

func (t *Task) release(a Action) (bool, error) {
	switch t.State {
	case Open:
		return false, nil
	case Taken:
	default:
		return false, refuse("it is %s", t.State)
	}
	// The first taking counts for the norm: releasing and taking again must
	// not buy another quarter of an hour.
	t.State, t.Before, t.Owner = Open, t.Owner, Actor{}
	return true, nil
}

func (t *Task) answer(a Action) (bool, error) {
	switch {
	case a.Actor.ID == "":
		return false, errNobody
	case t.State == Answered && a.URL == t.AnswerURL && a.Text == t.AnswerText && t.NotVisibleAt.IsZero():
		return false, nil
	case t.State == Confirmed || t.State == Dismissed:
		return false, refuse("it is %s", t.State)
	}
	if t.Owner.ID == "" {
		t.own(a.Actor, a.At)
	}
	t.State, t.AnsweredAt, t.AnsweredBy = Answered, a.At, a.Actor
	t.AnswerURL, t.AnswerText, t.SnoozedUntil = a.URL, a.Text, time.Time{}
	t.NotVisibleAt, t.Due.Visible = time.Time{}, a.Due.Visible
	t.Unverifiable = t.unverifiable()
	return true, nil
}

func (t *Task) dismiss(a Action) (bool, error) {
	switch {
	case !slices.Contains(Rejects(), a.Reject):
		return false, refuse("unknown reason %q", a.Reject)
	case t.State == Dismissed && t.Dismissal == a.Reject:
		return false, nil
	case t.State == Confirmed || t.State == Dismissed:
		return false, refuse("it is %s", t.State)
	}
	t.State, t.Dismissal, t.DismissedAt, t.SnoozedUntil = Dismissed, a.Reject, a.At, time.Time{}
	t.Note, t.Unverifiable = a.Text, false
	return true, nil
}

func (t *Task) snooze(a Action) (bool, error) {
	if t.State != Open && t.State != Taken {
		return false, refuse("it is %s", t.State)
	}
	if a.Verb == Wake {
		if t.SnoozedUntil.IsZero() {
			return false, nil
		}
		t.SnoozedUntil = time.Time{}
		return true, nil
	}
	if !a.Until.After(a.At) {
		return false, refuse("the time to sleep until has passed")
	}
	if t.SnoozedUntil.Equal(a.Until) {
		return false, nil
	}
	t.SnoozedUntil = a.Until
	if a.Due != (Due{}) {
		t.Due = a.Due // the norms pause with the task
	}
	return true, nil
}

func (t *Task) reopen(a Action) (bool, error) {
	if t.State == Open || t.State == Taken {
		return false, nil
	}
	t.State, t.Cycle, t.ReopenedAt = Open, t.Cycle+1, a.At
	t.Before, t.Owner = t.Owner, Actor{}
	t.TakenAt, t.AnsweredAt, t.ConfirmedAt, t.DismissedAt = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	t.AcknowledgedAt, t.AckSeenAt, t.PromisedAt, t.AckText = time.Time{}, time.Time{}, time.Time{}, ""
	t.NotVisibleAt, t.SnoozedUntil, t.EscalatedAt, t.RemindedAt = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	t.AnswerURL, t.AnswerText, t.AnsweredBy, t.Dismissal = "", "", Actor{}, ""
	t.OnSite, t.Unverifiable, t.Escalations, t.Due = false, false, 0, a.Due
	t.Fired = nil
	// SeenReply stays, so that the reply to the former words never confirms;
	// a waiver goes, because it was a decision about the former words.
	for i := range t.Places {
		p := &t.Places[i]
		p.SeenAt, p.WaivedAt, p.AckAt, p.ReplyURL = time.Time{}, time.Time{}, time.Time{}, ""
	}
	return true, nil
}

// press records a reminder or an escalation; both are only for tasks that
// still wait for a person.
func (t *Task) press(a Action) (bool, error) {
	if !t.NeedsPerson() {
		return false, refuse("it is %s", t.State)
	}
	if slices.Contains(t.Fired, a.Step) {
		return false, nil
	}
	if a.Step != "" {
		t.Fired = append(append(slices.Clone(t.Fired), a.Passed...), a.Step)
	}
	if a.Verb == Remind {
		t.RemindedAt = a.At
		return true, nil
	}
	t.EscalatedAt = a.At
	t.Escalations++
	return true, nil
}

// confirm records that an official reply is visible on the page of one place.
// An acknowledgement that was announced first is marked as seen and does not
// close the task; a reply that was seen before never confirms again, unless it
// passed for the acknowledgement and turns out to be the answer.
func (t *Task) confirm(a Action) (bool, error) {
	i := t.placeOf(a)
	if i < 0 {
		return false, refuse("mention %q is not part of it", a.Mention)
	}
	if t.State == Dismissed || t.State == Confirmed {
		return false, nil
	}
	p := &t.Places[i]
	seen := replyHash(a.Reply)
	if !p.SeenAt.IsZero() || p.SeenReply == seen && !t.wasAnswer(p, a.Reply) {
		return false, nil
	}
	if p.SeenReply != seen && t.isAcknowledgement(p, a.Reply, seen) {
		p.SeenReply, p.AckAt = seen, givenAt(a.Reply, a.At)
		if t.AckSeenAt.IsZero() {
			t.AckSeenAt = a.At
		}
		return true, nil
	}
	p.SeenReply = seen
	p.SeenAt, p.ReplyURL = a.At, a.URL
	if t.State != Answered {
		t.claimForSite(a)
	}
	t.NotVisibleAt = time.Time{}
	t.settle(a.At)
	return true, nil
}

// placeOf returns the index of the place that a names, the task's own when it
// names none, and -1 when that place is not part of the task.
func (t *Task) placeOf(a Action) int {
	if a.Mention == "" && len(t.Places) > 0 {
		return 0
	}
	return t.Place(a.Mention)
}

// settle closes the task when its last open place has just been seen or
// waived. Waivers alone never confirm: at least one answer must have been seen.
func (t *Task) settle(at time.Time) {
	if t.placesDone() && t.isSeenSomewhere() {
		t.State, t.ConfirmedAt, t.SnoozedUntil = Confirmed, at, time.Time{}
		t.NotVisibleAt, t.Unverifiable = time.Time{}, false
		return
	}
	t.Unverifiable = t.State == Answered && t.unverifiable()
	if t.Unverifiable {
		t.NotVisibleAt = time.Time{}
	}
}

// claimForSite credits an answer that nobody had claimed to "answered on the
// site". With copies still unanswered the task stays with its owner.
func (t *Task) claimForSite(a Action) {
	t.OnSite = true
	if t.AnsweredAt.IsZero() {
		t.AnsweredAt, t.AnsweredBy = a.At, OnSite
	}
	if t.AnswerURL == "" {
		t.AnswerURL = a.URL
	}
}

// replyHash tells replies apart: by text, and where the page shows only a
// flag, by its date. It is never zero.
func replyHash(r Reply) uint64 {
	m := Mention{Text: r.Text}
	if strings.TrimSpace(r.Text) == "" {
		m.Text = "flag " + r.PublishedAt.UTC().Format(time.RFC3339)
	}
	return m.Digest() | 1
}

func (t *Task) miss(a Action) (bool, error) {
	if t.State != Answered || t.Unverifiable || !t.NotVisibleAt.IsZero() {
		return false, nil
	}
	t.NotVisibleAt = a.At
	return true, nil
}

// join adds a copy of the complaint found elsewhere. A closed task is not
// reopened by a copy of what was already answered: the copy waits in the
// checklist of a confirmed task's successor, so it is refused here.
func (t *Task) join(a Action) (bool, error) {
	if t.Place(a.Place.Mention) >= 0 {
		return false, nil
	}
	if t.IsClosed() {
		return false, refuse("it is %s", t.State)
	}
	t.Places = append(t.Places, a.Place)
	return true, nil
}

// waive records that a person wants no answer at one place. To want none
// anywhere is to dismiss the task, which asks for a reason.
func (t *Task) waive(a Action) (bool, error) {
	i := t.placeOf(a)
	switch {
	case i < 0:
		return false, refuse("mention %q is not part of it", a.Mention)
	case t.State == Confirmed || t.State == Dismissed:
		return false, refuse("it is %s", t.State)
	case t.Places[i].isDone():
		return false, nil
	}
	t.Places[i].WaivedAt = a.At
	if t.State != Answered && t.placesDone() && !t.isSeenSomewhere() {
		return false, refuse("nothing would be left to answer: dismiss it instead")
	}
	t.settle(a.At)
	return true, nil
}

// remember adds to the timeline without changing the state.
func (t *Task) remember(a Action) (bool, error) {
	if a.Verb == Comment && a.Step == "" && strings.TrimSpace(a.Text) == "" {
		return false, refuse("the note is empty")
	}
	return true, nil
}
