package replies

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"otklik/mention"
)

// Replier sends answers to one site, signed in as the company. Each error is
// a *mention.RetryError where another try has a rule.
type Replier interface {
	// Send posts an answer, or replaces the one that PriorID names. An error
	// that is InDoubt may stand for an answer that was posted.
	Send(ctx context.Context, o mention.Outgoing) (mention.Receipt, error)
	// Status says what has become of the answer with the site's id, or of the
	// one with o's words when id is empty. It reports mention.ErrNotFound
	// when the site does not have it.
	Status(ctx context.Context, o mention.Outgoing, id string) (mention.Receipt, error)
	// Limits says what the site asks of an answer.
	Limits() mention.ReplyLimits
}

// Letter is an answer on its way to a site, as the task's events tell it.
type Letter struct {
	Mention    mention.ID
	Text       string
	By         mention.Actor
	ApprovedBy mention.Actor
	WrittenAt  time.Time
	// State is the last step: mention.ReplyQueued and so on.
	State  string
	ID     string // the site's, once it has the answer
	URL    string
	Reason string // why it was declined, refused or not sent
	// PriorID is the site's id of our earlier answer, which this one replaces.
	PriorID string
}

// LetterOf returns the last answer that was written to mention id in these
// events, oldest first; false when there is none.
func LetterOf(events []mention.Event, id mention.ID) (Letter, bool) {
	var l Letter
	for _, e := range events {
		if e.Verb == mention.Comment && e.Mention == id && strings.HasPrefix(e.Step, "reply_") {
			l = l.after(e)
		}
	}
	return l, l.State != ""
}

func (l Letter) after(e mention.Event) Letter {
	switch e.Step {
	case mention.ReplyDrafted, mention.ReplyQueued:
		prior := l.PriorID
		if l.ID != "" && l.State != mention.ReplyRefused {
			prior = l.ID
		}
		return Letter{Mention: e.Mention, Text: e.Text, By: e.Actor, WrittenAt: e.At, State: e.Step, PriorID: prior}
	case mention.ReplyApproved:
		l.ApprovedBy, l.State = e.Actor, mention.ReplyQueued
		return l
	case mention.ReplySent, mention.ReplyHeld:
		l.ID, l.URL = e.Ref, e.URL
	default:
		l.Reason = e.Text
	}
	l.State = e.Step
	return l
}

// fits reports what a site's limits forbid of text.
func fits(l mention.ReplyLimits, text string) error {
	if strings.TrimSpace(text) == "" {
		return fmt.Errorf("%w: there are no words to send", mention.ErrRefused)
	}
	if n := utf8.RuneCountInString(text); l.Characters > 0 && n > l.Characters {
		return fmt.Errorf("%w: %d characters, the site takes %d", mention.ErrRefused, n, l.Characters)
	}
	if n := len(text); l.Bytes > 0 && n > l.Bytes {
		return fmt.Errorf("%w: %d bytes, the site takes %d", mention.ErrRefused, n, l.Bytes)
	}
	return nil
}
