package sentiment

import (
	"fmt"
	"slices"
	"strings"
)

// Topics lists the topics that every judge knows, in the order of its answers.
func Topics() []string {
	return []string{
		"delivery", "staff", "price", "quality", "app", "payment",
		"returns", "support", "cleanliness", "food", "security", "advertising",
	}
}

// topicBook is the list of the words of topics.
type topicBook struct {
	names []string
	words map[uint32][]topicWord // by the hash of the first word or its beginning
	sieve sieve                  // of these hashes
	slots []bookSlot             // words once more, quicker to ask: open addressing, half empty
	size  int                    // how many words it has
}

// bookSlot holds the words with one hash; none in an empty slot.
type bookSlot struct {
	hash  uint32
	words []topicWord
}

// topicWord is a word of a topic; then holds the words that must follow.
type topicWord struct {
	topic int
	id    int // its number in the book
	grade grade
	start bool // a beginning of a word is enough
	then  []pattern
}

// grade is how much a word of the book says.
type grade uint8

const (
	hint   grade = iota // goes along with the topic, and with others
	named               // names the topic, as the list has it; the model weighs it with the words around it
	demand              // the operator's own: names the topic whatever stands around it
)

// pattern is one word to compare with.
type pattern struct {
	hash   uint32
	prefix bool
	runes  int
}

// newTopicBook reads the lines of s and then the operator's own words.
func newTopicBook(s string, more map[string][]string) (*topicBook, error) {
	b := &topicBook{names: Topics(), words: map[uint32][]topicWord{}}
	for line := range strings.Lines(s) {
		f := strings.Fields(line)
		if len(f) == 0 || strings.HasPrefix(f[0], "#") {
			continue
		}
		g := named
		name, isHint := strings.CutPrefix(f[0], "~")
		if isHint {
			g = hint
		}
		if err := b.add(name, f[1:], g); err != nil {
			return nil, err
		}
	}
	own := make([]string, 0, len(more))
	for name := range more {
		own = append(own, name)
	}
	slices.Sort(own)
	for _, name := range own {
		if err := b.add(name, more[name], demand); err != nil {
			return nil, err
		}
	}
	b.index()
	return b, nil
}

// index fills the slots.
func (b *topicBook) index() {
	n := 2
	for n < 2*len(b.words) {
		n *= 2
	}
	b.slots = make([]bookSlot, n)
	for h, words := range b.words {
		*b.slot(h) = bookSlot{h, words}
	}
}

// slot returns the slot of the hash h, an empty one when the book has none.
func (b *topicBook) slot(h uint32) *bookSlot {
	mask := uint32(len(b.slots) - 1)
	i := h & mask
	for b.slots[i].words != nil && b.slots[i].hash != h {
		i = (i + 1) & mask
	}
	return &b.slots[i]
}

func (b *topicBook) add(name string, list []string, g grade) error {
	if name == "" || len(list) == 0 {
		return fmt.Errorf("topic %q has no words", name)
	}
	at := slices.Index(b.names, name)
	if at < 0 {
		at = len(b.names)
		b.names = append(b.names, name)
	}
	for _, w := range list {
		parts := strings.FieldsFunc(w, func(r rune) bool { return r == '_' || r == ' ' })
		if len(parts) == 0 || parts[0] == "*" {
			return fmt.Errorf("topic %q: %q is no word", name, w)
		}
		var ps []pattern
		for _, p := range parts {
			bare, isPrefix := strings.CutSuffix(p, "*")
			rs := folded(bare)
			ps = append(ps, pattern{hashRunes(rs), isPrefix, len(rs)})
		}
		b.sieve.add(ps[0].hash)
		b.words[ps[0].hash] = append(b.words[ps[0].hash], topicWord{at, b.size, g, ps[0].prefix, ps[1:]})
		b.size++
	}
	return nil
}

// match calls yield with every word of the book that stands at token i.
func (b *topicBook) match(t *text, i int, yield func(w *topicWord)) {
	tok := &t.tokens[i]
	last := int(tok.to-tok.from) - 1
	for k, h := range t.sums[tok.from:tok.to] { // of the beginnings of the word
		if !b.sieve.mayHave(h) {
			continue
		}
		words := b.slot(h).words
		for j := range words {
			w := &words[j]
			if (k == last || w.start && k > 0) && w.follows(t, i) {
				yield(w)
			}
		}
	}
}

// follows reports whether the rest of the phrase stands after token i.
func (w *topicWord) follows(t *text, i int) bool {
	for _, p := range w.then {
		i++
		if i >= len(t.tokens) || t.tokens[i].kind != word {
			return false
		}
		tok := &t.tokens[i]
		n := int(tok.to - tok.from)
		if n < p.runes || !p.prefix && n != p.runes {
			return false
		}
		if hashRunes(t.runes[tok.from:int(tok.from)+p.runes]) != p.hash {
			return false
		}
	}
	return true
}
