package slack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	slackapi "github.com/slack-go/slack"

	"otklik/alerts"
	"otklik/mention"
)

// Desk acts on tasks.
type Desk interface {
	// Act applies a to task id and returns the task as it is then. It reports
	// mention.ErrRefused, ErrConflict and ErrNotFound; repeating is harmless.
	Act(ctx context.Context, id mention.TaskID, a mention.Action) (mention.Task, error)
}

// Archive gives the rows that windows, the home tab and commands show.
type Archive interface {
	View(ctx context.Context, task mention.TaskID) (mention.View, error)
	// Tasks returns the tasks of a filter, the most urgent first.
	Tasks(ctx context.Context, f mention.TaskFilter) ([]mention.View, string, error)
	// Sources returns every configured source.
	Sources(ctx context.Context) ([]mention.Source, error)
}

// Errands are what people ask of the system itself.
type Errands interface {
	// MakeTasks raises tasks for what a source's silent first run left
	// unanswered and returns how many.
	MakeTasks(ctx context.Context, source mention.SourceID, by mention.Actor) (int, error)
	// AddSource returns the line of the configuration that watches address, or,
	// where isKnown is false, the command that proposes a definition for its
	// site. It reports mention.ErrRefused when address is none.
	AddSource(ctx context.Context, address string) (advice string, isKnown bool, err error)
	// Report sums up today.
	Report(ctx context.Context, lang string) (mention.Digest, error)
}

// App takes in what people do in one Slack workspace. All fields down to Now
// are needed, the rest may be left out. It is safe for concurrent use.
type App struct {
	Config  alerts.SlackConfig
	Client  *http.Client // carries requests to Slack; it must not repeat them
	Desk    Desk
	Archive Archive
	Errands Errands
	Log     *slog.Logger
	Now     func() time.Time

	// TakeStorm makes by the owner of a storm and of what nobody has taken of
	// it, and returns how many that were. It reports mention.ErrRefused when
	// somebody else owns it.
	TakeStorm func(ctx context.Context, storm int64, by mention.Actor) (int, error)

	// Sends says what the site of a mention asks of answers that are sent from
	// here, or an error where none can be. The desk must take them.
	Sends func(m mention.Mention) (mention.ReplyLimits, error)

	// Rights says which members of the workspace may act on tasks; every
	// member may when nil.
	Rights alerts.Rights

	// Templates gives answers to start from, filled for a task.
	Templates func(v mention.View) []mention.Template

	// Language of people whose own is not known; ru when empty.
	Language string
	// Inbox is the address of the inbox for links, empty when nobody can open it.
	Inbox string
	// Zone of times where Slack does not show them in the reader's own; UTC when nil.
	Zone *time.Location
	// Titles gives what people call a site in a language.
	Titles func(site, lang string) string

	once   sync.Once
	api    *slackapi.Client
	people people
}

// actTime bounds one act: Slack waits three seconds for our answer.
const actTime = 2500 * time.Millisecond

// whisperTime bounds a message to the person alone, sent after the answer.
const whisperTime = 5 * time.Second

func (a *App) client() *slackapi.Client {
	a.once.Do(func() { a.api = newAPI(a.Config, a.Client) })
	return a.api
}

func (a *App) zone() *time.Location {
	if a.Zone == nil {
		return time.UTC
	}
	return a.Zone
}

func (a *App) titles(v mention.View, lang string) map[string]string {
	titles := map[string]string{}
	if a.Titles == nil {
		return titles
	}
	for _, p := range v.Task.Places {
		titles[p.Source] = a.Titles(p.Source, lang)
	}
	titles[v.Mention.Source] = a.Titles(v.Mention.Source, lang)
	return titles
}

// answer is what Slack gets back at once, and what is done afterwards.
type answer struct {
	body  any // JSON; nothing when nil
	after func(ctx context.Context)
}

// whisper answers one person in a channel; nobody else sees it.
func (a *App) whisper(channel, user, text string) answer {
	if channel == "" || user == "" {
		return answer{}
	}
	return answer{after: func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, whisperTime)
		defer cancel()
		_, err := a.client().PostEphemeralContext(ctx, channel, user, slackapi.MsgOptionText(text, false))
		if err != nil {
			a.Log.Warn("person not answered", "channel", channel, "err", err)
		}
	}}
}

// refused is what the person is told of a failed act on task t.
func (a *App) refused(say *alerts.Phrases, id mention.TaskID, t mention.Task, err error) string {
	switch {
	case errors.Is(err, mention.ErrNotFound):
		return fmt.Sprintf(say.Gone, id)
	case errors.Is(err, mention.ErrConflict):
		return fmt.Sprintf(say.Lost, id)
	case errors.Is(err, mention.ErrRefused) && t.State == mention.Taken && t.Owner.ID != "":
		return fmt.Sprintf(say.Late, id, say.States[t.State]+" ("+person(t.Owner)+")")
	case errors.Is(err, mention.ErrRefused):
		return fmt.Sprintf(say.Late, id, say.States[t.State])
	}
	a.Log.Error("click not carried out", "task", int64(id), "err", err)
	return say.Busy
}
