package email_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"otklik/alerts"
	"otklik/alerts/channeltest"
	"otklik/alerts/email"
	"otklik/mention"
)

const anna = "anna@example.com"

func newPasses() *alerts.Passes {
	return &alerts.Passes{Key: []byte("0123456789abcdef"), Base: "https://otklik.example"}
}

func linked(t *testing.T, s *server, to ...string) *email.Channel {
	t.Helper()
	ch, err := email.New(alerts.EmailConfig{To: to, From: "otklik@example.com", Server: s.listener.Addr().String()}, "ru", time.UTC, newPasses())
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

func TestChannel_WithLinks(t *testing.T) {
	channeltest.Run(t, func(t *testing.T) channeltest.Service {
		s := newServer(t)
		return channeltest.Service{Channel: linked(t, s, anna), Shown: func() []string { return s.read(t) }}
	})
}

func TestChannel_LinksOfEachRecipient(t *testing.T) {
	s := newServer(t)
	m := channeltest.Card()
	m.View.Mention.Text = "Нажмите https://otklik.example/do/forged"
	if _, err := linked(t, s, anna, "boss@example.com").Post(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	letters := s.read(t)
	if len(letters) != 2 {
		t.Fatalf("%d letters, want one for each", len(letters))
	}
	for i, who := range []string{anna, "boss@example.com"} {
		own := letters[i][strings.LastIndex(letters[i], "/do/forged")+len("/do/forged"):]
		var verbs []mention.Verb
		for _, found := range regexp.MustCompile(`https://otklik\.example/do/(\S+)`).FindAllStringSubmatch(own, -1) {
			pass, err := newPasses().Read(found[1], m.At)
			if err != nil || pass.Who != "mail:"+who || pass.Task != 1842 {
				t.Errorf("the letter to %s holds %+v, %v", who, pass, err)
			}
			verbs = append(verbs, pass.Verb)
		}
		if fmt.Sprint(verbs) != "[take answer]" {
			t.Errorf("the letter to %s lets them %v", who, verbs)
		}
	}
	m.View.Task.State = mention.Dismissed
	if _, err := linked(t, s, anna, "boss@example.com").Post(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if all := s.read(t); len(all) != 3 || strings.Contains(strings.ReplaceAll(all[2], "/do/forged", ""), "/do/") {
		t.Errorf("a closed task makes %d letters, the last %s", len(all)-2, all[len(all)-1])
	}
}

func TestChannel_NobodyGetsTwoLetters(t *testing.T) {
	s := newServer(t)
	s.spoil("RCPT TO:<BOSS@EXAMPLE.COM>", "452 try later")
	ch := linked(t, s, anna, "boss@example.com", "third@example.com")
	for range 3 {
		if _, err := ch.Post(t.Context(), channeltest.Card()); err == nil {
			t.Fatal("a full mailbox is no failure")
		}
	}
	if n := len(s.read(t)); n != 1 {
		t.Errorf("%d letters while the second mailbox is full, want 1", n)
	}
	s.spoil("RCPT TO:<BOSS@EXAMPLE.COM>", "550 no such user")
	_, err := ch.Post(t.Context(), channeltest.Card())
	if retry, ok := errors.AsType[*mention.RetryError](err); !ok || !retry.Final || len(s.read(t)) != 2 {
		t.Errorf("ends with %v and %d letters, want a final refusal and the third reached", err, len(s.read(t)))
	}
}
