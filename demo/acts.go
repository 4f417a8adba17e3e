package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"time"
)

// Errors of acts that a person could not have done.
var (
	ErrNoControl  = errors.New("no such button, menu or view")
	ErrIncomplete = errors.New("a required field is empty")
)

// Click is one use of a button, menu or picker, in a message or in a view.
type Click struct {
	User     string
	Channel  string // id or name; with TS
	TS       string
	ViewID   string // instead of Channel and TS
	ActionID string
	// Value picks among controls with the same ActionID, and the option of a
	// menu; the first one when empty.
	Value string
	// Late allows a control that the message had before its last edits, as a
	// person sees it whose screen is behind.
	Late bool
}

// Submission is a press of a modal's submit button. Values are by action id or
// by block id; a field left out keeps its initial value.
type Submission struct {
	User   string
	ViewID string
	Values map[string]string
}

// Answer is what the app answered to an act.
type Answer struct {
	Status int // HTTP status; 200 for an acknowledged envelope
	Body   []byte
	Took   time.Duration
	// Errors are the app's complaints about a submission, by block id.
	Errors map[string]string
}

// Click presses a control and delivers block_actions to the app. It returns
// ErrNoControl when the person has no such control before them.
func (s *Slack) Click(ctx context.Context, c Click) (Answer, error) {
	s.mu.Lock()
	p, err := s.clickPayload(c)
	s.mu.Unlock()
	if err != nil {
		return Answer{}, fmt.Errorf("click %q: %w", c.ActionID, err)
	}
	return s.deliver(ctx, interactive, p)
}

func (s *Slack) clickPayload(c Click) (fields, error) {
	if c.ViewID != "" {
		return s.viewClick(c)
	}
	m := s.find(s.channelID(c.Channel), c.TS)
	if m == nil {
		return s.ephemeralClick(c)
	}
	bodies := []json.RawMessage{m.Blocks}
	if c.Late {
		for _, past := range m.Past {
			bodies = append(bodies, past.Blocks)
		}
	}
	for _, body := range bodies {
		action := findControl(body, c.ActionID, c.Value)
		if action == nil {
			continue
		}
		p := s.actor(c.User, "block_actions")
		action["action_ts"] = formatTS(s.cfg.Now())
		p["actions"] = []fields{action}
		p["channel"] = s.channelRef(m.Channel)
		p["message"] = s.describe(m, true)
		container := fields{"type": "message", "message_ts": m.TS, "channel_id": m.Channel, "is_ephemeral": false}
		if m.ThreadTS != "" {
			container["thread_ts"] = m.ThreadTS
		}
		p["container"] = container
		p["state"] = fields{"values": fields{}}
		p["response_url"] = s.newResponse(c.User, m.Channel, m.TS)
		return p, nil
	}
	return nil, ErrNoControl
}

func (s *Slack) ephemeralClick(c Click) (fields, error) {
	for _, e := range s.ephemerals {
		action := findControl(e.Blocks, c.ActionID, c.Value)
		if e.TS != c.TS || e.User != c.User || action == nil {
			continue
		}
		p := s.actor(c.User, "block_actions")
		action["action_ts"] = formatTS(s.cfg.Now())
		p["actions"], p["channel"] = []fields{action}, s.channelRef(e.Channel)
		p["container"] = fields{"type": "message", "message_ts": e.TS, "channel_id": e.Channel, "is_ephemeral": true}
		p["state"] = fields{"values": fields{}}
		p["response_url"] = s.newResponse(c.User, e.Channel, "")
		return p, nil
	}
	return nil, ErrNoControl
}

func (s *Slack) viewClick(c Click) (fields, error) {
	v := s.view(c.ViewID)
	if v == nil || !v.Open || v.User != c.User {
		return nil, ErrNoControl
	}
	var body struct {
		Blocks json.RawMessage `json:"blocks"`
	}
	if err := json.Unmarshal(v.Content, &body); err != nil {
		return nil, fmt.Errorf("decode view: %w", err)
	}
	action := findControl(body.Blocks, c.ActionID, c.Value)
	if action == nil {
		return nil, ErrNoControl
	}
	p := s.actor(c.User, "block_actions")
	action["action_ts"] = formatTS(s.cfg.Now())
	p["actions"] = []fields{action}
	p["container"] = fields{"type": "view", "view_id": v.ID}
	shown := s.describeView(v)
	values, _ := submitted(body.Blocks, nil)
	shown["state"] = fields{"values": values}
	p["view"] = shown
	return p, nil
}

// SubmitView presses the submit button of a modal. The app's response_action
// (errors, update, push, clear) is obeyed; without one the modal closes.
func (s *Slack) SubmitView(ctx context.Context, sub Submission) (Answer, error) {
	s.mu.Lock()
	v := s.view(sub.ViewID)
	if v == nil || !v.Open || v.User != sub.User {
		s.mu.Unlock()
		return Answer{}, fmt.Errorf("submit view %q: %w", sub.ViewID, ErrNoControl)
	}
	p, err := s.submitPayload(v, sub)
	s.mu.Unlock()
	if err != nil {
		return Answer{}, fmt.Errorf("submit view %q: %w", sub.ViewID, err)
	}
	answer, err := s.deliver(ctx, interactive, p)
	if err != nil {
		return answer, err
	}
	return s.obey(v, answer)
}

func (s *Slack) submitPayload(v *View, sub Submission) (fields, error) {
	var body struct {
		Blocks json.RawMessage `json:"blocks"`
	}
	if err := json.Unmarshal(v.Content, &body); err != nil {
		return nil, fmt.Errorf("decode view: %w", err)
	}
	values, err := submitted(body.Blocks, sub.Values)
	if err != nil {
		return nil, err
	}
	p := s.actor(sub.User, "view_submission")
	view := s.describeView(v)
	view["state"] = fields{"values": values}
	p["view"], p["response_urls"] = view, []fields{}
	return p, nil
}

// obey does what the app asked for in its answer to a submission.
func (s *Slack) obey(v *View, answer Answer) (Answer, error) {
	var asked struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
		View   json.RawMessage   `json:"view"`
	}
	if len(answer.Body) > 0 && json.Unmarshal(answer.Body, &asked) != nil {
		asked.Action = "" // a plain acknowledgement
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rev++
	switch asked.Action {
	case "errors":
		v.Errors, answer.Errors = maps.Clone(asked.Errors), asked.Errors
		return answer, nil
	case "update", "push":
		if err := ValidateView(asked.View); err != nil {
			return answer, fmt.Errorf("%s view: %w", asked.Action, err)
		}
		if asked.Action == "update" {
			s.setView(v, string(asked.View))
		} else {
			s.addView(v.User, string(asked.View))
		}
		return answer, nil
	case "clear":
		for _, other := range s.views {
			if other.User == v.User && other.Type == "modal" {
				other.Open = false
			}
		}
	}
	v.Open = false
	return answer, nil
}

// CloseView dismisses a modal and tells the app if the view asked for it.
func (s *Slack) CloseView(ctx context.Context, user, viewID string) error {
	s.mu.Lock()
	v := s.view(viewID)
	if v == nil || !v.Open || v.User != user {
		s.mu.Unlock()
		return fmt.Errorf("close view %q: %w", viewID, ErrNoControl)
	}
	v.Open = false
	s.rev++
	p := s.actor(user, "view_closed")
	p["view"], p["is_cleared"] = s.describeView(v), false
	s.mu.Unlock()
	var wants struct {
		Notify bool `json:"notify_on_close"`
	}
	if err := json.Unmarshal(v.Content, &wants); err != nil || !wants.Notify {
		return err
	}
	_, err := s.deliver(ctx, interactive, p)
	return err
}

// Command types a slash command, such as "/otklik" with text "mine". A text
// answer is shown to the member alone.
func (s *Slack) Command(ctx context.Context, user, channel, command, text string) (Answer, error) {
	s.mu.Lock()
	id := s.channelID(channel)
	ref := s.channelRef(id)
	p := fields{"command": command, "text": text, "team_id": teamID, "team_domain": "romashka",
		"channel_id": id, "channel_name": ref["name"], "user_id": user, "user_name": s.userName(user),
		"api_app_id": appID, "trigger_id": s.newTrigger(user), "response_url": s.newResponse(user, id, "")}
	s.mu.Unlock()
	answer, err := s.deliver(ctx, slashCommand, p)
	if err != nil || len(answer.Body) == 0 {
		return answer, err
	}
	return answer, s.say(answer.Body, &response{user: user, channel: id})
}

// Say posts a message as a member. When it mentions the app, the app gets an
// app_mention event; in the direct message with the app, a message event.
func (s *Slack) Say(ctx context.Context, user, channel, text string) (Message, error) {
	s.mu.Lock()
	c := s.channel(channel)
	if c == nil {
		s.mu.Unlock()
		return Message{}, fmt.Errorf("say in %q: %w", channel, ErrNoControl)
	}
	m := *s.post(Message{Channel: c.ID, User: user, Text: text})
	event := fields{"type": "app_mention", "user": user, "text": text, "ts": m.TS, "channel": c.ID, "event_ts": m.TS}
	heard := strings.Contains(text, "<@"+BotID+">")
	if c.User != "" {
		event["type"], event["channel_type"], heard = "message", "im", true
	}
	p := s.eventPayload(event)
	s.mu.Unlock()
	if !heard {
		return m, nil
	}
	_, err := s.deliver(ctx, eventsAPI, p)
	return m, err
}

// OpenHome opens the app's home tab, which tells the app to publish it.
func (s *Slack) OpenHome(ctx context.Context, user string) (Answer, error) {
	s.mu.Lock()
	p := s.eventPayload(fields{"type": "app_home_opened", "user": user, "tab": "home",
		"channel": "D" + strings.TrimPrefix(user, "U"), "event_ts": formatTS(s.cfg.Now())})
	s.mu.Unlock()
	return s.deliver(ctx, eventsAPI, p)
}

func (s *Slack) eventPayload(event fields) fields {
	return fields{"type": "event_callback", "team_id": teamID, "api_app_id": appID, "event": event,
		"event_id": s.nextID("Ev"), "event_time": s.cfg.Now().Unix()}
}

// actor begins a payload with who did it.
func (s *Slack) actor(user, kind string) fields {
	return fields{"type": kind, "team": fields{"id": teamID, "domain": "romashka"}, "api_app_id": appID,
		"user":       fields{"id": user, "username": s.userName(user), "name": s.userName(user), "team_id": teamID},
		"trigger_id": s.newTrigger(user), "enterprise": nil, "is_enterprise_install": false, "token": "deprecated"}
}

func (s *Slack) userName(id string) string {
	if u := s.user(id); u != nil {
		return u.Name
	}
	return strings.ToLower(id)
}

func (s *Slack) channelRef(id string) fields {
	for _, c := range s.channels {
		if c.ID == id {
			return fields{"id": id, "name": c.Name}
		}
	}
	return fields{"id": id, "name": "unknown"}
}

// form writes a slash command as Slack posts it.
func form(p fields) url.Values {
	v := url.Values{"token": {"deprecated"}}
	for name, value := range p {
		v.Set(name, fmt.Sprint(value))
	}
	return v
}
