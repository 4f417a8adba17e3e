package store

import (
	"context"
	"fmt"
)

// Words are made searchable with their mention or, where Config.IndexLater
// says so, afterwards by IndexWords. What waits for that stands in the table
// unindexed, written in the transaction of its mention: a row that is missing
// there would be a mention that nobody finds. A mention that comes with a task
// does not wait, because people look for it among their work.
//
// Whoever takes a mention out of the table has its words to write: in
// PostgreSQL, where others change texts at the same time, an edit or an erasure
// finds the row locked and waits for the words that it then replaces.

// indexStep bounds the mentions of one transaction of IndexWords: half as
// much work as a large page, so that nobody waits for it long.
const indexStep = 500

// IndexWords makes what waits searchable until nothing is left or ctx ends: in
// SQLite the oldest first, in PostgreSQL the newest, where after an update all
// of an archive may wait. It returns how many mentions it did. Several may run at once:
// each mention is done by one of them.
func (s *Store) IndexWords(ctx context.Context) (int, error) {
	sum := 0
	for {
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
}

// Unindexed returns how many mentions no search by words finds yet, at most most.
func (s *Store) Unindexed(ctx context.Context, most int) (int, error) {
	var n int
	err := s.reader.row(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM unindexed LIMIT $1) u`, most).Scan(&n)
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

// indexWords makes rows searchable by their present words. Rows in ascending
// order are cheapest in SQLite: for others FTS5 begins a segment of its own.
func (t *tx) indexWords(ctx context.Context, rows []*mentionRow) error {
	if t.dialect.postgres {
		sums := make([][]any, len(rows))
		for i, r := range rows {
			sums[i] = []any{r.seq, t.stems.sums(r.m.Title, r.m.Text, r.m.Pros, r.m.Cons)}
		}
		return t.insert(ctx, "mention_words (seq, words)", " ON CONFLICT (seq) DO UPDATE SET words = excluded.words", 2, sums)
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

// indexAgain makes a stored row searchable by its new words, whether it was
// before or waits.
func (t *tx) indexAgain(ctx context.Context, r *mentionRow) error {
	if _, err := t.exec(ctx, `DELETE FROM unindexed WHERE mention = $1`, r.seq); err != nil {
		return err
	}
	return t.indexWords(ctx, []*mentionRow{r})
}

// indexWaiting makes the first most of what waits searchable and returns how
// many that were.
func (t *tx) indexWaiting(ctx context.Context, most int) (int, error) {
	order := ""
	if t.dialect.postgres {
		order = " DESC"
	}
	return t.indexThose(ctx, `SELECT mention FROM unindexed ORDER BY mention`+order+` LIMIT $1`, most)
}

// indexTasked makes those of a JSON list of ids searchable that wait for it,
// because they have got a task.
func (t *tx) indexTasked(ctx context.Context, ids string) error {
	_, err := t.indexThose(ctx, `SELECT mention FROM unindexed WHERE mention IN (SELECT seq FROM mention WHERE `+t.dialect.in("id", "$1")+`)`, ids)
	return err
}

// indexThose makes searchable what a query finds among what waits, and returns
// how many that were. What another transaction is at is left to it. The texts
// are those of now, whatever was edited meanwhile.
func (t *tx) indexThose(ctx context.Context, query string, args ...any) (int, error) {
	seqs, err := collect(ctx, t, scanNumber,
		`DELETE FROM unindexed WHERE `+t.dialect.inThose("mention", t.dialect.skipLocked(query))+` RETURNING mention`, args...)
	if err != nil || len(seqs) == 0 {
		return 0, err
	}
	list, err := encode(seqs)
	if err != nil {
		return 0, err
	}
	rows, err := collect(ctx, t, func(scan func(...any) error) (*mentionRow, error) {
		r := &mentionRow{}
		return r, scan(&r.seq, &r.m.Title, &r.m.Text, &r.m.Pros, &r.m.Cons)
	}, `SELECT seq, title, text, pros, cons FROM mention WHERE `+t.dialect.inNumbers("seq", "$1")+` ORDER BY seq`, list)
	if err != nil {
		return 0, fmt.Errorf("read what waits: %w", err)
	}
	return len(seqs), t.indexWords(ctx, rows)
}

// dropWords makes mentions unfindable by their words. list is their numbers in
// JSON. What waits goes first: whoever is about to write its words is waited for.
func (t *tx) dropWords(ctx context.Context, seqs []int64, list string) error {
	if _, err := t.exec(ctx, `DELETE FROM unindexed WHERE `+t.dialect.inNumbers("mention", "$1"), list); err != nil {
		return err
	}
	if t.dialect.postgres {
		_, err := t.exec(ctx, `DELETE FROM mention_words WHERE `+t.dialect.inNumbers("seq", "$1"), list)
		return err
	}
	for _, seq := range seqs {
		if _, err := t.exec(ctx, `DELETE FROM mention_words WHERE rowid = $1`, seq); err != nil {
			return err
		}
	}
	return nil
}
