package crawler

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// field numbers what a definition can read of an item. The order is that of
// reading: a template may use what stands before it.
type field int

const (
	fieldID field = iota
	fieldThread
	fieldParent
	fieldScope
	fieldAuthor
	fieldAuthorURL
	fieldURL
	fieldRating
	fieldDate
	fieldEdited
	fieldTitle
	fieldText
	fieldPros
	fieldCons
	fieldTranslation
	fieldLang
	fieldComments
	fieldLikes
	fieldViews
	nFields
)

// fieldNames are the words of the definition language, by field.
var fieldNames = [nFields]string{
	"id", "thread", "parent", "scope", "author", "author_url", "url", "rating", "date", "edited", "title",
	"text", "pros", "cons", "translation", "lang", "comments", "likes", "views",
}

func fieldByName(name string) (field, bool) {
	i := slices.Index(fieldNames[:], name)
	return field(i), i >= 0
}

// layout is one way a site's answer is built.
type layout struct {
	line int
	name string
	from source

	when     []*sign
	alive    []*sign
	empty    []*sign
	items    itemsRule
	skip     []*sign
	children string // path of nested items inside an item
	join     *joinRule
	order    *orderRule
	promised *pick
	shells   *pick // how many cards there are, readable or not
	counter  *pick
	next     *nextRule
	again    *requestRule
	follow   *followRule
	vars     []varRule
	remark   string // what is said of every page it reads
	stopgap  bool   // it knows a review by another identity than the definition
	// unordered excepts the layout from the site's newest_first.
	unordered bool

	fields     [nFields]*pick
	best       *pick
	bestValue  float64
	monthFirst bool
	required   []field
	identity   []field
	labels     []labelRule
	reply      *replyRule
	official   *officialRule
}

// readsWords reports that the layout reads what a mention's digest covers.
func (l *layout) readsWords() bool {
	for _, f := range [...]field{fieldTitle, fieldText, fieldPros, fieldCons, fieldRating} {
		if l.fields[f] != nil {
			return true
		}
	}
	return false
}

type varRule struct {
	name string
	from *pick
}

type labelRule struct {
	name  string
	signs []*sign
	from  *pick // the label is the value itself
}

type itemsRule struct {
	css  *matcher
	path string
}

// joinRule gives each element of the list its JSON object.
type joinRule struct {
	path string
	id   *pick // on the element; nil joins by position
	key  *pick // on the object
	// position joins by position, and only where id and key are the same.
	position bool
}

// orderRule sorts items by a list of ids elsewhere in the document.
type orderRule struct {
	path string
	key  string // path of the id in an entry that is an object
}

// replyRule finds the company's answer inside an item or on its page.
type replyRule struct {
	has      []*sign
	css      *matcher // candidates
	path     string
	official []*sign
	accounts []*pick
	text     *pick
	author   *pick
	authorID *pick
	date     *pick
	url      *pick
}

// officialRule recognises items of the list that are the company's own.
type officialRule struct {
	signs    []*sign
	accounts []*pick
	previous bool  // it answers the item before it; else the one its parent names
	key      *pick // what a parent is named by, where that is not the id
}

// keyOf is what other items call this one when they name their parent.
func (o *officialRule) keyOf(it *item, id string) string {
	if o == nil || o.key == nil {
		return id
	}
	v, _ := o.key.get(it)
	return v
}

// sourceKind is where a layout's data lies in the body.
type sourceKind int

const (
	fromHTML sourceKind = iota
	fromJSON
	fromScript
	fromAfter
	fromFeed
	fromReader
	fromFragment
)

// source is how the data of a layout is got out of the body.
type source struct {
	kind   sourceKind
	guard  string
	script *matcher
	attr   string // of the elements, which holds the JSON instead of their text
	after  []string
	where  string // path that must exist in the value
	unwrap string // path of a JSON string that holds the document
	path   string // of markup in JSON
	reader string
}

// jsonGuard are bytes that keep a JSON answer from running as a script.
const jsonGuard = ")]}'"

// open makes the document's data ready for the layout. It returns an error
// when the body does not hold such data.
func (s *source) open(d *document) error {
	d.json = gjson.Result{}
	doc, err := s.read(d)
	if err != nil {
		return err
	}
	if s.unwrap != "" {
		inner := doc.Get(s.unwrap)
		if inner.Type == gjson.String {
			text := strings.TrimPrefix(inner.Str, jsonGuard) // Google guards the inner document too
			if inner, err = parseJSON([]byte(text)); err != nil {
				return fmt.Errorf("the JSON inside %s: %w", s.unwrap, err)
			}
		}
		doc = inner
	}
	if s.where != "" && !doc.Get(s.where).Exists() {
		return fmt.Errorf("%w: no %s in it", errNotJSON, s.where)
	}
	d.json = doc
	return nil
}

// wants reports whether doc is the value looked for among several. What stands
// inside a wrapped one is only known when it is open.
func (s *source) wants(doc gjson.Result) bool {
	if s.unwrap != "" {
		return doc.Get(s.unwrap).Exists()
	}
	return s.where == "" || doc.Get(s.where).Exists()
}

func (s *source) read(d *document) (gjson.Result, error) {
	switch s.kind {
	case fromJSON:
		return s.body(d)
	case fromScript:
		return s.scripts(d)
	case fromAfter:
		return s.marked(d)
	case fromFeed:
		return readFeed(d.body)
	case fromReader:
		return readerNamed(s.reader)(d)
	case fromFragment:
		return s.fragment(d)
	}
	if d.html() == nil {
		return gjson.Result{}, fmt.Errorf("no markup")
	}
	return gjson.Result{}, nil
}

// body reads the whole body as JSON, behind its guard bytes.
func (s *source) body(d *document) (gjson.Result, error) {
	if s.guard != "" {
		rest, ok := strings.CutPrefix(strings.TrimLeft(string(d.body), " \t\r\n"), s.guard)
		if ok {
			return valueAfterLength(rest)
		}
	}
	if d.kind == kindMarkup || d.kind == kindXML {
		return gjson.Result{}, fmt.Errorf("%w: markup where JSON was expected", errNotJSON)
	}
	return d.bodyJSON()
}

// chunkLength is the line that some guarded answers put before each piece.
var chunkLength = regexp.MustCompile(`^\s*\d+\s*\n`)

// valueAfterLength reads the first value of a guarded answer, which may be cut
// into pieces with their lengths.
func valueAfterLength(rest string) (gjson.Result, error) {
	rest = chunkLength.ReplaceAllString(rest, "")
	return valueAt([]byte(rest))
}

// scripts reads the first matching element that holds the value wanted. Each
// is parsed by itself: a broken one hides no other.
func (s *source) scripts(d *document) (gjson.Result, error) {
	last := fmt.Errorf("%w: no such element: %s", errNotJSON, s.script.source)
	for _, n := range allMatches(d.html(), s.script) {
		text := attribute(n, s.attr)
		if s.attr == "" && n.FirstChild != nil {
			text = cleanScript(n.FirstChild.Data)
		}
		if text == "" {
			continue
		}
		doc, err := parseJSON([]byte(text))
		if err != nil {
			last = err
			continue
		}
		if s.wants(doc) {
			return doc, nil
		}
		last = fmt.Errorf("%w: no %s in %s", errNotJSON, s.where, s.script.source)
	}
	return gjson.Result{}, last
}

// marked reads the first value behind the marks that holds what is wanted.
func (s *source) marked(d *document) (gjson.Result, error) {
	last := fmt.Errorf("%w: no %q in the body", errNotJSON, s.after[0])
	body := d.body
	for range maxMarks {
		at, ok := afterMarks(body, s.after)
		if !ok {
			return gjson.Result{}, last
		}
		body = body[at:]
		doc, err := valueAt(body)
		if err != nil {
			last = err
			continue
		}
		if s.wants(doc) {
			return doc, nil
		}
		last = fmt.Errorf("%w: no %s behind %q", errNotJSON, s.where, s.after[0])
	}
	return gjson.Result{}, last
}

// maxMarks bounds how often a mark is followed in one body.
const maxMarks = 100

// afterMarks returns the position behind the marks, which follow one another.
func afterMarks(body []byte, marks []string) (int, bool) {
	at := 0
	for _, m := range marks {
		i := bytes.Index(body[at:], []byte(m))
		if i < 0 {
			return 0, false
		}
		at += i + len(m)
	}
	return at, true
}

// fragment parses the markup inside a JSON answer.
func (s *source) fragment(d *document) (gjson.Result, error) {
	doc, err := d.bodyJSON()
	if err != nil {
		return doc, err
	}
	text := doc.Get(s.path)
	if text.Type != gjson.String {
		return doc, fmt.Errorf("%w: no markup at %s", errNotJSON, s.path)
	}
	inner := *d
	inner.body, inner.kind, inner.parsed = []byte(text.Str), kindMarkup, false
	d.markup, d.parsed = inner.html(), true
	return doc, inner.badHTML
}
