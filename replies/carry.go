package replies

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"otklik/mention"
)

// How long an answer is tried to be sent and followed through moderation.
const (
	sendFor     = 24 * time.Hour
	followFor   = 14 * 24 * time.Hour
	firstFollow = 5 * time.Minute
)

// Carry does a mention.ReplyJob: it sends an answer, or looks what its site's
// moderation made of it. It returns when to look again, zero when the way
// ends. An answer that may have been posted by an attempt before is looked up
// first, never sent blindly again.
func (c *Courier) Carry(ctx context.Context, job mention.Job) (time.Time, error) {
	var e errand
	if err := json.Unmarshal(job.Payload, &e); err != nil {
		return time.Time{}, mention.Final(fmt.Errorf("read %s: %w", job.Key, err))
	}
	v, err := c.desk.archive.View(ctx, e.Task)
	if errors.Is(err, mention.ErrNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("answer task M-%d: %w", e.Task, err)
	}
	m, err := mentionOf(v, e.Mention)
	if err != nil {
		return time.Time{}, mention.Final(err)
	}
	if e.Sent {
		return c.follow(ctx, e, m)
	}
	letter, _ := mention.LetterOf(v.Events, e.Mention)
	if !e.isQueued(letter) {
		return time.Time{}, nil // an attempt that died had come to an end
	}
	o := mention.Outgoing{Mention: m, Text: e.Text, PriorID: letter.PriorID, Mark: e.Mark, WrittenAt: e.At}
	if limits, err := c.senders.Limits(m); letter.PriorAck && err == nil && !limits.OnePerReview {
		o.PriorID = "" // the answer stands under the acknowledgement
	}
	return time.Time{}, c.deliver(ctx, e, o, job)
}

// deliver brings o to its site and notes what came of it. An error means that
// the job tries again.
func (c *Courier) deliver(ctx context.Context, e errand, o mention.Outgoing, job mention.Job) error {
	receipt, step, err := c.attempt(ctx, o, job.Attempt > 1)
	late := c.desk.now().Sub(e.At) > sendFor
	switch {
	case err == nil && receipt.Status == mention.ReplyRejected:
		return c.conclude(ctx, e, mention.ReplyRefused, receipt)
	case err == nil:
		return c.arrived(ctx, e, receipt)
	case step != "":
		return c.conclude(ctx, e, step, mention.Receipt{Reason: cause(err)})
	case late && isDoubt(err):
		return c.conclude(ctx, e, mention.ReplyDoubtful, mention.Receipt{Reason: cause(err)})
	case late:
		return c.conclude(ctx, e, mention.ReplyFailed, mention.Receipt{Reason: cause(err)})
	}
	return fmt.Errorf("send an answer to %s: %w", o.Mention.Source, err)
}

// attempt sends o, or finds it where an attempt before may have left it. step
// is set when the error is the end: nothing was sent, or nobody can tell.
func (c *Courier) attempt(ctx context.Context, o mention.Outgoing, again bool) (r mention.Receipt, step string, err error) {
	replier, err := c.senders.Open(ctx, o.Mention)
	if err != nil && again {
		return r, ends(err, mention.ReplyDoubtful), err
	}
	if err != nil {
		return r, ends(err, mention.ReplyFailed), err
	}
	if again {
		r, err = replier.Status(ctx, o, "")
		if !errors.Is(err, mention.ErrNotFound) {
			return r, ends(err, mention.ReplyDoubtful), err
		}
	}
	r, err = replier.Send(ctx, o)
	return r, ends(err, mention.ReplyFailed), err
}

// ends returns step when err says that trying again is useless.
func ends(err error, step string) string {
	retry, ok := errors.AsType[*mention.RetryError](err)
	if ok && retry.Final || errors.Is(err, mention.ErrRefused) {
		return step
	}
	return ""
}

func isDoubt(err error) bool {
	retry, ok := errors.AsType[*mention.RetryError](err)
	return ok && retry.InDoubt
}

// cause returns what happened in the site's words, without our advice on
// another try.
func cause(err error) string {
	if retry, ok := errors.AsType[*mention.RetryError](err); ok {
		return retry.Err.Error()
	}
	return err.Error()
}

// arrived notes that the site has the answer and claims it for its writer.
func (c *Courier) arrived(ctx context.Context, e errand, r mention.Receipt) error {
	_, err := c.save(ctx, e.Task, func(v mention.View) (mention.Effects, error) {
		letter, _ := mention.LetterOf(v.Events, e.Mention)
		if !e.isQueued(letter) {
			return mention.Effects{}, nil
		}
		now := c.desk.now()
		note := mention.Action{Verb: mention.Comment, Actor: mention.System, At: now, Mention: e.Mention, Step: mention.ReplySent, URL: r.URL, Ref: r.ID}
		if r.Status == mention.ReplyPending {
			note.Step = mention.ReplyHeld
		}
		said := mention.Action{Verb: mention.Answer, Actor: letter.By, At: now, URL: r.URL, Text: e.Text}
		if !letter.Until.IsZero() {
			said.Verb, said.Until = mention.Acknowledge, letter.Until
		}
		eff, err := c.both(v.Task, note, said)
		if err == nil && r.Status == mention.ReplyPending {
			next := e
			next.Sent, next.ID, next.Since = true, r.ID, now
			eff.Jobs = append(eff.Jobs, next.job(e.Mark+":follow", now.Add(firstFollow)))
		}
		return eff, err
	})
	return err
}

// both plans a note and what it means for the task, which tells people by
// itself; where the task's state does not allow that, the note stands alone.
func (c *Courier) both(t mention.Task, note, act mention.Action) (mention.Effects, error) {
	eff, err := c.desk.norms.act(t, note)
	if err != nil || eff.Task == nil {
		return eff, err
	}
	told := eff
	told.Notices = nil
	with, err := c.desk.norms.also(told, c.desk.complete(*eff.Task, act))
	if errors.Is(err, mention.ErrRefused) || err == nil && with.Task.Version == eff.Task.Version {
		return eff, nil
	}
	return with, err
}

// conclude notes that the answer's way has ended without being read by
// anybody. A task that counted as answered needs a person again.
func (c *Courier) conclude(ctx context.Context, e errand, step string, r mention.Receipt) error {
	_, err := c.save(ctx, e.Task, func(v mention.View) (mention.Effects, error) {
		letter, _ := mention.LetterOf(v.Events, e.Mention)
		isOurs := letter.WrittenAt.Equal(e.At) && letter.Text == e.Text
		if !isOurs || !e.Sent && letter.State != mention.ReplyQueued || e.Sent && letter.State != mention.ReplyHeld {
			return mention.Effects{}, nil
		}
		note := mention.Action{Verb: mention.Comment, Actor: mention.System, At: c.desk.now(), Mention: e.Mention, Step: step, Text: r.Reason}
		if !e.Sent || step == mention.ReplyShown || v.Task.State != mention.Answered {
			return c.desk.norms.act(v.Task, note)
		}
		back := mention.Action{Verb: mention.Miss, Actor: mention.System, At: note.At, Text: r.Reason}
		if v.Task.Unverifiable {
			back.Verb = mention.Reopen
		}
		return c.both(v.Task, note, back)
	})
	return err
}

// follow looks what the site's moderation made of an answer it has.
func (c *Courier) follow(ctx context.Context, e errand, m mention.Mention) (time.Time, error) {
	now := c.desk.now()
	age := now.Sub(e.Since)
	replier, err := c.senders.Open(ctx, m)
	if err != nil {
		return time.Time{}, err
	}
	r, err := replier.Status(ctx, mention.Outgoing{Mention: m, Text: e.Text, PriorID: e.ID, Mark: e.Mark, WrittenAt: e.At}, e.ID)
	switch {
	case err == nil && r.Status == mention.ReplyPublished:
		return time.Time{}, c.conclude(ctx, e, mention.ReplyShown, r)
	case err == nil && r.Status == mention.ReplyRejected:
		return time.Time{}, c.conclude(ctx, e, mention.ReplyRefused, r)
	case err != nil && !errors.Is(err, mention.ErrNotFound) && ends(err, "end") == "":
		return time.Time{}, fmt.Errorf("look at an answer on %s: %w", m.Source, err)
	case age > followFor:
		return time.Time{}, c.conclude(ctx, e, mention.ReplyDoubtful, mention.Receipt{Reason: "the site's check has not ended"})
	}
	return now.Add(min(max(firstFollow, age), longestPause)), nil
}
