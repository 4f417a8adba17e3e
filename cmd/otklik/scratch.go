package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver behind a demo on PostgreSQL
)

// scratch returns database with a schema of its own, which goes when the demo
// ends, so that nothing in the database is touched. Without a database it is
// the embedded one.
func (w *world) scratch(ctx context.Context, database string) (string, error) {
	if database == "" {
		return "", nil
	}
	u, err := url.Parse(database)
	if err != nil {
		return "", usage("--database is not a URL that begins with postgres://")
	}
	db, err := sql.Open("pgx", database)
	if err != nil {
		return "", fmt.Errorf("open the demo's database: %w", err)
	}
	w.closers = append(w.closers, db.Close)
	schema := fmt.Sprintf("otklik_demo_%d", time.Now().UnixNano())
	if _, err := db.ExecContext(ctx, "CREATE SCHEMA "+schema); err != nil {
		return "", fmt.Errorf("make the demo's schema: %w", err)
	}
	w.closers = append(w.closers, func() error {
		// The demo's context has ended by now.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer cancel()
		if _, err := db.ExecContext(ctx, "DROP SCHEMA "+schema+" CASCADE"); err != nil {
			return fmt.Errorf("drop the demo's schema %s: %w", schema, err)
		}
		return nil
	})
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String(), nil
}
