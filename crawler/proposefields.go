package crawler

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// place writes where a value is: the element's selector, and its attribute.
func place(n *html.Node, attr, more string) string {
	value := "{css: " + strconv.Quote(selectorOf(n))
	if attr != "" {
		value += ", attr: " + attr
	}
	return value + more + "}"
}

// clock is what the dates of the page are relative to.
func (b *blocks) clock() clock { return clock{now: b.d.raw.FetchedAt, zone: time.UTC} }

// dateIn returns where the block has a date.
func (b *blocks) dateIn(item *html.Node) string {
	c := b.clock()
	for n := range item.Descendants() {
		if n.Type != html.ElementNode || selectorOf(n) == "" {
			continue
		}
		for _, attr := range []string{"datetime", "content", "data-date", "data-time", "title"} {
			if _, ok := parseDate(attribute(n, attr), c); ok && !isShortNumber(attribute(n, attr)) {
				return place(n, attr, "")
			}
		}
		if s := ownText(n); len(s) >= 6 && len(s) < 60 && !isShortNumber(s) {
			if _, ok := parseDate(s, c); ok {
				return place(n, "", "")
			}
		}
	}
	return ""
}

// isShortNumber reports digits that are no moment: marks, prices, counts.
func isShortNumber(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n < 1e8
}

var (
	starClass  = regexp.MustCompile(`^(star|stars|rating|rate|mark|score)[-_]?\d$`)
	outOfFive  = regexp.MustCompile(`(\d(?:[.,]\d)?)\s*(?:из|/|of|out of|von|sur|de)\s*(5|10)\b`)
	litClass   = regexp.MustCompile(`(?i)(?:^|[-_])(?:on|full|fill|filled|active|checked)$`)
	loneMark   = regexp.MustCompile(`^[1-5](?:[.,]\d)?$`)
	ratingWord = regexp.MustCompile(`(?i)rating|rate|score|star|mark|grade|оцен`)
	authorWord = regexp.MustCompile(`(?i)author|user|name|nick|reviewer|customer`)
	profileURL = regexp.MustCompile(`(?i)/(?:user|users|profile|author|people|u|id)[/\d]`)
	reviewURL  = regexp.MustCompile(`(?i)review|otzyv|otzyvy|comment|response|feedback|opinion`)
)

// ratingIn returns where the block has its mark.
func ratingIn(item *html.Node) string {
	for n := range item.Descendants() {
		for class := range strings.FieldsSeq(attribute(n, "class")) {
			if m := starClass.FindStringSubmatch(class); m != nil {
				return fmt.Sprintf(`{css: "%s[class*=%s]", class: '^%s[-_]?(\d)$', best: 5}`, n.Data, m[1], m[1])
			}
		}
		if n.Type != html.ElementNode || selectorOf(n) == "" {
			continue
		}
		if attribute(n, "itemprop") == "ratingValue" {
			if attribute(n, "content") != "" {
				return place(n, "content", ", best: 5")
			}
			return place(n, "", ", best: 5")
		}
		for _, attr := range []string{"aria-label", "title", "alt"} {
			if m := outOfFive.FindStringSubmatch(attribute(n, attr)); m != nil {
				return place(n, attr, `, regexp: '(\d(?:[.,]\d)?)', best: `+m[2])
			}
		}
		for _, attr := range []string{"data-rating", "data-rate", "data-score", "data-value", "data-stars"} {
			if loneMark.MatchString(attribute(n, attr)) {
				return place(n, attr, ", best: 5")
			}
		}
		if v := markIn(n); v != "" {
			return v
		}
	}
	return ""
}

// markIn returns the mark that an element's words or lit stars are.
func markIn(n *html.Node) string {
	if !ratingWord.MatchString(attribute(n, "class") + attribute(n, "itemprop")) {
		return ""
	}
	if loneMark.MatchString(ownText(n)) {
		return place(n, "", ", best: 5")
	}
	for star := range n.Descendants() {
		for class := range strings.FieldsSeq(attribute(star, "class")) {
			if litClass.MatchString(class) {
				return place(n, "", ", count: "+strconv.Quote("."+class)+", best: 5")
			}
		}
	}
	return ""
}

// authorIn returns where the block names its author.
func authorIn(item *html.Node) string {
	for n := range item.Descendants() {
		if n.Type != html.ElementNode || selectorOf(n) == "" {
			continue
		}
		if attribute(n, "itemprop") == "author" && attribute(n, "content") != "" {
			return place(n, "content", "")
		}
		if reviewURL.MatchString(attribute(n, "href")) {
			continue // the title
		}
		named := authorWord.MatchString(attribute(n, "class")+" "+attribute(n, "itemprop")) || profileURL.MatchString(attribute(n, "href"))
		if s := textOf(n, nil); named && s != "" && len(s) < 60 {
			return place(n, "", "")
		}
	}
	return ""
}

// idIn returns which attribute of the block is its id.
func idIn(item *html.Node) string {
	for _, a := range item.Attr {
		if idName.MatchString(a.Key) && idValue.MatchString(a.Val) {
			return "{attr: " + a.Key + "}"
		}
	}
	if v := attribute(item, "id"); strings.ContainsAny(v, "0123456789") {
		return `{attr: id, regexp: '(\d+)'}`
	}
	for n := range item.Descendants() { // an item's first own name inside it
		for _, a := range n.Attr {
			if idName.MatchString(a.Key) && idValue.MatchString(a.Val) && !strings.Contains(a.Key, "user") && !strings.Contains(a.Key, "author") {
				return fmt.Sprintf("{css: %q, attr: %s}", "["+a.Key+"]", a.Key)
			}
		}
	}
	return ""
}

var (
	idName  = regexp.MustCompile(`^data-(?:[a-z]+-)*(?:id|reviewid|uuid|post)$`)
	idValue = regexp.MustCompile(`^(?:[\w/.-]*\d[\w/.-]*|[\w-]{12,})$`)
)

// nextIn returns where the page links the following one.
func nextIn(d *document) string {
	for n := range d.html().Descendants() {
		href := attribute(n, "href")
		if href == "" || strings.HasPrefix(href, "#") || strings.HasPrefix(href, "javascript:") {
			continue
		}
		rel, class := attribute(n, "rel"), attribute(n, "class")
		switch {
		case rel == "next":
			return fmt.Sprintf("{css: %q, attr: href}", n.Data+"[rel=next]")
		case n.Data == "a" && nextClass.MatchString(attribute(n, "name")):
			return fmt.Sprintf("{css: %q, attr: href}", "a[name="+strconv.Quote(attribute(n, "name"))+"]")
		case n.Data == "a" && nextClass.MatchString(class):
			for c := range strings.FieldsSeq(class) {
				if nextClass.MatchString(c) && isStable(c) {
					return fmt.Sprintf("{css: %q, attr: href}", "a."+c)
				}
			}
		}
	}
	return ""
}

var nextClass = regexp.MustCompile(`(?:^|[\s_-])next(?:$|[\s_-])`)

// linkIn returns where the block links its own page.
func linkIn(item *html.Node) string {
	for n := range item.Descendants() {
		if n.DataAtom == atom.A && reviewURL.MatchString(attribute(n, "href")) && selectorOf(n) != "" {
			return place(n, "href", "")
		}
	}
	return ""
}

// writeHead writes what every proposal begins with.
func writeHead(b *bytes.Buffer, d *document, name string, raw Raw, what string) {
	page := raw.URL
	if page == "" {
		page = "https://example.com/reviews"
	}
	paging := "pages: 1 # more, once there is a next\n# next: {css: a.next, attr: href}"
	if d.html() != nil {
		if next := nextIn(d); next != "" {
			paging = "pages: 3\nnext: " + next
		}
	}
	fmt.Fprintf(b, `# A proposal: %s.
# Finish what is marked, put the file into the folder that crawler.definitions
# names, and look at every field with
#   otklik extract --site %s --definitions FOLDER --explain PAGE
site: %s
title: {ru: %s, en: %s}
kind: generic # aggregator, maps, marketplace, apps, social, forum
params:
  page: {required: true, pattern: '^https?://', example: %s, about: {ru: адрес страницы, en: address of the page}}
start: "{+page}"
newest_first: false # true only if the address asks for that order
%s
pace: {delay: 5s, jitter: 2s}
zone: Europe/Moscow # of dates without an offset
# What the page says when it is none: finish these, a wrong zero stays unseen.
# empty: [{css: h2, text: no reviews yet}]
# not_found: [{css: h1, text: not found}]
# blocked: [{css: form.captcha}]
`, what, name, name, strconv.Quote(name), strconv.Quote(name), strconv.Quote(page), paging)
}

// proposeSchema proposes to read the page's own data.
func proposeSchema(d *document, name string, raw Raw, reviews int) []byte {
	var b bytes.Buffer
	writeHead(&b, d, name, raw, fmt.Sprintf("the page has %d reviews in schema.org data", reviews))
	b.WriteString(`# The data hold no answers of the company and hardly ever an id.
replies: none
from: {reader: schema-org}
alive: [{path: types.0}]
items: {path: reviews}
identity: [author, date, text, title]
fields:
  author: {path: author}
  url: {path: url}
  rating: {path: rating, best: {path: best, default: "5"}}
  date: {path: date}
  title: {path: title}
  text: {path: text}
`)
	return b.Bytes()
}

// write writes the blocks as a definition.
func (b *blocks) write(name string, raw Raw) []byte {
	var w bytes.Buffer
	writeHead(&w, b.d, name, raw, fmt.Sprintf("%d blocks %s look like reviews", len(b.items), b.selector))
	fmt.Fprintf(&w, "replies: none # text, once reply is filled in\nitems: {css: %s}\nshells: {count: %s}\nfields:\n", strconv.Quote(b.selector), strconv.Quote(b.selector))
	hasID := false
	for _, f := range b.fields {
		hasID = hasID || f.name == "id"
		fmt.Fprintf(&w, "  %s: %s # in %d of %d\n", f.name, f.value, f.found, len(b.items))
	}
	if !hasID {
		w.WriteString("# There is no id: these name a review, and an edited one is a new one.\nidentity: [author, date, text]\n")
	}
	w.WriteString("# reply:\n#   text: {css: .answer .text}\n#   date: {css: .answer time, attr: datetime}\n")
	return w.Bytes()
}
