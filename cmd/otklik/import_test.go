package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"otklik/mention"
)

func TestImport(t *testing.T) {
	cfg := smallConfig(t, "")
	file := filepath.Join(t.TempDir(), "survey.csv")
	write := func(text string) {
		t.Helper()
		write(t, file, text)
	}
	type imported struct {
		mention.Imported
		Errors []string `json:"errors"` // as they are printed
	}
	run := func(args ...string) (int, imported, string) {
		t.Helper()
		code, out, errs := command(t, append([]string{"import", "--config", cfg, "--json", file}, args...)...)
		var got imported
		if err := json.Unmarshal([]byte(out), &got); err != nil && code == exitDone {
			t.Fatalf("%v: %s %s", err, out, errs)
		}
		return code, got, errs
	}
	today := time.Now().Format("02.01.2006")
	good := "Номер;Дата;Отзыв;NPS\n1;" + today + ";Ужасно, карту не привезли, обманули, деньги не вернули;0\n2;01.02.2024;Отвратительное обслуживание, хамство, никому не советую;1\n3;;Спасибо, всё отлично;10\n"

	write(good + "4;вчера;текст;3\n")
	if code, got, errs := run(); code != exitFailed || got.Wrong != 1 || len(got.Errors) != 1 || !strings.HasPrefix(got.Errors[0], "row 5: Дата: ") || got.New != 0 || !strings.Contains(errs, "nothing was taken in") {
		t.Fatalf("a file with a wrong row: exit %d, %+v, %s", code, got, errs)
	}
	write(good)
	if code, got, errs := run("--dry-run"); code != exitDone || got.New != 3 || !got.DryRun || got.Tasks != 0 {
		t.Fatalf("a dry run: exit %d, %+v, %s", code, got, errs)
	}
	if code, got, errs := run(); code != exitDone || got.New != 3 || got.Tasks < 1 {
		t.Fatalf("the file: exit %d, %+v, %s; want three rows and a task for the fresh complaint", code, got, errs)
	}
	write(strings.Replace(good, "карту не привезли", "карту так и не привезли", 1))
	if code, got, errs := run(); code != exitDone || got.New != 0 || got.Changed != 1 || got.Known != 2 {
		t.Fatalf("the file again, with an edit: exit %d, %+v, %s", code, got, errs)
	}
	code, out, errs := command(t, "report", "--config", cfg, "--format", "json")
	if code != exitDone || !strings.Contains(out, `"kind": "nps"`) || !strings.Contains(out, `"survey"`) {
		t.Errorf("the report: exit %d %s %s; want the survey and its score", code, out, errs)
	}
}
