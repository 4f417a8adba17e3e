package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// smallConfig writes a configuration with one brand and one source, and extra
// lines, and returns its path.
func smallConfig(t *testing.T, extra string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "otklik.yaml")
	text := "language: ru\nbrands:\n  - name: Ромашка Банк\n    sources: [{site: otzovik, slug: romashka}]\n" + extra
	write(t, path, text)
	return path
}

// command runs a command line that reads nothing.
func command(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	return run(t, "", args...)
}

func TestReport(t *testing.T) {
	cfg := smallConfig(t, "")
	t.Run("an empty archive makes a report that promises nothing", func(t *testing.T) {
		code, out, errs := command(t, "report", "--config", cfg, "--format", "json", "--from", "2026-11-01", "--to", "2026-11-30")
		if code != exitDone {
			t.Fatalf("exit %d: %s", code, errs)
		}
		var r struct {
			Days     []struct{}
			Coverage struct{ Sources int }
		}
		if err := json.Unmarshal([]byte(out), &r); err != nil || len(r.Days) != 30 || r.Coverage.Sources != 0 {
			t.Errorf("%d days, %d sources, %v; want 30 days, the last one included", len(r.Days), r.Coverage.Sources, err)
		}
	})
	t.Run("a file is replaced whole", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "report.html")
		if code, _, errs := command(t, "report", "--config", cfg, "--out", file); code != exitDone {
			t.Fatalf("exit %d: %s", code, errs)
		}
		page, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(page), "</html>") {
			t.Errorf("%d bytes, %v", len(page), err)
		}
	})
	for _, wrong := range [][]string{{"--from", "yesterday"}, {"--from", "2026-11-30", "--to", "2026-11-01"}, {"--format", "pdf"}} {
		t.Run(strings.Join(wrong, " ")+" is refused", func(t *testing.T) {
			if code, _, errs := command(t, append([]string{"report", "--config", cfg}, wrong...)...); code != exitUsage || errs == "" {
				t.Errorf("exit %d: %s", code, errs)
			}
		})
	}
}
