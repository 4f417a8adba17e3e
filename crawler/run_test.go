package crawler

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"otklik/mention"
)

func TestRun_StopsAtTheFirstKnownPage(t *testing.T) {
	site, sink, c := newPretend(t), newArchive(), newCrawler(t, testConfig(), Deps{})
	site.pages["/1"] = townPage{Items: items("a", 3), Next: "/2"}
	site.pages["/2"] = townPage{Items: items("b", 3), Next: "/3"}
	site.pages["/3"] = townPage{Items: items("c", 3)}
	first := site.run(t, c, sink, mention.Source{})
	if first.Verdict != mention.OK || first.New != 9 || first.Pages != 3 || first.Requests != 3 || first.Items != 9 {
		t.Fatalf("first pass: %+v", first)
	}
	if want := []string{"c1", "c2", "c3", "b1", "b2", "b3", "a1", "a2", "a3"}; !slices.Equal(sink.taken, want) {
		t.Errorf("taken %v, want the oldest page first: %v", sink.taken, want)
	}
	site.pages["/1"] = townPage{Items: append([]townItem{{ID: "new", Text: "свежий"}}, items("a", 2)...), Next: "/2"}
	second := site.run(t, c, sink, wellBefore())
	if second.New != 1 || second.Pages != 2 || second.Verdict != mention.OK {
		t.Errorf("second pass: %+v, want 1 new on 2 pages", second)
	}
	if sink.asked != 4 {
		t.Errorf("the sink was asked %d times, want once for each page that changed: 4", sink.asked)
	}
	third := site.run(t, c, sink, wellBefore())
	if third.Verdict != mention.Unchanged || third.Requests != 1 || third.New != 0 {
		t.Errorf("third pass: %+v, want one request and unchanged", third)
	}
}

func TestRun_PinnedItemsStopNothing(t *testing.T) {
	site, sink, c := newPretend(t), newArchive(), newCrawler(t, testConfig(), Deps{})
	pin := townItem{ID: "pin", Text: "правила", Pinned: true}
	site.pages["/1"] = townPage{Items: []townItem{pin}, Next: "/2"}
	site.run(t, c, sink, mention.Source{})
	site.pages["/1"] = townPage{Items: []townItem{pin}, Next: "/2", Promised: 1} // other bytes
	site.pages["/2"] = townPage{Items: items("a", 2)}
	if r := site.run(t, c, sink, wellBefore()); r.New != 2 {
		t.Errorf("%+v, want the 2 new items behind the pinned one", r)
	}
}

// strangers is an archive to which some mentions are about another brand.
type strangers struct{ *archive }

func (s strangers) Fresh(ctx context.Context, page []mention.Mention) ([]mention.Freshness, error) {
	fresh, err := s.archive.Fresh(ctx, page)
	for i := range page {
		if strings.HasPrefix(page[i].ExternalID, "x") {
			fresh[i] = mention.Foreign
		}
	}
	return fresh, err
}

func TestRun_MentionsOfOtherBrandsAreNoNews(t *testing.T) {
	site, sink, c := newPretend(t), strangers{newArchive()}, newCrawler(t, testConfig(), Deps{})
	src := testSource()
	src.Site.Open = OpenChanged
	site.pages["/1"] = townPage{Items: []townItem{{ID: "x1", Text: "чужое", Detail: "/d"}}, Next: "/2"}
	site.pages["/2"] = townPage{Items: items("a", 1)}
	r, err := c.walk(t.Context(), src, town{start: []string{site.url + "/1"}}, sink, wellBefore(), nil)
	if err != nil || r.Pages != 1 || r.New != 0 || site.hits["/d"] != 0 {
		t.Errorf("%+v, hits %v, err %v; want a stop at page 1 without a look at details", r, site.hits, err)
	}
}

func TestRun_ReadsEverythingWhereTheNewestAreNotFirst(t *testing.T) {
	site, sink, c := newPretend(t), newArchive(), newCrawler(t, testConfig(), Deps{})
	src := testSource()
	src.Site.NewestFirst = false
	site.pages["/1"] = townPage{Items: items("a", 2), Next: "/2"}
	site.pages["/2"] = townPage{Items: items("b", 2)}
	def := town{start: []string{site.url + "/1"}}
	if _, err := c.walk(t.Context(), src, def, sink, mention.Source{}, nil); err != nil {
		t.Fatal(err)
	}
	site.pages["/2"] = townPage{Items: append(items("b", 2), townItem{ID: "late", Text: "ниже"})}
	r, err := c.walk(t.Context(), src, def, sink, wellBefore(), nil)
	if err != nil || r.New != 1 || r.Pages != 2 || r.Verdict != mention.OK {
		t.Errorf("%+v, err %v; want the new item on page 2, behind a page that is unchanged", r, err)
	}
}

// A pass that broke off on page 2 leaves page 1 known; the next one must not
// stop in front of the gap.
func TestRun_GoesBehindKnownPagesAfterABadPass(t *testing.T) {
	site, sink, c := newPretend(t), newArchive(), newCrawler(t, testConfig(), Deps{})
	site.pages["/1"] = townPage{Items: items("a", 2), Next: "/2"}
	site.extra = func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/showcaptcha?back="+r.URL.Path, http.StatusFound)
	}
	site.pages["/showcaptcha"] = townPage{}
	r := site.run(t, c, sink, wellBefore())
	if r.Verdict != mention.Blocked || r.New != 2 || r.Evidence.Marker != "captcha" || !strings.Contains(r.Evidence.URL, "/showcaptcha") {
		t.Fatalf("%+v, want blocked with evidence, and page 1 kept", r)
	}
	site.pages["/2"] = townPage{Items: items("b", 2)}
	r = site.run(t, c, sink, mention.Source{Verdict: mention.Blocked})
	if r.Verdict != mention.OK || r.New != 2 {
		t.Errorf("%+v, want the 2 items of page 2", r)
	}
}

// When the process dies or the archive fails between two pages, the newest
// page is still unknown, and the next pass reads on to the rest.
func TestRun_FailureOfTheArchiveLosesNothing(t *testing.T) {
	site, sink, c := newPretend(t), newArchive(), newCrawler(t, testConfig(), Deps{})
	site.pages["/1"] = townPage{Items: items("a", 2), Next: "/2"}
	site.pages["/2"] = townPage{Items: items("b", 2), Next: "/3"}
	site.pages["/3"] = townPage{Items: items("c", 2)}
	sink.failOn = "b1"
	_, err := c.walk(t.Context(), testSource(), town{start: []string{site.url + "/1"}}, sink, wellBefore(), nil)
	if err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Fatalf("err = %v, want the archive's", err)
	}
	sink.failOn = ""
	if r := site.run(t, c, sink, wellBefore()); r.New != 4 || len(sink.known) != 6 {
		t.Errorf("%+v with %d known, want 4 new and 6 known", r, len(sink.known))
	}
}

func TestRun_PagingTraps(t *testing.T) {
	for name, c := range map[string]struct {
		pages map[string]townPage
		want  mention.Run
	}{
		"next points to itself": {map[string]townPage{"/1": {Items: items("a", 2), Next: "/1"}},
			mention.Run{Verdict: mention.OK, Pages: 1, New: 2}},
		"tokens run in a circle": {map[string]townPage{
			"/1": {Items: items("a", 2), Next: "/2"}, "/2": {Items: items("b", 2), Next: "/1"}},
			mention.Run{Verdict: mention.OK, Pages: 2, New: 4}},
		"the last page repeats under new addresses": {map[string]townPage{
			"/1": {Items: items("a", 2), Next: "/2"}, "/2": {Items: items("b", 2), Next: "/3"}, "/3": {Items: items("b", 2), Next: "/4"}, "/4": {Items: items("b", 2), Next: "/5"}},
			mention.Run{Verdict: mention.OK, Pages: 3, New: 4}},
		"behind the end is a 404": {map[string]townPage{"/1": {Items: items("a", 2), Next: "/none"}},
			mention.Run{Verdict: mention.OK, Pages: 2, New: 2}},
		"lists shift while they are read": {map[string]townPage{
			"/1": {Items: items("a", 2), Next: "/2"}, "/2": {Items: items("a", 3)}},
			mention.Run{Verdict: mention.OK, Pages: 2, New: 3}},
		"an empty last page": {map[string]townPage{
			"/1": {Items: items("a", 2), Next: "/2"}, "/2": {Verdict: mention.Empty}},
			mention.Run{Verdict: mention.OK, Pages: 2, New: 2}},
		"nothing at all": {map[string]townPage{"/1": {Verdict: mention.Empty}},
			mention.Run{Verdict: mention.Empty, Pages: 1}},
		"no such object": {nil, mention.Run{Verdict: mention.NotFound, Pages: 1}},
		"page 2 changed its layout": {map[string]townPage{
			"/1": {Items: items("a", 2), Next: "/2"}, "/2": {Verdict: mention.Layout, Items: items("b", 1)}},
			mention.Run{Verdict: mention.Layout, Pages: 2, New: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			site := newPretend(t)
			if c.pages != nil {
				site.pages = c.pages
			}
			r := site.run(t, newCrawler(t, testConfig(), Deps{}), newArchive(), mention.Source{})
			got := mention.Run{Verdict: r.Verdict, Pages: r.Pages, New: r.New}
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("%s, %d pages, %d new (%s); want %s, %d pages, %d new", r.Verdict, r.Pages, r.New, r.Evidence.Note, c.want.Verdict, c.want.Pages, c.want.New)
			}
		})
	}
}

func TestRun_EndlessListEndsAtThePageLimit(t *testing.T) {
	site := newPretend(t)
	n := 0
	site.extra = func(w http.ResponseWriter, _ *http.Request) {
		n++
		_ = json.NewEncoder(w).Encode(townPage{Items: items(fmt.Sprint("p", n, "-"), 2), Next: fmt.Sprint(site.url, "/more", n)})
	}
	if r := site.run(t, newCrawler(t, testConfig(), Deps{}), newArchive(), mention.Source{}); r.Pages != defaultPages || r.Verdict != mention.OK {
		t.Errorf("%d pages, %s; want %d", r.Pages, r.Verdict, defaultPages)
	}
}

func TestRun_TooManyRequestsIsHonoured(t *testing.T) {
	site := newPretend(t)
	site.extra = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusTooManyRequests)
	}
	c := newCrawler(t, testConfig(), Deps{})
	r := site.run(t, c, newArchive(), wellBefore())
	if r.Verdict != mention.Blocked || r.RetryIn != time.Hour || r.Requests != 1 {
		t.Errorf("%+v, want blocked, retry in 1h, one request", r)
	}
	r = site.run(t, c, newArchive(), wellBefore())
	if r.Verdict != mention.Blocked || r.RetryIn < 59*time.Minute || r.Requests != 0 || site.hits["/1"] != 1 {
		t.Errorf("too early: %+v with %d hits, want blocked without a request", r, site.hits["/1"])
	}
}

func TestRun_DeadlineEndsInAVerdict(t *testing.T) {
	cfg := testConfig()
	cfg.Timeout, cfg.Deadline = 500*time.Millisecond, 500*time.Millisecond
	site := newPretend(t)
	site.pages["/1"] = townPage{Items: items("a", 2), Next: "/slow"}
	site.extra = func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	sink := newArchive()
	r := site.run(t, newCrawler(t, cfg, Deps{}), sink, wellBefore())
	if r.Verdict != mention.Unreachable || r.New != 2 || !strings.Contains(r.Evidence.Note, "the pass has spent its time (500ms)") {
		t.Errorf("%+v, want unreachable with the first page kept", r)
	}
}

func TestRun_ShutdownIsNotTheSitesFault(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	site := newPretend(t)
	site.extra = func(_ http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() }
	c := newCrawler(t, testConfig(), Deps{})
	if _, err := c.walk(ctx, testSource(), town{start: []string{site.url}}, newArchive(), wellBefore(), nil); err == nil {
		t.Error("a pass that was stopped looks complete")
	}
}

func TestRun_TenThousandItemsOnAPage(t *testing.T) {
	site, sink := newPretend(t), newArchive()
	site.pages["/1"] = townPage{Items: items("a", 10000)}
	if r := site.run(t, newCrawler(t, testConfig(), Deps{}), sink, mention.Source{}); r.New != 10000 || sink.asked != 1 {
		t.Errorf("%d new in %d round trips, want 10000 in 1", r.New, sink.asked)
	}
}

func TestRun_DetailPages(t *testing.T) {
	site, sink, c := newPretend(t), newArchive(), newCrawler(t, testConfig(), Deps{})
	src := testSource()
	src.Site.Open = OpenChanged
	walk := func(prior mention.Source) mention.Run {
		t.Helper()
		r, err := c.walk(t.Context(), src, town{start: []string{site.url + "/1"}}, sink, prior, nil)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	site.pages["/1"] = townPage{Items: []townItem{{ID: "a", Text: "начало", Detail: "/d/a"}, {ID: "b", Text: "начало", Detail: "/d/gone"}}}
	site.pages["/d/a"] = townPage{Items: items("x", 1)}
	if r := walk(mention.Source{}); r.New != 2 || r.Verdict != mention.OK || !strings.Contains(sink.texts["a"], "Items") || sink.texts["b"] != "начало" {
		t.Fatalf("%+v, texts %v; want a's detail, and b as the list has it", r, sink.texts)
	}
	site.pages["/1"] = townPage{Promised: 1, Items: []townItem{{ID: "c", Text: "новый", Detail: "/captcha"}, {ID: "a", Text: "начало", Detail: "/d/a"}}}
	site.extra = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }
	if r := walk(wellBefore()); r.Verdict != mention.Blocked || r.New != 1 || site.hits["/d/a"] != 1 || !slices.Equal(sink.partly, []string{"c"}) {
		t.Fatalf("%+v, %d looks at a, partly read %v; want c archived in part and the known a not opened", r, site.hits["/d/a"], sink.partly)
	}
	site.pages["/captcha"] = townPage{Items: items("y", 1)}
	if r := walk(mention.Source{Verdict: mention.Blocked}); r.Edited != 1 || !strings.Contains(sink.texts["c"], "Items") {
		t.Errorf("%+v, texts %v; want c's detail read at the second try", r, sink.texts)
	}
	whole := sink.texts["c"]
	for path, answer := range map[string]int{"forbidden": http.StatusForbidden, "gone": http.StatusNotFound} {
		site.pages["/1"] = townPage{Items: []townItem{{ID: "c", Text: "короче " + path, Detail: "/" + path}}}
		site.extra = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(answer) }
		if r := walk(wellBefore()); r.Edited != 0 || sink.texts["c"] != whole {
			t.Errorf("%s: %+v, text %s; want the whole text kept", path, r, sink.texts["c"])
		}
	}
}

func TestRun_ConditionalRequests(t *testing.T) {
	site, sink := newPretend(t), newArchive()
	asked := 0
	site.extra = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		if r.Header.Get("If-None-Match") == `"v1"` {
			asked++
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = io.WriteString(w, `{"Items":[{"ID":"a","Text":"отзыв"}]}`)
	}
	c := newCrawler(t, testConfig(), Deps{})
	sink.failOn = "a"
	if _, err := c.walk(t.Context(), testSource(), town{start: []string{site.url + "/1"}}, sink, mention.Source{}, nil); err == nil {
		t.Fatal("the archive's failure was lost")
	}
	sink.failOn = ""
	if r := site.run(t, c, sink, wellBefore()); r.New != 1 || asked != 0 {
		t.Fatalf("%+v with %d conditional requests; want none before the page was archived", r, asked)
	}
	if r := site.run(t, c, sink, wellBefore()); r.Verdict != mention.Unchanged || asked != 1 {
		t.Errorf("%+v with %d conditional requests; want unchanged with one", r, asked)
	}
}

// hostile panics on every page.
type hostile struct{ town }

func (hostile) Extract(Raw) Page { panic("index out of range") }

func TestRun_BugInADefinitionBlindsOneSource(t *testing.T) {
	site := newPretend(t)
	site.pages["/1"] = townPage{}
	c := newCrawler(t, testConfig(), Deps{})
	r, err := c.walk(t.Context(), testSource(), hostile{town{start: []string{site.url + "/1"}}}, newArchive(), wellBefore(), nil)
	if err != nil || r.Verdict != mention.Layout || !strings.Contains(r.Evidence.Note, "index out of range") {
		t.Errorf("%+v, err %v; want layout with the bug in the note", r, err)
	}
}

func TestRun_EvidenceHidesSecrets(t *testing.T) {
	site := newPretend(t)
	site.extra = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }
	dir := t.TempDir()
	raw, err := OpenRawStore(dir, RawConfig{Keep: time.Hour, MaxBytes: 1 << 20}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	src := testSource()
	src.Site.Params = map[string]Param{"pass": {Secret: true}}
	src.Params = map[string]string{"pass": "hush-hush"}
	c := newCrawler(t, testConfig(), Deps{Raw: raw})
	r, err := c.walk(t.Context(), src, town{start: []string{site.url + "/hush-hush/x?access_token=quiet&page=1"}}, newArchive(), wellBefore(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := site.url + "/[redacted]/x?access_token=[redacted]&page=1"; r.Evidence.URL != want {
		t.Errorf("evidence at %s, want %s", r.Evidence.URL, want)
	}
	page, err := raw.Open(r.Evidence.Snapshot)
	if err != nil || strings.Contains(fmt.Sprint(page), "hush") || strings.Contains(fmt.Sprint(page), "quiet") {
		t.Errorf("stored page %+v, err %v", page, err)
	}
}

// notes is a Cursors in memory.
type notes map[mention.SourceID][]byte

func (n notes) Cursor(_ context.Context, id mention.SourceID) ([]byte, error) { return n[id], nil }

func (n notes) SaveCursor(_ context.Context, id mention.SourceID, v []byte) error {
	n[id] = v
	return nil
}

func TestBackfill_ResumesAndEndsAtItsDate(t *testing.T) {
	site, sink, places, c := newPretend(t), newArchive(), notes{}, newCrawler(t, testConfig(), Deps{})
	for i := 1; i <= 9; i++ {
		site.pages[fmt.Sprint("/", i)] = townPage{Next: fmt.Sprint("/", i+1), Items: []townItem{
			{ID: fmt.Sprint("r", i), Text: "отзыв", Date: fmt.Sprintf("2026-%02d-15", 10-i)}}}
	}
	b := Backfill{Since: time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC), Requests: 2, Cursors: places}
	src := testSource()
	var pages []int
	for range 4 {
		r, err := c.walk(t.Context(), src, town{start: []string{site.url + "/1"}}, sink, mention.Source{}, newBackfill(src, b, 300))
		if err != nil || r.Verdict != mention.OK {
			t.Fatalf("%+v, err %v", r, err)
		}
		pages = append(pages, r.Pages)
		if len(places[src.ID]) == 0 {
			break
		}
	}
	if fmt.Sprint(pages) != "[2 2 2 1]" || len(sink.taken) != 7 {
		t.Errorf("walks of %v pages, taken %v; want [2 2 2 1], and r1 to r7, of which the last is past the date", pages, sink.taken)
	}
	for path, n := range site.hits {
		if n != 1 {
			t.Errorf("%s was read %d times", path, n)
		}
	}
}

func TestLook(t *testing.T) {
	site, c := newPretend(t), newCrawler(t, testConfig(), Deps{})
	site.pages["/1"] = townPage{Items: items("a", 2), Next: "/2"}
	site.pages["/2"] = townPage{Items: []townItem{{ID: "b", Text: "иначе"}}}
	site.pages["/d"] = townPage{Items: items("x", 1)}
	def, src := town{start: []string{site.url + "/1"}}, testSource()
	known := func(id, url string) mention.Mention {
		return mention.Mention{ID: "kept", Brand: src.Brand, Source: "town", SourceID: src.ID, ExternalID: id, URL: url}
	}
	for _, c2 := range []struct {
		name    string
		m       mention.Mention
		verdict mention.Verdict
		text    string
	}{
		{"its own page", known("b", site.url+"/d"), mention.OK, `{"Verdict"`},
		{"its own page is gone", known("b", site.url+"/gone"), mention.NotFound, ""},
		{"on the list's second page", known("b", ""), mention.OK, "иначе"},
		{"on no page", known("z", ""), mention.NotFound, ""},
	} {
		t.Run(c2.name, func(t *testing.T) {
			m, v, ev := c.look(t.Context(), src, def, c2.m)
			if v != c2.verdict || !strings.HasPrefix(m.Text, c2.text) || m.ID != "kept" || ev.URL == "" {
				t.Errorf("%+v, %s, %+v; want %s with text %q", m, v, ev, c2.verdict, c2.text)
			}
		})
	}
}

func TestRawStore(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	s, err := OpenRawStore(dir, RawConfig{Keep: 48 * time.Hour, MaxBytes: 1 << 20}, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	save := func(site string, ago time.Duration, body string) string {
		t.Helper()
		raw := Raw{Request: Request{Stage: List, URL: "https://x/1", Page: 1, Vars: map[string]string{"country": "ru"}}, URL: "https://x/1",
			Status: 200, Header: http.Header{"Content-Type": {"text/html"}, "Set-Cookie": {"session=hush"}}, Body: []byte(body), FetchedAt: now.Add(-ago)}
		name, err := s.Save(site, "s1", raw, mention.Layout)
		if err != nil {
			t.Fatal(err)
		}
		return name
	}
	old := save("town", 72*time.Hour, "old")
	save("town", 2*time.Hour, "two")
	again := save("town", time.Hour, "two")
	save("other", time.Hour, "three")
	var bodies []string
	for page, err := range s.Since("town", now.Add(-24*time.Hour)) {
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, string(page.Raw.Body))
		if page.Raw.Header.Get("Set-Cookie") != "" || page.Raw.Request.Vars["country"] != "ru" || page.Verdict != mention.Layout || page.Sum != bodySum(page.Raw.Body) {
			t.Errorf("%+v", page)
		}
	}
	if fmt.Sprint(bodies) != "[two]" {
		t.Errorf("since yesterday: %v, want [two] once", bodies)
	}
	if page, err := s.Open(again); err != nil || string(page.Raw.Body) != "two" {
		t.Errorf("Open(%s) = %+v, %v", again, page, err)
	}
	if n, err := s.Purge(); n != 1 || err != nil {
		t.Errorf("Purge = %d, %v; want 1", n, err)
	}
	for _, name := range []string{old, "../../etc/passwd", "town/../x.zst", ""} {
		if _, err := s.Open(name); err == nil {
			t.Errorf("Open(%q) found something", name)
		}
	}
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestRawStore_OldestGiveWay(t *testing.T) {
	dir, now := t.TempDir(), time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	limit := int64(64 << 10)
	open := func() *RawStore {
		s, err := OpenRawStore(dir, RawConfig{Keep: time.Hour, MaxBytes: limit}, func() time.Time { return now })
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	noise := make([]byte, 4<<10)
	last := ""
	for i := range 100 {
		for j := range noise { // does not compress
			noise[j] = byte((i*7919 + j*104729 + j*j*31) >> 3)
		}
		var err error
		last, err = s.Save("town", "s1", Raw{Body: noise, FetchedAt: now.Add(time.Duration(i) * time.Second)}, mention.OK)
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Open(last); err != nil || s.bytes > limit {
		t.Errorf("newest page: %v; %d bytes, want at most %d", err, s.bytes, limit)
	}
	if reopened := open(); reopened.bytes != s.bytes {
		t.Errorf("%d bytes after reopening, want %d", reopened.bytes, s.bytes)
	}
}

func TestReadCookies(t *testing.T) {
	const file = "# Netscape HTTP Cookie File\n\n" +
		".otzovik.com\tTRUE\t/\tTRUE\t1900000000\tsid\tabc\r\n" +
		"#HttpOnly_otzovik.com\tFALSE\t/x\tFALSE\t0\tonce\t1\n" +
		"otzovik.com\tFALSE\t/\tFALSE\t1000000000\told\t1\n"
	cookies, err := ReadCookies(strings.NewReader(file), time.Unix(1790000000, 0))
	if err != nil || len(cookies) != 2 {
		t.Fatalf("%v, err %v; want 2 cookies", cookies, err)
	}
	jar, err := newJar(cookies)
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{
		"https://otzovik.com/":       "[sid=abc]",
		"https://m.otzovik.com/x":    "[sid=abc]",
		"http://otzovik.com/x":       "[once=1]",
		"http://m.otzovik.com/x":     "[]",
		"https://otzovik.com.evil/x": "[]",
	} {
		req, err := http.NewRequest(http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(jar.Cookies(req.URL)); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
	for _, bad := range []string{"a b c", ".x\tTRUE\t/\tTRUE\tsoon\tsid\thush", ".x\tTRUE\t/\tTRUE\t0\ts id\thush"} {
		if _, err := ReadCookies(strings.NewReader(bad), time.Now()); err == nil || strings.Contains(err.Error(), "hush") || !strings.Contains(err.Error(), "line 1") {
			t.Errorf("%q: err = %v, want the line and no value", bad, err)
		}
	}
}

func TestRun_DetailsThatTheTimeDoesNotAllowForWait(t *testing.T) {
	cfg := testConfig()
	cfg.Requests = 2
	site, sink, c := newPretend(t), newArchive(), newCrawler(t, cfg, Deps{})
	src := testSource()
	src.Site.Open = OpenNew
	site.pages["/1"] = townPage{Items: []townItem{{ID: "a", Text: "начало", Detail: "/d"}, {ID: "b", Text: "начало", Detail: "/d"}}}
	site.pages["/d"] = townPage{Items: items("x", 1)}
	r, err := c.walk(t.Context(), src, town{start: []string{site.url + "/1"}}, sink, wellBefore(), nil)
	if err != nil || r.Verdict != mention.OK || r.New != 2 || !slices.Equal(sink.partly, []string{"b"}) || !strings.Contains(r.Evidence.Note, "requests") {
		t.Errorf("%+v, partly read %v, err %v; want ok, b in part, and the reason noted", r, sink.partly, err)
	}
}

func TestRun_FirstPassOpensRecentDetailsOnly(t *testing.T) {
	site, sink, c := newPretend(t), newArchive(), newCrawler(t, testConfig(), Deps{})
	src := testSource()
	src.Site.Open = OpenNew
	day := func(ago int) string { return time.Now().AddDate(0, 0, -ago).Format(time.DateOnly) }
	site.pages["/1"] = townPage{Items: []townItem{
		{ID: "new", Text: "начало", Detail: "/d/new", Date: day(2)}, {ID: "old", Text: "начало", Detail: "/d/old", Date: day(30)}}}
	site.extra = func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"Items":[{"ID":"x"}]}`) }
	if _, err := c.walk(t.Context(), src, town{start: []string{site.url + "/1"}}, sink, mention.Source{}, nil); err != nil {
		t.Fatal(err)
	}
	if site.hits["/d/new"] != 1 || site.hits["/d/old"] != 0 || len(sink.taken) != 2 || len(sink.partly) != 0 {
		t.Errorf("hits %v, taken %v, partly %v; want both taken and the recent one opened", site.hits, sink.taken, sink.partly)
	}
}

// The whole walk with the definition language: list, paging, detail, reply,
// windows-1251 said by <meta> alone, and a redirect to a captcha.
func TestRun_WithADefinition(t *testing.T) {
	blocked := false
	answer := ""
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Content-Type"] = []string{"text/html"}
		defer func() { _, _ = io.WriteString(w, "</body></html>") }()
		const head = "<html><head><meta charset=windows-1251></head><body><h1 class=alive>x</h1>"
		switch {
		case blocked && r.URL.Path != "/showcaptcha":
			http.Redirect(w, r, "/showcaptcha", http.StatusFound)
		case r.URL.Path == "/showcaptcha":
			_, _ = io.WriteString(w, "<title>\xc2\xfb \xed\xe5 \xf0\xee\xe1\xee\xf2?</title><form class=captcha>")
		case r.URL.Path == "/list/shop" && r.URL.Query().Get("p") == "":
			_, _ = io.WriteString(w, head+`<div class=item id=1><b>5</b><p>`+"\xcf\xf0\xe8\xe2\xe5\xf2"+`</p></div><a class=next href="?p=2">`)
		case r.URL.Path == "/list/shop":
			_, _ = io.WriteString(w, head+`<div class=item id=2><b>1</b><p>`+"\xcf\xeb\xee\xf5\xee"+`</p></div>`)
		case r.URL.Path == "/review/2":
			_, _ = io.WriteString(w, head+"<article>\xcf\xeb\xee\xf5\xee, \xee\xf7\xe5\xed\xfc</article>"+answer)
		default:
			_, _ = io.WriteString(w, head+"<article>\xcf\xf0\xe8\xe2\xe5\xf2</article>")
		}
	})
	site, err := ParseSite("shop.yaml", []byte(`
site: shop
title: {ru: Лавка, en: Shop}
kind: generic
params: {slug: {required: true}}
start: "`+address+`/list/{slug}"
newest_first: true
next: {css: a.next, attr: href}
pages: 3
replies: text
alive: {css: .alive}
blocked: [{css: form.captcha}]
items: {css: div.item}
required: [id, rating, text]
fields:
  id: {attr: id}
  rating: {css: b, best: 5}
  text: {css: p}
detail:
  url: "`+address+`/review/{id}"
  open: new or comments changed
  alive: {css: .alive}
  required: [text]
  fields: {text: {css: article}}
  reply: {items: .official, text: {css: i}}
`))
	if err != nil {
		t.Fatal(err)
	}
	src := Source{ID: "s1", Brand: "Ромашка", Site: site, Params: map[string]string{"slug": "shop"}}
	sink, c := newArchive(), newCrawler(t, testConfig(), Deps{})
	r, err := c.Run(t.Context(), src, sink, mention.Source{})
	if err != nil || r.Verdict != mention.OK || r.New != 2 || r.Requests != 4 || r.Evidence.Coverage["text"] != 1 {
		t.Fatalf("%+v, err %v", r, err)
	}
	if sink.texts["1"] != "Привет" || sink.texts["2"] != "Плохо, очень" {
		t.Errorf("texts %v", sink.texts)
	}
	known := mention.Mention{ID: "kept", Brand: "Ромашка", Source: "shop", ExternalID: "2", Text: "Плохо, очень", Rating: 1, Best: 5}
	answer = "<div class=official><i>\xcf\xf0\xee\xf1\xf2\xe8\xf2\xe5</i></div>"
	m, v, ev := c.Look(t.Context(), src, known)
	if v != mention.OK || m.Reply == nil || m.Reply.Text != "Простите" || m.ID != "kept" {
		t.Errorf("%+v, %s, %+v; want the company's answer", m, v, ev)
	}
	blocked = true
	r, err = c.Run(t.Context(), src, sink, wellBefore())
	if err != nil || r.Verdict != mention.Blocked || r.Evidence.Marker == "" || !strings.HasSuffix(r.Evidence.URL, "/showcaptcha") {
		t.Errorf("%+v, err %v; want blocked by the captcha at its address", r, err)
	}
}

func TestRun_MemoryStaysFlat(t *testing.T) {
	site := newPretend(t)
	text := strings.Repeat("слово ", 500)
	n := 0
	site.extra = func(w http.ResponseWriter, _ *http.Request) {
		n++
		page := townPage{Next: fmt.Sprint(site.url, "/more", n)}
		for i := range 20 {
			page.Items = append(page.Items, townItem{ID: fmt.Sprint(n, "-", i), Text: text})
		}
		_ = json.NewEncoder(w).Encode(page)
	}
	cfg := testConfig()
	c := newCrawler(t, cfg, Deps{})
	src := testSource()
	src.Site.NewestFirst = false
	walk := func(pages int) uint64 {
		src.Pages = pages
		if r, err := c.walk(t.Context(), src, town{start: []string{site.url + "/1"}}, forgetful{}, mention.Source{}, nil); err != nil || r.Pages != pages {
			t.Fatalf("%d pages, err %v", r.Pages, err)
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := walk(50)
	if after := walk(290); after > before+8<<20 {
		t.Errorf("%d MiB in use after 290 pages, %d after 50", after>>20, before>>20)
	}
}

// forgetful is a Sink to which all is new.
type forgetful struct{}

func (forgetful) Fresh(_ context.Context, page []mention.Mention) ([]mention.Freshness, error) {
	return slices.Repeat([]mention.Freshness{mention.New}, len(page)), nil
}

func (forgetful) Take(context.Context, []mention.Mention, []mention.Freshness) error { return nil }

// BenchmarkRun measures a pass over one page of 20 items that did not change,
// against one of which every byte has to be understood.
func BenchmarkRun(b *testing.B) {
	for _, changed := range []bool{true, false} {
		b.Run(fmt.Sprintf("changed=%v", changed), func(b *testing.B) {
			etag := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if changed {
					etag++
				}
				tag := fmt.Sprintf(`"%d"`, etag)
				w.Header().Set("ETag", tag)
				if r.Header.Get("If-None-Match") == tag {
					w.WriteHeader(http.StatusNotModified)
					return
				}
				_, _ = io.WriteString(w, "<h1 class=alive>x</h1>"+fmt.Sprint(etag))
				for i := range 20 {
					fmt.Fprintf(w, "<div class=item id=%d><b>5</b><p>%s</p></div>", i, strings.Repeat("слово ", 250))
				}
			}))
			defer server.Close()
			site, err := ParseSite("shop.yaml", []byte(`{site: shop, title: {ru: Лавка, en: Shop}, kind: generic, start: "`+server.URL+`/",
newest_first: true, replies: none, alive: {css: .alive}, items: {css: div.item}, required: [id, rating, text],
fields: {id: {attr: id}, rating: {css: b, best: 5}, text: {css: p}}}`))
			if err != nil {
				b.Fatal(err)
			}
			c, err := New(testConfig(), Deps{})
			if err != nil {
				b.Fatal(err)
			}
			sink := newArchive()
			for b.Loop() {
				if r, err := c.Run(b.Context(), Source{ID: "s", Brand: "b", Site: site}, sink, wellBefore()); err != nil || !r.Verdict.Good() {
					b.Fatalf("%+v, %v", r, err)
				}
			}
		})
	}
}
