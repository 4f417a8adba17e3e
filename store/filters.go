package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"otklik/mention"
)

// maxPage bounds a page of any list.
const maxPage = 500

// TaskFilter and MentionFilter say which rows a list holds.
type (
	TaskFilter    = mention.TaskFilter
	MentionFilter = mention.MentionFilter
)

// clauses collects the conditions of a list and their parameters.
type clauses struct {
	where []string
	args  []any
}

// add appends a condition in which each ? stands for the next of args.
func (c *clauses) add(cond string, args ...any) {
	for _, a := range args {
		c.args = append(c.args, a)
		cond = strings.Replace(cond, "?", c.param(), 1)
	}
	c.where = append(c.where, cond)
}

// param names the last parameter.
func (c *clauses) param() string { return "$" + strconv.Itoa(len(c.args)) }

// equal adds column = value unless value is empty.
func (c *clauses) equal(column, value string) {
	if value != "" {
		c.add(column+" = ?", clean(value))
	}
}

// between adds the bounds of a time column that are not zero.
func (c *clauses) between(column string, from, to time.Time) {
	if !from.IsZero() {
		c.add(column+" >= ?", millis(from))
	}
	if !to.IsZero() {
		c.add(column+" < ?", millis(to))
	}
}

// stars adds the bounds of a rating.
func (c *clauses) stars(column string, least, most int) {
	if least > 0 {
		c.add(column+" >= ?", least)
	}
	if most > 0 {
		c.add(column+" <= ? AND "+column+" > 0", most)
	}
}

// topic adds that the JSON list in column holds a topic.
func (c *clauses) topic(column, topic string) error {
	if topic == "" {
		return nil
	}
	quoted, err := encode(topic)
	if err != nil {
		return err
	}
	escaped := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(quoted)
	c.add(column+` LIKE ? ESCAPE '\'`, "%"+escaped+"%")
	return nil
}

// String returns the conditions as a WHERE clause, or nothing.
func (c *clauses) String() string {
	if len(c.where) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(c.where, " AND ")
}

// limit returns the size of a page that asks for n.
func limit(n int) int {
	if n <= 0 {
		return 50
	}
	return min(n, maxPage)
}

// ErrCursor means that a list was asked to continue from what is no cursor of it.
var ErrCursor = errors.New("not a cursor of this list")

// cursor is where a page ended: the values of its order.
type cursor [2]int64

func (c cursor) String() string { return fmt.Sprintf("%d.%d", c[0], c[1]) }

func parseCursor(s string) (cursor, error) {
	a, b, ok := strings.Cut(s, ".")
	x, errX := strconv.ParseInt(a, 10, 64)
	y, errY := strconv.ParseInt(b, 10, 64)
	if !ok || errX != nil || errY != nil {
		return cursor{}, fmt.Errorf("%q: %w", s, ErrCursor)
	}
	return cursor{x, y}, nil
}

// Tasks returns a page of tasks with their mentions, and the cursor of the
// next page, empty on the last one. What is due first comes first, then what
// is not due, newest first. With Words the order is by archiving, newest
// first, because sorting all hits of a common word takes seconds.
func (s *Store) Tasks(ctx context.Context, f TaskFilter) ([]mention.View, string, error) {
	states := f.States
	if f.Words == "" && len(states) > 1 {
		f.States = nil // each is asked for by itself
	}
	c, err := s.taskClauses(f)
	if err != nil {
		return nil, "", fmt.Errorf("list tasks: %w", err)
	}
	from, order, key := "task t JOIN mention m ON m.id = t.mention", "t.rank, t.id", "t.rank, t.id"
	found, has, seq := s.dialect.search()
	if f.Words != "" {
		from, order, key = found+" JOIN task t ON t.mention = m.id", seq+" DESC", "m.seq, 0"
		c.add(has, s.dialect.wordsArg(s.stems, f.Words))
	}
	if f.After != "" {
		at, err := parseCursor(f.After)
		switch {
		case err != nil:
			return nil, "", fmt.Errorf("list tasks: %w", err)
		case f.Words != "":
			c.add(seq+" < ?", at[0])
		default:
			c.add("(t.rank, t.id) > (?, ?)", at[0], at[1])
		}
	}
	n := limit(f.Limit)
	c.args = append(c.args, n+1)
	most, where := c.param(), c.String()
	if f.Words == "" && len(states) > 1 {
		where = c.eachState(states, most)
	}
	var ends []cursor
	views, err := collect(ctx, s.reader, func(scan func(...any) error) (mention.View, error) {
		v, end, err := scanView(scan)
		ends = append(ends, end)
		return v, err
	}, "SELECT "+key+", t.id, t.doc, "+mentionFrom()+" FROM "+from+where+" ORDER BY "+order+" LIMIT "+most, c.args...)
	if err != nil {
		return nil, "", fmt.Errorf("list tasks: %w", err)
	}
	if len(views) <= n {
		return views, "", nil
	}
	return views[:n], ends[n-1].String(), nil
}

// eachState is the WHERE clause of tasks in one of states: the first of each
// state in the order of the list, of which the list takes its page. One
// condition on several states would read and sort all their tasks.
func (c *clauses) eachState(states []mention.State, most string) string {
	parts := make([]string, len(states))
	for i, state := range states {
		own := clauses{where: slices.Clip(c.where), args: c.args}
		own.equal("t.state", string(state))
		c.args = own.args
		parts[i] = "SELECT id FROM (SELECT t.id FROM task t" + own.String() + " ORDER BY t.rank, t.id LIMIT " + most + ") s"
	}
	return " WHERE t.id IN (" + strings.Join(parts, " UNION ALL ") + ")"
}

// scanView reads the cursor, a task and its mention.
func scanView(scan func(...any) error) (mention.View, cursor, error) {
	var v mention.View
	var end cursor
	var id mention.TaskID
	var doc string
	row := &mentionRow{}
	err := scan(append([]any{&end[0], &end[1], &id, &doc}, row.targets()...)...)
	if err != nil {
		return v, end, err
	}
	if err := row.finish(); err != nil {
		return v, end, err
	}
	v.Task, err = readTask(id, doc)
	v.Mention = row.m
	v.Mention.Copies = copiesOf(v.Task, v.Mention.ID)
	return v, end, err
}

func (s *Store) taskClauses(f TaskFilter) (*clauses, error) {
	c := &clauses{}
	c.equal("t.brand", f.Brand)
	c.equal("t.source", f.Source)
	c.equal("t.kind", string(f.Kind))
	c.equal("t.owner", f.Owner)
	if f.Owner != "" {
		c.add("t.owner <> ''") // the index leaves free tasks out
	}
	c.equal("t.tone", string(f.Tone))
	c.equal("t.lang", f.Lang)
	if f.Free {
		c.add("t.owner = ''")
	}
	if len(f.States) == 1 {
		c.equal("t.state", string(f.States[0]))
	} else if len(f.States) > 1 {
		list, err := encode(f.States)
		if err != nil {
			return nil, err
		}
		c.add(s.dialect.in("t.state", "?"), list)
	}
	c.stars("t.stars", f.MinStars, f.MaxStars)
	c.between("t.created_ms", f.From, f.To)
	if f.Overdue {
		c.add("t.rank < ?", millis(s.now()))
	}
	if f.Awake {
		c.add("t.snoozed_ms <= ?", millis(s.now()))
	}
	return c, c.topic("t.topics", f.Topic)
}

// Mentions returns a page of the archive, the last collected first, and the
// cursor of the next page, empty on the last one. With Words the order is by
// archiving instead.
func (s *Store) Mentions(ctx context.Context, f MentionFilter) ([]mention.Mention, string, error) {
	c, err := s.mentionClauses(f)
	if err != nil {
		return nil, "", fmt.Errorf("list mentions: %w", err)
	}
	from, order := "mention m", "m.collected_ms DESC, m.seq DESC"
	found, has, seq := s.dialect.search()
	if f.Words != "" {
		from, order = found, seq+" DESC"
		c.add(has, s.dialect.wordsArg(s.stems, f.Words))
	}
	if f.After != "" {
		at, err := parseCursor(f.After)
		switch {
		case err != nil:
			return nil, "", fmt.Errorf("list mentions: %w", err)
		case f.Words != "":
			c.add(seq+" < ?", at[1])
		default:
			c.add("(m.collected_ms, m.seq) < (?, ?)", at[0], at[1])
		}
	}
	n := limit(f.Limit)
	c.args = append(c.args, n+1)
	rows, err := collect(ctx, s.reader, scanMention,
		"SELECT "+mentionFrom()+" FROM "+from+c.String()+" ORDER BY "+order+" LIMIT "+c.param(), c.args...)
	if err != nil {
		return nil, "", fmt.Errorf("list mentions: %w", err)
	}
	next := ""
	if len(rows) > n {
		rows = rows[:n]
		next = cursor{rows[n-1].collectedMs, rows[n-1].seq}.String()
	}
	list := make([]mention.Mention, len(rows))
	for i, r := range rows {
		list[i] = r.m
	}
	return list, next, nil
}

func (s *Store) mentionClauses(f MentionFilter) (*clauses, error) {
	c := &clauses{}
	c.equal("m.brand", f.Brand)
	c.equal("m.source", f.Source)
	c.equal("m.source_id", string(f.SourceID))
	c.equal("m.author", f.Author)
	c.equal("m.tone", string(f.Tone))
	c.equal("m.lang", f.Lang)
	c.stars("m.stars", f.MinStars, f.MaxStars)
	c.between("m.collected_ms", f.From, f.To)
	c.between("m.published_ms", f.Published[0], f.Published[1])
	if f.Author != "" {
		c.add("m.author <> ''")
	}
	if f.Tasked {
		c.add("m.task <> 0")
	}
	return c, c.topic("m.topics", f.Topic)
}
