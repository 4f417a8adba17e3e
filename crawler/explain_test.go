package crawler_test

import (
	"fmt"
	"strings"
	"testing"

	"otklik/crawler"
)

// TestExplain_SaysWhatFailedAndWhatToDo reads pages that a definition no
// longer fits with the selector doctor at hand.
func TestExplain_SaysWhatFailedAndWhatToDo(t *testing.T) {
	card := func(class string) func(int) string {
		return func(i int) string {
			return fmt.Sprintf(`<div class=%s data-id=%d><b class=author>Ann %d</b><i class="rating star%d"></i><p class=text>Потёк через неделю, номер %d</p><time datetime=2026-11-0%d>x</time></div>`, class, i, i, 1+i%5, i, 1+i)
		}
	}
	const inScript = `<html><body><div class=list></div><script>window.__STATE__ = {"page":{"feedbacks":[{"id":1,"rating":2,"text":"Потёк через неделю","createdAt":"2026-11-01T10:00:00Z","user":{"name":"Ann"}},{"id":2,"rating":5,"text":"Служит второй год","createdAt":"2026-11-02T10:00:00Z","user":{"name":"Bob"}}]}};</script></body></html>`
	cases := []struct {
		name string
		body []byte
		want []string
	}{
		{"cards renamed", reviews(4, card("tile")), []string{"taken, 0 items", "`items` of layout page (css .card) finds nothing", "4 blocks div.tile look like reviews", `id: {attr: data-id}`}},
		{"a field renamed", []byte(strings.ReplaceAll(string(reviews(4, card("card"))), "class=text", "class=words")),
			[]string{"taken, 4 items", "text         line 6    in 0 of 4", "way 1 looks for css .text (0 on the page)"}},
		{"a field elsewhere", []byte(strings.ReplaceAll(string(reviews(4, card("card"))), "<time datetime", "<time data-at")),
			[]string{"date         line 6    in 4 of 4"}},
		{"moved into a script", []byte(inScript), []string{"taken, 0 items", "The page's JSON has a list of 2", `{after: ["window.__STATE__"]}`, "page.feedbacks"}},
		{"another page", []byte(`<html><body><p>hello</p></body></html>`), []string{"its sign of life is not there: css .list", "No layout fits."}},
	}
	s := define(t, cards)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var doctor crawler.Explain
			s.Extract(crawler.Raw{Body: c.body, FetchedAt: fetchedAt}, crawler.Options{Explain: &doctor})
			var b strings.Builder
			if err := doctor.Write(&b); err != nil {
				t.Fatal(err)
			}
			for _, want := range c.want {
				if !strings.Contains(b.String(), want) {
					t.Errorf("the doctor says\n%swithout %q", b.String(), want)
				}
			}
		})
	}
}
