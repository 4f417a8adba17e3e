package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// wordSearch is a search by words in PostgreSQL. The index of words gives its
// hits in no order, and reading the rows of all hits of a common word takes
// seconds, so that the newest are looked for first: in a short stretch of the
// archive, then in a longer one, then in all of it. A word that most texts
// have is not asked of the index at all: texts are read from the newest on.
type wordSearch struct {
	quest
	// conds are the conditions on mentions m, with the arguments of those on
	// tasks t, which are nil in a search for mentions.
	conds *clauses
	tasks []string
	// among are the only mentions that come in question, newest first; nil
	// when all do.
	among []int64
	below int64 // the number that the last page ended with, 0 on the first
	most  int
}

// usual is the share of texts from which on a word is common: to make the
// words of a text anew, as reading without the index does, takes 150 µs, so
// that a page is found in 50 ms.
const usual = 0.15

// stretches are how many mentions back is looked, one after the other; 0 is
// all.
func stretches() []int64 { return []int64{20_000, 60_000, 200_000, 0} }

// search runs w, newest first.
func (s *Store) search(ctx context.Context, w wordSearch) ([]hit, error) {
	if w.below == 0 {
		w.below = w.newest + 1
	}
	switch {
	case w.among != nil:
		return s.searchAmong(ctx, w)
	case w.share >= usual && w.tasks != nil:
		return s.searchTasks(ctx, w)
	case w.share >= usual:
		return s.searchAbove(ctx, w, 0, "")
	}
	for _, back := range stretches() {
		floor := int64(0)
		if back > 0 {
			floor = max(0, w.below-back)
		}
		hits, err := s.searchAbove(ctx, w, floor, "MATERIALIZED")
		if err != nil || len(hits) == w.most || floor == 0 {
			return hits, err
		}
	}
	return nil, nil
}

// searchAmong searches as many of the newest of w.among as should have enough
// hits, then all of them.
func (s *Store) searchAmong(ctx context.Context, w wordSearch) ([]hit, error) {
	among := w.among
	if at := slices.IndexFunc(among, func(seq int64) bool { return seq < w.below }); at > 0 {
		among = among[at:]
	}
	w.among = among
	if enough := enoughFor(w.most, w.share); enough < len(among) {
		w.among = among[:enough]
		hits, err := s.searchAbove(ctx, w, 0, "MATERIALIZED")
		if err != nil || len(hits) == w.most {
			return hits, err
		}
		w.among = among
	}
	return s.searchAbove(ctx, w, 0, "MATERIALIZED")
}

// searchTasks searches the newest tasks for a common word, then all mentions:
// only of tasks that come in question the texts are read.
func (s *Store) searchTasks(ctx context.Context, w wordSearch) ([]hit, error) {
	c := &clauses{where: slices.Clone(w.tasks), args: slices.Clip(w.conds.args)}
	c.add("t.seq < ?", w.below)
	c.args = append(c.args, enoughFor(w.most, w.share))
	newest, err := collect(ctx, s.reader, scanNumber, "SELECT t.seq FROM task t"+c.String()+" ORDER BY t.seq DESC LIMIT "+c.param(), c.args...)
	if err != nil {
		return nil, err
	}
	if len(newest) == 0 {
		return nil, nil
	}
	all := w
	w.among = newest
	hits, err := s.searchAbove(ctx, w, 0, "MATERIALIZED")
	if err != nil || len(hits) == w.most || len(newest) < enoughFor(w.most, w.share) {
		return hits, err
	}
	return s.searchAbove(ctx, all, 0, "")
}

// enoughFor is how many texts should have most of those of which share is the
// part, and some more.
func enoughFor(most int, share float64) int { return int(1.3*float64(most)/max(share, 1e-6)) + 1 }

// searchAbove runs w over mentions numbered above floor. How says whether all
// hits are collected before the newest are taken of them (MATERIALIZED) or the
// database may read from the newest on.
func (s *Store) searchAbove(ctx context.Context, w wordSearch, floor int64, how string) ([]hit, error) {
	c := &clauses{where: slices.Clip(w.conds.where), args: slices.Clip(w.conds.args)}
	if !w.plain {
		c.add(matches(len(w.asked)), w.asked...)
	}
	c.add("w.seq < ?", w.below)
	if floor > 0 {
		c.add("w.seq >= ?", floor)
	}
	if w.among != nil {
		// Written out: for a list in a parameter a page of ten is planned for.
		c.add("w.seq = ANY ('{" + joined64(w.among) + "}'::bigint[])")
	}
	from := "mention_words w"
	if len(w.conds.where) > 0 {
		from += " JOIN mention m ON m.seq = w.seq"
	}
	found := "WITH f AS " + how + " (SELECT w.seq FROM " + from + c.String() + ")"
	c.args = append(c.args, w.most)
	end := " ORDER BY f.seq DESC LIMIT " + c.param()
	query := found + " SELECT 0, f.seq, 0, f.seq FROM f" + end
	if w.tasks != nil {
		query = found + " SELECT f.seq, 0, t.id, f.seq FROM f JOIN task t ON t.seq = f.seq WHERE " + strings.Join(w.tasks, " AND ") + end
	}
	// Not kept as prepared statements: after five runs PostgreSQL would plan for
	// any word and any stretch, and each list of numbers makes another text of
	// up to 80 KB, which would fill the server.
	return collect(ctx, s.reader, scanHit, query, append([]any{pgx.QueryExecModeExec}, c.args...)...)
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

// joined64 writes numbers with commas between them.
func joined64(list []int64) string {
	b := make([]byte, 0, 8*len(list))
	for i, n := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, n, 10)
	}
	return string(b)
}
