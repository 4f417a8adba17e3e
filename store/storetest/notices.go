package storetest

import (
	"errors"
	"testing"
	"time"

	"otklik/mention"
)

func testNoticeOnce(t *testing.T, w *world) {
	n := mention.Notice{Kind: mention.OpsNotice, Channel: "ops", Source: "otzovik-1", Subject: "episode 1", Key: "ops:1",
		Ping: []string{"@here"}, At: start.Add(time.Hour)}
	for range 2 {
		check(t, w.Apply(t.Context(), mention.Effects{Notices: []mention.Notice{n}}))
	}
	same(t, "jobs", w.keys(t, "send:"), []string{"send:1"})
	n.ID, n.State, n.CreatedAt = 1, mention.Queued, start
	same(t, "notice", must(w.Notice(t.Context(), 1))(t), n)
	same(t, "due", must(w.NextDue(t.Context(), []string{mention.SendJob}))(t), n.At)
	if err := w.Apply(t.Context(), mention.Effects{Notices: []mention.Notice{{Kind: mention.OpsNotice}}}); err == nil {
		t.Error("a notice without a key was written")
	}
	if _, err := w.Notice(t.Context(), 999); !errors.Is(err, mention.ErrNotFound) {
		t.Errorf("no notice: %v, want ErrNotFound", err)
	}
}

func testNoticeWay(t *testing.T, w *world) {
	task := w.raised(t, "1")
	job := w.leaseOne(t, mention.SendJob)
	stale := job
	stale.Attempt--
	if err := w.MarkSending(t.Context(), 1, stale); !errors.Is(err, mention.ErrConflict) {
		t.Errorf("sending with a lost lease: %v, want ErrConflict", err)
	}
	check(t, w.MarkSending(t.Context(), 1, job))
	same(t, "state", must(w.Notice(t.Context(), 1))(t).State, mention.Sending)

	place := mention.Posted{Channel: "C1", Message: "1700.1", Permalink: "https://slack.example/p1"}
	delivered, event, _, err := task.Apply(mention.Action{Verb: mention.Deliver, Actor: mention.System, At: w.now,
		Due: mention.Due{Take: w.now.Add(15 * time.Minute)}})
	check(t, err)
	check(t, w.MarkSent(t.Context(), 1, place, task.Version, w.now.Add(time.Second),
		mention.Effects{Task: &delivered, Was: task.Version, Events: []mention.Event{event}, Retime: true,
			Timers: []mention.Timer{{Step: "take_due", At: delivered.Due.Take}}}))
	n := must(w.Notice(t.Context(), 1))(t)
	same(t, "notice", []any{n.State, n.Place, n.Shown, n.SentAt}, []any{mention.Sent, place, 1, w.now.Add(time.Second)})
	same(t, "the delivery shows on the card", w.keys(t, "update:"), []string{"update:1"})
	same(t, "timers", w.keys(t, "timer:"), []string{"timer:1:take_due"})

	update := w.leaseOne(t, mention.UpdateJob)
	check(t, w.MarkShown(t.Context(), 1, delivered.Version))
	check(t, w.MarkShown(t.Context(), 1, 1)) // a slow older update
	check(t, w.Finish(t.Context(), update))
	same(t, "shown", must(w.Notice(t.Context(), 1))(t).Shown, delivered.Version)
	if err := w.MarkSending(t.Context(), 1, job); !errors.Is(err, mention.ErrConflict) {
		t.Errorf("sending what was sent: %v, want ErrConflict", err)
	}
	check(t, w.MarkSent(t.Context(), 1, place, delivered.Version, w.now))
	same(t, "nothing to catch up with", w.keys(t, "update:"), []string(nil))
	check(t, w.MarkSent(t.Context(), 1, place, 1, w.now))
	same(t, "an old version is caught up with", w.keys(t, "update:"), []string{"update:1"})
	if err := w.MarkSent(t.Context(), 999, place, 1, w.now); !errors.Is(err, mention.ErrNotFound) {
		t.Errorf("no notice sent: %v, want ErrNotFound", err)
	}
}

func testRejected(t *testing.T, w *world) {
	w.raised(t, "1")
	check(t, w.MarkRejected(t.Context(), 1, "channel_is_archived", mention.Effects{Notices: []mention.Notice{
		{Kind: mention.CardNotice, Channel: "mail", Task: 1, Key: "card:1:mail", Fallback: "pr"}}}))
	list := must(w.RejectedNotices(t.Context(), 10))(t)
	if len(list) != 1 || list[0].State != mention.Rejected || list[0].LastError != "channel_is_archived" {
		t.Errorf("rejected: %+v", list)
	}
	same(t, "jobs", w.keys(t, "send:"), []string{"send:1", "send:2"})
	same(t, "fallback", must(w.FindNotice(t.Context(), "card:1:mail"))(t).Fallback, "pr")
}
