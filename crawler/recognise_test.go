package crawler_test

import (
	"maps"
	"strings"
	"testing"
)

func TestCatalogue_Recognise(t *testing.T) {
	type params = map[string]string
	cases := []struct {
		address, site string
		want          params
	}{
		{"https://otzovik.com/reviews/romashka_bank/?order=date_desc", "otzovik", params{"slug": "romashka_bank"}},
		{"otzovik.com/reviews/romashka_bank/2/", "otzovik", params{"slug": "romashka_bank"}},
		{"https://irecommend.ru/content/romashka-krem", "irecommend", params{"slug": "romashka-krem"}},
		{"https://2gis.ru/kazan/firm/70000001111004704/tab/reviews", "2gis", params{"city": "kazan", "branch": "70000001111004704"}},
		{"https://2gis.ru/moscow/firm/70000001111004704", "2gis", params{"branch": "70000001111004704"}},
		{"https://yandex.ru/maps/org/romashka/1124715036/reviews/", "yandex-maps", params{"org": "1124715036"}},
		{"https://yandex.com/maps/213/moscow/org/romashka/1124715036/?ll=1", "yandex-maps", params{"org": "1124715036"}},
		{"https://market.yandex.ru/product--chainik/37981658/reviews", "yandex-market", params{"product": "37981658"}},
		{"https://www.wildberries.ru/catalog/521896959/detail.aspx", "wildberries", params{"article": "521896959"}},
		{"https://apps.apple.com/gb/app/romashka/id1510826067", "app-store", params{"app": "1510826067"}},
		{"https://play.google.com/store/apps/details?hl=ru&id=ru.romashka.bank", "google-play", params{"app": "ru.romashka.bank"}},
		{"https://t.me/s/romashka_bank", "telegram", params{"channel": "romashka_bank"}},
		{"https://t.me/romashka_bank/155", "telegram", params{"channel": "romashka_bank"}},
		{"https://vk.com/wall-123_456?reply=7", "vk", params{"post": "-123_456"}},
		{"https://vk.com/romashka?w=wall-123_456", "vk", params{"post": "-123_456"}},
		{"https://vk.com/topic-123_456", "vk", params{"topic": "-123_456"}},
		{"https://m.vk.com/romashka", "vk", params{"wall": "romashka"}},
		{"https://www.youtube.com/watch?v=F1UP7wRCPH8&t=5", "youtube", params{"video": "F1UP7wRCPH8"}},
		{"https://youtu.be/F1UP7wRCPH8", "youtube", params{"video": "F1UP7wRCPH8"}},
		{"https://www.trustpilot.com/review/romashka.example?page=2", "trustpilot", params{"domain": "romashka.example"}},
		{"https://www.tripadvisor.de/Hotel_Review-g190502-d206868-Reviews-Romashka.html", "tripadvisor", params{"location": "206868"}},
		{"https://www.yelp.com/biz/romashka-oceanside", "yelp", params{"alias": "romashka-oceanside"}},
		{"https://www.booking.com/hotel/gb/romashka-inn.en-gb.html?aid=1", "booking", params{"country": "gb", "name": "romashka-inn"}},
		{"https://www.google.com/maps/place/Romashka/@55.7,37.6,17z/data=!3m1!4b1!4m6!3m5!1s0x14e7:0xe541!8m2", "google-maps", params{"feature": "0x14e7:0xe541"}},
		{"https://github.com/romashka/app/issues/5", "github-issues", params{"repo": "romashka/app"}},
		{"https://kazan.flamp.ru/firm/romashka-70000001", "flamp", nil},
		{"https://zoon.ru/krasnodar/medical/akademik/reviews/", "zoon", params{"path": "krasnodar/medical/akademik"}},
		{"https://spb.zoon.ru/medical/akademik/", "zoon", params{"host": "spb.zoon.ru", "path": "medical/akademik"}},
		{"https://www.google.com/alerts/feeds/123/456", "feed", params{"url": "https://www.google.com/alerts/feeds/123/456"}},
		{"https://store.steampowered.com/app/1000640/Romashka/", "steam", params{"app": "1000640"}},
		{"https://pikabu.ru/tag/ромашка", "pikabu", params{"tag": "ромашка"}},
	}
	c := catalogue(t)
	for _, want := range cases {
		t.Run(want.address, func(t *testing.T) {
			got, params, err := c.Recognise(want.address)
			if err != nil || got != want.site || want.want != nil && !maps.Equal(params, want.want) {
				t.Errorf("got %s %v, %v; want %s %v", got, params, err, want.site, want.want)
			}
		})
	}
	for address, part := range map[string]string{
		"https://shop.example/reviews": "no site of the catalogue", "ftp://x.example": "no web address", "": "no web address",
		"https://youdo.com/": "no site of the catalogue",
	} {
		if got, _, err := c.Recognise(address); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q: %s, %v; want %q", address, got, err, part)
		}
	}
}
