package store

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"otklik/mention"
)

// spy is a database that notes how SQLite carries out what it is asked.
type spy struct {
	*sql.DB
	t    *testing.T
	plan []string
}

// QueryContext implements preparer.
func (s *spy) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s.t.Helper()
	rows, err := s.DB.QueryContext(ctx, "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			s.t.Fatal(err)
		}
		s.plan = append(s.plan, step)
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
	return s.DB.QueryContext(ctx, query, args...)
}

// TestPlans holds the statements behind the inbox's lists and a month's report
// to their indexes: a plan that reads or sorts all tasks or all mentions looks
// well in a small archive and takes seconds in a large one.
func TestPlans(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(t.Context(), Config{Data: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	db, err := sql.Open("sqlite", filepath.Join(dir, fileName))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	from, to := time.Unix(1, 0), time.Unix(2, 0)
	open := []mention.State{mention.Open, mention.Taken, mention.Answered}
	tasks := func(f TaskFilter) func(*Store) error {
		return func(s *Store) error {
			_, err := s.findTasks(t.Context(), quest{asked: s.asked(f.Words, f.Any)}, f, 51)
			return err
		}
	}
	mentions := func(f MentionFilter) func(*Store) error {
		return func(s *Store) error { _, err := s.findMentions(t.Context(), quest{}, f, 51); return err }
	}
	sc := mention.Scope{From: from, To: to, Brands: []string{"b"}}
	tests := []struct {
		name  string
		ask   func(*Store) error
		want  string // an index that is used
		sorts bool   // what it counts, which is no page
	}{
		{"tasks of all states", tasks(TaskFilter{}), "COVERING INDEX task_state (state=?)", false},
		{"tasks by tone and topic", tasks(TaskFilter{States: open, Tone: mention.Negative, Topic: "x", Lang: "ru"}), "COVERING INDEX task_state (state=?)", false},
		{"tasks of a brand", tasks(TaskFilter{States: open, Brand: "b", MaxStars: 2}), "COVERING INDEX task_brand (brand=? AND state=?)", false},
		{"tasks of a site", tasks(TaskFilter{States: open, Source: "s", MaxStars: 2}), "COVERING INDEX task_source (source=? AND state=?)", false},
		{"tasks of a person", tasks(TaskFilter{States: open, Owner: "o"}), "COVERING INDEX task_owner (owner=? AND state=?)", false},
		{"the next page", tasks(TaskFilter{States: open, After: "5.5"}), "COVERING INDEX task_state (state=? AND rank>?)", false},
		{"closed tasks of a month", tasks(TaskFilter{States: []mention.State{mention.Confirmed}, From: from, To: to}), "COVERING INDEX task_state (state=? AND rank>? AND rank<?)", false},
		{"tasks at work by words", tasks(TaskFilter{States: open, Words: "карта"}), "INDEX task_work (seq=?)", false},
		{"closed tasks by words", tasks(TaskFilter{States: []mention.State{mention.Confirmed}, Words: "карта"}), "INDEX task_seq (seq=?)", false},
		{"the archive", mentions(MentionFilter{}), "COVERING INDEX mention_collected", false},
		{"the archive by site", mentions(MentionFilter{Source: "s", MaxStars: 2}), "COVERING INDEX mention_collected", false},
		{"the archive of a brand", mentions(MentionFilter{Brand: "b", Tone: mention.Negative}), "INDEX mention_brand (brand=?", false},
		{"tallies", func(s *Store) error { _, err := s.Tallies(t.Context(), sc); return err }, "COVERING INDEX mention_collected (collected_ms>? AND collected_ms<?)", true},
		{"themes", func(s *Store) error { _, err := s.Themes(t.Context(), sc); return err }, "COVERING INDEX mention_collected (collected_ms>? AND collected_ms<?)", true},
		{"timings", func(s *Store) error { _, err := s.Timings(t.Context(), sc); return err }, "COVERING INDEX task_created (created_ms>? AND created_ms<?)", true},
		{"the worst complaints", func(s *Store) error { _, err := s.Worst(t.Context(), sc, 10); return err }, "COVERING INDEX mention_worst (collected_ms>? AND collected_ms<?)", true},
		{"spells", func(s *Store) error { _, err := s.Spells(t.Context(), from, to); return err }, "COVERING INDEX run_bad (start_ms>? AND start_ms<?)", true},
		{"the ends of spells", func(s *Store) error { _, err := s.Spells(t.Context(), from, to); return err }, "COVERING INDEX run_source (source=? AND id>?)", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			seen := &spy{DB: db, t: t}
			if err := tt.ask(&Store{reader: newReader(seen, false), now: time.Now, stems: newStemmer()}); err != nil {
				t.Fatal(err)
			}
			plan := strings.Join(seen.plan, "\n")
			if !strings.Contains(plan, tt.want) {
				t.Errorf("it does not use %s:\n%s", tt.want, plan)
			}
			for i, step := range seen.plan[1:] {
				// "SCAN s" are the few rows that were taken of one state.
				if !tt.sorts && strings.HasPrefix(step, "USE TEMP B-TREE") && seen.plan[i] != "SCAN s" {
					t.Errorf("it sorts all that it finds:\n%s", plan)
				}
			}
		})
	}
}
