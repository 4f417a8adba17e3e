package mention

import "fmt"

// Tone is how a mention feels about the brand.
type Tone string

// The tones. The empty tone means "not judged".
const (
	Negative Tone = "negative"
	Neutral  Tone = "neutral"
	Positive Tone = "positive"
)

// ParseTone returns the tone s names, or an error that lists them.
func ParseTone(s string) (Tone, error) {
	switch t := Tone(s); t {
	case Negative, Neutral, Positive:
		return t, nil
	}
	return "", fmt.Errorf("unknown tone %q: use negative, neutral or positive", s)
}

// Field names the part of a mention in which a reason was found.
type Field string

// The fields a reason can stand in.
const (
	InTitle  Field = "title"
	InText   Field = "text"
	InPros   Field = "pros"
	InCons   Field = "cons"
	InRating Field = "rating"
)

// Reason is a word or phrase that decided a verdict, verbatim. Start and End
// are byte offsets into the named field; both are zero for the rating.
type Reason struct {
	Text   string  `json:"text"`
	Field  Field   `json:"field"`
	Start  int     `json:"start"`
	End    int     `json:"end"`
	Weight float64 `json:"weight"` // contribution towards the tone, positive
}

// Sentiment is the judgement of one mention.
type Sentiment struct {
	Tone       Tone     `json:"tone"`
	Confidence float64  `json:"confidence"` // probability that Tone is right, calibrated
	Conflict   bool     `json:"conflict,omitempty"`
	Lang       string   `json:"lang"`
	Reasons    []Reason `json:"reasons"`
	Topics     []string `json:"topics"`
	// TopicReasons holds, by topic, the words that named it.
	TopicReasons map[string][]string `json:"topic_reasons,omitempty"`
	// Model names the model that judged, for corrections and replays.
	Model string `json:"model,omitempty"`
}

// ApplyTo writes the judgement into m.
func (s Sentiment) ApplyTo(m *Mention) {
	m.Tone, m.Confidence, m.Conflict = s.Tone, s.Confidence, s.Conflict
	m.Reasons, m.Topics = s.Reasons, s.Topics
	if m.Lang == "" {
		m.Lang = s.Lang
	}
}
