package alerts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"otklik/mention"
)

// finishTime bounds the writing down of what became of a message when the
// daemon is already told to stop.
const finishTime = 5 * time.Second

// markTries is how often MarkSent is tried when people act on the task in the
// same moment.
const markTries = 5

// failed decides what follows from an error: a refused message goes to the
// fallback, a failing channel is left alone for a while.
func (d *Dispatcher) failed(ctx context.Context, g *gate, job mention.Job, m Message, err error) (time.Time, error) {
	n := m.Notice
	retry := &mention.RetryError{InDoubt: true}
	errors.As(err, &retry)
	var posted *postError
	isPost := errors.As(err, &posted)
	var looked *findError
	switch {
	case !isPost && !errors.As(err, &looked):
		return time.Time{}, err // the archive failed, not the channel
	case retry.Final:
		return time.Time{}, d.reject(ctx, m, retry.Err.Error(), true)
	case isPost && !retry.InDoubt:
		d.remember(n.ID, job.Attempt)
	}
	if ctx.Err() != nil {
		return time.Time{}, err
	}
	return d.shut(g, n.Channel, err), nil
}

func (d *Dispatcher) shut(g *gate, channel string, err error) time.Time {
	d.Metrics.count(channel, resultFailed)
	retry := &mention.RetryError{}
	errors.As(err, &retry)
	until, isFirst := g.fail(d.Now(), retry.After, err)
	if isFirst {
		d.Log.Warn("channel fails", "channel", channel, "until", until, "err", err)
	}
	return until
}

func (d *Dispatcher) opened(g *gate, channel string) {
	if g.open() {
		d.Log.Info("channel works again", "channel", channel)
	}
}

// sent writes down where m landed, together with what follows from a delivery.
func (d *Dispatcher) sent(ctx context.Context, m Message, place mention.Posted, shown int) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
	defer cancel()
	n, at := m.Notice, d.Now()
	for try := 1; ; try++ {
		effects, err := d.delivered(m, at)
		if err != nil {
			return err
		}
		err = d.Outbox.MarkSent(ctx, n.ID, place, shown, at, effects...)
		if err == nil {
			d.Metrics.sent(n, at, shown < 0)
			d.Log.Info("alert sent", "channel", n.Channel, "task", int64(n.Task), "kind", string(n.Kind))
			return nil
		}
		if !errors.Is(err, mention.ErrConflict) || try == markTries {
			return fmt.Errorf("mark notice %d sent: %w", n.ID, err)
		}
		if n.Kind == mention.StormNotice {
			m, err = d.storm(ctx, m)
		} else {
			m.View, err = d.Archive.View(ctx, n.Task)
		}
		if err != nil {
			return fmt.Errorf("load what notice %d is about: %w", n.ID, err)
		}
	}
}

// delivered returns the effects of a delivery: the norms start. The archive
// sees to it that the card then shows the deadlines.
func (d *Dispatcher) delivered(m Message, at time.Time) ([]mention.Effects, error) {
	n := m.Notice
	if n.Kind == mention.StormNotice {
		shown, err := d.stormShown(m, at)
		if err != nil || m.IsOver {
			return shown, err
		}
		return append(shown, d.stormFollow(m)), nil
	}
	if n.Kind != mention.CardNotice || n.Task == 0 {
		return nil, nil
	}
	started, err := d.Norms.Delivered(m.View.Task, at)
	if err != nil {
		return nil, fmt.Errorf("start norms of task M-%d: %w", n.Task, err)
	}
	return []mention.Effects{started}, nil
}

// reject gives a notice up, and hands it to the fallback channel when its
// message, not its subject, is the trouble. The norms of a card wait: they
// start when the fallback delivers it.
func (d *Dispatcher) reject(ctx context.Context, m Message, reason string, useFallback bool) error {
	n := m.Notice
	var effects []mention.Effects
	to := ""
	if useFallback && n.Fallback == "" {
		to = d.Fallback(m.View.Task.Rule, n.Channel)
	}
	if to != "" {
		moved := n
		moved.ID, moved.Channel, moved.Fallback = 0, to, n.Channel
		moved.Key, moved.State, moved.Place = n.Key+"@"+to, mention.Queued, mention.Posted{}
		moved.Shown, moved.LastError, moved.SentAt = 0, "", time.Time{}
		moved.CreatedAt, moved.At = d.Now(), time.Time{}
		effects = append(effects, mention.Effects{Notices: []mention.Notice{moved}})
	}
	d.Metrics.count(n.Channel, resultRejected)
	d.Log.Error("alert rejected", "channel", n.Channel, "task", int64(n.Task), "reason", reason, "fallback", to)
	if err := d.Outbox.MarkRejected(ctx, n.ID, reason, effects...); err != nil {
		return fmt.Errorf("mark notice %d rejected: %w", n.ID, err)
	}
	d.forget(n.ID)
	if to != "" {
		d.miss(ctx, n.Channel, to)
	}
	return nil
}
