package demo_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slack-go/slack"

	"otklik/demo"
)

// stub stands for the daemon: it crawls, posts cards, obeys clicks and
// confirms what it sees, in the fewest lines that keep the contract.
type stub struct {
	t       *testing.T
	mu      sync.Mutex // crawls and clicks come from two goroutines
	town    *demo.Town
	web     *http.Client
	api     *slack.Client
	known   map[int64]bool
	cards   map[int64]*stubCard // by review
	ops     string
	bad     int
	mute    bool // forgets to confirm
	seeded  bool
	nextNum int64
}

type stubCard struct {
	demo.CardPayload
	review demo.Review
	ts     string
	edits  int
}

func (d *stub) crawl(ctx context.Context) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.town.State().Sites {
		resp, err := d.web.Get("http://town.test" + s.URL)
		if err != nil {
			d.t.Error(err)
			continue
		}
		resp.Body.Close()
	}
	blind := d.town.State().Sites[1].Captcha
	d.look(ctx, blind)
	for _, r := range d.town.Reviews("") {
		d.review(ctx, r)
	}
	d.seeded = true
}

func (d *stub) look(ctx context.Context, blind bool) {
	switch {
	case blind && d.ops == "":
		if d.bad++; d.bad >= 3 {
			d.ops = d.post(ctx, demo.OpsChannel, "", "Яндекс Карты не видны", demo.CardPayload{Kind: "ops", State: "open", Source: "yandex-maps"})
		}
	case !blind && d.ops != "":
		d.post(ctx, demo.OpsChannel, d.ops, "Яндекс Карты снова видны", demo.CardPayload{Kind: "ops", State: "confirmed", Source: "yandex-maps"})
		d.ops, d.bad = "", 0
	}
}

func (d *stub) review(ctx context.Context, r demo.Review) {
	c := d.cards[r.ID]
	switch {
	case c == nil && !d.known[r.ID]:
		d.known[r.ID] = true
		if r.Site == demo.Telegram && d.seeded { // the only newcomer there is the copy
			for _, other := range d.cards {
				if other.review.Site == demo.AppStore {
					other.Copies++
					d.show(ctx, other)
				}
			}
			return
		}
		if d.seeded {
			d.nextNum++
			c = &stubCard{CardPayload: demo.CardPayload{Task: d.nextNum, State: "open", Kind: "card", Source: string(r.Site)}, review: r, edits: r.Edits}
			d.cards[r.ID] = c
			d.show(ctx, c)
		}
	case c == nil:
	case r.Edits > c.edits:
		c.edits, c.review = r.Edits, r
		c.Reopened++
		c.State = "open"
		d.show(ctx, c)
	case r.Answer != nil && !time.Now().Before(r.Answer.At) && c.Reopened == 0 && !d.mute:
		if c.State == "open" {
			c.Credit = "site"
		}
		if c.State == "answered" || c.State == "open" {
			c.State = "confirmed"
			d.show(ctx, c)
		}
	}
}

func (d *stub) show(ctx context.Context, c *stubCard) {
	c.ts = d.post(ctx, demo.PRChannel, c.ts, "> "+c.review.Text, c.CardPayload)
}

func (d *stub) post(ctx context.Context, channel, ts, text string, p demo.CardPayload) string {
	body, err := json.Marshal(p)
	if err != nil {
		d.t.Error(err)
	}
	var payload map[string]any
	if err := json.Unmarshal(body, &payload); err != nil {
		d.t.Error(err)
	}
	button := func(label string) slack.BlockElement {
		return slack.NewButtonBlockElement(strings.ToLower(label), fmt.Sprint(p.Task), slack.NewTextBlockObject("plain_text", label, false, false))
	}
	options := []slack.MsgOption{slack.MsgOptionText("карточка", false),
		slack.MsgOptionBlocks(slack.NewSectionBlock(slack.NewTextBlockObject("mrkdwn", text, false, false), nil, nil),
			slack.NewActionBlock("", button("Взять"), button("Отвечено"))),
		slack.MsgOptionMetadata(slack.SlackMetadata{EventType: demo.CardType, EventPayload: payload})}
	if ts == "" {
		_, ts, err = d.api.PostMessageContext(ctx, channel, options...)
	} else {
		_, _, _, err = d.api.UpdateMessageContext(ctx, channel, ts, options...)
	}
	if err != nil {
		d.t.Error(err)
	}
	return ts
}

func (d *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var p slack.InteractionCallback
	if err := json.Unmarshal([]byte(r.FormValue("payload")), &p); err != nil {
		d.t.Error(err)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.cards {
		switch {
		case p.Type == slack.InteractionTypeViewSubmission:
			if p.View.PrivateMetadata != fmt.Sprint(c.Task) {
				continue
			}
			if got := p.View.State.Values["link"]["url"].Value; !strings.HasPrefix(got, "http://town.test/otzovik/review_") {
				d.t.Errorf("link = %q", got)
			}
			c.State = "answered"
			d.show(r.Context(), c)
		case p.Message.Timestamp != c.ts:
		case p.ActionCallback.BlockActions[0].ActionID == "взять":
			c.State = "taken"
			d.show(r.Context(), c)
		default:
			view := modal("Отвечено")
			view.PrivateMetadata = fmt.Sprint(c.Task)
			if _, err := d.api.OpenView(p.TriggerID, view); err != nil {
				d.t.Error(err)
			}
		}
	}
}

// newStub returns both worlds with the stub between them, and a client for all.
func newStub(t *testing.T) (*stub, *http.Client) {
	t.Helper()
	d := &stub{t: t, known: map[int64]bool{}, cards: map[int64]*stubCard{}}
	d.town = demo.NewTown(demo.TownConfig{Moderation: 1500 * time.Millisecond})
	s := demo.NewSlack(demo.SlackConfig{Client: demo.InProcess(d), InteractionsURL: "http://app.test/"})
	d.web = demo.InProcess(demo.ByHost{"town.test": d.town, "slack.test": s})
	d.api = slack.New(s.Token(), slack.OptionAPIURL(s.APIURL()), slack.OptionHTTPClient(d.web))
	return d, d.web
}

func (d *stub) run(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			d.crawl(ctx)
		}
	}
}

func TestPlay_TellsTheStory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, web := newStub(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go d.run(ctx)
		var events []demo.Event
		start := time.Now()
		err := demo.Play(ctx, demo.PlayConfig{Slack: "http://slack.test", Town: "http://town.test/", Client: web,
			Emit: func(e demo.Event) { events = append(events, e) }})
		if err != nil {
			t.Fatalf("%v\n%+v", err, events)
		}
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("the story took %s", took)
		}
		main := ""
		seen := map[string]bool{}
		for _, e := range events {
			seen[e.Event] = true
			if e.TS == "" || e.Channel == "" || e.URL == "" || e.At.IsZero() || (e.Task == 0) != (e.Event == demo.Blind || e.Event == demo.Back) {
				t.Errorf("incomplete event %+v", e)
			}
			if e.Event == demo.Taken {
				for _, before := range events {
					if before.Task == e.Task {
						main += before.Event + " "
					}
				}
			}
		}
		if want := "found card taken answered visible confirmed edited reopened "; main != want {
			t.Errorf("the main story is %q, want %q", main, want)
		}
		for _, want := range []string{demo.Blind, demo.Back, demo.Joined, demo.AnsweredOnSite} {
			if !seen[want] {
				t.Errorf("no %s in %+v", want, events)
			}
		}
	})
}

func TestPlay_NamesWhatIsMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, web := newStub(t)
		d.mute = true
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go d.run(ctx)
		start := time.Now()
		err := demo.Play(ctx, demo.PlayConfig{Slack: "http://slack.test", Town: "http://town.test", Client: web})
		if !errors.Is(err, demo.ErrStory) || !strings.Contains(err.Error(), "no confirmed") || strings.Contains(err.Error(), "no taken") {
			t.Errorf("err = %v, want ErrStory that lacks confirmed alone", err)
		}
		if took := time.Since(start); took != time.Minute {
			t.Errorf("gave up after %s, want 1m", took)
		}
	})
}

func TestObserver_Run(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, web := newStub(t)
		ctx, cancel := context.WithCancel(t.Context())
		var got []string
		done := make(chan error, 1)
		o := &demo.Observer{Slack: "http://slack.test", Town: "http://town.test", Client: web}
		go func() {
			done <- o.Run(ctx, 100*time.Millisecond, func(e demo.Event) { got = append(got, fmt.Sprint(e.Event, " ", e.Task)) })
		}()
		d.post(ctx, demo.LeadsChannel, "", "эскалация", demo.CardPayload{Task: 3, Kind: "escalation"})
		d.post(ctx, demo.PRChannel, "", "дайджест", demo.CardPayload{Kind: "digest"})
		d.post(ctx, demo.PRChannel, "", "напоминание", demo.CardPayload{Task: 3, Kind: "reminder"})
		if _, _, err := d.api.PostMessage(demo.PRChannel, slack.MsgOptionText("болтовня", false)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if want := "escalated 3,digest 0"; strings.Join(got, ",") != want {
			t.Errorf("events = %v, want %s, once each", got, want)
		}
	})
}
