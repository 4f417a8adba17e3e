package sentiment

import (
	"math"
	"slices"
)

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
	d.bag.fill(&d.text)
	h.measure(&d.bag)
	d.gates = h.gates(&d.bag, d.gates[:0])
	return h.score(&d.bag, d.gates)
}

// measure sets the rows and the values of the bag's features, each group scaled to
// its length.
func (h *half) measure(b *bag) {
	table, shift := h.table, h.shift
	for i := range b.features { // alone, so that the processor waits for many rows at once
		f := &b.features[i]
		f.row = table[f.hash>>shift]
	}
	var sq [groups]float32
	var ofChars float32 // apart, because most features are pieces of words
	for i := range b.features {
		f := &b.features[i]
		if f.group == chars && int(f.count) < len(countWeight) {
			v := float32(f.row.idf) / 16 * countWeight[f.count]
			f.value = v
			ofChars += v * v
			continue
		}
		f.value = f.strength()
		if f.group == chars {
			ofChars += f.value * f.value
		} else {
			sq[f.group] += f.value * f.value
		}
	}
	sq[chars] = ofChars
	n := norms(sq)
	for i := range b.features {
		f := &b.features[i]
		f.value *= n[f.group]
	}
}

// touch reads a byte of all that gate and experts know of the wide features, so
// that the processor waits for many rows at once and not for each in its turn.
func (h *half) touch(b *bag) {
	n, width := len(h.sources)+1, 3*len(h.sources)
	var sum uint8
	for _, i := range b.wide {
		hash := b.features[i].hash
		sum += h.gate[int(hash>>gateShift)*n]
		if width > 0 {
			at := int(hash>>expertShift) * width
			sum += h.experts[at] + h.experts[at+width-1]
		}
	}
	b.touched = sum
}

// gates appends to out how far the text is like each source's, and last, how
// far it is like none.
func (h *half) gates(b *bag, out probsOf) probsOf {
	n := len(h.sources) + 1
	h.touch(b)
	for range n {
		out = append(out, 0)
	}
	for _, i := range b.wide {
		f := &b.features[i]
		at := int(f.hash>>gateShift) * n
		for d, w := range h.gate[at : at+n : at+n] {
			out[d] += f.value * unpacked[w]
		}
	}
	for d := range out {
		out[d] *= h.gateScale
	}
	out.softmax()
	return out
}

// faint is the share below which an expert is not asked.
const faint = 0.02

// score sums what the bag's features say for each class, and leaves it with
// them for the reasons.
func (h *half) score(b *bag, gates probsOf) probs {
	h.ask(b, gates)
	var x, y, z float32 // not in an array, which the processor would keep in memory
	wide := b.says
	for i := range b.features {
		f := &b.features[i]
		if f.group == chars {
			u, v, w := h.common(&f.row)
			x, y, z = x+f.value*u, y+f.value*v, z+f.value*w
			continue
		}
		says := &wide[0]
		x, y, z = x+f.value*says[0], y+f.value*says[1], z+f.value*says[2]
		wide = wide[1:]
	}
	p := probs{x + sumOf(gates, h.lean), y + sumOf(gates, h.calm), z}
	p.softmax()
	return p
}

// sumOf is what is added to the score of a class for a text that the gate finds
// so much like each source.
func sumOf(gates probsOf, bySource []float32) float32 {
	var c float32
	for d, g := range gates {
		c += g * bySource[d]
	}
	return c
}

// common returns the common weights of a feature, by class.
func (h *half) common(r *row) (negative, neutral, positive float32) {
	return h.scale[0] * unpacked[uint8(r.w[0])], h.scale[1] * unpacked[uint8(r.w[1])], h.scale[2] * unpacked[uint8(r.w[2])]
}

// expert is one that is asked about a text.
type expert struct {
	at     int     // of its weights among those of a row
	weight float32 // what its word counts
}

// asked appends to out the experts to whose texts this one is like.
func (h *half) asked(gates probsOf, out []expert) []expert {
	for i, g := range gates {
		if g >= faint {
			out = append(out, expert{3 * i, g * h.expertScale})
		}
	}
	return out
}

// ask sets what the common weights and the experts say of the wide features.
func (h *half) ask(b *bag, gates probsOf) {
	width := 3 * len(h.sources)
	var room [16]expert
	asked := h.asked(gates[:len(h.sources)], room[:0])
	b.says = slices.Grow(b.says[:0], len(b.wide))[:len(b.wide)]
	for n, i := range b.wide {
		f := &b.features[i]
		x, y, z := h.common(&f.row)
		at := int(f.hash>>expertShift) * width
		weights := h.experts[at : at+width : at+width]
		for _, e := range asked {
			w := weights[e.at : e.at+3 : e.at+3]
			x += e.weight * unpacked[w[0]]
			y += e.weight * unpacked[w[1]]
			z += e.weight * unpacked[w[2]]
		}
		says := &b.says[n]
		says[0], says[1], says[2] = x, y, z
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
