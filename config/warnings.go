package config

import "fmt"

// Warnings returns what is allowed and yet likely to surprise, a sentence each.
func (c *Config) Warnings() []string {
	var out []string
	for _, b := range c.Brands {
		for _, s := range b.Sources {
			site, err := c.Catalogue.Site(s.Site)
			if err == nil && site.Accounts && len(b.Accounts[s.Site]) == 0 {
				out = append(out, fmt.Sprintf("on %s the company answers by ordinary comments: name its accounts in brands %q, accounts.%s, or no answer there will be recognised", s.Site, b.Name, s.Site))
			}
		}
	}
	for name, ch := range c.Alerts.Channels {
		if ch.Slack != nil && !ch.Slack.AppToken.IsSet() && !ch.Slack.SigningSecret.IsSet() {
			out = append(out, fmt.Sprintf("channels.%s.slack has neither app_token nor signing_secret: cards will be posted, but their buttons will not work", name))
		}
	}
	return out
}
