package crawler

import (
	yaml "go.yaml.in/yaml/v3"

	"otklik/mention"
)

// schemaLayoutName stands in a definition's list of layouts for the page's own
// schema.org data, as the last thing to read where no layout before it lives.
const schemaLayoutName = mention.SchemaOrg

// schemaLayoutText is that layout. It lives only where the data have a review:
// that a site's markup is gone is no sign that its reviews are.
const schemaLayoutText = `
name: schema.org
from: {reader: schema-org}
alive: [{path: reviews.0}]
items: {path: reviews}
shells: {path: shells}
counter: {path: count}
identity: [author, date, text, title]
fields:
  id: {path: id}
  thread: {path: of}
  author: {path: author}
  author_url: {path: author_url}
  url: {first: [{path: url}, {value: "{page_url}"}]}
  rating: {path: rating, best: {path: best, default: "5"}}
  date: {path: date}
  title: {path: title}
  text: {path: text}
  lang: {path: lang}
reply: {items: {path: reply}, text: {path: text}, author: {path: author}, date: {path: date}}
`

// schemaLayout returns the layout for the entry at n.
func (r *definitionReader) schemaLayout(n *yaml.Node) *layout {
	l := newLayout(n.Line)
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(schemaLayoutText), &doc); err != nil {
		r.fail(n, "the layout of schema.org data: %v", err)
		return l
	}
	r.mapping(doc.Content[0], r.layoutKeys(l))
	l.line = n.Line
	l.stopgap, l.unordered = true, true
	l.remark = "read from the page's schema.org data, without answers, because no layout of the definition fits"
	return l
}
