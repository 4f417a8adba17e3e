package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// pingEvery keeps clients content, which give up after 30 s without a ping.
const pingEvery = 10 * time.Second

// socket is one open Socket Mode connection.
type socket struct {
	conn *websocket.Conn

	mu    sync.Mutex // guards writes and waits
	waits map[string]chan json.RawMessage
}

// envelope is one Socket Mode message to the app.
type envelope struct {
	Type           deliveryKind `json:"type"`
	EnvelopeID     string       `json:"envelope_id"`
	Payload        fields       `json:"payload"`
	AcceptsPayload bool         `json:"accepts_response_payload"`
}

func (s *Slack) connectionsOpen(args) (fields, error) {
	u, err := url.Parse(s.cfg.BaseURL)
	if err != nil {
		return nil, refuse("internal_error")
	}
	u.Scheme = strings.Replace(u.Scheme, "http", "ws", 1)
	u.Path = "/socket"
	ticket := s.nextID("ticket")
	s.triggers[ticket] = trigger{at: s.cfg.Now()}
	u.RawQuery = url.Values{"ticket": {ticket}}.Encode()
	return fields{"url": u.String()}, nil
}

// serveSocket holds one Socket Mode connection until either side closes it.
func (s *Slack) serveSocket(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	ticket, known := s.triggers[r.URL.Query().Get("ticket")]
	refused := !known || ticket.used || s.down
	ticket.used = true
	s.triggers[r.URL.Query().Get("ticket")] = ticket
	s.mu.Unlock()
	if refused {
		http.Error(w, "invalid ticket", http.StatusForbidden)
		return
	}
	anyOrigin := func(*http.Request) bool { return true } // slack-go says https://api.slack.com
	upgrader := websocket.Upgrader{CheckOrigin: anyOrigin}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	k := &socket{conn: conn, waits: map[string]chan json.RawMessage{}}
	defer k.close()
	if k.write(fields{"type": "hello", "num_connections": 1, "connection_info": fields{"app_id": appID},
		"debug_info": fields{"host": "demo", "approximate_connection_time": 3600}}) != nil {
		return
	}
	s.addSocket(k)
	defer s.dropSocket(k)
	stop := make(chan struct{})
	var pings sync.WaitGroup
	pings.Go(func() { k.ping(stop) })
	k.read()
	close(stop)
	pings.Wait()
}

func (s *Slack) addSocket(k *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sockets = append(s.sockets, k)
}

func (s *Slack) dropSocket(k *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sockets = slices.DeleteFunc(s.sockets, func(other *socket) bool { return other == k })
}

// Connected returns the number of open Socket Mode connections.
func (s *Slack) Connected() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sockets)
}

// Disconnect asks every connected app to reconnect, as Slack does now and
// then, and closes the connections.
func (s *Slack) Disconnect() {
	s.mu.Lock()
	sockets := s.sockets
	s.sockets = nil
	s.mu.Unlock()
	for _, k := range sockets {
		if err := k.write(fields{"type": "disconnect", "reason": "refresh_requested"}); err != nil {
			k.close()
		}
	}
}

func (k *socket) write(v fields) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.conn.WriteJSON(v)
}

func (k *socket) close() { k.conn.Close() }

func (k *socket) ping(stop <-chan struct{}) {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		k.mu.Lock()
		err := k.conn.WriteMessage(websocket.PingMessage, []byte("ping"))
		k.mu.Unlock()
		if err != nil {
			return
		}
		select {
		case <-tick.C:
		case <-stop:
			return
		}
	}
}

// read hands acknowledgements to those who wait for them.
func (k *socket) read() {
	k.conn.SetReadLimit(maxBody)
	for {
		var ack struct {
			EnvelopeID string          `json:"envelope_id"`
			Payload    json.RawMessage `json:"payload"`
		}
		if k.conn.ReadJSON(&ack) != nil {
			return
		}
		k.mu.Lock()
		wait := k.waits[ack.EnvelopeID]
		delete(k.waits, ack.EnvelopeID)
		k.mu.Unlock()
		if wait != nil {
			wait <- ack.Payload
		}
	}
}

// send writes an envelope and waits for its acknowledgement.
func (k *socket) send(ctx context.Context, d delivery) (Answer, error) {
	wait := make(chan json.RawMessage, 1)
	k.mu.Lock()
	k.waits[d.id] = wait
	err := k.conn.WriteJSON(envelope{Type: d.kind, EnvelopeID: d.id, Payload: d.payload,
		AcceptsPayload: d.kind != eventsAPI})
	k.mu.Unlock()
	if err != nil {
		return Answer{}, fmt.Errorf("write envelope: %w", err)
	}
	select {
	case payload := <-wait:
		return Answer{Status: http.StatusOK, Body: payload}, nil
	case <-ctx.Done():
		k.mu.Lock()
		delete(k.waits, d.id)
		k.mu.Unlock()
		return Answer{}, fmt.Errorf("wait for acknowledgement: %w", ctx.Err())
	}
}
