package sentiment

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// Vectors say which stems stand near the same neighbours: "courier" comes near
// "parcel", "thief" near "swindler". They are learned from texts without labels,
// and carry what is known of a topic's words over to words that no labelled
// text has. They serve the training alone.

// The constants of the vectors, chosen by cross-validation.
const (
	vectorLength  = 60
	spareColumns  = 8 // of the iteration, which settles slowest at its end
	vectorPasses  = 3
	nearBy        = 6 // how far a neighbour may stand, in words
	rarestStem    = 5 // times it must occur to have a vector
	mostStems     = 14000
	mostNeighbour = 4000 // the most frequent stems, which count as neighbours
)

// vectors holds a vector for each stem it knows, and how often the stem occurs.
type vectors struct {
	of    map[uint32][]float32
	count map[uint32]int
}

// learnVectors factors the table of which stem has which neighbours, as
// positive pointwise mutual information, into vectors of length one, shortened
// for the words that are everywhere.
func learnVectors(texts [][]uint32) vectors {
	v := vectors{of: map[uint32][]float32{}, count: map[uint32]int{}}
	for _, t := range texts {
		for _, s := range t {
			v.count[s]++
		}
	}
	stems := v.frequent()
	if len(stems) == 0 {
		return v
	}
	rows, width := affinities(texts, stems)
	flat, n := factor(rows, width)
	for i, s := range stems {
		x := slices.Clone(flat[i*n : i*n+min(n, vectorLength)])
		f := rarityOf(v.count[s], len(texts)) / length(x)
		for j := range x {
			x[j] *= f
		}
		v.of[s] = x
	}
	return v
}

// rarityOf is between 0, for a stem that every text has, and 1.
func rarityOf(count, texts int) float32 {
	return float32(min(1, max(0, math.Log(float64(texts)/float64(count))/6-0.2)))
}

func length(x []float32) float32 {
	var sq float64
	for _, v := range x {
		sq += float64(v) * float64(v)
	}
	return float32(math.Sqrt(sq + 1e-12))
}

// frequent lists the stems that get a vector, the most frequent first.
func (v *vectors) frequent() []uint32 {
	var out []uint32
	for s, n := range v.count {
		if n >= rarestStem {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(v.count[b], v.count[a]), cmp.Compare(a, b))
	})
	return out[:min(len(out), mostStems)]
}

// affinity is how much more often than by chance a stem has a neighbour.
type affinity struct {
	neighbour int32
	value     float32
}

// affinities returns a row for each stem, and how many neighbours there are.
func affinities(texts [][]uint32, stems []uint32) (rows [][]affinity, width int) {
	width = min(len(stems), mostNeighbour)
	number := make(map[uint32]int32, len(stems))
	for i, s := range stems {
		number[s] = int32(i)
	}
	near := make([]uint16, len(stems)*width)
	var line []int32
	for _, t := range texts {
		line = line[:0]
		for _, s := range t {
			if i, ok := number[s]; ok {
				line = append(line, i)
			}
		}
		for at, a := range line {
			for j := max(0, at-nearBy); j <= min(len(line)-1, at+nearBy); j++ {
				if c := int(line[j]); j != at && c < width && near[int(a)*width+c] < math.MaxUint16 {
					near[int(a)*width+c]++
				}
			}
		}
	}
	return informative(near, len(stems), width), width
}

// informative turns counts into positive pointwise mutual information. The
// counts of neighbours are smoothed, so that rare ones do not count for most.
func informative(near []uint16, height, width int) [][]affinity {
	rowSum, colSum := make([]float64, height), make([]float64, width)
	for i, n := range near {
		rowSum[i/width] += float64(n)
		colSum[i%width] += float64(n)
	}
	var all float64
	for c, n := range colSum {
		colSum[c] = math.Pow(n, 0.75)
		all += colSum[c]
	}
	rows := make([][]affinity, height)
	for i, n := range near {
		if n == 0 {
			continue
		}
		a, c := i/width, i%width
		if pmi := math.Log(float64(n) * all / (rowSum[a] * colSum[c])); pmi > 0 {
			rows[a] = append(rows[a], affinity{int32(c), float32(pmi)})
		}
	}
	return rows
}

// factor returns the rows' coordinates along the directions in which they
// differ most, n a row, by subspace iteration; each direction counts by the
// root of its strength.
func factor(rows [][]affinity, width int) (flat []float32, n int) {
	n = min(vectorLength+spareColumns, width)
	rng := rand.New(rand.NewPCG(1, 0))
	basis := make([]float32, width*n)
	for i := range basis {
		basis[i] = float32(rng.NormFloat64())
	}
	orthogonal(basis, n)
	flat = make([]float32, len(rows)*n)
	for range vectorPasses {
		project(rows, basis, flat, n)
		clear(basis)
		for a, row := range rows {
			x := flat[a*n : a*n+n]
			for _, e := range row {
				b := basis[int(e.neighbour)*n:][:n]
				for j, v := range x {
					b[j] += e.value * v
				}
			}
		}
		orthogonal(basis, n)
	}
	project(rows, basis, flat, n)
	strength := make([]float64, n)
	for i, v := range flat {
		strength[i%n] += float64(v) * float64(v)
	}
	for i := range flat {
		flat[i] /= float32(math.Sqrt(math.Sqrt(strength[i%n]) + 1e-12))
	}
	return flat, n
}

// project sets out to the rows' coordinates in the basis.
func project(rows [][]affinity, basis, out []float32, n int) {
	clear(out)
	for a, row := range rows {
		x := out[a*n : a*n+n]
		for _, e := range row {
			for j, v := range basis[int(e.neighbour)*n:][:n] {
				x[j] += e.value * v
			}
		}
	}
}

// orthogonal makes the n columns of q orthogonal and of length one.
func orthogonal(q []float32, n int) {
	for j := range n {
		for range 2 { // once more for what rounding left
			for k := range j {
				var dot float32
				for i := 0; i < len(q); i += n {
					dot += q[i+j] * q[i+k]
				}
				for i := 0; i < len(q); i += n {
					q[i+j] -= dot * q[i+k]
				}
			}
		}
		var sq float64
		for i := j; i < len(q); i += n {
			sq += float64(q[i]) * float64(q[i])
		}
		f := float32(1 / math.Sqrt(sq+1e-20))
		for i := j; i < len(q); i += n {
			q[i] *= f
		}
	}
}
