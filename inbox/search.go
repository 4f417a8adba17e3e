package inbox

import (
	"errors"
	"slices"
	"strings"

	"otklik/query"
)

// badQuery is a search that cannot be read. Pages show it where it was typed;
// to programs it is a bad request.
type badQuery struct {
	words string
	at    *query.SyntaxError
}

func (e badQuery) Error() string { return e.Unwrap().Error() }

// Unwrap makes it a bad request wherever nobody shows it.
func (e badQuery) Unwrap() error { return bad("%s", e.at) }

// queryProblem tells a search that cannot be read: what is wrong, and the
// words before, at and after the place.
type queryProblem struct{ Text, Before, At, After string }

// problemOf returns what is to be told of a filter's error, and the error that
// no page can tell in its place.
func problemOf(u ui, err error) (*queryProblem, error) {
	var wrong badQuery
	if !errors.As(err, &wrong) {
		return nil, err
	}
	runes := []rune(wrong.words)
	at := min(max(0, wrong.at.Column-1), len(runes))
	p := queryProblem{Text: u.T("search.wrong", wrong.at.Column, u.syntax(wrong.at.Message)), Before: harmless(string(runes[:at]))}
	if at < len(runes) {
		p.At, p.After = harmless(string(runes[at])), harmless(string(runes[at+1:]))
	}
	return &p, nil
}

// syntax says a message of the query language in the viewer's language. The
// table knows it by its English words; what it does not know stays English.
func (u ui) syntax(message string) string {
	for _, key := range slices.Sorted(slices.Values(u.names("syntax"))) {
		if args, ok := filled(u.words["syntax."+key][1], message); ok {
			return u.T("syntax."+key, args...)
		}
	}
	return message
}

// filled returns what stands in text at the places (%s) of form; ok is false
// when text is no such sentence.
func filled(form, text string) (args []any, ok bool) {
	parts := strings.Split(form, "%s")
	rest, ok := strings.CutPrefix(text, parts[0])
	for _, part := range parts[1:] {
		if !ok {
			return nil, false
		}
		var arg string
		if part == "" { // the sentence ends with what is put in
			arg, rest = rest, ""
		} else {
			arg, rest, ok = strings.Cut(rest, part)
		}
		args = append(args, arg)
	}
	return args, ok && rest == ""
}
