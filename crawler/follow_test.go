package crawler

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"otklik/mention"
)

// tube is a site whose search finds videos, each with a list of comments.
const tube = `site: tube
params: {q: required}
start: "ADDRESS/search?q={q}"
newest_first: true
pages: 3
pace: {delay: 1ms}
from: json
not_found: [{path: error, equals: closed}]
layouts:
  - name: videos
    when: [{path: videos}]
    items: {path: videos}
    follow: {url: "ADDRESS/comments?of={id}", most: 2}
    fields: {id: {path: id}, title: {path: title}}
  - name: comments
    items: {path: comments}
    next: {path: more}
    fields: {id: {path: id}, text: {path: text}}
`

func tubeSource(t *testing.T, answers map[string]string) (src Source, asked *[]string) {
	t.Helper()
	asked = new([]string)
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r.URL.RequestURI())
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, answers[r.URL.RequestURI()])
	})
	site, err := ParseSite("tube.yaml", []byte(strings.ReplaceAll(tube, "ADDRESS", address)))
	if err != nil {
		t.Fatal(err)
	}
	return Source{ID: "tube", Brand: "Ромашка", Site: site, Params: map[string]string{"q": "romashka"}}, asked
}

func TestRun_FollowsTheListsOfWhatItFound(t *testing.T) {
	answers := map[string]string{
		"/search?q=romashka":     `{"videos":[{"id":"v1","title":"Ромашка: обзор"},{"id":"v2","title":"Ромашка: жалоба"},{"id":"v3","title":"третье"}]}`,
		"/comments?of=v1":        `{"error":"closed"}`,
		"/comments?of=v2":        `{"comments":[{"id":"c1","text":"и у меня"}],"more":"/comments?of=v2&page=2"}`,
		"/comments?of=v2&page=2": `{"comments":[{"id":"c2","text":"не ходите"}]}`,
	}
	src, asked := tubeSource(t, answers)
	sink, c := newArchive(), newCrawler(t, testConfig(), Deps{})
	r, err := c.Run(t.Context(), src, sink, mention.Source{})
	if err != nil || r.Verdict != mention.OK || r.New != 5 {
		t.Fatalf("%+v, err %v; want three videos and two comments, and no harm by the video whose comments are closed", r, err)
	}
	if want := "/search?q=romashka /comments?of=v1 /comments?of=v2 /comments?of=v2&page=2"; strings.Join(*asked, " ") != want {
		t.Errorf("asked for %v, want %s", *asked, want)
	}
	answers["/comments?of=v2"] = `{"comments":[{"id":"c3","text":"ужас"},{"id":"c1","text":"и у меня"}],"more":"/comments?of=v2&page=2"}`
	if r, err = c.Run(t.Context(), src, sink, wellBefore()); err != nil || r.New != 1 {
		t.Errorf("%+v, err %v; want the new comment, although the search is as it was", r, err)
	}
	m, v, ev := c.Look(t.Context(), src, mention.Mention{Brand: "Ромашка", Source: "tube", ExternalID: "c3"})
	if v != mention.OK || m.Text != "ужас" {
		t.Errorf("%+v, %s, %+v; want the comment, which stands in a list of its own", m, v, ev)
	}
}

func TestBackfill_KeepsThePlaceAmongFollowedLists(t *testing.T) {
	src, asked := tubeSource(t, map[string]string{
		"/search?q=romashka": `{"videos":[{"id":"v1"},{"id":"v2"}]}`,
		"/comments?of=v1":    `{"comments":[{"id":"c1","text":"раз"}]}`,
		"/comments?of=v2":    `{"comments":[{"id":"c2","text":"два"}]}`,
	})
	sink, places, c := newArchive(), notes{}, newCrawler(t, testConfig(), Deps{})
	for range 3 { // one request each
		if _, err := c.Backfill(t.Context(), src, sink, Backfill{Requests: 1, Cursors: places}); err != nil {
			t.Fatal(err)
		}
	}
	if len(*asked) != 3 || len(sink.taken) != 4 || len(places[src.ID]) != 0 {
		t.Errorf("asked %v, taken %v, place %q; want every list once and the walk finished", *asked, sink.taken, places[src.ID])
	}
}
