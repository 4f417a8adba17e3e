package sentiment

import "strings"

// mostlyRussian reports whether s has more Cyrillic than Latin letters. It reads
// bytes, because two of them are enough to know a Russian letter.
func mostlyRussian(s string) bool {
	n := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			n--
		case c == 0xd0 && i+1 < len(s) && s[i+1] >= 0x90 && s[i+1] <= 0xbf, // А to п
			c == 0xd1 && i+1 < len(s) && s[i+1] >= 0x80 && s[i+1] <= 0x8f: // р to я
			n++
		}
	}
	return n > 0
}

// lang returns the language to judge in: the site's word for it when the
// letters do not contradict it, else what the letters say.
func (t *text) lang(said string) string {
	switch {
	case t.cyrillic*2 > t.latin:
		return "ru"
	case t.latin > 0:
		return "en"
	case said == "ru" || said == "en":
		return said
	}
	return "ru"
}

// speaks reports whether the text has anything to judge.
func (t *text) speaks() bool {
	for i := range t.tokens {
		switch t.tokens[i].kind {
		case word, emoji, mark, number:
			if fields[t.tokens[i].field] != "" {
				return true
			}
		}
	}
	return false
}

// ironic reports whether the author marked the text as irony: "/s", "сарказм".
func (t *text) ironic() bool {
	for i := range t.tokens {
		tok := &t.tokens[i]
		if tok.kind != word {
			continue
		}
		if tok.role == irony || tok.to == tok.from+1 && t.isSarcasmTag(int(tok.from)) {
			return true
		}
	}
	return false
}

// isSarcasmTag reports whether "/s" stands by itself around the rune i.
func (t *text) isSarcasmTag(i int) bool {
	return t.runes[i] == 's' && i > 0 && t.runes[i-1] == '/' && (i < 2 || t.runes[i-2] <= ' ')
}

// looksTransliterated reports whether a text in Latin letters is Russian: a
// quarter of its words, and two at least, are common Russian words.
func (t *text) looksTransliterated() bool {
	if t.cyrillic > 0 || t.latin < 6 {
		return false
	}
	all, russian := 0, 0
	for i := range t.tokens {
		tok := &t.tokens[i]
		if tok.kind != word {
			continue
		}
		all++
		if isRussianInLatin(string(t.runes[tok.from:tok.to])) {
			russian++
		}
	}
	return russian >= 2 && russian*4 >= all || russian == 1 && all <= 2
}

// isRussianInLatin reports whether w is a common Russian word in Latin letters
// that English does not have.
func isRussianInLatin(w string) bool {
	switch w {
	case "ne", "eto", "ochen", "vse", "vsyo", "chto", "kak", "tak", "bylo", "byl", "byla", "est", "dlya", "uzhas", "uzhasno", "uzhasnoe",
		"uzhasny", "uzhasnyy", "uzhasnyi", "spasibo", "horosho", "khorosho", "horoshiy", "horoshii", "horoshaya", "ploho", "plokho", "plohoy",
		"plohoi", "plohaya", "otlichno", "otlichnyy", "otlichnyi", "otlichny", "otlichnaya", "otlichnoe", "rekomenduyu", "rekomenduju",
		"sovetuyu", "kuryer", "kurier", "dostavka", "dostavili", "zakaz", "zakazal", "zakazala", "dengi", "nikogda", "bolshe", "kachestvo",
		"obsluzhivanie", "prilozhenie", "rabotaet", "magazin", "vkusno", "bystro", "dolgo", "dorogo", "deshevo", "uzhe", "takoy",
		"menya", "mne", "tolko", "prosto", "voobshche", "voobsche", "nichego", "normalno", "super", "obman", "moshenniki", "kompaniya",
		"servis", "ya", "i", "na", "s", "u", "vy", "oni", "ego", "ih", "po", "za", "ot":
		return w != "i" && w != "s" && w != "u" && w != "super" && w != "na"
	}
	return false
}

// russianLetter returns the Russian letter that the Latin ones at the start of
// s stand for, and how many bytes those are; zero for no letter.
func russianLetter(s string) (rune, int) {
	var low [4]byte
	n := min(len(s), len(low))
	for i := range n {
		low[i] = s[i] | 0x20
	}
	for size := n; size > 1; size-- {
		if r := russianCluster(string(low[:size])); r != 0 {
			return r, size
		}
	}
	const from, to = "abcdefghijklmnopqrstuvwxyz", "абцдефгхижклмнопкрстуввкйз"
	if n == 0 || low[0] < 'a' || low[0] > 'z' || s[0] < 'A' {
		return 0, 0
	}
	return []rune(to)[low[0]-from[0]], 1
}

func russianCluster(s string) rune {
	switch s {
	case "shch":
		return 'щ'
	case "sch":
		return 'щ'
	case "zh":
		return 'ж'
	case "kh":
		return 'х'
	case "ts", "tz":
		return 'ц'
	case "ch":
		return 'ч'
	case "sh":
		return 'ш'
	case "yu", "ju":
		return 'ю'
	case "ya", "ja":
		return 'я'
	case "yo", "jo", "ye":
		return 'е'
	}
	return 0
}

// givesOrders reports whether a review talks to a language model rather than
// to people.
func givesOrders(s string) bool {
	s = strings.ToLower(s)
	for _, sign := range [...]string{
		"ignore previous", "ignore all", "ignore the above", "disregard previous", "previous instructions", "system prompt",
		"you are a", "as an ai", "respond with", "answer with", "\"tone\"", "<|", "[inst]",
		"игнорируй", "забудь инструкц", "предыдущие инструкц", "системный промпт", "ты — ассистент", "ответь json", "верни json", "нейросеть, ",
	} {
		if strings.Contains(s, sign) {
			return true
		}
	}
	return false
}
