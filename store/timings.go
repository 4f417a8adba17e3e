package store

import (
	"context"
	"fmt"
	"time"

	"otklik/mention"
)

// clockColumns are what reports measure of a task. Its document says the same,
// but to read the documents of a month takes as long as all else of its report.
const clockColumns = `delivered_ms, taken_ms, acknowledged_ms, promised_ms, answered_ms, confirmed_ms, dismissed_ms, not_visible_ms, reopened_ms,
	due_take_ms, due_acknowledge_ms, due_answer_ms, due_visible_ms, norm, owner_name, answered_by, answered_name, on_site, unverifiable`

// clockTimes are the columns of clockColumns that are times, in their order.
func clockTimes(t *mention.Task) []*time.Time {
	return []*time.Time{&t.DeliveredAt, &t.TakenAt, &t.AcknowledgedAt, &t.PromisedAt, &t.AnsweredAt, &t.ConfirmedAt, &t.DismissedAt, &t.NotVisibleAt, &t.ReopenedAt,
		&t.Due.Take, &t.Due.Acknowledge, &t.Due.Answer, &t.Due.Visible}
}

// clockArgs are the values of clockColumns.
func clockArgs(t *mention.Task) []any {
	var args []any
	for _, at := range clockTimes(t) {
		args = append(args, millis(*at))
	}
	return append(args, clean(t.Norm), clean(t.Owner.Name), clean(t.AnsweredBy.ID), clean(t.AnsweredBy.Name), bit(t.OnSite), bit(t.Unverifiable))
}

// bit is a yes or no as both databases keep it.
func bit(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// Timings returns the tasks made in a scope with the times of their mentions,
// oldest first. Of a task they hold what mention.Timing names.
func (s *Store) Timings(ctx context.Context, sc mention.Scope) ([]mention.Timing, error) {
	c, err := s.scopeOf("t", "t.created_ms", sc)
	if err != nil {
		return nil, fmt.Errorf("list times of tasks: %w", err)
	}
	list, err := collect(ctx, s.reader, scanTiming(), `SELECT id, kind, state, owner, brand, source, tone, created_ms, published_ms, published_off, collected_ms, `+clockColumns+`
		FROM task t`+c.String()+` ORDER BY created_ms, id`, c.args...)
	if err != nil {
		return nil, fmt.Errorf("list times of tasks: %w", err)
	}
	return list, nil
}

// scanTiming reads the columns of Timings into one and the same places: there
// are thirty of them and a hundred thousand rows.
func scanTiming() func(scan func(...any) error) (mention.Timing, error) {
	var t mention.Timing
	var created, published, collected int64
	var offset, onSite, unverifiable int
	task := &t.Task
	times := clockTimes(task)
	stamps := make([]int64, len(times))
	to := []any{&task.ID, &task.Kind, &task.State, &task.Owner.ID, &task.Brand, &t.Source, &t.Tone, &created, &published, &offset, &collected}
	for i := range stamps {
		to = append(to, &stamps[i])
	}
	to = append(to, &task.Norm, &task.Owner.Name, &task.AnsweredBy.ID, &task.AnsweredBy.Name, &onSite, &unverifiable)
	return func(scan func(...any) error) (mention.Timing, error) {
		if err := scan(to...); err != nil {
			return mention.Timing{}, err
		}
		for i, at := range times {
			*at = instant(stamps[i], 0)
		}
		task.CreatedAt, t.PublishedAt, t.CollectedAt = instant(created, 0), instant(published, offset), instant(collected, 0)
		task.OnSite, task.Unverifiable = onSite != 0, unverifiable != 0
		return t, nil
	}
}

// TasksMade returns the tasks made since a moment, oldest first.
func (s *Store) TasksMade(ctx context.Context, since time.Time) ([]mention.Task, error) {
	list, err := collect(ctx, s.reader, scanTask, `SELECT id, doc FROM task WHERE created_ms >= $1 ORDER BY created_ms, id`, millis(since))
	if err != nil {
		return nil, fmt.Errorf("list tasks: %w", err)
	}
	return list, nil
}
