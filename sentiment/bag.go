package sentiment

import "slices"

// bag collects the distinct features of a text, in the order in which they are
// met; it is reused. Sums are made in that order, so that the same text has the
// same verdict to the last bit.
type bag struct {
	slots    []uint32 // open addressing by the features' hashes, a power of two long
	features []feature
	wide     []int32 // the features that are no pieces of words
	hits     []hit
	of       []int32  // the features of the hits
	pieces   []uint32 // hashes of the word in hand

	says    [][3]float32 // by the wide ones, for each class, set by score
	touched uint8        // set by touch, so that it is not optimised away
}

// hit is a run of features, from at to end in the bag's list of them, that come
// from the same tokens, first and last; -1 for traits.
type hit struct{ first, last, at, end int32 }

// A slot holds the number of a feature, counted from one, and above it the
// upper bits of its hash; zero is an empty slot. A text of maxRunes has
// a quarter of the numbers.
const (
	numberBits = 20
	numberMask = 1<<numberBits - 1
)

// reset empties b for a text of so many characters.
func (b *bag) reset(runes int) {
	b.features, b.wide, b.hits, b.of = b.features[:0], b.wide[:0], b.hits[:0], b.of[:0]
	size := 256
	for size < 8*runes { // two or three features a character, in slots of which most are empty
		size *= 2
	}
	if cap(b.slots) < size {
		b.slots = make([]uint32, size)
		return
	}
	b.slots = b.slots[:size]
	clear(b.slots)
}

// room makes room for n more features in half-empty slots.
func (b *bag) room(n int) {
	if 2*(len(b.features)+n) <= len(b.slots) {
		return
	}
	size := 2 * len(b.slots)
	for size < 2*(len(b.features)+n) {
		size *= 2
	}
	b.slots = make([]uint32, size)
	for i := range b.features {
		at, _ := b.find(b.features[i].hash)
		b.slots[at] = b.features[i].hash&^numberMask | uint32(i+1)
	}
}

// find returns the slot of the feature with the hash h, or where it would be,
// and its number; zero for none.
func (b *bag) find(h uint32) (at, number uint32) {
	mask := uint32(len(b.slots) - 1)
	for at = h & mask; ; at = (at + 1) & mask {
		s := b.slots[at]
		if s == 0 || (s^h)>>numberBits == 0 && b.features[s&numberMask-1].hash == h {
			return at, s & numberMask
		}
	}
}

// add counts a feature of the tokens first and last that is no piece of a word.
func (b *bag) add(h uint32, first, last int32, g group) {
	b.room(1)
	at, number := b.find(h)
	if number > 0 {
		b.features[number-1].count++
	} else {
		b.wide = append(b.wide, int32(len(b.features)))
		b.features = append(b.features, feature{})
		number = uint32(len(b.features))
		f := &b.features[number-1] // field by field: a copy of all would wait for its parts
		f.hash, f.count, f.group = h, 1, g
		b.slots[at] = h&^numberMask | number
	}
	b.hits = append(b.hits, hit{first, last, int32(len(b.of)), int32(len(b.of) + 1)})
	b.of = append(b.of, int32(number-1))
}

// addPieces counts the pieces of the word, which is the token id.
func (b *bag) addPieces(t *text, w *form, id int32) {
	if w.end > w.at { // the text had it before
		for _, i := range b.of[w.at:w.end] {
			b.features[i].count++
		}
		b.hits = append(b.hits, hit{id, id, w.at, w.end})
		return
	}
	b.pieces = pieces(t.runes[w.from:w.to], b.pieces[:0])
	w.at = int32(len(b.of))
	b.countAll(b.pieces)
	w.end = int32(len(b.of))
	b.hits = append(b.hits, hit{id, id, w.at, w.end})
}

// countAll counts the pieces of a word and appends them to the list. Whether
// one is new is half a chance, and a processor that guesses wrong loses more time
// than the work takes: new ones and known ones go the same way, without a branch.
func (b *bag) countAll(pieces []uint32) {
	b.room(len(pieces))
	b.of = slices.Grow(b.of, len(pieces))
	b.features = slices.Grow(b.features, len(pieces)+1) // the last stays free
	slots, mask, n := b.slots, uint32(len(b.slots)-1), uint32(len(b.features))
	features := b.features[:cap(b.features)]
	of := b.of[len(b.of) : len(b.of)+len(pieces)]
	for k, h := range pieces {
		next := &features[n]
		next.hash, next.count, next.group = h, 0, chars
		at := h & mask
		s := slots[at]
		isNew := (s - 1) &^ s >> 31 // one or zero
		i := s&numberMask - 1 + (n+1)&-isNew
		for (s^h)>>numberBits&(isNew-1) != 0 || features[i].hash != h { // taken by another
			at = (at + 1) & mask
			s = slots[at]
			isNew = (s - 1) &^ s >> 31
			i = s&numberMask - 1 + (n+1)&-isNew
		}
		slots[at] = h&^numberMask | (i + 1)
		features[i].count++
		of[k] = int32(i)
		n += isNew
	}
	b.features, b.of = features[:n], b.of[:len(b.of)+len(pieces)]
}

// longestPiece is the length of the longest run of letters that is a feature.
const longestPiece = 5

// pieces appends to out the hashes of the runs of two to five characters in the
// word w with its borders.
func pieces(w []rune, out []uint32) []uint32 {
	n := len(w)
	out = slices.Grow(out, longestPiece*(n+1))
	for i := -1; i < n; i++ {
		r := rune('_')
		if i >= 0 {
			r = w[i]
		}
		h := mix(saltChar, uint32(r))
		end := min(i+longestPiece, n)
		for _, r := range w[i+1 : end] {
			h = mix(h, uint32(r))
			out = append(out, final(h))
		}
		if end == n && i+longestPiece > n {
			out = append(out, final(mix(h, '_')))
		}
	}
	return out
}
