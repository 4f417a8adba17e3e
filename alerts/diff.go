package alerts

import (
	"slices"
	"strings"
)

// Piece is a run of words that a change kept, took out or put in.
type Piece struct {
	Op   Op
	Text string
}

// Op is what happened to a run of words.
type Op int

// What happens to words.
const (
	Kept Op = iota
	Removed
	Added
)

// maxDiffWords bounds the comparison, which takes time in the product of the
// two lengths: more changed words than that are shown as one replacement.
const maxDiffWords = 600

// Diff returns how the words of a became those of b. White space is folded.
func Diff(a, b string) []Piece {
	x, y := strings.Fields(a), strings.Fields(b)
	head := 0
	for head < len(x) && head < len(y) && x[head] == y[head] {
		head++
	}
	tail := 0
	for tail < len(x)-head && tail < len(y)-head && x[len(x)-1-tail] == y[len(y)-1-tail] {
		tail++
	}
	var d differ
	d.add(Kept, x[:head]...)
	d.compare(x[head:len(x)-tail], y[head:len(y)-tail])
	d.add(Kept, x[len(x)-tail:]...)
	return d.pieces
}

// differ collects pieces; neighbours of one kind become one.
type differ struct{ pieces []Piece }

func (d *differ) add(op Op, words ...string) {
	if len(words) == 0 {
		return
	}
	text := strings.Join(words, " ")
	if last := len(d.pieces) - 1; last >= 0 && d.pieces[last].Op == op {
		d.pieces[last].Text += " " + text
		return
	}
	d.pieces = append(d.pieces, Piece{op, text})
}

// compare finds the longest common sequence of words.
func (d *differ) compare(x, y []string) {
	if len(x) > maxDiffWords || len(y) > maxDiffWords {
		d.add(Removed, x...)
		d.add(Added, y...)
		return
	}
	// common[i][j] is the length of the sequence common to x[i:] and y[j:].
	common := make([][]int, len(x)+1)
	for i := range common {
		common[i] = make([]int, len(y)+1)
	}
	for i := len(x) - 1; i >= 0; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			if x[i] == y[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(x) && j < len(y) {
		switch {
		case x[i] == y[j]:
			d.add(Kept, x[i])
			i, j = i+1, j+1
		case common[i+1][j] >= common[i][j+1]:
			d.add(Removed, x[i])
			i++
		default:
			d.add(Added, y[j])
			j++
		}
	}
	d.add(Removed, x[i:]...)
	d.add(Added, y[j:]...)
}

// Near shortens what was kept to the few words on either side of a change.
func Near(pieces []Piece, words int) []Piece {
	out := slices.Clone(pieces)
	for i := range out {
		list := strings.Fields(out[i].Text)
		if out[i].Op != Kept || len(list) <= 2*words+1 {
			continue
		}
		switch {
		case len(out) == 1:
		case i == 0:
			out[i].Text = "… " + strings.Join(list[len(list)-words:], " ")
		case i == len(out)-1:
			out[i].Text = strings.Join(list[:words], " ") + " …"
		default:
			out[i].Text = strings.Join(list[:words], " ") + " … " + strings.Join(list[len(list)-words:], " ")
		}
	}
	return out
}
