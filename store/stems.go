package store

import (
	"hash/fnv"
	"hash/maphash"
	"iter"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

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

// stemmer makes words into the stems that the index of words holds: SQLite's
// as they are written, PostgreSQL's as their sums. It is safe for concurrent use.
type stemmer struct {
	mu    sync.Mutex
	seed  maphash.Seed
	known map[uint64]*stem // by the hash of the word as it is written
	stems map[string]*stem // by the stem
	round uint64           // counts the texts
}

// stem is what words with different endings have in common.
type stem struct {
	text string
	sum  int32
	seen uint64 // the last round that had it
}

func newStemmer() *stemmer {
	return &stemmer{seed: maphash.MakeSeed(), known: make(map[uint64]*stem), stems: make(map[string]*stem)}
}

// index returns the different stems of texts, separated by blanks.
func (s *stemmer) index(texts ...string) string {
	var b strings.Builder
	n := 0
	for _, text := range texts {
		n += len(text)
	}
	b.Grow(n)
	s.each(texts, func(stem *stem) bool {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(stem.text)
		return b.Len() < maxIndexed
	})
	return b.String()
}

// sums returns the sums of the different stems of texts, as many as index
// would write. Two of four billion stems share one: among a million stems a
// search for one of them meets a stranger once in four thousand, which a sieve
// keeps out.
func (s *stemmer) sums(texts ...string) []int32 {
	out, size := make([]int32, 0, 64), 0
	s.each(texts, func(stem *stem) bool {
		out, size = append(out, stem.sum), size+len(stem.text)+1
		return size < maxIndexed
	})
	return out
}

// noStems is the search for no word, which finds nothing.
const noStems = `""`

// match returns the search for all the words of typed, noStems when it has
// none that are indexed. Quotes keep FTS5 from reading words as its operators.
func (s *stemmer) match(typed string) string {
	var asked []string
	s.each([]string{typed}, func(stem *stem) bool {
		asked = append(asked, `"`+stem.text+`"`)
		return len(asked) < maxAsked
	})
	if len(asked) == 0 {
		return noStems
	}
	return strings.Join(asked, " AND ")
}

// matchSums is match for PostgreSQL: an array of sums, or nil, which is NULL
// there and finds nothing.
func (s *stemmer) matchSums(typed string) any {
	var asked []int32
	s.each([]string{typed}, func(stem *stem) bool {
		asked = append(asked, stem.sum)
		return len(asked) < maxAsked
	})
	if len(asked) == 0 {
		return nil
	}
	return asked
}

// each calls yield with every different stem of texts until it returns false.
func (s *stemmer) each(texts []string, yield func(*stem) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.round++
	for _, text := range texts {
		for word := range words(text) {
			stem := s.stem(word)
			if stem.text == "" || stem.seen == s.round {
				continue
			}
			stem.seen = s.round
			if !yield(stem) {
				return
			}
		}
	}
}

// words yields the runs of letters and digits in text.
func words(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		start := -1
		for i := 0; i < len(text); {
			r, n := rune(text[i]), 1
			if r >= utf8.RuneSelf {
				r, n = utf8.DecodeRuneInString(text[i:])
			}
			switch {
			case !isNotWord(r):
				if start < 0 {
					start = i
				}
			case start >= 0:
				if !yield(text[start:i]) {
					return
				}
				start = -1
			}
			i += n
		}
		if start >= 0 {
			yield(text[start:])
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

// stem returns the stem of word, whose text is empty for words too common to
// be searched for. A hash of 64 bits, other in each process, stands for the word:
// of the words remembered at a time two have the same once in ten thousand million
// times, and to compare the words took most of what a look-up cost.
func (s *stemmer) stem(word string) *stem {
	hash := maphash.String(s.seed, word)
	if known, ok := s.known[hash]; ok {
		return known
	}
	if len(s.known) >= maxStems {
		clear(s.known)
		clear(s.stems)
	}
	text := stemOf(word)
	known, ok := s.stems[text]
	if !ok {
		known = &stem{text: strings.Clone(text), sum: sumOf(text)}
		s.stems[known.text] = known
	}
	s.known[hash] = known
	return known
}

// sumOf is what PostgreSQL's index holds in the place of a stem. It must never
// change: what it was when a mention was indexed is what a search asks for.
func sumOf(stem string) int32 {
	h := fnv.New32a()
	h.Write([]byte(stem))
	return int32(h.Sum32())
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
