package crawler

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"otklik/mention"
)

// baseParam is the one parameter that every site has: an address that stands
// for the site's own, for gateways, mirrors and the demo.
const baseParam = "base"

// checkBase reports a base that cannot stand for a site.
func checkBase(site, base string) error {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("%s: parameter %q: %q is no address like https://gateway.example/otzovik", site, baseParam, base)
	}
	return nil
}

// rebase returns address with base in place of its scheme and host when its
// host is one of the site's own.
func rebase(address, base string, own map[string]bool) string {
	u, err := url.Parse(address)
	if base == "" || err != nil || !own[u.Host] {
		return address
	}
	return strings.TrimSuffix(base, "/") + strings.TrimPrefix(address, u.Scheme+"://"+u.Host)
}

// own returns the hosts of a site's start pages and of every other address
// that its definition writes out.
func (s *Site) own(starts []Request) map[string]bool {
	hosts := map[string]bool{}
	for _, r := range starts {
		if u, err := url.Parse(r.URL); err == nil {
			hosts[u.Host] = true
		}
	}
	for _, rule := range s.requests() {
		if host := rule.url.host(); host != "" {
			hosts[host] = true
		}
	}
	return hosts
}

// requests returns every rule of the definition that makes requests.
func (s *Site) requests() []*requestRule {
	rules := slices.Clone(s.start)
	if s.detail != nil {
		rules = append(rules, s.detail)
	}
	for _, l := range slices.Concat(s.layouts, s.details) {
		rules = append(rules, l.next.requests()...)
		if l.again != nil {
			rules = append(rules, l.again)
		}
		if l.follow != nil {
			rules = append(rules, l.follow.request)
		}
	}
	return rules
}

func (n *nextRule) requests() []*requestRule {
	if n == nil {
		return nil
	}
	var rules []*requestRule
	for _, way := range n.first {
		rules = append(rules, way.requests()...)
	}
	if n.make != nil {
		rules = append(rules, n.make)
	}
	return rules
}

// host returns the host that the template writes out, empty where a variable
// is part of it.
func (t *template) host() string {
	u, err := url.Parse(t.parts[0].text)
	if err != nil || u.Path == "" && len(t.parts) > 1 {
		return ""
	}
	return u.Host
}

// Start implements definition.
func (r siteReader) Start() ([]Request, error) {
	starts, err := r.starts()
	base := r.src.Params[baseParam]
	if base == "" || err != nil {
		return starts, err
	}
	hosts := r.src.Site.own(starts)
	for i := range starts {
		starts[i].URL = rebase(starts[i].URL, base, hosts)
	}
	return starts, nil
}

// starts returns the first pages at the site's own address: those of every
// search, where the brand's query is searched for.
func (r siteReader) starts() ([]Request, error) {
	site := r.src.Site
	if len(r.src.Searches) == 0 {
		return site.Start(r.src.Params)
	}
	var all []Request
	for _, words := range r.src.Searches {
		starts, err := site.Start(site.searchedFor(r.src.Params, words))
		if err != nil {
			return nil, err
		}
		for i := range starts { // the next pages need the words too
			starts[i].Vars = carried(starts[i].Vars, map[string]string{site.search.param: words})
		}
		all = append(all, starts...)
	}
	if len(all) > maxStarts {
		return nil, fmt.Errorf("%s: %d first pages, at most %d are allowed", site.Name, len(all), maxStarts)
	}
	return all, nil
}

// DetailRequest implements definition.
func (r siteReader) DetailRequest(m mention.Mention) (Request, bool) {
	req, ok := r.src.Site.DetailRequest(m, r.src.Params)
	req.URL = r.rebase(req.URL)
	return req, ok
}

// Extract implements definition.
func (r siteReader) Extract(raw Raw) Page {
	page := r.src.Site.Extract(raw, r.options())
	for _, req := range [...]*Request{page.Next, page.Again} {
		if req != nil {
			req.URL = r.rebase(req.URL)
		}
	}
	for i := range page.Follow {
		page.Follow[i].URL = r.rebase(page.Follow[i].URL)
	}
	return page
}

func (r siteReader) rebase(address string) string {
	base := r.src.Params[baseParam]
	if base == "" {
		return address
	}
	starts, err := r.starts()
	if err != nil {
		return address // the pass has told when it started
	}
	return rebase(address, base, r.src.Site.own(starts))
}
