package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// The files in the data folder: the archive, and an empty one whose lock is
// held while the archive is migrated.
const (
	fileName = "otklik.db"
	lockName = "otklik.lock"
)

//go:embed migrations
var migrations embed.FS

func (s *Store) openSQLite(ctx context.Context, cfg Config) error {
	path, err := prepareFile(cfg.Data)
	if err != nil {
		return err
	}
	s.file = path
	write, err := s.openPool(sqliteDSN(path, false), 1)
	if err != nil {
		return fmt.Errorf("open archive %s: %w", path, err)
	}
	if err := migrateSQLite(ctx, write, cfg.Data); err != nil {
		return fmt.Errorf("open archive %s: %w", path, err)
	}
	w := newSoleWriter(write)
	s.writer = w
	s.closers = append(s.closers, w.shut)
	// Reading never waits for writing in WAL mode. A report takes two readers for
	// a second, so that there are two more for people on the smallest machine.
	read, err := s.openPool(sqliteDSN(path, true), max(4, runtime.GOMAXPROCS(0)))
	if err != nil {
		return fmt.Errorf("open archive %s: %w", path, err)
	}
	s.reader = newReader(read, true)
	s.closers = append(s.closers, s.reader.close)
	return nil
}

func (s *Store) openPool(dsn string, conns int) (*sql.DB, error) {
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, db.Close)
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

// prepareFile makes the data folder and an empty archive in it, both for the
// owner alone: SQLite would create the file readable by everyone.
func prepareFile(dir string) (string, error) {
	if dir == "" {
		return "", errors.New("open archive: no data folder is configured")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make data folder: %w", err)
	}
	for _, name := range []string{fileName, lockName} {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_RDWR|os.O_CREATE, 0o600)
		if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
			return "", fmt.Errorf("data folder %s cannot be written to: %w", dir, err)
		}
		if err != nil {
			return "", fmt.Errorf("make archive: %w", err)
		}
		if err := f.Close(); err != nil {
			return "", fmt.Errorf("make archive: %w", err)
		}
	}
	return filepath.Join(dir, fileName), nil
}

// migrateSQLite lets one process migrate while the others wait: they would
// all find the same migrations missing, and all but one fail. The lock is
// that of a second, empty database, because goose needs the first for itself,
// and SQLite's locks are the same on every system.
func migrateSQLite(ctx context.Context, db *sql.DB, dir string) (err error) {
	guard, err := sql.Open("sqlite", fileURL(filepath.Join(dir, lockName), url.Values{"_pragma": {"busy_timeout(60000)"}}))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, guard.Close()) }() // ends the transaction
	guard.SetMaxOpenConns(1)
	if _, err := guard.ExecContext(ctx, "BEGIN EXCLUSIVE"); err != nil {
		return fmt.Errorf("lock migrations: %w", err)
	}
	return migrate(ctx, goose.DialectSQLite3, db, "migrations/sqlite")
}

// sqliteDSN carries the pragmas, so that every connection of a pool has them.
// The write-ahead log with synchronous NORMAL survives a killed process; a
// power cut may lose the last commits, but never tears one.
func sqliteDSN(path string, readOnly bool) string {
	q := url.Values{"_pragma": {
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(NORMAL)", "temp_store(MEMORY)", "cache_size(-8000)",
		"wal_autocheckpoint(4000)", // 16 MB: pages that change often are copied less often
	}}
	if readOnly {
		q.Add("_pragma", "query_only(1)")
	}
	return fileURL(path, q)
}

func fileURL(path string, q url.Values) string {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}
	return u.String()
}

// migrate brings the schema forward; it never goes back, and refuses what a
// newer release has left.
func migrate(ctx context.Context, d goose.Dialect, db *sql.DB, dir string, opts ...goose.ProviderOption) error {
	files, err := fs.Sub(migrations, dir)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	p, err := goose.NewProvider(d, db, files, append(opts, goose.WithDisableGlobalRegistry(true))...)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	sources := p.ListSources()
	known := sources[len(sources)-1].Version
	found, err := p.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("migrate: read the version of the schema: %w", err)
	}
	if found > known {
		return fmt.Errorf("its schema is version %d and this program knows %d: a newer release has been at work; install that one, or restore a backup of before", found, known)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}
