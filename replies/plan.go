package replies

import (
	"fmt"
	"slices"
	"time"
	"unicode"

	"otklik/mention"
)

// Route is one rule's wish for a mention: who is told, and by which norms the
// task is measured.
type Route struct {
	Rule    string
	Channel string
	Norm    string
	Kind    mention.TaskKind
	Ping    []string
	// Quiet routes make the task without a message: it goes into a digest.
	Quiet bool
	// HoldUntil keeps the message back until quiet hours end; zero sends at once.
	HoldUntil time.Time
	// Gust counts the complaint with others of the rule; nil without a storm.
	Gust *mention.Gust
}

// Raise returns the effects of a new complaint (or thanks) about m: one task
// and a card in each routed channel. A reply that is already on the page
// closes the task as answered on the site. There is nothing to do without
// routes.
func (n Norms) Raise(m mention.Mention, shows mention.Replies, routes []Route, why string, now time.Time) (mention.Effects, error) {
	if len(routes) == 0 {
		return mention.Effects{}, nil
	}
	first := routes[0]
	t := mention.Task{
		Version: 1, Kind: first.Kind, Brand: m.Brand, Mention: m.ID, State: mention.Open,
		Rule: first.Rule, Reason: why, Norm: first.Norm, CreatedAt: now,
		Places: []mention.Place{{Mention: m.ID, Source: m.Source, URL: m.URL, Replies: shows}},
	}
	for _, r := range routes {
		if !r.Quiet && !slices.Contains(t.Channels, r.Channel) {
			t.Channels = append(t.Channels, r.Channel)
		}
		t.Ping = append(t.Ping, r.Ping...)
	}
	events := []mention.Event{t.Raised()}
	if m.Reply != nil {
		next, e, changed, err := t.Apply(confirmation(m, now))
		if err != nil {
			return mention.Effects{}, err
		}
		if changed {
			t, events = next, append(events, e)
		}
	}
	return mention.Effects{Task: &t, Events: events, Notices: cards(m, routes), Timers: n[t.Norm].timers(t), Retime: true, Gust: gust(routes)}, nil
}

// gust returns with what a complaint is counted: the first rule that asks for
// it decides, and its storm's card stands for those in its channels only.
func gust(routes []Route) *mention.Gust {
	var g *mention.Gust
	for _, r := range routes {
		if r.Gust == nil || r.Quiet || r.Kind != mention.Complaint || g != nil && g.Key != r.Gust.Key {
			continue
		}
		if g == nil {
			first := *r.Gust
			first.Channels = nil
			g = &first
		}
		g.Channels = append(g.Channels, r.Channel)
	}
	return g
}

func cards(m mention.Mention, routes []Route) []mention.Notice {
	var out []mention.Notice
	for _, r := range routes {
		key := "card:" + r.Channel + ":" + string(m.ID)
		known := slices.ContainsFunc(out, func(x mention.Notice) bool { return x.Key == key })
		if r.Quiet || known {
			continue
		}
		out = append(out, mention.Notice{Kind: mention.CardNotice, Channel: r.Channel, Key: key, Ping: r.Ping, At: r.HoldUntil})
	}
	return out
}

func confirmation(m mention.Mention, now time.Time) mention.Action {
	url := m.Reply.URL
	if url == "" {
		url = m.URL
	}
	return mention.Action{Verb: mention.Confirm, Actor: mention.OnSite, At: now, Mention: m.ID, URL: url, Reply: *m.Reply}
}

// Join returns the effects of m being a copy of what t is about.
func (n Norms) Join(t mention.Task, m mention.Mention, shows mention.Replies, now time.Time) (mention.Effects, error) {
	place := mention.Place{Mention: m.ID, Source: m.Source, URL: m.URL, Replies: shows}
	eff, err := n.act(t, mention.Action{Verb: mention.Join, Actor: mention.System, At: now, Place: place})
	if err != nil || m.Reply == nil || eff.Task == nil {
		return eff, err
	}
	return n.also(eff, confirmation(m, now))
}

// also applies one more action to what eff already changes.
func (n Norms) also(eff mention.Effects, a mention.Action) (mention.Effects, error) {
	more, err := n.act(*eff.Task, a)
	if err != nil || more.Task == nil {
		return eff, err
	}
	more.Was = eff.Was
	more.Events = append(eff.Events, more.Events...)
	more.Notices = append(eff.Notices, more.Notices...)
	return more, nil
}

// Seen returns what follows when a pass brings a known mention with a task
// again: its author's edit and the company's reply.
func (n Norms) Seen(t mention.Task, old, m mention.Mention, now time.Time) (mention.Effects, error) {
	eff := mention.Effects{}
	if old.Digest() != m.Digest() && !isTouchUp(old, m) && !m.IsWholeOf(old) && !old.IsWholeOf(m) {
		var err error
		if eff, err = n.edited(t, old, m, now); err != nil {
			return eff, err
		}
	}
	current := t
	if eff.Task != nil {
		current = *eff.Task
	}
	if m.Reply == nil || !answers(*m.Reply, current, m) {
		return eff, nil
	}
	if eff.Task == nil {
		return n.act(t, confirmation(m, now))
	}
	return n.also(eff, confirmation(m, now))
}

// lost is what a task's history says of a mention that is no longer there.
const lost = "отзыва больше нет на странице · no longer on the page"

// Lost returns the effects of t's mention having disappeared from its page:
// a line of history. Whether the task needs anything more is a person's call.
func (n Norms) Lost(t mention.Task, now time.Time) (mention.Effects, error) {
	return n.act(t, mention.Action{Verb: mention.Comment, Actor: mention.OnSite, At: now, Text: lost})
}

// answers reports whether r can be an answer to what m says now: on sites
// that keep the reply when the review changes, a reply older than the
// review's last change answers the earlier text.
func answers(r mention.Reply, t mention.Task, m mention.Mention) bool {
	if t.Cycle == 0 || r.PublishedAt.IsZero() {
		return true
	}
	return !r.PublishedAt.Before(t.ReopenedAt) || r.PublishedAt.After(later(m.EditedAt, m.PublishedAt))
}

func (n Norms) edited(t mention.Task, old, m mention.Mention, now time.Time) (mention.Effects, error) {
	a := mention.Action{Verb: mention.Edited, Actor: mention.Actor{ID: "author", Name: m.Author}, At: now, Text: change(old, m)}
	if t.State == mention.Open || t.State == mention.Taken {
		return n.act(t, a)
	}
	if m.Tone == mention.Positive && m.Stars() >= old.Stars() {
		return n.act(t, a) // good news: told in the thread, nothing to do
	}
	a.Verb, a.Due = mention.Reopen, n[t.Norm].due(now)
	return n.act(t, a)
}

// change says in one line what an edit did to the stars.
func change(old, m mention.Mention) string {
	if old.Stars() != m.Stars() {
		return fmt.Sprintf("%d★ → %d★", old.Stars(), m.Stars())
	}
	return ""
}

// touchUp is the most letters that may differ in a correction of spelling.
const touchUp = 8

// isTouchUp reports whether an edit left stars and tone alone and changed at
// most a few letters at one place.
func isTouchUp(old, m mention.Mention) bool {
	if old.Stars() != m.Stars() || old.Tone != m.Tone {
		return false
	}
	a, b := letters(old.Words()), letters(m.Words())
	from := 0
	for from < len(a) && from < len(b) && a[from] == b[from] {
		from++
	}
	end := 0
	for end < len(a)-from && end < len(b)-from && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	return max(len(a), len(b))-from-end <= touchUp
}

func letters(s string) []rune {
	out := make([]rune, 0, len(s))
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			out = append(out, unicode.ToLower(r))
		}
	}
	return out
}

// Delivered returns the effects of t's card having landed: the norms start.
func (n Norms) Delivered(t mention.Task, at time.Time) (mention.Effects, error) {
	return n.act(t, mention.Action{Verb: mention.Deliver, Actor: mention.System, At: at, Due: n[t.Norm].due(at)})
}

// act applies a to t and returns everything that follows. The effects have no
// Task when nothing changed.
func (n Norms) act(t mention.Task, a mention.Action) (mention.Effects, error) {
	next, e, changed, err := t.Apply(a)
	if err != nil || !changed {
		return mention.Effects{}, err
	}
	return mention.Effects{
		Task: &next, Was: t.Version, Events: []mention.Event{e},
		Notices: n.tell(next, e), Timers: n[next.Norm].timers(next), Retime: true,
		Jobs: n.follow(next, e),
	}, nil
}

// tell returns the messages that e calls for beside the card's own update.
func (n Norms) tell(t mention.Task, e mention.Event) []mention.Notice {
	switch e.Verb {
	case mention.Remind:
		return inChannels(t, mention.ReminderNotice, "remind", e)
	case mention.Escalate:
		leads, call := n[t.Norm].channel(e.Step)
		if leads != "" {
			return []mention.Notice{{Kind: mention.EscalationNotice, Channel: leads, Subject: e.Step, Ping: call, Key: escalationKey(t, e)}}
		}
		return inChannels(t, mention.EscalationNotice, "escalate", e)
	case mention.Edited:
		return editLines(t, e)
	case mention.Reopen, mention.Miss, mention.Join, mention.Comment, mention.Confirm, mention.Answer, mention.Dismiss, mention.Acknowledge:
		return inChannels(t, mention.ThreadNotice, "thread", e)
	}
	return nil
}

// editWindow is the time in which an author's edits become one line.
const editWindow = 5 * time.Minute

// editLines tells an author's edit when the window has ended: the line then
// shows all that was changed since the first edit in it.
func editLines(t mention.Task, e mention.Event) []mention.Notice {
	ends := e.At.Truncate(editWindow).Add(editWindow)
	all := inChannels(t, mention.ThreadNotice, "edited", e)
	for i := range all {
		all[i].At = ends
		all[i].Key = fmt.Sprintf("edited:%s:%d:%d", all[i].Channel, t.ID, ends.Unix())
	}
	return all
}

func inChannels(t mention.Task, kind mention.NoticeKind, word string, e mention.Event) []mention.Notice {
	out := make([]mention.Notice, 0, len(t.Channels))
	for _, c := range t.Channels {
		out = append(out, mention.Notice{Kind: kind, Channel: c, Subject: e.Step, Ping: t.Ping, Key: key(t, word+":"+c, e)})
	}
	return out
}

// escalationKey names a call for help. One call a step is enough for all that
// a storm brought; the others would be a second storm.
func escalationKey(t mention.Task, e mention.Event) string {
	if t.Storm != 0 && e.Step != "" && !e.Actor.IsPerson() {
		return fmt.Sprintf("escalate:storm:%d:%s", t.Storm, e.Step)
	}
	return key(t, "escalate", e)
}

// key names a message about e: a step once a cycle, anything else by version.
func key(t mention.Task, word string, e mention.Event) string {
	if e.Step == StepPromiseDue { // a promise may be given anew
		return fmt.Sprintf("%s:%d:%d:%s:%d", word, t.ID, t.Cycle, e.Step, t.PromisedAt.Unix())
	}
	if e.Step != "" && e.Verb != mention.Comment {
		return fmt.Sprintf("%s:%d:%d:%s", word, t.ID, t.Cycle, e.Step)
	}
	return fmt.Sprintf("%s:%d:v%d", word, t.ID, t.Version)
}

// follow returns the work that e starts: looking for a claimed answer.
func (n Norms) follow(t mention.Task, e mention.Event) []mention.Job {
	if e.Verb != mention.Answer || t.Unverifiable {
		return nil
	}
	return []mention.Job{verifyJob(t, e.At.Add(n.verifyAfter(t, 0)))}
}

// The pauses between two looks for a claimed answer: as long as the answer is
// old, within these bounds, until it is given up.
const (
	longestPause = 6 * time.Hour
	giveUpAfter  = 30 * 24 * time.Hour
)

// verifyAfter is the pause before the next look for an answer claimed age ago.
func (n Norms) verifyAfter(t mention.Task, age time.Duration) time.Duration {
	least := n[t.Norm].Verify
	if least <= 0 {
		least = DefaultVerify
	}
	return min(max(least, age), max(least, longestPause))
}
