package crawler

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// errNoProposal means that nothing on a page looks like a list of reviews.
var errNoProposal = errors.New("nothing on the page looks like a list of reviews: it may be drawn by a script (save it from a browser), or ask for a login")

// Propose writes a definition for a page that no definition knows, as YAML
// with comments for the operator to finish: by its schema.org data where it
// has reviews, else by the repeating blocks that look most like them.
func Propose(raw Raw) ([]byte, error) {
	site := &Site{Name: proposedName(raw.URL)}
	d := site.document(raw, Options{})
	if d.kind == kindXML {
		if _, err := readFeed(d.body); err == nil {
			return []byte("# The page is a feed, for which there is a definition:\n# - {site: feed, url: " + strconv.Quote(raw.URL) + "}\n"), nil
		}
	}
	if d.html() == nil {
		return nil, errNoProposal
	}
	var reviews []gjson.Result
	if doc, err := readSchema(d); err == nil {
		reviews = doc.Get("reviews").Array()
	}
	found := likeliest(d)
	switch {
	case len(reviews) > 0 && (areWhole(reviews) || len(found.items) == 0):
		return proposeSchema(site.Name, raw, len(reviews)), nil
	case len(found.items) == 0:
		return nil, errNoProposal
	}
	return found.write(site.Name, raw), nil
}

// areWhole reports that most schema.org reviews name their author and date,
// so that they can be told apart.
func areWhole(reviews []gjson.Result) bool {
	whole := 0
	for _, r := range reviews {
		if r.Get("author").Exists() && r.Get("date").Exists() {
			whole++
		}
	}
	return 2*whole > len(reviews)
}

// proposedName makes the name of a site of its host.
func proposedName(address string) string {
	u, err := url.Parse(address)
	host := ""
	if err == nil {
		host = strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
	}
	name := strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(host, "-"), "-")
	if !siteName.MatchString(name) {
		return "my-site"
	}
	return name
}

// blocks are elements beside one another that are built alike.
type blocks struct {
	d        *document
	selector string
	items    []*html.Node
	score    int
	fields   []proposedField
}

// proposedField is where a field of most blocks was found.
type proposedField struct {
	name  string
	value string // in the definition language
	found int
}

// minBlocks is from how many alike blocks on there is a list.
const minBlocks = 2

// likeliest returns the blocks that look most like reviews.
func likeliest(d *document) blocks {
	groups := map[string][]*html.Node{}
	var order []string
	for n := range d.html().Descendants() {
		selector := selectorOf(n)
		if selector == "" || n.DataAtom == atom.Option || n.DataAtom == atom.Script {
			continue
		}
		if len(groups[selector]) == 0 {
			order = append(order, selector)
		}
		groups[selector] = append(groups[selector], n)
	}
	var best blocks
	for _, selector := range order {
		b := blocks{d: d, selector: selector, items: groups[selector]}
		if len(b.items) < minBlocks || nested(b.items) || len(b.items) > 500 {
			continue
		}
		b.judge()
		if b.score > best.score { // of blocks inside one another the outer ones: an author often stands beside
			best = b
		}
	}
	return best
}

// nested reports that some block stands inside another.
func nested(items []*html.Node) bool {
	for _, n := range items {
		for p := n.Parent; p != nil; p = p.Parent {
			if slices.Contains(items, p) {
				return true
			}
		}
	}
	return false
}

// judge looks for the fields and adds up how much the blocks are like reviews:
// words of their own, and beside them a date, a mark, an author.
func (b *blocks) judge() {
	text, found := b.words()
	if found*2 < len(b.items) {
		return
	}
	b.add("text", text, found)
	signs := 0
	for _, f := range []struct {
		name   string
		weight int
		find   func(*html.Node) string
	}{{"date", 3, b.dateIn}, {"rating", 3, ratingIn}, {"author", 1, authorIn}, {"id", 1, idIn}, {"url", 0, linkIn}} {
		if value, found := b.most(f.find); found*2 >= len(b.items) {
			b.add(f.name, value, found)
			signs += f.weight
		}
	}
	if signs >= 3 { // a date or a mark at least
		b.score = signs * min(len(b.items), 20)
	}
}

func (b *blocks) add(name, value string, found int) {
	b.fields = append(b.fields, proposedField{name, value, found})
}

// most returns the place where most blocks have the value, and how many.
func (b *blocks) most(find func(*html.Node) string) (string, int) {
	counts := map[string]int{}
	best := ""
	for _, n := range b.items {
		value := find(n)
		if value == "" {
			continue
		}
		if counts[value]++; counts[value] > counts[best] {
			best = value
		}
	}
	return best, counts[best]
}

// minWords is how long the words of a review are, in characters.
const minWords = 8

// words returns where most blocks have their longest text.
func (b *blocks) words() (string, int) {
	return b.most(func(item *html.Node) string {
		longest, at := minWords-1, ""
		for n := range item.Descendants() {
			if n.Type != html.ElementNode || n.DataAtom == atom.Script || n.DataAtom == atom.Style {
				continue
			}
			selector, own := selectorOf(n), ownText(n)
			if _, isDate := parseDate(own, b.clock()); selector != "" && !isDate && utf8.RuneCountInString(own) > longest {
				longest, at = utf8.RuneCountInString(own), selector
			}
		}
		if at == "" {
			return ""
		}
		return "{css: " + strconv.Quote(at) + "}"
	})
}

// stableClass is a class that a release does not rename: words, where hashes
// have digits, or capitals at any place.
var stableClass = regexp.MustCompile(`^[a-z]{2,}(?:[A-Z][a-z]{2,}|[-_]{1,2}[a-z]+)*$`)

// selectorOf returns a selector that the element shares with its like: the tag
// with an attribute or a class that lasts; empty for one without any.
func selectorOf(n *html.Node) string {
	if n.Type != html.ElementNode {
		return ""
	}
	for _, name := range []string{"itemprop", "data-testid", "data-test", "data-qa", "data-auto", "data-type"} {
		if v := attribute(n, name); v != "" && !strings.ContainsAny(v, "\"\\\n") {
			return n.Data + "[" + name + "=" + strconv.Quote(v) + "]"
		}
	}
	for _, a := range n.Attr {
		if a.Val == "" || a.Val == "true" {
			if strings.HasPrefix(a.Key, "data-") {
				return n.Data + "[" + a.Key + "]"
			}
		}
	}
	for class := range strings.FieldsSeq(attribute(n, "class")) {
		if stableClass.MatchString(class) {
			return n.Data + "." + class
		}
	}
	if slices.Contains([]atom.Atom{atom.P, atom.Time, atom.Article, atom.Blockquote, atom.H3, atom.H4}, n.DataAtom) {
		return n.Data
	}
	return ""
}
