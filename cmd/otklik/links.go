package main

import (
	"otklik/alerts"
	"otklik/alerts/email"
	"otklik/alerts/mattermost"
)

// passes returns what signs the links and buttons by which people act from
// channels, with the archive's own key; nil without a public address.
func (a *app) passes() *alerts.Passes {
	if a.cfg.PublicURL == "" {
		return nil
	}
	return &alerts.Passes{Key: a.forget.key, Base: a.cfg.PublicURL}
}

// openLinks serves what links lead to and where presses of buttons arrive.
func (a *app) openLinks() {
	passes := a.passes()
	if passes == nil {
		return
	}
	var recipients, rooms []string
	for _, c := range a.cfg.Alerts.Channels {
		if c.Email != nil {
			recipients = append(recipients, c.Email.To...)
		}
		if c.Mattermost != nil {
			rooms = append(rooms, c.Mattermost.Channel)
		}
	}
	if len(recipients) > 0 {
		a.hooks[email.Path+"{token}"] = &email.Page{
			Passes: passes, Recipients: recipients, Desk: a.courier, Log: a.log.With("part", "email"), Now: a.now}
	}
	if len(rooms) > 0 {
		a.hooks["POST "+mattermost.ActionsPath] = &mattermost.Actions{
			Passes: passes, Channels: rooms, Desk: a.courier, Log: a.log.With("part", "mattermost"), Now: a.now}
	}
}
