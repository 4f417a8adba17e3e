package inbox_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"otklik/inbox"
	"otklik/mention"
	"otklik/replies"
	"otklik/store"
)

// start is when every test begins.
var start = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

const brand = "Ромашка Банк"

// world is the inbox over a real archive and a real desk, with a clock that
// the test moves.
type world struct {
	t      *testing.T
	store  *store.Store
	desk   *replies.Desk
	server *inbox.Server
	web    *httptest.Server
	pages  map[string]inbox.SavedPage

	mu  sync.Mutex
	now time.Time
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// unseen is a page that shows no answers yet.
type unseen struct{}

func (unseen) Look(_ context.Context, m mention.Mention) (mention.Mention, bool, error) {
	return m, true, nil
}

func newWorld(t *testing.T, change ...func(*inbox.Inbox)) *world {
	t.Helper()
	w := &world{t: t, now: start, pages: map[string]inbox.SavedPage{}}
	var err error
	w.store, err = store.Open(t.Context(), store.Config{Data: t.TempDir(), Now: w.clock})
	check(t, err)
	t.Cleanup(func() { w.store.Close() })
	norms, err := replies.Config{Norms: map[string]replies.Norm{"complaint": {Take: 15 * time.Minute, Answer: 24 * time.Hour, Visible: 72 * time.Hour}}}.Build()
	check(t, err)
	log := slog.New(slog.DiscardHandler)
	w.desk = replies.New(norms, w.store, unseen{}, w.clock, log)
	in := inbox.Inbox{
		Archive: w.store, Details: w.store, Sight: w.store, Work: w.store, Desk: w.desk, Changes: w.store,
		People: w.store, Keys: w.store, Shelf: w.store,
		Page: func(name string) (inbox.SavedPage, error) {
			p, ok := w.pages[name]
			if !ok {
				return p, mention.ErrNotFound
			}
			return p, nil
		},
		RunNow: func(id mention.SourceID) mention.Job {
			return mention.Job{Kind: mention.CrawlJob, Key: "crawl:" + string(id), RunAt: w.clock()}
		},
		Title: func(site, _ string) string { return map[string]string{"otzovik": "Отзовик"}[site] },
		Templates: func(v mention.View) []mention.Template {
			return []mention.Template{{Name: "sorry", Title: "Извинение", Text: v.Mention.Author + ", здравствуйте! Нам жаль."}}
		},
		Language: "ru", Zone: time.FixedZone("MSK", 3*60*60), Log: log, Now: w.clock,
	}
	for _, c := range change {
		c(&in)
	}
	w.server, err = inbox.New(in)
	check(t, err)
	w.web = httptest.NewServer(w.server)
	t.Cleanup(w.web.Close)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.server.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return w
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// complaint is a negative review by the site's own number.
func complaint(id string) mention.Mention {
	m := mention.Mention{
		Brand: brand, Source: "otzovik", ExternalID: id, SourceID: "s1", URL: "https://otzovik.example/review_" + id,
		Author: "Пётр " + id, Rating: 1, Best: 5, Lang: "ru", Title: "Карту не привезли " + id,
		Text: "Курьер не приехал второй раз, это издевательство.", Cons: "ждал зря",
		Tone: mention.Negative, Confidence: 0.97, Topics: []string{"delivery"},
		PublishedAt: start.Add(-time.Hour), CollectedAt: start.Add(-30 * time.Minute),
	}
	at := strings.Index(m.Text, "издевательство")
	m.Reasons = []mention.Reason{{Text: "издевательство", Field: mention.InText, Start: at, End: at + len("издевательство"), Weight: 2}}
	return m
}

// add archives mentions, each with a task that was delivered at once.
func (w *world) add(ms ...mention.Mention) {
	w.t.Helper()
	w.archive(true, ms...)
}

func (w *world) archive(tasks bool, ms ...mention.Mention) {
	w.t.Helper()
	var entries []mention.Entry
	for _, m := range ms {
		m.ID = m.Key().ID()
		entries = append(entries, mention.Entry{Mention: m})
	}
	_, err := w.store.Add(w.t.Context(), entries, func(e mention.Entry, prior *mention.Prior, _ []mention.Prior) ([]mention.Effects, error) {
		if prior != nil || !tasks {
			return nil, nil
		}
		m, now := e.Mention, w.clock()
		task := mention.Task{Version: 1, Kind: mention.Complaint, Brand: m.Brand, Mention: m.ID, State: mention.Open, Rule: "негатив", Reason: "negative",
			Norm: "complaint", Places: []mention.Place{{Mention: m.ID, Source: m.Source, URL: m.URL, Replies: mention.RepliesText}}, CreatedAt: now}
		task.DeliveredAt, task.Due = now, mention.Due{Take: now.Add(15 * time.Minute), Answer: now.Add(24 * time.Hour)}
		return []mention.Effects{{Task: &task, Events: []mention.Event{task.Raised()}}}, nil
	})
	check(w.t, err)
}

func (w *world) act(id mention.TaskID, a mention.Action) {
	w.t.Helper()
	_, err := w.desk.Act(w.t.Context(), id, a)
	check(w.t, err)
}

func (w *world) task(id mention.TaskID) mention.Task {
	w.t.Helper()
	v, err := w.store.View(w.t.Context(), id)
	check(w.t, err)
	return v.Task
}

const password = "верный пароль 1"

// account adds a person; the hash is made once, because it is slow by design.
func (w *world) account(login string, role mention.Role) mention.Account {
	w.t.Helper()
	a := mention.Account{Login: login, Name: strings.ToUpper(login[:1]) + login[1:], Role: role, Password: hashOnce()}
	check(w.t, w.store.SaveAccount(w.t.Context(), &a))
	return a
}

var hashOnce = sync.OnceValue(func() string {
	h, err := inbox.HashPassword(password)
	if err != nil {
		panic(err)
	}
	return h
})

// person is a browser without script.
type person struct {
	w      *world
	client *http.Client
	token  string
	header map[string]string
}

func (w *world) person() *person {
	jar, err := cookiejar.New(nil)
	check(w.t, err)
	return &person{w: w, client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// signedIn is a browser of an account of the role.
func (w *world) signedIn(login string, role mention.Role) *person {
	w.t.Helper()
	w.account(login, role)
	p := w.person()
	a := p.post("/signin", "login", login, "password", password)
	if a.status != http.StatusSeeOther {
		w.t.Fatalf("sign-in of %s: %d\n%s", login, a.status, a.body)
	}
	return p
}

// answer is what came back.
type answer struct {
	status int
	body   string
	header http.Header
}

func (p *person) do(method, path, kind, body string) answer {
	p.w.t.Helper()
	req, err := http.NewRequestWithContext(p.w.t.Context(), method, p.w.web.URL+path, strings.NewReader(body))
	check(p.w.t, err)
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	for k, v := range p.header {
		req.Header.Set(k, v)
		if k == "Host" {
			req.Host = v
		}
	}
	resp, err := p.client.Do(req)
	check(p.w.t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	check(p.w.t, err)
	return answer{resp.StatusCode, string(b), resp.Header}
}

func (p *person) get(path string) answer {
	p.w.t.Helper()
	return p.do(http.MethodGet, path, "", "")
}

// post sends a form of names and values.
func (p *person) post(path string, pairs ...string) answer {
	p.w.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return p.do(http.MethodPost, path, "application/x-www-form-urlencoded", form.Encode())
}

// page reads a page and fails when it is not there.
func (p *person) page(path string) string {
	p.w.t.Helper()
	a := p.get(path)
	if a.status != http.StatusOK {
		p.w.t.Fatalf("GET %s: %d\n%s", path, a.status, a.body)
	}
	return a.body
}

func (p *person) wants(path string, words ...string) {
	p.w.t.Helper()
	body := p.page(path)
	for _, word := range words {
		if !strings.Contains(body, word) {
			p.w.t.Errorf("%s does not say %q", path, word)
		}
	}
}

func (p *person) wantsNot(path string, words ...string) {
	p.w.t.Helper()
	body := p.page(path)
	for _, word := range words {
		if strings.Contains(body, word) {
			p.w.t.Errorf("%s says %q", path, word)
		}
	}
}

// source writes a source with runs of the given verdicts, the oldest first.
func (w *world) source(id mention.SourceID, verdicts ...mention.Verdict) {
	w.t.Helper()
	src := mention.Source{ID: id, Brand: brand, Site: "otzovik", Title: "Отзовик (" + string(id) + ")"}
	for i, v := range verdicts {
		at := w.clock().Add(time.Duration(i-len(verdicts)) * 20 * time.Minute)
		run := mention.Run{Source: id, Brand: brand, Site: "otzovik", StartAt: at, EndAt: at.Add(time.Second), Verdict: v, Requests: 2, Items: 9,
			Evidence: mention.Evidence{URL: "https://otzovik.example/reviews/romashka", Status: 200, Promised: 9, Parsed: 9, Coverage: map[string]float64{"text": 1, "author": 0.9}}}
		src, _ = src.After(run, 3)
		check(w.t, w.store.SaveRun(w.t.Context(), run, src))
	}
	if len(verdicts) == 0 {
		check(w.t, w.store.KeepSources(w.t.Context(), []mention.Source{src}))
	}
}
