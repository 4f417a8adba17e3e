package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"otklik/mention"
	"otklik/store"
)

type taskFilter = store.TaskFilter

var (
	anna = mention.Actor{ID: "slack:U1", Name: "Анна"}
	oleg = mention.Actor{ID: "slack:U2", Name: "Олег"}
)

func testTask(t *testing.T, w *world) {
	m := complaint("1")
	same(t, "added", w.add(t, raising, m), mention.Added{New: 1, Alerted: 1})
	task := must(w.TaskOf(t.Context(), m.Key().ID()))(t)
	want := *raise(m).Task
	want.ID, want.Mention, want.Places[0].Mention = task.ID, m.Key().ID(), m.Key().ID()
	same(t, "task", task, want)

	v := must(w.View(t.Context(), task.ID))(t)
	if len(v.Events) != 1 || v.Events[0].Verb != mention.Raise || v.Events[0].Task != task.ID || v.Events[0].ID == 0 {
		t.Errorf("events: %+v", v.Events)
	}
	notices := must(w.NoticesOf(t.Context(), task.ID))(t)
	if len(notices) != 1 {
		t.Fatalf("notices: %+v, want one", notices)
	}
	n := notices[0]
	same(t, "notice", n, mention.Notice{ID: n.ID, Kind: mention.CardNotice, Channel: "pr", Task: task.ID, Event: v.Events[0].ID,
		Key: fmt.Sprintf("card:%d:pr", task.ID), State: mention.Queued, CreatedAt: start})
	same(t, "found by key", must(w.FindNotice(t.Context(), n.Key))(t).ID, n.ID)
	j := w.leaseOne(t, mention.SendJob)
	same(t, "job", []string{j.Key, string(j.Payload)}, []string{fmt.Sprintf("send:%d", n.ID), fmt.Sprintf(`{"notice":%d}`, n.ID)})
	if _, err := w.View(t.Context(), 999); !errors.Is(err, mention.ErrNotFound) {
		t.Errorf("view of no task: %v, want ErrNotFound", err)
	}
}

func testConflict(t *testing.T, w *world) {
	task := w.raised(t, "1")
	w.act(t, task.ID, mention.Action{Verb: mention.Take, Actor: anna})
	late, event, _, err := task.Apply(mention.Action{Verb: mention.Take, Actor: oleg, At: w.now})
	check(t, err)
	notice := mention.Notice{Kind: mention.ThreadNotice, Channel: "pr", Key: "lost"}
	err = w.Apply(t.Context(), mention.Effects{Task: &late, Was: task.Version, Events: []mention.Event{event}, Notices: []mention.Notice{notice}})
	if !errors.Is(err, mention.ErrConflict) {
		t.Errorf("a stale save: %v, want ErrConflict", err)
	}
	same(t, "owner", must(w.Task(t.Context(), task.ID))(t).Owner, anna)
	if _, err := w.FindNotice(t.Context(), "lost"); !errors.Is(err, mention.ErrNotFound) {
		t.Errorf("notice of a refused save: %v, want ErrNotFound", err)
	}
	gone := task
	gone.ID = 999
	if err := w.Apply(t.Context(), mention.Effects{Task: &gone, Was: 1}); !errors.Is(err, mention.ErrNotFound) {
		t.Errorf("a save of no task: %v, want ErrNotFound", err)
	}
	e := raise(complaint("none"))
	if err := w.Apply(t.Context(), e); !errors.Is(err, mention.ErrNotFound) || e.Task.ID != 0 {
		t.Errorf("a task of no mention: %v, id %d; want ErrNotFound, 0", err, e.Task.ID)
	}
	m := complaint("later")
	w.add(t, quiet, m)
	m.ID = m.Key().ID()
	e = raise(m)
	check(t, w.Apply(t.Context(), e))
	same(t, "number of the new task", must(w.TaskOf(t.Context(), m.ID))(t).ID, e.Task.ID)
}

func testStaleCards(t *testing.T, w *world) {
	task := w.raised(t, "1")
	job := w.leaseOne(t, mention.SendJob)
	w.act(t, task.ID, mention.Action{Verb: mention.Comment, Actor: anna, Text: "before it is sent"})
	same(t, "a queued card", w.keys(t, "update:"), []string(nil))

	check(t, w.MarkSending(t.Context(), 1, job))
	w.act(t, task.ID, mention.Action{Verb: mention.Take, Actor: anna})
	w.act(t, task.ID, mention.Action{Verb: mention.Assign, Actor: anna, To: oleg})
	same(t, "a card on its way", w.keys(t, "update:"), []string{"update:1"})
	same(t, "payload", string(w.leaseOne(t, mention.UpdateJob).Payload), `{"notice":1}`)
}

func testEscalatedCards(t *testing.T, w *world) {
	task := w.raised(t, "1")
	now := must(w.Task(t.Context(), task.ID))(t)
	next := now
	next.Version++
	check(t, w.Apply(t.Context(), mention.Effects{Task: &next, Was: now.Version, Notices: []mention.Notice{
		{Kind: mention.EscalationNotice, Channel: "leads", Key: "escalate:{task}"},
		{Kind: mention.ThreadNotice, Channel: "pr", Key: "thread:{task}"}}}))
	leads := must(w.FindNotice(t.Context(), fmt.Sprintf("escalate:%d", task.ID)))(t)
	line := must(w.FindNotice(t.Context(), fmt.Sprintf("thread:%d", task.ID)))(t)
	for _, n := range []mention.Notice{leads, line} {
		check(t, w.MarkSent(t.Context(), n.ID, mention.Posted{Channel: "C1", Message: "1"}, next.Version, w.now))
	}
	same(t, "before anything changes", w.keys(t, "update:"), []string(nil))
	w.act(t, task.ID, mention.Action{Verb: mention.Take, Actor: anna})
	same(t, "the leads' card follows, a line of history does not", w.keys(t, "update:"), []string{fmt.Sprintf("update:%d", leads.ID)})
	check(t, w.MarkShown(t.Context(), leads.ID, next.Version+1))
	check(t, w.MarkSent(t.Context(), leads.ID, mention.Posted{Channel: "C1", Message: "2"}, next.Version, w.now))
	same(t, "shown at an old version again", w.keys(t, "update:"), []string{fmt.Sprintf("update:%d", leads.ID)})
}

func testTimers(t *testing.T, w *world) {
	task := w.raised(t, "1")
	other := w.raised(t, "2")
	retime := func(task mention.Task, timers ...mention.Timer) {
		t.Helper()
		next := task
		next.Version = must(w.Task(t.Context(), task.ID))(t).Version + 1
		check(t, w.Apply(t.Context(), mention.Effects{Task: &next, Was: next.Version - 1, Retime: true, Timers: timers}))
	}
	retime(other, mention.Timer{Step: "take_due", At: start.Add(time.Hour)})
	task.Cycle = 2
	retime(task, mention.Timer{Step: "take_half", At: start.Add(time.Minute)}, mention.Timer{Step: "take_due", At: start.Add(2 * time.Minute)})
	w.now = start.Add(90 * time.Second)
	held := w.leaseOne(t, mention.TimerJob)
	same(t, "payload", string(held.Payload), fmt.Sprintf(`{"task":%d,"step":"take_half","cycle":2}`, task.ID))
	retime(task, mention.Timer{Step: "take_half", At: start.Add(3 * time.Minute)})
	check(t, w.Finish(t.Context(), held)) // its row was replaced
	want := []string{fmt.Sprintf("timer:%d:take_half", task.ID), fmt.Sprintf("timer:%d:take_due", other.ID)}
	same(t, "timers", w.keys(t, "timer:"), want)
	retime(task)
	same(t, "none left", w.keys(t, fmt.Sprintf("timer:%d:", task.ID)), []string(nil))
}

func testCorrection(t *testing.T, w *world) {
	task := w.raised(t, "1")
	c := mention.Correction{Mention: task.Mention, Tone: mention.Neutral, Was: mention.Negative, Actor: anna, At: start.Add(time.Minute)}
	check(t, w.Apply(t.Context(), mention.Effects{Correction: &c}))
	same(t, "corrections", must(w.Corrections(t.Context(), start))(t), []mention.Correction{c})
	same(t, "later ones", must(w.Corrections(t.Context(), start.Add(time.Hour)))(t), []mention.Correction(nil))
	same(t, "tone", must(w.Mention(t.Context(), task.Mention))(t).Tone, mention.Neutral)
	views, _, err := w.Tasks(t.Context(), taskFilter{Tone: mention.Neutral})
	check(t, err)
	same(t, "tasks by the right tone", len(views), 1)
}

// gusty raises complaints that make a storm when there are three in ten minutes.
func gusty(e mention.Entry, prior *mention.Prior, near []mention.Prior) ([]mention.Effects, error) {
	all, err := raising(e, prior, near)
	for i := range all {
		all[i].Gust = &mention.Gust{Key: "rule/b", Topic: "delivery", Count: 3, Within: 10 * time.Minute, Channels: []string{"pr"}}
		all[i].Task.CreatedAt, all[i].Task.Channels = e.Mention.CollectedAt, []string{"pr"}
	}
	return all, err
}

func testStorm(t *testing.T, w *world) {
	complain := func(id string) {
		t.Helper()
		m := complaint(id)
		m.CollectedAt, m.Views = w.now, len(id)
		w.add(t, gusty, m)
	}
	complain("1")
	w.now = w.now.Add(11 * time.Minute) // too long ago to count
	complain("2")
	complain("3")
	same(t, "cards of single complaints", len(w.keys(t, "send:")), 3)
	complain("4")
	complain("5 has more views")
	storm := must(w.FindNotice(t.Context(), "storm:1:pr"))(t)
	same(t, "notices of all", len(w.keys(t, "send:")), 4)
	same(t, "the storm's notice is about no task", storm.Task, mention.TaskID(0))
	v := must(w.Storm(t.Context(), 1))(t)
	same(t, "complaints, the ones before among them", len(v.Tasks), 4)
	same(t, "the head", v.Top[0].Mention.ExternalID, "5 has more views")
	same(t, "what it is about", v.Storm.Brand+"/"+v.Storm.Topic, brand+"/delivery")

	check(t, w.MarkSent(t.Context(), storm.ID, mention.Posted{Channel: "C1", Message: "1"}, 0, w.now))
	key := fmt.Sprintf("update:%d", storm.ID)
	same(t, "nothing to update yet", w.keys(t, key), []string(nil))
	w.act(t, v.Tasks[3].ID, mention.Action{Verb: mention.Take, Actor: oleg})
	same(t, "the card follows its tasks", w.keys(t, key), []string{key})

	check(t, w.OwnStorm(t.Context(), 1, anna))
	check(t, w.OwnStorm(t.Context(), 1, anna))
	if err := w.OwnStorm(t.Context(), 1, oleg); !errors.Is(err, mention.ErrRefused) {
		t.Errorf("a second owner: %v, want ErrRefused", err)
	}
	if err := w.OwnStorm(t.Context(), 9, oleg); !errors.Is(err, mention.ErrNotFound) {
		t.Errorf("no such storm: %v, want ErrNotFound", err)
	}
	complain("6")
	v = must(w.Storm(t.Context(), 1))(t)
	same(t, "what comes later is the owner's", v.Tasks[4].Owner, anna)
	w.now = w.now.Add(11 * time.Minute)
	complain("7")
	same(t, "after the storm there are cards again", len(w.keys(t, "send:")), 5)
	same(t, "the storm has ended", len(must(w.Storm(t.Context(), 1))(t).Tasks), 5)
}
