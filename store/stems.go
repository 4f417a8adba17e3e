package store

import (
	"strings"
	"sync"
	"unicode"

	"github.com/kljensen/snowball/english"
	"github.com/kljensen/snowball/russian"
)

const (
	// maxIndexed bounds the bytes of a mention that can be searched for.
	maxIndexed = 200_000
	// maxAsked bounds the words of one search.
	maxAsked = 16
	// maxStems bounds the words whose stem is remembered: stemming costs more
	// than all the rest of indexing, and people use few words often.
	maxStems = 50_000
)

// stemmer makes words into the stems that SQLite's index holds. It is safe
// for concurrent use.
type stemmer struct {
	mu    sync.Mutex
	known map[string]string
}

func newStemmer() *stemmer { return &stemmer{known: make(map[string]string)} }

// index returns the different stems of texts, separated by blanks.
func (s *stemmer) index(texts ...string) string {
	var b strings.Builder
	s.each(strings.Join(texts, "\n"), func(stem string) bool {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(stem)
		return b.Len() < maxIndexed
	})
	return b.String()
}

// noStems is the search for no word, which finds nothing.
const noStems = `""`

// match returns the search for all the words of typed, noStems when it has
// none that are indexed. Quotes keep FTS5 from reading words as its operators.
func (s *stemmer) match(typed string) string {
	var asked []string
	s.each(typed, func(stem string) bool {
		asked = append(asked, `"`+stem+`"`)
		return len(asked) < maxAsked
	})
	if len(asked) == 0 {
		return noStems
	}
	return strings.Join(asked, " AND ")
}

// each calls yield with every different stem of text until it returns false.
func (s *stemmer) each(text string, yield func(string) bool) {
	seen := make(map[string]bool, 64)
	s.mu.Lock()
	defer s.mu.Unlock()
	for word := range strings.FieldsFuncSeq(text, isNotWord) {
		stem := s.stem(word)
		if stem == "" || seen[stem] {
			continue
		}
		seen[stem] = true
		if !yield(stem) {
			return
		}
	}
}

// isNotWord tells what separates words; the ranges of nearly all text come first.
func isNotWord(r rune) bool {
	switch {
	case r >= 'а' && r <= 'я', r >= 'a' && r <= 'z', r >= 'А' && r <= 'Я', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return false
	case r < unicode.MaxASCII:
		return true
	}
	return !unicode.IsLetter(r) && !unicode.IsDigit(r)
}

// stem returns the stem of word, empty for words too common to be searched for.
func (s *stemmer) stem(word string) string {
	if stem, ok := s.known[word]; ok {
		return stem
	}
	stem := stemOf(word)
	if len(s.known) >= maxStems {
		clear(s.known)
	}
	s.known[strings.Clone(word)] = stem
	return stem
}

func stemOf(word string) string {
	w := strings.ReplaceAll(strings.ToLower(word), "ё", "е")
	for _, r := range w {
		switch {
		case unicode.Is(unicode.Cyrillic, r):
			if russian.IsStopWord(w) {
				return ""
			}
			return russian.Stem(w, true)
		case r < unicode.MaxASCII && unicode.IsLetter(r):
			if english.IsStopWord(w) {
				return ""
			}
			return english.Stem(w, true)
		}
	}
	return w
}
