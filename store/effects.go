package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"otklik/mention"
)

// Apply writes effects in one transaction. It reports mention.ErrConflict when
// a task was changed by somebody else meanwhile; nothing is written then. New
// tasks get their ID in *Effects.Task once the transaction has ended well.
//
// Whenever a task is saved, an update job is written for each of its cards
// that is on show or on its way there. "{task}" in the Key of a Notice or Job
// stands for the number of the task, which a new one does not have yet.
func (s *Store) Apply(ctx context.Context, effects ...mention.Effects) error {
	var made []*mention.Task
	err := s.write(ctx, "apply effects", func(t *tx) (err error) {
		made, err = t.applyAll(ctx, effects)
		return err
	})
	if err != nil {
		return err
	}
	for i, task := range made {
		if task != nil {
			effects[i].Task.ID = task.ID
		}
	}
	return nil
}

// applyAll applies each of effects and returns its task, nil where it has none.
func (t *tx) applyAll(ctx context.Context, effects []mention.Effects) ([]*mention.Task, error) {
	tasks := make([]*mention.Task, len(effects))
	for i, e := range effects {
		var err error
		if tasks[i], err = t.apply(ctx, e, nil); err != nil {
			return nil, err
		}
	}
	return tasks, nil
}

// apply writes e and returns its task as it is stored now, nil without one.
// fresh holds the mentions of the same batch that are not stored yet.
func (t *tx) apply(ctx context.Context, e mention.Effects, fresh map[mention.ID]*mentionRow) (*mention.Task, error) {
	var task *mention.Task
	var taskID mention.TaskID
	e, err := t.gather(ctx, e)
	if err != nil {
		return nil, err
	}
	if e.Task != nil {
		saved := *e.Task
		if err := t.saveTask(ctx, &saved, e.Was, fresh); err != nil {
			return nil, err
		}
		task, taskID = &saved, saved.ID
	}
	if err := t.count(ctx, task, e.Gust); err != nil {
		return nil, err
	}
	if err := t.markGone(ctx, e.Gone); err != nil {
		return nil, err
	}
	event, err := t.addEvents(ctx, taskID, e.Events)
	if err != nil {
		return nil, err
	}
	for _, n := range e.Notices {
		if n.Task == 0 && n.Kind != mention.StormNotice {
			n.Task = taskID
		}
		if n.Event == 0 {
			n.Event = event
		}
		if err := t.addNotice(ctx, n); err != nil {
			return nil, err
		}
	}
	if e.Retime {
		if err := t.retime(ctx, task, e.Timers); err != nil {
			return nil, err
		}
	}
	for _, j := range e.Jobs {
		j.Key = withTask(j.Key, taskID)
		if err := t.enqueue(ctx, j); err != nil {
			return nil, err
		}
	}
	if e.Correction != nil {
		err = t.correct(ctx, *e.Correction)
	}
	return task, err
}

// withTask puts the number of the task into a key.
func withTask(key string, id mention.TaskID) string {
	return strings.ReplaceAll(key, "{task}", strconv.FormatInt(int64(id), 10))
}

// addEvents writes events and returns the id of the last, 0 without any.
func (t *tx) addEvents(ctx context.Context, id mention.TaskID, events []mention.Event) (int64, error) {
	var last int64
	for _, e := range events {
		if e.Task == 0 {
			e.Task = id
		}
		e.ID = 0
		doc, err := encode(e)
		if err != nil {
			return 0, err
		}
		err = t.row(ctx, `INSERT INTO event (task, verb, actor, at_ms, doc) VALUES ($1, $2, $3, $4, $5) RETURNING id`,
			int64(e.Task), string(e.Verb), clean(e.Actor.ID), millis(e.At), doc).Scan(&last)
		if err != nil {
			return 0, fmt.Errorf("record %s of task M-%d: %w", e.Verb, e.Task, err)
		}
	}
	return last, nil
}

// retime replaces the timers of task.
func (t *tx) retime(ctx context.Context, task *mention.Task, timers []mention.Timer) error {
	if task == nil {
		return errors.New("timers without a task")
	}
	prefix := fmt.Sprintf("timer:%d:", task.ID)
	if err := t.dropJobs(ctx, prefix); err != nil {
		return err
	}
	for _, timer := range timers {
		payload, err := encode(timerPayload{Task: task.ID, Step: timer.Step, Cycle: task.Cycle})
		if err != nil {
			return err
		}
		j := mention.Job{Kind: mention.TimerJob, Key: prefix + timer.Step, Payload: []byte(payload), RunAt: timer.At}
		if err := t.enqueue(ctx, j); err != nil {
			return err
		}
	}
	return nil
}

// timerPayload is what a timer job carries.
type timerPayload struct {
	Task  mention.TaskID `json:"task"`
	Step  string         `json:"step"`
	Cycle int            `json:"cycle"`
}

// noticePayload is what send and update jobs carry.
type noticePayload struct {
	Notice int64 `json:"notice"`
}

// noticeJob returns the job that sends or updates a notice.
func noticeJob(kind string, id int64, at time.Time) (mention.Job, error) {
	payload, err := encode(noticePayload{Notice: id})
	key := kind + ":" + strconv.FormatInt(id, 10)
	return mention.Job{Kind: kind, Key: key, Payload: []byte(payload), RunAt: at}, err
}

// correct records what a person said of a tone and makes it the mention's.
func (t *tx) correct(ctx context.Context, c mention.Correction) error {
	_, err := t.exec(ctx, `INSERT INTO correction (mention, tone, was, actor, name, at_ms) VALUES ($1, $2, $3, $4, $5, $6)`,
		string(c.Mention), string(c.Tone), string(c.Was), clean(c.Actor.ID), clean(c.Actor.Name), millis(c.At))
	if err != nil {
		return fmt.Errorf("record correction of %s: %w", c.Mention, err)
	}
	if _, err := t.exec(ctx, `UPDATE mention SET tone = $1 WHERE id = $2`, string(c.Tone), string(c.Mention)); err != nil {
		return fmt.Errorf("correct mention %s: %w", c.Mention, err)
	}
	if _, err := t.exec(ctx, `UPDATE task SET tone = $1 WHERE mention = $2`, string(c.Tone), string(c.Mention)); err != nil {
		return fmt.Errorf("correct tasks of %s: %w", c.Mention, err)
	}
	return nil
}

// Corrections returns what people said of tones since a moment, oldest first.
func (s *Store) Corrections(ctx context.Context, since time.Time) ([]mention.Correction, error) {
	list, err := collect(ctx, s.reader, func(scan func(...any) error) (mention.Correction, error) {
		var c mention.Correction
		var at int64
		err := scan(&c.Mention, &c.Tone, &c.Was, &c.Actor.ID, &c.Actor.Name, &at)
		c.At = instant(at, 0)
		return c, err
	}, `SELECT mention, tone, was, actor, name, at_ms FROM correction WHERE at_ms >= $1 ORDER BY at_ms, id`, millis(since))
	if err != nil {
		return nil, fmt.Errorf("list corrections: %w", err)
	}
	return list, nil
}
