package crawler

import (
	"bytes"
	"net/url"
	"strings"

	"github.com/tidwall/gjson"
	"golang.org/x/net/html"
)

// document is one answer, opened lazily: the markup is parsed at most once
// and only when something asks for an element.
type document struct {
	site   *Site
	raw    Raw
	o      Options
	params map[string]string
	body   []byte // UTF-8
	kind   bodyKind

	markup  *html.Node
	badHTML error
	parsed  bool

	whole    gjson.Result // the body as JSON, read at most once
	badJSON  error
	readJSON bool

	base   *url.URL
	origin string            // of base, where it is written as it is; empty otherwise
	vars   map[string]string // filled by the layout in use
	json   gjson.Result      // of the layout in use
	// aside is how many entries the list has, all of which say themselves that
	// they are no reviews; 0 where one does not.
	aside int
}

// bodyKind is what a body begins like.
type bodyKind int

const (
	kindText bodyKind = iota
	kindMarkup
	kindXML
	kindJSON
)

func (s *Site) document(raw Raw, o Options) *document {
	d := &document{site: s, raw: raw, o: o, params: s.filled(o.Params)}
	d.body = decodeText(raw.Body, raw.Header, s.Charset)
	d.kind = kindOf(d.body)
	if page := servedPage(d.body, d.kind); page != nil {
		d.body, d.kind = page, kindMarkup
	}
	d.base = d.baseURL()
	if d.base.User == nil && d.base.Host != "" && isASCII(d.base.Host) {
		d.origin = d.base.Scheme + "://" + d.base.Host
	}
	return d
}

func kindOf(body []byte) bodyKind {
	b := bytes.TrimLeft(body, " \t\r\n\uFEFF")
	if len(b) == 0 {
		return kindText
	}
	switch b[0] {
	case '{', '[':
		return kindJSON
	case '<':
		head := bytes.ToLower(b[:min(len(b), 200)])
		for _, mark := range []string{"<?xml", "<rss", "<feed", "<rdf"} {
			if bytes.HasPrefix(head, []byte(mark)) && !bytes.Contains(head, []byte("<html")) {
				return kindXML
			}
		}
		return kindMarkup
	}
	return kindText
}

// servedPage returns the page inside the answer of a page-reading service,
// which sends markup as {"data": {"html": "…"}}; nil for any other answer. No
// site of the catalogue answers so itself.
func servedPage(body []byte, kind bodyKind) []byte {
	if kind != kindJSON || !bytes.Contains(body[:min(len(body), 1<<20)], []byte(`"html"`)) {
		return nil
	}
	page := gjson.GetBytes(body, "data.html")
	if page.Type != gjson.String || kindOf([]byte(page.Str)) != kindMarkup {
		return nil
	}
	return []byte(page.Str)
}

// baseURL is what relative addresses on the page count from.
func (d *document) baseURL() *url.URL {
	for _, s := range []string{d.raw.URL, d.raw.Request.URL, d.params["url"], d.site.base} {
		if u, err := url.Parse(s); err == nil && u.Host != "" {
			return u
		}
	}
	return &url.URL{}
}

// address is where the answer came from, empty for a saved file.
func (d *document) address() string {
	if d.raw.URL != "" {
		return d.raw.URL
	}
	return d.raw.Request.URL
}

// html returns the root of the markup, nil when the body is none.
func (d *document) html() *html.Node {
	if d.parsed {
		return d.markup
	}
	d.parsed = true
	if d.kind != kindMarkup && d.kind != kindXML {
		return nil
	}
	d.markup, d.badHTML = html.Parse(bytes.NewReader(d.body))
	return d.markup
}

// bodyJSON returns the body as JSON, without guard bytes.
func (d *document) bodyJSON() (gjson.Result, error) {
	if !d.readJSON {
		d.readJSON = true
		d.whole, d.badJSON = parseJSON(d.body)
	}
	return d.whole, d.badJSON
}

// root is the whole page as an item.
func (d *document) root() *item { return &item{doc: d, json: d.json} }

// variable returns a value for templates: the host, the page's address, what the layout read from
// the page, what the request was made of, the parameters.
func (d *document) variable(name string) string {
	switch name {
	case "host":
		return d.base.Hostname()
	case "page_url":
		return d.address()
	}
	return lookup(d.vars, d.raw.Request.Vars, d.params)(name)
}

// resolve makes a link absolute; it is empty for one that is no web address.
func (d *document) resolve(link string) string {
	link = strings.TrimSpace(link)
	if link == "" {
		return ""
	}
	if d.origin != "" && isRooted(link) {
		return d.origin + link
	}
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	if u.IsAbs() {
		if u.Scheme != "http" && u.Scheme != "https" {
			return ""
		}
		return link
	}
	if d.base.Host == "" {
		return link
	}
	return d.base.ResolveReference(u).String()
}

// isRooted reports that path begins at the root and reads alike to every
// parser: nothing in it is to be escaped, and no dots to be resolved.
func isRooted(path string) bool {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
		return false
	}
	for i := range len(path) {
		c := path[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte("\"#'<>[\\]^`{|}", c) >= 0 {
			return false
		}
		if c == '%' && (i+2 >= len(path) || !isHex(path[i+1]) || !isHex(path[i+2]) || path[i+1] == '2' && path[i+2]|0x20 == 'e') {
			return false
		}
	}
	return !strings.Contains(path, "/.")
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

// shownURL is the address without secrets, for evidence.
func (d *document) shownURL() string {
	u := d.address()
	for name, p := range d.site.Params {
		if v := d.params[name]; p.Secret && v != "" {
			u = strings.ReplaceAll(u, url.QueryEscape(v), "[redacted]")
			u = strings.ReplaceAll(u, v, "[redacted]")
		}
	}
	return u
}

// isCut reports markup that begins as a whole page and does not end as one.
func (d *document) isCut() bool {
	if d.kind != kindMarkup {
		return false
	}
	head := bytes.ToLower(d.body[:min(len(d.body), 1024)])
	if !bytes.Contains(head, []byte("<html")) {
		return false
	}
	tail := bytes.ToLower(d.body[max(0, len(d.body)-4096):])
	if bytes.Contains(tail, []byte("</html")) || bytes.Contains(tail, []byte("</body")) {
		return false
	}
	lower := bytes.ToLower(d.body)
	return !bytes.Contains(lower, []byte("</html")) && !bytes.Contains(lower, []byte("</body"))
}

// item is one review on the page (or the page itself): an element, a JSON
// value, or both where a layout joins the two.
type item struct {
	doc   *document
	node  *html.Node // nil: the whole page
	json  gjson.Result
	vals  [nFields]string
	alts  [nFields]int
	child bool   // found inside another item
	under string // id of that item
}

// element is where CSS starts.
func (it *item) element() *html.Node {
	if it.node != nil {
		return it.node
	}
	return it.doc.html()
}

// variable returns a value for templates: the item's own fields first.
func (it *item) variable(name string) string {
	if f, ok := fieldByName(name); ok && it.vals[f] != "" {
		return it.vals[f]
	}
	return it.doc.variable(name)
}
