package inbox_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"otklik/mention"
)

// TestDocs_API does what the examples of docs/api.md do.
func TestDocs_API(t *testing.T) {
	text, err := os.ReadFile("../docs/api.md")
	check(t, err)
	_, rest, _ := strings.Cut(string(text), "```\n")
	examples, _, _ := strings.Cut(rest, "```")
	w := newWorld(t)
	for id := range 17 {
		w.add(complaint(string(rune('a' + id))))
	}
	w.act(17, mention.Action{Verb: mention.Comment, Actor: anna, Text: "один"})
	w.act(17, mention.Action{Verb: mention.Comment, Actor: anna, Text: "два"})
	robot := w.token("robot", mention.PR, mention.PR)
	calls := strings.Split(strings.ReplaceAll(examples, "\\\n", ""), "curl ")[1:]
	if len(calls) != 3 {
		t.Fatalf("%d examples", len(calls))
	}
	for _, call := range calls {
		method, body := "GET", ""
		if strings.Contains(call, "-X POST") {
			method = "POST"
		}
		if _, after, ok := strings.Cut(call, "-d '"); ok {
			body, _, _ = strings.Cut(after, "'")
		}
		robot.header = map[string]string{}
		for _, h := range regexp.MustCompile(`-H ["']([^:]+): (.+?)["'] `).FindAllStringSubmatch(call, -1) {
			if h[1] != "Authorization" {
				robot.header[h[1]] = h[2]
			}
		}
		path := regexp.MustCompile(`http://127\.0\.0\.1:8080(\S*[^\s"])`).FindStringSubmatch(call)
		if path == nil {
			t.Fatalf("no address in %q", call)
		}
		if a := robot.json(method, path[1], body, nil); a.status != 200 {
			t.Errorf("curl %s: %d %s", call, a.status, a.body)
		}
	}
}
