package inbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"otklik/inbox"
	"otklik/mention"
)

// described is openapi.json as far as the tests read it.
type described struct {
	Paths map[string]map[string]struct {
		Role      string              `json:"x-role"`
		Responses map[string]response `json:"responses"`
	} `json:"paths"`
	Components struct {
		Schemas map[string]json.RawMessage `json:"schemas"`
	} `json:"components"`
}

type response struct {
	Content map[string]struct {
		Schema json.RawMessage `json:"schema"`
	} `json:"content"`
}

func description(t *testing.T, p *person) described {
	t.Helper()
	var d described
	check(t, json.Unmarshal([]byte(p.page("/api/v1/openapi.json")), &d))
	return d
}

// TestAPI_described holds the description to the table of routes.
func TestAPI_described(t *testing.T) {
	w := newWorld(t)
	d := description(t, w.person())
	inTable := map[string]string{}
	for _, rt := range w.server.Table() {
		method, path, _ := strings.Cut(rt.Pattern, " ")
		if strings.HasPrefix(path, "/api/") {
			inTable[strings.ToLower(method)+" "+path] = string(rt.Least)
		}
	}
	inFile := map[string]string{}
	for path, ops := range d.Paths {
		for method, op := range ops {
			inFile[method+" "+path] = op.Role
		}
	}
	if fmt.Sprint(inTable) != fmt.Sprint(inFile) {
		t.Errorf("the table and the description differ:\n%v\n%v", inTable, inFile)
	}
}

// token makes an account and a token of it.
func (w *world) token(login string, role, scope mention.Role) *person {
	w.t.Helper()
	p := w.signedIn(login, role)
	a := p.post("/me/tokens", "name", "робот", "scope", string(scope))
	_, rest, ok := strings.Cut(a.body, "<code>otk_")
	if a.status != http.StatusOK || !ok {
		w.t.Fatalf("token of %s: %d\n%s", login, a.status, a.body)
	}
	value, _, _ := strings.Cut(rest, "<")
	robot := w.person()
	robot.token = "otk_" + value
	return robot
}

func (p *person) json(method, path, body string, into any) answer {
	p.w.t.Helper()
	a := p.do(method, path, "application/json", body)
	if into != nil {
		if err := json.Unmarshal([]byte(a.body), into); err != nil {
			p.w.t.Fatalf("%s %s: %d %v\n%s", method, path, a.status, err, a.body)
		}
	}
	return a
}

// TestAPI_answers holds what is answered to its schemas.
func TestAPI_answers(t *testing.T) {
	w := newWorld(t)
	m := complaint("1")
	m.Reply = &mention.Reply{Author: "Банк", Text: "Разбираемся", PublishedAt: start}
	w.add(m, complaint("2"))
	w.source("s1", mention.OK, mention.Blocked)
	w.act(1, mention.Action{Verb: mention.Take, Actor: anna})
	edited := m
	edited.Text = "Курьер не приехал третий раз"
	w.archive(false, edited)
	robot := w.token("admin", mention.Admin, mention.Admin)
	d := description(t, robot)
	id := string(m.Key().ID())
	for _, c := range []struct{ method, path, pattern, body, status string }{
		{"get", "/api/v1/me", "/api/v1/me", "", "200"},
		{"get", "/api/v1/tasks", "/api/v1/tasks", "", "200"},
		{"get", "/api/v1/tasks?stars_max=x", "/api/v1/tasks", "", "400"},
		{"get", "/api/v1/tasks/1", "/api/v1/tasks/{id}", "", "200"},
		{"get", "/api/v1/tasks/99", "/api/v1/tasks/{id}", "", "404"},
		{"post", "/api/v1/tasks/2/take", "/api/v1/tasks/{id}/{verb}", "", "200"},
		{"post", "/api/v1/tasks/1/take", "/api/v1/tasks/{id}/{verb}", "", "409"},
		{"post", "/api/v1/tasks/2/dismiss", "/api/v1/tasks/{id}/{verb}", `{"reasom": "spam"}`, "400"},
		{"post", "/api/v1/tasks/2/snooze", "/api/v1/tasks/{id}/{verb}", `{"until": "15m"}`, "200"},
		{"get", "/api/v1/mentions?tasked=1", "/api/v1/mentions", "", "200"},
		{"get", "/api/v1/mentions/" + id, "/api/v1/mentions/{id}", "", "200"},
		{"post", "/api/v1/mentions/" + id + "/tone", "/api/v1/mentions/{id}/tone", `{"tone": "neutral"}`, "200"},
		{"get", "/api/v1/sources", "/api/v1/sources", "", "200"},
		{"get", "/api/v1/sources/runs?source=s1", "/api/v1/sources/runs", "", "200"},
		{"post", "/api/v1/sources/run", "/api/v1/sources/run", `{"source": "s1"}`, "202"},
		{"post", "/api/v1/sources/run", "/api/v1/sources/run", `{"source": "none"}`, "404"},
	} {
		t.Run(c.method+" "+c.path+" "+c.status, func(t *testing.T) {
			a := robot.json(strings.ToUpper(c.method), c.path, c.body, nil)
			if fmt.Sprint(a.status) != c.status {
				t.Fatalf("%d, want %s\n%s", a.status, c.status, a.body)
			}
			r, ok := d.Paths[c.pattern][c.method].Responses[c.status]
			if !ok {
				t.Fatalf("the description does not know the answer %s", c.status)
			}
			var value any
			check(t, json.Unmarshal([]byte(a.body), &value))
			for _, problem := range d.problems(r.Content["application/json"].Schema, value, "body") {
				t.Error(problem)
			}
		})
	}
}

// problems checks value against the part of JSON Schema that the description
// uses.
func (d described) problems(raw json.RawMessage, value any, at string) []string {
	var s struct {
		Ref        string                     `json:"$ref"`
		Type       string                     `json:"type"`
		Enum       []any                      `json:"enum"`
		Format     string                     `json:"format"`
		Properties map[string]json.RawMessage `json:"properties"`
		Required   []string                   `json:"required"`
		Items      json.RawMessage            `json:"items"`
		More       json.RawMessage            `json:"additionalProperties"`
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return []string{at + ": no schema: " + err.Error()}
	}
	if s.Ref != "" {
		return d.problems(d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")], value, at)
	}
	var out []string
	bad := func(format string, args ...any) { out = append(out, at+": "+fmt.Sprintf(format, args...)) }
	if s.Enum != nil && !slices.Contains(s.Enum, value) {
		bad("%v is none of %v", value, s.Enum)
	}
	switch v := value.(type) {
	case string:
		if s.Type != "string" {
			bad("a string, want %s", s.Type)
		}
		if _, err := time.Parse(time.RFC3339, v); s.Format == "date-time" && err != nil {
			bad("%q is no RFC 3339 time", v)
		}
	case float64:
		if s.Type != "number" && (s.Type != "integer" || v != float64(int64(v))) {
			bad("the number %v, want %s", v, s.Type)
		}
	case bool:
		if s.Type != "boolean" {
			bad("a boolean, want %s", s.Type)
		}
	case []any:
		if s.Type != "array" {
			bad("an array, want %s", s.Type)
		}
		for i, item := range v {
			out = append(out, d.problems(s.Items, item, fmt.Sprintf("%s[%d]", at, i))...)
		}
	case map[string]any:
		for _, name := range s.Required {
			if _, ok := v[name]; !ok {
				bad("%s is missing", name)
			}
		}
		for name, item := range v {
			schema, known := s.Properties[name]
			if !known && (len(s.More) == 0 || string(s.More) == "false") {
				bad("%s is not described", name)
				continue
			}
			if !known {
				schema = s.More
			}
			out = append(out, d.problems(schema, item, at+"."+name)...)
		}
	default:
		bad("%v has no type", v)
	}
	return out
}

func TestAPI_scopes(t *testing.T) {
	w := newWorld(t)
	w.add(complaint("1"))
	reading := w.token("olga", mention.PR, mention.Reader)
	if a := reading.json("POST", "/api/v1/tasks/1/take", "", nil); a.status != http.StatusForbidden {
		t.Errorf("a reading token takes: %d, want 403", a.status)
	}
	acting := w.token("boris", mention.PR, mention.PR)
	if a := acting.json("POST", "/api/v1/tasks/1/take", "", nil); a.status != http.StatusOK {
		t.Errorf("an acting token takes: %d %s", a.status, a.body)
	}
	if a := w.signedIn("reader", mention.Reader).post("/me/tokens", "name", "x", "scope", "admin"); a.status != http.StatusForbidden {
		t.Errorf("a reader makes an administrator's token: %d, want 403", a.status)
	}
	account, err := w.store.AccountByLogin(t.Context(), "boris")
	check(t, err)
	account.Role = mention.Reader
	check(t, w.store.SaveAccount(t.Context(), &account))
	if a := acting.json("POST", "/api/v1/tasks/1/release", "", nil); a.status != http.StatusForbidden {
		t.Errorf("the token of a demoted account releases: %d, want 403", a.status)
	}
	forged := w.person()
	forged.token = "otk_FORGED"
	if a := forged.json("GET", "/api/v1/tasks", "", nil); a.status != http.StatusUnauthorized || a.header.Get("WWW-Authenticate") == "" {
		t.Errorf("a forged token: %d, want 401 with a challenge", a.status)
	}
	tokens, err := w.store.Tokens(t.Context(), account.ID)
	check(t, err)
	check(t, w.store.RevokeToken(t.Context(), account.ID, tokens[0].ID))
	if a := acting.json("GET", "/api/v1/tasks", "", nil); a.status != http.StatusUnauthorized {
		t.Errorf("a revoked token: %d, want 401", a.status)
	}
}

func TestAPI_versions(t *testing.T) {
	w := newWorld(t)
	w.add(complaint("1"))
	robot := w.token("robot", mention.PR, mention.PR)
	seen := robot.json("GET", "/api/v1/tasks/1", "", nil).header.Get("ETag")
	robot.header = map[string]string{"If-None-Match": seen}
	if a := robot.json("GET", "/api/v1/tasks/1", "", nil); a.status != http.StatusNotModified || a.body != "" {
		t.Errorf("unchanged: %d %q, want 304", a.status, a.body)
	}
	w.act(1, mention.Action{Verb: mention.Comment, Actor: anna, Text: "смотрю"})
	robot.header = map[string]string{"If-Match": seen}
	if a := robot.json("POST", "/api/v1/tasks/1/take", "", nil); a.status != http.StatusPreconditionFailed {
		t.Errorf("acting on what has changed: %d, want 412", a.status)
	}
	robot.header = map[string]string{"If-Match": `"2"`}
	if a := robot.json("POST", "/api/v1/tasks/1/take", "", nil); a.status != http.StatusOK || a.header.Get("ETag") != `"3"` {
		t.Errorf("acting on what was seen: %d, ETag %s", a.status, a.header.Get("ETag"))
	}
}

func TestAPI_once(t *testing.T) {
	w := newWorld(t)
	w.add(complaint("1"))
	robot := w.token("robot", mention.PR, mention.PR)
	robot.header = map[string]string{"Idempotency-Key": "k1"}
	note := `{"text": "Позвонить"}`
	first := robot.json("POST", "/api/v1/tasks/1/note", note, nil)
	again := robot.json("POST", "/api/v1/tasks/1/note", note, nil)
	if first.status != 200 || first.body != again.body || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("repeated: %d %q, then %d %q", first.status, first.body, again.status, again.body)
	}
	v, err := w.store.View(t.Context(), 1)
	check(t, err)
	if len(v.Events) != 2 {
		t.Errorf("%d events, want the making and one note", len(v.Events))
	}
	if a := robot.json("POST", "/api/v1/tasks/1/note", `{"text": "Другое"}`, nil); a.status != http.StatusBadRequest {
		t.Errorf("the same key for another request: %d, want 400", a.status)
	}
}

func TestAPI_pages(t *testing.T) {
	w := newWorld(t)
	for i := range 5 {
		w.add(complaint(string(rune('a' + i))))
	}
	robot := w.token("robot", mention.Reader, mention.Reader)
	for _, path := range []string{"/api/v1/tasks", "/api/v1/mentions", "/api/v1/tasks?q=" + url.QueryEscape("курьер OR вклад")} {
		var got []string
		next, join := "", "?"
		if strings.Contains(path, "?") {
			join = "&"
		}
		for range 5 {
			var page struct {
				Items []struct {
					Mention string `json:"mention"`
					ID      any    `json:"id"`
				} `json:"items"`
				Next string `json:"next"`
			}
			robot.json("GET", path+join+"limit=2&after="+next, "", &page)
			for _, item := range page.Items {
				got = append(got, fmt.Sprint(item.ID))
			}
			if next = page.Next; next == "" {
				break
			}
		}
		slices.Sort(got)
		if len(slices.Compact(got)) != 5 {
			t.Errorf("%s: %d different items over the pages, want 5", path, len(got))
		}
		if a := robot.json("GET", path+join+"after=zzz", "", nil); a.status != http.StatusBadRequest {
			t.Errorf("%s after a broken cursor: %d, want 400", path, a.status)
		}
	}
}

// TestAPI_fields holds the schemas to the Go types: a field that is added to a
// type must be described.
func TestAPI_fields(t *testing.T) {
	w := newWorld(t)
	d := description(t, w.person())
	for name, of := range map[string]reflect.Type{
		"Task": reflect.TypeFor[mention.Task](), "Mention": reflect.TypeFor[mention.Mention](), "Place": reflect.TypeFor[mention.Place](),
		"Due": reflect.TypeFor[mention.Due](), "Event": reflect.TypeFor[mention.Event](), "Revision": reflect.TypeFor[mention.Revision](),
		"Source": reflect.TypeFor[mention.Source](), "Run": reflect.TypeFor[mention.Run](), "Evidence": reflect.TypeFor[mention.Evidence](),
		"Reply": reflect.TypeFor[mention.Reply](), "Reason": reflect.TypeFor[mention.Reason](), "Actor": reflect.TypeFor[mention.Actor](),
	} {
		var schema struct {
			Properties map[string]json.RawMessage `json:"properties"`
		}
		check(t, json.Unmarshal(d.Components.Schemas[name], &schema))
		for field := range of.Fields() {
			key, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if _, ok := schema.Properties[key]; !ok && key != "-" {
				t.Errorf("schema %s does not describe %s", name, key)
			}
			delete(schema.Properties, key)
		}
		for key := range schema.Properties {
			t.Errorf("schema %s describes %s, which is not there", name, key)
		}
	}
}

// TestAPI_filters: every filter of the lists is described, and nothing else.
func TestAPI_filters(t *testing.T) {
	w := newWorld(t)
	var d struct {
		Paths map[string]map[string]struct {
			Parameters []struct{ Name string } `json:"parameters"`
		} `json:"paths"`
	}
	check(t, json.Unmarshal([]byte(w.person().get("/api/v1/openapi.json").body), &d))
	list := append(inbox.FilterNames(), "after", "limit")
	ofTasks := []string{"tab", "state", "owner", "kind", "overdue", "awake"}
	shelf := slices.DeleteFunc(append(inbox.ShelfNames(), append(slices.Clone(list), "source_id", "tasked")...), func(name string) bool { return slices.Contains(ofTasks, name) })
	for path, want := range map[string][]string{"/api/v1/tasks": list, "/api/v1/mentions": shelf} {
		var got []string
		for _, p := range d.Paths[path]["get"].Parameters {
			got = append(got, p.Name)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s describes %v, want %v", path, got, want)
		}
	}
}
