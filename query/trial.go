package query

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// maxLine bounds one text that Test reads, in bytes.
const maxLine = 1 << 20

// Test reads texts from r, one a line, and writes those that q matches to w
// with the words that speak for the match in [brackets], then a line that
// counts. A line over 1 MB is an error.
func Test(w io.Writer, r io.Reader, q *Query) (matched, total int, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), maxLine)
	for lines.Scan() {
		text := lines.Text()
		if strings.TrimSpace(text) == "" {
			continue
		}
		total++
		ok, spans := q.Match(text)
		if !ok {
			continue
		}
		matched++
		if _, err := fmt.Fprintln(w, Highlight(text, spans, "[", "]")); err != nil {
			return matched, total, fmt.Errorf("write match: %w", err)
		}
	}
	if err := lines.Err(); err != nil {
		return matched, total, fmt.Errorf("read text %d: %w", total+1, err)
	}
	if _, err := fmt.Fprintf(w, "%d of %d match\n", matched, total); err != nil {
		return matched, total, fmt.Errorf("write count: %w", err)
	}
	return matched, total, nil
}

// Highlight returns text with before and after around each of spans, which
// are as Match returns them.
func Highlight(text string, spans []Span, before, after string) string {
	var b strings.Builder
	last := 0
	for _, s := range spans {
		b.WriteString(text[last:s.Start])
		b.WriteString(before)
		b.WriteString(text[s.Start:s.End])
		b.WriteString(after)
		last = s.End
	}
	b.WriteString(text[last:])
	return b.String()
}
