package demo_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"otklik/demo"
)

// ear keeps the bodies it is sent, whatever they are.
type ear struct{ heard []string }

func (e *ear) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	e.heard = append(e.heard, string(body))
}

func TestSlack_Events(t *testing.T) {
	e := &ear{}
	s := demo.NewSlack(demo.SlackConfig{Client: demo.InProcess(e), EventsURL: "http://app.test/slack/events"})
	if _, err := s.Say(t.Context(), demo.Anna, "pr-alerts", "просто слова"); err != nil || len(e.heard) != 0 {
		t.Errorf("words among people: %v, the app heard %v", err, e.heard)
	}
	if _, err := s.Say(t.Context(), demo.Anna, "pr-alerts", "<@"+demo.BotID+"> что у нас?"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.OpenHome(t.Context(), demo.Boris); err != nil {
		t.Fatal(err)
	}
	var types []string
	for _, body := range e.heard {
		var p struct {
			Type  string
			Event struct{ Type, User string }
		}
		if err := json.Unmarshal([]byte(body), &p); err != nil {
			t.Fatal(err)
		}
		types = append(types, p.Type+" "+p.Event.Type+" "+p.Event.User)
	}
	if got, want := strings.Join(types, ", "), "event_callback app_mention U01ANNA, event_callback app_home_opened U02BORIS"; got != want {
		t.Errorf("events = %s, want %s", got, want)
	}
	if _, err := s.Say(t.Context(), demo.Anna, "nowhere", "x"); !errors.Is(err, demo.ErrNoControl) {
		t.Errorf("an unknown channel: %v", err)
	}
	if _, err := s.Command(t.Context(), demo.Anna, "pr-alerts", "/otklik", ""); !errors.Is(err, demo.ErrNobody) {
		t.Errorf("a command nobody takes: %v", err)
	}
}

func TestSlack_Home(t *testing.T) {
	s, c, a := newWorkspace(t)
	button := slack.NewActionBlock("", slack.NewButtonBlockElement("mine", "", slack.NewTextBlockObject("plain_text", "Мои", false, false)))
	view := slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: []slack.Block{button}}}
	for range 2 { // the second replaces the first
		if _, err := c.PublishView(demo.Vera, view, ""); err != nil {
			t.Fatal(err)
		}
	}
	views := s.Views(demo.Vera)
	if len(views) != 1 || views[0].Type != "home" {
		t.Fatalf("views = %+v", views)
	}
	wantIn(t, read(t, demo.InProcess(s), "http://slack.test/?home=1&as="+demo.Vera), ">Мои<", `value="`+views[0].ID+`"`)
	if _, err := s.Click(t.Context(), demo.Click{User: demo.Vera, ViewID: views[0].ID, ActionID: "mine"}); err != nil {
		t.Fatal(err)
	}
	if p := a.payloads[0]; p.Container.Type != "view" || p.View.ID != views[0].ID {
		t.Errorf("payload = %+v", p)
	}
	if _, err := s.Click(t.Context(), demo.Click{User: demo.Anna, ViewID: views[0].ID, ActionID: "mine"}); !errors.Is(err, demo.ErrNoControl) {
		t.Errorf("somebody else's home: %v", err)
	}
}

func TestSlack_ModalAnswers(t *testing.T) {
	s, c, a := newWorkspace(t)
	open := func() demo.View {
		t.Helper()
		if _, err := s.Command(t.Context(), demo.Anna, "pr-alerts", "/otklik", "x"); err != nil {
			t.Fatal(err)
		}
		if _, err := c.OpenView(a.forms[len(a.forms)-1].Get("trigger_id"), modal("Отвечено")); err != nil {
			t.Fatal(err)
		}
		views := s.Views(demo.Anna)
		return views[len(views)-1]
	}
	v := open()
	if _, err := c.UpdateView(modal("Ещё раз"), "", "hash.wrong", v.ID); err == nil || err.Error() != "hash_conflict" {
		t.Errorf("a stale update: %v", err)
	}
	if _, err := c.UpdateView(modal("Ещё раз"), "", v.Hash, v.ID); err != nil {
		t.Errorf("an update: %v", err)
	}
	next, err := json.Marshal(modal("Шаг 2"))
	if err != nil {
		t.Fatal(err)
	}
	a.answer = `{"response_action":"update","view":` + string(next) + `}`
	submit := demo.Submission{User: demo.Anna, ViewID: v.ID, Values: map[string]string{"link": "x"}}
	if _, err := s.SubmitView(t.Context(), submit); err != nil || !strings.Contains(string(s.Views(demo.Anna)[0].Content), "Шаг 2") {
		t.Errorf("update: %v, %s", err, s.Views(demo.Anna)[0].Content)
	}
	a.answer = `{"response_action":"push","view":` + string(next) + `}`
	if _, err := s.SubmitView(t.Context(), submit); err != nil || len(s.Views(demo.Anna)) != 2 {
		t.Errorf("push: %v, %d views", err, len(s.Views(demo.Anna)))
	}
	a.answer = `{"response_action":"clear"}`
	if _, err := s.SubmitView(t.Context(), submit); err != nil || len(s.Views(demo.Anna)) != 0 {
		t.Errorf("clear: %v, %d views", err, len(s.Views(demo.Anna)))
	}
	a.answer = ""
	v = open()
	if err := s.CloseView(t.Context(), demo.Anna, v.ID); err != nil || len(s.Views(demo.Anna)) != 0 {
		t.Errorf("close: %v", err)
	}
	if err := s.CloseView(t.Context(), demo.Anna, v.ID); !errors.Is(err, demo.ErrNoControl) {
		t.Errorf("close again: %v", err)
	}
}

func TestSlack_PeopleAndDirectMessages(t *testing.T) {
	s, c, _ := newWorkspace(t)
	ch, _, _, err := c.OpenConversation(&slack.OpenConversationParameters{Users: []string{demo.Vera}})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.PostMessage(demo.Vera, slack.MsgOptionText("эскалация", false)); err != nil {
		t.Fatal(err)
	}
	if got := s.Messages(ch.ID); len(got) != 1 || got[0].Text != "эскалация" {
		t.Errorf("direct messages = %+v", got)
	}
	u, err := c.GetUserInfo(demo.Anna)
	if err != nil || u.RealName != "Анна Лебедева" {
		t.Errorf("user = %+v, %v", u, err)
	}
	groups, err := c.GetUserGroups(slack.GetUserGroupsOptionIncludeUsers(true))
	if err != nil || len(groups) != 1 || groups[0].ID != demo.DutyGroup {
		t.Errorf("groups = %+v, %v", groups, err)
	}
	channels, _, err := c.GetConversations(&slack.GetConversationsParameters{Types: []string{"public_channel"}})
	if err != nil || len(channels) != 3 {
		t.Errorf("%d channels, %v; want 3 without the direct message", len(channels), err)
	}
	s.RemoveUser(demo.Vera)
	if _, err := c.PostEphemeral(demo.PRChannel, demo.Vera, slack.MsgOptionText("x", false)); err == nil || err.Error() != "user_not_in_channel" {
		t.Errorf("a removed member: %v", err)
	}
	_, ts, err := c.PostMessage(demo.PRChannel, slack.MsgOptionText("x", false))
	if err != nil {
		t.Fatal(err)
	}
	ref := slack.NewRefToMessage(demo.PRChannel, ts)
	if err := c.AddReaction("eyes", ref); err != nil {
		t.Error(err)
	}
	if err := c.AddReaction("eyes", ref); err == nil || err.Error() != "already_reacted" {
		t.Errorf("the same reaction again: %v", err)
	}
	if _, _, err := c.DeleteMessage(demo.PRChannel, ts); err != nil || len(s.Messages(demo.PRChannel)) != 0 {
		t.Errorf("delete: %v", err)
	}
}

func TestInProcess(t *testing.T) {
	web := demo.InProcess(demo.ByHost{"a.test": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Host", r.Host)
		io.WriteString(w, r.URL.Path)
		w.Header().Set("X-Late", "1")
	})})
	resp, err := web.Get("http://a.test:8080/path")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || string(body) != "/path" || resp.Header.Get("X-Host") != "a.test:8080" || resp.Header.Get("X-Late") != "" {
		t.Errorf("body %q, header %v, %v", body, resp.Header, err)
	}
	other, err := web.Get("http://b.test/")
	if err != nil {
		t.Fatal(err)
	}
	other.Body.Close()
	if other.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown host: %s", other.Status)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://a.test/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := web.Do(r); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled request: %v", err)
	}
}
