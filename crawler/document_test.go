package crawler

import (
	"net/url"
	"testing"

	"golang.org/x/net/html"
)

// The short way to an absolute address gives what the long one gives.
func TestDocument_Resolve(t *testing.T) {
	for _, base := range []string{"https://site.example/a/b/?p=1", "http://Site.example:8080/x", "https://u:p@site.example/a/", "https://банк.рф/a"} {
		d := (&Site{}).document(Raw{URL: base}, Options{})
		for _, link := range []string{
			"/review_1.html", "/review_1.html#comments", "/a/../b", "/./a", "/.well-known/x", "/a b", "/отзыв/1", "//cdn.example/x", "/a%2Fb", "/a%2e%2e/b",
			"/a%zz", "/a%2", "/?a=1&b=[2]", "/a?b=%D0%B1", "/a?", "/a;b=1,2!(3)*~$:@+", "review", "?p=2", "#x", "/", "/a//b", `/a\b`, "/a|b", "/a'b",
		} {
			want := ""
			if u, err := url.Parse(link); err == nil {
				want = d.base.ResolveReference(u).String()
			}
			if got := d.resolve(link); got != want {
				t.Errorf("%s on %s is %q, want %q", link, base, got, want)
			}
		}
	}
}

func TestMatcher_LoneClass(t *testing.T) {
	for classes, want := range map[string]bool{
		"review": true, "a review": true, "review\tb": true, "review-x review": true, "xreview review\n": true, "a\freview\rb": true,
		"": false, "reviews": false, "xreview": false, "review-review": false, "Review": false, "re view": false, "review\u00a0x": false,
	} {
		s, err := ParseSite("x.yaml", []byte("site: x\ntitle: {ru: x, en: x}\nkind: forum\nstart: https://x.example/\nitems: {css: .review}\nrequired: [text]\nfields: {text: {css: p}}\nreplies: none\nbase: https://x.example/\n"))
		if err != nil {
			t.Fatal(err)
		}
		m := s.layouts[0].items.css
		n := &html.Node{Type: html.ElementNode, Data: "div", Attr: []html.Attribute{{Key: "class", Val: classes}}}
		if m.class != "review" || m.Match(n) != want || m.Matcher.Match(n) != want {
			t.Errorf("%q: %t, and %t by the selector itself; want %t", classes, m.Match(n), m.Matcher.Match(n), want)
		}
	}
}
