package mention

import (
	"time"
)

// TaskID numbers the tasks of one installation; people say "M-1842".
type TaskID int64

// State is where a task stands.
type State string

// The states of a task. "Snoozed" is a time, not a state.
const (
	Open      State = "open"
	Taken     State = "taken"
	Answered  State = "answered"
	Confirmed State = "confirmed"
	Dismissed State = "dismissed"
)

// TaskKind says what the task asks for.
type TaskKind string

// The kinds of tasks.
const (
	Complaint TaskKind = "complaint" // answer in public, within norms
	Thanks    TaskKind = "thanks"    // say thank you, without norms
)

// Replies says what the public page can show of a company's answer.
type Replies string

// What a site's public page shows of replies.
const (
	RepliesText Replies = "text" // the answer itself
	RepliesFlag Replies = "flag" // only that there is one
	RepliesNone Replies = "none" // nothing: an answer cannot be verified there
)

// Actor is a person or a part of the system that acts on a task. The ID begins
// with where the actor is known: "slack:U024BE7LH", "inbox:7", "system", "site".
type Actor struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

// The actors that are not people.
var (
	System = Actor{ID: "system"}
	OnSite = Actor{ID: "site"}
)

// IsPerson reports whether the actor is a person.
func (a Actor) IsPerson() bool { return a.ID != "" && a != System && a.ID != OnSite.ID }

// Place is one public page where the complaint stands: the first is the
// mention itself, the others are its copies.
type Place struct {
	Mention ID        `json:"mention"`
	Source  string    `json:"source"`
	URL     string    `json:"url,omitempty"`
	Replies Replies   `json:"replies,omitempty"`
	SeenAt  time.Time `json:"seen_at,omitzero"` // our answer was visible there
	// WaivedAt is when a person decided that this copy needs no answer.
	WaivedAt time.Time `json:"waived_at,omitzero"`
	ReplyURL string    `json:"reply_url,omitempty"`
	// AckAt is when the reply that passed for the acknowledgement was given there.
	AckAt time.Time `json:"ack_at,omitzero"`
	// SeenReply is the hash of the last official reply seen there; a reply
	// with the same hash never confirms twice.
	SeenReply uint64 `json:"seen_reply,omitempty"`
}

func (p Place) isDone() bool { return !p.SeenAt.IsZero() || !p.WaivedAt.IsZero() }

// Due holds the moments by which a task's norms are to be met. A zero moment
// means that there is no such norm.
type Due struct {
	Take        time.Time `json:"take,omitzero"`
	Acknowledge time.Time `json:"acknowledge,omitzero"`
	Answer      time.Time `json:"answer,omitzero"`
	Visible     time.Time `json:"visible,omitzero"`
}

// Task is the work of answering one complaint, wherever its copies stand.
type Task struct {
	ID      TaskID   `json:"id"`
	Version int      `json:"version"`
	Kind    TaskKind `json:"kind"`
	Brand   string   `json:"brand"`
	Mention ID       `json:"mention"`
	State   State    `json:"state"`
	Rule    string   `json:"rule"`   // routing rule that made it
	Reason  string   `json:"reason"` // why it was raised: negative, conflict, edited, …
	Norm    string   `json:"norm,omitempty"`
	Owner   Actor    `json:"owner,omitzero"`
	Places  []Place  `json:"places"`
	// Channels are those that carry the task's card, the first by routing order.
	Channels []string `json:"channels,omitempty"`
	// Ping names whom to mention when the task presses, in the channels' words.
	Ping []string `json:"ping,omitempty"`
	// Fired are the steps of the norms that have been carried out in this
	// cycle, so that a step repeated after a crash does nothing.
	Fired []string `json:"fired,omitempty"`
	// Storm is the storm whose card stands for the task's own, 0 without.
	Storm int64 `json:"storm,omitempty"`
	// Cycle counts reopenings; norms start anew with each.
	Cycle int `json:"cycle,omitempty"`

	CreatedAt      time.Time `json:"created_at"`
	DeliveredAt    time.Time `json:"delivered_at,omitzero"`
	TakenAt        time.Time `json:"taken_at,omitzero"`
	AcknowledgedAt time.Time `json:"acknowledged_at,omitzero"`
	AckSeenAt      time.Time `json:"ack_seen_at,omitzero"`
	PromisedAt     time.Time `json:"promised_at,omitzero"` // when the customer was told to expect a solution
	AnsweredAt     time.Time `json:"answered_at,omitzero"`
	ConfirmedAt    time.Time `json:"confirmed_at,omitzero"`
	DismissedAt    time.Time `json:"dismissed_at,omitzero"`
	NotVisibleAt   time.Time `json:"not_visible_at,omitzero"` // the claimed answer missed its deadline
	SnoozedUntil   time.Time `json:"snoozed_until,omitzero"`
	EscalatedAt    time.Time `json:"escalated_at,omitzero"`
	RemindedAt     time.Time `json:"reminded_at,omitzero"`
	ReopenedAt     time.Time `json:"reopened_at,omitzero"`

	Due         Due    `json:"due,omitzero"`
	Escalations int    `json:"escalations,omitempty"`
	AnsweredBy  Actor  `json:"answered_by,omitzero"`
	AnswerURL   string `json:"answer_url,omitempty"`
	AnswerText  string `json:"answer_text,omitempty"`
	AckText     string `json:"ack_text,omitempty"` // what the acknowledgement said, as far as we were told
	Note        string `json:"note,omitempty"`
	Dismissal   Reject `json:"dismissal,omitempty"`
	// OnSite is set when the answer was found on the page and nobody had claimed it.
	OnSite bool `json:"on_site,omitempty"`
	// Unverifiable is set on an answered task when every place left shows no
	// replies: the answer is believed.
	Unverifiable bool `json:"unverifiable,omitempty"`
	// Before is the owner before the last reopening, release or reassignment.
	Before Actor `json:"before,omitzero"`
}

// Reject says why a task needs no answer.
type Reject string

// The reasons to dismiss a task.
const (
	NotAboutUs     Reject = "not_about_us"
	NotNegative    Reject = "not_negative"
	NoAnswerNeeded Reject = "no_answer_needed"
	Duplicate      Reject = "duplicate"
	Spam           Reject = "spam"
)

// Rejects lists the reasons in the order in which people are asked.
func Rejects() []Reject {
	return []Reject{NoAnswerNeeded, NotAboutUs, NotNegative, Duplicate, Spam}
}

// IsClosed reports whether nothing more is expected of people or of the crawler.
func (t Task) IsClosed() bool {
	return t.State == Confirmed || t.State == Dismissed || (t.State == Answered && t.Unverifiable)
}

// NeedsPerson reports whether somebody still has to do something.
func (t Task) NeedsPerson() bool {
	return t.State == Open || t.State == Taken || (t.State == Answered && !t.NotVisibleAt.IsZero())
}

// DueAt is the next moment a person is measured by; zero when there is none.
func (t Task) DueAt() time.Time {
	switch {
	case t.State == Open && t.TakenAt.IsZero() && !t.Due.Take.IsZero():
		return t.Due.Take
	case t.State == Open || t.State == Taken:
		if !t.PromisedAt.IsZero() {
			return t.PromisedAt
		}
		return t.Due.Answer
	case t.State == Answered && !t.Unverifiable:
		return t.Due.Visible
	}
	return time.Time{}
}

// Place returns the index of the place of mention id, or -1.
func (t Task) Place(id ID) int {
	for i := range t.Places {
		if t.Places[i].Mention == id {
			return i
		}
	}
	return -1
}

// placesDone reports whether every place has its answer seen or waived.
func (t Task) placesDone() bool {
	for _, p := range t.Places {
		if !p.isDone() {
			return false
		}
	}
	return true
}

// isSeenSomewhere reports whether an answer was seen at any place.
func (t Task) isSeenSomewhere() bool {
	for _, p := range t.Places {
		if !p.SeenAt.IsZero() {
			return true
		}
	}
	return false
}

// unverifiable reports whether no place that still lacks the answer could ever show it.
func (t Task) unverifiable() bool {
	for _, p := range t.Places {
		if !p.isDone() && p.Replies != RepliesNone && !t.isSpent(&p) {
			return false
		}
	}
	return true
}
