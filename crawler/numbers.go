package crawler

import (
	"math"
	"strconv"
	"strings"
	"unicode"
)

// parseNumber returns the first number in s: "4.8", "4,8 von 5,0", "-1",
// "true" and "false" count as one and zero.
func parseNumber(s string) (float64, bool) {
	switch s {
	case "":
		return 0, false
	case "true":
		return 1, true
	case "false":
		return 0, true
	}
	start := strings.IndexFunc(s, isDigit)
	if start < 0 {
		return 0, false
	}
	end := start
	for end < len(s) && (isDigit(rune(s[end])) || (s[end] == '.' || s[end] == ',') && end+1 < len(s) && isDigit(rune(s[end+1]))) {
		end++
	}
	v, err := strconv.ParseFloat(strings.ReplaceAll(s[start:end], ",", "."), 64)
	if err != nil || math.IsInf(v, 0) {
		return 0, false
	}
	if start > 0 && s[start-1] == '-' && (start == 1 || s[start-2] == ' ') {
		v = -v
	}
	return v, true
}

// parseCount returns the count in s: "770 отзывов", "1 234", "12,744", "37.2K", "1,1 млн".
func parseCount(s string) (int, bool) {
	start := strings.IndexFunc(s, isDigit)
	if start < 0 {
		return 0, false
	}
	digits, point := make([]byte, 0, 12), -1
	i := start
	for ; i < len(s); i++ {
		c := s[i]
		if isDigit(rune(c)) {
			digits = append(digits, c)
			continue
		}
		n := separator(s[i:])
		if n == 0 || !groupFollows(s[i+n:], c) {
			break
		}
		if c == '.' || c == ',' {
			if !isGroup(s[i+1:]) {
				point = len(digits)
			}
		}
		i += n - 1
	}
	v, err := strconv.ParseFloat(string(digits), 64)
	if err != nil {
		return 0, false
	}
	if point >= 0 {
		v /= math.Pow10(len(digits) - point)
	}
	v *= multiplier(s[i:])
	if v > math.MaxInt32 {
		return 0, false
	}
	return int(v + 0.5), true
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

// separator returns the length of the digit separator that s begins with.
func separator(s string) int {
	for _, sep := range []string{".", ",", " ", "\u00A0", "\u202F", "\u2009", "'"} {
		if strings.HasPrefix(s, sep) {
			return len(sep)
		}
	}
	return 0
}

// groupFollows reports that the digits behind a separator belong to the same
// number: three of them behind a blank, any behind a point.
func groupFollows(rest string, sep byte) bool {
	if sep == '.' || sep == ',' {
		return rest != "" && isDigit(rune(rest[0]))
	}
	return isGroup(rest)
}

// isGroup reports that s begins with exactly three digits.
func isGroup(s string) bool {
	n := 0
	for n < len(s) && isDigit(rune(s[n])) {
		n++
	}
	return n == 3
}

func multiplier(s string) float64 {
	word := strings.ToLower(strings.TrimLeftFunc(s, unicode.IsSpace))
	switch {
	case strings.HasPrefix(word, "тыс"), isWord(word, "k"), isWord(word, "к"):
		return 1e3
	case strings.HasPrefix(word, "млн"), isWord(word, "m"), isWord(word, "м"):
		return 1e6
	}
	return 1
}

// isWord reports that s begins with the word w and nothing that continues it.
func isWord(s, w string) bool {
	rest, ok := strings.CutPrefix(s, w)
	if !ok {
		return false
	}
	for _, r := range rest {
		return !unicode.IsLetter(r)
	}
	return true
}
