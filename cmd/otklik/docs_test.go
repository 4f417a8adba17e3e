package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/xuri/excelize/v2"
	"go.yaml.in/yaml/v3"

	"otklik/config"
	"otklik/crawler"
	"otklik/query"
)

// fence is a fenced block of a page for people.
type fence struct {
	page, kind, text, indent string
	line                     int
}

var runBy = regexp.MustCompile("^<!-- run by ([a-z/]+): (Test[A-Za-z_0-9]+) -->$")

// pages returns the pages for people: README and its neighbours, docs, the
// decisions, and what stands beside packaging and tools.
func pages(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/adr/*.md", "packaging/*.md", "tools/*/*.md"} {
		found, err := filepath.Glob("../../" + pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %d pages, %v", pattern, len(found), err)
		}
		out = append(out, found...)
	}
	return out
}

// fences returns the blocks of all pages, but for those whose line above names
// the test that runs them.
func fences(t *testing.T) []fence {
	t.Helper()
	var out []fence
	for _, page := range pages(t) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		var open *fence
		var by []string
		before := ""
		for i, line := range strings.Split(string(text), "\n") {
			kind, isFence := strings.CutPrefix(strings.TrimSpace(line), "```")
			switch {
			case isFence && open == nil:
				indent, _, _ := strings.Cut(line, "`")
				open = &fence{page: strings.TrimPrefix(filepath.ToSlash(page), "../../"), kind: kind, line: i + 1, indent: indent}
				by = runBy.FindStringSubmatch(before)
				if by != nil && !hasTest(t, by[1], by[2]) {
					t.Errorf("%s:%d: %s has no %s", open.page, open.line, by[1], by[2])
				}
			case isFence && by != nil:
				open = nil
			case isFence:
				out, open = append(out, *open), nil
			case open != nil:
				open.text += strings.TrimPrefix(line, open.indent) + "\n"
			}
			before = line
		}
		if open != nil {
			t.Errorf("%s:%d: the block does not end", open.page, open.line)
		}
	}
	return out
}

// TestDocs_Blocks does what each block of a page shows. The word
// after the fence says what it is; one that cannot be run here says "example"
// or "network" there, and commands among them are parsed at least.
func TestDocs_Blocks(t *testing.T) {
	ran, shells := map[string]int{}, map[string]shell{}
	for _, f := range fences(t) {
		ran[f.kind]++
		var err error
		switch f.kind {
		case "text", "python example", "go example": // a drawing, or a line of a program that is not here
		case "sh", "sh network":
			if _, ok := shells[f.page]; !ok {
				shells[f.page] = newShell(t)
			}
			shells[f.page].run(t, f)
		case "yaml":
			err = parseFragment(t, f.text)
		case "yaml definition":
			_, err = crawler.ParseSite(f.page, []byte(f.text))
		case "json":
			if !json.Valid([]byte(f.text)) {
				t.Errorf("%s:%d: this is no JSON", f.page, f.line)
			}
		case "query":
			text, _, _ := strings.Cut(f.text, "//")
			_, err = query.Parse(text)
		default:
			t.Errorf("%s:%d: nobody knows what a block of %q is: name what it is, or mark it as an example", f.page, f.line, f.kind)
		}
		if err != nil {
			t.Errorf("%s:%d: %v", f.page, f.line, err)
		}
	}
	if ran["sh"] < 6 || ran["yaml"] < 8 {
		t.Errorf("only %v were found", ran)
	}
}

// shell runs the commands of one page in a folder, as a reader would who has
// the files that they name and an administrator's account.
type shell struct{ dir string }

func newShell(t *testing.T) shell {
	t.Helper()
	s := shell{t.TempDir()}
	write(t, filepath.Join(s.dir, "otklik.yaml"), `
public_url: https://otklik.example.com
brands: [{name: Ромашка Банк, sources: [{site: otzovik, slug: romashka_bank}]}]
channels: {pr: {terminal: {}}}
routes: [{name: негатив, tone: negative, channel: pr}]
requests:
  from: pr@example.com
  server: 127.0.0.1:1
  subject: "{{.Name}}"
  body: "{{.Link}} {{.Unsubscribe}}"
  link: https://example.com/rate
`)
	write(t, filepath.Join(s.dir, "texts.txt"), "карта от ромашка банк\nромашки в поле\n")
	write(t, filepath.Join(s.dir, "november-deals.csv"), "id,name,email,product,closed_at\nd-1,Анна,anna@example.com,Ипотека,2026-11-02\n")
	book := excelize.NewFile()
	for cell, value := range map[string]string{"A1": "id", "B1": "text", "C1": "rating", "A2": "1", "B2": "Долго ждали ответа.", "C2": "2"} {
		if err := book.SetCellStr("Sheet1", cell, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := book.SaveAs(filepath.Join(s.dir, "november.xlsx")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(s.dir)
	if code, _, errs := run(t, anyPassword, "user", "add", "boss", "--role", "admin"); code != exitDone {
		t.Fatalf("exit %d: %s", code, errs)
	}
	return s
}

// anyPassword is what a command that asks for a password is given.
const anyPassword = "an-uncommon-password\nan-uncommon-password\n"

// elsewhere are the commands that are run by others than this test: README's
// two by the demo's and by whoever runs it, the rest by .ci/run.
func elsewhere() []string {
	return []string{"go run ./cmd/otklik demo", "go test ./...", "make test", "make demo", "make"}
}

// run runs the lines of f that call otklik, and wants the rest to be known.
func (s shell) run(t *testing.T, f fence) {
	t.Helper()
	for line := range strings.Lines(strings.ReplaceAll(f.text, "\\\n", " ")) {
		command, _, _ := strings.Cut(line, "  #")
		if command = strings.TrimSpace(command); command == "" || slices.Contains(elsewhere(), command) {
			continue
		}
		args, input := words(command)
		if args[0] != "otklik" {
			if f.kind != "sh network" {
				t.Errorf("%s:%d: nobody runs %q: mark the block as one that needs a network", f.page, f.line, command)
			}
			continue
		}
		if f.kind == "sh network" {
			if err := parses(args[1:]); err != nil {
				t.Errorf("%s:%d: %s: %v", f.page, f.line, command, err)
			}
			continue
		}
		text := anyPassword
		if input != "" {
			b, err := os.ReadFile(input)
			if err != nil {
				t.Errorf("%s:%d: %v", f.page, f.line, err)
			}
			text = string(b)
		}
		if code, out, errs := run(t, text, args[1:]...); code != exitDone {
			t.Errorf("%s:%d: %s: exit %d\n%s%s", f.page, f.line, command, code, out, errs)
		}
	}
}

// parses reports what is wrong with a command line, without running it.
func parses(args []string) error {
	var c commands
	parser, err := kong.New(&c)
	if err == nil {
		_, err = parser.Parse(args)
	}
	return err
}

var word = regexp.MustCompile(`'([^']*)'|"([^"]*)"|([^\s'"]+)`)

// words splits a command as a shell does, and returns the file of its input.
func words(command string) (args []string, input string) {
	command, input, _ = strings.Cut(command, " < ")
	for _, m := range word.FindAllStringSubmatch(command, -1) {
		args = append(args, m[1]+m[2]+m[3])
	}
	return args, strings.TrimSpace(input)
}

var (
	fromEnv  = regexp.MustCompile(`env:([A-Z_]+)`)
	fromFile = regexp.MustCompile(`file:([\w./-]+)`)
)

// parseFragment checks a part of a configuration with what a reader has
// beside it: a brand, the channels, norms and calendars that it names.
func parseFragment(t *testing.T, text string) error {
	t.Helper()
	dir := t.TempDir()
	for _, m := range fromEnv.FindAllStringSubmatch(text, -1) {
		value := "a-secret-of-sixteen-letters-" + m[1]
		if strings.HasSuffix(m[1], "_URL") {
			value = "ntfy://ntfy.example/" + m[1]
		}
		t.Setenv(m[1], value)
	}
	text = fromFile.ReplaceAllStringFunc(text, func(ref string) string {
		path := filepath.Join(dir, filepath.Base(strings.TrimPrefix(ref, "file:")))
		write(t, path, "a-secret-of-sixteen-letters")
		return "file:" + path
	})
	whole := map[string]any{
		"brands":     []any{map[string]any{"name": "Ромашка Банк", "sources": []any{map[string]any{"site": "feed", "url": "https://feeds.example/rss"}}}},
		"channels":   map[string]any{"pr": map[string]any{"terminal": map[string]any{}}, "leads": map[string]any{"terminal": map[string]any{}}},
		"norms":      map[string]any{"complaint": map[string]any{"take": "15m"}},
		"calendars":  map[string]any{"office": map[string]any{"zone": "Europe/Moscow", "mon-fri": []any{"09:00-18:00"}}},
		"public_url": "https://otklik.example.com",
	}
	if err := yaml.Unmarshal([]byte(text), &whole); err != nil {
		return err
	}
	full, err := yaml.Marshal(whole)
	if err != nil {
		return err
	}
	_, err = config.Parse(full, filepath.Join(dir, "otklik.yaml"))
	return err
}
