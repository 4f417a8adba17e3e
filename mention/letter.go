package mention

import (
	"strings"
	"time"
)

// Letter is an answer on its way to a site, as the task's events tell it.
type Letter struct {
	Mention    ID
	Text       string
	By         Actor
	ApprovedBy Actor
	WrittenAt  time.Time
	// Until is the promised time of an acknowledgement; zero for an answer.
	Until time.Time
	// State is the last step: ReplyQueued and so on.
	State  string
	ID     string // the site's, once it has the answer
	URL    string
	Reason string // why it was declined, refused or not sent
	// PriorID is the site's id of our earlier answer, which this one replaces.
	PriorID string
	// PriorAck is set when that one only acknowledged the complaint: where
	// answers stand beside each other it stays, and this one follows it.
	PriorAck bool
}

// LetterOf returns the last answer that was written to mention id in these
// events, oldest first; false when there is none.
func LetterOf(events []Event, id ID) (Letter, bool) {
	var l Letter
	for _, e := range events {
		if e.Verb == Comment && e.Mention == id && strings.HasPrefix(e.Step, "reply_") {
			l = l.after(e)
		}
	}
	return l, l.State != ""
}

func (l Letter) after(e Event) Letter {
	switch e.Step {
	case ReplyDrafted, ReplyQueued:
		next := Letter{Mention: e.Mention, Text: e.Text, By: e.Actor, WrittenAt: e.At, Until: e.Until, State: e.Step, PriorID: l.PriorID, PriorAck: l.PriorAck}
		if l.ID != "" && l.State != ReplyRefused {
			next.PriorID, next.PriorAck = l.ID, !l.Until.IsZero()
		}
		return next
	case ReplyApproved:
		l.ApprovedBy, l.State = e.Actor, ReplyQueued
		return l
	case ReplySent, ReplyHeld:
		l.ID, l.URL = e.Ref, e.URL
	default:
		l.Reason = e.Text
	}
	l.State = e.Step
	return l
}
