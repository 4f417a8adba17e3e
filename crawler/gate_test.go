package crawler

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"otklik/secret"
)

// newGate opens a gate that goes through proxy, nil for none.
func newGate(t *testing.T, cfg Config, proxy *url.URL) *gate {
	t.Helper()
	g, err := openGate(newNetwork(cfg, NewPacer(), newMetrics(nil), nil), proxy)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.close)
	return g
}

// through returns a client whose only way out is g.
func through(t *testing.T, g *gate) *http.Client {
	t.Helper()
	u, err := url.Parse(g.address())
	if err != nil {
		t.Fatal(err)
	}
	tr := &http.Transport{Proxy: http.ProxyURL(u), TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // a pretend site
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

func fetchText(c *http.Client, address string) (string, error) {
	res, err := c.Get(address)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return fmt.Sprint(res.StatusCode, " ", string(text)), err
}

func TestGate(t *testing.T) {
	hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "hello "+r.URL.Path) })
	plain := serve(t, hello)
	secure := httptest.NewTLSServer(hello)
	t.Cleanup(secure.Close)
	public := testConfig()
	public.AllowPrivate = false
	upstream := newGate(t, testConfig(), nil)
	second, err := url.Parse(strings.Replace(upstream.address(), "http://", "http://user:word@", 1))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		cfg   Config
		proxy *url.URL
		open  bool
	}{
		{"directly", testConfig(), nil, true},
		{"through the source's proxy", testConfig(), second, true},
		{"not to private addresses", public, nil, false},
		{"not to private addresses through a proxy", public, second, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := through(t, newGate(t, c.cfg, c.proxy))
			for _, address := range []string{plain, secure.URL} {
				text, err := fetchText(client, address+"/x")
				if got := err == nil && text == "200 hello /x"; got != c.open {
					t.Errorf("%s: %s, err %v; want open %v", address, text, err, c.open)
				}
			}
		})
	}
}

func TestGate_BytesAreBounded(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1<<20)) })
	g := newGate(t, testConfig(), nil)
	g.left.Store(1 << 10)
	if text, err := fetchText(through(t, g), url); err == nil && len(text) > 1<<19 {
		t.Errorf("%d bytes went through a gate of 1024", len(text))
	}
}

func TestGate_CloseEndsOpenTunnels(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	g := newGate(t, testConfig(), nil)
	conn, err := net.Dial("tcp", g.ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "CONNECT %s HTTP/1.1\r\nHost: x\r\n\r\n", silent.Addr())
	r := bufio.NewReader(conn)
	if line, err := r.ReadString('\n'); err != nil || !strings.Contains(line, "200") {
		t.Fatalf("%q, err %v", line, err)
	}
	g.close()
	if err := conn.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, r); err != nil && strings.Contains(err.Error(), "timeout") {
		t.Errorf("the tunnel stayed open: %v", err)
	}
}

func TestGate_OtherProxiesAreRefused(t *testing.T) {
	if g, err := openGate(nil, &url.URL{Scheme: "socks5", Host: "user:hush@x"}); err == nil || strings.Contains(err.Error(), "hush") {
		t.Errorf("%v, err %v", g, err)
	}
}

func TestFetch_GoesThroughTheSourcesProxy(t *testing.T) {
	site := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
	asked := 0
	proxy := newGate(t, testConfig(), nil)
	counting := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		proxy.ServeHTTP(w, r)
	})
	src := testSource()
	src.Proxies = []secret.String{secret.Literal(counting)}
	s, err := newCrawler(t, testConfig(), Deps{}).newSession(src)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := s.fetch(t.Context(), Request{URL: site}, validator{})
	if err != nil || string(raw.Body) != "hello" || asked != 1 {
		t.Errorf("%q, %d through the proxy, err %v", raw.Body, asked, err)
	}
}
