package reports_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"otklik/mention"
	"otklik/reports"
)

// get asks the handler of an archive.
func get(t *testing.T, a *archive, address string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	reports.Handler(maker(a), "", slog.New(slog.DiscardHandler))(mention.Frame{Lang: "ru"}).
		ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, nil))
	return w
}

// TestBehind follows every number of answering that the page shows: the list
// behind it says the same number and holds as many complaints.
func TestBehind(t *testing.T) {
	a := busy()
	page, err := goquery.NewDocumentFromReader(get(t, a, "/reports/?from=2026-11-14&to=2026-11-21").Body)
	if err != nil {
		t.Fatal(err)
	}
	followed := map[string]bool{}
	page.Find(`a[href*="behind="]`).Each(func(_ int, link *goquery.Selection) {
		href, _ := link.Attr("href")
		at, err := url.Parse(href)
		if err != nil {
			t.Fatal(err)
		}
		figure := at.Query().Get("behind")
		w := get(t, a, href)
		if w.Code != http.StatusOK {
			t.Fatalf("%s: %d", figure, w.Code)
		}
		list, err := goquery.NewDocumentFromReader(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		rows := list.Find("tbody tr").Length()
		if n, err := strconv.Atoi(link.Text()); err == nil && n != rows { // others are shares and bars
			t.Errorf("%s: the number is %d, behind it are %d complaints", figure, n, rows)
		}
		if head := list.Find("h1").Text(); rows == 0 || strings.Contains(head, "%!") || strings.TrimSpace(head) == "" {
			t.Errorf("%s: %d complaints under %q", figure, rows, head)
		}
		if list.Find("tbody b").Length() > 0 {
			t.Errorf("%s: the customer's words are taken for HTML", figure)
		}
		followed[strings.Join(strings.SplitN(figure, ".", 3)[:min(2, strings.Count(figure, ".")+1)], ".")] = true
	})
	for _, want := range []string{"norm.take", "norm.answer", "norm.visible", "interval.crawl", "interval.delivery", "interval.take", "interval.answer", "interval.visible", "person.taken", "person.answered", "unverifiable"} {
		if !followed[want] {
			t.Errorf("no number leads to %s", want)
		}
	}
}

func TestBehind_pages(t *testing.T) {
	a := &archive{}
	for i := range 120 {
		a.timings = append(a.timings, complaint(mention.TaskID(i+1), 1, 30, 60))
	}
	for page, want := range map[string]int{"": 50, "&page=1": 50, "&page=2": 20, "&page=3": 0} {
		w := get(t, a, "/reports/?from=2026-11-14&to=2026-11-21&behind=norm.take.missed"+page)
		if n := strings.Count(w.Body.String(), `href="/tasks/`); n != want || !strings.Contains(w.Body.String(), "Жалобы: 120") {
			t.Errorf("page %q has %d complaints, want %d of 120", page, n, want)
		}
	}
	for _, wrong := range []string{"behind=norm.take", "behind=norm.sing.met", "behind=x", "behind=norm.take.met&page=-1", "behind=norm.take.met&page=x"} {
		if w := get(t, a, "/reports/?"+wrong); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", wrong, w.Code)
		}
	}
}

// TestLinks_compared: the archive holds competitors too, so a number of the
// company's own brands has to name them.
func TestLinks_compared(t *testing.T) {
	m := maker(busy())
	m.Brands = append(m.Brands, "Пион Банк")
	r, err := m.Make(t.Context(), reports.Query{From: from, To: to})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := m.WriteHTML(&b, r, reports.View{Lang: "ru", Linked: true}); err != nil {
		t.Fatal(err)
	}
	page, err := goquery.NewDocumentFromReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{
		".tile:nth-of-type(1) a": {brand, "Пион Банк"}, ".pair section:first-child td a": {brand, "Пион Банк"}, `a[href*="label=nps"]`: {brand, "Пион Банк"},
	} {
		href, _ := page.Find(name).First().Attr("href")
		at, err := url.Parse(href)
		if err != nil || strings.Join(at.Query()["brand"], ",") != strings.Join(want, ",") {
			t.Errorf("%s leads to %q, %v", name, href, err)
		}
	}
	if href, _ := page.Find(`a[href*="tone=none"]`).Attr("href"); href == "" {
		t.Error("nothing leads to the mentions without a tone")
	}
}
