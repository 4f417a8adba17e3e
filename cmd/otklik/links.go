package main

import (
	"otklik/alerts"
	"otklik/alerts/email"
)

// passes returns what signs the links and buttons by which people act from
// channels, with the archive's own key; nil without a public address.
func (a *app) passes() *alerts.Passes {
	if a.cfg.PublicURL == "" {
		return nil
	}
	return &alerts.Passes{Key: a.forget.key, Base: a.cfg.PublicURL}
}

// openLinks serves what the links lead to.
func (a *app) openLinks() {
	passes := a.passes()
	if passes == nil {
		return
	}
	var recipients []string
	for _, c := range a.cfg.Alerts.Channels {
		if c.Email != nil {
			recipients = append(recipients, c.Email.To...)
		}
	}
	if len(recipients) > 0 {
		a.hooks[email.Path+"{token}"] = &email.Page{
			Passes: passes, Recipients: recipients, Desk: a.courier, Log: a.log.With("part", "email"), Now: a.now}
	}
}
