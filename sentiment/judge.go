package sentiment

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"otklik/mention"
)

// Config is what an operator can say about the judgement of tone.
type Config struct {
	// Model is the path of a model file; empty means the embedded one.
	Model string `yaml:"model"`
	// TopicModel is the path of a file of topic weights; empty means the
	// embedded ones.
	TopicModel string `yaml:"topic_model"`
	// Topics adds words to topics, or whole topics, by name. A word ends in an
	// asterisk for any ending; words joined by blanks must follow each other.
	Topics map[string][]string `yaml:"topics"`
	// SecondOpinion asks a language model about unsure verdicts.
	SecondOpinion SecondOpinion `yaml:"second_opinion"`
}

// Defaults returns the configuration of an operator who says nothing: the
// embedded model, no second opinion, and the limits one would have.
func Defaults() Config {
	return Config{SecondOpinion: SecondOpinion{Bound: 0.5, Timeout: 10 * time.Second, Budget: 500}}
}

// Validate reports everything that is wrong with c.
func (c *Config) Validate() error {
	_, err := newTopicBook("", c.Topics)
	return errors.Join(err, c.SecondOpinion.validate())
}

// Judge judges mentions. It may be used by many goroutines at once.
type Judge struct {
	model   *Model
	topics  *topicFinder
	adviser *adviser // nil: no second opinion
}

// NewJudge returns a judge that asks m.
func NewJudge(m *Model, cfg Config) (*Judge, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("sentiment: %w", err)
	}
	topics, err := newTopicFinder(cfg)
	if err != nil {
		return nil, fmt.Errorf("sentiment: %w", err)
	}
	j := &Judge{model: m, topics: topics}
	if cfg.SecondOpinion.URL != "" {
		j.adviser = newAdviser(cfg.SecondOpinion, &http.Client{}, time.Now)
	}
	return j, nil
}

// Score judges what the author of m wrote; the company's reply and machine
// translations are not looked at. About holds the brand's own words: where a
// text names others too, only what it says of the brand counts. Score fails
// only when ctx ends; a second opinion that cannot be had is done without.
func (j *Judge) Score(ctx context.Context, m mention.Mention, about []string) (mention.Sentiment, error) {
	if err := ctx.Err(); err != nil {
		return mention.Sentiment{}, fmt.Errorf("judge a mention: %w", err)
	}
	d := j.model.desks.Get().(*desk)
	defer j.model.desks.Put(d)
	s := j.verdict(d, &m, about)
	if j.adviser != nil && s.Confidence < j.adviser.cfg.Bound && d.text.speaks() {
		j.advise(ctx, &m, &s)
	}
	return s, nil
}

// verdict is our own judgement of m.
func (j *Judge) verdict(d *desk, m *mention.Mention, about []string) mention.Sentiment {
	names := newNameSet(about, &d.text)
	d.read(m)
	lang := d.text.lang(m.Lang)
	h := j.model.half(lang)
	d.text.mark(j.model.lex)
	comparison, _ := d.text.target(names, h.known)
	p := h.weigh(d)
	text := p // the words alone, for the conflict and the confidence
	text = turned(text, comparison, d.text.ironic())
	stars := m.Stars()
	p, conflict := withStars(text, stars, d.text.speaks())
	k := p.best()
	s := mention.Sentiment{
		Tone: classes[k], Confidence: h.confidence(p, text, stars, d.text.speaks()), Conflict: conflict,
		Lang: lang, Model: j.model.name, Reasons: h.reasons(d, j.model.lex, m, k),
	}
	if r, ok := starReason(m, stars, k); ok {
		s.Reasons = append(s.Reasons[:min(len(s.Reasons), mostReasons-1)], r)
	}
	s.Topics, s.TopicReasons = j.topics.find(&d.text, func(tok *token) string {
		if fields[tok.field] == "" {
			return ""
		}
		return fieldText(m, fields[tok.field])[tok.start:tok.end]
	})
	return s
}

// turned applies what the order of the words says beyond the words: a
// comparison with others, or a mark of irony after praise.
func turned(p probs, comparison int, ironic bool) probs {
	switch {
	case comparison > 0:
		return blend(p, probs{0.05, 0.15, 0.80})
	case comparison < 0:
		return blend(p, probs{0.80, 0.15, 0.05})
	case ironic && p.best() == 2:
		return probs{p[2], p[1], p[0]}
	}
	return p
}

// blend mixes p with what a comparison says, which counts three times as much.
func blend(p, q probs) probs {
	for k := range p {
		p[k] = (p[k] + 3*q[k]) / 4
	}
	return p
}

// confidence is how often verdicts like this one are right.
func (h *half) confidence(p, text probs, stars int, speaks bool) float64 {
	k := p.best()
	switch {
	case !speaks && stars == 0:
		return 1.0 / 3
	case stars == 0:
		return float64(h.curve.at(p[k]))
	}
	return float64(max(p[k], h.curve.at(text[k])))
}

// advise asks for a second opinion of s and takes it where it may be taken.
// Our own verdict stands when there is none, and a complaint never becomes
// praise on a stranger's word: a review can be written to mislead the model.
func (j *Judge) advise(ctx context.Context, m *mention.Mention, s *mention.Sentiment) {
	words := m.Words()
	if givesOrders(words) {
		return
	}
	o, err := j.adviser.ask(ctx, words)
	if err != nil || s.Tone == mention.Negative && o.Tone == mention.Positive || o.Confidence < s.Confidence {
		return
	}
	if s.Tone != o.Tone {
		s.Tone, s.Reasons = o.Tone, []mention.Reason{}
	}
	s.Confidence = o.Confidence
	s.Model += "+" + j.adviser.cfg.Model
}

// Fields in the order in which token.field counts them; the last is for words
// that nobody wrote.
var fields = [...]mention.Field{mention.InTitle, mention.InText, mention.InPros, mention.InCons, ""}

// read takes the mention's words apart in the order in which review sites show
// them, with the headings that the training texts have. Russian written in
// Latin letters is read as Russian.
func (d *desk) read(m *mention.Mention) {
	d.readFields(m, false)
	if d.text.looksTransliterated() {
		d.readFields(m, true)
	}
}

func (d *desk) readFields(m *mention.Mention, transliterated bool) {
	d.text.reset()
	d.text.transliterated = transliterated
	d.text.readNonEmpty(m.Title, 0)
	if m.Pros == "" && m.Cons == "" {
		d.text.readNonEmpty(m.Text, 1)
		return
	}
	russian := transliterated || mostlyRussian(m.Text) || mostlyRussian(m.Pros) || mostlyRussian(m.Cons)
	d.part(m.Pros, 2, "Достоинства:", "Pros:", russian)
	d.part(m.Cons, 3, "Недостатки:", "Cons:", russian)
	d.part(m.Text, 1, "Отзыв:", "Review:", russian)
}

func (d *desk) part(s string, field uint8, russianHead, englishHead string, russian bool) {
	if s == "" {
		return
	}
	head := englishHead
	if russian {
		head = russianHead
	}
	d.text.read(head, uint8(len(fields)-1))
	d.text.read(s, field)
}

func (t *text) readNonEmpty(s string, field uint8) {
	if s != "" {
		t.read(s, field)
	}
}
