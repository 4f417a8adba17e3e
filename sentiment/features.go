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
)

// hit is one feature seen once; first and last are the tokens it comes from,
// -1 for a trait.
type hit struct {
	hash        uint32
	first, last int32
	group       group
}

// feature is one distinct feature of a text with its weight.
type feature struct {
	hash  uint32
	count uint16 // how often it occurs
	group group
	row   row        // what the model knows of it, set by measure
	value float32    // its weight in this text
	says  [3]float32 // for each class, set by score
}

// features lists every feature of the scanned text, token by token.
func (t *text) features(out []hit) []hit {
	before, two := int32(-1), int32(-1) // the last tokens that were not stops
	for i := range t.tokens {
		tok := &t.tokens[i]
		if tok.kind == stop || tok.muted {
			continue
		}
		id := int32(i)
		out = append(out, hit{final(tok.hash ^ saltWord), id, id, words})
		stem := tok.stem
		if tok.negated {
			stem = mix(stem, 0xbeef)
		}
		out = append(out, hit{final(stem ^ saltStem), id, id, words})
		if before >= 0 {
			out = append(out, hit{final(mix(t.tokens[before].hash, tok.hash) ^ saltPair), before, id, words})
		}
		if two >= 0 {
			out = append(out, hit{final(mix(t.tokens[two].hash, tok.hash) ^ saltSkip), two, id, words})
		}
		if tok.section != body {
			out = append(out, hit{final(mix(tok.stem, uint32(tok.section)) ^ saltPart), id, id, words})
		}
		if tok.caps || tok.long {
			out = append(out, hit{final(tok.stem ^ saltLoud), id, id, words})
		}
		two, before = before, id
		if tok.kind == word {
			out = t.pieces(out, tok, id)
		}
	}
	return t.traits(t.moods(out))
}

// moods lists the opinion words by their polarity alone, and which follow
// which. What "not" before praise or a complaint after "but" means is learned
// in one trade and holds in all.
func (t *text) moods(out []hit) []hit {
	var a, b uint32 // the two moods before
	var atA, atB int32
	for i := range t.tokens {
		tok := &t.tokens[i]
		s := tok.mood()
		if s == 0 || tok.muted {
			continue
		}
		id := int32(i)
		out = append(out, hit{final(s ^ saltMood), id, id, moods})
		if b != 0 {
			out = append(out, hit{final(mix(b, s) ^ saltMood), atB, id, moods})
		}
		if a != 0 {
			out = append(out, hit{final(mix(mix(a, b), s) ^ saltMood), atA, id, moods})
		}
		a, b, atA, atB = b, s, atB, id
	}
	return out
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
				out = append(out, hit{final(h), id, id, chars})
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
		out = append(out, hit{final(mix(uint32(name), uint32(value)) ^ saltTrait), -1, -1, traits})
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
	return out
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
		case emoji:
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

// bag collects the distinct features of a text; it is reused.
type bag struct {
	slots    []uint32 // index into features plus one
	features []feature
	wide     []int32 // the features that are no pieces of words
	of       []int32 // the feature of each hit
	gates    []uint8 // what the gate knows of the wide ones, set by gates
	experts  []uint8 // what the experts say of them, set by gates
}

// fill counts hits into b.
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
	b.features, b.wide, b.of = b.features[:0], b.wide[:0], b.of[:0]
	mask := uint32(size - 1)
	for _, h := range hits {
		i := h.hash & mask
		for {
			s := b.slots[i]
			if s == 0 {
				n := len(b.features)
				b.features = append(b.features, feature{hash: h.hash, count: 1, group: h.group})
				b.slots[i] = uint32(n + 1)
				b.of = append(b.of, int32(n))
				if h.group != chars {
					b.wide = append(b.wide, int32(n))
				}
				break
			}
			if b.features[s-1].hash == h.hash {
				if f := &b.features[s-1]; f.count < math.MaxUint16 {
					f.count++
				}
				b.of = append(b.of, int32(s-1))
				break
			}
			i = (i + 1) & mask
		}
	}
}

// How much a group of features weighs beside the words.
const (
	charWeight  = 0.65
	moodWeight  = 0.3
	traitWeight = 0.3
)

// strength is the feature's weight before its group is scaled: 1 + log of its
// count, times its rarity.
func (f *feature) strength(idf uint8) float32 {
	if f.group == traits {
		return 1
	}
	if int(f.count) < len(countWeight) {
		return float32(idf) / 16 * countWeight[f.count]
	}
	return f.strengthOfMany(idf)
}

// strengthOfMany is strength for counts that countWeight does not hold.
func (f *feature) strengthOfMany(idf uint8) float32 {
	return float32(idf) / 16 * (1 + float32(math.Log(float64(f.count))))
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
