package crawler

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	yaml "go.yaml.in/yaml/v3"
)

// pick reads where a value is: a mapping, a list of alternatives, or a bare
// CSS selector.
func (r *definitionReader) pick(to **pick) func(*yaml.Node) {
	return func(n *yaml.Node) {
		n = r.plain(n)
		p := &pick{line: n.Line, join: "\n"}
		switch n.Kind {
		case yaml.ScalarNode:
			r.selector(&p.css)(n)
		case yaml.SequenceNode:
			r.picks(&p.first)(n)
		default:
			r.mapping(n, r.pickKeys(p))
		}
		r.checkPick(n, p)
		*to = p
	}
}

func (r *definitionReader) picks(to *[]*pick) func(*yaml.Node) {
	return func(n *yaml.Node) {
		for _, e := range r.list(n) {
			var p *pick
			r.pick(&p)(e)
			*to = append(*to, p)
		}
	}
}

func (r *definitionReader) pickKeys(p *pick) keys {
	return keys{
		"first":   r.picks(&p.first),
		"page":    r.flag(&p.page),
		"up":      r.selector(&p.up),
		"css":     r.selector(&p.css),
		"path":    r.path(&p.path),
		"value":   r.template(&p.value, plainTemplate),
		"attr":    r.text(&p.attr),
		"own":     r.flag(&p.own),
		"body":    r.expression(&p.body),
		"count":   r.selector(&p.count),
		"class":   r.expression(&p.class),
		"remove":  r.selector(&p.remove),
		"all":     r.flag(&p.all),
		"join":    r.text(&p.join),
		"html":    r.flag(&p.html),
		"lines":   r.flag(&p.lines),
		"cut":     r.texts(&p.cut),
		"replace": r.replacements(&p.replace),
		"regexp":  r.expression(&p.regexp),
		"query":   r.text(&p.query),
		"clean":   r.flag(&p.clean),
		"map":     r.table(&p.mapping),
		"lookup":  r.lookup(&p.lookup),
		"default": r.text(&p.def),
	}
}

func (r *definitionReader) lookup(to **lookupRule) func(*yaml.Node) {
	return func(n *yaml.Node) {
		l := &lookupRule{key: "id"}
		r.mapping(n, keys{"path": r.path(&l.path), "key": r.path(&l.key), "take": r.texts(&l.take)})
		if l.path == "" || len(l.take) == 0 {
			r.fail(n, "lookup needs the path of the list and what to take from its entry")
			return
		}
		*to = l
	}
}

func (r *definitionReader) checkPick(n *yaml.Node, p *pick) {
	places := 0
	for _, has := range []bool{len(p.first) > 0, p.path != "", p.value != nil, p.body != nil} {
		if has {
			places++
		}
	}
	if places > 1 || places == 1 && (p.css != nil || p.attr != "" || p.count != nil || p.class != nil) {
		r.fail(n, "a value is found by css, by path, by body, by value or by first, not by two of them")
	}
}

func (r *definitionReader) replacements(to *[]replacement) func(*yaml.Node) {
	return func(n *yaml.Node) {
		r.each(n, func(key string, v *yaml.Node) {
			re, err := regexp.Compile(key)
			if err != nil {
				r.fail(v, "regexp %q: %v", key, err)
				return
			}
			by := ""
			if w := r.plain(v); w.Kind == yaml.ScalarNode {
				by = w.Value
			}
			*to = append(*to, replacement{re, by})
		})
	}
}

func (r *definitionReader) table(to *map[string]string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		*to = map[string]string{}
		r.each(n, func(key string, v *yaml.Node) {
			if w := r.plain(v); w.Kind == yaml.ScalarNode {
				(*to)[key] = w.Value
			}
		})
	}
}

// signs reads one sign or a list of them; a bare selector is a sign too.
func (r *definitionReader) signs(to *[]*sign) func(*yaml.Node) {
	return func(n *yaml.Node) {
		*to = nil
		for _, e := range r.list(n) {
			if s := r.sign(e); s != nil {
				*to = append(*to, s)
			}
		}
	}
}

func (r *definitionReader) sign(n *yaml.Node) *sign {
	n = r.plain(n)
	s := &sign{line: n.Line}
	if n.Kind == yaml.ScalarNode {
		r.selector(&s.css)(n)
		s.shown = "css " + n.Value
		return s
	}
	r.mapping(n, keys{
		"css":      r.selector(&s.css),
		"none":     r.selector(&s.none),
		"text":     r.text(&s.text),
		"title":    r.text(&s.title),
		"path":     r.path(&s.path),
		"missing":  r.path(&s.missing),
		"contains": r.text(&s.contains),
		"lacks":    r.texts(&s.lacks),
		"url":      r.text(&s.url),
		"regexp":   r.expression(&s.plain),
		"equals": func(v *yaml.Node) {
			s.equals, _ = r.scalar(v)
			s.hasEq = true
		},
		"status": func(v *yaml.Node) {
			for _, e := range r.list(v) {
				var code int
				r.number(&code)(e)
				s.status = append(s.status, code)
			}
		},
	})
	if s.hasEq && s.path == "" {
		r.fail(n, "equals needs the path of what it compares")
	}
	if s.text != "" && s.css == nil {
		r.fail(n, "text needs the css of the element it stands in")
	}
	s.shown = showSign(n)
	if s.shown == "" {
		r.fail(n, "the sign says nothing")
		return nil
	}
	return s
}

// showSign writes a sign as evidence shows it: "css form.captcha", "title …".
func showSign(n *yaml.Node) string {
	var parts []string
	for i := 0; i+1 < len(n.Content); i += 2 {
		value := n.Content[i+1].Value
		if n.Content[i+1].Kind == yaml.SequenceNode {
			var list []string
			for _, e := range n.Content[i+1].Content {
				list = append(list, e.Value)
			}
			value = strings.Join(list, " or ")
		}
		parts = append(parts, n.Content[i].Value+" "+value)
	}
	return strings.Join(parts, ", ")
}

// next reads how the following page is named: a link on the page, or a request
// of variables.
func (r *definitionReader) next(to **nextRule) func(*yaml.Node) {
	return func(n *yaml.Node) {
		n = r.plain(n)
		rule := &nextRule{}
		if n.Kind == yaml.ScalarNode && n.Value == "none" {
			*to = nil
			return
		}
		if n.Kind == yaml.SequenceNode {
			for _, e := range n.Content {
				var way *nextRule
				r.next(&way)(e)
				if way != nil {
					rule.first = append(rule.first, way)
				}
			}
			*to = rule
			return
		}
		if n.Kind != yaml.MappingNode {
			r.fail(n, "want where the next link is, or the url of the next page")
			return
		}
		link, request := &pick{line: n.Line, join: "\n"}, &requestRule{line: n.Line}
		known := keys{
			"full": r.number(&rule.full), "last": r.number(&rule.last), "size": r.number(&rule.size),
			"while": r.signs(&rule.while), "cursor": r.pick(&rule.cursor),
		}
		hasURL := hasKey(n, "url")
		more := r.pickKeys(link)
		if hasURL {
			more = r.requestKeys(request)
		}
		for k, f := range more {
			known[k] = f
		}
		r.mapping(n, known)
		if hasURL {
			rule.make = request.orNil()
		} else {
			r.checkPick(n, link)
			rule.link = link
		}
		if rule.make != nil || rule.link != nil {
			*to = rule
		}
	}
}

// hasKey looks for a key in a mapping and, one level deep, in what it merges.
func hasKey(n *yaml.Node, key string) bool {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return true
		}
		merged := n.Content[i+1].Alias
		if n.Content[i].Value == "<<" && merged != nil && merged.Alias == nil {
			for j := 0; j+1 < len(merged.Content); j += 2 {
				if merged.Content[j].Value == key {
					return true
				}
			}
		}
	}
	return false
}

// rating reads a value with its scale beside it.
func (r *definitionReader) rating(l *layout) func(*yaml.Node) {
	return func(n *yaml.Node) {
		n = r.plain(n)
		if n.Kind != yaml.MappingNode {
			r.pick(&l.fields[fieldRating])(n)
			return
		}
		p := &pick{line: n.Line, join: "\n"}
		known := r.pickKeys(p)
		known["best"] = r.best(l)
		r.mapping(n, known)
		r.checkPick(n, p)
		l.fields[fieldRating] = p
	}
}

// best reads the highest mark: a number, or where the page says it.
func (r *definitionReader) best(l *layout) func(*yaml.Node) {
	return func(n *yaml.Node) {
		n = r.plain(n)
		if n.Kind == yaml.ScalarNode {
			v, err := strconv.ParseFloat(n.Value, 64)
			if err != nil || v <= 0 {
				r.fail(n, "best is the highest mark, %q is none", n.Value)
			}
			l.bestValue, l.best = v, nil
			return
		}
		r.pick(&l.best)(n)
	}
}

// date reads a value with the order of day and month beside it.
func (r *definitionReader) date(l *layout) func(*yaml.Node) {
	return func(n *yaml.Node) {
		n = r.plain(n)
		if n.Kind != yaml.MappingNode {
			r.pick(&l.fields[fieldDate])(n)
			return
		}
		p := &pick{line: n.Line, join: "\n"}
		known := r.pickKeys(p)
		known["month_first"] = r.flag(&l.monthFirst)
		r.mapping(n, known)
		r.checkPick(n, p)
		l.fields[fieldDate] = p
	}
}

func (r *definitionReader) fieldList(to *[]field) func(*yaml.Node) {
	return func(n *yaml.Node) {
		*to = nil
		for _, e := range r.list(n) {
			v, ok := r.scalar(e)
			if !ok {
				continue
			}
			f, known := fieldByName(v)
			if !known {
				r.fail(e, "unknown field %q%s", v, didYouMean(v, fieldNames[:]))
				continue
			}
			*to = append(*to, f)
		}
	}
}

func (r *definitionReader) source(to *source) func(*yaml.Node) {
	return func(n *yaml.Node) {
		n = r.plain(n)
		*to = source{}
		if n.Kind == yaml.ScalarNode {
			kind, ok := map[string]sourceKind{"html": fromHTML, "json": fromJSON, "feed": fromFeed}[n.Value]
			if !ok {
				r.fail(n, "from is html, json, feed, or a mapping with script, after, reader or fragment; not %q", n.Value)
			}
			to.kind = kind
			return
		}
		given := 0
		kind := func(k sourceKind, set func(*yaml.Node)) func(*yaml.Node) {
			return func(v *yaml.Node) {
				to.kind = k
				given++
				set(v)
			}
		}
		r.mapping(n, keys{
			"guard":    kind(fromJSON, r.text(&to.guard)),
			"json":     kind(fromJSON, func(*yaml.Node) {}),
			"script":   kind(fromScript, r.selector(&to.script)),
			"attr":     r.text(&to.attr),
			"after":    kind(fromAfter, r.texts(&to.after)),
			"fragment": kind(fromFragment, r.path(&to.path)),
			"reader":   kind(fromReader, r.text(&to.reader)),
			"where":    r.path(&to.where),
			"unwrap":   r.path(&to.unwrap),
		})
		if err := to.check(given); err != nil {
			r.fail(n, "%v", err)
		}
	}
}

func (s *source) check(given int) error {
	switch {
	case given != 1:
		return fmt.Errorf("from needs exactly one of script, after, guard, json, fragment and reader")
	case s.kind == fromScript && s.script == nil, s.kind == fromAfter && len(s.after) == 0:
		return fmt.Errorf("from does not say where the JSON is")
	case s.kind == fromReader && readerNamed(s.reader) == nil:
		return fmt.Errorf("there is no reader %q", s.reader)
	}
	return nil
}
