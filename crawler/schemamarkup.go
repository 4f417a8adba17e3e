package crawler

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// microdata adds the reviews that are marked up as elements: microdata with
// itemtype, RDFa with typeof, and the vocabulary both used before schema.org.
func (p *schemaPage) microdata(root *html.Node) {
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || !isReviewElement(n) || len(p.Reviews) >= maxSchemaReviews {
			continue
		}
		p.Types = append(p.Types, "Review")
		r, ok := markedReview(n)
		if ok {
			p.Reviews = append(p.Reviews, r)
		}
		if ok || r.Author != "" || r.Text != "" { // not an article that calls itself a review
			p.Shells++
		}
	}
}

// isReviewElement reports an element that calls itself a review: by its type,
// or as the untyped item that is the property review of another.
func isReviewElement(n *html.Node) bool {
	itemtype, kinds := attribute(n, "itemtype"), attribute(n, "typeof")
	for t := range strings.FieldsSeq(itemtype) {
		if (strings.Contains(t, "schema.org/") || strings.Contains(t, "data-vocabulary.org/")) && strings.HasSuffix(t, "Review") {
			return true
		}
	}
	for t := range strings.FieldsSeq(kinds) {
		switch propertyName(t) {
		case "Review", "UserReview", "CriticReview":
			return true
		}
	}
	return itemtype == "" && kinds == "" && hasAttribute(n, "itemscope") && slices.Contains(propertyNames(n), "review")
}

// propertyNames returns the properties that the element is the value of, in
// microdata's and in RDFa's attribute.
func propertyNames(n *html.Node) []string {
	names := strings.Fields(attribute(n, "itemprop"))
	for name := range strings.FieldsSeq(attribute(n, "property")) {
		if name = propertyName(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// propertyName returns an RDFa name without the prefix of the vocabularies
// that have reviews, empty for a name of another one (og:title).
func propertyName(name string) string {
	for _, vocabulary := range []string{"schema:", "s:", "v:", "http://schema.org/", "https://schema.org/", "http://rdf.data-vocabulary.org/#"} {
		if rest, ok := strings.CutPrefix(name, vocabulary); ok {
			return rest
		}
	}
	if strings.ContainsAny(name, ":/") {
		return ""
	}
	return name
}

// isScope reports that the element is an item of its own, in either syntax.
func isScope(n *html.Node) bool { return hasAttribute(n, "itemscope") || hasAttribute(n, "typeof") }

func markedReview(n *html.Node) (schemaReview, bool) {
	props := properties(n)
	var r schemaReview
	author := props.first("author", "creator", "reviewer")
	r.Author = propertyWords(author)
	if author != nil && isScope(author) {
		inner := properties(author)
		if name := propertyWords(inner.first("name")); name != "" {
			r.Author = name
		}
		r.AuthorURL = propertyText(inner.first("url", "sameAs"))
	}
	rating := props.first("reviewRating", "rating")
	if rating != nil {
		inner := properties(rating)
		r.Rating = propertyText(inner.first("ratingValue", "value"))
		r.Best = propertyText(inner.first("bestRating", "best"))
		if r.Rating == "" && !isScope(rating) {
			r.Rating = propertyText(rating)
		}
	}
	if r.Rating == "" { // written without the Rating around it
		r.Rating = propertyText(props.first("ratingValue"))
	}
	if r.Best == "" {
		r.Best = propertyText(props.first("bestRating"))
	}
	r.Date = propertyText(props.first("datePublished", "dateCreated", "dtreviewed", "dateModified"))
	r.Title = propertyWords(props.first("name", "headline", "summary"))
	r.Text = propertyWords(props.first("reviewBody", "description", "text"))
	r.URL = propertyText(props.first("url"))
	r.Lang = propertyText(props.first("inLanguage"))
	r.ID = attribute(n, "itemid")
	return r.tidy()
}

// marked are the properties of one item, in document order.
type marked map[string][]*html.Node

func (m marked) first(names ...string) *html.Node {
	for _, name := range names {
		if list := m[name]; len(list) > 0 {
			return list[0]
		}
	}
	return nil
}

// properties returns the properties of the item n, not those of items inside it.
func properties(n *html.Node) marked {
	out := marked{}
	var walk func(*html.Node)
	walk = func(p *html.Node) {
		for c := p.FirstChild; c != nil; c = c.NextSibling {
			if c.Type != html.ElementNode {
				continue
			}
			for _, name := range propertyNames(c) {
				out[name] = append(out[name], c)
			}
			if !isScope(c) || c.FirstChild == nil && attribute(c, "itemprop") == "" {
				walk(c)
			}
		}
	}
	walk(n)
	return out
}

func hasAttribute(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

// propertyWords is the value of a property that holds words, also on a link.
func propertyWords(n *html.Node) string {
	if n == nil {
		return ""
	}
	if c := attribute(n, "content"); c != "" {
		return c
	}
	return textOf(n, nil)
}

// propertyText is the value of a property (HTML Living Standard, microdata
// §5.2.4), with the content attribute honoured on every element, because many
// pages put it on span.
func propertyText(n *html.Node) string {
	if n == nil {
		return ""
	}
	if c := attribute(n, "content"); c != "" {
		return c
	}
	switch n.Data {
	case "a", "link", "area":
		return attribute(n, "href")
	case "img", "audio", "video", "embed", "iframe", "source":
		return attribute(n, "src")
	case "time":
		if dt := attribute(n, "datetime"); dt != "" {
			return dt
		}
	case "data", "meter":
		return attribute(n, "value")
	}
	return textOf(n, nil)
}
