package crawler_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"otklik/crawler"
	"otklik/mention"
)

// TestRawStore_NamesStayInside asks the store for files that are not its own.
func TestRawStore_NamesStayInside(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret.zst"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := crawler.OpenRawStore(filepath.Join(dir, "pages"), crawler.DefaultConfig().Raw, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"../secret.zst", "/etc/passwd", "otzovik/../../secret.zst", "otzovik/..%2f..%2fsecret.zst", "", "otzovik/\x00"} {
		if _, err := s.Open(name); !errors.Is(err, mention.ErrNotFound) {
			t.Errorf("open %q: %v, want not found", name, err)
		}
	}
	if _, err := s.Save("../..", "s", crawler.Raw{FetchedAt: time.Now()}, mention.OK); err == nil {
		t.Error("a page was saved outside of the store")
	}
}

// TestExtract_EntitiesAreNotExpanded reads feeds whose entities expand a
// thousandfold, or name a file of this machine.
func TestExtract_EntitiesAreNotExpanded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("do not tell"), 0o600); err != nil {
		t.Fatal(err)
	}
	laughs := `<!ENTITY a "ха"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">`
	for name, dtd := range map[string]string{"laughs": laughs, "file": `<!ENTITY d SYSTEM "file://` + file + `">`} {
		t.Run(name, func(t *testing.T) {
			body := `<?xml version="1.0"?><!DOCTYPE rss [` + dtd + `]><rss version="2.0"><channel><title>т</title>` +
				`<item><guid>1</guid><link>https://news.example/1</link><title>Отзыв</title><description>&d;</description></item></channel></rss>`
			page := site(t, "feed").Extract(crawler.Raw{Status: 200, Body: []byte(body), FetchedAt: fetchedAt},
				crawler.Options{Params: map[string]string{"url": "https://news.example/rss"}})
			for _, m := range page.Mentions {
				if words := m.Words(); strings.Contains(words, "do not tell") || strings.Count(words, "ха") > 0 {
					t.Errorf("an entity was expanded: %.100q", words)
				}
			}
			t.Logf("%s %s", page.Verdict, page.Evidence.Note)
		})
	}
}
