package query

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kljensen/snowball/english"
	"github.com/kljensen/snowball/russian"
)

// maxWord bounds a word in bytes. What is longer is no word of a language,
// and the time of stemming grows with the length.
const maxWord = 128

// scanWord finds the next word of text from offset from and appends its
// normal form to buf: lower case, ё as е, without stress marks, soft hyphens
// and zero-width characters. It returns where the word begins and ends; start
// is negative at the end of the text. A word is a run of letters and digits,
// with apostrophes inside.
func scanWord(text string, from int, buf []byte) (form []byte, start, end int) {
	start = -1
	for i := from; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case isWordRune(r):
			if start < 0 {
				start = i
			}
			buf = appendFolded(buf, r)
			end = i + size
		case start < 0:
		case isInvisible(r):
			buf = compose(buf, r)
			end = i + size
		case (r == '\'' || r == '’') && letterFollows(text[i+size:]):
			buf = append(buf, '\'')
		default:
			return buf, start, end
		}
		i += size
	}
	return buf, start, end
}

// isWordRune reports whether r is a letter or a digit; what nearly all texts
// are made of is told apart without tables.
func isWordRune(r rune) bool {
	switch {
	case 'а' <= r && r <= 'я', 'a' <= r && r <= 'z', 'А' <= r && r <= 'Я', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		return true
	case r < utf8.RuneSelf:
		return false
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

func appendFolded(buf []byte, r rune) []byte {
	switch {
	case 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || 'а' <= r && r <= 'я':
	case 'А' <= r && r <= 'Я' || 'A' <= r && r <= 'Z':
		r += 'a' - 'A' // the same distance in both alphabets
	case r == 'ё' || r == 'Ё':
		r = 'е'
	default:
		r = unicode.ToLower(r)
	}
	return utf8.AppendRune(buf, r)
}

// isInvisible reports whether r may stand inside a word without being seen
// as a letter: combining marks and characters of no width.
func isInvisible(r rune) bool {
	return r >= utf8.RuneSelf && (r == '\u00ad' || r == '\u200b' || r == '\u200c' || r == '\u200d' || r == '\u2060' || r == '\ufeff' || unicode.Is(unicode.Mn, r))
}

// compose joins a combining breve to the и before it, as Unicode's composed
// form has it (texts from macOS come decomposed). Other marks are dropped.
func compose(buf []byte, mark rune) []byte {
	if head, ok := strings.CutSuffix(string(buf), "и"); ok && mark == '\u0306' {
		return append(buf[:len(head)], "й"...)
	}
	return buf
}

func letterFollows(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLetter(r)
}

// Stem returns the stem of a word in lower case with ё as е: the Russian
// Snowball stem when it has Cyrillic letters, the English one when it is
// Latin, else the word itself.
func Stem(word string) string {
	if len(word) > maxWord {
		return word
	}
	latin := false
	for _, r := range word {
		switch {
		case unicode.Is(unicode.Cyrillic, r):
			return russian.Stem(word, true)
		case 'a' <= r && r <= 'z':
			latin = true
		}
	}
	if latin {
		return english.Stem(word, true)
	}
	return word
}

// Words returns the words of text in order, each in lower case with ё as е,
// and where it stands.
func Words(text string) iter.Seq2[string, Span] {
	return func(yield func(string, Span) bool) {
		var buf []byte
		for i := 0; ; {
			form, start, end := scanWord(text, i, buf[:0])
			if start < 0 || !yield(string(form), Span{start, end}) {
				return
			}
			buf, i = form, end
		}
	}
}
