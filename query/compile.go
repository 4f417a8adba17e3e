package query

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Dialect names the search syntax of a source.
type Dialect string

// The dialects. Plain is words alone, all of which must be there.
const (
	Plain      Dialect = "plain"
	VK         Dialect = "vk"
	Reddit     Dialect = "reddit"
	HackerNews Dialect = "hn"
	Bluesky    Dialect = "bluesky"
	Google     Dialect = "google"
	YouTube    Dialect = "youtube"
)

// maxSearches bounds the searches one query is compiled to: each is a request
// on every pass.
const maxSearches = 16

// syntax is what a dialect can say. Only what a source documents is used; the
// rest is filtered locally.
type syntax struct {
	or      string // operator between alternatives, empty when there is none
	not     string // sign before an excluded word, empty when there is none
	quotes  bool   // phrases in quotation marks
	longest int    // characters of one search
}

// syntaxOf returns the syntax of d.
func syntaxOf(d Dialect) (syntax, error) {
	switch d {
	case Plain:
		return syntax{longest: 256}, nil
	case VK: // newsfeed.search
		return syntax{quotes: true, longest: 256}, nil
	case Reddit: // /search
		return syntax{or: "OR", not: "NOT ", quotes: true, longest: 512}, nil
	case HackerNews: // Algolia's search_by_date
		return syntax{quotes: true, longest: 512}, nil
	case Bluesky: // app.bsky.feed.searchPosts
		return syntax{quotes: true, longest: 256}, nil
	case Google: // Alerts and programmable search
		return syntax{or: "OR", not: "-", quotes: true, longest: 2048}, nil
	case YouTube: // Data API, search.list
		return syntax{or: "|", not: "-", quotes: true, longest: 500}, nil
	}
	return syntax{}, fmt.Errorf("unknown search dialect %q", string(d))
}

// Compile writes the query in a source's own search syntax: one or more
// searches which together find at least what the query matches, as far as the
// source finds the forms of a word. What a dialect cannot say is left out, so
// that they find too much rather than too little; filter with Match. It
// reports an error for an unknown dialect, and for a query that would need
// more than 16 searches or one that is longer than the source takes.
func (q *Query) Compile(d Dialect) ([]string, error) {
	s, err := syntaxOf(d)
	if err != nil {
		return nil, err
	}
	if s.or != "" {
		if one := s.render(q.root, true); one != "" && utf8.RuneCountInString(one) <= s.longest {
			return []string{one}, nil
		}
	}
	searches := s.searches(q.root)
	if len(searches) > maxSearches {
		return nil, fmt.Errorf("the query needs %d searches in dialect %s, at most %d are made: use fewer alternatives", len(searches), d, maxSearches)
	}
	for _, one := range searches {
		if n := utf8.RuneCountInString(one); n > s.longest {
			return nil, fmt.Errorf("a search has %d characters, dialect %s takes %d", n, d, s.longest)
		}
	}
	return searches, nil
}

// render writes n with its alternatives; outer is false inside brackets. It
// returns "" for what the dialect cannot say.
func (s syntax) render(n *node, outer bool) string {
	switch n.op {
	case opOr:
		parts := make([]string, len(n.kids))
		for i, k := range n.kids {
			if parts[i] = s.render(k, k.op != opAnd); parts[i] == "" {
				return "" // one alternative short would find too little
			}
		}
		return bracket(strings.Join(parts, " "+s.or+" "), outer)
	case opAnd:
		var parts []string
		for _, k := range n.kids {
			if part := s.render(k, false); part != "" {
				parts = append(parts, part)
			}
		}
		return bracket(strings.Join(parts, " "), outer || len(parts) == 1)
	case opNear:
		return s.render(&node{op: opAnd, kids: n.kids}, outer)
	case opNot:
		if kid := n.kids[0]; s.not != "" && isPlain(kid) {
			return s.not + s.atom(kid)
		}
		return ""
	}
	return s.atom(n)
}

// isPlain reports whether n can be excluded at the source: a word or a phrase
// without a star.
func isPlain(n *node) bool {
	return n.op == opWord && !n.hasStar() || n.op == opPhrase && !slices.ContainsFunc(n.kids, (*node).hasStar)
}

func bracket(s string, outer bool) string {
	if outer || s == "" {
		return s
	}
	return "(" + s + ")"
}

// atom writes a word or a phrase. A phrase with a star in it is left to its
// other words; without any, the beginning of the word is the best there is.
func (s syntax) atom(n *node) string {
	words := []*node{n}
	if n.op == opPhrase {
		words = n.kids
	}
	if whole := slices.DeleteFunc(slices.Clone(words), (*node).hasStar); len(whole) > 0 && len(whole) < len(words) {
		return s.join(whole, false)
	}
	return s.join(words, s.quotes && (len(words) > 1 || n.isExact()))
}

func (s syntax) join(words []*node, quoted bool) string {
	parts := make([]string, len(words))
	for i, w := range words {
		parts[i] = w.raw
	}
	text := strings.Join(parts, " ")
	if quoted {
		return `"` + text + `"`
	}
	return text
}

// searches writes n for a dialect without alternatives: one search for each.
func (s syntax) searches(n *node) []string {
	switch n.op {
	case opOr:
		var all []string
		for _, k := range n.kids {
			for _, one := range s.searches(k) {
				if !slices.Contains(all, one) {
					all = append(all, one)
				}
			}
		}
		return all
	case opAnd, opNear:
		return s.product(n.kids)
	case opNot:
		return nil
	}
	return []string{s.atom(n)}
}

// product combines the alternatives of parts that must all be there. A part
// whose alternatives would make too many searches is left to the filter.
func (s syntax) product(parts []*node) []string {
	var factors [][]string
	for _, p := range parts {
		if one := s.searches(p); len(one) > 0 {
			factors = append(factors, one)
		}
	}
	slices.SortStableFunc(factors, func(a, b []string) int { return len(a) - len(b) })
	out := []string{""}
	for i, f := range factors {
		if i > 0 && len(out)*len(f) > maxSearches {
			break
		}
		var next []string
		for _, head := range out {
			for _, tail := range f {
				next = append(next, strings.TrimSpace(head+" "+tail))
			}
		}
		out = next
	}
	return out
}
