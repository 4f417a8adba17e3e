package slack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	slackapi "github.com/slack-go/slack"

	"otklik/alerts"
	"otklik/mention"
)

// fieldPublish is the tick that sends an answer to its site.
const fieldPublish = "publish"

// The controls of an answer that waits for a second person; the argument is
// the mention it answers.
const (
	approveVerb mention.Verb = "approve"
	declineVerb mention.Verb = "decline"
)

// sendable adds the tick to the form of an answer, where its site takes
// answers, with what the site asks of them.
func sendable(view slackapi.ModalViewRequest, l mention.ReplyLimits, say *alerts.Phrases) slackapi.ModalViewRequest {
	hint := say.PublishHint
	// Half the bytes is how many Cyrillic letters fit for sure.
	if most := cmp.Or(l.Characters, l.Bytes/2); most > 0 {
		hint += " " + fmt.Sprintf(say.PublishLimit, most)
	}
	for _, b := range view.Blocks.BlockSet {
		if in, ok := b.(*slackapi.InputBlock); ok && in.BlockID == fieldText {
			in.Hint = nil // it says that the text stays here
		}
	}
	option := slackapi.NewOptionBlockObject(fieldPublish, plain(say.Publish), nil)
	tick := input(fieldPublish, say.PublishTitle, hint, slackapi.NewCheckboxGroupsBlockElement(fieldPublish, option))
	view.Blocks.BlockSet = append(view.Blocks.BlockSet, tick)
	return view
}

// limits says whether v's answer can be sent to its site from here.
func (a *App) limits(v mention.View) (mention.ReplyLimits, bool) {
	if a.Sends == nil {
		return mention.ReplyLimits{}, false
	}
	l, err := a.Sends(v.Mention)
	return l, err == nil
}

// unsendable says, by field, why a ticked answer cannot leave, while its
// words are still in the form.
func (a *App) unsendable(ctx context.Context, task mention.TaskID, text string, say *alerts.Phrases) map[string]string {
	if strings.TrimSpace(text) == "" {
		return map[string]string{fieldPublish: say.PublishEmpty}
	}
	v, err := a.Archive.View(ctx, task)
	if err != nil {
		return nil // the desk says why
	}
	l, _ := a.limits(v)
	n := utf8.RuneCountInString(text)
	switch {
	case l.Characters > 0 && n > l.Characters:
		return map[string]string{fieldPublish: fmt.Sprintf(say.PublishLong, n, l.Characters)}
	case l.Bytes > 0 && len(text) > l.Bytes:
		return map[string]string{fieldPublish: fmt.Sprintf(say.PublishLong, n, n*l.Bytes/len(text))}
	}
	return nil
}

// isTicked reports whether the form asks for its answer to be sent.
func isTicked(view slackapi.View) bool {
	return len(field(view, fieldPublish).SelectedOptions) > 0
}

// whyNotSent is what a person reads when the courier refuses a ticked answer.
func whyNotSent(say *alerts.Phrases, err error) string {
	if !errors.Is(err, mention.ErrRefused) {
		return ""
	}
	_, why, _ := strings.Cut(err.Error(), mention.ErrRefused.Error()+": ")
	return alerts.Cut(fmt.Sprintf(say.PublishRefused, why), noteLength)
}

// decisions are the buttons for answers that wait for a second person.
func (c card) decisions() []slackapi.BlockElement {
	var out []slackapi.BlockElement
	for _, p := range c.View.Task.Places[:min(len(c.View.Task.Places), maxPlaces)] {
		l, written := mention.LetterOf(c.View.Events, p.Mention)
		if !written || l.State != mention.ReplyDrafted {
			continue
		}
		for _, b := range []choice{{c.press(approveVerb, string(p.Mention)), c.say.Approve}, {c.press(declineVerb, string(p.Mention)), c.say.Decline}} {
			out = append(out, slackapi.NewButtonBlockElement(string(b.press.verb)+"."+b.press.arg, b.press.String(), plain(b.text)))
		}
	}
	return out
}
