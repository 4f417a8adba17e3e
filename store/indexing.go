package store

import (
	"context"
	"fmt"
	"math"
)

// Words are made searchable with their mention or, where Config.IndexLater
// says so, afterwards by IndexWords. What waits for that stands in the table
// unindexed, written in the transaction of its mention: a row that is missing
// there would be a mention that nobody finds. A mention that comes with a task
// does not wait, because people look for it among their work. PostgreSQL's own
// index makes the words itself, so that there nothing ever waits.

// indexStep bounds the mentions of one transaction of IndexWords: half as
// much work as a large page, so that nobody waits for it long.
const indexStep = 500

// IndexWords makes what waits searchable, oldest first, until nothing is left
// or ctx ends. It returns how many mentions it did. Several may run at once:
// each mention is done by one of them.
func (s *Store) IndexWords(ctx context.Context) (int, error) {
	sum := 0
	for !s.dialect.postgres {
		n := 0
		err := s.write(ctx, "index words", func(t *tx) (err error) {
			n, err = t.indexWaiting(ctx, indexStep)
			return err
		})
		sum += n
		if err != nil || n < indexStep {
			return sum, err
		}
	}
	return sum, nil
}

// Unindexed returns how many mentions no search by words finds yet, at most most.
func (s *Store) Unindexed(ctx context.Context, most int) (int, error) {
	if s.dialect.postgres {
		return 0, nil
	}
	var n int
	err := s.reader.row(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM unindexed LIMIT $1)`, most).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count what is not indexed: %w", err)
	}
	return n, nil
}

// indexNew makes rows searchable that were just inserted, or has them wait.
func (t *tx) indexNew(ctx context.Context, rows []*mentionRow) error {
	if !t.late {
		return t.indexWords(ctx, rows)
	}
	var urgent []*mentionRow
	var waiting [][]any
	for _, r := range rows {
		if r.task != 0 {
			urgent = append(urgent, r)
		} else {
			waiting = append(waiting, []any{r.seq})
		}
	}
	if err := t.indexWords(ctx, urgent); err != nil {
		return err
	}
	return t.insert(ctx, "unindexed (mention)", "", 1, waiting)
}

// indexWords makes rows searchable by their present words; PostgreSQL's index
// does it by itself. Rows in ascending order are cheapest: for others FTS5
// begins a segment of its own.
func (t *tx) indexWords(ctx context.Context, rows []*mentionRow) error {
	if t.dialect.postgres {
		return nil
	}
	for _, r := range rows {
		_, err := t.exec(ctx, `INSERT OR REPLACE INTO mention_words (rowid, words) VALUES ($1, $2)`,
			r.seq, t.stems.index(r.m.Title, r.m.Text, r.m.Pros, r.m.Cons))
		if err != nil {
			return err
		}
	}
	return nil
}

// indexWaiting makes the first most of what waits searchable and returns how
// many that were.
func (t *tx) indexWaiting(ctx context.Context, most int) (int, error) {
	rows, err := t.indexThose(ctx, ` ORDER BY u.mention LIMIT $1`, most)
	if err != nil {
		return 0, err
	}
	last := int64(math.MaxInt64) // whatever is left of mentions that are gone
	if len(rows) == most {
		last = rows[most-1].seq
	}
	_, err = t.exec(ctx, `DELETE FROM unindexed WHERE mention <= $1`, last)
	return len(rows), err
}

// indexTasked makes those of a JSON list of ids searchable that wait for it,
// because they have got a task.
func (t *tx) indexTasked(ctx context.Context, ids string) error {
	if !t.late {
		return nil
	}
	rows, err := t.indexThose(ctx, ` WHERE `+t.dialect.in("m.id", "$1"), ids)
	if err != nil || len(rows) == 0 {
		return err
	}
	_, err = t.exec(ctx, `DELETE FROM unindexed WHERE mention IN (SELECT seq FROM mention WHERE `+t.dialect.in("id", "$1")+`)`, ids)
	return err
}

// indexThose makes searchable what waits under a condition. The texts are
// those of now, whatever was edited meanwhile.
func (t *tx) indexThose(ctx context.Context, condition string, args ...any) ([]*mentionRow, error) {
	rows, err := collect(ctx, t, func(scan func(...any) error) (*mentionRow, error) {
		r := &mentionRow{}
		return r, scan(&r.seq, &r.m.Title, &r.m.Text, &r.m.Pros, &r.m.Cons)
	}, `SELECT m.seq, m.title, m.text, m.pros, m.cons FROM mention m JOIN unindexed u ON u.mention = m.seq`+condition, args...)
	if err != nil {
		return nil, fmt.Errorf("read what waits: %w", err)
	}
	return rows, t.indexWords(ctx, rows)
}

// dropWords makes mentions unfindable by their words.
func (t *tx) dropWords(ctx context.Context, seqs []int64) error {
	if t.dialect.postgres {
		return nil // the index follows the text by itself
	}
	for _, seq := range seqs {
		for _, q := range []string{`DELETE FROM mention_words WHERE rowid = $1`, `DELETE FROM unindexed WHERE mention = $1`} {
			if _, err := t.exec(ctx, q, seq); err != nil {
				return err
			}
		}
	}
	return nil
}
