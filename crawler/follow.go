package crawler

import "slices"

// followRule names the list that each item of a layout has of its own.
type followRule struct {
	request *requestRule
	most    int // lists of one page
}

// maxFollowed bounds the lists that one page leads to, where a definition does not.
const maxFollowed = 50

// requests returns the lists of the items, in their order. An item that lacks
// what the address needs has none.
func (f *followRule) requests(d *document, items []*item) []Request {
	if f == nil {
		return nil
	}
	var out []Request
	for _, it := range items {
		if len(out) == f.most {
			break
		}
		req, ok := f.request.request(List, 1, it.variable)
		if !ok || !isWeb(req.URL) {
			continue
		}
		req.Followed = true
		req.Vars = carried(d.raw.Request.Vars, req.Vars)
		out = append(out, req)
	}
	return out
}

// Follows reports whether items of s have lists of their own that a pass reads:
// what such lists hold is in no common order.
func (s *Site) Follows() bool {
	return slices.ContainsFunc(s.layouts, func(l *layout) bool { return l.follow != nil })
}
