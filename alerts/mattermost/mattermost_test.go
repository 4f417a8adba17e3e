package mattermost_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"otklik/alerts"
	"otklik/alerts/channeltest"
	"otklik/alerts/mattermost"
	"otklik/mention"
	"otklik/secret"
)

const token = "mattermost-access-token"

type post struct {
	ID      string         `json:"id"`
	Root    string         `json:"root_id"`
	Message string         `json:"message"`
	At      int64          `json:"create_at"`
	Props   map[string]any `json:"props"`
}

// server is a pretend Mattermost with one channel.
type server struct {
	t     *testing.T
	posts []post
	now   time.Time
}

func (s *server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v4/posts", func(w http.ResponseWriter, r *http.Request) {
		p := s.read(r)
		p.ID, p.At = "p"+strconv.Itoa(len(s.posts)), s.now.UnixMilli()
		s.posts = append(s.posts, p)
		json.NewEncoder(w).Encode(p)
	})
	mux.HandleFunc("PUT /api/v4/posts/{id}/patch", func(w http.ResponseWriter, r *http.Request) {
		for i := range s.posts {
			if s.posts[i].ID == r.PathValue("id") {
				patch := s.read(r)
				s.posts[i].Message, s.posts[i].Props = patch.Message, patch.Props
				json.NewEncoder(w).Encode(s.posts[i])
				return
			}
		}
		http.Error(w, "{}", http.StatusNotFound)
	})
	mux.HandleFunc("GET /api/v4/channels/c1/posts", func(w http.ResponseWriter, r *http.Request) {
		page, _ := strconv.Atoi(r.FormValue("page"))
		size, _ := strconv.Atoi(r.FormValue("per_page"))
		order, byID := []string{}, map[string]post{}
		for i := len(s.posts) - 1 - page*size; i >= 0 && len(order) < size; i-- {
			order = append(order, s.posts[i].ID)
			byID[s.posts[i].ID] = s.posts[i]
		}
		json.NewEncoder(w).Encode(map[string]any{"order": order, "posts": byID})
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+token {
			http.Error(w, "{}", http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func (s *server) read(r *http.Request) post {
	var p post
	if err := json.NewDecoder(r.Body).Decode(&p); err != nil {
		s.t.Errorf("read post: %v", err)
	}
	return p
}

func open(t *testing.T) (*server, *channeltest.Faults, *mattermost.Channel) {
	t.Helper()
	s, faults := &server{t: t, now: channeltest.Card().At}, &channeltest.Faults{}
	h := httptest.NewServer(faults.Around(s.handler()))
	t.Cleanup(h.Close)
	c := alerts.MattermostConfig{Server: h.URL, Channel: "c1", Token: secret.Literal(token)}
	return s, faults, mattermost.New(c, "ru", time.UTC, h.Client(), newPasses())
}

func TestChannel(t *testing.T) {
	channeltest.Run(t, func(t *testing.T) channeltest.Service {
		s, faults, ch := open(t)
		shown := func() []string {
			var texts []string
			for _, p := range s.posts {
				texts = append(texts, p.Message)
			}
			return texts
		}
		return channeltest.Service{Channel: ch, Shown: shown, Faults: faults, Secrets: []string{token}, Markup: []string{"@all", "@here", "задачу]("},
			Updates: true, Finds: true, Gone: func() { s.posts = nil }}
	})
}

func TestChannel_Thread(t *testing.T) {
	s, _, ch := open(t)
	m := channeltest.Card()
	m.Notice.Kind, m.Thread = mention.ReminderNotice, mention.Posted{Message: "p7"}
	if _, err := ch.Post(t.Context(), m); err != nil || s.posts[0].Root != "p7" {
		t.Errorf("posted %+v, %v, want it under p7", s.posts, err)
	}
}

func TestChannel_FindGoesBackToTheNotice(t *testing.T) {
	s, _, ch := open(t)
	m := channeltest.Card()
	if _, err := ch.Post(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	for range 450 {
		s.posts = append(s.posts, post{ID: "q" + strconv.Itoa(len(s.posts)), At: s.now.UnixMilli(),
			Props: map[string]any{"attachments": "none", "disable_mentions": "yes"}}) // others' posts hold what they like
	}
	if p, found, err := ch.Find(t.Context(), m); !found || err != nil || p.Message != "p0" {
		t.Errorf("found %+v, %t, %v on the third page, want p0", p, found, err)
	}
	m.Notice.CreatedAt = m.Notice.CreatedAt.Add(time.Hour)
	if _, found, err := ch.Find(t.Context(), m); found || err != nil {
		t.Errorf("found %t, %v among posts older than the notice", found, err)
	}
}
