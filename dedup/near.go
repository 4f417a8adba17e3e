package dedup

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"otklik/mention"
)

// maxCandidates bounds the texts looked at for one band, newest first. A band
// that more texts share is a phrase, and the copy shares others.
const maxCandidates = 64

// Match is a text that is a copy of the one asked about.
type Match struct {
	ID    mention.ID
	Score float64 // of Similar
}

// Near finds copies among the texts it was given, inside the process. It is
// bounded like Local: of two generations the older is dropped when the younger
// is full. It is safe for concurrent use. An archive does the same with the
// keys of Sketch.Bands in a column of their own and Similar as the last word.
type Near struct {
	mu    sync.RWMutex
	limit int // texts of one generation
	young *generation
	old   *generation
}

// NewNear returns an index of at most texts texts, of about 500 bytes each.
func NewNear(texts int) (*Near, error) {
	if texts < 2 || texts > MaxEntries {
		return nil, fmt.Errorf("index of %d texts: use 2 to %d", texts, MaxEntries)
	}
	return &Near{limit: texts / 2, young: newGeneration(), old: newGeneration()}, nil
}

// Add files a text. One without bands is not kept.
func (n *Near) Add(id mention.ID, s Sketch) {
	bands := s.Bands()
	if len(bands) == 0 {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.young.ids) >= n.limit {
		n.old, n.young = n.young, newGeneration()
	}
	n.young.add(id, s, bands)
}

// Find returns the copies of a text, the most similar first. The text itself
// is among them when it was added.
func (n *Near) Find(s Sketch) []Match {
	bands := s.Bands()
	n.mu.RLock()
	defer n.mu.RUnlock()
	found := append(n.young.find(s, bands), n.old.find(s, bands)...)
	slices.SortStableFunc(found, func(a, b Match) int { return cmp.Compare(b.Score, a.Score) })
	return found
}

// generation is a growing hash table of bands with chained postings. Texts
// are numbered from zero, postings from one; a chain ends with zero.
type generation struct {
	ids      []mention.ID
	sketches []Sketch
	postings []posting
	heads    []uint32 // by bucket, the newest posting
}

// posting says that a text has a band. Of the band it keeps the half that is
// not the brand's, which Similar compares anyway.
type posting struct{ band, text, next uint32 }

func newGeneration() *generation {
	return &generation{postings: make([]posting, 1), heads: make([]uint32, 1<<10)}
}

func (g *generation) add(id mention.ID, s Sketch, bands []uint64) {
	text := uint32(len(g.ids))
	g.ids = append(g.ids, id)
	g.sketches = append(g.sketches, s)
	for _, b := range bands {
		if len(g.postings) > len(g.heads) {
			g.grow()
		}
		g.postings = append(g.postings, posting{band: uint32(b), text: text})
		g.link(uint32(len(g.postings) - 1))
	}
}

func (g *generation) link(i uint32) {
	bucket := g.bucket(g.postings[i].band)
	g.postings[i].next, g.heads[bucket] = g.heads[bucket], i
}

// bucket uses the low bits but the lowest: bands are the smallest of hashes,
// so that their high bits are mostly zero, and all are pairs.
func (g *generation) bucket(band uint32) uint32 { return band / 2 & uint32(len(g.heads)-1) }

func (g *generation) grow() {
	g.heads = make([]uint32, 2*len(g.heads))
	for i := 1; i < len(g.postings); i++ {
		g.link(uint32(i))
	}
}

func (g *generation) find(s Sketch, bands []uint64) []Match {
	var texts []uint32
	for _, b := range bands {
		seen := 0
		for i := g.heads[g.bucket(uint32(b))]; i != 0 && seen < maxCandidates; i = g.postings[i].next {
			if g.postings[i].band == uint32(b) {
				texts = append(texts, g.postings[i].text)
				seen++
			}
		}
	}
	slices.Sort(texts)
	var found []Match
	for _, t := range slices.Compact(texts) {
		if score, same := Similar(s, g.sketches[t]); same {
			found = append(found, Match{ID: g.ids[t], Score: score})
		}
	}
	return found
}
