// Package otklik holds no code, only the test of the tree's own rules: who may
// import whom, which library stays where, and how long things may get. The
// rules and their reasons are in docs/architecture.md. It reads the sources
// with go/parser and needs nothing but the checkout.
package otklik

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "otklik/"

// ground is what every feature may stand on.
var ground = []string{"mention", "query", "secret"}

// rows says, for every folder with Go code, which of our folders its code
// (tests aside) may import. "x/*" stands for the folders right under x. A new
// folder needs a row here and a sentence in docs/architecture.md.
var rows = map[string][]string{
	"mention": {},
	"secret":  {},
	"query":   {"mention", "secret"},

	"crawler":   ground,
	"sentiment": ground,
	"dedup":     ground,
	"intake":    ground,
	"store":     ground,
	"jobs":      ground,
	"alerts":    ground,
	"replies":   ground,
	"reports":   ground,
	"feedback":  ground,
	"inbox":     ground,

	// A reader of one source speaks the crawler's types, a channel those of alerts.
	"crawler/*": append([]string{"crawler"}, ground...),
	"alerts/*":  append([]string{"alerts"}, ground...),

	// The world around the product, and the suite that every store must pass.
	"demo":            ground,
	"store/storetest": append([]string{"store"}, ground...),
	"bench":           append([]string{"demo"}, features...),
	"bench/*":         {"bench"},

	"config":     features,
	"cmd/otklik": append([]string{"config", "demo", "store/storetest"}, features...),
	"cmd/topics": {"sentiment"},
}

var features = append([]string{
	"crawler", "crawler/*", "sentiment", "dedup", "intake", "store", "jobs",
	"alerts", "alerts/*", "replies", "reports", "feedback", "inbox",
}, ground...)

// library keeps a third-party library behind the part that knows it, so that
// replacing it is a change in one place. Places are "folder" or "folder/file".
type library struct {
	prefixes []string // import paths begin with one of these
	code     []string // where code may import it
	tests    []string // where only tests may
}

var libraries = []library{
	{[]string{"github.com/gocolly/colly"}, []string{"crawler/fetch*.go"}, []string{"bench"}}, // a peer to compare with
	{[]string{"github.com/PuerkitoBio/goquery", "github.com/andybalholm/cascadia", "golang.org/x/net/html", "github.com/mmcdole/gofeed"},
		[]string{"crawler", "crawler/*"}, []string{"demo", "inbox", "reports", "cmd/otklik", "bench"}},
	{[]string{"github.com/slack-go/slack"}, []string{"alerts/slack"}, []string{"demo", "cmd/otklik"}},
	{[]string{"github.com/nicholas-fedor/shoutrrr"}, []string{"alerts/shoutrrr"}, nil},
	{[]string{"github.com/jackc/pgx", "modernc.org/sqlite", "github.com/pressly/goose"}, []string{"store", "cmd/otklik/scratch.go"}, []string{"store/storetest", "bench"}}, // scratch.go makes the demo's own schema
	{[]string{"github.com/alecthomas/kong"}, []string{"cmd/otklik"}, nil},
	{[]string{"github.com/alicebob/miniredis"}, nil, []string{"dedup", "crawler", "inbox", "cmd/otklik", "bench"}},
}

// The limits on length, in lines. Over all functions the median and the
// longest tenth are held too: a tree of sixty-line functions is no better.
const (
	maxFunction = 60
	maxFile     = 500
	maxMedian   = 12
	maxTenth    = 40
)

// wiring is long by nature: one straight line that joins the parts.
const wiring = "cmd/otklik/wire.go"

func TestImports(t *testing.T) {
	for _, f := range sources(t) {
		for _, imported := range f.imports() {
			if why := refusal(f, imported); why != "" {
				t.Errorf("%s imports %s: %s", f.path, imported, why)
			}
		}
	}
}

func TestFolders(t *testing.T) {
	comments := map[string]bool{}
	for _, f := range sources(t) {
		if !f.isTest {
			comments[f.dir()] = comments[f.dir()] || f.hasPackageComment()
		}
	}
	for dir, hasComment := range comments {
		if _, ok := rowOf(dir); !ok {
			t.Errorf("%s has no row in the table of imports (arch_test.go)", dir)
		}
		if !hasComment {
			t.Errorf("%s has no package comment", dir)
		}
	}
}

func TestLengths(t *testing.T) {
	var lengths []int
	for _, f := range sources(t) {
		if f.isTest || ast.IsGenerated(f.syntax) {
			continue
		}
		if n := f.line(f.syntax.FileEnd); n > maxFile {
			t.Errorf("%s has %d lines, the limit is %d: split it by content", f.path, n, maxFile)
		}
		for _, fn := range f.functions() {
			n := f.line(fn.End()) - f.line(fn.Pos()) + 1
			lengths = append(lengths, n)
			if n > maxFunction && f.path != wiring && !isTable(fn) {
				t.Errorf("%s:%d: %s has %d lines, the limit is %d", f.path, f.line(fn.Pos()), fn.Name.Name, n, maxFunction)
			}
		}
	}
	slices.Sort(lengths)
	if median := lengths[len(lengths)/2]; median > maxMedian {
		t.Errorf("the median function has %d lines, the limit is %d", median, maxMedian)
	}
	if tenth := lengths[len(lengths)*9/10]; tenth > maxTenth {
		t.Errorf("one function in ten has over %d lines, the limit is %d", tenth, maxTenth)
	}
}

// TestHabits holds what would hide work from its owner: code that runs by
// being imported, and sleeping that a context cannot end.
func TestHabits(t *testing.T) {
	for _, f := range sources(t) {
		for _, fn := range f.functions() {
			if fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s:%d: init() runs behind its importers' backs; call it by name", f.path, f.line(fn.Pos()))
			}
		}
		if f.isTest {
			continue // under testing/synctest a test sleeps in virtual time
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && isNamed(s.X, "time") && s.Sel.Name == "Sleep" {
				t.Errorf("%s:%d: time.Sleep cannot be cancelled; wait on a timer and the context", f.path, f.line(n.Pos()))
			}
			return true
		})
	}
}

// TestRefusal holds the table itself: a rule that refuses nothing is no rule.
func TestRefusal(t *testing.T) {
	tests := []struct {
		file, imported string
		refused        bool
	}{
		{"mention/task.go", "slices", false},
		{"mention/task.go", "otklik/query", true},
		{"secret/secret.go", "go.yaml.in/yaml/v3", true},
		{"replies/desk.go", "otklik/mention", false},
		{"replies/desk.go", "otklik/store", true},
		{"replies/desk_test.go", "otklik/store", false},
		{"replies/desk_test.go", "otklik/config", true},
		{"crawler/vk/vk.go", "otklik/crawler", false},
		{"crawler/vk/vk.go", "otklik/crawler/reddit", true},
		{"crawler/crawler.go", "otklik/crawler/vk", true},
		{"alerts/slack/slack.go", "otklik/alerts", false},
		{"alerts/slack/slack.go", "otklik/replies", true},
		{"inbox/inbox.go", "otklik/demo", true},
		{"inbox/inbox_test.go", "otklik/demo", false},
		{"config/config.go", "otklik/alerts/slack", false},
		{"config/config.go", "otklik/demo", true},
		{"inbox/inbox.go", "otklik/config", true},
		{"cmd/otklik/demo.go", "otklik/demo", false},
		{"demo/town.go", "otklik/cmd/otklik", true},
		{"crawler/fetch.go", "github.com/gocolly/colly/v2", false},
		{"crawler/fetch_robots.go", "github.com/gocolly/colly/v2", false},
		{"crawler/extract.go", "github.com/gocolly/colly/v2", true},
		{"crawler/extract.go", "github.com/PuerkitoBio/goquery", false},
		{"crawler/fetch.go", "golang.org/x/net/html/charset", false},
		{"crawler/fetch.go", "golang.org/x/net/http/httpproxy", false},
		{"demo/town.go", "golang.org/x/net/html", true},
		{"demo/town_test.go", "golang.org/x/net/html", false},
		{"alerts/slack/post.go", "github.com/slack-go/slack/socketmode", false},
		{"alerts/telegram/post.go", "github.com/slack-go/slack", true},
		{"dedup/redis.go", "github.com/alicebob/miniredis/v2", true},
		{"util/util.go", "otklik/mention", true},
	}
	for _, tt := range tests {
		f := source{path: tt.file, isTest: strings.HasSuffix(tt.file, "_test.go")}
		if why := refusal(f, tt.imported); (why != "") != tt.refused {
			t.Errorf("%s importing %s: refused %v (%s), want %v", tt.file, tt.imported, why != "", why, tt.refused)
		}
	}
}

// refusal says why f may not import the path, "" when it may.
func refusal(f source, imported string) string {
	if ours, ok := strings.CutPrefix(imported, module); ok {
		return refusalOfOurs(f, ours)
	}
	if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
		return "" // the standard library
	}
	if dir := f.dir(); !f.isTest && (dir == "mention" || dir == "secret") {
		return "this folder uses the standard library alone"
	}
	for _, lib := range libraries {
		if !slices.ContainsFunc(lib.prefixes, func(p string) bool { return imported == p || strings.HasPrefix(imported, p+"/") }) {
			continue
		}
		places := lib.code
		if f.isTest {
			places = slices.Concat(lib.code, lib.tests)
		}
		if !f.isIn(places) {
			return fmt.Sprintf("this library stays in %s", strings.Join(places, ", "))
		}
	}
	return ""
}

// refusalOfOurs holds the table of rows. Tests may join any parts, except
// through the program and its configuration, which know everything.
func refusalOfOurs(f source, imported string) string {
	dir := f.dir()
	if imported == dir {
		return "" // an external test of its own folder
	}
	if f.isTest {
		knowsAll := imported == "config" || strings.HasPrefix(imported, "cmd/")
		if knowsAll && dir != "cmd/otklik" && dir != "bench" {
			return "tests below cmd join parts directly"
		}
		return ""
	}
	allowed, ok := rowOf(dir)
	if !ok {
		return "the folder has no row in the table"
	}
	if !slices.ContainsFunc(allowed, func(pattern string) bool { return matches(pattern, imported) }) {
		return "the table allows " + cmp.Or(strings.Join(allowed, ", "), "nothing of ours")
	}
	return ""
}

// rowOf returns the row of dir: its own, else that of its parent's "/*".
func rowOf(dir string) ([]string, bool) {
	if row, ok := rows[dir]; ok {
		return row, true
	}
	row, ok := rows[path.Dir(dir)+"/*"]
	return row, ok
}

func matches(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

// source is one Go file of the tree.
type source struct {
	path   string // from the root, with slashes
	isTest bool
	syntax *ast.File
	files  *token.FileSet
}

// sources parses the tree, without testdata and nested modules.
func sources(t *testing.T) []source {
	t.Helper()
	var found []source
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && isForeign(name):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go") || name == "arch_test.go":
			return nil
		}
		files := token.NewFileSet()
		syntax, err := parser.ParseFile(files, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("parse %s: %w", name, err)
		}
		found = append(found, source{filepath.ToSlash(name), strings.HasSuffix(name, "_test.go"), syntax, files})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Fatal("no Go files under the root")
	}
	return found
}

// isForeign reports whether the go command, too, would pass the folder by.
func isForeign(dir string) bool {
	base := filepath.Base(dir)
	if base == "testdata" || base == "node_modules" || base[0] == '.' || base[0] == '_' {
		return true
	}
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

func (f source) dir() string { return path.Dir(f.path) }

// isIn reports whether the file is one of the places or in one of them.
func (f source) isIn(places []string) bool {
	return slices.ContainsFunc(places, func(place string) bool {
		if strings.HasSuffix(place, ".go") {
			return matches(place, f.path)
		}
		return matches(place, f.dir())
	})
}

func (f source) imports() []string {
	var out []string
	for _, spec := range f.syntax.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			panic(err) // the parser accepts only valid literals
		}
		out = append(out, imported)
	}
	return out
}

func (f source) functions() []*ast.FuncDecl {
	var out []*ast.FuncDecl
	for _, decl := range f.syntax.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok {
			out = append(out, fn)
		}
	}
	return out
}

func (f source) line(at token.Pos) int { return f.files.Position(at).Line }

// hasPackageComment reports whether the file says what its package is for.
func (f source) hasPackageComment() bool {
	if f.syntax.Doc == nil {
		return false
	}
	text := f.syntax.Doc.Text()
	if f.syntax.Name.Name == "main" {
		return text != ""
	}
	return strings.HasPrefix(text, "Package "+f.syntax.Name.Name+" ")
}

// isTable reports whether the function only returns a literal: data, not logic.
func isTable(fn *ast.FuncDecl) bool {
	if fn.Body == nil || len(fn.Body.List) != 1 {
		return false
	}
	ret, ok := fn.Body.List[0].(*ast.ReturnStmt)
	if !ok || len(ret.Results) != 1 {
		return false
	}
	value := ret.Results[0]
	if address, ok := value.(*ast.UnaryExpr); ok {
		value = address.X
	}
	_, ok = value.(*ast.CompositeLit)
	return ok
}

func isNamed(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}

// TestDependencies holds that every module the code imports is argued for, and
// that nothing is argued for that no go.mod, the tools' among them, names.
func TestDependencies(t *testing.T) {
	reasons, required := argued(t), readText(t, "go.mod")+readText(t, "tools/nfpm/go.mod")
	for _, name := range reasons {
		if !strings.Contains(required, "\t"+name+" v") {
			t.Errorf("docs/adr/dependencies.md argues for %s, which no go.mod names", name)
		}
	}
	for _, f := range sources(t) {
		for _, imported := range f.imports() {
			first, _, _ := strings.Cut(imported, "/")
			if !strings.Contains(first, ".") {
				continue // the standard library, or ours
			}
			if !slices.ContainsFunc(reasons, func(m string) bool { return imported == m || strings.HasPrefix(imported, m+"/") }) {
				t.Errorf("%s imports %s, which has no line in docs/adr/dependencies.md", f.path, imported)
			}
		}
	}
}

// argued returns the modules that have a line of reason.
func argued(t *testing.T) []string {
	t.Helper()
	var names []string
	for line := range strings.Lines(readText(t, "docs/adr/dependencies.md")) {
		if rest, ok := strings.CutPrefix(line, "| `"); ok {
			name, _, _ := strings.Cut(rest, "`")
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		t.Fatal("docs/adr/dependencies.md argues for nothing")
	}
	return names
}

func readText(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
