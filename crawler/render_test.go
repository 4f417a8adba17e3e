package crawler

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"otklik/mention"
)

// needChromium skips the test where there is no Chromium.
func needChromium(t *testing.T) {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if _, err := exec.LookPath(name); err == nil {
			return
		}
	}
	if os.Getenv("OTKLIK_REQUIRE_SERVICES") == "1" {
		t.Fatal("no Chromium, and OTKLIK_REQUIRE_SERVICES asks for it")
	}
	t.Skip("no Chromium")
}

// renderOne renders one address with a crawler of its own.
func renderOne(t *testing.T, cfg Config, address string) (Raw, error) {
	t.Helper()
	s, err := newCrawler(t, cfg, Deps{}).newSession(testSource())
	if err != nil {
		t.Fatal(err)
	}
	return s.fetch(t.Context(), Request{Stage: List, URL: address, Render: true}, validator{})
}

func TestRender(t *testing.T) {
	needChromium(t)
	var agent, cookie string
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=windows-1251")
		switch r.URL.Path {
		case "/list":
			agent, cookie = r.UserAgent(), r.Header.Get("Cookie")
			http.SetCookie(w, &http.Cookie{Name: "visit", Value: "1"})
			_, _ = io.WriteString(w, "<body><p id=a>\xcf\xf0\xe8\xe2\xe5\xf2</p><script>setTimeout(()=>document.body.innerHTML+='<b>позже '+document.cookie+'</b>',200)</script>")
		case "/challenge":
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, "<script>location='/list'</script>")
		case "/blocked":
			w.WriteHeader(http.StatusTooManyRequests)
			_, _ = io.WriteString(w, "<title>captcha</title>")
		case "/endless":
			_, _ = io.WriteString(w, "<body><script>setInterval(()=>document.body.append('x'.repeat(1000)),20)</script>")
		case "/huge":
			_, _ = io.WriteString(w, "<body><script>document.body.append('x'.repeat(3e6))</script>")
		}
	})
	cfg := testConfig()
	cfg.MaxBody = 1 << 20
	s, err := newCrawler(t, cfg, Deps{}).newSession(testSource())
	if err != nil {
		t.Fatal(err)
	}
	render := func(path string) (Raw, error) {
		return s.fetch(t.Context(), Request{Stage: List, URL: address + path, Render: true}, validator{})
	}
	t.Run("scripts run, bytes are UTF-8, tabs share no cookies", func(t *testing.T) {
		for range 2 {
			raw, err := render("/list")
			if err != nil || raw.Status != 200 || raw.URL != address+"/list" || cookie != "" || agent != cfg.UserAgent ||
				!bytes.Contains(raw.Body, []byte("Привет")) || !bytes.Contains(raw.Body, []byte("<b>")) ||
				raw.Header.Get("Content-Type") != "text/html; charset=utf-8" {
				t.Fatalf("agent %q, cookie %q, %+v, %s, err %v", agent, cookie, raw, raw.Body, err)
			}
		}
	})
	t.Run("the page behind a challenge counts", func(t *testing.T) {
		raw, err := render("/challenge")
		if err != nil || raw.Status != 200 || raw.URL != address+"/list" {
			t.Errorf("status %d at %s, err %v", raw.Status, raw.URL, err)
		}
	})
	t.Run("the status is the page's", func(t *testing.T) {
		if raw, err := render("/blocked"); err != nil || raw.Status != http.StatusTooManyRequests {
			t.Errorf("status %d, err %v", raw.Status, err)
		}
	})
	t.Run("a page that never settles ends in time", func(t *testing.T) {
		hasty := cfg
		hasty.Browser.Timeout = 3 * time.Second
		if _, err := renderOne(t, hasty, address+"/endless"); fetchVerdict(err) != mention.Unreachable || !strings.Contains(err.Error(), "within 3s") {
			t.Errorf("err = %v", err)
		}
	})
	t.Run("markup over the limit is an error", func(t *testing.T) {
		if _, err := render("/huge"); fetchVerdict(err) != mention.Truncated {
			t.Errorf("err = %v", err)
		}
	})
	t.Run("private addresses are out of reach", func(t *testing.T) {
		public := cfg
		public.AllowPrivate = false
		agent = ""
		if raw, err := renderOne(t, public, address+"/list"); err == nil || !strings.Contains(err.Error(), errPrivate.Error()) || agent != "" {
			t.Errorf("%s, err %v", raw.Body, err)
		}
	})
}

func TestRender_BrowserIsReplacedAfterItsPages(t *testing.T) {
	needChromium(t)
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<p>x") })
	cfg := testConfig()
	cfg.Browser.Pages = 1
	c := newCrawler(t, cfg, Deps{})
	s, err := c.newSession(testSource())
	if err != nil {
		t.Fatal(err)
	}
	var processes []*chromium
	for range 2 {
		if _, err := s.fetch(t.Context(), Request{URL: address, Render: true}, validator{}); err != nil {
			t.Fatal(err)
		}
		processes = append(processes, c.browser.now)
	}
	if processes[0] == processes[1] || processes[0].ctx.Err() == nil {
		t.Error("the worn browser was kept")
	}
}

func TestRender_NothingIsLeftBehindWhenWeAreKilled(t *testing.T) {
	needChromium(t)
	if os.Getenv("OTKLIK_TEST_BROWSER_HELPER") == "1" {
		b := newBrowser(DefaultConfig().Browser)
		if _, err := b.lease(); err != nil {
			t.Fatal(err)
		}
		fmt.Println("browser runs")
		<-t.Context().Done() // until killed
		return
	}
	tmp, err := os.MkdirTemp("", "otk") // t.TempDir's name is too long for Chromium's socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(tmp) })
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), "OTKLIK_TEST_BROWSER_HELPER=1", "TMPDIR="+tmp)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "browser runs" {
	}
	if n := len(processesWith(t, tmp)); n == 0 {
		t.Fatal("no browser was started")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the helper was not killed")
	}
	deadline := time.After(10 * time.Second)
	for left := processesWith(t, tmp); len(left) > 0; left = processesWith(t, tmp) {
		select {
		case <-deadline:
			t.Fatalf("still running: %v", left)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// processesWith lists the processes that have text in their command line.
func processesWith(t *testing.T, text string) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range files {
		line, err := os.ReadFile(f)
		if errors.Is(err, os.ErrNotExist) || err != nil {
			continue // ended meanwhile
		}
		if bytes.Contains(line, []byte(text)) {
			out = append(out, f)
		}
	}
	return out
}
