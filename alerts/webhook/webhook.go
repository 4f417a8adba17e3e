// Package webhook posts alerts as signed JSON to an address of the operator's,
// from where they go on to Jira, Bitrix24, amoCRM or a program of their own.
//
// Every delivery names the notice in Otklik-Id; a receiver that remembers the
// ids it has seen takes each alert once, however often it is sent. The body is
// signed with HMAC-SHA256 together with the id and the time, so that it can
// neither be forged nor replayed later. The package stores nothing and
// refuses to know what the receiver does.
package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"otklik/alerts"
	"otklik/mention"
	"otklik/secret"
)

// Channel posts to one address. It is safe for concurrent use.
type Channel struct {
	url    string
	secret secret.String
	lang   string
	zone   *time.Location
	client *http.Client
	now    func() time.Time
}

// New returns the channel of c. Client carries the requests; it must not
// repeat them.
func New(c alerts.WebhookConfig, lang string, zone *time.Location, client *http.Client, now func() time.Time) *Channel {
	return &Channel{url: c.URL, secret: c.Secret, lang: lang, zone: zone, client: client, now: now}
}

// event is the body of a delivery.
type event struct {
	ID       string             `json:"id"`
	Event    string             `json:"event"` // posted or updated
	Kind     mention.NoticeKind `json:"kind"`
	At       time.Time          `json:"at"`
	Subject  string             `json:"subject"`
	Text     string             `json:"text"`
	URL      string             `json:"url,omitempty"`
	Repeated bool               `json:"repeated,omitempty"`
	Task     *mention.Task      `json:"task,omitempty"`
	Mention  *mention.Mention   `json:"mention,omitempty"`
	Source   *mention.Source    `json:"source,omitempty"`
}

// Post implements alerts.Channel.
func (c *Channel) Post(ctx context.Context, m alerts.Message) (mention.Posted, error) {
	if err := c.deliver(ctx, "posted", m); err != nil {
		return mention.Posted{}, err
	}
	return mention.Posted{Message: m.Notice.Key}, nil
}

// Update implements alerts.Channel: the receiver is told the new state under
// the same id, with the task's version.
func (c *Channel) Update(ctx context.Context, _ mention.Posted, m alerts.Message) error {
	return c.deliver(ctx, "updated", m)
}

// Find implements alerts.Channel.
func (c *Channel) Find(context.Context, alerts.Message) (mention.Posted, bool, error) {
	return mention.Posted{}, false, alerts.ErrCannotFind
}

func (c *Channel) deliver(ctx context.Context, name string, m alerts.Message) error {
	text := alerts.Plain(m, c.lang, c.zone)
	e := event{ID: m.Notice.Key, Event: name, Kind: m.Notice.Kind, At: m.At, Subject: text.Subject, Text: text.Body, URL: text.URL, Repeated: m.Repeated}
	if m.Notice.Task != 0 {
		e.Task, e.Mention = &m.View.Task, &m.View.Mention
	}
	if m.Notice.Source != "" {
		e.Source = &m.Source
	}
	body, err := json.Marshal(e)
	if err != nil {
		return mention.Final(fmt.Errorf("write alert: %w", err))
	}
	stamp := strconv.FormatInt(c.now().Unix(), 10)
	header := http.Header{}
	header.Set("Otklik-Id", m.Notice.Key)
	header.Set("Otklik-Timestamp", stamp)
	header.Set("Otklik-Signature", Sign(c.secret.Reveal(), m.Notice.Key, stamp, body))
	if err := alerts.Call(ctx, c.client, http.MethodPost, c.url, header, body, nil); err != nil {
		return fmt.Errorf("deliver to webhook: %w", err)
	}
	return nil
}

// Sign returns the signature of a delivery: "v1=" and the hexadecimal
// HMAC-SHA256 of id, stamp (Unix seconds) and body, joined with dots. Receivers
// compute the same, compare in constant time, and refuse stamps that are old.
func Sign(key, id, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(id + "." + stamp + "."))
	mac.Write(body)
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}
