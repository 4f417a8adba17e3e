package sentiment

import (
	"html"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind says what a token is.
type kind uint8

const (
	word   kind = iota // letters, digits, apostrophes
	mark               // a run of one punctuation mark that carries feeling: ! ? … ) (
	emoji              // a pictograph or an emoticon
	number             // digits alone
	link               // an address
	handle             // @somebody
	stop               // a clause ends here; never a feature by itself
)

// token is one piece of a text. Start and end are byte offsets into the
// original; from and to delimit the folded runes in scratch.runes.
type token struct {
	start, end int32
	from, to   int32
	hash       uint32 // of the folded runes
	stem       uint32 // of the runes without the ending
	form       int32  // of a word, number or emoji, set by mark
	kind       kind
	caps       bool  // written in capitals, two letters or more
	long       bool  // a letter was dragged out: soooo
	masked     bool  // letters hidden behind asterisks
	negated    bool  // stands under a negation
	bad        bool  // stands in a phrase of several words that is a complaint
	muted      bool  // speaks of something else than the brand
	phrase     uint8 // how many tokens the phrase takes that ends here and whose polarity this token carries; usually none
	section    section
	field      uint8
	lex        int8 // polarity in the lexicon, -3 to 3, before negation
	role       role // what the lexicon says it does to its neighbours
}

// isWord reports whether the token may be a word of a phrase.
func (tok *token) isWord() bool { return tok.kind == word || tok.kind == number }

// section is the part of a review a token stands in.
type section uint8

const (
	body section = iota
	pros
	cons
)

// text is one text taken apart; it is reused from call to call.
type text struct {
	runes  []rune
	offs   []int32  // byte offset of each rune in its field
	ups    []int32  // capitals before each rune
	sums   []uint32 // of the word or sign that each rune stands in, the hash up to there
	tokens []token
	forms  []form   // the distinct words and emoji, set by mark
	slots  []uint32 // open addressing, into forms plus one; a power of two long

	field           uint8 // being read
	transliterated  bool  // Latin letters stand for Russian ones
	letters, upper  int   // for the share of capitals
	cyrillic, latin int
	ukrainian       int // letters that Russian does not have
}

// maxRunes bounds the work for one text; what follows is not read. Reviews
// end long before it, and a megabyte of text must not stop the line.
const maxRunes = 20000

func (t *text) reset() {
	t.runes, t.offs, t.ups, t.sums, t.tokens = t.runes[:0], t.offs[:0], t.ups[:0], t.sums[:0], t.tokens[:0]
	t.letters, t.upper, t.cyrillic, t.latin, t.ukrainian = 0, 0, 0, 0, 0
	t.field, t.transliterated = 0, false
}

// scan takes the one text s apart. Nothing is allocated once the buffers have
// grown.
func (t *text) scan(s string) {
	t.reset()
	t.read(s, 0)
}

// read appends the tokens of s, which is the field f of a mention.
func (t *text) read(s string, f uint8) {
	t.field = f
	first := len(t.runes)
	t.grow(min(len(s), maxRunes) + 2)
	for i := 0; i < len(s) && len(t.runes) < maxRunes; {
		if j := t.plain(s, i); j > i {
			i = j
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case t.transliterated && r < utf8.RuneSelf:
			if c, k := russianLetter(s[i:]); k > 0 {
				r, n = c, k
			}
		case r == '<':
			if k := tagLen(s[i:]); k > 0 {
				r, n = ' ', k
			}
		case r == '&':
			if e, k := entity(s[i:]); k > 0 {
				r, n = e, k
			}
		}
		t.add(r, i)
		i += n
	}
	end := len(s)
	if len(t.runes) >= maxRunes {
		end = int(t.offs[len(t.offs)-1])
	}
	t.add('\n', end) // ends the field's last clause and holds its last offset
	t.sums = t.sums[:len(t.runes)]
	t.split(first)
}

// add appends the folded form of r, which stands at byte i.
func (t *text) add(r rune, i int) {
	switch {
	case r >= 'А' && r <= 'я', r >= ' ' && r <= '~': // nearly all of a text
	case r >= 0x300:
		switch {
		case isInvisible(r):
			return
		case r == 0x306 && len(t.runes) > 0 && t.runes[len(t.runes)-1] == 'и': // и + breve
			t.runes[len(t.runes)-1] = 'й'
			return
		case r >= 0x300 && r <= 0x36f: // stress marks and other accents
			return
		case r >= 0xff01 && r <= 0xff5e: // full-width forms
			r -= 0xfee0
		}
	case r == 0xad:
		return
	}
	l := fold(r)
	t.ups = append(t.ups, int32(t.upper))
	t.count(r, l)
	t.runes = append(t.runes, l)
	t.offs = append(t.offs, int32(i))
}

// plain appends what stands in s from byte i on up to the first character that is
// neither Russian nor ASCII, or begins a tag or an entity. It returns where that
// is. Nearly all of a text is plain, and there is room for it.
func (t *text) plain(s string, i int) int {
	if t.transliterated {
		return i
	}
	n := len(t.runes)
	most := min(maxRunes-n, len(s)-i)
	runes, offs, ups := t.runes[n:n+most], t.offs[n:n+most], t.ups[n:n+most]
	upper, latin, cyrillic := t.upper, 0, 0
	k := 0
	for ; k < len(runes) && i < len(s); k++ {
		c := s[i]
		offs[k], ups[k] = int32(i), int32(upper)
		if c < utf8.RuneSelf {
			if c == '<' || c == '&' {
				break
			}
			if low := c | 0x20; low >= 'a' && low <= 'z' {
				latin++
				upper += int(low-c) >> 5
				c = low
			}
			runes[k] = rune(c)
			i++
			continue
		}
		if c|1 != 0xd1 || i+1 == len(s) {
			break
		}
		r := rune(c&0x1f)<<6 | rune(s[i+1]&0x3f)
		if s[i+1]&0xc0 != 0x80 || r < 'А' || r > 'я' {
			break
		}
		cyrillic++
		if r < 'а' {
			r += 'а' - 'А'
			upper++
		}
		runes[k] = r
		i += 2
	}
	t.runes, t.offs, t.ups = t.runes[:n+k], t.offs[:n+k], t.ups[:n+k]
	t.upper, t.latin, t.cyrillic, t.letters = upper, t.latin+latin, t.cyrillic+cyrillic, t.letters+latin+cyrillic
	return i
}

// grow makes room for n more runes.
func (t *text) grow(n int) {
	t.runes, t.offs = slices.Grow(t.runes, n), slices.Grow(t.offs, n)
	t.ups, t.sums = slices.Grow(t.ups, n), slices.Grow(t.sums, n)
}

// count keeps the figures about letters.
func (t *text) count(r, l rune) {
	switch {
	case l >= 'a' && l <= 'z':
		t.latin++
	case l >= 'а' && l <= 'я':
		t.cyrillic++
	case l == 'і' || l == 'ї' || l == 'є' || l == 'ґ':
		t.cyrillic++
		t.ukrainian++
	default:
		return
	}
	t.letters++
	if r != l && r != 'ё' {
		t.upper++
	}
}

// fold lowers r and joins what readers take for one letter.
func fold(r rune) rune {
	switch {
	case r < 0x80:
		if r >= 'A' && r <= 'Z' {
			return r + 32
		}
		return r
	case r >= 'а' && r <= 'я':
		return r
	case r >= 'А' && r <= 'Я':
		return r + 32
	case r == 'ё' || r == 'Ё':
		return 'е'
	case r == '’' || r == '‘' || r == 'ʼ' || r == '`':
		return '\''
	case r == '…':
		return '…'
	}
	return unicode.ToLower(r)
}

// isInvisible reports whether r takes no place: zero-width characters, joiners,
// direction marks and variation selectors.
func isInvisible(r rune) bool {
	return r >= 0x200b && r <= 0x200f || r >= 0x202a && r <= 0x202e ||
		r >= 0x2060 && r <= 0x2064 || r == 0xfeff || r >= 0xfe00 && r <= 0xfe0f || r == 0x34f
}

// tagLen returns the length of the HTML tag that s begins with, or zero.
func tagLen(s string) int {
	if len(s) < 3 || s[1] != '/' && s[1] != '!' && (s[1]|32 < 'a' || s[1]|32 > 'z') {
		return 0
	}
	end := strings.IndexByte(s[:min(len(s), 300)], '>')
	if end < 0 || strings.IndexByte(s[1:end], '<') >= 0 {
		return 0
	}
	return end + 1
}

// entity returns the character that s begins with as an HTML entity and its
// length in bytes, or zero.
func entity(s string) (rune, int) {
	end := strings.IndexByte(s[:min(len(s), 12)], ';')
	if end < 2 {
		return 0, 0
	}
	u := html.UnescapeString(s[:end+1])
	r, n := utf8.DecodeRuneInString(u)
	if n != len(u) || r == '&' && u == s[:end+1] {
		return 0, 0
	}
	if r == 0xa0 {
		r = ' '
	}
	return r, end + 1
}
