package dedup

import (
	_ "embed" // common.txt
	"strings"
	"sync"
	"unicode/utf8"

	"otklik/query"
)

// stemLetters is how much of a word counts: endings and what hangs on them
// are cut. Copies repeat the forms of words, so that no more is needed, and a
// real stemmer would cost ten times as much.
const stemLetters = 6

//go:embed common.txt
var commonText string

// commonness is how little a word says about which complaint it is.
type commonness uint8

const (
	rare  commonness = iota
	stock            // what reviews are made of
	empty            // no meaning of its own
)

// commonWords returns the folded words of common.txt.
var commonWords = sync.OnceValue(func() map[string]commonness {
	words := map[string]commonness{}
	kind := empty
	for line := range strings.Lines(commonText) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		if strings.HasPrefix(line, "---") {
			kind = stock
			continue
		}
		for _, w := range strings.Fields(line) {
			if f := string(foldWord(nil, w)); words[f] == rare {
				words[f] = kind
			}
		}
	}
	return words
})

// latin spells the letters from а to я. Letters that transliterations
// disagree about are spelt as scheme brings them together.
var latin = [...]string{
	"a", "b", "v", "g", "d", "e", "z", "z", "i", "i", "k", "l", "m", "n", "o", "p",
	"r", "s", "t", "u", "f", "h", "c", "c", "s", "s", "", "i", "", "e", "iu", "ia",
}

// scheme returns how many bytes at the beginning of s transliterate one
// letter, and how that letter is spelt here.
func scheme(s string) (int, string) {
	if strings.IndexByte("szkctyjw'", s[0]) < 0 {
		return 1, s[:1]
	}
	for _, r := range [...]struct{ from, to string }{
		{"shch", "s"}, {"sch", "s"}, {"sh", "s"}, {"zh", "z"}, {"kh", "h"}, {"ch", "c"},
		{"ts", "c"}, {"tz", "c"}, {"yo", "e"}, {"jo", "e"}, {"y", "i"}, {"j", "i"}, {"w", "v"}, {"'", ""},
	} {
		if strings.HasPrefix(s, r.from) {
			return len(r.from), r.to
		}
	}
	return 1, s[:1]
}

// foldWord appends to buf what is left of a word in lower case when script,
// transliteration and ending do not count: "доставку", "dostavki" and
// "dostavka" become one. Numbers stay whole.
func foldWord(buf []byte, word string) []byte {
	for i := 0; i < len(word); {
		r, n := utf8.DecodeRuneInString(word[i:])
		spelt := word[i : i+n]
		switch {
		case r < utf8.RuneSelf:
			n, spelt = scheme(word[i:])
		case 'а' <= r && r <= 'я':
			spelt = latin[r-'а']
		}
		for j := range len(spelt) {
			buf = squeeze(buf, spelt[j])
		}
		i += n
	}
	if len(buf) <= 3 || isNumber(buf) {
		return buf
	}
	buf = buf[:min(len(buf), stemLetters)]
	for len(buf) > 3 && isVowel(buf[len(buf)-1]) {
		buf = buf[:len(buf)-1]
	}
	return buf
}

// squeeze appends c without doubling a letter, and drops the i before another
// vowel, in which spellings of я, ю, е and й differ.
func squeeze(buf []byte, c byte) []byte {
	if '0' <= c && c <= '9' {
		return append(buf, c)
	}
	if n := len(buf); n > 0 && buf[n-1] == 'i' && c != 'i' && isVowel(c) {
		buf = buf[:n-1]
	}
	if n := len(buf); n > 0 && buf[n-1] == c {
		return buf
	}
	return append(buf, c)
}

func isVowel(c byte) bool { return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' }

func isNumber(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}

// foldedWord is a word of a text as sketches see it.
type foldedWord struct {
	hash     uint64
	kind     commonness
	isNumber bool // long enough to name an order, a flight or an amount
}

// foldText returns the words of text that mean something.
func foldText(text string) []foldedWord {
	common := commonWords()
	out := make([]foldedWord, 0, len(text)/10)
	var buf []byte
	for w := range query.Words(text) { // in lower case, ё as е
		buf = foldWord(buf[:0], w)
		if kind := common[string(buf)]; len(buf) > 0 && kind != empty {
			out = append(out, foldedWord{hash: hashBytes(buf), kind: kind, isNumber: len(buf) > 1 && isNumber(buf)})
		}
	}
	return out
}

// hashBytes is FNV-1a. It is written out because its value is stored.
func hashBytes(b []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range b {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}

// mix spreads h over 32 bits; FNV's high bits are weak on short words, and
// sketches depend on the order of hashes.
func mix(h uint64) uint32 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return uint32(h >> 32)
}
