package sentiment_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"otklik/mention"
	"otklik/sentiment"
)

func TestClassify(t *testing.T) {
	j := newJudge(t)
	type verdict struct {
		Tone       mention.Tone
		Confidence float64
		Conflict   bool
		Lang       string
		Reasons    []mention.Reason
		Topics     []string
	}
	run := func(t *testing.T, in string, jsonInput bool) []verdict {
		t.Helper()
		var out bytes.Buffer
		if err := sentiment.Classify(t.Context(), j, strings.NewReader(in), &out, jsonInput); err != nil {
			t.Fatal(err)
		}
		var vs []verdict
		for line := range strings.Lines(out.String()) {
			var fields map[string]any
			if err := json.Unmarshal([]byte(line), &fields); err != nil {
				t.Fatal(err)
			}
			for _, f := range []string{"tone", "confidence", "lang", "reasons", "topics"} {
				if fields[f] == nil {
					t.Errorf("%s lacks %s", line, f)
				}
			}
			var v verdict
			if err := json.Unmarshal([]byte(line), &v); err != nil {
				t.Fatal(err)
			}
			vs = append(vs, v)
		}
		return vs
	}
	t.Run("a text a line, empty ones too", func(t *testing.T) {
		vs := run(t, "Ужасная доставка, курьер хам\n\nGreat app, love it\n", false)
		if len(vs) != 3 || vs[0].Tone != mention.Negative || vs[1].Tone != mention.Neutral || vs[2].Tone != mention.Positive {
			t.Fatalf("got %+v", vs)
		}
		if !reflect.DeepEqual(vs[0].Topics, []string{"delivery", "staff"}) || len(vs[0].Reasons) == 0 {
			t.Errorf("got topics %v and reasons %v", vs[0].Topics, vs[0].Reasons)
		}
	})
	t.Run("objects", func(t *testing.T) {
		vs := run(t, `{"text":"Ужас, обман","rating":5,"best":5}`+"\n"+`{"title":"Отлично","pros":"всё","cons":"нет"}`, true)
		if len(vs) != 2 || !vs[0].Conflict || vs[0].Tone != mention.Negative || vs[1].Tone != mention.Positive {
			t.Errorf("got %+v", vs)
		}
	})
	t.Run("a bad line is named", func(t *testing.T) {
		err := sentiment.Classify(t.Context(), j, strings.NewReader("{\"text\":\"a\"}\nnonsense\n"), &bytes.Buffer{}, true)
		if err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("got %v, want an error about line 2", err)
		}
	})
}

func TestReadTSV(t *testing.T) {
	const head = "dataset\tlang\tlabel\trating\ttext\n"
	rows := []sentiment.Row{
		{Dataset: "a", Lang: "ru", Tone: mention.Negative, Rating: 1.5, Text: "Плохо"},
		{Dataset: "b", Lang: "en", Tone: mention.Neutral, Text: "So so"},
	}
	t.Run("what is written is read", func(t *testing.T) {
		var b bytes.Buffer
		if err := sentiment.WriteTSV(&b, rows); err != nil {
			t.Fatal(err)
		}
		got, err := sentiment.ReadTSV(&b)
		if err != nil || !reflect.DeepEqual(got, rows) {
			t.Errorf("got %+v, %v, want %+v", got, err, rows)
		}
	})
	for _, c := range []struct{ name, in, want string }{
		{"too few columns", head + "a\tru\tneg\ttext\n", "line 2: 4 columns"},
		{"a label that does not exist", head + "a\tru\tneg\t\tx\na\tru\tbad\t\tx\n", "line 3: label"},
		{"a language without a model", head + "a\tde\tneg\t\tx\n", "line 2: lang"},
		{"a rating that is no number", head + "a\tru\tneg\tfive\tx\n", "line 2: rating"},
		{"a broken gzip stream", "\x1f\x8b\x00", "unpack"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := sentiment.ReadTSV(strings.NewReader(c.in)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}
