package slack_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"otklik/alerts"
	"otklik/alerts/slack"
	"otklik/demo"
	"otklik/mention"
	"otklik/replies"
	"otklik/secret"
	"otklik/store"
)

// world is the way from a mention to a confirmed answer on the real archive,
// the real desk and the pretend Slack; only the crawler is missing.
type world struct {
	t     *testing.T
	slack *demo.Slack
	// client carries requests both ways.
	client *http.Client
	store  *store.Store
	norms  replies.Norms
	desk   *replies.Desk
	send   *alerts.Dispatcher
	app    *slack.App
	log    *strings.Builder
	added  int
	gust   *mention.Gust // of the complaints to come
	ping   []string      // likewise
}

const testBrand = "Ромашка Банк"

// noLooker opens no pages: in these tests the page is the test's business.
type noLooker struct{}

func (noLooker) Look(_ context.Context, m mention.Mention) (mention.Mention, bool, error) {
	return m, false, nil
}

// figures gives fixed sums.
type figures struct{}

func (figures) Seeded(context.Context, mention.SourceID, time.Time) (alerts.Seeded, error) {
	return alerts.Seeded{Known: 142, Unanswered: 6}, nil
}

func (figures) Digest(_ context.Context, n mention.Notice, _ string) (mention.Digest, error) {
	return mention.Digest{Title: n.Subject}, nil
}

// errands counts what it is asked for.
type errands struct{}

func (errands) MakeTasks(context.Context, mention.SourceID, mention.Actor) (int, error) {
	return 6, nil
}
func (errands) AddSource(_ context.Context, address string) (string, bool, error) {
	if !strings.Contains(address, "://") {
		return "", false, mention.ErrRefused
	}
	return "- {site: feed, url: " + address + "}", true, nil
}
func (errands) Report(context.Context, string) (mention.Digest, error) {
	return mention.Digest{Title: "Сегодня"}, nil
}

func newWorld(t *testing.T) *world {
	t.Helper()
	// Virtual time begins in 2000, when Slack's times had a digit less.
	time.Sleep(time.Until(time.Date(2026, 11, 21, 11, 0, 0, 0, time.UTC)))
	w := &world{t: t, log: &strings.Builder{}}
	log := slog.New(slog.NewTextHandler(w.log, nil))
	st, err := store.Open(t.Context(), store.Config{Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	w.store = st
	w.norms, err = replies.Config{Norms: map[string]replies.Norm{
		"complaint": {Take: 15 * time.Minute, Answer: 24 * time.Hour, Visible: 72 * time.Hour}}}.Build()
	if err != nil {
		t.Fatal(err)
	}
	w.desk = replies.New(w.norms, st, noLooker{}, time.Now, log)
	hosts := demo.ByHost{}
	client := demo.InProcess(hosts)
	w.client = client
	w.slack = demo.NewSlack(demo.SlackConfig{Client: client, InteractionsURL: "http://app.test/slack/interactions",
		CommandsURL: "http://app.test/slack/commands", EventsURL: "http://app.test/slack/events"})
	cfg := alerts.SlackConfig{Channel: "#pr-alerts", Token: secret.Literal(w.slack.Token()), APIURL: w.slack.APIURL(),
		SigningSecret: secret.Literal(w.slack.SigningSecret())}
	leads := cfg
	leads.Channel = "#pr-leads"
	w.send = &alerts.Dispatcher{Outbox: st, Archive: st, Figures: figures{}, Norms: w.norms,
		Channels: map[string]alerts.Channel{
			"pr":    slack.NewChannel(cfg, "ru", time.UTC, client),
			"leads": slack.NewChannel(leads, "ru", time.UTC, client),
		},
		Fallback: func(rule, channel string) string { return map[string]string{"pr": "leads"}[channel] },
		Titles:   func(site, _ string) string { return map[string]string{"otzovik": "Отзовик"}[site] },
		Log:      log, Now: time.Now, Storms: st, StormEnd: w.stormEnd, Memo: st, Base: "https://otklik.test"}
	w.app = w.newApp(cfg)
	hosts["slack.test"], hosts["app.test"] = w.slack, w.app.Handler()
	return w
}

// restart gives the world a dispatcher that remembers nothing of its own.
func (w *world) restart() {
	d := w.send
	w.send = &alerts.Dispatcher{Outbox: d.Outbox, Archive: d.Archive, Figures: d.Figures, Norms: d.Norms, Channels: d.Channels,
		Fallback: d.Fallback, Titles: d.Titles, Log: d.Log, Now: d.Now, Storms: d.Storms, StormEnd: d.StormEnd, Memo: d.Memo, Base: d.Base}
}

func (w *world) newApp(cfg alerts.SlackConfig) *slack.App {
	return &slack.App{Config: cfg, Client: w.client, Desk: w.desk, Archive: w.store, Errands: errands{},
		Templates: replies.NewTemplates(nil, time.UTC, nil).For,
		TakeStorm: func(ctx context.Context, id int64, by mention.Actor) (int, error) {
			return w.desk.TakeStorm(ctx, w.store, id, by)
		},
		Log: w.send.Log, Now: time.Now}
}

// stormEnd is what a router says of a storm.
func (w *world) stormEnd(s mention.Storm) time.Time { return s.LastAt.Add(w.gust.Within) }

// complain archives a new negative mention with its task and card.
func (w *world) complain(text string) mention.Mention {
	w.t.Helper()
	w.added++
	m := mention.Mention{Brand: testBrand, Source: "otzovik", SourceID: "romashka/otzovik", ExternalID: time.Now().Format(time.RFC3339Nano) + text,
		URL: "https://otzovik.test/review_1.html", Author: "Пётр", Rating: 1, Best: 5, Text: text, Lang: "ru",
		PublishedAt: time.Now().Add(-time.Hour), CollectedAt: time.Now(), Tone: mention.Negative}
	key := m.Key()
	m.ID = key.ID()
	_, err := w.store.Add(w.t.Context(), []mention.Entry{{Mention: m}}, func(e mention.Entry, _ *mention.Prior, _ []mention.Prior) ([]mention.Effects, error) {
		eff, err := w.norms.Raise(e.Mention, mention.RepliesText,
			[]replies.Route{{Rule: "негатив", Channel: "pr", Norm: "complaint", Kind: mention.Complaint, Gust: w.gust, Ping: w.ping}}, alerts.WhyNegative, time.Now())
		return []mention.Effects{eff}, err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

const testLease = time.Minute

// step runs the jobs that are due now, as the runner would, and returns how many there were.
func (w *world) step() int {
	w.t.Helper()
	jobs, err := w.store.Lease(w.t.Context(), []string{mention.SendJob, mention.UpdateJob}, 10, testLease)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, j := range jobs {
		handler := w.send.Send
		if j.Kind == mention.UpdateJob {
			handler = w.send.Update
		}
		next, err := handler(w.t.Context(), j)
		retry := &mention.RetryError{}
		switch {
		case err == nil && next.IsZero():
			err = w.store.Finish(w.t.Context(), j)
		case err == nil:
			err = w.store.Reschedule(w.t.Context(), j, next, "")
		case errors.As(err, &retry) && retry.Final:
			err = w.store.Bury(w.t.Context(), j, err.Error())
		default:
			err = w.store.Reschedule(w.t.Context(), j, time.Now().Add(max(time.Second, retry.After)), err.Error())
		}
		if err != nil && !errors.Is(err, mention.ErrConflict) {
			w.t.Fatal(err)
		}
	}
	return len(jobs)
}

// settle lets virtual time pass until nothing is due for a while.
func (w *world) settle() {
	w.t.Helper()
	for idle := 0; idle < 5; idle++ {
		for w.step() > 0 {
			idle = 0
		}
		time.Sleep(time.Second)
	}
}

// payload is the metadata of our messages, as others may read it.
type payload struct {
	Key, Kind, State, Mention, Source, Credit string
	Task                                      int64
	Copies, Reopened                          int
	Unverifiable, Blind                       bool
}

func meta(t *testing.T, m demo.Message) payload {
	t.Helper()
	var p payload
	if m.Metadata == nil || m.Metadata.EventType != "otklik_card" {
		t.Fatalf("message %s has no metadata: %s", m.TS, m.Text)
	}
	if err := json.Unmarshal(m.Metadata.EventPayload, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// card returns the only message of the channel.
func (w *world) card() demo.Message {
	w.t.Helper()
	all := w.slack.Messages(demo.PRChannel)
	if len(all) != 1 {
		w.t.Fatalf("%d messages in the channel, want 1; log:\n%s", len(all), w.log)
	}
	return all[0]
}

func (w *world) click(user, action, value string) demo.Answer {
	w.t.Helper()
	a, err := w.slack.Click(w.t.Context(), demo.Click{User: user, Channel: demo.PRChannel, TS: w.card().TS, ActionID: action, Value: value, Late: true})
	if err != nil {
		w.t.Fatalf("click %s %s: %v; log:\n%s", action, value, err, w.log)
	}
	return a
}

func (w *world) submit(user string, values map[string]string) demo.Answer {
	w.t.Helper()
	views := w.slack.Views(user)
	if len(views) == 0 {
		w.t.Fatalf("no window is open; log:\n%s", w.log)
	}
	a, err := w.slack.SubmitView(w.t.Context(), demo.Submission{User: user, ViewID: views[len(views)-1].ID, Values: values})
	if err != nil {
		w.t.Fatalf("submit: %v; log:\n%s", err, w.log)
	}
	return a
}

// wantState checks what the card says of its task.
func (w *world) wantState(want mention.State) {
	w.t.Helper()
	w.settle()
	if got := meta(w.t, w.card()).State; got != string(want) {
		w.t.Fatalf("the card says %q, want %q; log:\n%s", got, want, w.log)
	}
}

// whispers returns what only user was told.
func (w *world) whispers(user string) []string {
	var out []string
	for _, e := range w.slack.Ephemerals(user) {
		out = append(out, e.Text)
	}
	return out
}
