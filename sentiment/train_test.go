package sentiment_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"otklik/mention"
	"otklik/sentiment"
)

// smallRows makes rows that are easy to tell apart.
func smallRows() []sentiment.Row {
	var rows []sentiment.Row
	for i := range 30 {
		rows = append(rows,
			sentiment.Row{Dataset: "a", Lang: "ru", Tone: mention.Negative, Text: fmt.Sprint("зюзя кривая номер ", i)},
			sentiment.Row{Dataset: "a", Lang: "ru", Tone: mention.Positive, Text: fmt.Sprint("глокая куздра номер ", i)},
			sentiment.Row{Dataset: "b", Lang: "en", Tone: mention.Neutral, Text: fmt.Sprint("the frumious thing number ", i)},
			sentiment.Row{Dataset: "b", Lang: "en", Tone: mention.Negative, Text: fmt.Sprint("the slithy thing number ", i)},
		)
	}
	return rows
}

func TestTrain_sameRowsSameBytes(t *testing.T) {
	var files [2]bytes.Buffer
	for i := range files {
		m, _, err := sentiment.Train(smallRows(), sentiment.Options{Seed: 7})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Save(&files[i]); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(files[0].Bytes(), files[1].Bytes()) {
		t.Error("the same rows and seed gave other bytes")
	}
}

func TestTrain_learns(t *testing.T) {
	m, rep, err := sentiment.Train(smallRows(), sentiment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if rep.Rows != 120 || rep.Datasets["a"] != 60 {
		t.Errorf("report %+v", rep)
	}
	for _, r := range sentiment.Eval(m, smallRows()) {
		if r.Accuracy != 1 {
			t.Errorf("%s: accuracy %.2f on its own rows, want 1", r.Dataset, r.Accuracy)
		}
	}
}

func TestTrain_leavesDatasetsOut(t *testing.T) {
	_, rep, err := sentiment.Train(smallRows(), sentiment.Options{Leave: []string{"b"}})
	if err != nil {
		t.Fatal(err)
	}
	if rep.Rows != 60 || rep.Datasets["b"] != 0 || !slices.Equal(rep.Left, []string{"b"}) {
		t.Errorf("report %+v, want only the rows of a", rep)
	}
	if _, _, err := sentiment.Train(smallRows(), sentiment.Options{Leave: []string{"a", "b"}}); !errors.Is(err, sentiment.ErrNoRows) {
		t.Errorf("everything left out: got %v, want ErrNoRows", err)
	}
}

func TestTrainCorrections(t *testing.T) {
	base, err := sentiment.Default()
	if err != nil {
		t.Fatal(err)
	}
	rows := []sentiment.Row{
		{Dataset: "corrections", Lang: "ru", Tone: mention.Positive, Text: "Пушка-гонка, улетел от такого чебурека"},
		{Dataset: "corrections", Lang: "ru", Tone: mention.Negative, Text: "Самовар не свистит, обещанного чебурека нет"},
		{Dataset: "corrections", Lang: "ru", Tone: mention.Neutral, Text: "Ужасно хочется чебурек, куда сходить?"},
		{Dataset: "corrections", Lang: "en", Tone: mention.Negative, Text: "My pasty went walkabout, cheers for nothing"},
	}
	m, rep, err := sentiment.TrainCorrections(base, rows)
	if err != nil {
		t.Fatalf("%v: %+v", err, rep)
	}
	if rep.RightAfter != len(rows) || rep.RightAfter <= rep.RightBefore {
		t.Errorf("right %d before and %d after, want all %d after", rep.RightBefore, rep.RightAfter, len(rows))
	}
	var first, second bytes.Buffer
	if err := m.Save(&first); err != nil {
		t.Fatal(err)
	}
	again, _, err := sentiment.TrainCorrections(base, rows)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Save(&second); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("the same corrections gave other bytes")
	}
	if first.Len() > 1<<18 {
		t.Errorf("four corrections take %d bytes, want the changes alone", first.Len())
	}
	path := filepath.Join(t.TempDir(), "own.bin")
	if err := os.WriteFile(path, first.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, err := sentiment.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if loaded.Name() != m.Name() || !slices.Equal(sentiment.Eval(loaded, rows), sentiment.Eval(m, rows)) {
		t.Error("the loaded changes judge otherwise than the trained ones")
	}
}

func TestTrainCorrections_refuses(t *testing.T) {
	base, err := sentiment.Default()
	if err != nil {
		t.Fatal(err)
	}
	t.Run("corrections that lose a confirmed negative", func(t *testing.T) {
		rows := []sentiment.Row{{Lang: "ru", Tone: mention.Negative, Text: "Ужасный сервис, обман"}}
		for i := range 200 {
			rows = append(rows, sentiment.Row{Lang: "ru", Tone: mention.Positive, Text: fmt.Sprint("Ужасный сервис, обман ", i)})
		}
		m, rep, err := sentiment.TrainCorrections(base, rows)
		if !errors.Is(err, sentiment.ErrWorse) || m != nil || len(rep.LostNegative) != 1 {
			t.Errorf("got %v with %d lost negatives, want ErrWorse with one", err, len(rep.LostNegative))
		}
	})
	t.Run("corrections that spoil the program's own sets", func(t *testing.T) {
		data, err := os.ReadFile("own/topics.tsv")
		if err != nil {
			t.Fatal(err)
		}
		var rows []sentiment.Row
		for line := range strings.Lines(strings.Repeat(string(data), 5)) {
			if f := strings.Split(strings.TrimSpace(line), "\t"); f[1] == "pos" {
				rows = append(rows, sentiment.Row{Lang: f[0], Tone: mention.Neutral, Text: f[3]})
			}
		}
		if _, rep, err := sentiment.TrainCorrections(base, rows); !errors.Is(err, sentiment.ErrWorse) {
			t.Errorf("got %v, want ErrWorse: %+v", err, rep)
		}
	})
	t.Run("no corrections", func(t *testing.T) {
		if _, _, err := sentiment.TrainCorrections(base, nil); !errors.Is(err, sentiment.ErrNoRows) {
			t.Errorf("got %v, want ErrNoRows", err)
		}
	})
}
