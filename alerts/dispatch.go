package alerts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"otklik/mention"
)

// Outbox is where notices wait and where it is written what became of them.
type Outbox interface {
	Notice(ctx context.Context, id int64) (mention.Notice, error)
	// MarkSending is written before the message goes out. It reports
	// mention.ErrConflict when job is no longer the caller's.
	MarkSending(ctx context.Context, id int64, job mention.Job) error
	// MarkSent records the place, the task version on show and the effects in
	// one transaction.
	MarkSent(ctx context.Context, id int64, place mention.Posted, shown int, at time.Time, effects ...mention.Effects) error
	MarkRejected(ctx context.Context, id int64, reason string, effects ...mention.Effects) error
}

// Archive gives the current rows that messages are made of.
type Archive interface {
	View(ctx context.Context, task mention.TaskID) (mention.View, error)
	Source(ctx context.Context, id mention.SourceID) (mention.Source, error)
	// NoticesOf returns a task's notices, oldest first.
	NoticesOf(ctx context.Context, task mention.TaskID) ([]mention.Notice, error)
	// MarkShown records the task version that a message shows now.
	MarkShown(ctx context.Context, notice int64, shown int) error
}

// Figures counts and sums up for messages that are about more than one task.
type Figures interface {
	// Seeded sums up the first run of a source as it stands at now.
	Seeded(ctx context.Context, id mention.SourceID, now time.Time) (Seeded, error)
	// Digest returns what a digest or spike notice tells, in the language.
	Digest(ctx context.Context, n mention.Notice, lang string) (mention.Digest, error)
}

// Norms says what follows from a confirmed delivery: the clock starts.
type Norms interface {
	// Delivered returns the effects of t having been shown to people at at; it is pure.
	Delivered(t mention.Task, at time.Time) (mention.Effects, error)
}

// Dispatcher sends notices and keeps what was sent up to date. All fields
// down to Now are needed; the zero value of the rest is ready.
type Dispatcher struct {
	Outbox   Outbox
	Archive  Archive
	Figures  Figures
	Norms    Norms
	Channels map[string]Channel
	// Languages gives each channel's language; ru when a channel is missing.
	Languages map[string]string
	// Titles gives what people call a site in a language; the site's own name when nil.
	Titles func(site, lang string) string
	// Fallback names the channel for what channel refuses of rule's tasks, or nothing.
	Fallback func(rule, channel string) string
	Log      *slog.Logger
	Now      func() time.Time
	// Metrics may be left out.
	Metrics *Metrics
	// Storms is needed where rules gather complaints.
	Storms Storms
	// StormEnd says when a storm is over unless another complaint comes; with
	// its latest one when nil.
	StormEnd func(mention.Storm) time.Time
	// Base is the address of the inbox for links, empty when nobody can open it.
	Base string

	// OnDuty replaces the names of rotas among pings by who is on duty at a
	// moment; pings stay as they are when nil.
	OnDuty func(pings []string, at time.Time) []string
	// Memo lets what the dispatcher has yet to tell survive a restart.
	Memo Memo

	mu    sync.Mutex
	gates map[string]*gate
	moved map[string]moved // by the channel that refused
	// unsent holds notices that are marked sending although the channel
	// certainly did not take them, so that their next try is not in doubt.
	// The value is the attempt of the job that knew.
	unsent map[int64]int
}

// The pace of one channel: posts as Slack asks for them, updates with some
// room, because a click is answered at once.
const (
	postPace    = time.Second
	updatePace  = time.Second
	updateBurst = 5
)

// staleAfter is how old the rows of an update may be when its turn comes.
const staleAfter = 100 * time.Millisecond

// Send is the handler of mention.SendJob. A time without an error means "come
// back then"; an error is worth another try unless it is final.
func (d *Dispatcher) Send(ctx context.Context, job mention.Job) (time.Time, error) {
	n, err := d.notice(ctx, job)
	if err != nil {
		return time.Time{}, err
	}
	switch {
	case n.State == mention.Sent || n.State == mention.Rejected:
		return time.Time{}, nil
	case n.At.After(d.Now()):
		return n.At, nil
	}
	d.renew(n.ID, job.Attempt)
	g := d.gate(n.Channel, postPace, 1)
	leave, until, err := g.lane.enter(ctx, job.ID, d.Now)
	if err != nil || !until.IsZero() {
		return until, err
	}
	defer leave()
	return d.deliver(ctx, g, job, n)
}

// deliver posts n, whose turn it is in its channel.
func (d *Dispatcher) deliver(ctx context.Context, g *gate, job mention.Job, n mention.Notice) (time.Time, error) {
	m, wait, err := d.message(ctx, n)
	switch {
	case errors.Is(err, mention.ErrNotFound):
		return time.Time{}, d.reject(ctx, m, "what it was about no longer exists", false)
	case err != nil || !wait.IsZero():
		return wait, err
	}
	ch, ok := d.Channels[n.Channel]
	if !ok {
		return time.Time{}, d.reject(ctx, m, fmt.Sprintf("there is no channel %q", n.Channel), true)
	}
	if until, err := g.pass(ctx, d.Now); err != nil || !until.IsZero() {
		return until, err
	}
	missed := d.missed(ctx, n.Channel)
	m.Missed, m.Instead = missed.Count, missed.To
	place, shown, err := d.post(ctx, ch, job, m)
	if err != nil {
		return d.failed(ctx, g, job, m, err)
	}
	d.told(ctx, n.Channel, missed)
	d.opened(g, n.Channel)
	return time.Time{}, d.sent(ctx, m, place, shown)
}

// Update is the handler of mention.UpdateJob: the message shows the current
// rows again. A message that is gone is a final error.
func (d *Dispatcher) Update(ctx context.Context, job mention.Job) (time.Time, error) {
	n, err := d.notice(ctx, job)
	if err != nil || n.State != mention.Sent {
		return time.Time{}, err // what is not sent yet will be rendered when it is
	}
	m, wait, err := d.message(ctx, n)
	if err != nil || !wait.IsZero() {
		return wait, err
	}
	if n.Task != 0 && n.Shown == m.View.Task.Version {
		return time.Time{}, nil
	}
	ch, ok := d.Channels[n.Channel]
	if !ok {
		return time.Time{}, mention.Final(fmt.Errorf("update notice %d: there is no channel %q", n.ID, n.Channel))
	}
	g := d.gate(n.Channel+" updates", updatePace, updateBurst)
	if until, err := g.pass(ctx, d.Now); err != nil || !until.IsZero() {
		return until, err
	}
	if d.Now().Sub(m.At) > staleAfter { // more has happened while it waited for its turn
		if m, wait, err = d.message(ctx, n); err != nil || !wait.IsZero() {
			return wait, err
		}
	}
	err = ch.Update(ctx, n.Place, m)
	switch retry := (*mention.RetryError)(nil); {
	case err == nil || errors.Is(err, ErrNoUpdate):
	case errors.Is(err, ErrGone), errors.As(err, &retry) && retry.Final:
		return time.Time{}, mention.Final(fmt.Errorf("update notice %d in %s: %w", n.ID, n.Channel, err))
	case ctx.Err() != nil:
		return time.Time{}, err
	default:
		return d.shut(g, n.Channel, err), nil
	}
	d.opened(g, n.Channel)
	d.Metrics.count(n.Channel, resultUpdated)
	if n.Kind == mention.StormNotice {
		return d.stormUpdated(ctx, m, err == nil)
	}
	if err := d.Archive.MarkShown(ctx, n.ID, m.View.Task.Version); err != nil {
		return time.Time{}, fmt.Errorf("mark notice %d shown: %w", n.ID, err)
	}
	return time.Time{}, nil
}

// post shows m unless it is found to be there already. It returns the task
// version on show, -1 when that is not known.
func (d *Dispatcher) post(ctx context.Context, ch Channel, job mention.Job, m Message) (mention.Posted, int, error) {
	n := m.Notice
	if n.State == mention.Sending && !d.isUnsent(n.ID) {
		place, found, err := ch.Find(ctx, m)
		switch {
		case errors.Is(err, ErrCannotFind):
			m.Repeated = true
		case err != nil:
			return place, 0, &findError{err}
		case found:
			return place, -1, nil
		}
	}
	if err := d.Outbox.MarkSending(ctx, n.ID, job); err != nil {
		return mention.Posted{}, 0, fmt.Errorf("mark notice %d sending: %w", n.ID, err)
	}
	d.forget(n.ID)
	// Posting after the lease has ended could be posting twice.
	if job.RunAt.After(d.Now()) {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, job.RunAt)
		defer cancel()
	}
	place, err := ch.Post(ctx, m)
	if err != nil {
		return place, 0, &postError{err}
	}
	return place, m.View.Task.Version, nil
}

// findError and postError tell failures of the channel from those of the archive.
type findError struct{ err error }

func (e *findError) Error() string { return "look for the message: " + e.err.Error() }
func (e *findError) Unwrap() error { return e.err }

type postError struct{ err error }

func (e *postError) Error() string { return "post: " + e.err.Error() }
func (e *postError) Unwrap() error { return e.err }

// Health returns why the last message to channel did not get there, or nil
// when it did or none was tried.
func (d *Dispatcher) Health(channel string) error {
	return d.gate(channel, postPace, 1).health()
}

func (d *Dispatcher) gate(name string, pace time.Duration, burst int) *gate {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.gates == nil {
		d.gates = map[string]*gate{}
	}
	g := d.gates[name]
	if g == nil {
		g = newGate(pace, burst)
		d.gates[name] = g
	}
	return g
}
