package main

import (
	"context"
	"slices"

	"otklik/alerts"
	"otklik/alerts/email"
	"otklik/alerts/links"
	"otklik/alerts/mattermost"
	"otklik/alerts/shoutrrr"
	"otklik/mention"
)

// passes returns what signs the links and buttons by which people act from
// channels, with the archive's own key; nil without a public address.
func (a *app) passes() *alerts.Passes {
	if a.cfg.PublicURL == "" {
		return nil
	}
	return &alerts.Passes{Key: a.forget.key, Base: a.cfg.PublicURL}
}

// presses returns what carries out buttons and links of the part called name.
func (a *app) presses(name string) alerts.Presses {
	return alerts.Presses{Desk: a.courier, Rights: a.rights, Log: a.log.With("part", name), Now: a.now}
}

// openLinks serves what links lead to and where presses of buttons arrive.
func (a *app) openLinks() {
	passes := a.passes()
	if passes == nil {
		return
	}
	holders := map[string]string{}
	var rooms []string
	for name, c := range a.cfg.Alerts.Channels {
		switch {
		case c.Email != nil:
			for _, to := range c.Email.To {
				holders[email.Scheme+to] = to
			}
		case c.Mattermost != nil:
			rooms = append(rooms, c.Mattermost.Channel)
		case c.Shoutrrr != nil:
			holders[shoutrrr.Scheme+name] = name
		}
	}
	if len(holders) > 0 {
		a.hooks[alerts.LinkPath+"{token}"] = &links.Page{Passes: passes, Holders: holders, Presses: a.presses("links")}
	}
	if len(rooms) > 0 {
		a.hooks["POST "+mattermost.ActionsPath] = &mattermost.Actions{Passes: passes, Channels: rooms, Presses: a.presses("mattermost")}
	}
}

// rights implements alerts.Rights. Who has an account acts as its person,
// whatever the channel; with "buttons: accounts" nobody else acts.
func (a *app) rights(ctx context.Context, who mention.Actor) (mention.Actor, error) {
	byAccount := a.cfg.Alerts.Buttons == alerts.ButtonsAccounts
	all, err := a.store.Accounts(ctx)
	if err != nil {
		return who, err
	}
	i := slices.IndexFunc(all, func(x mention.Account) bool { return x.DisabledAt.IsZero() && x.Is(who.ID) })
	switch {
	case i < 0 && byAccount, i >= 0 && byAccount && !all[i].Role.Covers(mention.PR):
		return who, alerts.ErrNoRight
	case i < 0:
		return who, nil
	}
	return all[i].Actor(), nil
}
