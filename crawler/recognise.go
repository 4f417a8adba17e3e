package crawler

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	yaml "go.yaml.in/yaml/v3"
)

// errUnknownAddress means that no definition knows the address.
var errUnknownAddress = errors.New("no site of the catalogue has such pages; `otklik sites new` proposes a definition")

// addressRule recognises the addresses people copy out of their browser.
type addressRule struct {
	place   *regexp.Regexp            // of host and path
	query   map[string]*regexp.Regexp // of parameters, by their name
	literal int                       // letters that are no variable: the more, the surer
}

// recognise reads patterns like "otzovik.com/reviews/{slug}".
func (r *definitionReader) recognise(n *yaml.Node) {
	for _, e := range r.list(n) {
		if pattern, ok := r.scalar(e); ok {
			r.addresses = append(r.addresses, addressPattern{e, pattern})
		}
	}
}

// addressPattern is a pattern that waits until all parameters are known.
type addressPattern struct {
	at      *yaml.Node
	pattern string
}

// checkAddresses compiles the patterns of addresses.
func (r *definitionReader) checkAddresses(s *Site) {
	for _, a := range r.addresses {
		rule, err := s.addressRule(a.pattern)
		if err != nil {
			r.fail(a.at, "recognise: %v", err)
			continue
		}
		s.recognise = append(s.recognise, rule)
	}
}

// addressRule compiles a pattern: host and path, whose rest is free, and what
// the query has to have. {name} is a parameter, * anything within a segment.
func (s *Site) addressRule(pattern string) (addressRule, error) {
	rule := addressRule{query: map[string]*regexp.Regexp{}}
	place, query, _ := strings.Cut(pattern, "?")
	var err error
	if rule.place, err = s.addressPart(place, `(?:[/?#]|$)`, &rule.literal); err != nil {
		return rule, err
	}
	for pair := range strings.SplitSeq(query, "&") {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			continue
		}
		if rule.query[name], err = s.addressPart(value, "$", &rule.literal); err != nil {
			return rule, err
		}
	}
	return rule, nil
}

func (s *Site) addressPart(pattern, end string, literal *int) (*regexp.Regexp, error) {
	var b strings.Builder
	b.WriteString("^")
	for pattern != "" {
		at := strings.IndexAny(pattern, "{*")
		if at < 0 {
			at = len(pattern)
		}
		b.WriteString(regexp.QuoteMeta(pattern[:at]))
		*literal += at
		if pattern = pattern[at:]; pattern == "" {
			break
		}
		if pattern[0] == '*' {
			b.WriteString(`[^/]*?`)
			pattern = pattern[1:]
			continue
		}
		name, rest, ok := strings.Cut(pattern[1:], "}")
		p, known := s.Params[name]
		if !ok || !known {
			return nil, fmt.Errorf("there is no parameter %q", name)
		}
		body := `[^/?#]+?`
		if p.pattern != nil {
			body = strings.TrimSuffix(strings.TrimPrefix(p.pattern.String(), "^"), "$")
		}
		fmt.Fprintf(&b, "(?P<%s>%s)", name, body)
		pattern = rest
	}
	b.WriteString(end)
	return regexp.Compile(b.String())
}

// match returns the parameters that the address names, nil when it is another's.
func (r addressRule) match(u *url.URL) map[string]string {
	host := strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(u.Host), "www."), "m.")
	found := map[string]string{}
	place := host + u.EscapedPath()
	if plain, err := url.PathUnescape(place); err == nil {
		place = plain
	}
	if !r.place.MatchString(place) {
		return nil
	}
	groups(r.place, place, found)
	for name, re := range r.query {
		value := u.Query().Get(name)
		if !re.MatchString(value) {
			return nil
		}
		groups(re, value, found)
	}
	return found
}

// Recognise names the site that a pasted address belongs to, and the
// parameters of a source that reads it. Parameters that the address does not
// say (tokens, mostly) are missing; see Site.CheckParams.
func (c *Catalogue) Recognise(address string) (site string, params map[string]string, err error) {
	address = strings.TrimSpace(address)
	if !strings.Contains(address, "://") {
		address = "https://" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", nil, fmt.Errorf("%q is no web address", address)
	}
	best := -1
	for _, s := range c.Sites() {
		for _, rule := range s.recognise {
			found := rule.match(u)
			if found == nil || rule.literal <= best {
				continue
			}
			best, site, params = rule.literal, s.Name, s.ofAddress(found, u)
		}
	}
	if best < 0 {
		return "", nil, fmt.Errorf("%s: %w", u.Host, errUnknownAddress)
	}
	return site, params, nil
}

// ofAddress keeps what is a parameter and not its default. A site whose
// parameter is an address takes the whole one.
func (s *Site) ofAddress(found map[string]string, u *url.URL) map[string]string {
	params := map[string]string{}
	for name, v := range found {
		if p, known := s.Params[name]; known && v != p.Default {
			params[name] = v
		}
	}
	if p, known := s.Params["url"]; known && p.Required && params["url"] == "" {
		params["url"] = u.String()
	}
	return params
}
