package alerts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"otklik/mention"
)

func (d *Dispatcher) notice(ctx context.Context, job mention.Job) (mention.Notice, error) {
	var ref mention.NoticeRef
	if err := json.Unmarshal(job.Payload, &ref); err != nil {
		return mention.Notice{}, mention.Final(fmt.Errorf("read payload of job %d: %w", job.ID, err))
	}
	n, err := d.Outbox.Notice(ctx, ref.Notice)
	if errors.Is(err, mention.ErrNotFound) {
		return n, mention.Final(fmt.Errorf("load notice %d: %w", ref.Notice, err))
	}
	if err != nil {
		return n, fmt.Errorf("load notice %d: %w", ref.Notice, err)
	}
	return n, nil
}

// threadWait is how long a line of history waits for its card to be sent.
const threadWait = 2 * time.Second

// message loads the current rows. A time means that the card of a thread's
// line is still on its way.
func (d *Dispatcher) message(ctx context.Context, n mention.Notice) (m Message, wait time.Time, err error) {
	m = Message{Notice: n, At: d.Now()}
	if n.Task != 0 {
		if m.View, err = d.Archive.View(ctx, n.Task); err != nil {
			return m, wait, fmt.Errorf("load task M-%d: %w", n.Task, err)
		}
	}
	if n.Source != "" {
		if m.Source, err = d.Archive.Source(ctx, n.Source); err != nil {
			return m, wait, fmt.Errorf("load source %s: %w", n.Source, err)
		}
	}
	m.Titles = d.titles(m, d.language(n.Channel))
	m.Notice.Ping = d.pinged(n)
	switch n.Kind {
	case mention.SeededNotice:
		m.Seeded, err = d.Figures.Seeded(ctx, n.Source, m.At)
	case mention.StormNotice:
		m, err = d.storm(ctx, m)
	case mention.DigestNotice, mention.SpikeNotice:
		m.Digest, err = d.Figures.Digest(ctx, n, d.language(n.Channel))
	case mention.ThreadNotice, mention.ReminderNotice, mention.EscalationNotice:
		return d.thread(ctx, m)
	}
	if err != nil {
		return m, wait, fmt.Errorf("sum up for notice %d: %w", n.ID, err)
	}
	return m, wait, nil
}

// pinged returns who is called: who was on duty when the message was sent, so
// that an update names nobody else.
func (d *Dispatcher) pinged(n mention.Notice) []string {
	at := d.Now()
	if !n.SentAt.IsZero() {
		at = n.SentAt
	}
	if d.OnDuty == nil {
		return n.Ping
	}
	return d.OnDuty(n.Ping, at)
}

func (d *Dispatcher) titles(m Message, lang string) map[string]string {
	titles := map[string]string{}
	if d.Titles == nil {
		return titles
	}
	sites := []string{m.View.Mention.Source, m.Source.Site}
	for _, p := range m.View.Task.Places {
		sites = append(sites, p.Source)
	}
	for _, site := range sites {
		titles[site] = d.Titles(site, lang)
	}
	return titles
}

// thread finds the card under which m stands. A task may have been told in
// the channel twice, then the later card counts.
func (d *Dispatcher) thread(ctx context.Context, m Message) (Message, time.Time, error) {
	notices, err := d.Archive.NoticesOf(ctx, m.Notice.Task)
	if err != nil {
		return m, time.Time{}, fmt.Errorf("load notices of task M-%d: %w", m.Notice.Task, err)
	}
	for _, n := range slices.Backward(notices) {
		isCard := n.Kind == mention.CardNotice || n.Kind == mention.EscalationNotice && m.Notice.Kind != mention.EscalationNotice
		if n.Channel != m.Notice.Channel || !isCard {
			continue
		}
		switch n.State {
		case mention.Sent:
			m.Thread = n.Place
			return m, time.Time{}, nil
		case mention.Queued, mention.Sending:
			return m, later(n.At, m.At.Add(threadWait)), nil
		}
	}
	return m, time.Time{}, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (d *Dispatcher) language(channel string) string {
	if lang := d.Languages[channel]; lang != "" {
		return lang
	}
	return "ru"
}
