package query

// Set matches many queries against a text at the cost of reading it once. It
// is immutable and safe for concurrent use.
type Set struct {
	queries []*Query
	// ids maps, by query, its terms to terms of the set.
	ids   [][]int
	words *lexicon
	// waiting holds, by term of the set, the queries that cannot match
	// without one of their terms and have chosen this one to wake them.
	waiting [][]int
}

// NewSet returns a set of queries.
func NewSet(queries []*Query) *Set {
	s := &Set{queries: queries, ids: make([][]int, len(queries))}
	var terms []term
	index := map[term]int{}
	for i, q := range queries {
		s.ids[i] = make([]int, len(q.terms))
		for j, t := range q.terms {
			id, ok := index[t]
			if !ok {
				id = len(terms)
				index[t] = id
				terms = append(terms, t)
			}
			s.ids[i][j] = id
		}
	}
	s.words = newLexicon(terms)
	s.waiting = make([][]int, len(terms))
	for i, q := range queries {
		for _, t := range q.needs(q.root) {
			id := s.ids[i][t]
			s.waiting[id] = append(s.waiting[id], i)
		}
	}
	return s
}

// Match returns the indices of the queries that match text, ascending. What
// matched in the text is asked of the query itself.
func (s *Set) Match(text string) []int {
	page := s.words.read(text)
	woken := make([]bool, len(s.queries))
	for _, id := range page.found {
		for _, i := range s.waiting[id] {
			woken[i] = true
		}
	}
	var out []int
	for i, isWoken := range woken {
		if !isWoken {
			continue
		}
		ids := s.ids[i]
		view := view{at: func(t int) []int32 { return page.at[ids[t]] }}
		if ok, _ := view.eval(s.queries[i].root); ok {
			out = append(out, i)
		}
	}
	return out
}

// needs returns terms of which at least one stands in every text that n
// matches: as few as can be, and long rather than short ones, which are rarer.
func (q *Query) needs(n *node) []int {
	switch n.op {
	case opWord:
		return []int{n.term}
	case opNot:
		return nil
	case opOr:
		var all []int
		for _, k := range n.kids {
			all = append(all, q.needs(k)...)
		}
		return all
	}
	var best []int
	for _, k := range n.kids {
		if !k.isPositive() {
			continue
		}
		if terms := q.needs(k); best == nil || len(terms) < len(best) ||
			len(terms) == len(best) && q.shortest(terms) > q.shortest(best) {
			best = terms
		}
	}
	return best
}

func (q *Query) shortest(terms []int) int {
	n := maxWord
	for _, t := range terms {
		n = min(n, len(q.terms[t].form))
	}
	return n
}
