package official_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"otklik/crawler"
	"otklik/crawler/official"
	"otklik/mention"
)

// now is 90 seconds before the limits that some stand-ins name end.
var now = time.Unix(1795176000, 0)

const words = "Вера, нам жаль. Заменим букет сегодня — позвоните: Алла."

func open(t *testing.T, s site, params map[string]string) official.Replier {
	t.Helper()
	r, err := official.New(official.Account{Site: s.name, Params: params, Client: &http.Client{}, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func outgoing(s site) mention.Outgoing {
	return mention.Outgoing{Mention: s.mention, Text: words, Mark: "reply:7:3", WrittenAt: now}
}

// each runs a test against every site's stand-in.
func each(t *testing.T, test func(t *testing.T, b *box, r official.Replier, o mention.Outgoing)) {
	for _, s := range sites() {
		t.Run(s.name, func(t *testing.T) {
			b, params := serve(t, s)
			test(t, b, open(t, s, params), outgoing(s))
		})
	}
}

func retry(t *testing.T, err error) *mention.RetryError {
	t.Helper()
	e, ok := errors.AsType[*mention.RetryError](err)
	if !ok {
		t.Fatalf("error %v says nothing of another try", err)
	}
	if strings.Contains(err.Error(), secretToken) {
		t.Errorf("the error shows the token: %v", err)
	}
	return e
}

func TestSites_AreThoseOfTheCatalogueThatSend(t *testing.T) {
	c, err := crawler.LoadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	var sends, tested []string
	for _, s := range c.Sites() {
		if s.Sends {
			sends = append(sends, s.Name)
		}
	}
	for _, s := range sites() {
		tested = append(tested, s.name)
		def, err := c.Site(s.name)
		if err != nil {
			t.Error(err)
			continue
		}
		for name := range s.params {
			if p, known := def.Params[name]; !known || s.params[name] == secretToken && !p.Secret {
				t.Errorf("%s: parameter %s is unknown to the definition, or not secret", s.name, name)
			}
		}
	}
	slices.Sort(sends)
	slices.Sort(tested)
	tested = slices.Compact(tested) // some in two ways
	if got := official.Sites(); !slices.Equal(got, sends) || !slices.Equal(got, tested) {
		t.Errorf("answers can be sent to %v,\nthe definitions say %v,\ntested are %v", got, sends, tested)
	}
}

func TestSend_PostsOnceAndFindsIt(t *testing.T) {
	each(t, func(t *testing.T, b *box, r official.Replier, o mention.Outgoing) {
		if _, err := r.Status(t.Context(), o, ""); !errors.Is(err, mention.ErrNotFound) {
			t.Fatalf("before: %v, want nothing there", err)
		}
		sent, err := r.Send(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if sent.ID == "" || sent.Status == mention.ReplyRejected {
			t.Errorf("receipt %+v", sent)
		}
		if len(b.have()) != 1 || !strings.HasSuffix(b.have()[0].text, words) {
			t.Fatalf("the site has %+v", b.have())
		}
		for _, id := range []string{sent.ID, ""} {
			found, err := r.Status(t.Context(), o, id)
			if err != nil || found.ID != sent.ID || found.Status != mention.ReplyPublished {
				t.Errorf("by id %q: %+v, %v; want %s published", id, found, err, sent.ID)
			}
		}
	})
}

func TestSend_ReplacesWhereTheSiteAllows(t *testing.T) {
	each(t, func(t *testing.T, b *box, r official.Replier, o mention.Outgoing) {
		sent, err := r.Send(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		o.PriorID, o.Text = sent.ID, "Букет заменили."
		_, err = r.Send(t.Context(), o)
		if !r.Limits().Editable {
			if !retry(t, err).Final || len(b.have()) != 1 || !strings.HasSuffix(b.have()[0].text, words) {
				t.Errorf("error %v, posts %+v; want a refusal", err, b.have())
			}
			return
		}
		if err != nil || len(b.have()) != 1 || !strings.HasSuffix(b.have()[0].text, o.Text) {
			t.Errorf("error %v, posts %+v; want one with the new words", err, b.have())
		}
	})
}

func TestSend_LeavesTheAnswerOfSomebodyElse(t *testing.T) {
	each(t, func(t *testing.T, b *box, r official.Replier, o mention.Outgoing) {
		if !r.Limits().OnePerReview {
			t.Skip("a site of comments: ours stands beside")
		}
		b.add("Ответ коллеги")
		_, err := r.Send(t.Context(), o)
		if !retry(t, err).Final || !errors.Is(err, mention.ErrRefused) || b.have()[0].text != "Ответ коллеги" || b.writes != 0 {
			t.Errorf("error %v, the site has %+v", err, b.have())
		}
		if _, err := r.Status(t.Context(), o, ""); !errors.Is(err, mention.ErrNotFound) {
			t.Errorf("the colleague's answer is taken for ours: %v", err)
		}
	})
}

func TestSend_WrongCredentialsAreFinal(t *testing.T) {
	each(t, func(t *testing.T, b *box, r official.Replier, o mention.Outgoing) {
		b.behave("auth")
		_, err := r.Send(t.Context(), o)
		if e := retry(t, err); !e.Final || e.InDoubt || len(b.have()) != 0 {
			t.Errorf("%+v, the site has %+v", e, b.have())
		}
	})
}

func TestSend_LimitsAreWaitedFor(t *testing.T) {
	each(t, func(t *testing.T, b *box, r official.Replier, o mention.Outgoing) {
		b.behave("limit")
		_, err := r.Send(t.Context(), o)
		least := time.Duration(b.site.waits) * time.Second
		if e := retry(t, err); e.Final || e.InDoubt || e.After < least {
			t.Errorf("%+v, want another try after %s", e, least)
		}
		b.behave("")
		if _, err := r.Send(t.Context(), o); err != nil || len(b.have()) != 1 {
			t.Errorf("afterwards: %v, posts %+v", err, b.have())
		}
	})
}

func TestSend_ACutConnectionIsInDoubtAndCanBeLookedUp(t *testing.T) {
	each(t, func(t *testing.T, b *box, r official.Replier, o mention.Outgoing) {
		b.behave("cut")
		_, err := r.Send(t.Context(), o)
		if e := retry(t, err); e.Final || !e.InDoubt {
			t.Fatalf("%+v, want doubt", e)
		}
		b.behave("")
		found, err := r.Status(t.Context(), o, "")
		if err != nil || found.ID == "" || len(b.have()) != 1 {
			t.Errorf("found %+v, %v among %+v", found, err, b.have())
		}
	})
}

func TestSend_AServerErrorIsInDoubt(t *testing.T) {
	each(t, func(t *testing.T, b *box, r official.Replier, o mention.Outgoing) {
		b.behave("broken")
		_, err := r.Send(t.Context(), o)
		if e := retry(t, err); e.Final || !e.InDoubt {
			t.Errorf("%+v, want doubt", e)
		}
	})
}

func TestSend_AnUnreachableSiteIsNotInDoubt(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ official.Replier, o mention.Outgoing) {
		_, params := serve(t, b.site)
		params["base"] = "http://127.0.0.1:1"
		_, err := open(t, b.site, params).Send(t.Context(), o)
		if e := retry(t, err); e.Final || e.InDoubt {
			t.Errorf("%+v, want a plain repetition", e)
		}
	})
}

func TestStatus_FollowsModeration(t *testing.T) {
	each(t, func(t *testing.T, b *box, r official.Replier, o mention.Outgoing) {
		if b.site.held == "" && b.site.refused == "" {
			t.Skip("the site's API tells of no moderation")
		}
		sent, err := r.Send(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		for state, want := range map[string]mention.Moderation{b.site.held: mention.ReplyPending, b.site.refused: mention.ReplyRejected} {
			if state == "" {
				continue
			}
			b.moderate(state)
			got, err := r.Status(t.Context(), o, sent.ID)
			if err != nil || got.Status != want || want == mention.ReplyRejected && got.Reason == "" {
				t.Errorf("%s: %+v, %v; want %s", state, got, err, want)
			}
		}
	})
}

func TestNew_SaysWhatIsMissing(t *testing.T) {
	for _, s := range sites() {
		_, err := official.New(official.Account{Site: s.name, Client: &http.Client{}})
		if !errors.Is(err, mention.ErrRefused) || !strings.Contains(err.Error(), "parameter") {
			t.Errorf("%s: %v, want which parameter is missing", s.name, err)
		}
	}
	if _, err := official.New(official.Account{Site: "otzovik"}); !errors.Is(err, mention.ErrRefused) {
		t.Errorf("otzovik: %v, want a refusal", err)
	}
}

func TestSend_EndsWithItsContext(t *testing.T) {
	s := sites()[0]
	_, params := serve(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := open(t, s, params).Send(ctx, outgoing(s)); err == nil {
		t.Error("sent for a caller that has gone")
	}
}

func TestLimits_AreKnownBeforeSigningIn(t *testing.T) {
	got, err := official.Limits(official.Account{Site: "google-business", Params: map[string]string{"refresh_token": secretToken}})
	if want := (mention.ReplyLimits{Bytes: 4096, OnePerReview: true, Editable: true}); err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	for _, a := range []official.Account{{Site: "google-business"}, {Site: "wildberries-seller"}, {Site: "banki"}} {
		if _, err := official.Limits(a); !errors.Is(err, mention.ErrRefused) {
			t.Errorf("%s without an account: %v", a.Site, err)
		}
	}
}
