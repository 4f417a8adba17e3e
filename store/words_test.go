package store_test

import (
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
