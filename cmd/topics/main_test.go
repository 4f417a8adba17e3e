package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	dir := t.TempDir()
	words, texts, model := filepath.Join(dir, "words.txt"), filepath.Join(dir, "texts.tsv"), filepath.Join(dir, "topics.bin")
	lines := "lang\ttopics\ttext\n" + strings.Repeat("ru\tdelivery\tкурьер опоздал\nru\t\tхорошая погода\n", 40)
	for name, data := range map[string]string{words: "delivery курьер*\n", texts: lines} {
		if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := run([]string{"-train", model, "-words", words, texts}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), `"labelled":80`) {
		t.Errorf("report %s, want 80 labelled texts", out.String())
	}
	out.Reset()
	if err := run([]string{"-eval", "-model", model, texts}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if want := `{"lang":"ru","topic":"delivery","n":40,"precision":1,"recall":1,"f1":1}`; !strings.Contains(out.String(), want) {
		t.Errorf("got %s, want %s", out.String(), want)
	}
}

func TestRun_refuses(t *testing.T) {
	for _, args := range [][]string{nil, {"-eval"}, {"x.tsv"}, {"-eval", "-train", "x", "y.tsv"}} {
		if err := run(args, io.Discard, io.Discard); !errors.Is(err, errUsage) {
			t.Errorf("%v: %v, want the usage", args, err)
		}
	}
}
