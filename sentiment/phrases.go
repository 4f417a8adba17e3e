package sentiment

import (
	"fmt"
	"strconv"
	"strings"
)

// phraseBook holds opinions that take more than one word, or a word in all its
// forms: "no complaints", "золотые руки", "not bad at all". Words are known by
// their stems, so that an ending does not hide a phrase.
type phraseBook struct {
	slots  []phrase // open addressing, a power of two long
	firsts sieve    // of the hashes of first words
}

// phrase is a run of stems. Its words are zero where it only begins others.
type phrase struct {
	hash  uint32 // of the stems in their order; zero is an empty slot
	words uint8
	value int8
	more  bool // a longer phrase begins with it
}

// longestPhrase is how many words a phrase has at most.
const longestPhrase = 6

// newPhraseBook reads lines "polarity phrase".
func newPhraseBook(s string) (*phraseBook, error) {
	lines := strings.Split(s, "\n")
	size := 1
	for size < 3*len(lines) {
		size *= 2
	}
	b := &phraseBook{slots: make([]phrase, size)}
	for n, line := range lines {
		f := strings.Fields(line)
		if len(f) == 0 || strings.HasPrefix(f[0], "#") {
			continue
		}
		v, err := strconv.Atoi(f[0])
		if err != nil || v < -3 || v > 3 || len(f) < 2 || len(f)-1 > longestPhrase {
			return nil, fmt.Errorf("phrases line %d: want a polarity and one to %d words", n+1, longestPhrase)
		}
		if strings.Contains(line, "*") {
			return nil, fmt.Errorf("phrases line %d: an asterisk, though stems have every ending", n+1)
		}
		b.add(f[1:], int8(v))
	}
	return b, nil
}

func (b *phraseBook) add(words []string, value int8) {
	h := uint32(saltPhrase)
	for i, w := range words {
		rs := folded(w)
		h = mix(h, hashRunes(rs[:stemLen(rs)]))
		if i == 0 {
			b.firsts.add(h)
		}
		p := &b.slots[b.slot(h)]
		p.hash = h
		switch {
		case i < len(words)-1:
			p.more = true
		case p.words == 0: // the first to name a phrase has it
			p.words, p.value = uint8(len(words)), value
		}
	}
}

func (b *phraseBook) slot(h uint32) int {
	mask := len(b.slots) - 1
	for i := int(h) & mask; ; i = (i + 1) & mask {
		if s := b.slots[i].hash; s == 0 || s == h {
			return i
		}
	}
}

// begins reports whether a phrase may begin with the stem.
func (b *phraseBook) begins(stem uint32) bool {
	return b.firsts.mayHave(mix(saltPhrase, stem))
}

// find returns the longest phrase that begins at the token i and how many
// tokens it takes, zero for none.
func (b *phraseBook) find(t *text, i int) (best phrase, tokens int) {
	h := uint32(saltPhrase)
	for k := i; k < len(t.tokens) && k < i+longestPhrase && t.tokens[k].isWord(); k++ {
		h = mix(h, t.tokens[k].stem)
		p := b.slots[b.slot(h)]
		if p.words > 0 {
			best, tokens = p, k-i+1
		}
		if !p.more {
			break
		}
	}
	return best, tokens
}
