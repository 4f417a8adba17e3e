package store

import "context"

// SearchTasks is a search of PostgreSQL among more tasks than are few: it
// returns the numbers of the newest mentions with a task and the words.
func (s *Store) SearchTasks(ctx context.Context, words string, most int) ([]int64, error) {
	q, err := s.quest(ctx, words, nil)
	if err != nil {
		return nil, err
	}
	hits, err := s.search(ctx, wordSearch{quest: q, tasks: []string{"t.seq <> 0"}, conds: &clauses{}, most: most})
	return seqsOf(hits), err
}
