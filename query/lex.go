package query

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// tokenKind is what the lexer tells apart.
type tokenKind uint8

const (
	tokEnd tokenKind = iota
	tokWord
	tokPhrase
	tokNear
	tokAnd
	tokOr
	tokNot
	tokOpen
	tokClose
)

// token is one sign of the source. Text is a word with its signs (=, *) or
// what stands between quotes; gap belongs to tokNear.
type token struct {
	kind  tokenKind
	text  string
	exact bool // = before a phrase
	gap   int
	at    int
}

// maxGap bounds a distance in words.
const maxGap = 100

// closingQuote returns the mark that closes a quotation opened by r.
func closingQuote(r rune) (rune, bool) {
	switch r {
	case '"':
		return '"', true
	case '«':
		return '»', true
	case '“', '„':
		return '”', true
	}
	return 0, false
}

type lexer struct {
	src string
	at  int
}

// fail returns an error at byte offset at.
func (l *lexer) fail(at int, format string, args ...any) error {
	before := l.src[:at]
	line := 1 + strings.Count(before, "\n")
	column := 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	return &SyntaxError{Line: line, Column: column, Message: fmt.Sprintf(format, args...)}
}

// next returns the next token, of kind tokEnd at the end.
func (l *lexer) next() (token, error) {
	if err := l.skip(); err != nil {
		return token{}, err
	}
	at := l.at
	if at == len(l.src) {
		return token{kind: tokEnd, at: at}, nil
	}
	r, size := utf8.DecodeRuneInString(l.src[at:])
	switch {
	case r == utf8.RuneError && size == 1:
		return token{}, l.fail(at, "the query is not valid UTF-8")
	case r == '(':
		l.at++
		return token{kind: tokOpen, at: at}, nil
	case r == ')':
		l.at++
		return token{kind: tokClose, at: at}, nil
	case r == '/':
		return l.near()
	case r == '=':
		if q, n := utf8.DecodeRuneInString(l.src[at+1:]); isQuote(q) {
			l.at++
			return l.phrase(q, n, true)
		}
	case isQuote(r):
		return l.phrase(r, size, false)
	}
	return l.word(), nil
}

func isQuote(r rune) bool {
	_, ok := closingQuote(r)
	return ok
}

// skip passes white space and comments: // to the end of the line, /* … */.
func (l *lexer) skip() error {
	for l.at < len(l.src) {
		rest := l.src[l.at:]
		r, size := utf8.DecodeRuneInString(rest)
		switch {
		case unicode.IsSpace(r):
			l.at += size
		case strings.HasPrefix(rest, "//"):
			end := strings.IndexByte(rest, '\n')
			if end < 0 {
				end = len(rest)
			}
			l.at += end
		case strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest[2:], "*/")
			if end < 0 {
				return l.fail(l.at, "this comment is not closed: */ is missing")
			}
			l.at += end + 4
		default:
			return nil
		}
	}
	return nil
}

func (l *lexer) near() (token, error) {
	at := l.at
	end := at + 1
	for end < len(l.src) && '0' <= l.src[end] && l.src[end] <= '9' {
		end++
	}
	gap, err := strconv.Atoi(l.src[at+1 : end])
	if err != nil || gap < 1 || gap > maxGap {
		return token{}, l.fail(at, "write a distance as /3, from 1 to %d words", maxGap)
	}
	l.at = end
	return token{kind: tokNear, gap: gap, at: at}, nil
}

func (l *lexer) phrase(open rune, size int, exact bool) (token, error) {
	at := l.at
	closing, _ := closingQuote(open)
	body := l.src[at+size:]
	end := strings.IndexRune(body, closing)
	if end < 0 {
		return token{}, l.fail(at, "this quotation is not closed: %c is missing", closing)
	}
	l.at = at + size + end + utf8.RuneLen(closing)
	return token{kind: tokPhrase, text: body[:end], exact: exact, at: at + size}, nil
}

// word takes everything up to white space, a bracket or a quotation mark. A
// slash ends it when a distance or a comment begins there.
func (l *lexer) word() token {
	at := l.at
	for l.at < len(l.src) {
		r, size := utf8.DecodeRuneInString(l.src[l.at:])
		if l.at > at && (unicode.IsSpace(r) || r == '(' || r == ')' || r == '/' || isQuote(r)) {
			break
		}
		l.at += size
	}
	text := l.src[at:l.at]
	switch text {
	case "AND":
		return token{kind: tokAnd, at: at}
	case "OR":
		return token{kind: tokOr, at: at}
	case "NOT":
		return token{kind: tokNot, at: at}
	}
	return token{kind: tokWord, text: text, at: at}
}
