package slack

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"otklik/alerts"
	"otklik/mention"
	"otklik/secret"
)

// away is a Slack that cannot be reached.
type away struct{}

func (away) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("away") }

// accepting is a desk and an archive that let everything through.
type accepting struct{}

func (accepting) Act(_ context.Context, id mention.TaskID, a mention.Action) (mention.Task, error) {
	return mention.Task{ID: id}, nil
}
func (accepting) View(context.Context, mention.TaskID) (mention.View, error) {
	return mention.View{}, nil
}
func (accepting) Tasks(context.Context, mention.TaskFilter) ([]mention.View, string, error) {
	return nil, "", nil
}
func (accepting) Sources(context.Context) ([]mention.Source, error) { return nil, nil }

// FuzzInteraction feeds anything to the reader of what people press: it may
// refuse, it must not break.
func FuzzInteraction(f *testing.F) {
	for _, s := range []string{
		`{"type":"block_actions","user":{"id":"U1","name":"a"},"channel":{"id":"C1"},"trigger_id":"t","actions":[{"type":"button","action_id":"take","value":"take:1"}]}`,
		`{"type":"block_actions","user":{"id":"U1"},"actions":[{"type":"static_select","action_id":"more","selected_option":{"value":"snooze.15m:1"}}]}`,
		`{"type":"view_submission","user":{"id":"U1"},"view":{"callback_id":"answer","private_metadata":"{\"task\":1}","state":{"values":{"url":{"url":{"value":"x"}}}}}}`,
		`{"type":"view_submission","user":{"id":"U1"},"view":{"callback_id":"assign","private_metadata":"{\"task\":1}"}}`,
		`{"type":"view_closed"}`, `{}`, `[]`, `null`, ``,
	} {
		f.Add([]byte(s))
	}
	app := &App{Config: alerts.SlackConfig{Token: secret.Literal("xoxb-fuzz")}, Client: &http.Client{Transport: away{}}, Desk: accepting{}, Archive: accepting{},
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: func() time.Time { return noon }}
	f.Fuzz(func(t *testing.T, payload []byte) {
		reply, err := app.interaction(t.Context(), payload)
		if err == nil && reply.after != nil {
			reply.after(t.Context())
		}
		if reply, err := app.event(t.Context(), payload); err == nil && reply.after != nil {
			reply.after(t.Context())
		}
	})
}
