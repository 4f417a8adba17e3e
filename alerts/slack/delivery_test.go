package slack_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"otklik/alerts"
	"otklik/demo"
	"otklik/mention"
)

// notice returns the first card's notice.
func (w *world) notice() mention.Notice {
	w.t.Helper()
	all, err := w.store.NoticesOf(w.t.Context(), 1)
	if err != nil || len(all) == 0 {
		w.t.Fatalf("no notices: %v", err)
	}
	return all[0]
}

// wantOneCard checks that exactly one card came, whatever went wrong.
func (w *world) wantOneCard() {
	w.t.Helper()
	for range 10 {
		w.settle()
		time.Sleep(time.Minute)
	}
	if got := w.notice().State; got != mention.Sent {
		w.t.Errorf("the notice is %s; log:\n%s", got, w.log)
	}
	if w.card(); w.task().DeliveredAt.IsZero() {
		w.t.Error("the norms have not started")
	}
}

func TestDelivery_Faults(t *testing.T) {
	cut := func(k demo.FaultKind) demo.Fault { return demo.Fault{Kind: k} }
	for name, c := range map[string]struct {
		post    []demo.Fault
		history []demo.Fault
		posts   int // calls of chat.postMessage
	}{
		"the answer is lost":                       {[]demo.Fault{cut(demo.CutAfter)}, nil, 1},
		"the answer is lost and the search too":    {[]demo.Fault{cut(demo.CutAfter)}, []demo.Fault{cut(demo.CutBefore), cut(demo.ServerError)}, 1},
		"the request is lost":                      {[]demo.Fault{cut(demo.CutBefore)}, nil, 2},
		"server errors":                            {[]demo.Fault{cut(demo.ServerError), cut(demo.ServerError)}, nil, 3},
		"the limit":                                {[]demo.Fault{{Kind: demo.RateLimited, After: 30 * time.Second}}, nil, 2},
		"slower than we wait":                      {[]demo.Fault{{Kind: demo.Slow, After: time.Minute}}, nil, 2},
		"an error that may have come after all":    {[]demo.Fault{{Kind: demo.Refuse, Code: "internal_error"}}, nil, 2},
		"lost, then searched under a strict limit": {[]demo.Fault{cut(demo.CutAfter)}, []demo.Fault{{Kind: demo.RateLimited, After: time.Minute}}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.slack.FailNext("chat.postMessage", c.post...)
				w.slack.FailNext("conversations.history", c.history...)
				w.complain("Доставка сорвана")
				w.wantOneCard()
				if got := w.slack.Calls("chat.postMessage"); got != c.posts {
					t.Errorf("posted %d times, want %d; log:\n%s", got, c.posts, w.log)
				}
				if strings.Contains(w.log.String(), w.slack.Token()) {
					t.Errorf("the log holds the token:\n%s", w.log)
				}
			})
		})
	}
}

// TestDelivery_CannotSearch: a bot may post to a public channel that it may
// not read. What is in doubt there is posted again and says so.
func TestDelivery_CannotSearch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.slack.FailNext("chat.postMessage", demo.Fault{Kind: demo.CutBefore})
		w.slack.FailNext("conversations.history", demo.Fault{Kind: demo.Refuse, Code: "not_in_channel"})
		w.complain("Доставка сорвана")
		w.wantOneCard()
		if first := w.card().Past[0]; !strings.Contains(string(first.Blocks), "возможно, повтор") {
			t.Errorf("nothing says that it may be repeated: %s", first.Blocks)
		}
	})
}

func TestDelivery_RetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.slack.FailNext("chat.postMessage", demo.Fault{Kind: demo.RateLimited, After: 90 * time.Second})
		w.complain("Доставка сорвана")
		start := time.Now()
		for range 120 {
			w.step()
			time.Sleep(time.Second)
		}
		w.wantOneCard()
		if waited := w.card().PostedAt.Sub(start); waited < 90*time.Second || waited > 95*time.Second {
			t.Errorf("waited %s, Slack asked for 90s", waited)
		}
	})
}

// TestDelivery_Outage: Slack is away for an hour; afterwards each complaint
// has one card, the oldest first, not faster than one a second.
func TestDelivery_Outage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.slack.Down()
		var want []string
		for i := range 20 {
			m := w.complain(fmt.Sprintf("Жалоба %d", i))
			want = append(want, "card:pr:"+string(m.ID))
			for range 3 {
				for w.step() > 0 {
				}
				time.Sleep(time.Minute)
			}
		}
		calls := w.slack.Calls("chat.postMessage")
		if calls > 150 {
			t.Errorf("%d calls in an hour to a Slack that is away", calls)
		}
		w.slack.Up()
		for range 10 {
			w.settle()
			time.Sleep(time.Minute)
		}
		messages := w.slack.Messages(demo.PRChannel)
		var got []string
		for i, m := range messages {
			got = append(got, meta(t, m).Key)
			if i > 0 && m.PostedAt.Sub(messages[i-1].PostedAt) < time.Second {
				t.Errorf("cards %d and %d are %s apart", i-1, i, m.PostedAt.Sub(messages[i-1].PostedAt))
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("cards\n got %v\nwant %v", got, want)
		}
		if n := strings.Count(w.log.String(), "channel fails"); n != 1 {
			t.Errorf("the outage is logged %d times", n)
		}
	})
}

func TestDelivery_Refused(t *testing.T) {
	for _, code := range []string{"is_archived", "channel_not_found", "token_revoked", "invalid_auth", "invalid_blocks", "not_in_channel"} {
		t.Run(code, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.slack.FailNext("chat.postMessage", demo.Fault{Kind: demo.Refuse, Code: code})
				w.complain("Доставка сорвана")
				if w.step(); w.task().DeliveredAt.IsZero() == false {
					t.Fatal("the clock runs although nobody has seen the card")
				}
				w.settle()
				n := w.notice()
				if n.State != mention.Rejected || !strings.Contains(n.LastError, code) {
					t.Errorf("the notice is %s because of %q", n.State, n.LastError)
				}
				moved := w.slack.Messages(demo.LeadsChannel)
				if len(moved) != 1 || !strings.Contains(string(moved[0].Blocks), "не принял сообщение") {
					t.Fatalf("the fallback channel has %d messages", len(moved))
				}
				if w.task().DeliveredAt.IsZero() {
					t.Error("the norms have not started with the fallback's delivery")
				}
				// When the channel works again it says once what it missed, a
				// restart of the daemon notwithstanding.
				w.restart()
				w.complain("Вторая")
				w.complain("Третья")
				w.settle()
				messages := w.slack.Messages(demo.PRChannel)
				if len(messages) != 2 || !strings.Contains(string(messages[0].Past[0].Blocks), "ушло: 1") {
					t.Errorf("nothing says what was missed: %+v", messages)
				}
				if strings.Contains(string(messages[1].Past[0].Blocks), "ушло") {
					t.Error("what was missed is told twice")
				}
			})
		})
	}
}

func TestDelivery_Permalink(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		if got, want := w.notice().Place.Permalink, "/archives/"; !strings.Contains(got, want) {
			t.Errorf("the card's link is %q, want one with %s", got, want)
		}
		w.slack.FailNext("chat.getPermalink", demo.Fault{Kind: demo.Refuse, Code: "internal_error"})
		w.complain("Без ссылки")
		w.settle()
		if n := len(w.slack.Messages(demo.PRChannel)); n != 2 {
			t.Errorf("%d cards without the link to one, want 2", n)
		}
	})
}

func TestDelivery_FallbackRefusesToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.slack.Revoke()
		w.complain("Доставка сорвана")
		w.settle()
		all, err := w.store.NoticesOf(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(all) != 2 || all[0].State != mention.Rejected || all[1].State != mention.Rejected {
			t.Errorf("notices are %+v", all)
		}
		if !w.task().DeliveredAt.IsZero() {
			t.Error("the clock runs although nobody has seen the card")
		}
	})
}

func TestDelivery_MessageGone(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.slack.FailNext("chat.update", demo.Fault{Kind: demo.Refuse, Code: "message_not_found"})
		w.click(demo.Anna, "take", "")
		w.settle()
		buried, err := w.store.Buried(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		if len(buried) != 1 || !strings.Contains(buried[0].LastError, "gone") {
			t.Errorf("buried jobs: %+v", buried)
		}
	})
}

func TestDelivery_UpdatesAreMerged(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		before := w.slack.Calls("chat.update")
		for range 5 {
			for _, verb := range []mention.Verb{mention.Take, mention.Release} {
				if _, err := w.desk.Act(t.Context(), 1, mention.Action{Verb: verb, Actor: mention.Actor{ID: "inbox:7"}}); err != nil {
					t.Fatal(err)
				}
			}
		}
		w.click(demo.Anna, "take", "")
		w.wantState(mention.Taken)
		if got := w.slack.Calls("chat.update") - before; got != 1 {
			t.Errorf("eleven clicks made %d updates, want 1", got)
		}
	})
}

func TestDelivery_ThreadAndEscalation(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		act := func(a mention.Action) {
			t.Helper()
			a.Actor = mention.System
			if _, err := w.desk.Act(t.Context(), 1, a); err != nil {
				t.Fatal(err)
			}
			w.settle()
		}
		act(mention.Action{Verb: mention.Comment, Text: "Позвонили"})
		act(mention.Action{Verb: mention.Remind, Step: "take_soon"})
		act(mention.Action{Verb: mention.Escalate, Step: "take_due"})
		all := w.slack.Messages(demo.PRChannel)
		thread := w.slack.Thread(demo.PRChannel, all[0].TS)
		var kinds []string
		for _, m := range thread {
			kinds = append(kinds, meta(t, m).Kind)
		}
		if got := strings.Join(kinds, " "); got != "card thread reminder escalation" {
			t.Errorf("the thread is %q", got)
		}
		if len(all) != 2 || !all[1].Broadcast {
			t.Errorf("%d messages in the channel, want the card and one broadcast", len(all))
		}
	})
}

// killed is what a process that dies leaves behind: nothing.
type killed struct{}

// mortal kills the process before or after it writes to the archive.
type mortal struct {
	alerts.Outbox
	die func() bool
}

func (m mortal) MarkSending(ctx context.Context, id int64, job mention.Job) error {
	m.perhaps()
	err := m.Outbox.MarkSending(ctx, id, job)
	m.perhaps()
	return err
}

func (m mortal) MarkSent(ctx context.Context, id int64, place mention.Posted, shown int, at time.Time, effects ...mention.Effects) error {
	m.perhaps()
	err := m.Outbox.MarkSent(ctx, id, place, shown, at, effects...)
	m.perhaps()
	return err
}

func (m mortal) perhaps() {
	if m.die() {
		panic(killed{})
	}
}

// stepOrDie runs due jobs until the process dies, if it does; what it knew is
// forgotten then.
func (w *world) stepOrDie() (died bool) {
	defer func() {
		if v := recover(); v != nil {
			if _, ok := v.(killed); !ok {
				panic(v)
			}
			died = true
			w.send = &alerts.Dispatcher{Outbox: w.send.Outbox, Archive: w.send.Archive, Figures: w.send.Figures, Norms: w.send.Norms,
				Channels: w.send.Channels, Fallback: w.send.Fallback, Titles: w.send.Titles, Log: w.send.Log, Now: w.send.Now}
		}
	}()
	w.step()
	return false
}

// fate spoils calls to Slack and kills the process, at random but always in
// the same way, until it has done so often enough.
type fate struct {
	w      *world
	next   http.RoundTripper
	rnd    *rand.Rand
	left   int
	faults map[demo.FaultKind]int
	deaths int
}

// RoundTrip spoils every other call to the Web API.
func (f *fate) RoundTrip(r *http.Request) (*http.Response, error) {
	kinds := []demo.FaultKind{demo.CutAfter, demo.CutBefore, demo.ServerError, demo.RateLimited, demo.CutAfter, demo.Slow}
	if f.left > 0 && f.rnd.IntN(2) == 0 {
		f.left--
		kind := kinds[f.rnd.IntN(len(kinds))]
		f.faults[kind]++
		f.w.slack.FailNext(path.Base(r.URL.Path), demo.Fault{Kind: kind, After: 12 * time.Second})
	}
	return f.next.RoundTrip(r)
}

func (f *fate) die() bool {
	if f.left == 0 || f.rnd.IntN(6) > 0 {
		return false
	}
	f.left--
	f.deaths++
	return true
}

// TestDelivery_ThousandFaults injects a thousand faults and deaths into the
// delivery of complaints while people click: each complaint ends with exactly
// one card, and the card says what the task is.
func TestDelivery_ThousandFaults(t *testing.T) {
	const complaints = 100
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		f := &fate{w: w, rnd: rand.New(rand.NewPCG(2026, 11)), left: 1000, faults: map[demo.FaultKind]int{}}
		f.next, w.client.Transport = w.client.Transport, f
		w.send.Outbox = mortal{w.store, f.die}
		for round := 0; f.left > 0 || round < complaints; round++ {
			if round < complaints {
				w.complain(fmt.Sprintf("Жалоба %d", round))
			}
			w.clickAnything(f.rnd)
			w.stepOrDie()
			time.Sleep(time.Duration(f.rnd.IntN(90)) * time.Second)
		}
		for range 10 {
			w.settle()
			time.Sleep(time.Minute)
		}
		w.wantTruth(complaints)
		t.Logf("faults %v, deaths %d, %d posts for %d complaints", f.faults, f.deaths, w.slack.Calls("chat.postMessage"), complaints)
	})
}

func (w *world) clickAnything(rnd *rand.Rand) {
	all := w.slack.Messages(demo.PRChannel)
	if len(all) == 0 {
		return
	}
	m := all[rnd.IntN(len(all))]
	action := []string{"take", "dismiss", "reopen"}[rnd.IntN(3)]
	// A card need not have the button; then there is nothing to click.
	_, err := w.slack.Click(w.t.Context(), demo.Click{User: []string{demo.Anna, demo.Boris}[rnd.IntN(2)], Channel: demo.PRChannel, TS: m.TS, ActionID: action})
	if err != nil && !strings.Contains(err.Error(), demo.ErrNoControl.Error()) {
		w.t.Fatalf("click: %v", err)
	}
}

// wantTruth checks one card a complaint, each showing the state of its task.
func (w *world) wantTruth(complaints int) {
	w.t.Helper()
	cards := map[string]int{}
	for _, m := range w.slack.Messages(demo.PRChannel) {
		p := meta(w.t, m)
		if p.Kind != "card" {
			continue
		}
		cards[p.Key]++
		v, err := w.store.View(w.t.Context(), mention.TaskID(p.Task))
		if err != nil {
			w.t.Fatal(err)
		}
		if string(v.Task.State) != p.State {
			w.t.Errorf("the card of M-%d says %s, the task is %s", p.Task, p.State, v.Task.State)
		}
		// Who dismisses a card before we know that it landed stops its clock.
		if v.Task.DeliveredAt.IsZero() && v.Task.NeedsPerson() && v.Task.Cycle == 0 {
			w.t.Errorf("the clock of M-%d never started", p.Task)
		}
	}
	for key, n := range cards {
		if n != 1 {
			w.t.Errorf("%s has %d cards", key, n)
		}
	}
	if len(cards) != complaints {
		w.t.Errorf("%d cards for %d complaints", len(cards), complaints)
	}
}
