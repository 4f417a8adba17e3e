package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"
)

// writer opens transactions that write.
type writer interface {
	// within runs fn in one transaction, which it commits when fn returns nil.
	within(ctx context.Context, t *tx, fn func(*tx) error) error
}

// preparer is what *sql.DB and *sql.Conn have in common.
type preparer interface {
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// maxStatements bounds the compiled statements of a reader: filters make
// many texts, most of them once.
const maxStatements = 256

// reader runs statements and, on SQLite, keeps them compiled. pgx keeps its
// own, so there it is only a thin cover.
type reader struct {
	db    preparer
	keeps bool

	mu    sync.Mutex
	stmts map[string]*sql.Stmt
}

func newReader(db preparer, keeps bool) *reader {
	return &reader{db: db, keeps: keeps, stmts: make(map[string]*sql.Stmt)}
}

// statement returns the compiled query, or nil when it is not to be kept.
func (r *reader) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	if !r.keeps {
		return nil, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if st, ok := r.stmts[query]; ok {
		return st, nil
	}
	if len(r.stmts) >= maxStatements {
		return nil, nil
	}
	st, err := r.db.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	r.stmts[query] = st
	return st, nil
}

func (r *reader) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	st, err := r.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if st == nil {
		return r.db.ExecContext(ctx, query, args...)
	}
	return st.ExecContext(ctx, args...)
}

func (r *reader) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	st, err := r.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if st == nil {
		return r.db.QueryContext(ctx, query, args...)
	}
	return st.QueryContext(ctx, args...)
}

// row falls back to an uncompiled query on an error, which then reports it.
func (r *reader) row(ctx context.Context, query string, args ...any) *sql.Row {
	st, err := r.statement(ctx, query)
	if err != nil || st == nil {
		return r.db.QueryRowContext(ctx, query, args...)
	}
	return st.QueryRowContext(ctx, args...)
}

func (r *reader) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for _, st := range r.stmts {
		errs = append(errs, st.Close())
	}
	clear(r.stmts)
	return errors.Join(errs...)
}

// soleWriter is SQLite's: one connection for all transactions, which take
// turns. Deferred transactions on several connections fail with SQLITE_BUSY
// however long the timeout is, because a read snapshot cannot become a write.
type soleWriter struct {
	db   *sql.DB
	turn chan struct{} // holds a token while the connection is free
	conn *sql.Conn
	run  *reader
}

func newSoleWriter(db *sql.DB) *soleWriter {
	w := &soleWriter{db: db, turn: make(chan struct{}, 1)}
	w.turn <- struct{}{}
	return w
}

func (w *soleWriter) within(ctx context.Context, t *tx, fn func(*tx) error) error {
	select {
	case <-w.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { w.turn <- struct{}{} }()
	if err := ctx.Err(); err != nil {
		return err
	}
	// A transaction takes milliseconds. Without the caller's cancellation no
	// statement is interrupted halfway, and none costs a watching goroutine.
	ctx = context.WithoutCancel(ctx)
	if err := w.begin(ctx); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	t.runner = uncancelled{w.run}
	done := false
	defer func() {
		if !done { // fn failed or panicked
			_, _ = w.run.exec(ctx, "ROLLBACK")
		}
	}()
	if err := fn(t); err != nil {
		return err
	}
	if _, err := w.run.exec(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	done = true
	return nil
}

// begin opens a transaction that has the write lock from its start, on a new
// connection when the old one is gone.
func (w *soleWriter) begin(ctx context.Context) error {
	if w.conn == nil {
		conn, err := w.db.Conn(ctx)
		if err != nil {
			return err
		}
		w.conn, w.run = conn, newReader(conn, true)
	}
	_, err := w.run.exec(ctx, "BEGIN IMMEDIATE")
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) {
		_ = w.close()
	}
	return err
}

func (w *soleWriter) close() error {
	if w.conn == nil {
		return nil
	}
	err := errors.Join(w.run.close(), w.conn.Close())
	w.conn, w.run = nil, nil
	return err
}

// shut waits for the transaction in hand and lets no other begin.
func (w *soleWriter) shut() error {
	<-w.turn
	return w.close()
}

// uncancelled keeps the statements of a short transaction from being interrupted.
type uncancelled struct{ *reader }

func (u uncancelled) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return u.reader.exec(context.WithoutCancel(ctx), query, args...)
}

func (u uncancelled) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return u.reader.query(context.WithoutCancel(ctx), query, args...)
}

func (u uncancelled) row(ctx context.Context, query string, args ...any) *sql.Row {
	return u.reader.row(context.WithoutCancel(ctx), query, args...)
}

// poolWriter is PostgreSQL's: every transaction on a connection of the pool.
type poolWriter struct{ db *sql.DB }

func (w poolWriter) within(ctx context.Context, t *tx, fn func(*tx) error) error {
	begun, err := w.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer begun.Rollback() //nolint:errcheck // fails only after the commit
	t.runner = plain{begun}
	if err := fn(t); err != nil {
		return err
	}
	if t.wakes {
		if _, err := t.exec(ctx, "SELECT pg_notify($1, '')", wakeChannel); err != nil {
			return fmt.Errorf("notify: %w", err)
		}
	}
	if err := begun.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// plain runs statements in a transaction of the pool.
type plain struct{ *sql.Tx }

func (p plain) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return p.ExecContext(ctx, query, args...)
}

func (p plain) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return p.QueryContext(ctx, query, args...)
}

func (p plain) row(ctx context.Context, query string, args ...any) *sql.Row {
	return p.QueryRowContext(ctx, query, args...)
}
