package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/sync/errgroup"

	"otklik/config"
	"otklik/demo"
	"otklik/mention"
)

// story is the whole daemon, as build makes it from a configuration a customer
// could have written, between a town and a Slack that it reaches without
// sockets: three days of its life take a moment of virtual time.
type story struct {
	t     *testing.T
	town  *demo.Town
	slack *demo.Slack
	hosts demo.ByHost // everything that can be reached
	dir   string
	set   settings
	log   *journal

	life   *life        // the present one; nil when nobody is to die
	fate   func(string) // is told the moments of a story
	deaths int

	app  *app // nil while the daemon is stopped
	stop context.CancelFunc
	done chan error
}

// settings are what differs between stories; the zero value is the usual town.
type settings struct {
	sources string // YAML, instead of the four sites of the town
	norms   string // of complaints, instead of the usual ones
	redis   string
	index   string       // when words become searchable, instead of at once
	socket  bool         // clicks arrive over Socket Mode
	quiet   bool         // begin without the first pass over all sources
	born    func() *life // gives each life of the daemon its fate; nil is a long one
}

// journal is a log that may be read while it is written.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

// String returns what was written.
func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

const (
	usualSources = `
      - {site: otzovik, slug: ` + demo.Slug + `, every: "*/20 * * * *"}
      - {site: yandex-maps, org: "` + demo.Org + `", every: "*/20 * * * *"}
      - {site: app-store, app: "` + demo.App + `", countries: [ru], every: "*/20 * * * *"}
      - {site: telegram, channel: ` + demo.ChannelName + `, every: "*/20 * * * *"}`
	usualNorms = `{take: 15m, answer: 24h, visible: 72h, escalate: [leads]}`
)

const storyYAML = `
language: ru
zone: Europe/Moscow
data: data
index: %s
redis: "%s"
brands:
  - name: Ромашка Банк
    match: ромашк* OR romashka
    sources: %s
channels:
  pr: {slack: {channel: "#pr-alerts", %s}}
  leads: {slack: {channel: "#pr-leads", %s}}
  ops: {slack: {channel: "#otklik-ops", %s}}
ops: ops
routes:
  - {name: негатив, tone: negative, channel: pr, norms: complaint}
  - {name: звёзды спорят, why: conflict, channel: pr, norms: complaint}
  - {name: правка автора, why: edited, channel: pr, norms: complaint}
  - {name: благодарности, tone: positive, digest: daily, channel: pr}
norms:
  complaint: %s
blind: {after: 3}
`

// tell runs a story under virtual time, which begins at noon of a Monday.
func tell(t *testing.T, set settings, scene func(t *testing.T, s *story)) {
	t.Helper()
	t.Parallel() // a story waits for the disk most of the time
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 11, 23, 9, 0, 30, 0, time.UTC)))
		s := newStory(t, set)
		s.start()
		defer s.end()
		if !set.quiet {
			s.pass() // the silent first runs
		}
		scene(t, s)
	})
}

func newStory(t *testing.T, set settings) *story {
	t.Helper()
	s := &story{t: t, dir: t.TempDir(), set: set, log: &journal{}, hosts: demo.ByHost{}}
	s.town = demo.NewTown(demo.TownConfig{})
	s.slack = demo.NewSlack(demo.SlackConfig{Client: demo.InProcess(s.hosts), InteractionsURL: "http://app.test/slack/interactions",
		CommandsURL: "http://app.test/slack/commands", EventsURL: "http://app.test/slack/events"})
	s.hosts["slack.test"] = s.slack
	for _, host := range []string{"otzovik.com", "yandex.ru", "itunes.apple.com", "t.me"} {
		s.hosts[host] = s.town
	}
	s.hosts["app.test"] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.app == nil {
			panic(http.ErrAbortHandler) // nobody listens
		}
		s.app.handler.ServeHTTP(w, r)
		if s.life != nil && s.life.at("clicked", nil) != nil {
			panic(http.ErrAbortHandler) // it was done, and nobody was told
		}
	})
	return s
}

func (s *story) config() *config.Config {
	s.t.Helper()
	slack := fmt.Sprintf(`token: %s, signing_secret: %s, api_url: "%s"`, s.slack.Token(), s.slack.SigningSecret(), s.slack.APIURL())
	if s.set.socket {
		slack = fmt.Sprintf(`token: %s, app_token: %s, api_url: "%s"`, s.slack.Token(), s.slack.AppToken(), s.slack.APIURL())
	}
	sources, norms := usualSources, usualNorms
	if s.set.sources != "" {
		sources = s.set.sources
	}
	if s.set.norms != "" {
		norms = s.set.norms
	}
	text := fmt.Sprintf(storyYAML, cmp.Or(s.set.index, config.IndexNow), s.set.redis, sources, slack, slack, slack, norms)
	cfg, err := config.Parse([]byte(text), filepath.Join(s.dir, "otklik.yaml"))
	if err != nil {
		s.t.Fatal(err)
	}
	return cfg
}

// start builds the daemon on what is there and lets it work.
func (s *story) start() {
	s.t.Helper()
	reach := outside{sites: demo.InProcess(s.hosts).Transport, chats: demo.InProcess(s.hosts).Transport}
	group := &errgroup.Group{}
	ctx, cancel := context.WithCancel(s.t.Context())
	if s.set.socket {
		reach.sockets = s.wire(ctx, group)
	}
	if s.set.born != nil {
		s.life = s.set.born()
		reach.sites, reach.chats = s.life.trip(reach.sites, "page fetched"), s.life.trip(reach.chats, "")
	}
	log := slog.New(slog.NewTextHandler(s.log, nil))
	a, err := build(ctx, s.config(), log, reach)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := a.schedule(ctx); err != nil {
		s.t.Fatal(err)
	}
	s.app, s.stop, s.done = a, cancel, make(chan error, 1)
	if s.life != nil {
		s.life.haunt(a)
	}
	a.work(ctx, group)
	go func() { s.done <- group.Wait() }()
}

// wire is Socket Mode without sockets.
func (s *story) wire(ctx context.Context, group *errgroup.Group) *websocket.Dialer {
	wire := demo.NewWire()
	server := &http.Server{Handler: s.slack, ReadHeaderTimeout: time.Minute}
	group.Go(func() error {
		if err := server.Serve(wire); ctx.Err() == nil {
			return err
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		return server.Close()
	})
	return &websocket.Dialer{NetDial: func(string, string) (net.Conn, error) { return wire.Dial() }}
}

// end stops the daemon and waits for what it has in hand.
func (s *story) end() {
	s.t.Helper()
	if s.app == nil {
		return
	}
	s.stop()
	if err := <-s.done; err != nil {
		s.t.Errorf("the daemon ended with %v", err)
	}
	if err := s.app.Close(); err != nil {
		s.t.Errorf("close: %v", err)
	}
	s.app = nil
}

// wait lets virtual time pass, and what follows from it happen.
func (s *story) wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// pass waits until every source was read once more and its messages are sent.
func (s *story) pass() { s.wait(25 * time.Minute) }

// complain publishes a complaint that resembles no other.
func (s *story) complain(site demo.Site, text string) demo.Review {
	s.t.Helper()
	r, err := s.town.Publish(demo.Review{Site: site, Author: "Ольга Крылова", Stars: 1, Title: "Ужасно", Text: text})
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

const complaint = "Курьер с картой не приехал второй раз подряд. Обещали перезвонить и пропали. Это издевательство, а не сервис Ромашка Банка!"

// cards returns the cards of the channel, oldest first.
func (s *story) cards() []demo.Message {
	var out []demo.Message
	for _, m := range s.slack.Messages(demo.PRChannel) {
		if _, ok := cardOf(m); ok {
			out = append(out, m)
		}
	}
	return out
}

// card returns the only card.
func (s *story) card() (demo.Message, demo.CardPayload) {
	s.t.Helper()
	all := s.cards()
	if len(all) != 1 {
		s.fatalf("%d cards, want 1", len(all))
	}
	c, _ := cardOf(all[0])
	return all[0], c
}

func (s *story) wantState(want mention.State) demo.CardPayload {
	s.t.Helper()
	s.wait(3 * time.Second)
	_, c := s.card()
	if c.State != string(want) {
		s.fatalf("the card says %q, want %q", c.State, want)
	}
	return c
}

// click presses a control of the only card.
func (s *story) click(user, action, value string) demo.Answer {
	s.t.Helper()
	m, _ := s.card()
	a, err := s.slack.Click(s.t.Context(), demo.Click{User: user, Channel: demo.PRChannel, TS: m.TS, ActionID: action, Value: value, Late: true})
	if err != nil {
		s.fatalf("click %s: %v", action, err)
	}
	synctest.Wait()
	return a
}

// answered says in the modal that the only card's complaint is answered.
func (s *story) answered(user string) {
	s.t.Helper()
	s.click(user, "answer", "")
	views := s.slack.Views(user)
	if len(views) == 0 {
		s.fatalf("no window is open")
	}
	_, err := s.slack.SubmitView(s.t.Context(), demo.Submission{User: user, ViewID: views[len(views)-1].ID,
		Values: map[string]string{"text": "Извинились и назвали срок"}})
	if err != nil {
		s.fatalf("submit: %v", err)
	}
	synctest.Wait()
}

// posts returns the messages of a channel of one kind: ops, seeded, reminder, …
func (s *story) posts(channel, kind string) []demo.Message {
	var out []demo.Message
	seen := map[string]bool{}
	for _, top := range s.slack.Messages(channel) {
		for _, m := range s.slack.Thread(channel, top.TS) {
			if !seen[m.TS] && m.Metadata != nil && strings.Contains(string(m.Metadata.EventPayload), `"kind":"`+kind+`"`) {
				seen[m.TS] = true
				out = append(out, m)
			}
		}
	}
	return out
}

// thread returns everything said under the only card, as one text.
func (s *story) thread() string {
	s.t.Helper()
	m, _ := s.card()
	var out strings.Builder
	for _, reply := range s.slack.Thread(demo.PRChannel, m.TS)[1:] {
		out.WriteString(reply.Text + "\n" + string(reply.Blocks) + "\n")
	}
	return out.String()
}

func (s *story) fatalf(format string, args ...any) {
	s.t.Helper()
	s.t.Fatalf(format+"; log:\n%s", append(args, s.log)...)
}
