package crawler_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"otklik/crawler"
	"otklik/mention"
)

var update = flag.Bool("update", false, "rewrite the want.json of every golden page")

// goldenAt is when the golden pages were fetched, unless case.json says otherwise.
const goldenAt = "2026-11-20T12:00:00+03:00"

// goldenCase is what case.json may say of a golden page beside its body.
type goldenCase struct {
	URL      string            `json:"url"`
	Status   int               `json:"status"`
	At       string            `json:"at"`
	Page     int               `json:"page"`
	Header   map[string]string `json:"header"`
	Params   map[string]string `json:"params"`
	Vars     map[string]string `json:"vars"`
	Accounts []string          `json:"accounts"`
	// Detail is the mention as the list gave it; the page is then its own.
	Detail *mention.Mention `json:"detail"`
}

// goldenResult is the contract of a golden page.
type goldenResult struct {
	Verdict  mention.Verdict   `json:"verdict"`
	Evidence mention.Evidence  `json:"evidence"`
	Counter  int               `json:"counter"`
	Next     string            `json:"next,omitempty"`
	Follow   []string          `json:"follow,omitempty"`
	Mentions []mention.Mention `json:"mentions"`
}

// TestGolden compares every testdata/<site>/<case>/page.* with its want.json.
// The pages are ours, written in the markup of the sites.
func TestGolden(t *testing.T) {
	c := catalogue(t)
	pages, err := filepath.Glob("testdata/*/*/page.*")
	if err != nil || len(pages) == 0 {
		t.Fatalf("no golden pages: %v", err)
	}
	cases := map[string]int{}
	for _, path := range pages {
		name := strings.Split(filepath.ToSlash(path), "/")[1]
		cases[name]++
		t.Run(filepath.ToSlash(filepath.Dir(path))[len("testdata/"):], func(t *testing.T) {
			site, err := c.Site(name)
			if err != nil {
				t.Fatal(err)
			}
			got := readGolden(t, site, path)
			compareGolden(t, filepath.Join(filepath.Dir(path), "want.json"), got)
		})
	}
	for _, s := range c.Sites() {
		if cases[s.Name] < 3 {
			t.Errorf("site %s has %d golden pages, want the usual, an edge, and an empty or blocked one", s.Name, cases[s.Name])
		}
	}
}

func readGolden(t *testing.T, site *crawler.Site, path string) goldenResult {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var gc goldenCase
	if data, err := os.ReadFile(filepath.Join(filepath.Dir(path), "case.json")); err == nil {
		if err := json.Unmarshal(data, &gc); err != nil {
			t.Fatal(err)
		}
	}
	if gc.At == "" {
		gc.At = goldenAt
	}
	at, err := time.Parse(time.RFC3339, gc.At)
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{}
	for k, v := range gc.Header {
		header.Set(k, v)
	}
	raw := crawler.Raw{URL: gc.URL, Status: gc.Status, Header: header, Body: body, FetchedAt: at}
	raw.Request = crawler.Request{Stage: crawler.List, URL: gc.URL, Page: gc.Page, Vars: gc.Vars}
	o := crawler.Options{Params: gc.Params, Accounts: gc.Accounts}
	if gc.Detail != nil {
		m, v, e := site.ExtractDetail(raw, *gc.Detail, o)
		return goldenResult{Verdict: v, Evidence: e, Counter: -1, Mentions: []mention.Mention{m}}
	}
	page := site.Extract(raw, o)
	out := goldenResult{Verdict: page.Verdict, Evidence: page.Evidence, Counter: page.Counter, Mentions: page.Mentions}
	if page.Next != nil {
		out.Next = strings.TrimSpace(page.Next.Method + " " + page.Next.URL + " " + string(page.Next.Body))
	}
	for _, req := range page.Follow {
		out.Follow = append(out.Follow, req.URL)
	}
	return out
}

func compareGolden(t *testing.T, path string, result goldenResult) {
	t.Helper()
	for i := range result.Mentions {
		result.Mentions[i].CollectedAt = time.Time{}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(result); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run with -update and review the file", err)
	}
	if !bytes.Equal(want, b.Bytes()) {
		t.Errorf("%s differs; got\n%s\nwant\n%s", path, b.Bytes(), want)
	}
}
