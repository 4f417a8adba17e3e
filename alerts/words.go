package alerts

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Harmless drops from foreign text what could change the text around it:
// control characters but line feeds, marks of direction (a review must not
// turn our own words around) and broken bytes.
func Harmless(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t', r == '\u2028', r == '\u2029':
			return ' '
		case unicode.IsControl(r), r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069', r == '\ufeff':
			return -1
		}
		return r
	}, s)
}

// EscapeWords makes the words of s harmless for a service with escape. Its
// addresses keep leading where they did: what escape would change in them is
// percent-encoded.
func EscapeWords(s string, escape *strings.Replacer) string {
	var b strings.Builder
	at := 0
	for _, span := range regexp.MustCompile(`https?://\S+`).FindAllStringIndex(s, -1) {
		b.WriteString(escape.Replace(s[at:span[0]]))
		for _, r := range s[span[0]:span[1]] {
			if sign := string(r); r < utf8.RuneSelf && escape.Replace(sign) != sign {
				fmt.Fprintf(&b, "%%%02X", r)
			} else {
				b.WriteString(sign)
			}
		}
		at = span[1]
	}
	b.WriteString(escape.Replace(s[at:]))
	return b.String()
}

// Cut shortens s to at most limit characters, at the end of a word where one
// is near, and ends it with an ellipsis when something is missing. It never
// parts a letter from its accent or an emoji from its joiner.
func Cut(s string, limit int) string {
	s = strings.TrimSpace(s)
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	runes := []rune(s)[:limit]
	end := limit - 1 // room for the ellipsis
	for end > 0 && joins(runes[end]) {
		end--
	}
	for i := end; i > end*2/3; i-- {
		if unicode.IsSpace(runes[i]) {
			end = i
			break
		}
	}
	return strings.TrimRightFunc(string(runes[:end]), func(r rune) bool {
		return unicode.IsSpace(r) || r == '\u200d' || strings.ContainsRune(",;:—", r)
	}) + "…"
}

// joins reports whether r belongs to the character before it.
func joins(r rune) bool {
	return unicode.Is(unicode.M, r) || r == '\u200d' || r >= 0x1f3fb && r <= 0x1f3ff
}
