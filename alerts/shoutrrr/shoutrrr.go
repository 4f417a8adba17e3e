// Package shoutrrr sends alerts, as plain text, to services for which we have
// no sender of our own: Discord, Gotify, Matrix, ntfy, Pushover, Rocket.Chat,
// Teams, Zulip and others, through the library of that name.
//
// The library knows neither contexts nor why a message was refused. So each
// message runs in a goroutine of its own under our timeout, one at a time, and
// where a service lets us see its requests their answers decide whether to try
// again; elsewhere what the error says does. What is sent cannot be changed or
// found again. With a public address, messages about open tasks carry signed
// links by which they are taken and answered, in the channel's name. It stores
// nothing, and its errors tell no part of the address.
package shoutrrr

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nicholas-fedor/shoutrrr/pkg/types"

	"otklik/alerts"
	"otklik/mention"
)

// Scheme stands before the channel's name in passes and in actors.
const Scheme = "shoutrrr:"

const (
	// sendTime bounds one message.
	sendTime = 20 * time.Second
	// busyTime is how long a channel is left alone whose last message hangs.
	busyTime = 30 * time.Second
	// maxText is how many characters a message has: Pushover takes 1,024, and
	// ntfy 4,096 bytes.
	maxText = 1000
)

// Channel sends to one service. It is safe for concurrent use.
type Channel struct {
	name    string
	address *url.URL
	lang    string
	zone    *time.Location
	base    http.RoundTripper
	passes  *alerts.Passes
	// turn holds one token while a message is on its way.
	turn chan struct{}
}

// New returns the channel called name. Client carries the requests of those
// services that let us. Passes signs the links; nil leaves them out.
func New(name string, c alerts.ShoutrrrConfig, lang string, zone *time.Location, client *http.Client, passes *alerts.Passes) (*Channel, error) {
	address, err := parse(c.URL.Reveal())
	if err != nil {
		return nil, err
	}
	if _, err := open(address); err != nil {
		return nil, err
	}
	base := client.Transport
	if base == nil {
		base = http.DefaultTransport
	}
	return &Channel{name: name, address: address, lang: lang, zone: zone, base: base, passes: passes, turn: make(chan struct{}, 1)}, nil
}

// Post implements alerts.Channel.
func (c *Channel) Post(ctx context.Context, m alerts.Message) (mention.Posted, error) {
	if err := c.send(ctx, c.render(m)); err != nil {
		return mention.Posted{}, fmt.Errorf("send through %s: %w", c.address.Scheme, err)
	}
	return mention.Posted{Channel: c.address.Scheme, Message: m.Notice.Key}, nil
}

// Update reports alerts.ErrNoUpdate.
func (c *Channel) Update(context.Context, mention.Posted, alerts.Message) error {
	return alerts.ErrNoUpdate
}

// Find reports alerts.ErrCannotFind.
func (c *Channel) Find(context.Context, alerts.Message) (mention.Posted, bool, error) {
	return mention.Posted{}, false, alerts.ErrCannotFind
}

// render makes one text of at most maxText characters: of what is too long the
// words are cut, and the links only when they leave no room for words.
func (c *Channel) render(m alerts.Message) string {
	text := alerts.Plain(m, c.lang, c.zone)
	whole := escape(text.Subject) + "\n" + escape(text.Body)
	tail := c.passes.Links(m, Scheme+c.name, c.lang)
	if utf8.RuneCountInString(whole+tail) <= maxText {
		return whole + tail
	}
	if utf8.RuneCountInString(tail) > maxText/2 {
		tail = ""
	}
	if page := escape(text.URL); page != "" && utf8.RuneCountInString(page) < maxText/4 {
		tail = "\n" + page + tail
	}
	return alerts.Cut(whole, maxText-utf8.RuneCountInString(tail)) + tail
}

// escape parts the signs by which these services call people or make markup:
// "@everyone" of Discord and Rocket.Chat, "<users/all>" of Google Chat, and the
// links of Markdown, which would lead elsewhere than their words say.
func escape(s string) string {
	return alerts.EscapeWords(s, strings.NewReplacer("@", "@\u2060", "<", "<\u2060", "[", "[\u2060", "]", "]\u2060", "`", "'"))
}

// send runs one message. When its time is over the goroutine is left behind:
// the library cannot be stopped where it uses a client of its own. It holds
// the turn until it ends, so that there is never more than one.
func (c *Channel) send(ctx context.Context, text string) error {
	select {
	case c.turn <- struct{}{}:
	default:
		return mention.RetryAfter(busyTime, errors.New("the message before it is still on its way"))
	}
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		err := c.attempt(ctx, text)
		<-c.turn // before the news, so that the next message finds it free
		ended <- err
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return &mention.RetryError{InDoubt: true, Err: fmt.Errorf("no answer in time: %w", ctx.Err())}
	}
}

// attempt sends text through a service made for it alone: they keep settings
// of the message before.
func (c *Channel) attempt(ctx context.Context, text string) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = mention.Final(errors.New("the library failed on this message"))
		}
	}()
	s, err := open(c.address)
	if err != nil { // New has proved the address: what fails now may pass
		return &mention.RetryError{Err: err}
	}
	w := &witness{ctx: ctx, base: c.base}
	isWatched := watch(s, &http.Client{Transport: w})
	err = s.Send(text, &types.Params{})
	switch {
	case err == nil:
		return nil
	case isWatched && w.failure != nil:
		return c.hidden(w.failure)
	case isWatched && !w.asked:
		return mention.Final(errors.New(hide(c.address, err.Error())))
	}
	return c.hidden(guess(err))
}

// hidden returns err with the same verdict on another try, its words without
// parts of the address.
func (c *Channel) hidden(err error) error {
	retry := &mention.RetryError{InDoubt: true}
	errors.As(err, &retry)
	return &mention.RetryError{After: retry.After, Final: retry.Final, InDoubt: retry.InDoubt, Err: errors.New(hide(c.address, err.Error()))}
}

// witness carries the requests of one message under its context and remembers
// how the last of them failed.
type witness struct {
	ctx     context.Context // of one message; the library hands none through
	base    http.RoundTripper
	asked   bool
	failure error
}

// RoundTrip implements http.RoundTripper. A request after a failure is the
// library's own repetition, which is refused: it would post twice.
func (w *witness) RoundTrip(r *http.Request) (*http.Response, error) {
	if w.failure != nil {
		return nil, errors.New("not repeated")
	}
	w.asked = true
	resp, err := w.base.RoundTrip(r.WithContext(w.ctx))
	switch {
	case err != nil:
		w.failure = alerts.Broken(err)
	case resp.StatusCode/100 != 2:
		w.failure = alerts.Refusal(resp, nil)
	}
	return resp, err
}

// guess reads from an error whether another try helps: by the connection that
// was never made, else by the status that the words name.
func guess(err error) error {
	var refused *url.Error
	if errors.As(err, &refused) {
		return alerts.Broken(err)
	}
	for _, found := range statusForm().FindAllStringSubmatch(err.Error(), -1) {
		code, _ := strconv.Atoi(found[1]) // three digits
		if http.StatusText(code) != "" {
			return alerts.Refusal(&http.Response{StatusCode: code}, nil)
		}
	}
	return &mention.RetryError{InDoubt: true, Err: err}
}

// statusForm finds a status among words. A number behind a colon is a port.
func statusForm() *regexp.Regexp { return regexp.MustCompile(`(?:^|[^:.\d])([45]\d\d)(?:\D|$)`) }

// leastHidden is the shortest part of an address that is hidden: shorter ones
// stand in any text.
const leastHidden = 3

// hide takes every part of address out of text: names, passwords, hosts, paths
// and values are tokens for one service or another.
func hide(address *url.URL, text string) string {
	password, _ := address.User.Password()
	parts := []string{address.User.Username(), password, address.Hostname(), address.Host}
	parts = append(parts, strings.Split(address.Path, "/")...)
	for _, values := range address.Query() {
		parts = append(parts, values...)
	}
	for _, part := range parts {
		for _, form := range []string{part, url.PathEscape(part), url.QueryEscape(part)} {
			if len(form) >= leastHidden {
				text = regexp.MustCompile(`(?i)`+regexp.QuoteMeta(form)).ReplaceAllLiteralString(text, "…")
			}
		}
	}
	return alerts.Cut(text, 300)
}
