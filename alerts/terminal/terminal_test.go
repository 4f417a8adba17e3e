package terminal_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"otklik/alerts"
	"otklik/alerts/terminal"
	"otklik/mention"
)

var noon = time.Date(2026, 11, 21, 11, 22, 0, 0, time.UTC)

func message() alerts.Message {
	return alerts.Message{
		At: noon, Notice: mention.Notice{ID: 7, Kind: mention.CardNotice, Task: 1842},
		Titles: map[string]string{"otzovik": "Отзовик"},
		View: mention.View{
			Mention: mention.Mention{Brand: "Ромашка Банк", Source: "otzovik", URL: "https://otzovik.test/1", Author: "Пётр", Rating: 1, Best: 5,
				Text: "Доставка сорвана\x1b[2J\nвторой раз", CollectedAt: noon, Tone: mention.Negative, Reasons: []mention.Reason{{Text: "сорвана"}}},
			Task: mention.Task{ID: 1842, State: mention.Open, Due: mention.Due{Take: noon.Add(15 * time.Minute)}},
		},
	}
}

func TestChannel(t *testing.T) {
	var out, log strings.Builder
	ch := terminal.New("console", "ru", time.UTC, &out, slog.New(slog.NewTextHandler(&log, nil)))
	m := message()
	m.Repeated = true
	place, err := ch.Post(t.Context(), m)
	if err != nil || place != (mention.Posted{Channel: "console", Message: "7"}) {
		t.Fatalf("posted at %+v, %v", place, err)
	}
	const want = `M-1842 · ждёт · ★☆☆☆☆ Отзовик: Доставка сорвана[2J второй раз
Ромашка Банк · Пётр · найдено 21.11.2026 11:22
> Доставка сорвана[2J
> второй раз
почему негатив: «сорвана»
взять до 21.11.2026 11:37
возможно, повтор: неизвестно, дошло ли сообщение в первый раз
https://otzovik.test/1

`
	if out.String() != want {
		t.Errorf("printed\n%s\nwant\n%s", out.String(), want)
	}
	if !strings.Contains(log.String(), "task=1842") {
		t.Errorf("logged %q", log.String())
	}
	if _, _, err := ch.Find(t.Context(), m); !errors.Is(err, alerts.ErrCannotFind) {
		t.Errorf("Find reports %v", err)
	}
	out.Reset()
	m.View.Task.State = mention.Taken
	if err := ch.Update(t.Context(), place, m); err != nil || !strings.HasPrefix(out.String(), "M-1842 · в работе") || strings.Count(out.String(), "\n") != 1 {
		t.Errorf("the update printed %q, %v", out.String(), err)
	}
}
