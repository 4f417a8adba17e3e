package sentiment

// word reads the word or number at i and returns where it ends in the runes.
func (t *text) word(i int) int {
	if j := t.plainWord(i); j > i {
		return j
	}
	return t.oddWord(i)
}

// oddWord is word for whatever may stand there: it repairs a word's disguises.
func (t *text) oddWord(i int) int {
	j, digits, letters, stars := t.wordEnd(i)
	if letters == 0 {
		t.put(number, i, j)
		if j-i > 2 { // years, prices, telephone numbers: the digits are noise
			last := &t.tokens[len(t.tokens)-1]
			last.hash, last.stem = hashNumber, hashNumber
		}
		return j
	}
	start, end := t.offs[i], t.offs[j]
	t.unmix(i, j)
	if digits > 0 {
		t.zeroes(i, j)
	}
	caps := letters > 1 && int(t.ups[j]-t.ups[i]) == letters
	to, long := t.shorten(i, j)
	t.sum(i, to)
	t.putWord(i, to)
	tok := &t.tokens[len(t.tokens)-1]
	tok.start, tok.end, tok.caps, tok.long, tok.masked = start, end, caps, long, stars > 0
	return j
}

// plainWord reads the word at i if it has nothing to repair, as nearly all do:
// letters of one alphabet, none three times in a row, and nothing behind them
// that may belong to it. It returns where it ends, or i.
func (t *text) plainWord(i int) int {
	low, high := 'а', 'я'
	if t.runes[i] <= 'z' {
		low, high = 'a', 'z'
	}
	h, run := uint32(seed), 0
	j, last := i, rune(0)
	for ; j < len(t.runes); j++ {
		r := t.runes[j]
		if r < low || r > high {
			break
		}
		run++
		if r != last {
			run = 1
		} else if run == 3 {
			return i
		}
		h = mix(h, uint32(r))
		t.sums[j], last = h, r
	}
	if j == i || j == len(t.runes) || isWordRune(t.runes[j]) || t.runes[j] == '\'' || t.runes[j] == '*' {
		return i
	}
	t.putWord(i, j)
	tok := &t.tokens[len(t.tokens)-1]
	tok.start, tok.end, tok.caps = t.offs[i], t.offs[j], j-i > 1 && int(t.ups[j]-t.ups[i]) == j-i
	return j
}

// putWord appends the word [i, to), whose beginnings are summed.
func (t *text) putWord(i, to int) {
	t.tokens = append(t.tokens, token{})
	tok := &t.tokens[len(t.tokens)-1]
	tok.kind, tok.field, tok.from, tok.to = word, t.field, int32(i), int32(to)
	tok.hash = t.sums[to-1]
	tok.stem = t.sums[i+stemLen(t.runes[i:to])-1]
}

// sum notes the hashes of all beginnings of the runes [from, to) and returns the
// hash of the whole.
func (t *text) sum(from, to int) uint32 {
	h := uint32(seed)
	for k := from; k < to; k++ {
		h = mix(h, uint32(t.runes[k]))
		t.sums[k] = h
	}
	return h
}

// wordEnd returns where the word at i ends and what it is made of. Asterisks
// count when letters stand before them: х**ня, f***.
func (t *text) wordEnd(i int) (j, digits, letters, stars int) {
	for j = i; j < len(t.runes); j++ {
		r := t.runes[j]
		switch {
		case r >= '0' && r <= '9':
			digits++
		case isLetter(r):
			letters++
		case r == '\'' && j > i && j+1 < len(t.runes) && isLetter(t.runes[j+1]):
		case r == '*' && letters > 0 && t.maskAt(j):
			stars++
		default:
			return j, digits, letters, stars
		}
	}
	return j, digits, letters, stars
}

// maskAt reports whether the asterisk at j hides a letter: another asterisk or
// a letter follows it, or stood before it as an asterisk.
func (t *text) maskAt(j int) bool {
	if j+1 < len(t.runes) && (t.runes[j+1] == '*' || isLetter(t.runes[j+1])) {
		return true
	}
	return t.runes[j-1] == '*'
}

// unmix writes a word that mixes Russian and Latin letters in one script when
// all letters of the other look like its own.
func (t *text) unmix(i, j int) {
	if !mixed(t.runes[i:j]) {
		return
	}
	cyr, lat, latAlike, cyrAlike := 0, 0, 0, 0
	for _, r := range t.runes[i:j] {
		switch {
		case r >= 'а' && r <= 'я':
			cyr++
			if latinTwin(r) != 0 {
				cyrAlike++
			}
		case r >= 'a' && r <= 'z':
			lat++
			if russianTwin(r) != 0 {
				latAlike++
			}
		}
	}
	if cyr == 0 || lat == 0 {
		return
	}
	toRussian := lat == latAlike && (cyr >= lat || cyr != cyrAlike)
	toLatin := !toRussian && cyr == cyrAlike
	for k := i; k < j; k++ {
		if r := russianTwin(t.runes[k]); toRussian && r != 0 {
			t.runes[k] = r
		}
		if r := latinTwin(t.runes[k]); toLatin && r != 0 {
			t.runes[k] = r
		}
	}
}

// mixed reports whether some runes of w are ASCII letters and some are not.
func mixed(w []rune) bool {
	ascii, others := false, false
	for _, r := range w {
		ascii = ascii || r >= 'a' && r <= 'z'
		others = others || r > '~'
	}
	return ascii && others
}

// russianTwin returns the Russian letter that looks like the Latin r, or zero.
func russianTwin(r rune) rune {
	switch r {
	case 'a':
		return 'а'
	case 'b':
		return 'в'
	case 'c':
		return 'с'
	case 'e':
		return 'е'
	case 'h':
		return 'н'
	case 'k':
		return 'к'
	case 'm':
		return 'м'
	case 'o':
		return 'о'
	case 'p':
		return 'р'
	case 't':
		return 'т'
	case 'u', 'y':
		return 'у'
	case 'x':
		return 'х'
	}
	return 0
}

// latinTwin returns the Latin letter that looks like the Russian r, or zero.
func latinTwin(r rune) rune {
	switch r {
	case 'а':
		return 'a'
	case 'в':
		return 'b'
	case 'с':
		return 'c'
	case 'е':
		return 'e'
	case 'н':
		return 'h'
	case 'к':
		return 'k'
	case 'м':
		return 'm'
	case 'о':
		return 'o'
	case 'р':
		return 'p'
	case 'т':
		return 't'
	case 'у':
		return 'y'
	case 'х':
		return 'x'
	}
	return 0
}

// zeroes turns a nought between letters into the letter it imitates.
func (t *text) zeroes(i, j int) {
	for k := i; k < j; k++ {
		if t.runes[k] != '0' {
			continue
		}
		next := rune(0)
		if k+1 < j {
			next = t.runes[k+1]
		}
		switch {
		case next >= 'а' && next <= 'я' || k > i && t.runes[k-1] >= 'а' && t.runes[k-1] <= 'я':
			t.runes[k] = 'о'
		case next >= 'a' && next <= 'z' && k > i && t.runes[k-1] >= 'a' && t.runes[k-1] <= 'z':
			t.runes[k] = 'o'
		}
	}
}

// shorten folds letters repeated three times or more: to one in Russian, to
// two in Latin letters, where doubling is spelling. It returns the new end.
func (t *text) shorten(i, j int) (end int, long bool) {
	w := i
	for k := i; k < j; {
		n := 1
		for k+n < j && t.runes[k+n] == t.runes[k] {
			n++
		}
		keep := n
		if n >= 3 && isLetter(t.runes[k]) {
			long, keep = true, 1
			if t.runes[k] <= 'z' {
				keep = 2
			}
		}
		r, from := t.runes[k], k
		for m := range keep {
			t.runes[w], t.offs[w] = r, t.offs[from+m]
			w++
		}
		k += n
	}
	return w, long
}

const (
	seed  = 2166136261
	prime = 16777619
)

// mix adds v to the hash h.
func mix(h, v uint32) uint32 {
	h = (h ^ v) * prime
	return h ^ h>>15
}

func hashRunes(rs []rune) uint32 {
	h := uint32(seed)
	for _, r := range rs {
		h = mix(h, uint32(r))
	}
	return h
}

// stemLen returns how many runes remain of a word without its ending. It is
// rougher than Snowball and allocates nothing; endings only need to be cut
// alike, not rightly.
func stemLen(w []rune) int {
	n := len(w)
	if n < 4 {
		return n
	}
	if w[0] >= 'а' && w[0] <= 'я' {
		return russianStem(w)
	}
	return englishStem(w)
}

func russianStem(w []rune) int {
	n := len(w)
	if n > 5 && w[n-2] == 'с' && (w[n-1] == 'я' || w[n-1] == 'ь') {
		n -= 2
	}
	floor := 3
	for n > floor && n > len(w)-5 && isEnding(w[n-1]) {
		n--
	}
	return n
}

// isEnding reports whether a Russian ending can contain r.
func isEnding(r rune) bool {
	switch r {
	case 'а', 'е', 'и', 'о', 'у', 'ы', 'э', 'ю', 'я', 'й', 'ь', 'м', 'х', 'в', 'т', 'л', 'ш', 'щ', 'г':
		return true
	}
	return false
}

func englishStem(w []rune) int {
	n := len(w)
	switch {
	case n > 5 && w[n-1] == 'g' && w[n-2] == 'n' && w[n-3] == 'i':
		n -= 3
	case n > 4 && w[n-1] == 'd' && w[n-2] == 'e', n > 4 && w[n-1] == 'y' && w[n-2] == 'l',
		n > 4 && w[n-1] == 's' && w[n-2] == 'e', n > 4 && w[n-1] == 'r' && w[n-2] == 'e':
		n -= 2
	case w[n-1] == 's' && w[n-2] != 's', w[n-1] == 'e', w[n-1] == 'y':
		n--
	}
	if n > 3 && w[n-1] == w[n-2] {
		n--
	}
	return n
}
