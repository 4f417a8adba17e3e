package query

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxSource bounds a query in bytes.
	maxSource = 64 << 10
	// maxDepth bounds brackets and NOTs inside one another.
	maxDepth = 100
	// minPrefix is the least number of letters before a star: one letter
	// would match a tenth of all words.
	minPrefix = 2
)

// Parse reads a query. The error is a *SyntaxError.
func Parse(src string) (*Query, error) {
	p := &parser{lex: lexer{src: src}, index: map[term]int{}}
	if len(src) > maxSource {
		return nil, p.lex.fail(0, "a query has at most %d bytes, this one has %d", maxSource, len(src))
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.tok.kind == tokEnd {
		return nil, p.lex.fail(p.tok.at, "the query is empty")
	}
	root, err := p.either(0)
	if err != nil {
		return nil, err
	}
	if p.tok.kind == tokClose {
		return nil, p.lex.fail(p.tok.at, "this bracket was never opened")
	}
	if !root.isPositive() {
		return nil, p.lex.fail(firstNot(root).at, "NOT alone would match nearly every text: name a word that must be there too")
	}
	return &Query{src: src, root: root, terms: p.terms, words: newLexicon(p.terms)}, nil
}

type parser struct {
	lex   lexer
	tok   token
	terms []term
	index map[term]int
}

func (p *parser) advance() (err error) {
	p.tok, err = p.lex.next()
	return err
}

// either reads: both { OR both }.
func (p *parser) either(depth int) (*node, error) {
	if depth > maxDepth {
		return nil, p.lex.fail(p.tok.at, "more than %d brackets inside one another", maxDepth)
	}
	first, err := p.both(depth)
	if err != nil {
		return nil, err
	}
	kids := []*node{first}
	for p.tok.kind == tokOr {
		if err := p.advance(); err != nil {
			return nil, err
		}
		kid, err := p.both(depth)
		if err != nil {
			return nil, err
		}
		kids = append(kids, kid)
	}
	return join(opOr, kids), nil
}

// both reads: negated { [AND] negated }.
func (p *parser) both(depth int) (*node, error) {
	var kids []*node
	for {
		kid, err := p.negated(depth)
		if err != nil {
			return nil, err
		}
		kids = append(kids, kid)
		switch p.tok.kind {
		case tokAnd:
			if err := p.advance(); err != nil {
				return nil, err
			}
		case tokEnd, tokClose, tokOr:
			return join(opAnd, kids), nil
		case tokNear:
			return nil, p.lex.fail(p.tok.at, "a distance stands between words, phrases, or brackets with OR")
		}
	}
}

// negated reads: NOT negated | near. Two NOTs cancel each other.
func (p *parser) negated(depth int) (*node, error) {
	if p.tok.kind != tokNot {
		return p.near(depth)
	}
	if depth > maxDepth {
		return nil, p.lex.fail(p.tok.at, "more than %d NOTs inside one another", maxDepth)
	}
	at := p.tok.at
	if err := p.advance(); err != nil {
		return nil, err
	}
	kid, err := p.negated(depth + 1)
	if err != nil {
		return nil, err
	}
	if kid.op == opNot {
		return kid.kids[0], nil
	}
	return &node{op: opNot, kids: []*node{kid}, at: at}, nil
}

// near reads: item { /N item }.
func (p *parser) near(depth int) (*node, error) {
	first, err := p.item(depth)
	if err != nil || p.tok.kind != tokNear {
		return first, err
	}
	chain := &node{op: opNear, kids: []*node{first}, at: first.at}
	for p.tok.kind == tokNear {
		chain.gaps = append(chain.gaps, p.tok.gap)
		if err := p.advance(); err != nil {
			return nil, err
		}
		kid, err := p.item(depth)
		if err != nil {
			return nil, err
		}
		chain.kids = append(chain.kids, kid)
	}
	for _, k := range chain.kids {
		if !hasPlace(k) {
			return nil, p.lex.fail(k.at, "a distance stands between words, phrases, or brackets with OR")
		}
	}
	return chain, nil
}

// hasPlace reports whether a match of n is a place in the text.
func hasPlace(n *node) bool {
	if n.op != opOr {
		return n.op == opWord || n.op == opPhrase
	}
	for _, k := range n.kids {
		if !hasPlace(k) {
			return false
		}
	}
	return true
}

// item reads a word, a phrase or brackets.
func (p *parser) item(depth int) (*node, error) {
	tok := p.tok
	switch tok.kind {
	case tokWord:
		words, err := p.word(tok.text, tok.at, false)
		if err != nil {
			return nil, err
		}
		return phrase(words), p.advance()
	case tokPhrase:
		words, err := p.words(tok)
		if err != nil {
			return nil, err
		}
		return phrase(words), p.advance()
	case tokOpen:
		return p.bracket(depth)
	case tokEnd:
		return nil, p.lex.fail(tok.at, "a word is missing at the end")
	case tokClose:
		return nil, p.lex.fail(tok.at, "a word is missing before this bracket")
	case tokNear:
		return nil, p.lex.fail(tok.at, "a word is missing before this distance")
	}
	return nil, p.lex.fail(tok.at, "a word is missing before this operator; write a phrase in quotes to search for the operator itself")
}

func (p *parser) bracket(depth int) (*node, error) {
	open := p.tok.at
	if err := p.advance(); err != nil {
		return nil, err
	}
	inner, err := p.either(depth + 1)
	if err != nil {
		return nil, err
	}
	if p.tok.kind != tokClose {
		return nil, p.lex.fail(open, "this bracket is not closed")
	}
	return inner, p.advance()
}

// words reads what stands between quotation marks.
func (p *parser) words(tok token) ([]*node, error) {
	var out []*node
	for at := 0; at < len(tok.text); {
		r, size := utf8.DecodeRuneInString(tok.text[at:])
		if unicode.IsSpace(r) {
			at += size
			continue
		}
		end := strings.IndexFunc(tok.text[at:], unicode.IsSpace)
		if end < 0 {
			end = len(tok.text) - at
		}
		// Punctuation between quoted words is no word and no mistake.
		if chunk := tok.text[at : at+end]; strings.ContainsFunc(chunk, isWordRune) || strings.Contains(chunk, "*") {
			words, err := p.word(chunk, tok.at+at, tok.exact)
			if err != nil {
				return nil, err
			}
			out = append(out, words...)
		}
		at += end
	}
	if len(out) == 0 {
		return nil, p.lex.fail(tok.at, "there is no word between these quotation marks")
	}
	return out, nil
}

// word reads a chunk without spaces, with = before and * behind it. A chunk
// such as интернет-банк has several words.
func (p *parser) word(chunk string, at int, isExact bool) ([]*node, error) {
	body, equal := strings.CutPrefix(chunk, "=")
	at += len(chunk) - len(body)
	isExact = isExact || equal
	body, star := strings.CutSuffix(body, "*")
	var nodes []*node
	for word, s := range Words(body) {
		n := &node{op: opWord, raw: body[s.Start:s.End], at: at + s.Start}
		if isExact {
			n.mode, n.term = exact, p.intern(term{exact, word})
		} else {
			n.term = p.intern(term{stemmed, Stem(word)})
		}
		nodes = append(nodes, n)
	}
	switch {
	case strings.Contains(body, "*"):
		return nil, p.lex.fail(at+strings.Index(body, "*"), "a star stands at the end of a word only")
	case len(nodes) == 0 && star:
		return nil, p.lex.fail(at, "a star needs at least %d letters before it", minPrefix)
	case strings.HasPrefix(body, "-") || strings.HasPrefix(body, "!"):
		return nil, p.lex.fail(at, "write NOT to exclude a word")
	case len(nodes) == 0:
		return nil, p.lex.fail(at, "there is no letter or digit in %q", chunk)
	case star:
		return nodes, p.makePrefix(nodes[len(nodes)-1], isExact)
	}
	return nodes, nil
}

// makePrefix turns the word before a star into a prefix.
func (p *parser) makePrefix(n *node, isExact bool) error {
	form, _, _ := scanWord(n.raw, 0, nil)
	if isExact {
		return p.lex.fail(n.at, "= and * contradict each other")
	}
	if utf8.RuneCount(form) < minPrefix {
		return p.lex.fail(n.at, "a star needs at least %d letters before it", minPrefix)
	}
	n.mode, n.term = prefix, p.intern(term{prefix, string(form)})
	return nil
}

func (p *parser) intern(t term) int {
	id, ok := p.index[t]
	if !ok {
		id = len(p.terms)
		p.index[t] = id
		p.terms = append(p.terms, t)
	}
	return id
}

func phrase(words []*node) *node {
	if len(words) == 1 {
		return words[0]
	}
	return &node{op: opPhrase, kids: words, at: words[0].at}
}

// join makes one node of kids, without nesting a kind in itself.
func join(kind op, kids []*node) *node {
	if len(kids) == 1 {
		return kids[0]
	}
	n := &node{op: kind, at: kids[0].at}
	for _, k := range kids {
		if k.op == kind {
			n.kids = append(n.kids, k.kids...)
		} else {
			n.kids = append(n.kids, k)
		}
	}
	return n
}

// firstNot returns the NOT that keeps n from being positive.
func firstNot(n *node) *node {
	if n.op == opNot {
		return n
	}
	for _, k := range n.kids {
		if !k.isPositive() {
			return firstNot(k)
		}
	}
	return n
}
