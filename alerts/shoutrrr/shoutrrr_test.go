package shoutrrr_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"otklik/alerts"
	"otklik/alerts/channeltest"
	"otklik/alerts/shoutrrr"
	"otklik/mention"
	"otklik/secret"
)

const (
	user     = "otklik-user"
	password = "hidden-password"
	topic    = "hidden-topic"
)

func newPasses() *alerts.Passes {
	return &alerts.Passes{Key: []byte("0123456789abcdef"), Base: "https://otklik.example"}
}

// channel returns the channel of one address.
func channel(t *testing.T, address string, client *http.Client, passes *alerts.Passes) *shoutrrr.Channel {
	t.Helper()
	ch, err := shoutrrr.New("push", alerts.ShoutrrrConfig{URL: secret.Literal(address)}, "ru", time.UTC, client, passes)
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

// ntfy is a pretend server of that name, whose messages are bare text.
type ntfy struct {
	*httptest.Server
	faults channeltest.Faults
	shown  []string
}

func newNtfy(t *testing.T) *ntfy {
	t.Helper()
	n := &ntfy{}
	n.Server = httptest.NewServer(n.faults.Around(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if name, pass, ok := r.BasicAuth(); err != nil || !ok || name != user || pass != password || r.URL.Path != "/"+topic {
			t.Errorf("%s %s by %s: %v", r.Method, r.URL, name, err)
		}
		n.shown = append(n.shown, string(body))
		fmt.Fprint(w, "{}")
	})))
	t.Cleanup(n.Close)
	return n
}

func (n *ntfy) address() string {
	return "ntfy://" + user + ":" + password + "@" + n.Listener.Addr().String() + "/" + topic + "?disabletls=yes"
}

func TestChannel(t *testing.T) {
	for name, passes := range map[string]*alerts.Passes{"without links": nil, "with links": newPasses()} {
		t.Run(name, func(t *testing.T) {
			channeltest.Run(t, func(t *testing.T) channeltest.Service {
				n := newNtfy(t)
				return channeltest.Service{Channel: channel(t, n.address(), n.Client(), passes), Shown: func() []string { return n.shown },
					Faults: &n.faults, Secrets: []string{user, password, topic}, Markup: []string{"<!channel>", "@here", "@all", "<script", "задачу]("}}
			})
		})
	}
}

// TestChannel_Unwatched is a service whose requests we do not see: what its
// errors say has to do.
func TestChannel_Unwatched(t *testing.T) {
	const key = "hidden-device"
	for status, want := range map[int]mention.RetryError{
		http.StatusForbidden: {Final: true}, http.StatusTooManyRequests: {After: time.Second}, http.StatusBadGateway: {InDoubt: true},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "no JSON, and "+key, status)
		}))
		ch := channel(t, "bark://:"+key+"@"+server.Listener.Addr().String()+"/?scheme=http", server.Client(), nil)
		_, err := ch.Post(t.Context(), channeltest.Card())
		server.Close()
		got, ok := errors.AsType[*mention.RetryError](err)
		if !ok || got.Final != want.Final || got.After != want.After || got.InDoubt != want.InDoubt || strings.Contains(err.Error(), key) {
			t.Errorf("%d ends with %+v, %v, want %+v", status, got, err, want)
		}
	}
	server := httptest.NewServer(http.NotFoundHandler())
	address := "bark://:" + key + "@" + server.Listener.Addr().String() + "/?scheme=http"
	server.Close()
	_, err := channel(t, address, server.Client(), nil).Post(t.Context(), channeltest.Card())
	if got, ok := errors.AsType[*mention.RetryError](err); !ok || got.Final || got.InDoubt {
		t.Errorf("a server that is not there ends with %v, want another try without doubt", err)
	}
}

func TestChannel_HangingMessage(t *testing.T) {
	arrived, let := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		<-let
		fmt.Fprint(w, `{"code":200}`)
	}))
	t.Cleanup(server.Close)
	ch := channel(t, "bark://:key@"+server.Listener.Addr().String()+"/?scheme=http", server.Client(), nil)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := ch.Post(ctx, channeltest.Card())
		ended <- err
	}()
	<-arrived
	cancel()
	if got, ok := errors.AsType[*mention.RetryError](<-ended); !ok || !got.InDoubt || got.Final {
		t.Errorf("a message that hangs ends with %+v, want doubt", got)
	}
	_, err := ch.Post(t.Context(), channeltest.Card())
	if got, ok := errors.AsType[*mention.RetryError](err); !ok || got.After == 0 || got.InDoubt {
		t.Errorf("the message after it ends with %v, want a wait: there is never a second goroutine", err)
	}
	close(let)
}

// TestChannel_DiscordIsNotRepeated: the library repeats what Discord refuses
// by itself, which could post twice.
func TestChannel_DiscordIsNotRepeated(t *testing.T) {
	for status, want := range map[int]bool{http.StatusBadGateway: false, http.StatusNotFound: true, http.StatusTooManyRequests: false} {
		asked := 0
		client := &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
			asked++
			return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}"))}, nil
		})}
		_, err := channel(t, "discord://hidden-token@1234567890", client, nil).Post(t.Context(), channeltest.Card())
		got, ok := errors.AsType[*mention.RetryError](err)
		if asked != 1 || !ok || got.Final != want || strings.Contains(err.Error(), "hidden") || strings.Contains(err.Error(), "1234567890") {
			t.Errorf("%d: asked %d times, ends with %v", status, asked, err)
		}
	}
}

// TestChannel_DiscordTakesTheCard shows what one of the watched services is sent.
func TestChannel_DiscordTakesTheCard(t *testing.T) {
	var sent struct {
		Content string
		Embeds  []struct{ Description string }
	}
	client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
			t.Error(err)
		}
		return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody}, nil
	})}
	place, err := channel(t, "discord://token@1234567890", client, nil).Post(t.Context(), channeltest.Card())
	if err != nil || place.Message == "" {
		t.Fatalf("%+v, %v", place, err)
	}
	text := sent.Content
	for _, e := range sent.Embeds {
		text += e.Description
	}
	if !strings.Contains(text, channeltest.Words) || !strings.Contains(text, "https://otzovik.test/review_1.html") {
		t.Errorf("Discord is sent %+v", sent)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestChannel_LongWordsLeaveRoomForLinks(t *testing.T) {
	n := newNtfy(t)
	m := channeltest.Card()
	m.View.Mention.Text = strings.Repeat("очень длинная жалоба 👩‍👩‍👧 ", 500)
	m.View.Mention.URL = "https://town.example/@anna/1](?a=<b>"
	if _, err := channel(t, n.address(), n.Client(), newPasses()).Post(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	text := n.shown[0]
	if size := utf8.RuneCountInString(text); size > 1000 || len(text) > 4096 {
		t.Errorf("the message has %d characters and %d bytes", size, len(text))
	}
	if !strings.Contains(text, "https://town.example/%40anna/1%5D(?a=%3Cb>") {
		t.Errorf("the page is lost:\n%s", text)
	}
	var verbs []mention.Verb
	for _, found := range regexp.MustCompile(`https://otklik\.example/do/(\S+)`).FindAllStringSubmatch(text, -1) {
		pass, err := newPasses().Read(found[1], m.At)
		if err != nil || pass.Who != "shoutrrr:push" || pass.Task != 1842 {
			t.Errorf("a link holds %+v, %v", pass, err)
		}
		verbs = append(verbs, pass.Verb)
	}
	if fmt.Sprint(verbs) != "[take answer]" {
		t.Errorf("the links let people %v", verbs)
	}
}

func TestCheck(t *testing.T) {
	for address, want := range map[string]string{
		"ntfy://ntfy.sh/topic":                              "",
		"discord://token@1234567890":                        "",
		"gotify://push.example/AGdHkq3rT5yU":                "",
		"matrix://:token@matrix.example/":                   "",
		"matrix://hidden-user:hidden-password@127.0.0.1:1/": "access token",
		"matrix://hidden-user@127.0.0.1:1/":                 "access token",
		"telegram://token@telegram":                         "channels.NAME.telegram",
		"smtp://user:pass@host:25/":                         "channels.NAME.email",
		"carrier-pigeon://hidden-coop":                      "there is no service",
		"ntfy://hidden-host":                                "not understood",
		"discord://":                                        "discord",
		"https://hidden.example/":                           "there is no service",
		"hidden words":                                      "write an address",
		"":                                                  "write an address",
	} {
		err := shoutrrr.Check(address)
		switch {
		case want == "" && err != nil:
			t.Errorf("%s is refused: %v", address, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hidden")):
			t.Errorf("%s ends with %v, want %q and no part of the address", address, err, want)
		}
	}
}
