package sentiment

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"otklik/mention"
)

// input is one text to classify in JSON.
type input struct {
	Text   string  `json:"text"`
	Title  string  `json:"title"`
	Pros   string  `json:"pros"`
	Cons   string  `json:"cons"`
	Rating float64 `json:"rating"`
	Best   float64 `json:"best"`
	Lang   string  `json:"lang"`
}

// verdict is what Classify writes for a text.
type verdict struct {
	Tone       mention.Tone     `json:"tone"`
	Confidence float64          `json:"confidence"`
	Conflict   bool             `json:"conflict,omitempty"`
	Lang       string           `json:"lang"`
	Reasons    []mention.Reason `json:"reasons"`
	Topics     []string         `json:"topics"`
}

// longestLine is the longest line Classify takes, in bytes.
const longestLine = 8 << 20

// Classify judges the lines of r and writes a JSON object a line to w: a line
// is a text or, with jsonInput, an object with text, title, pros, cons, rating
// and best. It stops at a line that is no such object and names it.
func Classify(ctx context.Context, j *Judge, r io.Reader, w io.Writer, jsonInput bool) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), longestLine)
	out := bufio.NewWriter(w)
	defer out.Flush()
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	n := 0
	for lines.Scan() {
		n++
		m, err := parseInput(lines.Bytes(), jsonInput)
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		s, err := j.Score(ctx, m, nil)
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		v := verdict{s.Tone, s.Confidence, s.Conflict, s.Lang, s.Reasons, s.Topics}
		if err := enc.Encode(v); err != nil {
			return fmt.Errorf("write the verdict on line %d: %w", n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("line %d: %w", n+1, err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write verdicts: %w", err)
	}
	return nil
}

func parseInput(line []byte, jsonInput bool) (mention.Mention, error) {
	if !jsonInput {
		return mention.Mention{Text: string(line)}, nil
	}
	var in input
	if err := json.Unmarshal(line, &in); err != nil {
		return mention.Mention{}, fmt.Errorf("read the JSON object: %w", err)
	}
	if in.Rating > 0 && in.Best == 0 {
		in.Best = 5
	}
	return mention.Mention{
		Text: in.Text, Title: in.Title, Pros: in.Pros, Cons: in.Cons,
		Rating: in.Rating, Best: in.Best, Lang: in.Lang,
	}, nil
}
