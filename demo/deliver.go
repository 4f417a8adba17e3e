package demo

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// deliveryKind is the type of a Socket Mode envelope.
type deliveryKind string

const (
	interactive  deliveryKind = "interactive"
	slashCommand deliveryKind = "slash_commands"
	eventsAPI    deliveryKind = "events_api"
)

// delivery is one act on its way to the app.
type delivery struct {
	kind    deliveryKind
	payload fields
	id      string // of the envelope
}

// ErrAppSilent means that the app did not answer within three seconds; Slack
// shows the person a warning then.
var ErrAppSilent = errors.New("the app did not answer in time")

func (s *Slack) deliver(ctx context.Context, kind deliveryKind, p fields) (Answer, error) {
	s.mu.Lock()
	s.last = delivery{kind: kind, payload: p, id: s.nextID("env-")}
	d := s.last
	s.mu.Unlock()
	return s.send(ctx, d)
}

// Redeliver sends the last act again, byte for byte, as Slack does when an
// answer was late.
func (s *Slack) Redeliver(ctx context.Context) (Answer, error) {
	s.mu.Lock()
	d := s.last
	s.mu.Unlock()
	if d.kind == "" {
		return Answer{}, fmt.Errorf("redeliver: %w", ErrNoControl)
	}
	return s.send(ctx, d)
}

func (s *Slack) send(ctx context.Context, d delivery) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	start := s.cfg.Now()
	answer, err := s.route(ctx, d)
	answer.Took = s.cfg.Now().Sub(start)
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("%w: %w", ErrAppSilent, err)
	}
	if err != nil {
		return answer, fmt.Errorf("deliver %s: %w", d.kind, err)
	}
	return answer, nil
}

// route sends d through an open socket, else to the configured address.
func (s *Slack) route(ctx context.Context, d delivery) (Answer, error) {
	s.mu.Lock()
	sockets := slices.Clone(s.sockets)
	s.mu.Unlock()
	if len(sockets) > 0 {
		return sockets[len(sockets)-1].send(ctx, d)
	}
	body, address, err := s.encode(d)
	if err != nil {
		return Answer{}, err
	}
	if address == "" {
		return Answer{}, ErrNobody
	}
	kind := "application/x-www-form-urlencoded"
	if d.kind == eventsAPI {
		kind = "application/json"
	}
	return s.request(ctx, address, kind, body)
}

// encode returns d as Slack posts it, and where to.
func (s *Slack) encode(d delivery) (body []byte, address string, err error) {
	if d.kind == slashCommand {
		return []byte(form(d.payload).Encode()), s.cfg.CommandsURL, nil
	}
	raw, err := json.Marshal(d.payload)
	if err != nil {
		return nil, "", fmt.Errorf("encode payload: %w", err)
	}
	if d.kind == eventsAPI {
		return raw, s.cfg.EventsURL, nil
	}
	return []byte(url.Values{"payload": {string(raw)}}.Encode()), s.cfg.InteractionsURL, nil
}

func (s *Slack) request(ctx context.Context, address, kind string, body []byte) (Answer, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return Answer{}, fmt.Errorf("make request: %w", err)
	}
	stamp := strconv.FormatInt(s.cfg.Now().Unix(), 10)
	r.Header.Set("Content-Type", kind)
	r.Header.Set("User-Agent", "Slackbot 1.0 (+https://api.slack.com/robots)")
	r.Header.Set("X-Slack-Request-Timestamp", stamp)
	r.Header.Set("X-Slack-Signature", Sign(s.cfg.SigningSecret, stamp, body))
	resp, err := s.cfg.Client.Do(r)
	if err != nil {
		return Answer{}, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err != nil {
		return Answer{}, fmt.Errorf("read answer: %w", err)
	}
	if resp.StatusCode/100 != 2 {
		return Answer{Status: resp.StatusCode, Body: answer}, fmt.Errorf("the app answered %s", resp.Status)
	}
	return Answer{Status: resp.StatusCode, Body: answer}, nil
}

// Sign returns the value of X-Slack-Signature for a body sent at stamp (Unix
// seconds): version v0 of Slack's request signing.
func Sign(secret, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v0:" + stamp + ":"))
	mac.Write(body)
	return "v0=" + hex.EncodeToString(mac.Sum(nil))
}

// response is one response_url: five uses within half an hour.
type response struct {
	user, channel, ts string
	uses              int
	at                time.Time
}

const (
	responseUses  = 5
	responseLives = 30 * time.Minute
)

func (s *Slack) newResponse(user, channel, ts string) string {
	maps.DeleteFunc(s.responses, func(_ string, r *response) bool { return s.cfg.Now().Sub(r.at) > responseLives })
	id := s.nextID("R")
	s.responses[id] = &response{user: user, channel: channel, ts: ts, at: s.cfg.Now()}
	return s.cfg.BaseURL + "/response/" + id
}

// serveResponse takes a message sent to a response_url.
func (s *Slack) serveResponse(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "request_too_large", http.StatusRequestEntityTooLarge)
		return
	}
	s.mu.Lock()
	to := s.responses[r.PathValue("id")]
	spent := to == nil || to.uses >= responseUses || s.cfg.Now().Sub(to.at) > responseLives
	if !spent {
		to.uses++
	}
	s.mu.Unlock()
	if spent {
		http.Error(w, "used_url", http.StatusNotFound)
		return
	}
	if err := s.say(body, to); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	io.WriteString(w, "ok")
}

// say shows what the app answered to a command or sent to a response_url.
func (s *Slack) say(body []byte, to *response) error {
	a := args{}
	if !strings.HasPrefix(strings.TrimSpace(string(body)), "{") {
		a["text"] = string(body)
	} else if err := a.addJSON(body); err != nil {
		return fmt.Errorf("read the app's answer: %w", err)
	}
	c, err := readContent(a)
	if err != nil {
		return fmt.Errorf("read the app's answer: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.find(to.channel, to.ts)
	switch {
	case a.is("delete_original") || c.empty():
		return nil
	case a.is("replace_original") && m != nil:
		s.replace(m, c, a)
	case a["response_type"] == "in_channel":
		s.post(Message{Channel: to.channel, User: BotID, Text: c.text, Blocks: c.blocks})
	default:
		s.whisper(to.channel, to.user, "", c)
	}
	return nil
}
