// Package telegram shows alerts in a Telegram chat, with buttons for taking a
// task and for saying that it is answered, and takes in their presses.
//
// It speaks the Bot API by itself. Presses are fetched by long polling, so
// that nothing has to be reachable from outside; only presses in the
// configured chat count. It stores nothing. The Bot API cannot be searched, so
// a message in doubt is sent again and says so.
package telegram

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"strconv"
	"strings"
	"time"

	"otklik/alerts"
	"otklik/mention"
)

// maxText is how many characters of text we put into a message; Telegram
// takes 4,096 after its markup is read.
const maxText = 3500

// Channel posts to one chat. It is safe for concurrent use.
type Channel struct {
	config alerts.TelegramConfig
	lang   string
	zone   *time.Location
	client *http.Client
}

// New returns the channel of c. Client carries the requests; it must not
// repeat them.
func New(c alerts.TelegramConfig, lang string, zone *time.Location, client *http.Client) *Channel {
	return &Channel{config: c, lang: lang, zone: zone, client: client}
}

// message is what sendMessage and editMessageText take.
type message struct {
	Chat    string   `json:"chat_id"`
	Message int      `json:"message_id,omitempty"`
	Text    string   `json:"text"`
	Mode    string   `json:"parse_mode"`
	Reply   *reply   `json:"reply_parameters,omitempty"`
	Preview preview  `json:"link_preview_options"`
	Buttons keyboard `json:"reply_markup"`
}

type reply struct {
	Message int `json:"message_id"`
	// Lenient sends the message although the one it answers is gone.
	Lenient bool `json:"allow_sending_without_reply"`
}

type preview struct {
	IsDisabled bool `json:"is_disabled"`
}

type keyboard struct {
	Rows [][]button `json:"inline_keyboard"`
}

type button struct {
	Text string `json:"text"`
	Data string `json:"callback_data,omitempty"`
}

// Post implements alerts.Channel.
func (c *Channel) Post(ctx context.Context, m alerts.Message) (mention.Posted, error) {
	out := c.render(m)
	if id, err := strconv.Atoi(m.Thread.Message); err == nil {
		out.Reply = &reply{Message: id, Lenient: true}
	}
	var sent struct {
		ID   int `json:"message_id"`
		Chat struct {
			ID int64 `json:"id"`
		} `json:"chat"`
	}
	if err := c.call(ctx, "sendMessage", out, &sent); err != nil {
		return mention.Posted{}, fmt.Errorf("post to Telegram: %w", err)
	}
	return mention.Posted{Channel: strconv.FormatInt(sent.Chat.ID, 10), Message: strconv.Itoa(sent.ID)}, nil
}

// Update implements alerts.Channel.
func (c *Channel) Update(ctx context.Context, p mention.Posted, m alerts.Message) error {
	id, err := strconv.Atoi(p.Message)
	if err != nil {
		return mention.Final(fmt.Errorf("update in Telegram: message %q has no number", p.Message))
	}
	out := c.render(m)
	out.Message = id
	err = c.call(ctx, "editMessageText", out, nil)
	switch {
	case err == nil, says(err, "message is not modified"):
		return nil
	case says(err, "message to edit not found"), says(err, "message can't be edited"):
		return mention.Final(fmt.Errorf("update in Telegram: %w: %w", alerts.ErrGone, err))
	}
	return fmt.Errorf("update in Telegram: %w", err)
}

// Find implements alerts.Channel.
func (c *Channel) Find(context.Context, alerts.Message) (mention.Posted, bool, error) {
	return mention.Posted{}, false, alerts.ErrCannotFind
}

func (c *Channel) render(m alerts.Message) message {
	text := alerts.Plain(m, c.lang, c.zone)
	body := "<b>" + html.EscapeString(alerts.Cut(text.Subject, 300)) + "</b>\n" + html.EscapeString(alerts.Cut(text.Body, maxText))
	out := message{Chat: c.config.Chat, Text: strings.TrimSpace(body), Mode: "HTML", Preview: preview{IsDisabled: true}, Buttons: keyboard{Rows: [][]button{}}}
	if m.Notice.Kind != mention.CardNotice && m.Notice.Kind != mention.EscalationNotice {
		return out
	}
	say, t := alerts.Say(c.lang), m.View.Task
	var row []button
	if t.State == mention.Open {
		row = append(row, button{say.Take, data(mention.Take, t.ID)})
	}
	if t.NeedsPerson() {
		row = append(row, button{say.Answer, data(mention.Answer, t.ID)})
		out.Buttons.Rows = append(out.Buttons.Rows, row)
	}
	return out
}

// data is what a button carries: a verb and a task.
func data(verb mention.Verb, id mention.TaskID) string {
	return string(verb) + ":" + strconv.FormatInt(int64(id), 10)
}

// call asks the Bot API. The address holds the token, so errors never do more
// than name the method.
func (c *Channel) call(ctx context.Context, method string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return mention.Final(fmt.Errorf("write %s: %w", method, err))
	}
	base := strings.TrimSuffix(cmp.Or(c.config.APIURL, "https://api.telegram.org"), "/")
	var answer struct {
		Result json.RawMessage `json:"result"`
	}
	err = alerts.Call(ctx, c.client, http.MethodPost, base+"/bot"+c.config.Token.Reveal()+"/"+method, nil, body, &answer)
	if err != nil {
		return fmt.Errorf("%s: %w", method, patience(err))
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(answer.Result, out); err != nil {
		return &mention.RetryError{InDoubt: true, Err: fmt.Errorf("%s: read answer: %w", method, err)}
	}
	return nil
}

// refusal is the body of an answer that is not a success.
type refusal struct {
	Description string `json:"description"`
	Parameters  struct {
		RetryAfter int `json:"retry_after"`
	} `json:"parameters"`
}

func refused(err error) refusal {
	var r refusal
	if status, ok := errors.AsType[*alerts.StatusError](err); ok {
		_ = json.Unmarshal(status.Body, &r) // a gateway's page says nothing
	}
	return r
}

// patience takes the wait from the body, where Telegram puts it.
func patience(err error) error {
	r := refused(err)
	retry, ok := errors.AsType[*mention.RetryError](err)
	if !ok || r.Description == "" {
		return err
	}
	return &mention.RetryError{Final: retry.Final, InDoubt: retry.InDoubt,
		After: max(retry.After, time.Duration(r.Parameters.RetryAfter)*time.Second), Err: fmt.Errorf("%s: %w", alerts.Cut(r.Description, 200), retry.Err)}
}

func says(err error, words string) bool { return strings.Contains(err.Error(), words) }
