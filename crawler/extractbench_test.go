package crawler_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"otklik/crawler"
	"otklik/mention"
)

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
