package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"otklik/alerts"
	"otklik/alerts/email"
	"otklik/alerts/mattermost"
	"otklik/alerts/shoutrrr"
	"otklik/alerts/slack"
	"otklik/alerts/telegram"
	"otklik/alerts/terminal"
	"otklik/alerts/webhook"
	"otklik/feedback"
	"otklik/mention"
	"otklik/replies"
	"otklik/secret"
)

// slackTimeout bounds one exchange with a channel's API.
const slackTimeout = 20 * time.Second

// openChannels makes the configured channels, the dispatcher that sends to
// them, and what listens to clicks.
func (a *app) openChannels(norms replies.Norms, router *alerts.Router) error {
	zone, err := time.LoadLocation(a.cfg.Zone)
	if err != nil {
		return fmt.Errorf("zone: %w", err)
	}
	duties, err := a.cfg.Replies.Duties()
	if err != nil {
		return err
	}
	a.dispatcher = &alerts.Dispatcher{
		Outbox: a.store, Archive: a.store, Figures: a.figures(), Norms: norms,
		Channels: map[string]alerts.Channel{}, Languages: map[string]string{},
		Fallback: router.Fallback, Titles: a.siteTitle, Log: a.log.With("part", "alerts"), Now: a.now,
		Metrics: alerts.NewMetrics(a.registry), Storms: a.store, StormEnd: router.StormEnd, Memo: a.store, OnDuty: duties.Resolve, Base: a.cfg.PublicURL,
	}
	client := &http.Client{Timeout: slackTimeout, Transport: a.reach.chats}
	for name, c := range a.cfg.Alerts.Channels {
		lang := c.Language
		if lang == "" {
			lang = a.cfg.Language
		}
		channelZone := zone
		if c.Zone != "" {
			if channelZone, err = time.LoadLocation(c.Zone); err != nil {
				return fmt.Errorf("channels.%s.zone: %w", name, err)
			}
		}
		a.dispatcher.Languages[name] = lang
		ch, err := a.openChannel(name, c, lang, channelZone, client)
		if err != nil {
			return fmt.Errorf("channels.%s: %w", name, err)
		}
		a.dispatcher.Channels[name] = ch
		a.checks["channel "+name] = func(context.Context) error { return a.dispatcher.Health(name) }
	}
	if err := a.openTelegram(); err != nil {
		return err
	}
	if err := a.openSlack(client); err != nil {
		return err
	}
	a.openLinks()
	return nil
}

// siteTitle is what people call a site.
func (a *app) siteTitle(site, lang string) string {
	s, err := a.cfg.Catalogue.Site(site)
	if err != nil {
		return feedback.KindTitle(site, lang)
	}
	return s.Title[lang]
}

func (a *app) openChannel(name string, c alerts.ChannelConfig, lang string, zone *time.Location, client *http.Client) (alerts.Channel, error) {
	switch {
	case c.Slack != nil:
		return slack.NewChannel(*c.Slack, lang, zone, client), nil
	case c.Telegram != nil:
		return telegram.New(*c.Telegram, lang, zone, client), nil
	case c.Email != nil:
		return email.New(*c.Email, lang, zone, a.passes())
	case c.Mattermost != nil:
		return mattermost.New(*c.Mattermost, lang, zone, client, a.passes()), nil
	case c.Webhook != nil:
		return webhook.New(*c.Webhook, lang, zone, client, a.now), nil
	case c.Shoutrrr != nil:
		return shoutrrr.New(name, *c.Shoutrrr, lang, zone, client, a.passes())
	case c.Terminal != nil:
		return terminal.New(name, lang, zone, os.Stdout, a.log.With("part", "alerts")), nil
	}
	return nil, errNoChannelKind
}

var errNoChannelKind = errors.New("no kind of channel is named")

// openTelegram makes one bot for each token: presses of all its chats arrive
// together.
func (a *app) openTelegram() error {
	bots := map[secret.String][]*telegram.Channel{}
	for name, c := range a.cfg.Alerts.Channels {
		if ch, ok := a.dispatcher.Channels[name].(*telegram.Channel); ok {
			bots[c.Telegram.Token] = append(bots[c.Telegram.Token], ch)
		}
	}
	for _, chats := range bots {
		bot, err := telegram.NewBot(chats, a.presses("telegram"))
		if err != nil {
			return fmt.Errorf("telegram: %w", err)
		}
		a.parts = append(a.parts, part{"telegram", bot.Run})
	}
	return nil
}

// openSlack makes what takes in clicks: one app for each workspace, over
// Socket Mode where it has an app token, over signed HTTP where it has a
// signing secret.
func (a *app) openSlack(client *http.Client) error {
	zone, err := time.LoadLocation(a.cfg.Zone)
	if err != nil {
		return fmt.Errorf("zone: %w", err)
	}
	a.hooks = map[string]http.Handler{}
	for _, c := range a.cfg.Alerts.Workspaces() {
		workspace := &slack.App{
			Config: c, Client: client, Desk: a.courier, Archive: a.store, Errands: a.errands(),
			Log: a.log.With("part", "slack"), Now: a.now, Language: a.cfg.Language, Inbox: a.cfg.PublicURL, Zone: zone, Titles: a.siteTitle,
			Rights:    a.rights,
			Templates: replies.NewTemplates(a.cfg.Replies.Templates, zone, a.siteTitle).For,
			Sends:     a.courier.Limits,
			TakeStorm: func(ctx context.Context, id int64, by mention.Actor) (int, error) {
				return a.desk.TakeStorm(ctx, a.store, id, by)
			},
		}
		if c.AppToken.IsSet() {
			a.parts = append(a.parts, part{"slack", func(ctx context.Context) error { return workspace.Run(ctx, a.reach.sockets) }})
		}
		if c.SigningSecret.IsSet() && a.hooks["/slack/"] == nil {
			a.hooks["/slack/"] = workspace.Handler()
		}
	}
	return nil
}
