package sentiment_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"testing"

	"otklik/mention"
	"otklik/sentiment"
)

func TestWriteEval(t *testing.T) {
	m, err := sentiment.Default()
	if err != nil {
		t.Fatal(err)
	}
	rows := []sentiment.Row{
		{Dataset: "b", Lang: "ru", Tone: mention.Negative, Text: "Ужасный сервис, обман"},
		{Dataset: "b", Lang: "ru", Tone: mention.Negative, Text: "Прекрасный банк, спасибо"}, // five stars would not help
		{Dataset: "b", Lang: "ru", Tone: mention.Positive, Rating: 1, Text: "Прекрасный банк, рекомендую"},
		{Dataset: "a", Lang: "en", Tone: mention.Positive, Text: "Great service, love it"},
	}
	var out bytes.Buffer
	if err := sentiment.WriteEval(&out, m, rows); err != nil {
		t.Fatal(err)
	}
	lines := slices.Collect(bytes.Lines(out.Bytes()))
	if len(lines) != 2 {
		t.Fatalf("%d lines, want one a data set: %s", len(lines), out.Bytes())
	}
	var fields map[string]any
	if err := json.Unmarshal(lines[1], &fields); err != nil {
		t.Fatal(err)
	}
	want := []string{"accuracy", "dataset", "lang", "macro_f1", "n", "negative_precision", "negative_recall"}
	if got := slices.Sorted(maps.Keys(fields)); !slices.Equal(got, want) {
		t.Errorf("fields %v, want %v", got, want)
	}
	var got sentiment.DatasetReport
	if err := json.Unmarshal(lines[1], &got); err != nil {
		t.Fatal(err)
	}
	if got.Dataset != "b" || got.N != 3 || got.NegativePrecision != 1 || got.NegativeRecall != 0.5 {
		t.Errorf("got %+v, want b with 3 texts, the stars unread, precision 1 and recall 0.5", got)
	}
}

func TestEvalUnseen(t *testing.T) {
	var rows []sentiment.Row
	for _, r := range smallRows() {
		again := r
		again.Dataset += "2"
		rows = append(rows, r, again)
	}
	dev := []sentiment.Row{
		{Dataset: "a", Lang: "ru", Tone: mention.Negative, Text: "зюзя кривая"},
		{Dataset: "a", Lang: "ru", Tone: mention.Positive, Text: "глокая куздра"},
		{Dataset: "b2", Lang: "en", Tone: mention.Neutral, Text: "the frumious thing"},
	}
	got, err := sentiment.EvalUnseen(rows, dev, 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Dataset != "b2" || got[1].Dataset != "a" || got[1].Accuracy != 1 {
		t.Errorf("got %+v, want b2 and a, which a2 teaches all there is to know", got)
	}
	if _, err := sentiment.EvalUnseen(smallRows(), dev[:1], 0); !errors.Is(err, sentiment.ErrNoRows) {
		t.Errorf("the only data set of its language left out: got %v, want ErrNoRows", err)
	}
}
