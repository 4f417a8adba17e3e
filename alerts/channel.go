package alerts

import (
	"context"
	"errors"
	"time"

	"otklik/mention"
)

// ErrCannotFind is reported by Find of channels that cannot be searched.
var ErrCannotFind = errors.New("the channel cannot be searched")

// ErrGone is reported by Update when the message no longer exists.
var ErrGone = errors.New("the message is gone")

// ErrNoUpdate is reported by Update of channels whose messages cannot change.
var ErrNoUpdate = errors.New("messages of the channel cannot be changed")

// Channel is a place where people read alerts. Failures are told as
// *mention.RetryError: Final when the channel refuses the message for good,
// After when it says how long to wait, InDoubt when the message may have been
// posted all the same. Errors never carry tokens. Methods are safe for
// concurrent use.
type Channel interface {
	// Post shows m as a new message and says where it landed.
	Post(ctx context.Context, m Message) (mention.Posted, error)
	// Update brings the message at p up to date with m. Repeating it is harmless.
	Update(ctx context.Context, p mention.Posted, m Message) error
	// Find looks for a message that was posted with m's notice key since the
	// notice was made; ErrCannotFind where that is impossible.
	Find(ctx context.Context, m Message) (mention.Posted, bool, error)
}

// Message is what a channel renders: a notice with the rows it is about, as
// they are at the moment of sending.
type Message struct {
	Notice mention.Notice
	View   mention.View   // of notices about a task
	Source mention.Source // of notices about a source
	Seeded Seeded         // of the summary of a first run
	Digest mention.Digest // of digests, storms and spikes
	Storm  mention.StormView
	// IsOver is set when the storm has ended.
	IsOver bool
	// Thread is the task's card in the same channel, under which history,
	// reminders and escalations stand; zero when there is none.
	Thread mention.Posted
	// Titles gives what people call the sites that the message speaks of.
	Titles map[string]string
	// Missed counts the messages that went to the channel Instead while this one refused them;
	// it is told once.
	Missed  int
	Instead string
	// Repeated is set when the message may have been posted before and the
	// channel cannot be searched.
	Repeated bool
	// At is the moment of rendering.
	At time.Time
}

// Event returns the event of the timeline that the notice tells, and whether
// it is still there.
func (m Message) Event() (mention.Event, bool) {
	for _, e := range m.View.Events {
		if e.ID == m.Notice.Event && e.ID != 0 {
			return e, true
		}
	}
	return mention.Event{}, false
}

// Site returns what people call site.
func (m Message) Site(site string) string {
	if title := m.Titles[site]; title != "" {
		return title
	}
	return site
}

// Seeded sums up the silent first run of a source.
type Seeded struct {
	Known      int // mentions archived
	Alerted    int // tasks made
	Unanswered int // negative and without a reply, published within the last seven days
}
