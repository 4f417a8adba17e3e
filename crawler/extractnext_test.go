package crawler_test

import (
	"fmt"
	"strings"
	"testing"

	"otklik/crawler"
	"otklik/mention"
)

func TestExtract_Next(t *testing.T) {
	list := func(n int, more string) []byte {
		var items []string
		for i := range n {
			items = append(items, fmt.Sprintf(`{"id":"%d","text":"t"}`, i))
		}
		return []byte(`{"items":[` + strings.Join(items, ",") + `]` + more + `}`)
	}
	const head = "site: api\nfrom: json\nparams: {q: required}\nstart: \"https://api.example/s?q={q}\"\nitems: {path: items}\nfields: {id: {path: id}, text: {path: text}}\n"
	cases := []struct {
		name, rule string
		body       []byte
		page       int
		want       string
	}{
		{"by number", `next: {url: "https://api.example/s?q={q}&p={page}"}`, list(3, ""), 0, "https://api.example/s?q=a+b&p=2"},
		{"from zero", `next: {url: "https://api.example/s?p={page0}"}`, list(3, ""), 2, "https://api.example/s?p=2"},
		{"by offset", `next: {url: "https://api.example/s?skip={offset}", size: 20}`, list(3, ""), 3, "https://api.example/s?skip=60"},
		{"by cursor", `next: {url: "https://api.example/s?c={cursor}", cursor: {path: after}}`, list(3, `,"after":"x=/"`), 1, "https://api.example/s?c=x%3D%2F"},
		{"no cursor is the end", `next: {url: "https://api.example/s?c={cursor}", cursor: {path: after}}`, list(3, `,"after":null`), 1, ""},
		{"by the last id", `next: {url: "https://api.example/s?before={last_id}"}`, list(3, ""), 1, "https://api.example/s?before=2"},
		{"only after a full page", `next: {url: "https://api.example/s?p={page}", full: 4}`, list(3, ""), 1, ""},
		{"not beyond the last", `next: {url: "https://api.example/s?p={page}", last: 10}`, list(3, ""), 10, ""},
		{"while there is more", `next: {url: "https://api.example/s?p={page}", while: [{path: more}]}`, list(3, `,"more":false`), 1, ""},
		{"a link", `next: {path: links.next}`, list(3, `,"links":{"next":"/s?p=2"}`), 1, "https://api.example/s?p=2"},
		{"a link to itself", `next: {path: links.next}`, list(3, `,"links":{"next":"/s?q=a+b"}`), 1, ""},
		{"a link that is no web address", `next: {path: links.next}`, list(3, `,"links":{"next":"javascript:x()"}`), 1, ""},
		{"nothing after an empty page", `next: {url: "https://api.example/s?p={page}"}`, list(0, ""), 1, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			raw := crawler.Raw{URL: "https://api.example/s?q=a+b", Body: c.body, FetchedAt: fetchedAt}
			raw.Request = crawler.Request{Page: c.page, Vars: map[string]string{"country": "ru"}}
			page := define(t, head+c.rule+"\n").Extract(raw, crawler.Options{Params: map[string]string{"q": "a b"}})
			got := ""
			if page.Next != nil {
				got = page.Next.URL
				if page.Next.Page != max(1, c.page)+1 || page.Next.Vars["country"] != "ru" {
					t.Errorf("next is page %d with %v", page.Next.Page, page.Next.Vars)
				}
			}
			if got != c.want {
				t.Errorf("next %q, want %q (%s)", got, c.want, page.Verdict)
			}
		})
	}
}

func TestDetailRequest(t *testing.T) {
	m := mention.Mention{ExternalID: "1", URL: "https://otzovik.com/review_1.html"}
	req, ok := site(t, "otzovik").DetailRequest(m, nil)
	if !ok || req.URL != m.URL || req.Stage != crawler.Detail {
		t.Errorf("got %+v %v", req, ok)
	}
	if _, ok := site(t, "otzovik").DetailRequest(mention.Mention{ExternalID: "1"}, nil); ok {
		t.Error("a mention without an address got a request")
	}
	if _, ok := site(t, "telegram").DetailRequest(m, nil); ok {
		t.Error("a site without details got a request")
	}
	post := mention.Mention{ExternalID: "-500_90"}
	req, ok = site(t, "vk").DetailRequest(post, map[string]string{"token": "tok"})
	if !ok || !strings.Contains(req.URL, "owner_id=-500&post_id=90&") || !strings.Contains(req.URL, "access_token=tok&") {
		t.Errorf("the parts of the id and the token are not in %q", req.URL)
	}
	if req, ok := site(t, "vk").DetailRequest(post, nil); ok {
		t.Errorf("without a token there is a request %q", req.URL)
	}
	req, ok = site(t, "reddit").DetailRequest(mention.Mention{ExternalID: "t3_abc"}, map[string]string{"token": "tok"})
	if !ok || req.Header.Get("Authorization") != "Bearer tok" || !strings.Contains(req.URL, "/comments/abc?") {
		t.Errorf("got %+v", req)
	}
	if _, ok := site(t, "reddit").DetailRequest(mention.Mention{ExternalID: "t1_abc"}, map[string]string{"token": "tok"}); ok {
		t.Error("a comment, which has no page of its own, got a request")
	}
}

func TestExtractDetail_ChangesNothingOnABadPage(t *testing.T) {
	m := mention.Mention{ExternalID: "1", URL: "https://otzovik.com/review_1.html", Text: "teaser"}
	for _, body := range []string{"", "<html><title>Отзовик - Вы робот?</title></html>", "<html><body>hi</body></html>", `{"a":1}`,
		`<html><body><div class="review-body description"></div></body></html>`} {
		got, v, e := site(t, "otzovik").ExtractDetail(crawler.Raw{Body: []byte(body), FetchedAt: fetchedAt}, m, crawler.Options{})
		if v.Good() || got.Text != "teaser" {
			t.Errorf("%q: verdict %s (%+v), text %q", body, v, e, got.Text)
		}
	}
}
