package slack_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"otklik/alerts"
	"otklik/alerts/channeltest"
	"otklik/alerts/slack"
	"otklik/demo"
	"otklik/secret"
)

// TestChannel runs the behaviour that all channels share.
func TestChannel(t *testing.T) {
	channeltest.Run(t, func(t *testing.T) channeltest.Service {
		// Messages of the suite are older than the pretend Slack's first.
		s := demo.NewSlack(demo.SlackConfig{Now: func() time.Time { return channeltest.Card().At.Add(time.Minute) }})
		faults := &channeltest.Faults{}
		cfg := alerts.SlackConfig{Channel: "#pr-alerts", Token: secret.Literal(s.Token()), APIURL: s.APIURL()}
		return channeltest.Service{Channel: slack.NewChannel(cfg, "ru", time.UTC, demo.InProcess(faults.Around(s))),
			Shown: func() []string { return texts(t, s.Messages(demo.PRChannel)) }, Faults: faults, Secrets: []string{s.Token()},
			Markup: []string{"<!channel>", "<script>", "@here "}, Updates: true, Finds: true,
			Gone: func() {
				s.FailNext("chat.update", demo.Fault{Kind: demo.Refuse, Code: "message_not_found"})
			}}
	})
}

// texts returns what each message says, its controls left out.
func texts(t *testing.T, messages []demo.Message) []string {
	t.Helper()
	var out []string
	for _, m := range messages {
		var blocks []struct {
			Text     struct{ Text string }
			Elements []struct{ Text json.RawMessage }
		}
		if err := json.Unmarshal(m.Blocks, &blocks); err != nil {
			t.Fatal(err)
		}
		all := []string{m.Text}
		for _, b := range blocks {
			all = append(all, b.Text.Text)
			for _, e := range b.Elements {
				var s string
				if json.Unmarshal(e.Text, &s) == nil {
					all = append(all, s)
				}
			}
		}
		out = append(out, strings.Join(all, "\n"))
	}
	return out
}
