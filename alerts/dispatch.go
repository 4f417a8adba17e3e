package alerts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
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
	Digest(ctx context.Context, n mention.Notice, lang string) (Digest, error)
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

// finishTime bounds the writing down of what became of a message when the
// daemon is already told to stop.
const finishTime = 5 * time.Second

// markTries is how often MarkSent is tried when people act on the task in the
// same moment.
const markTries = 5

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
	leave, err := g.lane.enter(ctx, job.ID)
	if err != nil {
		return time.Time{}, err
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
		return time.Time{}, d.stormUpdated(ctx, m)
	}
	if err := d.Archive.MarkShown(ctx, n.ID, m.View.Task.Version); err != nil {
		return time.Time{}, fmt.Errorf("mark notice %d shown: %w", n.ID, err)
	}
	return time.Time{}, nil
}

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
		return d.stormShown(m, at)
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

func (d *Dispatcher) language(channel string) string {
	if lang := d.Languages[channel]; lang != "" {
		return lang
	}
	return "ru"
}
