package main

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"otklik/crawler"
	"otklik/mention"
	"otklik/replies"
	"otklik/store"
)

// counter is a marketplace's API that keeps one answer and can die after it.
type counter struct {
	mu     sync.Mutex
	answer string
	state  string
	posted int
	cut    bool
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.Header.Get("Authorization") != "t0k3n" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if r.Method == http.MethodGet {
		answer := any(nil)
		if c.answer != "" {
			answer = map[string]string{"text": c.answer, "state": c.state}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{"answer": answer}})
		return
	}
	var body struct{ ID, Text string }
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body.ID != "YX52" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.answer, c.posted = body.Text, c.posted+1
	if c.cut {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			conn.Close()
		}
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// set changes the marketplace while nobody is served: a cut connection reaches
// the client before its handler has ended.
func (c *counter) set(change func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change()
}

// TestSenders_TheWholeWay sends an answer over the real archive, crawler and
// official API: the site's connection breaks after the effect, the daemon dies
// before it can note what happened, moderation refuses in the end.
func TestSenders_TheWholeWay(t *testing.T) {
	ctx := t.Context()
	api := &counter{state: "none", cut: true}
	server := httptest.NewServer(api)
	defer server.Close()
	catalogue, err := crawler.LoadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	site, err := catalogue.Site("wildberries-seller")
	if err != nil {
		t.Fatal(err)
	}
	cfg := crawler.DefaultConfig()
	cfg.AllowPrivate = true
	craw, err := crawler.New(cfg, crawler.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	defer craw.Close()
	st, err := store.Open(ctx, store.Config{Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	norms, err := replies.Config{Norms: map[string]replies.Norm{"complaint": {Take: time.Hour, Answer: time.Hour, Visible: time.Hour}}}.Build()
	if err != nil {
		t.Fatal(err)
	}
	sources := map[mention.SourceID]crawler.Source{"wb": {ID: "wb", Site: site, Params: map[string]string{"token": "t0k3n", "base": server.URL}, Pace: crawler.Pace{Delay: time.Millisecond}}}
	courier := replies.NewCourier(replies.New(norms, st, looker{craw, sources}, time.Now, slog.New(slog.DiscardHandler)),
		senders{craw, sources, time.Now}, replies.Sending{})
	task := archiveComplaint(t, st, norms)

	ann := mention.Actor{ID: "slack:U1", Name: "Анна"}
	if _, err := courier.Act(ctx, task, mention.Action{Verb: mention.Answer, Actor: ann, Text: "Заменим сегодня", Publish: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := courier.Carry(ctx, lease(t, st)); !isDoubtful(err) {
		t.Fatalf("after the cut: %v, want doubt", err)
	}
	// The daemon dies here: nobody finishes or reschedules the job.
	api.set(func() { api.cut = false })
	if _, err := courier.Carry(ctx, lease(t, st)); err != nil {
		t.Fatal(err)
	}
	v, err := st.View(ctx, task)
	if err != nil {
		t.Fatal(err)
	}
	letter, _ := mention.LetterOf(v.Events, v.Mention.ID)
	if api.posted != 1 || v.Task.State != mention.Answered || v.Task.AnsweredBy != ann || letter.State != mention.ReplyHeld {
		t.Fatalf("posted %d times, task %s by %s, letter %+v", api.posted, v.Task.State, v.Task.AnsweredBy.Name, letter)
	}
	api.set(func() { api.state = "rejected" })
	jobs, err := st.Jobs(ctx, "reply:", 10)
	if err != nil || len(jobs) != 2 { // the first is left by the death, the second follows
		t.Fatalf("%d jobs, %v", len(jobs), err)
	}
	for _, j := range jobs {
		if next, err := courier.Carry(ctx, j); err != nil || !next.IsZero() {
			t.Fatalf("%s: %v, %v", j.Key, next, err)
		}
	}
	v, err = st.View(ctx, task)
	if err != nil {
		t.Fatal(err)
	}
	letter, _ = mention.LetterOf(v.Events, v.Mention.ID)
	if letter.State != mention.ReplyRefused || letter.Text != "Заменим сегодня" || v.Task.NotVisibleAt.IsZero() || api.posted != 1 {
		t.Errorf("letter %+v, not visible at %v, posted %d times", letter, v.Task.NotVisibleAt, api.posted)
	}
}

func isDoubtful(err error) bool {
	retry, ok := errors.AsType[*mention.RetryError](err)
	return ok && retry.InDoubt
}

// archiveComplaint archives a complaint with its task.
func archiveComplaint(t *testing.T, st *store.Store, norms replies.Norms) mention.TaskID {
	t.Helper()
	m := mention.Mention{Brand: "Ромашка", Source: "wildberries-seller", SourceID: "wb", ExternalID: "YX52", Text: "Пришло не то", Rating: 1, Best: 5, Tone: mention.Negative}
	m.ID = m.Key().ID()
	routes := []replies.Route{{Rule: "негатив", Channel: "pr", Norm: "complaint", Kind: mention.Complaint}}
	_, err := st.Add(t.Context(), []mention.Entry{{Mention: m}}, func(e mention.Entry, _ *mention.Prior, _ []mention.Prior) ([]mention.Effects, error) {
		eff, err := norms.Raise(e.Mention, mention.RepliesText, routes, "negative", time.Now())
		return []mention.Effects{eff}, err
	})
	if err != nil {
		t.Fatal(err)
	}
	task, err := st.TaskOf(t.Context(), m.ID)
	if err != nil {
		t.Fatal(err)
	}
	return task.ID
}

// lease takes the reply job; its lease ends at once, as after a death.
func lease(t *testing.T, st *store.Store) mention.Job {
	t.Helper()
	jobs, err := st.Lease(t.Context(), []string{mention.ReplyJob}, 1, time.Nanosecond)
	if err != nil || len(jobs) != 1 {
		t.Fatalf("%d jobs, %v", len(jobs), err)
	}
	return jobs[0]
}

func TestSenders_SayWhatCannotBeSent(t *testing.T) {
	catalogue, err := crawler.LoadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	site, err := catalogue.Site("otzovik")
	if err != nil {
		t.Fatal(err)
	}
	s := senders{sources: map[mention.SourceID]crawler.Source{"o": {Site: site}}, now: time.Now}
	for _, source := range []mention.SourceID{"o", "gone"} {
		if _, err := s.Limits(mention.Mention{SourceID: source}); !errors.Is(err, mention.ErrRefused) {
			t.Errorf("%s: %v, want a refusal", source, err)
		}
	}
}

// TestSenders_PublicMentionsGoThroughTheBrandsOwnAccount has one public source
// and accounts of the same and of other brands.
func TestSenders_PublicMentionsGoThroughTheBrandsOwnAccount(t *testing.T) {
	catalogue, err := crawler.LoadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	source := func(id, brand, site string, params map[string]string) crawler.Source {
		s, err := catalogue.Site(site)
		if err != nil {
			t.Fatal(err)
		}
		return crawler.Source{ID: mention.SourceID(id), Brand: brand, Site: s, Params: params}
	}
	play := map[string]string{"app": "example.romashka"}
	other := map[string]string{"app": "example.other"}
	cases := []struct {
		name    string
		sources []crawler.Source
		want    mention.SourceID
		refused bool
	}{
		{"its own account", []crawler.Source{source("console", "r", "google-play-console", play)}, "console", false},
		{"no account", nil, "public", false},
		{"another brand's account", []crawler.Source{source("console", "x", "google-play-console", play)}, "public", false},
		{"the account of another app", []crawler.Source{source("console", "r", "google-play-console", other)}, "public", false},
		{"two accounts", []crawler.Source{source("a", "r", "google-play-console", play), source("b", "r", "google-play-console", play)}, "", true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			all := map[mention.SourceID]crawler.Source{"public": source("public", "r", "google-play", play)}
			for _, s := range c.sources {
				all[s.ID] = s
			}
			got, err := senders{sources: all}.source(mention.Mention{Source: "google-play", SourceID: "public", ExternalID: "6a5c"})
			if errors.Is(err, mention.ErrRefused) != c.refused || !c.refused && got.ID != c.want {
				t.Errorf("source %s, err %v; want %s, refused %v", got.ID, err, c.want, c.refused)
			}
		})
	}
}
