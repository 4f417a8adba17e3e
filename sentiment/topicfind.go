package sentiment

import (
	"cmp"
	"fmt"
	mathbits "math/bits"
	"slices"
)

// topicFinder tells what texts are about: the book's words and the model's
// weights are added up over each stretch of a text, and a topic is named when
// its sum reaches what it needs and a word of the book is among them. An
// operator's own words name theirs alone.
type topicFinder struct {
	book  *topicBook
	model *TopicModel
}

// newTopicFinder returns the finder that cfg asks for.
func newTopicFinder(cfg Config) (*topicFinder, error) {
	model, err := cfg.topicModel()
	if err != nil {
		return nil, fmt.Errorf("topics: %w", err)
	}
	return model.finder(cfg.Topics)
}

// finder returns a finder with the model's book and the operator's own words.
func (m *TopicModel) finder(own map[string][]string) (*topicFinder, error) {
	book, err := newTopicBook(m.words, own)
	if err != nil {
		return nil, err
	}
	return &topicFinder{book, m}, nil
}

func (c *Config) topicModel() (*TopicModel, error) {
	if c.TopicModel != "" {
		return LoadTopics(c.TopicModel)
	}
	return DefaultTopics()
}

// A stretch ends with the sentence in which it grows to shortStretch words, or
// at longStretch at the latest: the weights were learned on texts of that
// length, and a sum over a whole page would name every topic.
const (
	shortStretch = 24
	longStretch  = 64
)

// mostTopicWords is how many words are given as the reasons of a topic.
const mostTopicWords = 3

// stretch is the part of a text that is being read.
type stretch struct {
	sum   lanes
	words [longStretch]stretchWord
	n     int
	named [knownTopics]uint8 // words of the book so far, by topic
	hints [knownTopics]uint8
}

// stretchWord is what one word said of the topics.
type stretchWord struct {
	token        int32
	slot         uint32 // in the model's table
	named, hints uint16 // a bit for each topic of which the book has it
}

// topicWords are the reasons found so far, by the topic's place in the book.
type topicWords map[int][]string

// open says that topic k was found, though no word of its own be given.
func (w topicWords) open(k int) {
	if _, ok := w[k]; !ok {
		w[k] = []string{}
	}
}

// add gives word as a reason of topic k, once, while there is room.
func (w topicWords) add(k int, word string) {
	w.open(k)
	if word != "" && len(w[k]) < mostTopicWords && !slices.Contains(w[k], word) {
		w[k] = append(w[k], word)
	}
}

// find returns the topics of the text in the order of the book, and for each
// the words that named it, as source has them.
func (f *topicFinder) find(t *text, source func(tok *token) string) ([]string, map[string][]string) {
	found := topicWords{}
	var p stretch
	for i := range t.tokens {
		tok := &t.tokens[i]
		if tok.kind == word {
			f.read(t, i, &p, found, source)
		}
		if p.n == longStretch || p.n >= shortStretch && t.endsSentence(tok) {
			f.decide(t, &p, found, source)
			p = stretch{}
		}
	}
	f.decide(t, &p, found, source)
	topics := []string{}
	var reasons map[string][]string
	for k, name := range f.book.names {
		words, ok := found[k]
		if !ok {
			continue
		}
		if reasons == nil {
			reasons = map[string][]string{}
		}
		topics = append(topics, name)
		reasons[name] = words
	}
	return topics, reasons
}

// endsSentence reports whether tok is a mark after which a sentence begins.
func (t *text) endsSentence(tok *token) bool {
	if tok.kind != stop && tok.kind != mark {
		return false
	}
	switch t.runes[tok.from] {
	case '.', '!', '?', '…', '\n':
		return true
	}
	return false
}

// read adds what the word at token i says to the stretch.
func (f *topicFinder) read(t *text, i int, p *stretch, found topicWords, source func(tok *token) string) {
	tok := &t.tokens[i]
	w := stretchWord{token: int32(i), slot: f.model.slot(tok.stem)}
	f.book.match(t, i, func(tw *topicWord) {
		switch {
		case tw.grade == demand:
			found.add(tw.topic, source(tok))
		case tw.grade == named:
			w.named |= 1 << tw.topic
		default:
			w.hints |= 1 << tw.topic
		}
	})
	w.hints &^= w.named
	for m := w.named; m != 0; m &= m - 1 {
		k := mathbits.TrailingZeros16(m)
		if n := p.named[k]; n < mostNamed {
			p.sum.add(&f.model.namedSums[k][n])
			p.named[k]++
		}
	}
	for m := w.hints; m != 0; m &= m - 1 {
		k := mathbits.TrailingZeros16(m)
		if n := p.hints[k]; n < mostHints {
			p.sum.add(&f.model.hintSums[k][n])
			p.hints[k]++
		}
	}
	p.sum.add(&f.model.table[w.slot].sum)
	p.words[p.n] = w
	p.n++
}

// decide adds the topics of the stretch, and their words, to found.
func (f *topicFinder) decide(t *text, p *stretch, found topicWords, source func(tok *token) string) {
	for k, sum := range p.sum.sums() {
		if sum >= f.model.need[k] && p.named[k]+p.hints[k] > 0 { // words that only go along add up in any long text
			f.explain(t, p, k, found, source)
		}
	}
}

// voice is a word of a stretch and what it says of a topic.
type voice struct{ at, weight int }

// explain adds the words of the stretch that spoke most for topic k, in the
// order of the text. A word counts by its own weight and by what the book's
// first word or hint of the topic weighs.
func (f *topicFinder) explain(t *text, p *stretch, k int, found topicWords, source func(tok *token) string) {
	found.open(k)
	if len(found[k]) == mostTopicWords {
		return
	}
	var best [mostTopicWords]voice // the strongest first
	bit, name, hinted := uint16(1)<<k, int(f.model.named[k][0][k]), int(f.model.hints[k][0][k])
	for i := range p.words[:p.n] {
		w := &p.words[i]
		v := voice{i, int(f.model.table[w.slot].row[k])}
		switch {
		case w.named&bit != 0:
			v.weight += name
		case w.hints&bit != 0:
			v.weight += hinted
		}
		for n := range best {
			if v.weight > best[n].weight {
				v, best[n] = best[n], v
			}
		}
	}
	least := best[0].weight / 3 // a word that says less is no reason
	slices.SortFunc(best[:], func(a, b voice) int { return cmp.Compare(a.at, b.at) })
	for _, v := range best {
		if v.weight > 0 && v.weight >= least {
			found.add(k, source(&t.tokens[p.words[v.at].token]))
		}
	}
}
