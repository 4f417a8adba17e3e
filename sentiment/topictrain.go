package sentiment

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
)

// TopicText is a text with the topics that a person gave it.
type TopicText struct {
	Lang   string // ru or en
	Topics []string
	Text   string
}

// TopicTraining says what TrainTopics worked on, and how well it judged texts
// that it had not seen: each labelled text was judged by a model of the others.
type TopicTraining struct {
	Labelled  int     `json:"labelled"`
	Texts     int     `json:"texts"` // without labels, for the vectors
	Stems     int     `json:"stems"` // that have weights
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
}

// The constants of the learner, chosen by cross-validation.
const (
	topicFolds     = 6
	topicPasses    = 40
	topicRate      = 0.3
	bookPenalty    = 0.001
	vectorPenalty  = 0.004
	topicPrecision = 0.80 // that every topic must have on unseen texts
	storedStems    = 4000
	faintWeight    = 3  // stems that say less are not stored
	perLogit       = 20 // units of a stored weight to one of the learner
)

// Columns of the learner: the book's words by topic and number, then the two
// languages' vectors.
const (
	bookColumns  = knownTopics * (mostNamed + mostHints)
	topicColumns = bookColumns + 2*vectorLength
)

// topicLanguages orders the vectors' columns.
var topicLanguages = [2]string{"ru", "en"} //nolint:gochecknoglobals // a constant

// TrainTopics makes a topic model from a book of words in the form of
// topics.txt, the embedded one when empty, from labelled texts, and from texts without labels, of which it
// learns which words go together; the more of these are from the trades in
// question, the better. The same input gives the same model.
func TrainTopics(words string, labelled []TopicText, texts []Row) (*TopicModel, TopicTraining, error) {
	rep := TopicTraining{Labelled: len(labelled), Texts: len(texts)}
	if len(labelled) == 0 {
		return nil, rep, ErrNoRows
	}
	if words == "" {
		m, err := DefaultTopics()
		if err != nil {
			return nil, rep, err
		}
		words = m.words
	}
	book, err := newTopicBook(words, nil)
	if err != nil {
		return nil, rep, err
	}
	l := &topicLearner{}
	for i, lang := range topicLanguages {
		l.vectors[i] = learnVectors(stemsOf(texts, lang))
	}
	if err := l.prepare(book, labelled); err != nil {
		return nil, rep, err
	}
	unseen := make([]topicScores, len(l.examples))
	for fold := range topicFolds {
		w := l.fit(func(i int) bool { return l.fold(i) != fold })
		for i := range l.examples {
			if l.fold(i) == fold {
				unseen[i] = w.score(&l.examples[i])
			}
		}
	}
	margins := l.margins(unseen)
	rep.Precision, rep.Recall = l.judged(unseen, margins)
	m := l.model(l.fit(func(int) bool { return true }), margins)
	m.words = words
	rep.Stems = len(m.stems)
	return m, rep, nil
}

// topicScores is a score, in logits, for each topic.
type topicScores [knownTopics]float32

// topicExample is a labelled text as the learner sees it.
type topicExample struct {
	columns []int32
	values  []float32
	topics  [knownTopics]bool
}

// topicWeights are the learner's weights, by column.
type topicWeights struct {
	bias    topicScores
	columns [topicColumns]topicScores
}

func (w *topicWeights) score(e *topicExample) topicScores {
	s := w.bias
	for i, c := range e.columns {
		v, row := e.values[i], &w.columns[c]
		for k := range s {
			s[k] += v * row[k]
		}
	}
	return s
}

type topicLearner struct {
	vectors  [2]vectors
	examples []topicExample
}

// fold returns the part that example i is in. Neighbours in a file, which may
// be variants of one text, are in one part.
func (l *topicLearner) fold(i int) int { return i / 5 % topicFolds }

// stemsOf returns the stems of each text of lang, in its script.
func stemsOf(texts []Row, lang string) [][]uint32 {
	var out [][]uint32
	var t text
	for _, r := range texts {
		if r.Lang != lang {
			continue
		}
		t.scan(r.Text)
		out = append(out, t.stems(lang))
	}
	return out
}

func (t *text) stems(lang string) []uint32 {
	var out []uint32
	for i := range t.tokens {
		tok := &t.tokens[i]
		if tok.kind == word && (t.runes[tok.from] > 'z') == (lang == "ru") {
			out = append(out, tok.stem)
		}
	}
	return out
}

// prepare turns the labelled texts into examples.
func (l *topicLearner) prepare(book *topicBook, labelled []TopicText) error {
	var t text
	texts := make([]int, book.size) // that have the word
	for _, c := range labelled {
		t.scan(c.Text)
		for id := range book.wordsIn(&t) {
			texts[id]++
		}
	}
	l.examples = make([]topicExample, len(labelled))
	for i, c := range labelled {
		t.scan(c.Text)
		e := &l.examples[i]
		for _, name := range c.Topics {
			k := slices.Index(Topics(), name)
			if k < 0 {
				return fmt.Errorf("text %q: no topic %q", c.Text, name)
			}
			e.topics[k] = true
		}
		e.addBook(book, &t, texts)
		l.addVectors(e, &t)
	}
	return nil
}

// wordsIn returns the numbers of the book's words that the text has.
func (b *topicBook) wordsIn(t *text) map[int]bool {
	out := map[int]bool{}
	for i := range t.tokens {
		if t.tokens[i].kind == word {
			b.match(t, i, func(w *topicWord) { out[w.id] = true })
		}
	}
	return out
}

// addBook adds the columns of the book's words. A word that only this text has
// is passed over: the book was widened by people who had read such texts, and
// of a text that nobody has read it knows less.
func (e *topicExample) addBook(b *topicBook, t *text, texts []int) {
	var names, hints [knownTopics]int
	for i := range t.tokens {
		if t.tokens[i].kind != word {
			continue
		}
		var isNamed, isHint [knownTopics]bool
		b.match(t, i, func(w *topicWord) {
			if texts[w.id] < 2 {
				return
			}
			isNamed[w.topic] = isNamed[w.topic] || w.grade == named
			isHint[w.topic] = isHint[w.topic] || w.grade == hint
		})
		for k := range names {
			switch {
			case isNamed[k] && names[k] < mostNamed:
				e.add(bookColumn(k, names[k]), 1)
				names[k]++
			case isHint[k] && !isNamed[k] && hints[k] < mostHints:
				e.add(bookColumn(k, mostNamed+hints[k]), 1)
				hints[k]++
			}
		}
	}
}

// bookColumn is the column of the n-th word of topic k: those that name it
// first, then the hints.
func bookColumn(k, n int) int { return k*(mostNamed+mostHints) + n }

func (e *topicExample) add(column int, v float32) {
	e.columns = append(e.columns, int32(column))
	e.values = append(e.values, v)
}

// addVectors adds the sum of the vectors of the text's stems.
func (l *topicLearner) addVectors(e *topicExample, t *text) {
	for i, lang := range topicLanguages {
		var sum [vectorLength]float32
		for _, s := range t.stems(lang) {
			for j, x := range l.vectors[i].of[s] {
				sum[j] += x
			}
		}
		for j, x := range sum {
			if x != 0 {
				e.add(bookColumns+i*vectorLength+j, x)
			}
		}
	}
}

// fit learns from the examples that in picks: a logistic regression for each
// topic, by adaptive gradient descent.
func (l *topicLearner) fit(in func(i int) bool) *topicWeights {
	var order []int
	for i := range l.examples {
		if in(i) {
			order = append(order, i)
		}
	}
	w, squares := new(topicWeights), new(topicWeights)
	for k := range w.bias {
		w.bias[k] = -3
	}
	rng := rand.New(rand.NewPCG(1, 0))
	for pass := range topicPasses {
		rate := topicRate * (1 - float32(pass)/topicPasses)
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			w.learn(squares, &l.examples[i], rate)
		}
	}
	return w
}

// learn makes one step on e; squares keeps the sums of the squared steps.
func (w *topicWeights) learn(squares *topicWeights, e *topicExample, rate float32) {
	errs := w.score(e)
	for k, s := range errs {
		errs[k] = float32(1 / (1 + math.Exp(-float64(s))))
		if e.topics[k] {
			errs[k]--
		}
		w.bias[k] -= rate / 10 * errs[k]
	}
	for i, c := range e.columns {
		v, row, sq := e.values[i], &w.columns[c], &squares.columns[c]
		penalty := float32(bookPenalty)
		if c >= bookColumns {
			penalty = vectorPenalty
		}
		for k := range row {
			g := errs[k]*v + penalty*row[k]
			sq[k] += g * g
			row[k] -= rate * g / (0.3 + float32(math.Sqrt(float64(sq[k]))))
		}
	}
}

// margins returns for each topic the lowest score from which on the verdicts
// on unseen texts are precise enough. Few verdicts prove little: two more are
// counted of which one is wrong.
func (l *topicLearner) margins(unseen []topicScores) topicScores {
	var out topicScores
	for k := range out {
		order := make([]int, len(unseen))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(unseen[b][k], unseen[a][k]) })
		out[k] = surelyTrue
		right := 1.0
		for n, i := range order {
			if l.examples[i].topics[k] {
				right++
			}
			if right/float64(n+3) >= topicPrecision {
				out[k] = unseen[i][k]
			}
		}
	}
	return out
}

// surelyTrue is the score from which a topic is named for which no margin gave
// enough precision.
const surelyTrue = 3

// judged returns the precision and recall over all topics.
func (l *topicLearner) judged(scores []topicScores, margins topicScores) (precision, recall float64) {
	var hits, said, are int
	for i := range l.examples {
		for k, is := range l.examples[i].topics {
			says := scores[i][k] >= margins[k]
			if is {
				are++
			}
			if says {
				said++
			}
			if is && says {
				hits++
			}
		}
	}
	return ratio(hits, said), ratio(hits, are)
}

// model stores w: the vectors' weights become weights of stems.
func (l *topicLearner) model(w *topicWeights, margins topicScores) *TopicModel {
	m := &TopicModel{stems: map[uint32]topicRow{}}
	for k := range knownTopics {
		m.need[k] = int16(math.Round(float64(perLogit * (margins[k] - w.bias[k]))))
		for n := range mostNamed {
			m.named[k][n] = w.columns[bookColumn(k, n)].row()
		}
		for n := range mostHints {
			m.hints[k][n] = w.columns[bookColumn(k, mostNamed+n)].row()
		}
	}
	use := map[uint32]float64{}
	for i := range topicLanguages {
		for s, x := range l.vectors[i].of {
			var sum topicScores
			for j, v := range x {
				for k, weight := range w.columns[bookColumns+i*vectorLength+j] {
					sum[k] += v * weight
				}
			}
			row, loudest := sum.row(), 0
			for _, v := range row {
				loudest = max(loudest, int(v), -int(v))
			}
			if loudest > faintWeight {
				m.stems[s] = row
				use[s] = float64(loudest) * math.Sqrt(float64(l.vectors[i].count[s]))
			}
		}
	}
	rank := slices.SortedFunc(maps.Keys(use), func(a, b uint32) int {
		return cmp.Or(cmp.Compare(use[b], use[a]), cmp.Compare(a, b))
	})
	for _, s := range rank[min(len(rank), storedStems):] {
		delete(m.stems, s)
	}
	m.index()
	return m
}

// row returns the scores as stored.
func (s topicScores) row() (out topicRow) {
	for k, v := range s {
		out[k] = int8(min(127, max(-127, math.Round(float64(v*perLogit)))))
	}
	return out
}
