package telegram_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"otklik/alerts"
	"otklik/alerts/channeltest"
	"otklik/alerts/telegram"
	"otklik/mention"
)

func wantAfter(t *testing.T, err error, want time.Duration) {
	t.Helper()
	if retry, ok := errors.AsType[*mention.RetryError](err); !ok || retry.After != want {
		t.Errorf("ends with %v, want a wait of %s", err, want)
	}
}

// desk writes down what it is asked for and fails as it is told.
type desk struct {
	acts []string
	fail map[mention.TaskID]error
}

func (d *desk) Act(_ context.Context, id mention.TaskID, a mention.Action) (mention.Task, error) {
	d.acts = append(d.acts, fmt.Sprintf("%s %d by %s %s", a.Verb, id, a.Actor.ID, a.Actor.Name))
	return mention.Task{ID: id, State: mention.Taken}, d.fail[id]
}

func update(id int, data, chat string) string {
	return fmt.Sprintf(`{"update_id":%d,"callback_query":{"id":"q%d","data":%q,"from":{"id":5,"first_name":"Анна","language_code":"ru"},"message":{"chat":{"id":-100,"username":%q}}}}`,
		id, id, data, chat)
}

func TestBot(t *testing.T) {
	b := &bot{drained: make(chan struct{}, 1), updates: []string{
		update(1, "take:1842", "PR_alerts"), update(2, "answer:1842", "pr_alerts"), update(3, "take:7", "pr_alerts"),
		update(4, "take:8", "pr_alerts"), update(5, "dismiss:1842", "pr_alerts"), update(6, "take:1842", "strangers"), `{"update_id":7}`}}
	server := httptest.NewServer(b)
	defer server.Close()
	ch := telegram.New(config(server), "ru", time.UTC, server.Client())
	if _, err := ch.Post(t.Context(), channeltest.Card()); err != nil {
		t.Fatal(err)
	}
	if want := []string{"take:1842", "answer:1842"}; !slices.Equal(b.buttons, want) {
		t.Errorf("buttons are %v, want %v", b.buttons, want)
	}
	d := &desk{fail: map[mention.TaskID]error{7: mention.ErrRefused, 8: mention.ErrNotFound}}
	var log strings.Builder
	run, err := telegram.NewBot([]*telegram.Channel{ch}, alerts.Presses{Desk: d, Log: slog.New(slog.NewTextHandler(&log, nil)), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- run.Run(ctx) }()
	<-b.drained
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run ends with %v", err)
	}
	wantActs := []string{"take 1842 by telegram:5 Анна", "answer 1842 by telegram:5 Анна", "take 7 by telegram:5 Анна", "take 8 by telegram:5 Анна"}
	if !slices.Equal(d.acts, wantActs) {
		t.Errorf("acts are %q, want %q", d.acts, wantActs)
	}
	for i, want := range []string{"Готово", "Готово", "в работе", "больше нет", "ещё раз", "сотрудников"} {
		if !strings.Contains(b.answered[i], want) {
			t.Errorf("answer %d is %q, want %q in it", i, b.answered[i], want)
		}
	}
	if strings.Contains(log.String(), token) {
		t.Errorf("the log holds the token: %s", log.String())
	}
}
