package slack

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	slackapi "github.com/slack-go/slack"

	"otklik/alerts"
	"otklik/mention"
)

// ops tells that a source is not seen, and in the same place that it is again.
func (c card) ops() (string, []slackapi.Block) {
	s := c.Source
	name := line(cmp.Or(s.Title, c.Site(s.Site), string(s.ID)), titleLength)
	if !s.IsBlind() {
		text := "🟢 " + fmt.Sprintf(c.say.Back, name)
		return text, []slackapi.Block{sectionOf("*" + text + "*"), contextOf(c.opsFooter())}
	}
	reason := cmp.Or(c.say.Sights[s.Verdict], string(s.Verdict))
	text := "🟣 " + fmt.Sprintf(c.say.Blind, name, reason)
	head := "*" + text + "* " + fmt.Sprintf(c.say.BlindSince, c.clock.at(s.BlindSince))
	blocks := []slackapi.Block{sectionOf(head)}
	if evidence := c.evidence(); evidence != "" {
		blocks = append(blocks, contextOf(fmt.Sprintf(c.say.Evidence, evidence)))
	}
	return text, append(blocks, contextOf(c.opsFooter()))
}

func (c card) evidence() string {
	e := c.Source.Evidence
	parts := []string{string(c.Source.Verdict)}
	if e.Status != 0 {
		parts = append(parts, fmt.Sprintf("HTTP %d", e.Status))
	}
	for _, s := range []string{e.Marker, e.Note} {
		if s != "" {
			parts = append(parts, line(s, noteLength))
		}
	}
	if e.URL != "" {
		parts = append(parts, link(e.URL, line(e.URL, nameLength)))
	}
	return strings.Join(parts, " · ")
}

// opsFooter is the source's id, which begins with its brand.
func (c card) opsFooter() string { return line(string(c.Source.ID), titleLength) }

// seeded sums up a source's silent first run.
func (c card) seeded() (string, []slackapi.Block) {
	s := c.Source
	name := line(cmp.Or(s.Title, c.Site(s.Site), string(s.ID)), titleLength)
	head := "🌱 " + fmt.Sprintf(c.say.Seeded, name)
	figures := fmt.Sprintf(c.say.SeededNow, c.Seeded.Known, c.Seeded.Alerted, c.Seeded.Unanswered)
	blocks := []slackapi.Block{sectionOf("*" + head + "*\n" + figures)}
	value := press{verb: seedVerb, arg: string(s.ID)}.String()
	if c.Seeded.Unanswered > 0 && len(value) <= 2000 {
		blocks = append(blocks, slackapi.NewActionBlock("seed",
			slackapi.NewButtonBlockElement(string(seedVerb), value, plain(c.say.MakeTasks))))
	}
	return head + ". " + figures, append(blocks, contextOf(c.opsFooter()))
}

// history is one line of the timeline under the card.
func (c card) history() (string, []slackapi.Block) {
	e, ok := c.Event()
	if !ok {
		text := fmt.Sprintf("M-%d: %s", c.Notice.Task, c.say.States[c.View.Task.State])
		return text, []slackapi.Block{contextOf(text)}
	}
	text := c.eventLine(e)
	if e.Verb != mention.Edited && (e.Verb != mention.Reopen || len(c.View.Revisions) == 0) {
		return text, []slackapi.Block{contextOf(text)}
	}
	blocks := []slackapi.Block{sectionOf(text)}
	if diff := c.diff(e); diff != "" {
		blocks = append(blocks, sectionOf(diff))
	}
	return text, blocks
}

// eventLine tells one event: what, who, when, and what was said.
func (c card) eventLine(e mention.Event) string {
	s := upperFirst(c.say.Verbs[e.Verb])
	if e.Ack {
		s = upperFirst(c.say.AckSeen)
	}
	if e.Verb == mention.Dismiss {
		s += " (" + c.say.Rejects[e.Reject] + ")"
	}
	if e.Actor.IsPerson() {
		s += ": " + person(e.Actor)
	}
	if e.Whom.ID != "" {
		s += " → " + person(e.Whom)
	}
	if e.Step != "" {
		s += " — " + line(c.say.StepName(e.Step), nameLength)
	}
	if e.Source != "" {
		s += " · " + c.placeOf(e)
	}
	switch {
	case e.Until.IsZero():
	case e.Verb == mention.Acknowledge:
		s += ", " + fmt.Sprintf(c.say.PromisedBy, c.clock.at(e.Until))
	default:
		s += " → " + c.clock.at(e.Until)
	}
	s += " · " + c.clock.at(e.At)
	if _, ok := webAddress(e.URL); ok {
		s += " · " + link(e.URL, c.say.ReplyLink)
	}
	if e.Text != "" && e.Verb != mention.Raise {
		s += "\n" + quote(e.Text, noteLength)
	}
	return s
}

// placeOf names the site of a copy that e tells of, with its page where the
// task has just one there.
func (c card) placeOf(e mention.Event) string {
	label, page := line(c.Site(e.Source), nameLength), ""
	for _, p := range c.View.Task.Places {
		switch {
		case p.Source != e.Source:
		case page != "":
			return label
		default:
			page = p.URL
		}
	}
	return link(page, label)
}

// diff shows what the author changed since the event: the stars, and the
// words that went and came with a few around them.
func (c card) diff(e mention.Event) string {
	was, ok := c.before(e.At)
	if !ok {
		return ""
	}
	now := c.View.Mention
	before := mention.Mention{Rating: was.Rating, Best: was.Best, Title: was.Title, Text: was.Text, Pros: was.Pros, Cons: was.Cons}
	var parts []string
	if a, b := before.Stars(), now.Stars(); a != b {
		parts = append(parts, fmt.Sprintf(c.say.StarsChanged, stars(a), stars(b)))
	}
	pieces := alerts.Diff(alerts.Harmless(before.Words()), alerts.Harmless(now.Words()))
	if len(pieces) > 1 || len(pieces) == 1 && pieces[0].Op != alerts.Kept {
		parts = append(parts, "> "+changes(alerts.Near(pieces, diffLead)))
	}
	return strings.Join(parts, "\n")
}

// before returns the revision that an edit at t replaced; with several edits
// since, the oldest of them. When none is that young, the last one counts.
func (c card) before(t time.Time) (mention.Revision, bool) {
	for _, r := range c.View.Revisions {
		if !r.SeenAt.Before(t.Add(-revisionSkew)) {
			return r, true
		}
	}
	if n := len(c.View.Revisions); n > 0 {
		return c.View.Revisions[n-1], true
	}
	return mention.Revision{}, false
}

const (
	// diffLead is how many words stand around a change.
	diffLead = 8
	// diffLength is how many characters of a change are shown.
	diffLength = 800
	// revisionSkew is how far apart the times of an edit's event and of its
	// revision may be.
	revisionSkew = time.Minute
)

// unmarked takes from foreign text the characters that mark changes.
var unmarked = strings.NewReplacer("*", "∗", "~", "∼", "`", "ˋ")

// changes strikes out what went and sets bold what came.
func changes(pieces []alerts.Piece) string {
	var parts []string
	left := diffLength
	for _, p := range pieces {
		text := unmarked.Replace(alerts.Cut(p.Text, max(1, left)))
		left -= len([]rune(text))
		switch text = escape(text); p.Op {
		case alerts.Removed:
			text = "~" + text + "~"
		case alerts.Added:
			text = "*" + text + "*"
		}
		parts = append(parts, text)
		if left <= 0 {
			break
		}
	}
	return strings.Join(parts, " ")
}

// reminder pings those who should act, under the card.
func (c card) reminder() (string, []slackapi.Block) {
	head := fmt.Sprintf(c.say.Reminder, c.Notice.Task)
	if step := c.Notice.Subject; step != "" {
		head += ": " + line(c.say.StepName(step), titleLength)
	}
	text := strings.TrimSpace("⏰ " + head + " " + c.pings())
	if due := c.View.Task.DueAt(); !due.IsZero() {
		text += " · " + c.status()
	}
	return text, []slackapi.Block{sectionOf(text)}
}

// escalation is the whole card for people who have not seen it, and a line
// under the card, shown to the whole channel, for those who have.
func (c card) escalation() (string, []slackapi.Block) {
	head := "🚨 " + fmt.Sprintf(c.say.Escalation, c.Notice.Task)
	if step := c.Notice.Subject; step != "" {
		head += " — " + line(c.say.StepName(step), titleLength)
	}
	head = strings.TrimSpace(head + " " + c.pings())
	if c.Thread.Message != "" {
		return head, []slackapi.Block{sectionOf(head)}
	}
	_, blocks := c.task()
	return head, append([]slackapi.Block{sectionOf(head)}, blocks...)
}

// Limits of a digest: Slack takes 50 blocks and 3,000 characters a section.
const (
	maxSections    = 40
	maxLines       = 20
	sectionLetters = 2900
)

// digest lists sections of lines.
func (c card) digest() (string, []slackapi.Block) {
	titles := map[mention.NoticeKind]string{mention.DigestNotice: c.say.Digest, mention.StormNotice: c.say.Storm, mention.SpikeNotice: c.say.Spike}
	title := line(cmp.Or(c.Digest.Title, titles[c.Notice.Kind]), titleLength)
	blocks := []slackapi.Block{sectionOf("*" + link(c.Digest.URL, title) + "*")}
	for i, s := range c.Digest.Sections {
		if i == maxSections {
			blocks = append(blocks, contextOf(fmt.Sprintf("… +%d", len(c.Digest.Sections)-i)))
			break
		}
		blocks = append(blocks, sectionOf(c.digestSection(s)))
	}
	return title, blocks
}

// storm is the one card of many complaints: it can be taken as a whole.
func (c card) storm() (string, []slackapi.Block) {
	text, blocks := c.digest()
	s := c.Storm.Storm
	since := contextOf("🌪 " + fmt.Sprintf(c.say.StormSince, c.clock.at(s.StartedAt)))
	if c.IsOver {
		since = contextOf("🌤 " + fmt.Sprintf(c.say.StormLast, c.clock.at(s.StartedAt), c.clock.at(s.LastAt)))
	}
	isFree := slices.ContainsFunc(c.Storm.Tasks, func(t mention.Task) bool { return t.State == mention.Open })
	if s.Owner.ID != "" || c.IsOver && !isFree {
		return text, append(blocks, since)
	}
	value := press{verb: stormVerb, arg: strconv.FormatInt(s.ID, 10)}.String()
	take := slackapi.NewButtonBlockElement(string(stormVerb), value, plain(c.say.TakeStorm))
	take.Style = slackapi.StylePrimary
	return text, append(blocks, slackapi.NewActionBlock("storm", take), since)
}

func (c card) digestSection(s mention.Section) string {
	text := "*" + line(s.Title, titleLength) + "*"
	if len(s.Lines) == 0 {
		return text + "\n" + c.say.NothingIn
	}
	for i, l := range s.Lines {
		next := "\n• " + link(l.URL, line(l.Text, noteLength))
		if i == maxLines || len([]rune(text))+len([]rune(next)) > sectionLetters {
			return text + fmt.Sprintf("\n… +%d", len(s.Lines)-i)
		}
		text += next
	}
	return text
}
