package crawler

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"otklik/mention"
)

// Limits of an exchange that nobody has a reason to change.
const (
	maxRedirects    = 5
	maxHeaderBytes  = 256 << 10
	maxRedirectBody = 64 << 10
	retryPause      = 3 * time.Second
	// defaultBackoff is the rest a host gets when it answers 429 or 503
	// without saying for how long.
	defaultBackoff = 30 * time.Second
)

var (
	errBudget    = errors.New("the pass has spent its requests")
	errOutOfTime = errors.New("the pass has spent its time")
	errRedirects = fmt.Errorf("more than %d redirects", maxRedirects)
	errScheme    = errors.New("only http and https are fetched")
)

// network is what all passes share: connections, pace and robots.txt.
type network struct {
	cfg     Config
	pacer   Pacer
	metrics *metrics
	robots  robotsCache
	late    error             // that an answer took longer than it may
	rest    time.Duration     // before a request that failed is repeated
	instead http.RoundTripper // of connections; nil is usual
	mu      sync.Mutex
	bases   map[string]*http.Transport // by proxy address, "" for none
}

func newNetwork(cfg Config, pacer Pacer, m *metrics, instead http.RoundTripper) *network {
	return &network{
		cfg: cfg, pacer: pacer, metrics: m, instead: instead,
		robots: robotsCache{entries: map[string]*robotsEntry{}},
		late:   fmt.Errorf("no whole answer within %s: %w", cfg.Timeout, context.DeadlineExceeded),
		rest:   retryPause,
		bases:  map[string]*http.Transport{},
	}
}

// carrier returns what carries requests, through proxy where there is one.
func (n *network) carrier(proxy *url.URL) http.RoundTripper {
	if n.instead != nil {
		return n.instead
	}
	return n.base(proxy)
}

// base returns the connections through proxy, or the direct ones for nil. The
// environment's proxy variables are not read: configuration is the one place.
func (n *network) base(proxy *url.URL) *http.Transport {
	key := ""
	if proxy != nil {
		key = proxy.String()
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if t, ok := n.bases[key]; ok {
		return t
	}
	dialer := &net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}
	if proxy == nil && !n.cfg.AllowPrivate {
		dialer.Control = guard // a proxy is the operator's own choice and may be private
	}
	t := &http.Transport{
		Proxy:                  func(*http.Request) (*url.URL, error) { return proxy, nil },
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // readBody decompresses, within limits
		MaxResponseHeaderBytes: maxHeaderBytes,
		TLSHandshakeTimeout:    15 * time.Second,
		ExpectContinueTimeout:  time.Second,
		MaxIdleConns:           64,
		MaxIdleConnsPerHost:    2,
		IdleConnTimeout:        90 * time.Second,
	}
	n.bases[key] = t
	return t
}

// close drops the idle connections.
func (n *network) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, t := range n.bases {
		t.CloseIdleConnections()
	}
}

// tripper is the RoundTripper of one pass. Every exchange goes through it,
// redirects included: it asks robots.txt, waits for the host's turn, counts
// the request and hands out whole, decompressed, bounded bodies. It is used
// by one goroutine at a time.
type tripper struct {
	net     *network
	site    string
	agent   string
	robots  bool
	delay   time.Duration
	jitter  time.Duration
	proxy   *url.URL
	budget  int
	spent   int
	retryIn time.Duration // the longest Retry-After seen
}

// RoundTrip implements http.RoundTripper. The response's body is in memory.
func (t *tripper) RoundTrip(req *http.Request) (*http.Response, error) {
	res, body, err := t.send(req)
	if err != nil {
		return nil, err
	}
	res.ContentLength, res.Body = int64(len(body)), io.NopCloser(bytes.NewReader(body))
	return res, nil
}

// send returns the answer to req, and apart from it the whole body.
func (t *tripper) send(req *http.Request) (*http.Response, []byte, error) {
	if err := t.admit(req); err != nil {
		return nil, nil, err
	}
	return t.exchange(req, t.net.readBody)
}

// admit returns when req may be sent, or why it may not.
func (t *tripper) admit(req *http.Request) error {
	if s := req.URL.Scheme; s != "http" && s != "https" {
		return fmt.Errorf("%w, not %.20q", errScheme, s)
	}
	if t.proxy != nil && !t.net.cfg.AllowPrivate {
		if err := guardURL(req.URL); err != nil {
			return err
		}
	}
	delay := t.delay
	if t.robots {
		rules, err := t.net.robots.rules(req.Context(), req.URL, productToken(t.agent), t.robotsText)
		if err != nil {
			return fmt.Errorf("ask robots.txt: %w", err)
		}
		if !rules.allows(req.URL.RequestURI()) {
			return errRobots
		}
		delay = max(delay, rules.delay)
	}
	return t.turn(req.Context(), req.URL, delay)
}

// turn spends one request and waits for the host.
func (t *tripper) turn(ctx context.Context, u *url.URL, delay time.Duration) error {
	if t.spent >= t.budget {
		return fmt.Errorf("%w (%d)", errBudget, t.budget)
	}
	if t.jitter > 0 {
		delay += rand.N(t.jitter) //nolint:gosec // spreads load, hides nothing
	}
	if err := t.net.pacer.Wait(ctx, u.Host, delay); err != nil {
		// A wait longer than a whole pass is the host's wish; a shorter one is
		// our own queue, which says nothing of the site.
		if retry, ok := errors.AsType[*mention.RetryError](err); ok && retry.After < t.net.cfg.Deadline {
			return fmt.Errorf("%w, with %s to wait for a turn", errOutOfTime, retry.After.Round(time.Second))
		}
		return fmt.Errorf("wait for a turn: %w", err)
	}
	t.spent++
	return nil
}

// readBody returns the whole body of res within the limit.
func (n *network) readBody(res *http.Response) ([]byte, error) { return readBody(res, n.cfg.MaxBody) }

// exchange sends req and has the answer's body read, but for redirects. The
// body is returned apart from its response.
func (t *tripper) exchange(req *http.Request, read func(*http.Response) ([]byte, error)) (*http.Response, []byte, error) {
	ctx, cancel := context.WithTimeoutCause(req.Context(), t.net.cfg.Timeout, t.net.late)
	defer cancel() // the body has been read by then
	req = t.dressed(req.WithContext(ctx))
	res, err := t.net.carrier(t.proxy).RoundTrip(req)
	if err != nil {
		return nil, nil, cause(ctx, err)
	}
	defer res.Body.Close()
	res.Request = req
	t.net.metrics.request(t.site, res.StatusCode)
	if s := res.StatusCode; s == http.StatusTooManyRequests || s == http.StatusServiceUnavailable || s >= 400 && res.Header.Get("Retry-After") != "" {
		if err := t.letRest(ctx, req.URL.Host, res.Header); err != nil {
			return nil, nil, err
		}
	}
	var body []byte
	switch {
	case res.StatusCode == http.StatusNotModified: // has none (RFC 9110 section 15.4.5)
	case res.StatusCode >= 300 && res.StatusCode < 400:
		_, err = io.CopyN(io.Discard, res.Body, maxRedirectBody) // for the connection's sake
		if errors.Is(err, io.EOF) {
			err = nil
		}
	default:
		body, err = read(res)
	}
	if err != nil {
		return nil, nil, cause(ctx, err)
	}
	t.net.metrics.read(t.site, len(body))
	res.Header.Del("Content-Encoding")
	res.Uncompressed = true
	return res, body, nil
}

// dressed gives req the headers that every request has. Those of a pass have
// them already; others may share theirs with what must not change.
func (t *tripper) dressed(req *http.Request) *http.Request {
	agent := req.Header.Get("User-Agent")
	if agent != "" && req.Header.Get("Accept-Encoding") == acceptEncoding {
		return req
	}
	req.Header = req.Header.Clone()
	if agent == "" {
		req.Header.Set("User-Agent", t.agent)
	}
	req.Header.Set("Accept-Encoding", acceptEncoding)
	return req
}

// letRest lets nobody go to host before it wants to.
func (t *tripper) letRest(ctx context.Context, host string, h http.Header) error {
	asked := retryAfter(h, time.Now())
	t.retryIn = max(t.retryIn, asked)
	if asked == 0 {
		asked = defaultBackoff + rand.N(defaultBackoff) //nolint:gosec // spreads load
	}
	if err := t.net.pacer.Backoff(ctx, host, asked); err != nil {
		return fmt.Errorf("let %s rest: %w", host, err)
	}
	return nil
}

// robotsText gets a robots.txt through the same connections, pace and budget,
// following redirects wherever they lead (RFC 9309 section 2.3.1.2).
func (t *tripper) robotsText(ctx context.Context, address string) (int, []byte, error) {
	for range maxRedirects + 1 {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return 0, nil, fmt.Errorf("address of robots.txt: %w", err)
		}
		if t.proxy != nil && !t.net.cfg.AllowPrivate {
			if err := guardURL(req.URL); err != nil {
				return 0, nil, err
			}
		}
		if err := t.turn(ctx, req.URL, 0); err != nil {
			return 0, nil, err
		}
		req.Header.Set("User-Agent", t.agent)
		res, text, err := t.exchange(req, readRobots)
		if err != nil {
			return 0, nil, err
		}
		next, err := res.Location()
		if res.StatusCode < 300 || res.StatusCode >= 400 || err != nil {
			return res.StatusCode, text, nil
		}
		if next.Scheme != "http" && next.Scheme != "https" {
			return 0, nil, errScheme
		}
		address = next.String()
	}
	return http.StatusNotFound, nil, nil // RFC 9309: may be taken as unavailable
}

// readRobots reads as much of a robots.txt as counts. It is the one body that
// may be cut: RFC 9309 section 2.5 says where.
func readRobots(res *http.Response) ([]byte, error) {
	plain, err := decoder(res, res.Body, 1<<20)
	if err != nil {
		return nil, bodyError(err)
	}
	defer plain.Close()
	text, err := io.ReadAll(io.LimitReader(plain, maxRobots+1))
	if err != nil {
		return nil, bodyError(err)
	}
	return text, nil
}

// cause returns why ctx ended where that explains err.
func cause(ctx context.Context, err error) error {
	if why := context.Cause(ctx); why != nil && ctx.Err() != nil {
		return why
	}
	return err
}

// fetchVerdict says what an exchange without an answer means for the source.
func fetchVerdict(err error) mention.Verdict {
	switch {
	case errors.Is(err, errTooLarge), errors.Is(err, errCutShort), errors.Is(err, errEncoding):
		return mention.Truncated
	case errors.Is(err, errRobots), errors.Is(err, errRobotsUnavailable):
		return mention.Disallowed
	}
	if retry, ok := errors.AsType[*mention.RetryError](err); ok && retry.After > 0 {
		return mention.Blocked // the host asked to be left alone
	}
	return mention.Unreachable
}
