package crawler_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
	for _, want := range []string{"layout page (line 1): taken, 3 items", "text         line 6    in 3 of 3 (of 2 ways, way 2: 3): t0", "rating", "in 0 of 3"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the doctor says\n%s\nwithout %q", b.String(), want)
		}
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
