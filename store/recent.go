package store

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// wordSearch is a search by words in PostgreSQL. The index of words gives its
// hits in no order, and reading all hits of a common word takes seconds. So of a
// word that many texts have the newest tasks are read and their words looked at,
// and of any other word the index is asked for a stretch of the archive in which
// a page should be found, then for all of it.
type wordSearch struct {
	quest
	// conds are the conditions on mentions m, with the arguments of those on
	// tasks t, which are nil in a search for mentions.
	conds *clauses
	tasks []string
	below int64 // the number that the last page ended with, 0 on the first
	most  int
}

// usual is the share of texts from which on the newest tasks are read. To look at
// the words of one takes 3 µs, and so does a hit of the index: at a million
// mentions both ways take 30 ms for a page of a word that one text in a hundred
// has, and less for every other.
const usual = 0.01

// searchRounds is how often more tasks, or a longer stretch, are looked at before
// the index is asked for all that is left.
const searchRounds = 3

// search runs w, newest first.
func (s *Store) search(ctx context.Context, w wordSearch) (hits []hit, err error) {
	if w.below == 0 {
		w.below = w.newest + 1
	}
	for range searchRounds {
		if w.tasks == nil || w.share < usual {
			break
		}
		more, last, err := s.searchTasks(ctx, w)
		hits = append(hits, more...)
		if err != nil || len(more) == w.most || last == 0 {
			return hits, err
		}
		w.most, w.below = w.most-len(more), last
	}
	for round := range searchRounds + 1 {
		floor := w.floor(round)
		more, err := s.searchAbove(ctx, w, floor)
		hits = append(hits, more...)
		if err != nil || len(more) == w.most || floor == 0 {
			return hits, err
		}
		w.most, w.below = w.most-len(more), floor
	}
	return hits, nil
}

// minAsked is for how many hits at least texts are read together.
const minAsked = 25

// enough is how many texts should have most of those that w looks for: a third
// more than the share says, which is an estimate, and what chance may take.
func (w *wordSearch) enough() int {
	n := float64(max(w.most, minAsked))
	return int((1.3*n+3*math.Sqrt(n))/max(w.share, 1e-6)) + 1
}

// minStretch is how many mentions take no longer to read than to ask the index for.
const minStretch = 5000

// floor is the number from which on a page should be found even when one hit in
// ten passes the other conditions, or 0 when that is most of the archive, and
// after the last round.
func (w *wordSearch) floor(round int) int64 {
	back := int64(max(w.enough(), minStretch))
	if w.tasks != nil || len(w.conds.where) > 0 {
		back *= 10
	}
	if back <<= 2 * round; round == searchRounds || back > w.below/8 {
		return 0
	}
	return w.below - back
}

// searchTasks looks at the words of the newest tasks, as many as should have a
// page of hits. It returns the number of the last that it looked at, 0 when
// there are no more.
func (s *Store) searchTasks(ctx context.Context, w wordSearch) (hits []hit, last int64, err error) {
	c := &clauses{where: slices.Clone(w.tasks), args: slices.Clip(w.conds.args)}
	c.add("t.seq < ?", w.below)
	c.args = append(c.args, w.enough())
	newest := "WITH k AS MATERIALIZED (SELECT t.seq, t.id FROM task t" + c.String() + " ORDER BY t.seq DESC LIMIT " + c.param() + ")"
	c.where = []string{"w.seq = k.seq"}
	c.add(matches(len(w.asked)), w.asked...)
	c.args = append(c.args, w.most)
	// OFFSET 0 keeps PostgreSQL from turning the look at each, which ends with the
	// page, into a join of all.
	query := newest + " (SELECT k.seq, 0, k.id, k.seq FROM (SELECT seq, id FROM k ORDER BY seq DESC OFFSET 0) k CROSS JOIN LATERAL (SELECT FROM mention_words w" + c.String() +
		" OFFSET 0) x ORDER BY k.seq DESC LIMIT " + c.param() + ") UNION ALL SELECT count(*), 0, 0, COALESCE(min(seq), 0) FROM k"
	hits, err = s.found(ctx, query, c.args)
	if err != nil {
		return nil, 0, err
	}
	// The last row tells how many tasks there were and where they ended.
	end := hits[len(hits)-1]
	if end.end[0] == int64(w.enough()) {
		last = end.seq
	}
	return hits[:len(hits)-1], last, nil
}

// searchAbove asks the index for the hits numbered from floor on, and takes the
// newest that pass the other conditions.
func (s *Store) searchAbove(ctx context.Context, w wordSearch, floor int64) ([]hit, error) {
	c := &clauses{args: slices.Clip(w.conds.args)}
	c.add(matches(len(w.asked)), w.asked...)
	c.add("w.seq < ?", w.below)
	if floor > 0 {
		c.add("w.seq >= ?", floor)
	}
	query := "WITH f AS MATERIALIZED (SELECT w.seq FROM mention_words w" + c.String() + ") SELECT "
	from := " FROM (SELECT seq FROM f ORDER BY seq DESC OFFSET 0) f"
	switch {
	case w.tasks != nil:
		query += "f.seq, 0, x.id, f.seq" + from + " CROSS JOIN LATERAL (SELECT t.id FROM task t WHERE t.seq = f.seq AND " + strings.Join(w.tasks, " AND ") + " OFFSET 0) x"
	case len(w.conds.where) > 0:
		query += "0, f.seq, 0, f.seq" + from + " CROSS JOIN LATERAL (SELECT FROM mention m WHERE m.seq = f.seq AND " + strings.Join(w.conds.where, " AND ") + " OFFSET 0) x"
	default:
		query += "0, f.seq, 0, f.seq" + from
	}
	c.args = append(c.args, w.most)
	return s.found(ctx, query+" ORDER BY f.seq DESC LIMIT "+c.param(), c.args)
}

// found reads the hits of a search. Its statement is not kept prepared: after
// five runs PostgreSQL would plan for any word and any stretch.
func (s *Store) found(ctx context.Context, query string, args []any) ([]hit, error) {
	return collect(ctx, s.reader, scanHit, query, append([]any{pgx.QueryExecModeExec}, args...)...)
}

// expect returns the share of texts that have what is asked, as far as the
// database knows without looking, and the number of the newest mention.
func (s *Store) expect(ctx context.Context, asked []any) (share float64, newest int64, err error) {
	if err := s.reader.row(ctx, "SELECT COALESCE(MAX(seq), 0) FROM mention").Scan(&newest); err != nil {
		return 0, 0, fmt.Errorf("find the newest mention: %w", err)
	}
	c := &clauses{}
	c.add(matches(len(asked)), asked...)
	hits, err := s.planned(ctx, c)
	if err != nil {
		return 0, 0, fmt.Errorf("plan a search: %w", err)
	}
	all, err := s.planned(ctx, &clauses{})
	if err != nil {
		return 0, 0, fmt.Errorf("plan a search: %w", err)
	}
	return hits / max(1, all), newest, nil
}

// planned is how many texts the database expects to satisfy c.
func (s *Store) planned(ctx context.Context, c *clauses) (float64, error) {
	var plan []byte
	if err := s.reader.row(ctx, "EXPLAIN (FORMAT JSON) SELECT 1 FROM mention_words w"+c.String(), c.args...).Scan(&plan); err != nil {
		return 0, err
	}
	var plans []struct {
		Plan struct {
			Rows float64 `json:"Plan Rows"`
		}
	}
	if err := json.Unmarshal(plan, &plans); err != nil || len(plans) == 0 {
		return 0, fmt.Errorf("read the plan: %w", err)
	}
	return plans[0].Plan.Rows, nil
}
