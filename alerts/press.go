package alerts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"otklik/mention"
)

// ErrNoRight is reported by Rights for people who may not act on tasks.
var ErrNoRight = errors.New("may not act on tasks")

// Rights returns as whom a person acts who pressed something in a channel:
// somebody known from several channels is one person in the timelines. It
// reports ErrNoRight for those who may not. A nil Rights lets everybody act as
// who they are there. It is asked for each press, so that taking a right away
// works at once.
type Rights func(ctx context.Context, who mention.Actor) (mention.Actor, error)

// Of is r of who, also when r is nil.
func (r Rights) Of(ctx context.Context, who mention.Actor) (mention.Actor, error) {
	if r == nil {
		return who, nil
	}
	return r(ctx, who)
}

// Desk acts on tasks.
type Desk interface {
	// Act applies a to task id and returns the task as it is then. It reports
	// mention.ErrRefused, ErrConflict and ErrNotFound; repeating is harmless.
	Act(ctx context.Context, id mention.TaskID, a mention.Action) (mention.Task, error)
}

// Presses carries out buttons and links that stand for one verb on one task.
// All fields but Rights are required.
type Presses struct {
	Desk   Desk
	Rights Rights
	Log    *slog.Logger
	Now    func() time.Time
}

// Pressed is how a press went.
type Pressed struct {
	Task mention.Task
	Who  mention.Actor
	// Err is ErrNoRight, mention.ErrNotFound, ErrConflict or ErrRefused;
	// anything else is our trouble and has been logged.
	Err error
}

// Act carries out verb on task id for who.
func (p Presses) Act(ctx context.Context, id mention.TaskID, verb mention.Verb, who mention.Actor) Pressed {
	out := Pressed{Task: mention.Task{ID: id}, Who: who}
	actor, err := p.Rights.Of(ctx, who)
	if err == nil {
		out.Task, err = p.Desk.Act(ctx, id, mention.Action{Verb: verb, Actor: actor, At: p.Now()})
		out.Task.ID = id
	}
	out.Err = err
	if err != nil && !out.isTold() {
		p.Log.Error("press not carried out", "task", int64(id), "err", err)
	}
	return out
}

// isTold reports whether the error is one that the person is told of.
func (p Pressed) isTold() bool {
	return errors.Is(p.Err, ErrNoRight) || errors.Is(p.Err, mention.ErrNotFound) ||
		errors.Is(p.Err, mention.ErrConflict) || errors.Is(p.Err, mention.ErrRefused)
}

// Text is what the person is told.
func (p Pressed) Text(say *Phrases) string {
	switch {
	case p.Err == nil:
		return say.Done
	case errors.Is(p.Err, ErrNoRight):
		return fmt.Sprintf(say.NoRight, p.Who.ID)
	case errors.Is(p.Err, mention.ErrNotFound):
		return fmt.Sprintf(say.Gone, p.Task.ID)
	case errors.Is(p.Err, mention.ErrConflict):
		return fmt.Sprintf(say.Lost, p.Task.ID)
	case errors.Is(p.Err, mention.ErrRefused):
		return fmt.Sprintf(say.Late, p.Task.ID, say.States[p.Task.State])
	}
	return say.Busy
}
