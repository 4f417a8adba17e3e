package sentiment_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"otklik/mention"
	"otklik/sentiment"
)

func TestVersions_rollBack(t *testing.T) {
	dir := t.TempDir()
	embedded, err := sentiment.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sentiment.RollBack(dir); !errors.Is(err, mention.ErrNotFound) {
		t.Errorf("nothing to roll back: got %v, want ErrNotFound", err)
	}
	own, _, err := sentiment.TrainCorrections(embedded, []sentiment.Row{{Lang: "ru", Tone: mention.Positive, Text: "Пушка-гонка, чебурек улётный"}})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	first, err := sentiment.SaveVersion(dir, embedded, at)
	if err != nil {
		t.Fatal(err)
	}
	second, err := sentiment.SaveVersion(dir, own, at.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	wantOpen(t, dir, own.Name())
	if got, err := sentiment.Versions(dir); err != nil || !reflect.DeepEqual(got, []string{first, second}) {
		t.Errorf("versions %v, %v, want both", got, err)
	}
	if back, err := sentiment.RollBack(dir); err != nil || back != first {
		t.Errorf("rolled back to %q, %v, want %q", back, err, first)
	}
	wantOpen(t, dir, embedded.Name())
	if back, err := sentiment.RollBack(dir); err != nil || back != "" {
		t.Errorf("rolled back to %q, %v, want the embedded model", back, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "current"), []byte("tone-none.bin\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sentiment.Open(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the model in use is missing: got %v, want an error", err)
	}
}

func wantOpen(t *testing.T, dir, name string) {
	t.Helper()
	m, err := sentiment.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if m.Name() != name {
		t.Errorf("in use is %s, want %s", m.Name(), name)
	}
}

func TestWeekly(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2026, 11, d, 23, 30, 0, 0, time.UTC) }
	got := sentiment.Weekly([]sentiment.Judged{
		{At: day(9), Told: mention.Negative, Confirmed: mention.Negative},
		{At: day(8), Told: mention.Negative, Confirmed: mention.Negative}, // a Sunday: the week before
		{At: day(2), Told: mention.Negative, Confirmed: mention.Positive},
		{At: day(15), Told: mention.Neutral, Confirmed: mention.Negative},
	})
	want := []sentiment.Week{
		{StartAt: time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC), N: 2, NegativePrecision: 0.5, NegativeRecall: 1},
		{StartAt: time.Date(2026, 11, 9, 0, 0, 0, 0, time.UTC), N: 2, NegativePrecision: 1, NegativeRecall: 0.5},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}
