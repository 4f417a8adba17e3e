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
		// index names only pages, and each row on them is looked at. No statement
		// takes so long that compiling it for 70 ms would pay.
		_, err := conn.Exec(ctx, "SET work_mem = '32MB'; SET jit = off")
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
	s.keep(func(ctx context.Context) { s.listen(ctx, pc) })
	s.keep(s.tendStatistics)
	return nil
}

// keep runs work beside the store until it is closed.
func (s *Store) keep(work func(context.Context)) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		work(ctx)
	}()
	s.closers = append(s.closers, func() error { stop(); <-done; return nil })
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
func (s *Store) listen(ctx context.Context, pc *pgx.ConnConfig) {
	for ctx.Err() == nil {
		// Health and every other call report a database that is gone;
		// here only the delay until the next due time is at stake.
		_ = s.listenOnce(ctx, pc)
		pause(ctx, listenPause)
	}
}

// pause waits for d or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// How often the statistics are looked at, and how long one look may take.
const (
	tendEvery = 10 * time.Minute
	tendLimit = 2 * time.Minute
)

// tendStatistics has PostgreSQL look at tables that grew much since it last
// did. Its own daemon does so too, where it runs, but only minutes after an
// import; until then searches are planned for an empty archive.
func (s *Store) tendStatistics(ctx context.Context) {
	for ctx.Err() == nil {
		tending, cancel := context.WithTimeout(ctx, tendLimit)
		_ = s.Analyze(tending) // plans stay as they are; the next look is soon
		cancel()
		pause(ctx, tendEvery)
	}
}

// Analyze has PostgreSQL renew its statistics of the tables that have grown
// tenfold since it last looked at them. SQLite needs none: its plans do not
// depend on what the tables hold.
func (s *Store) Analyze(ctx context.Context) error {
	if !s.dialect.postgres {
		return nil
	}
	tables, err := collect(ctx, s.reader, func(scan func(...any) error) (name string, err error) {
		err = scan(&name)
		return name, err
	}, `SELECT relname FROM pg_stat_user_tables WHERE schemaname = current_schema() AND relname IN ('mention', 'mention_words', 'task', 'event', 'notice', 'band', 'run', 'job')
		AND n_mod_since_analyze > 1000 AND n_mod_since_analyze >= n_live_tup * 0.9`)
	if err != nil {
		return fmt.Errorf("look at the statistics: %w", err)
	}
	for _, table := range tables {
		if _, err := s.reader.exec(ctx, "ANALYZE "+table); err != nil {
			return fmt.Errorf("renew the statistics of %s: %w", table, err)
		}
	}
	return nil
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
