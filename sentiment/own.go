package sentiment

import (
	"fmt"
	"strings"

	"otklik/mention"
)

// Two sets of our own are part of the program, because an operator who trains
// a model has nothing else to hold it against: sentences that speak of a brand
// and of others, and short texts with their topics. Nobody's words but ours.

// aboutCase is a sentence and how it speaks of one of the names in it.
type aboutCase struct {
	lang, about, text string
	tone              mention.Tone
}

// topicCase is a short text, its tone and its topics.
type topicCase struct {
	lang, text string
	tone       mention.Tone
	topics     []string
}

func aboutCases() ([]aboutCase, error) {
	var out []aboutCase
	err := eachLine("own/about.tsv", func(f []string) error {
		tone, err := shortTone(f[2])
		out = append(out, aboutCase{f[0], f[1], f[3], tone})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the sentences about brands: %w", err)
	}
	return out, nil
}

func topicCases() ([]topicCase, error) {
	var out []topicCase
	err := eachLine("own/topics.tsv", func(f []string) error {
		tone, err := shortTone(f[1])
		var topics []string
		if f[2] != "" {
			topics = strings.Split(f[2], ",")
		}
		out = append(out, topicCase{f[0], f[3], tone, topics})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the texts with topics: %w", err)
	}
	return out, nil
}

// eachLine calls yield with the four columns of every line after the first of
// an embedded file.
func eachLine(name string, yield func([]string) error) error {
	s, err := embeddedText(name)
	if err != nil {
		return err
	}
	for n, line := range strings.Split(strings.TrimSpace(s), "\n") {
		f := strings.Split(line, "\t")
		if n == 0 {
			continue
		}
		if len(f) != 4 {
			return fmt.Errorf("line %d: %d columns, want 4", n+1, len(f))
		}
		if err := yield(f); err != nil {
			return fmt.Errorf("line %d: %w", n+1, err)
		}
	}
	return nil
}

func shortTone(s string) (mention.Tone, error) {
	switch s {
	case "neg", "negative":
		return mention.Negative, nil
	case "neu", "neutral":
		return mention.Neutral, nil
	case "pos", "positive":
		return mention.Positive, nil
	}
	return "", fmt.Errorf("label %q, want neg, neu or pos", s)
}

// OwnReport is how a model does on the program's own sets, in shares of one.
type OwnReport struct {
	About      float64 `json:"about"`       // macro-F1 of the tone towards the named brand
	AboutWhole float64 `json:"about_whole"` // the same when the brand is not told
	Tone       float64 `json:"tone"`        // macro-F1 of the tone of the texts with topics
	Topics     float64 `json:"topics"`      // micro-F1 of the topics
}

// EvalOwn judges the program's own sets.
func EvalOwn(m *Model) (OwnReport, error) {
	var rep OwnReport
	j, err := NewJudge(m, Defaults())
	if err != nil {
		return rep, err
	}
	sentences, err := aboutCases()
	if err != nil {
		return rep, err
	}
	var told, whole, tone table
	d := new(desk)
	for _, c := range sentences {
		k := classOf(c.tone)
		with := j.verdict(d, &mention.Mention{Text: c.text, Lang: c.lang}, []string{c.about})
		without := j.verdict(d, &mention.Mention{Text: c.text, Lang: c.lang}, nil)
		told[k][classOf(with.Tone)]++
		whole[k][classOf(without.Tone)]++
	}
	texts, err := topicCases()
	if err != nil {
		return rep, err
	}
	var hits, said, are int
	for _, c := range texts {
		s := j.verdict(d, &mention.Mention{Text: c.text, Lang: c.lang}, nil)
		tone[classOf(c.tone)][classOf(s.Tone)]++
		hits += common(s.Topics, c.topics)
		said += len(s.Topics)
		are += len(c.topics)
	}
	rep.About, rep.AboutWhole = told.report().MacroF1, whole.report().MacroF1
	rep.Tone, rep.Topics = tone.report().MacroF1, ratio(2*hits, said+are)
	return rep, nil
}

func common(a, b []string) int {
	n := 0
	for _, x := range a {
		for _, y := range b {
			if x == y {
				n++
			}
		}
	}
	return n
}
