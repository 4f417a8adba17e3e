package crawler

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdpnet "github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// How a rendered page is found to be ready: its size stays the same for as
// many looks in a row.
const (
	settleLook  = 250 * time.Millisecond
	settleLooks = 3
)

var errBrowser = errors.New("the browser does not start")

// browser renders pages in one Chromium that is started when first needed and
// replaced after a number of pages. Chromium talks to us through a pipe and is
// killed by the kernel when we die.
type browser struct {
	cfg   BrowserConfig
	slots chan struct{} // one for every tab that may be open

	mu  sync.Mutex
	now *chromium // takes new tabs, nil for none
}

// chromium is one running process. browser.mu guards it.
type chromium struct {
	ctx    context.Context
	stop   func() error // waits for the end and removes the profile
	served int
	tabs   int
	worn   bool // ends with its last tab
}

func newBrowser(c BrowserConfig) *browser {
	return &browser{cfg: c, slots: make(chan struct{}, c.Tabs)}
}

// close ends Chromium once its last tab has closed.
func (b *browser) close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.retire()
}

// retire gives Chromium no more tabs; mu is held.
func (b *browser) retire() error {
	c := b.now
	if b.now = nil; c == nil {
		return nil
	}
	if c.worn = true; c.tabs == 0 {
		return c.stop()
	}
	return nil
}

// lease returns the Chromium to open a tab in.
func (b *browser) lease() (*chromium, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.now != nil && (b.now.served >= b.cfg.Pages || b.now.ctx.Err() != nil) {
		_ = b.retire() // its profile stays in the temporary folder
	}
	if b.now == nil {
		c, err := b.start()
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errBrowser, err)
		}
		b.now = c
	}
	b.now.tabs++
	b.now.served++
	return b.now, nil
}

func (b *browser) release(c *chromium) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c.tabs--; c.tabs == 0 && c.worn {
		_ = c.stop() // its profile stays in the temporary folder
	}
}

// start runs Chromium. The profile is ours to remove, because Chromium cannot
// when it is killed.
func (b *browser) start() (*chromium, error) {
	profile, err := os.MkdirTemp("", "otklik-browser-")
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.UserDataDir(filepath.Clean(profile)),
		chromedp.Flag("js-flags", fmt.Sprintf("--max-old-space-size=%d", b.cfg.MemoryMB)),
		chromedp.Flag("renderer-process-limit", strconv.Itoa(b.cfg.Tabs)),
		chromedp.Flag("blink-settings", "imagesEnabled=false"),
		chromedp.Flag("disable-quic", true), // goes around proxies
		chromedp.Flag("force-webrtc-ip-handling-policy", "disable_non_proxied_udp"),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("mute-audio", true),
		chromedp.DisableGPU,
	)
	if b.cfg.Path != "" {
		options = append(options, chromedp.ExecPath(b.cfg.Path))
	}
	if b.cfg.NoSandbox {
		options = append(options, chromedp.NoSandbox)
	}
	// Chromium lives longer than the pass that happens to need it first.
	alloc, endAlloc := chromedp.NewExecAllocator(context.Background(), options...)
	root, endRoot := chromedp.NewContext(alloc)
	stop := func() error {
		endRoot()
		endAlloc()
		chromedp.FromContext(root).Allocator.Wait()
		return os.RemoveAll(profile)
	}
	if err := chromedp.Do(root); err != nil {
		return nil, errors.Join(err, stop())
	}
	return &chromium{ctx: root, stop: stop}, nil
}

// renderPage opens req in a tab of its own, without memory of other pages,
// and returns the markup it ends with.
func (c *Crawler) renderPage(ctx context.Context, s *session, req Request) (Raw, error) {
	raw := Raw{Request: req, FetchedAt: s.now()}
	u, err := url.Parse(req.URL)
	if err != nil || req.Method != "" && req.Method != http.MethodGet {
		return raw, fmt.Errorf("render: only addresses that are read with GET can be rendered")
	}
	plain, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return raw, fmt.Errorf("render: %w", bare(err))
	}
	if err := s.trip.admit(plain); err != nil {
		return raw, fmt.Errorf("render: %w", err)
	}
	select {
	case c.browser.slots <- struct{}{}:
		defer func() { <-c.browser.slots }()
	case <-ctx.Done():
		return raw, ctx.Err()
	}
	out, err := openGate(c.net, s.trip.proxy)
	if err != nil {
		return raw, fmt.Errorf("render: %w", err)
	}
	defer out.close()
	chrome, err := c.browser.lease()
	if err != nil {
		return raw, fmt.Errorf("render: %w", err)
	}
	defer c.browser.release(chrome)
	p := &tab{s: s, gate: out, limit: c.cfg.MaxBody}
	if err := p.open(ctx, chrome.ctx, c.cfg.Browser.Timeout, &raw); err != nil {
		return raw, fmt.Errorf("render: %w", err)
	}
	c.metrics.request(s.trip.site, raw.Status)
	c.metrics.read(s.trip.site, len(raw.Body))
	return raw, nil
}

// tab is one page under way.
type tab struct {
	s     *session
	gate  *gate
	limit int64

	mu  sync.Mutex
	doc *cdpnet.Response // of the main document, the last one
}

// open fills raw with the page at its address.
func (p *tab) open(ctx, root context.Context, timeout time.Duration, raw *Raw) error {
	page, end := chromedp.NewContext(root,
		chromedp.WithNewBrowserContext(func(c *target.CreateBrowserContextParams) {
			// Loopback would else bypass the proxy, and with it the guard.
			c.ProxyServer, c.ProxyBypassList = p.gate.address(), "<-loopback>"
		}),
		chromedp.WithListener(p.listen))
	defer end()
	// The tab ends with the caller, and after its time.
	stop := context.AfterFunc(ctx, end)
	defer stop()
	timer := time.AfterFunc(timeout, end)
	defer timer.Stop()
	html, err := chromedp.Run(page, p.read(raw.Request.URL))
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case page.Err() != nil && !timer.Stop():
		return fmt.Errorf("no page within %s: %w", timeout, context.DeadlineExceeded)
	case err != nil:
		return err
	case int64(len(html)) > p.limit:
		return fmt.Errorf("%w: %d bytes of markup", errTooLarge, len(html))
	case p.gate.left.Load() < 0:
		return fmt.Errorf("%w: %w", errTooLarge, errGateBytes)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	raw.Body, raw.FetchedAt = []byte(html), p.s.now()
	raw.Header = http.Header{"Content-Type": {"text/html; charset=utf-8"}} // of the markup as we got it
	raw.URL, raw.Status = raw.Request.URL, http.StatusOK
	if p.doc != nil {
		if why, ours := p.doc.Headers[gateHeader]; ours {
			return fmt.Errorf("no answer: %v", why)
		}
		raw.URL, raw.Status = p.doc.URL, int(p.doc.Status)
	}
	return nil
}

// listen notes the answer that became the page. A challenge answers first and
// the page afterwards, so the last one counts.
func (p *tab) listen(ev any) {
	r, ok := ev.(*cdpnet.EventResponseReceived)
	if !ok || r.Type != cdpnet.ResourceTypeDocument || string(r.LoaderID) != string(r.RequestID) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.doc = r.Response
}

// read goes to address and returns the markup once it has settled.
func (p *tab) read(address string) chromedp.Action[string] {
	return func(ctx context.Context, t *chromedp.Target) (string, error) {
		if err := p.introduce(ctx, t); err != nil {
			return "", fmt.Errorf("prepare the tab: %w", err)
		}
		if _, err := chromedp.Navigate(address)(ctx, t); err != nil {
			return "", err
		}
		if err := p.settle(ctx, t); err != nil {
			return "", err
		}
		return chromedp.Evaluate[string](`document.documentElement.outerHTML`)(ctx, t)
	}
}

// introduce gives the tab our name, the source's cookies and its harmless
// headers. Headers that may hold credentials stay out: the browser would send
// them to every host the page loads from.
func (p *tab) introduce(ctx context.Context, t *chromedp.Target) error {
	if _, err := cdp.Call(ctx, t, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: p.s.trip.agent}); err != nil {
		return err
	}
	headers := cdpnet.Headers{}
	for name := range p.s.header {
		if !isCredential(name) && http.CanonicalHeaderKey(name) != "User-Agent" {
			headers[name] = p.s.header.Get(name)
		}
	}
	if _, err := cdp.Call(ctx, t, cdpnet.SetExtraHTTPHeaders, cdpnet.SetExtraHTTPHeadersParams{Headers: headers}); err != nil {
		return err
	}
	if len(p.s.cookies) == 0 {
		return nil
	}
	cookies := make([]*cdpnet.CookieParam, 0, len(p.s.cookies))
	for _, c := range p.s.cookies {
		cookie := &cdpnet.CookieParam{Name: c.Name, Value: c.Value, Domain: c.Domain, Path: c.Path, Secure: c.Secure, HTTPOnly: c.HttpOnly}
		if !c.Expires.IsZero() {
			cookie.Expires = cdp.TimeSinceEpoch(c.Expires.Unix())
		}
		cookies = append(cookies, cookie)
	}
	_, err := cdp.Call(ctx, t, cdpnet.SetCookies, cdpnet.SetCookiesParams{Cookies: cookies})
	return err
}

// settle waits until the markup stops growing, which is when scripts have put
// their lists in.
func (p *tab) settle(ctx context.Context, t *chromedp.Target) error {
	last, same := -1, 0
	for same < settleLooks {
		if err := pause(ctx, settleLook); err != nil {
			return err
		}
		size, err := chromedp.Evaluate[int](`document.documentElement ? document.documentElement.outerHTML.length : 0`)(ctx, t)
		if err != nil {
			return err
		}
		if int64(size) > p.limit {
			return fmt.Errorf("%w: %d letters of markup", errTooLarge, size)
		}
		if same++; size != last {
			last, same = size, 0
		}
	}
	return nil
}
