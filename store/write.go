package store

import (
	"context"
	"fmt"
	"strings"

	"otklik/mention"
)

// flush inserts the fresh mentions of b with their words and slots.
func (b *batch) flush(ctx context.Context) error {
	rows := make([][]any, len(b.order))
	var filed []bandRow
	for i, r := range b.order {
		rows[i] = append(r.args(), nil)
		switch {
		case r.task != 0:
			filed = appendBands(filed, r.seq, r.slots)
		case len(r.slots) > 0:
			rows[i][mentionWidth] = packSlots(r.slots)
		}
	}
	if err := b.t.insert(ctx, "mention ("+mentionColumns+", own_slots)", "", mentionWidth+1, rows); err != nil {
		return fmt.Errorf("insert mentions: %w", err)
	}
	if err := b.t.indexNew(ctx, b.order); err != nil {
		return fmt.Errorf("index mentions: %w", err)
	}
	if err := b.t.insertBands(ctx, filed); err != nil {
		return err
	}
	b.order = nil
	clear(b.fresh)
	return nil
}

// numbers returns n numbers for new mentions, ascending. They are given out
// before anything is written, because tasks name their mentions by them.
func (t *tx) numbers(ctx context.Context, n int) ([]int64, error) {
	if n <= 0 {
		return nil, nil
	}
	if t.dialect.postgres {
		return collect(ctx, t, scanNumber,
			`SELECT nextval(pg_get_serial_sequence('mention', 'seq')) FROM generate_series(1, $1) ORDER BY 1`, n)
	}
	var last int64 // nobody else writes until the commit
	if err := t.row(ctx, `SELECT COALESCE(MAX(seq), 0) FROM mention`).Scan(&last); err != nil {
		return nil, err
	}
	seqs := make([]int64, n)
	for i := range seqs {
		seqs[i] = last + int64(i) + 1
	}
	return seqs, nil
}

// maxParams bounds the parameters of one statement, far below what the
// databases allow.
const maxParams = 3000

// insert writes rows of width values each, as many per statement as a power
// of two allows: few different statements, which stay compiled.
func (t *tx) insert(ctx context.Context, into, end string, width int, rows [][]any) error {
	for n := 128; n > 0; n /= 2 {
		if len(rows) < n || n*width > maxParams {
			continue
		}
		query := t.dialect.insert() + into + " VALUES " + t.dialect.values(n, width) + end
		args := make([]any, 0, n*width)
		for ; len(rows) >= n; rows = rows[n:] {
			args = args[:0]
			for _, r := range rows[:n] {
				args = append(args, r...)
			}
			if _, err := t.exec(ctx, query, args...); err != nil {
				return err
			}
		}
	}
	return nil
}

// edit makes row the content of old's mention and keeps the earlier one as a
// revision. Dates of the first sight stay; what row lacks of judgement and
// reply is taken from old.
func (b *batch) edit(ctx context.Context, old, row *mentionRow, e *mention.Entry) error {
	if err := b.t.addRevision(ctx, old); err != nil {
		return fmt.Errorf("keep revision: %w", err)
	}
	old.take(row, b.t.now.UnixMilli())
	return b.rewrite(ctx, old, e)
}

// complete puts the whole of a text in the place of its teaser. Nobody edited
// anything, so there is no revision.
func (b *batch) complete(ctx context.Context, old, row *mentionRow, e *mention.Entry) error {
	was := *old
	old.take(row, b.t.now.UnixMilli())
	old.m.Revision, old.m.EditedAt = was.m.Revision, was.m.EditedAt
	old.editedMs, old.editedOff = was.editedMs, was.editedOff
	return b.rewrite(ctx, old, e)
}

// rewrite saves the new content of old.
func (b *batch) rewrite(ctx context.Context, old *mentionRow, e *mention.Entry) error {
	args := old.args()
	if _, err := b.t.exec(ctx, updateMention(), append(args[2:], args[0])...); err != nil {
		return fmt.Errorf("save edit: %w", err)
	}
	if err := b.t.indexAgain(ctx, old); err != nil {
		return fmt.Errorf("index edit: %w", err)
	}
	b.setSlots(old, e)
	if err := b.t.saveSlots(ctx, old); err != nil {
		return fmt.Errorf("save slots of edit: %w", err)
	}
	_, err := b.t.exec(ctx, `UPDATE task SET tone = $1, stars = $2, lang = $3, topics = $4, published_ms = $5, published_off = $6 WHERE mention = $7`,
		string(old.m.Tone), old.stars, narrowLang(old.m.Lang), narrowTopics(old.topics), old.publishedMs, old.publishedOff, string(old.m.ID))
	if err != nil {
		return fmt.Errorf("save edit in tasks: %w", err)
	}
	return nil
}

// updateMention sets all columns but seq and id; the last parameter is seq.
func updateMention() string {
	cols := strings.Split(mentionColumns, ",")[2:]
	for i, c := range cols {
		cols[i] = fmt.Sprintf("%s = $%d", strings.TrimSpace(c), i+1)
	}
	// Somebody may have raised a task since the row was read.
	last := len(cols)
	cols[last-1] = fmt.Sprintf("task = CASE WHEN task > $%d THEN task ELSE $%d END", last, last)
	return fmt.Sprintf("UPDATE mention SET %s WHERE seq = $%d", strings.Join(cols, ", "), len(cols)+1)
}

func (t *tx) addRevision(ctx context.Context, old *mentionRow) error {
	m := &old.m
	_, err := t.exec(ctx, `INSERT INTO revision (mention, number, seen_ms, rating, best, title, text, pros, cons, tone)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		string(m.ID), m.Revision, millis(t.now), m.Rating, m.Best, m.Title, m.Text, m.Pros, m.Cons, string(m.Tone))
	return err
}

// take makes row's content r's own. The edit happened when the page says, else
// when its date moved on, else now.
func (r *mentionRow) take(row *mentionRow, nowMs int64) {
	was := *r
	*r = *row
	r.seq, r.task, r.m.ID = was.seq, was.task, was.m.ID
	r.m.Revision = was.m.Revision + 1
	r.collectedMs, r.m.CollectedAt = was.collectedMs, was.m.CollectedAt
	if row.editedMs == 0 {
		r.editedMs = nowMs
		if row.publishedMs > was.publishedMs && was.publishedMs != 0 {
			r.editedMs, r.editedOff = row.publishedMs, row.publishedOff
		}
		r.m.EditedAt = instant(r.editedMs, r.editedOff)
	}
	if was.publishedMs != 0 {
		r.publishedMs, r.publishedOff, r.m.PublishedAt = was.publishedMs, was.publishedOff, was.m.PublishedAt
	}
	if row.m.Reply == nil {
		r.reply, r.m.Reply = was.reply, was.m.Reply
	}
	if row.m.Tone == "" {
		r.m.Tone, r.m.Confidence, r.m.Conflict, r.conflict = was.m.Tone, was.m.Confidence, was.m.Conflict, was.conflict
		r.reasons, r.m.Reasons, r.topics, r.m.Topics = was.reasons, was.m.Reasons, was.topics, was.m.Topics
	}
	if len(row.sketch) == 0 {
		r.sketch = was.sketch
	}
}
