package crawler

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"
	"golang.org/x/net/html"
)

// jsonList is a list of objects that look like reviews, and where it lies.
type jsonList struct {
	from   string // in the definition language
	path   string
	items  int
	fields []proposedField
	score  int
}

// likeliestJSON returns the list in the page's JSON that looks most like
// reviews: of the whole body, of its JSON scripts, and of what its scripts
// assign to variables.
func (d *document) likeliestJSON() jsonList {
	var best jsonList
	try := func(from string, doc gjson.Result) {
		found := jsonList{from: from}
		found.search(doc, "", 0)
		if found.score > best.score {
			best = found
		}
	}
	if d.kind == kindJSON {
		if doc, err := d.bodyJSON(); err == nil {
			try("json", doc)
		}
		return best
	}
	if d.html() == nil {
		return best
	}
	for n := range d.html().Descendants() {
		if n.Type != html.ElementNode || n.Data != "script" || n.FirstChild == nil {
			continue
		}
		text := n.FirstChild.Data
		if strings.Contains(attribute(n, "type"), "json") {
			if doc, err := parseJSON([]byte(cleanScript(text))); err == nil && !isLinkedData(attribute(n, "type")) {
				try("{script: "+strconv.Quote(scriptSelector(n))+"}", doc)
			}
			continue
		}
		for _, m := range assigned.FindAllStringSubmatchIndex(text, 200) {
			marks, at := strconv.Quote(text[m[2]:m[3]]), m[1]-1
			if m[4] >= 0 {
				marks, at = marks+", "+strconv.Quote(text[m[4]:m[5]]), m[1]
			}
			if doc, err := valueAt([]byte(text[at:])); err == nil && len(doc.Raw) >= minJSON {
				try("{after: ["+marks+"]}", doc)
			}
		}
	}
	return best
}

// minJSON is how long a list of reviews in a script is at least, in bytes.
const minJSON = 200

// assigned is a variable that is given an object, a list, or JSON.parse of a literal.
var assigned = regexp.MustCompile(`([A-Za-z_$][\w$.]*)\s*=\s*(?:(JSON\.parse\()|[\[{])`)

func scriptSelector(n *html.Node) string {
	if id := attribute(n, "id"); id != "" {
		return "script#" + id
	}
	for class := range strings.FieldsSeq(attribute(n, "class")) {
		return "script." + class
	}
	return "script[type='" + attribute(n, "type") + "']"
}

// search walks the document and keeps the best list in it.
func (j *jsonList) search(v gjson.Result, path string, depth int) {
	if depth > 12 {
		return
	}
	if v.IsArray() {
		j.judge(v.Array(), path)
	}
	index := -1
	v.ForEach(func(key, e gjson.Result) bool {
		index++
		if e.IsObject() || e.IsArray() {
			step := gjsonKey(key.Str)
			if v.IsArray() {
				step = strconv.Itoa(index)
			}
			if path != "" {
				step = path + "." + step
			}
			j.search(e, step, depth+1)
		}
		return true
	})
}

// gjsonKey writes a key as a path names it.
func gjsonKey(key string) string {
	return strings.NewReplacer(".", `\.`, "*", `\*`, "?", `\?`, "@", `\@`, "#", `\#`, "|", `\|`).Replace(key)
}

// The words of keys, by what they hold.
var (
	ratingKey = regexp.MustCompile(`(?i)rating|score|grade|stars?$|mark$|valuation`)
	dateKey   = regexp.MustCompile(`(?i)date|time|created|published|posted`)
	authorKey = regexp.MustCompile(`(?i)author|user|reviewer|consumer|customer|name|nick`)
	textKey   = regexp.MustCompile(`(?i)text|body|comment|content|message|description|review`)
	idKey     = regexp.MustCompile(`(?i)^(?:[a-z]*_?id|uuid)(?:\.label)?$`)
	replyKey  = regexp.MustCompile(`(?i)reply|answer|response`)
)

// judge looks at a list of objects as a list of reviews.
func (j *jsonList) judge(list []gjson.Result, path string) {
	if len(list) < minBlocks || !list[0].IsObject() {
		return
	}
	found := map[string]map[string]int{}
	note := func(field, at string) {
		if found[field] == nil {
			found[field] = map[string]int{}
		}
		found[field][at]++
	}
	for _, item := range list[:min(len(list), 50)] {
		noteValues(item, "", note)
	}
	out := jsonList{from: j.from, path: path, items: len(list)}
	signs := 0
	for _, f := range []struct {
		name   string
		weight int
	}{{"id", 1}, {"author", 1}, {"rating", 3}, {"date", 3}, {"title", 0}, {"text", 2}} {
		at, n := mostFound(found[f.name])
		if 2*n < min(len(list), 50) {
			continue
		}
		out.fields = append(out.fields, proposedField{f.name, "{path: " + strconv.Quote(at) + "}", n})
		signs += f.weight
	}
	if signs >= 6 { // words, and a date or a mark beside them
		out.score = signs * min(len(list), 20)
	}
	if out.score > j.score {
		*j = out
	}
}

// noteValues tells what the values of an object look like, also of those
// inside it (author.name.label), but for the company's answer.
func noteValues(item gjson.Result, under string, note func(field, at string)) {
	item.ForEach(func(key, v gjson.Result) bool {
		name := key.Str
		at, whole := under+gjsonKey(name), under+name
		text := jsonText(v)
		switch {
		case v.IsObject():
			if strings.Count(under, ".") < 2 && !replyKey.MatchString(name) {
				noteValues(v, at+".", note)
			}
		case text == "" || v.IsArray():
		case idKey.MatchString(whole):
			note("id", at)
		case ratingKey.MatchString(whole) && loneMark.MatchString(text):
			note("rating", at)
		case dateKey.MatchString(whole) && isMoment(text):
			note("date", at)
		case authorKey.MatchString(whole) && v.Type == gjson.String && utf8.RuneCountInString(text) < 60 && !isWeb(text) && strings.ContainsAny(strings.ToLower(strings.TrimPrefix(whole, "user")), "nm"):
			note("author", at)
		case strings.HasPrefix(strings.ToLower(whole), "title"):
			note("title", at)
		case textKey.MatchString(whole) && v.Type == gjson.String && utf8.RuneCountInString(text) >= minWords && !isWeb(text):
			note("text", at)
		}
		return true
	})
}

func isMoment(s string) bool {
	_, ok := parseDate(s, clock{})
	return ok && !isShortNumber(s)
}

// mostFound returns the place that most items have; of equals the shortest.
func mostFound(places map[string]int) (string, int) {
	best, n := "", 0
	for at, found := range places {
		if found > n || found == n && (len(at) < len(best) || len(at) == len(best) && at < best) {
			best, n = at, found
		}
	}
	return best, n
}

// write writes the list as a definition.
func (j jsonList) write(d *document, name string, raw Raw) ([]byte, error) {
	if j.items == 0 {
		return nil, errNoProposal
	}
	path := j.path
	if path == "" {
		path = "@this"
	}
	var w bytes.Buffer
	writeHead(&w, d, name, raw, fmt.Sprintf("a list of %d in the page's JSON looks like reviews", j.items))
	fmt.Fprintf(&w, "replies: none # text, once reply is filled in\nfrom: %s\nitems: {path: %s}\nfields:\n", j.from, strconv.Quote(path))
	hasID := false
	for _, f := range j.fields {
		hasID = hasID || f.name == "id"
		best := ""
		if f.name == "rating" {
			best = ", best: 5}"
		}
		value := f.value
		if best != "" {
			value = strings.TrimSuffix(value, "}") + best
		}
		fmt.Fprintf(&w, "  %s: %s # in %d of %d\n", f.name, value, f.found, min(j.items, 50))
	}
	if !hasID {
		w.WriteString("# There is no id: these name a review, and an edited one is a new one.\nidentity: [author, date, text]\n")
	}
	w.WriteString("# reply:\n#   text: {path: answer.text}\n#   date: {path: answer.date}\n")
	return w.Bytes(), nil
}
