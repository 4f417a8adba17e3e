package crawler

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/andybalholm/cascadia"
	yaml "go.yaml.in/yaml/v3"
)

// The limits of a definition, against files that are no definitions.
const (
	maxDefinition = 1 << 20 // bytes
	maxNodes      = 50000   // YAML nodes, aliases counted each time
)

// definitionReader reads one definition strictly: every key must be known, every
// selector must compile, and all mistakes are reported with file and line.
type definitionReader struct {
	file  string
	errs  []error
	nodes int
	used  []usedVariable
	// addresses are the patterns of recognise, compiled when all is read.
	addresses []addressPattern
}

// usedVariable is a template's variable, checked when all names are known.
type usedVariable struct {
	line int
	name string
}

// keys are the known keys of a mapping and what to do with their values.
type keys map[string]func(*yaml.Node)

func (r *definitionReader) fail(n *yaml.Node, format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf("%s:%d: "+format, append([]any{r.file, n.Line}, args...)...))
}

// plain follows an alias; nil when the definition is larger than any real one.
func (r *definitionReader) plain(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if r.nodes++; r.nodes > maxNodes {
		if r.nodes == maxNodes+1 {
			r.fail(n, "the definition is too large")
		}
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Line: n.Line}
	}
	return n
}

// mapping reads a mapping key by key. A merged mapping (<<) comes first and is
// overridden.
func (r *definitionReader) mapping(n *yaml.Node, known keys) {
	n = r.plain(n)
	if n.Kind != yaml.MappingNode {
		r.fail(n, "want a mapping with %s", strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == "<<" {
			r.mapping(n.Content[i+1], known)
		}
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Value == "<<" {
			continue
		}
		if seen[key.Value] {
			r.fail(key, "key %q stands here twice", key.Value)
			continue
		}
		seen[key.Value] = true
		set, ok := known[key.Value]
		if !ok {
			r.fail(key, "unknown key %q%s", key.Value, didYouMean(key.Value, slices.Sorted(maps.Keys(known))))
			continue
		}
		set(value)
	}
}

// each reads every entry of a mapping with free keys.
func (r *definitionReader) each(n *yaml.Node, f func(key string, v *yaml.Node)) {
	n = r.plain(n)
	if n.Kind != yaml.MappingNode {
		r.fail(n, "want a mapping")
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		f(n.Content[i].Value, n.Content[i+1])
	}
}

// list returns the entries of a list; a single value is a list of one.
func (r *definitionReader) list(n *yaml.Node) []*yaml.Node {
	n = r.plain(n)
	if n.Kind == yaml.SequenceNode {
		return n.Content
	}
	return []*yaml.Node{n}
}

func (r *definitionReader) scalar(n *yaml.Node) (string, bool) {
	n = r.plain(n)
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		r.fail(n, "want a single value")
		return "", false
	}
	return n.Value, true
}

func (r *definitionReader) text(to *string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if v, ok := r.scalar(n); ok {
			*to = v
		}
	}
}

// word reads one of a closed set of words.
func (r *definitionReader) word(to *string, allowed ...string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		v, ok := r.scalar(n)
		if ok && !slices.Contains(allowed, v) {
			r.fail(n, "%q is not one of %s", v, strings.Join(allowed, ", "))
			return
		}
		*to = v
	}
}

func (r *definitionReader) texts(to *[]string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		*to = nil
		for _, e := range r.list(n) {
			if v, ok := r.scalar(e); ok {
				*to = append(*to, v)
			}
		}
	}
}

// words reads a sentence by language.
func (r *definitionReader) words(to *map[string]string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		*to = map[string]string{}
		r.mapping(n, keys{
			"ru": func(v *yaml.Node) { (*to)["ru"], _ = r.scalar(v) },
			"en": func(v *yaml.Node) { (*to)["en"], _ = r.scalar(v) },
		})
	}
}

func (r *definitionReader) flag(to *bool) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if err := r.plain(n).Decode(to); err != nil {
			r.fail(n, "want true or false")
		}
	}
}

func (r *definitionReader) number(to *int) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if err := r.plain(n).Decode(to); err != nil || *to < 0 {
			r.fail(n, "want a whole number")
		}
	}
}

func (r *definitionReader) duration(to *time.Duration) func(*yaml.Node) {
	return func(n *yaml.Node) {
		v, ok := r.scalar(n)
		d, err := time.ParseDuration(v)
		if ok && (err != nil || d < 0) {
			r.fail(n, "%q is no duration: write 10s or 1m30s", v)
			return
		}
		*to = d
	}
}

func (r *definitionReader) zone(to **time.Location) func(*yaml.Node) {
	return func(n *yaml.Node) {
		v, ok := r.scalar(n)
		if !ok {
			return
		}
		z, err := time.LoadLocation(v)
		if err != nil {
			r.fail(n, "%q is no time zone", v)
			return
		}
		*to = z
	}
}

func (r *definitionReader) selector(to **matcher) func(*yaml.Node) {
	return func(n *yaml.Node) {
		v, ok := r.scalar(n)
		if !ok {
			return
		}
		group, err := cascadia.ParseGroup(v)
		if err != nil {
			r.fail(n, "selector %q: %v", v, err)
			return
		}
		m := &matcher{Matcher: group, source: v}
		if len(group) == 1 {
			m.Matcher = group[0]
		}
		if class := loneClass.FindStringSubmatch(v); class != nil {
			m.class = class[1]
		}
		*to = m
	}
}

func (r *definitionReader) expression(to **regexp.Regexp) func(*yaml.Node) {
	return func(n *yaml.Node) {
		v, ok := r.scalar(n)
		if !ok {
			return
		}
		re, err := regexp.Compile(v)
		if err != nil {
			r.fail(n, "regexp %q: %v", v, err)
			return
		}
		*to = re
	}
}

// path reads a gjson path.
func (r *definitionReader) path(to *string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		v, ok := r.scalar(n)
		if ok && strings.TrimSpace(v) == "" {
			r.fail(n, "the path is empty")
			return
		}
		*to = v
	}
}

func (r *definitionReader) template(to **template, kind templateKind) func(*yaml.Node) {
	return func(n *yaml.Node) {
		v, ok := r.scalar(n)
		if !ok {
			return
		}
		t, err := newTemplate(v, kind)
		if err != nil {
			r.fail(n, "%v", err)
			return
		}
		for _, name := range t.names() {
			r.used = append(r.used, usedVariable{n.Line, name})
		}
		*to = t
	}
}

// requests reads one or several request rules.
func (r *definitionReader) requests(to *[]*requestRule) func(*yaml.Node) {
	return func(n *yaml.Node) {
		for _, e := range r.list(n) {
			if rule := r.request(e); rule != nil {
				*to = append(*to, rule)
			}
		}
	}
}

func (r *definitionReader) request(n *yaml.Node) *requestRule {
	n = r.plain(n)
	rule := &requestRule{line: n.Line}
	if n.Kind == yaml.ScalarNode {
		r.template(&rule.url, urlTemplate)(n)
		return rule.orNil()
	}
	r.mapping(n, r.requestKeys(rule))
	if rule.url == nil {
		r.fail(n, "a request needs its url")
	}
	return rule.orNil()
}

func (rule *requestRule) orNil() *requestRule {
	if rule.url == nil {
		return nil
	}
	return rule
}

func (r *definitionReader) requestKeys(rule *requestRule) keys {
	return keys{
		"url":     r.template(&rule.url, urlTemplate),
		"method":  r.word(&rule.method, "GET", "POST"),
		"body":    r.template(&rule.body, bodyTemplate),
		"render":  r.flag(&rule.render),
		"headers": r.headers(&rule.headers),
		"keep":    r.texts(&rule.keep),
		"sign":    r.text(&rule.sign),
		"each": func(n *yaml.Node) {
			rule.each = map[string]string{}
			r.each(n, func(key string, v *yaml.Node) { rule.each[key], _ = r.scalar(v) })
		},
	}
}

func (r *definitionReader) headers(to *[]headerRule) func(*yaml.Node) {
	return func(n *yaml.Node) {
		r.each(n, func(key string, v *yaml.Node) {
			h := headerRule{name: key}
			r.template(&h.value, plainTemplate)(v)
			if h.value != nil {
				*to = append(*to, h)
			}
		})
	}
}

// parseDefinition compiles one definition. The error joins every mistake.
func parseDefinition(file string, data []byte) (*Site, error) {
	if len(data) > maxDefinition {
		return nil, fmt.Errorf("%s: %d bytes are too much for a definition", file, len(data))
	}
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(root.Content) == 0 {
		return nil, fmt.Errorf("%s: the definition is empty", file)
	}
	r := &definitionReader{file: file}
	s := r.site(root.Content[0])
	return s, errors.Join(r.errs...)
}

// didYouMean proposes the nearest of the names, empty when none is near.
func didYouMean(name string, names []string) string {
	best, at := 4, ""
	for _, n := range names {
		if d := distance(name, n); d < best {
			best, at = d, n
		}
	}
	if at == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", at)
}

// distance is the number of letters to change, add or remove (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost = 1 + min(diagonal, row[j], row[j-1])
			}
			diagonal, row[j] = row[j], cost
		}
	}
	return row[len(b)]
}
