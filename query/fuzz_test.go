package query_test

import (
	"errors"
	"slices"
	"testing"

	"otklik/query"
)

// FuzzParse holds that any input is either a query or an error with a place
// inside it, and that a query answers for itself alone as in a set, with
// spans that lie in the text in order.
func FuzzParse(f *testing.F) {
	for _, c := range matchCases {
		f.Add(c.query, c.text)
	}
	for _, src := range []string{
		"((((", "a /", "/3", `"`, `="`, "=", "*", "**", "NOT", "NOT NOT NOT a", "/*", "//", "a /1 b /2 (c OR d*) /100 \"e f\"",
		"\u0306и\u0306*", "ё*", "''", "a'b’c", "\xff", "ǅ", "İ", "ﬀ*", "=\"", "a(b)c", "a/3b",
	} {
		f.Add(src, src)
	}
	f.Fuzz(func(t *testing.T, src, text string) {
		q, err := query.Parse(src)
		if err != nil {
			var bad *query.SyntaxError
			if !errors.As(err, &bad) || bad.Line < 1 || bad.Column < 1 || bad.Message == "" {
				t.Fatalf("Parse(%q) = %v, want a place and a message", src, err)
			}
			return
		}
		ok, spans := q.Match(text)
		if ok && len(spans) == 0 {
			t.Errorf("%q matches %q and marks nothing", src, text)
		}
		last := 0
		for _, s := range spans {
			if s.Start < last || s.End <= s.Start || s.End > len(text) {
				t.Errorf("%q over %q: spans %v", src, text, spans)
				break
			}
			last = s.End
		}
		if in := query.NewSet([]*query.Query{q}).Match(text); slices.Contains(in, 0) != ok {
			t.Errorf("%q over %q: a set answers %v, the query %v", src, text, in, ok)
		}
		if again, err := query.Parse(q.String()); err != nil || !slices.Equal(again.Terms(), q.Terms()) {
			t.Errorf("%q read twice: %v", src, err)
		}
		for _, d := range []query.Dialect{query.Plain, query.Google} {
			if searches, err := q.Compile(d); err == nil && (len(searches) == 0 || slices.Contains(searches, "")) {
				t.Errorf("%q in %s = %q", src, d, searches)
			}
		}
	})
}
