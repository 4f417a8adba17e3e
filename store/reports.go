package store

import (
	"context"
	"fmt"
	"time"

	"otklik/mention"
)

// scope collects the conditions of a report over the mentions m.
func (s *Store) scope(sc mention.Scope) (*clauses, error) {
	c, err := s.scopeOf("m", "m.collected_ms", sc)
	if err == nil && sc.Tasked {
		c.add("m.task <> 0")
	}
	return c, err
}

// scopeOf is scope over a table that has brand and source.
func (s *Store) scopeOf(table, moment string, sc mention.Scope) (*clauses, error) {
	c := &clauses{}
	c.between(moment, sc.From, sc.To)
	c.equal(table+".source", sc.Source)
	if len(sc.Brands) == 0 {
		return c, nil
	}
	list, err := encode(sc.Brands)
	if err != nil {
		return nil, err
	}
	// The plus keeps SQLite to the index of the time, which holds all that is
	// counted; by the brand it would read every row.
	c.add(s.dialect.in(s.dialect.unindexed(table+".brand"), "?"), list)
	return c, nil
}

// Tallies counts the mentions of a scope by day, brand, site and tone, in this
// order, or by tone alone where the scope asks for sums. Days are those of
// From's zone as it stands at From.
func (s *Store) Tallies(ctx context.Context, sc mention.Scope) ([]mention.Tally, error) {
	c, err := s.scope(sc)
	if err != nil {
		return nil, fmt.Errorf("tally mentions: %w", err)
	}
	_, offset := sc.From.Zone()
	shift := int64(offset) * 1000
	c.args = append(c.args, shift)
	keys := "(m.collected_ms + " + c.param() + ") / 86400000 AS day, m.brand, m.source, m.tone"
	groups := "day, m.brand, m.source, m.tone"
	if sc.Sums {
		c.args[len(c.args)-1] = (millis(sc.From) + shift) / dayMs
		keys, groups = "CAST("+c.param()+" AS bigint) AS day, '', '', m.tone", "m.tone"
	}
	list, err := collect(ctx, s.reader, func(scan func(...any) error) (mention.Tally, error) {
		var t mention.Tally
		var day int64
		err := scan(&day, &t.Brand, &t.Source, &t.Tone, &t.Mentions, &t.Rated, &t.Stars)
		t.Day = time.UnixMilli(day*dayMs - shift).In(sc.From.Location())
		return t, err
	}, "SELECT "+keys+", COUNT(*), SUM(CASE WHEN m.stars > 0 THEN 1 ELSE 0 END), SUM(m.stars) FROM mention m"+c.String()+
		" GROUP BY "+groups+" ORDER BY "+groups, c.args...)
	if err != nil {
		return nil, fmt.Errorf("tally mentions: %w", err)
	}
	return list, nil
}

// Themes counts the mentions of a scope by brand, site, tone, topics and
// survey score.
func (s *Store) Themes(ctx context.Context, sc mention.Scope) ([]mention.Theme, error) {
	c, err := s.scope(sc)
	if err != nil {
		return nil, fmt.Errorf("count topics: %w", err)
	}
	// What other sites say in labels is of many kinds; it would only split the groups.
	const score = `CASE WHEN m.labels = '' THEN '' WHEN m.labels LIKE '%"nps:%' OR m.labels LIKE '%"csat:%' OR m.labels LIKE '%"ces:%' THEN m.labels ELSE '' END`
	list, err := collect(ctx, s.reader, func(scan func(...any) error) (mention.Theme, error) {
		var t mention.Theme
		var topics, labels string
		if err := scan(&t.Brand, &t.Source, &t.Tone, &topics, &labels, &t.Mentions); err != nil {
			return t, err
		}
		if err := decode(topics, &t.Topics); err != nil {
			return t, err
		}
		return t, decode(labels, &t.Labels)
	}, `SELECT m.brand, m.source, m.tone, m.topics, `+score+` AS score, COUNT(*)
		FROM mention m`+c.String()+`
		GROUP BY m.brand, m.source, m.tone, m.topics, score ORDER BY m.brand, m.source, m.tone, m.topics, score`, c.args...)
	if err != nil {
		return nil, fmt.Errorf("count topics: %w", err)
	}
	return list, nil
}

// Worst returns at most limit complaints of a scope, those that most people
// have met first, then the surest ones. Of the copies of one complaint only
// the first is among them.
func (s *Store) Worst(ctx context.Context, sc mention.Scope, limit int) ([]mention.Mention, error) {
	c, err := s.scope(sc)
	if err != nil {
		return nil, fmt.Errorf("list complaints: %w", err)
	}
	c.add("m.tone = 'negative'")     // as the index of complaints says it
	c.args = append(c.args, 3*limit) // room for copies
	// What is sorted are numbers: whole rows would be carried through the sort.
	hits, err := collect(ctx, s.reader, scanHit, `SELECT 0, 0, m.task, m.seq FROM mention m`+c.String()+`
		ORDER BY m.likes + m.comments + m.views / 50 DESC, m.confidence DESC, m.seq DESC LIMIT `+c.param(), c.args...)
	if err != nil {
		return nil, fmt.Errorf("list complaints: %w", err)
	}
	rows, err := s.bySeq(ctx, hits)
	if err != nil {
		return nil, fmt.Errorf("list complaints: %w", err)
	}
	var list []mention.Mention
	seen := map[mention.TaskID]bool{}
	for _, h := range hits {
		r := rows[h.seq]
		if len(list) == limit || r == nil || r.task != 0 && seen[r.task] {
			continue
		}
		seen[r.task] = true
		list = append(list, r.m)
	}
	return list, nil
}

// Backlog counts the tasks that are not closed as they stand now, by brand,
// kind and state.
func (s *Store) Backlog(ctx context.Context, brands []string) ([]mention.Waiting, error) {
	c := &clauses{}
	c.add("t.state IN ('open', 'taken', 'answered')")
	if len(brands) > 0 {
		list, err := encode(brands)
		if err != nil {
			return nil, fmt.Errorf("count waiting tasks: %w", err)
		}
		c.add(s.dialect.in("t.brand", "?"), list)
	}
	c.args = append(c.args, millis(s.now()))
	list, err := collect(ctx, s.reader, func(scan func(...any) error) (mention.Waiting, error) {
		var w mention.Waiting
		err := scan(&w.Brand, &w.Kind, &w.State, &w.Tasks, &w.Overdue)
		return w, err
	}, `SELECT t.brand, t.kind, t.state, COUNT(*), SUM(CASE WHEN t.rank < `+c.param()+` THEN 1 ELSE 0 END)
		FROM task t`+c.String()+` GROUP BY t.brand, t.kind, t.state ORDER BY t.brand, t.kind, t.state`, c.args...)
	if err != nil {
		return nil, fmt.Errorf("count waiting tasks: %w", err)
	}
	return list, nil
}

// spellMemory is how long before the period a spell may have begun and still
// be told from its beginning.
const spellMemory = 7 * 24 * time.Hour

// Spells returns the times in [from, to) in which sources were not seen, by
// source and time, uncut: a spell may begin before from. A spell lasts from a
// bad run to the next good one.
func (s *Store) Spells(ctx context.Context, from, to time.Time) ([]mention.Spell, error) {
	bad, err := collect(ctx, s.reader, func(scan func(...any) error) (mention.Spell, error) {
		var sp mention.Spell
		var start, next int64
		err := scan(&sp.Source, &start, &sp.Verdict, &next)
		sp.From, sp.To = instant(start, 0), instant(next, 0)
		return sp, err
	}, `SELECT r.source, r.start_ms, r.verdict,
			COALESCE((SELECT n.start_ms FROM run n WHERE n.source = r.source AND n.id > r.id ORDER BY n.id LIMIT 1), 0)
		FROM run r WHERE r.start_ms >= $1 AND r.start_ms < $2 AND r.verdict NOT IN ('ok', 'unchanged', 'empty')
		ORDER BY r.source, r.id`, millis(from.Add(-spellMemory)), millis(to))
	if err != nil {
		return nil, fmt.Errorf("list blind spells: %w", err)
	}
	var joined []mention.Spell
	for _, sp := range bad {
		if n := len(joined); n > 0 && joined[n-1].Source == sp.Source && joined[n-1].To.Equal(sp.From) {
			joined[n-1].To = sp.To
			continue
		}
		joined = append(joined, sp)
	}
	var list []mention.Spell
	for _, sp := range joined {
		if sp.To.IsZero() || sp.To.After(from) {
			list = append(list, sp)
		}
	}
	return list, nil
}
