package demo_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"otklik/demo"
)

func read(t *testing.T, c *http.Client, address string) string {
	t.Helper()
	resp, err := c.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s: %s", address, resp.Status, body)
	}
	return string(body)
}

func wantIn(t *testing.T, body string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(body, part) {
			t.Errorf("the page lacks %q", part)
		}
	}
}

func TestSlack_Page(t *testing.T) {
	s, c, a := newWorkspace(t)
	_, ts, err := c.PostMessage(demo.PRChannel, slack.MsgOptionText("жалоба", false),
		card(":red_circle: *Отзовик* <https://o.example/1|«Сорвали доставку»>\n> &lt;script&gt;alert(1)&lt;/script&gt;\n<@U01ANNA> до <!date^1790000000^{time}|14:37>"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.PostEphemeral(demo.PRChannel, demo.Boris, slack.MsgOptionText("уже взяла Анна", false)); err != nil {
		t.Fatal(err)
	}
	web := demo.InProcess(s)
	page := read(t, web, "http://slack.test/?as="+demo.Anna)
	wantIn(t, page, "# pr-alerts", "🔴", "<b>Отзовик</b>", `href="https://o.example/1"`, "<blockquote>&lt;script&gt;",
		"@Анна Лебедева", `<time datetime=`, `name="action" value="take"`, ">Взять<", ">Передать<")
	if strings.Contains(page, "<script>alert") || strings.Contains(page, "уже взяла") {
		t.Error("the page shows a script, or what only Boris may see")
	}
	wantIn(t, read(t, web, "http://slack.test/?as="+demo.Boris), "уже взяла Анна")

	form := url.Values{"as": {demo.Anna}, "in": {demo.PRChannel}, "ts": {ts}, "action": {"take"}, "value": {"7"}}
	resp, err := web.PostForm("http://slack.test/act/click", form)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if len(a.payloads) != 1 || a.payloads[0].User.ID != demo.Anna {
		t.Fatalf("payloads = %+v", a.payloads)
	}
	if _, err := c.OpenView(a.payloads[0].TriggerID, modal("Отвечено")); err != nil {
		t.Fatal(err)
	}
	view := s.Views(demo.Anna)[0]
	wantIn(t, read(t, web, "http://slack.test/?as="+demo.Anna), `role="dialog"`, "Ссылка", `name="field.url"`, view.ID)
	resp, err = web.PostForm("http://slack.test/act/submit", url.Values{"as": {demo.Anna}, "view": {view.ID}, "field.url": {"https://o.example/1"}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := a.payloads[1].View.State.Values["link"]["url"].Value; got != "https://o.example/1" {
		t.Errorf("submitted %q", got)
	}
	wantIn(t, read(t, web, "http://slack.test/?thread="+ts+"&channel="+demo.PRChannel), `class="thread"`)
	wantIn(t, read(t, web, s.State().Messages[0].Permalink), `class="thread"`)
}

func TestSlack_PageDeliversLateClicks(t *testing.T) {
	s, c, a := newWorkspace(t)
	_, ts, err := c.PostMessage(demo.PRChannel, slack.MsgOptionText("жалоба", false), card("жалоба"))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := c.UpdateMessage(demo.PRChannel, ts, slack.MsgOptionText("взято", false), slack.MsgOptionBlocks(slack.NewDividerBlock())); err != nil {
		t.Fatal(err)
	}
	resp, err := demo.InProcess(s).PostForm("http://slack.test/act/click",
		url.Values{"as": {demo.Boris}, "in": {demo.PRChannel}, "ts": {ts}, "action": {"take"}, "value": {"7"}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if len(a.payloads) != 1 || a.payloads[0].User.ID != demo.Boris {
		t.Errorf("payloads = %+v, want the late click", a.payloads)
	}
	resp, err = demo.InProcess(s).PostForm("http://slack.test/act/click",
		url.Values{"as": {demo.Boris}, "in": {demo.PRChannel}, "ts": {ts}, "action": {"never"}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	wantIn(t, string(body), "Этой кнопки уже нет")
}

func TestSlack_PageRefusesOtherSites(t *testing.T) {
	s, _, _ := newWorkspace(t)
	r, err := http.NewRequest(http.MethodPost, "http://slack.test/act/say", strings.NewReader("text=x"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	resp, err := demo.InProcess(s).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("a form of another site: %s", resp.Status)
	}
}

func TestSlack_State(t *testing.T) {
	s, c, _ := newWorkspace(t)
	if _, _, err := c.PostMessage("#pr-leads", slack.MsgOptionText("x", false)); err != nil {
		t.Fatal(err)
	}
	var got demo.State
	if err := json.Unmarshal([]byte(read(t, demo.InProcess(s), "http://slack.test/state.json")), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Messages) != 1 || got.Messages[0].Channel != demo.LeadsChannel || got.Messages[0].Permalink == "" || got.Rev == 0 {
		t.Errorf("state = %+v", got)
	}
}
