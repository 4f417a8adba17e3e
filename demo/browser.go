package demo

import (
	"cmp"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

//go:embed pages
var pages embed.FS

// browserRoutes adds the workspace as a person sees it. Acts are guarded
// against other sites' forms.
func (s *Slack) browserRoutes() {
	acts := http.NewServeMux()
	acts.HandleFunc("POST /act/click", s.actClick)
	acts.HandleFunc("POST /act/submit", s.actSubmit)
	acts.HandleFunc("POST /act/close", s.actClose)
	acts.HandleFunc("POST /act/say", s.actSay)
	acts.HandleFunc("POST /act/home", s.actHome)
	s.mux.Handle("POST /act/", http.NewCrossOriginProtection().Handler(acts))
	s.mux.HandleFunc("GET /{$}", s.serveWorkspace)
	s.mux.HandleFunc("GET /archives/{channel}/{message}", s.servePermalink)
	s.mux.HandleFunc("GET /state.json", s.serveState)
	s.mux.HandleFunc("GET /rev", s.serveRev)
	s.mux.Handle("GET /pages/", http.FileServerFS(pages))
}

// State is everything the workspace holds, as /state.json gives it.
type State struct {
	Rev        int           `json:"rev"`
	Now        time.Time     `json:"now"`
	Channels   []Channel     `json:"channels"`
	Users      []User        `json:"users"`
	Messages   []LinkMessage `json:"messages"`
	Ephemerals []Ephemeral   `json:"ephemerals"`
	Views      []View        `json:"views"`
}

// LinkMessage is a message with its permalink.
type LinkMessage struct {
	Message
	Permalink string `json:"permalink"`
}

// State returns a copy of everything.
func (s *Slack) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := State{Rev: s.rev, Now: s.cfg.Now(), Channels: slices.Clone(s.channels), Users: slices.Clone(s.users),
		Ephemerals: slices.Clone(s.ephemerals)}
	for _, m := range s.messages {
		st.Messages = append(st.Messages, LinkMessage{*m, s.permalink(m)})
	}
	for _, v := range s.views {
		if v.Open {
			st.Views = append(st.Views, *v)
		}
	}
	return st
}

func (s *Slack) serveState(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, http.StatusOK, s.State())
}

func (s *Slack) serveRev(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	rev := s.rev
	s.mu.Unlock()
	writeJSON(w, http.StatusOK, rev)
}

// servePermalink shows the channel, and the thread, a permalink points into.
func (s *Slack) servePermalink(w http.ResponseWriter, r *http.Request) {
	digits := strings.TrimPrefix(r.PathValue("message"), "p")
	if len(digits) < 7 {
		http.NotFound(w, r)
		return
	}
	ts := digits[:len(digits)-6] + "." + digits[len(digits)-6:]
	thread := cmp.Or(r.URL.Query().Get("thread_ts"), ts)
	q := url.Values{"channel": {r.PathValue("channel")}, "thread": {thread}}
	http.Redirect(w, r, "/?"+q.Encode()+"#m"+ts, http.StatusSeeOther)
}

// acted is the JSON answer to an act.
type acted struct {
	OK     bool              `json:"ok"`
	Error  string            `json:"error,omitempty"`
	Errors map[string]string `json:"errors,omitempty"`
}

// finish answers an act: JSON for a script, else back to the page.
func (s *Slack) finish(w http.ResponseWriter, r *http.Request, answer Answer, err error) {
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		out := acted{OK: err == nil && len(answer.Errors) == 0, Errors: answer.Errors}
		if err != nil {
			out.Error = err.Error()
		}
		writeJSON(w, http.StatusOK, out)
		return
	}
	q := url.Values{}
	for _, name := range []string{"as", "channel", "thread", "home"} {
		if v := r.PostFormValue(name); v != "" {
			q.Set(name, v)
		}
	}
	if err != nil {
		q.Set("warning", warning(err, s.words()))
	}
	http.Redirect(w, r, "/?"+q.Encode(), http.StatusSeeOther)
}

// warning is what Slack's client would say to the person.
func warning(err error, say scribe) string {
	switch {
	case errors.Is(err, ErrNobody):
		return say.say("Приложение не подключено", "The app is not connected")
	case errors.Is(err, ErrAppSilent):
		return say.say("Приложение не ответило за 3 секунды", "The app did not answer within 3 seconds")
	case errors.Is(err, ErrNoControl):
		return say.say("Этой кнопки уже нет", "That button is gone")
	case errors.Is(err, ErrIncomplete):
		return say.say("Заполните обязательные поля", "Please fill in the required fields")
	}
	return say.say("Приложение ответило ошибкой", "The app answered with an error")
}

// actClick takes the click of a person whose page may be behind: like Slack, it
// delivers a button that has been replaced meanwhile.
func (s *Slack) actClick(w http.ResponseWriter, r *http.Request) {
	answer, err := s.Click(r.Context(), Click{User: r.PostFormValue("as"), Channel: r.PostFormValue("in"),
		TS: r.PostFormValue("ts"), ViewID: r.PostFormValue("view"), ActionID: r.PostFormValue("action"),
		Value: r.PostFormValue("value"), Late: true})
	s.finish(w, r, answer, err)
}

func (s *Slack) actSubmit(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "unreadable form", http.StatusBadRequest)
		return
	}
	values := map[string]string{}
	for name := range r.PostForm {
		if id, ok := strings.CutPrefix(name, "field."); ok {
			values[id] = r.PostForm.Get(name)
		}
	}
	answer, err := s.SubmitView(r.Context(), Submission{User: r.PostFormValue("as"), ViewID: r.PostFormValue("view"), Values: values})
	s.finish(w, r, answer, err)
}

func (s *Slack) actClose(w http.ResponseWriter, r *http.Request) {
	s.finish(w, r, Answer{}, s.CloseView(r.Context(), r.PostFormValue("as"), r.PostFormValue("view")))
}

// actSay posts what was typed: a slash command or a message.
func (s *Slack) actSay(w http.ResponseWriter, r *http.Request) {
	text, user, channel := strings.TrimSpace(r.PostFormValue("text")), r.PostFormValue("as"), r.PostFormValue("channel")
	var answer Answer
	var err error
	switch {
	case text == "":
	case strings.HasPrefix(text, "/"):
		command, rest, _ := strings.Cut(text, " ")
		answer, err = s.Command(r.Context(), user, channel, command, strings.TrimSpace(rest))
	default:
		_, err = s.Say(r.Context(), user, channel, strings.ReplaceAll(text, "@otklik", "<@"+BotID+">"))
	}
	s.finish(w, r, answer, err)
}

func (s *Slack) actHome(w http.ResponseWriter, r *http.Request) {
	answer, err := s.OpenHome(r.Context(), r.PostFormValue("as"))
	s.finish(w, r, answer, err)
}

func (s *Slack) words() scribe {
	names := map[string]string{DutyGroup: "pr-duty"}
	for _, u := range s.users {
		names[u.ID] = u.RealName
	}
	for _, c := range s.channels {
		names[c.ID] = c.Name
	}
	return scribe{names: names, now: s.cfg.Now(), lang: s.cfg.Language}
}

// drawnMessage is one message ready for the template.
type drawnMessage struct {
	Message
	Author  User
	Time    string
	Lines   template.HTML // when there are no blocks
	Drawn   []block
	Replies int
	Private bool // only the viewer sees it

}

// workspace is what the page template gets.
type workspace struct {
	Rev      int
	As       User
	People   []User
	Channels []drawnChannel
	Current  Channel
	Messages []drawnMessage
	Thread   []drawnMessage
	ThreadTS string
	Modal    *drawnView
	Home     *drawnView
	AtHome   bool
	Warning  string
}

type drawnChannel struct {
	Channel
	Active bool
	Count  int
}

type drawnView struct {
	View
	Title, Submit, Close string
	Drawn                []block
}

func (s *Slack) serveWorkspace(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	page := s.pageFor(r.URL.Query())
	say := s.words()
	s.mu.Unlock()
	t, err := workspaceTemplate(say)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if err := t.ExecuteTemplate(w, "slack.html", page); err != nil {
		fmt.Fprintf(w, "<pre>%s</pre>", template.HTMLEscapeString(err.Error()))
	}
}

// workspaceTemplate parses the page with functions that draw for one viewer.
func workspaceTemplate(say scribe) (*template.Template, error) {
	return template.New("").Funcs(template.FuncMap{
		"say":   say.say,
		"mark":  func(text string) template.HTML { return say.draw(text) },
		"plain": func(text string) string { return say.emoji(text) },
		"words": func(w *words) template.HTML {
			if w.Type == "plain_text" {
				return template.HTML(strings.ReplaceAll(say.emoji(template.HTMLEscapeString(w.Text)), "\n", "<br>"))
			}
			return say.draw(w.Text)
		},
		"label":   func(e element) string { return say.emoji(e.label().Text) },
		"caption": func(e element) template.HTML { return say.draw(e.label().Text) },
		"choices": func(e element) []option { return e.choices() },
		"moment":  func(e element) string { return e.formInitial() },
		"initial": func(name string) string { return firstLetters(name) },
		"on":      func(p workspace, m drawnMessage) messageScene { return messageScene{p, m} },
		"drawn":   func(p workspace, m Message, b block) blockScene { return blockScene{inMessage(p, m), b} },
		"within":  func(p workspace, v View, b block) blockScene { return blockScene{inView(p, v), b} },
		"control": func(h scene, e element) controlScene { return controlScene{h, e} },
		"field":   fieldOf,
	}).ParseFS(pages, "pages/slack.html")
}

// scene says where a block is drawn, for the forms of its controls: a message,
// or the view whose id is set.
type scene struct {
	Page        workspace
	Channel, TS string
	View        string
	Errors      map[string]string
}

func inMessage(p workspace, m Message) scene { return scene{Page: p, Channel: m.Channel, TS: m.TS} }

func inView(p workspace, v View) scene { return scene{Page: p, View: v.ID, Errors: v.Errors} }

type messageScene struct {
	Page    workspace
	Message drawnMessage
}

type blockScene struct {
	Scene scene
	Block block
}

type controlScene struct {
	Target  scene
	Element element
}

type fieldScene struct {
	Name    string
	People  []User
	Element element
}

// fieldOf names a form field by its action id, else by its block id.
func fieldOf(h scene, b block, e element) fieldScene {
	return fieldScene{Name: "field." + cmp.Or(e.ActionID, b.BlockID), People: h.Page.People, Element: e}
}

func firstLetters(name string) string {
	out := ""
	for _, word := range strings.Fields(name) {
		out += string([]rune(word)[:1])
	}
	return out
}

func (s *Slack) pageFor(q url.Values) workspace {
	p := workspace{Rev: s.rev, ThreadTS: q.Get("thread"), AtHome: q.Get("home") != "", Warning: q.Get("warning")}
	for _, u := range s.users {
		if !u.IsBot && !u.Deleted {
			p.People = append(p.People, u)
		}
	}
	if u := s.user(q.Get("as")); u != nil && !u.IsBot {
		p.As = *u
	} else if len(p.People) > 0 {
		p.As = p.People[0]
	}
	p.Current = s.channels[0]
	if c := s.channel(q.Get("channel")); c != nil {
		p.Current = *c
	}
	for _, c := range s.channels {
		if c.User != "" && c.User != p.As.ID {
			continue
		}
		p.Channels = append(p.Channels, drawnChannel{Channel: c, Active: c.ID == p.Current.ID && !p.AtHome, Count: s.countIn(c.ID)})
	}
	s.fill(&p)
	for i := range s.views {
		v := s.views[i]
		if v.User == p.As.ID && v.Open && v.Type == "home" && p.AtHome {
			p.Home = drawView(v)
		}
	}
	if v := s.topModal(p.As.ID); v != nil {
		p.Modal = drawView(v)
	}
	return p
}

func (s *Slack) countIn(channel string) int {
	n := 0
	for _, m := range s.messages {
		if m.Channel == channel && m.ThreadTS == "" {
			n++
		}
	}
	return n
}

// fill adds the messages of the channel and thread, the viewer's ephemeral
// ones at their place in time.
func (s *Slack) fill(p *workspace) {
	say := s.words()
	for _, m := range s.messages {
		if m.Channel != p.Current.ID {
			continue
		}
		d := s.drawMessage(say, *m)
		if m.ThreadTS == "" || m.Broadcast {
			p.Messages = append(p.Messages, d)
		}
		if p.ThreadTS != "" && (m.TS == p.ThreadTS || m.ThreadTS == p.ThreadTS) {
			d.Replies = 0
			p.Thread = append(p.Thread, d)
		}
	}
	for _, e := range s.ephemerals {
		if e.User != p.As.ID || e.Channel != p.Current.ID {
			continue
		}
		d := s.drawMessage(say, Message{Channel: e.Channel, TS: e.TS, User: BotID, Text: e.Text, Blocks: e.Blocks, PostedAt: e.At})
		d.Private = true
		if e.ThreadTS != "" && e.ThreadTS == p.ThreadTS {
			p.Thread = append(p.Thread, d)
			continue
		}
		p.Messages = append(p.Messages, d)
	}
	byTime := func(a, b drawnMessage) int { return compareTS(a.TS, b.TS) }
	slices.SortStableFunc(p.Messages, byTime)
	slices.SortStableFunc(p.Thread, byTime)
}

func (s *Slack) drawMessage(say scribe, m Message) drawnMessage {
	d := drawnMessage{Message: m, Author: User{ID: m.User, RealName: m.User}, Time: m.PostedAt.Format("15:04"),
		Drawn: decodeBlocks(m.Blocks), Lines: say.draw(m.Text)}
	if u := s.user(m.User); u != nil {
		d.Author = *u
	}
	d.Replies, _ = s.replyCount(&m)
	return d
}

func drawView(v *View) *drawnView {
	var body struct {
		Title, Submit, Close words
		Blocks               json.RawMessage
	}
	if json.Unmarshal(v.Content, &body) != nil {
		return nil
	}
	return &drawnView{View: *v, Title: body.Title.Text, Submit: body.Submit.Text, Close: body.Close.Text, Drawn: decodeBlocks(body.Blocks)}
}
