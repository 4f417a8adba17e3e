package slack

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	slackapi "github.com/slack-go/slack"

	"otklik/alerts"
	"otklik/mention"
)

// rendered is a message as Slack takes it.
type rendered struct {
	Text     string                 `json:"text"` // for notifications and screen readers
	Blocks   slackapi.Blocks        `json:"blocks"`
	Metadata slackapi.SlackMetadata `json:"metadata"`
}

// card builds the blocks of one message. It is pure: the same message gives
// the same bytes.
type card struct {
	alerts.Message
	say   *alerts.Phrases
	clock clock
}

func newCard(m alerts.Message, lang string, zone *time.Location) card {
	return card{Message: m, say: alerts.Say(lang), clock: clock{now: m.At, zone: zone}}
}

// render returns m as Slack takes it.
func (c card) render() rendered {
	var blocks []slackapi.Block
	var text string
	switch c.Notice.Kind {
	case mention.OpsNotice:
		text, blocks = c.ops()
	case mention.SeededNotice:
		text, blocks = c.seeded()
	case mention.ThreadNotice:
		text, blocks = c.history()
	case mention.ReminderNotice:
		text, blocks = c.reminder()
	case mention.EscalationNotice:
		text, blocks = c.escalation()
	case mention.DigestNotice, mention.SpikeNotice:
		text, blocks = c.digest()
	case mention.StormNotice:
		text, blocks = c.storm()
	default:
		text, blocks = c.task()
	}
	return rendered{Text: text, Blocks: slackapi.Blocks{BlockSet: c.framed(blocks)}, Metadata: c.metadata()}
}

// framed adds who is pinged and what is odd about the message.
func (c card) framed(blocks []slackapi.Block) []slackapi.Block {
	var top []slackapi.Block
	if pings := c.pings(); pings != "" && c.callsOut() {
		top = append(top, contextOf(pings))
	}
	if c.Missed > 0 {
		top = append(top, contextOf("↪️ "+fmt.Sprintf(c.say.Missed, c.Missed, line(c.Instead, nameLength))))
	}
	if c.Notice.Fallback != "" {
		top = append(top, contextOf("↪️ "+fmt.Sprintf(c.say.MovedFrom, line(c.Notice.Fallback, nameLength))))
	}
	if c.Repeated {
		top = append(top, contextOf("❔ "+c.say.Repeated))
	}
	return append(top, blocks...)
}

// callsOut reports whether the message begins with the people it is for. A
// line of history does so only when there is something new to do.
func (c card) callsOut() bool {
	switch c.Notice.Kind {
	case mention.ReminderNotice, mention.EscalationNotice:
		return false // they name people in their own first line
	case mention.ThreadNotice:
		e, ok := c.Event()
		return ok && (e.Verb == mention.Reopen || e.Verb == mention.Miss)
	}
	return true
}

func (c card) task() (string, []slackapi.Block) {
	blocks := []slackapi.Block{sectionOf(c.headline()), contextOf(c.origin()), sectionOf(c.words())}
	if why := c.why(); why != "" {
		blocks = append(blocks, contextOf(why))
	}
	if state := c.progress(); state != "" {
		blocks = append(blocks, contextOf(state))
	}
	if places := c.places(); places != "" {
		blocks = append(blocks, sectionOf(places))
	}
	blocks = append(blocks, c.controls(), contextOf(c.footer()))
	return c.fallbackText(), blocks
}

// fallbackText is what a notification shows.
func (c card) fallbackText() string {
	m := c.View.Mention
	return strings.TrimSpace(fmt.Sprintf("%s %s %s: %s", c.sign(), stars(m.Stars()),
		line(c.Site(m.Source), nameLength), line(cmp.Or(m.Title, m.Words(), c.say.NoWords), titleLength)))
}

// headline is enough on a phone: sign, stars, site, title, deadline.
func (c card) headline() string {
	m := c.View.Mention
	label := line(c.Site(m.Source), nameLength)
	if title := line(m.Title, titleLength); title != "" {
		label += ": «" + title + "»"
	} else if words := line(m.Words(), headLength); words != "" {
		label += ": «" + words + "»" // the quote below has the rest
	}
	parts := []string{c.sign()}
	if s := stars(m.Stars()); s != "" {
		parts = append(parts, s)
	}
	parts = append(parts, link(m.URL, label), c.status())
	return strings.Join(parts, "  ")
}

// sign is the colour of the state.
func (c card) sign() string {
	t := c.View.Task
	switch {
	case t.State == mention.Open && t.Kind == mention.Thanks:
		return "💚"
	case t.State == mention.Open:
		return "🔴"
	case t.State == mention.Taken:
		return "🟡"
	case t.State == mention.Answered && !t.NotVisibleAt.IsZero():
		return "🟠"
	case t.State == mention.Answered:
		return "🔵"
	case t.State == mention.Confirmed:
		return "✅"
	}
	return "⚪"
}

// status is the word of the state with its deadline.
func (c card) status() string {
	t := c.View.Task
	word := "*" + c.say.States[t.State] + "*"
	if t.State == mention.Open && t.Kind == mention.Thanks {
		word = "*" + c.say.Thanks + "*"
	}
	form, due := c.say.Expected(t)
	if due.IsZero() {
		return word
	}
	by := fmt.Sprintf(form, c.clock.at(due))
	if due.Before(c.At) {
		return word + "  ❗ " + fmt.Sprintf(c.say.Overdue, by)
	}
	return word + "  ⏱ " + by
}

// origin says whose words these are and when they came.
func (c card) origin() string {
	m := c.View.Mention
	parts := []string{line(cmp.Or(m.Brand, c.View.Task.Brand), nameLength)}
	if m.Author != "" {
		parts = append(parts, link(m.AuthorURL, line(m.Author, nameLength)))
	}
	var times []string
	if !m.PublishedAt.IsZero() {
		times = append(times, fmt.Sprintf(c.say.Published, c.clock.published(m.PublishedAt)))
	}
	if !m.CollectedAt.IsZero() {
		times = append(times, fmt.Sprintf(c.say.Found, c.clock.at(m.CollectedAt)))
	}
	if len(times) > 0 {
		parts = append(parts, strings.Join(times, ", "))
	}
	if also := c.also(); also != "" {
		parts = append(parts, fmt.Sprintf(c.say.Also, also))
	}
	return strings.Join(parts, " · ")
}

// maxPlaces bounds the copies that a card names; the rest is counted.
const maxPlaces = 8

func (c card) also() string {
	var sites []string
	for i, p := range c.View.Task.Places {
		switch {
		case i == 0:
		case i > maxPlaces:
			return strings.Join(sites, ", ") + fmt.Sprintf(" +%d", len(c.View.Task.Places)-i)
		default:
			sites = append(sites, line(c.Site(p.Source), nameLength))
		}
	}
	return strings.Join(sites, ", ")
}

// words are the customer's own, with where there is more of them.
func (c card) words() string {
	m := c.View.Mention
	var parts []string
	if m.Text != "" {
		parts = append(parts, m.Text)
	}
	if m.Pros != "" {
		parts = append(parts, c.say.Good+m.Pros)
	}
	if m.Cons != "" {
		parts = append(parts, c.say.Bad+m.Cons)
	}
	words := quote(cmp.Or(strings.Join(parts, "\n"), m.Title), quoteLength)
	if words == "" {
		words = "> _" + c.say.NoWords + "_"
	}
	var below []string
	if m.IsShortened() {
		below = append(below, "✂️ "+c.say.Shortened)
	}
	if _, ok := webAddress(m.URL); ok {
		below = append(below, link(m.URL, c.say.Read))
	}
	if len(below) == 0 {
		return words
	}
	return words + "\n" + strings.Join(below, " · ")
}

// maxReasons bounds the deciding words that a card shows.
const maxReasons = 6

// why says what decided the tone and what it is about.
func (c card) why() string {
	m := c.View.Mention
	var parts, words []string
	switch {
	case c.View.Task.Reason == alerts.WhyEdited:
		parts = append(parts, c.say.WhyEdited)
	case m.Conflict:
		parts = append(parts, c.say.WhyConflict)
	}
	for _, r := range m.Reasons {
		if len(words) == maxReasons {
			break
		}
		if r.Field == mention.InRating {
			words = append(words, fmt.Sprintf(c.say.Stars, m.Stars()))
			continue
		}
		words = append(words, "«"+line(r.Text, nameLength)+"»")
	}
	if len(words) > 0 {
		form := c.say.WhyNeutral
		switch m.Tone {
		case mention.Negative:
			form = c.say.WhyNegative
		case mention.Positive:
			form = c.say.WhyPositive
		}
		parts = append(parts, fmt.Sprintf(form, strings.Join(words, ", ")))
	}
	var topics []string
	for _, topic := range m.Topics[:min(len(m.Topics), maxReasons)] {
		topics = append(topics, line(c.say.TopicName(topic), nameLength))
	}
	if len(topics) > 0 {
		parts = append(parts, fmt.Sprintf(c.say.Topic, strings.Join(topics, ", ")))
	}
	return strings.Join(parts, " · ")
}

// progress says what people have done about it.
func (c card) progress() string {
	t := c.View.Task
	var parts []string
	add := func(isSo bool, s string) {
		if isSo {
			parts = append(parts, s)
		}
	}
	add(t.Cycle > 0, fmt.Sprintf("🔁 "+c.say.Reopened, t.Cycle))
	add(t.State == mention.Taken, fmt.Sprintf(c.say.Owner, person(t.Owner)))
	add(!t.AcknowledgedAt.IsZero(), fmt.Sprintf(c.say.Acknowledged, c.clock.at(t.AcknowledgedAt)))
	add(!t.AckSeenAt.IsZero(), c.say.AckSeen)
	add(!t.SnoozedUntil.IsZero(), "💤 "+fmt.Sprintf(c.say.Snoozed, c.clock.at(t.SnoozedUntil)))
	add(t.State == mention.Dismissed, fmt.Sprintf(c.say.Dismissed, c.say.Rejects[t.Dismissal]))
	if !t.AnsweredAt.IsZero() {
		done := fmt.Sprintf(c.say.AnsweredBy, c.clock.at(t.AnsweredAt), person(t.AnsweredBy))
		if t.AnsweredBy == mention.OnSite {
			done = c.say.OnSite
		}
		add(true, done)
		_, isLink := webAddress(t.AnswerURL)
		add(isLink, link(t.AnswerURL, c.say.ReplyLink))
	}
	add(!t.NotVisibleAt.IsZero(), "⚠️ "+c.say.NotVisible)
	add(t.Unverifiable && t.State == mention.Answered, c.say.Unverifiable)
	return strings.Join(parts, " · ")
}

// places is the checklist of a complaint that stands at several sites.
func (c card) places() string {
	if len(c.View.Task.Places) < 2 {
		return ""
	}
	var lines []string
	for i, p := range c.View.Task.Places {
		if i > maxPlaces {
			lines = append(lines, fmt.Sprintf("… +%d", len(c.View.Task.Places)-i))
			break
		}
		mark, word := "☐", c.say.PlaceOpen
		switch {
		case !p.SeenAt.IsZero():
			mark, word = "☑", c.say.PlaceSeen
		case !p.WaivedAt.IsZero():
			mark, word = "➖", c.say.PlaceWaived
		}
		label := line(c.Site(p.Source), nameLength)
		// Eight long addresses do not fit into one section.
		if len(p.URL) <= 200 {
			label = link(p.URL, label)
		}
		lines = append(lines, mark+" "+label+" — "+word)
	}
	return strings.Join(lines, "\n")
}

func (c card) footer() string {
	t := c.View.Task
	parts := []string{"M-" + strconv.FormatInt(int64(t.ID), 10)}
	if t.Rule != "" {
		parts = append(parts, fmt.Sprintf(c.say.Rule, line(t.Rule, nameLength)))
	}
	if !t.DeliveredAt.IsZero() {
		parts = append(parts, fmt.Sprintf(c.say.Delivered, c.clock.at(t.DeliveredAt)))
	}
	return strings.Join(parts, " · ")
}

// metadata is how the message is found again, and what others may read of it.
func (c card) metadata() slackapi.SlackMetadata {
	t := c.View.Task
	credit := ""
	if t.OnSite && t.AnsweredBy == mention.OnSite {
		credit = "site"
	}
	source := c.Notice.Source
	if source == "" {
		source = c.View.Mention.SourceID
	}
	return slackapi.SlackMetadata{EventType: eventType, EventPayload: map[string]any{
		"key": c.Notice.Key, "task": int64(c.Notice.Task), "mention": string(t.Mention), "state": string(t.State),
		"kind": string(c.Notice.Kind), "source": string(source), "copies": max(0, len(t.Places)-1),
		"reopened": t.Cycle, "unverifiable": t.Unverifiable, "credit": credit,
		"blind": c.Notice.Kind == mention.OpsNotice && c.Source.IsBlind(),
	}}
}

// eventType is the metadata type of all our messages.
const eventType = "otklik_card"

// person names an actor without pinging anybody.
func person(a mention.Actor) string {
	if a.Name != "" {
		return line(a.Name, nameLength)
	}
	if id, ok := strings.CutPrefix(a.ID, actorPrefix); ok {
		return "<@" + id + ">"
	}
	return line(a.ID, nameLength)
}

// actorPrefix begins the ids of people known from Slack.
const actorPrefix = "slack:"

// pings mentions the people and groups who should look: the owner where a
// reminder finds one, and never who has just done what the message tells.
func (c card) pings() string {
	var all []string
	whom := c.Notice.Ping
	if owner := c.View.Task.Owner.ID; c.Notice.Kind == mention.ReminderNotice && strings.HasPrefix(owner, actorPrefix) {
		whom = []string{owner}
	}
	e, _ := c.Event()
	for _, who := range whom {
		if e.Actor.ID == who || e.Actor.ID == actorPrefix+strings.TrimPrefix(who, "@") {
			continue
		}
		who = strings.TrimPrefix(strings.TrimPrefix(who, "@"), actorPrefix)
		switch {
		case who == "here" || who == "channel":
			all = append(all, "<!"+who+">")
		case isID(who, "S"):
			all = append(all, "<!subteam^"+who+">")
		case isID(who, "UW"):
			all = append(all, "<@"+who+">")
		default:
			all = append(all, "@"+line(who, nameLength))
		}
	}
	return strings.Join(all, " ")
}

// isID reports whether s looks like a Slack id that begins with one of kinds.
func isID(s, kinds string) bool {
	if len(s) < 8 || !strings.ContainsRune(kinds, rune(s[0])) {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '0' || r > '9') }) < 0
}

func stars(n int) string {
	if n == 0 {
		return ""
	}
	return strings.Repeat("★", n) + strings.Repeat("☆", 5-n)
}

func sectionOf(mrkdwn string) slackapi.Block {
	return slackapi.NewSectionBlock(slackapi.NewTextBlockObject(slackapi.MarkdownType, mrkdwn, false, false), nil, nil)
}

func contextOf(mrkdwn string) slackapi.Block {
	return slackapi.NewContextBlock("", slackapi.NewTextBlockObject(slackapi.MarkdownType, mrkdwn, false, false))
}

func plain(s string) *slackapi.TextBlockObject {
	return slackapi.NewTextBlockObject(slackapi.PlainTextType, s, true, false)
}
