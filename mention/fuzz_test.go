package mention_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"otklik/mention"
)

// FuzzTask_Apply plays any sequence of actions, three bytes each: the verb,
// who acts, and what about. Whatever happens, the task stays consistent.
func FuzzTask_Apply(f *testing.F) {
	f.Add([]byte("\x01\x00\x00\x05\x00\x00\x0c\x00\x00")) // take, answer, confirm
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) > 600 {
			script = script[:600] // two hundred actions reach every state many times
		}
		task := openTask()
		for i := 0; i+2 < len(script); i += 3 {
			a := scripted(script[i], script[i+1], script[i+2], i)
			before := task
			before.Places, before.Fired = slices.Clone(task.Places), slices.Clone(task.Fired)
			next, event, changed, err := task.Apply(a)
			if !reflect.DeepEqual(task, before) {
				t.Fatalf("%s changed the task it was asked of", a.Verb)
			}
			wantLawful(t, task, next, event, a, changed, err)
			task = next
		}
	})
}

// scripted reads an action from three bytes. Some of what they say is
// incomplete or names what does not exist.
func scripted(verb, who, what byte, minute int) mention.Action {
	verbs := append(mention.Verbs(), mention.Raise, "")
	people := []mention.Actor{ann, bob, mention.System, mention.OnSite, {}}
	places := []mention.ID{"", home, "copy", "third", "elsewhere"}
	replies := []mention.Replies{mention.RepliesText, mention.RepliesFlag, mention.RepliesNone}
	words := []string{"", "Приняли.", "Вопрос решён.", " Вопрос  решён. "}
	n := int(what)
	a := action(verbs[int(verb)%len(verbs)], minute)
	a.Actor, a.To = people[int(who)%len(people)], people[n%len(people)]
	a.Mention, a.Reply.Text, a.Text = places[n%len(places)], words[n%len(words)], words[n/4%len(words)]
	a.Place = mention.Place{Mention: places[1+n%4], Source: "irecommend", Replies: replies[n%len(replies)]}
	a.Until = a.At.Add(time.Duration(n-64) * time.Minute)
	a.Step = []string{"", "take_half", "take_due"}[n%3]
	a.Reject = append(mention.Rejects(), "")[n%6]
	return a
}

func wantLawful(t *testing.T, was, is mention.Task, event mention.Event, a mention.Action, changed bool, err error) {
	t.Helper()
	if err != nil && !errors.Is(err, mention.ErrRefused) {
		t.Fatalf("%s: error %v is not a refusal", a.Verb, err)
	}
	if err != nil || !changed {
		if changed || event != (mention.Event{}) || !reflect.DeepEqual(was, is) {
			t.Fatalf("%s: refused or repeated, and yet the task changed from %+v to %+v", a.Verb, was, is)
		}
		return
	}
	switch {
	case is.Version != was.Version+1:
		t.Fatalf("%s: version %d after %d", a.Verb, is.Version, was.Version)
	case event.From != was.State || event.To != is.State || event.Verb != a.Verb:
		t.Fatalf("%s: the event tells %s from %s to %s, not from %s to %s", a.Verb, event.Verb, event.From, event.To, was.State, is.State)
	case was.IsClosed() && !is.IsClosed() && a.Verb != mention.Reopen && a.Verb != mention.Answer:
		t.Fatalf("%s opened a closed task", a.Verb)
	}
	if flaw := flawOf(is); flaw != "" {
		t.Fatalf("%s by %q made a task that %s: %+v", a.Verb, a.Actor.ID, flaw, is)
	}
}

// flawOf names what is inconsistent in a task, "" when nothing is.
func flawOf(task mention.Task) string {
	seen := map[mention.ID]bool{}
	for _, p := range task.Places {
		if seen[p.Mention] {
			return "stands twice at one place"
		}
		seen[p.Mention] = true
	}
	steps := slices.Sorted(slices.Values(task.Fired))
	if len(slices.Compact(steps)) != len(task.Fired) {
		return "fired a step twice"
	}
	owned := task.Owner.ID != ""
	switch {
	case task.State == mention.Open && owned:
		return "is open and has an owner"
	case task.State == mention.Taken && (!owned || task.TakenAt.IsZero()):
		return "is taken by nobody, or never"
	case task.State == mention.Answered && (task.AnsweredAt.IsZero() || task.AnsweredBy.ID == ""):
		return "is answered by nobody, or never"
	case (task.State == mention.Confirmed) != !task.ConfirmedAt.IsZero():
		return "is confirmed without a time, or has a time without being confirmed"
	case (task.State == mention.Dismissed) != (!task.DismissedAt.IsZero() && task.Dismissal != ""):
		return "is dismissed without time and reason, or has them without being dismissed"
	case task.Unverifiable && task.State != mention.Answered:
		return "is believed without being answered"
	case task.IsClosed() && task.NeedsPerson():
		return "is closed and waits for a person"
	case task.IsClosed() && !task.SnoozedUntil.IsZero():
		return "is closed and asleep"
	case task.IsClosed() && !task.DueAt().IsZero():
		return "is closed and due"
	}
	return ""
}
