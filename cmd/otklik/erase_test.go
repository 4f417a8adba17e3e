package main

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"otklik/mention"
	"otklik/replies"
	"otklik/store"
)

func TestErase(t *testing.T) {
	cfg := smallConfig(t, "")
	dir := t.TempDir()
	file := filepath.Join(dir, "book.csv")
	rows := "id,text,author,author_url\n1,карту не привезли,Пётр Кукушкин,https://people.example/1\n2,нагрубили в отделении,Пётр Кукушкин,https://people.example/2\n"
	write(t, file, rows)
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
	write(t, file, rows+"3,ещё одна жалоба,П. Кукушкин,https://people.example/1\n")
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

// TestErase_around: what hangs on a mention is exported and erased with it:
// the letter of thanks, colleagues' notes and the answer.
func TestErase_around(t *testing.T) {
	cfg := smallConfig(t, `requests: {from: pr@example.com, server: "127.0.0.1:1", subject: "{{.Name}}", body: "{{.Unsubscribe}}", thanks: {subject: "{{.Name}}", body: "{{.Unsubscribe}}"}}
public_url: https://otklik.example
`)
	dir := t.TempDir()
	file, export := filepath.Join(dir, "book.csv"), filepath.Join(dir, "held.json")
	row := "id,text,author,author_url,email\n1,\"Ужасно, карту не привезли, деньги не вернули\",Пётр Кукушкин,https://people.example/1,petr@example.com\n"
	write(t, file, row)
	run := func(args ...string) string {
		t.Helper()
		code, out, errs := command(t, args...)
		if code != exitDone {
			t.Fatalf("%v: exit %d %s %s", args, code, out, errs)
		}
		return out
	}
	run("import", "--config", cfg, "--kind", "book", file)
	archive, err := store.Open(t.Context(), store.Config{Data: filepath.Join(filepath.Dir(cfg), "data")})
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	desk := replies.New(replies.Norms{}, archive, nil, time.Now, slog.New(slog.DiscardHandler))
	anna := mention.Actor{ID: "slack:U1", Name: "Анна"}
	for _, a := range []mention.Action{{Verb: mention.Comment, Text: "Звонила Кукушкину"}, {Verb: mention.Answer, Text: "Пётр, нам жаль"}} {
		a.Actor, a.At = anna, time.Now()
		if _, err := desk.Act(t.Context(), 1, a); err != nil {
			t.Fatal(err)
		}
	}
	who := []string{"erase", "--config", cfg, "--source", "book", "--author-url", "https://people.example/1"}
	run(append(who, "--export", export)...)
	held, err := os.ReadFile(export)
	for _, want := range []string{"деньги не вернули", "Звонила Кукушкину", "Пётр, нам жаль", "petr@example.com"} {
		if err != nil || !strings.Contains(string(held), want) {
			t.Errorf("the export does not hold %q, %v", want, err)
		}
	}
	run(append(who, "--yes")...)
	if out := run("requests", "list", "--config", cfg, "--all", "--json"); strings.Contains(out, "petr@") || !strings.Contains(out, "cancelled") {
		t.Errorf("the letter: %s", out)
	}
	v, err := archive.View(t.Context(), 1)
	if left := fmt.Sprintf("%+v", v); err != nil || strings.Contains(left, "Кукушкин") || strings.Contains(left, "нам жаль") || v.Task.State != mention.Answered {
		t.Errorf("what is left: %s, %v", left, err)
	}
}
