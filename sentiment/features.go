package sentiment

import "math"

// group is a family of features, each scaled to its own length so that none
// drowns the others.
type group uint8

const (
	words  group = iota // words, stems, pairs
	chars               // pieces of words
	moods               // opinion words as the lexicon has them, without the words
	traits              // what the text looks like as a whole
	groups
)

// Salts keep the kinds of features apart in the one table.
const (
	saltWord  = 0x9e3779b1
	saltStem  = 0x85ebca77
	saltPair  = 0xc2b2ae3d
	saltPart  = 0x27d4eb2f
	saltChar  = 0x165667b1
	saltTrait = 0xd3a2646c
	saltSkip  = 0x7feb352d
	saltMood  = 0x1b873593
	saltLoud  = 0xe6546b64

	saltPhrase = 0x38b34ae5

	underNot = 0xbeef // makes of a stem the one under a negation
)

// feature is one distinct feature of a text with its weight.
type feature struct {
	hash  uint32
	row   row     // what the model knows of it, set by measure
	value float32 // its weight in this text, set by measure
	count uint16  // how often it occurs; fewer times than a text has characters
	group group
}

// fill lists every feature of the marked text, token by token.
func (b *bag) fill(t *text) {
	b.reset(len(t.runes))
	before, two := int32(-1), int32(-1) // the last tokens that were not stops
	for i := range t.tokens {
		tok := &t.tokens[i]
		if tok.kind == stop || tok.muted {
			continue
		}
		id := int32(i)
		b.add(final(tok.hash^saltWord), id, id, words)
		stem := tok.stem
		if tok.negated {
			stem = mix(stem, underNot)
		}
		b.add(final(stem^saltStem), id, id, words)
		if tok.bad {
			b.add(final(mix(stem, underNot)^saltStem), id, id, words)
		}
		if before >= 0 {
			b.add(final(mix(t.tokens[before].hash, tok.hash)^saltPair), before, id, words)
		}
		if two >= 0 {
			b.add(final(mix(t.tokens[two].hash, tok.hash)^saltSkip), two, id, words)
		}
		if tok.section != body {
			b.add(final(mix(tok.stem, uint32(tok.section))^saltPart), id, id, words)
		}
		if tok.caps || tok.long {
			b.add(final(tok.stem^saltLoud), id, id, words)
		}
		two, before = before, id
		if tok.kind == word {
			b.addPieces(t, &t.forms[tok.form], id)
		}
	}
	b.moods(t)
	b.traits(t)
}

// moods lists the opinion words by their polarity alone, and which follow
// which. What "not" before praise or a complaint after "but" means is learned
// in one trade and holds in all.
func (b *bag) moods(t *text) {
	var two, before uint32 // the moods before
	var atTwo, atBefore int32
	for i := range t.tokens {
		tok := &t.tokens[i]
		s := tok.mood()
		if s == 0 || tok.muted {
			continue
		}
		id := int32(i)
		b.add(final(s^saltMood), id, id, moods)
		if before != 0 {
			b.add(final(mix(before, s)^saltMood), atBefore, id, moods)
		}
		if two != 0 {
			b.add(final(mix(mix(two, before), s)^saltMood), atTwo, id, moods)
		}
		two, before, atTwo, atBefore = before, s, atBefore, id
	}
}

// mood returns what the token does to the mood of the text, zero for nothing.
func (tok *token) mood() uint32 {
	switch {
	case tok.kind == mark:
		return tok.hash
	case tok.role != plain:
		return 0x100 + uint32(tok.role)
	case tok.lex != 0 || tok.phrase > 0:
		s := uint32(0x200 + int(tok.lex))
		if tok.negated {
			s += 0x100
		}
		if tok.kind == emoji {
			s += 0x1000
		}
		if tok.section != body {
			s += uint32(tok.section) * 0x2000
		}
		return s
	}
	return 0
}

// traits lists what the text looks like as a whole.
func (b *bag) traits(t *text) {
	var s summary
	s.read(t)
	add := func(name, value int) {
		b.add(final(mix(uint32(name), uint32(value))^saltTrait), -1, -1, traits)
	}
	add(0, 0)
	add(1, bits(s.words))
	add(2, min(s.pos, 6))
	add(3, min(s.neg, 6))
	add(4, max(-8, min(8, s.sum)))
	add(5, min(2, s.pos)*3+min(2, s.neg))
	add(18, min(3, s.strongPos)*4+min(3, s.strongNeg))
	add(19, max(-4, min(4, s.tail)))
	if s.pos+s.neg > 0 {
		add(20, 8*min(4, bits(s.words))+5*s.pos/(s.pos+s.neg))
	}
	add(6, min(3, s.shouts))
	add(7, min(3, s.asks))
	if t.letters > 0 {
		add(8, 4*t.upper/t.letters)
	}
	add(21, min(4, s.loud))
	add(9, min(2, s.links))
	add(10, min(2, s.handles))
	add(11, s.last)
	add(12, s.first)
	add(13, min(3, s.turns))
	add(14, min(3, s.wishes))
	add(15, min(3, s.negations))
	if s.words > 0 {
		add(16, 20*s.pos/(s.words+4))
		add(17, 20*s.neg/(s.words+4))
	}
}

// summary holds figures about the whole text.
type summary struct {
	words, pos, neg, shouts, asks, links, handles int
	first, last                                   int // polarity of the first and the last opinion word
	turns, wishes, negations                      int
	sum, strongPos, strongNeg                     int
	loud                                          int // words in capitals or with dragged letters
	tail                                          int // sum of polarities since the last turn
}

func (s *summary) read(t *text) {
	for i := range t.tokens {
		tok := &t.tokens[i]
		if tok.muted {
			continue
		}
		switch tok.kind {
		case link:
			s.links++
		case handle:
			s.handles++
		case mark:
			switch t.runes[tok.from] {
			case '!':
				s.shouts++
			case '?':
				s.asks++
			}
		case word:
			s.words++
			if tok.caps || tok.long {
				s.loud++
			}
			s.word(tok)
		case number, emoji:
			s.word(tok)
		}
	}
}

func (s *summary) word(tok *token) {
	switch tok.role {
	case turner:
		s.turns++
		s.tail = 0
	case wisher:
		s.wishes++
	case negator:
		s.negations++
	}
	v := tok.polarity()
	if v == 0 {
		return
	}
	s.sum += v
	s.tail += v
	switch v {
	case 3:
		s.strongPos++
	case -3:
		s.strongNeg++
	}
	if v > 0 {
		s.pos++
		s.last = 1
	} else {
		s.neg++
		s.last = 2
	}
	if s.first == 0 {
		s.first = s.last
	}
}

// polarity is the word's opinion after negation: a denied praise is a
// complaint, a denied complaint says little.
func (tok *token) polarity() int {
	v := int(tok.lex)
	if !tok.negated {
		return v
	}
	if v > 0 {
		return -1
	}
	return 0
}

// bits returns the number of binary digits of n.
func bits(n int) int {
	b := 0
	for ; n > 0; n >>= 1 {
		b++
	}
	return b
}

// final spreads the bits of h over the whole word.
func final(h uint32) uint32 {
	h ^= h >> 16
	h *= 0x7feb352d
	h ^= h >> 15
	h *= 0x846ca68b
	return h ^ h>>16
}

// How much a group of features weighs beside the words.
const (
	charWeight  = 0.65
	moodWeight  = 0.3
	traitWeight = 0.3
)

// strength is the feature's weight before its group is scaled: 1 + log of its
// count, times its rarity.
func (f *feature) strength() float32 {
	switch {
	case f.group == traits:
		return 1
	case int(f.count) < len(countWeight):
		return float32(f.row.idf) / 16 * countWeight[f.count]
	}
	return float32(f.row.idf) / 16 * (1 + float32(math.Log(float64(f.count))))
}

// countWeight is 1 + the logarithm of small counts.
var countWeight = func() (out [64]float32) {
	for i := 1; i < len(out); i++ {
		out[i] = 1 + float32(math.Log(float64(i)))
	}
	return out
}()

// norms turns the groups' sums of squares into factors.
func norms(sq [groups]float32) [groups]float32 {
	var out [groups]float32
	for g, s := range sq {
		if s > 0 {
			out[g] = 1 / float32(math.Sqrt(float64(s)))
		}
	}
	out[moods] *= moodWeight
	out[chars] *= charWeight
	out[traits] = traitWeight
	return out
}
