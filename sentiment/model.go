package sentiment

import (
	_ "embed"
	"fmt"
	"sync"

	"otklik/mention"
)

//go:embed model/tone.bin
var embedded []byte

// largestModel bounds what Load reads.
const largestModel = 64 << 20

// Model tells the tone of Russian and English texts. It does not change after
// it is made and may be used by many goroutines at once.
type Model struct {
	name  string
	base  *Model // whom corrections changed; nil for a model trained from rows
	langs []*half
	lex   *lexicon  // opinion words and phrases
	desks sync.Pool // of *desk
}

// half is the model of one language: weights that hold for every text, and an
// expert a source of training texts, whose weights count as far as the gate
// takes a text for one like that source's. What "neutral" means differs from
// reviews to tweets; the experts know their own, the common weights the rest,
// and a text that is like no source's is left to the common weights.
type half struct {
	lang        string
	table       []row      // the common weights; a power of two long
	shift       uint32     // from a hash to its row
	scale       [3]float32 // of the common weights, by class
	sources     []string   // whom the experts learned from
	experts     []uint8    // by expert row, source and class; unpacked says what a byte means
	expertScale float32
	gate        []uint8 // by gate row and source, and one column for none
	gateScale   float32
	lean        []float32 // towards negative, by source and for none
	calm        []float32 // towards neutral, likewise
	known       vocabulary
	curve       curve
}

// expertShift and gateShift take a hash to its row in those tables.
const (
	expertBits  = 16
	expertShift = 32 - expertBits
	gateBits    = 15
	gateShift   = 32 - gateBits
)

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
	bag  bag

	gates   probsOf
	weights []float32 // of the tokens, for the reasons
	shares  []float32 // of the features, for weights
	spans   []span
}

// Default returns the model that is part of the program.
func Default() (*Model, error) {
	m, err := parseModel(embedded)
	if err != nil {
		return nil, fmt.Errorf("read the embedded tone model: %w", err)
	}
	return m, nil
}

// Load reads the model file at path. A file of another kind, of another
// version or damaged is ErrNotModel.
func Load(path string) (*Model, error) {
	data, err := readFile(path, largestModel, ErrNotModel)
	if err != nil {
		return nil, fmt.Errorf("read tone model: %w", err)
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
	own, err := embeddedText("lexicon.txt")
	if err != nil {
		return nil, err
	}
	vader, err := embeddedText("lexicon_vader.txt")
	if err != nil {
		return nil, err
	}
	lex, err := newLexicon(own + vader)
	if err != nil {
		return nil, err
	}
	m := &Model{name: name, langs: langs, lex: lex}
	m.desks.New = func() any { return new(desk) }
	return m, nil
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

// Tone returns what the model makes of text in lang (ru or en), the words
// alone, and how often such verdicts are right.
func (m *Model) Tone(lang, text string) (mention.Tone, float64) {
	d := m.desks.Get().(*desk)
	defer m.desks.Put(d)
	h := m.half(lang)
	d.text.scan(text)
	p := h.judge(m, d)
	k := p.best()
	return classes[k], float64(h.curve.at(p[k]))
}
