package alerts

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"otklik/secret"
)

// Config says where alerts go and by which rules.
type Config struct {
	Channels map[string]ChannelConfig `yaml:"channels" doc:"where people read alerts, by name; the terminal when there are none"`
	Routes   []RouteConfig            `yaml:"routes" doc:"rules tried in order; negative mentions go everywhere when there are none"`
	Buttons  string                   `yaml:"buttons" doc:"who may act on tasks in chats and by links: anyone who sees them there, or accounts: people whose account in the inbox is linked with who they are there and may act; anyone when empty"`
	Ops      string                   `yaml:"ops" doc:"channel for messages about the system, such as a blind source; the first route's when empty"`
}

// Who may act on tasks in chats.
const (
	ButtonsAnyone   = "anyone"
	ButtonsAccounts = "accounts"
)

// ChannelConfig is one place where people read alerts; exactly one kind is set.
type ChannelConfig struct {
	Slack      *SlackConfig      `yaml:"slack" doc:"a Slack channel"`
	Terminal   *TerminalConfig   `yaml:"terminal" doc:"alerts on standard output"`
	Telegram   *TelegramConfig   `yaml:"telegram" doc:"a Telegram chat"`
	Email      *EmailConfig      `yaml:"email" doc:"mailboxes"`
	Mattermost *MattermostConfig `yaml:"mattermost" doc:"a Mattermost channel"`
	Webhook    *WebhookConfig    `yaml:"webhook" doc:"signed JSON to an address"`
	Shoutrrr   *ShoutrrrConfig   `yaml:"shoutrrr" doc:"another service: Discord, Gotify, Matrix, ntfy, Pushover, Rocket.Chat, Teams, Zulip and others"`
	Language   string            `yaml:"language" doc:"ru or en; the installation's when empty"`
	Zone       string            `yaml:"zone" doc:"IANA time zone of times that the channel cannot show in the reader's own; the installation's when empty"`
}

// SlackConfig is one Slack channel.
type SlackConfig struct {
	Channel       string        `yaml:"channel" doc:"\"#pr-alerts\" or a channel id"`
	Token         secret.String `yaml:"token" doc:"bot token, xoxb-…"`
	AppToken      secret.String `yaml:"app_token" doc:"xapp-… turns on Socket Mode: clicks arrive without a public address"`
	SigningSecret secret.String `yaml:"signing_secret" doc:"turns on clicks over HTTP at /slack/…"`
	APIURL        string        `yaml:"api_url" doc:"replaces https://slack.com/api/, for tests and gateways"`
}

// TerminalConfig prints alerts on standard output.
type TerminalConfig struct{}

// TelegramConfig is one Telegram chat.
type TelegramConfig struct {
	Chat   string        `yaml:"chat" doc:"\"@channel\" or a numeric id"`
	Token  secret.String `yaml:"token" doc:"the bot's token"`
	APIURL string        `yaml:"api_url" doc:"replaces https://api.telegram.org"`
}

// EmailConfig is a list of mailboxes behind one SMTP server.
type EmailConfig struct {
	To       []string      `yaml:"to" doc:"who gets the messages"`
	From     string        `yaml:"from" doc:"the sender; the first of to when empty"`
	Server   string        `yaml:"server" doc:"host:port; TLS is required unless the host is a loopback one"`
	User     string        `yaml:"user" doc:"login name; from when empty"`
	Password secret.String `yaml:"password" doc:"no login when empty"`
}

// MattermostConfig is one Mattermost channel.
type MattermostConfig struct {
	Server  string        `yaml:"server" doc:"https://chat.example.com"`
	Channel string        `yaml:"channel" doc:"channel id"`
	Token   secret.String `yaml:"token" doc:"the bot's access token"`
}

// WebhookConfig posts signed JSON to an address.
type WebhookConfig struct {
	URL    string        `yaml:"url" doc:"where to post"`
	Secret secret.String `yaml:"secret" doc:"signs each body with HMAC-SHA256"`
}

// ShoutrrrConfig is a service that the library of that name reaches.
type ShoutrrrConfig struct {
	URL secret.String `yaml:"url" doc:"the service's address in the library's form, such as ntfy://ntfy.sh/topic; a secret, because it holds tokens"`
}

// Mistake is one thing wrong in a configuration, with its key path, for
// example "routes[0].channel".
type Mistake struct {
	Path string
	Err  error
}

// Error returns the path and what is wrong.
func (m *Mistake) Error() string { return m.Path + ": " + m.Err.Error() }

// Unwrap returns what is wrong.
func (m *Mistake) Unwrap() error { return m.Err }

func mistake(path, format string, args ...any) error {
	return &Mistake{Path: path, Err: fmt.Errorf(format, args...)}
}

// WithDefaults returns c with what a newcomer leaves out: without channels
// alerts go to the terminal, without routes negative mentions go to every channel.
func (c Config) WithDefaults() Config {
	if len(c.Channels) == 0 {
		c.Channels = map[string]ChannelConfig{"terminal": {Terminal: &TerminalConfig{}}}
	}
	if len(c.Routes) == 0 {
		c.Routes = []RouteConfig{{Name: "negative", Tone: Words{"negative"}, Channel: c.names()}}
	}
	return c
}

func (c Config) names() Words {
	names := make(Words, 0, len(c.Channels))
	for name := range c.Channels {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// OpsChannel returns the name of the channel for messages about the system.
func (c Config) OpsChannel() string {
	if c.Ops != "" {
		return c.Ops
	}
	for _, r := range c.Routes {
		if len(r.Channel) > 0 {
			return r.Channel[0]
		}
	}
	return ""
}

// Workspaces returns one configuration for each Slack bot, in the order of
// the channels' names: channels share a bot, and it is enough that one of them
// names the app token and the signing secret.
func (c Config) Workspaces() []SlackConfig {
	var all []SlackConfig
	for _, name := range c.names() {
		s := c.Channels[name].Slack
		if s == nil {
			continue
		}
		i := slices.IndexFunc(all, func(w SlackConfig) bool { return w.Token == s.Token && w.APIURL == s.APIURL })
		if i < 0 {
			all = append(all, *s)
			continue
		}
		if !all[i].AppToken.IsSet() {
			all[i].AppToken = s.AppToken
		}
		if !all[i].SigningSecret.IsSet() {
			all[i].SigningSecret = s.SigningSecret
		}
	}
	return all
}

// Validate returns all mistakes joined, each a *Mistake, or nil.
func (c Config) Validate() error {
	var all []error
	for _, name := range c.names() {
		all = append(all, c.Channels[name].validate("channels."+name)...)
	}
	if c.Ops != "" {
		all = append(all, c.known("ops", c.Ops)...)
	}
	if c.Buttons != "" && c.Buttons != ButtonsAnyone && c.Buttons != ButtonsAccounts {
		all = append(all, mistake("buttons", "unknown %q: use anyone or accounts", c.Buttons))
	}
	seen := map[string]int{}
	for i, r := range c.Routes {
		path := fmt.Sprintf("routes[%d]", i)
		all = append(all, r.validate(path)...)
		for _, name := range r.Channel {
			all = append(all, c.known(path+".channel", name)...)
		}
		if r.Fallback != "" {
			all = append(all, c.known(path+".fallback", r.Fallback)...)
		}
		if first, twice := seen[r.Name]; twice && r.Name != "" {
			all = append(all, mistake(path+".name", "%q is the name of routes[%d] too", r.Name, first))
		}
		seen[r.Name] = i
	}
	return errors.Join(all...)
}

func (c Config) known(path, name string) []error {
	if _, ok := c.Channels[name]; ok {
		return nil
	}
	return []error{mistake(path, "there is no channel %q; there are %s", name, strings.Join(c.names(), ", "))}
}

func (c ChannelConfig) validate(path string) []error {
	var all []error
	kinds := 0
	check := func(isSet bool, problems func() []error) {
		if isSet {
			kinds++
			all = append(all, problems()...)
		}
	}
	check(c.Slack != nil, func() []error { return c.Slack.validate(path + ".slack") })
	check(c.Terminal != nil, func() []error { return nil })
	check(c.Telegram != nil, func() []error { return c.Telegram.validate(path + ".telegram") })
	check(c.Email != nil, func() []error { return c.Email.validate(path + ".email") })
	check(c.Mattermost != nil, func() []error { return c.Mattermost.validate(path + ".mattermost") })
	check(c.Webhook != nil, func() []error { return c.Webhook.validate(path + ".webhook") })
	check(c.Shoutrrr != nil, func() []error { return needSecret(path+".shoutrrr.url", c.Shoutrrr.URL, true) })
	if kinds != 1 {
		all = append(all, mistake(path, "name one of slack, telegram, email, mattermost, webhook, shoutrrr or terminal, not %d", kinds))
	}
	if c.Language != "" && c.Language != "ru" && c.Language != "en" {
		all = append(all, mistake(path+".language", "unknown language %q: use ru or en", c.Language))
	}
	if _, err := loadZone(c.Zone); err != nil {
		all = append(all, mistake(path+".zone", "%w", err))
	}
	return all
}

func (c *SlackConfig) validate(path string) []error {
	all := need(path+".channel", c.Channel, "the channel, for example \"#pr-alerts\"")
	all = append(all, needSecret(path+".token", c.Token, true)...)
	all = append(all, needSecret(path+".app_token", c.AppToken, false)...)
	return append(all, needSecret(path+".signing_secret", c.SigningSecret, false)...)
}

func (c *TelegramConfig) validate(path string) []error {
	return append(need(path+".chat", c.Chat, "the chat, for example \"@pr_alerts\""),
		needSecret(path+".token", c.Token, true)...)
}

func (c *EmailConfig) validate(path string) []error {
	all := need(path+".server", c.Server, "the SMTP server, for example smtp.example.com:587")
	if len(c.To) == 0 {
		all = append(all, mistake(path+".to", "name at least one mailbox"))
	}
	return append(all, needSecret(path+".password", c.Password, false)...)
}

func (c *MattermostConfig) validate(path string) []error {
	all := need(path+".server", c.Server, "the server, for example https://chat.example.com")
	all = append(all, need(path+".channel", c.Channel, "the id of the channel")...)
	return append(all, needSecret(path+".token", c.Token, true)...)
}

func (c *WebhookConfig) validate(path string) []error {
	all := need(path+".url", c.URL, "the address to post to")
	return append(all, needSecret(path+".secret", c.Secret, true)...)
}

func need(path, value, what string) []error {
	if strings.TrimSpace(value) == "" {
		return []error{mistake(path, "name %s", what)}
	}
	return nil
}

func needSecret(path string, s secret.String, required bool) []error {
	switch {
	case s.Err() != nil:
		return []error{mistake(path, "%w", s.Err())}
	case required && !s.IsSet():
		return []error{mistake(path, "is missing: write env:NAME or file:/path")}
	}
	return nil
}

// Words is one word or a list of words in YAML.
type Words []string

// UnmarshalYAML reads a scalar as a list of one.
func (w *Words) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		*w = Words{node.Value}
		return nil
	}
	var list []string
	if err := node.Decode(&list); err != nil {
		return err
	}
	*w = list
	return nil
}
