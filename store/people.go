package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"otklik/mention"
)

const accountColumns = `id, login, name, role, password, subject, slack, aliases, lang, created_ms, disabled_ms`

// scanAccount reads accountColumns.
func scanAccount(scan func(...any) error) (mention.Account, error) {
	var a mention.Account
	var aliases string
	var created, disabled int64
	err := scan(&a.ID, &a.Login, &a.Name, &a.Role, &a.Password, &a.Subject, &a.Slack, &aliases, &a.Lang, &created, &disabled)
	if aliases != "" {
		a.Aliases = strings.Split(aliases, " ")
	}
	a.CreatedAt, a.DisabledAt = instant(created, 0), instant(disabled, 0)
	return a, err
}

// Accounts returns all accounts, the disabled ones too, by login.
func (s *Store) Accounts(ctx context.Context) ([]mention.Account, error) {
	list, err := collect(ctx, s.reader, scanAccount, `SELECT `+accountColumns+` FROM account ORDER BY login`)
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	return list, nil
}

// HasAccounts reports whether anybody ever got an account.
func (s *Store) HasAccounts(ctx context.Context) (bool, error) {
	var id int64
	err := s.reader.row(ctx, `SELECT id FROM account LIMIT 1`).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for accounts: %w", err)
	}
	return true, nil
}

// AccountByLogin returns the account, or mention.ErrNotFound.
func (s *Store) AccountByLogin(ctx context.Context, login string) (mention.Account, error) {
	return s.account(ctx, "login", clean(login))
}

// AccountBySubject returns the account of a person at the identity provider,
// or mention.ErrNotFound.
func (s *Store) AccountBySubject(ctx context.Context, subject string) (mention.Account, error) {
	if subject == "" {
		return mention.Account{}, mention.ErrNotFound
	}
	return s.account(ctx, "subject", clean(subject))
}

func (s *Store) account(ctx context.Context, column string, value any) (mention.Account, error) {
	a, err := scanAccount(s.reader.row(ctx, `SELECT `+accountColumns+` FROM account WHERE `+column+` = $1`, value).Scan)
	if err != nil {
		return a, fmt.Errorf("account by %s: %w", column, notFound(err))
	}
	return a, nil
}

// SaveAccount inserts a when its ID is zero, and sets the ID; else it saves
// it. Sessions of an account end when it is disabled or gets another password.
// It reports mention.ErrConflict when the login or the subject is taken and
// mention.ErrNotFound when there is no such account.
func (s *Store) SaveAccount(ctx context.Context, a *mention.Account, deeds ...mention.Deed) error {
	id := a.ID
	err := s.write(ctx, "save account", func(t *tx) error {
		saved := *a
		if saved.CreatedAt.IsZero() {
			saved.CreatedAt = t.now
		}
		var err error
		if saved.ID == 0 {
			id, err = t.insertAccount(ctx, saved)
		} else {
			err = t.updateAccount(ctx, saved)
		}
		if err != nil {
			return err
		}
		return t.record(ctx, deeds)
	})
	if err == nil {
		a.ID = id
	}
	return err
}

// taken refuses a login or a subject that another account has.
func (t *tx) taken(ctx context.Context, a mention.Account) error {
	var other int64
	err := t.row(ctx, `SELECT id FROM account WHERE id <> $1 AND (login = $2 OR (subject = $3 AND subject <> ''))`,
		a.ID, clean(a.Login), clean(a.Subject)).Scan(&other)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err == nil {
		return fmt.Errorf("login %q: %w", a.Login, mention.ErrConflict)
	}
	return err
}

func (t *tx) insertAccount(ctx context.Context, a mention.Account) (id int64, err error) {
	if err := t.taken(ctx, a); err != nil {
		return 0, err
	}
	err = t.row(ctx, `INSERT INTO account (login, name, role, password, subject, slack, aliases, lang, created_ms, disabled_ms)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id`,
		clean(a.Login), clean(a.Name), string(a.Role), a.Password, clean(a.Subject), clean(a.Slack), joined(a.Aliases), clean(a.Lang),
		millis(a.CreatedAt), millis(a.DisabledAt)).Scan(&id)
	return id, err
}

func (t *tx) updateAccount(ctx context.Context, a mention.Account) error {
	was, err := scanAccount(t.row(ctx, t.dialect.locked(`SELECT `+accountColumns+` FROM account WHERE id = $1`), a.ID).Scan)
	if err != nil {
		return notFound(err)
	}
	if err := t.taken(ctx, a); err != nil {
		return err
	}
	_, err = t.exec(ctx, `UPDATE account SET login = $1, name = $2, role = $3, password = $4, subject = $5, slack = $6, aliases = $7, lang = $8, disabled_ms = $9
		WHERE id = $10`, clean(a.Login), clean(a.Name), string(a.Role), a.Password, clean(a.Subject), clean(a.Slack), joined(a.Aliases), clean(a.Lang),
		millis(a.DisabledAt), a.ID)
	if err != nil || (a.DisabledAt.IsZero() && a.Password == was.Password) {
		return err
	}
	_, err = t.exec(ctx, `DELETE FROM session WHERE account = $1`, a.ID)
	return err
}

// joined is how aliases are stored: none has a blank.
func joined(aliases []string) string { return clean(strings.Join(aliases, " ")) }

// OpenSession keeps a session and removes those that have ended.
func (s *Store) OpenSession(ctx context.Context, n mention.Session, deeds ...mention.Deed) error {
	return s.write(ctx, "open a session", func(t *tx) error {
		if _, err := t.exec(ctx, `DELETE FROM session WHERE expires_ms <= $1`, millis(t.now)); err != nil {
			return err
		}
		_, err := t.exec(ctx, `INSERT INTO session (hash, account, created_ms, expires_ms) VALUES ($1, $2, $3, $4)`,
			n.Hash, n.Account, millis(n.CreatedAt), millis(n.ExpiresAt))
		if err != nil {
			return err
		}
		return t.record(ctx, deeds)
	})
}

// SessionAccount returns the account of the session that has not ended, or
// mention.ErrNotFound. Disabled accounts have none.
func (s *Store) SessionAccount(ctx context.Context, hash string) (mention.Account, error) {
	a, err := scanAccount(s.reader.row(ctx, `SELECT `+accountColumns+` FROM account
		WHERE disabled_ms = 0 AND id = (SELECT account FROM session WHERE hash = $1 AND expires_ms > $2)`,
		hash, millis(s.now())).Scan)
	if err != nil {
		return a, fmt.Errorf("session: %w", notFound(err))
	}
	return a, nil
}

// CloseSession ends a session; one that is gone already is no error.
func (s *Store) CloseSession(ctx context.Context, hash string, deeds ...mention.Deed) error {
	return s.write(ctx, "close a session", func(t *tx) error {
		if _, err := t.exec(ctx, `DELETE FROM session WHERE hash = $1`, hash); err != nil {
			return err
		}
		return t.record(ctx, deeds)
	})
}

// Record adds to the audit log.
func (s *Store) Record(ctx context.Context, deeds ...mention.Deed) error {
	return s.write(ctx, "record", func(t *tx) error { return t.record(ctx, deeds) })
}

func (t *tx) record(ctx context.Context, deeds []mention.Deed) error {
	for _, d := range deeds {
		at := d.At
		if at.IsZero() {
			at = t.now
		}
		_, err := t.exec(ctx, `INSERT INTO deed (at_ms, actor, name, verb, subject, address) VALUES ($1, $2, $3, $4, $5, $6)`,
			millis(at), clean(d.Actor.ID), clean(d.Actor.Name), d.Verb, clean(d.Subject), clean(d.Address))
		if err != nil {
			return fmt.Errorf("record %s: %w", d.Verb, err)
		}
	}
	return nil
}

// Deeds returns a page of the audit log, newest first, from before the line
// numbered before; zero begins with the newest.
func (s *Store) Deeds(ctx context.Context, before int64, most int) ([]mention.Deed, error) {
	if before <= 0 {
		before = 1 << 62
	}
	list, err := collect(ctx, s.reader, func(scan func(...any) error) (mention.Deed, error) {
		var d mention.Deed
		var at int64
		err := scan(&d.ID, &at, &d.Actor.ID, &d.Actor.Name, &d.Verb, &d.Subject, &d.Address)
		d.At = instant(at, 0)
		return d, err
	}, `SELECT id, at_ms, actor, name, verb, subject, address FROM deed WHERE id < $1 ORDER BY id DESC LIMIT $2`, before, limit(most))
	if err != nil {
		return nil, fmt.Errorf("list deeds: %w", err)
	}
	return list, nil
}
