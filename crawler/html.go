package crawler

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// matcher is a compiled CSS selector with its source for explanations.
type matcher struct {
	cascadia.Matcher
	source string
	class  string // when the selector is this class and nothing else
}

// loneClass is a selector that is one class.
var loneClass = regexp.MustCompile(`^\.([A-Za-z_][\w-]*)$`)

// Match reports whether the selector means n. Most selectors of definitions
// are a class, which is looked for here without cutting the attribute up.
func (m *matcher) Match(n *html.Node) bool {
	if m.class == "" {
		return m.Matcher.Match(n)
	}
	return n.Type == html.ElementNode && hasClass(attribute(n, "class"), m.class)
}

// hasClass reports whether class is one of the words of classes.
func hasClass(classes, class string) bool {
	for from := 0; ; {
		i := strings.Index(classes[from:], class)
		if i < 0 {
			return false
		}
		i += from
		from = i + len(class)
		if (i == 0 || isMarkupSpace(classes[i-1])) && (from == len(classes) || isMarkupSpace(classes[from])) {
			return true
		}
	}
}

// isMarkupSpace reports what HTML takes for white space between classes.
func isMarkupSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'
}

// firstMatch returns the first descendant of n that m matches, or nil.
func firstMatch(n *html.Node, m *matcher) *html.Node {
	if n == nil {
		return nil
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.ElementNode && m.Match(c) {
			return c
		}
		if c.FirstChild != nil {
			if found := firstMatch(c, m); found != nil {
				return found
			}
		}
	}
	return nil
}

// allMatches returns every descendant of n that m matches, in document order.
func allMatches(n *html.Node, m *matcher) []*html.Node {
	if n == nil {
		return nil
	}
	return cascadia.QueryAll(n, m)
}

// ancestor returns the closest element around n that m matches, or nil.
func ancestor(n *html.Node, m *matcher) *html.Node {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Type == html.ElementNode && m.Match(p) {
			return p
		}
	}
	return nil
}

// attribute returns the value of the attribute, empty when there is none.
func attribute(n *html.Node, name string) string {
	if n == nil {
		return ""
	}
	for i := range n.Attr {
		if n.Attr[i].Key == name {
			return n.Attr[i].Val
		}
	}
	return ""
}

// textWriter turns markup into plain text: white space is folded, <br> and the
// borders of blocks become line feeds, scripts and comments vanish.
type textWriter struct {
	buf    []byte
	remove *matcher
	space  bool // a blank is due
	line   bool // a line feed is due
}

// textOf returns the text of n without the elements that remove matches.
func textOf(n *html.Node, remove *matcher) string {
	if n == nil {
		return ""
	}
	w := textWriter{remove: remove}
	if c := n.FirstChild; c != nil && c == n.LastChild && c.Type == html.TextNode {
		if s := strings.Trim(c.Data, " \n\t\r\f"); isFolded(s) {
			return s // the usual case: one tidy text, not copied
		}
		w.buf = make([]byte, 0, len(c.Data))
	}
	w.children(n)
	return string(w.buf)
}

// ownText returns the text that is directly inside n.
func ownText(n *html.Node) string {
	var w textWriter
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.TextNode {
			w.text(c.Data)
		}
	}
	return string(w.buf)
}

// isFolded reports that the trimmed text s has no white space but single blanks.
func isFolded(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\n' || c == '\t' || c == '\r' || c == '\f' || c == 0xC2 || c == 0xE2 || c == 0xE3:
			return false // line feeds, and what may begin a no-break space
		case c == ' ' && s[i-1] == ' ':
			return false
		}
	}
	return true
}

func (w *textWriter) children(n *html.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.node(c)
	}
}

func (w *textWriter) node(n *html.Node) {
	switch n.Type {
	case html.TextNode:
		w.text(n.Data)
		return
	case html.ElementNode:
	default:
		w.children(n)
		return
	}
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Noscript, atom.Template, atom.Svg:
		return
	case atom.Br:
		w.feed()
		return
	}
	if w.remove != nil && w.remove.Match(n) {
		w.space = true
		return
	}
	block := isBlock(n.DataAtom)
	if block {
		w.line = true
	}
	w.children(n)
	if block {
		w.line = true
	}
}

// feed is a <br>: two of them in a row leave an empty line.
func (w *textWriter) feed() {
	if len(w.buf) > 0 && !strings.HasSuffix(string(w.buf[max(0, len(w.buf)-2):]), "\n\n") {
		if w.line {
			w.buf = append(w.buf, '\n')
		}
		w.line, w.space = true, false
	}
}

func (w *textWriter) text(s string) {
	from := 0 // of the word being read
	for i := 0; i < len(s); {
		n := spaceAt(s[i:])
		if n == 0 {
			i++
			continue
		}
		w.word(s[from:i])
		w.space = true
		i += n
		from = i
	}
	w.word(s[from:])
}

func (w *textWriter) word(s string) {
	if s != "" {
		w.flush()
		w.buf = append(w.buf, s...)
	}
}

// spaceAt returns the length of the white space character s begins with, 0
// for anything else. No byte inside a longer character is taken for one.
func spaceAt(s string) int {
	switch c := s[0]; {
	case c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f':
		return 1
	case c != 0xC2 && c != 0xE1 && c != 0xE2 && c != 0xE3: // the first bytes of all wider spaces
		return 0
	}
	r, n := utf8.DecodeRuneInString(s)
	if unicode.IsSpace(r) {
		return n
	}
	return 0
}

// flush writes the white space that is due before more text.
func (w *textWriter) flush() {
	switch {
	case len(w.buf) == 0:
	case w.line:
		w.buf = append(w.buf, '\n')
	case w.space && w.buf[len(w.buf)-1] != '\n':
		w.buf = append(w.buf, ' ')
	}
	w.line, w.space = false, false
}

func isBlock(a atom.Atom) bool {
	switch a {
	case atom.P, atom.Div, atom.Li, atom.Ul, atom.Ol, atom.Tr, atom.Table, atom.Blockquote, atom.Pre,
		atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Section, atom.Article, atom.Header,
		atom.Footer, atom.Dl, atom.Dt, atom.Dd, atom.Figure, atom.Figcaption, atom.Hr:
		return true
	}
	return false
}

// htmlText returns the plain text of a fragment of markup. Text without any
// markup or entity is only folded.
func htmlText(s string, remove *matcher) string {
	if !strings.ContainsAny(s, "<&") {
		var w textWriter
		w.text(s)
		return string(w.buf)
	}
	body := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	nodes, err := html.ParseFragment(strings.NewReader(s), body)
	if err != nil {
		return strings.TrimSpace(s) // nested beyond the parser's limit: keep the words
	}
	w := textWriter{remove: remove}
	for _, n := range nodes {
		w.node(n)
	}
	return string(w.buf)
}

// tidy trims a plain text and makes its line feeds ones.
func tidy(s string) string {
	if strings.IndexByte(s, '\r') >= 0 {
		s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	}
	return strings.TrimSpace(s)
}

// firstElement returns the first element with that tag under n, or nil.
func firstElement(n *html.Node, tag string) *html.Node {
	if n == nil {
		return nil
	}
	for c := range n.Descendants() {
		if c.Type == html.ElementNode && c.Data == tag {
			return c
		}
	}
	return nil
}
