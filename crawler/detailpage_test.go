package crawler_test

import (
	"testing"

	"otklik/mention"
)

func TestSite_DetailRequestOfAddress(t *testing.T) {
	for _, c := range []struct {
		site   string
		m      mention.Mention
		want   string
		abroad bool
	}{
		{"github-issues", mention.Mention{ExternalID: "1", URL: "https://github.com/o/r.x/issues/66"}, "https://api.github.com/repos/o/r.x/issues/66/comments?per_page=100", false},
		{"github-issues", mention.Mention{ExternalID: "1", URL: "https://github.com/o/r/pull/7#x"}, "https://api.github.com/repos/o/r/issues/7/comments?per_page=100", false},
		{"github-issues", mention.Mention{ExternalID: "1", URL: "https://github.com/o/r/wiki"}, "", false},
		{"mastodon", mention.Mention{ExternalID: "https://home.example/users/ann/statuses/3", URL: "https://home.example/@ann/3"}, "https://home.example/api/v1/statuses/3/context", true},
		{"mastodon", mention.Mention{ExternalID: "https://other.example/objects/7c", URL: "https://other.example/objects/7c"}, "", false},
	} {
		site, err := catalogue(t).Site(c.site)
		if err != nil {
			t.Fatal(err)
		}
		if req, ok := site.DetailRequest(c.m, nil); ok != (c.want != "") || req.URL != c.want || req.Elsewhere != c.abroad {
			t.Errorf("%s %s: %+v, %t; want %q", c.site, c.m.URL, req, ok, c.want)
		}
	}
}
