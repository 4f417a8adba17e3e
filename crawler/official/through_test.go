package official_test

import (
	"slices"
	"testing"

	"otklik/crawler"
	"otklik/crawler/official"
	"otklik/mention"
)

func TestThrough(t *testing.T) {
	catalogue, err := crawler.LoadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct{ site, id, want string }{
		{"google-play", "6a5c3e0e-1111-4f11-9b11-000000000001", "google-play-console"},
		{"wildberries", "YX52RZEBhH9mrcYdEJuD", "wildberries-seller"},
		{"wildberries", "h:24d4e748c4901cc0c4dd", ""}, // drawn pages have no ids
		{"ozon", "018c6f00-0000-7000-8000-000000000001", "ozon-seller"},
		{"app-store", "13149682611", ""},
		{"google-maps", "ChZDSUhN", ""},
		{"otzovik", "19000003", ""},
	}
	for _, c := range cases {
		got, same := official.Through(mention.Mention{Source: c.site, ExternalID: c.id})
		if got != c.want {
			t.Errorf("%s %s is answered through %q, want %q", c.site, c.id, got, c.want)
		}
		if got == "" {
			continue
		}
		if !slices.Contains(official.Sites(), got) {
			t.Errorf("%s takes no answers", got)
		}
		for _, site := range []string{c.site, got} {
			def, err := catalogue.Site(site)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range same {
				if _, known := def.Params[name]; !known {
					t.Errorf("%s has no parameter %s", site, name)
				}
			}
		}
	}
}
