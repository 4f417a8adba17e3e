package crawler

import (
	"net/url"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"otklik/mention"
)

// find returns the company's answer to the item, nil when none is shown.
func (r *replyRule) find(it *item, monthFirst bool) *mention.Reply {
	if len(r.has) > 0 && matchAny(r.has, it) == nil {
		return nil
	}
	for _, c := range r.candidates(it) {
		if !r.isOfficial(c) {
			continue
		}
		if reply := r.read(c, monthFirst); reply.Text != "" || len(r.has) > 0 || r.lists() {
			return &reply
		}
	}
	return nil
}

// lists reports that the rule names its candidates, so that a candidate
// without words is still an answer.
func (r *replyRule) lists() bool { return r.css != nil || len(r.official) > 0 }

func (r *replyRule) candidates(it *item) []*item {
	var out []*item
	switch {
	case r.css != nil:
		for _, n := range allMatches(it.element(), r.css) {
			out = append(out, &item{doc: it.doc, node: n})
		}
	case r.path != "":
		list := it.json.Get(r.path)
		if list.IsObject() {
			return []*item{{doc: it.doc, json: list}}
		}
		list.ForEach(func(_, v gjson.Result) bool {
			out = append(out, &item{doc: it.doc, json: v})
			return true
		})
	default:
		out = append(out, it)
	}
	return out
}

func (r *replyRule) isOfficial(c *item) bool {
	if len(r.official) == 0 && len(r.accounts) == 0 {
		return true
	}
	return len(r.official) > 0 && matchAny(r.official, c) != nil || isOurs(r.accounts, c)
}

func (r *replyRule) read(c *item, monthFirst bool) mention.Reply {
	var out mention.Reply
	out.Text, _ = r.text.get(c)
	out.Author, _ = r.author.get(c)
	out.AuthorID, _ = r.authorID.get(c)
	link, _ := r.url.get(c)
	out.URL = c.doc.resolve(link)
	when, _ := r.date.getAs(c, func(v string) bool { _, ok := c.doc.time(v, monthFirst); return ok })
	out.PublishedAt, _ = c.doc.time(when, monthFirst)
	return out
}

// isOurs reports that one of the values names an account of the company.
func isOurs(accounts []*pick, it *item) bool {
	for _, p := range accounts {
		v, _ := p.get(it)
		if v == "" {
			continue
		}
		for _, own := range it.doc.o.Accounts {
			if sameAccount(v, own) {
				return true
			}
		}
	}
	return false
}

// sameAccount compares two names, ids or profile addresses of an account.
func sameAccount(a, b string) bool {
	a, b = accountName(a), accountName(b)
	return a != "" && a == b
}

// accountName folds the spellings of one account: case, a leading @ or /u/,
// scheme and www of an address, a slash at the end.
func accountName(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if un, err := url.PathUnescape(s); err == nil {
		s = un
	}
	for _, prefix := range []string{"https://", "http://", "//", "www.", "/u/", "u/", "@"} {
		s = strings.TrimPrefix(s, prefix)
	}
	return strings.TrimRight(s, "/")
}

func (o *officialRule) matches(it *item) bool {
	return len(o.signs) > 0 && matchAny(o.signs, it) != nil || isOurs(o.accounts, it)
}

// attach hangs the company's own item on the mention it answers. Without one
// on the page it is dropped: it is no mention.
func (o *officialRule) attach(l *layout, it *item, m mention.Mention, page *Page, byID map[string]int) {
	i, known := byID[m.ParentID]
	if o.previous {
		i, known = len(page.Mentions)-1, len(page.Mentions) > 0
	}
	if !known || m.ParentID == "" && !o.previous || page.Mentions[i].Reply != nil {
		return
	}
	reply := mention.Reply{Author: m.Author, URL: m.URL, Text: m.Text, PublishedAt: m.PublishedAt}
	if len(o.accounts) > 0 {
		reply.AuthorID, _ = o.accounts[0].get(it)
	}
	page.Mentions[i].Reply = &reply
}

// time reads a date of the item.
func (l *layout) time(it *item, v string) (time.Time, bool) {
	return it.doc.time(v, l.monthFirst)
}

func (d *document) time(v string, monthFirst bool) (time.Time, bool) {
	if v == "" {
		return time.Time{}, false
	}
	return parseDate(v, clock{now: d.raw.FetchedAt, zone: d.site.Zone, monthFirst: monthFirst && d.isAmerican()})
}

// isAmerican reports that the page does not say that it is written for another
// country than the United States, by its language or its host: the same site
// writes 5/4/2016 for the fourth of May at home and for the fifth of April abroad.
func (d *document) isAmerican() bool {
	if u, err := url.Parse(d.raw.URL); err == nil && u.Hostname() != "" && strings.Count(u.Hostname(), ".") > 0 {
		if host := u.Hostname(); !strings.HasSuffix(host, ".com") && !strings.HasSuffix(host, ".us") {
			return false
		}
	}
	if d.kind != kindMarkup {
		return true
	}
	lang := strings.ToLower(strings.ReplaceAll(attribute(firstElement(d.html(), "html"), "lang"), "_", "-"))
	return lang == "" || lang == "en" || lang == "en-us"
}
