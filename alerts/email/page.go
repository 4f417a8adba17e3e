package email

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"otklik/alerts"
	"otklik/mention"
)

// Path is where links of letters lead, before the token.
const Path = "/do/"

// scheme stands before the address in passes and in actors.
const scheme = "mail:"

// Desk acts on tasks.
type Desk interface {
	// Act applies a to task id and returns the task as it is then. It reports
	// mention.ErrRefused, ErrConflict and ErrNotFound; repeating is harmless.
	Act(ctx context.Context, id mention.TaskID, a mention.Action) (mention.Task, error)
}

// Page answers the signed links of letters under Path: GET asks, because mail
// filters open links; POST acts as the letter's recipient. All fields are
// required.
type Page struct {
	Passes *alerts.Passes
	// Recipients may act: who is no longer written to may not.
	Recipients []string
	Desk       Desk
	Log        *slog.Logger
	Now        func() time.Time
}

// words are the page's own.
type words struct {
	Ask, As, Forged, Expired string
	Late, Lost               string // formats of a task, and of its state
}

func say(lang string) words {
	if lang == "en" {
		return words{Ask: "task M-%d", As: "as", Forged: "The link is not valid.", Expired: "The link is over a week old. Please act in the inbox.",
			Late: "M-%d: that is no longer possible, %s.", Lost: "M-%d: somebody was faster."}
	}
	return words{Ask: "задача M-%d", As: "от имени", Forged: "Ссылка неверна. / The link is not valid.", Expired: "Ссылке больше недели. Откройте задачу во входящих.",
		Late: "M-%d: так уже нельзя, %s.", Lost: "M-%d: кто-то был быстрее."}
}

// sheet is what the page shows: a question with a button, or a sentence.
type sheet struct {
	Lang, Text, Button string
}

func layout() *template.Template {
	return template.Must(template.New("page").Parse(`<!DOCTYPE html><html lang="{{.Lang}}"><meta charset="utf-8">` +
		`<meta name="viewport" content="width=device-width,initial-scale=1"><title>Otklik</title><p>{{.Text}}</p>` +
		`{{with .Button}}<form method="post"><button>{{.}}</button></form>{{end}}</html>`))
}

// ServeHTTP implements http.Handler; the token is the path value "token".
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("Content-Type", "text/html; charset=utf-8")
	head.Set("Cache-Control", "no-store")
	head.Set("Referrer-Policy", "no-referrer") // the address acts
	head.Set("Content-Security-Policy", "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	code, s := p.answer(r)
	w.WriteHeader(code)
	if err := layout().Execute(w, s); err != nil {
		p.Log.Debug("write page", "err", err)
	}
}

func (p *Page) answer(r *http.Request) (int, sheet) {
	pass, err := p.Passes.Read(r.PathValue("token"), p.Now())
	own := say(pass.Lang)
	address, isMail := strings.CutPrefix(pass.Who, scheme)
	s := sheet{Lang: pass.Lang}
	switch {
	case errors.Is(err, alerts.ErrExpired):
		s.Text = own.Expired
		return http.StatusGone, s
	case err != nil, !isMail, !slices.Contains(p.Recipients, address):
		return http.StatusForbidden, sheet{Lang: "ru", Text: own.Forged}
	case r.Method == http.MethodGet, r.Method == http.MethodHead:
		s.Text = fmt.Sprintf(own.Ask+", %s %s", pass.Task, own.As, alerts.Harmless(address))
		s.Button = title(pass)
		return http.StatusOK, s
	case r.Method != http.MethodPost:
		s.Text = own.Forged
		return http.StatusMethodNotAllowed, s
	}
	code, text := p.act(r.Context(), pass, address)
	s.Text = text
	return code, s
}

func title(pass alerts.Pass) string {
	if pass.Verb == mention.Take {
		return alerts.Say(pass.Lang).Take
	}
	return alerts.Say(pass.Lang).Answer
}

// act carries out the pass and says how it went.
func (p *Page) act(ctx context.Context, pass alerts.Pass, address string) (int, string) {
	phrases := alerts.Say(pass.Lang)
	who := mention.Actor{ID: scheme + address, Name: alerts.Harmless(address)}
	t, err := p.Desk.Act(ctx, pass.Task, mention.Action{Verb: pass.Verb, Actor: who, At: p.Now()})
	switch {
	case err == nil:
		return http.StatusOK, fmt.Sprintf("M-%d: %s", pass.Task, phrases.States[t.State])
	case errors.Is(err, mention.ErrNotFound):
		return http.StatusNotFound, fmt.Sprintf(phrases.Gone, pass.Task)
	case errors.Is(err, mention.ErrRefused):
		return http.StatusConflict, fmt.Sprintf(say(pass.Lang).Late, pass.Task, phrases.States[t.State])
	case errors.Is(err, mention.ErrConflict):
		return http.StatusConflict, fmt.Sprintf(say(pass.Lang).Lost, pass.Task)
	}
	p.Log.Error("link not carried out", "task", pass.Task, "err", err)
	return http.StatusServiceUnavailable, phrases.Busy
}
