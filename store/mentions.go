package store

import (
	"context"
	"fmt"

	"otklik/mention"
)

// Looks returns the fingerprints of those of ids that the archive knows.
func (s *Store) Looks(ctx context.Context, ids []mention.ID) (map[mention.ID]uint64, error) {
	known := make(map[mention.ID]uint64, len(ids))
	if len(ids) == 0 {
		return known, nil
	}
	list, err := encode(ids)
	if err != nil {
		return nil, err
	}
	_, err = collect(ctx, s.reader, func(scan func(...any) error) (struct{}, error) {
		var id mention.ID
		var print int64
		err := scan(&id, &print)
		known[id] = uint64(print)
		return struct{}{}, err
	}, `SELECT id, fingerprint FROM mention WHERE `+s.dialect.in("id", "$1"), list)
	if err != nil {
		return nil, fmt.Errorf("look up %d mentions: %w", len(ids), err)
	}
	return known, nil
}

func mentionByID(ctx context.Context, r runner, id mention.ID) (*mentionRow, error) {
	row, err := scanMention(r.row(ctx, `SELECT `+mentionColumns+` FROM mention WHERE id = $1`, string(id)).Scan)
	if err != nil {
		return nil, notFound(err)
	}
	return row, nil
}

func mentionsByID(ctx context.Context, r runner, d dialect, ids []mention.ID) (map[mention.ID]*mentionRow, error) {
	list, err := encode(ids)
	if err != nil {
		return nil, err
	}
	rows, err := collect(ctx, r, scanMention, `SELECT `+mentionColumns+` FROM mention WHERE `+d.in("id", "$1"), list)
	if err != nil {
		return nil, err
	}
	found := make(map[mention.ID]*mentionRow, len(rows))
	for _, row := range rows {
		found[row.m.ID] = row
	}
	return found, nil
}

// Mention returns a mention with the names of its copies, or mention.ErrNotFound.
func (s *Store) Mention(ctx context.Context, id mention.ID) (mention.Mention, error) {
	row, err := mentionByID(ctx, s.reader, id)
	if err != nil {
		return mention.Mention{}, fmt.Errorf("mention %s: %w", id, err)
	}
	if row.task == 0 {
		return row.m, nil
	}
	t, err := s.Task(ctx, row.task)
	if err != nil {
		return mention.Mention{}, fmt.Errorf("mention %s: %w", id, err)
	}
	row.m.Copies = copiesOf(t, id)
	return row.m, nil
}

// Revisions returns the earlier versions of a mention, oldest first.
func (s *Store) Revisions(ctx context.Context, id mention.ID) ([]mention.Revision, error) {
	list, err := collect(ctx, s.reader, func(scan func(...any) error) (mention.Revision, error) {
		var r mention.Revision
		var seen int64
		err := scan(&r.Number, &seen, &r.Rating, &r.Best, &r.Title, &r.Text, &r.Pros, &r.Cons, &r.Tone)
		r.SeenAt = instant(seen, 0)
		return r, err
	}, `SELECT number, seen_ms, rating, best, title, text, pros, cons, tone FROM revision WHERE mention = $1 ORDER BY number`, string(id))
	if err != nil {
		return nil, fmt.Errorf("revisions of mention %s: %w", id, err)
	}
	return list, nil
}
