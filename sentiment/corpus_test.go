package sentiment_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"otklik/sentiment"
)

// floorsFile holds the reports below which the embedded model must not fall,
// a JSON line a data set. OTKLIK_UPDATE_FLOORS=1 raises them to what the model
// does now; nothing lowers them but an edit that somebody has to defend.
const floorsFile = "testdata/floors.jsonl"

// slack is how much a figure may differ between machines, whose floating
// point differs in the last digits.
const slack = 0.001

// TestCorpus_floors evaluates the embedded model on the sentiment collection's
// test rows, which it was not trained on. The folder is OTKLIK_SENTIMENT, or
// lies beside OTKLIK_SAMPLES.
func TestCorpus_floors(t *testing.T) {
	rows := corpus(t, "test")
	m, err := sentiment.Default()
	if err != nil {
		t.Fatal(err)
	}
	got := sentiment.Eval(m, rows)
	floors := readFloors(t)
	if os.Getenv("OTKLIK_UPDATE_FLOORS") != "" {
		writeFloors(t, got, floors)
		return
	}
	if len(floors) != len(got) {
		t.Errorf("%d data sets, the floors have %d", len(got), len(floors))
	}
	for _, r := range got {
		f, ok := floors[r.Dataset]
		if !ok {
			t.Errorf("%s has no floor", r.Dataset)
			continue
		}
		if r.N != f.N {
			t.Errorf("%s: %d rows, the floor was measured on %d", r.Dataset, r.N, f.N)
		}
		if r.MacroF1 < f.MacroF1-slack {
			t.Errorf("%s: macro-F1 %.4f, floor %.4f", r.Dataset, r.MacroF1, f.MacroF1)
		}
		t.Logf("%s %s: macro-F1 %.1f, negative recall %.1f at precision %.1f",
			r.Lang, r.Dataset, 100*r.MacroF1, 100*r.NegativeRecall, 100*r.NegativePrecision)
	}
	checkMeans(t, got)
}

// checkMeans holds the means that the model card promises.
func checkMeans(t *testing.T, reports []sentiment.DatasetReport) {
	t.Helper()
	sum, n := map[string]float64{}, map[string]float64{}
	var recall, precision, reviews float64
	for _, r := range reports {
		sum[r.Lang] += 100 * r.MacroF1
		n[r.Lang]++
		switch r.Dataset {
		case "appreviews_ru", "otzovik_bank", "airline_reviews", "products_en", "uber_app", "chatgpt_app":
			recall += 100 * r.NegativeRecall
			precision += 100 * r.NegativePrecision
			reviews++
		}
	}
	for _, c := range []struct {
		name       string
		got, floor float64
	}{
		{"Russian mean macro-F1", sum["ru"] / n["ru"], russianFloor},
		{"English mean macro-F1", sum["en"] / n["en"], englishFloor},
		{"negative recall on reviews", recall / reviews, recallFloor},
		{"negative precision on reviews", precision / reviews, precisionFloor},
	} {
		t.Logf("%s: %.2f", c.name, c.got)
		if c.got < c.floor {
			t.Errorf("%s: %.2f, floor %.2f", c.name, c.got, c.floor)
		}
	}
}

// The floors of the means, in points.
const (
	russianFloor   = 69.9
	englishFloor   = 66.6
	recallFloor    = 90.2
	precisionFloor = 83.2
	unseenRussian  = 57.1
	unseenEnglish  = 58.7
)

// TestCorpus_calibration checks that confidence means what it says: within
// ten bands of it, the mean confidence is near the share that was right.
func TestCorpus_calibration(t *testing.T) {
	rows := corpus(t, "test")
	m, err := sentiment.Default()
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []string{"ru", "en"} {
		var said, right, n [10]float64
		all := 0.0
		for _, r := range rows {
			if r.Lang != lang {
				continue
			}
			tone, confidence := m.Tone(lang, r.Text)
			b := min(9, int(confidence*10))
			said[b] += confidence
			n[b]++
			all++
			if tone == r.Tone {
				right[b]++
			}
		}
		ece := 0.0
		for b := range n {
			ece += math.Abs(said[b]-right[b]) / all
		}
		t.Logf("%s: expected calibration error %.3f", lang, ece)
		if ece > 0.05 {
			t.Errorf("%s: expected calibration error %.3f, want 0.05 at most", lang, ece)
		}
	}
}

// TestCorpus_unseen leaves one data set out at a time and judges its dev rows:
// the figures for domains that no training text is from. It trains once for
// each data set, so it runs only when OTKLIK_SENTIMENT_UNSEEN is set.
func TestCorpus_unseen(t *testing.T) {
	if os.Getenv("OTKLIK_SENTIMENT_UNSEEN") == "" {
		t.Skip("OTKLIK_SENTIMENT_UNSEEN is not set")
	}
	reports, err := sentiment.EvalUnseen(append(corpus(t, "train"), ownTraining(t)...), corpus(t, "dev"), 0)
	if err != nil {
		t.Fatal(err)
	}
	sum, n := map[string]float64{}, map[string]float64{}
	for _, r := range reports {
		sum[r.Lang] += 100 * r.MacroF1
		n[r.Lang]++
		t.Logf("%s %s left out: macro-F1 %.1f, negative recall %.1f at precision %.1f",
			r.Lang, r.Dataset, 100*r.MacroF1, 100*r.NegativeRecall, 100*r.NegativePrecision)
	}
	for lang, floor := range map[string]float64{"ru": unseenRussian, "en": unseenEnglish} {
		mean := sum[lang] / n[lang]
		t.Logf("%s: mean macro-F1 on unseen data sets %.2f", lang, mean)
		if mean < floor {
			t.Errorf("%s: mean macro-F1 on unseen data sets %.2f, floor %.2f", lang, mean, floor)
		}
	}
}

// ownTraining reads the texts that were written for training.
func ownTraining(t *testing.T) []sentiment.Row {
	t.Helper()
	var rows []sentiment.Row
	for _, name := range []string{"own/train_ru.tsv", "own/train_en.tsv"} {
		rows = append(rows, readData(t, name, sentiment.ReadTSV)...)
	}
	return rows
}

// readData reads the file name as read does.
func readData[T any](t *testing.T, name string, read func(io.Reader) ([]T, error)) []T {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := read(f)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return data
}

// corpus reads a part of the collection, or skips the test where there is none.
func corpus(t *testing.T, part string) []sentiment.Row {
	t.Helper()
	dir := os.Getenv("OTKLIK_SENTIMENT")
	if samples := os.Getenv("OTKLIK_SAMPLES"); dir == "" && samples != "" {
		dir = filepath.Join(filepath.Dir(samples), "sentiment")
	}
	if dir == "" {
		t.Skip("neither OTKLIK_SENTIMENT nor OTKLIK_SAMPLES is set")
	}
	var rows []sentiment.Row
	for _, lang := range []string{"ru", "en"} {
		name := fmt.Sprintf("%s.%s.tsv.gz", lang, part)
		rows = append(rows, readData(t, filepath.Join(dir, name), sentiment.ReadTSV)...)
	}
	return rows
}

func readFloors(t *testing.T) map[string]sentiment.DatasetReport {
	t.Helper()
	data, err := os.ReadFile(floorsFile)
	if err != nil {
		t.Fatal(err)
	}
	floors := map[string]sentiment.DatasetReport{}
	for line := range strings.Lines(string(data)) {
		var r sentiment.DatasetReport
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		floors[r.Dataset] = r
	}
	return floors
}

// writeFloors raises the floors; a set that fell keeps its floor.
func writeFloors(t *testing.T, got []sentiment.DatasetReport, floors map[string]sentiment.DatasetReport) {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	for _, r := range got {
		if f, ok := floors[r.Dataset]; ok && f.MacroF1 > r.MacroF1 {
			r = f
		}
		if err := enc.Encode(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(floorsFile, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
