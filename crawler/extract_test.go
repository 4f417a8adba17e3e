package crawler_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"otklik/crawler"
	"otklik/mention"
)

var fetchedAt = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

func site(t testing.TB, name string) *crawler.Site {
	t.Helper()
	s, err := catalogue(t).Site(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func define(t testing.TB, definition string) *crawler.Site {
	t.Helper()
	s, err := crawler.ParseSite("test.yaml", []byte(definition))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestExtract_StatusesThatMeanTheSameEverywhere(t *testing.T) {
	cases := []struct {
		status int
		want   mention.Verdict
	}{
		{304, mention.Unchanged}, {401, mention.Auth}, {403, mention.Blocked}, {429, mention.Blocked}, {420, mention.Blocked},
		{507, mention.Blocked}, {404, mention.NotFound}, {410, mention.NotFound}, {500, mention.Unreachable},
		{502, mention.Unreachable}, {400, mention.Layout},
	}
	for _, c := range cases {
		page := site(t, "telegram").Extract(crawler.Raw{Status: c.status, FetchedAt: fetchedAt}, crawler.Options{})
		if page.Verdict != c.want || page.Next != nil {
			t.Errorf("status %d: verdict %s, want %s", c.status, page.Verdict, c.want)
		}
	}
}

func TestExtract_WhatIsNoPageIsNeverEmpty(t *testing.T) {
	cases := []struct {
		name, site, body string
		want             mention.Verdict
	}{
		{"nothing", "telegram", "", mention.Truncated},
		{"HTML where JSON was expected", "app-store", "<html><body>Welcome</body></html>", mention.Layout},
		{"a robot check where JSON was expected", "app-store", "<html><title>Just a moment...</title></html>", mention.Blocked},
		{"JSON where HTML was expected", "otzovik", `{"ok":true}`, mention.Layout},
		{"cut JSON", "app-store", `{"feed":{"entry":[{"id":{"label":"1"`, mention.Truncated},
		{"an error in JSON", "app-store", `{"error":"internal"}`, mention.Layout},
		{"text", "otzovik", "503 backend is sick", mention.Layout},
		{"bytes", "otzovik", "\x00\x01\x02\xff", mention.Layout},
		{"a cut page", "otzovik", "<!DOCTYPE html><html><head><title>Ромашка", mention.Truncated},
		{"somebody else's page", "otzovik", "<html><body><p>hello</p></body></html>", mention.Layout},
		{"a captcha somewhere in the page", "schema-org", `<html><body><script src="https://www.google.com/recaptcha/api.js"></script></body></html>`, mention.Blocked},
		{"elements nested without end", "otzovik", strings.Repeat("<div>", 100000), mention.Layout},
		{"JSON nested without end", "app-store", strings.Repeat(`[`, 1000000), mention.Layout},
		{"a list that is no list", "app-store", `{"feed":{"entry":"none"}}`, mention.Layout},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			page := site(t, c.site).Extract(crawler.Raw{Body: []byte(c.body), FetchedAt: fetchedAt}, crawler.Options{})
			if page.Verdict != c.want || len(page.Mentions) > 0 {
				t.Errorf("verdict %s with %d mentions, want %s (%+v)", page.Verdict, len(page.Mentions), c.want, page.Evidence)
			}
		})
	}
}

// reviews is a page of n cards as the definition below reads them.
func reviews(n int, card func(i int) string) []byte {
	var b strings.Builder
	b.WriteString("<html><body><div class=list>")
	for i := range n {
		b.WriteString(card(i))
	}
	b.WriteString("</div></body></html>")
	return []byte(b.String())
}

const cards = `site: cards
alive: .list
items: .card
required: [id, text]
identity: [author, text]
fields: {id: {attr: data-id}, author: {css: .who}, text: {css: .text}, rating: {count: .on}, date: {css: time}}
`

func TestExtract_MissingFieldsAreDriftNotZero(t *testing.T) {
	full := func(i int) string {
		return fmt.Sprintf(`<div class=card data-id=%d><b class=who>u%d</b><i class=on></i><p class=text>text %d</p><time>2026-11-0%d</time></div>`, i, i, i, 1+i%9)
	}
	without := func(what string, every int) func(int) string {
		return func(i int) string {
			if i%every == 0 {
				return strings.ReplaceAll(full(i), what, "x")
			}
			return full(i)
		}
	}
	norm := map[string]float64{"text": 1, "rating": 0.97, "author": 0.5}
	cases := []struct {
		name string
		body []byte
		norm map[string]float64
		want mention.Verdict
		n    int
	}{
		{"all there", reviews(20, full), norm, mention.OK, 20},
		{"one of twenty without text", reviews(20, without("class=text", 20)), norm, mention.OK, 20},
		{"half without text", reviews(20, without("class=text", 2)), norm, mention.Layout, 20},
		{"all without text", reviews(20, without("class=text", 1)), norm, mention.Layout, 20},
		{"no ids", reviews(20, without("data-id", 1)), norm, mention.Layout, 20},
		{"ratings vanish that were always there", reviews(20, without("class=on", 1)), norm, mention.Layout, 20},
		{"authors vanish that were there half the time", reviews(20, without("class=who", 1)), norm, mention.OK, 20},
		{"two items prove nothing about the norm", reviews(2, without("class=on", 1)), norm, mention.OK, 2},
		{"dates that cannot be read are no dates", reviews(20, without("2026-11-0", 1)), map[string]float64{"date": 1}, mention.Layout, 20},
		{"without a norm nothing vanished", reviews(20, without("class=on", 1)), nil, mention.OK, 20},
		{"cards renamed", reviews(20, func(int) string { return "<div class=tile></div>" }), norm, mention.Layout, 0},
	}
	s := define(t, cards)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			page := s.Extract(crawler.Raw{Body: c.body, FetchedAt: fetchedAt}, crawler.Options{Norm: c.norm})
			if page.Verdict != c.want || len(page.Mentions) != c.n {
				t.Errorf("verdict %s with %d mentions, want %s with %d (%+v)", page.Verdict, len(page.Mentions), c.want, c.n, page.Evidence)
			}
		})
	}
}

func TestExtract_PromisedItemsHaveToBeThere(t *testing.T) {
	s := define(t, cards+"shells: .card\nempty: [{css: .list, text: no reviews}]\npromised: {css: .showing, regexp: '(\\d+)'}\n")
	card := func(i int) string { return fmt.Sprintf(`<div class=card data-id=%d><p class=text>t%d</p></div>`, i, i) }
	cases := []struct {
		name string
		body []byte
		want mention.Verdict
	}{
		{"as many as promised", append(reviews(3, card), `<p class=showing>3 shown</p>`...), mention.OK},
		{"fewer than promised", append(reviews(2, card), `<p class=showing>3 shown</p>`...), mention.Layout},
		{"an unfilled card", reviews(3, func(i int) string {
			if i == 1 {
				return "<div class=card></div>"
			}
			return card(i)
		}), mention.Layout},
		{"zero, stated", append(reviews(0, card), `<p class=showing>0 shown</p>`...), mention.Empty},
		{"zero, said", []byte(`<html><body><div class=list>No reviews yet</div></body></html>`), mention.Empty},
		{"zero, unsaid", reviews(0, card), mention.Layout},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			page := s.Extract(crawler.Raw{Body: c.body, FetchedAt: fetchedAt}, crawler.Options{})
			if page.Verdict != c.want {
				t.Errorf("verdict %s, want %s (%+v)", page.Verdict, c.want, page.Evidence)
			}
		})
	}
}

func TestExtract_HostileWordsComeThroughWhole(t *testing.T) {
	text := "<!channel> =cmd() \u202eRTL שלום 👩‍👩‍👧‍👦 &lt;script&gt;"
	page := define(t, cards).Extract(crawler.Raw{Body: reviews(1, func(int) string {
		return `<div class=card data-id="&quot;&gt;1"><p class=text>` + strings.Replace(text, "<!channel>", "&lt;!channel&gt;", 1) + `<script>alert(1)</script></p></div>`
	}), FetchedAt: fetchedAt}, crawler.Options{})
	if len(page.Mentions) != 1 {
		t.Fatalf("%+v", page)
	}
	want := strings.NewReplacer("&lt;", "<", "&gt;", ">").Replace(text)
	if got := page.Mentions[0]; got.Text != want || got.ExternalID != `">1` {
		t.Errorf("text %q id %q, want %q", got.Text, got.ExternalID, want)
	}
}

func TestExtract_TenThousandItems(t *testing.T) {
	body := reviews(10000, func(i int) string {
		return fmt.Sprintf(`<div class=card data-id=%d><p class=text>text %d</p></div>`, i, i)
	})
	page := define(t, cards).Extract(crawler.Raw{Body: body, FetchedAt: fetchedAt}, crawler.Options{})
	if page.Verdict != mention.OK || len(page.Mentions) != 10000 {
		t.Errorf("%s with %d mentions", page.Verdict, len(page.Mentions))
	}
}

func TestExtract_OneItemShownTwiceIsOneMention(t *testing.T) {
	page := define(t, cards).Extract(crawler.Raw{Body: reviews(4, func(i int) string {
		return fmt.Sprintf(`<div class=card data-id=%d><p class=text>t</p></div>`, i%2)
	}), FetchedAt: fetchedAt}, crawler.Options{})
	if page.Verdict != mention.OK || len(page.Mentions) != 2 || page.Evidence.Parsed != 4 {
		t.Errorf("%s, %d mentions, %d parsed", page.Verdict, len(page.Mentions), page.Evidence.Parsed)
	}
}

func TestExtract_ReportsWhichAlternativeMatched(t *testing.T) {
	s := define(t, strings.Replace(cards, "text: {css: .text}", "text: {first: [{css: .new-text}, {css: .text}]}", 1))
	var doctor crawler.Explain
	page := s.Extract(crawler.Raw{Body: reviews(3, func(i int) string {
		return fmt.Sprintf(`<div class=card data-id=%d><p class=text>t%d</p></div>`, i, i)
	}), FetchedAt: fetchedAt}, crawler.Options{Explain: &doctor})
	if page.Evidence.Matched["text"] != 1 {
		t.Errorf("matched %v, want the second alternative of text", page.Evidence.Matched)
	}
	var b strings.Builder
	if err := doctor.Write(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"layout page (line 1): taken", "text         line 6    in 3 of 3 (of 2 ways, way 2: 3): t0", "rating", "in 0 of 3"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the doctor says\n%s\nwithout %q", b.String(), want)
		}
	}
}

func TestExtract_LoginPages(t *testing.T) {
	form := `<html><head><title>Welcome</title></head><body><form><input name=user><input type="password"></form></body></html>`
	plain := `<html><head><title>Welcome</title></head><body><p>hello</p></body></html>`
	cases := []struct {
		name, asked, final, body string
		want                     mention.Verdict
	}{
		{"led to a login", "https://shop.example/reviews", "https://shop.example/account/login?next=%2Freviews", plain, mention.Auth},
		{"led to a host for logins", "https://shop.example/reviews", "https://passport.shop.example/", plain, mention.Auth},
		{"a form for a password", "https://shop.example/reviews", "https://shop.example/reviews", form, mention.Auth},
		{"a page about logins", "https://shop.example/login", "https://shop.example/login", plain, mention.Layout},
		{"reviews with a login beside them", "https://shop.example/reviews", "https://shop.example/reviews", strings.Replace(form, "<form>", "<div class=list><div class=card data-id=1><i class=on></i><p class=text>t</p></div></div><form>", 1), mention.OK},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			raw := crawler.Raw{URL: c.final, Body: []byte(c.body), Status: 200, FetchedAt: fetchedAt, Request: crawler.Request{URL: c.asked}}
			page := define(t, cards).Extract(raw, crawler.Options{})
			if page.Verdict != c.want || c.want == mention.Auth && page.Evidence.Marker == "" {
				t.Errorf("%s %+v, want %s", page.Verdict, page.Evidence, c.want)
			}
		})
	}
}

func TestExtract_ClocksThatDiffer(t *testing.T) {
	card := func(shown time.Time) crawler.Raw {
		return crawler.Raw{FetchedAt: fetchedAt, Body: reviews(1, func(int) string {
			return `<div class=card data-id=1><i class=on></i><p class=text>t</p><time>` + shown.Format(time.RFC3339) + `</time></div>`
		})}
	}
	page := define(t, cards).Extract(card(fetchedAt.Add(20*time.Minute)), crawler.Options{})
	if page.Verdict != mention.OK || page.Evidence.Note != "" {
		t.Errorf("a clock that is a little fast: %s %+v", page.Verdict, page.Evidence)
	}
	page = define(t, cards).Extract(card(fetchedAt.AddDate(1, 0, 0)), crawler.Options{})
	if page.Verdict != mention.OK || !strings.Contains(page.Evidence.Note, "1 items are dated after the fetch") {
		t.Errorf("a review of next year: %s %+v, want a note", page.Verdict, page.Evidence)
	}
}

func TestExtract_ComparesIdentityNotText(t *testing.T) {
	s := define(t, cards)
	read := func(card string) mention.Mention {
		page := s.Extract(crawler.Raw{Body: reviews(1, func(int) string { return card }), FetchedAt: fetchedAt}, crawler.Options{})
		if len(page.Mentions) != 1 {
			t.Fatalf("%q: %+v", card, page)
		}
		return page.Mentions[0]
	}
	a := read(`<div class=card><b class=who>Ann</b><p class=text>the  same words</p></div>`)
	b := read(`<div class=card><b class=who>Ann</b><p class=text>the same <b>words</b></p><i class=on></i></div>`)
	c := read(`<div class=card><b class=who>Bob</b><p class=text>the same words</p></div>`)
	if a.ExternalID != b.ExternalID || a.ExternalID == c.ExternalID {
		t.Errorf("ids %q %q %q: want the first two equal and the third different", a.ExternalID, b.ExternalID, c.ExternalID)
	}
}

func TestExtract_RelativeDatesAreTheSameItemTomorrow(t *testing.T) {
	s := define(t, strings.Replace(cards, "identity: [author, text]", "identity: [author, date]", 1))
	id := func(shown string, at time.Time) string {
		page := s.Extract(crawler.Raw{FetchedAt: at, Body: reviews(1, func(int) string {
			return `<div class=card><b class=who>Ann</b><i class=on></i><p class=text>t</p><time>` + shown + `</time></div>`
		})}, crawler.Options{})
		if len(page.Mentions) != 1 {
			t.Fatalf("%+v", page)
		}
		return page.Mentions[0].ExternalID
	}
	tomorrow := fetchedAt.AddDate(0, 0, 1)
	if a, b := id("сегодня, 07:28", fetchedAt), id("вчера, 07:28", tomorrow); a != b {
		t.Errorf("the same review is %s today and %s tomorrow", a, b)
	}
	if a, b := id("2 часа назад", fetchedAt), id("3 часа назад", fetchedAt.Add(50*time.Minute)); a != b {
		t.Errorf("the same review is %s now and %s in an hour", a, b)
	}
}

const comments = `site: talk
accounts: true
replies: text
from: json
items: {path: items}
children: thread
fields: {id: {path: id}, parent: {path: parent}, author: {path: name}, text: {path: text}, date: {path: date}}
official: {accounts: [{path: from}, {path: name}]}
`

func TestExtract_OfficialCommentsAreRepliesNotMentions(t *testing.T) {
	body := `{"items":[
 {"id":1,"from":"77","name":"Ann","text":"bad","thread":[{"id":2,"from":"-123","name":"Shop","text":"sorry","date":1795161600},{"id":3,"from":"78","name":"Bob","text":"me too"}]},
 {"id":4,"from":"-999","name":"Shop official","text":"call us!","parent":"1"},
 {"id":5,"from":"-123","name":"Shop","text":"our own post"}]}`
	cases := []struct {
		name     string
		accounts []string
		ids      string
		reply    string
	}{
		{"by id", []string{"-123"}, "1 3 4", "sorry"},
		{"by name, however it is written", []string{"@SHOP"}, "1 3 4", "sorry"},
		{"an impostor never answers", []string{"shop-official"}, "1 2 3 4 5", ""},
		{"nobody is named", nil, "1 2 3 4 5", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			page := define(t, comments).Extract(crawler.Raw{Body: []byte(body), FetchedAt: fetchedAt}, crawler.Options{Accounts: c.accounts})
			var ids []string
			reply := ""
			for _, m := range page.Mentions {
				ids = append(ids, m.ExternalID)
				if m.Reply != nil {
					reply += m.Reply.Text
				}
			}
			if strings.Join(ids, " ") != c.ids || reply != c.reply {
				t.Errorf("mentions %v, reply %q; want %s, %q", ids, reply, c.ids, c.reply)
			}
			if len(page.Mentions) > 1 && c.accounts == nil && page.Mentions[1].ParentID != "1" {
				t.Errorf("the nested comment hangs on %q, want 1", page.Mentions[1].ParentID)
			}
		})
	}
}

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

func FuzzExtract(f *testing.F) {
	pages, err := filepath.Glob("testdata/*/*/page.*")
	if err != nil {
		f.Fatal(err)
	}
	for _, p := range pages {
		body, err := os.ReadFile(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Add([]byte(`)]}'` + "\n\n[[\"wrb.fr\",\"x\",\"[[\\\"1\\\"]]\"]]"))
	sites := catalogue(f).Sites()
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, s := range sites {
			raw := crawler.Raw{Body: body, Header: http.Header{}, FetchedAt: fetchedAt}
			page := s.Extract(raw, crawler.Options{})
			if page.Verdict == "" || page.Verdict == mention.Empty && len(page.Mentions) > 0 || page.Verdict == mention.OK && len(page.Mentions) == 0 {
				t.Errorf("%s: verdict %q with %d mentions", s.Name, page.Verdict, len(page.Mentions))
			}
			s.ExtractDetail(raw, mention.Mention{}, crawler.Options{})
		}
	})
}

// benchPage is a page of 20 reviews and about 60 KB in Otzovik's markup.
func benchPage() []byte {
	filler := strings.Repeat("Долго ждали ответа и ничего не дождались, пришли ещё раз. ", 20)
	var b strings.Builder
	b.WriteString(`<!DOCTYPE html><html><head><meta charset="utf-8"><title>Ромашка</title></head><body><div class="product-header"></div><div class="review-list-2">`)
	for i := range 20 {
		fmt.Fprintf(&b, `<div class="item status4 mshow0" itemscope itemprop="review"><link itemprop="url" href="https://otzovik.com/review_%[1]d.html">
<div class="item-left"><div class="user-info"><a class="user-login" href="/profile/u%[1]d"><span itemprop="name">u%[1]d</span></a></div></div>
<div class="item-right"><h3><a class="review-title" href="/review_%[1]d.html">Отзыв %[1]d</a></h3><div class="rating-score"><span>%[2]d</span></div>
<div class="review-postdate" content="2026-11-1%[3]dT10:00:00+03:00"><span>%[3]d ноя</span></div><div class="review-plus"><b>Достоинства:</b> близко</div>
<div class="review-minus"><b>Недостатки:</b> очередь</div><div class="review-teaser" itemprop="description">%[4]s</div><span itemprop="commentCount">3</span></div></div>`,
			1000+i, 1+i%5, i%10, filler)
	}
	b.WriteString(`</div><div class="pager"><a class="next" href="/reviews/x/2/">Далее</a></div></body></html>`)
	return []byte(b.String())
}

func BenchmarkExtract(b *testing.B) {
	s, raw := site(b, "otzovik"), crawler.Raw{Status: 200, Body: benchPage(), FetchedAt: fetchedAt}
	b.SetBytes(int64(len(raw.Body)))
	b.ReportAllocs()
	for b.Loop() {
		if page := s.Extract(raw, crawler.Options{}); page.Verdict != mention.OK || len(page.Mentions) != 20 {
			b.Fatalf("%s %+v", page.Verdict, page.Evidence)
		}
	}
}

// BenchmarkByHand reads the same fields as somebody would who writes the
// scraper for this one page with goquery.
func BenchmarkByHand(b *testing.B) {
	body := benchPage()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		doc, err := goquery.NewDocumentFromReader(strings.NewReader(string(body)))
		if err != nil {
			b.Fatal(err)
		}
		var list []mention.Mention
		doc.Find("div.item[itemprop=review]").Each(func(_ int, it *goquery.Selection) {
			var m mention.Mention
			m.URL, _ = it.Find("a.review-title").Attr("href")
			m.ExternalID = strings.TrimSuffix(strings.TrimPrefix(m.URL, "/review_"), ".html")
			m.Title = strings.TrimSpace(it.Find("a.review-title").Text())
			m.Author = strings.TrimSpace(it.Find("a.user-login [itemprop=name]").Text())
			m.AuthorURL, _ = it.Find("a.user-login").Attr("href")
			_, _ = fmt.Sscan(it.Find(".rating-score span").Text(), &m.Rating)
			date, _ := it.Find(".review-postdate").Attr("content")
			m.PublishedAt, _ = time.Parse(time.RFC3339, date)
			m.Text = strings.TrimSpace(it.Find(".review-teaser").Text())
			m.Pros = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(it.Find(".review-plus").Text()), "Достоинства:"))
			m.Cons = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(it.Find(".review-minus").Text()), "Недостатки:"))
			_, _ = fmt.Sscan(it.Find("[itemprop=commentCount]").Text(), &m.Comments)
			list = append(list, m)
		})
		if next, _ := doc.Find("a.next").Attr("href"); next == "" || len(list) != 20 {
			b.Fatal("the page was not read")
		}
	}
}
