// Package links serves the page behind the signed links of letters and other
// messages without buttons: GET asks, because mail filters and chats open
// links by themselves; POST acts as whoever the link was made for.
//
// It stores nothing, and refuses to know how the links get to people.
package links

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"otklik/alerts"
	"otklik/mention"
)

// Page answers links under alerts.LinkPath. All fields are required.
type Page struct {
	Passes *alerts.Passes
	// Holders are for whom links are made, as in alerts.Pass.Who, with the name
	// under which timelines know them: who is no longer written to may not act.
	Holders map[string]string
	Presses alerts.Presses
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
	return words{Ask: "задача M-%d", As: "от имени", Forged: "Ссылка неверна. / The link is not valid.", Expired: "Ссылке больше недели. Откройте задачу в инбоксе.",
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
		p.Presses.Log.Debug("write page", "err", err)
	}
}

func (p *Page) answer(r *http.Request) (int, sheet) {
	pass, err := p.Passes.Read(r.PathValue("token"), p.Presses.Now())
	own := say(pass.Lang)
	name, isHolder := p.Holders[pass.Who]
	s := sheet{Lang: pass.Lang}
	switch {
	case errors.Is(err, alerts.ErrExpired):
		s.Text = own.Expired
		return http.StatusGone, s
	case err != nil, !isHolder:
		return http.StatusForbidden, sheet{Lang: "ru", Text: own.Forged}
	case r.Method == http.MethodGet, r.Method == http.MethodHead:
		s.Text = fmt.Sprintf(own.Ask+", %s %s", pass.Task, own.As, alerts.Harmless(name))
		s.Button = title(pass)
		return http.StatusOK, s
	case r.Method != http.MethodPost:
		s.Text = own.Forged
		return http.StatusMethodNotAllowed, s
	}
	code, text := p.act(r.Context(), pass, strings.TrimSpace(alerts.Harmless(name)))
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
func (p *Page) act(ctx context.Context, pass alerts.Pass, name string) (int, string) {
	phrases := alerts.Say(pass.Lang)
	out := p.Presses.Act(ctx, pass.Task, pass.Verb, mention.Actor{ID: pass.Who, Name: name})
	switch {
	case out.Err == nil:
		return http.StatusOK, fmt.Sprintf("M-%d: %s", pass.Task, phrases.States[out.Task.State])
	case errors.Is(out.Err, alerts.ErrNoRight):
		return http.StatusForbidden, out.Text(phrases)
	case errors.Is(out.Err, mention.ErrNotFound):
		return http.StatusNotFound, out.Text(phrases)
	case errors.Is(out.Err, mention.ErrRefused):
		return http.StatusConflict, fmt.Sprintf(say(pass.Lang).Late, pass.Task, phrases.States[out.Task.State])
	case errors.Is(out.Err, mention.ErrConflict):
		return http.StatusConflict, fmt.Sprintf(say(pass.Lang).Lost, pass.Task)
	}
	return http.StatusServiceUnavailable, out.Text(phrases)
}
