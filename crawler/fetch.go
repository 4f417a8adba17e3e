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
	"strings"
	"time"

	"github.com/gocolly/colly/v2"

	"otklik/mention"
)

// session is one pass's way to the network: a client of its own, so that
// cookies end with the pass, over the tripper that holds our rules. A page is
// visited by colly on top of that client; whether a known page has changed is
// asked of the client itself. This is the only file that knows colly, of which
// it uses visits and address parsing; what colly does otherwise by default
// (marking addresses visited before they are fetched, cutting bodies, sleeping,
// caching errors, guessing charsets, unpacking *.gz) is switched off.
type session struct {
	trip    *tripper
	client  *http.Client
	col     *colly.Collector // nil until the first visit
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
	s.client = &http.Client{Transport: bodyless{s}, Jar: jar, CheckRedirect: s.redirect}
	return s, nil
}

// collector returns the pass's collector. A pass that finds its pages as they
// were needs none.
func (s *session) collector() *colly.Collector {
	if s.col != nil {
		return s.col
	}
	s.col = colly.NewCollector(colly.AllowURLRevisit(), colly.IgnoreRobotsTxt(), colly.ParseHTTPErrorResponse(),
		colly.MaxBodySize(0), colly.UserAgent(s.trip.agent))
	s.col.SetClient(s.client) // without a timeout: the tripper's begins when the host's turn has come
	s.col.OnResponse(func(r *colly.Response) {
		s.got.URL, s.got.Status, s.got.Header = r.Request.URL.String(), r.StatusCode, *r.Headers
	})
	return s.col
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
	s.got = &raw
	defer func() {
		if bug := recover(); bug != nil {
			err = fmt.Errorf("fetch: bug in the fetching library: %v", bug)
		}
	}()
	if cond.Sum != "" && isPlain(req) {
		err = s.recheck(ctx, req, s.headers(req, cond))
	} else {
		err = s.visit(ctx, req, s.headers(req, cond))
	}
	if err != nil {
		return raw, fmt.Errorf("fetch: %w", bare(err))
	}
	raw.FetchedAt = s.now()
	return raw, nil
}

// visit fills s.got with the answer to any request.
func (s *session) visit(ctx context.Context, req Request, h http.Header) error {
	method := req.Method
	if method == "" {
		method = http.MethodGet
	}
	col := s.collector()
	col.Context = ctx
	return col.Request(method, req.URL, bodyReader(req.Body), nil, h)
}

// recheck fills s.got with the answer to a request for a page that was read
// before, mostly that it is as it was. Parsing the address as browsers do,
// which a plain one does not need, and colly's own bookkeeping would be a
// quarter of its cost.
func (s *session) recheck(ctx context.Context, req Request, h http.Header) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, req.URL, nil)
	if err != nil {
		return err
	}
	r.Header = h
	if host := h.Get("Host"); host != "" {
		r.Host = host
	}
	res, err := s.client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	s.got.URL, s.got.Status, s.got.Header = res.Request.URL.String(), res.StatusCode, res.Header
	return nil
}

// isPlain reports whether req is a GET of an address that every parser reads
// alike: nothing to escape, no dots to resolve, no port to leave out.
func isPlain(req Request) bool {
	if req.Method != "" && req.Method != http.MethodGet || len(req.Body) > 0 {
		return false
	}
	scheme, rest, _ := strings.Cut(req.URL, "://")
	host, path, _ := strings.Cut(rest, "/")
	if scheme != "http" && scheme != "https" || host == "" || strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789.-:") != "" ||
		strings.HasSuffix(host, ":80") || strings.HasSuffix(host, ":443") {
		return false
	}
	return isRooted("/" + path)
}

// headers returns what req is sent with: ours, the source's, its own. They are
// the same for a visit and for a check, or the site would take one for another
// reader.
func (s *session) headers(req Request, cond validator) http.Header {
	h := http.Header{"User-Agent": {s.trip.agent}, "Accept": {"*/*"}}
	for _, from := range [...]http.Header{s.header, req.Header} {
		for name, values := range from {
			if req.Elsewhere && isCredential(name) {
				continue
			}
			h[http.CanonicalHeaderKey(name)] = slices.Clone(values)
		}
	}
	if cond.ETag != "" {
		h.Set("If-None-Match", cond.ETag)
	}
	if cond.LastModified != "" {
		h.Set("If-Modified-Since", cond.LastModified)
	}
	h.Set("Accept-Encoding", acceptEncoding)
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

// bodyless carries the session's requests and keeps each answer's body for the
// session: colly would copy it, and decode it by its own guess at the charset,
// on which Extract decides with more evidence.
type bodyless struct{ s *session }

// RoundTrip implements http.RoundTripper.
func (b bodyless) RoundTrip(req *http.Request) (*http.Response, error) {
	res, body, err := b.s.trip.send(req)
	if err != nil {
		return nil, err
	}
	b.s.got.Body, res.Body, res.ContentLength = body, http.NoBody, 0
	return res, nil
}
