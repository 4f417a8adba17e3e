package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/gorilla/websocket"
	slackapi "github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// maxActs bounds the acts that are carried out at the same time.
const maxActs = 16

// Run takes in clicks over Socket Mode until ctx ends, and then returns nil
// after the acts in hand are done. The library reconnects by itself; an error
// means that Slack refuses the app token. Dialer is for tests; nil is usual.
func (a *App) Run(ctx context.Context, dialer *websocket.Dialer) error {
	if !a.Config.AppToken.IsSet() {
		<-ctx.Done()
		return nil
	}
	var options []socketmode.Option
	if dialer != nil {
		options = append(options, socketmode.OptionDialer(dialer))
	}
	client := socketmode.New(a.client(), options...)
	ctx, cancel := context.WithCancel(ctx)
	var acts sync.WaitGroup
	defer acts.Wait()
	defer cancel()
	acts.Go(func() { a.receive(ctx, client) })
	err := client.RunContext(ctx)
	if ctx.Err() != nil {
		return nil // we were told to stop
	}
	return fmt.Errorf("socket mode: %w", err)
}

// receive hands each envelope to a goroutine of its own, at most maxActs at a
// time: one slow act must not make the others late.
func (a *App) receive(ctx context.Context, client *socketmode.Client) {
	var acts sync.WaitGroup
	defer acts.Wait()
	room := make(chan struct{}, maxActs)
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-client.Events:
			if e.Request == nil || e.Request.EnvelopeID == "" {
				a.connection(e.Type)
				continue
			}
			room <- struct{}{}
			acts.Go(func() {
				defer func() {
					<-room
					if v := recover(); v != nil { // one act must not end the daemon
						a.Log.Error("act broke off", "kind", e.Request.Type, "panic", v, "stack", string(debug.Stack()))
					}
				}()
				a.envelope(context.WithoutCancel(ctx), client, *e.Request)
			})
		}
	}
}

func (a *App) connection(kind socketmode.EventType) {
	switch kind {
	case socketmode.EventTypeConnected:
		a.Log.Info("socket mode connected")
	case socketmode.EventTypeConnectionError, socketmode.EventTypeInvalidAuth:
		a.Log.Warn("socket mode not connected", "reason", string(kind))
	}
}

// envelope carries out one delivery and acknowledges it. What is not
// understood is acknowledged too, else Slack sends it again.
func (a *App) envelope(ctx context.Context, client *socketmode.Client, r socketmode.Request) {
	var reply answer
	var err error
	switch r.Type {
	case socketmode.RequestTypeInteractive:
		reply, err = a.interaction(ctx, r.Payload)
	case socketmode.RequestTypeSlashCommands:
		var c slackapi.SlashCommand
		if err = json.Unmarshal(r.Payload, &c); err == nil {
			reply, err = a.command(ctx, command{User: c.UserID, UserName: c.UserName, Text: c.Text})
		}
	case socketmode.RequestTypeEventsAPI:
		reply, err = a.event(ctx, r.Payload)
	}
	if err != nil {
		a.Log.Warn("request not understood", "kind", r.Type, "err", err)
	}
	if err := client.AckCtx(ctx, r.EnvelopeID, reply.body); err != nil {
		a.Log.Warn("envelope not acknowledged", "err", err)
	}
	if reply.after != nil {
		reply.after(ctx)
	}
}
