package crawler

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"otklik/mention"
)

// Options is what Extract has to know beside the page.
type Options struct {
	// Params are the source's parameters.
	Params map[string]string
	// Accounts are the company's own accounts on the site: ids, names or
	// profile addresses.
	Accounts []string
	// Brand is written into every mention.
	Brand string
	// Norm is the recent coverage by field; a field that falls from nearly
	// always to never means that the layout changed.
	Norm map[string]float64
	// Explain collects what matched, when not nil.
	Explain *Explain
}

// The shares behind a layout verdict.
const (
	requiredShare = 0.8  // of the items must have each required field
	normShare     = 0.95 // from here a fall to nothing is a changed layout
	normItems     = 3    // fewer items than this prove nothing
	wordlessItems = 15   // reviews without a word among so many: ratings alone are six in ten at most
)

// Extract understands one list answer. It is pure: the same bytes, options and
// fetch time give the same page. It never fails; the verdict says how the page
// was, and the evidence why. Mentions may be there under any verdict: those of
// a layout or truncated page are what could still be read.
func (s *Site) Extract(raw Raw, o Options) Page {
	d := s.document(raw, o)
	if v, why := s.refused(d); v != "" {
		return d.page().end(v, why)
	}
	page, rest := s.extract(d, s.layouts)
	if page.Verdict != mention.Layout || page.Evidence.Parsed > 0 {
		return page
	}
	// The layout lives and its list is gone: one further down may still read it,
	// but a few reviews that a page features do not stand for all it promises.
	for len(rest) > 0 {
		var other Page
		if other, rest = s.extract(d, rest); other.Verdict != mention.OK {
			continue
		}
		if promised := page.Evidence.Promised; float64(other.Evidence.Parsed) < requiredShare*float64(promised) {
			other.Evidence.Promised, other.Next = promised, nil
			return other.end(mention.Layout, reason{note: fmt.Sprintf("the page promises %d items, %d could be read of its other data", promised, other.Evidence.Parsed)})
		}
		return other
	}
	return page
}

// page is the page before anything is read of it.
func (d *document) page() Page {
	return Page{Counter: -1, Evidence: d.evidence(), Mentions: []mention.Mention{}}
}

// extract reads the page by the first of the layouts that lives, and returns
// those behind it.
func (s *Site) extract(d *document, layouts []*layout) (Page, []*layout) {
	page := d.page()
	l, v, why := s.choose(d, layouts)
	if l == nil {
		d.o.Explain.strayed(d)
		return page.end(v, why), nil
	}
	rest := layouts[slices.Index(layouts, l)+1:]
	d.o.Explain.chose(l)
	items := l.gather(d)
	d.o.Explain.counted(l, d, len(items))
	if page.Again = l.again.repeat(d); page.Again != nil {
		return page.end(mention.Blocked, reason{note: "the site asks for the request once more, with another token"}), nil
	}
	page.Unordered, page.Evidence.Stopgap = l.unordered, l.stopgap
	if l.stopgap {
		page.Evidence.StandIn = l.name
	}
	l.read(d, items, &page)
	page.Counter = l.count(d)
	v, why = l.judge(d, items, &page)
	if v == mention.OK {
		page.Follow = l.follow.requests(d, items)
	}
	if v == mention.OK || v == mention.Truncated {
		page.Next = l.next.next(d, len(items), lastID(page.Mentions))
	}
	return page.end(v, why), rest
}

// ExtractDetail understands the mention's own page and returns m with what the
// page adds. m comes back unchanged under any verdict but ok.
func (s *Site) ExtractDetail(raw Raw, m mention.Mention, o Options) (mention.Mention, mention.Verdict, mention.Evidence) {
	d := s.document(raw, o)
	page := Page{Counter: -1, Evidence: d.evidence()}
	if v, why := s.refused(d); v != "" {
		page = page.end(v, why)
		return m, page.Verdict, page.Evidence
	}
	l, v, why := s.choose(d, s.details)
	if l == nil {
		page = page.end(v, why)
		return m, page.Verdict, page.Evidence
	}
	o.Explain.chose(l)
	items := l.gather(d)
	if len(items) == 0 {
		page = page.end(mention.Layout, reason{note: "the page has no review"})
		return m, page.Verdict, page.Evidence
	}
	out := l.enrich(m, items[0])
	o.Explain.read(l, items[0])
	page.Evidence.Parsed = 1
	v, why = mention.OK, reason{}
	if missing := l.missing(items[0]); missing != "" {
		out, v, why = m, mention.Layout, reason{note: "the page has no " + missing}
	} else if d.isCut() {
		v, why = mention.Truncated, reason{note: "the page ends early"}
	}
	page = page.end(v, why)
	return out, page.Verdict, page.Evidence
}

// reason is why a verdict was given.
type reason struct {
	marker string
	note   string
}

func (p Page) end(v mention.Verdict, why reason) Page {
	p.Verdict = v
	p.Evidence.Marker = why.marker
	p.Evidence.Note = why.note
	return p
}

func (d *document) evidence() mention.Evidence {
	return mention.Evidence{URL: d.shownURL(), Status: d.raw.Status, Promised: -1}
}

// refused recognises answers that are no page of reviews: by the signs of the
// definition first, then by the status.
func (s *Site) refused(d *document) (mention.Verdict, reason) {
	if d.raw.Status == http.StatusNotModified {
		return mention.Unchanged, reason{note: "the site says that nothing changed"}
	}
	root := d.root()
	if d.kind == kindJSON { // an error answer is recognised by its keys
		if doc, err := d.bodyJSON(); err == nil {
			root.json = doc
		}
	}
	for _, group := range []struct {
		signs   []*sign
		verdict mention.Verdict
	}{
		{s.blocked, mention.Blocked}, {s.auth, mention.Auth},
		{s.notFound, mention.NotFound}, {s.unreachable, mention.Unreachable},
	} {
		if m := matchAny(group.signs, root); m != nil {
			return group.verdict, reason{marker: m.shown}
		}
	}
	v, why := byStatus(d.raw.Status)
	if v == mention.Auth || v == mention.Unreachable || v == mention.Layout {
		// Qrator sends its check with 401, Cloudflare with 503, AWS with 405.
		if m := robotCheck(d, true); m != "" {
			return mention.Blocked, reason{marker: m}
		}
	}
	return v, why
}

// byStatus judges the statuses that mean the same everywhere.
func byStatus(status int) (mention.Verdict, reason) {
	why := reason{marker: "status " + strconv.Itoa(status)}
	switch {
	case status == 0 || status >= 200 && status < 300:
		return "", reason{}
	case status == http.StatusUnauthorized:
		return mention.Auth, why
	case status == http.StatusForbidden, status == http.StatusTooManyRequests, status == 420, status == 498, status == 507:
		return mention.Blocked, why
	case status == http.StatusNotFound, status == http.StatusGone:
		return mention.NotFound, why
	case status >= 500:
		return mention.Unreachable, why
	}
	return mention.Layout, why
}

// choose returns the first layout whose data is in the body and whose sign of
// life is there; without one it returns the verdict.
func (s *Site) choose(d *document, layouts []*layout) (*layout, mention.Verdict, reason) {
	var why error
	for _, l := range layouts {
		err := l.from.open(d)
		d.o.Explain.tried(l, err)
		if err != nil {
			why = worse(why, err)
			continue
		}
		if len(l.when) > 0 && matchAny(l.when, d.root()) == nil {
			d.o.Explain.refused("none of its `when` signs is there")
			continue
		}
		if l.isAlive(d) {
			return l, "", reason{}
		}
	}
	v, r := lifeless(d, why)
	return nil, v, r
}

// worse keeps the error that says most about the body.
func worse(a, b error) error {
	if a == nil || errors.Is(b, errTruncated) {
		return b
	}
	return a
}

// lifeless judges a body in which no layout lives.
func lifeless(d *document, why error) (mention.Verdict, reason) {
	if m := loginRedirect(d); m != "" {
		return mention.Auth, reason{marker: m}
	}
	if m := robotCheck(d, false); m != "" {
		return mention.Blocked, reason{marker: m}
	}
	if m := loginCheck(d); m != "" {
		return mention.Auth, reason{marker: m}
	}
	switch {
	case len(d.body) == 0:
		return mention.Truncated, reason{note: "the body is empty"}
	case errors.Is(why, errTruncated):
		return mention.Truncated, reason{note: why.Error()}
	case d.isCut():
		return mention.Truncated, reason{note: "the page ends early"}
	case d.badHTML != nil:
		return mention.Layout, reason{note: fmt.Sprintf("parse the page: %v", d.badHTML)}
	case why != nil:
		return mention.Layout, reason{note: "no layout fits: " + why.Error()}
	}
	return mention.Layout, reason{note: "the page has no sign of life"}
}

// isAlive reports the sign of life: the one named, else the list itself.
func (l *layout) isAlive(d *document) bool {
	if len(l.alive) > 0 {
		return matchAny(l.alive, d.root()) != nil
	}
	if l.items.path != "" {
		return d.json.Get(l.items.path).Exists()
	}
	if l.items.css != nil {
		return firstMatch(d.html(), l.items.css) != nil
	}
	return d.json.Exists() || d.html() != nil
}

// judge gives the verdict of a page whose layout lives.
func (l *layout) judge(d *document, items []*item, page *Page) (mention.Verdict, reason) {
	e := &page.Evidence
	e.Promised = l.promise(d)
	if len(items) == 0 {
		return l.judgeNone(d, e)
	}
	switch {
	case e.Parsed == 0:
		return mention.Layout, reason{note: fmt.Sprintf("none of %d items could be read", len(items))}
	case d.isCut():
		return mention.Truncated, reason{note: fmt.Sprintf("the page ends early, after %d items", len(items))}
	case e.Promised > e.Parsed:
		return mention.Layout, reason{note: fmt.Sprintf("the page promises %d items, %d could be read", e.Promised, e.Parsed)}
	}
	for _, f := range l.required {
		if share := e.Coverage[fieldNames[f]]; share < requiredShare {
			return mention.Layout, reason{note: fmt.Sprintf("only %.0f %% of the items have %s", 100*share, fieldNames[f])}
		}
	}
	if len(items) >= normItems {
		for name, norm := range d.o.Norm {
			if share, seen := e.Coverage[name]; seen && norm >= normShare && share == 0 {
				return mention.Layout, reason{note: fmt.Sprintf("no item has %s, which nearly all had before", name)}
			}
		}
	}
	if d.site.isReviewSite() && len(d.site.details) == 0 && len(items) >= wordlessItems && !slices.ContainsFunc(page.Mentions, hasWords) {
		return mention.Layout, reason{note: fmt.Sprintf("none of %d items has any words", len(items))}
	}
	return mention.OK, reason{note: l.remarks(e, len(items))}
}

func hasWords(m mention.Mention) bool { return m.Words() != "" }

// isReviewSite reports a site whose items are reviews; posts elsewhere can be
// pictures alone.
func (s *Site) isReviewSite() bool {
	return slices.Contains([]string{"aggregator", "maps", "marketplace", "apps"}, s.Kind)
}

// remarks says what a good page is worth knowing: the fields that no item has,
// where a definition reads them of every one (a first pass has no norm to
// compare with), and what the layout says of itself.
func (l *layout) remarks(e *mention.Evidence, items int) string {
	var none []string
	for _, f := range []field{fieldAuthor, fieldRating, fieldDate, fieldText} {
		if share, read := e.Coverage[fieldNames[f]]; read && share == 0 && items >= normItems {
			none = append(none, fieldNames[f])
		}
	}
	remarks := []string{e.Note, l.remark}
	if len(none) > 0 {
		remarks = append(remarks, "no item has "+strings.Join(none, ", "))
	}
	return strings.Join(slices.DeleteFunc(remarks, func(s string) bool { return s == "" }), "; ")
}

// judgeNone tells a true zero from a page that was not understood.
func (l *layout) judgeNone(d *document, e *mention.Evidence) (mention.Verdict, reason) {
	if d.isCut() { // what is not there may have been behind the cut
		return mention.Truncated, reason{note: "the page ends early"}
	}
	if m := matchAny(l.empty, d.root()); m != nil {
		return mention.Empty, reason{marker: m.shown}
	}
	if number(l.promised, d) == 0 { // stated; no cards at all prove nothing
		return mention.Empty, reason{note: "the page promises no items"}
	}
	if l.items.path != "" && len(l.empty) == 0 && e.Promised <= 0 {
		if r := d.json.Get(l.items.path); r.IsArray() && len(r.Array()) == 0 {
			return mention.Empty, reason{marker: "empty list " + l.items.path}
		}
	}
	if d.aside > 0 && e.Promised <= d.aside {
		return mention.Empty, reason{note: fmt.Sprintf("all %d entries are marked as no reviews", d.aside)}
	}
	if m := robotCheck(d, true); m != "" {
		return mention.Blocked, reason{marker: m}
	}
	if e.Promised > 0 {
		return mention.Layout, reason{note: fmt.Sprintf("the page promises %d items, none is there", e.Promised)}
	}
	return mention.Layout, reason{note: "no items, and no sign that there are none"}
}

// promise returns what the page's own slice promises: the number it states, or
// its cards, readable or not; -1 when it does not say.
func (l *layout) promise(d *document) int {
	return max(number(l.promised, d), number(l.shells, d))
}

// count returns the site's advertised total, -1 when the page has none.
func (l *layout) count(d *document) int { return number(l.counter, d) }

// number reads a count from the page, -1 when there is none.
func number(p *pick, d *document) int {
	v, _ := p.get(d.root())
	if n, ok := parseCount(v); ok {
		return n
	}
	return -1
}

// gather returns the items of the page, nested ones behind their parents.
func (l *layout) gather(d *document) []*item {
	d.aside = 0
	d.vars = l.variables(d)
	items := l.list(d)
	if l.join != nil {
		l.join.apply(d, items)
	}
	if l.order != nil {
		l.order.apply(d, items)
	}
	return l.skipped(d, items)
}

// skipped returns the items without those that are no reviews. Where every one
// of them says itself what it is (deleted, an advertisement), the page is
// remembered as one that was understood and has nothing.
func (l *layout) skipped(d *document, items []*item) []*item {
	if len(l.skip) == 0 {
		return items
	}
	kept := items[:0]
	told := 0
	for _, it := range items {
		s := matchAny(l.skip, it)
		if s == nil {
			kept = append(kept, it)
		} else if s.isStated() {
			told++
		}
	}
	if told > 0 && told == len(items) {
		d.aside = told
	}
	return kept
}

func (l *layout) list(d *document) []*item {
	switch {
	case l.items.css != nil:
		nodes := allMatches(d.html(), l.items.css)
		items := make([]*item, len(nodes))
		block := make([]item, len(nodes))
		for i, n := range nodes {
			block[i] = item{doc: d, node: n}
			items[i] = &block[i]
		}
		return items
	case l.items.path != "":
		var items []*item
		l.walk(d, d.json.Get(l.items.path), nil, &items, 0)
		return items
	}
	return []*item{{doc: d, json: d.json}}
}

// maxNesting bounds replies to replies.
const maxNesting = 50

// walk adds the values of a list and what is nested inside them.
func (l *layout) walk(d *document, list gjson.Result, parent *item, items *[]*item, depth int) {
	if list.IsObject() { // a list of one is sometimes written without brackets
		list = gjson.Result{Type: gjson.JSON, Raw: "[" + list.Raw + "]"}
	}
	list.ForEach(func(_, v gjson.Result) bool {
		if v.Type == gjson.Null {
			return true
		}
		it := &item{doc: d, json: v}
		if parent != nil {
			it.child = true
			it.under, _ = l.fields[fieldID].get(parent)
		}
		*items = append(*items, it)
		if l.children != "" && depth < maxNesting {
			if inner := v.Get(l.children); inner.IsArray() {
				l.walk(d, inner, it, items, depth+1)
			}
		}
		return true
	})
}

// variables reads what the layout names on the page.
func (l *layout) variables(d *document) map[string]string {
	if len(l.vars) == 0 {
		return nil
	}
	vars := make(map[string]string, len(l.vars))
	d.vars = vars
	for _, v := range l.vars {
		vars[v.name], _ = v.from.get(d.root())
	}
	return vars
}

func lastID(list []mention.Mention) string {
	if len(list) == 0 {
		return ""
	}
	return list[len(list)-1].ExternalID
}
