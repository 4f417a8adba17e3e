package crawler

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/gocolly/colly/v2"

	"otklik/mention"
)

// typeHeader carries an answer's Content-Type past colly, which would decode
// the body by it; Extract decides on the charset, with more evidence.
const typeHeader = "Otklik-Content-Type"

// session is one pass's way to the network: a collector of its own, so that
// cookies and history end with the pass, over the tripper that holds our
// rules. This is the only file that knows colly, of which it uses cookies,
// redirects and address parsing; what colly does otherwise by default (marking
// addresses visited before they are fetched, cutting bodies, sleeping, caching
// errors, guessing charsets, unpacking *.gz) is switched off.
type session struct {
	trip    *tripper
	col     *colly.Collector
	header  http.Header
	cookies []*http.Cookie
	render  func(ctx context.Context, req Request) (Raw, error)
	rest    time.Duration // before a GET is repeated
	now     func() time.Time
	got     *Raw // the answer of the exchange under way
}

// newSession makes the session of one pass over src.
func (c *Crawler) newSession(src Source) (*session, error) {
	proxies, err := parseProxies(src.Proxies)
	if err != nil {
		return nil, err
	}
	proxy, err := c.proxies.pick(proxies, c.now())
	if err != nil {
		return nil, err
	}
	jar, err := newJar(src.Cookies)
	if err != nil {
		return nil, err
	}
	s := &session{
		header: src.Header, cookies: src.Cookies,
		now:  c.now,
		rest: c.net.rest,
		trip: &tripper{
			net: c.net, site: src.Site.Name, proxy: proxy,
			agent: src.UserAgent, robots: c.cfg.Robots && !src.IgnoreRobots && src.Site.Access == AccessOpen,
			budget: c.cfg.Requests,
		},
	}
	s.render = func(ctx context.Context, req Request) (Raw, error) { return c.renderPage(ctx, s, req) }
	if s.trip.agent == "" {
		s.trip.agent = c.cfg.UserAgent
	}
	for _, pace := range [...]Pace{src.Pace, src.Site.Pace, {Delay: c.cfg.Delay, Jitter: c.cfg.Jitter}} {
		if pace.Delay > 0 {
			s.trip.delay, s.trip.jitter = pace.Delay, pace.Jitter
			break
		}
	}
	s.col = s.newCollector(jar)
	return s, nil
}

func (s *session) newCollector(jar http.CookieJar) *colly.Collector {
	col := colly.NewCollector(colly.AllowURLRevisit(), colly.IgnoreRobotsTxt(), colly.ParseHTTPErrorResponse(),
		colly.MaxBodySize(0), colly.UserAgent(s.trip.agent))
	col.WithTransport(hideType{s.trip})
	col.SetRequestTimeout(0) // the tripper's, which begins when the host's turn has come
	col.SetCookieJar(jar)
	col.SetRedirectHandler(s.redirect)
	col.OnResponse(func(r *colly.Response) {
		s.got.URL, s.got.Status, s.got.Header, s.got.Body = r.Request.URL.String(), r.StatusCode, *r.Headers, r.Body
		if kind := s.got.Header.Get(typeHeader); kind != "" {
			s.got.Header.Set("Content-Type", kind)
			s.got.Header.Del(typeHeader)
		}
	})
	return col
}

// redirect is called before a redirect is followed; the tripper then asks
// robots.txt and the guard again. Credentials stay with the origin they were
// meant for.
func (s *session) redirect(req *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return errRedirects
	}
	first := via[0].URL
	if req.URL.Host == first.Host && (req.URL.Scheme == first.Scheme || req.URL.Scheme == "https") {
		return nil
	}
	if req.Body != nil && req.Body != http.NoBody {
		return fmt.Errorf("redirect of a %s to another host is not followed", req.Method)
	}
	for name := range req.Header {
		if isCredential(name) {
			req.Header.Del(name)
		}
	}
	return nil
}

// fetch returns the answer to req, whatever its status. With cond it may be
// 304. A GET that failed on the way, or met a gateway's error, is tried once
// more. The error is what prevented an answer; fetchVerdict explains it.
func (s *session) fetch(ctx context.Context, req Request, cond validator) (Raw, error) {
	if req.Render {
		return s.render(ctx, req)
	}
	raw, err := s.once(ctx, req, cond)
	if !s.mayRepeat(ctx, req, raw, err) {
		return raw, err
	}
	if err := pause(ctx, s.rest); err != nil {
		return raw, err
	}
	return s.once(ctx, req, cond)
}

func (s *session) mayRepeat(ctx context.Context, req Request, raw Raw, err error) bool {
	if ctx.Err() != nil || req.Method != "" && req.Method != http.MethodGet {
		return false
	}
	if err == nil {
		return raw.Status == http.StatusBadGateway || raw.Status == http.StatusGatewayTimeout
	}
	for _, final := range [...]error{errPrivate, errScheme, errRedirects, errBudget, errOutOfTime} {
		if errors.Is(err, final) {
			return false
		}
	}
	return fetchVerdict(err) == mention.Unreachable
}

func (s *session) once(ctx context.Context, req Request, cond validator) (raw Raw, err error) {
	raw.Request, raw.FetchedAt = req, s.now()
	s.got, s.col.Context = &raw, ctx
	defer func() {
		if bug := recover(); bug != nil {
			err = fmt.Errorf("fetch: bug in the fetching library: %v", bug)
		}
	}()
	method := req.Method
	if method == "" {
		method = http.MethodGet
	}
	if err := s.col.Request(method, req.URL, bodyReader(req.Body), nil, s.headers(req, cond)); err != nil {
		return raw, fmt.Errorf("fetch: %w", bare(err))
	}
	raw.FetchedAt = s.now()
	return raw, nil
}

// headers returns what req is sent with: ours, the source's, its own.
func (s *session) headers(req Request, cond validator) http.Header {
	h := http.Header{"User-Agent": {s.trip.agent}}
	for _, from := range [...]http.Header{s.header, req.Header} {
		for name, values := range from {
			h[http.CanonicalHeaderKey(name)] = slices.Clone(values)
		}
	}
	if cond.ETag != "" {
		h.Set("If-None-Match", cond.ETag)
	}
	if cond.LastModified != "" {
		h.Set("If-Modified-Since", cond.LastModified)
	}
	return h
}

// bodyReader returns a nil interface, not a typed nil, for no body.
func bodyReader(body []byte) io.Reader {
	if len(body) == 0 {
		return nil
	}
	return bytes.NewReader(body)
}

// bare takes the address out of an error: it may hold a key.
func bare(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// hideType renames the Content-Type of answers.
type hideType struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (h hideType) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := h.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	res.Header.Del(typeHeader)
	if kind := res.Header.Get("Content-Type"); kind != "" {
		res.Header.Set(typeHeader, kind)
		res.Header.Set("Content-Type", "application/octet-stream")
	}
	return res, nil
}
