package crawler

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/tidwall/gjson"
)

// maxDepth bounds the nesting of JSON: the path reader recurses, and no site
// nests deeper than a few dozen levels.
const maxDepth = 1000

var (
	errTruncated = errors.New("the data end early")
	errNotJSON   = errors.New("not JSON")
)

// parseJSON returns the document in b. It reports errTruncated for a body that
// ends inside a value and errNotJSON for anything else that is no JSON.
func parseJSON(b []byte) (gjson.Result, error) {
	b = bytes.TrimSpace(b)
	if len(b) == 0 {
		return gjson.Result{}, fmt.Errorf("%w: nothing there", errNotJSON)
	}
	n, err := jsonEnd(b)
	if err != nil {
		return gjson.Result{}, err
	}
	if n != len(b) {
		return gjson.Result{}, fmt.Errorf("%w: something follows the value", errNotJSON)
	}
	if !gjson.ValidBytes(b) {
		b = escapeControls(b)
		if !gjson.ValidBytes(b) {
			return gjson.Result{}, errNotJSON
		}
	}
	return gjson.ParseBytes(b), nil
}

// jsonEnd returns the length of the value that b begins with: an object, an
// array, a string or a bare word.
func jsonEnd(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, errTruncated
	}
	if b[0] != '{' && b[0] != '[' && b[0] != '"' {
		n := bytes.IndexAny(b, ",]}); \t\r\n<")
		if n < 0 {
			n = len(b)
		}
		if !gjson.ValidBytes(b[:n]) {
			return 0, errNotJSON
		}
		return n, nil
	}
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			n := stringEnd(b[i:])
			if n == 0 {
				return 0, errTruncated
			}
			i += n - 1
		case '{', '[':
			if depth++; depth > maxDepth {
				return 0, fmt.Errorf("%w: nested deeper than %d", errNotJSON, maxDepth)
			}
		case '}', ']':
			depth--
		}
		if depth <= 0 {
			return i + 1, nil
		}
	}
	return 0, errTruncated
}

// stringEnd returns the length of the quoted string b begins with, 0 when it
// does not end. The quote may be ", ' or `.
func stringEnd(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case b[0]:
			return i + 1
		}
	}
	return 0
}

// escapeControls escapes raw control characters inside JSON strings: JSON-LD
// written by templates has line feeds there.
func escapeControls(b []byte) []byte {
	out := make([]byte, 0, len(b)+64)
	quoted := false
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case c == '\\' && quoted && i+1 < len(b):
			out = append(out, c, b[i+1])
			i++
			continue
		case c == '"':
			quoted = !quoted
		case quoted && c < 0x20:
			out = append(out, fmt.Sprintf(`\u%04x`, c)...)
			continue
		}
		out = append(out, c)
	}
	return out
}

// valueAt returns the JSON value at the beginning of b. A JavaScript string
// literal is unescaped first and its content is the value.
func valueAt(b []byte) (gjson.Result, error) {
	b = bytes.TrimLeft(b, " \t\r\n")
	if len(b) == 0 {
		return gjson.Result{}, errTruncated
	}
	if b[0] == '\'' || b[0] == '`' || b[0] == '"' {
		n := stringEnd(b)
		if n == 0 {
			return gjson.Result{}, errTruncated
		}
		text, err := unescapeJS(string(b[1 : n-1]))
		if err != nil {
			return gjson.Result{}, err
		}
		return parseJSON([]byte(text))
	}
	n, err := jsonEnd(b)
	if err != nil {
		return gjson.Result{}, err
	}
	return parseJSON(b[:n])
}

// unescapeJS undoes the escapes of a JavaScript string literal (ECMA-262 §12.9.4).
func unescapeJS(s string) (string, error) {
	if strings.IndexByte(s, '\\') < 0 {
		return s, nil
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		if i++; i >= len(s) {
			return "", fmt.Errorf("%w: a backslash ends the literal", errNotJSON)
		}
		n, err := unescapeOne(&b, s[i:])
		if err != nil {
			return "", err
		}
		i += n - 1
	}
	return b.String(), nil
}

// unescapeOne writes the character that the escape s (without its backslash)
// stands for and returns how many bytes it takes.
func unescapeOne(b *strings.Builder, s string) (int, error) {
	const from, to = "bfnrtv0", "\b\f\n\r\t\v\x00"
	if i := strings.IndexByte(from, s[0]); i >= 0 {
		b.WriteByte(to[i])
		return 1, nil
	}
	switch s[0] {
	case 'x':
		r, err := hexRune(s, 1, 2)
		b.WriteRune(r)
		return 3, err
	case 'u':
		return unescapeUnicode(b, s)
	case '\n': // a continued line
		return 1, nil
	case '\r':
		if strings.HasPrefix(s, "\r\n") {
			return 2, nil
		}
		return 1, nil
	}
	r, n := utf8.DecodeRuneInString(s)
	b.WriteRune(r)
	return n, nil
}

func unescapeUnicode(b *strings.Builder, s string) (int, error) {
	if strings.HasPrefix(s, "u{") {
		end := strings.IndexByte(s, '}')
		if end < 3 || end > 8 {
			return 0, fmt.Errorf(`%w: bad \u{…}`, errNotJSON)
		}
		r, err := hexRune(s, 2, end-2)
		b.WriteRune(r)
		return end + 1, err
	}
	r, err := hexRune(s, 1, 4)
	if err != nil {
		return 0, err
	}
	if utf16.IsSurrogate(r) && strings.HasPrefix(s[5:], `\u`) {
		low, err := hexRune(s, 7, 4)
		if err == nil && utf16.DecodeRune(r, low) != utf8.RuneError {
			b.WriteRune(utf16.DecodeRune(r, low))
			return 11, nil
		}
	}
	b.WriteRune(r)
	return 5, nil
}

func hexRune(s string, at, n int) (rune, error) {
	if len(s) < at+n {
		return 0, fmt.Errorf("%w: an escape is cut", errNotJSON)
	}
	v, err := strconv.ParseUint(s[at:at+n], 16, 32)
	if err != nil {
		return 0, fmt.Errorf("%w: bad escape %q", errNotJSON, s[:at+n])
	}
	return rune(v), nil
}

// jsonText returns a value as text: strings decoded, numbers with every digit
// they were written with, true and false as words, null and objects empty.
func jsonText(r gjson.Result) string {
	switch r.Type {
	case gjson.String:
		return r.Str
	case gjson.Number:
		return r.Raw
	case gjson.True:
		return "true"
	case gjson.False:
		return "false"
	case gjson.JSON:
		if r.IsArray() { // one-element arrays are common where one value is meant
			if all := r.Array(); len(all) > 0 {
				return jsonText(all[0])
			}
		}
	}
	return ""
}
