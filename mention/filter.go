package mention

import "time"

// TaskFilter says which tasks a list holds; its zero value means all. A page
// begins after the cursor After and has at most Limit tasks (50 when zero).
type TaskFilter struct {
	Brand    string
	Source   string // the site
	States   []State
	Kind     TaskKind
	Owner    string // an actor's ID
	Free     bool   // without an owner
	Tone     Tone
	MinStars int // 1 to 5; 0 means no bound, and tasks without a rating too
	MaxStars int
	Topic    string
	Lang     string
	From, To time.Time // made in [From, To)
	Words    string    // all of them, in any form; newest first then
	// Any are like Words, of which one is enough: what a query finds at most.
	Any []string
	// Sift decides on the text what no index can say; nil takes everything. A
	// page may then be shorter than asked for although there is a next one.
	Sift    func(words string) bool `json:"-"`
	Overdue bool
	Awake   bool // without those that are snoozed at present

	After string
	Limit int
}

// MentionFilter says which mentions a list holds; its zero value means all.
type MentionFilter struct {
	Brand    string
	Brands   []string // of any of these; any when empty
	Source   string   // the site
	SourceID SourceID
	Author   string
	Tone     Tone
	MinStars int
	MaxStars int
	Topic    string
	Lang     string
	From, To time.Time // collected in [From, To)
	Words    string    // all of them, in any form
	// Any and Sift are those of TaskFilter.
	Any       []string
	Sift      func(words string) bool `json:"-"`
	Tasked    bool                    // only those with a task
	Toneless  bool                    // only those whose tone is not known
	Label     string                  // with a label that begins so, such as "nps:"
	Published [2]time.Time

	After string
	Limit int
}
