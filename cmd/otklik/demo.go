package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"text/template"
	"time"

	"golang.org/x/sync/errgroup"

	"otklik/config"
	"otklik/demo"
)

type demoCmd struct {
	Once     bool   `help:"Tell the story on the terminal and exit."`
	JSON     bool   `help:"With --once: an event a line as JSON."`
	Listen   string `help:"Address of the daemon's own pages." default:"127.0.0.1:0"`
	Redis    string `help:"Tell the same story on a real Redis (redis://…)." env:"OTKLIK_DEMO_REDIS"`
	Database string `help:"Tell the same story on a real PostgreSQL (postgres://…)." env:"OTKLIK_DEMO_DATABASE"`
	Language string `help:"ru or en." enum:"ru,en" default:"ru"`
	Verbose  bool   `help:"Show the daemon's log."`
}

// townPace is how often something happens in the town while people watch;
// oncePace is how often the story's observer looks.
const (
	townPace = 20 * time.Second
	oncePace = 150 * time.Millisecond
	// moderation is how long the town's sites hold the company's answer back.
	moderation = 1500 * time.Millisecond
)

// Run starts the pretend world and the real daemon in it.
func (c demoCmd) Run(ctx context.Context, con console) (err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	dir, err := os.MkdirTemp("", "otklik-demo-")
	if err != nil {
		return fmt.Errorf("make a folder for the demo: %w", err)
	}
	defer os.RemoveAll(dir)
	world, err := newWorld(ctx, c, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, world.close()) }()
	log := newLog(config.Log{Level: "error", Format: "text"}, con.err)
	if c.Verbose {
		log = newLog(config.Log{Level: "info", Format: "text"}, con.err)
	}
	a, err := build(ctx, world.config, log, outside{})
	if err != nil {
		return err
	}
	defer a.Close()
	group, ctx := errgroup.WithContext(ctx)
	world.serve(ctx, group)
	group.Go(func() error { return a.Run(ctx) })
	group.Go(func() error {
		defer stop()
		if c.Once {
			return c.play(ctx, con, world)
		}
		return c.watch(ctx, con, world)
	})
	if err := group.Wait(); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// play tells the story once.
func (c demoCmd) play(ctx context.Context, con console, w *world) error {
	lines := json.NewEncoder(con.out)
	start := time.Now()
	emit := func(e demo.Event) {
		if c.JSON {
			lines.Encode(e)
			return
		}
		fmt.Fprintf(con.out, "%5.1fs  %-17s %s\n", e.At.Sub(start).Seconds(), e.Event, oneLine(e))
	}
	if !c.JSON {
		fmt.Fprintf(con.out, "A pretend review town at %s, a pretend Slack at %s, the real daemon at http://%s.\n\n", w.townURL, w.slackURL, w.config.Listen)
	}
	err := demo.Play(ctx, demo.PlayConfig{Slack: w.slackURL, Town: w.townURL, Emit: emit, Pace: oncePace})
	if err == nil && !c.JSON {
		fmt.Fprintf(con.out, "\nThe story is complete. Run `otklik demo` without --once to click through it yourself.\n")
	}
	return err
}

func oneLine(e demo.Event) string {
	const width = 90
	text := []rune(e.Text)
	if len(text) > width {
		text = append(text[:width-1], '…')
	}
	if e.Task == 0 {
		return string(text)
	}
	return fmt.Sprintf("M-%d  %s", e.Task, string(text))
}

// watch keeps the world alive until the process is told to stop.
func (c demoCmd) watch(ctx context.Context, con console, w *world) error {
	fmt.Fprintf(con.out, `The demo runs; everything is pretend and stays on this machine.

  Slack   %s   the channel with its cards: click "Взять", "Отвечено" …
  Town    %s   the review sites: read what customers say, answer for the company
  Otklik  http://%s   the daemon itself: inbox, /readyz, /metrics

New reviews keep arriving. Take a card, answer in the town, press "Отвечено":
the crawler confirms when the answer is visible on the page. Ctrl-C ends it.
`, w.slackURL, w.townURL, w.config.Listen)
	err := w.town.Story(ctx, townPace)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// world is the pretend town and Slack on loopback, with a configuration of
// the daemon between them.
type world struct {
	town      *demo.Town
	slack     *demo.Slack
	townURL   string
	slackURL  string
	config    *config.Config
	listeners map[net.Listener]http.Handler
	closers   []func() error
}

func newWorld(ctx context.Context, c demoCmd, dir string) (w *world, err error) {
	w = &world{listeners: map[net.Listener]http.Handler{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	daemon, err := freeAddress(ctx, c.Listen)
	if err != nil {
		return w, err
	}
	slackListener, err := w.listen(ctx, &w.slackURL)
	if err != nil {
		return w, err
	}
	townListener, err := w.listen(ctx, &w.townURL)
	if err != nil {
		return w, err
	}
	w.slack = demo.NewSlack(demo.SlackConfig{
		BaseURL: w.slackURL, Language: c.Language,
		InteractionsURL: "http://" + daemon + "/slack/interactions",
		CommandsURL:     "http://" + daemon + "/slack/commands",
		EventsURL:       "http://" + daemon + "/slack/events",
	})
	w.town = demo.NewTown(demo.TownConfig{SlackURL: w.slackURL, Moderation: moderation})
	w.listeners[slackListener], w.listeners[townListener] = w.slack, w.town
	database, err := w.scratch(ctx, c.Database)
	if err != nil {
		return w, err
	}
	w.config, err = demoConfig(dir, c, w, daemon, database)
	return w, err
}

func (w *world) listen(ctx context.Context, address *string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen on loopback: %w", err)
	}
	w.closers = append(w.closers, l.Close)
	*address = "http://" + l.Addr().String()
	return l, nil
}

// freeAddress turns port 0 into a free one: the pretend Slack has to know
// where clicks go before the daemon listens.
func freeAddress(ctx context.Context, address string) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return "", fmt.Errorf("listen: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// serve serves town and Slack until ctx ends.
func (w *world) serve(ctx context.Context, group *errgroup.Group) {
	for listener, handler := range w.listeners {
		server := &http.Server{Handler: handler, ReadHeaderTimeout: headerTimeout}
		group.Go(func() error {
			if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serve the demo: %w", err)
			}
			return nil
		})
		group.Go(func() error {
			<-ctx.Done()
			return server.Close()
		})
	}
}

func (w *world) close() error {
	var errs []error
	for i := len(w.closers) - 1; i >= 0; i-- {
		if err := w.closers[i](); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	w.closers = nil
	return errors.Join(errs...)
}

// demoConfig is the configuration of the demo's daemon: the real definitions
// over the town's pages, norms of seconds and a round-the-clock calendar.
func demoConfig(dir string, c demoCmd, w *world, listen, database string) (*config.Config, error) {
	text, err := w.yaml(dir, c, listen, database)
	if err != nil {
		return nil, err
	}
	return config.Parse(text, filepath.Join(dir, "otklik.yaml"))
}

// yaml writes the demo's configuration for this town and this Slack.
func (w *world) yaml(dir string, c demoCmd, listen, database string) ([]byte, error) {
	type values struct {
		Language, Listen, Database, Redis, Prefix, SlackAPI, Token, Secret string
		Otzovik, Maps, AppStore, Telegram                                  string
		Slug, Org, App, Channel, Take                                      string
	}
	take := "2m" // long enough to read a card and click
	if c.Once {
		take = "15s"
	}
	root := w.townURL
	return render(demoYAML, values{
		c.Language, listen, database, c.Redis, filepath.Base(dir), w.slack.APIURL(), w.slack.Token(), w.slack.SigningSecret(),
		w.town.Base(demo.Otzovik, root), w.town.Base(demo.YandexMaps, root), w.town.Base(demo.AppStore, root), w.town.Base(demo.Telegram, root),
		demo.Slug, demo.Org, demo.App, demo.ChannelName, take,
	})
}

func render(text string, values any) ([]byte, error) {
	t, err := template.New("demo").Option("missingkey=error").Parse(text)
	if err != nil {
		return nil, fmt.Errorf("read the demo's configuration: %w", err)
	}
	var out writer
	if err := t.Execute(&out, values); err != nil {
		return nil, fmt.Errorf("write the demo's configuration: %w", err)
	}
	return out, nil
}

// writer collects bytes.
type writer []byte

// Write implements io.Writer.
func (w *writer) Write(p []byte) (int, error) {
	*w = append(*w, p...)
	return len(p), nil
}

var _ io.Writer = (*writer)(nil)

const demoYAML = `
language: {{.Language}}
zone: Europe/Moscow
data: data
database: "{{.Database}}"
redis: "{{.Redis}}"
redis_prefix: {{.Prefix}}
listen: {{.Listen}}
brands:
  - name: Ромашка Банк
    match: ромашк* OR romashka
    sources:
      - {site: otzovik, slug: {{.Slug}}, base: "{{.Otzovik}}", delay: 20ms, every: "@every 1s"}
      - {site: yandex-maps, org: "{{.Org}}", base: "{{.Maps}}", delay: 20ms, every: "@every 1s"}
      - {site: app-store, app: "{{.App}}", countries: [ru], base: "{{.AppStore}}", delay: 20ms, every: "@every 2s"}
      - {site: telegram, channel: {{.Channel}}, base: "{{.Telegram}}", delay: 20ms, every: "@every 2s"}
channels:
  pr: {slack: {channel: "#pr-alerts", token: {{.Token}}, signing_secret: {{.Secret}}, api_url: "{{.SlackAPI}}"}}
  leads: {slack: {channel: "#pr-leads", token: {{.Token}}, api_url: "{{.SlackAPI}}"}}
  ops: {slack: {channel: "#otklik-ops", token: {{.Token}}, api_url: "{{.SlackAPI}}"}}
ops: ops
routes:
  - {name: негатив, tone: negative, channel: pr, norms: complaint}
  - {name: звёзды спорят, why: conflict, channel: pr, norms: complaint}
  - {name: правка автора, why: edited, channel: pr, norms: complaint}
  - {name: благодарности, tone: positive, digest: daily, channel: pr}
norms:
  complaint: {take: {{.Take}}, answer: 10m, visible: 10m, verify: 1s, escalate: [leads]}
blind: {after: 2}
jobs: {lease: 2s, backoff: 200ms}
crawler: {allow_private: true, delay: 20ms, jitter: 0s, timeout: 5s, raw: {keep: 1h, max_bytes: 67108864}}
`
