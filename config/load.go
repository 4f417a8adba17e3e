package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxFile bounds the configuration file: far above any real one.
const maxFile = 4 << 20

// Problem is one mistake with its place. Line is zero when the mistake is of
// something that is not in the file.
type Problem struct {
	File string
	Line int
	Path string
	Text string
}

// Error returns "file:line: path: text".
func (p Problem) Error() string {
	place := p.File
	if p.Line > 0 {
		place += ":" + strconv.Itoa(p.Line)
	}
	if p.Path != "" {
		return place + ": " + p.Path + ": " + p.Text
	}
	return place + ": " + p.Text
}

// Problems are all mistakes of one file, by line.
type Problems []Problem

// Error returns a line for each mistake.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Load reads and checks the file at path. A file with mistakes returns
// Problems: all of them, each with its line and key path.
func Load(path string) (*Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open configuration: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read configuration %s: %w", path, err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("configuration %s is larger than %d bytes", path, maxFile)
	}
	return Parse(data, path)
}

// Parse reads and checks a configuration that was read from path.
func Parse(data []byte, path string) (*Config, error) {
	c := Default()
	c.Dir = filepath.Dir(path)
	places, err := locate(data)
	if err != nil {
		return nil, Problems{syntaxProblem(path, err)}
	}
	var problems Problems
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	var mistakes *yaml.TypeError
	switch err := dec.Decode(&c); {
	case errors.Is(err, io.EOF):
		return nil, Problems{{File: path, Text: "the file is empty: name at least one brand with a source"}}
	case errors.As(err, &mistakes):
		for _, text := range mistakes.Errors {
			problems = append(problems, places.typeProblem(path, text))
		}
	case err != nil:
		return nil, Problems{syntaxProblem(path, err)}
	}
	for _, err := range split(c.finish()) {
		problems = append(problems, places.problem(path, err))
	}
	if len(problems) == 0 {
		return &c, nil
	}
	slices.SortStableFunc(problems, func(a, b Problem) int { return a.Line - b.Line })
	return nil, slices.Compact(problems)
}

// split takes joined errors apart.
func split(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var out []error
	for _, e := range joined.Unwrap() {
		out = append(out, split(e)...)
	}
	return out
}

var linePrefix = regexp.MustCompile(`^(?:yaml: )?line (\d+): `)

func syntaxProblem(path string, err error) Problem {
	text := err.Error()
	m := linePrefix.FindStringSubmatch(text)
	if m == nil {
		return Problem{File: path, Text: "not YAML: " + strings.TrimPrefix(text, "yaml: ")}
	}
	line, _ := strconv.Atoi(m[1])
	return Problem{File: path, Line: line, Text: "not YAML: " + text[len(m[0]):]}
}

// places knows where each key of a file stands.
type places struct {
	lines map[string]int            // by key path
	keys  map[int]map[string]string // by line, then key: its path
}

// locate parses data and returns the places of its keys.
func locate(data []byte) (places, error) {
	p := places{lines: map[string]int{}, keys: map[int]map[string]string{}}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return p, err
	}
	if len(doc.Content) > 0 {
		p.walk(doc.Content[0], "")
	}
	return p, nil
}

func (p places) walk(n *yaml.Node, path string) {
	if _, seen := p.lines[path]; !seen {
		p.lines[path] = n.Line
	}
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			child := strings.TrimPrefix(path+"."+key.Value, ".")
			p.lines[child] = key.Line
			if p.keys[key.Line] == nil {
				p.keys[key.Line] = map[string]string{}
			}
			p.keys[key.Line][key.Value] = child
			p.walk(n.Content[i+1], child)
		}
	case yaml.SequenceNode:
		for i, item := range n.Content {
			p.walk(item, path+"["+strconv.Itoa(i)+"]")
		}
	}
}

var unknownField = regexp.MustCompile(`^field (\S+) not found in type \S+$`)

// typeProblem turns what the decoder says into our words.
func (p places) typeProblem(file, text string) Problem {
	out := Problem{File: file, Text: text}
	m := linePrefix.FindStringSubmatch(text)
	if m == nil {
		return out
	}
	out.Line, _ = strconv.Atoi(m[1])
	out.Text = text[len(m[0]):]
	if field := unknownField.FindStringSubmatch(out.Text); field != nil {
		out.Path = p.keys[out.Line][field[1]]
		out.Text = fmt.Sprintf("unknown key %q", field[1])
		if near := nearest(field[1]); near != "" {
			out.Text += fmt.Sprintf(": did you mean %q?", near)
		}
		return out
	}
	for _, path := range p.keys[out.Line] {
		if len(path) > len(out.Path) {
			out.Path = path
		}
	}
	return out
}

// problem finds the place of a mistake whose text begins with its key path.
// A path that is not in the file has the place of its nearest parent.
func (p places) problem(file string, err error) Problem {
	path, text, found := strings.Cut(err.Error(), ": ")
	if !found || strings.ContainsAny(path, " \"") {
		return Problem{File: file, Text: err.Error()}
	}
	out := Problem{File: file, Path: path, Text: text}
	for at := path; at != ""; at = parent(at) {
		if line, known := p.lines[at]; known {
			out.Line = line
			return out
		}
	}
	return out
}

func parent(path string) string {
	return path[:max(0, strings.LastIndexAny(path, ".["))]
}
