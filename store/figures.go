package store

import (
	"context"
	"fmt"
	"time"

	"otklik/mention"
)

// CountTasks returns how many tasks f finds, at most most: the inbox shows
// "1000+" rather than counting a million. After, Limit and
// Sift are not read.
func (s *Store) CountTasks(ctx context.Context, f TaskFilter, most int) (int, error) {
	f.After = ""
	q, err := s.quest(ctx, f.Words, f.Any)
	if err != nil {
		return 0, fmt.Errorf("count tasks: %w", err)
	}
	hits, err := s.findTasks(ctx, q, f, most)
	if err != nil {
		return 0, fmt.Errorf("count tasks: %w", err)
	}
	return len(hits), nil
}

// dayMs is the length of a day.
const dayMs = int64(24 * time.Hour / time.Millisecond)

// EventsBetween returns what happened to tasks in [from, to), oldest first.
func (s *Store) EventsBetween(ctx context.Context, from, to time.Time) ([]mention.Event, error) {
	list, err := collect(ctx, s.reader, scanEvent,
		`SELECT id, doc FROM event WHERE at_ms >= $1 AND at_ms < $2 ORDER BY at_ms, id`, millis(from), millis(to))
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	return list, nil
}
