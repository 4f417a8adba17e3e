package crawler

import (
	"math"
	"regexp"
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

var (
	// ofScale is a mark with its scale behind it: 4,5 из 5, 4/5, 4.0 out of 5 bubbles, 4 Sterne von 5.
	ofScale = regexp.MustCompile(`^\D*?(\d{1,3}(?:[.,]\d+)?)\s*(?:[\pL ]{0,20}?\b(?:out of|of|von|sur|de|di|su|van|av|af|z|od|dari|trong|of the) |/\s*|[\pL ]{0,20}?(?:из|із|з|από|จาก|من) )\D{0,3}(5|10|20|100)(?:[.,]0+)?(?:\D|$)`)
	// scaleFirst is a mark behind its scale: 5 üzerinden 4, 5 段階中 4, 5つ星のうち4, 5개 중 4.
	scaleFirst = regexp.MustCompile(`^\D*?(5|10|20|100)(?:[.,]0+)?\s*(?:üzerinden|つ星のうち|段階(?:評価)?(?:中の?|で)|点(?:満点)?中|点満点で|개\s*중|점\s*(?:만점)?\s*(?:중|에)|분(?:满分|滿分)?|分(?:满分|滿分|制)(?:中)?)\D*?(\d{1,3}(?:[.,]\d+)?)`)
)

// parseMark returns the mark in s and the highest one where s says it, 0 where
// it does not: "4", "4,5 из 5", "8,4/10", and where the scale is said first,
// which must not be taken for the mark: "5 üzerinden 4".
func parseMark(s string) (mark, best float64, ok bool) {
	if len(s) <= 4 {
		mark, ok = parseNumber(s)
		if len(s) < 3 || !strings.Contains(s, "/") {
			return mark, 0, ok
		}
	}
	if m := scaleFirst.FindStringSubmatch(s); m != nil {
		best, _ = parseNumber(m[1])
		mark, ok = parseNumber(m[2])
		return mark, best, ok
	}
	if m := ofScale.FindStringSubmatch(s); m != nil {
		mark, ok = parseNumber(m[1])
		best, _ = parseNumber(m[2])
		return mark, best, ok
	}
	mark, ok = parseNumber(s)
	return mark, 0, ok
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
	case strings.HasPrefix(word, "тыс"), isWord(word, "k"), isWord(word, "к"), isWord(word, "tsd"), isWord(word, "mil"), isWord(word, "mila"), isWord(word, "tys"), isWord(word, "천"), strings.HasPrefix(word, "千"):
		return 1e3
	case strings.HasPrefix(word, "万"), strings.HasPrefix(word, "萬"), strings.HasPrefix(word, "만"):
		return 1e4
	case strings.HasPrefix(word, "млн"), isWord(word, "m"), isWord(word, "м"), isWord(word, "mio"), isWord(word, "mln"):
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
