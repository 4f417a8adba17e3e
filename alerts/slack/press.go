package slack

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	slackapi "github.com/slack-go/slack"

	"otklik/alerts"
	"otklik/mention"
)

// interaction carries out one press or one submitted form. An error means
// that the payload is not understood; whatever else goes wrong is told to the
// person.
func (a *App) interaction(ctx context.Context, payload []byte) (answer, error) {
	var cb slackapi.InteractionCallback
	if err := json.Unmarshal(payload, &cb); err != nil {
		return answer{}, fmt.Errorf("read interaction: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, actTime)
	defer cancel()
	switch cb.Type {
	case slackapi.InteractionTypeBlockActions:
		return a.pressed(ctx, cb)
	case slackapi.InteractionTypeViewSubmission:
		return a.submit(ctx, cb)
	}
	return answer{}, nil // a closed window asks for nothing
}

func (a *App) pressed(ctx context.Context, cb slackapi.InteractionCallback) (answer, error) {
	if len(cb.ActionCallback.BlockActions) == 0 {
		return answer{}, nil
	}
	act := cb.ActionCallback.BlockActions[0]
	if act.Value == "" && act.SelectedOption.Value == "" {
		return answer{}, nil // a link button, or a field of a form
	}
	p, err := parsePress(cmp.Or(act.Value, act.SelectedOption.Value))
	if err != nil {
		return answer{}, err
	}
	who := a.human(ctx, cb.User.ID, cb.User.Name)
	say := alerts.Say(who.lang)
	channel := cmp.Or(cb.Channel.ID, cb.Container.ChannelID)
	if !who.isMember {
		return a.whisper(channel, cb.User.ID, say.Stranger), nil
	}
	if no := a.barred(ctx, who, say); no != "" && p.verb != timelineVerb {
		return a.whisper(channel, cb.User.ID, no), nil
	}
	if p.verb == templateVerb {
		return answer{}, a.pickTemplate(ctx, p, who, cb)
	}
	if p.verb == seedVerb {
		return a.seed(ctx, p, who, channel, cb.User.ID), nil
	}
	if p.verb == stormVerb {
		return a.takeStorm(ctx, p, who, channel, cb.User.ID), nil
	}
	if view, ok, err := a.window(ctx, p, who, channel); ok || err != nil {
		if err != nil {
			return a.whisper(channel, cb.User.ID, a.refused(say, p.task, mention.Task{}, err)), nil
		}
		return a.open(ctx, view, cb, channel, say), nil
	}
	action, err := p.action(who.Actor, a.Now())
	if err != nil {
		return answer{}, err
	}
	t, err := a.Desk.Act(ctx, p.task, action)
	if err != nil {
		return a.whisper(channel, cb.User.ID, a.refused(say, p.task, t, err)), nil
	}
	return answer{}, nil
}

// window returns what p opens, if it opens anything.
func (a *App) window(ctx context.Context, p press, who human, channel string) (slackapi.ModalViewRequest, bool, error) {
	if p.verb != timelineVerb {
		return a.form(ctx, p.verb, origin{Task: p.task, Channel: channel}, who, "", "")
	}
	v, err := a.Archive.View(ctx, p.task)
	if err != nil {
		return slackapi.ModalViewRequest{}, true, fmt.Errorf("load task M-%d: %w", p.task, err)
	}
	return timeline(v, who.lang, a.zone(), a.titles(v, who.lang), a.Now()), true, nil
}

// open shows view to the person who pressed. Slack lets us do so for three
// seconds after the press, once.
func (a *App) open(ctx context.Context, view slackapi.ModalViewRequest, cb slackapi.InteractionCallback, channel string, say *alerts.Phrases) answer {
	_, err := a.client().OpenViewContext(ctx, cb.TriggerID, view)
	if err == nil {
		return answer{}
	}
	if !isCode(err, "expired_trigger_id", "trigger_expired", "exchanged_trigger_id", "trigger_exchanged", "invalid_trigger_id") {
		a.Log.Warn("window not opened", "err", err)
	}
	return a.whisper(channel, cb.User.ID, say.Expired)
}

// seed makes tasks of what a first run found unanswered.
func (a *App) seed(ctx context.Context, p press, who human, channel, user string) answer {
	say := alerts.Say(who.lang)
	if a.Errands == nil {
		return a.whisper(channel, user, say.Busy)
	}
	n, err := a.Errands.MakeTasks(ctx, mention.SourceID(p.arg), who.Actor)
	if err != nil {
		a.Log.Error("tasks not made", "source", p.arg, "err", err)
		return a.whisper(channel, user, say.Busy)
	}
	return a.whisper(channel, user, fmt.Sprintf("%s: %d", say.Done, n))
}

// takeStorm makes who the owner of a storm.
func (a *App) takeStorm(ctx context.Context, p press, who human, channel, user string) answer {
	say := alerts.Say(who.lang)
	id, err := strconv.ParseInt(p.arg, 10, 64)
	if err != nil || a.TakeStorm == nil {
		return a.whisper(channel, user, say.Busy)
	}
	// Hundreds of tasks may take longer than Slack waits.
	return answer{after: func(ctx context.Context) {
		text := say.Busy
		n, err := a.TakeStorm(ctx, id, who.Actor)
		switch {
		case err == nil:
			text = fmt.Sprintf("%s: %d", say.Done, n)
		case errors.Is(err, mention.ErrRefused):
			text = say.StormOwned
		default:
			a.Log.Error("storm not taken", "storm", id, "taken", n, "err", err)
		}
		if told := a.whisper(channel, user, text); told.after != nil {
			told.after(ctx)
		}
	}}
}

// action is what p does to its task, for verbs that need no form.
func (p press) action(by mention.Actor, now time.Time) (mention.Action, error) {
	act := mention.Action{Verb: p.verb, Actor: by, At: now}
	switch p.verb {
	case mention.Take, mention.Release, mention.Reopen, mention.Wake:
	case mention.Escalate:
		act.Step = "manual"
	case mention.Dismiss:
		if act.Reject = mention.Reject(p.arg); !slices.Contains(mention.Rejects(), act.Reject) {
			return act, fmt.Errorf("there is no reason %.40q", p.arg)
		}
	case mention.Snooze:
		span, ok := map[string]time.Duration{snoozeQuarter: 15 * time.Minute, snoozeHour: time.Hour}[p.arg]
		if !ok {
			return act, fmt.Errorf("there is no snooze of %.40q", p.arg)
		}
		act.Until = now.Add(span)
	case mention.Waive:
		act.Mention = mention.ID(p.arg)
	case approveVerb:
		act.Verb, act.Step, act.Mention = mention.Comment, mention.ReplyApproved, mention.ID(p.arg)
	case declineVerb:
		act.Verb, act.Step, act.Mention = mention.Comment, mention.ReplyDeclined, mention.ID(p.arg)
	default:
		return act, fmt.Errorf("no control does %.40q", p.verb)
	}
	return act, nil
}

// formErrors keeps the form open and says what is wrong under its fields.
func formErrors(wrong map[string]string) answer {
	return answer{body: slackapi.NewErrorsViewSubmissionResponse(wrong)}
}

// submit carries out a form. What the person typed stays in the form until it
// is saved.
func (a *App) submit(ctx context.Context, cb slackapi.InteractionCallback) (answer, error) {
	who := a.human(ctx, cb.User.ID, cb.User.Name)
	say := alerts.Say(who.lang)
	from, action, wrong, err := submitted(cb.View, who.Actor, say, a.Now())
	first := firstField(action.Verb)
	switch {
	case err != nil:
		return answer{}, err
	case len(wrong) > 0:
		return formErrors(wrong), nil
	}
	if no := a.barred(ctx, who, say); no != "" {
		return formErrors(map[string]string{first: no}), nil
	}
	if action.Publish {
		if wrong = a.unsendable(ctx, from.Task, action.Text, say); len(wrong) > 0 {
			return formErrors(wrong), nil
		}
	}
	if action.Verb == mention.Assign {
		whom := a.human(ctx, field(cb.View, fieldWhom).SelectedUser, "")
		if !whom.isMember {
			return formErrors(map[string]string{fieldWhom: say.Stranger}), nil
		}
		action.To = whom.Actor
	}
	t, err := a.Desk.Act(ctx, from.Task, action)
	if why := whyNotSent(say, err); why != "" && action.Publish {
		return formErrors(map[string]string{fieldPublish: why}), nil
	}
	if err != nil {
		return formErrors(map[string]string{first: a.refused(say, from.Task, t, err)}), nil
	}
	return answer{}, nil
}

// firstField is where a form says that the whole of it failed.
func firstField(verb mention.Verb) string {
	switch verb {
	case mention.Acknowledge:
		return fieldUntil
	case mention.Assign:
		return fieldWhom
	case mention.Comment:
		return fieldText
	}
	return fieldURL
}
