package replies

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"otklik/mention"
)

const regret = "Вера, нам жаль. Заменим букет сегодня."

var (
	ann = mention.Actor{ID: "slack:U1", Name: "Анна"}
	bob = mention.Actor{ID: "slack:U2", Name: "Борис"}
)

// shelf is a site that remembers answers and can misbehave.
type shelf struct {
	limits mention.ReplyLimits
	state  mention.Moderation // of what is posted
	reason string
	posts  []string
	calls  []string
	// faults are met by the next calls of Send, one each: before the effect
	// (an error) or after it ("lost").
	faults []error
	opens  []error
	looks  []error
}

var errLost = &mention.RetryError{InDoubt: true, Err: errors.New("no answer: EOF")}

func pop(list *[]error) error {
	if len(*list) == 0 {
		return nil
	}
	err := (*list)[0]
	*list = (*list)[1:]
	return err
}

func (s *shelf) Limits(m mention.Mention) (mention.ReplyLimits, error) {
	if m.Source != "otzovik" {
		return mention.ReplyLimits{}, fmt.Errorf("%w: %s takes no answers", mention.ErrRefused, m.Source)
	}
	return s.limits, nil
}

func (s *shelf) Open(context.Context, mention.Mention) (Replier, error) {
	if err := pop(&s.opens); err != nil {
		return nil, err
	}
	return clerk{s}, nil
}

// clerk is the shelf's Replier.
type clerk struct{ *shelf }

func (c clerk) Limits() mention.ReplyLimits { return c.limits }

func (c clerk) Send(_ context.Context, o mention.Outgoing) (mention.Receipt, error) {
	c.calls = append(c.calls, "send")
	err := pop(&c.faults)
	if err != nil && !errors.Is(err, errLost) {
		return mention.Receipt{}, err
	}
	if o.PriorID != "" {
		c.posts[0] = o.Text
	} else {
		c.posts = append(c.posts, o.Text)
	}
	if err != nil {
		return mention.Receipt{}, err
	}
	return c.Status(context.Background(), o, "")
}

func (c clerk) Status(_ context.Context, o mention.Outgoing, _ string) (mention.Receipt, error) {
	c.calls = append(c.calls, "look")
	if err := pop(&c.looks); err != nil {
		return mention.Receipt{}, err
	}
	i := slices.Index(c.posts, o.Text)
	if i < 0 {
		return mention.Receipt{}, mention.Final(mention.ErrNotFound)
	}
	id := fmt.Sprint(i + 1)
	return mention.Receipt{ID: id, URL: "https://site/1#" + id, Status: c.state, Reason: c.reason}, nil
}

// mailroom is a desktop with a courier and a site that takes answers.
type mailroom struct {
	*desktop
	*shelf
	courier *Courier
}

func newMailroom(t *testing.T, cfg Sending) *mailroom {
	d := newDesktop(t, Norm{Take: 15 * time.Minute, Answer: 24 * time.Hour, Visible: 72 * time.Hour})
	s := &shelf{limits: mention.ReplyLimits{Characters: 100, Editable: true}, state: mention.ReplyPublished}
	return &mailroom{d, s, NewCourier(d.desk, s, cfg)}
}

func (o *mailroom) send(who mention.Actor, text string) error {
	_, err := o.courier.Act(o.t.Context(), 7, mention.Action{Verb: mention.Answer, Actor: who, Text: text, Publish: true})
	return err
}

// isFollowed reports whether a job for an answer is left.
func (o *mailroom) isFollowed() bool {
	for _, j := range o.jobs {
		if j.Kind == mention.ReplyJob {
			return true
		}
	}
	return false
}

func (o *mailroom) letter() mention.Letter {
	l, _ := mention.LetterOf(o.view.Events, "m1")
	return l
}

// carry runs due reply jobs for dur as the job runner would, and returns the
// errors they ended with.
func (o *mailroom) carry(dur time.Duration) []string {
	o.t.Helper()
	var errs []string
	end := time.Now().Add(dur)
	for {
		var job mention.Job
		for _, j := range o.jobs {
			if j.Kind == mention.ReplyJob && !j.RunAt.After(end) && (job.Key == "" || j.RunAt.Before(job.RunAt)) {
				job = j
			}
		}
		if job.Key == "" {
			time.Sleep(time.Until(end))
			return errs
		}
		time.Sleep(max(0, time.Until(job.RunAt)))
		delete(o.jobs, job.Key)
		job.Attempt++
		next, err := o.courier.Carry(o.t.Context(), job)
		if err != nil {
			errs = append(errs, err.Error())
			next = time.Now().Add(time.Minute)
			if retry, ok := errors.AsType[*mention.RetryError](err); ok && retry.After > 0 {
				next = time.Now().Add(retry.After)
			}
		}
		if !next.IsZero() {
			job.RunAt = next
			o.jobs[job.Key] = job
		}
	}
}

func TestCourier_SendsAndClaims(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newMailroom(t, Sending{})
		if err := o.send(ann, regret); err != nil {
			t.Fatal(err)
		}
		if task := o.task(); task.State != mention.Taken || task.Owner != ann || len(o.posts) != 0 {
			t.Fatalf("after the click the task is %s of %s, the site has %v", task.State, task.Owner.Name, o.posts)
		}
		if errs := o.carry(time.Minute); errs != nil || !slices.Equal(o.posts, []string{regret}) {
			t.Fatalf("errors %v, the site has %v", errs, o.posts)
		}
		task := o.task()
		if task.State != mention.Answered || task.AnsweredBy != ann || task.AnswerText != regret || task.AnswerURL != "https://site/1#1" || task.Due.Visible.IsZero() {
			t.Errorf("task %+v", task)
		}
		want := mention.Letter{Mention: "m1", Text: regret, By: ann, WrittenAt: o.letter().WrittenAt, State: mention.ReplySent, ID: "1", URL: "https://site/1#1"}
		if got := o.letter(); got != want {
			t.Errorf("letter %+v,\nwant %+v", got, want)
		}
		if _, looks := o.jobs["verify:7"]; !looks {
			t.Error("nobody looks whether the answer is visible")
		}
	})
}

func TestCourier_AClickTwiceIsOneAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newMailroom(t, Sending{})
		o.conflicts = 2
		for range 2 {
			if err := o.send(ann, regret); err != nil {
				t.Fatal(err)
			}
		}
		if err := o.send(bob, "Другой ответ"); !errors.Is(err, mention.ErrRefused) {
			t.Errorf("a second answer beside the first: %v", err)
		}
		if o.carry(time.Hour); len(o.posts) != 1 {
			t.Errorf("the site has %v", o.posts)
		}
	})
}

func TestCourier_RefusesAtTheClick(t *testing.T) {
	tests := map[string]struct {
		text    string
		actor   mention.Actor
		arrange func(*mailroom)
		want    string
	}{
		"too long":                    {strings.Repeat("я", 101), ann, nil, "101 characters, the site takes 100"},
		"too many bytes":              {regret, ann, func(o *mailroom) { o.limits = mention.ReplyLimits{Bytes: 10} }, "bytes, the site takes 10"},
		"no words":                    {" \n", ann, nil, "no words"},
		"a promise in the past":       {regret, ann, nil, "in the future"},
		"nobody":                      {regret, mention.Actor{}, nil, "say who acts"},
		"a site that takes none":      {regret, ann, func(o *mailroom) { o.view.Mention.Source = "irecommend" }, "takes no answers"},
		"a task that was closed":      {regret, ann, func(o *mailroom) { o.view.Task.State = mention.Dismissed }, "dismissed"},
		"a mention of another task":   {regret, ann, func(o *mailroom) { o.view.Mention.ID = "m2" }, ""},
		"a forged step of the way":    {regret, ann, nil, ""},
		"a desk without a courier":    {regret, ann, nil, ""},
		"a decision without a draft":  {regret, ann, nil, ""},
		"a decision made by nobody":   {regret, ann, nil, ""},
		"a mention that is not there": {regret, ann, nil, ""},
	}
	acts := map[string]mention.Action{
		"a promise in the past":       {Verb: mention.Acknowledge, Actor: ann, Text: regret, Publish: true, Until: time.Now().Add(-time.Hour)},
		"a forged step of the way":    {Verb: mention.Comment, Actor: ann, Step: mention.ReplySent},
		"a decision without a draft":  {Verb: mention.Comment, Actor: bob, Step: mention.ReplyApproved},
		"a decision made by nobody":   {Verb: mention.Comment, Step: mention.ReplyDeclined},
		"a mention that is not there": {Verb: mention.Answer, Actor: ann, Text: regret, Publish: true, Mention: "m9"},
		"a mention of another task":   {Verb: mention.Answer, Actor: ann, Text: regret, Publish: true, Mention: "m1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := newMailroom(t, Sending{})
			if tt.arrange != nil {
				tt.arrange(o)
			}
			a, special := acts[name]
			if !special {
				a = mention.Action{Verb: mention.Answer, Actor: tt.actor, Text: tt.text, Publish: true}
			}
			act := o.courier.Act
			if name == "a desk without a courier" {
				act = o.desk.Act
			}
			events := len(o.view.Events)
			_, err := act(t.Context(), 7, a)
			if !errors.Is(err, mention.ErrRefused) || !strings.Contains(err.Error(), tt.want) || len(o.view.Events) != events {
				t.Errorf("error %v, want a refusal with %q that leaves no trace", err, tt.want)
			}
		})
	}
}

func TestCourier_ActsOnTheVersionThatWasSeen(t *testing.T) {
	o := newMailroom(t, Sending{})
	seen := o.task().Version
	for version, want := range map[int]error{seen + 1: mention.ErrConflict, seen: nil} {
		o := newMailroom(t, Sending{})
		a := mention.Action{Verb: mention.Answer, Actor: ann, Text: regret, Publish: true, Version: version}
		if _, err := o.courier.Act(t.Context(), 7, a); !errors.Is(err, want) || (err == nil) != o.isFollowed() {
			t.Errorf("version %d of %d: %v, on its way %v", version, seen, err, o.isFollowed())
		}
	}
}

func TestCourier_WaitsForASecondPerson(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newMailroom(t, Sending{Approval: true})
		decide := func(who mention.Actor, step, why string) error {
			_, err := o.courier.Act(t.Context(), 7, mention.Action{Verb: mention.Comment, Actor: who, Step: step, Text: why})
			return err
		}
		if err := o.send(ann, "Первый набросок"); err != nil {
			t.Fatal(err)
		}
		if o.carry(time.Hour); len(o.posts) != 0 || o.letter().State != mention.ReplyDrafted {
			t.Fatalf("the draft left by itself: %v", o.posts)
		}
		if err := decide(ann, mention.ReplyApproved, ""); !errors.Is(err, mention.ErrRefused) {
			t.Errorf("the writer agreed with herself: %v", err)
		}
		if err := decide(bob, mention.ReplyDeclined, "слишком сухо"); err != nil || o.letter().Reason != "слишком сухо" {
			t.Errorf("%v, %+v", err, o.letter())
		}
		if err := o.send(ann, regret); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the click is delivered twice
			if err := decide(bob, mention.ReplyApproved, ""); err != nil {
				t.Fatal(err)
			}
		}
		if o.carry(time.Minute); !slices.Equal(o.posts, []string{regret}) || o.task().AnsweredBy != ann {
			t.Errorf("the site has %v, answered by %s", o.posts, o.task().AnsweredBy.Name)
		}
	})
}

func TestCourier_TriesAgain(t *testing.T) {
	down := &mention.RetryError{Err: errors.New("dial: refused")}
	limited := mention.RetryAfter(40*time.Minute, errors.New("420"))
	tests := []struct {
		name   string
		faults []error
		opens  []error
		looks  []error
		calls  []string // "look" inside a send that went well counts too
		posts  int
		step   string
	}{
		{"a site that is away", []error{down, down}, nil, nil, []string{"send", "look", "send", "look", "send", "look"}, 1, mention.ReplySent},
		{"a site that wants to rest", []error{limited}, nil, nil, []string{"send", "look", "send", "look"}, 1, mention.ReplySent},
		{"an answer lost on its way back is found, not repeated", []error{errLost}, nil, nil, []string{"send", "look"}, 1, mention.ReplySent},
		{"a look that fails is repeated before anything is sent", []error{errLost}, nil, []error{down, down}, []string{"send", "look", "look", "look"}, 1, mention.ReplySent},
		{"what cannot be looked up is in doubt, not repeated", []error{errLost}, nil, []error{mention.Final(errors.New("403"))}, []string{"send", "look"}, 1, mention.ReplyDoubtful},
		{"a sign-in that fails for a while", nil, []error{down}, nil, []string{"look", "send", "look"}, 1, mention.ReplySent},
		{"credentials that are refused", nil, []error{mention.Final(errors.New("invalid_grant"))}, nil, nil, 0, mention.ReplyFailed},
		{"a refusal of the words", []error{mention.Final(errors.New("foreign links"))}, nil, nil, []string{"send"}, 0, mention.ReplyFailed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newMailroom(t, Sending{})
				o.faults, o.opens, o.shelf.looks = tt.faults, tt.opens, tt.looks
				if err := o.send(ann, regret); err != nil {
					t.Fatal(err)
				}
				o.carry(2 * time.Hour)
				l := o.letter()
				if !slices.Equal(o.calls, tt.calls) || len(o.posts) != tt.posts || l.State != tt.step || l.Text != regret {
					t.Errorf("calls %v, posts %v, letter %+v", o.calls, o.posts, l)
				}
				if isAnswered := o.task().State == mention.Answered; isAnswered != (tt.step == mention.ReplySent) {
					t.Errorf("the task is %s after %s", o.task().State, tt.step)
				}
				if tt.step != mention.ReplySent && l.Reason == "" {
					t.Error("nobody is told why")
				}
			})
		})
	}
}

func TestCourier_GivesUpAfterADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newMailroom(t, Sending{})
		for range 40 {
			o.faults = append(o.faults, mention.RetryAfter(time.Hour, errors.New("the day's limit")))
		}
		if err := o.send(ann, regret); err != nil {
			t.Fatal(err)
		}
		o.carry(48 * time.Hour)
		if l := o.letter(); l.State != mention.ReplyFailed || l.Reason != "the day's limit" || l.Text != regret || len(o.calls) > 60 {
			t.Errorf("%d calls, letter %+v", len(o.calls), l)
		}
		if err := o.send(ann, regret); err != nil {
			t.Errorf("it cannot be tried anew: %v", err)
		}
	})
}

func TestCourier_DyingBetweenSiteAndArchivePostsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newMailroom(t, Sending{})
		if err := o.send(ann, regret); err != nil {
			t.Fatal(err)
		}
		o.conflicts = 1000 // nothing is written any more, as after kill -9
		if errs := o.carry(0); len(errs) == 0 || len(o.posts) != 1 {
			t.Fatalf("errors %v, posts %v", errs, o.posts)
		}
		o.conflicts = 0
		o.carry(time.Hour)
		if len(o.posts) != 1 || o.task().State != mention.Answered {
			t.Errorf("posts %v, the task is %s", o.posts, o.task().State)
		}
	})
}

func TestCourier_FollowsModeration(t *testing.T) {
	tests := []struct {
		name     string
		shows    mention.Replies
		becomes  mention.Moderation
		step     string
		want     mention.State
		unseen   bool
		finished bool
	}{
		{"published", mention.RepliesText, mention.ReplyPublished, mention.ReplyShown, mention.Answered, false, true},
		{"rejected", mention.RepliesText, mention.ReplyRejected, mention.ReplyRefused, mention.Answered, true, true},
		{"rejected where nothing can be seen", mention.RepliesNone, mention.ReplyRejected, mention.ReplyRefused, mention.Open, false, true},
		{"never decided", mention.RepliesText, mention.ReplyPending, mention.ReplyHeld, mention.Answered, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newMailroom(t, Sending{})
				o.view.Task.Places[0].Replies = tt.shows
				o.state = mention.ReplyPending
				if err := o.send(ann, regret); err != nil {
					t.Fatal(err)
				}
				o.carry(time.Hour)
				if o.letter().State != mention.ReplyHeld || o.task().State != mention.Answered {
					t.Fatalf("letter %+v, task %s", o.letter(), o.task().State)
				}
				o.state, o.reason = tt.becomes, "посторонние ссылки"
				o.carry(24 * time.Hour)
				task := o.task()
				if o.letter().State != tt.step || task.State != tt.want || task.NotVisibleAt.IsZero() == tt.unseen {
					t.Errorf("letter %+v, task %s, not visible %v", o.letter(), task.State, task.NotVisibleAt)
				}
				if tt.step == mention.ReplyRefused && o.letter().Reason != "посторонние ссылки" {
					t.Errorf("reason %q", o.letter().Reason)
				}
				left := o.isFollowed()
				if left == tt.finished {
					t.Errorf("still followed: %v", left)
				}
				if tt.finished {
					return
				}
				o.carry(15 * 24 * time.Hour)
				if o.letter().State != mention.ReplyDoubtful || len(o.calls) > 90 {
					t.Errorf("after two weeks %+v, %d calls", o.letter(), len(o.calls))
				}
			})
		})
	}
}

func TestCourier_AnEditReplacesOurAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newMailroom(t, Sending{})
		for _, text := range []string{regret, "Букет заменили, проверьте."} {
			if err := o.send(ann, text); err != nil {
				t.Fatal(err)
			}
			o.carry(time.Minute)
		}
		if !slices.Equal(o.posts, []string{"Букет заменили, проверьте."}) || o.letter().PriorID != "1" {
			t.Errorf("the site has %v, letter %+v", o.posts, o.letter())
		}
		if task := o.task(); task.AnswerText != "Букет заменили, проверьте." {
			t.Errorf("the task says %q", task.AnswerText)
		}
	})
}

func TestCourier_AnAcknowledgementIsFollowedByTheAnswer(t *testing.T) {
	for name, tt := range map[string]struct {
		single bool
		posts  []string
	}{
		"where comments stand beside each other": {false, []string{"Приняли, решим до завтра", regret}},
		"where there is one answer":              {true, []string{regret}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newMailroom(t, Sending{})
				o.limits.OnePerReview = tt.single
				soon := time.Now().Add(20 * time.Hour)
				ack := mention.Action{Verb: mention.Acknowledge, Actor: ann, Text: "Приняли, решим до завтра", Until: soon, Publish: true}
				if _, err := o.courier.Act(t.Context(), 7, ack); err != nil {
					t.Fatal(err)
				}
				o.carry(time.Minute)
				if task := o.task(); task.State != mention.Taken || task.AcknowledgedAt.IsZero() || !task.PromisedAt.Equal(soon) {
					t.Fatalf("after the acknowledgement the task is %+v", task)
				}
				if err := o.send(ann, regret); err != nil {
					t.Fatal(err)
				}
				o.carry(time.Minute)
				if !slices.Equal(o.posts, tt.posts) || o.task().State != mention.Answered {
					t.Errorf("the site has %v, the task is %s", o.posts, o.task().State)
				}
				ack.Until = soon.Add(time.Hour)
				if _, err := o.courier.Act(t.Context(), 7, ack); !errors.Is(err, mention.ErrRefused) {
					t.Errorf("acknowledged after the answer: %v", err)
				}
			})
		})
	}
}

func TestCourier_EveryStepIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newMailroom(t, Sending{})
		o.state = mention.ReplyPending
		for range 2 { // the same way twice in one cycle: refused, then once more
			o.state = mention.ReplyPending
			if err := o.send(ann, regret); err != nil {
				t.Fatal(err)
			}
			o.carry(time.Minute)
			o.state, o.reason = mention.ReplyRejected, "нет"
			o.carry(24 * time.Hour)
			o.posts = nil
		}
		threads := 0
		for _, n := range o.notices {
			if n.Kind == mention.ThreadNotice {
				threads++
			}
		}
		if threads != 6 { // queued, answered, not visible
			t.Errorf("%d lines in the thread, want 6: %v", threads, o.told())
		}
	})
}

func TestCourier_JobsOfOthersAreLeftAlone(t *testing.T) {
	o := newMailroom(t, Sending{})
	for name, payload := range map[string]string{"not JSON": "{", "a mention that left": `{"task":7,"mention":"m9"}`} {
		_, err := o.courier.Carry(t.Context(), mention.Job{Kind: mention.ReplyJob, Key: "reply:7", Payload: []byte(payload)})
		if retry, ok := errors.AsType[*mention.RetryError](err); !ok || !retry.Final {
			t.Errorf("%s: %v, want it final", name, err)
		}
	}
	next, err := o.courier.Carry(t.Context(), mention.Job{Kind: mention.ReplyJob, Payload: []byte(`{"task":7,"mention":"m1","text":"x"}`)})
	if err != nil || !next.IsZero() || len(o.calls) != 0 {
		t.Errorf("an errand without a letter: %v, %v, %v", next, err, o.calls)
	}
}
