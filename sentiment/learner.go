package sentiment

import (
	"math"
	"math/rand/v2"
)

// The constants of the descents. A descent's step falls to nothing on a
// straight line.
const (
	commonStep     = 0.3
	commonStrength = 1 // inverse of the L2 penalty, as C elsewhere; small, for the sake of texts from elsewhere
	expertPasses   = 6
	expertStep     = 0.5
	expertStrength = 20
	gatePasses     = 4 // the gate is easy and only grows too sure of itself
	gateStep       = 0.5
	descents       = 3 // to the common weights and to the experts'
)

// example is a text made ready for the learner. The features before wide are
// those that the experts and the gate see too.
type example struct {
	hash   []uint32
	value  []float32
	wide   int
	class  int
	source int
	weight float32
	fixed  probs // the part of the scores that a descent leaves alone
}

// example scales the features of one text.
func (h *half) example(fs []feature) example {
	b := bag{features: fs}
	h.measure(&b)
	e := example{hash: make([]uint32, 0, len(fs)), value: make([]float32, 0, len(fs))}
	for _, wide := range []bool{true, false} {
		for i := range fs {
			if (fs[i].group != chars) == wide {
				e.hash = append(e.hash, fs[i].hash)
				e.value = append(e.value, fs[i].value)
			}
		}
		if wide {
			e.wide = len(e.hash)
		}
	}
	return e
}

// learner holds the weights while they are learned, in two descents of
// multinomial logistic regression: first the common weights from all texts,
// as if there were no experts, so that they are at their best for a text that
// is like none of the sources; then the experts, each from its own source's
// texts, on what the common weights leave unexplained. The gate comes last.
type learner struct {
	passes  int // of a descent to the common weights
	rng     *rand.Rand
	common  layer
	experts layer
	gate    []float32 // by gate row and source, one more for what is like none
	gates   probsOf   // working memory, one for each column of the gate
}

// layer is a table of weights under descent. The L2 penalty is kept in one
// scale for all.
type layer struct {
	weights [][3]float32
	shift   uint32 // from a hash to its row
	sources int    // weights of a row, one for each source; zero: one for all
	scale   float32
}

func newLearner(h *half, seed uint64) *learner {
	n := len(h.sources)
	return &learner{
		passes:  habitsOf(h.lang).passes,
		rng:     rand.New(rand.NewPCG(seed, 0)),
		common:  layer{weights: make([][3]float32, len(h.table)), shift: h.shift, scale: 1},
		experts: layer{weights: make([][3]float32, n<<expertBits), shift: expertShift, sources: n, scale: 1},
		gate:    make([]float32, (n+1)<<gateBits), gates: make(probsOf, n+1),
	}
}

// run makes the descents over the examples.
func (l *learner) run(examples []example) {
	n := float32(len(examples))
	l.common.average(func() {
		l.each(examples, l.passes, commonStep, func(e *example, rate float32) {
			l.common.learn(e, rate, 1/(commonStrength*n))
		})
	})
	for i := range examples {
		e := &examples[i]
		e.fixed = l.common.scores(e)
	}
	l.experts.average(func() {
		l.each(examples, expertPasses, expertStep, func(e *example, rate float32) {
			if e.source < l.experts.sources {
				l.experts.learn(e, rate, 1/(expertStrength*n))
			}
		})
	})
	l.each(examples, gatePasses, gateStep, l.learnSource)
}

// average makes descents from nothing, each through the examples in orders of
// its own, and keeps the mean of their weights: what one order brings by chance
// goes.
func (y *layer) average(descend func()) {
	mean := make([][3]float32, len(y.weights))
	for range descents {
		clear(y.weights)
		y.scale = 1
		descend()
		part := y.scale / descents
		for i, w := range y.weights {
			for k, v := range w {
				mean[i][k] += v * part
			}
		}
	}
	y.weights, y.scale = mean, 1
}

// each calls step with the examples in a new order each pass and a rate that
// falls from first to nothing.
func (l *learner) each(examples []example, passes int, first float32, step func(e *example, rate float32)) {
	order := make([]int, len(examples))
	for i := range order {
		order[i] = i
	}
	done, total := 0, passes*len(examples)
	for range passes {
		l.rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			step(&examples[i], first*(1-float32(done)/float32(total)))
			done++
		}
	}
}

// row returns the weights that the layer has for a feature of e.
func (y *layer) row(e *example, hash uint32) *[3]float32 {
	if y.sources == 0 {
		return &y.weights[hash>>y.shift]
	}
	return &y.weights[int(hash>>y.shift)*y.sources+e.source]
}

// seen returns how many features of e the layer looks at.
func (y *layer) seen(e *example) int {
	if y.sources == 0 {
		return len(e.hash)
	}
	return e.wide
}

// scores returns what is fixed for e and what the layer adds.
func (y *layer) scores(e *example) probs {
	var p probs
	for k, h := range e.hash[:y.seen(e)] {
		v, w := e.value[k], y.row(e, h)
		p[0] += v * w[0]
		p[1] += v * w[1]
		p[2] += v * w[2]
	}
	for k := range p {
		p[k] = e.fixed[k] + p[k]*y.scale
	}
	return p
}

// learn takes one step towards the class of e.
func (y *layer) learn(e *example, rate, lambda float32) {
	p := y.scores(e)
	p.softmax()
	p[e.class]--
	y.scale *= 1 - rate*lambda
	f := -rate / y.scale * e.weight
	p[0], p[1], p[2] = p[0]*f, p[1]*f, p[2]*f
	for k, h := range e.hash[:y.seen(e)] {
		v, w := e.value[k], y.row(e, h)
		w[0] += v * p[0]
		w[1] += v * p[1]
		w[2] += v * p[2]
	}
}

// learnSource takes one step of the gate towards the source of e.
func (l *learner) learnSource(e *example, rate float32) {
	g, n := l.gates, len(l.gates)
	clear(g)
	for k, h := range e.hash[:e.wide] {
		at := int(h>>gateShift) * n
		for d, w := range l.gate[at : at+n] {
			g[d] += e.value[k] * w
		}
	}
	g.softmax()
	g[e.source]--
	for k, h := range e.hash[:e.wide] {
		at := int(h>>gateShift) * n
		v := -rate * e.value[k]
		w := l.gate[at : at+n]
		for d := range w {
			w[d] += v * g[d]
		}
	}
}

// quantise stores the weights in h, a byte each.
func (l *learner) quantise(h *half) {
	common, experts := l.common.weights, l.experts.weights
	for k := range h.scale {
		top := topOf(len(common), func(i int) float32 { return common[i][k] })
		h.scale[k] = l.common.scale * top
		for i := range common {
			h.table[i].w[k] = toByte(common[i][k], top)
		}
	}
	top := topOf(3*len(experts), func(i int) float32 { return experts[i/3][i%3] })
	h.expertScale = l.experts.scale * top
	h.experts = make([]uint8, 3*len(experts))
	for i := range h.experts {
		h.experts[i] = uint8(toByte(experts[i/3][i%3], top))
	}
	h.gateScale = topOf(len(l.gate), func(i int) float32 { return l.gate[i] })
	h.gate = make([]uint8, len(l.gate))
	for i := range h.gate {
		h.gate[i] = uint8(toByte(l.gate[i], h.gateScale))
	}
}

// topOf returns the largest weight, which becomes 127.
func topOf(n int, at func(int) float32) float32 {
	top := float32(1e-9)
	for i := range n {
		v := at(i)
		top = max(top, v, -v)
	}
	return top
}

// toByte stores the root of v: the few large weights keep their size and the
// many small ones their differences. unpacked is its inverse.
func toByte(v, top float32) int8 {
	r := math.Round(127 * math.Sqrt(math.Abs(float64(v/top))))
	return int8(math.Copysign(min(r, 127), float64(v)))
}
