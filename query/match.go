package query

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// maxSpans bounds what Match returns for highlighting.
const maxSpans = 1000

// Match reports whether the query matches text, and the words that speak for
// it: sorted, without overlap, at most a thousand.
func (q *Query) Match(text string) (bool, []Span) {
	page := q.words.read(text)
	view := view{at: func(id int) []int32 { return page.at[id] }}
	ok, hits := view.eval(q.root)
	if !ok {
		return false, nil
	}
	return true, page.spans(hits)
}

// lexicon finds the terms of queries in texts. A term's id is its index in
// the slice the lexicon was made of.
type lexicon struct {
	size    int
	exact   map[string]int
	stemmed map[string]int
	prefix  map[string]int
	// heads hold what a word begins with when its stem may be a known one: a
	// Russian stem is a prefix of its word, an English one is so but for its
	// last two letters (happy, happi; dying, die). Looking heads up spares
	// most words of a text the stemmer, which costs microseconds.
	heads map[string]bool
	// longest is the byte length of the longest head or prefix.
	longest int
}

func newLexicon(terms []term) *lexicon {
	l := &lexicon{
		size: len(terms), exact: map[string]int{}, stemmed: map[string]int{},
		prefix: map[string]int{}, heads: map[string]bool{},
	}
	for id, t := range terms {
		switch t.mode {
		case exact:
			l.exact[t.form] = id
		case prefix:
			l.prefix[t.form] = id
			l.longest = max(l.longest, len(t.form))
		case stemmed:
			l.stemmed[t.form] = id
			h := head(t.form)
			l.heads[h] = true
			l.longest = max(l.longest, len(h))
		}
	}
	return l
}

// head returns the part of a stem that every word of this stem begins with.
func head(stem string) string {
	if stem == "" {
		return ""
	}
	if first := stem[0]; first < 'a' || first > 'z' || strings.ContainsFunc(stem, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return stem
	}
	return stem[:max(1, len(stem)-2)]
}

// page is a text as a lexicon reads it.
type page struct {
	words []Span
	at    [][]int32 // by term, the indices of words, ascending
	found []int     // the terms that occur
}

func (l *lexicon) read(text string) *page {
	p := &page{at: make([][]int32, l.size), words: make([]Span, 0, len(text)/8)}
	var buf []byte
	for i := 0; ; {
		form, start, end := scanWord(text, i, buf[:0])
		if start < 0 {
			return p
		}
		buf, i = form, end
		l.note(p, form)
		p.words = append(p.words, Span{start, end})
	}
}

// note adds the word form, the next of the page, to the terms it belongs to.
func (l *lexicon) note(p *page, form []byte) {
	if id, ok := l.exact[string(form)]; ok {
		p.add(id)
	}
	stem := false
	for i := 1; i <= min(len(form), l.longest); i++ {
		if i < len(form) && !utf8.RuneStart(form[i]) {
			continue
		}
		if id, ok := l.prefix[string(form[:i])]; ok {
			p.add(id)
		}
		stem = stem || l.heads[string(form[:i])]
	}
	if !stem {
		return
	}
	if id, ok := l.stemmed[Stem(string(form))]; ok {
		p.add(id)
	}
}

func (p *page) add(id int) {
	if p.at[id] == nil {
		p.found = append(p.found, id)
	}
	p.at[id] = append(p.at[id], int32(len(p.words)))
}

// spans turns hits into stretches of the text.
func (p *page) spans(hits []hit) []Span {
	slices.SortFunc(hits, func(a, b hit) int {
		if a.from != b.from {
			return int(a.from - b.from)
		}
		return int(b.to - a.to)
	})
	out := make([]Span, 0, min(len(hits), maxSpans))
	next := int32(0)
	for _, h := range hits {
		if h.from < next || len(out) == maxSpans {
			continue
		}
		out = append(out, Span{p.words[h.from].Start, p.words[h.to].End})
		next = h.to + 1
	}
	return out
}

// hit is a run of words, both ends included.
type hit struct{ from, to int32 }

// view evaluates nodes over the places of a query's terms.
type view struct {
	at func(term int) []int32
}

// eval reports whether n matches, and the hits that speak for it.
func (v view) eval(n *node) (bool, []hit) {
	switch n.op {
	case opNot:
		ok, _ := v.eval(n.kids[0])
		return !ok, nil
	case opAnd:
		return v.all(n.kids)
	case opOr:
		var hits []hit
		matched := false
		for _, k := range n.kids {
			if ok, more := v.eval(k); ok {
				matched, hits = true, append(hits, more...)
			}
		}
		return matched, hits
	}
	hits := v.places(n)
	return len(hits) > 0, hits
}

func (v view) all(kids []*node) (bool, []hit) {
	var hits []hit
	for _, k := range kids {
		ok, more := v.eval(k)
		if !ok {
			return false, nil
		}
		hits = append(hits, more...)
	}
	return true, hits
}

// places returns where n matches, sorted by the first word.
func (v view) places(n *node) []hit {
	switch n.op {
	case opWord:
		at := v.at(n.term)
		hits := make([]hit, len(at))
		for i, w := range at {
			hits[i] = hit{w, w}
		}
		return hits
	case opPhrase:
		return v.phrase(n.kids)
	case opNear:
		return v.near(n)
	}
	var hits []hit
	for _, k := range n.kids {
		hits = append(hits, v.places(k)...)
	}
	slices.SortFunc(hits, func(a, b hit) int { return int(a.from - b.from) })
	return hits
}

func (v view) phrase(words []*node) []hit {
	var hits []hit
	last := int32(len(words) - 1)
next:
	for _, first := range v.at(words[0].term) {
		for i, w := range words[1:] {
			if _, ok := slices.BinarySearch(v.at(w.term), first+int32(i)+1); !ok {
				continue next
			}
		}
		hits = append(hits, hit{first, first + last})
	}
	return hits
}

// near returns the hits of n's kids that form a chain: each within its gap of
// one of the kid before it, on either side. The chain is followed forward to
// see which ends can be reached, then back to leave out what leads nowhere.
func (v view) near(n *node) []hit {
	steps := make([][]hit, len(n.kids))
	steps[0] = v.places(n.kids[0])
	for i, k := range n.kids[1:] {
		steps[i+1] = within(v.places(k), steps[i], n.gaps[i])
	}
	for i := len(steps) - 2; i >= 0; i-- {
		steps[i] = within(steps[i], steps[i+1], n.gaps[i])
	}
	return slices.Concat(steps...)
}

// within returns the hits that have one of others at most gap words away.
// Side by side is a distance of one; overlapping is none.
func within(hits, others []hit, gap int) []hit {
	var longest int32 // words in the longest of others, less one
	for _, o := range others {
		longest = max(longest, o.to-o.from)
	}
	var kept []hit
	for _, h := range hits {
		reach := h.from - int32(gap) - longest
		i, _ := slices.BinarySearchFunc(others, reach, func(o hit, from int32) int { return int(o.from - from) })
		for ; i < len(others) && others[i].from <= h.to+int32(gap); i++ {
			if d := distance(h, others[i]); d > 0 && d <= int32(gap) {
				kept = append(kept, h)
				break
			}
		}
	}
	return kept
}

func distance(a, b hit) int32 { return max(b.from-a.to, a.from-b.to) }
