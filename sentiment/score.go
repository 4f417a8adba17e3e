package sentiment

import "math"

// unpacked is the weight, from -1 to 1, that a stored byte stands for.
var unpacked = func() (out [256]float32) {
	for i := range out {
		v := float32(int8(uint8(i))) / 127
		out[i] = v * max(v, -v)
	}
	return out
}()

// judge returns what the model makes of the text on d, already scanned.
func (h *half) judge(m *Model, d *desk) probs {
	d.text.mark(m.lex)
	return h.weigh(d)
}

// weigh scores the marked text on d without its muted tokens.
func (h *half) weigh(d *desk) probs {
	d.hits = d.text.features(d.hits[:0])
	d.bag.fill(d.hits)
	h.measure(&d.bag)
	d.gates = h.gates(&d.bag, d.gates[:0])
	return h.score(&d.bag, d.gates)
}

// measure sets the values of the bag's features, each group scaled to its
// length.
func (h *half) measure(b *bag) {
	var sq [groups]float32
	for i := range b.features {
		f := &b.features[i]
		f.value = f.strength(h.table[f.hash>>h.shift].idf)
		sq[f.group] += f.value * f.value
	}
	n := norms(sq)
	for i := range b.features {
		f := &b.features[i]
		f.value *= n[f.group]
	}
}

// gates appends to out how far the text is like each source's.
func (h *half) gates(b *bag, out probsOf) probsOf {
	n := len(h.sources)
	for range n {
		out = append(out, 0)
	}
	for i := range b.features {
		f := &b.features[i]
		if f.group == chars {
			continue
		}
		at := int(f.hash>>gateShift) * n
		for d, w := range h.gate[at : at+n] {
			out[d] += f.value * unpacked[uint8(w)]
		}
	}
	for d := range out {
		out[d] *= h.gateScale
	}
	out.softmax()
	return out
}

// caution is added to the score of negative: a missed complaint is a worse
// error than a false alarm.
const caution = 0.25

// faint is the share below which an expert is not asked.
const faint = 0.02

// score sums the weights of the bag's features.
func (h *half) score(b *bag, gates probsOf) probs {
	var p probs
	for i := range b.features {
		f := &b.features[i]
		r, v := &h.table[f.hash>>h.shift], f.value
		p[0] += v * unpacked[uint8(r.w[0])]
		p[1] += v * unpacked[uint8(r.w[1])]
		p[2] += v * unpacked[uint8(r.w[2])]
	}
	e := h.expertScores(b, gates)
	for k := range p {
		p[k] = p[k]*h.scale[k] + e[k]
	}
	p.softmax()
	return p
}

// expertScores sums what the experts say, each as far as its gate is open,
// with the caution.
func (h *half) expertScores(b *bag, gates probsOf) probs {
	var e probs
	n := len(h.sources)
	for i := range b.features {
		f := &b.features[i]
		if f.group == chars {
			continue
		}
		at := int(f.hash>>expertShift) * n * 3
		for _, g := range gates {
			if g >= faint {
				w, v := h.experts[at:at+3:at+3], f.value*g
				e[0] += v * unpacked[uint8(w[0])]
				e[1] += v * unpacked[uint8(w[1])]
				e[2] += v * unpacked[uint8(w[2])]
			}
			at += 3
		}
	}
	for k := range e {
		e[k] *= h.expertScale
	}
	e[0] += caution
	return e
}

// weight returns what one feature says for class k, as score would count it.
func (h *half) weight(f *feature, gates probsOf, k int) float32 {
	w := unpacked[uint8(h.table[f.hash>>h.shift].w[k])] * h.scale[k]
	if f.group == chars {
		return w
	}
	at := int(f.hash>>expertShift) * len(h.sources) * 3
	for d, g := range gates {
		if g >= faint {
			w += g * unpacked[uint8(h.experts[at+3*d+k])] * h.expertScale
		}
	}
	return w
}

// probs is a probability for negative, neutral and positive.
type probs [3]float32

func (p probs) best() int {
	b := 0
	for k := 1; k < len(p); k++ {
		if p[k] > p[b] {
			b = k
		}
	}
	return b
}

func (p *probs) softmax() { probsOf(p[:]).softmax() }

// probsOf is a probability for each of any number of things.
type probsOf []float32

// softmax turns scores into probabilities, in place.
func (p probsOf) softmax() {
	if len(p) == 0 {
		return
	}
	top := p[0]
	for _, v := range p {
		top = max(top, v)
	}
	var sum float32
	for k, v := range p {
		p[k] = float32(math.Exp(float64(v - top)))
		sum += p[k]
	}
	for k := range p {
		p[k] /= sum
	}
}
