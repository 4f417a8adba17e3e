package replies

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"otklik/mention"
)

// desktop is a desk over an archive in memory that carries out due timers and
// looks, as the job runner would, under virtual time.
type desktop struct {
	t       *testing.T
	desk    *Desk
	norms   Norms
	page    mention.Mention // what the public page shows
	pageErr error

	mu        sync.Mutex
	view      mention.View
	jobs      map[string]mention.Job
	notices   []mention.Notice
	conflicts int // of the next saves
	looks     int
}

func newDesktop(t *testing.T, n Norm) *desktop {
	t.Helper()
	norms, err := Config{Norms: map[string]Norm{"complaint": n}}.Build()
	if err != nil {
		t.Fatal(err)
	}
	d := &desktop{t: t, norms: norms, jobs: map[string]mention.Job{}}
	d.desk = New(norms, d, d, time.Now, slog.New(slog.DiscardHandler))
	d.page = mention.Mention{ID: "m1", Source: "otzovik", URL: "https://site/1", Text: "Доставка сорвана второй раз, никто не отвечает", Rating: 1, Best: 5, Tone: mention.Negative}
	eff, err := norms.Raise(d.page, mention.RepliesText, []Route{{Rule: "негатив", Channel: "pr", Norm: "complaint", Kind: mention.Complaint, Ping: []string{"@pr"}}}, "negative", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	eff.Task.ID = 7
	d.view.Mention = d.page
	d.write(eff)
	return d
}

// deliver starts the norms.
func (d *desktop) deliver() {
	d.t.Helper()
	eff, err := d.norms.Delivered(d.task(), time.Now())
	if err != nil {
		d.t.Fatal(err)
	}
	d.write(eff)
}

func (d *desktop) task() mention.Task {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.view.Task
}

func (d *desktop) View(context.Context, mention.TaskID) (mention.View, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.view, nil
}

func (d *desktop) Apply(_ context.Context, effects ...mention.Effects) error {
	d.mu.Lock()
	if d.conflicts > 0 {
		d.conflicts--
		d.mu.Unlock()
		return mention.ErrConflict
	}
	d.mu.Unlock()
	for _, eff := range effects {
		d.write(eff)
	}
	return nil
}

func (d *desktop) write(eff mention.Effects) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if eff.Task == nil {
		return
	}
	d.view.Task = *eff.Task
	d.view.Events = append(d.view.Events, eff.Events...)
	for _, n := range eff.Notices {
		if !slices.ContainsFunc(d.notices, func(x mention.Notice) bool { return x.Key == n.Key }) {
			d.notices = append(d.notices, n)
		}
	}
	if eff.Retime {
		for key, j := range d.jobs {
			if j.Kind == mention.TimerJob {
				delete(d.jobs, key)
			}
		}
	}
	for _, timer := range eff.Timers {
		payload, _ := json.Marshal(map[string]any{"task": d.view.Task.ID, "step": timer.Step, "cycle": d.view.Task.Cycle})
		d.jobs["timer:"+timer.Step] = mention.Job{Kind: mention.TimerJob, Key: "timer:" + timer.Step, Payload: payload, RunAt: timer.At}
	}
	for _, j := range eff.Jobs {
		d.jobs[j.Key] = j
	}
}

// Look is the public page.
func (d *desktop) Look(context.Context, mention.Mention) (mention.Mention, bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.looks++
	return d.page, d.pageErr == nil, d.pageErr
}

// publish puts the company's reply on the page.
func (d *desktop) publish(text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.page.Reply = &mention.Reply{Text: text, PublishedAt: time.Now()}
}

// pass lets time pass, with the job runner at work.
func (d *desktop) pass(dur time.Duration) {
	d.t.Helper()
	end := time.Now().Add(dur)
	for {
		job, ok := d.next(end)
		if !ok {
			time.Sleep(time.Until(end))
			return
		}
		if wait := time.Until(job.RunAt); wait > 0 {
			time.Sleep(wait)
		}
		d.run(job)
	}
}

func (d *desktop) next(end time.Time) (mention.Job, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var first mention.Job
	for _, j := range d.jobs {
		if !j.RunAt.After(end) && (first.Key == "" || j.RunAt.Before(first.RunAt) || j.RunAt.Equal(first.RunAt) && j.Key < first.Key) {
			first = j
		}
	}
	return first, first.Key != ""
}

func (d *desktop) run(job mention.Job) {
	d.t.Helper()
	d.mu.Lock()
	delete(d.jobs, job.Key)
	d.mu.Unlock()
	if job.Kind == mention.TimerJob {
		if _, err := d.desk.Timer(d.t.Context(), job); err != nil {
			d.t.Fatalf("timer %s: %v", job.Key, err)
		}
		return
	}
	next, err := d.desk.Verify(d.t.Context(), job)
	if err != nil {
		d.t.Fatalf("verify: %v", err)
	}
	if !next.IsZero() {
		d.mu.Lock()
		job.RunAt = next
		d.jobs[job.Key] = job
		d.mu.Unlock()
	}
}

func (d *desktop) act(a mention.Action) mention.Task {
	d.t.Helper()
	t, err := d.desk.Act(d.t.Context(), 7, a)
	if err != nil {
		d.t.Fatalf("%s: %v", a.Verb, err)
	}
	return t
}

// told returns the notices besides the card, as "kind channel subject".
func (d *desktop) told() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []string
	for _, n := range d.notices {
		if n.Kind != mention.CardNotice {
			out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s", n.Kind, n.Channel, n.Subject)))
		}
	}
	return out
}

func (d *desktop) wantTold(want ...string) {
	d.t.Helper()
	if got := d.told(); !slices.Equal(got, want) {
		d.t.Errorf("told %q, want %q", got, want)
	}
}

var anna = mention.Actor{ID: "slack:U1", Name: "Анна"}

var complaint = Norm{Take: 15 * time.Minute, Answer: 24 * time.Hour, Visible: 72 * time.Hour, Escalate: []string{"leads", "boss"}}

func TestDesk_NobodyTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, complaint)
		d.pass(time.Hour)
		d.wantTold() // the clock waits for the delivery
		d.deliver()
		d.pass(8 * time.Minute)
		d.wantTold("reminder pr take_half")
		d.pass(8 * time.Minute)
		d.wantTold("reminder pr take_half", "escalation leads take_due")
		d.pass(15 * time.Minute)
		d.wantTold("reminder pr take_half", "escalation leads take_due", "escalation boss take_next_1")
	})
}

func TestDesk_FiveMinutesLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, Norm{Take: time.Hour})
		d.deliver()
		d.pass(54 * time.Minute)
		d.wantTold("reminder pr take_half")
		d.pass(2 * time.Minute)
		d.wantTold("reminder pr take_half", "reminder pr take_soon")
		d.act(mention.Action{Verb: mention.Take, Actor: anna})
		d.pass(time.Hour)
		d.wantTold("reminder pr take_half", "reminder pr take_soon")
	})
}

func TestDesk_TakenInTimeIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, complaint)
		d.deliver()
		d.pass(5 * time.Minute)
		d.act(mention.Action{Verb: mention.Take, Actor: anna})
		d.act(mention.Action{Verb: mention.Take, Actor: anna}) // a double click
		d.pass(11 * time.Hour)
		d.wantTold()
		if v := d.task().Version; v != 3 {
			t.Errorf("version %d after delivery and one taking, want 3", v)
		}
	})
}

func TestDesk_AnswerIsVerified(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, complaint)
		d.deliver()
		d.act(mention.Action{Verb: mention.Answer, Actor: anna, URL: "https://site/1#reply"})
		d.pass(10 * time.Minute)
		if d.task().State != mention.Answered || d.looks == 0 {
			t.Fatalf("state %s after %d looks, want answered after some", d.task().State, d.looks)
		}
		d.publish("Здравствуйте! Разобрались, деньги вернули.")
		d.pass(20 * time.Minute)
		if got := d.task(); got.State != mention.Confirmed || got.OnSite {
			t.Errorf("state %s, on site %v; want confirmed by claim", got.State, got.OnSite)
		}
		seen := d.looks
		d.pass(48 * time.Hour)
		if d.looks != seen {
			t.Errorf("%d looks after confirmation", d.looks-seen)
		}
	})
}

func TestDesk_AnswerNeverAppears(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, complaint)
		d.deliver()
		d.act(mention.Action{Verb: mention.Answer, Actor: anna})
		d.pass(71 * time.Hour)
		if !d.task().NotVisibleAt.IsZero() {
			t.Fatal("missed before its deadline")
		}
		d.pass(2 * time.Hour)
		if d.task().NotVisibleAt.IsZero() {
			t.Fatal("the deadline passed without a word")
		}
		if d.looks > 40 {
			t.Errorf("%d looks in three days are not polite", d.looks)
		}
		d.publish("Ответ, который модерировали неделю")
		d.pass(8 * time.Hour)
		if got := d.task(); got.State != mention.Confirmed || !got.NotVisibleAt.IsZero() {
			t.Errorf("state %s, not visible at %v; a late answer confirms all the same", got.State, got.NotVisibleAt)
		}
	})
}

func TestDesk_AfterDowntime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, complaint)
		d.deliver()
		time.Sleep(72 * time.Hour) // nobody runs the jobs
		d.pass(time.Minute)
		if told := d.told(); len(told) != 1 || told[0] != "escalation leads answer_due" {
			t.Fatalf("told %q, want the latest step alone", told)
		}
		last := d.view.Events[len(d.view.Events)-1]
		if !strings.Contains(last.Text, "the service was down") {
			t.Errorf("the delay is not noted: %q", last.Text)
		}
	})
}

// TestDesk_ClockJump: a clock that is set back after a step came due loses no
// step and tells nothing twice; one set forward is a downtime.
func TestDesk_ClockJump(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, complaint)
		offset := time.Duration(0)
		d.desk.now = func() time.Time { return time.Now().Add(offset) }
		d.deliver()
		due := d.task().Due.Take
		job := d.jobs["timer:"+StepTakeDue]
		time.Sleep(time.Until(due))
		offset = -10 * time.Minute
		if next, err := d.desk.Timer(t.Context(), job); err != nil || !next.Equal(due) || len(d.told()) != 0 {
			t.Errorf("set back, the step comes again at %s (%v), told %q; want it at %s", next, err, d.told(), due)
		}
		offset = 0
		for range 2 {
			if next, err := d.desk.Timer(t.Context(), job); err != nil || !next.IsZero() {
				t.Errorf("on time the step comes again at %s, %v", next, err)
			}
		}
		if told := d.told(); len(told) != 1 || told[0] != "escalation leads take_due" {
			t.Errorf("told %q, want the step once", told)
		}
		offset = 72 * time.Hour
		if _, err := d.desk.Timer(t.Context(), d.jobs["timer:"+StepAnswerDue]); err != nil || len(d.told()) != 2 {
			t.Errorf("set forward, told %q (%v), want the latest step alone", d.told(), err)
		}
	})
}

func TestDesk_SnoozePausesTheNorms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, complaint)
		d.deliver()
		d.pass(5 * time.Minute)
		d.act(mention.Action{Verb: mention.Snooze, Actor: anna, Until: time.Now().Add(time.Hour)})
		d.pass(59 * time.Minute)
		d.wantTold()
		d.pass(5 * time.Minute) // awake: seven and a half minutes are not over
		if !d.task().SnoozedUntil.IsZero() {
			t.Error("the task sleeps on")
		}
		d.pass(8 * time.Minute)
		d.wantTold("reminder pr take_half", "escalation leads take_due")
	})
}

func TestDesk_LostRace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, complaint)
		d.conflicts = 2
		d.act(mention.Action{Verb: mention.Take, Actor: anna})
		_, err := d.desk.Act(t.Context(), 7, mention.Action{Verb: mention.Take, Actor: mention.Actor{ID: "slack:U2", Name: "Борис"}})
		if !errors.Is(err, mention.ErrRefused) || !strings.Contains(err.Error(), "Анна") {
			t.Errorf("got %v, want a refusal that names Анна", err)
		}
		d.conflicts = 100
		_, err = d.desk.Act(t.Context(), 7, mention.Action{Verb: mention.Release, Actor: anna})
		if !errors.Is(err, mention.ErrConflict) {
			t.Errorf("got %v, want a conflict after a bounded number of tries", err)
		}
	})
}

func TestDesk_WrongToneIsRemembered(t *testing.T) {
	d := newDesktop(t, complaint)
	rec := &recorder{desktop: d}
	desk := New(d.norms, rec, d, time.Now, slog.New(slog.DiscardHandler))
	if _, err := desk.Act(t.Context(), 7, mention.Action{Verb: mention.Dismiss, Actor: anna, Reject: mention.NotNegative}); err != nil {
		t.Fatal(err)
	}
	if rec.correction == nil || rec.correction.Was != mention.Negative || rec.correction.Mention != "m1" {
		t.Errorf("correction %+v, want one of m1 from negative", rec.correction)
	}
}

type recorder struct {
	*desktop
	correction *mention.Correction
}

func (r *recorder) Apply(ctx context.Context, effects ...mention.Effects) error {
	for _, eff := range effects {
		if eff.Correction != nil {
			r.correction = eff.Correction
		}
	}
	return r.desktop.Apply(ctx, effects...)
}

func TestDesk_BadPayload(t *testing.T) {
	d := newDesktop(t, complaint)
	job := mention.Job{Key: "timer:x", Payload: json.RawMessage(`{"task":`)}
	var retry *mention.RetryError
	if _, err := d.desk.Timer(t.Context(), job); !errors.As(err, &retry) || !retry.Final {
		t.Errorf("timer: got %v, want a final error", err)
	}
	if _, err := d.desk.Verify(t.Context(), job); !errors.As(err, &retry) || !retry.Final {
		t.Errorf("verify: got %v, want a final error", err)
	}
}

func TestDesk_Acknowledgement(t *testing.T) {
	boris := mention.Actor{ID: "slack:UBORIS0001", Name: "Борис"}
	norm := Norm{Acknowledge: 15 * time.Minute, Visible: 72 * time.Hour, Escalate: []string{"leads"}}
	promise := func(in time.Duration, text string) mention.Action {
		return mention.Action{Verb: mention.Acknowledge, Actor: boris, Until: time.Now().Add(in), Text: text}
	}
	story := func(name string, tell func(t *testing.T, d *desktop)) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesktop(t, norm)
				d.deliver()
				tell(t, d)
			})
		})
	}
	story("a complaint that nobody accepts is escalated", func(t *testing.T, d *desktop) {
		d.pass(time.Hour)
		d.wantTold("escalation leads ack_due")
	})
	story("from the promise to the report back", func(t *testing.T, d *desktop) {
		d.pass(5 * time.Minute)
		d.act(promise(2*time.Hour, "Приняли, решим сегодня."))
		d.publish("Приняли, решим сегодня.")
		d.see()
		if got := d.task(); got.State != mention.Taken || got.AckSeenAt.IsZero() {
			t.Fatalf("after the acknowledgement was seen the task is %s, seen at %s", got.State, got.AckSeenAt)
		}
		d.pass(90 * time.Minute)
		d.publish("Деньги вернули.")
		d.act(mention.Action{Verb: mention.Answer, Actor: boris, Text: "Деньги вернули."})
		d.pass(10 * time.Minute)
		if got := d.task(); got.State != mention.Confirmed {
			t.Errorf("after the report back the task is %s", got.State)
		}
		d.pass(24 * time.Hour)
		d.wantTold("thread pr", "thread pr", "thread pr", "thread pr")
	})
	story("a promise that is not kept, and a second one", func(t *testing.T, d *desktop) {
		d.act(promise(time.Hour, ""))
		d.pass(61 * time.Minute)
		d.act(promise(time.Hour, ""))
		d.pass(3 * time.Hour)
		d.wantTold("thread pr", "escalation leads promise_due", "thread pr", "escalation leads promise_due")
	})
	story("the acknowledgement that stays on the page is no answer", func(t *testing.T, d *desktop) {
		d.act(promise(time.Hour, "Приняли."))
		d.publish("Приняли.")
		d.see()
		d.pass(30 * time.Minute)
		d.act(mention.Action{Verb: mention.Answer, Actor: boris, Text: "Деньги вернули."})
		d.pass(73 * time.Hour)
		if got := d.task(); got.State != mention.Answered || got.NotVisibleAt.IsZero() {
			t.Errorf("the task is %s, not visible since %s; want the answer missed", got.State, got.NotVisibleAt)
		}
	})
}

// see lets a pass of the source show the page.
func (d *desktop) see() {
	d.t.Helper()
	d.mu.Lock()
	old, page := d.view.Mention, d.page
	d.mu.Unlock()
	eff, err := d.norms.Seen(d.task(), old, page, time.Now())
	if err != nil {
		d.t.Fatal(err)
	}
	d.write(eff)
}
