package crawler_test

import (
	"os"
	"path/filepath"
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
