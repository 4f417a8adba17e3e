package config_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"otklik/config"
)

const docsFile = "../docs/configuration.md"

// TestDocs_Configuration keeps docs/configuration.md true: it is made from
// the doc comments and defaults of the Config types. Run with -update.
func TestDocs_Configuration(t *testing.T) {
	g := &docs{t: t, packages: map[string]map[string]*ast.StructType{}, fallback: defaults(t)}
	g.text.WriteString(docsHead)
	g.section("config", "Config", "")
	for len(g.queue) > 0 {
		next := g.queue[0]
		g.queue = g.queue[1:]
		fmt.Fprintf(&g.text, "\n## `%s`\n\n", next.path)
		g.table()
		g.section(next.pkg, next.name, next.path)
	}
	if *update {
		if err := os.WriteFile(docsFile, []byte(g.text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(docsFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != g.text.String() {
		t.Errorf("%s is not current: run go test ./config -update", docsFile)
	}
}

const docsHead = `# Configuration

Otklik reads one YAML file. Unknown keys are errors; ` + "`otklik check`" + ` reports all
mistakes at once with line and key path. Relative paths start at the file's
folder. A value that may be secret is written as ` + "`env:NAME`, `file:/path`" + ` or
literally, and is never shown again. config/example.yaml is a file to start from.

This page is made from the source; do not edit it.

| key | type | default | meaning |
|---|---|---|---|
`

type docs struct {
	t        *testing.T
	text     strings.Builder
	packages map[string]map[string]*ast.StructType
	fallback map[string]any
	queue    []section
}

type section struct{ pkg, name, path string }

func (g *docs) table() {
	g.text.WriteString("| key | type | default | meaning |\n|---|---|---|---|\n")
}

// section writes a row for each key of a type and queues the types below it.
func (g *docs) section(pkg, name, path string) {
	st := g.structs(pkg)[name]
	if st == nil {
		g.t.Fatalf("no type %s.%s", pkg, name)
	}
	for _, f := range st.Fields.List {
		key, inline := yamlKey(f)
		if inline {
			if p, n, ok := g.structOf(pkg, f.Type); ok {
				g.section(p, n, path)
			} else {
				fmt.Fprintf(&g.text, "| … | %s | | %s |\n", typeName(f.Type), meaning(f))
			}
			continue
		}
		if key == "" {
			continue
		}
		at := strings.TrimPrefix(path+"."+key, ".")
		fmt.Fprintf(&g.text, "| `%s` | %s | %s | %s |\n", key, typeName(f.Type), g.value(at), meaning(f))
		if p, n, ok := g.structOf(pkg, f.Type); ok {
			g.queue = append(g.queue, section{p, n, at + suffix(f.Type)})
		}
	}
}

// suffix marks the keys below a list or a map.
func suffix(e ast.Expr) string {
	switch e.(type) {
	case *ast.ArrayType:
		return "[]"
	case *ast.MapType:
		return ".<name>"
	}
	return ""
}

func yamlKey(f *ast.Field) (key string, inline bool) {
	if f.Tag == nil {
		return "", false
	}
	tag := reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("yaml")
	name, options, _ := strings.Cut(tag, ",")
	if name == "-" {
		return "", false
	}
	return name, options == "inline"
}

// meaning is the field's comment without the name it begins with.
func meaning(f *ast.Field) string {
	text := f.Doc.Text() + " " + f.Comment.Text()
	if doc := reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("doc"); doc != "" {
		text = doc
	}
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}

// value is the default of a key, as YAML.
func (g *docs) value(path string) string {
	var at any = g.fallback
	for key := range strings.SplitSeq(path, ".") {
		m, ok := at.(map[string]any)
		if !ok {
			return ""
		}
		at = m[key]
	}
	switch v := at.(type) {
	case nil, map[string]any, []any:
		return ""
	case string:
		if v == "" || v == "0s" {
			return ""
		}
		return "`" + v + "`"
	default:
		if reflect.ValueOf(v).IsZero() {
			return ""
		}
		return fmt.Sprintf("`%v`", v)
	}
}

func defaults(t *testing.T) map[string]any {
	t.Helper()
	data, err := yaml.Marshal(config.Default())
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := yaml.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return typeName(e.X)
	case *ast.ArrayType:
		return "list of " + typeName(e.Elt)
	case *ast.MapType:
		return "map of " + typeName(e.Value)
	case *ast.SelectorExpr:
		switch e.Sel.Name {
		case "Duration":
			return "duration"
		case "String":
			return "secret"
		}
		return "keys below"
	case *ast.Ident:
		switch e.Name {
		case "string":
			return "text"
		case "bool":
			return "true or false"
		case "int", "int64", "float64":
			return "number"
		case "any":
			return "value"
		case "Words":
			return "text or list"
		}
		return "keys below"
	}
	return ""
}

// structOf finds the struct that a field's type leads to.
func (g *docs) structOf(pkg string, e ast.Expr) (string, string, bool) {
	switch e := e.(type) {
	case *ast.StarExpr:
		return g.structOf(pkg, e.X)
	case *ast.ArrayType:
		return g.structOf(pkg, e.Elt)
	case *ast.MapType:
		return g.structOf(pkg, e.Value)
	case *ast.SelectorExpr:
		name := e.X.(*ast.Ident).Name
		if name == "time" || name == "secret" || name == "slog" || name == "prometheus" {
			return "", "", false
		}
		return g.structOf(name, e.Sel)
	case *ast.Ident:
		_, ok := g.structs(pkg)[e.Name]
		return pkg, e.Name, ok
	}
	return "", "", false
}

// structs parses a package of the tree once.
func (g *docs) structs(pkg string) map[string]*ast.StructType {
	if known := g.packages[pkg]; known != nil {
		return known
	}
	out := map[string]*ast.StructType{}
	g.packages[pkg] = out
	files, err := filepath.Glob(filepath.Join("..", pkg, "*.go"))
	if err != nil {
		g.t.Fatal(err)
	}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			g.t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if ts, ok := n.(*ast.TypeSpec); ok {
				if st, ok := ts.Type.(*ast.StructType); ok {
					out[ts.Name.Name] = st
				}
			}
			return true
		})
	}
	return out
}
