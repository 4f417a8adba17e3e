package inbox

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"otklik/mention"
)

// Archive is where tasks and mentions are read.
type Archive interface {
	Tasks(ctx context.Context, f mention.TaskFilter) ([]mention.View, string, error)
	Mentions(ctx context.Context, f mention.MentionFilter) ([]mention.Mention, string, error)
	// View returns everything around a task, or mention.ErrNotFound.
	View(ctx context.Context, id mention.TaskID) (mention.View, error)
	// CountTasks counts no further than most.
	CountTasks(ctx context.Context, f mention.TaskFilter, most int) (int, error)
}

// Details is what a mention's own page reads besides.
type Details interface {
	Mention(ctx context.Context, id mention.ID) (mention.Mention, error)
	TaskOf(ctx context.Context, id mention.ID) (mention.Task, error)
	Revisions(ctx context.Context, id mention.ID) ([]mention.Revision, error)
	NoticesOf(ctx context.Context, task mention.TaskID) ([]mention.Notice, error)
}

// Sight is what the daemon knows of its sources and of its own failures.
type Sight interface {
	Sources(ctx context.Context) ([]mention.Source, error)
	Runs(ctx context.Context, source mention.SourceID, limit int) ([]mention.Run, error)
	RunsBetween(ctx context.Context, from, to time.Time) ([]mention.Run, error)
	RejectedNotices(ctx context.Context, limit int) ([]mention.Notice, error)
}

// Work holds what is to be done later.
type Work interface {
	EnsureJobs(ctx context.Context, jobs []mention.Job) error
	DropJobs(ctx context.Context, prefixes ...string) error
	Jobs(ctx context.Context, prefix string, limit int) ([]mention.Job, error)
	// Unindexed counts the mentions that no search by words finds yet, no
	// further than most.
	Unindexed(ctx context.Context, most int) (int, error)
}

// Desk acts on tasks.
type Desk interface {
	// Act reports mention.ErrRefused when the task's state does not allow the
	// verb and mention.ErrNotFound when there is no such task.
	Act(ctx context.Context, id mention.TaskID, a mention.Action) (mention.Task, error)
}

// Changes says that something changed in the archive.
type Changes interface {
	// Apply writes what follows from a person's word against the model.
	Apply(ctx context.Context, effects ...mention.Effects) error
	// LastEvent grows with every change of a task.
	LastEvent(ctx context.Context) (int64, error)
	// Wake makes a channel that hears of commits; one may be missed.
	Wake() <-chan struct{}
}

// Bus carries short strings between daemons, so that people on two of them
// see each other. What is lost is not repeated.
type Bus interface {
	Publish(ctx context.Context, message string) error
	Subscribe(ctx context.Context, heard func(message string, lost bool)) error
}

// SavedPage is a page as its site sent it.
type SavedPage struct {
	Name      string
	URL       string
	Status    int
	FetchedAt time.Time
	Sum       string // SHA-256 of Body, hexadecimal
	Type      string // content type as sent
	Body      []byte
}

// Config is the inbox's part of the configuration.
type Config struct {
	// OIDC lets people sign in with the company's identity provider.
	OIDC OIDC `yaml:"oidc" doc:"sign-in with the company's identity provider"`
	// Session is how long a sign-in lasts; a week when zero.
	Session time.Duration `yaml:"session" doc:"how long a sign-in lasts; a week when zero"`
}

// Validate returns everything that is wrong, each mistake beginning with its key.
func (c Config) Validate() error {
	var errs []error
	if c.Session < 0 {
		errs = append(errs, errors.New("session: a sign-in cannot last less than no time"))
	}
	return errors.Join(append(errs, c.OIDC.validate())...)
}

// Inbox is the pages and the API. All fields but those marked optional are
// needed; New checks them.
type Inbox struct {
	Archive Archive
	Details Details
	Sight   Sight
	Work    Work
	Desk    Desk
	Changes Changes
	People  People
	Keys    Keys
	Shelf   Shelf
	Bus     Bus // optional: without it only this daemon's people see each other

	// Page opens a saved page by its name; optional.
	Page func(name string) (SavedPage, error)
	// RunNow makes the job of a source's pass, due at once; optional.
	RunNow func(id mention.SourceID) mention.Job
	// Templates are answers to start from, filled for a task; optional.
	Templates func(v mention.View) []mention.Template
	// Limits says what a site asks of an answer that is sent from here, or
	// mention.ErrRefused when none can be; optional.
	Limits func(m mention.Mention) (mention.ReplyLimits, error)
	// Title is what people call a site, "" when it has no name but its own.
	Title func(site, lang string) string
	// Letters are the customers to be asked or thanked; optional.
	Letters Letters
	// Imports takes in files; optional.
	Imports Imports
	// Reports makes the handler of /reports/ within a frame; optional.
	Reports func(mention.Frame) http.Handler

	Config Config
	// Public is where people open the inbox; empty for the address they used.
	Public   string
	Language string         // ru or en, for those who ask for neither
	Zone     *time.Location // of shown times
	// Guest is who acts while there are no accounts.
	Guest mention.Actor
	Log   *slog.Logger
	Now   func() time.Time
}

// Server serves the inbox. It is made by New and safe for concurrent use.
type Server struct {
	Inbox
	words     words
	pages     pages
	assets    assets
	hub       *hub
	throttle  *throttle
	providers *provider // nil without OIDC
	handler   http.Handler
}

// New checks what in is made of and returns its server.
func New(in Inbox) (*Server, error) {
	if in.Archive == nil || in.Details == nil || in.Sight == nil || in.Work == nil || in.Desk == nil ||
		in.Changes == nil || in.People == nil || in.Keys == nil || in.Shelf == nil {
		return nil, errors.New("inbox: a part is missing")
	}
	if in.Now == nil {
		in.Now = time.Now
	}
	if in.Zone == nil {
		in.Zone = time.UTC
	}
	if in.Title == nil {
		in.Title = func(string, string) string { return "" }
	}
	if in.Templates == nil {
		in.Templates = func(mention.View) []mention.Template { return nil }
	}
	if in.Limits == nil {
		in.Limits = func(mention.Mention) (mention.ReplyLimits, error) { return mention.ReplyLimits{}, mention.ErrRefused }
	}
	if in.Log == nil {
		in.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if in.Language != "en" {
		in.Language = "ru"
	}
	if in.Guest.ID == "" {
		in.Guest = mention.Actor{ID: "inbox:local", Name: "PR"}
	}
	s := &Server{Inbox: in, throttle: newThrottle(in.Now)}
	var err error
	if s.words, err = readWords(); err != nil {
		return nil, err
	}
	if s.assets, err = readAssets(); err != nil {
		return nil, err
	}
	if s.pages, err = readPages(s.assets); err != nil {
		return nil, err
	}
	if in.Config.OIDC.Issuer != "" {
		s.providers = newProvider(in.Config.OIDC, strings.TrimSuffix(in.Public, "/"))
	}
	s.hub = newHub(in.Changes, in.Sight, in.Bus, in.Now, in.Log.With("part", "inbox"))
	s.handler = s.mux()
	return s, nil
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Run tells open pages of changes until ctx ends.
func (s *Server) Run(ctx context.Context) error { return s.hub.run(ctx) }
