package crawler

import (
	"net/http"
	"time"

	"otklik/mention"
)

// Stage says which kind of page a request is for.
type Stage string

// The stages of a crawl.
const (
	List   Stage = "list"
	Detail Stage = "detail"
)

// Request is what to fetch next. It is plain data, so that Extract can name
// the next page without touching the network.
type Request struct {
	Stage  Stage
	Method string // GET when empty
	URL    string
	Header http.Header
	Body   []byte
	// Page counts list pages from 1.
	Page int
	// Followed is set for the list of one item, such as a video's comments: that
	// it is not there says nothing of the source.
	Followed bool `json:",omitempty"`
	// Elsewhere is set for a page of another host than the source's: that it
	// cannot be read says nothing of the source, whose credentials do not go there.
	Elsewhere bool `json:",omitempty"`
	// Answers is set for a page that adds answers and numbers only: the list
	// has all of the mention's own words.
	Answers bool `json:",omitempty"`
	// Render asks for a browser instead of plain HTTP.
	Render bool
	// Vars holds what the definition filled in for this request beside the
	// parameters (the country of this walk), so that the next page's address
	// can be written from the answer.
	Vars map[string]string
}

// Raw is one answer of a site before it is understood. Body is decompressed
// and whole, in the charset the site sent.
type Raw struct {
	Request   Request
	URL       string // final address, after redirects
	Status    int    // 0 for a saved file without a status
	Header    http.Header
	Body      []byte
	FetchedAt time.Time // relative dates count from here
	sum       string    // of Body, empty while nobody has asked
}

// bodySum names r's body, in stored pages and validators.
func (r Raw) bodySum() string {
	if r.sum != "" {
		return r.sum
	}
	return bodySum(r.Body)
}

// Page is what Extract understood of one Raw.
type Page struct {
	Verdict  mention.Verdict
	Evidence mention.Evidence
	// Mentions are in the page's order; official replies hang on them and are
	// never mentions themselves.
	Mentions []mention.Mention
	// Counter is the site's advertised total, -1 when the page has none. It is
	// shown, never used to judge completeness.
	Counter int
	// Next is the following list page, nil at the end.
	Next *Request
	// Follow are the lists that items of this one have of their own (the
	// comments of each video found), to be walked behind it.
	Follow []Request
	// Again asks for the same page once more, where the answer was no page but
	// a token that the request has to carry. The verdict is then blocked, which
	// holds when the second answer is no page either.
	Again *Request
	// Unordered says that the page is not in the order of its site's lists, so
	// that nothing follows from its items all being known.
	Unordered bool
}
