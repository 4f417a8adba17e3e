package crawler

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

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

func TestRun_TenThousandItemsOnAPage(t *testing.T) {
	site, sink := newPretend(t), newArchive()
	site.pages["/1"] = townPage{Items: items("a", 10000)}
	if r := site.run(t, newCrawler(t, testConfig(), Deps{}), sink, mention.Source{}); r.New != 10000 || sink.asked != 1 {
		t.Errorf("%d new in %d round trips, want 10000 in 1", r.New, sink.asked)
	}
}
