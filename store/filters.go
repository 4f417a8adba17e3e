package store

import (
	"errors"
	"fmt"
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
func (c *clauses) topic(d dialect, column, topic string) error {
	if topic == "" {
		return nil
	}
	quoted, err := encode(topic)
	if err != nil {
		return err
	}
	c.add(d.holds(column), quoted)
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

// taskClauses are all conditions on tasks t but those on states and words.
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
	c.stars("t.stars", f.MinStars, f.MaxStars)
	c.between("t.created_ms", f.From, f.To)
	if f.Overdue {
		c.add("t.rank < ?", millis(s.now()))
	}
	if f.Awake {
		c.add("t.snoozed_ms <= ?", millis(s.now()))
	}
	return c, c.topic(s.dialect, "t.topics", f.Topic)
}

// mentionClauses are all conditions on mentions m but that on words.
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
	if f.Toneless {
		c.add("m.tone = ''")
	}
	if f.Label != "" {
		c.add(s.dialect.holds("m.labels"), `"`+f.Label)
	}
	if len(f.Brands) > 0 {
		list, err := encode(f.Brands)
		if err != nil {
			return nil, err
		}
		c.add(s.dialect.in("m.brand", "?"), list)
	}
	return c, c.topic(s.dialect, "m.topics", f.Topic)
}
