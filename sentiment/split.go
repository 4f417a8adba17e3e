package sentiment

import "unicode"

// split cuts the folded runes from first on into tokens. A line feed ends
// them, so that looking one rune ahead of a token is safe.
func (t *text) split(first int) {
	open := 0 // brackets that wait for their pair; a closing one without it is a smile
	for i := first; i < len(t.runes); {
		r := t.runes[i]
		switch {
		case isLetter(r):
			if n := t.linkLen(i); n > 0 {
				t.put(link, i, i+n)
				i += n
				continue
			}
			i = t.word(i)
		case r >= '0' && r <= '9':
			i = t.word(i)
		case r == '@' && i+1 < len(t.runes) && isWordRune(t.runes[i+1]):
			j := i + 1
			for j < len(t.runes) && (isWordRune(t.runes[j]) || t.runes[j] == '_') {
				j++
			}
			t.put(handle, i, j)
			i = j
		case r == ' ' || r == '\n' || r == '\t':
			if r == '\n' {
				t.tokens = append(t.tokens, token{kind: stop, field: t.field, from: int32(i), to: int32(i) + 1, start: t.offs[i], end: t.offs[i]})
			}
			i++
		case r == '(' && t.runLen(i) == 1:
			open++
			t.put(stop, i, i+1)
			i++
		case r == ')' && open > 0 && t.runLen(i) == 1:
			open--
			t.put(stop, i, i+1)
			i++
		default:
			i = t.sign(i)
		}
	}
}

// sign reads what is neither a word nor a blank at i and returns where it ends.
func (t *text) sign(i int) int {
	r := t.runes[i]
	if n := t.emoticonLen(i); n > 0 {
		t.put(emoji, i, i+n)
		return i + n
	}
	if isPictograph(r) {
		t.put(emoji, i, i+1)
		return i + 1
	}
	switch r {
	case '!', '?':
		j := i
		for j < len(t.runes) && (t.runes[j] == '!' || t.runes[j] == '?') {
			j++
		}
		t.put(mark, i, j)
		return j
	case ')', '(', '…':
		j := i + t.runLen(i)
		t.put(mark, i, j)
		return j
	case '.':
		j := i + t.runLen(i)
		if j > i+1 {
			t.put(mark, i, j)
		}
		t.put(stop, i, j)
		return j
	case ',', ';', ':', '—', '–', '|', '/', '"', '«', '»', '-':
		t.put(stop, i, i+1)
	}
	return i + 1
}

// put appends the token [from, to) with its hash.
func (t *text) put(k kind, from, to int) {
	tok := token{kind: k, field: t.field, from: int32(from), to: int32(to), start: t.offs[from], end: t.offs[to]}
	switch k {
	case link:
		tok.hash = hashLink
	case handle:
		tok.hash = hashHandle
	case mark:
		tok.hash = t.markHash(from, to)
	case number, emoji:
		tok.hash = t.sum(from, to)
	}
	tok.stem = tok.hash
	t.tokens = append(t.tokens, tok)
}

// Fixed hashes of tokens whose letters do not matter.
const (
	hashLink   = 0x51ed270b
	hashHandle = 0x2545f491
	hashNumber = 0x6c8e9cf5
)

// markHash joins runs of a mark that say the same: three or more are one.
func (t *text) markHash(from, to int) uint32 {
	h, n := uint32(seed), min(to-from, 3)
	asks, shouts := false, false
	for _, r := range t.runes[from:to] {
		asks, shouts = asks || r == '?', shouts || r == '!'
	}
	if asks && shouts {
		return mix(h, '?'+'!'<<8)
	}
	r := t.runes[from]
	if r == '.' || r == '…' {
		return mix(h, '…')
	}
	return mix(h, uint32(r)|uint32(n)<<24)
}

// runLen returns how often the rune at i is repeated, at least one.
func (t *text) runLen(i int) int {
	j := i + 1
	for j < len(t.runes) && t.runes[j] == t.runes[i] {
		j++
	}
	return j - i
}

// linkLen returns the length of the address that begins at i, or zero.
func (t *text) linkLen(i int) int {
	if t.runes[i] != 'h' && t.runes[i] != 'w' {
		return 0
	}
	if !t.has(i, "http://") && !t.has(i, "https://") && !t.has(i, "www.") {
		return 0
	}
	j := i
	for j < len(t.runes) && t.runes[j] > ' ' && t.runes[j] != '"' && t.runes[j] != ')' {
		j++
	}
	return j - i
}

// has reports whether the ASCII string s stands at i.
func (t *text) has(i int, s string) bool {
	if len(t.runes)-i < len(s) {
		return false
	}
	for k := range len(s) {
		if t.runes[i+k] != rune(s[k]) {
			return false
		}
	}
	return true
}

// emoticonLen returns the length of the emoticon at i, or zero.
func (t *text) emoticonLen(i int) int {
	r := t.runes[i]
	if r == '<' && t.has(i, "<3") {
		return 2
	}
	if r == '^' && (t.has(i, "^_^") || t.has(i, "^-^")) {
		return 3
	}
	if r != ':' && r != ';' && r != '=' {
		return 0
	}
	j := i + 1
	if j < len(t.runes) && (t.runes[j] == '-' || t.runes[j] == '\'') {
		j++
	}
	if j >= len(t.runes) {
		return 0
	}
	switch m := t.runes[j]; m {
	case ')', '(', ']', '[', '*', '|':
		return j + t.runLen(j) - i
	case 'd', 'p', 'o', '3', '/', '\\', 's':
		if j+1 < len(t.runes) && (isWordRune(t.runes[j+1]) || t.runes[j+1] == '/') {
			return 0
		}
		if r != ':' && m != 'd' && m != '/' {
			return 0
		}
		return j + 1 - i
	}
	return 0
}

// isLetter reports whether r is a letter of any script.
func isLetter(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'а' && r <= 'я' || r > 0x7f && unicode.IsLetter(r)
}

// isWordRune reports whether r can stand inside a word.
func isWordRune(r rune) bool { return isLetter(r) || r >= '0' && r <= '9' }

// isPictograph reports whether r is an emoji or a dingbat.
func isPictograph(r rune) bool {
	return r >= 0x1f000 && r <= 0x1faff || r >= 0x2600 && r <= 0x27bf || r >= 0x2b00 && r <= 0x2bff ||
		r >= 0x2190 && r <= 0x21ff || r >= 0x2300 && r <= 0x23ff
}
