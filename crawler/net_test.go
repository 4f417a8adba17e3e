package crawler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"otklik/mention"
)

// testConfig is a configuration for pretend sites on loopback, without waiting.
func testConfig() Config {
	c := DefaultConfig()
	c.AllowPrivate, c.Robots, c.Delay, c.Jitter = true, false, 0, 0
	c.Timeout, c.Deadline = 10*time.Second, time.Minute
	return c
}

func newCrawler(t *testing.T, c Config, d Deps) *Crawler {
	t.Helper()
	cr, err := New(c, d)
	if err != nil {
		t.Fatal(err)
	}
	cr.net.rest = 0 // failures are repeated at once
	t.Cleanup(func() {
		if err := cr.Close(); err != nil {
			t.Error(err)
		}
	})
	return cr
}

// serve starts a pretend site.
func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func testSource() Source {
	return Source{ID: "s1", Brand: "Ромашка", Site: &Site{Name: "town", Access: AccessOpen, NewestFirst: true}}
}

// get fetches one address in a session of its own.
func get(t *testing.T, c Config, address string) (Raw, error) {
	t.Helper()
	s, err := newCrawler(t, c, Deps{}).newSession(testSource())
	if err != nil {
		t.Fatal(err)
	}
	return s.fetch(t.Context(), Request{Stage: List, URL: address, Page: 1}, validator{})
}

// town is a definition of a pretend site that answers in JSON. It stands for
// the pure half, so that these tests are about the walk alone.
type town struct {
	start []string
}

type townPage struct {
	Verdict  mention.Verdict
	Next     string
	Items    []townItem
	Promised int
}

type townItem struct {
	ID, Text, Date string
	Pinned         bool
	Detail         string
}

func (d town) Start() ([]Request, error) {
	var out []Request
	for _, s := range d.start {
		out = append(out, Request{Stage: List, URL: s, Page: 1})
	}
	if len(out) == 0 {
		return nil, errors.New("no address")
	}
	return out, nil
}

func (d town) DetailRequest(m mention.Mention) (Request, bool) {
	return Request{Stage: Detail, URL: m.URL}, m.URL != ""
}

func (d town) Extract(raw Raw) Page {
	ev := mention.Evidence{URL: raw.URL, Status: raw.Status, Promised: -1}
	var p townPage
	switch {
	case strings.Contains(raw.URL, "/showcaptcha"), raw.Status == 429, raw.Status == 403:
		ev.Marker = "captcha"
		return Page{Verdict: mention.Blocked, Evidence: ev}
	case raw.Status == 404:
		return Page{Verdict: mention.NotFound, Evidence: ev}
	case raw.Status >= 500:
		return Page{Verdict: mention.Unreachable, Evidence: ev}
	case json.Unmarshal(raw.Body, &p) != nil:
		return Page{Verdict: mention.Layout, Evidence: ev}
	}
	page := Page{Verdict: mention.OK, Evidence: ev, Counter: -1}
	if p.Verdict != "" {
		page.Verdict = p.Verdict
	}
	for _, it := range p.Items {
		m := mention.Mention{ExternalID: it.ID, Text: it.Text, URL: it.Detail}
		if it.Date != "" {
			m.PublishedAt, _ = time.Parse(time.DateOnly, it.Date)
		}
		if it.Pinned {
			m.Labels = []string{pinned}
		}
		page.Mentions = append(page.Mentions, m)
	}
	page.Evidence.Parsed = len(page.Mentions)
	page.Evidence.Coverage = map[string]float64{"text": 1}
	if p.Next != "" {
		page.Next = &Request{Stage: List, URL: p.Next, Page: raw.Request.Page + 1}
	}
	return page
}

func (d town) ExtractDetail(raw Raw, m mention.Mention) (mention.Mention, mention.Verdict, mention.Evidence) {
	page := d.Extract(raw)
	if page.Verdict == mention.OK {
		m.Text = string(raw.Body)
	}
	return m, page.Verdict, page.Evidence
}

// archive is a Sink that remembers.
type archive struct {
	mu     sync.Mutex
	known  map[mention.ID]uint64
	asked  int
	taken  []string // external ids, in the order they were archived
	texts  map[string]string
	failOn string // Take of a page with this id fails
	partly []string
}

func newArchive() *archive {
	return &archive{known: map[mention.ID]uint64{}, texts: map[string]string{}}
}

func (a *archive) Fresh(_ context.Context, page []mention.Mention) ([]mention.Freshness, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked++
	out := make([]mention.Freshness, len(page))
	for i := range page {
		page[i].Fingerprint = page[i].Look()
		old, ok := a.known[page[i].ID]
		switch {
		case !ok:
			out[i] = mention.New
		case old != page[i].Fingerprint:
			out[i] = mention.Changed
		}
	}
	return out, nil
}

func (a *archive) Take(_ context.Context, page []mention.Mention, fresh []mention.Freshness) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, m := range page {
		if m.ExternalID == a.failOn {
			return errors.New("disk full")
		}
		if fresh[i] == mention.Same {
			continue
		}
		if m.Fingerprint == 0 {
			a.partly = append(a.partly, m.ExternalID)
		}
		a.known[m.ID], a.texts[m.ExternalID] = m.Fingerprint, m.Text
		a.taken = append(a.taken, m.ExternalID)
	}
	return nil
}

// pretend is a site of JSON pages by path.
type pretend struct {
	mu    sync.Mutex
	url   string
	pages map[string]townPage
	hits  map[string]int
	extra http.HandlerFunc // answers what has no page; nil: 404
}

func newPretend(t *testing.T) *pretend {
	p := &pretend{pages: map[string]townPage{}, hits: map[string]int{}}
	p.url = serve(t, p.ServeHTTP)
	return p
}

func (p *pretend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hits[r.URL.Path]++
	page, ok := p.pages[r.URL.Path]
	switch {
	case ok:
		if page.Next != "" && !strings.HasPrefix(page.Next, "http") {
			page.Next = p.url + page.Next
		}
		for i, it := range page.Items {
			if it.Detail != "" {
				page.Items[i].Detail = p.url + strings.TrimPrefix(it.Detail, p.url)
			}
		}
		if err := json.NewEncoder(w).Encode(page); err != nil {
			panic(err)
		}
	case p.extra != nil:
		p.extra(w, r)
	default:
		http.NotFound(w, r)
	}
}

// items makes n items named prefix1, prefix2, …
func items(prefix string, n int) []townItem {
	out := make([]townItem, n)
	for i := range out {
		out[i] = townItem{ID: fmt.Sprint(prefix, i+1), Text: fmt.Sprintf("отзыв %s%d", prefix, i+1)}
	}
	return out
}

// run makes one pass over the pretend site.
func (p *pretend) run(t *testing.T, c *Crawler, sink Sink, prior mention.Source) mention.Run {
	t.Helper()
	r, err := c.walk(t.Context(), testSource(), town{start: []string{p.url + "/1"}}, sink, prior, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// wellBefore is what is remembered of a source whose last pass was good.
func wellBefore() mention.Source {
	return mention.Source{Verdict: mention.OK, SeededAt: time.Unix(1, 0)}
}
