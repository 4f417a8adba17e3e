package demo_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/tidwall/gjson"

	"otklik/demo"
)

func document(t *testing.T, body string) *goquery.Document {
	t.Helper()
	d, err := goquery.NewDocumentFromReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func publish(t *testing.T, town *demo.Town, r demo.Review) demo.Review {
	t.Helper()
	r, err := town.Publish(r)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTown_Otzovik(t *testing.T) {
	town := demo.NewTown(demo.TownConfig{Empty: true})
	long := strings.Repeat("Курьер опять не приехал. ", 20)
	var last demo.Review
	for i := range 23 {
		last = publish(t, town, demo.Review{Site: demo.Otzovik, Author: fmt.Sprint("Автор ", i), Title: "Сорвали <доставку>",
			Text: long, Pros: "Нет", Cons: "Курьеры", Stars: 1, At: time.Now().Add(time.Duration(i) * time.Minute)})
	}
	web := demo.InProcess(town)
	base := town.Base(demo.Otzovik, "http://town.test/")
	list := document(t, read(t, web, base+"/reviews/romashka_bank/?order=date_desc"))
	items := list.Find(`.review-list-2 div.item.status4[itemprop=review]`)
	if items.Length() != 20 {
		t.Fatalf("items = %d, want 20", items.Length())
	}
	first := items.First()
	got := strings.Join([]string{
		first.Find("a.review-title").AttrOr("href", ""), first.Find("a.review-title").Text(),
		first.Find("a.user-login [itemprop=name]").Text(), first.Find(".rating-score span").Text(),
		first.Find("[itemprop=commentCount]").Text(), first.Find(".review-minus").Text(),
	}, "|")
	want := fmt.Sprintf("/otzovik/review_%d.html|Сорвали <доставку>|Автор 22|1|0|Недостатки: Курьеры", last.ID)
	if got != want {
		t.Errorf("first item = %q, want %q", got, want)
	}
	if _, err := time.Parse(time.RFC3339, first.Find(".review-postdate").AttrOr("content", "")); err != nil {
		t.Errorf("date: %v", err)
	}
	if teaser := first.Find(".review-teaser").Text(); !strings.HasSuffix(teaser, "...") {
		t.Errorf("teaser %q is not cut", teaser)
	}
	next := list.Find("a.next").AttrOr("href", "")
	second := document(t, read(t, web, "http://town.test"+next))
	if n := second.Find("div.item[itemprop=review]").Length(); n != 3 || second.Find("a.next").Length() != 0 {
		t.Errorf("page 2 (%s) has %d items", next, n)
	}
	detail := document(t, read(t, web, fmt.Sprintf("%s/review_%d.html", base, last.ID)))
	if text := detail.Find(".review-body.description").Text(); text != long {
		t.Errorf("full text = %q", text)
	}
	under := read(t, web, "http://otzovik.com/reviews/romashka_bank/")
	wantIn(t, under, fmt.Sprintf(`href="/review_%d.html"`, last.ID))
}

func TestTown_OtzovikAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		town := demo.NewTown(demo.TownConfig{Empty: true, Moderation: 2 * time.Second})
		r := publish(t, town, demo.Review{Site: demo.Otzovik, Author: "А", Title: "Плохо", Text: "Плохо", Stars: 1})
		web := demo.InProcess(town)
		page := func() *goquery.Document {
			return document(t, read(t, web, fmt.Sprintf("http://town.test/otzovik/review_%d.html", r.ID)))
		}
		if err := town.Comment(r.ID, "Ромашка Банк поддержка", "Позвоните нам"); err != nil {
			t.Fatal(err)
		}
		if err := town.Answer(demo.Otzovik, r.ID, "Нам очень жаль"); err != nil {
			t.Fatal(err)
		}
		if n := page().Find(".product-official").Length(); n != 0 {
			t.Errorf("the answer is visible before moderation, or an impostor is official")
		}
		time.Sleep(2 * time.Second)
		official := page().Find(".comment-container:has(.product-official)")
		if official.Length() != 1 || official.Find(".comment-body").Text() != "Нам очень жаль" ||
			official.Find(".comment-postdate.ts").AttrOr("data-ts", "") != fmt.Sprint(time.Now().Unix()) {
			t.Errorf("official comment: %s", official.Text())
		}
		list := document(t, read(t, web, "http://town.test/otzovik/reviews/romashka_bank/"))
		if n := list.Find("[itemprop=commentCount]").Text(); n != "2" {
			t.Errorf("comment count = %s, want 2", n)
		}
	})
}

func TestTown_Yandex(t *testing.T) {
	town := demo.NewTown(demo.TownConfig{Empty: true})
	r := publish(t, town, demo.Review{Site: demo.YandexMaps, Author: "Вера", Text: `Ужас </script><b>"`, Stars: 2})
	if err := town.Answer(demo.YandexMaps, r.ID, "Простите"); err != nil {
		t.Fatal(err)
	}
	page := document(t, read(t, demo.InProcess(town), town.Base(demo.YandexMaps, "http://town.test")+"/maps/org/org/"+demo.Org+"/reviews/"))
	state := page.Find(`script.state-view[type="application/json"]`).Text()
	if !gjson.Valid(state) {
		t.Fatalf("state is no JSON: %s", state)
	}
	got := gjson.Get(state, "stack.0.results.items.0.reviewResults.reviews.0")
	if got.Get("text").String() != r.Text || got.Get("rating").Int() != 2 || got.Get("author.name").String() != "Вера" ||
		got.Get("businessComment.text").String() != "Простите" || got.Get("reviewId").String() == "" {
		t.Errorf("review = %s", got.Raw)
	}
	if page.Find("div.business-review-view[itemprop=review] .business-review-view__comment-expand").Length() != 1 {
		t.Error("the HTML does not show the item and its reply")
	}
}

func TestTown_AppStore(t *testing.T) {
	town := demo.NewTown(demo.TownConfig{Empty: true})
	feed := func(page int) string {
		return read(t, demo.InProcess(town), fmt.Sprintf("%s/ru/rss/customerreviews/page=%d/id=%s/sortby=mostrecent/json",
			town.Base(demo.AppStore, "http://town.test"), page, demo.App))
	}
	if gjson.Get(feed(1), "feed.entry").Exists() {
		t.Error("an empty feed has the entry key")
	}
	r := publish(t, town, demo.Review{Site: demo.AppStore, Author: "mark", Title: "Bad", Text: "Crashes", Stars: 1, Lang: "en"})
	got := gjson.Get(feed(1), "feed.entry.0")
	if got.Get("id.label").String() != fmt.Sprint(r.ID) || got.Get("im:rating.label").String() != "1" || got.Get("content.label").String() != "Crashes" {
		t.Errorf("entry = %s", got.Raw)
	}
	if gjson.Get(feed(2), "feed.entry").Exists() {
		t.Error("page 2 repeats page 1")
	}
}

func TestTown_Telegram(t *testing.T) {
	town := demo.NewTown(demo.TownConfig{Empty: true})
	for i := range 25 {
		publish(t, town, demo.Review{Site: demo.Telegram, Author: "Рома", Text: fmt.Sprintf("Сообщение %d\nвторая строка", i)})
	}
	base := town.Base(demo.Telegram, "http://town.test")
	page := document(t, read(t, demo.InProcess(town), base+"/s/"+demo.ChannelName))
	items := page.Find(".tgme_widget_message[data-post]")
	if items.Length() != 20 || !strings.HasPrefix(items.Last().Find(".js-message_text").Text(), "Сообщение 24") {
		t.Errorf("%d items, last %q; want 20, the newest last", items.Length(), items.Last().Text())
	}
	before := page.Find("a.tme_messages_more").AttrOr("data-before", "")
	older := document(t, read(t, demo.InProcess(town), base+"/s/"+demo.ChannelName+"?before="+before))
	if n := older.Find(".tgme_widget_message").Length(); n != 5 {
		t.Errorf("older page has %d items, want 5", n)
	}
}

func TestTown_Captcha(t *testing.T) {
	town := demo.NewTown(demo.TownConfig{})
	tests := []struct {
		site       demo.Site
		path, mark string
		status     int
	}{
		{demo.Otzovik, "/reviews/romashka_bank/", "captcha-form", 507},
		{demo.YandexMaps, "/maps/org/romashka/" + demo.Org + "/reviews/", "CheckboxCaptcha", 200},
		{demo.AppStore, "/ru/rss/customerreviews/page=1/id=" + demo.App + "/sortby=mostrecent/json", "Too Many", 429},
	}
	for _, tt := range tests {
		get := func() (int, string) {
			resp, err := demo.InProcess(town).Get(town.Base(tt.site, "http://town.test") + tt.path)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			d, err := goquery.NewDocumentFromReader(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			html, err := d.Html()
			if err != nil {
				t.Fatal(err)
			}
			return resp.StatusCode, html
		}
		town.Captcha(tt.site, true)
		if status, body := get(); status != tt.status || !strings.Contains(body, tt.mark) {
			t.Errorf("%s with captcha: %d, want %d with %q", tt.site, status, tt.status, tt.mark)
		}
		town.Captcha(tt.site, false)
		if status, body := get(); status != http.StatusOK || strings.Contains(body, tt.mark) {
			t.Errorf("%s without captcha: %d", tt.site, status)
		}
	}
}

func TestTown_Control(t *testing.T) {
	town := demo.NewTown(demo.TownConfig{Empty: true})
	web := demo.InProcess(town)
	post := func(path string, values url.Values) (*http.Response, string) {
		resp, err := web.PostForm("http://town.test/control/"+path, values)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		d, err := goquery.NewDocumentFromReader(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp, d.Text()
	}
	_, body := post("publish", url.Values{"site": {"otzovik"}, "author": {"А"}, "title": {"Т"}, "text": {"Плохо!"}, "stars": {"4"}})
	id := gjson.Get(body, "id").String()
	if gjson.Get(body, "url").String() != "/otzovik/review_"+id+".html" {
		t.Errorf("published: %s", body)
	}
	post("edit", url.Values{"site": {"otzovik"}, "id": {id}, "stars": {"1"}})
	post("copy", url.Values{"site": {"otzovik"}, "id": {id}, "to": {"yandex-maps"}})
	post("captcha", url.Values{"site": {"telegram"}, "on": {"true"}})
	st := town.State()
	if len(st.Reviews) != 2 || town.Reviews(demo.Otzovik)[0].Stars != 1 || town.Reviews(demo.YandexMaps)[0].Text != "Плохо." || !st.Sites[3].Captcha {
		t.Errorf("state = %+v", st)
	}
	for path, values := range map[string]url.Values{
		"publish": {"site": {"nowhere"}, "text": {"x"}}, "answer": {"site": {"otzovik"}, "id": {id}}, "edit": {"site": {"otzovik"}, "id": {"1"}},
		"captcha": {"site": {"nowhere"}}, "copy": {"site": {"otzovik"}, "id": {"1"}, "to": {"telegram"}},
	} {
		if resp, body := post(path, values); resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s %v: %s %s", path, values, resp.Status, body)
		}
	}
}

func TestTown_Front(t *testing.T) {
	town := demo.NewTown(demo.TownConfig{SlackURL: "http://slack.test/"})
	wantIn(t, read(t, demo.InProcess(town), "http://town.test/"), "Отзовик", "Яндекс Карты", "App Store", "Telegram",
		"ответить от имени компании", `href="http://slack.test/"`)
	wantIn(t, read(t, demo.InProcess(town), "http://town.test/robots.txt"), "Allow: /")
}

func TestTown_Story(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		town := demo.NewTown(demo.TownConfig{})
		before := len(town.Reviews(""))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		if err := town.Story(ctx, 5*time.Second); err != nil {
			t.Fatal(err)
		}
		var edited, answered int
		for _, r := range town.Reviews("") {
			if r.Edits > 0 && r.Stars == 1 {
				edited++
			}
			if r.Answer != nil {
				answered++
			}
		}
		if n := len(town.Reviews("")) - before; n < 50 || edited != 1 || answered != 1 {
			t.Errorf("%d new, %d edited, %d answered; want 50 and more, 1, 1", n, edited, answered)
		}
		for _, s := range town.State().Sites {
			if s.Captcha {
				t.Errorf("%s is left behind its captcha", s.Site)
			}
		}
	})
	if _, err := demo.NewTown(demo.TownConfig{}).Edit(demo.Otzovik, 1, demo.Review{}); !errors.Is(err, demo.ErrNoReview) {
		t.Errorf("edit of nothing: %v", err)
	}
}
