package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestErase(t *testing.T) {
	cfg := smallConfig(t, "")
	dir := t.TempDir()
	file := filepath.Join(dir, "book.csv")
	rows := "id,text,author,author_url\n1,карту не привезли,Пётр Кукушкин,https://people.example/1\n2,нагрубили в отделении,Пётр Кукушкин,https://people.example/2\n"
	if err := os.WriteFile(file, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	take := func() string {
		t.Helper()
		code, out, errs := command(t, "import", "--config", cfg, "--kind", "book", file)
		if code != exitDone {
			t.Fatalf("import: exit %d %s %s", code, out, errs)
		}
		return out
	}
	erase := func(args ...string) (int, string) {
		t.Helper()
		code, out, errs := command(t, append([]string{"erase", "--config", cfg, "--source", "book"}, args...)...)
		return code, out + errs
	}
	take()
	pages := filepath.Join(filepath.Dir(cfg), "data", "pages", "book")
	if err := os.MkdirAll(pages, 0o700); err != nil {
		t.Fatal(err)
	}

	if code, out := erase("--author", "Пётр Кукушкин", "--yes"); code != exitUsage || !strings.Contains(out, "several people") {
		t.Fatalf("namesakes: exit %d %s", code, out)
	}
	if code, out := erase("--author-url", "https://people.example/1"); code != exitDone || !strings.Contains(out, "Nothing was erased") {
		t.Fatalf("without --yes: exit %d %s", code, out)
	}
	export := filepath.Join(dir, "held.json")
	if code, out := erase("--author-url", "https://people.example/1", "--export", export); code != exitDone {
		t.Fatalf("export: exit %d %s", code, out)
	}
	if held, err := os.ReadFile(export); err != nil || !strings.Contains(string(held), "карту не привезли") || strings.Contains(string(held), "нагрубили") {
		t.Errorf("held: %s, %v; want the one author's words", held, err)
	}
	if code, out := erase("--author-url", "https://people.example/1", "--yes"); code != exitDone || !strings.Contains(out, "1 mentions erased") {
		t.Fatalf("erase: exit %d %s", code, out)
	}
	if _, err := os.Stat(pages); !os.IsNotExist(err) {
		t.Errorf("the saved pages are still there: %v", err)
	}
	// The person comes again, with other words too; the namesake stays.
	if err := os.WriteFile(file, []byte(rows+"3,ещё одна жалоба,П. Кукушкин,https://people.example/1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := take(); !strings.Contains(out, "0 new") {
		t.Errorf("the erased author is back: %s", out)
	}
	if code, out := erase("--author-url", "https://people.example/1"); code != exitDone || !strings.Contains(out, "0 mentions") {
		t.Errorf("after the next pass: exit %d %s", code, out)
	}
	if code, out := erase("--author-url", "https://people.example/2"); code != exitDone || !strings.Contains(out, "1 mentions") {
		t.Errorf("the namesake: exit %d %s", code, out)
	}
}
