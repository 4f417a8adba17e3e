// Package email sends alerts to mailboxes, as plain text.
//
// Each message has a Message-ID made of the notice's key, so that mailboxes
// which know it show one copy, and history stands under its card. TLS is
// required except to a loopback host. What is sent cannot be changed or found
// again. With a public address, letters about open tasks carry signed links by
// which their recipient takes or answers the task; each recipient then gets a
// letter of their own. It stores nothing.
package email

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/wneessen/go-mail"

	"otklik/alerts"
	"otklik/mention"
)

// Scheme stands before the address in passes and in actors.
const Scheme = "mail:"

// Channel sends to one list of mailboxes. It is safe for concurrent use.
type Channel struct {
	config alerts.EmailConfig
	server Server
	lang   string
	zone   *time.Location
	passes *alerts.Passes

	mu sync.Mutex
	// reached are the recipients who have a letter whose other recipients are
	// still to be reached, by the notice's key.
	reached map[string][]string
}

// New returns the channel of c, or an error when its server is no host and
// port. Passes signs the links of letters; nil leaves them out.
func New(c alerts.EmailConfig, lang string, zone *time.Location, passes *alerts.Passes) (*Channel, error) {
	if c.From == "" && len(c.To) > 0 {
		c.From = c.To[0]
	}
	if c.User == "" {
		c.User = c.From
	}
	server, err := NewServer(c.Server, c.User, c.Password)
	if err != nil {
		return nil, err
	}
	return &Channel{config: c, server: server, lang: lang, zone: zone, passes: passes, reached: map[string][]string{}}, nil
}

// Post implements alerts.Channel. A recipient who is refused for good does not
// keep the letter from the others, and who has it gets no second one when the
// others are tried again.
func (c *Channel) Post(ctx context.Context, m alerts.Message) (mention.Posted, error) {
	if err := c.deliverAll(ctx, m); err != nil {
		return mention.Posted{}, err
	}
	return mention.Posted{Channel: c.server.host, Message: messageID(m.Notice.Key)}, nil
}

// deliverAll sends one letter to all, or one to each when letters carry links.
func (c *Channel) deliverAll(ctx context.Context, m alerts.Message) error {
	if len(c.passes.Offers(m, Scheme, c.lang)) == 0 {
		return c.deliver(ctx, m, c.config.To...)
	}
	var refused error
	for _, to := range c.config.To {
		if c.hasReached(m.Notice.Key, to) {
			continue
		}
		err := c.deliver(ctx, m, to)
		if retry, ok := errors.AsType[*mention.RetryError](err); ok && retry.Final {
			refused = err
			continue
		}
		if err != nil {
			return err
		}
		c.noteReached(m.Notice.Key, to)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.reached, m.Notice.Key)
	return refused
}

// maxReached bounds the letters whose recipients are remembered.
const maxReached = 1000

func (c *Channel) hasReached(key, to string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Contains(c.reached[key], to)
}

func (c *Channel) noteReached(key, to string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.reached) >= maxReached {
		clear(c.reached) // a second copy under the same Message-ID does little harm
	}
	c.reached[key] = append(c.reached[key], to)
}

// deliver sends m as one letter to all of to.
func (c *Channel) deliver(ctx context.Context, m alerts.Message, to ...string) error {
	msg, err := c.render(m, to)
	if err != nil {
		return mention.Final(fmt.Errorf("write e-mail: %w", err))
	}
	return c.server.Send(ctx, msg)
}

// Update reports alerts.ErrNoUpdate.
func (c *Channel) Update(context.Context, mention.Posted, alerts.Message) error {
	return alerts.ErrNoUpdate
}

// Find reports alerts.ErrCannotFind.
func (c *Channel) Find(context.Context, alerts.Message) (mention.Posted, bool, error) {
	return mention.Posted{}, false, alerts.ErrCannotFind
}

func (c *Channel) render(m alerts.Message, to []string) (*mail.Msg, error) {
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := msg.From(c.config.From); err != nil {
		return nil, fmt.Errorf("sender: %w", err)
	}
	if err := msg.To(to...); err != nil {
		return nil, fmt.Errorf("recipients: %w", err)
	}
	text := alerts.Plain(m, c.lang, c.zone)
	msg.Subject(alerts.Cut(text.Subject, 200))
	msg.SetMessageIDWithValue(messageID(m.Notice.Key))
	msg.SetDateWithValue(m.At)
	if m.Thread.Message != "" {
		msg.SetGenHeader(mail.HeaderInReplyTo, "<"+m.Thread.Message+">")
		msg.SetGenHeader(mail.HeaderReferences, "<"+m.Thread.Message+">")
	}
	msg.SetBodyString(mail.TypeTextPlain, text.Subject+"\n\n"+text.Body+"\n"+c.links(m, to))
	return msg, nil
}

// links let the recipient act. A letter to several has none: nobody could say
// who acted.
func (c *Channel) links(m alerts.Message, to []string) string {
	if len(to) != 1 {
		return ""
	}
	return c.passes.Links(m, Scheme+to[0], c.lang)
}

// messageID is the same for every try of a notice. The key is hashed, because
// it may hold characters that an id may not.
func messageID(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:16]) + "@otklik"
}
