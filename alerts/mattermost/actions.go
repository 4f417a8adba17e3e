package mattermost

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"otklik/alerts"
	"otklik/mention"
)

// ActionsPath is where Mattermost reports presses of buttons.
const ActionsPath = "/mattermost/actions"

// scheme stands before the channel in passes and before the person in actors.
const scheme = "mattermost:"

// maxAction bounds the body of a press, in bytes.
const maxAction = 64 << 10

// attachment carries buttons under a post.
type attachment struct {
	Actions []action `json:"actions"`
}

type action struct {
	ID          string      `json:"id"` // letters and digits alone
	Name        string      `json:"name"`
	Type        string      `json:"type"`
	Integration integration `json:"integration"`
}

// integration is kept by the server and shown to no reader.
type integration struct {
	URL     string        `json:"url"`
	Context actionContext `json:"context"`
}

type actionContext struct {
	Pass string `json:"pass"`
}

// buttons returns what can be done from the post of m; nil when nothing.
func (c *Channel) buttons(m alerts.Message) []attachment {
	var actions []action
	for _, o := range c.passes.Offers(m, scheme+c.config.Channel, c.lang) {
		actions = append(actions, action{ID: string(o.Verb), Name: o.Title, Type: "button",
			Integration: integration{URL: c.passes.URL(ActionsPath), Context: actionContext{Pass: o.Token}}})
	}
	if actions == nil {
		return nil
	}
	return []attachment{{Actions: actions}}
}

// Actions takes in presses of buttons. Mattermost does not sign them: each
// carries the pass that we put under the post, which the server shows to
// nobody, and has to come from the channel that the pass was made for. All
// fields are required.
type Actions struct {
	Passes *alerts.Passes
	// Channels are the ids of the channels in which people may act.
	Channels []string
	Presses  alerts.Presses
}

// press is a press as Mattermost reports it.
type press struct {
	User    string        `json:"user_id"`
	Name    string        `json:"user_name"`
	Channel string        `json:"channel_id"`
	Context actionContext `json:"context"`
}

// ServeHTTP implements http.Handler. The person reads the answer, and nobody
// else; the post itself is brought up to date like any other card, at once.
func (a *Actions) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxAction))
	var p press
	if err == nil {
		err = json.Unmarshal(body, &p)
	}
	if err != nil {
		http.Error(w, "the press is not understood", http.StatusBadRequest)
		return
	}
	code, text := a.answer(r.Context(), p)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	if err := json.NewEncoder(w).Encode(map[string]string{"ephemeral_text": text}); err != nil {
		a.Presses.Log.Debug("person not answered", "err", err)
	}
}

func (a *Actions) answer(ctx context.Context, p press) (int, string) {
	pass, err := a.Passes.Read(p.Context.Pass, a.Presses.Now())
	if errors.Is(err, alerts.ErrExpired) {
		return http.StatusOK, expired(pass)
	}
	isOurs := pass.Who == scheme+p.Channel && slices.Contains(a.Channels, p.Channel)
	if err != nil || !isOurs || !isID(p.User) {
		a.Presses.Log.Warn("press refused", "channel", alerts.Cut(alerts.Harmless(p.Channel), 64))
		return http.StatusForbidden, alerts.Say(pass.Lang).Stranger
	}
	return http.StatusOK, a.act(ctx, pass, p)
}

// isID reports whether s looks like a Mattermost id.
func isID(s string) bool { return regexp.MustCompile(`^[A-Za-z0-9]{1,64}$`).MatchString(s) }

func expired(pass alerts.Pass) string {
	if pass.Lang == "en" {
		return fmt.Sprintf("M-%d: the button is over a week old. Please act in the inbox.", pass.Task)
	}
	return fmt.Sprintf("M-%d: кнопке больше недели. Откройте задачу в инбоксе.", pass.Task)
}

// act carries out the pass and says how it went.
func (a *Actions) act(ctx context.Context, pass alerts.Pass, p press) string {
	say := alerts.Say(pass.Lang)
	name := strings.Join(strings.Fields(alerts.Harmless(p.Name)), " ")
	who := mention.Actor{ID: scheme + p.User, Name: alerts.Cut(name, 64)}
	return a.Presses.Act(ctx, pass.Task, pass.Verb, who).Text(say)
}
