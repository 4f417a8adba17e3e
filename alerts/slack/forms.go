package slack

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	slackapi "github.com/slack-go/slack"

	"otklik/alerts"
	"otklik/mention"
)

// origin is where a form was opened from; it travels in the form's private
// metadata, so that an answer to the person finds its channel.
type origin struct {
	Task    mention.TaskID `json:"task"`
	Channel string         `json:"channel,omitempty"`
}

// The fields of forms.
const (
	fieldURL   = "url"
	fieldText  = "text"
	fieldUntil = "until"
	fieldWhom  = "whom"
)

// maxAnswer is the longest text that a form takes; Slack allows 3,000.
const maxAnswer = 3000

// promiseAfter is the suggested time for a promised solution.
const promiseAfter = 24 * time.Hour

// form returns the form that verb asks for, and whether there is one.
func form(verb mention.Verb, from origin, say *alerts.Phrases, now time.Time) (slackapi.ModalViewRequest, bool, error) {
	var title string
	var inputs []slackapi.Block
	switch verb {
	case mention.Answer:
		title = say.AnswerTitle
		inputs = []slackapi.Block{
			input(fieldURL, say.AnswerURL, say.AnswerURLHint, slackapi.NewURLTextInputBlockElement(nil, fieldURL)),
			input(fieldText, say.AnswerText, say.AnswerTextHint, textBox()),
		}
	case mention.Acknowledge:
		title = say.AckTitle
		until := slackapi.NewDateTimePickerBlockElement(fieldUntil)
		until.InitialDateTime = now.Add(promiseAfter).Truncate(time.Hour).Unix()
		when := input(fieldUntil, say.AckUntil, "", until)
		when.Optional = false
		inputs = []slackapi.Block{when,
			input(fieldURL, say.AnswerURL, say.AnswerURLHint, slackapi.NewURLTextInputBlockElement(nil, fieldURL)),
			input(fieldText, say.AckText, say.AnswerTextHint, textBox())}
	case mention.Assign:
		title = say.AssignTitle
		whom := input(fieldWhom, say.AssignTo, "", slackapi.NewOptionsSelectBlockElement(slackapi.OptTypeUser, plain(say.AssignTo), fieldWhom))
		whom.Optional = false
		inputs = []slackapi.Block{whom}
	case mention.Comment:
		title = say.NoteTitle
		note := input(fieldText, say.NoteTitle, "", textBox())
		note.Optional = false
		inputs = []slackapi.Block{note}
	default:
		return slackapi.ModalViewRequest{}, false, nil
	}
	private, err := json.Marshal(from)
	if err != nil {
		return slackapi.ModalViewRequest{}, true, fmt.Errorf("write private metadata: %w", err)
	}
	return slackapi.ModalViewRequest{
		Type: slackapi.VTModal, CallbackID: string(verb), PrivateMetadata: string(private),
		Title: plain(alerts.Cut(fmt.Sprintf("M-%d: %s", from.Task, title), 24)), Submit: plain(say.Submit), Close: plain(say.Cancel),
		Blocks: slackapi.Blocks{BlockSet: inputs},
	}, true, nil
}

func textBox() *slackapi.PlainTextInputBlockElement {
	box := slackapi.NewPlainTextInputBlockElement(nil, fieldText)
	box.Multiline, box.MaxLength = true, maxAnswer
	return box
}

func input(id, label, hint string, e slackapi.BlockElement) *slackapi.InputBlock {
	var h *slackapi.TextBlockObject
	if hint != "" {
		h = plain(hint)
	}
	b := slackapi.NewInputBlock(id, plain(label), h, e)
	b.Optional = true
	return b
}

// submitted reads a form into an action. The second result names, by field,
// what the person is to correct.
func submitted(view slackapi.View, by mention.Actor, say *alerts.Phrases, now time.Time) (origin, mention.Action, map[string]string, error) {
	var from origin
	if err := json.Unmarshal([]byte(view.PrivateMetadata), &from); err != nil || from.Task <= 0 {
		return from, mention.Action{}, nil, fmt.Errorf("form %.40q carries no task", view.CallbackID)
	}
	a := mention.Action{Verb: mention.Verb(view.CallbackID), Actor: by, At: now,
		URL: strings.TrimSpace(field(view, fieldURL).Value), Text: alerts.Cut(field(view, fieldText).Value, maxAnswer)}
	wrong := map[string]string{}
	if _, ok := webAddress(a.URL); a.URL != "" && !ok {
		wrong[fieldURL] = say.NotURL
	}
	switch a.Verb {
	case mention.Answer:
		a.Publish = isTicked(view)
	case mention.Comment:
	case mention.Acknowledge:
		a.Publish = isTicked(view)
		a.Until = time.Unix(field(view, fieldUntil).SelectedDateTime, 0)
		if !a.Until.After(now) {
			wrong[fieldUntil] = say.PastTime
		}
	case mention.Assign:
		a.To = mention.Actor{ID: actorPrefix + field(view, fieldWhom).SelectedUser}
	default:
		return from, a, nil, fmt.Errorf("there is no form %.40q", view.CallbackID)
	}
	return from, a, wrong, nil
}

// field returns what was typed into the field id; its block may have another
// id, when a template was put in.
func field(view slackapi.View, id string) slackapi.BlockAction {
	if view.State == nil {
		return slackapi.BlockAction{}
	}
	for _, values := range view.State.Values {
		if typed, ok := values[id]; ok {
			return typed
		}
	}
	return slackapi.BlockAction{}
}

// Limits of a timeline in a window.
const (
	maxEvents = 40
)

// timeline returns a window with what happened to the task, newest last.
func timeline(v mention.View, lang string, zone *time.Location, titles map[string]string, now time.Time) slackapi.ModalViewRequest {
	c := newCard(alerts.Message{View: v, Titles: titles, At: now}, lang, zone)
	var blocks []slackapi.Block
	events := v.Events
	if len(events) > maxEvents {
		blocks = append(blocks, contextOf(fmt.Sprintf("… +%d", len(events)-maxEvents)))
		events = events[len(events)-maxEvents:]
	}
	for _, e := range events {
		blocks = append(blocks, sectionOf(c.eventLine(e)))
	}
	if len(blocks) == 0 {
		blocks = append(blocks, contextOf(c.say.NoEvents))
	}
	return slackapi.ModalViewRequest{Type: slackapi.VTModal, Close: plain(c.say.Close),
		Title: plain(alerts.Cut(fmt.Sprintf("M-%d: %s", v.Task.ID, c.say.TimelineTitle), 24)), Blocks: slackapi.Blocks{BlockSet: blocks}}
}
