package mention

import (
	"encoding/json"
	"time"
)

// NoticeKind says what a notice tells.
type NoticeKind string

// The kinds of notices.
const (
	CardNotice       NoticeKind = "card"       // a task, updated in place
	ThreadNotice     NoticeKind = "thread"     // a line of history under the task's card
	ReminderNotice   NoticeKind = "reminder"   // ping of the people who should act
	EscalationNotice NoticeKind = "escalation" // the same task told to other people
	OpsNotice        NoticeKind = "ops"        // a source went blind; updated in place
	SeededNotice     NoticeKind = "seeded"     // the silent first run of a source, summed up
	DigestNotice     NoticeKind = "digest"
	StormNotice      NoticeKind = "storm" // many complaints at once, one card; updated in place
	SpikeNotice      NoticeKind = "spike"
)

// Notice is a message to be sent. It carries no text: it is rendered from
// current rows when it is sent, so that a retry is harmless.
type Notice struct {
	ID      int64      `json:"id"`
	Kind    NoticeKind `json:"kind"`
	Channel string     `json:"channel"` // name in the configuration
	Task    TaskID     `json:"task,omitempty"`
	Source  SourceID   `json:"source,omitempty"`
	Event   int64      `json:"event,omitempty"`   // thread: the event it tells
	Subject string     `json:"subject,omitempty"` // digest: the period; storm: its key; escalation: the step
	Ping    []string   `json:"ping,omitempty"`    // people and groups to mention, in the channel's words
	// Key makes the notice unique: a second one with the same key is not written.
	Key string `json:"key"`
	// At is when to send; zero means at once.
	At time.Time `json:"at,omitzero"`

	State     SendState `json:"state"`
	Place     Posted    `json:"place,omitzero"` // where it landed
	Shown     int       `json:"shown"`          // task version that is on show
	LastError string    `json:"last_error,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	SentAt    time.Time `json:"sent_at,omitzero"`
	// Fallback is set when the notice was moved to its fallback channel.
	Fallback string `json:"fallback,omitempty"`
}

// SendState is how far a notice got.
type SendState string

// The states of a notice. Sending found after a crash means "in doubt": look
// whether it is there before sending again.
const (
	Queued   SendState = "queued"
	Sending  SendState = "sending"
	Sent     SendState = "sent"
	Rejected SendState = "rejected" // for good; LastError says why
)

// Posted is where a message landed: Slack's channel id and ts, an e-mail's
// message id, a Telegram chat and message.
type Posted struct {
	Channel   string `json:"channel,omitempty"`
	Message   string `json:"message,omitempty"`
	Permalink string `json:"permalink,omitempty"`
}

// Job is a row of work due at RunAt. Claiming moves RunAt to the end of the
// lease, so that a dead worker's job becomes due by itself.
type Job struct {
	ID        int64           `json:"id"`
	Kind      string          `json:"kind"`
	Key       string          `json:"key"` // unique while the job exists
	Payload   json.RawMessage `json:"payload,omitempty"`
	RunAt     time.Time       `json:"run_at"`
	Attempt   int             `json:"attempt"`            // fences: only the holder of this attempt may finish it
	Failures  int             `json:"failures,omitempty"` // failed attempts in a row, for the backoff
	LastError string          `json:"last_error,omitempty"`
	BuriedAt  time.Time       `json:"buried_at,omitzero"`
}

// The kinds of jobs.
const (
	CrawlJob  = "crawl"  // one pass of a source
	SendJob   = "send"   // a notice to post
	UpdateJob = "update" // a posted notice to bring up to date
	TimerJob  = "timer"  // a step of a task's norms
	VerifyJob = "verify" // look whether a claimed answer is visible
	ReplyJob  = "reply"  // an answer to send to its site, then to follow through moderation
	DigestJob = "digest"
	PurgeJob  = "purge"
	IndexJob  = "index" // words to make searchable
)

// NoticeRef is the payload of SendJob and UpdateJob.
type NoticeRef struct {
	Notice int64 `json:"notice"`
}

// Timer is a moment at which a task's norms ask for something.
type Timer struct {
	Step string    `json:"step"` // take_half, take_soon, take_due, …
	At   time.Time `json:"at"`
}

// Effects is everything that follows from one cause; it is written in one
// transaction with it.
type Effects struct {
	// Task is inserted when its ID is zero, else saved if the stored version
	// is still Was; a Store reports ErrConflict otherwise.
	Task *Task
	Was  int
	// Events belong to Task.
	Events []Event
	// Notices are written unless their Key exists. Task and Event ids that are
	// zero are filled with those of Task and of the last of Events.
	Notices []Notice
	// Timers replace all timers of Task when Retime is set.
	Timers []Timer
	Retime bool
	// Jobs are written unless their Key exists; an existing one is moved
	// earlier when RunAt is earlier.
	Jobs []Job
	// Gone are mentions that their pages no longer show; they get the label Gone.
	Gone []ID
	// Correction is a person's word against the model, if the action was one.
	Correction *Correction
	// Gust counts a new Task with others; a Store that finds enough of them
	// writes Gathered in place of these effects.
	Gust *Gust
}

// Correction is what a person said of a verdict.
type Correction struct {
	Mention ID        `json:"mention"`
	Tone    Tone      `json:"tone"` // the right one
	Was     Tone      `json:"was"`
	Actor   Actor     `json:"actor"`
	At      time.Time `json:"at"`
}

// Entry is a judged mention on its way into the archive, with what is needed
// to recognise its copies. Without Bands no copies are looked for.
type Entry struct {
	Mention Mention
	Sketch  []byte   // compact form of the text for comparing
	Bands   []uint64 // keys under which similar texts meet
	// Quiet keeps the bands without asking who else has them: nothing that a
	// silent pass brings joins a task.
	Quiet bool
}

// Prior is what the archive holds of a mention before a pass brings it again,
// or of a mention that may be a copy.
type Prior struct {
	Mention Mention
	Digest  uint64
	Look    uint64
	Sketch  []byte
	Task    *Task // its task or the one it joined, nil without
}

// Planner decides what follows from a mention that is about to be archived:
// prior is what is known of the same mention (nil when it is new), near are
// the few mentions of the brand that share the most bands with it, closest
// first, of earlier batches those with a task only. It runs inside the
// transaction that archives the mention and must be pure.
type Planner func(e Entry, prior *Prior, near []Prior) ([]Effects, error)

// Added counts what a batch brought into the archive.
type Added struct {
	New, Edited, Touched, Same int
	Alerted                    int // tasks made
}

// View is everything a card, a page or a report says about one task.
type View struct {
	Task      Task
	Mention   Mention
	Copies    []Mention
	Events    []Event    // oldest first
	Revisions []Revision // earlier versions, oldest first
}

// Revision is an earlier version of a mention's content.
type Revision struct {
	Number int       `json:"number"`
	SeenAt time.Time `json:"seen_at"` // when it was replaced
	Rating float64   `json:"rating,omitempty"`
	Best   float64   `json:"best,omitempty"`
	Title  string    `json:"title,omitempty"`
	Text   string    `json:"text,omitempty"`
	Pros   string    `json:"pros,omitempty"`
	Cons   string    `json:"cons,omitempty"`
	Tone   Tone      `json:"tone,omitempty"`
}
