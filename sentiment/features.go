package sentiment

import "math"

// group is a family of features, each scaled to its own length so that none
// drowns the others.
type group uint8

const (
	words  group = iota // words, stems, pairs
	chars               // pieces of words
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
)

// hit is one feature seen at one token; token is -1 for a trait.
type hit struct {
	hash  uint32
	token int32
	group group
}

// feature is one distinct feature of a text with its weight.
type feature struct {
	hash  uint32
	count float32
	group group
}

// hits lists every feature of the scanned text, token by token.
func (t *text) hits(out []hit) []hit {
	var prev uint32
	var prev2 uint32
	for i := range t.tokens {
		tok := &t.tokens[i]
		if tok.kind == stop {
			continue
		}
		id := int32(i)
		h := tok.hash
		out = append(out, hit{final(h ^ saltWord), id, words})
		stem := tok.stem
		if tok.negated {
			stem = mix(stem, 0xbeef)
		}
		out = append(out, hit{final(stem ^ saltStem), id, words})
		if prev != 0 {
			out = append(out, hit{final(mix(prev, h) ^ saltPair), id, words})
		}
		if prev2 != 0 {
			out = append(out, hit{final(mix(prev2, h) ^ saltSkip), id, words})
		}
		if tok.section != body {
			out = append(out, hit{final(mix(tok.stem, uint32(tok.section)) ^ saltPart), id, words})
		}
		prev2, prev = prev, h
		if tok.kind == word {
			out = t.pieces(out, tok, id)
		}
	}
	return t.traits(out)
}

// longestPiece is the length of the longest run of letters that is a feature.
const longestPiece = 5

// pieces lists the runs of two to five characters in a word with its borders.
func (t *text) pieces(out []hit, tok *token, id int32) []hit {
	w := t.runes[tok.from:tok.to]
	n := len(w)
	for i := -1; i < n; i++ {
		h := uint32(saltChar)
		for k := i; k <= n && k < i+longestPiece; k++ {
			r := rune('_')
			if k >= 0 && k < n {
				r = w[k]
			}
			h = mix(h, uint32(r))
			if k > i {
				out = append(out, hit{final(h), id, chars})
			}
		}
	}
	return out
}

// traits lists what the text looks like as a whole.
func (t *text) traits(out []hit) []hit {
	var s summary
	s.read(t)
	add := func(name, value int) {
		out = append(out, hit{final(mix(uint32(name), uint32(value)) ^ saltTrait), -1, traits})
	}
	add(0, 0)
	add(1, bits(s.words))
	add(2, min(s.pos, 6))
	add(3, min(s.neg, 6))
	d := s.pos - s.neg
	add(4, max(-6, min(6, d)))
	add(5, min(2, s.pos)*3+min(2, s.neg))
	add(6, min(3, s.shouts))
	add(7, min(3, s.asks))
	if t.letters > 0 {
		add(8, 4*t.upper/t.letters)
	}
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
	return out
}

// summary holds figures about the whole text.
type summary struct {
	words, pos, neg, shouts, asks, links, handles int
	first, last                                   int // polarity of the first and the last opinion word
	turns, wishes, negations                      int
}

func (s *summary) read(t *text) {
	for i := range t.tokens {
		tok := &t.tokens[i]
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
			s.word(tok)
		}
	}
}

func (s *summary) word(tok *token) {
	switch tok.role {
	case turner:
		s.turns++
	case wisher:
		s.wishes++
	case negator:
		s.negations++
	}
	v := tok.polarity()
	if v == 0 {
		return
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

// bag collects the distinct features of a text; it is reused.
type bag struct {
	slots    []uint32 // index into features plus one
	features []feature
	norm     [groups]float32
}

// fill counts hits into b and sets the groups' lengths.
func (b *bag) fill(hits []hit) {
	size := 64
	for size < 2*len(hits) {
		size *= 2
	}
	if cap(b.slots) < size {
		b.slots = make([]uint32, size)
	}
	b.slots = b.slots[:size]
	clear(b.slots)
	b.features = b.features[:0]
	mask := uint32(size - 1)
	for _, h := range hits {
		i := h.hash & mask
		for {
			s := b.slots[i]
			if s == 0 {
				b.features = append(b.features, feature{hash: h.hash, count: 1, group: h.group})
				b.slots[i] = uint32(len(b.features))
				break
			}
			if b.features[s-1].hash == h.hash {
				b.features[s-1].count++
				break
			}
			i = (i + 1) & mask
		}
	}
}

// traitWeight is the weight of one trait beside the two groups of length one.
const traitWeight = 0.3

// value is the feature's weight in its text before scaling.
func (f *feature) value(idf uint8) float32 {
	if f.group == traits {
		return 1
	}
	v := float32(idf) / 16
	if f.count > 1 {
		v *= 1 + float32(math.Log(float64(f.count)))
	}
	return v
}

// norms turns sums of squares into factors.
func norms(sq [groups]float32) [groups]float32 {
	var out [groups]float32
	for g, s := range sq {
		if s > 0 {
			out[g] = 1 / float32(math.Sqrt(float64(s)))
		}
	}
	out[traits] = traitWeight
	return out
}

func (p *probs) softmax() {
	top := max(p[0], p[1], p[2])
	var sum float32
	for k, v := range p {
		p[k] = float32(math.Exp(float64(v - top)))
		sum += p[k]
	}
	for k := range p {
		p[k] /= sum
	}
}
