package feedback

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"otklik/mention"
)

// Sink takes mentions of one brand in; it is a pass of the intake.
type Sink interface {
	Fresh(ctx context.Context, page []mention.Mention) ([]mention.Freshness, error)
	Take(ctx context.Context, page []mention.Mention, fresh []mention.Freshness) error
	Added() mention.Added
}

// Sinks opens a sink for a kind and a brand. A silent one makes no tasks.
type Sinks func(kind, brand string, silent bool) Sink

// Plan is a sheet made into mentions, before anything is written.
type Plan struct {
	Columns  []mention.ImportColumn
	Mentions []mention.Mention
	Errors   []RowError
	// Repeated counts the rows that say the same as an earlier one.
	Repeated int

	rows map[mention.Key]int // by identity, the row
	// customers are those who said Mentions, in the same order.
	customers []customer
}

// customer is what a row says of who wrote it that no mention keeps.
type customer struct{ email, answers string }

// Desk is told what customers said.
type Desk interface {
	// Thank makes the letter of thanks for m; the same one once.
	Thank(ctx context.Context, m mention.Mention, email string) error
	// Answered notes that a request was answered by a mention.
	Answered(ctx context.Context, request string, m mention.ID) error
}

// RowError is a row that cannot be taken in.
type RowError struct {
	Row int
	Err error
}

// Error names the row and what is wrong.
func (e RowError) Error() string { return fmt.Sprintf("row %d: %v", e.Row, e.Err) }

// Unwrap returns the cause.
func (e RowError) Unwrap() error { return e.Err }

// Prepare makes mentions of all rows of a sheet and collects what is wrong.
// Columns that s does not map are guessed by their names. The error is of the
// mapping as a whole.
func (s Source) Prepare(sheet *Sheet) (*Plan, error) {
	if err := errors.Join(checkKind(s.Kind), s.Map.Validate()); err != nil {
		return nil, err
	}
	if len(s.Map) == 0 {
		s.Map = Guess(sheet.Columns)
	}
	if err := s.checkColumns(sheet.Columns); err != nil {
		return nil, err
	}
	p := &Plan{rows: map[mention.Key]int{}}
	p.Columns = columns(sheet, s.Map)
	byKey := map[mention.Key]mention.Mention{}
	for _, row := range sheet.Rows {
		m, err := s.Mention(row.Values)
		if err != nil {
			p.Errors = append(p.Errors, RowError{row.Number, err})
			continue
		}
		earlier, known := byKey[m.Key()]
		switch {
		case !known:
			byKey[m.Key()], p.rows[m.Key()] = m, row.Number
			p.Mentions = append(p.Mentions, m)
			p.customers = append(p.customers, customer{s.value(row, Email), s.value(row, Answers)})
		case earlier.Digest() == m.Digest():
			p.Repeated++
		default:
			p.Errors = append(p.Errors, RowError{row.Number, mistake("twice", "it has the id of row %d and says something else", p.rows[m.Key()])})
		}
	}
	return p, nil
}

// checkColumns refuses a mapping that the sheet cannot fill.
func (s Source) checkColumns(columns []string) error {
	if len(columns) == 0 {
		return mistake("columns.none", "there are no columns")
	}
	says := false
	for name, field := range s.Map {
		if !slices.Contains(columns, name) {
			return mistake("column", "there is no column %q; there are %q", name, columns)
		}
		says = says || slices.Contains([]Field{Text, Title, Pros, Cons, Rating, NPS, CSAT, CES}, field)
	}
	if !says {
		return mistake("says", "no column holds a text or a score: map one, such as %q=text", columns[0])
	}
	return nil
}

// columns tells the columns of a sheet as m understands them.
func columns(sheet *Sheet, m Mapping) []mention.ImportColumn {
	var out []mention.ImportColumn
	for _, name := range sheet.Columns {
		out = append(out, mention.ImportColumn{Name: name, Field: string(m[name]), Sample: sample(sheet, name)})
	}
	return out
}

// sampleLength bounds a value in a preview, in letters.
const sampleLength = 60

func sample(sheet *Sheet, column string) string {
	for _, row := range sheet.Rows {
		if v := []rune(row.Values[column]); len(v) > sampleLength {
			return string(v[:sampleLength]) + "…"
		} else if len(v) > 0 {
			return string(v)
		}
	}
	return ""
}

// batch is how many mentions are written in one transaction: a large file
// must not hold up the crawl of the day.
const batch = 200

// Take takes the plan's mentions in, in transactions of some hundred. Those
// published before loudFrom make no tasks. What is archived already is
// recognised and left alone, so that an import which was interrupted is
// continued by repeating it. A plan with errors is refused whole.
func (p *Plan) Take(ctx context.Context, sinks Sinks, loudFrom time.Time) (mention.Added, error) {
	if len(p.Errors) > 0 {
		return mention.Added{}, fmt.Errorf("%d rows are wrong; nothing is taken in", len(p.Errors))
	}
	var sum mention.Added
	for group, page := range p.groups(loudFrom) {
		sink := sinks(group.kind, group.brand, group.silent)
		for part := range slices.Chunk(page, batch) {
			fresh, err := sink.Fresh(ctx, part)
			if err != nil {
				return sum, fmt.Errorf("look up %d rows: %w", len(part), err)
			}
			if err := sink.Take(ctx, part, fresh); err != nil {
				return sum, fmt.Errorf("take in %d rows: %w", len(part), err)
			}
		}
		added := sink.Added()
		sum.New += added.New
		sum.Edited += added.Edited
		sum.Touched += added.Touched
		sum.Same += added.Same
		sum.Alerted += added.Alerted
	}
	return sum, nil
}

// Tell gives what the customers said since from to the desk of requests: who
// left an address is thanked, and who answered a request has answered. It may
// be repeated without harm.
func (p *Plan) Tell(ctx context.Context, desk Desk, from time.Time) error {
	for i, m := range p.Mentions {
		if !m.PublishedAt.IsZero() && m.PublishedAt.Before(from) {
			continue
		}
		who := p.customers[i]
		if who.email != "" {
			if err := desk.Thank(ctx, m, who.email); err != nil {
				return fmt.Errorf("thank for row %d: %w", p.rows[m.Key()], err)
			}
		}
		if who.answers != "" {
			if err := desk.Answered(ctx, who.answers, m.Key().ID()); err != nil {
				return fmt.Errorf("note the answer of row %d: %w", p.rows[m.Key()], err)
			}
		}
	}
	return nil
}

// group is what one sink takes.
type group struct {
	kind, brand string
	silent      bool
}

func (p *Plan) groups(loudFrom time.Time) map[group][]mention.Mention {
	out := map[group][]mention.Mention{}
	for _, m := range p.Mentions {
		silent := !m.PublishedAt.IsZero() && m.PublishedAt.Before(loudFrom)
		g := group{m.Source, m.Brand, silent}
		out[g] = append(out[g], m)
	}
	return out
}

// Known says how many of the plan's mentions the archive has as they are, and
// how many it has otherwise, without writing anything.
func (p *Plan) Known(ctx context.Context, sinks Sinks) (same, changed int, err error) {
	for group, page := range p.groups(time.Time{}) {
		sink := sinks(group.kind, group.brand, true)
		for part := range slices.Chunk(page, batch) {
			fresh, err := sink.Fresh(ctx, slices.Clone(part))
			if err != nil {
				return same, changed, fmt.Errorf("look up %d rows: %w", len(part), err)
			}
			for _, f := range fresh {
				switch f {
				case mention.Same:
					same++
				case mention.Changed:
					changed++
				}
			}
		}
	}
	return same, changed, nil
}
