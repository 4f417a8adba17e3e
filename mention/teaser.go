package mention

import (
	"slices"
	"strings"
	"unicode"
)

// IsWholeOf reports whether m only brings the whole of a text of which teaser
// had the beginning, as when a review's own page could not be read at first.
// The one is no edit of the other.
func (m *Mention) IsWholeOf(teaser Mention) bool {
	cut := strings.TrimRight(teaser.Text, " \n")
	if teaser.Stars() != m.Stars() || !strings.HasSuffix(cut, "...") && !strings.HasSuffix(cut, "…") {
		return false // without the dots it is the author who went on writing
	}
	begun, whole := letters(cut), letters(m.Text)
	return len(begun) > 0 && len(begun) < len(whole) && slices.Equal(begun, whole[:len(begun)])
}

// letters folds s to its letters and digits in lower case.
func letters(s string) []rune {
	out := make([]rune, 0, len(s))
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			out = append(out, unicode.ToLower(r))
		}
	}
	return out
}
