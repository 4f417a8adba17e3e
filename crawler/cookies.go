package crawler

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"
)

// maxCookies bounds an imported file.
const maxCookies = 2000

// ReadCookies reads a cookies file in Netscape's format, as browsers' export
// tools write it: seven fields between tabs. Expired cookies are left out.
// Errors name the line and never the value.
func ReadCookies(r io.Reader, now time.Time) ([]*http.Cookie, error) {
	var out []*http.Cookie
	lines := bufio.NewScanner(io.LimitReader(r, 4<<20))
	for n := 1; lines.Scan(); n++ {
		line, httpOnly := strings.CutPrefix(strings.TrimRight(lines.Text(), "\r"), "#HttpOnly_")
		if strings.TrimSpace(line) == "" || !httpOnly && strings.HasPrefix(line, "#") {
			continue
		}
		c, err := netscapeCookie(line)
		if err != nil {
			return nil, fmt.Errorf("cookies file, line %d: %w", n, err)
		}
		c.HttpOnly = httpOnly
		if !c.Expires.IsZero() && c.Expires.Before(now) {
			continue
		}
		if out = append(out, c); len(out) > maxCookies {
			return nil, fmt.Errorf("cookies file: more than %d cookies", maxCookies)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read cookies file: %w", err)
	}
	return out, nil
}

func netscapeCookie(line string) (*http.Cookie, error) {
	f := strings.Split(line, "\t")
	if len(f) != 7 {
		return nil, fmt.Errorf("%d fields between tabs, want 7", len(f))
	}
	expires, err := strconv.ParseFloat(f[4], 64)
	if err != nil || expires < 0 || expires > 1<<40 {
		return nil, fmt.Errorf("the fifth field is no Unix time")
	}
	c := &http.Cookie{Domain: f[0], Path: f[2], Secure: strings.EqualFold(f[3], "TRUE"), Name: f[5], Value: f[6]}
	if !strings.EqualFold(f[1], "TRUE") {
		c.Domain = strings.TrimPrefix(f[0], ".")
	} else if !strings.HasPrefix(c.Domain, ".") {
		c.Domain = "." + c.Domain
	}
	if expires > 0 {
		c.Expires = time.Unix(int64(expires), 0)
	}
	if err := c.Valid(); err != nil {
		return nil, fmt.Errorf("the cookie's name, value or domain is malformed")
	}
	return c, nil
}

// newJar returns a jar for one pass with the imported cookies in it.
func newJar(cookies []*http.Cookie) (http.CookieJar, error) {
	jar, err := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
	if err != nil {
		return nil, fmt.Errorf("make a cookie jar: %w", err)
	}
	for _, c := range cookies {
		host, wide := strings.CutPrefix(c.Domain, ".")
		scheme := "http"
		if c.Secure {
			scheme = "https"
		}
		own := *c
		if !wide {
			own.Domain = "" // a host-only cookie
		}
		jar.SetCookies(&url.URL{Scheme: scheme, Host: host, Path: "/"}, []*http.Cookie{&own})
	}
	return jar, nil
}
