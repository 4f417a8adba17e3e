package crawler

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"

	"otklik/mention"
)

// The whole walk with the definition language: list, paging, detail, reply,
// windows-1251 said by <meta> alone, and a redirect to a captcha.
func TestRun_WithADefinition(t *testing.T) {
	blocked := false
	answer := ""
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Content-Type"] = []string{"text/html"}
		defer func() { _, _ = io.WriteString(w, "</body></html>") }()
		const head = "<html><head><meta charset=windows-1251></head><body><h1 class=alive>x</h1>"
		switch {
		case blocked && r.URL.Path != "/showcaptcha":
			http.Redirect(w, r, "/showcaptcha", http.StatusFound)
		case r.URL.Path == "/showcaptcha":
			_, _ = io.WriteString(w, "<title>\xc2\xfb \xed\xe5 \xf0\xee\xe1\xee\xf2?</title><form class=captcha>")
		case r.URL.Path == "/list/shop" && r.URL.Query().Get("p") == "":
			_, _ = io.WriteString(w, head+`<div class=item id=1><b>5</b><p>`+"\xcf\xf0\xe8\xe2\xe5\xf2"+`</p></div><a class=next href="?p=2">`)
		case r.URL.Path == "/list/shop":
			_, _ = io.WriteString(w, head+`<div class=item id=2><b>1</b><p>`+"\xcf\xeb\xee\xf5\xee"+`</p></div>`)
		case r.URL.Path == "/review/2":
			_, _ = io.WriteString(w, head+"<article>\xcf\xeb\xee\xf5\xee, \xee\xf7\xe5\xed\xfc</article>"+answer)
		default:
			_, _ = io.WriteString(w, head+"<article>\xcf\xf0\xe8\xe2\xe5\xf2</article>")
		}
	})
	site, err := ParseSite("shop.yaml", []byte(`
site: shop
title: {ru: Лавка, en: Shop}
kind: generic
params: {slug: {required: true}}
start: "`+address+`/list/{slug}"
newest_first: true
next: {css: a.next, attr: href}
pages: 3
replies: text
alive: {css: .alive}
blocked: [{css: form.captcha}]
items: {css: div.item}
required: [id, rating, text]
fields:
  id: {attr: id}
  rating: {css: b, best: 5}
  text: {css: p}
detail:
  url: "`+address+`/review/{id}"
  open: new or comments changed
  alive: {css: .alive}
  required: [text]
  fields: {text: {css: article}}
  reply: {items: .official, text: {css: i}}
`))
	if err != nil {
		t.Fatal(err)
	}
	src := Source{ID: "s1", Brand: "Ромашка", Site: site, Params: map[string]string{"slug": "shop"}}
	sink, c := newArchive(), newCrawler(t, testConfig(), Deps{})
	r, err := c.Run(t.Context(), src, sink, mention.Source{})
	if err != nil || r.Verdict != mention.OK || r.New != 2 || r.Requests != 4 || r.Evidence.Coverage["text"] != 1 {
		t.Fatalf("%+v, err %v", r, err)
	}
	if sink.texts["1"] != "Привет" || sink.texts["2"] != "Плохо, очень" {
		t.Errorf("texts %v", sink.texts)
	}
	known := mention.Mention{ID: "kept", Brand: "Ромашка", Source: "shop", ExternalID: "2", Text: "Плохо, очень", Rating: 1, Best: 5}
	answer = "<div class=official><i>\xcf\xf0\xee\xf1\xf2\xe8\xf2\xe5</i></div>"
	m, v, ev := c.Look(t.Context(), src, known)
	if v != mention.OK || m.Reply == nil || m.Reply.Text != "Простите" || m.ID != "kept" {
		t.Errorf("%+v, %s, %+v; want the company's answer", m, v, ev)
	}
	blocked = true
	r, err = c.Run(t.Context(), src, sink, wellBefore())
	if err != nil || r.Verdict != mention.Blocked || r.Evidence.Marker == "" || !strings.HasSuffix(r.Evidence.URL, "/showcaptcha") {
		t.Errorf("%+v, err %v; want blocked by the captcha at its address", r, err)
	}
}

func TestRun_MemoryStaysFlat(t *testing.T) {
	site := newPretend(t)
	text := strings.Repeat("слово ", 500)
	n := 0
	site.extra = func(w http.ResponseWriter, _ *http.Request) {
		n++
		page := townPage{Next: fmt.Sprint(site.url, "/more", n)}
		for i := range 20 {
			page.Items = append(page.Items, townItem{ID: fmt.Sprint(n, "-", i), Text: text})
		}
		_ = json.NewEncoder(w).Encode(page)
	}
	cfg := testConfig()
	c := newCrawler(t, cfg, Deps{})
	src := testSource()
	src.Site.NewestFirst = false
	walk := func(pages int) uint64 {
		src.Pages = pages
		if r, err := c.walk(t.Context(), src, town{start: []string{site.url + "/1"}}, forgetful{}, mention.Source{}, nil); err != nil || r.Pages != pages {
			t.Fatalf("%d pages, err %v", r.Pages, err)
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := walk(50)
	if after := walk(290); after > before+8<<20 {
		t.Errorf("%d MiB in use after 290 pages, %d after 50", after>>20, before>>20)
	}
}

// forgetful is a Sink to which all is new.
type forgetful struct{}

func (forgetful) Fresh(_ context.Context, page []mention.Mention) ([]mention.Freshness, error) {
	return slices.Repeat([]mention.Freshness{mention.New}, len(page)), nil
}

func (forgetful) Take(context.Context, []mention.Mention, []mention.Freshness) error { return nil }

// BenchmarkRun measures a pass over one page of 20 items that did not change,
// against one of which every byte has to be understood.
func BenchmarkRun(b *testing.B) {
	for _, changed := range []bool{true, false} {
		b.Run(fmt.Sprintf("changed=%v", changed), func(b *testing.B) {
			etag := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if changed {
					etag++
				}
				tag := fmt.Sprintf(`"%d"`, etag)
				w.Header().Set("ETag", tag)
				if r.Header.Get("If-None-Match") == tag {
					w.WriteHeader(http.StatusNotModified)
					return
				}
				_, _ = io.WriteString(w, "<h1 class=alive>x</h1>"+fmt.Sprint(etag))
				for i := range 20 {
					fmt.Fprintf(w, "<div class=item id=%d><b>5</b><p>%s</p></div>", i, strings.Repeat("слово ", 250))
				}
			}))
			defer server.Close()
			site, err := ParseSite("shop.yaml", []byte(`{site: shop, title: {ru: Лавка, en: Shop}, kind: generic, start: "`+server.URL+`/",
newest_first: true, replies: none, alive: {css: .alive}, items: {css: div.item}, required: [id, rating, text],
fields: {id: {attr: id}, rating: {css: b, best: 5}, text: {css: p}}}`))
			if err != nil {
				b.Fatal(err)
			}
			c, err := New(testConfig(), Deps{})
			if err != nil {
				b.Fatal(err)
			}
			sink := newArchive()
			for b.Loop() {
				if r, err := c.Run(b.Context(), Source{ID: "s", Brand: "b", Site: site}, sink, wellBefore()); err != nil || !r.Verdict.Good() {
					b.Fatalf("%+v, %v", r, err)
				}
			}
		})
	}
}
