package mention_test

import (
	"testing"

	"otklik/mention"
)

func TestLetterOf(t *testing.T) {
	bob := mention.Actor{ID: "slack:U2", Name: "Bob"}
	note := func(step, text, ref string) mention.Event {
		e := mention.Event{Verb: mention.Comment, Actor: ann, At: noon, Mention: "m1", Step: step, Text: text, Ref: ref}
		if step == mention.ReplyApproved {
			e.Actor = bob
		}
		if ref != "" {
			e.URL = "https://site/" + ref
		}
		return e
	}
	written := mention.Letter{Mention: "m1", Text: "Sorry", By: ann, WrittenAt: noon}
	with := func(change func(*mention.Letter)) mention.Letter {
		l := written
		change(&l)
		return l
	}
	tests := []struct {
		name   string
		events []mention.Event
		want   mention.Letter
	}{
		{"nothing was written", []mention.Event{{Verb: mention.Comment, Text: "a note of ours"}, {Verb: mention.Remind, Step: "reply_queued", Mention: "m1"}}, mention.Letter{}},
		{"a draft waits", []mention.Event{note(mention.ReplyDrafted, "Sorry", "")}, with(func(l *mention.Letter) { l.State = mention.ReplyDrafted })},
		{"a second person agreed", []mention.Event{note(mention.ReplyDrafted, "Sorry", ""), note(mention.ReplyApproved, "", "")},
			with(func(l *mention.Letter) { l.State, l.ApprovedBy = mention.ReplyQueued, bob })},
		{"a second person did not", []mention.Event{note(mention.ReplyDrafted, "Sorry", ""), note(mention.ReplyDeclined, "too dry", "")},
			with(func(l *mention.Letter) { l.State, l.Reason = mention.ReplyDeclined, "too dry" })},
		{"the site has it", []mention.Event{note(mention.ReplyQueued, "Sorry", ""), note(mention.ReplySent, "", "9")},
			with(func(l *mention.Letter) { l.State, l.ID, l.URL = mention.ReplySent, "9", "https://site/9" })},
		{"the site refused it after its check", []mention.Event{note(mention.ReplyQueued, "Sorry", ""), note(mention.ReplyHeld, "", "9"), note(mention.ReplyRefused, "links", "")},
			with(func(l *mention.Letter) {
				l.State, l.ID, l.URL, l.Reason = mention.ReplyRefused, "9", "https://site/9", "links"
			})},
		{"an edit replaces what the site has", []mention.Event{note(mention.ReplyQueued, "First", ""), note(mention.ReplySent, "", "9"), note(mention.ReplyQueued, "Sorry", "")},
			with(func(l *mention.Letter) { l.State, l.PriorID = mention.ReplyQueued, "9" })},
		{"an edit that failed still knows what it replaces", []mention.Event{note(mention.ReplyQueued, "First", ""), note(mention.ReplySent, "", "9"), note(mention.ReplyQueued, "Second", ""), note(mention.ReplyFailed, "403", ""), note(mention.ReplyQueued, "Sorry", "")},
			with(func(l *mention.Letter) { l.State, l.PriorID = mention.ReplyQueued, "9" })},
		{"an answer follows what was acknowledged", []mention.Event{{Verb: mention.Comment, Mention: "m1", Step: mention.ReplyQueued, Text: "Accepted", Until: noon}, note(mention.ReplySent, "", "9"), note(mention.ReplyQueued, "Sorry", "")},
			with(func(l *mention.Letter) { l.State, l.PriorID, l.PriorAck = mention.ReplyQueued, "9", true })},
		{"what was refused is not replaced", []mention.Event{note(mention.ReplyQueued, "First", ""), note(mention.ReplyHeld, "", "9"), note(mention.ReplyRefused, "links", ""), note(mention.ReplyQueued, "Sorry", "")},
			with(func(l *mention.Letter) { l.State = mention.ReplyQueued })},
		{"a copy's answer is its own", []mention.Event{note(mention.ReplyQueued, "Sorry", ""), {Verb: mention.Comment, Step: mention.ReplyFailed, Mention: "m2"}},
			with(func(l *mention.Letter) { l.State = mention.ReplyQueued })},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := mention.LetterOf(tt.events, "m1")
			if got != tt.want || ok != (tt.want.State != "") {
				t.Errorf("got  %+v, %v\nwant %+v", got, ok, tt.want)
			}
		})
	}
}
