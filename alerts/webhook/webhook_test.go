package webhook_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"otklik/alerts"
	"otklik/alerts/channeltest"
	"otklik/alerts/webhook"
	"otklik/secret"
)

const key = "webhook-signing-key"

var noon = time.Date(2026, 11, 21, 11, 22, 0, 0, time.UTC)

func TestChannel(t *testing.T) {
	channeltest.Run(t, func(t *testing.T) channeltest.Service {
		var shown []string
		faults := &channeltest.Faults{}
		server := httptest.NewServer(faults.Around(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			id, stamp := r.Header.Get("Otklik-Id"), r.Header.Get("Otklik-Timestamp")
			if got, want := r.Header.Get("Otklik-Signature"), webhook.Sign(key, id, stamp, body); got != want {
				t.Errorf("signed %s, want %s", got, want)
			}
			if stamp != strconv.FormatInt(noon.Unix(), 10) {
				t.Errorf("stamped %s", stamp)
			}
			var e struct{ ID, Event, Subject, Text string }
			if err := json.Unmarshal(body, &e); err != nil || e.ID != id || e.Event == "" {
				t.Errorf("the body is %s (%v)", body, err)
			}
			seen := e.Subject + "\n" + e.Text
			if e.Event == "posted" {
				shown = append(shown, seen)
				return
			}
			shown[len(shown)-1] = seen
		})))
		t.Cleanup(server.Close)
		c := alerts.WebhookConfig{URL: server.URL + "/hook?token=hidden-in-the-address", Secret: secret.Literal(key)}
		return channeltest.Service{Channel: webhook.New(c, "ru", time.UTC, server.Client(), func() time.Time { return noon }),
			Shown: func() []string { return shown }, Faults: faults, Secrets: []string{key, "hidden-in-the-address"}, Updates: true}
	})
}

// TestSign pins the signature, because receivers compute it too.
func TestSign(t *testing.T) {
	const want = "v1=12da12f72f3e867c1200a120e862644e88b33fd488bb5f8349c666b8506723d3"
	if got := webhook.Sign("key", "card:1", "1795260120", []byte(`{"id":"card:1"}`)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
