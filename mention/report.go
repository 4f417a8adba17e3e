package mention

import "time"

// Scope says which mentions and tasks a report counts. Its zero value means all.
type Scope struct {
	From, To time.Time // collected in [From, To); tasks made then
	Brands   []string  // all when empty
	Source   string    // the site; all when empty
	// Tasked leaves out what made no task, such as the silent first run of a source.
	Tasked bool
	// Sums asks for one tally of each tone, over all days, brands and sites.
	Sums bool
}

// Tally counts the mentions of one day, brand, site and tone.
type Tally struct {
	Day      time.Time // its midnight, in the zone of the scope's From
	Brand    string
	Source   string
	Tone     Tone
	Mentions int
	Rated    int // those with a rating
	Stars    int // their sum, 1 to 5 each
}

// Theme counts the mentions of one brand, site and tone that have the same
// topics and the same score of a survey.
type Theme struct {
	Brand    string
	Source   string
	Tone     Tone
	Topics   []string
	Labels   []string // of surveys only: "nps:9", "csat:4/5", "ces:6/7"
	Mentions int
}

// Timing is a task with what its mention adds to the six times.
type Timing struct {
	// Task holds its number, kind, brand, state, owner, norm, times and what is
	// due, who answered, and how; the rest of it is empty.
	Task        Task
	Source      string
	Tone        Tone
	PublishedAt time.Time
	CollectedAt time.Time
}

// Spell is a time in which a source was not seen. To is zero while it lasts.
type Spell struct {
	Source   SourceID
	From, To time.Time
	Verdict  Verdict // of its first run
}

// Waiting counts the tasks of one brand and kind that still need somebody.
type Waiting struct {
	Brand   string
	Kind    TaskKind
	State   State
	Tasks   int
	Overdue int
}
