package crawler

import (
	"fmt"
	"strings"
)

// lifeless says which sign of life the layout misses.
func (l *layout) lifeless() string {
	if len(l.alive) == 0 {
		return "its list is not there: " + l.items.shown()
	}
	signs := make([]string, len(l.alive))
	for i, s := range l.alive {
		signs[i] = s.shown
	}
	return "its sign of life is not there: " + strings.Join(signs, "; or ")
}

// shown is the rule in the definition's words.
func (r itemsRule) shown() string {
	switch {
	case r.css != nil:
		return "css " + r.css.source
	case r.path != "":
		return "path " + r.path
	}
	return "the whole answer"
}

// counted notes how many items the taken layout has, and what to do about none.
func (e *Explain) counted(l *layout, d *document, items int) {
	if e == nil || len(e.Layouts) == 0 {
		return
	}
	for i := range e.Layouts {
		if e.Layouts[i].Line == l.line && e.Layouts[i].Taken {
			e.Layouts[i].Items = items
		}
	}
	if items == 0 && d.aside == 0 {
		e.Advice = append(e.Advice, fmt.Sprintf("`items` of layout %s (%s) finds nothing. If the page shows reviews, they are built in another way: correct `items`, or add a layout.", l.name, l.items.shown()))
		e.suggest(d)
	}
}

// strayed says what can be done with a page that no layout fits.
func (e *Explain) strayed(d *document) {
	if e == nil || len(e.Advice) > 0 {
		return
	}
	e.Advice = append(e.Advice, "No layout fits. If the page shows reviews, correct the sign of life that it should have (`alive`) and what stands behind it, or add a layout.")
	e.suggest(d)
}

// suggest names what on the page looks like a list of reviews.
func (e *Explain) suggest(d *document) {
	if found := d.likeliestJSON(); found.items > 0 {
		e.Advice = append(e.Advice, fmt.Sprintf("The page's JSON has a list of %d that looks like reviews: from: %s, items: {path: %s}. `otklik sites new` writes its fields.", found.items, found.from, found.path))
		return
	}
	if d.html() == nil {
		return
	}
	if found := likeliest(d); len(found.items) > 0 {
		var fields []string
		for _, f := range found.fields {
			fields = append(fields, f.name+": "+f.value)
		}
		e.Advice = append(e.Advice, fmt.Sprintf("%d blocks %s look like reviews, with %s.", len(found.items), found.selector, strings.Join(fields, ", ")))
	}
}

// ways says what each alternative of the value looks for, and how many such
// elements the whole page has.
func (p *pick) ways(d *document) []string {
	if len(p.first) == 0 {
		return []string{p.shown(d)}
	}
	out := make([]string, len(p.first))
	for i, alt := range p.first {
		out[i] = strings.Join(alt.ways(d), ", then ")
	}
	return out
}

func (p *pick) shown(d *document) string {
	switch {
	case p.path != "":
		return "path " + p.path
	case p.value != nil:
		return "a value made of " + strings.Join(p.value.names(), ", ")
	case p.body != nil:
		return "regexp " + p.body.String() + " in the whole body"
	case p.css == nil && p.attr == "":
		return "the item itself"
	case p.css == nil:
		return "attr " + p.attr + " of the item itself"
	}
	text := "css " + p.css.source
	if d.html() != nil {
		text += fmt.Sprintf(" (%d on the page)", len(allMatches(d.html(), p.css)))
	}
	if p.attr != "" {
		text += ", its attr " + p.attr
	}
	if p.regexp != nil {
		text += ", where " + p.regexp.String() + " fits"
	}
	return text
}
