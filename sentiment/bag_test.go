package sentiment

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestBag_counts counts hashes that fight for slots, one by one and a word's at
// once, and compares with a plain map.
func TestBag_counts(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	var b bag
	b.reset(10) // it has to grow
	count, order := map[uint32]uint16{}, []uint32(nil)
	seen := func(h uint32) {
		if count[h] == 0 {
			order = append(order, h)
		}
		count[h]++
	}
	var hits []uint32
	for range 400 {
		some := make([]uint32, dice.IntN(20))
		for i := range some {
			// Few low bits, which choose the slot, and few upper ones, which a slot keeps.
			some[i] = dice.Uint32N(50) | dice.Uint32N(3)<<18 | dice.Uint32N(2)<<31
			seen(some[i])
		}
		b.countAll(some)
		h := dice.Uint32N(50) | dice.Uint32N(3)<<18
		seen(h)
		b.add(h, 0, 0, words)
		hits = append(append(hits, some...), h)
	}
	if len(b.features) != len(order) {
		t.Fatalf("%d features, want %d", len(b.features), len(order))
	}
	for i, f := range b.features {
		if f.hash != order[i] || f.count != count[f.hash] {
			t.Errorf("feature %d: %#x %d times, want %#x %d times", i, f.hash, f.count, order[i], count[order[i]])
		}
	}
	for i, f := range b.of {
		if b.features[f].hash != hits[i] {
			t.Errorf("hit %d: %#x, want %#x", i, b.features[f].hash, hits[i])
		}
	}
	for _, i := range b.wide {
		if b.features[i].group != words {
			t.Errorf("feature %d is wide and in group %d", i, b.features[i].group)
		}
	}
}

// TestText_plainWord reads the words that are read the short way once more the
// long way, in every text of our own.
func TestText_plainWord(t *testing.T) {
	var d, again text
	plain := 0
	for _, name := range []string{"own/topics.tsv", "own/about.tsv"} {
		own, err := embeddedText(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(own) {
			d.scan(line)
			for _, tok := range d.tokens {
				again.scan(line)
				again.tokens = again.tokens[:0]
				if end := again.plainWord(int(tok.from)); tok.kind != word || end == int(tok.from) {
					continue
				}
				plain++
				short := slices.Clone(again.tokens)
				again.tokens = again.tokens[:0]
				if again.oddWord(int(tok.from)); again.tokens[0] != short[0] {
					t.Fatalf("%q: the short way %+v, the long way %+v", line[tok.start:tok.end], short[0], again.tokens[0])
				}
			}
		}
	}
	if plain < 1000 {
		t.Errorf("only %d words were plain", plain)
	}
}
