package sentiment

import "slices"

// A text can name several things: "A отличный, а Б ужас". What it says of the
// others must not be held against the brand, so before such a text is judged
// the clauses that speak of others are muted:
//
//   - The text is cut into clauses at full stops, semicolons, commas and at
//     words of contrast (а, но, зато, but, while, unlike).
//   - A clause with one of the brand's words belongs to the brand; a clause
//     with another name, or with a word for the others ("конкуренты",
//     "rivals"), to the others; any other clause to whom the clause before it
//     belongs, or to the brand when it is the first.
//   - A name is a word with a capital that the training texts never had in
//     small letters; so the first word of a sentence is not taken for one.
//   - A comparison of the two in one clause is turned so that it speaks of the
//     brand: "Б лучше, чем А" is a complaint about А.
//
// A text without the brand's words, or without another name, is judged whole.

// owner says of whom a clause speaks.
type owner uint8

const (
	nobody owner = iota
	brand
	others
)

// clause is a run of tokens.
type clause struct {
	first, end int // tokens [first, end)
	owner      owner
}

// target mutes the tokens that speak of others and returns what a comparison
// says of the brand: 1 for better than others, -1 for worse, 0 for neither.
// Muted reports whether anything was muted.
func (t *text) target(names *nameSet, known vocabulary) (comparison int, muted bool) {
	if names.empty() || !t.anyBrand(names) {
		return 0, false
	}
	clauses := t.clauses()
	t.own(clauses, names, known)
	comparison = t.compare(names, known)
	if !t.opines(clauses) {
		return comparison, false
	}
	for _, c := range clauses {
		if c.owner != others {
			continue
		}
		muted = true
		for i := c.first; i < c.end; i++ {
			t.tokens[i].muted = true
		}
	}
	return comparison, muted
}

// opines reports whether a clause of the brand has an opinion word. When none
// has, the opinion of the rest may well be about the brand after all, and a
// complaint must not be lost with it.
func (t *text) opines(clauses []clause) bool {
	for _, c := range clauses {
		for i := c.first; c.owner == brand && i < c.end; i++ {
			if t.tokens[i].polarity() != 0 {
				return true
			}
		}
	}
	return false
}

// anyBrand reports whether the text names the brand.
func (t *text) anyBrand(names *nameSet) bool {
	for i := range t.tokens {
		if names.has(t, i) {
			return true
		}
	}
	return false
}

// clauses cuts the tokens.
func (t *text) clauses() []clause {
	var out []clause
	first := 0
	cut := func(end, next int) {
		if end > first {
			out = append(out, clause{first: first, end: end})
		}
		first = next
	}
	for i := range t.tokens {
		tok := &t.tokens[i]
		switch {
		case tok.kind == stop:
			cut(i, i+1)
		case tok.kind == mark:
			cut(i+1, i+1)
		case tok.kind == word && t.contrasts(tok):
			cut(i, i)
		}
	}
	cut(len(t.tokens), 0)
	return out
}

// contrasts reports whether the word sets what follows against what came.
func (t *text) contrasts(tok *token) bool {
	switch string(t.runes[tok.from:tok.to]) {
	case "а", "но", "зато", "однако", "тогда", "отличие", "but", "while", "whereas", "unlike", "however", "though", "although":
		return true
	}
	return false
}

// own decides of whom each clause speaks.
func (t *text) own(clauses []clause, names *nameSet, known vocabulary) {
	last := brand
	for k := range clauses {
		c := &clauses[k]
		mine, theirs := false, false
		for i := c.first; i < c.end; i++ {
			switch {
			case names.has(t, i):
				mine = true
			case t.isOther(i, known):
				theirs = true
			}
		}
		switch {
		case mine:
			c.owner = brand
		case theirs:
			c.owner = others
		default:
			c.owner = last
		}
		last = c.owner
	}
}

// isOther reports whether the token names something else than the brand.
func (t *text) isOther(i int, known vocabulary) bool {
	tok := &t.tokens[i]
	if tok.kind != word {
		return tok.kind == handle
	}
	w := t.runes[tok.from:tok.to]
	switch {
	case isOtherWord(w):
		return true
	case tok.lex != 0 || tok.role != plain || len(w) < 3 || t.upper*3 > t.letters:
		return false
	}
	return t.ups[tok.from+1] > t.ups[tok.from] && !known.has(tok.stem)
}

// isOtherWord reports whether w stands for whoever is not the brand.
func isOtherWord(w []rune) bool {
	switch string(w) {
	case "конкурент", "конкуренты", "конкурентов", "конкурента", "конкурентам", "соседи", "соседей", "остальные", "остальных",
		"competitor", "competitors", "rivals", "rival", "others":
		return true
	}
	return false
}

// compare finds "X лучше Y" and the like and returns what it says of the brand.
func (t *text) compare(names *nameSet, known vocabulary) int {
	for i := range t.tokens {
		v := t.comparative(i)
		if v == 0 {
			continue
		}
		before, after := t.sides(i, names, known)
		if t.tokens[i].negated {
			v = -v
		}
		switch {
		case before == brand && after == others:
			return v
		case before == others && after == brand:
			return -v
		}
	}
	return 0
}

// comparative returns 1 for a word like "better", -1 for one like "worse".
func (t *text) comparative(i int) int {
	tok := &t.tokens[i]
	if tok.kind != word {
		return 0
	}
	switch string(t.runes[tok.from:tok.to]) {
	case "лучше", "быстрее", "удобнее", "дешевле", "надежнее", "вежливее", "вкуснее", "чище", "качественнее", "приятнее",
		"better", "faster", "cheaper", "cleaner", "nicer", "friendlier", "superior", "beats", "outperforms":
		return 1
	case "хуже", "медленнее", "дороже", "грязнее", "отстает", "проигрывает", "worse", "slower", "pricier", "inferior", "dirtier":
		return -1
	}
	return 0
}

// reach is how many words on each side of a comparative its sides stand in.
const reach = 6

// sides returns of whom the words before and after the comparative i speak.
func (t *text) sides(i int, names *nameSet, known vocabulary) (before, after owner) {
	for j := i - 1; j >= 0 && j >= i-reach && before == nobody && t.tokens[j].kind != mark; j-- {
		before = t.who(j, names, known)
	}
	for j := i + 1; j < len(t.tokens) && j <= i+reach && after == nobody && t.tokens[j].kind != mark; j++ {
		after = t.who(j, names, known)
	}
	return before, after
}

func (t *text) who(j int, names *nameSet, known vocabulary) owner {
	switch {
	case names.has(t, j):
		return brand
	case t.isOther(j, known):
		return others
	}
	return nobody
}

// nameSet holds the brand's words.
type nameSet struct{ words []name }

// name is one word of a brand.
type name struct {
	stem  uint32
	runes []rune
}

// newNameSet takes the brand's words; of a name with several words each long
// one counts.
func newNameSet(about []string, d *text) *nameSet {
	n := &nameSet{}
	for _, s := range about {
		d.scan(s)
		for i := range d.tokens {
			tok := &d.tokens[i]
			if tok.kind != word || tok.to-tok.from < 2 || isGeneric(d.runes[tok.from:tok.to]) {
				continue
			}
			n.words = append(n.words, name{tok.stem, slices.Clone(d.runes[tok.from:tok.to])})
		}
	}
	return n
}

// isGeneric reports whether w is a part of many names and names nobody alone.
func isGeneric(w []rune) bool {
	switch string(w) {
	case "банк", "магазин", "кафе", "ресторан", "отель", "сервис", "такси", "компания", "ооо", "ао",
		"bank", "shop", "store", "cafe", "hotel", "restaurant", "inc", "ltd", "company", "the":
		return true
	}
	return false
}

func (n *nameSet) empty() bool { return len(n.words) == 0 }

// has reports whether the token i is one of the brand's words.
func (n *nameSet) has(t *text, i int) bool {
	tok := &t.tokens[i]
	if tok.kind != word {
		return false
	}
	for _, w := range n.words {
		if tok.stem == w.stem || w.inflected(t.runes[tok.from:tok.to]) {
			return true
		}
	}
	return false
}

// inflected reports whether other is w in another case: Russian words of some
// length may lose a vowel before the ending (Василёк, Василька).
func (w name) inflected(other []rune) bool {
	n := len(w.runes) - 2
	if n < 4 || len(other) < n || len(other) > len(w.runes)+3 || w.runes[0] < 'а' {
		return false
	}
	return slices.Equal(w.runes[:n], other[:n])
}

// vocabulary holds the stems of the words that the training texts had in small
// letters: a Bloom filter, two bits a word.
type vocabulary []uint64

// vocabularyBits is the size of a vocabulary; with 40,000 words one in fifty
// strange words is taken for known.
const vocabularyBits = 19

func newVocabulary() vocabulary { return make(vocabulary, 1<<vocabularyBits/64) }

func (v vocabulary) add(h uint32) {
	for _, i := range vocabularySlots(h) {
		v[i/64] |= 1 << (i % 64)
	}
}

func (v vocabulary) has(h uint32) bool {
	for _, i := range vocabularySlots(h) {
		if v[i/64]&(1<<(i%64)) == 0 {
			return false
		}
	}
	return true
}

func vocabularySlots(h uint32) [2]uint32 {
	return [2]uint32{final(h) >> (32 - vocabularyBits), final(h^saltWord) >> (32 - vocabularyBits)}
}
