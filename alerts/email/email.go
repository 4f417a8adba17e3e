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
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/wneessen/go-mail"

	"otklik/alerts"
	"otklik/mention"
)

// Scheme stands before the address in passes and in actors.
const Scheme = "mail:"

// sendTime bounds one message from the dial to the end.
const sendTime = 30 * time.Second

// Channel sends to one list of mailboxes. It is safe for concurrent use.
type Channel struct {
	config alerts.EmailConfig
	host   string
	port   int
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
	host, number, err := net.SplitHostPort(c.Server)
	if err != nil {
		return nil, fmt.Errorf("server %q: write host:port: %w", c.Server, err)
	}
	port, err := strconv.Atoi(number)
	if err != nil {
		return nil, fmt.Errorf("server %q: the port is no number", c.Server)
	}
	if c.From == "" && len(c.To) > 0 {
		c.From = c.To[0]
	}
	if c.User == "" {
		c.User = c.From
	}
	return &Channel{config: c, host: host, port: port, lang: lang, zone: zone, passes: passes, reached: map[string][]string{}}, nil
}

// Post implements alerts.Channel. A recipient who is refused for good does not
// keep the letter from the others, and who has it gets no second one when the
// others are tried again.
func (c *Channel) Post(ctx context.Context, m alerts.Message) (mention.Posted, error) {
	if err := c.deliverAll(ctx, m); err != nil {
		return mention.Posted{}, err
	}
	return mention.Posted{Channel: c.host, Message: messageID(m.Notice.Key)}, nil
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
	line := &line{host: c.host, isTLS: c.port == mail.DefaultPortSSL}
	defer line.close()
	client, err := c.client(line)
	if err != nil {
		return mention.Final(fmt.Errorf("prepare e-mail: %w", err))
	}
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	if err := client.DialWithContext(ctx); err != nil {
		return refusal("reach the mail server", err, false)
	}
	if err := client.Send(msg); err != nil {
		return refusal("send e-mail", err, true)
	}
	_ = client.Close() // a polite end; what matters was answered by Send
	return nil
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
	msg := mail.NewMsg()
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

// line is the connection of one message. The library leaves it open when the
// greeting or the login fails, so that we close it ourselves.
type line struct {
	host  string
	isTLS bool // from the first byte on
	conn  net.Conn
}

func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var err error
	if l.isTLS {
		l.conn, err = (&tls.Dialer{Config: &tls.Config{ServerName: l.host}}).DialContext(ctx, network, address)
	} else {
		l.conn, err = (&net.Dialer{}).DialContext(ctx, network, address)
	}
	return l.conn, err
}

func (l *line) close() {
	if l.conn != nil {
		_ = l.conn.Close() // closed already after a polite end
	}
}

func (c *Channel) client(l *line) (*mail.Client, error) {
	options := []mail.Option{mail.WithPort(c.port), mail.WithTimeout(sendTime), mail.WithDialContextFunc(l.dial)}
	auth := mail.SMTPAuthAutoDiscover
	switch ip := net.ParseIP(c.host); {
	case c.host == "localhost" || ip != nil && ip.IsLoopback():
		auth = mail.SMTPAuthPlainNoEnc // nobody listens between us and a local relay
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	case l.isTLS:
		options = append(options, mail.WithSSL())
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if c.config.Password.IsSet() {
		options = append(options, mail.WithSMTPAuth(auth), mail.WithUsername(c.config.User), mail.WithPassword(c.config.Password.Reveal()))
	}
	return mail.NewClient(c.host, options...)
}

// Code returns the status with which a mail server refused (RFC 5321 section
// 4.2), zero when it gave none.
func Code(err error) int {
	code := 0
	if answer, ok := errors.AsType[*textproto.Error](err); ok {
		code = answer.Code
	}
	if sent, ok := errors.AsType[*mail.SendError](err); ok {
		code = max(code, sent.ErrorCode())
	}
	return code
}

// refusal says whether another try helps: a server's 5xx is final, its 4xx is
// not, and a connection that broke while sending leaves doubt.
func refusal(doing string, err error, isSending bool) error {
	wrapped := fmt.Errorf("%s: %w", doing, err)
	code := Code(err)
	switch {
	case code >= 500:
		return mention.Final(wrapped)
	case code >= 400:
		return &mention.RetryError{Err: wrapped}
	}
	return &mention.RetryError{InDoubt: isSending, Err: wrapped}
}
