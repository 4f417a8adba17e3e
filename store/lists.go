package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"otklik/mention"
)

// hit is a row of a list before it is read whole.
type hit struct {
	end  cursor         // where the list goes on after it
	task mention.TaskID // 0 in a list of mentions
	seq  int64          // the mention's
}

func scanHit(scan func(...any) error) (h hit, err error) {
	err = scan(&h.end[0], &h.end[1], &h.task, &h.seq)
	return h, err
}

// Tasks returns a page of tasks with their mentions, and the cursor of the
// next page, empty on the last one. What is due first comes first, then what
// is not due, newest first. With words the order is by archiving, newest
// first, because sorting all hits of a common word takes seconds. Under a
// Sift a page may be short, or empty, although there is a next one.
func (s *Store) Tasks(ctx context.Context, f TaskFilter) ([]mention.View, string, error) {
	q, err := s.quest(ctx, f.Words, f.Any)
	if err != nil {
		return nil, "", fmt.Errorf("list tasks: %w", err)
	}
	hits, next, err := s.page(ctx, limit(f.Limit), f.After, sieve{f.Sift, q.texts()}, func(after string, most int) ([]hit, error) {
		f.After = after
		return s.findTasks(ctx, q, f, most)
	})
	if err != nil {
		return nil, "", fmt.Errorf("list tasks: %w", err)
	}
	views, err := s.views(ctx, hits)
	if err != nil {
		return nil, "", fmt.Errorf("list tasks: %w", err)
	}
	return views, next, nil
}

// Mentions returns a page of the archive, the last collected first, and the
// cursor of the next page, empty on the last one. With words the order is by
// archiving instead. Under a Sift a page may be short, or empty, although
// there is a next one.
func (s *Store) Mentions(ctx context.Context, f MentionFilter) ([]mention.Mention, string, error) {
	q, err := s.quest(ctx, f.Words, f.Any)
	if err != nil {
		return nil, "", fmt.Errorf("list mentions: %w", err)
	}
	hits, next, err := s.page(ctx, limit(f.Limit), f.After, sieve{f.Sift, q.texts()}, func(after string, most int) ([]hit, error) {
		f.After = after
		return s.findMentions(ctx, q, f, most)
	})
	if err != nil {
		return nil, "", fmt.Errorf("list mentions: %w", err)
	}
	rows, err := s.bySeq(ctx, hits)
	if err != nil {
		return nil, "", fmt.Errorf("list mentions: %w", err)
	}
	list := make([]mention.Mention, 0, len(hits))
	for _, h := range hits {
		if r := rows[h.seq]; r != nil { // else it was purged meanwhile
			list = append(list, r.m)
		}
	}
	return list, next, nil
}

// sieve decides on texts, of which it reads at most most for one page.
type sieve struct {
	pass func(text string) bool // nil takes everything
	most int
}

// What a sieve reads for one page: few texts first, because most sieves let
// most of what an index found pass, then as many as the rest of the page takes
// if as many pass as did. What the index of words has found is worth
// more, and costs more, than what is taken from a list as it comes.
const (
	siftFirst = 75
	siftStep  = 200
	maxFound  = 200
	maxListed = 500
)

// step is how many texts to read next when kept of read did pass and n are wanted.
func (v sieve) step(n, kept, read int) int {
	step := siftStep
	if kept > 0 {
		step = min(step, (n+1-kept)*read/kept*5/4+10)
	}
	return min(step, v.most-read)
}

// page returns n hits and the cursor behind the last of them, empty when there
// are no more. find reads at most most hits behind a cursor.
func (s *Store) page(ctx context.Context, n int, after string, v sieve, find func(after string, most int) ([]hit, error)) ([]hit, string, error) {
	if v.pass == nil {
		hits, err := find(after, n+1)
		if err != nil || len(hits) <= n {
			return hits, "", err
		}
		return hits[:n], hits[n-1].end.String(), nil
	}
	var kept []hit
	step := siftFirst
	for read := 0; read < v.most; step = v.step(n, len(kept), read) {
		hits, err := find(after, step)
		if err != nil {
			return nil, "", err
		}
		texts, err := s.texts(ctx, hits)
		if err != nil {
			return nil, "", err
		}
		for _, h := range hits {
			if !v.pass(texts[h.seq]) {
				continue
			}
			if len(kept) == n {
				return kept, kept[n-1].end.String(), nil
			}
			kept = append(kept, h)
		}
		if len(hits) < step {
			return kept, "", nil
		}
		after, read = hits[len(hits)-1].end.String(), read+step
	}
	return kept, after, nil
}

// quest is what a page of a list asks the index of words.
type quest struct {
	asked []any // nil when the index cannot help
	// What PostgreSQL has to know beforehand: the share of texts that have what
	// is asked, as far as can be said without looking, and the newest mention.
	share  float64
	newest int64
}

// texts is how many texts a sieve reads for a page.
func (q quest) texts() int {
	if q.asked == nil {
		return maxListed
	}
	return maxFound
}

func (s *Store) quest(ctx context.Context, words string, either []string) (quest, error) {
	q := quest{asked: s.asked(words, either)}
	if q.asked == nil || !s.dialect.postgres {
		return q, nil
	}
	var err error
	q.share, q.newest, err = s.expect(ctx, q.asked)
	return q, err
}

// findTasks finds the first most tasks of f.
func (s *Store) findTasks(ctx context.Context, q quest, f TaskFilter, most int) ([]hit, error) {
	c, err := s.taskClauses(f)
	if err != nil {
		return nil, err
	}
	at, err := parseCursor(f.After)
	if err != nil && f.After != "" {
		return nil, err
	}
	if q.asked == nil {
		if f.After != "" {
			c.add("(t.rank, t.id) > (?, ?)", at[0], at[1])
		}
		return collect(ctx, s.reader, scanHit, c.eachState(f, most), c.args...)
	}
	if err := c.states(s.dialect, f.States); err != nil {
		return nil, err
	}
	from := "mention_words w CROSS JOIN task t"
	if areAtWork(f.States) {
		// Said as the index says it: of all hits of a word few are at work.
		c.add("t.state IN ('open', 'taken', 'answered')")
		from += " INDEXED BY task_work"
	}
	if s.dialect.postgres {
		return s.search(ctx, wordSearch{quest: q, tasks: append(c.where, "t.seq <> 0"), conds: &clauses{args: c.args}, below: at[0], most: most})
	}
	among, err := s.fewTasks(ctx, f)
	if err != nil {
		return nil, err
	}
	c.add("w.mention_words MATCH ?", q.asked...)
	if among != nil {
		list, err := encode(among)
		if err != nil {
			return nil, err
		}
		c.add(s.dialect.inNumbers("+w.rowid", "?"), list)
	}
	if f.After != "" {
		c.add("w.rowid < ?", at[0])
	}
	c.args = append(c.args, most)
	// The index of words is read first, and no further than until the page is
	// full; told otherwise SQLite would collect all hits before.
	return collect(ctx, s.reader, scanHit, "SELECT w.rowid, 0, t.id, w.rowid FROM "+from+" ON t.seq = w.rowid"+
		c.String()+" ORDER BY w.rowid DESC LIMIT "+c.param(), c.args...)
}

// areAtWork reports whether all of states are of tasks that are not closed.
func areAtWork(states []mention.State) bool {
	for _, state := range states {
		if state != mention.Open && state != mention.Taken && state != mention.Answered {
			return false
		}
	}
	return len(states) > 0
}

// asked is what the index of words is asked with, nil when the filter does not
// say or when what it says is true of every text.
func (s *Store) asked(words string, either []string) []any {
	if words != "" {
		return s.dialect.wordsArgs(s.stems, words)
	}
	for _, typed := range either {
		if s.stems.match(typed) == noStems {
			return nil
		}
	}
	if len(either) == 0 {
		return nil
	}
	return s.dialect.wordsArgs(s.stems, either...)
}

// few is how many tasks are few enough to be looked for among the hits of a
// word: each hit is passed by a list in memory.
const few = 300

// fewTasks returns the mentions of f's tasks, whatever their words, newest
// first, when they are few; else nil. Few are as many as are looked for among
// the hits of a word rather than looking for the hits among all tasks.
func (s *Store) fewTasks(ctx context.Context, f TaskFilter) ([]int64, error) {
	c, err := s.taskClauses(f)
	if err != nil {
		return nil, err
	}
	hits, err := collect(ctx, s.reader, scanHit, c.eachState(f, few+1), c.args...)
	if err != nil || len(hits) > few {
		return nil, err
	}
	seqs := seqsOf(hits)
	slices.Sort(seqs)
	slices.Reverse(seqs)
	return seqs, nil
}

// eachState is the statement that finds the first most tasks in the order of
// the list: the first of each state, of which the list takes its own. One
// condition on several states would read and sort all their tasks.
func (c *clauses) eachState(f TaskFilter, most int) string {
	c.args = append(c.args, most)
	limit := " ORDER BY t.rank, t.id LIMIT " + c.param()
	states := f.States
	if len(states) == 0 {
		states = []mention.State{mention.Open, mention.Taken, mention.Answered, mention.Confirmed, mention.Dismissed}
	}
	parts := make([]string, len(states))
	for i, state := range states {
		own := clauses{where: slices.Clip(c.where), args: c.args}
		own.add("t.state = ?", clean(string(state)))
		if state == mention.Confirmed || state == mention.Dismissed {
			own.made(f)
		}
		c.args = own.args
		parts[i] = "SELECT rank, id, seq FROM (SELECT t.rank, t.id, t.seq FROM task t" + own.String() + limit + ") s"
	}
	union := strings.Join(parts, " UNION ALL ")
	return "SELECT t.rank, t.id, t.id, t.seq FROM (" + union + ") t" + limit
}

// made bounds the rank of tasks that are never due by when they were made, so
// that the index begins and ends where the list does.
func (c *clauses) made(f TaskFilter) {
	if !f.From.IsZero() {
		c.add("t.rank <= ?", never-millis(f.From))
	}
	if !f.To.IsZero() {
		c.add("t.rank > ?", never-millis(f.To))
	}
}

// states adds that a task is in one of states.
func (c *clauses) states(d dialect, states []mention.State) error {
	if len(states) == 0 {
		return nil
	}
	if d.postgres { // an array is looked at when the search is planned
		names := make([]string, len(states))
		for i, state := range states {
			names[i] = clean(string(state))
		}
		c.add("t.state = ANY (?::text[])", names)
		return nil
	}
	list, err := encode(states)
	if err != nil {
		return err
	}
	c.add(d.in(d.unindexed("t.state"), "?"), list)
	return nil
}

// findMentions finds the first most mentions of f.
func (s *Store) findMentions(ctx context.Context, q quest, f MentionFilter, most int) ([]hit, error) {
	c, err := s.mentionClauses(f)
	if err != nil {
		return nil, err
	}
	at, err := parseCursor(f.After)
	if err != nil && f.After != "" {
		return nil, err
	}
	from, order, key := "mention m", "m.collected_ms DESC, m.seq DESC", "m.collected_ms, m.seq"
	switch {
	case q.asked != nil && s.dialect.postgres:
		return s.search(ctx, wordSearch{quest: q, conds: c, below: at[1], most: most})
	case q.asked != nil:
		from, order, key = "mention_words w CROSS JOIN mention m ON m.seq = w.rowid", "w.rowid DESC", "0, w.rowid"
		c.add("w.mention_words MATCH ?", q.asked...)
		if f.After != "" {
			c.add("w.rowid < ?", at[1])
		}
	case f.After != "":
		c.add("(m.collected_ms, m.seq) < (?, ?)", at[0], at[1])
	}
	c.args = append(c.args, most)
	return collect(ctx, s.reader, scanHit,
		"SELECT "+key+", 0, m.seq FROM "+from+c.String()+" ORDER BY "+order+" LIMIT "+c.param(), c.args...)
}

// views reads the tasks of hits with their mentions, in their order.
func (s *Store) views(ctx context.Context, hits []hit) ([]mention.View, error) {
	rows, err := s.bySeq(ctx, hits)
	if err != nil {
		return nil, err
	}
	ids := make([]mention.TaskID, len(hits))
	for i, h := range hits {
		ids[i] = h.task
	}
	list, err := encode(ids)
	if err != nil {
		return nil, err
	}
	tasks, err := collect(ctx, s.reader, scanTask, "SELECT id, doc FROM task WHERE "+s.dialect.inNumbers("id", "$1"), list)
	if err != nil {
		return nil, err
	}
	byID := make(map[mention.TaskID]mention.Task, len(tasks))
	for _, t := range tasks {
		byID[t.ID] = t
	}
	views := make([]mention.View, 0, len(hits))
	for _, h := range hits {
		t, known := byID[h.task]
		if r := rows[h.seq]; known && r != nil {
			v := mention.View{Task: t, Mention: r.m}
			v.Mention.Copies = copiesOf(t, r.m.ID)
			views = append(views, v)
		}
	}
	return views, nil
}

// bySeq reads the mentions of hits.
func (s *Store) bySeq(ctx context.Context, hits []hit) (map[int64]*mentionRow, error) {
	list, err := encode(seqsOf(hits))
	if err != nil {
		return nil, err
	}
	rows, err := collect(ctx, s.reader, scanMention,
		"SELECT "+mentionColumns+" FROM mention WHERE "+s.dialect.inNumbers("seq", "$1"), list)
	if err != nil {
		return nil, err
	}
	found := make(map[int64]*mentionRow, len(rows))
	for _, r := range rows {
		found[r.seq] = r
	}
	return found, nil
}

// texts reads what the authors of hits wrote.
func (s *Store) texts(ctx context.Context, hits []hit) (map[int64]string, error) {
	list, err := encode(seqsOf(hits))
	if err != nil {
		return nil, err
	}
	found := make(map[int64]string, len(hits))
	_, err = collect(ctx, s.reader, func(scan func(...any) error) (struct{}, error) {
		var seq int64
		var m mention.Mention
		err := scan(&seq, &m.Title, &m.Text, &m.Pros, &m.Cons)
		found[seq] = m.Words()
		return struct{}{}, err
	}, "SELECT seq, title, text, pros, cons FROM mention WHERE "+s.dialect.inNumbers("seq", "$1"), list)
	return found, err
}

func seqsOf(hits []hit) []int64 {
	seqs := make([]int64, len(hits))
	for i, h := range hits {
		seqs[i] = h.seq
	}
	return seqs
}
