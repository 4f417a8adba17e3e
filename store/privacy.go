package store

import (
	"context"
	"time"

	"otklik/mention"
)

// HideAuthors forgets the names and profiles of the authors of mentions that
// were collected before a moment; what they wrote stays. It returns how many
// mentions it changed.
func (s *Store) HideAuthors(ctx context.Context, before time.Time) (int, error) {
	sum := 0
	for {
		n := 0
		err := s.write(ctx, "hide authors", func(t *tx) (err error) {
			// In steps, so that the work of the day is never held up.
			n, err = t.remove(ctx, `UPDATE mention SET author = '', author_url = '' WHERE seq IN (
				SELECT seq FROM mention WHERE collected_ms < $1 AND (author <> '' OR author_url <> '') LIMIT $2)`, millis(before), purgeStep)
			return err
		})
		sum += n
		if err != nil || n < purgeStep {
			return sum, err
		}
	}
}

// Written returns the mentions of a person, newest first, at most limit.
func (s *Store) Written(ctx context.Context, p Person, limit int) ([]mention.Mention, error) {
	c := &clauses{}
	c.equal("source", p.Source)
	c.equal("author", p.Author)
	c.equal("author_url", p.AuthorURL)
	c.add("(author <> '' OR author_url <> '')")
	c.args = append(c.args, limit)
	rows, err := collect(ctx, s.reader, scanMention, "SELECT "+mentionColumns+" FROM mention"+c.String()+" ORDER BY seq DESC LIMIT "+c.param(), c.args...)
	list := make([]mention.Mention, len(rows))
	for i, r := range rows {
		list[i] = r.m
	}
	return list, err
}

// SaveOnce keeps a value under a name unless one is kept already, and returns
// the one that is kept: of several who try at once all get the same.
func (s *Store) SaveOnce(ctx context.Context, name, value string) (string, error) {
	err := s.write(ctx, "save "+name+" once", func(t *tx) error {
		_, err := t.exec(ctx, `INSERT INTO saved (name, value, at_ms) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING`,
			clean(name), clean(value), millis(t.now))
		return err
	})
	if err != nil {
		return "", err
	}
	return s.Saved(ctx, name)
}
