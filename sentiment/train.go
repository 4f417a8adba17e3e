package sentiment

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"otklik/mention"
)

// Options steer Train. The zero value trains the shipped model.
type Options struct {
	// Leave names data sets that are not trained on.
	Leave []string
	// Seed orders the examples; the same rows, options and seed give the same
	// model bytes. Zero is a seed like any other.
	Seed uint64
	// Dev holds rows that calibrate the confidence of a model trained without
	// them; then the model is trained again with them. Without dev rows every
	// tenth row serves for that.
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
	classBalance  = 0.7 // 0: classes as they come, 1: classes of a data set weigh the same
	sourceBalance = 0.5 // 0: data sets as large as they are, 1: all weigh the same
	generalWeight = 2   // of a row of a general data set beside one of a source as large
)

// ErrNoRows is reported when there is nothing to learn from.
var ErrNoRows = errors.New("no rows to train on")

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
		held := ofLang(dev, lang)
		if len(held) == 0 {
			own, held = everyTenth(own)
		}
		curve := calibrate(m, learn(m, lang, own, opt.Seed), held)
		h := learn(m, lang, slices.Concat(own, held), opt.Seed)
		h.curve = curve
		m.langs = append(m.langs, h)
	}
	final, err := parseModel(m.bytes())
	if err != nil {
		return nil, rep, fmt.Errorf("check the new model: %w", err)
	}
	return final, rep, nil
}

// everyTenth parts rows in two.
func everyTenth(rows []Row) (kept, tenth []Row) {
	for i, r := range rows {
		if i%10 == 9 {
			tenth = append(tenth, r)
		} else {
			kept = append(kept, r)
		}
	}
	return kept, tenth
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
	h := &half{lang: lang, shift: 32 - tableBits, table: make([]row, 1<<tableBits), sources: sourcesOf(rows)}
	h.lean, h.calm = h.leans(rows)
	frequency := make([]int32, len(h.table))
	bags := make([][]feature, len(rows))
	d := new(desk)
	small := map[uint32]int{}
	for i, r := range rows {
		bags[i] = slices.Clone(d.features(m, r.Text))
		d.text.countSmall(small)
		for _, f := range bags[i] {
			frequency[f.hash>>h.shift]++
		}
	}
	h.known = newVocabulary()
	for stem, n := range small {
		if n >= commonFrom {
			h.known.add(stem)
		}
	}
	for i, n := range frequency {
		h.table[i].idf = rarity(int(n), len(rows), habitsOf(lang).rarity)
	}
	examples := make([]example, len(rows))
	weights := balance(rows)
	for i, r := range rows {
		examples[i] = h.example(bags[i])
		examples[i].class, examples[i].weight = classOf(r.Tone), weights[i]
		examples[i].source = h.sourceOf(r)
		bags[i] = nil
	}
	l := newLearner(h, seed)
	l.run(examples)
	l.quantise(h)
	return h
}

// commonFrom is how often a word must stand in small letters to be no name.
const commonFrom = 8

// countSmall counts the stems of the words written in small letters.
func (t *text) countSmall(count map[uint32]int) {
	for i := range t.tokens {
		tok := &t.tokens[i]
		if tok.kind == word && t.ups[tok.from+1] == t.ups[tok.from] {
			count[tok.stem]++
		}
	}
}

// features returns the distinct features of s; they are d's until its next use.
func (d *desk) features(m *Model, s string) []feature {
	d.text.scan(s)
	d.text.mark(m.lex)
	d.bag.fill(&d.text)
	return d.bag.features
}

// general begins the names of the data sets that were written for training, in
// trades and forms that no source has. No expert learns from them: the gate
// learns to leave texts like theirs to the common weights.
const general = "own_"

// sourcesOf returns the data sets that get an expert.
func sourcesOf(rows []Row) []string {
	seen := map[string]bool{}
	for _, r := range rows {
		if !strings.HasPrefix(r.Dataset, general) {
			seen[r.Dataset] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// leanReviews is how far a text like those of a source of reviews leans towards
// negative. In reviews a missed complaint is a worse error than a false alarm;
// in a stream of tweets most of what sounds sad is no complaint, and the lean
// costs more than it finds.
const leanReviews = 0.25

// habits are the constants that the languages do not share; chosen as the
// others are.
type habits struct {
	// rarity is the power to which a word's rarity is raised: at 0 rare words
	// count like any other, at 1 by the logarithm of how rare they are. In
	// English a rare word tells more of its trade than of the tone. In Russian
	// it is often a common word in a rare form.
	rarity float64
	// unlike is how far a text like none of the sources leans towards negative.
	unlike float32
	// calm is how far posts lean towards neutral: the English sources of them
	// agree on what is praise or a complaint less than on what is neither.
	calm float32
	// passes is how often a descent to the common weights goes through the
	// texts; the English ones are more.
	passes int
}

func habitsOf(lang string) habits {
	if lang == "en" {
		return habits{rarity: 0.6, calm: 0.4, passes: 4}
	}
	return habits{rarity: 1, unlike: 0.1, passes: 6}
}

// leans returns the leans towards negative and neutral for each source, and
// last for texts like none. A source whose rows carry ratings is one of reviews.
func (h *half) leans(rows []Row) (lean, calm []float32) {
	lean, calm = make([]float32, len(h.sources)+1), make([]float32, len(h.sources)+1)
	own := habitsOf(h.lang)
	for d := range calm {
		calm[d] = own.calm
	}
	for _, r := range rows {
		if d := h.sourceOf(r); d < len(h.sources) && r.Rating > 0 {
			lean[d], calm[d] = leanReviews, 0
		}
	}
	lean[len(h.sources)] = own.unlike
	return lean, calm
}

// sourceOf returns the number of the row's source, one past the last for
// general texts.
func (h *half) sourceOf(r Row) int {
	if i, ok := slices.BinarySearch(h.sources, r.Dataset); ok {
		return i
	}
	return len(h.sources)
}

// rarity is the inverse document frequency, raised to power, in sixteenths.
func rarity(n, rows int, power float64) uint8 {
	v := math.Pow(math.Log(float64(rows+1)/float64(n+1))+1, power)
	return uint8(min(255, math.Round(16*v)))
}

// balance returns the weights of rows: large data sets and frequent classes
// within a data set count less, so that one source's habits do not become the
// model's, and general texts count more. The mean weight is one.
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
		if strings.HasPrefix(r.Dataset, general) {
			w *= generalWeight
		}
		out[i] = float32(w)
		sum += w
	}
	for i := range out {
		out[i] *= float32(float64(len(rows)) / sum)
	}
	return out
}
