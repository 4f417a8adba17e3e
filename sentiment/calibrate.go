package sentiment

import "sort"

// calibrate measures on rows how often verdicts of a given probability are
// right and returns the rising curve through it. Every data set weighs the
// same. Without rows the probability stands for itself.
func calibrate(m *Model, h *half, rows []Row) curve {
	var c curve
	for i := range c {
		c[i] = 1.0/3 + 2.0/3*float32(i)/float32(len(c)-1)
	}
	if len(rows) < 50 {
		return c
	}
	size := map[string]int{}
	for _, r := range rows {
		size[r.Dataset]++
	}
	points := make([]point, len(rows))
	d := new(desk)
	for i, r := range rows {
		d.text.scan(r.Text)
		p := h.judge(m, d)
		k := p.best()
		points[i] = point{p: p[k], weight: 1 / float64(size[r.Dataset])}
		if k == classOf(r.Tone) {
			points[i].right = points[i].weight
		}
	}
	steps := rising(points)
	for i := range c {
		c[i] = lookup(steps, c[i])
	}
	return c
}

// point is a verdict, or several joined, with the weight that was right.
type point struct {
	p             float32
	weight, right float64
}

// rising joins neighbours until the share of right verdicts never falls:
// isotonic regression by pooling adjacent violators, in pieces of at least a
// fortieth of the weight.
func rising(points []point) []point {
	sort.SliceStable(points, func(i, j int) bool { return points[i].p < points[j].p })
	var all float64
	for _, q := range points {
		all += q.weight
	}
	var out []point
	var piece point
	for _, q := range points {
		piece = piece.join(q)
		if piece.weight < all/40 {
			continue
		}
		out = append(out, piece)
		piece = point{}
		for n := len(out); n > 1 && out[n-1].share() < out[n-2].share(); n = len(out) {
			out[n-2] = out[n-2].join(out[n-1])
			out = out[:n-1]
		}
	}
	return out
}

func (q point) share() float64 { return q.right / q.weight }

func (q point) join(o point) point {
	w := q.weight + o.weight
	return point{
		p:      float32((float64(q.p)*q.weight + float64(o.p)*o.weight) / w),
		weight: w, right: q.right + o.right,
	}
}

// lookup reads the share at p off the steps, linear between their middles.
func lookup(steps []point, p float32) float32 {
	if len(steps) == 0 {
		return p
	}
	for i, s := range steps {
		if p > s.p {
			continue
		}
		if i == 0 {
			return float32(s.share())
		}
		a := steps[i-1]
		f := float64((p - a.p) / (s.p - a.p))
		return float32(a.share() + f*(s.share()-a.share()))
	}
	return float32(steps[len(steps)-1].share())
}
