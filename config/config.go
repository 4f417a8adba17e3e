// Package config reads otklik.yaml: it composes the parts' own Config types,
// decodes them strictly and reports every mistake at once with its line and
// key path.
//
// It stores nothing and starts nothing. It assumes that each part validates
// its own keys; it checks what runs across parts (a rule's channel, a norm's
// calendar, a source's parameters). Only the command line imports it.
package config

import (
	"time"

	"otklik/alerts"
	"otklik/crawler"
	"otklik/feedback"
	"otklik/inbox"
	"otklik/jobs"
	"otklik/replies"
	"otklik/reports"
	"otklik/secret"
	"otklik/sentiment"
)

// Config is the whole configuration.
type Config struct {
	// Language of cards, inbox and reports: ru or en.
	Language string `yaml:"language"`
	// Zone is the IANA time zone of schedules and shown times.
	Zone string `yaml:"zone"`
	// Data is the folder of the SQLite file and the raw pages, relative to the
	// configuration file.
	Data string `yaml:"data"`
	// Database is a postgres:// URL for several daemons; the SQLite file in
	// Data when empty.
	Database secret.String `yaml:"database"`
	// Index says when the words of a new mention can be searched for: now, or
	// later, within seconds, by a job that does many at once. What has a task
	// never waits. Later takes first passes and imports in faster, into the
	// SQLite file by up to a half.
	Index string `yaml:"index"`
	// Redis is a redis:// URL; an in-process memory when empty.
	Redis secret.String `yaml:"redis"`
	// RedisPrefix starts every key, so that a server can be shared; "otklik"
	// when empty.
	RedisPrefix string `yaml:"redis_prefix"`
	// Listen is the address of inbox, metrics and health.
	Listen string `yaml:"listen"`
	// Pprof is a loopback address on which profiles of the process are served,
	// as 127.0.0.1:6060; none when empty.
	Pprof string `yaml:"pprof"`
	// PublicURL is where people open the inbox, for links in messages.
	PublicURL string `yaml:"public_url"`

	Brands []Brand `yaml:"brands"`

	Alerts    alerts.Config    `yaml:",inline"`
	Replies   replies.Config   `yaml:",inline"`
	Reports   reports.Config   `yaml:",inline"`
	Feedback  feedback.Config  `yaml:",inline"`
	Retention Retention        `yaml:"retention"`
	Privacy   Privacy          `yaml:"privacy"`
	Crawler   crawler.Config   `yaml:"crawler"`
	Tone      sentiment.Config `yaml:"tone"`
	Jobs      jobs.Config      `yaml:"jobs"`
	Blind     Blind            `yaml:"blind"`
	Log       Log              `yaml:"log"`
	// Inbox is the place where people answer.
	Inbox inbox.Config `yaml:"inbox"`

	// Dir is the folder of the configuration file; relative paths start there.
	Dir string `yaml:"-"`
	// Catalogue holds the site definitions, the operator's own included.
	Catalogue *crawler.Catalogue `yaml:"-"`
}

// Brand is what is watched.
type Brand struct {
	Name string `yaml:"name"`
	// Match is a query that says which texts are about the brand; it is asked
	// of sources that search. The name itself when empty.
	Match string `yaml:"match"`
	// Competitors are watched for comparison in reports.
	Competitors []string `yaml:"competitors"`
	// Accounts name, by site, the ids or profile URLs under which the company
	// answers there.
	Accounts map[string][]string `yaml:"accounts"`
	Sources  []Source            `yaml:"sources"`
}

// Source is one place that is crawled for a brand.
type Source struct {
	Site string `yaml:"site"`
	// Every is a cron expression of five fields, or @every 20m; DefaultEvery
	// when empty.
	Every string `yaml:"every"`
	// Adaptive lets the schedule learn how often the page gets something new,
	// without more requests than Every makes.
	Adaptive *Adaptive `yaml:"adaptive"`
	// Delay is the least time between two requests; the definition's when zero.
	Delay time.Duration `yaml:"delay"`
	// Pages bounds the list pages of one pass; the definition's when zero.
	Pages int `yaml:"pages"`
	// Proxies are used in turn; the URLs may carry a password, so each may be
	// a reference.
	Proxies []secret.String `yaml:"proxies"`
	// UserAgent and Headers replace and add to what every request carries.
	UserAgent string                   `yaml:"user_agent"`
	Headers   map[string]secret.String `yaml:"headers"`
	// Cookies is a file in Netscape format, from a browser's session.
	Cookies string `yaml:"cookies"`
	// Params are the site's own parameters, such as slug or org.
	Params map[string]any `yaml:",inline"`

	// Values are Params as text, with references resolved.
	Values map[string]string `yaml:"-"`
}

// Adaptive bounds a schedule that learns.
type Adaptive struct {
	Min time.Duration `yaml:"min"` // shortest interval
	Max time.Duration `yaml:"max"` // longest interval
}

// Blind says when ops are told that a source is not seen.
type Blind struct {
	// After is the number of bad runs in a row.
	After int `yaml:"after"`
}

// Log says how the daemon logs.
type Log struct {
	Level  string `yaml:"level"`  // debug, info, warn or error
	Format string `yaml:"format"` // text or json
}

// The values of Config.Index.
const (
	IndexNow   = "now"
	IndexLater = "later"
)

// DefaultEvery is the schedule of a source that names none.
const DefaultEvery = "*/20 * * * *"

// Default returns what holds where the file says nothing.
func Default() Config {
	return Config{
		Language:  "ru",
		Zone:      "Europe/Moscow",
		Data:      "data",
		Index:     IndexNow,
		Listen:    "127.0.0.1:8080",
		Crawler:   crawler.DefaultConfig(),
		Jobs:      jobs.Config{Lease: 20 * time.Second},
		Blind:     Blind{After: 3},
		Retention: Retention{Authors: 365 * 24 * time.Hour, Runs: 180 * 24 * time.Hour},
		Log:       Log{Level: "info", Format: "text"},
	}
}

// DefaultNorms are used when the file has none.
func DefaultNorms() map[string]replies.Norm {
	return map[string]replies.Norm{"complaint": {
		Take: 15 * time.Minute, Answer: 24 * time.Hour, Visible: 72 * time.Hour,
	}}
}
