package slack

import (
	"context"
	"encoding/json"
	"fmt"

	slackapi "github.com/slack-go/slack"

	"otklik/alerts"
	"otklik/mention"
)

// maxTemplates bounds the choice; Slack takes 100 options.
const maxTemplates = 100

// drafted returns the form of an answer with the templates that suit the
// task, filled with the one called chosen and with what was typed as url.
// Without templates it is the plain form.
func drafted(view slackapi.ModalViewRequest, offered []mention.Template, task mention.TaskID, chosen, url string, say *alerts.Phrases) slackapi.ModalViewRequest {
	if len(offered) == 0 {
		return view
	}
	c := card{say: say}
	var choices []choice
	for _, t := range offered[:min(len(offered), maxTemplates)] {
		choices = append(choices, choice{press{verb: templateVerb, arg: t.Name, task: task}, alerts.Harmless(t.Title)})
		if t.Name != chosen {
			continue
		}
		for _, b := range view.Blocks.BlockSet {
			fill(b, t, url)
		}
	}
	pick := slackapi.NewActionBlock("templates", c.list(string(templateVerb), say.Template, choices))
	view.Blocks.BlockSet = append([]slackapi.Block{pick}, view.Blocks.BlockSet...)
	return view
}

// fill puts a template into the text and keeps the link. The block gets
// another id: Slack shows an initial value only in a field it has not seen.
func fill(b slackapi.Block, t mention.Template, url string) {
	in, ok := b.(*slackapi.InputBlock)
	if !ok {
		return
	}
	switch box := in.Element.(type) {
	case *slackapi.PlainTextInputBlockElement:
		box.InitialValue, in.BlockID = alerts.Cut(t.Text, maxAnswer), in.BlockID+"."+t.Name
	case *slackapi.URLTextInputBlockElement:
		box.InitialValue = url
	}
}

// pickTemplate shows the form anew with the chosen template in it.
func (a *App) pickTemplate(ctx context.Context, p press, who human, cb slackapi.InteractionCallback) error {
	var from origin
	if err := json.Unmarshal([]byte(cb.View.PrivateMetadata), &from); err != nil || from.Task != p.task {
		return fmt.Errorf("form %.40q is not about M-%d", cb.View.CallbackID, p.task)
	}
	view, ok, err := a.form(ctx, mention.Verb(cb.View.CallbackID), from, who, p.arg, field(cb.View, fieldURL).Value)
	if err != nil || !ok {
		return fmt.Errorf("fill form %.40q: %w", cb.View.CallbackID, err)
	}
	// The hash keeps a slow answer from overwriting a later choice.
	_, err = a.client().UpdateViewContext(ctx, view, "", cb.View.Hash, cb.View.ID)
	if err != nil && !isCode(err, "hash_conflict", "not_found", "view_not_found") {
		a.Log.Warn("template not shown", "err", err)
	}
	return nil
}

// form returns the form that verb asks for, with templates where it takes an answer.
func (a *App) form(ctx context.Context, verb mention.Verb, from origin, who human, chosen, url string) (slackapi.ModalViewRequest, bool, error) {
	say := alerts.Say(who.lang)
	view, ok, err := form(verb, from, say, a.Now())
	takesWords := verb == mention.Answer || verb == mention.Acknowledge
	if err != nil || !ok || !takesWords {
		return view, ok, err
	}
	v, err := a.Archive.View(ctx, from.Task)
	if err != nil {
		return view, true, fmt.Errorf("load task M-%d: %w", from.Task, err)
	}
	if l, can := a.limits(v); can {
		view = sendable(view, l, say)
	}
	if a.Templates != nil {
		view = drafted(view, a.Templates(v), from.Task, chosen, url, say)
	}
	// Who writes an answer has the complaint before their eyes.
	c := newCard(alerts.Message{View: v, Titles: a.titles(v, who.lang), At: a.Now()}, who.lang, a.zone())
	view.Blocks.BlockSet = append([]slackapi.Block{contextOf(c.origin()), sectionOf(c.words())}, view.Blocks.BlockSet...)
	return view, true, nil
}
