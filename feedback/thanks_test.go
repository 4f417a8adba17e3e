package feedback_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"otklik/feedback"
	"otklik/mention"
)

// said is feedback that came with the customer's address.
func said(id string) mention.Mention {
	return mention.Mention{Brand: brand, Source: feedback.Form, ExternalID: id, Author: "Анна", Text: "спасибо за помощь"}
}

func thanksID(m mention.Mention) string { return mention.SayThanks + "-" + string(m.Key().ID()) }

func TestRequests_Thank(t *testing.T) {
	o := newOffice(t, true)
	first, second := said("1"), said("2")
	for _, m := range []mention.Mention{first, first, second} {
		if err := o.Thank(t.Context(), m, " Anna@example.com "); err != nil {
			t.Fatal(err)
		}
	}
	o.work(thanksID(first))
	o.work(thanksID(first))
	o.work(thanksID(second))
	if len(o.tray) != 1 || o.tray[0].Subject != "Спасибо, Анна" || !strings.HasPrefix(o.tray[0].Body, brand+" благодарит вас. https://otklik.example/") {
		t.Fatalf("%+v; want one letter of thanks within a week", o.tray)
	}
	if r, err := o.Request(t.Context(), thanksID(second)); err != nil || r.State != mention.RequestCancelled || r.Email != "" {
		t.Errorf("thanks too soon after the last letter: %+v, %v; want them cancelled and the address forgotten", r, err)
	}
	if err := o.Thank(t.Context(), said("3"), "no address"); err != nil {
		t.Errorf("feedback whose address is mistyped: %v; it must not be refused for that", err)
	}
}

func TestRequests_aLetterInDoubtIsNotRepeated(t *testing.T) {
	o := newOffice(t, true)
	o.deal("d1")
	o.now = o.now.Add(72 * time.Hour)
	ctx, crash := context.WithCancel(t.Context())
	send := o.Send
	o.Send = func(ctx context.Context, l feedback.Letter) error {
		crash() // the letter is out, and the process dies before it is noted
		return errors.Join(send(ctx, l), ctx.Err())
	}
	o.crashed = ctx
	o.fail = nil
	o.work("d1")
	o.crashed = nil
	o.work("d1")
	if r, err := o.Request(t.Context(), "d1"); len(o.tray) != 1 || err != nil || r.State != mention.RequestSent {
		t.Errorf("%d letters, %+v, %v; want one, and the request sent", len(o.tray), r, err)
	}
}

func TestRequests_Decide(t *testing.T) {
	o := newOffice(t, true)
	o.deal("d1")
	o.now = o.now.Add(72 * time.Hour)
	send := o.Send
	o.Send = func(ctx context.Context, l feedback.Letter) error {
		if err := o.Decide(ctx, "d1", mention.RequestCancelled, time.Time{}); !errors.Is(err, mention.ErrRefused) {
			t.Errorf("cancelled while it goes out: %v, want it refused", err)
		}
		return send(ctx, l)
	}
	o.work("d1")
	if err := o.Decide(t.Context(), "d1", "burnt", time.Time{}); !errors.Is(err, mention.ErrRefused) {
		t.Errorf("an unknown decision: %v", err)
	}
	o.deal("d2")
	o.deal("d3")
	later := o.now.AddDate(0, 0, 7)
	if err := o.Decide(t.Context(), "d2", mention.RequestWaiting, later); err != nil {
		t.Fatal(err)
	}
	waiting, ended, err := o.List(t.Context())
	if err != nil || len(waiting) != 2 || waiting[0].ID != "d3" || waiting[1].ID != "d2" || !waiting[1].DueAt.Equal(later) {
		t.Errorf("waiting: %+v, %v; want d3 before the postponed d2", waiting, err)
	}
	if len(ended) != 1 || ended[0].ID != "d1" || ended[0].Email != "" {
		t.Errorf("ended: %+v, %v; want d1 without its address", ended, err)
	}
}

func TestHooks_tellTheDeskOfRequests(t *testing.T) {
	o := newOffice(t, false)
	o.deal("d1")
	s := newSink()
	mux := http.NewServeMux()
	mux.Handle("POST /hooks/in/{token}", feedback.NewHooks([]feedback.Hook{
		{Name: "forms", Token: "0123456789abcdef", Source: survey(), Desk: o.Requests},
		{Name: "crm", Token: "fedcba9876543210", Source: survey(), Deals: o.Requests},
	}, s.open, slog.New(slog.DiscardHandler), prometheus.NewRegistry()))
	body := `{"id":"7","text":"хорошо","nps":9,"deal":"d1","email":"anna@example.com"}`
	for range 2 {
		if w := post(t, mux, "0123456789abcdef", "application/json", body); w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	m := mention.Mention{Brand: brand, Source: feedback.Survey, ExternalID: "7"}
	if r, err := o.Request(t.Context(), "d1"); err != nil || r.State != mention.RequestAnswered || r.Mention != m.Key().ID() {
		t.Errorf("the answered request: %+v, %v", r, err)
	}
	if waiting, _, err := o.List(t.Context()); err != nil || len(waiting) != 1 || waiting[0].Kind != mention.SayThanks {
		t.Errorf("waiting: %+v, %v; want the thanks alone, for a person to confirm", waiting, err)
	}
	if w := post(t, mux, "fedcba9876543210", "application/json", `[{"id":"d7","email":"a@example.com","closed_at":"2026-11-01"},{"id":"d8"}]`); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a list with a wrong deal: %d %s", w.Code, w.Body)
	}
	if _, err := o.Request(t.Context(), "d7"); !errors.Is(err, mention.ErrNotFound) {
		t.Errorf("the right deal beside a wrong one: %v; a list is taken whole or not at all", err)
	}
}

// TestRequests_Thank_carriesNoAdvertisement: the name in a form is a
// stranger's, and the letter goes to an address that the stranger chose.
func TestRequests_Thank_carriesNoAdvertisement(t *testing.T) {
	for name, want := range map[string]string{
		"Анна": "Спасибо, Анна", " Анна \u202eМария\tК. ": "Спасибо, Анна Мария К.", "Win at https://evil.example": "Спасибо", "www.evil.example": "Спасибо",
		"call@evil.example": "Спасибо", "Приз ждёт на evil.ru": "Спасибо", "приз.рф": "Спасибо", "А.С. Иванов": "Спасибо, А.С. Иванов", strings.Repeat("Купите ", 20): "Спасибо", "О'Нил-Петров": "Спасибо, О'Нил-Петров",
	} {
		o := newOffice(t, true)
		m := mention.Mention{Brand: "Ромашка", Source: "form", ExternalID: "1", Author: name}
		if err := o.Thank(t.Context(), m, "victim@example.com"); err != nil {
			t.Fatal(err)
		}
		o.work("thanks-" + string(m.Key().ID()))
		if len(o.tray) != 1 || o.tray[0].Subject != want || strings.Contains(o.tray[0].Body, "evil") {
			t.Errorf("%q: %+v, want the subject %q", name, o.tray, want)
		}
	}
}

// TestRequests_Forget: whoever is forgotten is not written to any more.
func TestRequests_Forget(t *testing.T) {
	o := newOffice(t, true)
	m := mention.Mention{Brand: "Ромашка", Source: "form", ExternalID: "1", Author: "Анна"}
	id := m.Key().ID()
	if err := o.Thank(t.Context(), m, "anna@example.com"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := o.Forget(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	o.work("thanks-" + string(id))
	if r, err := o.Of(t.Context(), id); err != nil || len(o.tray) != 0 || r.Name+r.Email != "" || r.State != mention.RequestCancelled {
		t.Errorf("%d letters, %+v, %v", len(o.tray), r, err)
	}
	if err := o.Forget(t.Context(), "unknown"); err != nil {
		t.Errorf("forgetting who had no letter: %v", err)
	}
}

func TestRequests_oneLetterToACustomerAtATime(t *testing.T) {
	o := newOffice(t, true)
	o.deal("d1")
	o.deal("d2")
	o.now = o.now.Add(72 * time.Hour)
	send := o.Send
	o.Send = func(ctx context.Context, l feedback.Letter) error {
		o.Send = send
		if due := o.work("d2"); !due.After(o.now) {
			t.Errorf("the other deal of the customer is due %s, want it to wait", due)
		}
		return send(ctx, l)
	}
	o.work("d1")
	if len(o.tray) != 1 {
		t.Errorf("%d letters, want one", len(o.tray))
	}
}

func TestRequests_WhatTheServerSaid(t *testing.T) {
	for name, tt := range map[string]struct {
		err     error
		letters int // after a second try
		state   string
	}{
		"refused for now": {errors.New("greylisted"), 1, mention.RequestSent},
		"in doubt":        {&mention.RetryError{InDoubt: true, Err: errors.New("the connection broke")}, 0, mention.RequestSent},
	} {
		o := newOffice(t, true)
		o.deal("d1")
		o.now, o.fail = o.now.Add(72*time.Hour), tt.err
		o.work("d1")
		o.fail = nil
		o.work("d1")
		if r, err := o.Request(t.Context(), "d1"); err != nil || r.State != tt.state || len(o.tray) != tt.letters {
			t.Errorf("%s: %d letters, %+v, %v; want %d and %s", name, len(o.tray), r, err, tt.letters, tt.state)
		}
	}
}

// TestRequests_unsubscribingHolds has a customer who unsubscribes by an earlier
// letter while the next one goes out.
func TestRequests_unsubscribingHolds(t *testing.T) {
	o := newOffice(t, true)
	o.deal("d1")
	o.now = o.now.Add(72 * time.Hour)
	o.work("d1")
	o.deal("d2")
	o.now = o.now.Add(100 * 24 * time.Hour)
	send := o.Send
	o.Send = func(ctx context.Context, l feedback.Letter) error {
		o.Unsubscribe(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodPost, o.tray[0].Unsubscribe, nil))
		o.fail = errors.New("greylisted")
		return send(ctx, l)
	}
	if err := o.Decide(t.Context(), "d2", mention.RequestConfirmed, time.Time{}); err != nil {
		t.Fatal(err)
	}
	o.work("d2")
	o.fail, o.Send = nil, send
	o.work("d2")
	if r, err := o.Request(t.Context(), "d2"); err != nil || r.State != mention.RequestUnsubscribed || len(o.tray) != 1 {
		t.Errorf("%d letters, %+v, %v; want no second one", len(o.tray), r, err)
	}
}
