package mention_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"otklik/mention"
)

var (
	ann  = mention.Actor{ID: "slack:U01ANN", Name: "Ann"}
	bob  = mention.Actor{ID: "slack:U02BOB", Name: "Bob"}
	noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
)

// home is the place where the complaint of every test stands.
const home mention.ID = "home"

func openTask() mention.Task {
	return mention.Task{
		ID: 1842, Version: 1, Kind: mention.Complaint, Brand: "Ромашка", Mention: home,
		State: mention.Open, Rule: "негатив", Reason: "negative", CreatedAt: noon,
		Places: []mention.Place{{Mention: home, Source: "otzovik", Replies: mention.RepliesText}},
	}
}

// action returns a valid action of the verb by Bob at the given minute.
func action(verb mention.Verb, minute int) mention.Action {
	at := noon.Add(time.Duration(minute) * time.Minute)
	return mention.Action{
		Verb: verb, Actor: bob, At: at, To: bob, Until: at.Add(time.Hour),
		URL: "https://otzovik.example/reply", Text: "what was said", Reject: mention.Spam,
		Due:   mention.Due{Take: at.Add(15 * time.Minute), Answer: at.Add(24 * time.Hour), Visible: at.Add(72 * time.Hour)},
		Place: mention.Place{Mention: "copy", Source: "irecommend", Replies: mention.RepliesText},
		Reply: mention.Reply{Author: "Ромашка", Text: "Вопрос решён."},
	}
}

func mustApply(t *testing.T, task mention.Task, actions ...mention.Action) mention.Task {
	t.Helper()
	for _, a := range actions {
		next, _, changed, err := task.Apply(a)
		if err != nil || !changed {
			t.Fatalf("%s on a task that is %s: changed %v, error %v; want a change", a.Verb, task.State, changed, err)
		}
		task = next
	}
	return task
}

// situations are the states of a task as Apply tells them apart: an answered
// task also differs by whether the answer was found missing or is believed.
func situations(t *testing.T) map[string]mention.Task {
	t.Helper()
	take := action(mention.Take, 1)
	take.Actor = ann
	taken := mustApply(t, openTask(), take)
	answer := action(mention.Answer, 2)
	answer.Actor, answer.Text = ann, "Ann's words"
	answered := mustApply(t, taken, answer)
	mute := taken
	mute.Places = []mention.Place{{Mention: home, Source: "app-store", Replies: mention.RepliesNone}}
	return map[string]mention.Task{
		"open":        openTask(),
		"taken":       taken,
		"answered":    answered,
		"not-visible": mustApply(t, answered, action(mention.Miss, 3)),
		"believed":    mustApply(t, mute, answer),
		"confirmed":   mustApply(t, answered, action(mention.Confirm, 3)),
		"dismissed":   mustApply(t, openTask(), action(mention.Dismiss, 2)),
	}
}

// outcomes states what every verb does in every situation when Bob acts on
// Ann's task: the state after a change, "-" for accepted without a change,
// "refused" otherwise.
const outcomes = `
verb         open       taken      answered   not-visible  believed   confirmed  dismissed
deliver      open       taken      -          -            -          -          -
take         taken      refused    refused    refused      refused    refused    refused
acknowledge  taken      taken      refused    refused      refused    refused    refused
assign       taken      taken      refused    refused      refused    refused    refused
release      -          open       refused    refused      refused    refused    refused
answer       answered   answered   answered   answered     answered   refused    refused
dismiss      dismissed  dismissed  dismissed  dismissed    dismissed  refused    -
snooze       open       taken      refused    refused      refused    refused    refused
wake         -          -          refused    refused      refused    refused    refused
reopen       -          -          open       open         open       open       open
escalate     open       taken      refused    answered     refused    refused    refused
remind       open       taken      refused    answered     refused    refused    refused
confirm      confirmed  confirmed  confirmed  confirmed    confirmed  -          -
miss         -          -          answered   -            -          -          -
join         open       taken      answered   answered     refused    refused    refused
waive        refused    refused    answered   answered     answered   refused    refused
edited       open       taken      answered   answered     answered   confirmed  dismissed
note         open       taken      answered   answered     answered   confirmed  dismissed
raise        refused    refused    refused    refused      refused    refused    refused
`

func TestTask_Apply(t *testing.T) {
	tasks := situations(t)
	lines := strings.Split(strings.TrimSpace(outcomes), "\n")
	names := strings.Fields(lines[0])[1:]
	seen := map[mention.Verb]bool{}
	for _, line := range lines[1:] {
		cells := strings.Fields(line)
		verb := mention.Verb(cells[0])
		seen[verb] = true
		for i, name := range names {
			t.Run(string(verb)+" when "+name, func(t *testing.T) {
				wantOutcome(t, tasks[name], action(verb, 30), cells[1+i])
			})
		}
	}
	for _, verb := range mention.Verbs() {
		if !seen[verb] {
			t.Errorf("the table has no row for %q", verb)
		}
	}
}

func wantOutcome(t *testing.T, task mention.Task, a mention.Action, want string) {
	t.Helper()
	next, event, changed, err := task.Apply(a)
	switch {
	case want == "refused":
		if !errors.Is(err, mention.ErrRefused) {
			t.Fatalf("error %v, want ErrRefused", err)
		}
	case err != nil:
		t.Fatalf("error %v, want %s", err, want)
	}
	if want == "refused" || want == "-" {
		if changed || !reflect.DeepEqual(next, task) || event != (mention.Event{}) {
			t.Fatalf("changed %v, task %+v, event %+v; want everything as it was", changed, next, event)
		}
		return
	}
	if !changed || string(next.State) != want || next.Version != task.Version+1 {
		t.Fatalf("changed %v, state %s, version %d; want true, %s, %d", changed, next.State, next.Version, want, task.Version+1)
	}
	if event.Verb != a.Verb || event.From != task.State || event.To != next.State || event.Actor != a.Actor || !event.At.Equal(a.At) {
		t.Errorf("event %+v does not tell %s by %s from %s to %s", event, a.Verb, a.Actor.Name, task.State, next.State)
	}
}

func TestTask_Apply_refusesIncompleteActions(t *testing.T) {
	edit := func(verb mention.Verb, change func(*mention.Action)) mention.Action {
		a := action(verb, 5)
		change(&a)
		return a
	}
	nobody := func(a *mention.Action) { a.Actor = mention.Actor{} }
	past := func(a *mention.Action) { a.Until = a.At }
	elsewhere := func(a *mention.Action) { a.Mention = "elsewhere" }
	for name, a := range map[string]mention.Action{
		"taking by nobody":                     edit(mention.Take, nobody),
		"acknowledging by nobody":              edit(mention.Acknowledge, nobody),
		"answering by nobody":                  edit(mention.Answer, nobody),
		"acknowledging without a promise":      edit(mention.Acknowledge, func(a *mention.Action) { a.Until = time.Time{} }),
		"a promise for the past":               edit(mention.Acknowledge, past),
		"assigning to nobody":                  edit(mention.Assign, func(a *mention.Action) { a.To = mention.Actor{} }),
		"dismissing without a reason":          edit(mention.Dismiss, func(a *mention.Action) { a.Reject = "" }),
		"dismissing for an unknown reason":     edit(mention.Dismiss, func(a *mention.Action) { a.Reject = "tired" }),
		"sleeping until a moment in the past":  edit(mention.Snooze, past),
		"an empty note":                        edit(mention.Comment, func(a *mention.Action) { a.Text = " \n" }),
		"confirming a place that is not its":   edit(mention.Confirm, elsewhere),
		"waiving a place that is not its":      edit(mention.Waive, elsewhere),
		"a verb that does not exist":           edit("applaud", func(*mention.Action) {}),
		"waiving the only place of a new task": edit(mention.Waive, func(*mention.Action) {}),
	} {
		t.Run(name, func(t *testing.T) { wantOutcome(t, openTask(), a, "refused") })
	}
}

func TestTask_Apply_namesTaskAndVerbWhenItRefuses(t *testing.T) {
	_, _, _, err := situations(t)["taken"].Apply(action(mention.Take, 5))
	const want = "take task M-1842: not allowed in this state: Ann has taken it"
	if err == nil || err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
}

func TestTask_DueAt(t *testing.T) {
	at := func(h int) time.Time { return noon.Add(time.Duration(h) * time.Hour) }
	due := mention.Due{Take: at(1), Answer: at(24), Visible: at(72)}
	tests := map[string]struct {
		task mention.Task
		want time.Time
	}{
		"an open task is due to be taken":             {mention.Task{State: mention.Open, Due: due}, at(1)},
		"without a norm for taking, to be answered":   {mention.Task{State: mention.Open, Due: mention.Due{Answer: at(24)}}, at(24)},
		"a released task keeps the norm of answering": {mention.Task{State: mention.Open, TakenAt: at(0), Due: due}, at(24)},
		"a taken task is due to be answered":          {mention.Task{State: mention.Taken, TakenAt: at(0), Due: due}, at(24)},
		"a promise replaces the norm of answering":    {mention.Task{State: mention.Taken, PromisedAt: at(3), Due: due}, at(3)},
		"an answered task is due to be visible":       {mention.Task{State: mention.Answered, Due: due}, at(72)},
		"a believed answer is due for nothing":        {mention.Task{State: mention.Answered, Unverifiable: true, Due: due}, time.Time{}},
		"a confirmed task is due for nothing":         {mention.Task{State: mention.Confirmed, Due: due}, time.Time{}},
		"a dismissed task is due for nothing":         {mention.Task{State: mention.Dismissed, Due: due}, time.Time{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tt.task.DueAt(); !got.Equal(tt.want) {
				t.Errorf("due at %v, want %v", got, tt.want)
			}
		})
	}
}

func TestTask_knowsWhetherItIsClosedAndWhoIsWaitedFor(t *testing.T) {
	type answer struct{ closed, person bool }
	want := map[string]answer{
		"open":        {closed: false, person: true},
		"taken":       {closed: false, person: true},
		"answered":    {closed: false, person: false},
		"not-visible": {closed: false, person: true},
		"believed":    {closed: true, person: false},
		"confirmed":   {closed: true, person: false},
		"dismissed":   {closed: true, person: false},
	}
	got := map[string]answer{}
	for name, task := range situations(t) {
		got[name] = answer{closed: task.IsClosed(), person: task.NeedsPerson()}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestTask_Raised(t *testing.T) {
	want := mention.Event{Task: 1842, Verb: mention.Raise, Actor: mention.System, At: noon, To: mention.Open, Text: "negative"}
	if got := openTask().Raised(); got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestActor_IsPerson(t *testing.T) {
	for actor, want := range map[mention.Actor]bool{ann: true, mention.System: false, mention.OnSite: false, {}: false} {
		if got := actor.IsPerson(); got != want {
			t.Errorf("%+v: got %v, want %v", actor, got, want)
		}
	}
}

// wantSame compares whole tasks as people read them.
func wantSame(t *testing.T, got, want mention.Task) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
