package replies

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"otklik/mention"
)

// Senders finds the way to the site of a mention.
type Senders interface {
	// Limits says what m's site asks of an answer, without asking the site. It
	// reports mention.ErrRefused when no answer can be sent there.
	Limits(m mention.Mention) (mention.ReplyLimits, error)
	// Open signs in at m's site.
	Open(ctx context.Context, m mention.Mention) (Replier, error)
}

// Courier is a desk that can also send answers. A person's click writes the
// words and the job that carries them in one transaction, so that nothing is
// lost and nothing is sent twice; the words stay in the task's events whatever
// happens to them.
type Courier struct {
	desk    *Desk
	senders Senders
	cfg     Sending
}

// NewCourier returns a courier for what desk decides.
func NewCourier(desk *Desk, senders Senders, cfg Sending) *Courier {
	return &Courier{desk: desk, senders: senders, cfg: cfg}
}

// Limits says what m's site asks of an answer, for those who write one. It
// reports mention.ErrRefused when none can be sent there.
func (c *Courier) Limits(m mention.Mention) (mention.ReplyLimits, error) { return c.senders.Limits(m) }

// Act is Desk.Act, and beside that: an answer or an acknowledgement with
// Publish is sent to the site of a.Mention (the task's own when empty); a note with the step
// ReplyApproved or ReplyDeclined decides on a draft that waits for a second
// person.
func (c *Courier) Act(ctx context.Context, id mention.TaskID, a mention.Action) (mention.Task, error) {
	if a.At.IsZero() {
		a.At = c.desk.now()
	}
	// An errand finds its letter by this moment, wherever it was stored.
	a.At = a.At.Truncate(time.Millisecond)
	switch {
	case a.Publish && (a.Verb == mention.Answer || a.Verb == mention.Acknowledge):
		return c.save(ctx, id, func(v mention.View) (mention.Effects, error) { return c.write(v, a) })
	case a.Verb == mention.Comment && (a.Step == mention.ReplyApproved || a.Step == mention.ReplyDeclined):
		return c.save(ctx, id, func(v mention.View) (mention.Effects, error) { return c.decide(v, a) })
	case a.Verb == mention.Comment && a.Step != "":
		return mention.Task{}, fmt.Errorf("%w: %q is the courier's own step", mention.ErrRefused, a.Step)
	}
	return c.desk.Act(ctx, id, a)
}

// save applies what plan makes of the task, anew when somebody else's change
// came between.
func (c *Courier) save(ctx context.Context, id mention.TaskID, plan func(mention.View) (mention.Effects, error)) (mention.Task, error) {
	var err error
	for range tries {
		var v mention.View
		if v, err = c.desk.archive.View(ctx, id); err != nil {
			return mention.Task{}, fmt.Errorf("read task M-%d: %w", id, err)
		}
		eff, refused := plan(v)
		if refused != nil {
			return v.Task, fmt.Errorf("answer task M-%d: %w", id, refused)
		}
		if eff.Task == nil {
			return v.Task, nil
		}
		if err = c.desk.archive.Apply(ctx, eff); err == nil {
			return *eff.Task, nil
		}
		if !errors.Is(err, mention.ErrConflict) {
			break
		}
	}
	return mention.Task{}, fmt.Errorf("save task M-%d: %w", id, err)
}

// write plans what follows from a person's wish to send an answer.
func (c *Courier) write(v mention.View, a mention.Action) (mention.Effects, error) {
	m, err := mentionOf(v, a.Mention)
	if err != nil {
		return mention.Effects{}, err
	}
	limits, err := c.senders.Limits(m)
	if err != nil {
		return mention.Effects{}, err
	}
	letter, _ := mention.LetterOf(v.Events, m.ID)
	switch {
	case a.Actor.ID == "":
		return mention.Effects{}, fmt.Errorf("%w: say who acts", mention.ErrRefused)
	case a.Verb == mention.Acknowledge && !a.Until.After(a.At):
		return mention.Effects{}, fmt.Errorf("%w: say by when a solution comes, in the future", mention.ErrRefused)
	case v.Task.State == mention.Dismissed, a.Verb == mention.Acknowledge && v.Task.State != mention.Open && v.Task.State != mention.Taken:
		return mention.Effects{}, fmt.Errorf("%w: it is %s", mention.ErrRefused, v.Task.State)
	case letter.State == mention.ReplyQueued && letter.Text == a.Text:
		return mention.Effects{}, nil // the same click, delivered again
	case letter.State == mention.ReplyQueued:
		return mention.Effects{}, fmt.Errorf("%w: an answer is on its way", mention.ErrRefused)
	}
	if err := fits(limits, a.Text); err != nil {
		return mention.Effects{}, err
	}
	step := mention.ReplyQueued
	if c.cfg.Approval {
		step = mention.ReplyDrafted
	}
	note := mention.Action{Verb: mention.Comment, Actor: a.Actor, At: a.At, Text: a.Text, Step: step, Mention: m.ID, Version: a.Version}
	if a.Verb == mention.Acknowledge {
		note.Until = a.Until
	}
	eff, err := c.noted(v.Task, note)
	if err == nil && step == mention.ReplyQueued {
		eff.Jobs = append(eff.Jobs, sending(*eff.Task, mention.Letter{Mention: m.ID, Text: a.Text, WrittenAt: a.At}))
	}
	return eff, err
}

// noted plans a note by a person who works on the task: writing an answer to
// what nobody has taken is taking it.
func (c *Courier) noted(t mention.Task, note mention.Action) (mention.Effects, error) {
	if t.State != mention.Open || note.Step == mention.ReplyApproved {
		return c.desk.norms.act(t, note)
	}
	eff, err := c.desk.norms.act(t, mention.Action{Verb: mention.Take, Actor: note.Actor, At: note.At, Version: note.Version})
	if err != nil || eff.Task == nil {
		return eff, err
	}
	note.Version = 0 // taking has made a new one
	return c.desk.norms.also(eff, note)
}

// decide plans what follows when a second person agrees to a draft or not.
func (c *Courier) decide(v mention.View, a mention.Action) (mention.Effects, error) {
	m, err := mentionOf(v, a.Mention)
	if err != nil {
		return mention.Effects{}, err
	}
	letter, _ := mention.LetterOf(v.Events, m.ID)
	switch {
	case a.Actor.ID == "":
		return mention.Effects{}, fmt.Errorf("%w: say who acts", mention.ErrRefused)
	case a.Step == mention.ReplyApproved && letter.State == mention.ReplyQueued && letter.ApprovedBy.ID == a.Actor.ID:
		return mention.Effects{}, nil // the same click, delivered again
	case letter.State != mention.ReplyDrafted:
		return mention.Effects{}, fmt.Errorf("%w: no answer waits for a second person", mention.ErrRefused)
	case a.Step == mention.ReplyApproved && letter.By.ID == a.Actor.ID:
		return mention.Effects{}, fmt.Errorf("%w: somebody else than the writer has to agree", mention.ErrRefused)
	}
	a.Mention = m.ID
	eff, err := c.desk.norms.act(v.Task, a)
	if err == nil && a.Step == mention.ReplyApproved {
		eff.Jobs = append(eff.Jobs, sending(*eff.Task, letter))
	}
	return eff, err
}

// mentionOf returns the mention of a task's view that id names, the task's own
// when it names none.
func mentionOf(v mention.View, id mention.ID) (mention.Mention, error) {
	if id == "" || id == v.Mention.ID {
		return v.Mention, nil
	}
	for _, m := range v.Copies {
		if m.ID == id {
			return m, nil
		}
	}
	return mention.Mention{}, fmt.Errorf("%w: mention %q is not part of it", mention.ErrRefused, id)
}

// errand is the payload of a mention.ReplyJob.
type errand struct {
	Task    mention.TaskID `json:"task"`
	Mention mention.ID     `json:"mention"`
	Text    string         `json:"text"`
	Mark    string         `json:"mark"`
	At      time.Time      `json:"at"` // when the answer was written
	// Sent is set on the errand that follows an answer through moderation: the
	// site's id may be empty there, and Since is when the site took it.
	Sent  bool      `json:"sent,omitempty"`
	ID    string    `json:"id,omitempty"`
	Since time.Time `json:"since,omitzero"`
}

// sending returns the job that carries l. The task's version makes its key.
func sending(t mention.Task, l mention.Letter) mention.Job {
	key := fmt.Sprintf("reply:%d:%s:v%d", t.ID, l.Mention, t.Version)
	return errand{Task: t.ID, Mention: l.Mention, Text: l.Text, Mark: key, At: l.WrittenAt}.job(key, time.Time{})
}

func (e errand) job(key string, at time.Time) mention.Job {
	payload, _ := json.Marshal(e) // strings, numbers and times cannot fail
	return mention.Job{Kind: mention.ReplyJob, Key: key, Payload: payload, RunAt: at}
}

// isQueued reports whether l is what e carries and still has to be sent.
func (e errand) isQueued(l mention.Letter) bool {
	return l.State == mention.ReplyQueued && l.WrittenAt.Equal(e.At) && strings.TrimSpace(l.Text) == strings.TrimSpace(e.Text)
}
