package crawler

import (
	"bytes"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
	"golang.org/x/net/html"
)

// pick says where one value is and what is done to it. Alternatives are tried
// in order until one gives something.
type pick struct {
	line  int
	first []*pick

	// Where: an element, a JSON value, or text made of variables.
	page   bool // search the whole page, not the item
	up     *matcher
	css    *matcher
	path   string
	value  *template
	attr   string
	own    bool
	body   *regexp.Regexp // what is captured in the whole body
	count  *matcher       // how many such elements there are
	class  *regexp.Regexp // what a class of the element captures
	remove *matcher
	all    bool // every match, joined with join
	join   string

	// Then, in this order.
	html    bool // the value is markup
	lines   bool // whose line feeds count as <br>
	cut     []string
	replace []replacement
	regexp  *regexp.Regexp
	query   string // this parameter of the address
	clean   bool   // address without trackers
	mapping map[string]string
	lookup  *lookupRule
	def     string
}

// lookupRule replaces an id by what a list elsewhere in the page's JSON says of it.
type lookupRule struct {
	path string
	key  string
	take []string
}

// find returns the values of the entry with that id, with blanks between them.
func (l *lookupRule) find(id string, page gjson.Result) string {
	var parts []string
	page.Get(l.path).ForEach(func(_, v gjson.Result) bool {
		if jsonText(v.Get(l.key)) != id {
			return true
		}
		for _, path := range l.take {
			if s := jsonText(v.Get(path)); s != "" {
				parts = append(parts, s)
			}
		}
		return false
	})
	return strings.Join(parts, " ")
}

type replacement struct {
	re *regexp.Regexp
	by string
}

// get returns the value and which alternative gave it.
func (p *pick) get(it *item) (string, int) { return p.getAs(it, nil) }

// getAs is get for a value of a kind: an alternative whose value does not read
// as one (a date that is a button's words) gives way to the next. Where none
// reads, the first value there is comes back, to be counted as unreadable.
func (p *pick) getAs(it *item, reads func(string) bool) (string, int) {
	if p == nil {
		return "", 0
	}
	if len(p.first) == 0 {
		return p.finish(p.find(it), it), 0
	}
	found, at := "", len(p.first)
	for i, alt := range p.first {
		v, _ := alt.getAs(it, reads)
		if v == "" {
			continue
		}
		if v = p.finish(v, it); reads == nil || reads(v) {
			return v, i
		}
		if found == "" {
			found, at = v, i
		}
	}
	if found != "" {
		return found, at
	}
	return p.finish("", it), len(p.first)
}

// alternatives is how many ways there are to find the value.
func (p *pick) alternatives() int { return max(1, len(p.first)) }

func (p *pick) find(it *item) string {
	switch {
	case p.value != nil:
		v, _ := p.value.fill(it.variable)
		return v
	case p.path != "":
		return p.inJSON(it)
	case p.body != nil:
		if m := p.body.FindSubmatch(it.doc.body); m != nil {
			return string(m[len(m)-1])
		}
		return ""
	case p.css == nil && p.attr == "" && p.class == nil && p.count == nil && p.up == nil && !p.own && p.remove == nil && it.json.Exists():
		return jsonText(it.json)
	}
	return p.inHTML(it)
}

func (p *pick) inJSON(it *item) string {
	from := it.json
	if p.page {
		from = it.doc.json
	}
	r := from.Get(p.path)
	if !p.all || !r.IsArray() {
		return jsonText(r)
	}
	var parts []string
	r.ForEach(func(_, v gjson.Result) bool {
		if s := jsonText(v); s != "" {
			parts = append(parts, s)
		}
		return true
	})
	return strings.Join(parts, p.join)
}

func (p *pick) inHTML(it *item) string {
	n := it.element()
	if p.page {
		n = it.doc.html()
	}
	if n == nil {
		return ""
	}
	if p.up != nil {
		if n = ancestor(n, p.up); n == nil {
			return ""
		}
	}
	if p.all && p.css != nil {
		var parts []string
		for _, m := range allMatches(n, p.css) {
			if s := p.of(m); s != "" {
				parts = append(parts, s)
			}
		}
		return strings.Join(parts, p.join)
	}
	if p.css != nil {
		if n = firstMatch(n, p.css); n == nil {
			return ""
		}
	}
	return p.of(n)
}

// of reads the value of the element.
func (p *pick) of(n *html.Node) string {
	switch {
	case p.count != nil:
		if found := len(allMatches(n, p.count)); found > 0 {
			return strconv.Itoa(found)
		}
		return ""
	case p.class != nil:
		for class := range strings.FieldsSeq(attribute(n, "class")) {
			if m := p.class.FindStringSubmatch(class); m != nil {
				return m[len(m)-1]
			}
		}
		return ""
	case p.attr != "":
		return attribute(n, p.attr)
	case p.own:
		return ownText(n)
	}
	return textOf(n, p.remove)
}

// finish applies what is to be done to a value that was found.
func (p *pick) finish(v string, it *item) string {
	if v != "" {
		v = p.shape(v)
	}
	if v != "" && p.lookup != nil {
		v = p.lookup.find(v, it.doc.json)
	}
	if v == "" {
		return p.def
	}
	return v
}

func (p *pick) shape(v string) string {
	if p.html {
		if p.lines {
			v = strings.ReplaceAll(tidy(v), "\n", "<br>")
		}
		v = htmlText(v, p.remove)
	}
	v = tidy(v)
	for _, prefix := range p.cut {
		if rest, ok := strings.CutPrefix(v, prefix); ok {
			v = strings.TrimSpace(rest)
			break
		}
	}
	for _, r := range p.replace {
		v = r.re.ReplaceAllString(v, r.by)
	}
	if p.regexp != nil {
		m := p.regexp.FindStringSubmatch(v)
		if m == nil {
			return ""
		}
		v = m[len(m)-1]
	}
	if p.query != "" {
		v = queryValue(v, p.query)
	}
	if p.clean {
		v = cleanURL(v)
	}
	if p.mapping != nil {
		mapped, ok := p.mapping[v]
		if !ok {
			mapped = p.mapping["*"]
		}
		v = mapped
	}
	return v
}

// queryValue returns the parameter of the address in v, or v where there is none.
func queryValue(v, name string) string {
	u, err := url.Parse(v)
	if err != nil {
		return v
	}
	if q := u.Query().Get(name); q != "" {
		return q
	}
	return v
}

// cleanURL removes what trackers add to an address, so that one page has one
// address.
func cleanURL(v string) string {
	u, err := url.Parse(v)
	if err != nil {
		return v
	}
	q := u.Query()
	changed := false
	for name := range q {
		if isTracker(name) {
			q.Del(name)
			changed = true
		}
	}
	if changed {
		u.RawQuery = q.Encode()
	}
	if f := strings.ToLower(u.Fragment); strings.Contains(f, "rss") || strings.HasPrefix(f, "utm_") || strings.HasPrefix(f, "xtor") {
		u.Fragment, u.RawFragment = "", ""
		changed = true
	}
	if !changed {
		return v
	}
	return u.String()
}

func isTracker(name string) bool {
	name = strings.ToLower(name)
	switch name {
	case "wt_mc", "wt_zmc", "fbclid", "gclid", "yclid", "ysclid", "mc_cid", "mc_eid", "xtor", "_openstat", "from_rss", "ocid", "cmpid", "cmp":
		return true
	}
	return strings.HasPrefix(name, "utm_")
}

// sign is something whose presence says what a page is. Every part that is
// given has to hold; a list of signs holds when one of them does.
type sign struct {
	line     int
	css      *matcher
	none     *matcher
	text     string // within what css matched, or within <title>
	title    string
	path     string
	equals   string
	hasEq    bool
	missing  string
	contains string
	lacks    []string // none of these is in the body
	url      string
	plain    *regexp.Regexp
	status   []int
	shown    string // in the definition's words
}

// matchAny returns the first sign that holds for the item, or nil.
func matchAny(signs []*sign, it *item) *sign {
	for _, s := range signs {
		if s.matches(it) {
			return s
		}
	}
	return nil
}

func (s *sign) matches(it *item) bool {
	d := it.doc
	return s.statusMatches(d.raw.Status) &&
		(s.url == "" || strings.Contains(d.address(), s.url)) &&
		(s.contains == "" || bytes.Contains(d.body, []byte(s.contains))) &&
		(s.plain == nil || s.plain.Match(d.body)) && s.lacksAll(d.body) &&
		s.titleMatches(d) && s.jsonMatches(it) && s.htmlMatches(it)
}

// isStated reports a sign of what is there. That something is missing proves
// less: a new layout lacks it too.
func (s *sign) isStated() bool { return s.none == nil && s.missing == "" && len(s.lacks) == 0 }

// lacksAll reports that the body has none of what the sign rules out.
func (s *sign) lacksAll(body []byte) bool {
	return !slices.ContainsFunc(s.lacks, func(text string) bool { return bytes.Contains(body, []byte(text)) })
}

func (s *sign) statusMatches(status int) bool {
	return len(s.status) == 0 || slices.Contains(s.status, status)
}

func (s *sign) titleMatches(d *document) bool {
	return s.title == "" || containsFold(d.title(), s.title)
}

func (s *sign) jsonMatches(it *item) bool {
	if s.path != "" {
		r := it.json.Get(s.path)
		switch {
		case s.hasEq:
			if !r.Exists() || r.String() != s.equals {
				return false
			}
		case !r.Exists() || r.Type == gjson.Null || r.Type == gjson.False:
			return false
		}
	}
	if s.missing != "" {
		r := it.json.Get(s.missing)
		return !r.Exists() || r.Type == gjson.Null
	}
	return true
}

func (s *sign) htmlMatches(it *item) bool {
	if s.css == nil && s.none == nil {
		return true
	}
	n := it.element()
	if n == nil {
		return false
	}
	if s.none != nil && firstMatch(n, s.none) != nil {
		return false
	}
	if s.css == nil {
		return true
	}
	if it.node != nil && s.css.Match(n) && s.text == "" {
		return true
	}
	if s.text == "" {
		return firstMatch(n, s.css) != nil
	}
	for _, m := range allMatches(n, s.css) {
		if containsFold(textOf(m, nil), s.text) {
			return true
		}
	}
	return false
}

func containsFold(s, part string) bool {
	return strings.Contains(strings.ToLower(s), strings.ToLower(part))
}
