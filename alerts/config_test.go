package alerts_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"otklik/alerts"
	"otklik/secret"
)

func TestConfig_Validate(t *testing.T) {
	const text = `
ops: nowhere
channels:
  pr: {slack: {channel: "#pr", token: env:OTKLIK_NO_SUCH_TOKEN}}
  two: {terminal: {}, webhook: {url: "https://example.com", secret: s}}
  none: {language: fr, zone: Local}
  mail: {email: {}}
  chat: {telegram: {}}
  mm: {mattermost: {}}
routes:
  - {tone: angry, rating: "0-7", channel: pr, confidence: 2}
  - {name: a, why: mood, channel: [pr, gone], fallback: pr, quiet: always, digest: hourly}
  - {name: a}
`
	var c alerts.Config
	if err := yaml.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	got := strings.Split(c.Validate().Error(), "\n")
	want := []string{
		`channels.chat.telegram.chat: name the chat`, `channels.chat.telegram.token: is missing`,
		`channels.mail.email.server: name the SMTP server`, `channels.mail.email.to: name at least one mailbox`,
		`channels.mm.mattermost.server: name`, `channels.mm.mattermost.channel: name`, `channels.mm.mattermost.token: is missing`,
		`channels.none: name one of slack`, `channels.none.language: unknown language "fr"`, `channels.none.zone: name a time zone`,
		`channels.pr.slack.token: secret: environment variable OTKLIK_NO_SUCH_TOKEN is not set`,
		`channels.two: name one of slack, telegram, email, mattermost, webhook, shoutrrr or terminal, not 2`,
		`ops: there is no channel "nowhere"`,
		`routes[0].name: give the rule a name`, `routes[0].tone: unknown tone "angry"`, `routes[0].rating: "0-7" is no range`, `routes[0].confidence: 2 is not`,
		`routes[1].why: unknown reason "mood"`, `routes[1].quiet: "always" is no daily span`, `routes[1].digest: unknown period "hourly"`,
		`routes[1].fallback: "pr" is the channel itself`, `routes[1].channel: there is no channel "gone"`,
		`routes[2].channel: name the channel`, `routes[2].name: "a" is the name of routes[1] too`,
	}
	if len(got) != len(want) {
		t.Errorf("%d mistakes, want %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
	}
	for i := range min(len(got), len(want)) {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("mistake %d is %q, want %q", i, got[i], want[i])
		}
	}
	if m, ok := errors.AsType[*alerts.Mistake](c.Validate()); !ok || m.Path == "" {
		t.Errorf("the mistakes carry no path")
	}
}

func TestConfig_WithDefaults(t *testing.T) {
	c := alerts.Config{}.WithDefaults()
	if err := c.Validate(); err != nil {
		t.Fatalf("the defaults are wrong: %v", err)
	}
	if c.OpsChannel() != "terminal" || len(c.Routes) != 1 || c.Routes[0].Tone[0] != "negative" {
		t.Errorf("defaults are %+v", c)
	}
}

func TestConfig_Workspaces(t *testing.T) {
	bot, other, app, sign := secret.Literal("xoxb-1"), secret.Literal("xoxb-2"), secret.Literal("xapp-1"), secret.Literal("s")
	c := alerts.Config{Channels: map[string]alerts.ChannelConfig{
		"leads": {Slack: &alerts.SlackConfig{Channel: "#leads", Token: bot}},
		"pr":    {Slack: &alerts.SlackConfig{Channel: "#pr", Token: bot, AppToken: app}},
		"x":     {Slack: &alerts.SlackConfig{Channel: "#x", Token: other, SigningSecret: sign}},
		"y":     {Terminal: &alerts.TerminalConfig{}},
	}}
	got := c.Workspaces()
	want := []alerts.SlackConfig{{Channel: "#leads", Token: bot, AppToken: app}, {Channel: "#x", Token: other, SigningSecret: sign}}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
