package alerts_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"otklik/alerts"
	"otklik/mention"
)

// archive holds one notice of one task.
type archive struct {
	notice   mention.Notice
	view     mention.View
	reason   string
	effects  []mention.Effects
	conflict int // how often MarkSent reports ErrConflict
	sending  error
}

func (a *archive) Notice(_ context.Context, id int64) (mention.Notice, error) {
	if id != a.notice.ID {
		return mention.Notice{}, mention.ErrNotFound
	}
	return a.notice, nil
}

func (a *archive) MarkSending(context.Context, int64, mention.Job) error {
	if a.sending == nil {
		a.notice.State = mention.Sending
	}
	return a.sending
}

func (a *archive) MarkSent(_ context.Context, _ int64, place mention.Posted, shown int, at time.Time, effects ...mention.Effects) error {
	if a.conflict > 0 {
		a.conflict--
		a.view.Task.Version++
		return mention.ErrConflict
	}
	a.notice.State, a.notice.Place, a.notice.Shown, a.notice.SentAt = mention.Sent, place, shown, at
	a.effects = effects
	return nil
}

func (a *archive) MarkRejected(_ context.Context, _ int64, reason string, effects ...mention.Effects) error {
	a.notice.State, a.reason, a.effects = mention.Rejected, reason, effects
	return nil
}

func (a *archive) MarkShown(_ context.Context, _ int64, shown int) error {
	a.notice.Shown = shown
	return nil
}

func (a *archive) View(_ context.Context, id mention.TaskID) (mention.View, error) {
	if id != a.view.Task.ID {
		return mention.View{}, mention.ErrNotFound
	}
	return a.view, nil
}

func (a *archive) Source(context.Context, mention.SourceID) (mention.Source, error) {
	return mention.Source{}, nil
}

func (a *archive) NoticesOf(context.Context, mention.TaskID) ([]mention.Notice, error) {
	return []mention.Notice{a.notice}, nil
}

// norms say which version of the task was delivered.
type norms struct{}

func (norms) Delivered(t mention.Task, at time.Time) (mention.Effects, error) {
	was := t.Version
	t.Version++
	t.DeliveredAt = at
	return mention.Effects{Task: &t, Was: was}, nil
}

// channel fails as it is told and remembers what it was given.
type channel struct {
	post   []error // one for each call; nil succeeds
	update error
	find   error
	posted []alerts.Message
	shown  []alerts.Message
}

func (c *channel) Post(_ context.Context, m alerts.Message) (mention.Posted, error) {
	c.posted = append(c.posted, m)
	var err error
	if len(c.post) > 0 {
		err, c.post = c.post[0], c.post[1:]
	}
	return mention.Posted{Message: "1"}, err
}

func (c *channel) Update(_ context.Context, _ mention.Posted, m alerts.Message) error {
	c.shown = append(c.shown, m)
	return c.update
}

func (c *channel) Find(context.Context, alerts.Message) (mention.Posted, bool, error) {
	return mention.Posted{}, false, c.find
}

type desk struct {
	*alerts.Dispatcher
	archive *archive
	channel *channel
}

func newDesk() desk {
	a := &archive{notice: mention.Notice{ID: 7, Kind: mention.CardNotice, Channel: "pr", Task: 1, Key: "card:1", State: mention.Queued},
		view: mention.View{Task: mention.Task{ID: 1, Version: 3, Rule: "негатив"}}}
	c := &channel{find: alerts.ErrCannotFind}
	return desk{&alerts.Dispatcher{Outbox: a, Archive: a, Norms: norms{}, Channels: map[string]alerts.Channel{"pr": c},
		Fallback: func(rule, channel string) string {
			return map[string]string{"негатив pr": "mail"}[rule+" "+channel]
		},
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: time.Now}, a, c}
}

func job(t *testing.T) mention.Job {
	t.Helper()
	payload, err := json.Marshal(mention.NoticeRef{Notice: 7})
	if err != nil {
		t.Fatal(err)
	}
	return mention.Job{ID: 1, Payload: payload, RunAt: time.Now().Add(time.Minute), Attempt: 1}
}

// send runs Send until it neither fails nor asks to come back.
func (d desk) send(t *testing.T) {
	t.Helper()
	for attempt := 1; attempt <= 50; attempt++ {
		j := job(t)
		j.Attempt = attempt
		next, err := d.Send(t.Context(), j)
		if err != nil {
			t.Fatal(err)
		}
		if next.IsZero() {
			return
		}
		time.Sleep(time.Until(next))
	}
	t.Fatal("the notice is never done")
}

func TestDispatcher_Send(t *testing.T) {
	doubt := &mention.RetryError{InDoubt: true, Err: errors.New("cut")}
	for name, c := range map[string]struct {
		change func(desk)
		want   func(d desk) bool
	}{
		"a card starts the norms": {nil, func(d desk) bool {
			return d.archive.notice.Shown == 3 && len(d.archive.effects) == 1 && !d.archive.effects[0].Task.DeliveredAt.IsZero()
		}},
		"people acting at the same moment do not stop it": {func(d desk) { d.archive.conflict = 3 }, func(d desk) bool {
			return d.archive.notice.State == mention.Sent && d.archive.effects[0].Was == 6 && d.archive.notice.Shown == 3
		}},
		"what was certainly not sent is not called repeated": {func(d desk) {
			d.channel.post = []error{mention.RetryAfter(time.Second, errors.New("limit")), &mention.RetryError{Err: errors.New("no route")}}
		}, func(d desk) bool {
			return len(d.channel.posted) == 3 && !d.channel.posted[1].Repeated && !d.channel.posted[2].Repeated
		}},
		"what may have been sent is": {func(d desk) { d.channel.post = []error{doubt} }, func(d desk) bool {
			return len(d.channel.posted) == 2 && !d.channel.posted[0].Repeated && d.channel.posted[1].Repeated
		}},
		"an error of no known kind is in doubt": {func(d desk) { d.channel.post = []error{errors.New("odd")} }, func(d desk) bool {
			return len(d.channel.posted) == 2 && d.channel.posted[1].Repeated
		}},
		"found half sent after a crash": {func(d desk) { d.archive.notice.State = mention.Sending }, func(d desk) bool {
			return len(d.channel.posted) == 1 && d.channel.posted[0].Repeated
		}},
		"sent already": {func(d desk) { d.archive.notice.State = mention.Sent }, func(d desk) bool { return len(d.channel.posted) == 0 }},
		"rejected already": {func(d desk) { d.archive.notice.State = mention.Rejected }, func(d desk) bool {
			return len(d.channel.posted) == 0 && d.archive.reason == ""
		}},
		"held until quiet hours end": {func(d desk) { d.archive.notice.At = time.Now().Add(8 * time.Hour) }, func(d desk) bool {
			return len(d.channel.posted) == 1 && !d.channel.posted[0].At.Before(d.archive.notice.At)
		}},
		"refused: the fallback gets it": {func(d desk) { d.channel.post = []error{mention.Final(errors.New("is_archived"))} }, func(d desk) bool {
			n := d.archive.effects[0].Notices[0]
			return d.archive.reason == "is_archived" && n.Channel == "mail" && n.Fallback == "pr" && n.Key == "card:1@mail" &&
				n.ID == 0 && n.State == mention.Queued && n.Task == 1
		}},
		"the fallback refuses: no further": {func(d desk) {
			d.archive.notice.Fallback = "sms"
			d.channel.post = []error{mention.Final(errors.New("is_archived"))}
		}, func(d desk) bool { return d.archive.notice.State == mention.Rejected && len(d.archive.effects) == 0 }},
		"a channel that is not configured any more": {func(d desk) { delete(d.Channels, "pr") }, func(d desk) bool {
			return strings.Contains(d.archive.reason, `"pr"`) && d.archive.effects[0].Notices[0].Channel == "mail"
		}},
		"a task that was erased": {func(d desk) { d.archive.view.Task.ID = 2 }, func(d desk) bool {
			return d.archive.notice.State == mention.Rejected && len(d.archive.effects) == 0 && len(d.channel.posted) == 0
		}},
		"a history line without a card stands alone": {func(d desk) { d.archive.notice.Kind = mention.ThreadNotice }, func(d desk) bool {
			return len(d.channel.posted) == 1 && d.channel.posted[0].Thread == mention.Posted{} && len(d.archive.effects) == 0
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk()
				if c.change != nil {
					c.change(d)
				}
				d.send(t)
				if !c.want(d) {
					t.Errorf("notice %+v, reason %q, effects %+v, posted %d", d.archive.notice, d.archive.reason, d.archive.effects, len(d.channel.posted))
				}
			})
		})
	}
}

// TestDispatcher_AnotherDaemonTried: what this daemon knows of its own attempt
// says nothing about the attempt of another one in between.
func TestDispatcher_AnotherDaemonTried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk()
		d.channel.post = []error{mention.RetryAfter(time.Second, errors.New("limit"))}
		next, err := d.Send(t.Context(), job(t))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Until(next))
		j := job(t)
		j.Attempt = 3 // the second was leased elsewhere, and may have sent
		if _, err := d.Send(t.Context(), j); err != nil {
			t.Fatal(err)
		}
		if len(d.channel.posted) != 2 || !d.channel.posted[1].Repeated {
			t.Errorf("%d posts, the last is not called repeated", len(d.channel.posted))
		}
	})
}

func TestDispatcher_SendFails(t *testing.T) {
	d := newDesk()
	d.archive.sending = mention.ErrConflict
	if _, err := d.Send(t.Context(), job(t)); !errors.Is(err, mention.ErrConflict) || len(d.channel.posted) > 0 {
		t.Errorf("a lost lease ends with %v and %d posts", err, len(d.channel.posted))
	}
	retry := &mention.RetryError{}
	for _, payload := range []string{"", "{", `{"notice":99}`} {
		_, err := d.Send(t.Context(), mention.Job{Payload: []byte(payload)})
		if !errors.As(err, &retry) || !retry.Final {
			t.Errorf("payload %q ends with %v, want a final error", payload, err)
		}
	}
}

func TestDispatcher_Update(t *testing.T) {
	for name, c := range map[string]struct {
		change func(desk)
		shown  int // version afterwards
		calls  int
		final  bool
		again  bool
	}{
		"shows the current version":            {nil, 3, 1, false, false},
		"is on show already":                   {func(d desk) { d.archive.notice.Shown = 3 }, 3, 0, false, false},
		"is not sent yet":                      {func(d desk) { d.archive.notice.State = mention.Sending }, 1, 0, false, false},
		"the channel cannot change messages":   {func(d desk) { d.channel.update = alerts.ErrNoUpdate }, 3, 1, false, false},
		"the message is gone":                  {func(d desk) { d.channel.update = mention.Final(alerts.ErrGone) }, 1, 1, true, false},
		"the channel is gone":                  {func(d desk) { delete(d.Channels, "pr") }, 1, 0, true, false},
		"the channel fails for a while":        {func(d desk) { d.channel.update = mention.RetryAfter(time.Minute, errors.New("limit")) }, 1, 1, false, true},
		"a line of history stays as it was":    {func(d desk) { d.archive.notice.Shown, d.archive.notice.Kind = 3, mention.ThreadNotice }, 3, 0, false, false},
		"a source's card is drawn every time":  {func(d desk) { d.archive.notice.Task, d.archive.notice.Kind = 0, mention.OpsNotice }, 0, 1, false, false},
		"an unknown error is worth a new try":  {func(d desk) { d.channel.update = errors.New("odd") }, 1, 1, false, true},
		"a refusal for good is told to others": {func(d desk) { d.channel.update = mention.Final(errors.New("is_archived")) }, 1, 1, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk()
				d.archive.notice.State, d.archive.notice.Shown = mention.Sent, 1
				if c.change != nil {
					c.change(d)
				}
				next, err := d.Update(t.Context(), job(t))
				retry := &mention.RetryError{}
				isFinal := errors.As(err, &retry) && retry.Final
				if isFinal != c.final || (err != nil) != c.final || next.After(time.Now()) != c.again {
					t.Errorf("ends with %v, %v", next, err)
				}
				if d.archive.notice.Shown != c.shown || len(d.channel.shown) != c.calls {
					t.Errorf("shows version %d after %d calls, want %d after %d", d.archive.notice.Shown, len(d.channel.shown), c.shown, c.calls)
				}
			})
		})
	}
}

func TestMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk()
		reg := prometheus.NewRegistry()
		d.Metrics = alerts.NewMetrics(reg)
		d.archive.notice.CreatedAt = time.Now()
		d.channel.post = []error{mention.RetryAfter(30*time.Second, errors.New("limit"))}
		d.send(t)
		families, err := reg.Gather()
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]float64{}
		for _, f := range families {
			for _, m := range f.GetMetric() {
				name := f.GetName()
				for _, l := range m.GetLabel() {
					name += " " + l.GetValue()
				}
				got[name] = m.GetCounter().GetValue() + m.GetHistogram().GetSampleSum()
			}
		}
		want := map[string]float64{"otklik_alerts_messages_total pr failed": 1, "otklik_alerts_messages_total pr sent": 1, "otklik_alerts_delay_seconds pr": 30.1}
		if !maps.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}
