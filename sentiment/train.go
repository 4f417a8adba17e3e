package sentiment

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sort"

	"otklik/mention"
)

// Options steer Train. The zero value trains the shipped model.
type Options struct {
	// Leave names data sets that are not trained on.
	Leave []string
	// Seed orders the examples; the same rows, options and seed give the same
	// model bytes. Zero is a seed like any other.
	Seed uint64
	// Dev holds rows that calibrate the confidence; without them a tenth of
	// the rows, chosen by their order, is used.
	Dev []Row
}

// Report says what Train worked on.
type Report struct {
	Rows     int            `json:"rows"`
	Datasets map[string]int `json:"datasets"` // rows trained on, by data set
	Left     []string       `json:"left,omitempty"`
}

// The constants of the learner, chosen on the dev rows and by leaving one data
// set out at a time; docs/tone.md has the figures.
const (
	tableBits     = 18
	passes        = 10
	firstStep     = 0.5
	strength      = 8   // inverse of the L2 penalty, as C elsewhere
	classBalance  = 0.7 // 0: classes as they come, 1: classes of a data set weigh the same
	sourceBalance = 0.5 // 0: data sets as large as they are, 1: all weigh the same
)

// ErrNoRows is reported when there is nothing to learn from.
var ErrNoRows = errors.New("no rows to train on")

// example is a text made ready for the learner.
type example struct {
	index  []uint32
	value  []float32
	class  int
	weight float32
}

var classes = [3]mention.Tone{mention.Negative, mention.Neutral, mention.Positive}

func classOf(t mention.Tone) int {
	for k, c := range classes {
		if c == t {
			return k
		}
	}
	return 1
}

// Train makes a model from rows: one for each language that has some.
func Train(rows []Row, opt Options) (*Model, Report, error) {
	rep := Report{Datasets: map[string]int{}, Left: opt.Leave}
	kept := without(rows, opt.Leave)
	if len(kept) == 0 {
		return nil, rep, ErrNoRows
	}
	for _, r := range kept {
		rep.Rows++
		rep.Datasets[r.Dataset]++
	}
	dev := without(opt.Dev, opt.Leave)
	m, err := newModel(nil, "")
	if err != nil {
		return nil, rep, err
	}
	for _, lang := range []string{"ru", "en"} {
		own := ofLang(kept, lang)
		if len(own) == 0 {
			continue
		}
		h := learn(m, lang, own, opt.Seed)
		h.curve = calibrate(m, h, ofLang(dev, lang))
		m.langs = append(m.langs, h)
	}
	final, err := parseModel(m.bytes())
	if err != nil {
		return nil, rep, fmt.Errorf("check the new model: %w", err)
	}
	return final, rep, nil
}

func without(rows []Row, leave []string) []Row {
	if len(leave) == 0 {
		return rows
	}
	out := make([]Row, 0, len(rows))
next:
	for _, r := range rows {
		for _, l := range leave {
			if r.Dataset == l {
				continue next
			}
		}
		out = append(out, r)
	}
	return out
}

func ofLang(rows []Row, lang string) []Row {
	out := make([]Row, 0, len(rows))
	for _, r := range rows {
		if r.Lang == lang {
			out = append(out, r)
		}
	}
	return out
}

// learn fits one language.
func learn(m *Model, lang string, rows []Row, seed uint64) *half {
	h := &half{lang: lang, shift: 32 - tableBits, table: make([]row, 1<<tableBits)}
	d := new(desk)
	frequency := make([]int32, len(h.table))
	bags := make([][]feature, len(rows))
	for i, r := range rows {
		d.text.scan(r.Text)
		d.text.mark(m.lex)
		d.hits = d.text.hits(d.hits[:0])
		d.bag.fill(d.hits)
		bags[i] = append([]feature(nil), d.bag.features...)
		for _, f := range bags[i] {
			frequency[f.hash>>h.shift]++
		}
	}
	for i, n := range frequency {
		h.table[i].idf = rarity(int(n), len(rows))
	}
	examples := make([]example, len(rows))
	weights := balance(rows)
	for i := range rows {
		examples[i] = h.example(bags[i])
		examples[i].class = classOf(rows[i].Tone)
		examples[i].weight = weights[i]
		bags[i] = nil
	}
	h.quantise(fit(examples, len(h.table), seed))
	return h
}

// rarity is the inverse document frequency in sixteenths.
func rarity(n, rows int) uint8 {
	v := math.Log(float64(rows+1)/float64(n+1)) + 1
	return uint8(min(255, math.Round(16*v)))
}

func (h *half) example(fs []feature) example {
	e := example{index: make([]uint32, len(fs)), value: make([]float32, len(fs))}
	var sq [groups]float32
	for i := range fs {
		e.index[i] = fs[i].hash >> h.shift
		v := fs[i].value(h.table[e.index[i]].idf)
		e.value[i] = v
		sq[fs[i].group] += v * v
	}
	n := norms(sq)
	for i := range fs {
		e.value[i] *= n[fs[i].group]
	}
	return e
}

// balance returns the weights of rows: large data sets and frequent classes
// within a data set count less, so that one source's habits do not become the
// model's. The mean weight is one.
func balance(rows []Row) []float32 {
	count := map[string]*[3]float64{}
	for _, r := range rows {
		if count[r.Dataset] == nil {
			count[r.Dataset] = new([3]float64)
		}
		count[r.Dataset][classOf(r.Tone)]++
	}
	out := make([]float32, len(rows))
	var sum float64
	for i, r := range rows {
		c := count[r.Dataset]
		all := c[0] + c[1] + c[2]
		w := math.Pow(all/(3*c[classOf(r.Tone)]), classBalance) *
			math.Pow(float64(len(rows))/(float64(len(count))*all), sourceBalance)
		out[i] = float32(w)
		sum += w
	}
	for i := range out {
		out[i] *= float32(float64(len(rows)) / sum)
	}
	return out
}

// fit runs weighted multinomial logistic regression by stochastic gradient
// descent with a falling step. The L2 penalty is kept in one common scale.
func fit(examples []example, size int, seed uint64) [][3]float32 {
	w := make([][3]float32, size)
	order := make([]int, len(examples))
	for i := range order {
		order[i] = i
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	lambda := 1 / (strength * float64(len(examples)))
	scale, step, total := 1.0, 0.0, float64(passes*len(examples))
	for range passes {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			e := &examples[i]
			rate := firstStep * (1 - step/total)
			step++
			p := e.predict(w, float32(scale))
			p[e.class]--
			scale *= 1 - rate*lambda
			f := -float32(rate/scale) * e.weight
			for k, j := range e.index {
				v := e.value[k] * f
				w[j][0] += v * p[0]
				w[j][1] += v * p[1]
				w[j][2] += v * p[2]
			}
		}
	}
	for i := range w {
		for k := range w[i] {
			w[i][k] *= float32(scale)
		}
	}
	return w
}

func (e *example) predict(w [][3]float32, scale float32) probs {
	var p probs
	for k, j := range e.index {
		v, r := e.value[k], &w[j]
		p[0] += v * r[0]
		p[1] += v * r[1]
		p[2] += v * r[2]
	}
	for k := range p {
		p[k] *= scale
	}
	p.softmax()
	return p
}

// quantise stores w in a byte each. The few largest weights are clipped, so
// that the many small ones keep their differences.
func (h *half) quantise(w [][3]float32) {
	for k := range h.scale {
		abs := make([]float64, 0, len(w))
		for i := range w {
			if w[i][k] != 0 {
				abs = append(abs, math.Abs(float64(w[i][k])))
			}
		}
		sort.Float64s(abs)
		top := 1.0
		if len(abs) > 0 {
			top = abs[len(abs)-1-len(abs)/5000]
		}
		h.scale[k] = float32(top / 127)
		for i := range w {
			v := math.Round(float64(w[i][k]) * 127 / top)
			h.table[i].w[k] = int8(max(-127, min(127, v)))
		}
	}
}
