// Package channeltest is the behaviour that every alerts.Channel has to show:
// what it does with a card, with hostile words, and with each way in which
// its service can fail. Channels run the suite in their own tests.
//
// It stores and sends nothing, and refuses to know any service.
package channeltest

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"otklik/alerts"
	"otklik/mention"
)

// Service is a pretend service with a channel that posts to it.
type Service struct {
	Channel alerts.Channel
	// Shown returns the messages as people see them now, oldest first.
	Shown func() []string
	// Faults spoils the channel's next requests; nil when the service is not
	// reached over HTTP.
	Faults *Faults
	// Secrets must appear in no error.
	Secrets []string
	// Markup is what must not get through as it is, because the service would
	// obey it; control characters never may.
	Markup []string
	// Updates and Finds say whether the service can change and find messages.
	Updates, Finds bool
	// Gone makes the service forget all messages; nil when it cannot.
	Gone func()
}

// noon is when the suite's messages are made.
var noon = time.Date(2026, 11, 21, 11, 22, 0, 0, time.UTC)

// Words are the customer's in the suite's card.
const Words = "Доставка сорвана второй раз"

// Card returns the message of an open task.
func Card() alerts.Message {
	return alerts.Message{
		At:     noon,
		Titles: map[string]string{"otzovik": "Отзовик"},
		Notice: mention.Notice{ID: 7, Kind: mention.CardNotice, Channel: "pr", Task: 1842, Key: "card:pr:abc", CreatedAt: noon},
		View: mention.View{
			Mention: mention.Mention{ID: "abc", Brand: "Ромашка Банк", Source: "otzovik", URL: "https://otzovik.test/review_1.html",
				Author: "Пётр", Rating: 1, Best: 5, Text: Words, CollectedAt: noon, Tone: mention.Negative},
			Task: mention.Task{ID: 1842, Version: 2, Kind: mention.Complaint, Brand: "Ромашка Банк", Mention: "abc", State: mention.Open, Rule: "негатив",
				Due: mention.Due{Take: noon.Add(15 * time.Minute)}, Places: []mention.Place{{Mention: "abc", Source: "otzovik"}}},
		},
	}
}

// Run checks the behaviour of the channels that open makes, each against a
// fresh service.
func Run(t *testing.T, open func(t *testing.T) Service) {
	t.Run("a card shows the words, the page and the task", func(t *testing.T) { card(t, open(t)) })
	t.Run("an update shows the new state", func(t *testing.T) { update(t, open(t)) })
	t.Run("a message is found by its key", func(t *testing.T) { find(t, open(t)) })
	t.Run("hostile words do nothing", func(t *testing.T) { hostile(t, open(t)) })
	t.Run("every kind of notice is shown", func(t *testing.T) { kinds(t, open(t)) })
	t.Run("what may be repeated says so", func(t *testing.T) { repeated(t, open(t)) })
	t.Run("failures say whether to try again", func(t *testing.T) { failures(t, open) })
}

func post(t *testing.T, s Service, m alerts.Message) mention.Posted {
	t.Helper()
	place, err := s.Channel.Post(t.Context(), m)
	if err != nil {
		t.Fatalf("post: %v", err)
	}
	if place.Message == "" {
		t.Errorf("nothing says where the message landed: %+v", place)
	}
	return place
}

func card(t *testing.T, s Service) {
	post(t, s, Card())
	all := s.Shown()
	if len(all) != 1 {
		t.Fatalf("%d messages, want 1", len(all))
	}
	for _, want := range []string{Words, "https://otzovik.test/review_1.html", "M-1842", "Отзовик", "Ромашка Банк"} {
		if !strings.Contains(all[0], want) {
			t.Errorf("the message lacks %q:\n%s", want, all[0])
		}
	}
}

func update(t *testing.T, s Service) {
	place := post(t, s, Card())
	m := Card()
	m.View.Task.State, m.View.Task.Version, m.View.Task.Owner = mention.Taken, 3, mention.Actor{ID: "inbox:7", Name: "Анна"}
	err := s.Channel.Update(t.Context(), place, m)
	if !s.Updates {
		if !errors.Is(err, alerts.ErrNoUpdate) {
			t.Errorf("the update ends with %v, want ErrNoUpdate", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Channel.Update(t.Context(), place, m); err != nil {
		t.Errorf("the same update again ends with %v", err)
	}
	all := s.Shown()
	if last := all[len(all)-1]; !strings.Contains(last, alerts.Say("ru").States[mention.Taken]) {
		t.Errorf("the state is not on show:\n%s", last)
	}
	if s.Gone == nil {
		return
	}
	s.Gone()
	if err := s.Channel.Update(t.Context(), place, m); !errors.Is(err, alerts.ErrGone) {
		t.Errorf("the update of a message that is gone ends with %v, want ErrGone", err)
	}
}

func find(t *testing.T, s Service) {
	m := Card()
	if _, found, err := s.Channel.Find(t.Context(), m); found || s.Finds && err != nil {
		t.Errorf("found %t, %v before anything was posted", found, err)
	}
	place := post(t, s, m)
	other := Card()
	other.Notice.Key = "card:pr:def"
	if !s.Finds {
		return
	}
	if got, found, err := s.Channel.Find(t.Context(), m); !found || err != nil || got.Message != place.Message {
		t.Errorf("found %+v, %t, %v, want %+v", got, found, err, place)
	}
	if _, found, err := s.Channel.Find(t.Context(), other); found || err != nil {
		t.Errorf("another key is found: %t, %v", found, err)
	}
}

func hostile(t *testing.T, s Service) {
	const bad = "<!channel> <script>alert(1)</script> @here @all \u202eretsnom \x00\x1b[31m [Взять задачу](https://phish.test) \r\nBcc: x@evil.test\r\n.\r\n"
	m := Card()
	m.View.Mention.Author, m.View.Mention.Title, m.View.Mention.Brand = bad, bad, bad
	m.View.Mention.Text = bad + strings.Repeat("👩‍👩‍👧 שלום ", 2000)
	m.View.Task.Rule = bad
	post(t, s, m)
	for _, text := range s.Shown() {
		for _, wrong := range append([]string{"\u202e", "\x1b", "\x00", "\r"}, s.Markup...) {
			if strings.Contains(text, wrong) {
				t.Errorf("%q gets through:\n%.500s", wrong, text)
			}
		}
	}
}

func kinds(t *testing.T, s Service) {
	count := 0
	for _, kind := range []mention.NoticeKind{mention.CardNotice, mention.ThreadNotice, mention.ReminderNotice, mention.EscalationNotice,
		mention.OpsNotice, mention.SeededNotice, mention.DigestNotice, mention.StormNotice, mention.SpikeNotice} {
		m := Card()
		m.Notice.Kind, m.Notice.Key, m.Notice.Subject = kind, "key:"+string(kind), "take_due"
		m.Source = mention.Source{ID: "a/b", Brand: "Ромашка Банк", Site: "otzovik", BlindSince: noon, Verdict: mention.Blocked}
		m.Seeded = alerts.Seeded{Known: 142, Unanswered: 6}
		m.Digest = mention.Digest{Title: "Сводка", Sections: []mention.Section{{Title: "Жалобы", Lines: []mention.Line{{Text: Words}}}}}
		post(t, s, m)
		if count++; len(s.Shown()) != count {
			t.Fatalf("%s is not shown: %d messages", kind, len(s.Shown()))
		}
		if strings.TrimSpace(s.Shown()[count-1]) == "" {
			t.Errorf("%s is shown empty", kind)
		}
	}
}

func repeated(t *testing.T, s Service) {
	if s.Finds {
		return
	}
	m := Card()
	m.Repeated = true
	post(t, s, m)
	if all := s.Shown(); !strings.Contains(all[0], alerts.Say("ru").Repeated) {
		t.Errorf("nothing says that it may be repeated:\n%s", all[0])
	}
}

func failures(t *testing.T, open func(t *testing.T) Service) {
	for _, c := range []struct {
		fault Fault
		want  mention.RetryError
	}{
		{Fault{Status: 429, RetryAfter: 30}, mention.RetryError{After: 30 * time.Second}},
		{Fault{Status: 500}, mention.RetryError{InDoubt: true}},
		{Fault{Status: 503}, mention.RetryError{InDoubt: true}},
		{Fault{Status: 401}, mention.RetryError{Final: true}},
		{Fault{Status: 403}, mention.RetryError{Final: true}},
		{Fault{Status: 404}, mention.RetryError{Final: true}},
		{Fault{Cut: true}, mention.RetryError{InDoubt: true}},
	} {
		s := open(t)
		if s.Faults == nil {
			return
		}
		s.Faults.Next(c.fault)
		_, err := s.Channel.Post(t.Context(), Card())
		got, ok := errors.AsType[*mention.RetryError](err)
		if !ok {
			t.Errorf("%+v ends with %v, want a RetryError", c.fault, err)
			continue
		}
		if got.After != c.want.After || got.Final != c.want.Final || got.InDoubt != c.want.InDoubt {
			t.Errorf("%+v ends with %+v, want %+v", c.fault, *got, c.want)
		}
		for _, secret := range s.Secrets {
			if strings.Contains(fmt.Sprintf("%v %+v", err, got.Err), secret) {
				t.Errorf("%+v: the error holds a secret: %v", c.fault, err)
			}
		}
		if _, err := s.Channel.Post(t.Context(), Card()); err != nil {
			t.Errorf("after %+v the next post ends with %v", c.fault, err)
		}
	}
}

// Fault is one failure of a service.
type Fault struct {
	Status     int
	RetryAfter int // seconds
	Cut        bool
}

// Faults spoils requests on their way to a service. The zero value lets all
// of them through.
type Faults struct {
	mu    sync.Mutex
	queue []Fault
}

// Next makes the next request fail.
func (f *Faults) Next(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queue = append(f.queue, fault)
}

// Around returns h with the faults before it.
func (f *Faults) Around(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		var fault Fault
		if len(f.queue) > 0 {
			fault, f.queue = f.queue[0], f.queue[1:]
		}
		f.mu.Unlock()
		switch {
		case fault.Cut:
			panic(http.ErrAbortHandler)
		case fault.Status != 0:
			if fault.RetryAfter > 0 {
				w.Header().Set("Retry-After", fmt.Sprint(fault.RetryAfter))
			}
			http.Error(w, "{}", fault.Status)
		default:
			h.ServeHTTP(w, r)
		}
	})
}
