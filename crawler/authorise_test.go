package crawler_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"otklik/crawler"
	"otklik/mention"
)

// signedSite is a site that answers only to the token of the day.
const signedSite = `site: signed
params: {refresh: {secret: true}, token: {secret: true}}
start: {url: "https://signed.example/reviews", headers: {Authorization: "Bearer {token}"}}
pace: {delay: 1ms}
from: json
items: {path: reviews}
fields: {id: {path: id}, text: {path: text}}
`

func TestCrawler_SignsInBeforeAPass(t *testing.T) {
	var asked, agent string
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked, agent = r.Header.Get("Authorization"), r.Header.Get("User-Agent")
		_, _ = w.Write([]byte(`{"reviews":[{"id":1,"text":"no"}]}`))
	}))
	defer api.Close()
	tests := []struct {
		name    string
		sign    crawler.Authorise
		verdict mention.Verdict
		note    string
	}{
		{"the token made at sign-in goes with every page", func(_ context.Context, client *http.Client, params map[string]string) (map[string]string, error) {
			res, err := client.Get(params["base"] + "/token")
			if err != nil {
				return nil, err
			}
			res.Body.Close()
			if agent != crawler.DefaultConfig().UserAgent {
				return nil, errors.New("asked as " + agent)
			}
			out := maps.Clone(params)
			out["token"] = "of-today-" + params["refresh"]
			return out, nil
		}, mention.OK, ""},
		{"refused credentials are auth, and stay hidden", func(_ context.Context, _ *http.Client, params map[string]string) (map[string]string, error) {
			return nil, mention.Final(errors.New("invalid_grant for " + params["refresh"]))
		}, mention.Auth, "invalid_grant for [redacted]"},
		{"a host that rests is blocked", func(context.Context, *http.Client, map[string]string) (map[string]string, error) {
			return nil, mention.RetryAfter(time.Minute, errors.New("slow down"))
		}, mention.Blocked, "slow down"},
		{"no answer is unreachable", func(context.Context, *http.Client, map[string]string) (map[string]string, error) {
			return nil, errors.New("connection refused")
		}, mention.Unreachable, "connection refused"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			asked = ""
			site, err := crawler.ParseSite("signed.yaml", []byte(signedSite))
			if err != nil {
				t.Fatal(err)
			}
			cfg := crawler.DefaultConfig()
			cfg.AllowPrivate = true
			c, err := crawler.New(cfg, crawler.Deps{})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			src := crawler.Source{ID: "s", Site: site, Params: map[string]string{"refresh": "r3fresh", "base": api.URL}, Authorise: tt.sign}
			run, err := c.Run(t.Context(), src, allNew{}, mention.Source{})
			if err != nil {
				t.Fatal(err)
			}
			if run.Verdict != tt.verdict || !strings.Contains(run.Evidence.Note, tt.note) {
				t.Errorf("verdict %s with %q, want %s with %q", run.Verdict, run.Evidence.Note, tt.verdict, tt.note)
			}
			if tt.verdict == mention.OK && asked != "Bearer of-today-r3fresh" {
				t.Errorf("asked with %q", asked)
			}
			if _, v, _ := c.Look(t.Context(), src, mention.Mention{ExternalID: "1"}); tt.verdict != mention.OK && v != tt.verdict {
				t.Errorf("a look ends %s, want %s", v, tt.verdict)
			}
		})
	}
}

// allNew is a sink to which everything is new.
type allNew struct{}

func (allNew) Fresh(_ context.Context, page []mention.Mention) ([]mention.Freshness, error) {
	out := make([]mention.Freshness, len(page))
	for i := range out {
		out[i] = mention.New
	}
	return out, nil
}

func (allNew) Take(context.Context, []mention.Mention, []mention.Freshness) error { return nil }
