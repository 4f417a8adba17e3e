package crawler

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"

	"otklik/secret"
)

// The rest a failing proxy gets: doubled with every failure in a row.
const (
	proxyRest    = time.Minute
	maxProxyRest = time.Hour
)

// proxyHealth remembers how the proxies of all sources do. A pass keeps its
// proxy, because a site ties cookies to an address.
type proxyHealth struct {
	mu    sync.Mutex
	state map[string]*proxyState // by address
	turns int
}

type proxyState struct {
	failures int
	restsTo  time.Time
}

// parseProxies returns the addresses of src's proxies. The error names the
// position, never the address, which may hold a password.
func parseProxies(list []secret.String) ([]*url.URL, error) {
	out := make([]*url.URL, 0, len(list))
	for i, s := range list {
		u, err := url.Parse(s.Reveal())
		if err != nil || u.Host == "" || !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme) {
			return nil, fmt.Errorf("proxy %d: want http://, https:// or socks5:// with a host", i+1)
		}
		out = append(out, u)
	}
	return out, nil
}

var errNoProxy = errors.New("every proxy of the source is resting after failures")

// pick returns the next healthy proxy, nil when the source has none at all.
// It reports errNoProxy while all are resting: going direct would show the
// site the address that the operator wants to keep out of sight.
func (h *proxyHealth) pick(proxies []*url.URL, now time.Time) (*url.URL, error) {
	if len(proxies) == 0 {
		return nil, nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.turns++
	for i := range proxies {
		p := proxies[(h.turns+i)%len(proxies)]
		if s := h.state[p.String()]; s == nil || !now.Before(s.restsTo) {
			return p, nil
		}
	}
	return nil, errNoProxy
}

// report notes how a pass through p went.
func (h *proxyHealth) report(p *url.URL, good bool, now time.Time) {
	if p == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if good {
		delete(h.state, p.String())
		return
	}
	s := h.state[p.String()]
	if s == nil {
		s = &proxyState{}
		h.state[p.String()] = s
	}
	s.restsTo = now.Add(min(proxyRest<<min(s.failures, 10), maxProxyRest))
	s.failures++
}
