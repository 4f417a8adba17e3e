package telegram

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"otklik/alerts"
	"otklik/mention"
)

// Bot takes in presses of the buttons of one bot.
type Bot struct {
	channel *Channel
	chats   []string
	presses alerts.Presses
	log     *slog.Logger
}

// NewBot returns a bot that hands presses in the chats of channels, which
// share one token, to presses.
func NewBot(channels []*Channel, presses alerts.Presses) (*Bot, error) {
	if len(channels) == 0 {
		return nil, errors.New("a bot needs a channel")
	}
	b := &Bot{channel: channels[0], presses: presses, log: presses.Log}
	for _, c := range channels {
		b.chats = append(b.chats, strings.ToLower(c.config.Chat))
	}
	return b, nil
}

// pollTime is how long one question for presses stays open, pauseTime how
// long the bot waits after a failure.
const (
	pollTime  = 10 * time.Second
	pauseTime = 5 * time.Second
)

// update is one press.
type update struct {
	ID    int    `json:"update_id"`
	Press *press `json:"callback_query"`
}

type press struct {
	ID   string `json:"id"`
	Data string `json:"data"`
	From struct {
		ID        int64  `json:"id"`
		IsBot     bool   `json:"is_bot"`
		FirstName string `json:"first_name"`
		LastName  string `json:"last_name"`
		Language  string `json:"language_code"`
	} `json:"from"`
	Message struct {
		Chat struct {
			ID       int64  `json:"id"`
			UserName string `json:"username"`
		} `json:"chat"`
	} `json:"message"`
}

// Run takes in presses until ctx ends, and then returns nil. A press that was
// carried out but not confirmed to Telegram comes again and changes nothing.
func (b *Bot) Run(ctx context.Context) error {
	offset, isDown := 0, false
	for ctx.Err() == nil {
		updates, err := b.poll(ctx, offset)
		if err != nil {
			if !isDown && ctx.Err() == nil {
				b.log.Warn("telegram gives no presses", "err", err)
			}
			isDown = true
			pause(ctx, pauseTime)
			continue
		}
		if isDown {
			b.log.Info("telegram gives presses again")
			isDown = false
		}
		for _, u := range updates {
			if u.Press != nil {
				b.press(ctx, *u.Press)
			}
			offset = u.ID + 1
		}
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

func (b *Bot) poll(ctx context.Context, offset int) ([]update, error) {
	var updates []update
	err := b.channel.call(ctx, "getUpdates", map[string]any{
		"offset": offset, "timeout": int(pollTime / time.Second), "allowed_updates": []string{"callback_query"}}, &updates)
	return updates, err
}

// press carries out one press and tells the person how it went.
func (b *Bot) press(ctx context.Context, p press) {
	lang := "en"
	if strings.HasPrefix(p.From.Language, "ru") || p.From.Language == "" {
		lang = "ru"
	}
	text := b.act(ctx, p, alerts.Say(lang))
	err := b.channel.call(ctx, "answerCallbackQuery", map[string]any{"callback_query_id": p.ID, "text": alerts.Cut(text, 200)}, nil)
	if err != nil && ctx.Err() == nil {
		b.log.Warn("person not answered", "err", err)
	}
}

func (b *Bot) act(ctx context.Context, p press, say *alerts.Phrases) string {
	chat := p.Message.Chat
	isOurs := slices.Contains(b.chats, strconv.FormatInt(chat.ID, 10)) ||
		chat.UserName != "" && slices.Contains(b.chats, "@"+strings.ToLower(chat.UserName))
	if !isOurs || p.From.IsBot {
		return say.Stranger
	}
	verb, number, _ := strings.Cut(p.Data, ":")
	id, err := strconv.ParseInt(number, 10, 64)
	if v := mention.Verb(verb); err != nil || v != mention.Take && v != mention.Answer {
		b.log.Warn("press not understood", "data", alerts.Cut(p.Data, 64))
		return say.Busy
	}
	name := strings.TrimSpace(alerts.Harmless(p.From.FirstName + " " + p.From.LastName))
	who := mention.Actor{ID: "telegram:" + strconv.FormatInt(p.From.ID, 10), Name: name}
	return b.presses.Act(ctx, mention.TaskID(id), mention.Verb(verb), who).Text(say)
}
