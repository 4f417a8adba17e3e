package store

import (
	"context"
	"fmt"
	"time"

	"otklik/mention"
)

// Person is an author at one site, as the site names them. Empty fields are
// not compared; at least one of Author and AuthorURL is needed.
type Person struct {
	Source    string
	Author    string
	AuthorURL string
}

// Erase forgets a person: what they wrote, under which name and where, with
// all earlier versions, is blanked, and their name is not collected again,
// because hash, a keyed hash of the person, is remembered. What remains is
// that there was a mention, its rating, tone and dates, so that reports stay
// true. It returns how many mentions were blanked.
func (s *Store) Erase(ctx context.Context, p Person, hash string) (int, error) {
	if p.Author == "" && p.AuthorURL == "" {
		return 0, fmt.Errorf("erase: %w: a name or a profile is needed", mention.ErrRefused)
	}
	blanked := 0
	err := s.write(ctx, "erase", func(t *tx) error {
		_, err := t.exec(ctx, `INSERT INTO erased (hash, at_ms) VALUES ($1, $2) ON CONFLICT DO NOTHING`, hash, millis(t.now))
		if err != nil {
			return err
		}
		c := &clauses{}
		c.equal("source", p.Source)
		c.equal("author", p.Author)
		c.equal("author_url", p.AuthorURL)
		rows, err := collect(ctx, t, scanMention, "SELECT "+mentionColumns+" FROM mention"+c.String(), c.args...)
		if err != nil {
			return err
		}
		blanked = len(rows)
		seqs := make([]int64, len(rows))
		for i, r := range rows {
			seqs[i] = r.seq
			if err := t.blank(ctx, r); err != nil {
				return fmt.Errorf("mention %s: %w", r.m.ID, err)
			}
		}
		return t.forget(ctx, seqs)
	})
	return blanked, err
}

// forget makes blanked mentions unfindable for good.
func (t *tx) forget(ctx context.Context, seqs []int64) error {
	list, err := encode(seqs)
	if err != nil {
		return err
	}
	if err := t.unlist(ctx, seqs, list); err != nil {
		return err
	}
	// A task that one of them gets later would file it by its former words.
	_, err = t.exec(ctx, `UPDATE mention SET own_slots = NULL WHERE own_slots IS NOT NULL AND `+t.dialect.inNumbers("seq", "$1"), list)
	return err
}

// blank takes the person out of a mention and of what was made of it. Its
// sums stay, so that the same page is not taken for an edit.
func (t *tx) blank(ctx context.Context, r *mentionRow) error {
	m := &r.m
	m.URL, m.Author, m.AuthorURL = "", "", ""
	m.Title, m.Text, m.Pros, m.Cons, m.Translation = "", "", "", "", ""
	m.ParentID, m.Thread, r.reasons, r.reply, r.labels, r.sketch = "", "", "", "", "", nil
	args := r.args()
	if _, err := t.exec(ctx, updateMention(), append(args[2:], args[0])...); err != nil {
		return err
	}
	for _, q := range []string{
		`DELETE FROM revision WHERE mention = $1`,
		// An edit's event carries the difference of the texts.
		`DELETE FROM event WHERE verb = 'edited' AND task IN (SELECT id FROM task WHERE mention = $1)`,
	} {
		if _, err := t.exec(ctx, q, string(m.ID)); err != nil {
			return err
		}
	}
	return t.hush(ctx, m.ID)
}

// hush takes out of the tasks of a mention what colleagues wrote: notes,
// drafts and answers name the person or say what they said. The reason of the
// task stays; it is a word of ours. Where the mention is a copy, its address
// goes. Somebody who acts on a task at this moment is told that it changed, as
// by any other action.
func (t *tx) hush(ctx context.Context, id mention.ID) error {
	tasks, err := collect(ctx, t, func(scan func(...any) error) (task mention.Task, err error) {
		var doc string
		if err := scan(&task.ID, &doc); err != nil {
			return task, err
		}
		return readTask(task.ID, doc)
	}, t.dialect.locked(`SELECT id, doc FROM task WHERE mention = $1 OR id = (SELECT task FROM mention WHERE id = $1)`), string(id))
	if err != nil {
		return err
	}
	for _, task := range tasks {
		was := task.Version
		task.Version++
		for i := range task.Places {
			if p := &task.Places[i]; p.Mention == id {
				p.URL, p.ReplyURL = "", ""
			}
		}
		isOwn := task.Mention == id
		if isOwn {
			task.AnswerText, task.AnswerURL = "", ""
		}
		if err := t.updateTask(ctx, &task, was); err != nil {
			return err
		}
		if !isOwn {
			continue
		}
		events, err := collect(ctx, t, scanEvent, `SELECT id, doc FROM event WHERE task = $1 AND verb <> $2`, int64(task.ID), string(mention.Raise))
		if err != nil {
			return err
		}
		for _, e := range events {
			if e.Text == "" {
				continue
			}
			e.Text = ""
			doc, err := encode(e)
			if err != nil {
				return err
			}
			if _, err := t.exec(ctx, `UPDATE event SET doc = $1 WHERE id = $2`, doc, e.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// unlist makes mentions unfindable by their words and as copies. list is seqs
// in JSON. The slots that a mention carries itself are left in its row.
func (t *tx) unlist(ctx context.Context, seqs []int64, list string) error {
	if _, err := t.exec(ctx, `DELETE FROM band WHERE `+t.dialect.inNumbers("mention", "$1"), list); err != nil {
		return err
	}
	return t.dropWords(ctx, seqs, list)
}

// Erased returns those of hashes that belong to erased people.
func (s *Store) Erased(ctx context.Context, hashes []string) (map[string]bool, error) {
	list, err := encode(hashes)
	if err != nil {
		return nil, err
	}
	found, err := collect(ctx, s.reader, func(scan func(...any) error) (hash string, err error) {
		err = scan(&hash)
		return hash, err
	}, `SELECT hash FROM erased WHERE `+s.dialect.in("hash", "$1"), list)
	if err != nil {
		return nil, fmt.Errorf("look up erased people: %w", err)
	}
	erased := make(map[string]bool, len(found))
	for _, hash := range found {
		erased[hash] = true
	}
	return erased, nil
}

// Keep says how old things may get; zero keeps them for ever.
type Keep struct {
	Mentions time.Duration // without a task; those with one are kept
	Runs     time.Duration
}

// Purged counts what Purge removed.
type Purged struct{ Mentions, Runs, Bands int }

// purgeStep bounds the mentions removed in one transaction, so that a purge
// never holds up the work of the day.
const purgeStep = 500

// Purge removes what is older than keep says, and the bands of mentions that
// are too old to be looked for as copies.
func (s *Store) Purge(ctx context.Context, keep Keep) (Purged, error) {
	var sum Purged
	for more := keep.Mentions > 0; more; {
		n := 0
		err := s.write(ctx, "purge mentions", func(t *tx) (err error) {
			n, err = t.purgeMentions(ctx, millis(t.now.Add(-keep.Mentions)))
			return err
		})
		if err != nil {
			return sum, err
		}
		sum.Mentions += n
		more = n == purgeStep
	}
	err := s.write(ctx, "purge runs and bands", func(t *tx) (err error) {
		if keep.Runs > 0 {
			if sum.Runs, err = t.remove(ctx, `DELETE FROM run WHERE start_ms < $1`, millis(t.now.Add(-keep.Runs))); err != nil {
				return err
			}
		}
		sum.Bands, err = t.remove(ctx, `DELETE FROM band WHERE mention < (SELECT COALESCE(MIN(seq), 0) FROM mention WHERE collected_ms >= $1)`,
			millis(t.now.Add(-nearWindow)))
		return err
	})
	return sum, err
}

// remove runs a DELETE and returns how many rows it hit.
func (t *tx) remove(ctx context.Context, query string, args ...any) (int, error) {
	res, err := t.exec(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

func (t *tx) purgeMentions(ctx context.Context, beforeMs int64) (int, error) {
	seqs, err := collect(ctx, t, scanNumber,
		`SELECT seq FROM mention WHERE collected_ms < $1 AND task = 0 ORDER BY collected_ms LIMIT $2`, beforeMs, purgeStep)
	if err != nil || len(seqs) == 0 {
		return 0, err
	}
	list, err := encode(seqs)
	if err != nil {
		return 0, err
	}
	if err := t.unlist(ctx, seqs, list); err != nil {
		return 0, err
	}
	these := t.dialect.inNumbers("seq", "$1")
	for _, q := range []string{
		`DELETE FROM revision WHERE mention IN (SELECT id FROM mention WHERE ` + these + `)`,
		`DELETE FROM mention WHERE ` + these,
	} {
		if _, err := t.exec(ctx, q, list); err != nil {
			return 0, err
		}
	}
	return len(seqs), nil
}
