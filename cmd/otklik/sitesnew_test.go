package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"otklik/crawler"
)

func TestSitesNew(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.html")
	item := `<div class="opinion" data-id="%"><span class="author">Анна</span><time datetime="2026-11-0%T10:00:00Z"></time><i class="star-%"></i><p>Ждали ответа банка целую неделю</p></div>`
	html := "<!DOCTYPE html><html><body>" + strings.ReplaceAll(item, "%", "1") + strings.ReplaceAll(item, "%", "2") + "</body></html>"
	write(t, page, html)
	var out, errs bytes.Buffer
	if code := execute(t.Context(), []string{"sites", "new", "--url", "https://bank.example/opinions", page}, console{nil, &out, &errs}); code != exitDone {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	site, err := crawler.ParseSite("proposal.yaml", out.Bytes())
	if err != nil {
		t.Fatalf("%v in\n%s", err, out.String())
	}
	got := site.Extract(crawler.Raw{Body: []byte(html)}, crawler.Options{})
	if site.Name != "bank-example" || len(got.Mentions) != 2 || got.Mentions[1].ExternalID != "2" || got.Mentions[1].Rating != 2 || got.Mentions[0].Author != "Анна" {
		t.Errorf("%s reads %+v by\n%s", site.Name, got, out.String())
	}
	if code := execute(t.Context(), []string{"sites", "new", "no-such-file"}, console{nil, &out, &errs}); code != exitUsage {
		t.Errorf("a missing file ends with %d, want %d", code, exitUsage)
	}
	out.Reset()
	if code := execute(t.Context(), []string{"sites", "--json"}, console{nil, &out, &errs}); code != exitDone || !strings.Contains(out.String(), `"name":"otzovik"`) {
		t.Errorf("the catalogue: exit code %d, %.200s", code, out.String())
	}
}
