package store

import (
	"context"
	"errors"
	"fmt"

	"otklik/mention"
)

// Saved returns a value that Save kept, or mention.ErrNotFound.
func (s *Store) Saved(ctx context.Context, name string) (string, error) {
	var value string
	if err := s.reader.row(ctx, `SELECT value FROM saved WHERE name = $1`, name).Scan(&value); err != nil {
		return "", fmt.Errorf("saved %s: %w", name, notFound(err))
	}
	return value, nil
}

// Save keeps a small value under a name, such as when a digest went out last.
func (s *Store) Save(ctx context.Context, name, value string) error {
	return s.write(ctx, "save "+name, func(t *tx) error {
		_, err := t.exec(ctx, `INSERT INTO saved (name, value, at_ms) VALUES ($1, $2, $3)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value, at_ms = excluded.at_ms`, clean(name), clean(value), millis(t.now))
		return err
	})
}

// Replace keeps value in the place of old; mention.ErrConflict says that
// something else is kept under the name, or nothing.
func (s *Store) Replace(ctx context.Context, name, old, value string) error {
	return s.write(ctx, "replace "+name, func(t *tx) error {
		result, err := t.exec(ctx, `UPDATE saved SET value = $1, at_ms = $2 WHERE name = $3 AND value = $4`, clean(value), millis(t.now), clean(name), clean(old))
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, mention.ErrConflict)
		}
		return nil
	})
}

// SavedLatest returns the values whose names begin with prefix, the one that
// changed last first.
func (s *Store) SavedLatest(ctx context.Context, prefix string, limit int) ([]string, error) {
	values, err := collect(ctx, s.reader, func(scan func(...any) error) (string, error) {
		var value string
		err := scan(&value)
		return value, err
	}, `SELECT value FROM saved WHERE name >= $1 AND name < $2 ORDER BY at_ms DESC, name LIMIT $3`, prefix, prefix+lastRune, limit)
	if err != nil {
		return nil, fmt.Errorf("list saved %s: %w", prefix, err)
	}
	return values, nil
}
