package store

import (
	"context"
	"fmt"
	"time"

	"otklik/mention"
)

// CountTasks returns how many tasks f finds, at most most: the inbox shows
// "1000+" rather than counting a million. After and Limit are not read.
func (s *Store) CountTasks(ctx context.Context, f TaskFilter, most int) (int, error) {
	c, err := s.taskClauses(f)
	if err != nil {
		return 0, fmt.Errorf("count tasks: %w", err)
	}
	from := "task t"
	if f.Words != "" {
		found, has, _ := s.dialect.search()
		from = found + " JOIN task t ON t.mention = m.id"
		c.add(has, s.dialect.wordsArg(s.stems, f.Words))
	}
	c.args = append(c.args, most)
	var n int
	err = s.reader.row(ctx, "SELECT COUNT(*) FROM (SELECT 1 FROM "+from+c.String()+" LIMIT "+c.param()+") found", c.args...).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count tasks: %w", err)
	}
	return n, nil
}

// Figure counts the mentions of one day, brand, site and tone.
type Figure struct {
	Day      time.Time // its midnight, in the zone that was asked for
	Brand    string
	Source   string
	Tone     mention.Tone
	Mentions int
	Rated    int // those with a rating
	Stars    int // their sum, 1 to 5 each
}

// dayMs is the length of a day.
const dayMs = int64(24 * time.Hour / time.Millisecond)

// Figures counts the mentions collected in [from, to) by day, brand, site and
// tone, in this order. Days are those of from's zone as it stands at from.
func (s *Store) Figures(ctx context.Context, from, to time.Time) ([]Figure, error) {
	_, offset := from.Zone()
	shift := int64(offset) * 1000
	list, err := collect(ctx, s.reader, func(scan func(...any) error) (Figure, error) {
		var f Figure
		var day int64
		err := scan(&day, &f.Brand, &f.Source, &f.Tone, &f.Mentions, &f.Rated, &f.Stars)
		f.Day = time.UnixMilli(day*dayMs - shift).In(from.Location())
		return f, err
	}, `SELECT (collected_ms + $3) / 86400000 AS day, brand, source, tone, COUNT(*), SUM(CASE WHEN stars > 0 THEN 1 ELSE 0 END), SUM(stars)
		FROM mention WHERE collected_ms >= $1 AND collected_ms < $2
		GROUP BY day, brand, source, tone ORDER BY day, brand, source, tone`, millis(from), millis(to), shift)
	if err != nil {
		return nil, fmt.Errorf("count mentions: %w", err)
	}
	return list, nil
}

// EventsBetween returns what happened to tasks in [from, to), oldest first.
func (s *Store) EventsBetween(ctx context.Context, from, to time.Time) ([]mention.Event, error) {
	list, err := collect(ctx, s.reader, scanEvent,
		`SELECT id, doc FROM event WHERE at_ms >= $1 AND at_ms < $2 ORDER BY at_ms, id`, millis(from), millis(to))
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	return list, nil
}
