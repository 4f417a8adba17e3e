package crawler

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Config is how the crawler behaves towards every site. Zero values are not
// defaults: start from DefaultConfig and decode over it.
type Config struct {
	// UserAgent introduces us to every site; its product token is what
	// robots.txt rules are matched with.
	UserAgent string `yaml:"user_agent"`
	// Definitions is the operator's own folder of site definitions, besides
	// the embedded ones. Empty: none.
	Definitions string `yaml:"definitions"`
	// Robots says whether robots.txt is honoured.
	Robots bool `yaml:"robots"`
	// AllowPrivate lets the crawler dial loopback and private addresses.
	AllowPrivate bool `yaml:"allow_private"`
	// Timeout bounds one exchange, from dialling to the last byte of the body.
	Timeout time.Duration `yaml:"timeout"`
	// Deadline bounds one pass over a source, waiting included.
	Deadline time.Duration `yaml:"deadline"`
	// Requests bounds the requests of one pass, redirects and details included.
	Requests int `yaml:"requests"`
	// MaxBody bounds a body in bytes, before and after decompression.
	MaxBody int64 `yaml:"max_body"`
	// Delay and Jitter are the pace per host where a definition gives none: a
	// request starts at least Delay, and up to Delay plus Jitter, after the
	// one before.
	Delay  time.Duration `yaml:"delay"`
	Jitter time.Duration `yaml:"jitter"`
	// Raw says how long pages are kept as the sites sent them.
	Raw RawConfig `yaml:"raw"`
	// Browser is for the sources that need one.
	Browser BrowserConfig `yaml:"browser"`
}

// RawConfig bounds the store of raw pages.
type RawConfig struct {
	// Keep is the age at which a page is removed; zero keeps nothing at all.
	Keep time.Duration `yaml:"keep"`
	// MaxBytes bounds the store on disk; the oldest pages give way.
	MaxBytes int64 `yaml:"max_bytes"`
}

// BrowserConfig bounds the browser that renders pages.
type BrowserConfig struct {
	// Path of the Chromium binary. Empty: looked for on the PATH.
	Path string `yaml:"path"`
	// Tabs is the number of pages open at once.
	Tabs int `yaml:"tabs"`
	// Pages is the number of pages after which the browser is restarted, so
	// that what it leaks cannot grow.
	Pages int `yaml:"pages"`
	// MemoryMB bounds the script memory of one tab.
	MemoryMB int `yaml:"memory_mb"`
	// Timeout bounds one page, from navigation to its markup.
	Timeout time.Duration `yaml:"timeout"`
	// NoSandbox switches Chromium's sandbox off, for containers in which it
	// cannot work. It is off in any case when we run as root.
	NoSandbox bool `yaml:"no_sandbox"`
}

// DefaultConfig returns what holds where the operator says nothing.
func DefaultConfig() Config {
	return Config{
		UserAgent: "Otklik/1.0 (+https://github.com/otklik/otklik)",
		Robots:    true,
		Timeout:   30 * time.Second,
		Deadline:  10 * time.Minute,
		Requests:  300,
		MaxBody:   8 << 20,
		Delay:     2 * time.Second,
		Jitter:    time.Second,
		Raw:       RawConfig{Keep: 14 * 24 * time.Hour, MaxBytes: 2 << 30},
		Browser:   BrowserConfig{Tabs: 2, Pages: 200, MemoryMB: 512, Timeout: 45 * time.Second},
	}
}

// Validate returns all that is wrong with c, a line for every key.
func (c Config) Validate() error {
	var errs []error
	refuse := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	refuse(productToken(c.UserAgent) == "",
		"user_agent: %q must begin with a product name, like Otklik/1.0 (+https://example.com/bot)", c.UserAgent)
	refuse(strings.ContainsAny(c.UserAgent, "\r\n"), "user_agent: must be one line")
	refuse(c.Timeout <= 0, "timeout: %s must be above zero", c.Timeout)
	refuse(c.Deadline < c.Timeout, "deadline: %s must not be below timeout (%s)", c.Deadline, c.Timeout)
	refuse(c.Requests < 1, "requests: %d must be at least 1", c.Requests)
	refuse(c.MaxBody < 64<<10 || c.MaxBody > 256<<20, "max_body: %d must be between 64 KiB and 256 MiB", c.MaxBody)
	refuse(c.Delay < 0, "delay: %s must not be negative", c.Delay)
	refuse(c.Jitter < 0, "jitter: %s must not be negative", c.Jitter)
	refuse(c.Raw.Keep < 0, "raw.keep: %s must not be negative", c.Raw.Keep)
	refuse(c.Raw.Keep > 0 && c.Raw.MaxBytes < 1<<20, "raw.max_bytes: %d must be at least 1 MiB", c.Raw.MaxBytes)
	refuse(c.Browser.Tabs < 1 || c.Browser.Tabs > 32, "browser.tabs: %d must be between 1 and 32", c.Browser.Tabs)
	refuse(c.Browser.Pages < 1, "browser.pages: %d must be at least 1", c.Browser.Pages)
	refuse(c.Browser.MemoryMB < 64, "browser.memory_mb: %d must be at least 64", c.Browser.MemoryMB)
	refuse(c.Browser.Timeout <= 0, "browser.timeout: %s must be above zero", c.Browser.Timeout)
	return errors.Join(errs...)
}

// productToken returns the part of a User-Agent that RFC 9309 section 2.2.1
// matches with the user-agent lines of a robots.txt: letters, "_" and "-".
func productToken(agent string) string {
	end := strings.IndexFunc(agent, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_' || r == '-')
	})
	if end < 0 {
		return agent
	}
	return agent[:end]
}
