package store

import (
	"context"
	"fmt"
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
