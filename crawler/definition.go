package crawler

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"otklik/mention"
)

// Access says what a reader of the site needs.
type Access string

// The kinds of access.
const (
	AccessOpen    Access = "open"    // nothing
	AccessKey     Access = "key"     // a key or token anybody can get
	AccessAccount Access = "account" // the company's own account
)

// OpenRule says which detail pages are worth a request.
type OpenRule string

// The rules for opening detail pages.
const (
	OpenNever   OpenRule = ""
	OpenNew     OpenRule = "new"
	OpenChanged OpenRule = "new or comments changed"
	// OpenCommented opens what is new or changed and has comments, where those
	// of the page are the only place of an answer.
	OpenCommented OpenRule = "has comments"
)

// Pace is the least time between two requests to the site, and how much chance
// is added to it.
type Pace struct {
	Delay  time.Duration
	Jitter time.Duration
}

// Param is a parameter of a source of this site.
type Param struct {
	Required bool
	Default  string
	List     bool // several values, separated by commas
	Secret   bool // never shown in evidence
	Example  string
	About    map[string]string // by language: ru, en
	pattern  *regexp.Regexp
}

// Site is a compiled definition. It is immutable and safe for concurrent use.
type Site struct {
	Name    string
	Title   map[string]string // by language: ru, en
	Kind    string            // aggregator, maps, marketplace, apps, social, forum, feed, generic
	Access  Access
	Params  map[string]Param
	Replies mention.Replies
	// Sends reports that answers can be sent through an official API.
	Sends bool
	// NewestFirst allows a walk to stop at the first page without news.
	NewestFirst bool
	Pages       int // limit of list pages in one walk
	Pace        Pace
	Zone        *time.Location // of dates without an offset
	Render      bool           // needs a browser
	// Charset is used when the answer declares none; empty means detection.
	Charset string
	// Needs, Notes and Robots are sentences for a person, by language.
	Needs, Notes, Robots map[string]string
	// Accounts reports that the company's answers are ordinary comments there,
	// recognised only by brands[].accounts.
	Accounts bool
	// Search reports that the site is searched by words, so that the brand has
	// to be matched again in what it brings.
	Search bool
	// Open says which detail pages a walk opens.
	Open OpenRule
	// File is where the definition was read from.
	File string

	search      searchRule
	recognise   []addressRule
	start       []*requestRule
	detail      *requestRule
	details     []*layout
	layouts     []*layout
	elsewhere   bool           // the pages of mentions are of other hosts
	answers     bool           // the pages of mentions add no words of theirs
	parts       *regexp.Regexp // of an id or an address, for the address of its own page
	base        string
	blocked     []*sign
	notFound    []*sign
	auth        []*sign
	unreachable []*sign
}

// Fields returns the names of the mention fields that the site can fill, sorted.
func (s *Site) Fields() []string {
	seen := map[string]bool{}
	for _, l := range slices.Concat(s.layouts, s.details) {
		for f, p := range l.fields {
			if p != nil {
				seen[fieldNames[f]] = true
			}
		}
		if l.reply != nil || l.official != nil {
			seen["reply"] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// CheckParams reports every parameter that is unknown, missing or malformed.
// Search words may be missing: the brand's query stands for them.
func (s *Site) CheckParams(params map[string]string) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(params)) {
		p, known := s.Params[name]
		if name == baseParam {
			errs = append(errs, checkBase(s.Name, params[name]))
			continue
		}
		if !known {
			errs = append(errs, fmt.Errorf("%s: unknown parameter %q%s", s.Name, name, didYouMean(name, slices.Sorted(maps.Keys(s.Params)))))
			continue
		}
		errs = append(errs, p.check(s.Name, name, params[name]))
	}
	if s.asks(params) { // the brand's query fills it
		params = s.searchedFor(params, anyWords)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Params)) {
		if s.Params[name].Required && params[name] == "" {
			errs = append(errs, fmt.Errorf("%s: parameter %q is required", s.Name, name))
		}
	}
	if len(errs) == 0 && len(s.start) > 0 {
		if _, err := s.Start(params); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (p Param) check(site, name, value string) error {
	if p.pattern == nil || value == "" {
		return nil
	}
	for _, v := range p.values(value) {
		if !p.pattern.MatchString(v) {
			if p.Secret {
				v = "[redacted]"
			}
			return fmt.Errorf("%s: parameter %q: %q does not look like %s", site, name, v, p.pattern)
		}
	}
	return nil
}

// values splits a list parameter; other parameters have one value.
func (p Param) values(value string) []string {
	if !p.List {
		return []string{value}
	}
	var out []string
	for v := range strings.SplitSeq(value, ",") {
		if v = strings.TrimSpace(v); v != "" {
			out = append(out, v)
		}
	}
	return out
}

// filled returns params with the defaults of those that are missing.
func (s *Site) filled(params map[string]string) map[string]string {
	out := make(map[string]string, len(s.Params))
	for name, p := range s.Params {
		if p.Default != "" {
			out[name] = p.Default
		}
	}
	for name, v := range params {
		if v != "" {
			out[name] = v
			groups(s.Params[name].pattern, v, out)
		}
	}
	return out
}

// groups adds what the named groups of re capture in v.
func groups(re *regexp.Regexp, v string, to map[string]string) {
	if re == nil {
		return
	}
	found := re.FindStringSubmatch(v)
	for i, name := range re.SubexpNames() {
		if name != "" && i < len(found) {
			to[name] = found[i]
		}
	}
}

// groupNames returns the names of re's groups.
func groupNames(re *regexp.Regexp) []string {
	if re == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(re.SubexpNames()), func(name string) bool { return name == "" })
}
