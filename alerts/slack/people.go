package slack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	slackapi "github.com/slack-go/slack"

	"otklik/alerts"
	"otklik/mention"
)

// How long and how many names are remembered, and how long a click waits for one.
const (
	nameTime  = time.Hour
	maxPeople = 2000
	nameWait  = time.Second
)

// human is a member of the workspace as far as we need to know them.
type human struct {
	mention.Actor
	lang string
	// isMember is false for bots, guests of one channel, people of other
	// workspaces and those who have left.
	isMember bool
	seenAt   time.Time
}

// people remembers names. The zero value is ready.
type people struct {
	mu   sync.Mutex
	byID map[string]human
}

func (p *people) known(id string, now time.Time) (human, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	h, ok := p.byID[id]
	return h, ok && now.Sub(h.seenAt) < nameTime
}

func (p *people) remember(id string, h human) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byID == nil || len(p.byID) >= maxPeople {
		p.byID = map[string]human{}
	}
	p.byID[id] = h
}

// human returns who id is. When Slack does not say in time, the person is
// taken at the name that came with the click: a signed click is enough to act.
func (a *App) human(ctx context.Context, id, name string) human {
	now := a.Now()
	if h, ok := a.people.known(id, now); ok {
		return h
	}
	h := human{Actor: mention.Actor{ID: actorPrefix + id, Name: alerts.Harmless(name)}, lang: cmp.Or(a.Language, "ru"), isMember: id != ""}
	ctx, cancel := context.WithTimeout(ctx, nameWait)
	defer cancel()
	u, err := a.client().GetUserInfoContext(ctx, id)
	switch {
	case isCode(err, "user_not_found", "user_not_visible", "users_not_found"):
		h.isMember = false
		return h
	case err != nil:
		a.Log.Warn("name not found", "err", err)
		return h
	}
	h.Name = alerts.Harmless(cmp.Or(u.Profile.RealName, u.RealName, u.Profile.DisplayName, u.Name, name))
	h.lang = a.language(u)
	h.isMember = !u.Deleted && !u.IsBot && !u.IsStranger && !u.IsUltraRestricted
	h.seenAt = now
	a.people.remember(id, h)
	return h
}

// barred returns what a person is told who may not act, and nothing to one who
// may. Rights are asked anew each time: taking them away works at once.
func (a *App) barred(ctx context.Context, who human, say *alerts.Phrases) string {
	if !who.isMember {
		return say.Stranger
	}
	_, err := a.Rights.Of(ctx, who.Actor)
	switch {
	case errors.Is(err, alerts.ErrNoRight):
		return fmt.Sprintf(say.NoRight, who.ID)
	case err != nil:
		a.Log.Error("rights not read", "err", err)
		return say.Busy
	}
	return ""
}

func (a *App) language(u *slackapi.User) string {
	switch {
	case strings.HasPrefix(u.Locale, "ru"):
		return "ru"
	case u.Locale != "":
		return "en"
	}
	return cmp.Or(a.Language, "ru")
}
