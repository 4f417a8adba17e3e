package bench_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"otklik/bench"
	"otklik/crawler"
	"otklik/mention"
)

func read(t *testing.T, s *bench.Site, path string) (int, []byte) {
	t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, w.Body.Bytes()
}

func definition(t testing.TB) *crawler.Site {
	t.Helper()
	site, err := crawler.ParseSite("load.yaml", bench.Definition)
	if err != nil {
		t.Fatal(err)
	}
	return site
}

func extract(t *testing.T, body []byte) crawler.Page {
	t.Helper()
	page := definition(t).Extract(crawler.Raw{Status: 200, Body: body, FetchedAt: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)},
		crawler.Options{Params: map[string]string{"slug": "p0"}})
	if page.Verdict != mention.OK {
		t.Fatalf("verdict %s, %+v", page.Verdict, page.Evidence)
	}
	return page
}

func TestSite_ServesFullPages(t *testing.T) {
	s := bench.NewSite(bench.SiteConfig{Products: 2, Pages: 2})
	_, first := read(t, s, "/reviews/p0/")
	_, second := read(t, s, "/reviews/p0/2/")
	_, other := read(t, s, "/reviews/p1/")
	if n := len(first); n < 55_000 || n > 65_000 {
		t.Errorf("a page has %d bytes, want about 60 KB", n)
	}
	seen := map[string]bool{}
	for _, body := range [][]byte{first, second, other} {
		for _, m := range extract(t, body).Mentions {
			if seen[m.ExternalID] || m.Author == "" || m.Stars() == 0 || m.PublishedAt.IsZero() || m.Pros == "" || m.Cons == "" || len(m.Text) < 500 {
				t.Errorf("review %+v", m)
			}
			seen[m.ExternalID] = true
		}
	}
	if len(seen) != 60 {
		t.Errorf("%d reviews on three pages, want 60", len(seen))
	}
	if extract(t, first).Next == nil || extract(t, second).Next != nil {
		t.Error("want a second page and no third")
	}
	if status, _ := read(t, s, "/reviews/p2/"); status != http.StatusNotFound {
		t.Errorf("status %d for a product that is not there", status)
	}
}

func TestSite_NewAndEditedReviews(t *testing.T) {
	s := bench.NewSite(bench.SiteConfig{Still: true})
	_, before := read(t, s, "/reviews/p0/")
	_, again := read(t, s, "/reviews/p0/")
	if !bytes.Equal(before, again) {
		t.Error("a still site changed")
	}
	s.Publish(0, 1)
	s.Edit(0, 2)
	_, after := read(t, s, "/reviews/p0/")
	old, now := extract(t, before).Mentions, extract(t, after).Mentions
	if now[1].ExternalID != old[0].ExternalID || now[0].ExternalID == old[0].ExternalID {
		t.Errorf("the newest is %s, then %s; was %s", now[0].ExternalID, now[1].ExternalID, old[0].ExternalID)
	}
	if now[1].Text == old[0].Text {
		t.Error("the edited review reads as before")
	}
	if now[2].Text != old[1].Text {
		t.Error("a review that was not edited changed")
	}
}

func TestSite_Complain(t *testing.T) {
	s := bench.NewSite(bench.SiteConfig{})
	id := s.Complain(0)
	_, body := read(t, s, "/reviews/p0/")
	if m := extract(t, body).Mentions[0]; m.ExternalID != id || m.Stars() != 1 || !strings.Contains(m.Text, id) {
		t.Errorf("the newest review is %+v, want complaint %s", m, id)
	}
}

func TestSite_AdvertisementsDiffer(t *testing.T) {
	s := bench.NewSite(bench.SiteConfig{})
	_, one := read(t, s, "/reviews/p0/")
	_, two := read(t, s, "/reviews/p0/")
	advert := regexp.MustCompile(`<!-- \d+ -->`)
	if bytes.Equal(one, two) || !bytes.Equal(advert.ReplaceAll(one, nil), advert.ReplaceAll(two, nil)) {
		t.Error("two answers must differ in the advertisement alone")
	}
	if s.Visits() != 2 {
		t.Errorf("%d visits, want 2", s.Visits())
	}
}

func TestSite_IsToldFromOutside(t *testing.T) {
	s := bench.NewSite(bench.SiteConfig{Still: true})
	for path, want := range map[string]int{
		"/publish?product=0&n=3": http.StatusOK, "/publish?product=9&n=3": http.StatusBadRequest,
		"/edit?product=0&n=x": http.StatusBadRequest, "/other?product=0&n=1": http.StatusNotFound,
	} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, nil))
		if w.Code != want {
			t.Errorf("POST %s: %d, want %d", path, w.Code, want)
		}
	}
	if _, body := read(t, s, "/reviews/p0/"); !strings.Contains(string(body), `content="23"`) {
		t.Error("three reviews were not published")
	}
}
