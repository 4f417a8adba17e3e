package config

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
	"go.yaml.in/yaml/v3"

	"otklik/alerts/shoutrrr"
	"otklik/crawler"
	"otklik/query"
	"otklik/secret"
)

// finish fills what the file left out, resolves paths and references, and
// returns everything that is wrong, each mistake beginning with its key path.
func (c *Config) finish() error {
	var errs []error
	add := func(path, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: %w", path, fmt.Errorf(format, args...)))
	}
	c.Data = c.path(c.Data)
	c.Crawler.Definitions = c.path(c.Crawler.Definitions)
	for name, cal := range c.Replies.Calendars {
		cal.Holidays = c.path(cal.Holidays)
		c.Replies.Calendars[name] = cal
	}
	if len(c.Replies.Norms) == 0 {
		c.Replies.Norms = DefaultNorms()
	}
	c.Alerts = c.Alerts.WithDefaults()
	c.checkOwn(add)
	errs = append(errs, c.Alerts.Validate(), c.Replies.Validate(), c.Reports.Validate(), c.Feedback.Validate(), under("retention", c.Retention.Validate()), under("privacy", c.Privacy.Validate()), under("crawler", c.Crawler.Validate()), under("tone", c.Tone.Validate()), under("jobs", c.Jobs.Validate()), under("inbox", c.Inbox.Validate()))
	c.checkRoutes(add)
	c.checkReports(add)
	c.checkHooks(add)
	catalogue, err := crawler.LoadCatalogue(folders(c.Crawler.Definitions)...)
	if err != nil {
		add("crawler.definitions", "%w", err)
		return errors.Join(errs...)
	}
	c.Catalogue = catalogue
	c.checkBrands(add)
	if errors.Join(errs...) == nil {
		errs = append(errs, c.proveRoutes()...)
	}
	return errors.Join(errs...)
}

type reporter func(path, format string, args ...any)

// path makes a relative path start at the configuration file.
func (c *Config) path(p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(c.Dir, p)
}

func folders(dir string) []string {
	if dir == "" {
		return nil
	}
	return []string{dir}
}

// under puts path before each of the joined mistakes of a part.
func under(path string, err error) error {
	var out []error
	for _, e := range split(err) {
		out = append(out, fmt.Errorf("%s.%w", path, e))
	}
	return errors.Join(out...)
}

func (c *Config) checkOwn(add reporter) {
	if c.Language != "ru" && c.Language != "en" {
		add("language", "unknown language %q: use ru or en", c.Language)
	}
	if _, err := time.LoadLocation(c.Zone); err != nil {
		add("zone", "zone %q is not known: use a name such as Europe/Moscow", c.Zone)
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		add("listen", "%q is not an address like 127.0.0.1:8080", c.Listen)
	}
	if at, err := netip.ParseAddrPort(c.Pprof); c.Pprof != "" && (err != nil || !at.Addr().IsLoopback()) {
		add("pprof", "%q is not a loopback address like 127.0.0.1:6060: profiles are for this machine alone", c.Pprof)
	}
	checkURL(add, "database", c.Database, "postgres", "postgresql")
	if c.Index != IndexNow && c.Index != IndexLater {
		add("index", "unknown time %q: use now or later", c.Index)
	}
	checkURL(add, "redis", c.Redis, "redis", "rediss", "unix")
	if c.Blind.After < 1 {
		add("blind.after", "%d must be at least 1", c.Blind.After)
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Log.Level)); err != nil {
		add("log.level", "unknown level %q: use debug, info, warn or error", c.Log.Level)
	}
	if c.Log.Format != "text" && c.Log.Format != "json" {
		add("log.format", "unknown format %q: use text or json", c.Log.Format)
	}
}

// checkURL checks a URL that may carry a password: nothing of it is shown.
func checkURL(add reporter, path string, s secret.String, schemes ...string) {
	if err := s.Err(); err != nil {
		add(path, "%w", err)
		return
	}
	if !s.IsSet() {
		return
	}
	u, err := url.Parse(s.Reveal())
	if err != nil || !slices.Contains(schemes, u.Scheme) {
		add(path, "is not a URL that begins with %s://", schemes[0])
	}
}

func (c *Config) checkRoutes(add reporter) {
	for i, r := range c.Alerts.Routes {
		if _, known := c.Replies.Norms[r.Norms]; r.Norms != "" && !known {
			add(fmt.Sprintf("routes[%d].norms", i), "there is no norm %q; there are %s", r.Norms, names(c.Replies.Norms))
		}
	}
	for i, r := range c.Alerts.Routes {
		for _, who := range r.Ping {
			if err := c.Replies.CheckPing(who); err != nil {
				add(fmt.Sprintf("routes[%d].ping", i), "%w", err)
			}
		}
	}
	for name, ch := range c.Alerts.Channels {
		if ch.Shoutrrr != nil && ch.Shoutrrr.URL.IsSet() && ch.Shoutrrr.URL.Err() == nil {
			if err := shoutrrr.Check(ch.Shoutrrr.URL.Reveal()); err != nil {
				add("channels."+name+".shoutrrr.url", "%w", err)
			}
		}
	}
	for name, n := range c.Replies.Norms {
		for _, channel := range n.Escalate {
			if _, known := c.Alerts.Channels[channel]; !known {
				add("norms."+name+".escalate", "there is no channel %q; there are %s", channel, names(c.Alerts.Channels))
			}
		}
	}
}

func names[V any](m map[string]V) string {
	return strings.Join(slices.Sorted(maps.Keys(m)), ", ")
}

func (c *Config) checkBrands(add reporter) {
	if len(c.Brands) == 0 {
		add("brands", "name at least one brand with a source")
	}
	seen := map[string]bool{}
	for i := range c.Brands {
		b := &c.Brands[i]
		path := fmt.Sprintf("brands[%d]", i)
		switch {
		case strings.TrimSpace(b.Name) == "":
			add(path+".name", "give the brand a name")
		case seen[b.Name]:
			add(path+".name", "%q is there twice", b.Name)
		}
		seen[b.Name] = true
		if b.Match == "" {
			b.Match = strconv.Quote(b.Name)
		}
		if _, err := query.Parse(b.Match); err != nil {
			add(path+".match", "%w", err)
		}
		for site := range b.Accounts {
			if _, err := c.Catalogue.Site(site); err != nil {
				add(path+".accounts."+site, "%w", err)
			}
		}
		for j := range b.Sources {
			c.checkSource(add, fmt.Sprintf("%s.sources[%d]", path, j), &b.Sources[j])
		}
	}
}

func (c *Config) checkSource(add reporter, path string, s *Source) {
	s.Cookies = c.path(s.Cookies)
	if s.Every == "" {
		s.Every = DefaultEvery
	}
	if _, err := Schedule(s.Every, time.UTC); err != nil {
		add(path+".every", "%w", err)
	}
	if a := s.Adaptive; a != nil && (a.Min <= 0 || a.Max < a.Min) {
		add(path+".adaptive", "give min and max, such as {min: 5m, max: 3h}")
	}
	for i, p := range s.Proxies {
		checkURL(add, fmt.Sprintf("%s.proxies[%d]", path, i), p, "http", "https", "socks5")
	}
	for _, name := range slices.Sorted(maps.Keys(s.Headers)) {
		if err := s.Headers[name].Err(); err != nil {
			add(path+".headers."+name, "%w", err)
		}
	}
	if s.Site == "" {
		add(path+".site", "name the site; `otklik sites` lists them")
		return
	}
	site, err := c.Catalogue.Site(s.Site)
	if err != nil {
		add(path+".site", "%w", err)
		return
	}
	s.Values = map[string]string{}
	for name, value := range s.Params {
		text, err := paramText(site.Params[name].Secret, value)
		if err != nil {
			add(path+"."+name, "%w", err)
			continue
		}
		s.Values[name] = text
	}
	for _, err := range split(site.CheckParams(s.Values)) {
		add(path, "%w", err)
	}
}

// paramText returns a parameter as the text that a definition works with; a
// list becomes its values separated by commas.
func paramText(isSecret bool, value any) (string, error) {
	switch v := value.(type) {
	case nil:
		return "", nil
	case []any:
		parts := make([]string, len(v))
		for i, item := range v {
			part, err := paramText(isSecret, item)
			if err != nil {
				return "", err
			}
			parts[i] = part
		}
		return strings.Join(parts, ","), nil
	case map[string]any:
		return "", fmt.Errorf("is a mapping: write a value or a list of values")
	case string:
		if !isSecret {
			return v, nil
		}
		s, err := secret.Resolve(v)
		return s.Reveal(), err
	default:
		out, err := yaml.Marshal(v)
		return strings.TrimSpace(string(out)), err
	}
}

// Schedule parses a cron expression of five fields, or @every and the like,
// in zone. An expression that never comes due is an error, and so is one that
// the parser cannot survive (robfig/cron v3 panics on "TZ=…" without fields).
func Schedule(spec string, zone *time.Location) (s cron.Schedule, err error) {
	defer func() {
		if p := recover(); p != nil {
			s, err = nil, fmt.Errorf("%q is not a schedule like */20 * * * * or @every 20m", spec)
		}
	}()
	s, err = cron.ParseStandard(spec)
	if err != nil {
		return nil, fmt.Errorf("%q is not a schedule like */20 * * * * or @every 20m: %w", spec, err)
	}
	// The parser puts a schedule without TZ= into time.Local.
	if fields, ok := s.(*cron.SpecSchedule); ok && fields.Location == time.Local {
		fields.Location = zone
	}
	if s.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, zone)).IsZero() {
		return nil, fmt.Errorf("%q never comes due", spec)
	}
	return s, nil
}
