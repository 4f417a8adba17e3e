package sentiment

import "slices"

// form is a word, number or emoji of a text, however often it stands there: what
// depends on its letters alone is worked out once.
type form struct {
	hash     uint32
	from, to int32 // where its runes stand first
	lex      int8  // polarity in the lexicon
	role     role
	begins   bool  // a phrase may begin with its stem
	at, end  int32 // the features of its pieces in the bag, set when they are counted
}

// findForms tells the words, numbers and emoji of the text which form they are.
func (t *text) findForms(lex *lexicon) {
	size := 64
	for size < 2*len(t.tokens) {
		size *= 2
	}
	t.slots = slices.Grow(t.slots[:0], size)[:size]
	clear(t.slots)
	t.forms = t.forms[:0]
	mask := uint32(size - 1)
	for i := range t.tokens {
		tok := &t.tokens[i]
		if !tok.isWord() && tok.kind != emoji {
			continue
		}
		w := t.runes[tok.from:tok.to]
		at := tok.hash & mask
		for t.slots[at] != 0 {
			f := &t.forms[t.slots[at]-1]
			if f.hash == tok.hash && slices.Equal(t.runes[f.from:f.to], w) {
				break
			}
			at = (at + 1) & mask
		}
		if t.slots[at] == 0 {
			e := lex.find(t.sums[tok.from:tok.to])
			t.forms = append(t.forms, form{
				hash: tok.hash, from: tok.from, to: tok.to, lex: e.value, role: e.role, begins: lex.phrases.begins(tok.stem),
			})
			t.slots[at] = uint32(len(t.forms))
		}
		tok.form = int32(t.slots[at]) - 1
	}
}
