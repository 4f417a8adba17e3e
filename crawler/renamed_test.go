package crawler

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"otklik/mention"
)

// TestRun_RenamedReviewsAreNoNews has a site that loses its markup and gets it
// back, while the data of its pages stay: under the identities of the data every
// known review would be new, and alert.
func TestRun_RenamedReviewsAreNoNews(t *testing.T) {
	const card = `<div class=card data-id=7><b>1</b><i>Ann</i><p>leaks</p></div>`
	const data = `<script type="application/ld+json">{"@type":"Product","review":[{"@type":"Review","author":"Ann","datePublished":"2026-11-01","reviewBody":"leaks"}]}</script>`
	body, visits := "", 0
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		visits++
		w.Header()["Content-Type"] = []string{"text/html; charset=utf-8"}
		_, _ = fmt.Fprintf(w, "<html><body><u>%d</u>%s</body></html>", visits, body)
	})
	site, err := ParseSite("shop.yaml", []byte(`
site: shop
kind: generic
title: {ru: Лавка, en: Shop}
start: "`+address+`/list"
newest_first: true
replies: none
layouts:
  - {name: cards, alive: .list, items: .card, fields: {id: {attr: data-id}, text: {css: p}, author: {css: i}}}
  - {name: no numbers, stopgap: true, identity: [author], items: .bare, required: [text], fields: {text: {css: p}, author: {css: i}}}
  - schema.org
`))
	if err != nil {
		t.Fatal(err)
	}
	src := Source{ID: "s1", Brand: "Ромашка", Site: site}
	cards, alone := `<div class=list>`+card+`</div>`+data, data
	bare := `<div class=bare><i>Ann</i><p>leaks</p></div>` + data
	type step struct {
		body    string
		verdict mention.Verdict
		taken   int
		seeded  bool // after the pass
	}
	for name, steps := range map[string][]step{
		"markup lost for a while":    {{cards, mention.OK, 1, true}, {alone, mention.Layout, 0, true}, {alone, mention.Layout, 0, true}, {cards, mention.OK, 0, true}},
		"markup understood later":    {{alone, mention.OK, 1, true}, {alone, mention.OK, 0, true}, {cards, mention.Layout, 0, false}, {cards, mention.OK, 1, true}},
		"one stand-in after another": {{alone, mention.OK, 1, true}, {bare, mention.Layout, 0, false}, {bare, mention.OK, 1, true}, {bare, mention.OK, 0, true}},
		"a better stand-in lost":     {{bare, mention.OK, 1, true}, {alone, mention.Layout, 0, true}, {alone, mention.Layout, 0, true}, {bare, mention.OK, 0, true}},
	} {
		t.Run(name, func(t *testing.T) {
			sink, c, known := newArchive(), newCrawler(t, testConfig(), Deps{}), mention.Source{}
			for i, s := range steps {
				body = s.body
				r, err := c.Run(t.Context(), src, sink, known)
				if err != nil {
					t.Fatal(err)
				}
				known, _ = known.After(r, 3)
				if r.Verdict != s.verdict || r.New != s.taken || known.SeededAt.IsZero() == s.seeded {
					t.Errorf("pass %d: %+v, seeded %v; want %s and %d new, seeded %v", i+1, r, !known.SeededAt.IsZero(), s.verdict, s.taken, s.seeded)
				}
				if strings.Contains(r.Evidence.Note, "schema.org") && !r.Reached.Equal(time.Time{}) {
					t.Errorf("pass %d reached %v: data without order prove nothing gone", i+1, r.Reached)
				}
			}
		})
	}
}

// TestExtract_FeaturedReviewsAreNoList has a page that promises more reviews
// than its data feature.
func TestExtract_FeaturedReviewsAreNoList(t *testing.T) {
	site, err := ParseSite("shop.yaml", []byte("site: shop\nkind: generic\ntitle: {ru: Лавка, en: Shop}\nstart: https://shop.example/\nreplies: none\nlayouts:\n"+
		"  - {name: cards, alive: .list, items: .card, promised: {css: .total}, fields: {id: {attr: data-id}, text: {css: p}}}\n  - schema.org\n"))
	if err != nil {
		t.Fatal(err)
	}
	page := `<html><body><div class=list><u class=total>20</u></div><script type="application/ld+json">{"@type":"Product","review":[{"@type":"Review","author":"Ann","datePublished":"2026-11-01","reviewBody":"leaks"}]}</script></body></html>`
	got := site.Extract(Raw{Body: []byte(page), FetchedAt: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}, Options{})
	if got.Verdict != mention.Layout || got.Evidence.Promised != 20 || len(got.Mentions) != 1 {
		t.Errorf("%s %+v, %d mentions; want layout, 20 promised, and the one that could be read", got.Verdict, got.Evidence, len(got.Mentions))
	}
}

// TestExtract_WhatAShopIsSaysNothingOfReviews has the graph that a common
// plug-in writes on every page of a blog.
func TestExtract_WhatAShopIsSaysNothingOfReviews(t *testing.T) {
	catalogue, err := LoadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	site, err := catalogue.Site("schema-org")
	if err != nil {
		t.Fatal(err)
	}
	page := `<html><body><script type="application/ld+json">{"@context":"https://schema.org","@graph":[{"@type":"WebSite","name":"Shop","potentialAction":[{"@type":"SearchAction",` +
		`"target":{"@type":"EntryPoint","urlTemplate":"https://shop.example/?s={q}"},"query-input":{"@type":"PropertyValueSpecification","valueName":"q"}}]},{"@type":"Organization","location":{"@type":"GeoCoordinates"}}]}</script></body></html>`
	if got := site.Extract(Raw{Body: []byte(page)}, Options{Params: map[string]string{"url": "https://shop.example/"}}); got.Verdict != mention.Layout {
		t.Errorf("%s %+v, want layout: the page does not say that there are no reviews", got.Verdict, got.Evidence)
	}
	product := strings.Replace(page, `"Organization"`, `"Product"`, 1)
	if got := site.Extract(Raw{Body: []byte(product)}, Options{Params: map[string]string{"url": "https://shop.example/"}}); got.Verdict != mention.Empty {
		t.Errorf("%s %+v, want empty: a product without a review", got.Verdict, got.Evidence)
	}
}

// TestReadFeed_TextOfEachEntry has a feed whose entries give their words in
// one form or in two.
func TestReadFeed_TextOfEachEntry(t *testing.T) {
	feed, err := readFeed([]byte(`<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><entry><id>1</id><content type="text">plain</content><content type="html">&lt;b&gt;plain&lt;/b&gt; 5</content></entry>` +
		`<entry><id>2</id><content type="html">&lt;b&gt;alone&lt;/b&gt;</content></entry></feed>`))
	if err != nil {
		t.Fatal(err)
	}
	if a, b := feed.Get("items.0.content").String(), feed.Get("items.1.content").String(); a != "plain" || b != "<b>alone</b>" {
		t.Errorf("%q and %q; want the words of both", a, b)
	}
}
