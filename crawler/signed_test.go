package crawler

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"otklik/mention"
)

// yandexMaps is a stand-in of one organisation's page and of the signed call
// behind it. It refuses the page's own token once, as the site does.
type yandexMaps struct {
	t       *testing.T
	reviews int
	token   string // the one that is accepted
	refuse  bool   // every token, for ever
	asked   []string
}

func (y *yandexMaps) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasPrefix(r.URL.Path, "/maps/org/"):
		http.SetCookie(w, &http.Cookie{Name: "yandexuid", Value: "77", Path: "/"})
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!DOCTYPE html><html><head><title>Ромашка</title></head><body><script type="application/json" class="state-view">%s</script></body></html>`,
			`{"config":{"csrfToken":"stale:1","requestId":"req-1","locale":"ru_RU","counters":{"analytics":{"sessionId":"ses-1"}}},"stack":[{"results":{"items":[{"id":"123","reviewResults":{"reviews":[`+
				review(1)+`],"params":{"count":`+strconv.Itoa(y.reviews)+`,"loadedReviewsCount":1}}}]}}]}`)
	case r.URL.Path == "/maps/api/business/fetchReviews":
		y.fetchReviews(w, r)
	default:
		y.t.Errorf("asked for %s", r.URL)
	}
}

func (y *yandexMaps) fetchReviews(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	y.asked = append(y.asked, q.Get("page")+" "+q.Get("csrfToken"))
	query, given, _ := strings.Cut(r.URL.RawQuery, "&s=")
	if given != djb2(query) {
		y.t.Errorf("signature %q of %q, want %s", given, query, djb2(query))
	}
	if values, err := url.ParseQuery(query); err != nil || values.Encode() != query {
		y.t.Errorf("the query %q is not in alphabetical order", query)
	}
	if c, err := r.Cookie("yandexuid"); err != nil || c.Value != "77" {
		y.t.Errorf("the page's cookie is missing: %v", r.Cookies())
	}
	if q.Get("ranking") != "by_time" || q.Get("businessId") != "123" || q.Get("sessionId") != "ses-1" || q.Get("reqId") != "req-1" {
		y.t.Errorf("query %v", q)
	}
	w.Header().Set("Content-Type", "application/json")
	if y.refuse || q.Get("csrfToken") != y.token {
		fmt.Fprintf(w, `{"csrfToken":%q}`, y.token)
		return
	}
	page, _ := strconv.Atoi(q.Get("page"))
	var list []string
	for n := y.reviews - 50*(page-1); n > max(0, y.reviews-50*page); n-- {
		list = append(list, review(n))
	}
	fmt.Fprintf(w, `{"data":{"reviews":[%s],"params":{"count":%d,"page":%d}}}`, strings.Join(list, ","), y.reviews, page)
}

// djb2 is the signature as the sources describe it, written once more.
func djb2(s string) string {
	h := uint64(5381)
	for _, b := range []byte(s) {
		h = (h*33 ^ uint64(b)) & 0xffffffff
	}
	return strconv.FormatUint(h, 10)
}

func review(n int) string {
	return fmt.Sprintf(`{"reviewId":"r%d","businessId":"123","author":{"name":"Гость %d"},"text":"Отзыв %d","rating":%d,"updatedTime":"2026-11-%02dT10:00:00Z"}`, n, n, n, 1+n%5, 1+n%20)
}

func mapsSource(t *testing.T, y *yandexMaps) Source {
	t.Helper()
	all, err := LoadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	site, err := all.Site("yandex-maps")
	if err != nil {
		t.Fatal(err)
	}
	y.t = t
	return Source{
		ID: "maps", Brand: "Ромашка", Site: site, Pace: Pace{Delay: 1},
		Params: map[string]string{"org": "123", "base": serve(t, y.ServeHTTP)},
	}
}

func TestRun_SignedCallBehindThePage(t *testing.T) {
	y := &yandexMaps{reviews: 60, token: "fresh:2"}
	src, sink, c := mapsSource(t, y), newArchive(), newCrawler(t, testConfig(), Deps{})
	r, err := c.Run(t.Context(), src, sink, mention.Source{})
	if err != nil || r.Verdict != mention.OK || r.New != 60 {
		t.Fatalf("%+v, err %v; want 60 reviews", r, err)
	}
	if got, want := strings.Join(y.asked, ", "), "1 stale:1, 1 fresh:2, 2 fresh:2"; got != want {
		t.Errorf("asked %s, want %s", got, want)
	}
	y.asked, y.reviews = nil, 61
	r, err = c.Run(t.Context(), src, sink, wellBefore())
	if err != nil || r.Verdict != mention.OK || r.New != 1 {
		t.Fatalf("%+v, err %v; want the one review that is new", r, err)
	}
	if got := len(y.asked); got > 3 {
		t.Errorf("%d calls for one new review: %v", got, y.asked)
	}
	y.asked = nil
	r, err = c.Run(t.Context(), src, sink, wellBefore())
	if err != nil || r.New != 0 || len(y.asked) != 2 {
		t.Errorf("%+v, err %v, asked %v; want the walk to end at the first known page of the call", r, err, y.asked)
	}
}

func TestRun_TokenThatIsNeverAcceptedIsABlock(t *testing.T) {
	y := &yandexMaps{reviews: 60, token: "other:3", refuse: true}
	src, c := mapsSource(t, y), newCrawler(t, testConfig(), Deps{})
	r, err := c.Run(t.Context(), src, newArchive(), mention.Source{})
	if err != nil || r.Verdict != mention.Blocked || len(y.asked) != 2 {
		t.Errorf("%+v, err %v, asked %v; want blocked after one more try", r, err, y.asked)
	}
}

func TestRun_SearchesForTheBrandsQuery(t *testing.T) {
	var asked []string
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		asked = append(asked, strings.TrimSpace(q.Get("q")+" "+q.Get("start_from")))
		next := ""
		if q.Get("start_from") == "" {
			next = `,"next_from":"2"`
		}
		fmt.Fprintf(w, `{"response":{"items":[{"id":%d,"owner_id":1,"from_id":1,"date":1763460000,"post_type":"post","text":"x"}],"count":1%s}}`, len(asked), next)
	})
	all, err := LoadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	site, err := all.Site("vk")
	if err != nil {
		t.Fatal(err)
	}
	params := map[string]string{"token": "tok", "base": address}
	words, err := site.Searches(params, "ромашка OR romashka")
	if err != nil {
		t.Fatal(err)
	}
	src := Source{ID: "vk", Brand: "Ромашка", Site: site, Pace: Pace{Delay: 1}, Params: params, Searches: words}
	r, err := newCrawler(t, testConfig(), Deps{}).Run(t.Context(), src, newArchive(), mention.Source{})
	if err != nil || r.Verdict != mention.OK || r.New != 4 {
		t.Fatalf("%+v, err %v", r, err)
	}
	if got, want := strings.Join(asked, ", "), "ромашка, ромашка 2, romashka, romashka 2"; got != want {
		t.Errorf("asked for %s, want %s", got, want)
	}
}
