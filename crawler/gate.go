package crawler

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// gate is the browser's only way out: an HTTP proxy on loopback, one for every
// page, that dials public addresses only, goes on through the source's own
// proxy, and closes when the page has moved more than its bytes.
type gate struct {
	net     *network
	proxy   *url.URL // the source's, nil for none
	server  *http.Server
	ln      net.Listener
	left    atomic.Int64 // bytes
	cancel  context.CancelFunc
	serving sync.WaitGroup

	mu     sync.Mutex
	closed bool // no request may be entered any more
}

// gateBytes bounds what one page and all it loads may move, in both directions.
const gateBytes = 64 << 20

// gateHeader marks the gate's own answers.
const gateHeader = "Otklik-Gate"

var errGateBytes = errors.New("the page moves more bytes than a page may")

func openGate(n *network, proxy *url.URL) (*gate, error) {
	if proxy != nil && proxy.Scheme != "http" {
		return nil, fmt.Errorf("a browser goes through proxies of http:// only, not %s://", proxy.Scheme)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open the browser's gate: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background()) // ends with close
	g := &gate{net: n, proxy: proxy, ln: ln, cancel: cancel}
	g.left.Store(gateBytes)
	g.server = &http.Server{Handler: g, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: maxHeaderBytes,
		BaseContext: func(net.Listener) context.Context { return ctx }}
	g.serving.Go(func() {
		_ = g.server.Serve(ln) // ends with close
	})
	return g, nil
}

// address is what the browser is told.
func (g *gate) address() string { return "http://" + g.ln.Addr().String() }

// close ends the gate and all connections through it, and waits for them.
func (g *gate) close() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	_ = g.server.Close()
	g.cancel()
	g.serving.Wait()
}

// enter counts a request that close has to wait for.
func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed {
		g.serving.Add(1)
	}
	return !g.closed
}

// ServeHTTP implements http.Handler: CONNECT for https, plain requests for http.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !g.enter() {
		return
	}
	defer g.serving.Done()
	if r.Method == http.MethodConnect {
		g.tunnel(w, r)
		return
	}
	if r.URL.Scheme != "http" {
		refuse(w, http.StatusBadRequest, "only http and https")
		return
	}
	if err := g.check(r.URL); err != nil {
		refuse(w, http.StatusForbidden, err.Error())
		return
	}
	out := r.Clone(r.Context())
	out.RequestURI = ""
	for _, name := range [...]string{"Proxy-Connection", "Proxy-Authorization", "Connection", "Keep-Alive", "Te", "Upgrade"} {
		out.Header.Del(name)
	}
	res, err := g.net.base(g.proxy).RoundTrip(out)
	if err != nil {
		refuse(w, http.StatusBadGateway, err.Error())
		return
	}
	defer res.Body.Close()
	for name, values := range res.Header {
		w.Header()[name] = values
	}
	w.Header().Del(gateHeader)
	w.WriteHeader(res.StatusCode)
	_, _ = io.Copy(w, &metered{res.Body, g}) // the browser sees a cut answer as such
}

// refuse answers the browser in the site's place.
func refuse(w http.ResponseWriter, status int, why string) {
	w.Header().Set(gateHeader, strings.Map(func(r rune) rune {
		if r < ' ' {
			return -1
		}
		return r
	}, why))
	http.Error(w, why, status)
}

// check refuses private names where another proxy would resolve them.
func (g *gate) check(u *url.URL) error {
	if g.proxy == nil || g.net.cfg.AllowPrivate {
		return nil // the dialer knows better
	}
	return guardURL(u)
}

func (g *gate) tunnel(w http.ResponseWriter, r *http.Request) {
	if err := g.check(&url.URL{Host: r.Host}); err != nil {
		refuse(w, http.StatusForbidden, err.Error())
		return
	}
	far, err := g.dial(r.Context(), r.Host)
	if err != nil {
		refuse(w, http.StatusBadGateway, err.Error())
		return
	}
	defer far.Close()
	near, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		refuse(w, http.StatusInternalServerError, "no tunnel")
		return
	}
	defer near.Close()
	if _, err := io.WriteString(near, "HTTP/1.1 200 Connection Established\r\n\r\n"); err != nil {
		return
	}
	// Either side's end ends the other: closing wakes the copy that waits.
	var both sync.WaitGroup
	both.Go(func() {
		_, _ = io.Copy(far, &metered{buffered, g})
		_ = far.Close()
	})
	both.Go(func() {
		_, _ = io.Copy(near, &metered{far, g})
		_ = near.Close()
	})
	stop := context.AfterFunc(r.Context(), func() { _ = far.Close(); _ = near.Close() })
	both.Wait()
	stop()
}

// dial opens a connection to address, through the source's proxy if it has one.
func (g *gate) dial(ctx context.Context, address string) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: 15 * time.Second}
	if g.proxy == nil {
		if !g.net.cfg.AllowPrivate {
			dialer.Control = guard
		}
		return dialer.DialContext(ctx, "tcp", address)
	}
	conn, err := dialer.DialContext(ctx, "tcp", g.proxy.Host)
	if err != nil {
		return nil, err
	}
	req := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: address}, Host: address, Header: http.Header{}}
	if u := g.proxy.User; u != nil {
		password, _ := u.Password()
		req.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(u.Username()+":"+password)))
	}
	if err := connect(conn, req); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// connect asks the proxy at the other end of conn for a tunnel.
func connect(conn net.Conn, req *http.Request) error {
	if err := conn.SetDeadline(time.Now().Add(15 * time.Second)); err != nil {
		return err
	}
	if err := req.Write(conn); err != nil {
		return err
	}
	// Nothing follows the proxy's answer before we speak, so the reader's
	// buffer holds nothing that would be lost.
	res, err := http.ReadResponse(bufio.NewReader(conn), req)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the proxy answers %d", res.StatusCode)
	}
	return conn.SetDeadline(time.Time{})
}

// metered reads as long as the gate has bytes left.
type metered struct {
	r io.Reader
	g *gate
}

func (m *metered) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	if m.g.left.Add(-int64(n)) < 0 {
		return 0, errGateBytes
	}
	return n, err
}
