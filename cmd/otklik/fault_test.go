package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"otklik/bench"
	"otklik/demo"
)

// rig is the real daemon, in one or several processes, between a load site and
// a pretend Slack that outlive it.
type rig struct {
	t       *testing.T
	slack   *demo.Slack
	away    atomic.Bool // Slack cuts every connection
	site    *bench.Site
	hosts   []*host
	daemons []*daemon
	listens []string
	pprof   string          // of a single daemon
	wanted  map[string]bool // the site's ids of the complaints that were published
}

// rigConfig says what the daemons stand on.
type rigConfig struct {
	daemons, sources, hosts int
	database, redis         string
	every, delay            time.Duration
	take                    time.Duration // the norm, an hour when zero
	data                    string        // instead of a folder of its own
	pprof                   string        // address of profiles
	raw                     string        // keys of crawler.raw; no page is kept when empty
}

// host is one address of the load site, with the moments of its requests.
type host struct {
	server *httptest.Server
	mu     sync.Mutex
	at     []time.Time
	visits map[string]visits // by path
}

// visits is how often a path was read, and when it was last.
type visits struct {
	times int
	last  time.Time
}

func (h *host) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/robots.txt" {
			h.mu.Lock()
			h.at = append(h.at, time.Now())
			h.visits[r.URL.Path] = visits{h.visits[r.URL.Path].times + 1, time.Now()}
			h.mu.Unlock()
		}
		next.ServeHTTP(w, r)
	})
}

func newRig(t *testing.T, c rigConfig) *rig {
	t.Helper()
	c.daemons, c.sources, c.hosts = max(1, c.daemons), max(1, c.sources), max(1, c.hosts)
	if c.every == 0 {
		c.every, c.delay = time.Second, 10*time.Millisecond
	}
	if c.take == 0 {
		c.take = time.Hour
	}
	if c.raw == "" {
		c.raw = "keep: 0s"
	}
	r := &rig{t: t, pprof: c.pprof, site: bench.NewSite(bench.SiteConfig{Products: c.sources}), wanted: map[string]bool{}}
	slackServer := httptest.NewUnstartedServer(nil)
	for range c.daemons {
		r.listens = append(r.listens, freePort(t))
	}
	r.slack = demo.NewSlack(demo.SlackConfig{
		BaseURL:         "http://" + slackServer.Listener.Addr().String(),
		InteractionsURL: "http://" + r.listens[0] + "/slack/interactions",
	})
	slackServer.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if r.away.Load() {
			panic(http.ErrAbortHandler)
		}
		r.slack.ServeHTTP(w, req)
	})
	slackServer.Start()
	t.Cleanup(slackServer.Close)
	for range c.hosts {
		h := &host{visits: map[string]visits{}}
		h.server = httptest.NewServer(h.wrap(r.site))
		t.Cleanup(h.server.Close)
		r.hosts = append(r.hosts, h)
	}
	for _, listen := range r.listens {
		dir := t.TempDir()
		d := &daemon{t: t, config: filepath.Join(dir, "otklik.yaml")}
		write(t, d.config, r.yaml(c, dir, listen))
		write(t, filepath.Join(dir, "sites", "load.yaml"), string(bench.Definition))
		r.daemons = append(r.daemons, d)
		d.start()
		t.Cleanup(func() { d.end(t) })
	}
	return r
}

// end kills the daemon and shows its log if the test failed.
func (d *daemon) end(t *testing.T) {
	d.cmd.Process.Kill()
	d.cmd.Wait()
	if text := d.log.String(); t.Failed() {
		t.Logf("the end of the log of %s:\n%s", filepath.Base(filepath.Dir(d.config)), text[max(0, len(text)-4000):])
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = os.WriteFile(path, []byte(text), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (r *rig) yaml(c rigConfig, dir, listen string) string {
	var b strings.Builder
	data := filepath.Join(dir, "data")
	if c.data != "" {
		data = c.data
	}
	fmt.Fprintf(&b, `
language: ru
data: %q
database: %q
redis: %q
redis_prefix: %s
listen: %s
pprof: %q
brands:
  - name: Лавка
    sources:
`, data, c.database, c.redis, "rig", listen, c.pprof)
	for i := range c.sources {
		fmt.Fprintf(&b, "      - {site: load, slug: %s, base: %q, delay: %s, every: \"@every %s\", pages: 2}\n",
			bench.Slug(i), r.hosts[i%len(r.hosts)].server.URL, c.delay, c.every)
	}
	fmt.Fprintf(&b, `
channels:
  pr: {slack: {channel: "#pr-alerts", token: %s, signing_secret: %s, api_url: "%s"}}
  ops: {slack: {channel: "#otklik-ops", token: %s, api_url: "%s"}}
ops: ops
routes:
  - {name: негатив, tone: negative, channel: pr, norms: complaint}
norms:
  complaint: {take: %s, answer: 10h, escalate: [ops]}
jobs: {lease: 2s, backoff: 200ms, max_backoff: 2s}
crawler: {definitions: sites, allow_private: true, timeout: 5s, raw: {%s}}
`, r.slack.Token(), r.slack.SigningSecret(), r.slack.APIURL(), r.slack.Token(), r.slack.APIURL(), c.take, c.raw)
	return b.String()
}

// seeded waits until every source is read for the second time: what is new
// from now on was not there at the silent first pass.
func (r *rig) seeded(sources int) {
	r.t.Helper()
	waitFor(r.t, "the first passes", func() bool {
		seen := 0
		for _, h := range r.hosts {
			h.mu.Lock()
			for _, v := range h.visits {
				if v.times > 1 {
					seen++
				}
			}
			h.mu.Unlock()
		}
		return seen >= sources
	})
}

// complain publishes a complaint about a product.
func (r *rig) complain(product int) string {
	id := r.site.Complain(product)
	r.wanted[id] = true
	return id
}

// settled waits until each complaint has a card, then for three more rounds,
// in which a second card would come, and fails for every card too many.
func (r *rig) settled(rounds time.Duration) {
	r.t.Helper()
	waitFor(r.t, "card for each complaint", func() bool { return len(cardsByMention(r.t, r.slack)) >= len(r.wanted) })
	<-time.After(rounds)
	byMention := cardsByMention(r.t, r.slack)
	if len(byMention) != len(r.wanted) {
		r.t.Errorf("%d mentions have cards, %d complaints were published", len(byMention), len(r.wanted))
	}
	for mention, n := range byMention {
		if n != 1 {
			r.t.Errorf("mention %s has %d cards", mention, n)
		}
	}
}

// ready returns what /readyz says, nil when nobody answers.
func (r *rig) ready(i int) *health {
	res, err := http.Get("http://" + r.listens[i] + "/readyz")
	if err != nil {
		return nil
	}
	defer res.Body.Close()
	var h health
	if err := json.NewDecoder(res.Body).Decode(&h); err != nil {
		return nil
	}
	return &h
}

// signal pauses and resumes the process.
func (d *daemon) signal(s syscall.Signal) {
	d.t.Helper()
	if err := d.cmd.Process.Signal(s); err != nil {
		d.t.Fatalf("%s: %v", s, err)
	}
}

// says counts the log's lines that hold all the words.
func (d *daemon) says(words ...string) int {
	n := 0
	for line := range strings.Lines(d.log.String()) {
		hit := true
		for _, w := range words {
			hit = hit && strings.Contains(line, w)
		}
		if hit {
			n++
		}
	}
	return n
}

// redisServer is a Redis of the test's own, which it may kill.
type redisServer struct {
	t    *testing.T
	port string
	cmd  *exec.Cmd
}

func newRedis(t *testing.T) *redisServer {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("OTKLIK_REQUIRE_SERVICES") == "1" {
			t.Fatal("redis-server is not installed")
		}
		t.Skip("redis-server is not installed")
	}
	_, port, _ := strings.Cut(freePort(t), ":")
	s := &redisServer{t: t, port: port}
	s.start()
	t.Cleanup(s.kill)
	return s
}

func (s *redisServer) url() string { return "redis://127.0.0.1:" + s.port + "/0" }

// start starts the server with nothing in it.
func (s *redisServer) start() {
	s.t.Helper()
	s.cmd = exec.Command("redis-server", "--port", s.port, "--bind", "127.0.0.1", "--save", "", "--dir", s.t.TempDir())
	s.cmd.SysProcAttr = endsWithUs()
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *redisServer) kill() {
	if err := s.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.t.Error(err)
	}
	s.cmd.Wait()
}
