package crawler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"otklik/mention"
	"otklik/secret"
)

// Source is one configured place to read: a site with its parameters, for a
// brand.
type Source struct {
	ID     mention.SourceID
	Brand  string
	Site   *Site
	Params map[string]string
	// Searches are the brand's query in the site's syntax, each of which is
	// walked; see Site.Searches. None: Params say what to read.
	Searches []string
	// Accounts name the company there (ids or addresses), for sites on which
	// its answer is an ordinary comment.
	Accounts []string
	// Pages limits the list pages of a pass; zero means the definition's limit.
	Pages int
	// Pace replaces the definition's when its Delay is not zero.
	Pace Pace
	// Header is sent with every request to the site's own host.
	Header http.Header
	// UserAgent replaces the configured one when not empty.
	UserAgent string
	// Proxies are taken in turn, one a pass; none means direct connections.
	Proxies []secret.String
	// Cookies are there when a pass begins; see ReadCookies.
	Cookies []*http.Cookie
	// Authorise signs in before a pass; nil where the parameters are enough.
	Authorise Authorise
	// IgnoreRobots leaves robots.txt unread, for sites whose owner agreed.
	IgnoreRobots bool
}

// Sink takes what a pass reads.
type Sink interface {
	// Fresh says of each mention whether it is new, changed or the same, in
	// one round trip for the page. It sets the mentions' Fingerprint. Nothing
	// has been judged and no detail page opened by then.
	Fresh(ctx context.Context, page []mention.Mention) ([]mention.Freshness, error)
	// Take archives the mentions that fresh calls new or changed. Those whose
	// detail page could not be read come with Fingerprint zero: they must
	// look changed to the next pass, which tries again.
	Take(ctx context.Context, page []mention.Mention, fresh []mention.Freshness) error
}

// Deps are what a Crawler works with. Every field may be left empty.
type Deps struct {
	Pacer      Pacer                 // nil: one for this process
	Validators Validators            // nil: a bounded memory
	Raw        *RawStore             // nil: raw pages are not kept
	Log        *slog.Logger          // nil: silence
	Metrics    prometheus.Registerer // nil: not exported
	Now        func() time.Time      // nil: time.Now
	// Transport carries every request instead of connections of our own, and
	// with them the guard against private addresses and the proxies; nil is
	// the network. It is how sites are reached that live in this process.
	Transport http.RoundTripper
}

// Crawler walks sources. It is safe for concurrent use.
type Crawler struct {
	cfg        Config
	net        *network
	proxies    *proxyHealth
	validators Validators
	raw        *RawStore
	browser    *browser
	log        *slog.Logger
	metrics    *metrics
	now        func() time.Time
}

// New returns a Crawler, or what is wrong with cfg. Close it when done.
func New(cfg Config, d Deps) (*Crawler, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("crawler: %w", err)
	}
	if d.Pacer == nil {
		d.Pacer = NewPacer()
	}
	if d.Validators == nil {
		d.Validators = NewValidators()
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	m := newMetrics(d.Metrics)
	return &Crawler{
		cfg: cfg, net: newNetwork(cfg, d.Pacer, m, d.Transport),
		proxies:    &proxyHealth{state: map[string]*proxyState{}},
		validators: d.Validators, raw: d.Raw, browser: newBrowser(cfg.Browser),
		log: d.Log.With("part", "crawler"), metrics: m, now: d.Now,
	}, nil
}

// Close ends the browser and drops idle connections, when no pass is under way.
func (c *Crawler) Close() error {
	c.net.close()
	return c.browser.close()
}

// Client returns an HTTP client for src's official API, with our pace, limits
// and guard. It does not ask robots.txt: an API is used under its own terms.
// The client is for one goroutine and lasts for one task, because its budget
// of requests is that of one pass.
func (c *Crawler) Client(src Source) (*http.Client, error) {
	s, err := c.newSession(src)
	if err != nil {
		return nil, fmt.Errorf("client for %s: %w", src.ID, err)
	}
	s.trip.robots = false
	return &http.Client{
		Transport:     s.trip,
		CheckRedirect: s.redirect,
	}, nil
}

// Page fetches one page for somebody who looks at it, as politely as a pass
// would: with robots.txt, limits and guard.
func (c *Crawler) Page(ctx context.Context, address string) (Raw, error) {
	s, err := c.newSession(Source{ID: "page", Site: &Site{Name: "page"}})
	if err != nil {
		return Raw{}, fmt.Errorf("fetch %s: %w", address, err)
	}
	raw, err := s.fetch(ctx, Request{Stage: List, URL: address, Page: 1}, validator{})
	if err != nil {
		return raw, fmt.Errorf("fetch %s: %w", address, err)
	}
	return raw, nil
}

// Run makes one pass over src: pages, details, verdict. prior is what is
// remembered of the source. The run always carries a verdict with evidence;
// the error is the sink's, or a source that cannot be started as configured,
// and never a site's.
func (c *Crawler) Run(ctx context.Context, src Source, sink Sink, prior mention.Source) (mention.Run, error) {
	known, err := c.authorised(ctx, src)
	if err != nil {
		return c.stranger(src, err), ctx.Err()
	}
	return c.walk(ctx, known, siteReader{known, prior.Coverage}, sink, prior, nil)
}

// walk makes a pass with def for the site's definition; back is nil for a
// usual pass.
func (c *Crawler) walk(ctx context.Context, src Source, def definition, sink Sink, prior mention.Source, back *backfill) (mention.Run, error) {
	p := newPass(c, src, def, sink, prior)
	p.back = back
	err := p.prepare()
	if err == nil {
		err = p.all(ctx)
	}
	run := p.finish(err)
	c.metrics.run(run)
	if err != nil && !errors.Is(err, errNoProxy) {
		return run, fmt.Errorf("pass over %s: %w", src.ID, err)
	}
	return run, nil
}

// definition is what a pass needs of a site's definition.
type definition interface {
	Start() ([]Request, error)
	DetailRequest(m mention.Mention) (Request, bool)
	Extract(raw Raw) Page
	ExtractDetail(raw Raw, m mention.Mention) (mention.Mention, mention.Verdict, mention.Evidence)
}

// siteReader reads with a source's definition.
type siteReader struct {
	src  Source
	norm map[string]float64 // recent field coverage
}

func (r siteReader) options() Options {
	return Options{Params: r.src.Params, Accounts: r.src.Accounts, Brand: r.src.Brand, Norm: r.norm}
}

func (r siteReader) ExtractDetail(raw Raw, m mention.Mention) (mention.Mention, mention.Verdict, mention.Evidence) {
	return r.src.Site.ExtractDetail(raw, m, r.options())
}
