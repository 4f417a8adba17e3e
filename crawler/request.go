package crawler

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"otklik/mention"
)

// maxStarts bounds the first requests of one source (countries, mostly).
const maxStarts = 200

// escape says how a variable is written into a template.
type escape int

const (
	escapeNot escape = iota
	escapePath
	escapeQuery
	escapeJSON
)

// template is text with {variables}. {+name} writes the value unescaped.
type template struct {
	parts []templatePart
}

type templatePart struct {
	text string
	name string // a variable when not empty
	how  escape
}

// newTemplate compiles text. In a URL, variables before the question mark are
// path-escaped and the ones behind it query-escaped; a body that begins with a
// brace or bracket is JSON, any other a form.
func newTemplate(text string, kind templateKind) (*template, error) {
	t := &template{}
	rest := text
	done := ""
	for {
		open := nextVariable(rest)
		if open < 0 {
			break
		}
		end := strings.IndexByte(rest[open:], '}')
		name := rest[open+1 : open+end]
		done += rest[:open]
		t.parts = append(t.parts, templatePart{text: rest[:open]})
		how := kind.escape(text, done)
		if strings.HasPrefix(name, "+") {
			name, how = name[1:], escapeNot
		}
		t.parts = append(t.parts, templatePart{name: name, how: how})
		rest = rest[open+end+1:]
	}
	t.parts = append(t.parts, templatePart{text: rest})
	if strings.TrimSpace(text) == "" {
		return nil, fmt.Errorf("empty template")
	}
	return t, nil
}

// nextVariable returns the position of the next "{name}" in s, or -1. Braces
// around anything else are text, so that JSON bodies can be written as they are.
func nextVariable(s string) int {
	for i := 0; i < len(s); i++ {
		if s[i] != '{' {
			continue
		}
		j := i + 1
		if j < len(s) && s[j] == '+' {
			j++
		}
		from := j
		for j < len(s) && (s[j] == '_' || 'a' <= s[j] && s[j] <= 'z' || j > from && '0' <= s[j] && s[j] <= '9') {
			j++
		}
		if j > from && j < len(s) && s[j] == '}' {
			return i
		}
	}
	return -1
}

type templateKind int

const (
	plainTemplate templateKind = iota
	urlTemplate
	bodyTemplate
)

func (k templateKind) escape(whole, before string) escape {
	switch {
	case k == urlTemplate && strings.Contains(before, "?"):
		return escapeQuery
	case k == urlTemplate:
		return escapePath
	case k == bodyTemplate && strings.HasPrefix(whole, "{"), k == bodyTemplate && strings.HasPrefix(whole, "["):
		return escapeJSON
	case k == bodyTemplate:
		return escapeQuery
	}
	return escapeNot
}

// names returns the variables of the template in order.
func (t *template) names() []string {
	var out []string
	for _, p := range t.parts {
		if p.name != "" {
			out = append(out, p.name)
		}
	}
	return out
}

// fill writes the template; ok is false when a variable has no value.
func (t *template) fill(value func(name string) string) (string, bool) {
	var b strings.Builder
	for _, p := range t.parts {
		if p.name == "" {
			b.WriteString(p.text)
			continue
		}
		v := value(p.name)
		if v == "" {
			return "", false
		}
		b.WriteString(p.how.apply(v))
	}
	return b.String(), true
}

func (e escape) apply(v string) string {
	switch e {
	case escapePath:
		return url.PathEscape(v)
	case escapeQuery:
		return url.QueryEscape(v)
	case escapeJSON:
		quoted, err := json.Marshal(v)
		if err != nil { // a string always marshals
			return ""
		}
		return string(quoted[1 : len(quoted)-1])
	}
	return v
}

// requestRule makes requests from variables.
type requestRule struct {
	line    int
	method  string
	url     *template
	headers []headerRule
	body    *template
	each    map[string]string // variable: list parameter it walks
	keep    []string          // variables that the following requests need too
	sign    string            // parameter that signs the query
	render  bool
}

type headerRule struct {
	name  string
	value *template
}

// request fills the rule; ok is false when a variable has no value.
func (r *requestRule) request(stage Stage, page int, value func(string) string) (Request, bool) {
	u, ok := r.url.fill(value)
	if !ok {
		return Request{}, false
	}
	req := Request{Stage: stage, Method: r.method, URL: u, Page: page, Render: r.render}
	for _, h := range r.headers {
		v, ok := h.value.fill(value)
		if !ok {
			return Request{}, false
		}
		if req.Header == nil {
			req.Header = http.Header{}
		}
		req.Header.Add(h.name, v)
	}
	if r.sign != "" {
		req.URL = signed(req.URL, r.sign)
	}
	for _, name := range r.keep {
		if v := value(name); v != "" {
			if req.Vars == nil {
				req.Vars = map[string]string{}
			}
			req.Vars[name] = v
		}
	}
	if r.body != nil {
		body, ok := r.body.fill(value)
		if !ok {
			return Request{}, false
		}
		req.Body = []byte(body)
	}
	return req, true
}

// Start returns the first list pages of a source with these parameters, newest
// first where the site has that order. A start address whose variables are not
// all given is left out; it is an error when none remains.
func (s *Site) Start(params map[string]string) ([]Request, error) {
	all := s.filled(params)
	var out []Request
	for _, r := range s.start {
		for _, vars := range r.walks(s, all) {
			req, ok := r.request(List, 1, lookup(vars, all))
			if ok {
				req.Vars = vars
				out = append(out, req)
			}
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: no address can be made of the parameters given: %s", s.Name, s.wants())
	}
	if len(out) > maxStarts {
		return nil, fmt.Errorf("%s: %d first pages, at most %d are allowed", s.Name, len(out), maxStarts)
	}
	return out, nil
}

// wants describes which parameters each start address needs.
func (s *Site) wants() string {
	var ways []string
	for _, r := range s.start {
		names := r.url.names()
		for i, n := range names {
			if list, ok := r.each[n]; ok {
				names[i] = list
			}
		}
		ways = append(ways, strings.Join(names, " and "))
	}
	return "give " + strings.Join(slices.Compact(ways), ", or ")
}

// walks returns the variables of every request the rule makes: one set for
// each value of the list parameters it walks.
func (r *requestRule) walks(s *Site, params map[string]string) []map[string]string {
	sets := []map[string]string{nil}
	for _, name := range slices.Sorted(maps.Keys(r.each)) {
		list := r.each[name]
		var next []map[string]string
		for _, set := range sets {
			for _, v := range s.Params[list].values(params[list]) {
				m := maps.Clone(set)
				if m == nil {
					m = map[string]string{}
				}
				m[name] = v
				next = append(next, m)
			}
		}
		sets = next
	}
	return sets
}

// lookup finds a variable in the first of several sets that has it.
func lookup(sets ...map[string]string) func(string) string {
	return func(name string) string {
		for _, set := range sets {
			if v := set[name]; v != "" {
				return v
			}
		}
		return ""
	}
}

// DetailRequest returns the request for the mention's own page, made of the
// mention, parts of its id or address, and the source's parameters; ok is false
// when the site has no detail stage, or mention and parameters lack what the
// request needs.
func (s *Site) DetailRequest(m mention.Mention, params map[string]string) (Request, bool) {
	if s.detail == nil {
		return Request{}, false
	}
	vars := map[string]string{
		"id": m.ExternalID, "url": m.URL, "scope": m.Scope, "thread": m.Thread, "parent": m.ParentID,
	}
	groups(s.parts, m.URL, vars)
	groups(s.parts, m.ExternalID, vars)
	req, ok := s.detail.request(Detail, 0, lookup(vars, s.filled(params)))
	if !ok || !isWeb(req.URL) {
		return Request{}, false
	}
	req.Elsewhere, req.Answers = s.elsewhere, s.answers
	return req, true
}

// nextRule names the following list page.
type nextRule struct {
	first  []*nextRule  // the first of these that names one, or
	link   *pick        // the address itself, or
	make   *requestRule // a request of variables
	cursor *pick
	full   int     // only after a page with at least so many items
	last   int     // number of the last page that can be asked for
	size   int     // items a page, for {offset}
	while  []*sign // only while one of these is there
}

// next returns the request that follows the page d, nil at the end.
func (n *nextRule) next(d *document, items int, lastID string) *Request {
	if n == nil || items < max(1, n.full) {
		return nil
	}
	for _, way := range n.first {
		if req := way.next(d, items, lastID); req != nil {
			return req
		}
	}
	if n.link == nil && n.make == nil {
		return nil
	}
	number := max(1, d.raw.Request.Page) + 1
	if n.last > 0 && number > n.last {
		return nil
	}
	if len(n.while) > 0 && matchAny(n.while, d.root()) == nil {
		return nil
	}
	req, ok := n.request(d, number, items, lastID)
	if !ok || !isWeb(req.URL) || req.URL == d.address() && len(req.Body) == 0 {
		return nil
	}
	req.Vars = carried(d.raw.Request.Vars, req.Vars)
	return &req
}

// repeat returns the request that asks for the page once more.
func (r *requestRule) repeat(d *document) *Request {
	if r == nil {
		return nil
	}
	page := max(1, d.raw.Request.Page)
	numbers := map[string]string{"page": strconv.Itoa(page), "page0": strconv.Itoa(page - 1)}
	req, ok := r.request(d.raw.Request.Stage, page, lookup(numbers, d.vars, d.raw.Request.Vars, d.params))
	if !ok || !isWeb(req.URL) {
		return nil
	}
	req.Vars = carried(d.raw.Request.Vars, req.Vars)
	return &req
}

// carried returns the variables that go from one request to the next.
func carried(old, kept map[string]string) map[string]string {
	if len(kept) == 0 {
		return old
	}
	all := maps.Clone(old)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, kept)
	return all
}

// signed returns the address with its query in alphabetical order and its
// signature as Yandex Maps wants it: djb2 with xor over the query's bytes, in
// 32 bits.
func signed(address, name string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	query := u.Query().Encode()
	h := uint32(5381)
	for i := range len(query) {
		h = h*33 ^ uint32(query[i])
	}
	u.RawQuery = query + "&" + url.QueryEscape(name) + "=" + strconv.FormatUint(uint64(h), 10)
	return u.String()
}

func (n *nextRule) request(d *document, number, items int, lastID string) (Request, bool) {
	if n.link != nil {
		link, _ := n.link.get(d.root())
		link = d.resolve(link)
		// Header and Render carry over: a token goes with every page.
		from := d.raw.Request
		return Request{Stage: List, URL: link, Header: from.Header, Page: number, Render: from.Render}, link != ""
	}
	size := n.size
	if size == 0 {
		size = items
	}
	vars := map[string]string{
		"page":    strconv.Itoa(number),
		"page0":   strconv.Itoa(number - 1),
		"offset":  strconv.Itoa(size * (number - 1)),
		"last_id": lastID,
	}
	if n.cursor != nil {
		vars["cursor"], _ = n.cursor.get(d.root())
		if vars["cursor"] == "" {
			return Request{}, false
		}
	}
	return n.make.request(List, number, func(name string) string {
		if v := vars[name]; v != "" {
			return v
		}
		return d.variable(name)
	})
}

func isWeb(u string) bool {
	return strings.HasPrefix(u, "https://") || strings.HasPrefix(u, "http://")
}
