package crawler

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"otklik/mention"
)

// doubleGis is a stand-in of a firm's page, whose data hold the key and the
// first reviews by trust, and of the endpoint behind it, by date.
type doubleGis struct {
	reviews int
	asked   []string
}

func (g *doubleGis) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.Contains(r.URL.Path, "/firm/") {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!DOCTYPE html><html><head><title>Ромашка — 2ГИС</title></head><body><script>var __customcfg = {"reviewApiKey":"web-key"};var __REACT_QUERY_STATE__ = JSON.parse('%s');</script></body></html>`,
			`{"queries":[{"queryKey":["fetchEntityReviews"],"state":{"data":{"pages":[{"total":`+fmt.Sprint(g.reviews)+`,"items":[`+gisReview(2)+`]}]}}}]}`)
		return
	}
	g.asked = append(g.asked, r.URL.Query().Get("key")+" "+r.URL.Query().Get("offset_date"))
	from, next := g.reviews, ""
	if r.URL.Query().Get("offset_date") != "" {
		from = g.reviews - 50
	}
	var list []string
	for n := from; n > max(0, from-50); n-- {
		list = append(list, gisReview(n))
	}
	if from > 50 { // as the site does it, with a port that nobody answers
		next = `,"next_link":"https://public-api.reviews.2gis.com:8080/2.0/branches/123/reviews?limit=50&key=` + r.URL.Query().Get("key") + `&offset_date=x"`
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"meta":{"code":200,"total_count":%d%s},"reviews":[%s]}`, g.reviews, next, strings.Join(list, ","))
}

func gisReview(n int) string {
	return fmt.Sprintf(`{"id":"%d","text":"Отзыв %d","rating":%d,"date_created":"2026-11-%02dT10:00:00+07:00","provider":"2gis","user":{"name":"Гость %d"},"object":{"id":"123","type":"branch"}}`, n, n, 1+n%5, 1+n%20, n)
}

func TestRun_EndpointBehindThePage(t *testing.T) {
	g := &doubleGis{reviews: 70}
	all, err := LoadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	site, err := all.Site("2gis")
	if err != nil {
		t.Fatal(err)
	}
	src := Source{ID: "gis", Brand: "Ромашка", Site: site, Pace: Pace{Delay: 1}, Params: map[string]string{"branch": "123", "base": serve(t, g.ServeHTTP)}}
	sink, c := newArchive(), newCrawler(t, testConfig(), Deps{})
	r, err := c.Run(t.Context(), src, sink, mention.Source{})
	if err != nil || r.Verdict != mention.OK || r.New != 70 {
		t.Fatalf("%+v, err %v; want 70 reviews", r, err)
	}
	if got, want := strings.Join(g.asked, ", "), "web-key , web-key x"; got != want {
		t.Errorf("the endpoint was asked %q, want %q: the page's own key, then the next link without its port", got, want)
	}
	g.asked, g.reviews = nil, 71
	if r, err = c.Run(t.Context(), src, sink, wellBefore()); err != nil || r.New != 1 {
		t.Errorf("%+v, err %v, asked %v; want the one that is new, which the page itself does not show", r, err, g.asked)
	}
}
