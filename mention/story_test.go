package mention_test

import (
	"errors"
	"testing"
	"time"

	"otklik/mention"
)

// by returns the action done by somebody else than Bob.
func by(who mention.Actor, a mention.Action) mention.Action {
	a.Actor = who
	return a
}

// seen is what the crawler reports when a reply stands on the page of id.
func seen(id mention.ID, minute int, words string) mention.Action {
	a := action(mention.Confirm, minute)
	a.Actor, a.Mention, a.Text = mention.System, id, ""
	a.Reply = mention.Reply{Author: "Ромашка", Text: words}
	return a
}

func wantUnchanged(t *testing.T, task mention.Task, a mention.Action) {
	t.Helper()
	if _, _, changed, err := task.Apply(a); changed || err != nil {
		t.Errorf("%s on a task that is %s: changed %v, error %v; want it accepted without a change", a.Verb, task.State, changed, err)
	}
}

func wantState(t *testing.T, task mention.Task, want mention.State) {
	t.Helper()
	if task.State != want {
		t.Errorf("the task is %s, want %s", task.State, want)
	}
}

func TestTask_repeatedClicks(t *testing.T) {
	t.Run("the second click of the same person changes nothing", func(t *testing.T) {
		tests := map[mention.Verb]mention.Task{
			mention.Take: openTask(), mention.Acknowledge: openTask(), mention.Assign: openTask(),
			mention.Answer: openTask(), mention.Dismiss: openTask(), mention.Snooze: openTask(),
			mention.Deliver: openTask(), mention.Join: openTask(),
			mention.Release: mustApply(t, openTask(), action(mention.Take, 1)),
		}
		for verb, task := range tests {
			once := action(verb, 5)
			wantUnchanged(t, mustApply(t, task, once), once)
		}
	})
	t.Run("the late delivery of a click keeps the time of the first", func(t *testing.T) {
		task := mustApply(t, openTask(), action(mention.Take, 1))
		next, _, _, err := task.Apply(action(mention.Take, 9))
		if err != nil || !next.TakenAt.Equal(noon.Add(time.Minute)) {
			t.Errorf("taken at %v, error %v; want the first minute", next.TakenAt, err)
		}
	})
	t.Run("a new link replaces the one that was given", func(t *testing.T) {
		second := action(mention.Answer, 6)
		second.URL = "https://otzovik.example/other"
		task := mustApply(t, openTask(), action(mention.Answer, 5), second)
		if task.AnswerURL != second.URL {
			t.Errorf("link %s, want %s", task.AnswerURL, second.URL)
		}
	})
}

func TestTask_owners(t *testing.T) {
	t.Run("who loses the race is told who won", func(t *testing.T) {
		task := mustApply(t, openTask(), by(ann, action(mention.Take, 1)))
		next, _, _, err := task.Apply(action(mention.Take, 1))
		if !errors.Is(err, mention.ErrRefused) || next.Owner != ann {
			t.Errorf("owner %v, error %v; want Ann and ErrRefused", next.Owner, err)
		}
	})
	t.Run("releasing and taking again does not buy another quarter of an hour", func(t *testing.T) {
		task := mustApply(t, openTask(), by(ann, action(mention.Take, 1)), action(mention.Release, 2), action(mention.Take, 40))
		if !task.TakenAt.Equal(noon.Add(time.Minute)) || task.Owner != bob || task.Before != ann {
			t.Errorf("taken at %v by %v after %v; want the first minute, Bob, Ann", task.TakenAt, task.Owner, task.Before)
		}
	})
	t.Run("assigning a released task remembers who had it", func(t *testing.T) {
		task := mustApply(t, openTask(), by(ann, action(mention.Take, 1)), action(mention.Release, 2), action(mention.Assign, 3))
		if task.Before != ann || task.Owner != bob {
			t.Errorf("%v after %v, want Bob after Ann", task.Owner, task.Before)
		}
	})
	t.Run("reassigning remembers who had it", func(t *testing.T) {
		task := mustApply(t, openTask(), by(ann, action(mention.Take, 1)), action(mention.Assign, 3))
		if task.Before != ann || task.Owner != bob || !task.TakenAt.Equal(noon.Add(time.Minute)) {
			t.Errorf("%v after %v, taken at %v; want Bob after Ann, 12:01", task.Owner, task.Before, task.TakenAt)
		}
	})
	t.Run("a dismissed task keeps its reason", func(t *testing.T) {
		other := action(mention.Dismiss, 3)
		other.Reject = mention.NotAboutUs
		wantOutcome(t, mustApply(t, openTask(), action(mention.Dismiss, 2)), other, "refused")
	})
	t.Run("taking wakes a snoozed task", func(t *testing.T) {
		task := mustApply(t, openTask(), action(mention.Snooze, 1), action(mention.Take, 2))
		if !task.SnoozedUntil.IsZero() {
			t.Errorf("snoozed until %v, want awake", task.SnoozedUntil)
		}
	})
	t.Run("an answer credits its author and leaves the owner", func(t *testing.T) {
		task := mustApply(t, openTask(), by(ann, action(mention.Take, 1)), action(mention.Answer, 2))
		if task.Owner != ann || task.AnsweredBy != bob {
			t.Errorf("owner %v, answered by %v; want Ann, Bob", task.Owner, task.AnsweredBy)
		}
	})
}

func TestTask_norms(t *testing.T) {
	t.Run("norms count from the first delivery", func(t *testing.T) {
		task := mustApply(t, openTask(), action(mention.Deliver, 10))
		wantUnchanged(t, task, action(mention.Deliver, 50))
		if want := noon.Add(25 * time.Minute); !task.DueAt().Equal(want) {
			t.Errorf("due at %v, want %v", task.DueAt(), want)
		}
	})
	t.Run("a new promise moves the date and keeps when the customer was first told", func(t *testing.T) {
		later := action(mention.Acknowledge, 30)
		task := mustApply(t, openTask(), action(mention.Acknowledge, 5), later)
		if !task.AcknowledgedAt.Equal(noon.Add(5*time.Minute)) || !task.DueAt().Equal(later.Until) {
			t.Errorf("acknowledged at %v, due at %v; want 12:05 and %v", task.AcknowledgedAt, task.DueAt(), later.Until)
		}
	})
	t.Run("every escalation is counted", func(t *testing.T) {
		task := mustApply(t, openTask(), action(mention.Escalate, 8), action(mention.Remind, 10), action(mention.Escalate, 15))
		if task.Escalations != 2 || !task.EscalatedAt.Equal(noon.Add(15*time.Minute)) || !task.RemindedAt.Equal(noon.Add(10*time.Minute)) {
			t.Errorf("%d escalations, the last at %v, reminded at %v; want 2, 12:15, 12:10", task.Escalations, task.EscalatedAt, task.RemindedAt)
		}
	})
	t.Run("a step of the norms fires once, and so do the earlier ones it stands for", func(t *testing.T) {
		late := action(mention.Escalate, 60)
		late.Step, late.Passed = "take_due", []string{"take_half", "take_soon"}
		task := mustApply(t, openTask(), late)
		for _, step := range []string{"take_half", "take_soon", "take_due"} {
			again := action(mention.Remind, 61)
			again.Step = step
			wantUnchanged(t, task, again)
		}
		next := action(mention.Escalate, 90)
		next.Step = "answer_half"
		mustApply(t, task, next)
	})
	t.Run("every step fires anew after a reopening", func(t *testing.T) {
		step := action(mention.Remind, 5)
		step.Step = "take_half"
		mustApply(t, openTask(), step, action(mention.Answer, 6), action(mention.Reopen, 60), step)
	})
	t.Run("a snooze without deadlines leaves those that are", func(t *testing.T) {
		snooze := action(mention.Snooze, 20)
		snooze.Due = mention.Due{}
		task := mustApply(t, openTask(), action(mention.Deliver, 10), snooze)
		if want := noon.Add(25 * time.Minute); !task.DueAt().Equal(want) {
			t.Errorf("due at %v, want %v", task.DueAt(), want)
		}
	})
	t.Run("a snooze moves the deadlines it names", func(t *testing.T) {
		snooze := action(mention.Snooze, 20)
		task := mustApply(t, openTask(), action(mention.Deliver, 10), snooze)
		if task.Due != snooze.Due {
			t.Errorf("due %+v, want %+v", task.Due, snooze.Due)
		}
	})
	t.Run("a snoozed task wakes once", func(t *testing.T) {
		task := mustApply(t, openTask(), action(mention.Snooze, 1), action(mention.Wake, 60))
		wantUnchanged(t, task, action(mention.Wake, 61))
	})
}

func TestTask_acknowledgement(t *testing.T) {
	promised := mustApply(t, openTask(), action(mention.Acknowledge, 5))
	accepted := mustApply(t, promised, seen(home, 20, "Приняли, решим к пятнице."))
	t.Run("an acknowledgement on the page does not close the task", func(t *testing.T) {
		wantState(t, accepted, mention.Taken)
		if accepted.AckSeenAt.IsZero() || !accepted.AnsweredAt.IsZero() {
			t.Errorf("seen at %v, answered at %v; want it seen and not answered", accepted.AckSeenAt, accepted.AnsweredAt)
		}
	})
	t.Run("seeing it again changes nothing, whatever the white space", func(t *testing.T) {
		wantUnchanged(t, accepted, seen(home, 40, " Приняли,\n решим к пятнице. "))
	})
	t.Run("it does not confirm the answer that is claimed later", func(t *testing.T) {
		answered := mustApply(t, accepted, action(mention.Answer, 50))
		wantUnchanged(t, answered, seen(home, 60, "Приняли, решим к пятнице."))
		wantState(t, mustApply(t, answered, seen(home, 70, "Деньги вернули.")), mention.Confirmed)
	})
	t.Run("a later different reply closes the task as answered on the site", func(t *testing.T) {
		task := mustApply(t, accepted, seen(home, 60, "Деньги вернули."))
		wantState(t, task, mention.Confirmed)
		if !task.OnSite || task.AnsweredBy != mention.OnSite {
			t.Errorf("on site %v, answered by %v; want it credited to the site", task.OnSite, task.AnsweredBy)
		}
	})
	t.Run("after the answer is claimed, the first reply on the page is the answer", func(t *testing.T) {
		wantState(t, mustApply(t, promised, action(mention.Answer, 10), seen(home, 20, "Деньги вернули.")), mention.Confirmed)
	})
}

func TestTask_reopenedByEdit(t *testing.T) {
	confirmed := mustApply(t, openTask(), action(mention.Deliver, 1), action(mention.Remind, 1), action(mention.Escalate, 1),
		action(mention.Acknowledge, 2), seen(home, 2, "Приняли."), action(mention.Answer, 3), seen(home, 4, "Извините нас."))
	edit := action(mention.Reopen, 60)
	edit.Due = mention.Due{Take: edit.At.Add(15 * time.Minute)}
	reopened := mustApply(t, confirmed, by(mention.System, edit))
	t.Run("it starts anew and remembers who had it", func(t *testing.T) {
		want := openTask() // nothing else of the former cycle is left
		want.Version, want.Cycle = reopened.Version, 1
		want.DeliveredAt, want.ReopenedAt, want.Due, want.Before = noon.Add(time.Minute), edit.At, edit.Due, bob
		want.Places[0].SeenReply = confirmed.Places[0].SeenReply
		wantSame(t, reopened, want)
	})
	t.Run("the reply to the former words never confirms", func(t *testing.T) {
		answered := mustApply(t, reopened, action(mention.Take, 61), action(mention.Answer, 70))
		wantUnchanged(t, answered, seen(home, 80, "Извините нас."))
		wantState(t, mustApply(t, answered, seen(home, 90, "Исправили и это.")), mention.Confirmed)
	})
	t.Run("a place that was waived is asked for again", func(t *testing.T) {
		waived := mustApply(t, openTask(), action(mention.Answer, 1), action(mention.Waive, 2), edit, action(mention.Answer, 65))
		if waived.IsClosed() {
			t.Errorf("the task is closed, want it to wait for the new answer to be seen")
		}
	})
	t.Run("where the page only flags that there is an answer, its date tells a new one", func(t *testing.T) {
		flag := seen(home, 5, "")
		flag.Reply.PublishedAt = noon
		task := mustApply(t, openTask(), flag, edit)
		wantUnchanged(t, task, flag)
		flag.Reply.PublishedAt = noon.Add(time.Hour)
		wantState(t, mustApply(t, task, flag), mention.Confirmed)
	})
}

func TestTask_copies(t *testing.T) {
	both := mustApply(t, openTask(), action(mention.Join, 1))
	t.Run("the task closes when each copy is answered", func(t *testing.T) {
		half := mustApply(t, both, action(mention.Answer, 5), seen(home, 6, "Вопрос решён."))
		wantState(t, half, mention.Answered)
		wantUnchanged(t, half, seen(home, 7, "Вопрос решён."))
		wantState(t, mustApply(t, half, seen("copy", 8, "Вопрос решён.")), mention.Confirmed)
	})
	t.Run("an answer nobody claimed leaves the other copies to the owner", func(t *testing.T) {
		half := mustApply(t, both, action(mention.Take, 5), seen(home, 6, "Вопрос решён."))
		wantState(t, half, mention.Taken)
		if !half.OnSite || half.AnswerURL == "" || half.Unverifiable {
			t.Errorf("on site %v, link %q, believed %v; want the site's answer on record, not believed", half.OnSite, half.AnswerURL, half.Unverifiable)
		}
	})
	t.Run("an answered task waits for the copies that can show the answer", func(t *testing.T) {
		half := mustApply(t, both, action(mention.Answer, 5), action(mention.Miss, 6), seen(home, 7, "Вопрос решён."))
		if half.IsClosed() || half.NeedsPerson() {
			t.Errorf("closed %v, needs a person %v; want neither: one of the answers has come", half.IsClosed(), half.NeedsPerson())
		}
	})
	t.Run("an answer nobody claimed is not believed where it cannot be seen", func(t *testing.T) {
		join := action(mention.Join, 1)
		join.Place.Replies = mention.RepliesNone
		half := mustApply(t, openTask(), join, action(mention.Take, 5), seen(home, 6, "Вопрос решён."))
		if half.Unverifiable || !half.NeedsPerson() {
			t.Errorf("believed %v, needs a person %v; want its owner to answer the copy", half.Unverifiable, half.NeedsPerson())
		}
	})
	t.Run("the timeline quotes the reply that was seen", func(t *testing.T) {
		if _, event, _, err := both.Apply(seen(home, 6, "Вопрос решён.")); err != nil || event.Text != "Вопрос решён." {
			t.Errorf("text %q, error %v; want the reply's", event.Text, err)
		}
	})
	t.Run("the timeline keeps what people wrote", func(t *testing.T) {
		if _, event, _, err := both.Apply(action(mention.Comment, 6)); err != nil || event.Text != "what was said" {
			t.Errorf("text %q, error %v; want the note's", event.Text, err)
		}
	})
	t.Run("waiving the last copy closes an answered task", func(t *testing.T) {
		waive := action(mention.Waive, 9)
		waive.Mention = "copy"
		task := mustApply(t, both, action(mention.Answer, 5), seen(home, 6, "Вопрос решён."), waive)
		wantState(t, task, mention.Confirmed)
		wantUnchanged(t, task, seen("copy", 10, "Вопрос решён."))
	})
	t.Run("a copy is waived once", func(t *testing.T) {
		waive := action(mention.Waive, 9)
		waive.Mention = "copy"
		task := mustApply(t, both, waive)
		wantState(t, task, mention.Open)
		wantUnchanged(t, task, waive)
	})
	t.Run("the timeline names the site of what was waived or seen", func(t *testing.T) {
		for _, a := range []mention.Action{seen("copy", 6, "Вопрос решён."), {Verb: mention.Waive, Actor: bob, At: noon, Mention: "copy"}} {
			if _, event, _, err := both.Apply(a); err != nil || event.Source != "irecommend" {
				t.Errorf("%s: source %q, error %v; want irecommend", a.Verb, event.Source, err)
			}
		}
	})
	t.Run("waivers alone confirm nothing", func(t *testing.T) {
		task := mustApply(t, openTask(), action(mention.Answer, 5), action(mention.Waive, 6))
		if task.State != mention.Answered || !task.IsClosed() || task.NeedsPerson() {
			t.Errorf("%s, closed %v; want answered and closed as not verified", task.State, task.IsClosed())
		}
	})
	t.Run("a task is not changed through the places of its successor", func(t *testing.T) {
		before := both.Places[0]
		mustApply(t, both, seen(home, 6, "Вопрос решён."))
		if both.Places[0] != before {
			t.Errorf("got %+v, want %+v", both.Places[0], before)
		}
	})
}

func TestTask_answersThatCannotBeSeen(t *testing.T) {
	mute := openTask()
	mute.Places[0].Replies = mention.RepliesNone
	t.Run("an answer where the site shows none is believed and never missed", func(t *testing.T) {
		task := mustApply(t, mute, action(mention.Answer, 5))
		if !task.Unverifiable || !task.IsClosed() {
			t.Errorf("believed %v, closed %v; want both", task.Unverifiable, task.IsClosed())
		}
		wantUnchanged(t, task, action(mention.Miss, 6))
	})
	t.Run("with a copy that shows replies the answer there is waited for", func(t *testing.T) {
		task := mustApply(t, mute, action(mention.Join, 1), action(mention.Answer, 5))
		if task.IsClosed() {
			t.Fatal("closed before the copy was seen")
		}
		task = mustApply(t, task, seen("copy", 9, "Вопрос решён."))
		if task.State != mention.Answered || !task.Unverifiable {
			t.Errorf("%s, believed %v; want answered and believed", task.State, task.Unverifiable)
		}
	})
	t.Run("waiving the copy that could show the answer leaves it believed, not missed", func(t *testing.T) {
		waive := action(mention.Waive, 9)
		waive.Mention = "copy"
		task := mustApply(t, mute, action(mention.Join, 1), action(mention.Answer, 5), action(mention.Miss, 8), waive)
		if !task.IsClosed() || task.NeedsPerson() {
			t.Errorf("closed %v, needs a person %v; want closed", task.IsClosed(), task.NeedsPerson())
		}
	})
	t.Run("an answer that appears after all is confirmed, not believed", func(t *testing.T) {
		task := mustApply(t, mute, action(mention.Answer, 5), seen(home, 9, "Вопрос решён."))
		if task.State != mention.Confirmed || task.Unverifiable {
			t.Errorf("%s, believed %v; want confirmed", task.State, task.Unverifiable)
		}
	})
	t.Run("an answer that is not visible needs a person until it is seen", func(t *testing.T) {
		missed := mustApply(t, openTask(), action(mention.Answer, 5), action(mention.Miss, 90))
		if !missed.NeedsPerson() {
			t.Error("nobody is asked to look why the answer is not visible")
		}
		task := mustApply(t, missed, seen(home, 120, "Вопрос решён."))
		wantState(t, task, mention.Confirmed)
		if !task.NotVisibleAt.IsZero() {
			t.Errorf("not visible since %v, want it cleared", task.NotVisibleAt)
		}
	})
	t.Run("claiming the answer again gives it a new deadline", func(t *testing.T) {
		again := action(mention.Answer, 100)
		task := mustApply(t, openTask(), action(mention.Answer, 5), action(mention.Miss, 90), again)
		if task.NeedsPerson() || !task.DueAt().Equal(again.Due.Visible) {
			t.Errorf("needs a person %v, due at %v; want no, %v", task.NeedsPerson(), task.DueAt(), again.Due.Visible)
		}
	})
}

// told is an acknowledgement whose words we know, and said the claim of an
// answer with its words.
func told(minute int, words string) mention.Action {
	a := action(mention.Acknowledge, minute)
	a.Until, a.Text = noon.Add(48*time.Hour), words
	return a
}

func said(minute int, words string) mention.Action {
	a := action(mention.Answer, minute)
	a.Text = words
	return a
}

func TestTask_acknowledgementOrAnswer(t *testing.T) {
	const accepted, solved = "Приняли, решим к пятнице.", "Деньги вернули, извините за задержку."
	both := mustApply(t, openTask(), action(mention.Join, 1))
	for name, tt := range map[string]struct {
		start   mention.Task
		actions []mention.Action
		last    mention.Action
		want    mention.State
		changes bool
	}{
		"the answer seen before it was claimed, by its words": {openTask(),
			[]mention.Action{told(5, accepted), seen(home, 6, solved), said(500, solved)}, seen(home, 505, solved), mention.Confirmed, true},
		"the answer seen before it was claimed, by its time": {openTask(),
			[]mention.Action{told(5, ""), seen(home, 480, solved), said(500, "")}, seen(home, 505, solved), mention.Confirmed, true},
		"the acknowledgement seen late, by its words": {openTask(),
			[]mention.Action{told(5, accepted), seen(home, 480, "Здравствуйте! "+accepted), said(500, "")}, seen(home, 505, "Здравствуйте! "+accepted), mention.Answered, false},
		"the acknowledgement seen soon, by its time": {openTask(),
			[]mention.Action{told(5, ""), seen(home, 20, accepted), said(500, "")}, seen(home, 505, accepted), mention.Answered, false},
		"the acknowledgement first seen after the answer was claimed": {openTask(),
			[]mention.Action{told(5, accepted), said(8, solved)}, seen(home, 9, accepted), mention.Answered, true},
		"the answer after that": {openTask(),
			[]mention.Action{told(5, accepted), said(8, solved), seen(home, 9, accepted)}, seen(home, 20, solved), mention.Confirmed, true},
		"the acknowledgement at the copy too": {both,
			[]mention.Action{told(5, ""), seen(home, 9, accepted)}, seen("copy", 12, accepted), mention.Taken, true},
		"the answers at both": {both,
			[]mention.Action{told(5, ""), seen(home, 9, accepted), seen("copy", 12, accepted), said(90, ""), seen(home, 99, solved)}, seen("copy", 99, solved), mention.Confirmed, true},
	} {
		t.Run(name, func(t *testing.T) {
			task := mustApply(t, tt.start, tt.actions...)
			if !tt.changes {
				wantUnchanged(t, task, tt.last)
			} else {
				task = mustApply(t, task, tt.last)
			}
			wantState(t, task, tt.want)
		})
	}
	t.Run("the timeline tells which it was", func(t *testing.T) {
		promised := mustApply(t, openTask(), told(5, accepted))
		_, ack, _, _ := promised.Apply(seen(home, 6, accepted))
		_, answer, _, _ := mustApply(t, promised, seen(home, 6, accepted)).Apply(seen(home, 60, solved))
		if !ack.Ack || answer.Ack {
			t.Errorf("acknowledgement %v, answer %v; want true, false", ack.Ack, answer.Ack)
		}
	})
}

func TestTask_undatedFlag(t *testing.T) {
	flagged := openTask()
	flagged.Places[0].Replies = mention.RepliesFlag
	t.Run("a flag that the acknowledgement used up verifies no answer", func(t *testing.T) {
		task := mustApply(t, flagged, told(5, ""), seen(home, 6, ""), said(500, ""))
		if !task.Unverifiable || !task.IsClosed() {
			t.Errorf("believed %v, closed %v; want both", task.Unverifiable, task.IsClosed())
		}
	})
	t.Run("a flag that came with the answer confirms it", func(t *testing.T) {
		task := mustApply(t, flagged, told(5, ""), seen(home, 490, ""), said(500, ""))
		wantState(t, mustApply(t, task, seen(home, 510, "")), mention.Confirmed)
	})
	t.Run("a flag of the former cycle verifies nothing", func(t *testing.T) {
		task := mustApply(t, flagged, said(5, ""), seen(home, 6, ""), action(mention.Reopen, 60), said(90, ""))
		if !task.Unverifiable || task.State != mention.Answered {
			t.Errorf("%s, believed %v; want answered and believed", task.State, task.Unverifiable)
		}
	})
}

func TestTask_secondPromise(t *testing.T) {
	due := action(mention.Escalate, 70)
	due.Step = mention.PromiseDue
	again := told(80, "")
	again.Until = noon.Add(72 * time.Hour)
	task := mustApply(t, openTask(), told(5, ""), due, again)
	if len(task.Fired) > 0 || !task.PromisedAt.Equal(again.Until) {
		t.Errorf("fired %v, promised at %v; want the new promise to be measured", task.Fired, task.PromisedAt)
	}
}
