package crawler

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// How long what we know of a robots.txt holds. RFC 9309 section 2.4 allows a
// day; a site that could not say is asked again sooner.
const (
	robotsFor        = 24 * time.Hour
	robotsFailureFor = 15 * time.Minute
)

var (
	errRobots            = errors.New("robots.txt forbids the address")
	errRobotsUnavailable = errors.New("robots.txt cannot be read, which by RFC 9309 forbids everything")
)

// robotsCache keeps the rules by origin and product token.
type robotsCache struct {
	mu      sync.Mutex
	entries map[string]*robotsEntry
}

// robotsEntry is one origin's rules; its lock makes waiting callers share one request.
type robotsEntry struct {
	mu    sync.Mutex
	rules *robotsRules // nil while never read
	err   error        // why rules are missing or old
	until time.Time
}

func (c *robotsCache) entry(key string) *robotsEntry {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[key]
	if !ok {
		if len(c.entries) >= maxHosts {
			clear(c.entries) // asked again, at worst
		}
		e = &robotsEntry{}
		c.entries[key] = e
	}
	return e
}

// fetchRobots gets one robots.txt: its status and at most maxRobots+1 bytes.
type fetchRobots func(ctx context.Context, address string) (int, []byte, error)

// rules returns what the robots.txt of u's origin says to product.
func (c *robotsCache) rules(ctx context.Context, u *url.URL, product string, get fetchRobots) (*robotsRules, error) {
	origin := u.Scheme + "://" + u.Host
	e := c.entry(origin + " " + product)
	e.mu.Lock()
	defer e.mu.Unlock()
	if now := time.Now(); !now.Before(e.until) {
		e.read(ctx, origin+"/robots.txt", product, get)
		if ctx.Err() != nil {
			e.until = time.Time{} // our hurry says nothing of the site
		}
	}
	if e.rules != nil {
		return e.rules, nil
	}
	return nil, e.err
}

// read refreshes e. Rules that were read once outlive failures, as RFC 9309
// section 2.4 allows while the file is unreachable.
func (e *robotsEntry) read(ctx context.Context, address, product string, get fetchRobots) {
	status, text, err := get(ctx, address)
	now := time.Now()
	switch {
	case err != nil:
		e.err, e.until = err, now.Add(robotsFailureFor)
	case status >= 500 || status == http.StatusTooManyRequests:
		e.err, e.until = fmt.Errorf("%w: status %d", errRobotsUnavailable, status), now.Add(robotsFailureFor)
	case status >= 200 && status < 300:
		e.rules, e.err, e.until = parseRobots(text, product), nil, now.Add(robotsFor)
	default: // 4xx, or redirects without end: there is no robots.txt
		e.rules, e.err, e.until = allowAll(), nil, now.Add(robotsFor)
	}
}
