package reports

import (
	"net/url"
	"strings"
	"time"
)

// Address returns where the report of q is to be read.
func Address(base string, q Query) string {
	return strings.TrimSuffix(base, "/") + "/reports/?" + q.values().Encode()
}

func (q Query) values() url.Values {
	v := url.Values{"from": {q.From.Format(dayOrTime(q.From))}, "to": {q.To.Format(dayOrTime(q.To))}}
	for _, b := range q.Brands {
		v.Add("brand", b)
	}
	if q.Source != "" {
		v.Set("source", q.Source)
	}
	return v
}

func dayOrTime(t time.Time) string {
	if h, m, s := t.Clock(); h == 0 && m == 0 && s == 0 {
		return time.DateOnly
	}
	return time.RFC3339
}

// link returns the list of mentions behind a number: pairs of names and
// values. Lists take whole days, the last one included.
func (s sheet) link(pairs ...string) string {
	if !s.Linked {
		return ""
	}
	v := url.Values{"from": {s.FromDay()}, "to": {s.LastDay()}, "brand": s.Brands} // the archive may hold competitors too
	if s.Source != "" {
		v.Set("source", s.Source)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return s.Base + "/archive?" + v.Encode()
}

// behind returns the list of complaints behind n, a figure of answering.
func (s sheet) behind(n int, path ...string) string {
	if !s.Linked || n == 0 {
		return ""
	}
	return behindAddress(s.Base+"/reports/", s.query, strings.Join(path, "."), 0)
}

// number is a count with the list behind it.
type number struct{ Text, Link string }

func (s sheet) number(n int, path ...string) number { return number{s.Count(n), s.behind(n, path...)} }

// rated leads to the mentions with a rating.
func (s sheet) rated(c Counts) string {
	if c.Rated == 0 {
		return ""
	}
	return s.link("stars_min", "1")
}

// tasks returns the list of tasks behind a number that does not depend on the
// period. A list of tasks is of one brand or of all.
func (s sheet) tasks(pairs ...string) string {
	if !s.Linked || len(s.Brands) > 1 && len(s.query.Brands) > 0 {
		return ""
	}
	v := url.Values{"tab": {"all"}}
	if len(s.Brands) == 1 {
		v.Set("brand", s.Brands[0])
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return s.Base + "/?" + v.Encode()
}

// File returns the address of the same report in another format.
func (s sheet) File(format string) string {
	v := s.query.values()
	v.Set("format", format)
	return "?" + v.Encode()
}
