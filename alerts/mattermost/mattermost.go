// Package mattermost shows alerts in a Mattermost channel and keeps them up
// to date.
//
// It speaks the REST API (version 4) by itself. Each post carries the key of
// its notice among its properties, by which it is found again after a broken
// connection. With a public address, cards of open tasks carry buttons to take
// and to answer them, whose presses come to Actions. It stores nothing. What
// people write under a card is not read.
package mattermost

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"otklik/alerts"
	"otklik/mention"
)

// maxText is how many characters we put into a post; Mattermost takes 16,383.
const maxText = 8000

// Channel posts to one channel. It is safe for concurrent use.
type Channel struct {
	config alerts.MattermostConfig
	lang   string
	zone   *time.Location
	client *http.Client
	passes *alerts.Passes
}

// New returns the channel of c. Client carries the requests; it must not
// repeat them. Passes signs the buttons; nil leaves them out.
func New(c alerts.MattermostConfig, lang string, zone *time.Location, client *http.Client, passes *alerts.Passes) *Channel {
	return &Channel{config: c, lang: lang, zone: zone, client: client, passes: passes}
}

// post is a message of the API.
type post struct {
	Channel string `json:"channel_id,omitempty"`
	Root    string `json:"root_id,omitempty"`
	Message string `json:"message"`
	Props   props  `json:"props"`
}

type props struct {
	Key string `json:"otklik_key,omitempty"`
	// Mentions of people in foreign text must not notify them.
	NoMentions  bool         `json:"disable_mentions,omitempty"`
	Attachments []attachment `json:"attachments,omitempty"`
}

// Post implements alerts.Channel.
func (c *Channel) Post(ctx context.Context, m alerts.Message) (mention.Posted, error) {
	p := c.render(m)
	p.Channel, p.Root = c.config.Channel, m.Thread.Message
	var sent struct {
		ID string `json:"id"`
	}
	if err := c.call(ctx, http.MethodPost, "/posts", p, &sent); err != nil {
		return mention.Posted{}, fmt.Errorf("post to Mattermost: %w", err)
	}
	return mention.Posted{Channel: c.config.Channel, Message: sent.ID,
		Permalink: strings.TrimSuffix(c.config.Server, "/") + "/_redirect/pl/" + sent.ID}, nil
}

// Update implements alerts.Channel.
func (c *Channel) Update(ctx context.Context, place mention.Posted, m alerts.Message) error {
	err := c.call(ctx, http.MethodPut, "/posts/"+url.PathEscape(place.Message)+"/patch", c.render(m), nil)
	if status, ok := errors.AsType[*alerts.StatusError](err); ok && status.Code == http.StatusNotFound {
		return mention.Final(fmt.Errorf("update in Mattermost: %w: %w", alerts.ErrGone, err))
	}
	if err != nil {
		return fmt.Errorf("update in Mattermost: %w", err)
	}
	return nil
}

// clockSkew is how far the server's clock may be behind ours; historyPage is
// how many posts one question returns, and historyPages how often we ask.
const (
	clockSkew    = 2 * time.Minute
	historyPage  = 200
	historyPages = 20
)

// Find implements alerts.Channel: it reads the channel, newest first, down to
// when the notice was made.
func (c *Channel) Find(ctx context.Context, m alerts.Message) (mention.Posted, bool, error) {
	oldest := m.Notice.CreatedAt.Add(-clockSkew).UnixMilli()
	for page := range historyPages {
		var list struct {
			Order []string `json:"order"`
			Posts map[string]struct {
				At int64 `json:"create_at"`
				// No more than the key: others' posts hold what they like.
				Props struct {
					Key string `json:"otklik_key"`
				} `json:"props"`
			} `json:"posts"`
		}
		query := url.Values{"page": {strconv.Itoa(page)}, "per_page": {strconv.Itoa(historyPage)}}
		if err := c.call(ctx, http.MethodGet, "/channels/"+url.PathEscape(c.config.Channel)+"/posts?"+query.Encode(), nil, &list); err != nil {
			return mention.Posted{}, false, fmt.Errorf("search Mattermost: %w", err)
		}
		for _, id := range list.Order {
			p := list.Posts[id]
			if p.At < oldest {
				return mention.Posted{}, false, nil
			}
			if p.Props.Key == m.Notice.Key {
				return mention.Posted{Channel: c.config.Channel, Message: id}, true, nil
			}
		}
		if len(list.Order) < historyPage {
			return mention.Posted{}, false, nil
		}
	}
	return mention.Posted{}, false, fmt.Errorf("search Mattermost: over %d posts since: %w", historyPage*historyPages, alerts.ErrCannotFind)
}

func (c *Channel) render(m alerts.Message) post {
	text := alerts.Plain(m, c.lang, c.zone)
	return post{Message: "**" + escape(alerts.Cut(text.Subject, 300)) + "**\n" + escape(alerts.Cut(text.Body, maxText)),
		Props: props{Key: m.Notice.Key, NoMentions: true, Attachments: c.buttons(m)}}
}

// escape makes foreign text harmless: mentions are parted, and the signs of
// Markdown that make links and pictures are shown as they are.
func escape(s string) string {
	return alerts.EscapeWords(s, strings.NewReplacer("@", "@\u2060", "[", `\[`, "]", `\]`, "`", "\\`", "*", `\*`, "~", `\~`))
}

func (c *Channel) call(ctx context.Context, method, path string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return mention.Final(fmt.Errorf("write post: %w", err))
		}
	}
	header := http.Header{}
	header.Set("Authorization", "Bearer "+c.config.Token.Reveal())
	return alerts.Call(ctx, c.client, method, strings.TrimSuffix(c.config.Server, "/")+"/api/v4"+path, header, body, out)
}
