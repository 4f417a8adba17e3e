// Package query decides whether a text is about a brand: boolean queries with
// phrases, distances and wildcards, over the stems of Russian and English
// words. The language is described in docs/queries.md.
//
// A Query is matched against one text; a Set matches many queries at once
// through one index of their words; Compile writes a query in the search
// syntax of a source, as far as that goes, so that Match can filter the rest.
// The package stores and sends nothing, and refuses to know where texts come
// from and what a match means.
package query

import (
	"fmt"
	"slices"
	"strings"
)

// Query is a parsed query. It is immutable and safe for concurrent use.
type Query struct {
	src   string
	root  *node
	terms []term
	words *lexicon
}

// Span is a stretch of a text in bytes: text[Start:End].
type Span struct {
	Start, End int
}

// SyntaxError says what is wrong with a query and where. Line and Column
// count from one, columns in characters.
type SyntaxError struct {
	Line, Column int
	Message      string
}

// Error returns the place and the message.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Message)
}

// mode is how a word of a query meets words of a text.
type mode uint8

const (
	stemmed mode = iota // any form of the word
	exact               // this form only
	prefix              // every word that begins so
)

// term is one distinct word of a query. Form is the stem for stemmed terms.
type term struct {
	mode mode
	form string
}

// op is the kind of a node.
type op uint8

const (
	opWord   op = iota // a term
	opPhrase           // kids are words, side by side in this order
	opNear             // kids are words, phrases or opOr of these; gaps[i] is between kids[i] and kids[i+1]
	opAnd
	opOr
	opNot // one kid
)

type node struct {
	op   op
	kids []*node
	gaps []int // of opNear, in words
	term int   // of opWord, index into Query.terms
	mode mode  // of opWord, the term's
	raw  string
	at   int // byte offset in the source
}

// String returns the query as it was written.
func (q *Query) String() string { return q.src }

// Terms returns the words and phrases that speak for a match, as they were
// written and in their order: for highlighting and for brand names. Words
// behind NOT are left out, wildcards are without their star.
func (q *Query) Terms() []string {
	var out []string
	var walk func(n *node)
	walk = func(n *node) {
		switch n.op {
		case opNot:
			return
		case opWord, opPhrase:
			if s := n.surface(); !slices.Contains(out, s) {
				out = append(out, s)
			}
			return
		}
		for _, k := range n.kids {
			walk(k)
		}
	}
	walk(q.root)
	return out
}

// surface returns a word or a phrase as it was written, without its signs.
func (n *node) surface() string {
	if n.op == opWord {
		return n.raw
	}
	words := make([]string, len(n.kids))
	for i, k := range n.kids {
		words[i] = k.raw
	}
	return strings.Join(words, " ")
}

// hasStar reports whether n is the beginning of a word.
func (n *node) hasStar() bool { return n.op == opWord && n.mode == prefix }

// isExact reports whether n is a single form of a word.
func (n *node) isExact() bool { return n.op == opWord && n.mode == exact }

// isPositive reports whether a match of n needs some word to be there.
func (n *node) isPositive() bool {
	switch n.op {
	case opNot:
		return false
	case opAnd:
		return slices.ContainsFunc(n.kids, (*node).isPositive)
	case opOr:
		return !slices.ContainsFunc(n.kids, func(k *node) bool { return !k.isPositive() })
	}
	return true
}
