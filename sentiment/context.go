package sentiment

// How far a negation reaches, in words, when nothing stops it earlier.
const negationReach = 3

// mark walks the tokens once and notes what the lexicon, a negation and the
// parts of a review say about each.
func (t *text) mark(lex *lexicon) {
	t.findForms(lex)
	left, sec := 0, body
	var in passage
	for i := range t.tokens {
		tok := &t.tokens[i]
		switch tok.kind {
		case stop:
			left = 0
			continue
		case word, number, emoji:
		default:
			continue
		}
		w := t.runes[tok.from:tok.to]
		if s, ok := t.heading(i); ok {
			sec = s
		}
		tok.section = sec
		f := &t.forms[tok.form]
		tok.lex, tok.role = f.lex, f.role
		inside := in.step(t, lex.phrases, i)
		if tok.masked && tok.lex == 0 {
			tok.lex = -2 // nobody masks a kind word
		}
		if tok.kind != word {
			continue
		}
		if tok.role == plain && !inside && isContraction(w) {
			tok.role = negator
		}
		switch {
		case tok.role == negator:
			left = negationReach
		case tok.role == turner:
			left = 0
		case left > 0:
			tok.negated = true
			if tok.role != booster && tok.role != softener {
				left--
			}
		}
	}
}

// passage is a phrase that is walked through: the tokens before end.
type passage struct {
	phrase
	end int
}

// step reports whether the token i, whose own entry in the lexicon is known,
// stands in a phrase. The phrase's last word carries its polarity; the others
// lose theirs, and do nothing to their neighbours.
func (p *passage) step(t *text, book *phraseBook, i int) bool {
	tok := &t.tokens[i]
	if i >= p.end {
		n := 0
		if t.forms[tok.form].begins {
			p.phrase, n = book.find(t, i)
		}
		if n == 1 && (tok.lex != 0 || tok.role != plain) {
			n = 0 // the lexicon knows this very word
		}
		p.end = i + n
	}
	if i >= p.end {
		return false
	}
	tok.lex, tok.role = 0, plain
	tok.bad = p.words > 1 && p.value < 0
	if i == p.end-1 {
		tok.lex, tok.phrase = p.value, p.words
	}
	return true
}

// isContraction reports whether w ends in n't.
func isContraction(w []rune) bool {
	n := len(w)
	return n > 3 && w[n-1] == 't' && w[n-2] == '\'' && w[n-3] == 'n'
}

// heading reports whether the token opens a part of a review: "Достоинства:".
func (t *text) heading(i int) (section, bool) {
	if i+1 >= len(t.tokens) || t.tokens[i+1].kind != stop || t.runes[t.tokens[i+1].from] != ':' {
		return body, false
	}
	switch string(t.runes[t.tokens[i].from:t.tokens[i].to]) {
	case "достоинства", "плюсы", "преимущества", "pros", "advantages":
		return pros, true
	case "недостатки", "минусы", "cons", "disadvantages":
		return cons, true
	case "отзыв", "комментарий", "итог", "вывод", "review", "comment", "summary":
		return body, true
	}
	return body, false
}
