package dedup

import (
	"encoding/binary"
	"slices"

	"otklik/mention"
)

// The figures of a sketch. They are chosen on testdata/pairs.tsv; changing
// one makes stored sketches incomparable, so sketchVersion changes with it.
const (
	sketchVersion = 1
	// maxMins is how many features a sketch keeps: the smallest hashes, which
	// are the same sample for two texts that share them.
	maxMins = 160
	// bandCount is how many keys each of the whole text and its beginning
	// gives for looking up candidates.
	bandCount = 8
	// headWords is the beginning of a text: what a teaser surely shows.
	headWords = 20
	// pairBit is set in the hash of a pair of words and clear in that of a
	// word. Only pairs are looked up by: half the complaints about a courier
	// share the courier.
	pairBit = 1
	// maxNumbers bounds the numbers kept of a text.
	maxNumbers = 8
)

// The rules of Similar.
const (
	// leastShared is how many features copies must share. Fewer are a phrase.
	leastShared = 8
	// likeWhole is the share of common features, of all features of both
	// texts, that makes copies.
	likeWhole = 0.42
	// likePart is the share of the shorter text's features found in the
	// longer that makes a teaser, or a text with something added, a copy.
	likePart = 0.62
)

// Sketch is what is kept of a text to recognise its copies: hashes of its
// rarer words and of pairs of words, not the words. Sketches of different
// brands are never similar. The zero Sketch, also that of a text without
// anything rare, has no bands and is similar to nothing.
type Sketch struct {
	brand   uint32
	size    uint32   // distinct features of the text
	mins    []uint32 // the smallest feature hashes, ascending
	heads   []uint32 // the smallest hashes of pairs in the beginning, ascending
	numbers []uint32 // hashes of the longer numbers, ascending
}

// NewSketch returns the sketch of m's words: text, pros and cons. The title
// is left out, because sites make titles of their own.
func NewSketch(m mention.Mention) Sketch {
	var all, heads, numbers []uint32
	for _, field := range [...]string{m.Text, m.Pros, m.Cons} {
		words := foldText(field)
		all = appendFeatures(all, words)
		heads = appendFeatures(heads, words[:min(len(words), headWords)])
		numbers = appendNumbers(numbers, words)
	}
	all, heads, numbers = distinct(all), distinct(heads), distinct(numbers)
	if len(all) < leastShared {
		return Sketch{}
	}
	return Sketch{
		brand:   mix(hashBytes([]byte(m.Brand))),
		size:    uint32(len(all)),
		mins:    slices.Clone(all[:min(len(all), maxMins)]),
		heads:   pairs(heads),
		numbers: slices.Clone(numbers[:min(len(numbers), maxNumbers)]),
	}
}

// appendFeatures appends the hashes of the rare words and of the neighbouring
// pairs with a rare word in them.
func appendFeatures(features []uint32, words []foldedWord) []uint32 {
	var before foldedWord
	for i, w := range words {
		if w.kind == rare {
			features = append(features, mix(w.hash)&^pairBit)
		}
		if i > 0 && (w.kind == rare || before.kind == rare) {
			features = append(features, mix(before.hash*31+w.hash)|pairBit)
		}
		before = w
	}
	return features
}

// appendNumbers appends the numbers, which tell complaints of one wording apart.
func appendNumbers(numbers []uint32, words []foldedWord) []uint32 {
	for _, w := range words {
		if w.isNumber {
			numbers = append(numbers, mix(w.hash))
		}
	}
	return numbers
}

func distinct(h []uint32) []uint32 {
	slices.Sort(h)
	return slices.Compact(h)
}

// pairs returns the first of features that are pairs of words.
func pairs(features []uint32) []uint32 {
	out := make([]uint32, 0, 2*bandCount)
	for _, f := range features {
		if f&pairBit != 0 && len(out) < bandCount {
			out = append(out, f)
		}
	}
	return out
}

// Bands returns the keys under which the sketch is filed and looked up: two
// texts of which one is a copy share at least one, nearly always several. There
// are at most 16, and none for a text that cannot have copies.
func (s Sketch) Bands() []uint64 {
	bands := distinct(append(pairs(s.mins), s.heads...))
	keys := make([]uint64, len(bands))
	for i, b := range bands {
		keys[i] = uint64(s.brand)<<32 | uint64(b)
	}
	return keys
}

// Similar returns how much two texts have in common, from 0 to 1, and whether
// one is a copy of the other. It is symmetric and decides by the sketches alone.
func Similar(a, b Sketch) (float64, bool) {
	if a.brand != b.brand || len(a.mins) == 0 || len(b.mins) == 0 || contradict(a.numbers, b.numbers) {
		return 0, false
	}
	// Both samples are complete up to the smaller of their last hashes.
	limit := min(a.reach(), b.reach())
	inA, inB, shared := overlap(a.mins, b.mins, limit)
	if inA == 0 || inB == 0 {
		return 0, false
	}
	part := float64(shared) / float64(min(inA, inB))
	whole := float64(shared) / float64(inA+inB-shared)
	// The samples may hold a part of what is shared only.
	all := part * float64(min(a.size, b.size))
	return part, all >= leastShared && shared >= leastShared/2 && (whole >= likeWhole || part >= likePart)
}

// reach returns the hash up to which the sketch keeps all features.
func (s Sketch) reach() uint32 {
	if int(s.size) > len(s.mins) {
		return s.mins[len(s.mins)-1]
	}
	return ^uint32(0)
}

// overlap counts the hashes up to limit in a, in b and in both.
func overlap(a, b []uint32, limit uint32) (inA, inB, shared int) {
	for inA < len(a) && a[inA] <= limit {
		inA++
	}
	for inB < len(b) && b[inB] <= limit {
		inB++
	}
	for i, j := 0, 0; i < inA && j < inB; {
		switch {
		case a[i] == b[j]:
			shared, i, j = shared+1, i+1, j+1
		case a[i] < b[j]:
			i++
		default:
			j++
		}
	}
	return inA, inB, shared
}

// contradict reports whether both texts name numbers and none is the same.
func contradict(a, b []uint32) bool {
	if len(a) == 0 || len(b) == 0 {
		return false
	}
	_, _, shared := overlap(a, b, ^uint32(0))
	return shared == 0
}

// Bytes returns the sketch for storing: at most 750 bytes, usually 200. The
// zero Sketch is empty.
func (s Sketch) Bytes() []byte {
	if len(s.mins) == 0 {
		return nil
	}
	b := []byte{sketchVersion, byte(len(s.mins)), byte(len(s.heads)), byte(len(s.numbers))}
	b = binary.BigEndian.AppendUint32(b, s.brand)
	b = binary.BigEndian.AppendUint32(b, s.size)
	for _, part := range [...][]uint32{s.mins, s.heads, s.numbers} {
		for _, h := range part {
			b = binary.BigEndian.AppendUint32(b, h)
		}
	}
	return b
}

// SketchOf returns the sketch that Bytes made b of. What is no sketch, or one
// of another version, is the zero Sketch: it has no copies.
func SketchOf(b []byte) Sketch {
	const head = 12
	if len(b) < head || b[0] != sketchVersion || len(b) != head+4*(int(b[1])+int(b[2])+int(b[3])) {
		return Sketch{}
	}
	s := Sketch{brand: binary.BigEndian.Uint32(b[4:]), size: binary.BigEndian.Uint32(b[8:])}
	at := head
	for i, part := range [...]*[]uint32{&s.mins, &s.heads, &s.numbers} {
		*part = make([]uint32, b[i+1])
		for j := range *part {
			(*part)[j] = binary.BigEndian.Uint32(b[at:])
			at += 4
		}
	}
	return s
}
