package sentiment

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"otklik/mention"
)

// ReadTopicsTSV reads texts with their topics: a header line that names at
// least the columns lang, topics and text, then lines, separated by tabs; the
// topics are separated by commas. A bad line is an error that names its number.
func ReadTopicsTSV(r io.Reader) ([]TopicText, error) {
	var out []TopicText
	var header []string
	err := eachDataLine(r, func(n int, line string) error {
		f := strings.Split(line, "\t")
		if n == 1 {
			header = f
			return nil
		}
		c, err := parseTopicText(header, f)
		out = append(out, c)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func parseTopicText(header, f []string) (TopicText, error) {
	var c TopicText
	if len(f) != len(header) {
		return c, fmt.Errorf("%d columns, the header has %d", len(f), len(header))
	}
	for i, name := range header {
		switch name {
		case "lang":
			c.Lang = f[i]
		case "text":
			c.Text = f[i]
		case "topics":
			if f[i] != "" {
				c.Topics = strings.Split(f[i], ",")
			}
		}
	}
	if c.Lang != "ru" && c.Lang != "en" || c.Text == "" {
		return c, fmt.Errorf("lang %q and a text of %d bytes, want ru or en and some text", c.Lang, len(c.Text))
	}
	for _, name := range c.Topics {
		if !slices.Contains(Topics(), name) {
			return c, fmt.Errorf("topic %q, want one of %s", name, strings.Join(Topics(), ", "))
		}
	}
	return c, nil
}

// TopicReport is how well one topic was found in one language's texts, in
// shares from 0 to 1. Topic "all" is over all topics: its F1 is the micro-F1,
// and Macro the mean of the topics' F1.
type TopicReport struct {
	Lang      string  `json:"lang"`
	Topic     string  `json:"topic"`
	N         int     `json:"n"` // texts that have it
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
	Macro     float64 `json:"macro_f1,omitempty"`
}

// everyTopic is the name under which a report counts all topics.
const everyTopic = "all"

// EvalTopics judges texts with m and returns for each language a report a topic and one over all.
func EvalTopics(m *TopicModel, texts []TopicText) ([]TopicReport, error) {
	f, err := m.finder(nil)
	if err != nil {
		return nil, err
	}
	var out []TopicReport
	for _, lang := range topicLanguages {
		var of []topicVerdict
		for _, c := range texts {
			if c.Lang == lang {
				of = append(of, topicVerdict{said: f.of(c.Text), are: c.Topics})
			}
		}
		if len(of) > 0 {
			out = append(out, reportTopics(lang, of)...)
		}
	}
	return out, nil
}

// of returns the topics of s.
func (f *topicFinder) of(s string) []string {
	d := new(desk)
	d.read(&mention.Mention{Text: s})
	topics, _ := f.find(&d.text, func(*token) string { return "" })
	return topics
}

// topicVerdict is what was said of a text, and what is true.
type topicVerdict struct{ said, are []string }

func reportTopics(lang string, of []topicVerdict) []TopicReport {
	all := topicTally{}
	var out []TopicReport
	macro := 0.0
	for _, name := range Topics() {
		var t topicTally
		for _, v := range of {
			t.count(slices.Contains(v.said, name), slices.Contains(v.are, name))
		}
		rep := t.report(lang, name)
		out = append(out, rep)
		macro += rep.F1 / knownTopics
		all.hits, all.said, all.are = all.hits+t.hits, all.said+t.said, all.are+t.are
	}
	total := all.report(lang, everyTopic)
	total.Macro = macro
	return append(out, total)
}

// topicTally counts verdicts on a topic.
type topicTally struct{ hits, said, are int }

func (t *topicTally) count(said, is bool) {
	if said {
		t.said++
	}
	if is {
		t.are++
	}
	if said && is {
		t.hits++
	}
}

func (t *topicTally) report(lang, topic string) TopicReport {
	return TopicReport{
		Lang: lang, Topic: topic, N: t.are, Precision: ratio(t.hits, t.said), Recall: ratio(t.hits, t.are),
		F1: ratio(2*t.hits, t.said+t.are),
	}
}

// WriteTopicEval judges texts and writes a JSON line a language and topic.
func WriteTopicEval(w io.Writer, m *TopicModel, texts []TopicText) error {
	reports, err := EvalTopics(m, texts)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(w)
	for _, r := range reports {
		if err := enc.Encode(r); err != nil {
			return fmt.Errorf("write evaluation: %w", err)
		}
	}
	return nil
}
