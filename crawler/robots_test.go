package crawler

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"otklik/mention"
)

func TestRobots_Rules(t *testing.T) {
	for _, c := range []struct {
		name, text string
		allowed    []string
		forbidden  []string
	}{
		{"empty", "", []string{"/", "/a"}, nil},
		{"everything", "User-agent: *\nDisallow: /", []string{"/robots.txt"}, []string{"/", "/a"}},
		{"an empty rule forbids nothing", "User-agent: *\nDisallow:", []string{"/"}, nil},
		{"our group stands before the star", "User-agent: *\nDisallow: /\nUser-agent: otklik\nDisallow: /x", []string{"/a"}, []string{"/x"}},
		{"the product token has no version and no case", "User-Agent: OTKLIK/2.0\nDisallow: /x", nil, []string{"/x"}},
		{"a longer name is another product", "User-agent: Otklikbot\nDisallow: /", []string{"/a"}, nil},
		{"a shorter name is another product", "User-agent: Otk\nDisallow: /", []string{"/a"}, nil},
		{"groups of one product are joined", "User-agent: otklik\nDisallow: /a\n\nUser-agent: b\nDisallow: /\n\nUser-agent: otklik\nDisallow: /c", []string{"/b"}, []string{"/a", "/c"}},
		{"lines without a group between agents", "User-agent: a\nUser-agent: otklik\n\nDisallow: /a", []string{"/b"}, []string{"/a"}},
		{"sitemap ends no group", "User-agent: otklik\nSitemap: https://x/s.xml\nDisallow: /a", nil, []string{"/a"}},
		{"the longest match decides", "User-agent: *\nAllow: /p\nDisallow: /", []string{"/page"}, []string{"/x"}},
		{"of equals the one that allows", "User-agent: *\nDisallow: /folder\nAllow: /folder", []string{"/folder/page"}, nil},
		{"stars", "User-agent: *\nDisallow: /*.gif$\nDisallow: /a*b*c", []string{"/x.gif?y", "/acb"}, []string{"/x.gif", "/a/x/b/x/c/d"}},
		{"end", "User-agent: *\nDisallow: /a$", []string{"/ab"}, []string{"/a"}},
		{"queries", "User-agent: *\nDisallow: /*?order=", []string{"/r?x=1"}, []string{"/r?order=date"}},
		{"case counts in paths", "User-agent: *\nDisallow: /A", []string{"/a"}, []string{"/A"}},
		{"percent signs", "User-agent: *\nDisallow: /foo/bar%3cbaz\nDisallow: /%7Euser\nDisallow: /отзывы", nil,
			[]string{"/foo/bar%3Cbaz", "/~user", "/%D0%BE%D1%82%D0%B7%D1%8B%D0%B2%D1%8B/1"}},
		{"mark, comments, returns", "\ufeffUser-agent: * # all\r\nDisallow: /a # not this\rDisallow: /b", []string{"/c"}, []string{"/a", "/b"}},
		{"a page instead of a file", "<!DOCTYPE html><title>Disallow: /</title>", []string{"/"}, nil},
		{"rules before any agent", "Disallow: /\nUser-agent: x\nDisallow: /", []string{"/"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := parseRobots([]byte(c.text), "Otklik")
			for _, p := range c.allowed {
				if !r.allows(p) {
					t.Errorf("%s is forbidden", p)
				}
			}
			for _, p := range c.forbidden {
				if r.allows(p) {
					t.Errorf("%s is allowed", p)
				}
			}
		})
	}
}

func TestRobots_OnlyHalfAMegabyteCounts(t *testing.T) {
	text := "User-agent: *\nDisallow: /early\n" + strings.Repeat("# filler\n", maxRobots/9) + "Disallow: /late\n"
	r := parseRobots([]byte(text), "Otklik")
	if r.allows("/early") || !r.allows("/late") {
		t.Errorf("early allowed %v, late allowed %v; want false, true", r.allows("/early"), r.allows("/late"))
	}
}

func TestRobots_DelayIsBounded(t *testing.T) {
	for value, want := range map[string]time.Duration{"2.5": 2500 * time.Millisecond, "86400": maxCrawlDelay, "-1": 0, "NaN": 0, "soon": 0} {
		if got := parseRobots([]byte("User-agent: *\nCrawl-delay: "+value), "Otklik").delay; got != want {
			t.Errorf("Crawl-delay %s: %s, want %s", value, got, want)
		}
	}
}

func TestRobots_WhatAFailureMeans(t *testing.T) {
	for _, c := range []struct {
		name    string
		status  int
		text    string
		verdict mention.Verdict // "" when the page is fetched
	}{
		{"absent", 404, "", ""},
		{"not for us", 403, "", ""},
		{"server error", 503, "", mention.Disallowed},
		{"too many requests", 429, "", mention.Disallowed},
		{"forbids", 200, "User-agent: *\nDisallow: /", mention.Disallowed},
		{"allows", 200, "User-agent: *\nDisallow: /admin", ""},
		{"longer than counts", 200, "User-agent: *\nDisallow: /\n" + strings.Repeat("# filler\n", 1<<20), mention.Disallowed},
	} {
		t.Run(c.name, func(t *testing.T) {
			fetched := false
			address := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/robots.txt" {
					fetched = true
					return
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.text)
			})
			config := testConfig()
			config.Robots = true
			_, err := get(t, config, address+"/page")
			if fetched != (c.verdict == "") || c.verdict != "" && fetchVerdict(err) != c.verdict {
				t.Errorf("fetched %v, err %v", fetched, err)
			}
		})
	}
}

func TestRobots_AskedAgainOnRedirect(t *testing.T) {
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/robots.txt":
			_, _ = io.WriteString(w, "User-agent: *\nDisallow: /private")
		case "/open":
			http.Redirect(w, r, "/private/1", http.StatusFound)
		default:
			t.Errorf("%s was fetched", r.URL.Path)
		}
	})
	c := testConfig()
	c.Robots = true
	if _, err := get(t, c, address+"/open"); !errors.Is(err, errRobots) {
		t.Errorf("err = %v, want %v", err, errRobots)
	}
}

func TestRobots_OfficialAPIsAreNotAsked(t *testing.T) {
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			t.Error("robots.txt was read")
		}
	})
	c := testConfig()
	c.Robots = true
	src := testSource()
	src.Site.Access = AccessAccount
	s, err := newCrawler(t, c, Deps{}).newSession(src)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.fetch(t.Context(), Request{URL: address}, validator{}); err != nil {
		t.Error(err)
	}
}

func TestRobots_CachedForADayAndOutlivesFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache := &robotsCache{entries: map[string]*robotsEntry{}}
		u := &url.URL{Scheme: "https", Host: "example.com", Path: "/x"}
		reads, status := 0, 200
		ask := func() (*robotsRules, error) {
			return cache.rules(t.Context(), u, "Otklik", func(context.Context, string) (int, []byte, error) {
				reads++
				return status, []byte("User-agent: *\nDisallow: /x"), nil
			})
		}
		for _, step := range []struct {
			after  time.Duration
			status int
			reads  int
		}{
			{0, 200, 1},
			{23 * time.Hour, 200, 1},
			{2 * time.Hour, 503, 2},      // unreachable: the old rules hold
			{time.Minute, 503, 2},        // and it is not asked at once again
			{robotsFailureFor, 200, 3},   // but soon
			{23 * time.Hour, 200, 3},     // and then kept for a day
			{2 * time.Hour, 404, 4},      // gone
			{time.Hour, 404, 4},          //
			{24 * time.Hour, 503, 5},     // what is remembered of its absence holds too
			{24 * 8 * time.Hour, 200, 6}, //
			{24*time.Hour - 1, 200, 6},   //
			{time.Nanosecond, 200, 7},    //
		} {
			time.Sleep(step.after)
			status = step.status
			rules, err := ask()
			if err != nil || reads != step.reads {
				t.Fatalf("%+v: %d reads, err %v", step, reads, err)
			}
			if step.status != 404 && reads != 5 && rules.allows("/x") {
				t.Fatalf("%+v: allowed", step)
			}
		}
	})
}

func FuzzParseRobots(f *testing.F) {
	f.Add("User-agent: *\nDisallow: /*a*b$\nAllow: /%", "/%zz?x")
	f.Add("\ufeffuser-agent:otklik\rcrawl-delay:1e999", "/")
	f.Fuzz(func(t *testing.T, text, path string) {
		r := parseRobots([]byte(text), "Otklik")
		r.allows(path)
		if r.delay < 0 || r.delay > maxCrawlDelay {
			t.Errorf("delay %s", r.delay)
		}
		if !r.allows("/robots.txt") {
			t.Error("robots.txt itself is forbidden")
		}
		if p := robotsPath(path); robotsPath(p) != p {
			t.Errorf("normalising %q twice changes %q to %q", path, p, robotsPath(p))
		}
	})
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		value, date string
		want        time.Duration
	}{
		{"", "", 0},
		{"120", "", 2 * time.Minute},
		{" 120 ", "", 2 * time.Minute},
		{"0", "", 0},
		{"-5", "", 0},
		{"1e3", "", 0},
		{"99999999999999", "", maxRetryAfter},
		{"99999999999999999999999999", "", 0},
		{"Sat, 21 Nov 2026 12:10:00 GMT", "", 10 * time.Minute},
		{"Sat, 21 Nov 2026 11:00:00 GMT", "", 0},
		{"Sat, 21 Nov 2026 13:10:00 GMT", "Sat, 21 Nov 2026 13:00:00 GMT", 10 * time.Minute}, // their clock is an hour ahead
		{"Sun, 21 Nov 2027 12:00:00 GMT", "", maxRetryAfter},
		{"tomorrow", "", 0},
	} {
		h := http.Header{"Retry-After": {c.value}, "Date": {c.date}}
		if got := retryAfter(h, now); got != c.want {
			t.Errorf("retryAfter(%q, date %q) = %s, want %s", c.value, c.date, got, c.want)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	f.Add("120", "")
	f.Add("Sat, 21 Nov 2026 12:10:00 GMT", "Sat, 21 Nov 2026 12:00:00 GMT")
	f.Fuzz(func(t *testing.T, value, date string) {
		d := retryAfter(http.Header{"Retry-After": {value}, "Date": {date}}, time.Unix(0, 0))
		if d < 0 || d > maxRetryAfter {
			t.Errorf("retryAfter(%q, %q) = %s", value, date, d)
		}
	})
}
