package store_test

import (
	"fmt"
	"strings"
	"testing"

	"otklik/mention"
	"otklik/store"
	"otklik/store/storetest"
)

// FuzzSearch types anything into the search: it finds what it finds and never fails.
func FuzzSearch(f *testing.F) {
	for _, words := range []string{"чайник", `"`, `" OR mention_words MATCH "x`, "a* NEAR(b c)", "ё\x00\xff", "^кипит -чайник", "{a}:b", "'; --"} {
		f.Add(words)
	}
	s, err := store.Open(f.Context(), store.Config{Data: f.TempDir()})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	m := mention.Mention{Brand: "b", Source: "s", ExternalID: "1", Text: "чайник кипит"}
	if _, err := s.Add(f.Context(), []mention.Entry{{Mention: m}}, nothing); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, words string) {
		if _, _, err := s.Tasks(t.Context(), store.TaskFilter{Words: words, Topic: words, Brand: words, After: ""}); err != nil {
			t.Errorf("tasks with %q: %v", words, err)
		}
		if _, _, err := s.Mentions(t.Context(), store.MentionFilter{Words: words, Author: words}); err != nil {
			t.Errorf("mentions with %q: %v", words, err)
		}
	})
}

// TestSearch_SameOnBoth compares what the two databases find for the same words.
func TestSearch_SameOnBoth(t *testing.T) {
	texts := []string{"Ёлка-палка и курьеры", "e-mail: info@bank.example, тел. 8-800-555", "банк.рф/карты 4000 руб.", "I can't stop loving it", "приложение зависает"}
	words := []string{"елки", "палки", "курьер", "bank", "карта", "800", "4000", "loved", "приложения", "зависло", "рублей"}
	daemons := []*store.Store{open(t, store.Config{Data: t.TempDir()}), open(t, store.Config{Database: storetest.Postgres(t)})}
	found := make([]map[string]int, 2)
	for i, s := range daemons {
		found[i] = make(map[string]int)
		for _, text := range texts {
			m := mention.Mention{Brand: "b", Source: "s", ExternalID: text, Text: text}
			if _, err := s.Add(t.Context(), []mention.Entry{{Mention: m}}, nothing); err != nil {
				t.Fatal(err)
			}
		}
		for _, w := range words {
			list, _, err := s.Mentions(t.Context(), store.MentionFilter{Words: w})
			if err != nil {
				t.Fatal(err)
			}
			found[i][w] = len(list)
		}
	}
	for _, w := range words {
		if found[0][w] != found[1][w] {
			t.Errorf("%q: SQLite finds %d, PostgreSQL %d", w, found[0][w], found[1][w])
		}
	}
}

// TestSearch_CommonWord searches an archive of which PostgreSQL knows that
// every second text has the word and every hundredth the other.
func TestSearch_CommonWord(t *testing.T) {
	const n = 1200
	url := storetest.Postgres(t)
	s := open(t, store.Config{Database: url})
	plan := func(e mention.Entry, _ *mention.Prior, _ []mention.Prior) ([]mention.Effects, error) {
		task := mention.Task{Kind: mention.Complaint, Brand: "b", Mention: e.Mention.ID, State: mention.Confirmed, Version: 1, CreatedAt: e.Mention.CollectedAt}
		return []mention.Effects{{Task: &task}}, nil
	}
	entries := make([]mention.Entry, n)
	for i := range entries {
		text := map[bool]string{true: "чайник кипит", false: "курьер опоздал"}[i%2 == 0]
		if i%100 == 0 {
			text += " утюг"
		}
		entries[i].Mention = mention.Mention{Brand: "b", Source: "s", ExternalID: fmt.Sprint(i), Text: text}
	}
	if _, err := s.Add(t.Context(), entries, plan); err != nil {
		t.Fatal(err)
	}
	db := database(t, "pgx", url)
	db.SetMaxOpenConns(1) // what is counted is told when its connection says so
	for _, query := range []string{"UPDATE mention_words SET words = words", "SELECT pg_stat_force_next_flush()", "SELECT 1"} {
		if _, err := db.ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Analyze(t.Context()); err != nil {
		t.Fatal(err)
	}
	var known int
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_stats WHERE tablename = 'mention_words' AND attname = 'words'").Scan(&known); err != nil || known == 0 {
		t.Fatalf("statistics of %d columns, %v", known, err)
	}
	for _, tt := range []struct {
		words string
		every int
	}{{"чайники", 2}, {"утюги", 100}} {
		newest := (n - 1) / tt.every * tt.every
		list, _, err := s.Mentions(t.Context(), store.MentionFilter{Words: tt.words, Limit: 5})
		if err != nil || len(list) != 5 || list[0].ExternalID != fmt.Sprint(newest) || list[4].ExternalID != fmt.Sprint(newest-4*tt.every) {
			t.Errorf("mentions with %s: %d, %v", tt.words, len(list), err)
		}
		// A sieve over a common word reads texts as they come, and finds the same.
		sift := func(text string) bool {
			return strings.Contains(text, map[int]string{2: "чайник", 100: "утюг"}[tt.every])
		}
		views, next, err := s.Tasks(t.Context(), store.TaskFilter{Any: []string{tt.words}, Sift: sift, Limit: 5})
		if err != nil || len(views) != 5 || next == "" || views[0].Mention.ExternalID != fmt.Sprint(newest) || views[4].Mention.ExternalID != fmt.Sprint(newest-4*tt.every) {
			t.Errorf("tasks sifted for %s: %d, %q, %v", tt.words, len(views), next, err)
		}
		list, _, err = s.Mentions(t.Context(), store.MentionFilter{Any: []string{tt.words}, Sift: sift, Limit: 5})
		if err != nil || len(list) != 5 || list[0].ExternalID != fmt.Sprint(newest) || list[4].ExternalID != fmt.Sprint(newest-4*tt.every) {
			t.Errorf("mentions sifted for %s: %d, %v", tt.words, len(list), err)
		}
		seqs, err := s.SearchTasks(t.Context(), tt.words, 5)
		if err != nil || len(seqs) != 5 || seqs[0]-seqs[4] != int64(4*tt.every) {
			t.Errorf("tasks with %s: %d, %v", tt.words, seqs, err)
		}
	}
}
