package sentiment

import (
	"fmt"
	"strconv"
	"strings"
)

// role is what a word does to the words after it.
type role uint8

const (
	plain    role = iota
	negator       // not, не, без
	booster       // very, очень
	softener      // slightly, немного
	turner        // but, но: what follows weighs more
	wisher        // should, бы, if: what is wished for is not there
	irony         // sarcasm, /s: the praise is meant as its opposite
)

// lexicon holds opinion words, by the hash of a whole word or of a beginning.
type lexicon struct {
	slots   []entry // open addressing, a power of two long
	starts  sieve   // of the beginnings
	wholes  sieve   // of the whole words
	phrases *phraseBook
	fillers map[uint32]bool // by the hash of the whole word
}

type entry struct {
	hash   uint32 // zero is an empty slot
	prefix bool
	value  int8
	role   role
}

// newLexicon reads lines "value word word* …", where value is a polarity from
// -3 to 3 or the name of a role; an asterisk stands for any ending.
func newLexicon(s string) (*lexicon, error) {
	roles := map[string]role{"negator": negator, "booster": booster, "softener": softener, "turner": turner, "wisher": wisher, "irony": irony}
	var all []entry
	for n, line := range strings.Split(s, "\n") {
		f := strings.Fields(line)
		if len(f) == 0 || strings.HasPrefix(f[0], "#") {
			continue
		}
		e := entry{role: roles[f[0]]}
		if e.role == plain {
			v, err := strconv.Atoi(f[0])
			if err != nil || v < -3 || v > 3 {
				return nil, fmt.Errorf("lexicon line %d: %q is neither a polarity nor a role", n+1, f[0])
			}
			e.value = int8(v)
		}
		for _, w := range f[1:] {
			bare, isPrefix := strings.CutSuffix(w, "*")
			e.hash, e.prefix = hashRunes(folded(bare)), isPrefix
			all = append(all, e)
		}
	}
	size := 1
	for size < 3*len(all) {
		size *= 2
	}
	l := &lexicon{slots: make([]entry, size), fillers: map[uint32]bool{}}
	for w := range strings.FieldsSeq(fillers) {
		l.fillers[hashRunes(folded(w))] = true
	}
	for _, e := range all {
		if e.prefix {
			l.starts.add(e.hash)
		} else {
			l.wholes.add(e.hash)
		}
		if i := l.slot(e.hash, e.prefix); l.slots[i].hash == 0 {
			l.slots[i] = e // the first to name a word has it
		}
	}
	phrases, err := embeddedText("phrases.txt")
	if err != nil {
		return nil, err
	}
	if l.phrases, err = newPhraseBook(phrases); err != nil {
		return nil, err
	}
	return l, nil
}

func (l *lexicon) slot(h uint32, prefix bool) int {
	mask := len(l.slots) - 1
	for i := int(h) & mask; ; i = (i + 1) & mask {
		if s := l.slots[i]; s.hash == 0 || s.hash == h && s.prefix == prefix {
			return i
		}
	}
}

// find returns the entry for a word, of which it takes the hashes of all its
// beginnings: the whole word first, then its longest beginning; the zero entry
// when there is none.
func (l *lexicon) find(sums []uint32) entry {
	whole := sums[len(sums)-1]
	if l.wholes.mayHave(whole) {
		if e := l.slots[l.slot(whole, false)]; e.hash != 0 {
			return e
		}
	}
	for i := len(sums) - 1; i > 0; i-- {
		if !l.starts.mayHave(sums[i]) {
			continue
		}
		if e := l.slots[l.slot(sums[i], true)]; e.hash != 0 {
			return e
		}
	}
	return entry{}
}

// sieve tells which hashes a table surely lacks. Most beginnings of words are
// none of a lexicon's, and eight kilobytes stay near the processor.
type sieve [1 << 10]uint64

func (s *sieve) add(h uint32) { s[h>>16%uint32(len(s))] |= 1 << (h % 64) }

func (s *sieve) mayHave(h uint32) bool { return s[h>>16%uint32(len(s))]>>(h%64)&1 != 0 }

// folded returns w as a scanned text would hold it.
func folded(w string) []rune {
	var out []rune
	for _, r := range w {
		if !isInvisible(r) {
			out = append(out, fold(r))
		}
	}
	return out
}
