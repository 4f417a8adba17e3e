package crawler

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"otklik/mention"
)

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
