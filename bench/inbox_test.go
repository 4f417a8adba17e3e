package bench_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"otklik/inbox"
	"otklik/mention"
	"otklik/replies"
	"otklik/reports"
	"otklik/store"
	"otklik/store/storetest"
)

var (
	inboxRows     = flag.Int("inbox.rows", 500, "mentions in the archive that the inbox shows")
	inboxWords    = flag.Int("inbox.words", 60, "words that no text of the archive reaches; each has two thirds of them or more")
	inboxRounds   = flag.Int("inbox.rounds", 1, "how often each kind of request is made")
	inboxOnly     = flag.String("inbox.only", "", "a regular expression of the kinds of requests to make")
	inboxData     = flag.String("inbox.data", "", "a folder whose archive is filled once and kept; empty for one that is thrown away")
	inboxDatabase = flag.String("inbox.database", "", "a PostgreSQL that is filled once and kept, in the place of one that is thrown away")
)

// The limits on what people wait for, at the 95th percentile.
const (
	requestLimit = 50 * time.Millisecond
	reportLimit  = time.Second
	startLimit   = time.Second
	weightLimit  = 100 << 10
)

// enoughRounds is from when on a percentile says something.
const enoughRounds = 40

// TestInbox measures the inbox's requests over a filled archive:
//
//	go test ./bench -run Inbox -inbox.rows 1000000 -inbox.rounds 40 -timeout 2h -v
//
// For each kind of request it logs the median and the 95th percentile of the
// time, the latter of our processor time, the weight of the heaviest answer and
// the slowest request, times in milliseconds. Limits are held from forty
// rounds on.
func TestInbox(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { measureInbox(t, store.Config{Data: kept(t, *inboxData)}) })
	t.Run("postgres", func(t *testing.T) {
		url := *inboxDatabase
		if url == "" {
			url = storetest.Postgres(t)
		}
		measureInbox(t, store.Config{Data: t.TempDir(), Database: url})
	})
}

func kept(t *testing.T, dir string) string {
	if dir == "" {
		return t.TempDir()
	}
	return dir
}

// measured is one kind of request.
type measured struct {
	name  string
	path  func(i int) string // of the i-th request
	limit time.Duration
}

func measureInbox(t *testing.T, cfg store.Config) {
	fill(t, cfg, *inboxRows)
	begun := time.Now()
	archive, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	w := newWalk(t, archive)
	w.get("/")
	started := time.Since(begun)
	t.Logf("opened, with the first page, in %s", started.Round(time.Millisecond))
	if *inboxRounds >= enoughRounds && started > startLimit {
		t.Errorf("it took %s to open the archive, the limit is %s", started, startLimit)
	}
	w.growth(cfg)
	only := regexp.MustCompile(*inboxOnly)
	for _, m := range w.requests() {
		if only.MatchString(m.name) {
			w.measure(m)
		}
	}
}

// walk asks the real handlers.
type walk struct {
	t       *testing.T
	archive *store.Store
	server  http.Handler
	words   []string
}

func newWalk(t *testing.T, archive *store.Store) *walk {
	t.Helper()
	return &walk{t, archive, newServer(t, archive), fillVocabulary(5000)}
}

// newServer is the inbox of an archive.
func newServer(t *testing.T, archive *store.Store) *inbox.Server {
	t.Helper()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	norms, err := (&replies.Config{}).Build()
	if err != nil {
		t.Fatal(err)
	}
	maker := &reports.Maker{Archive: archive, Present: archive, Working: norms.Working, Titles: func(string, string) string { return "" }, Zone: time.UTC, Now: time.Now}
	for i := range fillBrands {
		maker.Brands = append(maker.Brands, fillBrand(i))
	}
	server, err := inbox.New(inbox.Inbox{
		Archive: archive, Details: archive, Sight: archive, Work: archive, Changes: archive, People: archive, Keys: archive, Shelf: archive,
		Desk: readOnly{}, Reports: reports.Handler(maker, "", log), Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// readOnly refuses all verbs: reading alone is measured.
type readOnly struct{}

// Act implements inbox.Desk.
func (readOnly) Act(context.Context, mention.TaskID, mention.Action) (mention.Task, error) {
	return mention.Task{}, mention.ErrRefused
}

// get returns the body of a page and how long the server took.
func (w *walk) get(path string) (string, time.Duration) {
	w.t.Helper()
	r := httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil)
	r.RemoteAddr = "127.0.0.1:1" // without accounts the inbox serves its own machine alone
	a := httptest.NewRecorder()
	begun := time.Now()
	w.server.ServeHTTP(a, r)
	took := time.Since(begun)
	if a.Code != http.StatusOK {
		w.t.Fatalf("GET %s: %d %s", path, a.Code, a.Body)
	}
	return a.Body.String(), took
}

// measure makes the requests of one kind and logs their percentiles.
func (w *walk) measure(m measured) {
	w.t.Helper()
	var times, used []time.Duration
	var slowest string
	weight := 0
	rounds := *inboxRounds
	if m.limit == reportLimit {
		rounds = max(1, rounds/4)
	}
	for i := range rounds {
		path, begun := m.path(i), cpu(w.t)
		body, took := w.get(path)
		if len(times) == 0 || took > slices.Max(times) {
			slowest = path
		}
		times, used, weight = append(times, took), append(used, cpu(w.t)-begun), max(weight, len(body))
	}
	slices.Sort(times)
	slices.Sort(used)
	p95 := at(times, 95)
	unescaped, _ := url.QueryUnescape(slowest)
	w.t.Logf("| %s | %.1f | %.1f | %.1f | %d KB | %.1f: %s", m.name, ms(at(times, 50)), ms(p95), ms(at(used, 95)), weight>>10, ms(at(times, 100)), unescaped)
	if *inboxRounds >= enoughRounds && p95 > m.limit {
		w.t.Errorf("%s: p95 %s, the limit is %s", m.name, p95, m.limit)
	}
	if m.limit == requestLimit && !strings.HasPrefix(m.path(0), "/api") && weight > weightLimit {
		w.t.Errorf("%s: %d bytes, the limit is %d", m.name, weight, weightLimit)
	}
}

// at returns a percentile of sorted times.
func at(sorted []time.Duration, percent int) time.Duration {
	return sorted[min(len(sorted)-1, len(sorted)*percent/100)]
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// requests are the kinds of requests that people and programs make.
func (w *walk) requests() []measured {
	page := func(name string, path func(int) string) measured { return measured{name, path, requestLimit} }
	fixed := func(path string) func(int) string { return func(int) string { return path } }
	list := []measured{}
	for _, tab := range []string{"all", "free", "mine", "confirmed"} {
		list = append(list, page("list, "+tab, fixed("/?tab="+tab)))
	}
	list = append(list, w.filtered()...)
	list = append(list, w.searched()...)
	list = append(list, w.paged()...)
	tasks := w.tasks()
	mentions := w.mentions()
	return append(list,
		page("task page", func(i int) string { return fmt.Sprintf("/tasks/%d", tasks[i%len(tasks)]) }),
		page("task page from a list", func(i int) string { return fmt.Sprintf("/tasks/%d?list=tab%%3Dall", tasks[i%len(tasks)]) }),
		page("mention page", func(i int) string { return "/mentions/" + mentions[i%len(mentions)] }),
		page("archive", fixed("/archive")),
		page("archive of a brand", func(i int) string { return "/archive?brand=" + url.QueryEscape(fillBrand(i%fillBrands)) }),
		page("archive, brand and negative", func(i int) string { return "/archive?tone=negative&brand=" + url.QueryEscape(fillBrand(i%fillBrands)) }),
		page("archive, site and stars", func(i int) string {
			return fmt.Sprintf("/archive?source=%s&stars_max=%d", fillSite(i%fillSites), 1+i%3)
		}),
		page("sources", fixed("/sources")),
		measured{"report of a month", w.month(""), reportLimit},
		measured{"report of a month and a brand", w.month("&brand=" + url.QueryEscape(fillBrand(3))), reportLimit},
		measured{"report of a month, XLSX", w.month("&format=xlsx"), reportLimit},
	)
}

// filtered are lists under each filter alone and under each two, on the tab
// of all work and on that of all that is confirmed.
func (w *walk) filtered() []measured {
	month := time.Now().AddDate(0, -2, 0).Format("2006-01-02")
	filters := []struct {
		name  string
		value func(i int) string
	}{
		{"brand", func(i int) string { return fillBrand(i % fillBrands) }},
		{"source", func(i int) string { return fillSite(i % fillSites) }},
		{"tone", func(i int) string { return []string{"negative", "positive", "neutral"}[i%3] }},
		{"stars_max", func(i int) string { return fmt.Sprint(1 + i%4) }},
		{"topic", func(i int) string { return []string{"delivery", "support", "payment", "nothing"}[i%4] }},
		{"owner", func(i int) string { return fmt.Sprint("inbox:", 1+i%(fillPeople+1)) }},
		{"lang", func(i int) string { return []string{"ru", "en", "de"}[i%3] }},
		{"kind", func(i int) string { return []string{"thanks", "complaint"}[i%2] }},
		{"from", func(int) string { return month }},
		{"overdue", func(int) string { return "1" }},
	}
	var list []measured
	for _, tab := range []string{"all", "confirmed"} {
		one := func(i, f int) string { return filters[f].name + "=" + url.QueryEscape(filters[f].value(i)) }
		for f := range filters {
			list = append(list, measured{"list, " + tab + " by " + filters[f].name, func(i int) string { return "/?tab=" + tab + "&" + one(i, f) }, requestLimit})
		}
		for a := range filters {
			list = append(list, measured{"list, " + tab + " by " + filters[a].name + " and another", func(i int) string {
				b := (a + 1 + i%(len(filters)-1)) % len(filters)
				return "/?tab=" + tab + "&" + one(i, a) + "&" + one(i/7, b)
			}, requestLimit})
		}
	}
	return list
}

// searched are lists by words of every kind of frequency.
func (w *walk) searched() []measured {
	rare := func(i int) string { return w.words[4000+i*7%1000] }
	middle := func(i int) string { return w.words[300+i*7%300] }
	frequent := func(i int) string { return w.words[i%20] }
	kinds := []struct {
		name  string
		words func(i int) string
	}{
		{"a rare word", rare}, {"a middling word", middle}, {"a frequent word", frequent},
		{"a word that is nowhere", func(i int) string { return fmt.Sprint("щъщъщ", i) }},
		{"two frequent words", func(i int) string { return frequent(i) + " " + frequent(i+3) }},
		{"a frequent and a rare word", func(i int) string { return frequent(i) + " " + rare(i) }},
		{"a phrase", func(i int) string { return `"` + frequent(i) + " " + frequent(i+1) + `"` }},
		{"a rare phrase", func(i int) string { return `"` + middle(i) + " " + middle(i+1) + `"` }},
		{"OR", func(i int) string { return rare(i) + " OR " + middle(i) }},
		{"OR of frequent words", func(i int) string { return frequent(i) + " OR " + frequent(i+1) }},
		{"NOT", func(i int) string { return middle(i) + " NOT " + frequent(i) }},
	}
	var list []measured
	for _, where := range []string{"/?tab=all", "/?tab=confirmed", "/archive?tab=all"} {
		for _, k := range kinds {
			list = append(list, measured{where + " with " + k.name, func(i int) string { return where + "&q=" + url.QueryEscape(k.words(i)) }, requestLimit})
		}
	}
	return append(list, measured{"search under filters", func(i int) string {
		return "/?tab=all&brand=" + url.QueryEscape(fillBrand(i%fillBrands)) + "&q=" + url.QueryEscape(middle(i))
	}, requestLimit})
}

// paged are the API's lists at their beginning and 200 pages on.
func (w *walk) paged() []measured {
	tasks, mentions := "", ""
	for range min(199, *inboxRows/50/5-1) {
		var err error
		if _, tasks, err = w.archive.Tasks(w.t.Context(), store.TaskFilter{After: tasks}); err != nil {
			w.t.Fatal(err)
		}
		if _, mentions, err = w.archive.Mentions(w.t.Context(), store.MentionFilter{After: mentions}); err != nil {
			w.t.Fatal(err)
		}
	}
	fixed := func(path string) func(int) string { return func(int) string { return path } }
	return []measured{
		{"API, tasks, page 1", fixed("/api/v1/tasks"), requestLimit},
		{"API, tasks, page 200", fixed("/api/v1/tasks?after=" + tasks), requestLimit},
		{"API, mentions, page 1", fixed("/api/v1/mentions"), requestLimit},
		{"API, mentions, page 200", fixed("/api/v1/mentions?after=" + mentions), requestLimit},
	}
}

// tasks are the numbers of tasks of all ages.
func (w *walk) tasks() (ids []mention.TaskID) {
	for _, states := range [][]mention.State{{mention.Open}, {mention.Confirmed}, {mention.Taken, mention.Answered}} {
		views, _, err := w.archive.Tasks(w.t.Context(), store.TaskFilter{States: states, Limit: 50})
		if err != nil {
			w.t.Fatal(err)
		}
		for _, v := range views {
			ids = append(ids, v.Task.ID)
		}
	}
	return ids
}

// mentions are the names of mentions without a task.
func (w *walk) mentions() (ids []string) {
	list, _, err := w.archive.Mentions(w.t.Context(), store.MentionFilter{Tone: mention.Positive, Limit: 100})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, m := range list {
		ids = append(ids, string(m.ID))
	}
	return ids
}

// month is the report of one of the last months.
func (w *walk) month(more string) func(int) string {
	return func(i int) string {
		from := time.Now().AddDate(0, -1-i%6, 0)
		return "/reports/?from=" + from.Format("2006-01-02") + "&until=" + from.AddDate(0, 1, -1).Format("2006-01-02") + more
	}
}
