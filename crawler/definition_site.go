package crawler

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"time"

	yaml "go.yaml.in/yaml/v3"

	"otklik/mention"
)

var siteName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,40}$`)

// site reads the whole definition. What is said of a layout at the top holds
// for every layout that does not say otherwise.
func (r *definitionReader) site(n *yaml.Node) *Site {
	s := &Site{
		Access: AccessOpen, Replies: mention.RepliesNone, Pages: 1, Zone: time.UTC,
		Params: map[string]Param{}, File: r.file,
	}
	base := newLayout(n.Line)
	var layouts, detail *yaml.Node
	known := r.siteKeys(s)
	known["layouts"] = func(v *yaml.Node) { layouts = v }
	known["detail"] = func(v *yaml.Node) { detail = v }
	maps.Copy(known, r.layoutKeys(base))
	r.mapping(n, known)
	s.layouts = r.layouts(base, layouts)
	if detail != nil {
		r.detail(s, detail)
	}
	r.check(s, n)
	return s
}

func newLayout(line int) *layout {
	return &layout{line: line, name: "page", bestValue: 5, identity: []field{fieldAuthor, fieldDate, fieldText}}
}

func (r *definitionReader) siteKeys(s *Site) keys {
	return keys{
		"site":         r.text(&s.Name),
		"title":        r.words(&s.Title),
		"kind":         r.word(&s.Kind, "aggregator", "maps", "marketplace", "apps", "social", "forum", "feed", "generic"),
		"access":       r.word((*string)(&s.Access), string(AccessOpen), string(AccessKey), string(AccessAccount)),
		"needs":        r.words(&s.Needs),
		"notes":        r.words(&s.Notes),
		"robots":       r.words(&s.Robots),
		"params":       r.params(s),
		"start":        r.requests(&s.start),
		"newest_first": r.flag(&s.NewestFirst),
		"pages":        r.number(&s.Pages),
		"pace":         r.pace(&s.Pace),
		"zone":         r.zone(&s.Zone),
		"replies":      r.word((*string)(&s.Replies), string(mention.RepliesText), string(mention.RepliesFlag), string(mention.RepliesNone)),
		"sends":        r.flag(&s.Sends),
		"accounts":     r.flag(&s.Accounts),
		"search":       r.search(s),
		"recognise":    r.recognise,
		"render":       r.flag(&s.Render),
		"charset":      r.charset(&s.Charset),
		"base":         r.text(&s.base),
		"blocked":      r.signs(&s.blocked),
		"not_found":    r.signs(&s.notFound),
		"auth":         r.signs(&s.auth),
		"unreachable":  r.signs(&s.unreachable),
	}
}

func (r *definitionReader) charset(to *string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		v, ok := r.scalar(n)
		if ok && byName(v) == nil {
			r.fail(n, "%q is no charset", v)
			return
		}
		*to = v
	}
}

func (r *definitionReader) pace(to *Pace) func(*yaml.Node) {
	return func(n *yaml.Node) {
		r.mapping(n, keys{"delay": r.duration(&to.Delay), "jitter": r.duration(&to.Jitter)})
	}
}

// params reads parameters: "required", "optional", or a mapping.
func (r *definitionReader) params(s *Site) func(*yaml.Node) {
	return func(n *yaml.Node) {
		r.each(n, func(name string, v *yaml.Node) {
			var p Param
			v = r.plain(v)
			if v.Kind == yaml.ScalarNode {
				var word string
				r.word(&word, "required", "optional")(v)
				p.Required = word == "required"
			} else {
				r.mapping(v, keys{
					"required": r.flag(&p.Required), "default": r.text(&p.Default), "list": r.flag(&p.List),
					"secret": r.flag(&p.Secret), "pattern": r.expression(&p.pattern), "about": r.words(&p.About),
					"example": r.text(&p.Example),
				})
			}
			s.Params[name] = p
		})
	}
}

// layouts reads the layouts; without any the top of the definition is the only one.
func (r *definitionReader) layouts(base *layout, n *yaml.Node) []*layout {
	if n == nil {
		return []*layout{base}
	}
	var out []*layout
	for i, e := range r.list(n) {
		if p := r.plain(e); p.Kind == yaml.ScalarNode && p.Value == schemaLayoutName {
			out = append(out, r.schemaLayout(p))
			continue
		}
		l := *base
		l.line, l.name = r.plain(e).Line, fmt.Sprintf("layout %d", i+1)
		r.mapping(e, r.layoutKeys(&l))
		out = append(out, &l)
	}
	return out
}

func (r *definitionReader) layoutKeys(l *layout) keys {
	return keys{
		"name":        r.text(&l.name),
		"from":        r.source(&l.from),
		"when":        r.signs(&l.when),
		"alive":       r.signs(&l.alive),
		"empty":       r.signs(&l.empty),
		"items":       r.items(&l.items),
		"skip":        r.signs(&l.skip),
		"children":    r.path(&l.children),
		"join":        r.join(l),
		"order":       r.order(l),
		"promised":    r.pick(&l.promised),
		"shells":      r.shells(&l.shells),
		"counter":     r.pick(&l.counter),
		"next":        r.next(&l.next),
		"again":       r.again(&l.again),
		"follow":      r.follow(&l.follow),
		"unordered":   r.flag(&l.unordered),
		"stopgap":     r.stopgap(l),
		"vars":        r.vars(&l.vars),
		"fields":      r.fields(l),
		"month_first": r.flag(&l.monthFirst),
		"required":    r.fieldList(&l.required),
		"identity":    r.fieldList(&l.identity),
		"labels":      r.labels(&l.labels),
		"reply":       r.reply(&l.reply),
		"official":    r.official(&l.official),
	}
}

// items reads where the list is: a bare selector, css, or path.
func (r *definitionReader) items(to *itemsRule) func(*yaml.Node) {
	return func(n *yaml.Node) {
		*to = itemsRule{}
		if n = r.plain(n); n.Kind == yaml.ScalarNode {
			r.selector(&to.css)(n)
			return
		}
		r.mapping(n, keys{"css": r.selector(&to.css), "path": r.path(&to.path)})
		if (to.css == nil) == (to.path == "") {
			r.fail(n, "items are found by css or by path")
		}
	}
}

// shells reads how many cards the page has: a bare selector counts elements.
func (r *definitionReader) shells(to **pick) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n = r.plain(n); n.Kind == yaml.ScalarNode {
			p := &pick{line: n.Line}
			r.selector(&p.count)(n)
			*to = p
			return
		}
		r.pick(to)(n)
	}
}

func (r *definitionReader) join(l *layout) func(*yaml.Node) {
	return func(n *yaml.Node) {
		j := &joinRule{}
		r.mapping(n, keys{"path": r.path(&j.path), "id": r.pick(&j.id), "key": r.pick(&j.key), "position": r.flag(&j.position)})
		if j.path == "" || (j.id == nil) != (j.key == nil) || j.position && j.id == nil {
			r.fail(n, "join needs the path of the objects, and id with key or neither; position needs both")
			return
		}
		l.join = j
	}
}

func (r *definitionReader) order(l *layout) func(*yaml.Node) {
	return func(n *yaml.Node) {
		o := &orderRule{key: "id"}
		r.mapping(n, keys{"path": r.path(&o.path), "key": r.path(&o.key)})
		if o.path == "" {
			r.fail(n, "order needs the path of the ids")
			return
		}
		l.order = o
	}
}

func (r *definitionReader) vars(to *[]varRule) func(*yaml.Node) {
	return func(n *yaml.Node) {
		r.each(n, func(name string, v *yaml.Node) {
			rule := varRule{name: name}
			r.pick(&rule.from)(v)
			*to = append(slices.Clip(*to), rule)
		})
	}
}

// fields reads the fields. A null takes one away that the top of the
// definition has given.
func (r *definitionReader) fields(l *layout) func(*yaml.Node) {
	return func(n *yaml.Node) {
		known := keys{}
		for f, name := range fieldNames {
			known[name] = r.pick(&l.fields[f])
		}
		known["rating"] = r.rating(l)
		known["date"] = r.date(l)
		for name, set := range known {
			f, _ := fieldByName(name)
			known[name] = func(v *yaml.Node) {
				if v.Kind == yaml.ScalarNode && v.Tag == "!!null" {
					l.fields[f] = nil
					return
				}
				set(v)
			}
		}
		r.mapping(n, known)
	}
}

// stopgap reads whether a layout knows reviews by another identity than the
// layouts before it.
func (r *definitionReader) stopgap(l *layout) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if r.flag(&l.stopgap)(n); l.stopgap {
			l.remark = "read without the reviews' own numbers, because no other layout of the definition fits"
		}
	}
}

// labels reads what the site says of an item: a name with its signs, or with
// the key value, words of the page.
func (r *definitionReader) labels(to *[]labelRule) func(*yaml.Node) {
	return func(n *yaml.Node) {
		r.each(n, func(name string, v *yaml.Node) {
			rule := labelRule{name: name}
			if p := r.plain(v); p.Kind == yaml.MappingNode && hasKey(p, "words") {
				r.mapping(p, keys{"words": r.pick(&rule.from)})
			} else {
				r.signs(&rule.signs)(v)
			}
			*to = append(slices.Clip(*to), rule)
		})
	}
}

// again reads how a page is asked for once more.
func (r *definitionReader) again(to **requestRule) func(*yaml.Node) {
	return func(n *yaml.Node) { *to = r.request(n) }
}

// follow reads which other lists the items of this one have.
func (r *definitionReader) follow(to **followRule) func(*yaml.Node) {
	return func(n *yaml.Node) {
		rule := &followRule{request: &requestRule{line: n.Line}}
		known := r.requestKeys(rule.request)
		delete(known, "each")
		known["most"] = r.number(&rule.most)
		r.mapping(n, known)
		if rule.request.url == nil {
			r.fail(n, "follow needs the url of an item's own list")
			return
		}
		if rule.most == 0 {
			rule.most = maxFollowed
		}
		*to = rule
	}
}

func (r *definitionReader) reply(to **replyRule) func(*yaml.Node) {
	return func(n *yaml.Node) {
		rule := &replyRule{}
		var items itemsRule
		r.mapping(n, keys{
			"has": r.signs(&rule.has), "items": r.items(&items), "official": r.signs(&rule.official),
			"accounts": r.picks(&rule.accounts), "text": r.pick(&rule.text), "author": r.pick(&rule.author),
			"author_id": r.pick(&rule.authorID), "date": r.pick(&rule.date), "url": r.pick(&rule.url),
		})
		rule.css, rule.path = items.css, items.path
		if rule.text == nil && len(rule.has) == 0 && items.css == nil {
			r.fail(n, "reply says neither where the text is nor how an answer is recognised")
		}
		*to = rule
	}
}

func (r *definitionReader) official(to **officialRule) func(*yaml.Node) {
	return func(n *yaml.Node) {
		rule := &officialRule{}
		var target string
		r.mapping(n, keys{
			"signs": r.signs(&rule.signs), "accounts": r.picks(&rule.accounts),
			"answers": r.word(&target, "previous", "parent"), "key": r.pick(&rule.key),
		})
		if len(rule.signs) == 0 && len(rule.accounts) == 0 {
			r.fail(n, "official needs signs or accounts")
		}
		rule.previous = target == "previous"
		*to = rule
	}
}

// detail reads the stage of the mention's own page.
func (r *definitionReader) detail(s *Site, n *yaml.Node) {
	s.Open = OpenNew
	request := &requestRule{line: n.Line}
	base := newLayout(n.Line)
	base.name = "detail"
	var layouts *yaml.Node
	known := keys{
		"open":      r.word((*string)(&s.Open), string(OpenNew), string(OpenChanged), string(OpenCommented)),
		"parts":     r.expression(&s.parts),
		"elsewhere": r.flag(&s.elsewhere),
		"url":       r.template(&request.url, urlTemplate),
		"method":    r.word(&request.method, "GET", "POST"),
		"body":      r.template(&request.body, bodyTemplate),
		"headers":   r.headers(&request.headers),
		"render":    r.flag(&request.render),
		"layouts":   func(v *yaml.Node) { layouts = v },
	}
	maps.Copy(known, r.layoutKeys(base))
	r.mapping(n, known)
	if request.url == nil {
		request.url = &template{parts: []templatePart{{name: "url"}}}
	}
	s.detail = request
	s.details = r.layouts(base, layouts)
	s.answers = !slices.ContainsFunc(s.details, (*layout).readsWords)
}

// check reports what only the whole definition shows.
func (r *definitionReader) check(s *Site, n *yaml.Node) {
	if !siteName.MatchString(s.Name) {
		r.fail(n, "site needs a name of small letters, digits and hyphens, not %q", s.Name)
	}
	if u, err := url.Parse(s.base); err != nil || s.base != "" && u.Host == "" {
		r.fail(n, "base %q is no address", s.base)
	}
	// A source gives its parameters beside these keys of its own.
	for _, taken := range []string{"site", "every", "delay", "pages", "proxies", "user_agent", "headers", "cookies", baseParam} {
		if _, known := s.Params[taken]; known {
			r.fail(n, "parameter %q needs another name: every source has a key of that name", taken)
		}
	}
	if s.Pages < 1 {
		r.fail(n, "pages is at least 1")
	}
	for _, l := range s.layouts {
		r.checkLayout(n, l)
	}
	r.checkNames(s)
	r.checkAddresses(s)
	if _, known := s.Params[s.search.param]; s.search.param != "" && !known {
		r.fail(n, "search: there is no parameter %q", s.search.param)
	}
	for _, rule := range s.start {
		for name, list := range rule.each {
			if p, known := s.Params[list]; !known || !p.List {
				r.fail(&yaml.Node{Line: rule.line}, "each walks a list parameter, %q for {%s} is none", list, name)
			}
		}
	}
}

func (r *definitionReader) checkLayout(n *yaml.Node, l *layout) {
	at := &yaml.Node{Line: l.line}
	for _, f := range l.required {
		if l.fields[f] == nil && !(f == fieldID && len(l.identity) > 0) {
			r.fail(at, "%s requires %s, which it does not read", l.name, fieldNames[f])
		}
	}
	if l.items.css != nil && (l.from.kind == fromJSON || l.from.kind == fromFeed) {
		r.fail(at, "%s looks for elements in JSON", l.name)
	}
	if l.items.path != "" && l.from.kind == fromHTML {
		r.fail(at, "%s looks for a path in markup: say from where the JSON comes", l.name)
	}
	empty := true
	for _, p := range l.fields {
		empty = empty && p == nil
	}
	if empty && l.again == nil {
		r.fail(at, "%s reads no fields", l.name)
	}
}

// checkNames reports template variables that nothing fills.
func (r *definitionReader) checkNames(s *Site) {
	known := map[string]bool{}
	for _, name := range []string{"page", "page0", "offset", "cursor", "last_id", "host", "url", "page_url"} {
		known[name] = true
	}
	for _, name := range fieldNames {
		known[name] = true
	}
	for name, p := range s.Params {
		known[name] = true
		for _, group := range groupNames(p.pattern) {
			known[group] = true
		}
	}
	for _, group := range groupNames(s.parts) {
		known[group] = true
	}
	for _, rule := range s.start {
		for name := range rule.each {
			known[name] = true
		}
	}
	for _, l := range slices.Concat(s.layouts, s.details) {
		for _, v := range l.vars {
			known[v.name] = true
		}
	}
	for _, u := range r.used {
		if !known[u.name] {
			r.fail(&yaml.Node{Line: u.line}, "nothing fills {%s}%s", u.name, didYouMean(u.name, slices.Sorted(maps.Keys(known))))
		}
	}
}
