package mention

import "time"

// Request is a letter to a customer who is to be asked for a rating after a
// closed deal, or thanked for feedback.
type Request struct {
	ID string `json:"id"`
	// Kind is AskRating or SayThanks.
	Kind string `json:"kind,omitempty"`
	// Name and Email are dropped when the request has ended.
	Name    string `json:"name,omitempty"`
	Email   string `json:"email,omitempty"`
	Product string `json:"product,omitempty"`
	Brand   string `json:"brand,omitempty"`
	// ClosedAt is when the deal was closed or the feedback came.
	ClosedAt time.Time `json:"closed_at"`
	// State is one of the states below.
	State  string    `json:"state"`
	DueAt  time.Time `json:"due_at"`
	SentAt time.Time `json:"sent_at,omitzero"`
	// Mention is what the customer is thanked for, or what they answered.
	Mention ID `json:"mention,omitempty"`
	// Problem is why the letter could not go out so far. It is not kept.
	Problem string `json:"-"`
}

// The kinds of requests; an empty kind is AskRating.
const (
	AskRating = "rating"
	SayThanks = "thanks"
)

// The states of a request.
const (
	RequestWaiting   = "waiting" // for its time, and for a person unless automatic
	RequestConfirmed = "confirmed"
	// RequestSending is written before the letter is handed over: after a
	// crash it is not known whether the customer has it, and none is sent again.
	RequestSending      = "sending"
	RequestSent         = "sent"
	RequestAnswered     = "answered"
	RequestCancelled    = "cancelled"
	RequestUnsubscribed = "unsubscribed"
)

// IsOpen reports whether a person may still decide about r.
func (r Request) IsOpen() bool { return r.State == RequestWaiting || r.State == RequestConfirmed }
