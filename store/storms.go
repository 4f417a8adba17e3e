package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"otklik/mention"
)

const stormColumns = `id, key, brand, topic, started_ms, last_ms, owner, name`

// scanStorm reads stormColumns.
func scanStorm(scan func(...any) error) (mention.Storm, error) {
	var s mention.Storm
	var started, last int64
	err := scan(&s.ID, &s.Key, &s.Brand, &s.Topic, &started, &last, &s.Owner.ID, &s.Owner.Name)
	s.StartedAt, s.LastAt = instant(started, 0), instant(last, 0)
	return s, err
}

// gather makes a new complaint part of a storm when enough of its kind came
// in time. Complaints that were told one by one before join the storm as well.
func (t *tx) gather(ctx context.Context, e mention.Effects) (mention.Effects, error) {
	g := e.Gust
	if g == nil || e.Task == nil || e.Task.ID != 0 || e.Task.IsClosed() {
		return e, nil
	}
	var n int
	since := millis(t.now.Add(-g.Within))
	if err := t.row(ctx, `SELECT count(*) FROM task WHERE gust = $1 AND created_ms > $2`, clean(g.Key), since).Scan(&n); err != nil {
		return e, fmt.Errorf("count complaints of a gust: %w", err)
	}
	s, err := scanStorm(t.row(ctx, `SELECT `+stormColumns+` FROM storm WHERE key = $1 ORDER BY last_ms DESC, id DESC LIMIT 1`, clean(g.Key)).Scan)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		s = mention.Storm{}
	case err != nil:
		return e, fmt.Errorf("read the last storm: %w", err)
	}
	if !g.Makes(n+1, s.LastAt, t.now) {
		return e, nil
	}
	if t.now.Sub(s.LastAt) > g.Within {
		s = mention.Storm{Key: g.Key, Brand: e.Task.Brand, Topic: g.Topic, StartedAt: t.now}
		err := t.row(ctx, `INSERT INTO storm (key, brand, topic, started_ms, last_ms, owner, name) VALUES ($1, $2, $3, $4, $4, '', '') RETURNING id`,
			clean(s.Key), clean(s.Brand), clean(s.Topic), millis(t.now)).Scan(&s.ID)
		if err != nil {
			return e, fmt.Errorf("begin a storm: %w", err)
		}
		if _, err := t.exec(ctx, `UPDATE task SET storm = $1 WHERE gust = $2 AND created_ms > $3 AND storm = 0`, s.ID, clean(g.Key), since); err != nil {
			return e, fmt.Errorf("gather what came before: %w", err)
		}
	} else if _, err := t.exec(ctx, `UPDATE storm SET last_ms = $1 WHERE id = $2`, millis(t.now), s.ID); err != nil {
		return e, fmt.Errorf("prolong a storm: %w", err)
	}
	return e.Gathered(s, t.now)
}

// count files a new task under its gust and storm.
func (t *tx) count(ctx context.Context, task *mention.Task, g *mention.Gust) error {
	if g == nil || task == nil {
		return nil
	}
	_, err := t.exec(ctx, `UPDATE task SET gust = $1, storm = $2 WHERE id = $3`, clean(g.Key), task.Storm, int64(task.ID))
	if err != nil {
		return fmt.Errorf("count task M-%d: %w", task.ID, err)
	}
	if task.Storm == 0 {
		return nil
	}
	return t.staleCards(ctx, task.ID)
}

// topOfStorm is how many complaints a storm's card shows.
const topOfStorm = 5

// Storm returns a storm with its tasks, or mention.ErrNotFound.
func (s *Store) Storm(ctx context.Context, id int64) (mention.StormView, error) {
	var v mention.StormView
	var err error
	v.Storm, err = scanStorm(s.reader.row(ctx, `SELECT `+stormColumns+` FROM storm WHERE id = $1`, id).Scan)
	if err != nil {
		return v, fmt.Errorf("storm %d: %w", id, notFound(err))
	}
	v.Tasks, err = collect(ctx, s.reader, scanTask, `SELECT id, doc FROM task WHERE storm = $1 AND storm <> 0 ORDER BY id`, id)
	if err != nil {
		return v, fmt.Errorf("tasks of storm %d: %w", id, err)
	}
	top, err := collect(ctx, s.reader, scanNumber, `SELECT t.id FROM task t JOIN mention m ON m.id = t.mention
		WHERE t.storm = $1 AND t.storm <> 0 ORDER BY m.views DESC, m.stars, t.id LIMIT $2`, id, topOfStorm)
	if err != nil {
		return v, fmt.Errorf("head of storm %d: %w", id, err)
	}
	for _, task := range top {
		one, err := s.View(ctx, mention.TaskID(task))
		if err != nil {
			return v, err
		}
		v.Top = append(v.Top, one)
	}
	return v, nil
}

// OwnStorm makes who the owner of a storm: what comes later is theirs. It
// reports mention.ErrRefused when somebody else owns it.
func (s *Store) OwnStorm(ctx context.Context, id int64, who mention.Actor) error {
	return s.write(ctx, fmt.Sprintf("own storm %d", id), func(t *tx) error {
		res, err := t.exec(ctx, `UPDATE storm SET owner = $1, name = $2 WHERE id = $3 AND owner IN ('', $1)`, clean(who.ID), clean(who.Name), id)
		err = t.changed(ctx, res, err, `SELECT 1 FROM storm WHERE id = $1`, id)
		if errors.Is(err, mention.ErrConflict) {
			return fmt.Errorf("%w: somebody else owns it", mention.ErrRefused)
		}
		return err
	})
}
