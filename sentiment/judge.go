package sentiment

import (
	"context"
	"fmt"

	"otklik/mention"
)

// Config is what an operator can say about the judgement of tone.
type Config struct {
	// Model is the path of a model file; empty means the embedded one.
	Model string `yaml:"model"`
}

// Validate reports what is wrong with c.
func (c *Config) Validate() error { return nil }

// Judge judges mentions. It may be used by many goroutines at once.
type Judge struct {
	model *Model
	cfg   Config
}

// NewJudge returns a judge that asks m.
func NewJudge(m *Model, cfg Config) (*Judge, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("sentiment: %w", err)
	}
	return &Judge{model: m, cfg: cfg}, nil
}

// Score judges what the author of m wrote. About holds the brand's own words;
// where they stand in the text, the clauses near them weigh most.
func (j *Judge) Score(_ context.Context, m mention.Mention, _ []string) (mention.Sentiment, error) {
	d := j.model.desks.Get().(*desk)
	defer j.model.desks.Put(d)
	d.read(&m)
	lang := d.text.lang(m.Lang)
	h := j.model.half(lang)
	p := h.judge(j.model, d)
	k := p.best()
	return mention.Sentiment{
		Tone: classes[k], Confidence: float64(h.curve.at(p[k])), Lang: lang,
		Reasons: []mention.Reason{}, Topics: []string{}, Model: j.model.name,
	}, nil
}

// Fields in the order in which token.field counts them; the last is for words
// that nobody wrote.
var fields = [...]mention.Field{mention.InTitle, mention.InText, mention.InPros, mention.InCons, ""}

// read takes the mention's words apart in the order in which review sites show
// them, with the headings that the training texts have.
func (d *desk) read(m *mention.Mention) {
	russian := mostlyRussian(m.Text) || mostlyRussian(m.Pros) || mostlyRussian(m.Cons)
	d.text.reset()
	d.text.readNonEmpty(m.Title, 0)
	d.part(m.Pros, 2, "Достоинства:", "Pros:", russian)
	d.part(m.Cons, 3, "Недостатки:", "Cons:", russian)
	if m.Pros != "" || m.Cons != "" {
		d.part(m.Text, 1, "Отзыв:", "Review:", russian)
		return
	}
	d.text.readNonEmpty(m.Text, 1)
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

// mostlyRussian reports whether s has more Cyrillic than Latin letters.
func mostlyRussian(s string) bool {
	n := 0
	for _, r := range s {
		switch {
		case r >= 'а' && r <= 'я' || r >= 'А' && r <= 'Я':
			n++
		case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z':
			n--
		}
	}
	return n > 0
}

// lang returns the language to judge in: the site's word for it when the
// letters do not contradict it, else what the letters say.
func (t *text) lang(said string) string {
	switch {
	case t.cyrillic*2 > t.latin:
		return "ru"
	case t.latin > 0:
		return "en"
	case said == "ru" || said == "en":
		return said
	}
	return "ru"
}
