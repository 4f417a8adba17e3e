package sentiment

import (
	"archive/zip"
	"bytes"
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "pack the embedded texts again") //nolint:gochecknoglobals // a flag

// TestTexts_arePacked holds what is embedded against the files that people edit.
func TestTexts_arePacked(t *testing.T) {
	names := []string{"lexicon.txt", "lexicon_vader.txt", "phrases.txt", "own/about.tsv", "own/topics.tsv"}
	if *update {
		packTexts(t, names)
		return
	}
	for _, name := range names {
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := embeddedText(name)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s is not what is embedded: run go test . -run Texts -update", name)
		}
	}
}

func packTexts(t *testing.T, names []string) {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("model/texts.zip", out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
