package alerts_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"otklik/alerts"
	"otklik/alerts/channeltest"
	"otklik/mention"
)

func TestPasses_Read(t *testing.T) {
	passes := &alerts.Passes{Key: []byte("0123456789abcdef"), Base: "https://otklik.example/"}
	now := time.Date(2026, 11, 21, 11, 22, 0, 0, time.UTC)
	good := passes.Sign(alerts.Pass{Task: 1842, Verb: mention.Take, Who: "mail:anna@example.com", Lang: "ru"}, now)
	payload, signature, _ := strings.Cut(good, ".")
	changed := base64.RawURLEncoding.EncodeToString([]byte(`{"task":1,"verb":"answer","who":"mail:anna@example.com","until":9999999999}`))
	for name, c := range map[string]struct {
		token string
		after time.Duration
		want  error
	}{
		"ours":                  {good, 0, nil},
		"a second before":       {good, alerts.PassTime - time.Second, nil},
		"at the end":            {good, alerts.PassTime, alerts.ErrExpired},
		"another text":          {changed + "." + signature, 0, alerts.ErrForged},
		"no signature":          {payload, 0, alerts.ErrForged},
		"an empty signature":    {payload + ".", 0, alerts.ErrForged},
		"half of the signature": {payload + "." + signature[:20], 0, alerts.ErrForged},
		"another key":           {(&alerts.Passes{Key: []byte("other")}).Sign(alerts.Pass{Task: 1842}, now), 0, alerts.ErrForged},
		"nothing":               {"", 0, alerts.ErrForged},
		"noise":                 {"../../\x00<script>.%", 0, alerts.ErrForged},
		"very long":             {strings.Repeat("A", 1<<20) + "." + signature, 0, alerts.ErrForged},
	} {
		pass, err := passes.Read(c.token, now.Add(c.after))
		if !errors.Is(err, c.want) {
			t.Errorf("%s ends with %v, want %v", name, err, c.want)
		}
		if known := err == nil || errors.Is(err, alerts.ErrExpired); known != (pass.Task == 1842) {
			t.Errorf("%s gives %+v", name, pass)
		}
	}
	if got := passes.URL("/do/x"); got != "https://otklik.example/do/x" {
		t.Errorf("the address is %s", got)
	}
}

func TestPasses_Offers(t *testing.T) {
	passes := &alerts.Passes{Key: []byte("0123456789abcdef")}
	for _, c := range []struct {
		state mention.State
		kind  mention.NoticeKind
		want  string
	}{
		{mention.Open, mention.CardNotice, "take answer"},
		{mention.Taken, mention.EscalationNotice, "answer"},
		{mention.Answered, mention.CardNotice, ""},
		{mention.Dismissed, mention.CardNotice, ""},
		{mention.Open, mention.ThreadNotice, ""},
	} {
		m := channeltest.Card()
		m.View.Task.State, m.Notice.Kind = c.state, c.kind
		var verbs []string
		for _, o := range passes.Offers(m, "mail:anna@example.com", "en") {
			verbs = append(verbs, string(o.Verb))
			if p, err := passes.Read(o.Token, m.At); err != nil || p.Task != 1842 || p.Verb != o.Verb || p.Who != "mail:anna@example.com" {
				t.Errorf("%s holds %+v, %v", o.Verb, p, err)
			}
		}
		if got := strings.Join(verbs, " "); got != c.want {
			t.Errorf("%s of a task that is %s offers %q, want %q", c.kind, c.state, got, c.want)
		}
	}
	if got := (*alerts.Passes)(nil).Offers(channeltest.Card(), "mail:anna@example.com", "en"); got != nil {
		t.Errorf("without passes %v is offered", got)
	}
}
