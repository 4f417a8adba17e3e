package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"otklik/config"
	"otklik/crawler"
	"otklik/mention"
)

func TestReplay(t *testing.T) {
	cfg := smallConfig(t, "")
	file := filepath.Join(t.TempDir(), "book.csv")
	write(t, file, "id,text\n1,\"Ужасно, карту не привезли, обманули, деньги не вернули\"\n2,Спасибо всё отлично\n")
	if code, out, errs := command(t, "import", "--config", cfg, "--kind", "book", file); code != exitDone || !strings.Contains(out, "1 tasks") {
		t.Fatalf("import: exit %d %s %s", code, out, errs)
	}
	replay := func(cfg string) replayed {
		t.Helper()
		code, out, errs := command(t, "replay", "--config", cfg, "--days", "3", "--json")
		var got replayed
		if err := json.Unmarshal([]byte(out), &got); err != nil || code != exitDone {
			t.Fatalf("exit %d %v: %s %s", code, err, out, errs)
		}
		return got
	}
	if got := replay(cfg); got.Mentions != 2 || got.Alerted != 1 || got.WouldAlert != 1 || len(got.Gained)+len(got.Lost) != 0 {
		t.Errorf("the same rules: %+v; want no difference", got)
	}
	text, err := os.ReadFile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(filepath.Dir(cfg), "other.yaml")
	write(t, other, string(text)+"channels: {log: {terminal: {}}}\nroutes: [{name: negative, tone: negative, rating: \"5\", channel: log}]\n")
	code, out, errs := command(t, "replay", "--config", other, "--days", "3")
	if code != exitDone {
		t.Fatalf("exit %d %s %s", code, out, errs)
	}
	if got := replay(other); got.WouldAlert != 0 || len(got.Lost) != 1 || len(got.ConfirmedLost) != 0 || !strings.Contains(got.Lost[0].Text, "карту не привезли") {
		t.Errorf("stricter rules: %+v; want the complaint lost, which nobody has confirmed", got)
	}
	if code, _, _ := command(t, "replay", "--config", cfg, "--days", "0"); code != exitUsage {
		t.Errorf("no days: exit %d, want %d", code, exitUsage)
	}
}

func TestReplay_confirmed(t *testing.T) {
	for _, tt := range []struct {
		task mention.Task
		said mention.Tone
		want bool
	}{
		{mention.Task{State: mention.Open}, "", false},
		{mention.Task{State: mention.Taken}, "", true},
		{mention.Task{State: mention.Confirmed}, "", true},
		{mention.Task{State: mention.Confirmed}, mention.Positive, false},
		{mention.Task{State: mention.Open}, mention.Negative, true},
		{mention.Task{State: mention.Dismissed, Dismissal: mention.NotNegative}, "", false},
		{mention.Task{State: mention.Dismissed, Dismissal: mention.NoAnswerNeeded}, "", true},
	} {
		if got := isConfirmed(tt.task, tt.said); got != tt.want {
			t.Errorf("%s %s, said %q: %v, want %v", tt.task.State, tt.task.Dismissal, tt.said, got, tt.want)
		}
	}
}

func TestReparse(t *testing.T) {
	path := smallConfig(t, "")
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	site, err := cfg.Catalogue.Site("otzovik")
	if err != nil {
		t.Fatal(err)
	}
	body, err := os.ReadFile("../../crawler/testdata/otzovik/usual/page.html")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := crawler.OpenRawStore(filepath.Join(cfg.Data, "pages"), cfg.Crawler.Raw, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	source := cfg.Brands[0].Sources[0]
	at := time.Now().Add(-time.Hour).UTC()
	const address = "https://otzovik.com/reviews/romashka/"
	raw := crawler.Raw{Request: crawler.Request{Stage: crawler.List, URL: address, Page: 1}, URL: address, Status: http.StatusOK,
		Header: http.Header{"Content-Type": {"text/html; charset=utf-8"}}, Body: body, FetchedAt: at}
	if _, err := pages.Save(site.Name, sourceID("Ромашка Банк", site, source.Values), raw, mention.Layout); err != nil {
		t.Fatal(err)
	}
	reparse := func() reparsed {
		t.Helper()
		code, out, errs := command(t, "reparse", "--config", path, "--site", "otzovik", "--since", at.Format(time.RFC3339), "--json")
		var got reparsed
		if err := json.Unmarshal([]byte(out), &got); err != nil || code != exitDone {
			t.Fatalf("exit %d %v: %s %s", code, err, out, errs)
		}
		return got
	}
	first := reparse()
	if first.Pages != 1 || first.Items == 0 || first.Recovered != first.Items {
		t.Fatalf("%+v; want every item of the page recovered", first)
	}
	if again := reparse(); again.Recovered != 0 || again.Items != first.Items {
		t.Errorf("again: %+v; want nothing new", again)
	}
	if got := mentions(t, path); got != first.Recovered {
		t.Errorf("%d mentions archived, want %d", got, first.Recovered)
	}
	_, out, _ := command(t, "report", "--config", path, "--format", "json")
	if !strings.Contains(out, `"backlog": null`) {
		t.Errorf("tasks were made: %s", out)
	}
}
