package main

import (
	"testing"

	"otklik/config"
	"otklik/mention"
	"otklik/store"
)

// TestStory_IndexLater has the daemon die between the commit of mentions and
// their turn in the index of words: the next life makes them searchable,
// whether it is told to index later or at once.
func TestStory_IndexLater(t *testing.T) {
	for _, next := range []string{config.IndexLater, config.IndexNow} {
		t.Run("then "+next, func(t *testing.T) {
			l := &life{}
			l.fatal.Store("committed")
			tell(t, settings{index: config.IndexLater, quiet: true, born: func() *life { return l }}, func(t *testing.T, s *story) {
				s.pass()
				if n := wordsWait(t, s.app.cfg.Data); n == 0 {
					t.Error("the dead daemon left nothing waiting")
				}
				s.set.index, s.set.born = next, func() *life { return &life{} }
				if !s.revive() {
					t.Fatal("the daemon did not die")
				}
				s.pass()
				archive := s.app.store
				if n, err := archive.Unindexed(t.Context(), 100); err != nil || n != 0 {
					t.Errorf("%d mentions wait, %v", n, err)
				}
				for _, m := range s.archived(t, store.MentionFilter{}) {
					found := false
					for _, hit := range s.archived(t, store.MentionFilter{Words: m.Words()}) {
						found = found || hit.ID == m.ID
					}
					if !found {
						t.Errorf("%s %s is not found by its own words", m.Source, m.ExternalID)
					}
				}
				jobs, err := archive.Jobs(t.Context(), mention.IndexJob, 10)
				if again := len(jobs) == 1; err != nil || again != (next == config.IndexLater) {
					t.Errorf("jobs that index: %+v, %v", jobs, err)
				}
			})
		})
	}
}

// archived reads the archive.
func (s *story) archived(t *testing.T, f store.MentionFilter) []mention.Mention {
	t.Helper()
	f.Limit = 500
	list, _, err := s.app.store.Mentions(t.Context(), f)
	if err != nil || len(list) == 0 {
		t.Fatalf("%d mentions, %v", len(list), err)
	}
	return list
}
