package inbox

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"otklik/mention"
)

// personal are the verbs that people have; the others are the system's own.
func personal() []mention.Verb {
	return []mention.Verb{mention.Take, mention.Acknowledge, mention.Assign, mention.Release, mention.Answer, mention.Dismiss,
		mention.Snooze, mention.Wake, mention.Reopen, mention.Escalate, mention.Waive, mention.Comment, approve, decline}
}

// The two words of a second person about an answer that waits for them; they
// are notes with a step of their own.
const (
	approve mention.Verb = "approve"
	decline mention.Verb = "decline"
)

// maxText bounds what people write into one field, in bytes.
const maxText = 20_000

// form is what an action is read from: a page's form or the API's JSON.
type form struct {
	To      string `json:"to,omitempty"`      // assign: the actor's id
	ToName  string `json:"to_name,omitempty"` // assign: how they are called
	Until   string `json:"until,omitempty"`   // snooze, acknowledge: a moment, or a length such as 15m
	URL     string `json:"url,omitempty"`     // answer, acknowledge
	Text    string `json:"text,omitempty"`    // answer, acknowledge, note
	Reason  string `json:"reason,omitempty"`  // dismiss
	Mention string `json:"mention,omitempty"` // waive: the copy
	Publish bool   `json:"publish,omitempty"` // answer, acknowledge: send the text to the site
}

func formOf(r *http.Request) form {
	return form{To: r.FormValue("to"), ToName: r.FormValue("to_name"), Until: r.FormValue("until"), URL: r.FormValue("url"), Text: r.FormValue("text"),
		Reason: r.FormValue("reason"), Mention: r.FormValue("mention"), Publish: r.FormValue("publish") != ""}
}

// action reads what v asks to do. What cannot be read is the caller's mistake;
// what the state forbids is the desk's to refuse.
func (s *Server) action(verb string, f form, v viewer) (mention.Action, error) {
	a := mention.Action{Verb: mention.Verb(verb), Actor: v.Actor, At: s.Now(), Text: strings.TrimSpace(f.Text), Mention: mention.ID(f.Mention)}
	if !slices.Contains(personal(), a.Verb) {
		return a, bad("unknown verb %q", verb)
	}
	if len(f.Text) > maxText {
		return a, bad("the text is longer than %d bytes", maxText)
	}
	if f.URL != "" {
		if a.URL = publicURL(strings.TrimSpace(f.URL)); a.URL == "" {
			return a, bad("the link must begin with https:// or http://")
		}
	}
	switch a.Verb {
	case mention.Assign:
		a.To = mention.Actor{ID: f.To, Name: f.ToName}
	case mention.Dismiss:
		a.Reject = mention.Reject(f.Reason)
	case mention.Escalate:
		a.Step = "manual"
	case mention.Answer:
		a.Publish = f.Publish
	case approve:
		a.Verb, a.Step = mention.Comment, mention.ReplyApproved
	case decline:
		a.Verb, a.Step = mention.Comment, mention.ReplyDeclined
	case mention.Snooze, mention.Acknowledge:
		a.Publish = f.Publish && a.Verb == mention.Acknowledge
		var err error
		a.Until, err = s.moment(f.Until, a.At)
		return a, err
	}
	return a, nil
}

// moment reads a point in time: RFC 3339, a form's field in the viewer's
// zone, or a length from now.
func (s *Server) moment(text string, now time.Time) (time.Time, error) {
	if d, err := time.ParseDuration(text); err == nil {
		return now.Add(d), nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	t, err := time.ParseInLocation(formTime, text, s.Zone)
	if err != nil {
		return t, bad("%q is no moment", text)
	}
	return t, nil
}

// named fills in how the person an action assigns to is called.
func (s *Server) named(ctx context.Context, a mention.Action, t mention.TaskID) (mention.Action, error) {
	if a.Verb != mention.Assign || a.To.ID == "" || a.To.Name != "" {
		return a, nil
	}
	var views []mention.View
	if t != 0 {
		v, err := s.Archive.View(ctx, t)
		if err != nil {
			return a, err
		}
		views = append(views, v)
	}
	owners, err := s.owners(ctx, views)
	if err != nil {
		return a, err
	}
	for _, o := range owners {
		if o.Value == a.To.ID {
			a.To.Name = o.Text
			return a, nil
		}
	}
	return a, bad("%q is nobody here", a.To.ID)
}

// act carries out a verb on the task of a mention's page.
func (s *Server) act(w http.ResponseWriter, r *http.Request) error {
	id, err := taskID(r)
	if err != nil {
		return err
	}
	a, err := s.action(r.PathValue("verb"), formOf(r), who(r.Context()))
	if err != nil {
		return err
	}
	if a, err = s.named(r.Context(), a, id); err != nil {
		return err
	}
	to := taskHref(id, r.FormValue("list"))
	if r.FormValue("next") != "" {
		if _, next, err := s.neighbours(r, id, who(r.Context())); err == nil && next != "" {
			to = next
		} else {
			to = "/?" + r.FormValue("list")
		}
	}
	fl := flash{Verb: mention.Verb(r.PathValue("verb")), Tasks: []mention.TaskID{id}}
	if a.Publish {
		fl.Note = "flash.sending"
	}
	if _, err := s.Desk.Act(r.Context(), id, a); err != nil {
		if !errors.Is(err, mention.ErrRefused) {
			return err
		}
		fl, to = flash{Verb: a.Verb, Refused: []mention.TaskID{id}, Why: reasonOf(err)}, taskHref(id, r.FormValue("list"))
	}
	s.putFlash(w, r, fl)
	http.Redirect(w, r, local(to, "/"), http.StatusSeeOther)
	return nil
}

// reasonOf is what the desk says about a refusal, without the chain before it.
func reasonOf(err error) string {
	_, why, ok := strings.Cut(err.Error(), mention.ErrRefused.Error()+": ")
	if !ok {
		return ""
	}
	return why
}

// flash is what the next page tells about the verb that led to it.
type flash struct {
	Verb    mention.Verb     `json:"v"`
	Tasks   []mention.TaskID `json:"t,omitempty"`
	Refused []mention.TaskID `json:"r,omitempty"`
	Why     string           `json:"w,omitempty"`
	Undo    string           `json:"u,omitempty"` // what the undo form sends
	Later   bool             `json:"l,omitempty"` // the verb waits for undo
	Note    string           `json:"n,omitempty"` // a sentence of the table instead of a verb
}

// Text tells the flash in the viewer's language.
func (p page) FlashText() string {
	f := p.Flash
	switch {
	case f == nil:
		return ""
	case f.Note != "":
		return p.T(f.Note)
	case len(f.Tasks) == 0 && len(f.Refused) > 0:
		return p.T("flash.refused", taskNames(f.Refused))
	}
	text := p.T("did."+string(f.Verb), taskNames(f.Tasks))
	if f.Later {
		text = p.T("will."+string(f.Verb), taskNames(f.Tasks))
	}
	if len(f.Refused) > 0 {
		text += ". " + p.T("flash.refused", taskNames(f.Refused))
	}
	return text
}

// taskNames lists tasks as people say them, the first few by name.
func taskNames(ids []mention.TaskID) string {
	const named = 3
	var out []string
	for i, id := range ids {
		if i == named && len(ids) > named+1 {
			out = append(out, fmt.Sprintf("+%d", len(ids)-named))
			break
		}
		out = append(out, fmt.Sprintf("M-%d", id))
	}
	return strings.Join(out, ", ")
}

const flashCookie = "flash"

// flashSeconds is how long a flash waits for its page; undo has its own time.
const flashSeconds = 15

// flashTasks bounds what a cookie carries.
const flashTasks = 100

func (s *Server) putFlash(w http.ResponseWriter, r *http.Request, f flash) {
	f.Tasks, f.Refused = f.Tasks[:min(len(f.Tasks), flashTasks)], f.Refused[:min(len(f.Refused), flashTasks)]
	b, err := json.Marshal(f)
	if err != nil {
		return // plain values cannot fail
	}
	s.setCookie(w, r, &http.Cookie{Name: flashCookie, Value: base64.RawURLEncoding.EncodeToString(b), MaxAge: flashSeconds})
}

// takeFlash reads the flash and forgets it.
func (s *Server) takeFlash(w http.ResponseWriter, r *http.Request) *flash {
	c, err := r.Cookie(flashCookie)
	if err != nil || r.Method != http.MethodGet || isBackground(r) {
		return nil
	}
	s.setCookie(w, r, &http.Cookie{Name: flashCookie, MaxAge: -1})
	b, err := base64.RawURLEncoding.DecodeString(c.Value)
	var f flash
	if err != nil || json.Unmarshal(b, &f) != nil {
		return nil
	}
	return &f
}

// isBackground reports whether our script asks, not a person: it must not use
// up what the next page is to tell.
func isBackground(r *http.Request) bool { return r.Header.Get("X-Background") != "" }

// correct records a person's word against the model.
func (s *Server) correct(w http.ResponseWriter, r *http.Request) error {
	m, err := s.correction(r.Context(), mention.ID(r.PathValue("id")), r.FormValue("tone"), who(r.Context()))
	if err != nil {
		return err
	}
	s.putFlash(w, r, flash{Note: "flash.corrected"})
	return s.back(w, r, "/mentions/"+string(m.ID))
}

// correction says that the tone of a mention is another one. It changes no
// task: who thinks that no answer is needed dismisses it as well.
func (s *Server) correction(ctx context.Context, id mention.ID, tone string, v viewer) (mention.Mention, error) {
	right, err := mention.ParseTone(tone)
	if err != nil {
		return mention.Mention{}, bad("%s", err)
	}
	m, err := s.Details.Mention(ctx, id)
	if err != nil {
		return m, err
	}
	if m.Tone == right {
		return m, nil
	}
	c := mention.Correction{Mention: m.ID, Tone: right, Was: m.Tone, Actor: v.Actor, At: s.Now()}
	if err := s.Changes.Apply(ctx, mention.Effects{Correction: &c}); err != nil {
		return m, fmt.Errorf("correct the tone of %s: %w", id, err)
	}
	m.Tone = right
	return m, nil
}

// taskIDs reads the tasks that a bulk form names.
func taskIDs(r *http.Request) ([]mention.TaskID, error) {
	if err := r.ParseForm(); err != nil {
		return nil, bad("the form cannot be read")
	}
	var out []mention.TaskID
	for _, text := range r.Form["task"] {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n <= 0 {
			return nil, bad("%q is no task", text)
		}
		out = append(out, mention.TaskID(n))
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if len(out) == 0 || len(out) > maxLimit {
		return nil, bad("name 1 to %d tasks", maxLimit)
	}
	return out, nil
}
