package sentiment

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed topics.txt
var topicsText string

// Topics lists the topics that every judge knows, in the order of its answers.
func Topics() []string {
	return []string{
		"delivery", "staff", "price", "quality", "app", "payment",
		"returns", "support", "cleanliness", "food", "security", "advertising",
	}
}

// topicBook finds topics by their words.
type topicBook struct {
	names  []string
	starts map[uint32][]topicWord // by the hash of a beginning
	whole  map[uint32][]topicWord // by the hash of a whole word
	sieve  sieve                  // of both
}

// topicWord is a word of a topic; then holds the words that must follow.
type topicWord struct {
	topic int
	then  []pattern
}

// pattern is one word to compare with.
type pattern struct {
	hash   uint32
	prefix bool
	runes  int
}

// newTopicBook reads the lines of s and then the operator's own words.
func newTopicBook(s string, more map[string][]string) (*topicBook, error) {
	b := &topicBook{names: Topics(), starts: map[uint32][]topicWord{}, whole: map[uint32][]topicWord{}}
	for _, line := range strings.Split(s, "\n") {
		f := strings.Fields(line)
		if len(f) == 0 || strings.HasPrefix(f[0], "#") {
			continue
		}
		if err := b.add(f[0], f[1:]); err != nil {
			return nil, err
		}
	}
	own := make([]string, 0, len(more))
	for name := range more {
		own = append(own, name)
	}
	slices.Sort(own)
	for _, name := range own {
		if err := b.add(name, more[name]); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (b *topicBook) add(name string, list []string) error {
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
		table := b.whole
		if ps[0].prefix {
			table = b.starts
		}
		b.sieve.add(ps[0].hash)
		table[ps[0].hash] = append(table[ps[0].hash], topicWord{at, ps[1:]})
	}
	return nil
}

// mostTopicWords is how many words are given as the reasons of a topic.
const mostTopicWords = 3

// find returns the topics of the text in the order of the book, and for each
// the words that named it, as source has them.
func (b *topicBook) find(t *text, source func(tok *token) string) ([]string, map[string][]string) {
	var found map[string][]string
	for i := range t.tokens {
		tok := &t.tokens[i]
		if tok.kind != word {
			continue
		}
		b.match(t, i, func(topic int) {
			if found == nil {
				found = map[string][]string{}
			}
			name := b.names[topic]
			w := source(tok)
			if ws := found[name]; len(ws) < mostTopicWords && !slices.Contains(ws, w) {
				found[name] = append(ws, w)
			}
		})
	}
	topics := []string{}
	for _, name := range b.names {
		if len(found[name]) > 0 {
			topics = append(topics, name)
		}
	}
	return topics, found
}

// match calls yield with every topic that has a word at token i.
func (b *topicBook) match(t *text, i int, yield func(topic int)) {
	tok := &t.tokens[i]
	h := uint32(seed)
	for k, r := range t.runes[tok.from:tok.to] {
		h = mix(h, uint32(r))
		if k < 1 || !b.sieve.mayHave(h) {
			continue
		}
		for _, w := range b.starts[h] {
			if w.follows(t, i) {
				yield(w.topic)
			}
		}
	}
	if !b.sieve.mayHave(h) {
		return
	}
	for _, w := range b.whole[h] {
		if w.follows(t, i) {
			yield(w.topic)
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
