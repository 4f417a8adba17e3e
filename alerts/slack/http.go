package slack

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// maxBody bounds what Slack may send; its own payloads stay under 100 KB.
const maxBody = 1 << 20

// maxAge is how old a signed request may be: older ones may be replayed by
// whoever has seen them (docs.slack.dev, "Verifying requests from Slack").
const maxAge = 5 * time.Minute

var (
	errUnsigned = errors.New("the signature is missing or wrong")
	errOld      = errors.New("the request is older than five minutes")
)

// Handler serves /slack/interactions, /slack/commands and /slack/events. Every
// request is checked against the signing secret before it is read.
func (a *App) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /slack/interactions", a.signed(func(ctx context.Context, body []byte) (answer, error) {
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return answer{}, fmt.Errorf("read interaction: %w", err)
		}
		return a.interaction(ctx, []byte(form.Get("payload")))
	}))
	mux.HandleFunc("POST /slack/commands", a.signed(func(ctx context.Context, body []byte) (answer, error) {
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return answer{}, fmt.Errorf("read command: %w", err)
		}
		return a.command(ctx, commandOf(form))
	}))
	mux.HandleFunc("POST /slack/events", a.signed(a.event))
	return mux
}

// signed checks, bounds and answers requests; what is left to do after the
// answer is done before the handler returns, so that shutting the server down
// waits for it.
func (a *App) signed(handle func(context.Context, []byte) (answer, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			http.Error(w, "the body is too large or broke off", http.StatusRequestEntityTooLarge)
			return
		}
		if err := a.verify(r.Header, body); err != nil {
			a.Log.Warn("request refused", "path", r.URL.Path, "err", err)
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		reply, err := handle(r.Context(), body)
		if err != nil {
			a.Log.Warn("request not understood", "path", r.URL.Path, "err", err)
			http.Error(w, "the payload is not understood", http.StatusBadRequest)
			return
		}
		a.write(w, reply)
		if reply.after != nil {
			reply.after(context.WithoutCancel(r.Context()))
		}
	}
}

// write answers completely, so that Slack does not wait for what comes after.
func (a *App) write(w http.ResponseWriter, reply answer) {
	var body []byte
	if reply.body != nil {
		var err error
		if body, err = json.Marshal(reply.body); err != nil {
			a.Log.Error("answer not written", "err", err)
			http.Error(w, "the answer could not be written", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if _, err := w.Write(body); err != nil {
		a.Log.Warn("answer not taken", "err", err)
		return
	}
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
}

// verify checks a request's age and its signature over the raw body.
func (a *App) verify(h http.Header, body []byte) error {
	stamp := h.Get("X-Slack-Request-Timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return errUnsigned
	}
	mac := hmac.New(sha256.New, []byte(a.Config.SigningSecret.Reveal()))
	mac.Write([]byte("v0:" + stamp + ":"))
	mac.Write(body)
	want := "v0=" + hex.EncodeToString(mac.Sum(nil))
	// An empty secret would accept anybody who knows that it is empty.
	if !a.Config.SigningSecret.IsSet() || !hmac.Equal([]byte(want), []byte(h.Get("X-Slack-Signature"))) {
		return errUnsigned
	}
	if age := a.Now().Sub(time.Unix(seconds, 0)); age > maxAge || age < -maxAge {
		return errOld
	}
	return nil
}

// event takes in what Slack tells of itself: the check of our address, and
// people who open the home tab.
func (a *App) event(ctx context.Context, body []byte) (answer, error) {
	var e struct {
		Type      string    `json:"type"`
		Challenge string    `json:"challenge"`
		Event     homeEvent `json:"event"`
	}
	if err := json.Unmarshal(body, &e); err != nil {
		return answer{}, fmt.Errorf("read event: %w", err)
	}
	if e.Type == "url_verification" {
		return answer{body: map[string]string{"challenge": e.Challenge}}, nil
	}
	return a.homeOpened(e.Event), nil
}

type homeEvent struct {
	Type string `json:"type"`
	User string `json:"user"`
	Tab  string `json:"tab"`
}
