package crawler

import (
	"cmp"
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
// with comments for the operator to finish: by the repeating blocks that look
// most like reviews and have an id, by its schema.org data, by other blocks, or
// by a list of reviews in JSON that the page carries.
func Propose(raw Raw) ([]byte, error) {
	site := &Site{Name: "page"}
	d := site.document(raw, Options{})
	raw.URL = cmp.Or(raw.URL, d.canonical())
	site.Name = proposedName(raw.URL)
	if d.kind == kindXML {
		if _, err := readFeed(d.body); err == nil {
			return []byte("# The page is a feed, for which there is a definition:\n# - {site: feed, url: " + strconv.Quote(raw.URL) + "}\n"), nil
		}
	}
	inJSON := d.likeliestJSON()
	if d.html() == nil {
		return inJSON.write(d, site.Name, raw)
	}
	var reviews []gjson.Result
	if doc, err := readSchema(d); err == nil {
		reviews = doc.Get("reviews").Array()
	}
	found := likeliest(d)
	switch {
	case len(reviews) > 0 && found.has("id") && len(found.items) == len(reviews):
		return found.write(site.Name, raw), nil
	case len(reviews) > 0 && (areWhole(reviews) || len(found.items) == 0):
		return proposeSchema(d, site.Name, raw, len(reviews)), nil
	case len(found.items) == 0, inJSON.items > 2*len(found.items):
		return inJSON.write(d, site.Name, raw)
	}
	return found.write(site.Name, raw), nil
}

// canonical returns the address that a saved page gives as its own.
func (d *document) canonical() string {
	if d.html() == nil {
		return ""
	}
	for n := range d.html().Descendants() {
		switch {
		case n.Data == "link" && attribute(n, "rel") == "canonical" && isWeb(attribute(n, "href")):
			return attribute(n, "href")
		case n.Data == "meta" && attribute(n, "property") == "og:url" && isWeb(attribute(n, "content")):
			return attribute(n, "content")
		}
	}
	return ""
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

// has reports that most blocks have the field.
func (b *blocks) has(name string) bool {
	return slices.ContainsFunc(b.fields, func(f proposedField) bool { return f.name == name })
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

// countWords is a number of something: 770 отзывов, 1 204 reviews.
var countWords = regexp.MustCompile(`^\d[\d\s.,\x{A0}]*\s\pL+$`)

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
			if _, isDate := parseDate(own, b.clock()); selector != "" && !isDate && !countWords.MatchString(own) && utf8.RuneCountInString(own) > longest {
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

// hashedEnd is how tools that rename classes end them: styles_card__hcAvl.
var hashedEnd = regexp.MustCompile(`[-_]{1,2}[a-zA-Z]*(?:[a-z][A-Z]|[A-Z]{2})[a-zA-Z]*$`)

func isStable(class string) bool {
	return stableClass.MatchString(class) && !hashedEnd.MatchString(class)
}

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
	for class := range strings.FieldsSeq(attribute(n, "class")) {
		if isStable(class) {
			return n.Data + "." + class
		}
	}
	for _, a := range n.Attr {
		if (a.Val == "" || a.Val == "true") && strings.HasPrefix(a.Key, "data-") {
			return n.Data + "[" + a.Key + "]"
		}
	}
	if slices.Contains([]atom.Atom{atom.P, atom.Time, atom.Article, atom.Blockquote, atom.H3, atom.H4}, n.DataAtom) {
		return n.Data
	}
	return ""
}
