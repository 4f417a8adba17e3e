package demo_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"otklik/demo"
)

// app is a little Slack app as the workspace sees one: it keeps what it is
// sent and answers what the test told it to.
type app struct {
	t        *testing.T
	secret   string
	payloads []slack.InteractionCallback
	forms    []url.Values
	answer   string
	delay    time.Duration
}

func (a *app) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		a.t.Error(err)
	}
	verifier, err := slack.NewSecretsVerifier(r.Header, a.secret)
	if err != nil {
		a.t.Errorf("headers: %v", err)
		return
	}
	verifier.Write(body)
	if err := verifier.Ensure(); err != nil {
		a.t.Errorf("signature: %v", err)
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		a.t.Error(err)
	}
	a.forms = append(a.forms, values)
	if raw := values.Get("payload"); raw != "" {
		var p slack.InteractionCallback
		if err := json.Unmarshal([]byte(raw), &p); err != nil {
			a.t.Errorf("payload: %v", err)
		}
		a.payloads = append(a.payloads, p)
	}
	if a.delay > 0 {
		select {
		case <-time.After(a.delay):
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}
	io.WriteString(w, a.answer)
}

func newWorkspace(t *testing.T) (*demo.Slack, *slack.Client, *app) {
	t.Helper()
	a := &app{t: t, secret: "s3cret"}
	s := demo.NewSlack(demo.SlackConfig{
		Token: "xoxb-1", AppToken: "xapp-1", SigningSecret: a.secret, Client: demo.InProcess(a),
		InteractionsURL: "http://app.test/slack/interactions", CommandsURL: "http://app.test/slack/commands",
		EventsURL: "http://app.test/slack/events",
	})
	return s, client(s, "xoxb-1"), a
}

func client(s *demo.Slack, token string) *slack.Client {
	return slack.New(token, slack.OptionAPIURL(s.APIURL()), slack.OptionHTTPClient(demo.InProcess(s)),
		slack.OptionAppLevelToken("xapp-1"))
}

func card(text string) slack.MsgOption {
	return slack.MsgOptionBlocks(
		slack.NewSectionBlock(slack.NewTextBlockObject("mrkdwn", text, false, false), nil, nil),
		slack.NewActionBlock("buttons",
			slack.NewButtonBlockElement("take", "7", slack.NewTextBlockObject("plain_text", "Взять", false, false)),
			slack.NewOverflowBlockElement("more",
				slack.NewOptionBlockObject("snooze", slack.NewTextBlockObject("plain_text", "Отложить", false, false), nil),
				slack.NewOptionBlockObject("escalate", slack.NewTextBlockObject("plain_text", "Передать", false, false), nil)),
		))
}

func TestSlack_RemembersMessages(t *testing.T) {
	s, c, _ := newWorkspace(t)
	meta := slack.MsgOptionMetadata(slack.SlackMetadata{EventType: "otklik_card",
		EventPayload: map[string]any{"task": 7, "state": "open"}})
	channel, ts, err := c.PostMessageContext(t.Context(), "#pr-alerts", slack.MsgOptionText("жалоба", false), card("*жалоба*"), meta)
	if err != nil {
		t.Fatal(err)
	}
	if channel != demo.PRChannel {
		t.Errorf("channel = %q, want %q", channel, demo.PRChannel)
	}
	if _, _, err := c.PostMessageContext(t.Context(), channel, slack.MsgOptionText("история", false), slack.MsgOptionTS(ts)); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := c.UpdateMessageContext(t.Context(), channel, ts, slack.MsgOptionText("взято", false)); err != nil {
		t.Fatal(err)
	}
	top := s.Messages("pr-alerts")
	if len(top) != 1 || top[0].Text != "взято" || top[0].Edits != 1 || top[0].Metadata == nil || len(top[0].Past) != 1 {
		t.Fatalf("messages = %+v; want one, edited once, metadata kept", top)
	}
	if got := s.Thread(channel, ts); len(got) != 2 || got[1].Text != "история" {
		t.Errorf("thread = %+v", got)
	}
	h, err := c.GetConversationHistoryContext(t.Context(), &slack.GetConversationHistoryParameters{ChannelID: channel, IncludeAllMetadata: true, Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	if len(h.Messages) != 1 || h.Messages[0].Metadata.EventPayload["task"] != 7.0 || h.Messages[0].ReplyCount != 1 {
		t.Errorf("history = %+v", h.Messages)
	}
	link, err := c.GetPermalinkContext(t.Context(), &slack.PermalinkParameters{Channel: channel, Ts: ts})
	if err != nil || !strings.Contains(link, "/archives/"+channel+"/p") {
		t.Errorf("permalink = %q, %v", link, err)
	}
}

func TestSlack_HistoryPages(t *testing.T) {
	_, c, _ := newWorkspace(t)
	var stamps []string
	for range 5 {
		_, ts, err := c.PostMessageContext(t.Context(), demo.PRChannel, slack.MsgOptionText("x", false))
		if err != nil {
			t.Fatal(err)
		}
		stamps = append(stamps, ts)
	}
	var got []string
	p := &slack.GetConversationHistoryParameters{ChannelID: demo.PRChannel, Limit: 2, Oldest: stamps[0]}
	for {
		h, err := c.GetConversationHistoryContext(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range h.Messages {
			got = append(got, m.Timestamp)
			if m.Metadata.EventType != "" {
				t.Errorf("metadata shown without include_all_metadata")
			}
		}
		if !h.HasMore {
			break
		}
		p.Cursor = h.ResponseMetaData.NextCursor
	}
	want := strings.Join([]string{stamps[4], stamps[3], stamps[2], stamps[1]}, " ")
	if strings.Join(got, " ") != want {
		t.Errorf("history = %v, want %v (newest first, oldest excluded)", got, want)
	}
}

func TestSlack_Refusals(t *testing.T) {
	s, c, _ := newWorkspace(t)
	long := strings.Repeat("я", 40001)
	tests := []struct {
		name string
		call func() error
		want string
	}{
		{"a wrong token", func() error { _, err := client(s, "xoxb-2").AuthTest(); return err }, "invalid_auth"},
		{"an app token", func() error { _, err := client(s, "xapp-1").AuthTest(); return err }, "not_allowed_token_type"},
		{"an unknown channel", func() error { _, _, err := c.PostMessage("#none", slack.MsgOptionText("x", false)); return err }, "channel_not_found"},
		{"a name where an id is needed", func() error {
			_, _, _, err := c.UpdateMessage("#pr-alerts", "1.0", slack.MsgOptionText("x", false))
			return err
		}, "channel_not_found"},
		{"a message that is not there", func() error {
			_, _, _, err := c.UpdateMessage(demo.PRChannel, "1.000000", slack.MsgOptionText("x", false))
			return err
		}, "message_not_found"},
		{"no text", func() error { _, _, err := c.PostMessage(demo.PRChannel); return err }, "no_text"},
		{"a text over the limit", func() error { _, _, err := c.PostMessage(demo.PRChannel, slack.MsgOptionText(long, false)); return err }, "msg_too_long"},
		{"a block over the limit", func() error { _, _, err := c.PostMessage(demo.PRChannel, card(strings.Repeat("я", 3001))); return err }, "invalid_blocks"},
		{"an unknown thread", func() error {
			_, _, err := c.PostMessage(demo.PRChannel, slack.MsgOptionText("x", false), slack.MsgOptionTS("1.0"))
			return err
		}, "thread_not_found"},
		{"an unknown member", func() error { _, err := c.GetUserInfo("U0"); return err }, "user_not_found"},
		{"a made-up trigger", func() error { _, err := c.OpenView("t", modal("x")); return err }, "invalid_trigger_id"},
	}
	for _, tt := range tests {
		if err := tt.call(); err == nil || err.Error() != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
	s.Archive(demo.PRChannel)
	if _, _, err := c.PostMessage(demo.PRChannel, slack.MsgOptionText("x", false)); err == nil || err.Error() != "is_archived" {
		t.Errorf("archived: %v", err)
	}
	s.Revoke()
	if _, err := c.AuthTest(); err == nil || err.Error() != "token_revoked" {
		t.Errorf("revoked: %v", err)
	}
	s.Restore()
	if _, err := c.AuthTest(); err != nil {
		t.Errorf("restored: %v", err)
	}
}

func modal(title string) slack.ModalViewRequest {
	input := slack.NewInputBlock("link", slack.NewTextBlockObject("plain_text", "Ссылка", false, false), nil,
		slack.NewPlainTextInputBlockElement(nil, "url"))
	return slack.ModalViewRequest{Type: slack.VTModal, Title: slack.NewTextBlockObject("plain_text", title, false, false),
		Submit: slack.NewTextBlockObject("plain_text", "Готово", false, false), CallbackID: "answered", PrivateMetadata: "7",
		Blocks: slack.Blocks{BlockSet: []slack.Block{input}}}
}

func TestSlack_Click(t *testing.T) {
	s, c, a := newWorkspace(t)
	_, ts, err := c.PostMessage(demo.PRChannel, slack.MsgOptionText("жалоба", false), card("жалоба"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Click(t.Context(), demo.Click{User: demo.Anna, Channel: "pr-alerts", TS: ts, ActionID: "take"}); err != nil {
		t.Fatal(err)
	}
	p := a.payloads[0]
	if p.Type != slack.InteractionTypeBlockActions || p.User.ID != demo.Anna || p.Container.MessageTs != ts ||
		p.ActionCallback.BlockActions[0].Value != "7" || p.Channel.ID != demo.PRChannel || p.TriggerID == "" {
		t.Errorf("payload = %+v", p)
	}
	if _, err := s.Click(t.Context(), demo.Click{User: demo.Anna, Channel: demo.PRChannel, TS: ts, ActionID: "more", Value: "escalate"}); err != nil {
		t.Fatal(err)
	}
	if got := a.payloads[1].ActionCallback.BlockActions[0].SelectedOption.Value; got != "escalate" {
		t.Errorf("chosen = %q, want escalate", got)
	}
	if _, err := s.Redeliver(t.Context()); err != nil || len(a.payloads) != 3 || a.payloads[2].TriggerID != a.payloads[1].TriggerID {
		t.Errorf("redelivery: %v, %d payloads", err, len(a.payloads))
	}
	if _, _, _, err := c.UpdateMessage(demo.PRChannel, ts, slack.MsgOptionText("закрыто", false), slack.MsgOptionBlocks(slack.NewDividerBlock())); err != nil {
		t.Fatal(err)
	}
	gone := demo.Click{User: demo.Boris, Channel: demo.PRChannel, TS: ts, ActionID: "take"}
	if _, err := s.Click(t.Context(), gone); !errors.Is(err, demo.ErrNoControl) {
		t.Errorf("a button that is gone: %v", err)
	}
	gone.Late = true
	if _, err := s.Click(t.Context(), gone); err != nil {
		t.Errorf("a late click: %v", err)
	}
}

func TestSlack_ResponseURL(t *testing.T) {
	s, c, a := newWorkspace(t)
	_, ts, err := c.PostMessage(demo.PRChannel, slack.MsgOptionText("жалоба", false), card("жалоба"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Click(t.Context(), demo.Click{User: demo.Boris, Channel: demo.PRChannel, TS: ts, ActionID: "take"}); err != nil {
		t.Fatal(err)
	}
	web := demo.InProcess(s)
	for i := range 6 {
		resp, err := web.Post(a.payloads[0].ResponseURL, "application/json", strings.NewReader(`{"text":"уже взяла Анна"}`))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if ok := resp.StatusCode == 200; ok != (i < 5) {
			t.Errorf("use %d: %s", i+1, resp.Status)
		}
	}
	if got := s.Ephemerals(demo.Boris); len(got) != 5 || got[0].Text != "уже взяла Анна" {
		t.Errorf("ephemerals = %+v", got)
	}
	if got := s.Ephemerals(demo.Anna); len(got) != 0 {
		t.Errorf("Anna sees %+v", got)
	}
}

func TestSlack_Modal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c, a := newWorkspace(t)
		trigger := func() string {
			if _, err := s.Command(t.Context(), demo.Anna, "pr-alerts", "/otklik", "mine"); err != nil {
				t.Fatal(err)
			}
			return a.forms[len(a.forms)-1].Get("trigger_id")
		}
		late := trigger()
		time.Sleep(3*time.Second + time.Millisecond)
		if _, err := c.OpenView(late, modal("Поздно")); err == nil || err.Error() != "expired_trigger_id" {
			t.Errorf("late trigger: %v", err)
		}
		id := trigger()
		if _, err := c.OpenView(id, modal("Отвечено")); err != nil {
			t.Fatal(err)
		}
		if _, err := c.OpenView(id, modal("Отвечено")); err == nil || err.Error() != "exchanged_trigger_id" {
			t.Errorf("used trigger: %v", err)
		}
		view := s.Views(demo.Anna)[0]
		submit := demo.Submission{User: demo.Anna, ViewID: view.ID}
		if _, err := s.SubmitView(t.Context(), submit); !errors.Is(err, demo.ErrIncomplete) {
			t.Errorf("empty field: %v", err)
		}
		submit.Values = map[string]string{"url": "https://otzovik.example/review_1.html"}
		a.answer = `{"response_action":"errors","errors":{"link":"это не ваша страница"}}`
		if got, err := s.SubmitView(t.Context(), submit); err != nil || got.Errors["link"] == "" || len(s.Views(demo.Anna)) != 1 {
			t.Errorf("refused submission: %+v, %v; views %+v", got, err, s.Views(demo.Anna))
		}
		a.answer = ""
		if _, err := s.SubmitView(t.Context(), submit); err != nil || len(s.Views(demo.Anna)) != 0 {
			t.Errorf("submission: %v; views %+v", err, s.Views(demo.Anna))
		}
		p := a.payloads[len(a.payloads)-1]
		if p.View.State.Values["link"]["url"].Value != submit.Values["url"] || p.View.PrivateMetadata != "7" {
			t.Errorf("payload = %+v", p.View)
		}
	})
}

func TestSlack_SilentApp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, a := newWorkspace(t)
		a.delay = 5 * time.Second
		answer, err := s.Command(t.Context(), demo.Anna, "pr-alerts", "/otklik", "open")
		if !errors.Is(err, demo.ErrAppSilent) || answer.Took != 3*time.Second {
			t.Errorf("answer = %+v, %v; want ErrAppSilent after 3 s", answer, err)
		}
	})
}

func TestSlack_Faults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c, _ := newWorkspace(t)
		post := func() error {
			_, _, err := c.PostMessage(demo.PRChannel, slack.MsgOptionText("x", false))
			return err
		}
		s.FailNext("chat.postMessage",
			demo.Fault{Kind: demo.RateLimited, After: 30 * time.Second}, demo.Fault{Kind: demo.ServerError},
			demo.Fault{Kind: demo.CutBefore}, demo.Fault{Kind: demo.CutAfter},
			demo.Fault{Kind: demo.Refuse, Code: "restricted_action"}, demo.Fault{Kind: demo.Slow, After: time.Minute})
		if limited, ok := errors.AsType[*slack.RateLimitedError](post()); !ok || limited.RetryAfter != 30*time.Second {
			t.Errorf("rate limit: %v", limited)
		}
		if status, ok := errors.AsType[slack.StatusCodeError](post()); !ok || status.Code != 500 {
			t.Errorf("server error: %v", status)
		}
		if err := post(); !errors.Is(err, io.ErrUnexpectedEOF) || len(s.Messages(demo.PRChannel)) != 0 {
			t.Errorf("cut before: %v, %d messages", err, len(s.Messages(demo.PRChannel)))
		}
		if err := post(); !errors.Is(err, io.ErrUnexpectedEOF) || len(s.Messages(demo.PRChannel)) != 1 {
			t.Errorf("cut after: %v, %d messages", err, len(s.Messages(demo.PRChannel)))
		}
		if err := post(); err == nil || err.Error() != "restricted_action" {
			t.Errorf("refusal: %v", err)
		}
		start := time.Now()
		if err := post(); err != nil || time.Since(start) != time.Minute {
			t.Errorf("slow: %v after %s", err, time.Since(start))
		}
		s.Down()
		if status, ok := errors.AsType[slack.StatusCodeError](post()); !ok || status.Code != 503 {
			t.Errorf("down: %v", status)
		}
		s.Up()
		if err := post(); err != nil {
			t.Errorf("up: %v", err)
		}
		if got := s.Calls("chat.postMessage"); got != 8 {
			t.Errorf("calls = %d, want 8", got)
		}
	})
}

func TestSlack_SocketMode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c, _ := newWorkspace(t)
		wire := demo.NewWire()
		server := &http.Server{Handler: s}
		go server.Serve(wire)
		defer server.Close()
		dialer := &websocket.Dialer{NetDial: func(string, string) (net.Conn, error) { return wire.Dial() }}
		sm := socketmode.New(c, socketmode.OptionDialer(dialer))
		ctx, cancel := context.WithCancel(t.Context())
		go sm.RunContext(ctx)
		heard := make(chan string, 10)
		go func() {
			for {
				select {
				case <-ctx.Done():
					return
				case e := <-sm.Events:
					if e.Type == socketmode.EventTypeInteractive {
						heard <- e.Data.(slack.InteractionCallback).ActionCallback.BlockActions[0].ActionID
						sm.Ack(*e.Request)
					}
				}
			}
		}()
		synctest.Wait()
		if s.Connected() != 1 {
			t.Fatalf("connections = %d", s.Connected())
		}
		_, ts, err := c.PostMessage(demo.PRChannel, slack.MsgOptionText("x", false), card("x"))
		if err != nil {
			t.Fatal(err)
		}
		click := demo.Click{User: demo.Anna, Channel: demo.PRChannel, TS: ts, ActionID: "take"}
		if _, err := s.Click(t.Context(), click); err != nil || <-heard != "take" {
			t.Errorf("click: %v", err)
		}
		time.Sleep(2 * time.Minute) // the pings keep the connection
		s.Disconnect()
		time.Sleep(time.Minute) // reconnected
		if _, err := s.Click(t.Context(), click); err != nil || <-heard != "take" {
			t.Errorf("click after a reconnect: %v", err)
		}
		cancel()
		s.Down()
	})
}

func TestSlack_PostEvery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := demo.NewSlack(demo.SlackConfig{Token: "xoxb-1", PostEvery: time.Second})
		c := client(s, "xoxb-1")
		post := func(channel string) error {
			_, _, err := c.PostMessage(channel, slack.MsgOptionText("x", false))
			return err
		}
		if err := errors.Join(post(demo.PRChannel), post(demo.LeadsChannel)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(999 * time.Millisecond)
		if limited, ok := errors.AsType[*slack.RateLimitedError](post(demo.PRChannel)); !ok || limited.RetryAfter != time.Second {
			t.Errorf("too soon: %v, want 429 with a second", limited)
		}
		time.Sleep(time.Millisecond)
		if err := post(demo.PRChannel); err != nil {
			t.Errorf("in time: %v", err)
		}
	})
}
