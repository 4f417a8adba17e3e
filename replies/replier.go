package replies

import (
	"context"
	"fmt"
	"strings"
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
