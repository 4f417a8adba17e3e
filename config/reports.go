package config

import (
	"fmt"
	"slices"
	"time"

	"otklik/reports"
)

// checkReports adds the digests that routes ask for and checks what digests
// and spikes name elsewhere in the file.
func (c *Config) checkReports(add reporter) {
	for _, r := range c.Alerts.Routes {
		for _, channel := range r.Channel {
			c.digestFor(channel, r.Digest)
		}
	}
	c.Reports = c.Reports.WithDefaults()
	for i, d := range c.Reports.Digests {
		path := fmt.Sprintf("digests[%d]", i)
		if _, known := c.Alerts.Channels[d.Channel]; d.Channel != "" && !known {
			add(path+".channel", "there is no channel %q; there are %s", d.Channel, names(c.Alerts.Channels))
		}
		if d.Brand != "" && !slices.ContainsFunc(c.Brands, func(b Brand) bool { return b.Name == d.Brand }) {
			add(path+".brand", "there is no brand %q", d.Brand)
		}
		if _, err := Schedule(d.Every, time.UTC); err != nil {
			add(path+".every", "%w", err)
		}
	}
	if channel := c.Reports.Spikes.Channel; channel != "" {
		if _, known := c.Alerts.Channels[channel]; !known {
			add("spikes.channel", "there is no channel %q; there are %s", channel, names(c.Alerts.Channels))
		}
	}
}

// digestFor adds a digest for a route's channel unless the file has one.
func (c *Config) digestFor(channel, period string) {
	has := func(d reports.DigestConfig) bool {
		return d.Channel == channel && (d.Period == period || d.Period == "" && period == reports.Daily)
	}
	if period == "" || slices.ContainsFunc(c.Reports.Digests, has) {
		return
	}
	c.Reports.Digests = append(c.Reports.Digests, reports.DigestConfig{Channel: channel, Period: period})
}

// checkHooks gives hooks their brand and checks it, and what requests need.
func (c *Config) checkHooks(add reporter) {
	if c.Feedback.Requests.IsOn() && c.PublicURL == "" {
		add("public_url", "requests need it: their letters carry a link to unsubscribe")
	}
	for i := range c.Feedback.Hooks {
		h := &c.Feedback.Hooks[i]
		if h.Brand == "" && len(c.Brands) > 0 {
			h.Brand = c.Brands[0].Name
		}
		if !slices.ContainsFunc(c.Brands, func(b Brand) bool { return b.Name == h.Brand }) {
			add(fmt.Sprintf("hooks[%d].brand", i), "there is no brand %q", h.Brand)
		}
	}
}
