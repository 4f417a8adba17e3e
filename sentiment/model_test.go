package sentiment_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"otklik/mention"
	"otklik/sentiment"
)

func TestDefault_isSmallAndLoadsFast(t *testing.T) {
	info, err := os.Stat("model/tone.bin")
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > 6<<20 {
		t.Errorf("the embedded model has %d bytes, want 6 MB at most", info.Size())
	}
	best := time.Hour
	for range 3 {
		start := time.Now()
		if _, err := sentiment.Default(); err != nil {
			t.Fatal(err)
		}
		best = min(best, time.Since(start))
	}
	if best > 50*time.Millisecond && !raceEnabled {
		t.Errorf("loading took %s, want 50 ms at most", best)
	}
}

func TestModel_Save_roundTrip(t *testing.T) {
	m, err := sentiment.Default()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "tone.bin")
	var b bytes.Buffer
	if err := m.Save(&b); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := sentiment.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if again.Name() != m.Name() {
		t.Errorf("saved and loaded, the model is called %s, want %s", again.Name(), m.Name())
	}
}

func TestLoad_refuses(t *testing.T) {
	m, err := sentiment.Default()
	if err != nil {
		t.Fatal(err)
	}
	var whole bytes.Buffer
	if err := m.Save(&whole); err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(whole.Bytes())
	flipped[len(flipped)/2] ^= 1
	for name, data := range map[string][]byte{
		"an empty file":     nil,
		"some other file":   []byte("dataset\tlang\tlabel\trating\ttext\n"),
		"a zip":             append([]byte("PK\x03\x04"), make([]byte, 4096)...),
		"a cut model":       whole.Bytes()[:whole.Len()-100],
		"a damaged model":   flipped,
		"the magic alone":   []byte("OTKLIK-TONE-2\n"),
		"an older version":  bytes.Replace(whole.Bytes(), []byte("TONE-2"), []byte("TONE-1"), 1),
		"a delta of nobody": append([]byte("OTKLIK-TONE-DELTA-1\n"), make([]byte, 64)...),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.bin")
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := sentiment.Load(path); !errors.Is(err, sentiment.ErrNotModel) {
				t.Errorf("got %v, want ErrNotModel", err)
			}
		})
	}
	if _, err := sentiment.Load(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: got %v", err)
	}
}

func TestJudge_Score_fromManyGoroutines(t *testing.T) {
	j := newJudge(t)
	texts := []string{"Ужасный сервис", "Отличный банк, спасибо", "Terrible, never again", "Lovely place"}
	want := make([]mention.Sentiment, len(texts))
	for i, s := range texts {
		want[i] = score(t, j, mention.Mention{Text: s})
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i, s := range texts {
				if got := score(t, j, mention.Mention{Text: s}); got.Tone != want[i].Tone || got.Confidence != want[i].Confidence {
					t.Errorf("%q: got %+v, want %+v", s, got, want[i])
				}
			}
		})
	}
	wg.Wait()
}

// TestModel_withoutExperts: a model may have learned from general texts alone.
func TestModel_withoutExperts(t *testing.T) {
	rows := smallRows()
	for i := range rows {
		rows[i].Dataset = "own_" + rows[i].Dataset
	}
	m, _, err := sentiment.Train(rows, sentiment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := m.Tone("ru", "зюзя кривая"); got != mention.Negative {
		t.Errorf("the text of a complaint is %s", got)
	}
}
