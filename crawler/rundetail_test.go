package crawler

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"otklik/mention"
)

func TestRun_DetailPages(t *testing.T) {
	site, sink, c := newPretend(t), newArchive(), newCrawler(t, testConfig(), Deps{})
	src := testSource()
	src.Site.Open = OpenChanged
	walk := func(prior mention.Source) mention.Run {
		t.Helper()
		r, err := c.walk(t.Context(), src, town{start: []string{site.url + "/1"}}, sink, prior, nil)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	site.pages["/1"] = townPage{Items: []townItem{{ID: "a", Text: "начало", Detail: "/d/a"}, {ID: "b", Text: "начало", Detail: "/d/gone"}}}
	site.pages["/d/a"] = townPage{Items: items("x", 1)}
	if r := walk(mention.Source{}); r.New != 2 || r.Verdict != mention.OK || !strings.Contains(sink.texts["a"], "Items") || sink.texts["b"] != "начало" {
		t.Fatalf("%+v, texts %v; want a's detail, and b as the list has it", r, sink.texts)
	}
	site.pages["/1"] = townPage{Promised: 1, Items: []townItem{{ID: "c", Text: "новый", Detail: "/captcha"}, {ID: "a", Text: "начало", Detail: "/d/a"}}}
	site.extra = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }
	if r := walk(wellBefore()); r.Verdict != mention.Blocked || r.New != 1 || site.hits["/d/a"] != 1 || !slices.Equal(sink.partly, []string{"c"}) {
		t.Fatalf("%+v, %d looks at a, partly read %v; want c archived in part and the known a not opened", r, site.hits["/d/a"], sink.partly)
	}
	site.pages["/captcha"] = townPage{Items: items("y", 1)}
	if r := walk(mention.Source{Verdict: mention.Blocked}); r.Edited != 1 || !strings.Contains(sink.texts["c"], "Items") {
		t.Errorf("%+v, texts %v; want c's detail read at the second try", r, sink.texts)
	}
	whole := sink.texts["c"]
	for path, answer := range map[string]int{"forbidden": http.StatusForbidden, "gone": http.StatusNotFound} {
		site.pages["/1"] = townPage{Items: []townItem{{ID: "c", Text: "короче " + path, Detail: "/" + path}}}
		site.extra = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(answer) }
		if r := walk(wellBefore()); r.Edited != 0 || sink.texts["c"] != whole {
			t.Errorf("%s: %+v, text %s; want the whole text kept", path, r, sink.texts["c"])
		}
	}
}

func TestLook(t *testing.T) {
	site, c := newPretend(t), newCrawler(t, testConfig(), Deps{})
	site.pages["/1"] = townPage{Items: items("a", 2), Next: "/2"}
	site.pages["/2"] = townPage{Items: []townItem{{ID: "b", Text: "иначе"}}}
	site.pages["/d"] = townPage{Items: items("x", 1)}
	def, src := town{start: []string{site.url + "/1"}}, testSource()
	known := func(id, url string) mention.Mention {
		return mention.Mention{ID: "kept", Brand: src.Brand, Source: "town", SourceID: src.ID, ExternalID: id, URL: url}
	}
	for _, c2 := range []struct {
		name    string
		m       mention.Mention
		verdict mention.Verdict
		text    string
	}{
		{"its own page", known("b", site.url+"/d"), mention.OK, `{"Verdict"`},
		{"its own page is gone", known("b", site.url+"/gone"), mention.NotFound, ""},
		{"on the list's second page", known("b", ""), mention.OK, "иначе"},
		{"on no page", known("z", ""), mention.NotFound, ""},
	} {
		t.Run(c2.name, func(t *testing.T) {
			m, v, ev := c.look(t.Context(), src, def, c2.m)
			if v != c2.verdict || !strings.HasPrefix(m.Text, c2.text) || m.ID != "kept" || ev.URL == "" {
				t.Errorf("%+v, %s, %+v; want %s with text %q", m, v, ev, c2.verdict, c2.text)
			}
		})
	}
}

func TestRun_DetailsThatTheTimeDoesNotAllowForWait(t *testing.T) {
	cfg := testConfig()
	cfg.Requests = 2
	site, sink, c := newPretend(t), newArchive(), newCrawler(t, cfg, Deps{})
	src := testSource()
	src.Site.Open = OpenNew
	site.pages["/1"] = townPage{Items: []townItem{{ID: "a", Text: "начало", Detail: "/d"}, {ID: "b", Text: "начало", Detail: "/d"}}}
	site.pages["/d"] = townPage{Items: items("x", 1)}
	r, err := c.walk(t.Context(), src, town{start: []string{site.url + "/1"}}, sink, wellBefore(), nil)
	if err != nil || r.Verdict != mention.OK || r.New != 2 || !slices.Equal(sink.partly, []string{"b"}) || !strings.Contains(r.Evidence.Note, "requests") {
		t.Errorf("%+v, partly read %v, err %v; want ok, b in part, and the reason noted", r, sink.partly, err)
	}
}

func TestRun_FirstPassOpensRecentDetailsOnly(t *testing.T) {
	site, sink, c := newPretend(t), newArchive(), newCrawler(t, testConfig(), Deps{})
	src := testSource()
	src.Site.Open = OpenNew
	day := func(ago int) string { return time.Now().AddDate(0, 0, -ago).Format(time.DateOnly) }
	site.pages["/1"] = townPage{Items: []townItem{
		{ID: "new", Text: "начало", Detail: "/d/new", Date: day(2)}, {ID: "old", Text: "начало", Detail: "/d/old", Date: day(30)}}}
	site.extra = func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"Items":[{"ID":"x"}]}`) }
	if _, err := c.walk(t.Context(), src, town{start: []string{site.url + "/1"}}, sink, mention.Source{}, nil); err != nil {
		t.Fatal(err)
	}
	if site.hits["/d/new"] != 1 || site.hits["/d/old"] != 0 || len(sink.taken) != 2 || len(sink.partly) != 0 {
		t.Errorf("hits %v, taken %v, partly %v; want both taken and the recent one opened", site.hits, sink.taken, sink.partly)
	}
}

// paths are those that a server was asked for; a handler that hangs up may
// still run when the client has gone on.
type paths struct {
	mu    sync.Mutex
	asked map[string]bool
}

func (p *paths) note(path string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.asked == nil {
		p.asked = map[string]bool{}
	}
	p.asked[path] = true
}

// taken returns the paths and begins anew.
func (p *paths) taken() map[string]bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer func() { p.asked = nil }()
	return p.asked
}

// A post whose own server shows nothing to strangers is archived as the list
// has it, once, and the source is none the worse. No credentials go there.
func TestRun_PagesElsewhere(t *testing.T) {
	for name, home := range map[string]http.HandlerFunc{
		"members only": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, `{"error":"no"}`, http.StatusUnauthorized) },
		"hung up":      func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		var asked paths
		far := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if asked.note(r.URL.Path); r.Header.Get("X-Key") != "" || r.Header.Get("Accept-Language") != "ru" {
				t.Errorf("%s: sent %v", name, r.Header)
			}
			home(w, r)
		})
		near := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Key") != "k" {
				t.Errorf("%s: the source's own host is sent %v", name, r.Header)
			}
			fmt.Fprintf(w, `{"items":[{"id":"1","text":"a","url":"%[1]s/1"},{"id":"2","text":"b","url":"%[1]s/2"}]}`, far)
		})
		site, err := ParseSite("near.yaml", []byte("site: near\ntitle: {ru: x, en: x}\nkind: forum\nstart: "+near+"/\nfrom: json\nitems: {path: items}\n"+
			"required: [id, text]\nreplies: none\nfields: {id: {path: id}, text: {path: text}, url: {path: url}}\n"+
			"detail: {open: new, elsewhere: true, from: json, alive: [{path: whole}], fields: {text: {path: whole}}}\n"))
		if err != nil {
			t.Fatal(err)
		}
		src := Source{ID: "s", Brand: "Ромашка", Site: site, Header: http.Header{"X-Key": {"k"}, "Accept-Language": {"ru"}}}
		c, sink := newCrawler(t, testConfig(), Deps{}), newArchive()
		if run, err := c.Run(t.Context(), src, sink, mention.Source{ID: "s"}); err != nil || run.Verdict != mention.OK || run.New != 2 || len(asked.taken()) != 1 {
			t.Errorf("%s: %+v, %v; want both as the list has them, and the far server left alone once it has shown nothing", name, run, err)
		}
		if run, err := c.Run(t.Context(), src, sink, wellBefore()); err != nil || len(asked.taken()) != 0 {
			t.Errorf("%s: %+v, %v; want nobody asked in vain again", name, run, err)
		}
	}
}

// TestRun_PagesOfAnswersAlone has an author turn from praise to complaint while
// the page with the answers is refused: the list has all of the words.
func TestRun_PagesOfAnswersAlone(t *testing.T) {
	refuse := func(status int, words string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, `{"message":"`+words+`"}`, status) }
	}
	for name, c := range map[string]struct {
		elsewhere bool
		answer    http.HandlerFunc
		partly    []string // archived to be opened again
		note      string
	}{
		"members only":     {true, refuse(http.StatusUnauthorized, "This method requires an authenticated user"), nil, ""},
		"another's limit":  {true, refuse(http.StatusForbidden, "rate limit exceeded"), nil, ""},
		"the site's limit": {false, refuse(http.StatusForbidden, "rate limit exceeded"), []string{"1", "2", "1", "2"}, "no more answers are shown for now (path message"},
		"the site's rest": {false, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "3600")
			refuse(http.StatusTooManyRequests, "slow down")(w, r)
		}, []string{"1", "2", "1", "2"}, "no more answers are shown for now ("},
	} {
		t.Run(name, func(t *testing.T) {
			text, asked := "хвалю", 0
			far := serve(t, func(w http.ResponseWriter, r *http.Request) {
				asked++
				c.answer(w, r)
			})
			near := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprintf(w, `{"items":[{"id":"1","text":"%[2]s","comments":1,"url":"%[1]s/1"},{"id":"2","text":"%[2]s","comments":1,"url":"%[1]s/2"}]}`, far, text)
			})
			site, err := ParseSite("near.yaml", []byte("site: near\ntitle: {ru: x, en: x}\nkind: forum\nstart: "+near+"/\nfrom: json\nitems: {path: items}\n"+
				"required: [id, text]\nreplies: text\nnewest_first: true\nfields: {id: {path: id}, text: {path: text}, url: {path: url}, comments: {path: comments}}\n"+
				"blocked: [{path: message, contains: rate limit}]\n"+
				fmt.Sprintf("detail: {open: has comments, elsewhere: %v, from: json, alive: [{path: list}], fields: {comments: {path: 'list.#'}}, reply: {items: {path: list}, text: {path: text}}}\n", c.elsewhere)))
			if err != nil {
				t.Fatal(err)
			}
			src, walker, sink := Source{ID: "s", Brand: "Ромашка", Site: site}, newCrawler(t, testConfig(), Deps{}), newArchive()
			for i, words := range []string{"хвалю", "ругаю"} {
				text, asked = words, 0
				run, err := walker.Run(t.Context(), src, sink, wellBefore())
				if err != nil || run.Verdict != mention.OK || run.New+run.Edited != 2 || sink.texts["1"] != words || sink.texts["2"] != words || asked > 1 || !strings.Contains(run.Evidence.Note, c.note) {
					t.Errorf("pass %d: %+v, %v, texts %v, %d asked; want both taken as %q, and nobody asked twice", i+1, run, err, sink.texts, asked, words)
				}
			}
			if !slices.Equal(sink.partly, c.partly) {
				t.Errorf("partly read %v, want %v", sink.partly, c.partly)
			}
		})
	}
}
