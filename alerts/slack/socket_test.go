package slack_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/gorilla/websocket"

	"otklik/demo"
	"otklik/mention"
	"otklik/secret"
)

func TestSocketMode(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		wire := demo.NewWire()
		server := &http.Server{Handler: w.slack}
		served := make(chan error, 1)
		go func() { served <- server.Serve(wire) }()
		cfg := w.app.Config
		cfg.AppToken = secret.Literal(w.slack.AppToken())
		app := w.newApp(cfg)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- app.Run(ctx, &websocket.Dialer{NetDial: func(string, string) (net.Conn, error) { return wire.Dial() }})
		}()
		synctest.Wait()
		if w.slack.Connected() != 1 {
			t.Fatalf("%d connections; log:\n%s", w.slack.Connected(), w.log)
		}

		w.click(demo.Anna, "take", "")
		w.wantState(mention.Taken)
		w.click(demo.Anna, "answer", "")
		if a := w.submit(demo.Anna, map[string]string{"url": "nonsense"}); a.Errors["url"] == "" {
			t.Errorf("a wrong address is answered with %v", a.Errors)
		}
		w.submit(demo.Anna, map[string]string{"url": "", "text": "Ответили"})
		w.wantState(mention.Answered)
		if _, err := w.slack.Command(t.Context(), demo.Anna, demo.PRChannel, "/otklik", "sources"); err != nil {
			t.Error(err)
		}
		if all := w.slack.Ephemerals(demo.Anna); len(all) != 1 || !strings.Contains(string(all[0].Blocks), "Источники") {
			t.Errorf("the command is answered with %+v", all)
		}

		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run ended with %v", err)
		}
		server.Close()
		<-served
	})
}
