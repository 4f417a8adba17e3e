package demo

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// fields is the body of one answer, beside "ok".
type fields map[string]any

// args are the arguments of one call; a JSON argument is kept as its text.
type args map[string]string

// call is one method of the Web API; it runs with s.mu held.
type call func(*Slack, args) (fields, error)

// apiError is an answer with ok: false.
type apiError struct {
	code    string
	details []string
	after   time.Duration // Retry-After of "ratelimited"
}

func (e *apiError) Error() string { return e.code }

func refuse(code string) error { return &apiError{code: code} }

// failure is how Slack writes an error.
type failure struct {
	OK       bool      `json:"ok"`
	Error    string    `json:"error"`
	Metadata *messages `json:"response_metadata,omitempty"`
}

type messages struct {
	Messages []string `json:"messages"`
}

func methods() map[string]call {
	return map[string]call{
		"auth.test":              (*Slack).authTest,
		"apps.connections.open":  (*Slack).connectionsOpen,
		"chat.postMessage":       (*Slack).postMessage,
		"chat.update":            (*Slack).updateMessage,
		"chat.delete":            (*Slack).deleteMessage,
		"chat.postEphemeral":     (*Slack).postEphemeral,
		"chat.getPermalink":      (*Slack).getPermalink,
		"reactions.add":          (*Slack).addReaction,
		"conversations.history":  (*Slack).history,
		"conversations.replies":  (*Slack).replies,
		"conversations.list":     (*Slack).listConversations,
		"conversations.info":     (*Slack).conversationInfo,
		"conversations.open":     (*Slack).openConversation,
		"conversations.join":     (*Slack).conversationInfo,
		"users.info":             (*Slack).userInfo,
		"users.list":             (*Slack).listUsers,
		"usergroups.list":        (*Slack).listGroups,
		"usergroups.users.list":  (*Slack).listGroupUsers,
		"views.open":             (*Slack).openView,
		"views.push":             (*Slack).openView,
		"views.update":           (*Slack).updateView,
		"views.publish":          (*Slack).publishView,
		"conversations.setTopic": (*Slack).conversationInfo,
	}
}

func (s *Slack) routes() {
	known := methods()
	s.mux.HandleFunc("/api/{method}", func(w http.ResponseWriter, r *http.Request) {
		s.serveCall(w, r, known)
	})
	s.mux.HandleFunc("GET /socket", s.serveSocket)
	s.mux.HandleFunc("POST /response/{id}", s.serveResponse)
	s.browserRoutes()
}

// serveCall answers one call of the Web API.
func (s *Slack) serveCall(w http.ResponseWriter, r *http.Request, known map[string]call) {
	method := r.PathValue("method")
	fault, down := s.nextFault(method)
	if down {
		http.Error(w, "service unavailable", http.StatusServiceUnavailable)
		return
	}
	if fault.spoil(w, r) {
		return
	}
	a, err := readArgs(w, r)
	if err != nil {
		writeFailure(w, err)
		return
	}
	do, ok := known[method]
	if !ok {
		writeFailure(w, refuse("unknown_method"))
		return
	}
	out, err := s.run(method, a, do)
	if fault.Kind == CutAfter {
		panic(http.ErrAbortHandler)
	}
	if err != nil {
		writeFailure(w, err)
		return
	}
	out["ok"] = true
	writeJSON(w, http.StatusOK, out)
}

func (s *Slack) run(method string, a args, do call) (fields, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.authorize(method, a["token"]); err != nil {
		return nil, err
	}
	return do(s, a)
}

func (s *Slack) authorize(method, token string) error {
	want, other := s.cfg.Token, s.cfg.AppToken
	if method == "apps.connections.open" {
		want, other = other, want
	}
	switch {
	case token == "":
		return refuse("not_authed")
	case token == other:
		return refuse("not_allowed_token_type")
	case token != want:
		return refuse("invalid_auth")
	case s.revoked:
		return refuse("token_revoked")
	}
	return nil
}

// readArgs reads query, form or JSON arguments and the token of the header.
func readArgs(w http.ResponseWriter, r *http.Request) (args, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, refuse("request_too_large")
	}
	a := args{}
	a.add(r.URL.Query())
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case kind == "application/json" && len(body) > 0:
		if err := a.addJSON(body); err != nil {
			return nil, err
		}
	case len(body) > 0:
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, refuse("invalid_form_data")
		}
		a.add(form)
	}
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		a["token"] = token
	}
	return a, nil
}

func (a args) add(values url.Values) {
	for name := range values {
		a[name] = values.Get(name)
	}
}

func (a args) addJSON(body []byte) error {
	var o object
	if err := json.Unmarshal(body, &o); err != nil {
		return refuse("invalid_json")
	}
	for name, raw := range o {
		var s string
		if json.Unmarshal(raw, &s) == nil {
			a[name] = s
			continue
		}
		a[name] = string(raw)
	}
	return nil
}

// is reports whether a boolean argument is set.
func (a args) is(name string) bool { return a[name] == "true" || a[name] == "1" }

func writeFailure(w http.ResponseWriter, err error) {
	f := failure{Error: "internal_error"}
	if e, ok := errors.AsType[*apiError](err); ok {
		f.Error = e.code
		if e.after > 0 {
			Fault{Kind: RateLimited, After: e.after}.answerLimited(w)
			return
		}
		if len(e.details) > 0 {
			f.Metadata = &messages{e.details}
		}
	}
	writeJSON(w, http.StatusOK, f)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "encode answer: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	w.Write(body)
}

func (s *Slack) authTest(args) (fields, error) {
	return fields{"url": s.cfg.BaseURL + "/", "team": "Ромашка Банк", "team_id": teamID,
		"user": "otklik", "user_id": BotID, "bot_id": "B0OTKLIK"}, nil
}
