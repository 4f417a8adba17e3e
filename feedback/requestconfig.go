package feedback

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"

	"otklik/secret"
)

// RequestConfig says how customers are asked for a rating after a deal.
type RequestConfig struct {
	After     time.Duration            `yaml:"after" doc:"how long after a deal was closed; 336h"`
	Products  map[string]time.Duration `yaml:"products" doc:"the same for single products"`
	Automatic bool                     `yaml:"automatic" doc:"sends by itself; else each request waits for a person: the page Letters, or otklik requests confirm"`
	Interval  time.Duration            `yaml:"interval" doc:"least time between two requests to one customer; 2160h"`
	Subject   string                   `yaml:"subject" doc:"template of the subject, with {{.Name}}, {{.Product}}, {{.Brand}}, {{.Date}}"`
	Body      string                   `yaml:"body" doc:"template of the letter, with {{.Link}} and {{.Unsubscribe}} too"`
	Link      string                   `yaml:"link" doc:"where the customer is to rate; {{.ID}} in it is the deal's id, for a hook that tells of the answer"`
	From      string                   `yaml:"from" doc:"the sender; requests are off when empty"`
	Server    string                   `yaml:"server" doc:"host:port of the SMTP server; TLS unless it is a loopback one"`
	User      string                   `yaml:"user" doc:"login name; the sender when empty"`
	Password  secret.String            `yaml:"password" doc:"no login when empty"`
	Thanks    ThanksConfig             `yaml:"thanks" doc:"thanking those who leave feedback with their address, by the same server"`
}

// ThanksConfig says how customers are thanked for feedback. Server, sender
// and unsubscribing are those of the requests.
type ThanksConfig struct {
	After     time.Duration `yaml:"after" doc:"how long after the feedback; at once when empty"`
	Interval  time.Duration `yaml:"interval" doc:"who had a letter within this time is not thanked again; 168h"`
	Automatic bool          `yaml:"automatic" doc:"sends by itself; else each letter waits for a person"`
	Subject   string        `yaml:"subject" doc:"template of the subject, with {{.Name}}, {{.Brand}}, {{.Date}}"`
	Body      string        `yaml:"body" doc:"template of the letter, with {{.Unsubscribe}}; nobody is thanked when empty"`
}

// IsOn reports whether customers are thanked at all.
func (c ThanksConfig) IsOn() bool { return c.Body != "" }

// IsOn reports whether customers are asked at all.
func (c RequestConfig) IsOn() bool { return c.From != "" }

// WithDefaults returns c with what was left out filled in.
func (c RequestConfig) WithDefaults() RequestConfig {
	if c.After == 0 {
		c.After = 14 * 24 * time.Hour
	}
	if c.Interval == 0 {
		c.Interval = 90 * 24 * time.Hour
	}
	if c.Thanks.Interval == 0 {
		c.Thanks.Interval = 7 * 24 * time.Hour
	}
	return c
}

// Validate returns all mistakes, joined, each beginning with its key.
func (c RequestConfig) Validate() error {
	if !c.IsOn() {
		return nil
	}
	var errs []error
	add := func(key string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("requests.%s: %w", key, err))
		}
	}
	_, err := mail.ParseAddress(c.From)
	add("from", err)
	add("password", c.Password.Err())
	if _, _, err := net.SplitHostPort(c.Server); err != nil {
		add("server", errors.New("name the SMTP server as host:port"))
	}
	if min(c.After, c.Interval, c.Thanks.After, c.Thanks.Interval) < 0 {
		add("after", errors.New("times cannot be negative"))
	}
	texts := map[string]string{"subject": c.Subject, "body": c.Body, "link": c.Link}
	bodies := map[string]string{"body": c.Body}
	if c.Thanks.IsOn() {
		texts["thanks.subject"], texts["thanks.body"] = c.Thanks.Subject, c.Thanks.Body
		bodies["thanks.body"] = c.Thanks.Body
	}
	for _, key := range slices.Sorted(maps.Keys(bodies)) {
		if !strings.Contains(bodies[key], ".Unsubscribe") {
			add(key, errors.New("the letter has to carry {{.Unsubscribe}}"))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(texts)) {
		text, err := fill(texts[key], letterValues{ID: "1", Name: "x", Product: "x", Brand: "x", Date: "x"})
		switch {
		case err == nil && strings.TrimSpace(text) == "" && strings.HasSuffix(key, "subject"):
			err = errors.New("the letter needs a subject")
		case err == nil && key == "link" && text != "" && !isWebAddress(text):
			err = fmt.Errorf("%q is no address that begins with https://", text)
		case err == nil && key == "link" && text == "" && strings.Contains(c.Body, ".Link"):
			err = errors.New("the letter names {{.Link}}, so say where it leads")
		}
		add(key, err)
	}
	return errors.Join(errs...)
}

func isWebAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}
