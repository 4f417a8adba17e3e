package mention

import "time"

// Outgoing is an answer of the company on its way to a site.
type Outgoing struct {
	Mention Mention // what is answered
	Text    string
	// PriorID is the site's id of an earlier answer of ours that Text
	// replaces; empty for the first answer.
	PriorID string
	// Mark is the same for every attempt at one answer and differs between
	// answers, for sites that know keys against posting twice.
	Mark string
	// WrittenAt is when a person asked for it to be sent.
	WrittenAt time.Time
}

// Receipt is what a site says of an answer that it has.
type Receipt struct {
	ID     string     `json:"id,omitempty"` // the site's id of the answer
	URL    string     `json:"url,omitempty"`
	Status Moderation `json:"status"`
	Reason string     `json:"reason,omitempty"` // why it was rejected, in the site's words
}

// Moderation is what a site makes of an answer it has received.
type Moderation string

// The states of an answer on its site.
const (
	ReplyPending   Moderation = "pending"   // received and still checked
	ReplyPublished Moderation = "published" // everybody can read it
	ReplyRejected  Moderation = "rejected"  // it will not be shown
)

// ReplyLimits are what a site asks of an answer. Zero means no limit.
type ReplyLimits struct {
	Characters int // at most, counted as runes
	Bytes      int // at most, in UTF-8
	PerDay     int // answers of one account
	// OnePerReview is set where a second answer replaces the first or is refused.
	OnePerReview bool
	// Editable is set where an answer can be replaced later.
	Editable bool
}

// The steps that a note of an answer's way to its site carries in Event.Step.
const (
	ReplyDrafted  = "reply_drafted"  // written, waits for a second person; Text is the answer
	ReplyQueued   = "reply_queued"   // to be sent; Text is the answer
	ReplyApproved = "reply_approved" // a second person agreed; it is to be sent
	ReplyDeclined = "reply_declined" // a second person did not agree; Text says why
	ReplySent     = "reply_sent"     // the site has it; URL is where
	ReplyHeld     = "reply_held"     // the site has it and checks it
	ReplyShown    = "reply_shown"    // the site has finished checking and shows it
	ReplyRefused  = "reply_refused"  // the site took it and will not show it; Text says why
	ReplyFailed   = "reply_failed"   // it could not be sent; Text says why
	ReplyDoubtful = "reply_doubtful" // it may have been posted or not, and the site does not say
)
