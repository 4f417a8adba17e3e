package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// postgresConns bounds the connections of one daemon, the listening one apart.
const postgresConns = 12

func (s *Store) openPostgres(ctx context.Context, cfg Config) error {
	pc, err := pgx.ParseConfig(cfg.Database)
	if err != nil {
		// pgx's own message repeats the URL with what is in it.
		return errors.New("open archive: the database URL cannot be understood: expected postgres://user:password@host/name")
	}
	name := fmt.Sprintf("postgres://%s@%s:%d/%s", pc.User, pc.Host, pc.Port, pc.Database)
	s.dialect = dialect{postgres: true}
	db := stdlib.OpenDB(*pc, stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		// The hits of a common word in a million texts fit in; in less room the
		// index names only pages, and each text on them is stemmed anew.
		_, err := conn.Exec(ctx, "SET work_mem = '32MB'")
		return err
	}))
	s.closers = append(s.closers, db.Close)
	db.SetMaxOpenConns(postgresConns)
	db.SetMaxIdleConns(postgresConns)
	db.SetConnMaxIdleTime(5 * time.Minute)
	if err := db.PingContext(ctx); err != nil {
		return fmt.Errorf("open archive %s: %w", name, err)
	}
	if err := migratePostgres(ctx, db); err != nil {
		return fmt.Errorf("open archive %s: %w", name, err)
	}
	s.writer, s.reader = poolWriter{db}, newReader(db, false)
	s.listen(pc)
	return nil
}

// migratePostgres lets one daemon migrate while the others wait.
func migratePostgres(ctx context.Context, db *sql.DB) error {
	// A second daemon of the same start looks every second, five minutes long.
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
	if err != nil {
		return fmt.Errorf("lock migrations: %w", err)
	}
	return migrate(ctx, goose.DialectPostgres, db, "migrations/postgres", goose.WithSessionLocker(locker))
}

// listen rings the bell whenever another daemon writes a job.
func (s *Store) listen(pc *pgx.ConnConfig) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			// Health and every other call report a database that is gone;
			// here only the delay until the next due time is at stake.
			_ = s.listenOnce(ctx, pc)
			select {
			case <-ctx.Done():
			case <-time.After(listenPause):
			}
		}
	}()
	s.closers = append(s.closers, func() error { stop(); <-done; return nil })
}

// listenPause is the wait before listening anew after the connection was lost.
const listenPause = 2 * time.Second

func (s *Store) listenOnce(ctx context.Context, pc *pgx.ConnConfig) error {
	conn, err := pgx.ConnectConfig(ctx, pc)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is pending on it
	if _, err := conn.Exec(ctx, "LISTEN "+wakeChannel); err != nil {
		return err
	}
	s.wake.ring() // what was written while nobody listened
	for {
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return err
		}
		s.wake.ring()
	}
}
