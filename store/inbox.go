package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"otklik/mention"
)

const tokenColumns = `id, account, name, scope, hash, created_ms, used_ms, revoked_ms`

// scanToken reads tokenColumns.
func scanToken(scan func(...any) error) (mention.Token, error) {
	var k mention.Token
	var created, used, revoked int64
	err := scan(&k.ID, &k.Account, &k.Name, &k.Scope, &k.Hash, &created, &used, &revoked)
	k.CreatedAt, k.UsedAt, k.RevokedAt = instant(created, 0), instant(used, 0), instant(revoked, 0)
	return k, err
}

// AddToken keeps a new token and returns it with its number.
func (s *Store) AddToken(ctx context.Context, k mention.Token, deeds ...mention.Deed) (mention.Token, error) {
	added := k
	err := s.write(ctx, "add a token", func(t *tx) error {
		added = k
		added.CreatedAt = t.now
		err := t.row(ctx, `INSERT INTO token (account, name, scope, hash, created_ms, used_ms, revoked_ms)
			VALUES ($1, $2, $3, $4, $5, 0, 0) RETURNING id`,
			k.Account, clean(k.Name), string(k.Scope), k.Hash, millis(t.now)).Scan(&added.ID)
		if err != nil {
			return err
		}
		return t.record(ctx, deeds)
	})
	return added, err
}

// Tokens returns the tokens of an account that are not revoked, oldest first.
func (s *Store) Tokens(ctx context.Context, account int64) ([]mention.Token, error) {
	list, err := collect(ctx, s.reader, scanToken,
		`SELECT `+tokenColumns+` FROM token WHERE account = $1 AND revoked_ms = 0 ORDER BY id`, account)
	if err != nil {
		return nil, fmt.Errorf("list tokens: %w", err)
	}
	return list, nil
}

// useStep is how often the last use of a token is written down: a write for
// every request of a busy program would hold up the rest.
const useStep = 24 * time.Hour

// TokenAccount returns the token with the hash and its account, or
// mention.ErrNotFound when it is unknown, revoked or its account is disabled.
func (s *Store) TokenAccount(ctx context.Context, hash string) (mention.Token, mention.Account, error) {
	k, err := scanToken(s.reader.row(ctx, `SELECT `+tokenColumns+` FROM token WHERE hash = $1 AND revoked_ms = 0`, hash).Scan)
	if err != nil {
		return k, mention.Account{}, fmt.Errorf("token: %w", notFound(err))
	}
	a, err := s.account(ctx, "id", k.Account)
	switch {
	case err != nil:
		return k, a, err
	case !a.DisabledAt.IsZero():
		return k, a, fmt.Errorf("token of a disabled account: %w", mention.ErrNotFound)
	}
	if now := s.now(); now.Sub(k.UsedAt) >= useStep {
		err = s.write(ctx, "note the use of a token", func(t *tx) error {
			_, err := t.exec(ctx, `UPDATE token SET used_ms = $1 WHERE id = $2`, millis(now), k.ID)
			return err
		})
	}
	return k, a, err
}

// RevokeToken makes a token of the account useless for ever; it reports
// mention.ErrNotFound when the account has no such token.
func (s *Store) RevokeToken(ctx context.Context, account, id int64, deeds ...mention.Deed) error {
	return s.write(ctx, "revoke a token", func(t *tx) error {
		res, err := t.exec(ctx, `UPDATE token SET revoked_ms = $1 WHERE id = $2 AND account = $3 AND revoked_ms = 0`, millis(t.now), id, account)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, mention.ErrNotFound)
		}
		return t.record(ctx, deeds)
	})
}

// SavedViews returns the named filters of an account, by name.
func (s *Store) SavedViews(ctx context.Context, account int64) ([]mention.SavedView, error) {
	list, err := collect(ctx, s.reader, func(scan func(...any) error) (mention.SavedView, error) {
		var v mention.SavedView
		err := scan(&v.ID, &v.Account, &v.Name, &v.Query)
		return v, err
	}, `SELECT id, account, name, query FROM saved_view WHERE account = $1 ORDER BY name LIMIT $2`, account, maxPage)
	if err != nil {
		return nil, fmt.Errorf("list saved views: %w", err)
	}
	return list, nil
}

// SaveView names a filter; a view of the same name is replaced.
func (s *Store) SaveView(ctx context.Context, v mention.SavedView) error {
	return s.write(ctx, "save a view", func(t *tx) error {
		_, err := t.exec(ctx, `INSERT INTO saved_view (account, name, query) VALUES ($1, $2, $3)
			ON CONFLICT (account, name) DO UPDATE SET query = excluded.query`, v.Account, clean(v.Name), clean(v.Query))
		return err
	})
}

// DropView forgets a view of the account; one that is gone already is no error.
func (s *Store) DropView(ctx context.Context, account, id int64) error {
	return s.write(ctx, "drop a view", func(t *tx) error {
		_, err := t.exec(ctx, `DELETE FROM saved_view WHERE id = $1 AND account = $2`, id, account)
		return err
	})
}

// onceKept is how long the outcome of a request is remembered.
const onceKept = 24 * time.Hour

// Remember keeps the outcome of a request and forgets those of yesterday. The
// first outcome of a key stays.
func (s *Store) Remember(ctx context.Context, o mention.Once) error {
	return s.write(ctx, "remember a request", func(t *tx) error {
		if _, err := t.exec(ctx, `DELETE FROM once WHERE at_ms < $1`, millis(t.now.Add(-onceKept))); err != nil {
			return err
		}
		_, err := t.exec(ctx, `INSERT INTO once (key, request, status, body, at_ms) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
			clean(o.Key), o.Request, o.Status, clean(o.Body), millis(t.now))
		return err
	})
}

// Remembered returns the outcome of the request with the key, or mention.ErrNotFound.
func (s *Store) Remembered(ctx context.Context, key string) (mention.Once, error) {
	o := mention.Once{Key: key}
	var at int64
	err := s.reader.row(ctx, `SELECT request, status, body, at_ms FROM once WHERE key = $1`, clean(key)).Scan(&o.Request, &o.Status, &o.Body, &at)
	if err != nil {
		return o, fmt.Errorf("remembered request: %w", notFound(err))
	}
	o.At = instant(at, 0)
	return o, nil
}

// LastEvent returns the number of the last event of any task, zero when there
// is none: two equal answers mean that no task changed between them.
func (s *Store) LastEvent(ctx context.Context) (int64, error) {
	var last sql.NullInt64
	if err := s.reader.row(ctx, `SELECT MAX(id) FROM event`).Scan(&last); err != nil {
		return 0, fmt.Errorf("last event: %w", err)
	}
	return last.Int64, nil
}
