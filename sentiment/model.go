package sentiment

import (
	"crypto/sha256"
	"embed"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"sync"
)

//go:embed model/*.bin
var embedded embed.FS

// A model file is the magic, then for each language a header and its table,
// then the SHA-256 of all that. Numbers are little-endian.
const magic = "OTKLIK-TONE-1\n"

// largestModel bounds what Load reads.
const largestModel = 64 << 20

// ErrNotModel is reported for files that are no model of this version.
var ErrNotModel = errors.New("not a tone model of this version")

// Model tells the tone of Russian and English texts. It does not change after
// it is made and may be used by many goroutines at once.
type Model struct {
	name  string
	langs []*half
	lex   *lexicon
	desks sync.Pool // of *desk
}

// half is the model of one language.
type half struct {
	lang  string
	table []row      // a power of two long
	shift uint32     // from a hash to its row
	scale [3]float32 // of the weights, by class
	curve curve
}

// row is what the model knows of one feature: a weight a class and how rare
// the feature is, in 1/16.
type row struct {
	w   [3]int8
	idf uint8
}

// curve turns the model's probability of its own verdict into the share of
// verdicts that were right: the value at 1/3 + i*(2/3)/(n-1), linear between.
type curve [9]float32

func (c *curve) at(p float32) float32 {
	x := (p - 1.0/3) * 1.5 * float32(len(c)-1)
	switch {
	case x <= 0:
		return c[0]
	case x >= float32(len(c)-1):
		return c[len(c)-1]
	}
	i := int(x)
	return c[i] + (c[i+1]-c[i])*(x-float32(i))
}

// desk is the working memory of one call.
type desk struct {
	text text
	hits []hit
	bag  bag
}

// Default returns the model that is part of the program.
func Default() (*Model, error) {
	data, err := embedded.ReadFile("model/tone.bin")
	if err != nil {
		return nil, fmt.Errorf("read the embedded tone model: %w", err)
	}
	return parseModel(data)
}

// Load reads the model file at path. A file of another kind, of another
// version or damaged is ErrNotModel.
func Load(path string) (*Model, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open tone model: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, largestModel+1))
	if err != nil {
		return nil, fmt.Errorf("read tone model %s: %w", path, err)
	}
	if len(data) > largestModel {
		return nil, fmt.Errorf("tone model %s is over %d bytes: %w", path, largestModel, ErrNotModel)
	}
	m, err := parseModel(data)
	if err != nil {
		return nil, fmt.Errorf("tone model %s: %w", path, err)
	}
	return m, nil
}

// Name identifies the model by its content, for corrections and replays.
func (m *Model) Name() string { return m.name }

func newModel(langs []*half, name string) (*Model, error) {
	lex, err := newLexicon(lexiconText)
	if err != nil {
		return nil, err
	}
	m := &Model{name: name, langs: langs, lex: lex}
	m.desks.New = func() any { return new(desk) }
	return m, nil
}

// Save writes the model; the same model gives the same bytes.
func (m *Model) Save(w io.Writer) error {
	if _, err := w.Write(m.bytes()); err != nil {
		return fmt.Errorf("write tone model: %w", err)
	}
	return nil
}

func (m *Model) bytes() []byte {
	b := []byte(magic)
	b = append(b, byte(len(m.langs)))
	for _, h := range m.langs {
		b = append(b, h.lang...)
		b = append(b, byte(32-h.shift))
		for _, s := range h.scale {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(s))
		}
		for _, c := range h.curve {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(c))
		}
		for _, r := range h.table {
			b = append(b, byte(r.w[0]), byte(r.w[1]), byte(r.w[2]), r.idf)
		}
	}
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

// reader takes a model file apart and remembers the first fault.
type reader struct {
	data []byte
	bad  bool
}

func (r *reader) take(n int) []byte {
	if n > len(r.data) {
		r.bad = true
		return make([]byte, n)
	}
	b := r.data[:n]
	r.data = r.data[n:]
	return b
}

func (r *reader) float() float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(r.take(4)))
}

func parseModel(data []byte) (*Model, error) {
	if len(data) < len(magic)+sha256.Size || string(data[:len(magic)]) != magic {
		return nil, ErrNotModel
	}
	end := len(data) - sha256.Size
	sum := sha256.Sum256(data[:end])
	if string(sum[:]) != string(data[end:]) {
		return nil, fmt.Errorf("damaged: %w", ErrNotModel)
	}
	r := &reader{data: data[len(magic):end]}
	var langs []*half
	for range r.take(1)[0] {
		h := readHalf(r)
		if r.bad {
			return nil, fmt.Errorf("ends early: %w", ErrNotModel)
		}
		langs = append(langs, h)
	}
	return newModel(langs, hex.EncodeToString(sum[:6]))
}

func readHalf(r *reader) *half {
	h := &half{lang: string(r.take(2))}
	bits := uint32(r.take(1)[0])
	if bits < 8 || bits > 22 {
		r.bad = true
		return nil
	}
	h.shift = 32 - bits
	for i := range h.scale {
		h.scale[i] = r.float()
	}
	for i := range h.curve {
		h.curve[i] = r.float()
	}
	raw := r.take(4 << bits)
	h.table = make([]row, 1<<bits)
	for i := range h.table {
		p := raw[4*i : 4*i+4]
		h.table[i] = row{[3]int8{int8(p[0]), int8(p[1]), int8(p[2])}, p[3]}
	}
	return h
}

// half returns the model for lang, the English one for languages without.
func (m *Model) half(lang string) *half {
	for _, h := range m.langs {
		if h.lang == lang {
			return h
		}
	}
	return m.langs[len(m.langs)-1]
}

// probs is a probability for negative, neutral and positive.
type probs [3]float32

func (p *probs) best() int {
	b := 0
	for k := 1; k < len(p); k++ {
		if p[k] > p[b] {
			b = k
		}
	}
	return b
}

// judge scores the text on d, already scanned.
func (h *half) judge(m *Model, d *desk) probs {
	d.text.mark(m.lex)
	d.hits = d.text.hits(d.hits[:0])
	d.bag.fill(d.hits)
	return h.score(&d.bag)
}

// score sums the weights of the bag's features.
func (h *half) score(b *bag) probs {
	var sums [groups][3]float32
	var norm [groups]float32
	for i := range b.features {
		f := &b.features[i]
		r := &h.table[f.hash>>h.shift]
		v := f.value(r.idf)
		norm[f.group] += v * v
		s := &sums[f.group]
		s[0] += v * float32(r.w[0])
		s[1] += v * float32(r.w[1])
		s[2] += v * float32(r.w[2])
	}
	b.norm = norms(norm)
	var p probs
	for g := range sums {
		for k := range p {
			p[k] += sums[g][k] * b.norm[g] * h.scale[k]
		}
	}
	p.softmax()
	return p
}
