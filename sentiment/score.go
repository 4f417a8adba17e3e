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
	table, shift := h.table, h.shift
	for i := range b.features { // alone, so that the processor waits for many rows at once
		f := &b.features[i]
		f.row = table[f.hash>>shift]
	}
	var sq [groups]float32
	for i := range b.features {
		f := &b.features[i]
		f.value = f.strength(f.row.idf)
		sq[f.group] += f.value * f.value
	}
	n := norms(sq)
	for i := range b.features {
		f := &b.features[i]
		f.value *= n[f.group]
	}
}

// gates appends to out how far the text is like each source's, and last, how
// far it is like none. It brings what the experts say of it into the bag.
func (h *half) gates(b *bag, out probsOf) probsOf {
	width := 3 * len(h.sources)
	n := len(h.sources) + 1
	b.gates, b.experts = b.gates[:0], b.experts[:0]
	for _, i := range b.wide { // alone, as in measure
		hash := b.features[i].hash
		at := int(hash>>gateShift) * n
		b.gates = append(b.gates, h.gate[at:at+n]...)
		at = int(hash>>expertShift) * width
		b.experts = append(b.experts, h.experts[at:at+width]...)
	}
	for range n {
		out = append(out, 0)
	}
	weights := b.gates
	for _, i := range b.wide {
		value, row := b.features[i].value, weights[:len(out)]
		for d, w := range row {
			out[d] += value * unpacked[w]
		}
		weights = weights[n:]
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
	var p probs
	for i := range b.features {
		f := &b.features[i]
		f.says = h.common(f.row)
	}
	h.ask(b, gates)
	for i := range b.features {
		f := &b.features[i]
		p[0] += f.value * f.says[0]
		p[1] += f.value * f.says[1]
		p[2] += f.value * f.says[2]
	}
	p[0] += sumOf(gates, h.lean)
	p[1] += sumOf(gates, h.calm)
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

// common returns the common weights of a feature.
func (h *half) common(r row) [3]float32 {
	return [3]float32{
		h.scale[0] * unpacked[uint8(r.w[0])], h.scale[1] * unpacked[uint8(r.w[1])], h.scale[2] * unpacked[uint8(r.w[2])],
	}
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

// ask adds what the experts say of the wide features to what the model says.
func (h *half) ask(b *bag, gates probsOf) {
	width := 3 * len(h.sources)
	var room [16]expert
	asked := h.asked(gates[:len(h.sources)], room[:0])
	weights := b.experts
	for _, i := range b.wide {
		says := &b.features[i].says
		for _, e := range asked {
			w := weights[e.at : e.at+3 : e.at+3]
			says[0] += e.weight * unpacked[w[0]]
			says[1] += e.weight * unpacked[w[1]]
			says[2] += e.weight * unpacked[w[2]]
		}
		weights = weights[width:]
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
