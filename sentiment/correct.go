package sentiment

import (
	"errors"
	"fmt"
	"math/rand/v2"
)

// ErrWorse is reported for a model that corrections would make worse.
var ErrWorse = errors.New("the new model is refused")

// Correction is a verdict that a person set right or confirmed, made a row:
// Tone is what the person said.
type Correction = Row

// CorrectionReport says what the corrections changed.
type CorrectionReport struct {
	Corrections  int       `json:"corrections"`
	RightBefore  int       `json:"right_before"`   // corrections that the base model has right
	RightAfter   int       `json:"right_after"`    // and the new one
	LostNegative []string  `json:"lost_negatives"` // texts of confirmed negatives that only the base model finds
	OwnBefore    OwnReport `json:"own_before"`
	OwnAfter     OwnReport `json:"own_after"`
}

// mostFall is how much a new model may lose on the program's own sets.
const mostFall = 0.005

// Descent on corrections: small steps from the base model's weights, so that
// ten corrections do not undo a hundred thousand texts.
const (
	correctionPasses = 14
	correctionStep   = 0.4
)

// TrainCorrections returns base changed by corrections. The changes are small
// steps from the base model's common weights; what the base model says of the
// program's own texts is held beside the corrections as a counterweight. The
// new model is refused with ErrWorse, and the report says why, when it loses a
// negative that a person confirmed and base finds, or falls by more than half
// a point on the program's own sets. The same corrections give the same bytes.
func TrainCorrections(base *Model, corrections []Correction) (*Model, CorrectionReport, error) {
	rep := CorrectionReport{Corrections: len(corrections)}
	if len(corrections) == 0 {
		return nil, rep, ErrNoRows
	}
	anchors, err := anchorRows(base)
	if err != nil {
		return nil, rep, err
	}
	langs := make([]*half, len(base.langs))
	for i, h := range base.langs {
		own := ofLang(corrections, h.lang)
		if len(own) == 0 {
			langs[i] = h
			continue
		}
		langs[i] = h.corrected(base, own, ofLang(anchors, h.lang))
	}
	next, err := newModel(langs, "")
	if err != nil {
		return nil, rep, err
	}
	if next.base, err = embeddedRoot(base); err != nil {
		return nil, rep, err
	}
	next.name = nameOf(next.bytes())
	if err := rep.compare(base, next, corrections); err != nil {
		return nil, rep, err
	}
	return next, rep, nil
}

// embeddedRoot returns the embedded model that m is or was made from, nil when
// m comes from elsewhere and its changes cannot be stored alone.
func embeddedRoot(m *Model) (*Model, error) {
	if m.base != nil {
		return m.base, nil
	}
	def, err := Default()
	if err != nil {
		return nil, err
	}
	if def.name != m.name {
		return nil, nil
	}
	return def, nil
}

// anchorRows are the program's own texts with the verdicts of base.
func anchorRows(base *Model) ([]Row, error) {
	texts, err := topicCases()
	if err != nil {
		return nil, err
	}
	sentences, err := aboutCases()
	if err != nil {
		return nil, err
	}
	for _, s := range sentences {
		texts = append(texts, topicCase{lang: s.lang, text: s.text})
	}
	d := new(desk)
	rows := make([]Row, len(texts))
	for i, c := range texts {
		d.text.scan(c.text)
		p := base.half(c.lang).judge(base, d)
		rows[i] = Row{Dataset: "own", Lang: c.lang, Text: c.text, Tone: classes[p.best()]}
	}
	return rows, nil
}

// corrected returns h with its common weights moved towards the rows.
func (h *half) corrected(m *Model, rows, anchors []Row) *half {
	common := layer{weights: make([][3]float32, len(h.table)), shift: h.shift, scale: 1}
	for i, r := range h.table {
		for k, w := range r.w {
			common.weights[i][k] = unpacked[uint8(w)] * h.scale[k]
		}
	}
	all := append(rows[:len(rows):len(rows)], anchors...)
	cases := make([]example, len(all))
	d := new(desk)
	for i, r := range all {
		d.text.scan(r.Text)
		h.judge(m, d)
		fixed := h.fixedPart(d)
		cases[i] = h.example(d.bag.features)
		cases[i].fixed, cases[i].class, cases[i].weight = fixed, classOf(r.Tone), 1
		if i >= len(rows) {
			cases[i].weight = 0.5
		}
	}
	rng := rand.New(rand.NewPCG(1, 0))
	for pass := range correctionPasses {
		rate := correctionStep * (1 - float32(pass)/correctionPasses)
		rng.Shuffle(len(cases), func(i, j int) { cases[i], cases[j] = cases[j], cases[i] })
		for i := range cases {
			common.learn(&cases[i], rate, 0)
		}
	}
	next := *h
	next.table = append([]row(nil), h.table...)
	for i := range next.table {
		for k := range h.scale {
			next.table[i].w[k] = toByte(common.weights[i][k], h.scale[k]) // the scale stays, so untouched rows do too
		}
	}
	return &next
}

// fixedPart is the part of the scores that the experts and the leans give.
func (h *half) fixedPart(d *desk) probs {
	p := probs{sumOf(d.gates, h.lean), sumOf(d.gates, h.calm)}
	for n, i := range d.bag.wide { // the experts say nothing of the others
		f, says := &d.bag.features[i], d.bag.says[n]
		x, y, z := h.common(&f.row)
		p[0] += f.value * (says[0] - x)
		p[1] += f.value * (says[1] - y)
		p[2] += f.value * (says[2] - z)
	}
	return p
}

// compare fills the report and decides whether next may be used.
func (rep *CorrectionReport) compare(base, next *Model, corrections []Correction) error {
	d := new(desk)
	for _, r := range corrections {
		k := classOf(r.Tone)
		d.text.scan(r.Text)
		p := base.half(r.Lang).judge(base, d)
		d.text.scan(r.Text)
		q := next.half(r.Lang).judge(next, d)
		was, is := p.best() == k, q.best() == k
		if was {
			rep.RightBefore++
		}
		if is {
			rep.RightAfter++
		}
		if k == 0 && was && !is {
			rep.LostNegative = append(rep.LostNegative, r.Text)
		}
	}
	var err error
	if rep.OwnBefore, err = EvalOwn(base); err != nil {
		return err
	}
	if rep.OwnAfter, err = EvalOwn(next); err != nil {
		return err
	}
	if n := len(rep.LostNegative); n > 0 {
		return fmt.Errorf("%w: it loses %d confirmed negatives", ErrWorse, n)
	}
	for _, fall := range []float64{rep.OwnBefore.About - rep.OwnAfter.About, rep.OwnBefore.Tone - rep.OwnAfter.Tone} {
		if fall > mostFall {
			return fmt.Errorf("%w: it falls by %.1f points on the program's own sets", ErrWorse, 100*fall)
		}
	}
	return nil
}
