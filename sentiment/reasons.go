package sentiment

import (
	"cmp"
	"slices"

	"otklik/mention"
)

// mostReasons is how many reasons a verdict carries; longestReason is how many
// words one may have.
const (
	mostReasons   = 5
	longestReason = 5
)

// reasons returns the words and phrases that spoke most for class k, at most
// five, strongest first. A word that the lexicon counts to the other side is
// never among them, whatever weight it has got.
func (h *half) reasons(d *desk, lex *lexicon, m *mention.Mention, k int) []mention.Reason {
	d.weights = h.contributions(d, k)
	spans := d.spans[:0]
	var top float32
	for i := range d.text.tokens {
		if !d.text.tokens[i].canSpeak(k) || d.weights[i] <= 0 {
			continue
		}
		s := d.span(i, k)
		top = max(top, s.weight)
		if n := len(spans); n > 0 && spans[n-1].meets(s) && sameField(&d.text, spans[n-1].last, s.last) {
			spans[n-1].first = min(spans[n-1].first, s.first)
			spans[n-1].last = s.last
			spans[n-1].weight += s.weight
			continue
		}
		spans = append(spans, s)
	}
	d.spans = spans
	slices.SortStableFunc(spans, func(a, b span) int { return cmp.Compare(b.weight, a.weight) })
	out := make([]mention.Reason, 0, mostReasons)
	for _, s := range spans {
		if len(out) == mostReasons || s.weight < top/6 {
			break
		}
		if !d.text.trim(lex, &s) {
			continue
		}
		if r, ok := d.text.reason(m, s); ok {
			out = append(out, r)
		}
	}
	return out
}

// span is a run of tokens that speak together.
type span struct {
	first, last int
	weight      float32
}

// meets reports whether o goes on where s ends and both make one phrase.
func (s span) meets(o span) bool {
	return s.last >= o.first-1 && o.last-s.first < longestReason
}

// span returns the token i with the phrase that it ends, or with the negation
// that it stands under.
func (d *desk) span(i, k int) span {
	s := span{i, i, d.weights[i]}
	if n := int(d.text.tokens[i].phrase); n > 0 {
		s.first -= n - 1
	} else if d.text.tokens[i].negated {
		for j := i - 1; j >= 0 && j >= i-negationReach && d.text.tokens[j].kind == word; j-- {
			if d.text.tokens[j].role == negator {
				s.first = j
				break
			}
		}
	}
	return s
}

func sameField(t *text, i, j int) bool { return t.tokens[i].field == t.tokens[j].field }

// contributions returns, for each token, how much it spoke for class k rather
// than for the average of the other two.
func (h *half) contributions(d *desk, k int) []float32 {
	out := slices.Grow(d.weights[:0], len(d.text.tokens))[:len(d.text.tokens)]
	clear(out)
	d.shares = h.shares(&d.bag, k, d.shares[:0])
	for _, x := range d.bag.hits {
		switch {
		case x.first < 0:
		case x.first == x.last:
			sum := out[x.first]
			for _, f := range d.bag.of[x.at:x.end] {
				sum += d.shares[f]
				sum += d.shares[f]
			}
			out[x.first] = sum
		default:
			w := d.shares[d.bag.of[x.at]]
			out[x.first] += w
			out[x.last] += w
		}
	}
	return out
}

// shares appends to out, for each feature of b, half of what it says for class
// k each time it occurs: it comes from one token twice, or from two.
func (h *half) shares(b *bag, k int, out []float32) []float32 {
	out = slices.Grow(out, len(b.features))
	wide := b.says
	for i := range b.features {
		f := &b.features[i]
		var x, y, z float32
		if f.group == chars {
			x, y, z = h.common(&f.row)
		} else {
			says := &wide[0]
			x, y, z = says[0], says[1], says[2]
			wide = wide[1:]
		}
		mine := x
		switch k {
		case 1:
			mine = y
		case 2:
			mine = z
		}
		w := 1.5*mine - 0.5*(x+y+z)
		out = append(out, f.value*(w/float32(f.count))/2)
	}
	return out
}

// canSpeak reports whether the token may be given as a reason for class k.
func (tok *token) canSpeak(k int) bool {
	if tok.muted || tok.kind != word && tok.kind != emoji && tok.kind != mark {
		return false
	}
	v := tok.polarity()
	switch k {
	case 0:
		return v <= 0 && (tok.lex <= 0 || tok.negated)
	case 2:
		return v >= 0 && (tok.lex >= 0 || tok.negated) && tok.role != negator
	}
	return v == 0 && tok.kind == word
}

// fillers are words that say nothing at the border of a reason: "of my life" is
// told as "life", and "of the" not at all.
const fillers = `
a an the of in on at to for from by with as and or so than then there here i me my we us our you your he she him her his
it its they them their this that these those is are was were be been am i'm it's
в во на с со к ко по за из от до у о об при для под над и а или что как это эта этот эти то та тот те так там тут
я мне меня мой моя мое мои мы нам нас наш наша вы вам вас ваш ваша он она оно они его ее их им ей ему
был была было были есть бы же ли`

// isFiller reports whether the token is one and stands in no phrase of the span.
func (t *text) isFiller(lex *lexicon, i int, s span) bool {
	tok := &t.tokens[i]
	if tok.kind == stop {
		return true
	}
	if tok.kind != word || tok.lex != 0 || !lex.fillers[tok.hash] {
		return false
	}
	for j := i; j <= s.last; j++ {
		if n := int(t.tokens[j].phrase); n > 1 && j-n < i {
			return false
		}
	}
	return true
}

// trim takes the fillers off the borders of the span, and reports whether
// something is left.
func (t *text) trim(lex *lexicon, s *span) bool {
	for s.first <= s.last && t.isFiller(lex, s.last, *s) {
		s.last--
	}
	for s.first <= s.last && t.isFiller(lex, s.first, *s) {
		s.first++
	}
	return s.first <= s.last
}

// shortest is the number of runes below which a word says nothing by itself.
const shortest = 3

// reason maps the span back to the author's own bytes. It refuses words that
// nobody wrote, and lone short words.
func (t *text) reason(m *mention.Mention, s span) (mention.Reason, bool) {
	a, b := &t.tokens[s.first], &t.tokens[s.last]
	if a.field != b.field {
		a = b
	}
	field := fields[b.field]
	if field == "" || s.first == s.last && b.kind == word && b.to-b.from < shortest && b.lex == 0 {
		return mention.Reason{}, false
	}
	source := fieldText(m, field)
	return mention.Reason{
		Text: source[a.start:b.end], Field: field, Start: int(a.start), End: int(b.end), Weight: float64(s.weight),
	}, true
}

func fieldText(m *mention.Mention, f mention.Field) string {
	switch f {
	case mention.InTitle:
		return m.Title
	case mention.InPros:
		return m.Pros
	case mention.InCons:
		return m.Cons
	}
	return m.Text
}
