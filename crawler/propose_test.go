package crawler_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"otklik/crawler"
	"otklik/mention"
)

// TestPropose proposes definitions for pages written in the markup of sites,
// and reads those pages with what was proposed.
func TestPropose(t *testing.T) {
	cases := []struct {
		page   string
		count  int      // of mentions that the proposal reads
		fields []string // that most of them have
	}{
		{"otzovik/usual", 3, []string{"text", "rating", "date", "author"}},
		{"irecommend/newest", 2, []string{"text", "rating", "date", "author"}},
		{"yandex-maps/cards", 1, []string{"text", "rating", "date", "author"}},
		{"zoon/reviews-answered", 3, []string{"id", "text", "date", "author"}},
		{"schema-org/json-ld", 3, []string{"text", "rating", "author"}},
		{"yelp/usual", 2, []string{"text", "rating", "date", "author"}},
		{"tripadvisor/slots", 2, []string{"text", "rating", "date", "author"}},
		{"2gis/query-state", 2, []string{"id", "text", "rating", "date", "author"}},
		{"2gis/endpoint", 2, []string{"id", "text", "rating", "date", "author"}},
		{"app-store/usual", 3, []string{"id", "text", "rating", "author"}},
		{"trustpilot/page-data", 3, []string{"id", "text", "rating", "author"}},
	}
	for _, c := range cases {
		t.Run(c.page, func(t *testing.T) {
			pages, err := filepath.Glob("testdata/" + c.page + "/page.*")
			if err != nil || len(pages) != 1 {
				t.Fatalf("%v, %v", pages, err)
			}
			body, err := os.ReadFile(pages[0])
			if err != nil {
				t.Fatal(err)
			}
			raw := crawler.Raw{URL: "https://www.shop.example/reviews", Body: body, FetchedAt: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
			definition, err := crawler.Propose(raw)
			if err != nil {
				t.Fatal(err)
			}
			s, err := crawler.ParseSite("proposal.yaml", definition)
			if err != nil {
				t.Fatalf("%v in\n%s", err, definition)
			}
			page := s.Extract(raw, crawler.Options{})
			if page.Verdict != mention.OK || len(page.Mentions) != c.count {
				t.Errorf("%s with %d mentions, want %d, by\n%s", page.Verdict, len(page.Mentions), c.count, definition)
			}
			for _, f := range c.fields {
				if page.Evidence.Coverage[f] < 0.5 {
					t.Errorf("%.0f %% of the mentions have %s, by\n%s", 100*page.Evidence.Coverage[f], f, definition)
				}
			}
		})
	}
}

func TestPropose_WhatIsNoListOfReviews(t *testing.T) {
	for name, body := range map[string]string{
		"nothing":  "",
		"an app":   "<!DOCTYPE html><html><head><title>App</title></head><body><div id=root></div></body></html>",
		"a menu":   "<html><body><ul><li class=item>Главная страница нашего сайта</li><li class=item>Каталог товаров и услуг</li><li class=item>Контактные телефоны</li></ul></body></html>",
		"not HTML": `{"reviews":[]}`,
	} {
		if definition, err := crawler.Propose(crawler.Raw{Body: []byte(body)}); err == nil {
			t.Errorf("%s became\n%s", name, definition)
		}
	}
	feed := `<?xml version="1.0"?><rss version="2.0"><channel><title>x</title><item><title>y</title></item></channel></rss>`
	definition, err := crawler.Propose(crawler.Raw{URL: "https://news.example/rss", Body: []byte(feed)})
	if err != nil || !strings.Contains(string(definition), "site: feed") {
		t.Errorf("a feed: %s, %v", definition, err)
	}
}
