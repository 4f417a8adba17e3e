package official_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"otklik/mention"
)

func TestVK_Errors(t *testing.T) {
	tests := map[int]struct {
		final, doubt bool
		after        time.Duration
	}{
		5: {final: true}, 6: {after: time.Second}, 9: {after: time.Minute}, 10: {doubt: true}, 14: {after: time.Hour},
		15: {final: true}, 29: {after: time.Hour}, 100: {final: true}, 212: {final: true}, 213: {final: true},
	}
	for code, want := range tests {
		t.Run(strconv.Itoa(code), func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = w.Write([]byte(`{"error":{"error_code":` + strconv.Itoa(code) + `,"error_msg":"no"}}`))
			}))
			defer server.Close()
			s := networks()[0]
			r := open(t, s, map[string]string{"base": server.URL, "token": secretToken})
			_, err := r.Send(t.Context(), outgoing(s))
			if e := retry(t, err); e.Final != want.final || e.InDoubt != want.doubt || e.After < want.after {
				t.Errorf("%+v, want %+v", e, want)
			}
		})
	}
}

func TestVK_AnswersInATopic(t *testing.T) {
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		got = append(got, r.URL.Path, r.Form.Get("group_id"), r.Form.Get("topic_id"), r.Form.Get("from_group"))
		_, _ = w.Write([]byte(`{"response":777}`))
	}))
	defer server.Close()
	r := open(t, site{name: "vk"}, map[string]string{"base": server.URL, "token": secretToken, "group": "5"})
	sent, err := r.Send(t.Context(), mention.Outgoing{Mention: mention.Mention{ExternalID: "9", URL: "https://vk.com/topic-5_42?post=9"}, Text: words, Mark: "x"})
	want := mention.Receipt{ID: "777", URL: "https://vk.com/topic-5_42?post=777", Status: mention.ReplyPublished}
	if err != nil || sent != want || len(got) != 4 || got[0] != "/method/board.createComment" || got[1] != "5" || got[2] != "42" || got[3] != "1" {
		t.Errorf("%+v, %v, asked %v", sent, err, got)
	}
}

func TestDiscourse_AHeldPostIsPending(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"action":"enqueued","success":true,"pending_post":{"id":3}}`))
	}))
	defer server.Close()
	r := open(t, site{name: "discourse"}, map[string]string{"base": server.URL, "forum": "https://forum.example", "api_key": "k", "api_user": "u"})
	sent, err := r.Send(t.Context(), mention.Outgoing{Mention: mention.Mention{ExternalID: "67", Thread: "45"}, Text: words})
	if err != nil || sent.Status != mention.ReplyPending {
		t.Errorf("%+v, %v; want it pending", sent, err)
	}
}
