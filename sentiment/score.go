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
			out[d] += f.value * unpacked[w]
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
const caution = 0.27

// faint is the share below which an expert is not asked.
const faint = 0.02

// score sums what the bag's features say for each class, and leaves it with
// them for the reasons.
func (h *half) score(b *bag, gates probsOf) probs {
	var p probs
	n := len(h.sources)
	for i := range b.features {
		f := &b.features[i]
		f.says = h.common(f.hash)
		if f.group != chars {
			at := int(f.hash>>expertShift) * n * 3
			for _, g := range gates {
				if g >= faint {
					w, g := h.experts[at:at+3:at+3], g*h.expertScale
					f.says[0] += g * unpacked[w[0]]
					f.says[1] += g * unpacked[w[1]]
					f.says[2] += g * unpacked[w[2]]
				}
				at += 3
			}
		}
		p[0] += f.value * f.says[0]
		p[1] += f.value * f.says[1]
		p[2] += f.value * f.says[2]
	}
	p[0] += caution
	p.softmax()
	return p
}

// common returns the common weights of a feature.
func (h *half) common(hash uint32) [3]float32 {
	w := &h.table[hash>>h.shift].w
	return [3]float32{
		h.scale[0] * unpacked[uint8(w[0])], h.scale[1] * unpacked[uint8(w[1])], h.scale[2] * unpacked[uint8(w[2])],
	}
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
