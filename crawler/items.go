package crawler

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"otklik/mention"
)

// apply gives every element its object. By position it does nothing when the
// numbers differ: a wrong text under a right name is worse than a teaser.
func (j *joinRule) apply(d *document, items []*item) {
	objects := d.json.Get(j.path).Array()
	if j.id == nil || j.position {
		for i := range items {
			if len(objects) == len(items) && j.agree(d, items[i], objects[i]) {
				items[i].json = objects[i]
			}
		}
		return
	}
	byID := make(map[string]gjson.Result, len(objects))
	for _, o := range objects {
		key, _ := j.key.get(&item{doc: d, json: o})
		byID[key] = o
	}
	for _, it := range items {
		id, _ := j.id.get(it)
		if id != "" {
			it.json = byID[id]
		}
	}
}

// agree reports that the element and the object at its position are of one
// review, as far as the definition says how to tell.
func (j *joinRule) agree(d *document, it *item, object gjson.Result) bool {
	if !j.position {
		return true
	}
	id, _ := j.id.get(it)
	key, _ := j.key.get(&item{doc: d, json: object})
	return id != "" && id == key
}

// apply sorts the items as the list says; items that it does not name come last.
func (o *orderRule) apply(d *document, items []*item) {
	rank := map[string]int{}
	d.json.Get(o.path).ForEach(func(_, v gjson.Result) bool {
		if v.IsObject() {
			v = v.Get(o.key)
		}
		if _, seen := rank[jsonText(v)]; !seen {
			rank[jsonText(v)] = len(rank)
		}
		return true
	})
	if len(rank) == 0 {
		return
	}
	place := func(it *item) int {
		if r, ok := rank[jsonText(it.json.Get(o.key))]; ok {
			return r
		}
		return len(rank)
	}
	slices.SortStableFunc(items, func(a, b *item) int { return place(a) - place(b) })
}

// read turns the items into mentions and counts what they have.
func (l *layout) read(d *document, items []*item, page *Page) {
	t := newTally(len(items))
	seen := make(map[string]bool, len(items))
	byID := map[string]int{}
	page.Mentions = make([]mention.Mention, 0, len(items))
	for _, it := range items {
		m, ok := l.mention(it)
		if !ok {
			continue
		}
		if l.official != nil && l.official.matches(it) {
			l.official.attach(l, it, m, page, byID)
			t.own++
			continue
		}
		t.add(it, &m)
		d.o.Explain.read(l, it)
		if key := m.Scope + "\x00" + m.ExternalID; !seen[key] { // a page that shows one item twice
			seen[key] = true
			byID[l.official.keyOf(it, m.ExternalID)] = len(page.Mentions)
			page.Mentions = append(page.Mentions, m)
		}
	}
	t.replies = 0
	ahead := 0
	for i := range page.Mentions {
		if page.Mentions[i].Reply != nil {
			t.replies++
		}
		if isAhead(page.Mentions[i].PublishedAt, d.raw.FetchedAt) {
			ahead++
		}
	}
	if ahead > 0 {
		page.Evidence.Note = fmt.Sprintf("%d items are dated after the fetch: the site's clock or ours is wrong, or a date is misread", ahead)
	}
	t.report(l, &page.Evidence)
}

// skewAllowed is how much later than the fetch a date may be: a day without
// its zone, on a site whose clock is a little fast.
const skewAllowed = 26 * time.Hour

func isAhead(published, fetched time.Time) bool {
	return !fetched.IsZero() && published.After(fetched.Add(skewAllowed))
}

// tally counts what the items of a page have.
type tally struct {
	items, own int
	parsed     int
	has        [nFields]int
	matched    [nFields][]int
	replies    int
}

func newTally(items int) *tally { return &tally{items: items} }

func (t *tally) add(it *item, m *mention.Mention) {
	t.parsed++
	for f := range nFields {
		if it.vals[f] == "" {
			continue
		}
		if f == fieldRating && m.Best == 0 || f == fieldDate && m.PublishedAt.IsZero() {
			continue // there is something, but it could not be read
		}
		t.has[f]++
		for len(t.matched[f]) <= it.alts[f] {
			t.matched[f] = append(t.matched[f], 0)
		}
		t.matched[f][it.alts[f]]++
	}
}

// report writes the coverage of every field the layout reads.
func (t *tally) report(l *layout, e *mention.Evidence) {
	e.Parsed = t.parsed + t.own
	if t.parsed == 0 {
		return
	}
	e.Coverage = map[string]float64{}
	for f, p := range l.fields {
		if p == nil {
			continue
		}
		e.Coverage[fieldNames[f]] = float64(t.has[f]) / float64(t.items-t.own)
		if len(t.matched[f]) > 0 && p.alternatives() > 1 {
			if e.Matched == nil {
				e.Matched = map[string]int{}
			}
			e.Matched[fieldNames[f]] = slices.Index(t.matched[f], slices.Max(t.matched[f]))
		}
	}
	if l.reply != nil || l.official != nil {
		e.Coverage["reply"] = float64(t.replies) / float64(t.parsed)
	}
}

// pickAll finds the value of every field.
func (l *layout) pickAll(it *item) {
	isDate := func(v string) bool { _, ok := l.time(it, v); return ok }
	isMark := func(v string) bool { _, ok := parseNumber(v); return ok }
	for f := range nFields {
		if p := l.fields[f]; p != nil {
			var reads func(string) bool
			switch f {
			case fieldDate, fieldEdited:
				reads = isDate
			case fieldRating:
				reads = isMark
			}
			it.vals[f], it.alts[f] = p.getAs(it, reads)
		}
	}
}

// mention reads one item; ok is false when it has no identity.
func (l *layout) mention(it *item) (mention.Mention, bool) {
	l.pickAll(it)
	d := it.doc
	m := mention.Mention{
		Brand: d.o.Brand, Source: d.site.Name, Scope: it.vals[fieldScope], ExternalID: it.vals[fieldID],
		CollectedAt: d.raw.FetchedAt,
	}
	l.fill(&m, it)
	if it.child && m.ParentID == "" {
		m.ParentID = it.under
	}
	if l.reply != nil {
		m.Reply = l.reply.find(it, l.monthFirst)
	}
	for _, label := range l.labels {
		m.Labels = label.add(m.Labels, it)
	}
	if m.ExternalID == "" {
		m.ExternalID = l.identify(it, m.PublishedAt)
	}
	return m, m.ExternalID != ""
}

// fill writes every value that was read into its place.
func (l *layout) fill(m *mention.Mention, it *item) {
	d := it.doc
	set := func(to *string, f field) {
		if v := it.vals[f]; v != "" {
			*to = v
		}
	}
	set(&m.ParentID, fieldParent)
	set(&m.Thread, fieldThread)
	set(&m.Author, fieldAuthor)
	set(&m.Title, fieldTitle)
	set(&m.Text, fieldText)
	set(&m.Pros, fieldPros)
	set(&m.Cons, fieldCons)
	set(&m.Translation, fieldTranslation)
	if v := d.resolve(it.vals[fieldURL]); v != "" {
		m.URL = v
	}
	if v := d.resolve(it.vals[fieldAuthorURL]); v != "" {
		m.AuthorURL = v
	}
	if v := language(it.vals[fieldLang]); v != "" {
		m.Lang = v
	}
	l.rate(m, it)
	if t, ok := l.time(it, it.vals[fieldDate]); ok {
		m.PublishedAt = t
	}
	if t, ok := l.time(it, it.vals[fieldEdited]); ok && !t.Equal(m.PublishedAt) {
		m.EditedAt = t
	}
	for _, n := range []struct {
		to *int
		f  field
	}{{&m.Comments, fieldComments}, {&m.Likes, fieldLikes}, {&m.Views, fieldViews}} {
		if v, ok := parseCount(it.vals[n.f]); ok {
			*n.to = v
		}
	}
}

// rate sets the rating and its scale: the one that the value says itself, else
// the page's, else the definition's. A zero on a scale of stars means that
// nothing was given.
func (l *layout) rate(m *mention.Mention, it *item) {
	v, best, ok := parseMark(it.vals[fieldRating])
	if !ok {
		return
	}
	if best == 0 && l.best != nil {
		s, _ := l.best.get(it)
		best, _ = parseNumber(s)
	}
	if best <= 0 {
		best = l.bestValue
	}
	if best == 0 {
		best = 5
	}
	if v < 0 || v == 0 && best > 1 || v > best {
		return
	}
	m.Rating, m.Best = v, best
}

// enrich writes what the mention's own page adds.
func (l *layout) enrich(m mention.Mention, it *item) mention.Mention {
	l.pickAll(it)
	l.fill(&m, it)
	if it.vals[fieldText] != "" { // no longer the list's teaser
		m.Labels = slices.DeleteFunc(slices.Clone(m.Labels), func(s string) bool { return s == mention.Shortened })
	}
	if l.reply != nil {
		if r := l.reply.find(it, l.monthFirst); r != nil {
			m.Reply = r
		}
	}
	for _, label := range l.labels {
		m.Labels = label.add(m.Labels, it)
	}
	return m
}

// missing names the first required field that the item lacks.
func (l *layout) missing(it *item) string {
	for _, f := range l.required {
		if it.vals[f] == "" {
			return fieldNames[f]
		}
	}
	return ""
}

// identify makes an id of the fields that stay the same, where the site gives
// none. One lone field proves nothing, unless the definition says so: rating
// and date have to stand by it (a mark without words, by a common name).
func (l *layout) identify(it *item, published time.Time) string {
	h := sha256.New()
	filled := 0
	add := func(s string) {
		h.Write([]byte(strings.Join(strings.Fields(s), " ")))
		h.Write([]byte{0})
		if s != "" {
			filled++
		}
	}
	for _, f := range l.identity {
		if f == fieldDate {
			add(it.doc.lastingDate(it.vals[f], published))
			continue
		}
		add(it.vals[f])
	}
	if filled == 1 && len(l.identity) > 1 {
		add(it.vals[fieldRating])
		add(it.doc.lastingDate(it.vals[fieldDate], published))
	}
	if filled == 0 || filled < min(2, len(l.identity)) {
		return ""
	}
	return "h:" + hex.EncodeToString(h.Sum(nil)[:10])
}

// lastingDate is the date as part of an identity: the moment meant, because
// "today" is called "yesterday" tomorrow, and nothing for "3 hours ago" in any
// language, which means another moment at each fetch.
func (d *document) lastingDate(shown string, published time.Time) string {
	if published.IsZero() {
		return ""
	}
	later := clock{now: d.raw.FetchedAt.Add(time.Millisecond), zone: d.site.Zone}
	if t, ok := parseDate(shown, later); ok && t.Equal(published.Add(time.Millisecond)) {
		return ""
	}
	return published.UTC().Format(time.RFC3339)
}

func (r labelRule) add(labels []string, it *item) []string {
	name := r.name
	if r.from != nil {
		name, _ = r.from.get(it)
	} else if matchAny(r.signs, it) == nil {
		return labels
	}
	if name == "" || slices.Contains(labels, name) {
		return labels
	}
	return append(labels, name)
}

// language returns the two-letter code of a language tag, empty for others.
func language(tag string) string {
	code, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(tag, "_", "-")), "-")
	if len(code) != 2 || code == "xu" || code == "xx" {
		return ""
	}
	return code
}
