package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"database/sql"

	"otklik/mention"
)

const noticeColumns = `id, key, kind, channel, task, source, event, subject, ping, at_ms, state,
	place_channel, place_message, place_permalink, shown, last_error, created_ms, sent_ms, fallback`

func scanNotice(scan func(...any) error) (mention.Notice, error) {
	var n mention.Notice
	var ping string
	var at, created, sent int64
	err := scan(&n.ID, &n.Key, &n.Kind, &n.Channel, &n.Task, &n.Source, &n.Event, &n.Subject, &ping, &at, &n.State,
		&n.Place.Channel, &n.Place.Message, &n.Place.Permalink, &n.Shown, &n.LastError, &created, &sent, &n.Fallback)
	if err != nil {
		return n, err
	}
	n.At, n.CreatedAt, n.SentAt = instant(at, 0), instant(created, 0), instant(sent, 0)
	return n, decode(ping, &n.Ping)
}

// addNotice writes n and the job that sends it, unless its key exists.
func (t *tx) addNotice(ctx context.Context, n mention.Notice) error {
	if n.Key == "" {
		return fmt.Errorf("write %s notice: it has no key", n.Kind)
	}
	n.Key = withTask(n.Key, n.Task)
	if n.State == "" {
		n.State = mention.Queued
	}
	if n.CreatedAt.IsZero() {
		n.CreatedAt = t.now
	}
	ping, err := encodeList(n.Ping)
	if err != nil {
		return err
	}
	err = t.row(ctx, `INSERT INTO notice (key, kind, channel, task, source, event, subject, ping, at_ms, state,
			place_channel, place_message, place_permalink, shown, last_error, created_ms, sent_ms, fallback)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
		ON CONFLICT (key) DO NOTHING RETURNING id`,
		clean(n.Key), string(n.Kind), n.Channel, int64(n.Task), string(n.Source), n.Event, clean(n.Subject), ping, millis(n.At), string(n.State),
		n.Place.Channel, n.Place.Message, n.Place.Permalink, n.Shown, clean(n.LastError), millis(n.CreatedAt), millis(n.SentAt), n.Fallback).Scan(&n.ID)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // written before
	}
	if err != nil {
		return fmt.Errorf("write notice %s: %w", n.Key, err)
	}
	if n.State != mention.Queued && n.State != mention.Sending {
		return nil
	}
	at := n.At
	if at.IsZero() {
		at = t.now
	}
	j, err := noticeJob(mention.SendJob, n.ID, at)
	if err != nil {
		return err
	}
	return t.enqueue(ctx, j)
}

// Notice returns a notice, or mention.ErrNotFound.
func (s *Store) Notice(ctx context.Context, id int64) (mention.Notice, error) {
	n, err := scanNotice(s.reader.row(ctx, `SELECT `+noticeColumns+` FROM notice WHERE id = $1`, id).Scan)
	if err != nil {
		return n, fmt.Errorf("notice %d: %w", id, notFound(err))
	}
	return n, nil
}

// FindNotice returns the notice with a key, or mention.ErrNotFound.
func (s *Store) FindNotice(ctx context.Context, key string) (mention.Notice, error) {
	n, err := scanNotice(s.reader.row(ctx, `SELECT `+noticeColumns+` FROM notice WHERE key = $1`, key).Scan)
	if err != nil {
		return n, fmt.Errorf("notice %s: %w", key, notFound(err))
	}
	return n, nil
}

// NoticesOf returns the notices of a task, oldest first.
func (s *Store) NoticesOf(ctx context.Context, task mention.TaskID) ([]mention.Notice, error) {
	list, err := collect(ctx, s.reader, scanNotice,
		`SELECT `+noticeColumns+` FROM notice WHERE task = $1 AND task <> 0 ORDER BY id`, int64(task))
	if err != nil {
		return nil, fmt.Errorf("notices of task M-%d: %w", task, err)
	}
	return list, nil
}

// RejectedNotices returns the notices that were rejected for good, newest
// first, at most limit.
func (s *Store) RejectedNotices(ctx context.Context, limit int) ([]mention.Notice, error) {
	list, err := collect(ctx, s.reader, scanNotice,
		`SELECT `+noticeColumns+` FROM notice WHERE state = 'rejected' ORDER BY id DESC LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("list rejected notices: %w", err)
	}
	return list, nil
}

// MarkSending records that a notice is about to leave, so that after a crash
// it is known to be in doubt. It reports mention.ErrConflict when job's lease
// is lost or the notice has been sent or rejected meanwhile.
func (s *Store) MarkSending(ctx context.Context, id int64, job mention.Job) error {
	return s.write(ctx, fmt.Sprintf("mark notice %d sending", id), func(t *tx) error {
		if err := t.holds(ctx, job); err != nil {
			return err
		}
		res, err := t.exec(ctx, `UPDATE notice SET state = 'sending' WHERE id = $1 AND state IN ('queued', 'sending')`, id)
		return t.changed(ctx, res, err, `SELECT 1 FROM notice WHERE id = $1`, id)
	})
}

// MarkSent records where a notice landed and which version of its task it
// shows, and applies effects. When the task has changed since, an update
// follows. Marking again changes the place, as when a message is adopted.
func (s *Store) MarkSent(ctx context.Context, id int64, place mention.Posted, shown int, at time.Time, effects ...mention.Effects) error {
	return s.write(ctx, fmt.Sprintf("mark notice %d sent", id), func(t *tx) error {
		res, err := t.exec(ctx, `UPDATE notice SET state = 'sent', place_channel = $1, place_message = $2, place_permalink = $3,
			shown = $4, sent_ms = $5, last_error = '' WHERE id = $6`,
			clean(place.Channel), clean(place.Message), clean(place.Permalink), shown, millis(at), id)
		if err := t.changed(ctx, res, err, `SELECT 1 FROM notice WHERE id = $1`, id); err != nil {
			return err
		}
		if _, err := t.applyAll(ctx, effects); err != nil {
			return err
		}
		return t.catchUp(ctx, id)
	})
}

// catchUp writes an update job for a card that shows an old version.
func (t *tx) catchUp(ctx context.Context, id int64) error {
	behind, err := collect(ctx, t, scanNumber, `SELECT n.id FROM notice n JOIN task t ON t.id = n.task
		WHERE n.id = $1 AND n.kind IN ('card', 'escalation') AND n.state = 'sent' AND t.version > n.shown`, id)
	if err != nil || len(behind) == 0 {
		return err
	}
	j, err := noticeJob(mention.UpdateJob, id, t.now)
	if err != nil {
		return err
	}
	return t.enqueue(ctx, j)
}

// MarkShown records which version of its task a card shows after an update.
// An older version than the recorded one changes nothing.
func (s *Store) MarkShown(ctx context.Context, id int64, shown int) error {
	return s.write(ctx, fmt.Sprintf("mark notice %d shown", id), func(t *tx) error {
		_, err := t.exec(ctx, `UPDATE notice SET shown = $1 WHERE id = $2 AND shown < $1`, shown, id)
		return err
	})
}

// MarkRejected records that a notice cannot be sent, and why, and applies
// effects, such as a notice to the fallback channel.
func (s *Store) MarkRejected(ctx context.Context, id int64, reason string, effects ...mention.Effects) error {
	return s.write(ctx, fmt.Sprintf("mark notice %d rejected", id), func(t *tx) error {
		res, err := t.exec(ctx, `UPDATE notice SET state = 'rejected', last_error = $1 WHERE id = $2`, clean(reason), id)
		if err := t.changed(ctx, res, err, `SELECT 1 FROM notice WHERE id = $1`, id); err != nil {
			return err
		}
		_, err = t.applyAll(ctx, effects)
		return err
	})
}
