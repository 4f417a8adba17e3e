package official_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"otklik/mention"
)

// kept is an answer in the memory of a stand-in.
type kept struct {
	id, text string
	state    string // in the site's words; empty is what a fresh answer gets
}

// box is a stand-in for one site's API: it remembers answers, and misbehaves
// when told to.
type box struct {
	t      *testing.T
	site   site
	mu     sync.Mutex
	posts  []kept
	fault  string // auth, limit, cut, broken; for every call that writes
	key    string // against posting twice, of the last answer
	writes int    // calls that reached the site's own code
}

// call is one request with its body understood.
type call struct {
	method, path string
	query        url.Values
	form         url.Values
	json         map[string]any
	header       http.Header
}

// site is what is particular about a site's API: its shapes, and how it says no.
type site struct {
	name    string
	params  map[string]string
	mention mention.Mention
	handle  func(b *box, c call) (int, any)
	// signed reports whether the call carries the credentials.
	signed func(c call) bool
	// writes reports whether the call changes something.
	writes  func(c call) bool
	denied  reply
	limited reply
	waits   int    // seconds, at least, after limited
	refused string // the state of an answer that moderation turned down
	held    string // and of one that it still checks
}

// reply is an answer of the API with its headers.
type reply struct {
	status int
	header map[string]string
	body   string
}

func (b *box) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.read(r)
	writes := b.site.writes(c)
	if !b.site.signed(c) || b.fault == "auth" && writes {
		say(w, b.site.denied)
		return
	}
	switch {
	case b.fault == "limit" && writes:
		say(w, b.site.limited)
		return
	case b.fault == "broken" && writes:
		say(w, reply{status: 502, body: "<html>Bad Gateway</html>"})
		return
	}
	if writes {
		b.writes++
	}
	status, body := b.site.handle(b, c)
	if b.fault == "cut" && writes {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			b.t.Error(err)
			return
		}
		conn.Close()
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if body != nil {
		_ = json.NewEncoder(w).Encode(body)
	}
}

func say(w http.ResponseWriter, r reply) {
	for name, v := range r.header {
		w.Header().Set(name, v)
	}
	w.WriteHeader(r.status)
	_, _ = io.WriteString(w, r.body)
}

func (b *box) read(r *http.Request) call {
	data, err := io.ReadAll(r.Body)
	if err != nil {
		b.t.Errorf("%s: %v", r.URL, err)
	}
	c := call{method: r.Method, path: r.URL.Path, query: r.URL.Query(), header: r.Header}
	switch r.Header.Get("Content-Type") {
	case "application/json":
		if err := json.Unmarshal(data, &c.json); err != nil {
			b.t.Errorf("%s: body %q: %v", r.URL, data, err)
		}
	case "application/x-www-form-urlencoded":
		c.form, _ = url.ParseQuery(string(data))
	}
	return c
}

// at returns a value deep in a JSON body.
func (c call) at(path string) string {
	var v any = c.json
	for _, key := range strings.Split(path, ".") {
		m, _ := v.(map[string]any)
		v = m[key]
	}
	if f, ok := v.(float64); ok {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	s, _ := v.(string)
	return s
}

// behave sets how the next calls that write go wrong; "" is well.
func (b *box) behave(fault string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fault = fault
}

// have returns the answers that the site has. A cut connection reaches the
// client before its handler has ended.
func (b *box) have() []kept {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.posts)
}

// moderate gives the only answer another state.
func (b *box) moderate(state string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.posts[0].state = state
}

// add remembers a new answer.
func (b *box) add(text string) kept {
	k := kept{id: strconv.Itoa(9007199254740993 + len(b.posts)), text: text}
	b.posts = append(b.posts, k)
	return k
}

// put replaces the only answer, or makes it.
func (b *box) put(text string) kept {
	if len(b.posts) == 0 {
		return b.add(text)
	}
	b.posts[0].text = text
	return b.posts[0]
}

// change replaces the words of an answer.
func (b *box) change(id, text string) (kept, bool) {
	for i := range b.posts {
		if b.posts[i].id == id {
			b.posts[i].text = text
			return b.posts[i], true
		}
	}
	return kept{}, false
}

func (b *box) each(show func(kept) any) []any {
	out := []any{}
	for _, k := range b.posts {
		out = append(out, show(k))
	}
	return out
}

type m map[string]any

func serve(t *testing.T, s site) (*box, map[string]string) {
	t.Helper()
	b := &box{t: t, site: s}
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	params := map[string]string{"base": server.URL}
	for k, v := range s.params {
		params[k] = v
	}
	return b, params
}

func bearer(token string) func(call) bool {
	return func(c call) bool { return c.header.Get("Authorization") == "Bearer "+token }
}

func notGet(c call) bool { return c.method != http.MethodGet }

const secretToken = "t0k3n-that-nobody-may-see"

func googleDenied() reply {
	return reply{status: 401, body: `{"error":{"code":401,"message":"Invalid credentials ` + secretToken + `","status":"UNAUTHENTICATED"}}`}
}

// sites are all that take answers.
func sites() []site {
	return append(shops(), social()...)
}

func shops() []site {
	return []site{
		{
			name: "google-business", params: map[string]string{"token": secretToken},
			mention: mention.Mention{Thread: "accounts/1/locations/2", ExternalID: "AbF1"},
			signed:  bearer(secretToken), writes: notGet, denied: googleDenied(),
			limited: reply{status: 429, header: map[string]string{"Retry-After": "120"}, body: `{"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}`}, waits: 120,
			held: "PENDING", refused: "REJECTED",
			handle: func(b *box, c call) (int, any) {
				show := func(k kept) m {
					return m{"comment": k.text, "updateTime": "2026-11-20T10:00:00Z", "reviewReplyState": k.state, "policyViolation": map[string]string{"REJECTED": "OFF_TOPIC"}[k.state]}
				}
				switch {
				case c.method == "GET" && c.path == "/v4/accounts/1/locations/2/reviews/AbF1":
					out := m{"reviewId": "AbF1"}
					if len(b.posts) > 0 {
						out["reviewReply"] = show(b.posts[0])
					}
					return 200, out
				case c.method == "PUT" && c.path == "/v4/accounts/1/locations/2/reviews/AbF1/reply":
					return 200, show(b.put(c.at("comment")))
				}
				return 404, m{"error": m{"status": "NOT_FOUND"}}
			},
		},
		{
			name: "google-play-console", params: map[string]string{"token": secretToken, "app": "com.example.romashka"},
			mention: mention.Mention{Thread: "com.example.romashka", ExternalID: "gp:AOq1"},
			signed:  bearer(secretToken), writes: notGet, denied: googleDenied(),
			limited: reply{status: 429, body: `{"error":{"code":429}}`}, waits: 60,
			handle: func(b *box, c call) (int, any) {
				const review = "/androidpublisher/v3/applications/com.example.romashka/reviews/gp:AOq1"
				switch {
				case c.method == "GET" && c.path == review:
					comments := []any{m{"userComment": m{"text": "Плохо"}}}
					return 200, m{"comments": append(comments, b.each(func(k kept) any { return m{"developerComment": m{"text": k.text}} })...)}
				case c.method == "POST" && c.path == review+":reply":
					return 200, m{"result": m{"replyText": b.put(c.at("replyText")).text}}
				}
				return 404, m{}
			},
		},
		{
			name: "app-store-connect", params: map[string]string{"token": secretToken, "app": "1"},
			mention: mention.Mention{ExternalID: "00000001-aaaa"},
			signed:  bearer(secretToken), writes: notGet,
			denied:  reply{status: 401, body: `{"errors":[{"status":"401","code":"NOT_AUTHORIZED","detail":"bad token ` + secretToken + `"}]}`},
			limited: reply{status: 429, body: `{"errors":[{"status":"429","code":"RATE_LIMIT_EXCEEDED"}]}`}, waits: 60,
			held: "PENDING_PUBLISH",
			handle: func(b *box, c call) (int, any) {
				show := func(k kept) m {
					return m{"data": m{"type": "customerReviewResponses", "id": "r1", "attributes": m{"responseBody": k.text, "state": k.state}}}
				}
				switch {
				case c.method == "GET" && c.path == "/v1/customerReviews/00000001-aaaa/response":
					if len(b.posts) == 0 {
						return 404, m{"errors": []any{m{"status": "404"}}}
					}
					return 200, show(b.posts[0])
				case c.path == "/v1/customerReviewResponses" && c.at("data.relationships.review.data.id") == "00000001-aaaa":
					return 201, show(b.put(c.at("data.attributes.responseBody")))
				}
				return 404, m{}
			},
		},
		{
			name: "wildberries-seller", params: map[string]string{"token": secretToken},
			mention: mention.Mention{ExternalID: "YX52RZEBhH9mrcYdEJuD"},
			signed:  func(c call) bool { return c.header.Get("Authorization") == secretToken }, writes: notGet,
			denied:  reply{status: 401, body: `{"title":"unauthorized","detail":"token problem ` + secretToken + `","status":401}`},
			limited: reply{status: 429, header: map[string]string{"Retry-After": "3"}, body: `{"title":"too many requests"}`}, waits: 3,
			held: "none", refused: "rejected",
			handle: func(b *box, c call) (int, any) {
				switch {
				case c.path == "/api/v1/feedback" && c.query.Get("id") == "YX52RZEBhH9mrcYdEJuD":
					out := m{"id": "YX52RZEBhH9mrcYdEJuD", "answer": nil}
					if len(b.posts) > 0 {
						out["answer"] = m{"text": b.posts[0].text, "state": b.posts[0].state, "editable": true}
					}
					return 200, m{"data": out, "error": false}
				case c.path == "/api/v1/feedbacks/answer" && c.method == "POST" && len(b.posts) == 0,
					c.path == "/api/v1/feedbacks/answer" && c.method == "PATCH" && len(b.posts) == 1:
					b.put(c.at("text"))
					return 204, nil
				}
				return 400, m{"errorText": "answered already", "error": true}
			},
		},
		{
			name: "ozon-seller", params: map[string]string{"client_id": "1", "api_key": secretToken},
			mention: mention.Mention{ExternalID: "0189-1"},
			signed:  func(c call) bool { return c.header.Get("Api-Key") == secretToken && c.header.Get("Client-Id") == "1" },
			writes:  func(c call) bool { return strings.HasSuffix(c.path, "/create") },
			denied:  reply{status: 403, body: `{"code":7,"message":"PermissionDenied: not available with existing subscription ` + secretToken + `"}`},
			limited: reply{status: 429, body: `{"code":8,"message":"rate limit"}`}, waits: 60,
			handle: func(b *box, c call) (int, any) {
				switch {
				case c.path == "/v1/review/comment/create" && c.at("review_id") == "0189-1" && c.json["mark_review_as_processed"] == true:
					return 200, m{"comment_id": b.add(c.at("text")).id}
				case c.path == "/v1/review/comment/list" && c.at("review_id") == "0189-1":
					return 200, m{"comments": b.each(func(k kept) any { return m{"id": k.id, "text": k.text, "is_owner": true} })}
				}
				return 404, m{"code": 5}
			},
		},
		{
			name: "yandex-market-partner", params: map[string]string{"business": "123", "api_key": secretToken},
			mention: mention.Mention{ExternalID: "500000001"},
			signed:  func(c call) bool { return c.header.Get("Api-Key") == secretToken },
			writes:  func(c call) bool { return strings.HasSuffix(c.path, "/update") },
			denied:  reply{status: 401, body: `{"status":"ERROR","errors":[{"code":"UNAUTHORIZED","message":"bad key ` + secretToken + `"}]}`},
			limited: reply{status: 420, body: `{"status":"ERROR","errors":[{"code":"METHOD_FAILURE"}]}`}, waits: 600,
			held: "UNMODERATED", refused: "BANNED",
			handle: func(b *box, c call) (int, any) {
				show := func(k kept) any {
					if k.state == "" {
						k.state = "PUBLISHED"
					}
					return m{"id": json.Number(k.id), "text": k.text, "status": k.state, "canModify": true}
				}
				const root = "/v2/businesses/123/goods-feedback/comments"
				switch {
				case c.at("feedbackId") != "500000001":
					return 404, m{"errors": []any{m{"code": "NOT_FOUND"}}}
				case c.path == root:
					return 200, m{"status": "OK", "result": m{"comments": b.each(show)}}
				case c.path == root+"/update" && c.at("comment.id") == "":
					return 200, m{"status": "OK", "result": show(b.add(c.at("comment.text")))}
				case c.path == root+"/update":
					b.posts[0].text = c.at("comment.text")
					return 200, m{"status": "OK", "result": show(b.posts[0])}
				}
				return 404, m{}
			},
		},
	}
}

// lists answers with the posts of b under key, empty for a bare list.
func lists(b *box, key string, show func(kept) any) (int, any) {
	if key == "" {
		return 200, b.each(show)
	}
	return 200, m{key: b.each(show)}
}

func changed(k kept, ok bool, show func(kept) any) (int, any) {
	if !ok {
		return 404, m{"message": fmt.Sprintf("no such answer %s", k.id)}
	}
	return 200, show(k)
}
