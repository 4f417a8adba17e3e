package slack

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	slackapi "github.com/slack-go/slack"

	"otklik/alerts"
	"otklik/mention"
)

// press is what a control carries: a verb, its argument where it has one, and
// a task. It is written "verb:task" or "verb.argument:task".
type press struct {
	verb mention.Verb
	arg  string
	task mention.TaskID
}

// The verbs of controls that are not acts on a task.
const (
	timelineVerb mention.Verb = "timeline"
	seedVerb     mention.Verb = "seed"     // argument: the source
	stormVerb    mention.Verb = "storm"    // argument: the storm's number
	templateVerb mention.Verb = "template" // argument: its name
)

// The arguments of snooze.
const (
	snoozeQuarter = "15m"
	snoozeHour    = "60m"
)

// String returns the value of the control.
func (p press) String() string {
	s := string(p.verb)
	if p.arg != "" {
		s += "." + p.arg
	}
	return s + ":" + strconv.FormatInt(int64(p.task), 10)
}

// parsePress reads the value of a control. Slack gives back what we sent, but
// whoever has the signing secret can send anything.
func parsePress(s string) (press, error) {
	name, id, ok := cutLast(s, ":")
	task, err := strconv.ParseInt(id, 10, 64)
	if !ok || err != nil || task < 0 {
		return press{}, fmt.Errorf("control %.40q carries no verb and task", s)
	}
	verb, arg, _ := strings.Cut(name, ".")
	if verb == "" {
		return press{}, fmt.Errorf("control %.40q carries no verb", s)
	}
	return press{verb: mention.Verb(verb), arg: arg, task: mention.TaskID(task)}, nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// controls are the buttons that the task's state allows. The block id changes
// with the version, because Slack keeps showing what was chosen in a list
// otherwise.
func (c card) controls() slackapi.Block {
	t := c.View.Task
	var all []slackapi.BlockElement
	add := func(e slackapi.BlockElement) { all = append(all, e) }
	switch {
	case t.State == mention.Open:
		add(c.button(mention.Take, c.say.Take, slackapi.StylePrimary))
		add(c.button(mention.Answer, c.say.Answer, slackapi.StyleDefault))
		add(c.list("dismiss", c.say.Dismiss, c.rejects()))
	case t.State == mention.Taken, t.NeedsPerson():
		add(c.button(mention.Answer, c.say.Answer, slackapi.StylePrimary))
		add(c.list("dismiss", c.say.Dismiss, c.rejects()))
	default:
		add(c.button(mention.Reopen, c.say.Reopen, slackapi.StyleDefault))
	}
	all = append(all, c.decisions()...)
	add(c.list("more", c.say.More, c.more()))
	return slackapi.NewActionBlock(fmt.Sprintf("do-%d", t.Version), all...)
}

// choice is one entry of a list.
type choice struct {
	press press
	text  string
}

func (c card) rejects() []choice {
	var all []choice
	for _, r := range mention.Rejects() {
		all = append(all, choice{c.press(mention.Dismiss, string(r)), upperFirst(c.say.Rejects[r])})
	}
	return all
}

// more lists what else can be done in the state.
func (c card) more() []choice {
	t := c.View.Task
	var all []choice
	add := func(verb mention.Verb, arg, text string) {
		all = append(all, choice{c.press(verb, arg), text})
	}
	if t.State == mention.Open || t.State == mention.Taken {
		add(mention.Acknowledge, "", c.say.Acknowledge)
		add(mention.Assign, "", c.say.Assign)
		if t.State == mention.Taken {
			add(mention.Release, "", c.say.Release)
		}
		if !t.SnoozedUntil.IsZero() {
			add(mention.Wake, "", c.say.Wake)
		}
		add(mention.Snooze, snoozeQuarter, c.say.Snooze15)
		add(mention.Snooze, snoozeHour, c.say.Snooze60)
		add(mention.Escalate, "", c.say.Escalate)
	}
	if !t.IsClosed() && len(t.Places) > 1 {
		for _, p := range t.Places[:min(len(t.Places), maxPlaces+1)] {
			if p.SeenAt.IsZero() && p.WaivedAt.IsZero() {
				add(mention.Waive, string(p.Mention), fmt.Sprintf(c.say.Waive, alerts.Harmless(c.Site(p.Source))))
			}
		}
	}
	if t.State == mention.Answered && t.NeedsPerson() {
		add(mention.Reopen, "", c.say.Reopen)
	}
	add(mention.Comment, "", c.say.Note)
	add(timelineVerb, "", c.say.Timeline)
	return all
}

func (c card) press(verb mention.Verb, arg string) press {
	return press{verb: verb, arg: arg, task: c.View.Task.ID}
}

func (c card) button(verb mention.Verb, text string, style slackapi.Style) slackapi.BlockElement {
	b := slackapi.NewButtonBlockElement(string(verb), c.press(verb, "").String(), plain(text))
	if style != slackapi.StyleDefault {
		b.Style = style
	}
	return b
}

func (c card) list(actionID, placeholder string, choices []choice) slackapi.BlockElement {
	options := make([]*slackapi.OptionBlockObject, len(choices))
	for i, ch := range choices {
		options[i] = slackapi.NewOptionBlockObject(ch.press.String(), plain(alerts.Cut(ch.text, optionLength)), nil)
	}
	return slackapi.NewOptionsSelectBlockElement(slackapi.OptTypeStatic, plain(placeholder), actionID, options...)
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}
