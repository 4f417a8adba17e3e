package sentiment

import (
	"math"
	"math/rand/v2"
)

// The constants of the descent.
const (
	passes     = 10
	gatePasses = 5   // the gate is easy and only grows too sure of itself
	firstStep  = 0.5 // falls to nothing on a straight line
	strength   = 12  // inverse of the L2 penalty, as C elsewhere
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

// learner holds the weights while they are learned: multinomial logistic
// regression by stochastic gradient descent, the common weights and the
// expert of the text's own source added up, the gate beside them. The L2
// penalty is kept in one scale for all.
type learner struct {
	rng     *rand.Rand
	shift   uint32
	sources int
	common  [][3]float32
	experts [][3]float32 // by expert row and source
	gate    []float32    // by gate row and source
	scale   float32
	gates   probsOf // working memory
}

func newLearner(h *half, seed uint64) *learner {
	n := len(h.sources)
	return &learner{
		rng: rand.New(rand.NewPCG(seed, 0)), shift: h.shift, sources: n,
		common:  make([][3]float32, len(h.table)),
		experts: make([][3]float32, n<<expertBits),
		gate:    make([]float32, n<<gateBits),
		scale:   1, gates: make(probsOf, n),
	}
}

// run makes the passes over the examples.
func (l *learner) run(examples []example) {
	order := make([]int, len(examples))
	for i := range order {
		order[i] = i
	}
	lambda := 1 / (strength * float32(len(examples)))
	step, total := 0, passes*len(examples)
	for pass := range passes {
		l.rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			rate := firstStep * (1 - float32(step)/float32(total))
			step++
			l.learn(&examples[i], rate, lambda)
			if pass < gatePasses {
				l.learnSource(&examples[i], rate)
			}
		}
	}
}

// learn takes one step towards the class of e.
func (l *learner) learn(e *example, rate, lambda float32) {
	p := l.predict(e)
	p[e.class]--
	l.scale *= 1 - rate*lambda
	f := -rate / l.scale * e.weight
	p[0], p[1], p[2] = p[0]*f, p[1]*f, p[2]*f
	for k, h := range e.hash {
		v := e.value[k]
		w := &l.common[h>>l.shift]
		w[0] += v * p[0]
		w[1] += v * p[1]
		w[2] += v * p[2]
		if k < e.wide {
			w := &l.experts[int(h>>expertShift)*l.sources+e.source]
			w[0] += v * p[0]
			w[1] += v * p[1]
			w[2] += v * p[2]
		}
	}
}

func (l *learner) predict(e *example) probs {
	var p probs
	for k, h := range e.hash {
		v := e.value[k]
		w := &l.common[h>>l.shift]
		p[0] += v * w[0]
		p[1] += v * w[1]
		p[2] += v * w[2]
		if k < e.wide {
			w := &l.experts[int(h>>expertShift)*l.sources+e.source]
			p[0] += v * w[0]
			p[1] += v * w[1]
			p[2] += v * w[2]
		}
	}
	for k := range p {
		p[k] *= l.scale
	}
	p.softmax()
	return p
}

// learnSource takes one step of the gate towards the source of e.
func (l *learner) learnSource(e *example, rate float32) {
	g := l.gates
	clear(g)
	for k, h := range e.hash[:e.wide] {
		at := int(h>>gateShift) * l.sources
		for d, w := range l.gate[at : at+l.sources] {
			g[d] += e.value[k] * w
		}
	}
	g.softmax()
	g[e.source]--
	for k, h := range e.hash[:e.wide] {
		at := int(h>>gateShift) * l.sources
		v := -rate * e.value[k]
		w := l.gate[at : at+l.sources]
		for d := range w {
			w[d] += v * g[d]
		}
	}
}

// quantise stores the weights in h, a byte each.
func (l *learner) quantise(h *half) {
	l.quantiseCommon(h)
	top := topOf(3*len(l.experts), func(i int) float32 { return l.experts[i/3][i%3] })
	h.expertScale = l.scale * top
	h.experts = make([]uint8, 3*len(l.experts))
	for i := range h.experts {
		h.experts[i] = uint8(toByte(l.experts[i/3][i%3], top))
	}
	top = topOf(len(l.gate), func(i int) float32 { return l.gate[i] })
	h.gateScale = top
	h.gate = make([]uint8, len(l.gate))
	for i := range h.gate {
		h.gate[i] = uint8(toByte(l.gate[i], top))
	}
}

func (l *learner) quantiseCommon(h *half) {
	for k := range h.scale {
		top := topOf(len(l.common), func(i int) float32 { return l.common[i][k] })
		h.scale[k] = l.scale * top
		for i := range l.common {
			h.table[i].w[k] = toByte(l.common[i][k], top)
		}
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
