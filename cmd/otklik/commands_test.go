package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"otklik/demo"
	"otklik/mention"
	"otklik/store"
)

// run executes a command line and returns its exit code and what it wrote.
func run(t *testing.T, input string, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = execute(t.Context(), args, console{strings.NewReader(input), &stdout, &stderr})
	return code, stdout.String(), stderr.String()
}

// townConfig starts a town and writes a configuration that watches it without
// a Slack.
func townConfig(t *testing.T) (*demo.Town, string) {
	t.Helper()
	town := demo.NewTown(demo.TownConfig{})
	server := httptest.NewServer(town)
	t.Cleanup(server.Close)
	text := `
brands:
  - name: Ромашка Банк
    sources:
      - {site: otzovik, slug: ` + demo.Slug + `, base: "` + town.Base(demo.Otzovik, server.URL) + `", delay: 1ms}
      - {site: yandex-maps, org: "` + demo.Org + `", base: "` + town.Base(demo.YandexMaps, server.URL) + `", delay: 1ms}
crawler: {allow_private: true, delay: 1ms, jitter: 0s}
`
	path := filepath.Join(t.TempDir(), "otklik.yaml")
	write(t, path, text)
	return town, path
}

func TestCrawl(t *testing.T) {
	town, path := townConfig(t)
	t.Run("a dry run prints mentions and keeps nothing", func(t *testing.T) {
		code, out, errs := run(t, "", "crawl", "--config", path, "--dry-run", "--site", "otzovik")
		if code != exitDone {
			t.Fatalf("exit %d: %s", code, errs)
		}
		lines := strings.Split(strings.TrimSpace(out), "\n")
		var m mention.Mention
		if err := json.Unmarshal([]byte(lines[0]), &m); err != nil || m.Source != "otzovik" || m.Text == "" || m.Brand != "Ромашка Банк" {
			t.Errorf("first line %q: %v", lines[0], err)
		}
		if want := len(town.Reviews(demo.Otzovik)); len(lines) != want {
			t.Errorf("%d mentions, the town has %d", len(lines), want)
		}
	})
	t.Run("the first pass archives, the second knows", func(t *testing.T) {
		for i, want := range []string{" new", "0 new"} {
			code, out, errs := run(t, "", "crawl", "--config", path)
			if code != exitDone || strings.Count(out, "\n") != 2 || !strings.Contains(out, want) {
				t.Errorf("pass %d: exit %d\n%s%s", i+1, code, out, errs)
			}
		}
	})
	t.Run("a blind source is exit code 3", func(t *testing.T) {
		town.Captcha(demo.Otzovik, true)
		defer town.Captcha(demo.Otzovik, false)
		code, out, errs := run(t, "", "crawl", "--config", path)
		if code != exitBlind || !strings.Contains(out, "blocked") || !strings.Contains(errs, "1 of 2 sources") {
			t.Errorf("exit %d\n%s%s", code, out, errs)
		}
	})
	t.Run("a backfill offers tasks and alerts nobody", func(t *testing.T) {
		code, out, errs := run(t, "", "crawl", "--config", path, "--backfill", "--since", "2020-01-01")
		if code != exitDone || !strings.Contains(out, "unanswered complaints") {
			t.Errorf("exit %d\n%s%s", code, out, errs)
		}
	})
	t.Run("mistakes of usage", func(t *testing.T) {
		for _, args := range [][]string{
			{"crawl", "--config", path, "--site", "nowhere"},
			{"crawl", "--config", path, "--since", "2020-01-01"},
			{"crawl", "--config", filepath.Join(t.TempDir(), "missing.yaml")},
			{"crawl", "--wrong"},
			{"dance"},
		} {
			if code, _, errs := run(t, "", args...); code != exitUsage || errs == "" {
				t.Errorf("%v: exit %d, %q", args, code, errs)
			}
		}
	})
}

func TestCheck(t *testing.T) {
	_, path := townConfig(t)
	if code, out, errs := run(t, "", "check", "--config", path); code != exitDone || !strings.Contains(out, "sources 2") || errs != "" {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	missing := filepath.Join(t.TempDir(), "missing.yaml")
	for _, verb := range []string{"check", "run", "crawl", "report"} {
		if code, _, errs := run(t, "", verb, "--config", missing); code != exitUsage || !strings.Contains(errs, "no configuration "+missing) {
			t.Errorf("%s without a configuration: exit %d\n%s", verb, code, errs)
		}
	}
	open := filepath.Join(t.TempDir(), "otklik.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, open, "listen: 0.0.0.0:8080\n"+string(text))
	if code, _, errs := run(t, "", "check", "--config", open); code != exitDone || !strings.Contains(errs, "only if there are accounts") {
		t.Errorf("an address open to all without a word of accounts: exit %d\n%s", code, errs)
	}
	bad := filepath.Join(t.TempDir(), "otklik.yaml")
	write(t, bad, "brand: x\nlistn: y\n")
	code, _, errs := run(t, "", "check", "--config", bad)
	for _, want := range []string{bad + ":1: brand", bad + ":2: listn", `did you mean "listen"?`} {
		if !strings.Contains(errs, want) {
			t.Errorf("%q is not in\n%s", want, errs)
		}
	}
	if code != exitUsage {
		t.Errorf("exit %d, want %d", code, exitUsage)
	}
}

func TestHealth(t *testing.T) {
	ready := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(ready)
		io.WriteString(w, `{"parts": {"archive": "away"}}`)
	}))
	defer server.Close()
	ask := func(wantCode int, wants ...string) {
		t.Helper()
		code, out, errs := run(t, "", "health", "--url", server.URL)
		for _, want := range wants {
			if code != wantCode || !strings.Contains(out+errs, want) {
				t.Errorf("exit %d, want %d; %q is not in\n%s%s", code, wantCode, want, out, errs)
			}
		}
	}
	ask(exitDone, `"archive"`)
	ready = http.StatusServiceUnavailable
	ask(exitFailed, `"away"`, "503 Service Unavailable")
	server.Close()
	ask(exitFailed, "nobody answers at "+server.URL, "--url", "connection refused")
}

func TestCheck_Examples(t *testing.T) {
	_, path := townConfig(t)
	if code, _, errs := run(t, "", "crawl", "--config", path); code != exitDone {
		t.Fatalf("crawl: exit %d\n%s", code, errs)
	}
	code, out, errs := run(t, "", "check", "--config", path, "--examples")
	if code != exitDone || !strings.Contains(out, "\nnegative: ") || !strings.Contains(out, "  yandex-maps ★2 ") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
}

func TestCheck_ShadowedRule(t *testing.T) {
	_, path := townConfig(t)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, string(text)+"\nroutes:\n  - {name: all, channel: terminal}\n  - {name: angry, tone: negative, channel: terminal}\n")
	code, _, errs := run(t, "", "check", "--config", path)
	if code != exitUsage || !strings.Contains(errs, `rule "angry" never matches: "all" before it`) {
		t.Errorf("exit %d\n%s", code, errs)
	}
}

func TestExtract(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.html")
	recorder := httptest.NewRecorder()
	demo.NewTown(demo.TownConfig{}).ServeHTTP(recorder, httptest.NewRequest("GET", "https://otzovik.com/reviews/"+demo.Slug+"/?order=date_desc", nil))
	write(t, page, recorder.Body.String())
	code, out, errs := run(t, "", "extract", "--site", "otzovik", "--url", "https://otzovik.com/reviews/"+demo.Slug+"/", "--explain", page)
	var got extracted
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != exitDone {
		t.Fatalf("exit %d, %v: %s", code, err, errs)
	}
	if got.Site != "otzovik" || got.Verdict != mention.OK || len(got.Mentions) == 0 || got.Mentions[0].ID == "" || got.Coverage["text"] != 1 {
		t.Errorf("got %+v", got)
	}
	if !strings.Contains(errs, "layout") {
		t.Errorf("--explain says %q", errs)
	}
	t.Run("any verdict is a result", func(t *testing.T) {
		code, out, _ := run(t, "<html><title>Вы не робот?</title></html>", "extract", "--site", "otzovik", "-")
		if code != exitDone || !strings.Contains(out, `"verdict":"blocked"`) || !strings.Contains(out, `"mentions":[]`) {
			t.Errorf("exit %d: %s", code, out)
		}
	})
	t.Run("an unknown site is a mistake", func(t *testing.T) {
		if code, _, errs := run(t, "", "extract", "--site", "otzovic", "-"); code != exitUsage || !strings.Contains(errs, "otzovik") {
			t.Errorf("exit %d: %s", code, errs)
		}
	})
}

func TestClassify(t *testing.T) {
	code, out, errs := run(t, "Ужасный банк, хамят и обманывают\nThank you, great service!\n", "classify")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != exitDone || len(lines) != 2 {
		t.Fatalf("exit %d: %s%s", code, out, errs)
	}
	for i, want := range []mention.Sentiment{{Tone: mention.Negative, Lang: "ru"}, {Tone: mention.Positive, Lang: "en"}} {
		var got mention.Sentiment
		if err := json.Unmarshal([]byte(lines[i]), &got); err != nil || got.Tone != want.Tone || got.Lang != want.Lang {
			t.Errorf("line %d: %s (%v), want %s %s", i+1, lines[i], err, want.Tone, want.Lang)
		}
	}
	if code, _, errs := run(t, "{}\n{\"text\":\n", "classify", "--json"); code == exitDone || !strings.Contains(errs, "line 2") {
		t.Errorf("broken JSON: exit %d, %q", code, errs)
	}
}

func TestSites(t *testing.T) {
	code, out, errs := run(t, "", "sites", "--json")
	var rows []siteRow
	if err := json.Unmarshal([]byte(out), &rows); err != nil || code != exitDone || len(rows) < 9 {
		t.Fatalf("exit %d, %v, %d sites: %s", code, err, len(rows), errs)
	}
	for _, r := range rows {
		if r.Title["ru"] == "" || r.Title["en"] == "" || r.Kind == "" || r.Replies == "" || len(r.Fields) == 0 {
			t.Errorf("%s is described incompletely: %+v", r.Name, r)
		}
	}
	if code, out, _ := run(t, "", "sites", "--language", "ru"); code != exitDone || !strings.Contains(out, "Отзовик") {
		t.Errorf("exit %d: %s", code, out)
	}
}

func TestQuery(t *testing.T) {
	code, out, _ := run(t, "Ромашка банк подвёл\nсадовая ромашка\n", "query", "test", `"ромашка банк"`)
	if code != exitDone || !strings.Contains(out, "подвёл") || strings.Contains(out, "садовая") {
		t.Errorf("exit %d: %s", code, out)
	}
	if code, _, errs := run(t, "", "query", "test", `ромашка AND (`); code != exitUsage || !strings.Contains(errs, "column") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

func TestTrain_Corrections(t *testing.T) {
	_, path := townConfig(t)
	if code, _, errs := run(t, "", "train", "--corrections", "--config", path); code != exitUsage || !strings.Contains(errs, "nobody has corrected") {
		t.Fatalf("without corrections: exit %d, %s", code, errs)
	}
	if code, _, errs := run(t, "", "crawl", "--config", path); code != exitDone {
		t.Fatalf("crawl: exit %d, %s", code, errs)
	}
	archive, err := store.Open(t.Context(), store.Config{Data: filepath.Join(filepath.Dir(path), "data")})
	if err != nil {
		t.Fatal(err)
	}
	found, _, err := archive.Mentions(t.Context(), mention.MentionFilter{Tone: mention.Positive, Limit: 1})
	if err != nil || len(found) == 0 {
		t.Fatalf("no praise in the town: %v", err)
	}
	task := mention.Task{Version: 1, Mention: found[0].ID, State: mention.Dismissed, CreatedAt: time.Now(), Places: []mention.Place{{Mention: found[0].ID}}}
	err = errors.Join(archive.Apply(t.Context(), mention.Effects{Task: &task, Correction: &mention.Correction{
		Mention: found[0].ID, Tone: mention.Neutral, Was: mention.Positive, Actor: mention.System, At: time.Now()}}), archive.Close())
	if err != nil {
		t.Fatal(err)
	}
	code, out, errs := run(t, "", "train", "--corrections", "--config", path)
	if code != exitDone || !strings.Contains(out, `"corrections":1`) {
		t.Fatalf("exit %d\n%s%s", code, out, errs)
	}
	if code, _, errs := run(t, "", "train", "--roll-back", "--config", path); code != exitDone || !strings.Contains(errs, "embedded") {
		t.Errorf("roll back: exit %d, %s", code, errs)
	}
	if code, _, errs := run(t, "", "train"); code != exitUsage || errs == "" {
		t.Errorf("without anything: exit %d, %s", code, errs)
	}
}
