package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Backup writes a consistent copy of the archive to a new file while work
// goes on. For PostgreSQL, whose own tools do it better, it reports
// errors.ErrUnsupported.
func (s *Store) Backup(ctx context.Context, path string) error {
	if s.dialect.postgres {
		return fmt.Errorf("back up: %w: the archive is on PostgreSQL, use pg_dump", errors.ErrUnsupported)
	}
	// VACUUM INTO accepts an empty file, so that it is nobody else's from the start.
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("back up: %s exists already: %w", path, err)
	}
	if err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	if err := vacuumInto(ctx, s.file, path); err != nil {
		return errors.Join(fmt.Errorf("back up to %s: %w", path, err), os.Remove(path))
	}
	return nil
}

// vacuumInto copies on a connection of its own: those of the readers may not
// write anywhere, and the writer's would be busy all the while.
func vacuumInto(ctx context.Context, from, to string) (err error) {
	db, err := sql.Open("sqlite", sqliteDSN(from, false))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.ExecContext(ctx, "VACUUM INTO $1", to)
	return err
}
