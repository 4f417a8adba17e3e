package main

import (
	"errors"
	"strings"
	"testing"

	"otklik/crawler"
	"otklik/mention"
)

func TestErrands_AddSource(t *testing.T) {
	sites, err := crawler.LoadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	e := errands{planner: planner{sites: sites}}
	cases := []struct{ address, want, note string }{
		{"https://otzovik.com/reviews/romashka/", `- {site: otzovik, slug: "romashka"}`, ""},
		{"https://www.wildberries.ru/catalog/521896959/feedbacks", `- {site: wildberries, article: "521896959"}`, `"imt" is required`},
		{"https://shop.example/reviews", "otklik sites new https://shop.example/reviews", ""},
	}
	for _, c := range cases {
		line, isKnown, err := e.AddSource(t.Context(), c.address)
		if err != nil || isKnown != strings.HasPrefix(c.want, "-") || !strings.HasPrefix(line, c.want) || !strings.Contains(line, c.note) || c.note == "" && line != c.want {
			t.Errorf("%s: got %q, %v; want %q with %q", c.address, line, err, c.want, c.note)
		}
	}
	if line, _, err := e.AddSource(t.Context(), "romashka"); !errors.Is(err, mention.ErrRefused) {
		t.Errorf("a word became %q, %v", line, err)
	}
}
