package bench_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/gocolly/colly/v2"

	"otklik/bench"
	"otklik/crawler"
	"otklik/dedup"
	"otklik/intake"
	"otklik/mention"
	"otklik/sentiment"
	"otklik/store"
	"otklik/store/storetest"
)

var (
	peerPages  = flag.Int("peers.pages", 20, "list pages that each contestant reads in a round")
	peerRounds = flag.Int("peers.rounds", 1, "rounds; the table shows the best of each contestant")
)

// TestMain lets the test binary be the load site in a process of its own, so
// that the processor time of this one is the reader's alone.
func TestMain(m *testing.M) {
	if size := os.Getenv("OTKLIK_BENCH_SITE"); size != "" {
		os.Exit(beSite(size))
	}
	code := m.Run()
	storetest.Stop()
	os.Exit(code)
}

func beSite(config string) int {
	var cfg bench.SiteConfig
	if err := json.Unmarshal([]byte(config), &cfg); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Printf("http://%s\n", l.Addr())
	go func() { // the parent's end closes our input
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	http.Serve(l, bench.NewSite(cfg))
	return 0
}

// apart starts a load site in another process and returns its address.
func apart(t testing.TB, cfg bench.SiteConfig) string {
	t.Helper()
	config, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "OTKLIK_BENCH_SITE="+string(config))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the load site did not start: %v", err)
	}
	return strings.TrimSpace(line)
}

// readings is what a contestant brings home: how many reviews, and how many
// characters of text in them, so that none reads less than the others.
type readings struct {
	Reviews int     `json:"reviews"`
	Letters int     `json:"letters"`
	CPU     float64 `json:"cpu"` // seconds, where the contestant counts itself
}

func (r *readings) add(m mention.Mention) {
	if m.ExternalID == "" || m.URL == "" || m.Author == "" || m.AuthorURL == "" || m.Rating == 0 || m.PublishedAt.IsZero() || m.Title == "" {
		return
	}
	r.Reviews++
	for _, s := range []string{m.Text, m.Pros, m.Cons} {
		r.Letters += len([]rune(s))
	}
}

// byHand reads a page as somebody would who writes the scraper for it alone.
func byHand(doc *goquery.Selection, got *readings) (next string) {
	doc.Find("div.item[itemprop=review]").Each(func(_ int, it *goquery.Selection) {
		var m mention.Mention
		m.URL, _ = it.Find("a.review-title").Attr("href")
		m.ExternalID = strings.TrimSuffix(strings.TrimPrefix(m.URL, "/review_"), ".html")
		m.Title = strings.TrimSpace(it.Find("a.review-title").Text())
		m.Author = strings.TrimSpace(it.Find("a.user-login [itemprop=name]").Text())
		m.AuthorURL, _ = it.Find("a.user-login").Attr("href")
		m.Rating, _ = strconv.ParseFloat(it.Find(".rating-score span").Text(), 64)
		date, _ := it.Find(".review-postdate").Attr("content")
		m.PublishedAt, _ = time.Parse(time.RFC3339, date)
		m.Text = strings.TrimSpace(it.Find(".review-teaser").Text())
		m.Pros = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(it.Find(".review-plus").Text()), "Достоинства:"))
		m.Cons = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(it.Find(".review-minus").Text()), "Недостатки:"))
		m.Comments, _ = strconv.Atoi(it.Find("[itemprop=commentCount]").Text())
		got.add(m)
	})
	next, _ = doc.Find("a.next").Attr("href")
	return next
}

func readPlain(t *testing.T, address string) (got readings) {
	for path := "/reviews/p0/?order=date_desc"; path != ""; {
		res, err := http.Get(address + path)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := goquery.NewDocumentFromReader(res.Body)
		res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		path = byHand(doc.Selection, &got)
	}
	return got
}

func readColly(t *testing.T, address string) (got readings) {
	c := colly.NewCollector()
	c.OnHTML("html", func(e *colly.HTMLElement) {
		if next := byHand(e.DOM, &got); next != "" {
			if err := e.Request.Visit(next); err != nil {
				t.Error(err)
			}
		}
	})
	if err := c.Visit(address + "/reviews/p0/?order=date_desc"); err != nil {
		t.Fatal(err)
	}
	return got
}

// readScrapy runs the spider, which counts its processor time from its first
// request to its last answer: what Python needs to start is left out.
func readScrapy(t *testing.T, python, address string) (got readings) {
	out, err := exec.Command(python, "testdata/spider.py", address).Output()
	if err != nil {
		t.Fatalf("scrapy: %v\n%s", err, stderrOf(err))
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("scrapy says %q: %v", out, err)
	}
	return got
}

func stderrOf(err error) []byte {
	if e, ok := err.(*exec.ExitError); ok {
		return e.Stderr
	}
	return nil
}

// findScrapy returns a Python that has Scrapy, "" when there is none.
func findScrapy() string {
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(python, "-c", "import scrapy").Run() == nil {
			return python
		}
	}
	return ""
}

// otklik is the product from the request to the archive: the crawler in front
// of dedup, tone and SQLite with full text.
type otklik struct {
	crawler *crawler.Crawler
	intake  *intake.Intake
	source  crawler.Source
}

// newOtklik returns the product over an empty archive. It keeps the pages as
// the site sent them, as the daemon does by default, if keeps.
func newOtklik(t testing.TB, address string, keeps bool) *otklik {
	t.Helper()
	data := t.TempDir()
	archive, err := store.Open(t.Context(), store.Config{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { archive.Close() })
	cfg := crawler.DefaultConfig()
	cfg.AllowPrivate, cfg.Requests = true, 1<<20
	var deps crawler.Deps
	if keeps {
		if deps.Raw, err = crawler.OpenRawStore(filepath.Join(data, "pages"), cfg.Raw, time.Now); err != nil {
			t.Fatal(err)
		}
	}
	c, err := crawler.New(cfg, deps)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	site := definition(t)
	site.NewestFirst = false // every page is read, not only those before the first known one
	return &otklik{crawler: c, intake: newIntake(t, archive), source: crawler.Source{
		ID: "load", Brand: "Ромашка", Site: site, Pages: 1 << 20, Pace: crawler.Pace{Delay: time.Nanosecond},
		Params: map[string]string{"slug": bench.Slug(0), "base": address},
	}}
}

// newIntake returns the intake with everything behind it.
func newIntake(t testing.TB, archive intake.Archive) *intake.Intake {
	t.Helper()
	memory, err := dedup.NewLocal(0)
	if err != nil {
		t.Fatal(err)
	}
	return intake.New(intake.Intake{
		Memory: memory, Archive: archive, Scorer: newJudge(t), Desk: newDesk(t), Copies: copies{},
		Now: time.Now, Log: slog.New(slog.DiscardHandler),
	}, nil)
}

// newJudge returns the judge of the shipped model.
func newJudge(t testing.TB) *sentiment.Judge {
	t.Helper()
	model, err := sentiment.Default()
	if err != nil {
		t.Fatal(err)
	}
	judge, err := sentiment.NewJudge(model, sentiment.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	return judge
}

// read makes a pass, silent as the first pass over a source is.
func (o *otklik) read(t testing.TB) mention.Run {
	t.Helper()
	pass := o.intake.Pass(o.source.ID, intake.Brand{Name: o.source.Brand, About: []string{o.source.Brand}}, true)
	run, err := o.crawler.Run(t.Context(), o.source, pass, mention.Source{ID: o.source.ID, Verdict: mention.OK})
	if err != nil || !run.Verdict.Good() {
		t.Fatalf("%+v, %v", run, err)
	}
	run.New = pass.Added().New
	return run
}

// score is the best round of one contestant, in seconds of one processor.
type score struct {
	name  string
	best  float64
	pages int
}

// TestPeers reads the same pages with Otklik and with its peers, in one run
// and in turn, and prints what each costs in processor time:
//
//	go test ./bench -run Peers -peers.pages 200 -peers.rounds 5 -v
func TestPeers(t *testing.T) {
	pages := *peerPages
	address := apart(t, bench.SiteConfig{Pages: pages})
	still := apart(t, bench.SiteConfig{Pages: pages, Still: true})
	want := readPlain(t, address)
	if want.Reviews != pages*bench.PageReviews {
		t.Fatalf("%d reviews on %d pages", want.Reviews, pages)
	}
	python := findScrapy()
	if python == "" && os.Getenv("OTKLIK_REQUIRE_SCRAPY") != "" {
		t.Fatal("Scrapy is not installed")
	}
	scores := []*score{{name: "net/http + goquery"}, {name: "colly + goquery"}, {name: "Scrapy"},
		{name: "Otklik, new"}, {name: "Otklik, known"}, {name: "Otklik, unchanged"},
		{name: "new, raw pages kept"}, {name: "known, raw pages kept"}}
	for range *peerRounds {
		scores[0].extracts(t, want, func() readings { return readPlain(t, address) })
		scores[1].extracts(t, want, func() readings { return readColly(t, address) })
		if python != "" {
			scores[2].extracts(t, want, func() readings { return readScrapy(t, python, address) })
		}
		o := newOtklik(t, address, false)
		scores[3].runs(t, o, mention.OK, pages, pages*bench.PageReviews)
		scores[4].runs(t, o, mention.OK, pages, 0)
		quiet := newOtklik(t, still, false)
		quiet.read(t)
		scores[5].runs(t, quiet, mention.Unchanged, pages, 0)
		o = newOtklik(t, address, true)
		scores[6].runs(t, o, mention.OK, pages, pages*bench.PageReviews)
		scores[7].runs(t, o, mention.OK, pages, 0)
	}
	t.Log("\n" + table(scores))
}

// BenchmarkNewPages is the row "Otklik, new" of TestPeers alone, for profiles
// and for comparing two versions of the program:
//
//	go test ./bench -run xxx -bench NewPages -benchtime 5x -cpuprofile cpu.out
func BenchmarkNewPages(b *testing.B) {
	const pages = 100
	address := apart(b, bench.SiteConfig{Pages: pages})
	used, read := time.Duration(0), 0
	for b.Loop() {
		b.StopTimer()
		o := newOtklik(b, address, false)
		b.StartTimer()
		begun := cpu(b)
		o.read(b)
		used, read = used+cpu(b)-begun, read+pages
	}
	b.ReportMetric(float64(used.Microseconds())/float64(read), "cpu-µs/page")
}

// extracts times a contestant that only extracts.
func (s *score) extracts(t *testing.T, want readings, read func() readings) {
	t.Helper()
	begun := cpu(t)
	got := read()
	if got.CPU == 0 {
		got.CPU = (cpu(t) - begun).Seconds()
	}
	s.keep(got.CPU, got.Reviews/bench.PageReviews)
	got.CPU = 0
	if got != want {
		t.Fatalf("%s read %+v, want %+v", s.name, got, want)
	}
}

// runs times a pass of ours.
func (s *score) runs(t *testing.T, o *otklik, verdict mention.Verdict, pages, fresh int) {
	t.Helper()
	begun := cpu(t)
	run := o.read(t)
	s.keep((cpu(t) - begun).Seconds(), pages)
	if run.Verdict != verdict || run.Pages != pages || run.New != fresh {
		t.Fatalf("%s: %s, %d pages, %d new; want %s, %d, %d", s.name, run.Verdict, run.Pages, run.New, verdict, pages, fresh)
	}
}

func (s *score) keep(seconds float64, pages int) {
	if s.pages == 0 || seconds < s.best {
		s.best, s.pages = seconds, pages
	}
}

func (s *score) rate() float64 { return float64(s.pages) / s.best }

func table(scores []*score) string {
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "reader\tpages/s\treviews/s\tms a page\tagainst colly\tagainst Scrapy\t\n")
	ratio := func(s, to *score) string {
		if to.pages == 0 {
			return "-"
		}
		return fmt.Sprintf("%.2f", s.rate()/to.rate())
	}
	for _, s := range scores {
		if s.pages == 0 {
			continue
		}
		fmt.Fprintf(w, "%s\t%.0f\t%.0f\t%.3f\t%s\t%s\t\n", s.name, s.rate(), s.rate()*bench.PageReviews, 1000/s.rate(), ratio(s, scores[1]), ratio(s, scores[2]))
	}
	w.Flush()
	return b.String()
}
