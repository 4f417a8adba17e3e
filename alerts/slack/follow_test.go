package slack_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"otklik/demo"
	"otklik/jobs"
	"otklik/mention"
	"otklik/replies"
)

// running is a world with the job runner at work, woken by the archive.
func running(t *testing.T, story func(w *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		at := func(f func(context.Context, mention.Job) (time.Time, error)) jobs.Handler {
			return func(ctx context.Context, j mention.Job) (jobs.Next, error) {
				due, err := f(ctx, j)
				return jobs.Next{At: due}, err
			}
		}
		runner := jobs.New(w.store, map[string]jobs.Handler{
			mention.SendJob: at(w.send.Send), mention.UpdateJob: at(w.send.Update),
			mention.TimerJob: func(ctx context.Context, j mention.Job) (jobs.Next, error) {
				at, err := w.desk.Timer(ctx, j)
				return jobs.Next{At: at}, err
			},
		}, jobs.Config{Log: w.send.Log})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- runner.Run(ctx) }()
		defer func() {
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}()
		w.complain("Доставка сорвана второй раз")
		time.Sleep(3 * time.Second)
		story(w)
	})
}

// TestFollow_WithinASecond measures, in virtual time, how long after the
// commit of a change its card shows it: whoever made the change.
func TestFollow_WithinASecond(t *testing.T) {
	running(t, func(w *world) {
		colleague := mention.Actor{ID: "inbox:7", Name: "Олег"}
		act := func(a mention.Action) func() {
			return func() {
				if _, err := w.desk.Act(w.t.Context(), 1, a); err != nil {
					w.t.Fatal(err)
				}
			}
		}
		for _, step := range []struct {
			who    string
			change func()
			want   mention.State
		}{
			{"a click", func() { w.click(demo.Anna, "take", "") }, mention.Taken},
			{"the inbox", act(mention.Action{Verb: mention.Release, Actor: colleague}), mention.Open},
			{"another person", act(mention.Action{Verb: mention.Answer, Actor: colleague}), mention.Answered},
			{"the crawler", act(mention.Action{Verb: mention.Confirm, Actor: mention.OnSite, Reply: mention.Reply{Text: "Извините нас."}}), mention.Confirmed},
		} {
			committed := time.Now()
			step.change()
			time.Sleep(time.Second)
			card := w.slack.Messages(demo.PRChannel)[0]
			if got := meta(w.t, card).State; got != string(step.want) {
				w.t.Fatalf("a second after %s the card says %q, want %q", step.who, got, step.want)
			}
			if late := card.EditedAt.Sub(committed); late > time.Second {
				w.t.Errorf("the card follows %s after %s", step.who, late)
			}
			time.Sleep(5 * time.Second)
		}
	})
}

func TestFollow_Deadline(t *testing.T) {
	running(t, func(w *world) {
		before := w.card().Edits
		time.Sleep(7*time.Minute + 28*time.Second) // half the time to take it is gone a moment later
		if got := len(w.slack.Messages(demo.PRChannel)); got != 1 {
			w.t.Fatalf("%d messages before the deadline, want the card alone", got)
		}
		time.Sleep(3 * time.Second)
		if got := w.task().Fired; fmt.Sprint(got) != "[take_half]" {
			w.t.Errorf("carried out %v, want the reminder", got)
		}
		if w.slack.Messages(demo.PRChannel)[0].Edits == before {
			w.t.Error("the card does not follow the reminder")
		}
	})
}

// TestFollow_Flood has fifty changes in one moment make a handful of updates,
// the last of which shows the end of it.
func TestFollow_Flood(t *testing.T) {
	running(t, func(w *world) {
		before := w.card().Edits
		for i := range 25 {
			for _, verb := range []mention.Verb{mention.Take, mention.Release} {
				if _, err := w.desk.Act(w.t.Context(), 1, mention.Action{Verb: verb, Actor: mention.Actor{ID: fmt.Sprintf("inbox:%d", i)}}); err != nil {
					w.t.Fatal(err)
				}
			}
		}
		w.click(demo.Anna, "take", "")
		time.Sleep(2 * time.Second)
		card := w.slack.Messages(demo.PRChannel)[0]
		if got := meta(w.t, card).State; got != string(mention.Taken) || card.Edits-before > 10 {
			w.t.Errorf("after 51 changes the card says %q and was updated %d times; want taken, at most 10", got, card.Edits-before)
		}
	})
}

func TestFollow_DutyIsCalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		duties, err := replies.Config{Duty: map[string]replies.DutyConfig{"pr": {Shifts: []replies.ShiftConfig{
			{Days: "mon-sun", Hours: "00:00-11:05", Who: []string{demo.Anna}}, {Days: "mon-sun", Hours: "11:05-24:00", Who: []string{demo.Boris}}}}}}.Duties()
		if err != nil {
			t.Fatal(err)
		}
		w.send.OnDuty, w.ping = duties.Resolve, []string{"duty:pr"}
		w.complain("Доставка сорвана")
		w.settle()
		time.Sleep(10 * time.Minute) // Boris comes on duty
		w.act(mention.Action{Verb: mention.Remind, Step: "take_half", Actor: mention.System})
		w.settle()
		all := w.slack.Messages(demo.PRChannel)
		if got := string(all[0].Blocks); !strings.Contains(got, demo.Anna) || strings.Contains(got, demo.Boris) {
			t.Errorf("after an update the card calls somebody else: %s", got)
		}
		if got := string(w.slack.Thread(demo.PRChannel, all[0].TS)[1].Blocks); !strings.Contains(got, demo.Boris) || strings.Contains(got, demo.Anna) {
			t.Errorf("the reminder calls %s", got)
		}
	})
}

// act acts on the only task as somebody who is not in Slack.
func (w *world) act(a mention.Action) {
	w.t.Helper()
	if _, err := w.desk.Act(w.t.Context(), 1, a); err != nil {
		w.t.Fatal(err)
	}
}
