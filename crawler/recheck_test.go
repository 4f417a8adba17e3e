package crawler

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"otklik/mention"
)

func TestRun_ConditionalRequests(t *testing.T) {
	site, sink := newPretend(t), newArchive()
	asked := 0
	site.extra = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		if r.Header.Get("If-None-Match") == `"v1"` {
			asked++
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = io.WriteString(w, `{"Items":[{"ID":"a","Text":"отзыв"}]}`)
	}
	c := newCrawler(t, testConfig(), Deps{})
	sink.failOn = "a"
	if _, err := c.walk(t.Context(), testSource(), town{start: []string{site.url + "/1"}}, sink, mention.Source{}, nil); err == nil {
		t.Fatal("the archive's failure was lost")
	}
	sink.failOn = ""
	if r := site.run(t, c, sink, wellBefore()); r.New != 1 || asked != 0 {
		t.Fatalf("%+v with %d conditional requests; want none before the page was archived", r, asked)
	}
	if r := site.run(t, c, sink, wellBefore()); r.Verdict != mention.Unchanged || asked != 1 {
		t.Errorf("%+v with %d conditional requests; want unchanged with one", r, asked)
	}
}

// A page that is again as it was before its last change: by an old memory of it
// the change back would never be seen.
func TestRun_ForgetsAPageThatIsToBeReadAnew(t *testing.T) {
	for name, changed := range map[string]townPage{
		"leads too far":        {Items: []townItem{{ID: "a", Text: "ругаю"}}, Next: "/" + strings.Repeat("x", maxMemo)},
		"with a detail unread": {Items: []townItem{{ID: "a", Text: "ругаю"}, {ID: "b", Text: "и я", Detail: "/captcha"}}},
	} {
		t.Run(name, func(t *testing.T) {
			site, sink, c := newPretend(t), newArchive(), newCrawler(t, testConfig(), Deps{})
			site.extra = func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/captcha" {
					w.WriteHeader(http.StatusForbidden)
					return
				}
				http.NotFound(w, r)
			}
			src, before := testSource(), townPage{Items: []townItem{{ID: "a", Text: "хвалю"}}}
			src.Site.Open = OpenNew
			for i, page := range []townPage{before, changed, before} {
				site.pages["/1"] = page
				if r, err := c.walk(t.Context(), src, town{start: []string{site.url + "/1"}}, sink, wellBefore(), nil); err != nil || sink.texts["a"] != page.Items[0].Text {
					t.Errorf("pass %d: %+v, %v, text %q; want the page read and its text taken", i+1, r, err, sink.texts["a"])
				}
			}
		})
	}
}

// A check that looks otherwise than a visit would be answered otherwise, too.
func TestRecheck_IsSentAndAnsweredAsAVisitIs(t *testing.T) {
	var seen []http.Header
	var site string
	site = serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			http.SetCookie(w, &http.Cookie{Name: "met", Value: "1"})
			http.Redirect(w, r, site+"/here", http.StatusFound)
			return
		}
		seen = append(seen, r.Header)
		w.Header().Set("ETag", `"v2"`)
		_, _ = io.WriteString(w, "words")
	})
	src := testSource()
	src.Header = http.Header{"X-Key": {"k"}, "Accept-Language": {"ru"}}
	s, err := newCrawler(t, testConfig(), Deps{}).newSession(src)
	if err != nil {
		t.Fatal(err)
	}
	req := Request{Stage: List, URL: site + "/moved", Page: 1}
	visited, err := s.once(t.Context(), req, validator{})
	if err != nil {
		t.Fatal(err)
	}
	checked, err := s.once(t.Context(), req, validator{Sum: "1", ETag: `"v1"`, LastModified: "Mon, 02 Nov 2026 10:00:00 GMT"})
	if err != nil {
		t.Fatal(err)
	}
	if s.trip.spent != 4 || checked.URL != site+"/here" || string(checked.Body) != "words" || checked.Header.Get("ETag") != `"v2"` {
		t.Errorf("%d requests, %+v; want the page behind the redirect", s.trip.spent, checked)
	}
	visited.FetchedAt, checked.FetchedAt = time.Time{}, time.Time{}
	visited.Header.Del("Date")
	checked.Header.Del("Date")
	if !reflect.DeepEqual(visited, checked) {
		t.Errorf("visit %+v\ncheck %+v", visited, checked)
	}
	want := seen[0].Clone()
	want.Set("If-None-Match", `"v1"`)
	want.Set("If-Modified-Since", "Mon, 02 Nov 2026 10:00:00 GMT")
	if !reflect.DeepEqual(seen[1], want) || want.Get("Cookie") != "met=1" || want.Get("X-Key") != "k" {
		t.Errorf("sent %v, want %v", seen[1], want)
	}
}

func TestRecheck_IsForAddressesThatEveryParserReadsAlike(t *testing.T) {
	for address, want := range map[string]bool{
		"https://site.example/reviews/bank/?order=date_desc&p=2": true,
		"http://127.0.0.1:8080/reviews/":                         true,
		"https://site.example/%D0%B1%D0%B0%D0%BD%D0%BA/":         true,
		"https://site.example/банк/":                             false,
		"https://банк.рф/":                                       false,
		"https://Site.example/":                                  false,
		"https://site.example:443/":                              false,
		"https://u:p@site.example/":                              false,
		"https://site.example/a/../b":                            false,
		"https://site.example/a/%2e%2E/b":                        false,
		"https://site.example/./b":                               false,
		"https://site.example/a b":                               false,
		"https://site.example/?q=a|b":                            false,
		"https://site.example/#reviews":                          false,
		`https:\\site.example/`:                                  false,
		"ftp://site.example/":                                    false,
	} {
		if got := isPlain(Request{URL: address}); got != want {
			t.Errorf("%s: %t, want %t", address, got, want)
		}
		if !want {
			continue
		}
		if plain, err := url.Parse(address); err != nil || plain.String() != address {
			t.Errorf("%s is read as %v, %v", address, plain, err)
		}
	}
	if isPlain(Request{URL: "https://site.example/", Method: http.MethodPost}) || isPlain(Request{URL: "https://site.example/", Body: []byte("{}")}) {
		t.Error("a request with a body is no check")
	}
}

// A page that leads to more lists than stores take is read anew, which is said.
func TestRun_PageTooLargeToRemember(t *testing.T) {
	site, sink := newPretend(t), newArchive()
	checks := 0
	site.extra = func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") != "" && r.URL.RawQuery == "" {
			checks++
		}
		w.Header().Set("ETag", `"v1"`)
		_, _ = io.WriteString(w, `{"Items":[{"ID":"a","Text":"отзыв"}]}`)
	}
	c := newCrawler(t, testConfig(), Deps{})
	for range 2 {
		r, err := c.walk(t.Context(), testSource(), manyLists{town{start: []string{site.url + "/1"}}}, sink, wellBefore(), nil)
		if err != nil || r.Verdict != mention.OK || !strings.Contains(r.Evidence.Note, "100 lists") || checks != 0 {
			t.Fatalf("%+v, %v, %d checks; want a page that is read anew and says why", r, err, checks)
		}
	}
}

// manyLists names a hundred lists on its first page, each with a long address.
type manyLists struct{ town }

func (d manyLists) Extract(raw Raw) Page {
	page := d.town.Extract(raw)
	if !raw.Request.Followed {
		for i := range 100 {
			page.Follow = append(page.Follow, Request{Stage: List, Followed: true, Page: 1,
				URL: fmt.Sprintf("%s?list=%d%s", raw.URL, i, strings.Repeat("x", 200))})
		}
	}
	return page
}
