package main

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.yaml.in/yaml/v3"

	"otklik/config"
)

// small builds the daemon from a small configuration with every optional part
// that has metrics. Its Redis never answers.
func small(t *testing.T) *app {
	t.Helper()
	dir := t.TempDir()
	cfg, err := config.Parse([]byte(`
redis: redis://127.0.0.1:1/0
listen: 127.0.0.1:0
brands: [{name: Лавка, sources: [{site: feed, url: "https://feeds.example/rss"}]}]
channels: {pr: {terminal: {}}}
routes: [{name: негатив, tone: negative, channel: pr}]
`), filepath.Join(dir, "otklik.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := build(t.Context(), cfg, slog.New(slog.DiscardHandler), outside{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

// registered returns the names of our metrics, and those under which a
// histogram is asked for.
func registered(t *testing.T, a *app) []string {
	t.Helper()
	name := regexp.MustCompile(`fqName: "(otklik_[a-z_]+)"`)
	descs := make(chan *prometheus.Desc, 1000)
	a.registry.Describe(descs)
	close(descs)
	var out []string
	for d := range descs {
		if m := name.FindStringSubmatch(d.String()); m != nil {
			out = append(out, m[1])
		}
	}
	if len(out) < 15 {
		t.Fatalf("only %d metrics of ours: %v", len(out), out)
	}
	return out
}

var metricName = regexp.MustCompile(`\botklik_[a-z]+_[a-z_]+\b`)

// TestOperations_Metrics holds the dashboard, the alert rules and the docs to
// the metrics that the daemon has.
func TestOperations_Metrics(t *testing.T) {
	ours := registered(t, small(t))
	for _, file := range []string{"deploy/alerts.yaml", "deploy/grafana-dashboard.json", "docs/operations.md"} {
		text := operatorFile(t, file)
		names := metricName.FindAllString(text, -1)
		if len(names) == 0 {
			t.Errorf("%s names no metric", file)
		}
		for _, n := range names {
			base := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(n, "_bucket"), "_sum"), "_count")
			if !slices.Contains(ours, base) {
				t.Errorf("%s names %s, which the daemon does not have", file, n)
			}
		}
	}
	docs := operatorFile(t, "docs/operations.md")
	for _, n := range ours {
		if !strings.Contains(docs, "| `"+n+"` |") {
			t.Errorf("docs/operations.md has no line for %s", n)
		}
	}
}

// TestOperations_Runbook holds the alert rules to the runbook.
func TestOperations_Runbook(t *testing.T) {
	var rules struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr string
				Annotations map[string]string
			}
		}
	}
	if err := yaml.Unmarshal([]byte(operatorFile(t, "deploy/alerts.yaml")), &rules); err != nil {
		t.Fatal(err)
	}
	anchors := map[string]bool{}
	for line := range strings.Lines(operatorFile(t, "docs/operations.md")) {
		if title, ok := strings.CutPrefix(line, "### "); ok {
			anchors[strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(strings.TrimSpace(title)), ",", ""), " ", "-")] = true
		}
	}
	for _, r := range rules.Groups[0].Rules {
		_, anchor, _ := strings.Cut(r.Annotations["runbook"], "#")
		if r.Expr == "" || r.Annotations["summary"] == "" || !anchors[anchor] {
			t.Errorf("%s: expression %q, summary %q, runbook %q", r.Alert, r.Expr, r.Annotations["summary"], r.Annotations["runbook"])
		}
	}
	var dashboard struct{ Panels []struct{ Title string } }
	if err := json.Unmarshal([]byte(operatorFile(t, "deploy/grafana-dashboard.json")), &dashboard); err != nil || len(dashboard.Panels) == 0 {
		t.Errorf("the dashboard has %d panels, %v", len(dashboard.Panels), err)
	}
}

func operatorFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestGauges(t *testing.T) {
	a := small(t)
	ask := func() string {
		w := httptest.NewRecorder()
		a.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		return w.Body.String()
	}
	if err := a.schedule(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"otklik_archive_up 1", "otklik_sources_seen 1", `otklik_jobs_late_seconds{kind="crawl"}`, "otklik_jobs_buried 0"} {
		if text := ask(); !strings.Contains(text, want) {
			t.Errorf("/metrics has no %s", want)
		}
	}
	if err := a.store.Close(); err != nil {
		t.Fatal(err)
	}
	if text := ask(); !strings.Contains(text, "otklik_archive_up 0") || strings.Contains(text, "otklik_sources_seen") {
		t.Error("a closed archive is told as one that answers")
	}
}

// TestRun_Reload changes the configuration of a running daemon.
func TestRun_Reload(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "otklik.yaml")
	yaml := func(listen, more string) string {
		return "listen: " + listen + `
brands: [{name: Лавка, sources: [{site: feed, url: "https://127.0.0.1:1/rss", every: "0 0 1 1 *"}]}]
channels: {pr: {terminal: {}}}
routes: [{name: негатив, tone: negative, channel: pr}]
` + more
	}
	first, second := freePort(t), freePort(t)
	write(t, file, yaml(first, ""))
	d := &daemon{t: t, config: file}
	d.start()
	t.Cleanup(func() { d.end(t) })
	answers := func(address string) bool {
		res, err := http.Get("http://" + address + "/healthz")
		if err != nil {
			return false
		}
		res.Body.Close()
		return res.StatusCode == http.StatusOK
	}
	waitFor(t, "daemon", func() bool { return answers(first) })

	write(t, file, yaml(second, "nonsense: 1\n"))
	d.signal(syscall.SIGHUP)
	waitFor(t, "word of the mistake", func() bool { return d.says("configuration is not taken over", "nonsense") == 1 })
	if !answers(first) || answers(second) {
		t.Error("a configuration with a mistake changed the daemon")
	}
	write(t, file, yaml(first, "pprof: "+first+"\n"))
	d.signal(syscall.SIGHUP)
	waitFor(t, "word of the taken port", func() bool { return d.says("configuration is not taken over", "address already in use") == 1 })
	write(t, file, yaml(second, "log: {level: debug}\nhooks: [{name: forms, token: 0123456789abcdef, kind: form}]\n"))
	d.signal(syscall.SIGHUP)
	waitFor(t, "new address", func() bool { return answers(second) })
	res, err := http.Post("http://"+second+"/hooks/in/0123456789abcdef", "application/json", strings.NewReader(`{"text": "Карту не привезли"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("a hook of the new configuration answers %s", res.Status)
	}
	if answers(first) {
		t.Error("the old address still answers")
	}
	if n := d.says("otklik stopped"); n != 1 {
		t.Errorf("the former daemon ended %d times", n)
	}
}

func TestPprof(t *testing.T) {
	const host = "127.0.0.1:6060"
	tests := []struct {
		host, path string
		want       int
	}{
		{host, "/debug/pprof/", http.StatusOK},
		{host, "/debug/pprof/goroutine?debug=1", http.StatusOK},
		{host, "/debug/pprof/cmdline", http.StatusNotFound},
		{"attacker.example:6060", "/debug/pprof/heap", http.StatusMisdirectedRequest},
		{"localhost:6060", "/debug/pprof/heap", http.StatusMisdirectedRequest},
	}
	for _, tt := range tests {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, tt.path, nil)
		r.Host = tt.host
		pprofHandler(host).ServeHTTP(w, r)
		if w.Code != tt.want {
			t.Errorf("%s at %s: %d, want %d", tt.path, tt.host, w.Code, tt.want)
		}
	}
}
