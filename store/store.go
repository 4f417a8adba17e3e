package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Config says where the archive is.
type Config struct {
	// Data is the folder for the SQLite file and everything else on disk.
	Data string `yaml:"data"`
	// Database is a postgres:// URL; empty means the file otklik.db in Data.
	Database string `yaml:"database"`
	// IndexLater leaves it to IndexWords to make the words of new mentions
	// searchable.
	IndexLater bool `yaml:"-"`
	// Now replaces the clock; nil means time.Now.
	Now func() time.Time `yaml:"-"`
}

// Store is the archive. It is safe for concurrent use.
type Store struct {
	dialect dialect
	file    string  // SQLite's
	writer  writer  // opens transactions
	reader  *reader // runs single statements outside of them
	now     func() time.Time
	wake    *bell
	stems   *stemmer
	late    bool // new mentions wait for IndexWords
	sources sourceMemo
	closers []func() error // run in reverse
}

// Open opens the archive and brings its schema up to date. The data folder
// and the database file are created for the owner alone when they are missing.
// Errors name what could not be opened, without the password in a URL.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s := &Store{now: cfg.Now, wake: &bell{}, stems: newStemmer(), late: cfg.IndexLater, sources: sourceMemo{known: make(map[string]knownSource)}}
	open := s.openSQLite
	if cfg.Database != "" {
		open = s.openPostgres
	}
	if err := open(ctx, cfg); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close ends all work with the archive. Calls in progress fail.
func (s *Store) Close() error {
	var errs []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		errs = append(errs, s.closers[i]())
	}
	s.closers = nil
	return errors.Join(errs...)
}

// Health reports whether the archive answers.
func (s *Store) Health(ctx context.Context) error {
	var one int
	if err := s.reader.row(ctx, "SELECT 1").Scan(&one); err != nil {
		return fmt.Errorf("ask the archive: %w", err)
	}
	return nil
}

// write runs fn in one transaction; what names it in errors. fn may run more
// than once: PostgreSQL asks to repeat transactions that got in each other's way.
func (s *Store) write(ctx context.Context, what string, fn func(*tx) error) error {
	for attempt := 1; ; attempt++ {
		t := &tx{dialect: s.dialect, now: s.now(), stems: s.stems, late: s.late}
		err := s.writer.within(ctx, t, fn)
		if err == nil {
			if t.wakes {
				s.wake.ring()
			}
			return nil
		}
		if attempt < maxRepeats && s.dialect.repeatable(err) {
			continue
		}
		return fmt.Errorf("%s: %w", what, err)
	}
}

// maxRepeats bounds how often a transaction that lost against another one is
// tried; the other one has made progress each time.
const maxRepeats = 8

// tx is one transaction that writes.
type tx struct {
	runner
	dialect dialect
	now     time.Time
	stems   *stemmer
	late    bool
	wakes   bool // a job was written: tell those who wait
}

// runner runs statements, in a transaction or on its own.
type runner interface {
	exec(ctx context.Context, query string, args ...any) (sql.Result, error)
	query(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	row(ctx context.Context, query string, args ...any) *sql.Row
}

// collect runs query and returns what scan makes of each row.
func collect[T any](ctx context.Context, r runner, scan func(func(...any) error) (T, error), query string, args ...any) ([]T, error) {
	rows, err := r.query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows.Scan)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}
