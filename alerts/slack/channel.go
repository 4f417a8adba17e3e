package slack

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	slackapi "github.com/slack-go/slack"

	"otklik/alerts"
	"otklik/mention"
)

// requestTime bounds one request to Slack.
const requestTime = 10 * time.Second

// Channel posts to one Slack channel. It is safe for concurrent use.
type Channel struct {
	api  *slackapi.Client
	name string // as configured: "#pr-alerts" or an id
	lang string
	zone *time.Location

	mu sync.Mutex
	id string // learnt from an answer; history is asked by id alone
}

// NewChannel returns the channel of c. Lang is ru or en, zone is for times in
// notifications, where Slack does not show them in the reader's own. Client
// carries the requests; it must not repeat them.
func NewChannel(c alerts.SlackConfig, lang string, zone *time.Location, client *http.Client) *Channel {
	ch := &Channel{api: newAPI(c, client), name: c.Channel, lang: lang, zone: zone}
	if isID(c.Channel, "CGD") {
		ch.id = c.Channel
	}
	return ch
}

// newAPI returns a client without retries: a repeated post is a second card.
func newAPI(c alerts.SlackConfig, client *http.Client) *slackapi.Client {
	options := []slackapi.Option{slackapi.OptionHTTPClient(client)}
	if c.APIURL != "" {
		options = append(options, slackapi.OptionAPIURL(strings.TrimSuffix(c.APIURL, "/")+"/"))
	}
	if c.AppToken.IsSet() {
		options = append(options, slackapi.OptionAppLevelToken(c.AppToken.Reveal()))
	}
	return slackapi.New(c.Token.Reveal(), options...)
}

// Post implements alerts.Channel.
func (c *Channel) Post(ctx context.Context, m alerts.Message) (mention.Posted, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	r := newCard(m, c.lang, c.zone).render()
	options := []slackapi.MsgOption{
		slackapi.MsgOptionText(r.Text, false), slackapi.MsgOptionBlocks(r.Blocks.BlockSet...),
		slackapi.MsgOptionMetadata(r.Metadata), slackapi.MsgOptionDisableLinkUnfurl(), slackapi.MsgOptionDisableMediaUnfurl(),
	}
	if m.Thread.Message != "" {
		options = append(options, slackapi.MsgOptionTS(m.Thread.Message))
	}
	if m.Thread.Message != "" && m.Notice.Kind == mention.EscalationNotice {
		options = append(options, slackapi.MsgOptionBroadcast())
	}
	id, ts, err := c.api.PostMessageContext(ctx, c.name, options...)
	if err != nil {
		return mention.Posted{}, classify("post to "+c.name, err)
	}
	c.learn(id)
	return c.placed(ctx, m, id, ts), nil
}

// linkTime bounds the question for a link, without which all works as well.
const linkTime = 2 * time.Second

// placed is the place of a message, with the address under which people open
// it where it is a card.
func (c *Channel) placed(ctx context.Context, m alerts.Message, id, ts string) mention.Posted {
	p := mention.Posted{Channel: id, Message: ts}
	if !isCard(m.Notice.Kind) {
		return p
	}
	ctx, cancel := context.WithTimeout(ctx, linkTime)
	defer cancel()
	if address, err := c.api.GetPermalinkContext(ctx, &slackapi.PermalinkParameters{Channel: id, Ts: ts}); err == nil {
		p.Permalink = address
	}
	return p
}

func isCard(k mention.NoticeKind) bool {
	return k == mention.CardNotice || k == mention.EscalationNotice || k == mention.StormNotice
}

// Update implements alerts.Channel.
func (c *Channel) Update(ctx context.Context, p mention.Posted, m alerts.Message) error {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	r := newCard(m, c.lang, c.zone).render()
	_, _, _, err := c.api.UpdateMessageContext(ctx, p.Channel, p.Message,
		slackapi.MsgOptionText(r.Text, false), slackapi.MsgOptionBlocks(r.Blocks.BlockSet...),
		slackapi.MsgOptionMetadata(r.Metadata))
	return classify("update a message in "+c.name, err)
}

// Pages of history that Find reads before it gives up: a channel in which
// more was said since cannot be searched in reasonable time.
const (
	historyPage  = 200
	historyPages = 20
	// clockSkew is how far Slack's clock may be behind ours.
	clockSkew = 2 * time.Minute
)

// Find implements alerts.Channel: it reads the history of the channel, or of
// the card's thread, since the notice was made and compares metadata.
func (c *Channel) Find(ctx context.Context, m alerts.Message) (mention.Posted, bool, error) {
	id, err := c.resolve(ctx)
	if err != nil {
		return mention.Posted{}, false, err
	}
	oldest := strconv.FormatInt(m.Notice.CreatedAt.Add(-clockSkew).Unix(), 10)
	cursor := ""
	for range historyPages {
		messages, next, err := c.page(ctx, id, m.Thread.Message, oldest, cursor)
		if err != nil {
			return mention.Posted{}, false, unsearchable("search "+c.name, err)
		}
		for _, msg := range messages {
			if msg.Metadata.EventType == eventType && msg.Metadata.EventPayload["key"] == m.Notice.Key {
				return c.placed(ctx, m, id, msg.Timestamp), true, nil
			}
		}
		if cursor = next; cursor == "" {
			return mention.Posted{}, false, nil
		}
	}
	return mention.Posted{}, false, fmt.Errorf("search %s: over %d messages since: %w", c.name, historyPage*historyPages, alerts.ErrCannotFind)
}

// unsearchable classifies an error of a search. A channel that the bot may
// post to but not read (it was not invited, or lacks the scope) cannot be
// searched; whether it takes messages is for the next post to find out.
func unsearchable(doing string, err error) error {
	if isCode(err, "not_in_channel", "missing_scope", "no_permission", "channel_not_found") {
		return fmt.Errorf("%s: %w: %w", doing, alerts.ErrCannotFind, err)
	}
	return classify(doing, err)
}

func (c *Channel) page(ctx context.Context, id, thread, oldest, cursor string) ([]slackapi.Message, string, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	if thread != "" {
		messages, _, next, err := c.api.GetConversationRepliesContext(ctx, &slackapi.GetConversationRepliesParameters{
			ChannelID: id, Timestamp: thread, Cursor: cursor, Oldest: oldest, Limit: historyPage, IncludeAllMetadata: true})
		return messages, next, err
	}
	h, err := c.api.GetConversationHistoryContext(ctx, &slackapi.GetConversationHistoryParameters{
		ChannelID: id, Cursor: cursor, Oldest: oldest, Limit: historyPage, IncludeAllMetadata: true})
	if err != nil {
		return nil, "", err
	}
	return h.Messages, h.ResponseMetaData.NextCursor, nil
}

// maxChannelPages bounds the search for a channel's name.
const maxChannelPages = 50

// resolve returns the channel's id: a configured name is good for posting only.
func (c *Channel) resolve(ctx context.Context) (string, error) {
	c.mu.Lock()
	id := c.id
	c.mu.Unlock()
	if id != "" {
		return id, nil
	}
	name, cursor := strings.TrimPrefix(c.name, "#"), ""
	for range maxChannelPages {
		channels, next, err := c.channels(ctx, cursor)
		if err != nil {
			return "", unsearchable("look for channel "+c.name, err)
		}
		for _, ch := range channels {
			if ch.Name == name {
				c.learn(ch.ID)
				return ch.ID, nil
			}
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	return "", fmt.Errorf("look for channel %s: the bot sees none of that name: %w", c.name, alerts.ErrCannotFind)
}

func (c *Channel) channels(ctx context.Context, cursor string) ([]slackapi.Channel, string, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	return c.api.GetConversationsContext(ctx, &slackapi.GetConversationsParameters{
		Cursor: cursor, Limit: 1000, ExcludeArchived: true, Types: []string{"public_channel", "private_channel"}})
}

func (c *Channel) learn(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.id = id
}
