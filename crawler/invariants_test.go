package crawler_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"otklik/crawler"
	"otklik/mention"
)

// TestExtract_NoFalseZero reads every golden page cut in half, and with the
// definition of every other site: whatever comes out, it is no true zero.
func TestExtract_NoFalseZero(t *testing.T) {
	c := catalogue(t)
	generic := map[string]bool{"schema-org": true, "feed": true, "wordpress-comments": true, "youdo": true} // read any such page
	pages, err := filepath.Glob("testdata/*/*/page.*")
	if err != nil || len(pages) == 0 {
		t.Fatalf("no golden pages: %v", err)
	}
	for _, path := range pages {
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		own := strings.Split(filepath.ToSlash(path), "/")[1]
		site, err := c.Site(own)
		if err != nil {
			t.Fatal(err)
		}
		full := len(site.Extract(crawler.Raw{Body: body}, crawler.Options{}).Mentions) > 0
		for _, s := range c.Sites() {
			if s.Name == own {
				page := s.Extract(crawler.Raw{Body: body[:len(body)/2]}, crawler.Options{})
				if page.Verdict == mention.Empty && strings.Contains(string(body), "<html") {
					t.Errorf("%s cut in half is empty: %+v", path, page.Evidence)
				}
				continue
			}
			page := s.Extract(crawler.Raw{Body: body}, crawler.Options{})
			if page.Verdict == mention.Empty && !generic[s.Name] && full {
				t.Errorf("%s is empty to %s: %+v", path, s.Name, page.Evidence)
			}
		}
	}
}

// namesOf returns the words of a definition that name something on a page:
// classes, attributes, keys.
func namesOf(t *testing.T, site string) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("sites", site+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	words := regexp.MustCompile(`[A-Za-z@][\w:-]{2,}`).FindAllString(string(data), -1)
	slices.Sort(words)
	return slices.Compact(words)
}

// TestExtract_NoFalseZeroWhenNamesChange renames, one after the other, every
// class, attribute and key that a definition looks for on its golden pages
// with reviews. A page that has them must never be called empty.
func TestExtract_NoFalseZeroWhenNamesChange(t *testing.T) {
	c := catalogue(t)
	pages, err := filepath.Glob("testdata/*/*/page.*")
	if err != nil || len(pages) == 0 {
		t.Fatalf("no golden pages: %v", err)
	}
	for _, path := range pages {
		name := strings.Split(filepath.ToSlash(path), "/")[1]
		site, err := c.Site(name)
		if err != nil {
			t.Fatal(err)
		}
		want := readGolden(t, site, path)
		if len(want.Mentions) == 0 || want.Verdict != mention.OK {
			continue
		}
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range namesOf(t, name) {
			for _, quote := range []string{`"`, `'`, ` `, `\"`, `.`, `<`} { // where names begin
				if !bytes.Contains(body, []byte(quote+word)) {
					continue
				}
				changed := bytes.ReplaceAll(body, []byte(quote+word), []byte(quote+"zz"+word))
				page := site.Extract(crawler.Raw{Body: changed, FetchedAt: fetchedAt}, crawler.Options{})
				if page.Verdict == mention.Empty {
					t.Errorf("%s with %q renamed is empty by %q", path, word, page.Evidence.Marker+page.Evidence.Note)
				}
			}
		}
	}
}
