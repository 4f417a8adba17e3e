package inbox_test

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"otklik/inbox"
	"otklik/mention"
)

var anna = mention.Actor{ID: "slack:U1", Name: "Анна"}

func TestList(t *testing.T) {
	w := newWorld(t)
	w.source("s1", mention.OK)
	second := complaint("2")
	second.Source, second.Rating, second.Text, second.Title, second.Lang = "2gis", 5, "Очередь два часа", "", "en"
	w.add(complaint("1"), second, complaint("3"))
	w.act(3, mention.Action{Verb: mention.Take, Actor: anna})
	p := w.person()
	tests := []struct{ path, want string }{
		{"/", "1 2 3"}, {"/?tab=free", "1 2"}, {"/?tab=mine", ""}, {"/?tab=confirmed", ""},
		{"/?owner=slack:U1", "3"}, {"/?source=2gis", "2"}, {"/?stars_max=2", "1 3"}, {"/?stars_min=4", "2"},
		{"/?topic=delivery", "1 2 3"}, {"/?topic=price", ""}, {"/?lang=en", "2"}, {"/?state=taken", "3"}, {"/?state=dismissed", ""},
		{"/?q=" + url.QueryEscape("очереди"), "2"}, {"/?q=" + url.QueryEscape(`"не приехал" AND (курьер OR вклад) NOT очередь`), "3 1"},
		{"/?q=" + url.QueryEscape("очередь OR курьер"), "3 2 1"}, {"/?q=" + url.QueryEscape("курье* NOT очередь"), "1 3"},
		{"/?from=2026-11-20&to=2026-11-20", "1 2 3"}, {"/?from=2026-11-21", ""}, {"/?brand=other", ""}, {"/?overdue=1", ""},
	}
	for _, tt := range tests {
		if got := listed(p.page(tt.path)); got != tt.want {
			t.Errorf("%s: tasks %q, want %q", tt.path, got, tt.want)
		}
	}
	for _, path := range []string{"/?stars_max=x", "/?stars_max=9", "/?from=soon", "/?q=" + url.QueryEscape(`("`)} {
		if a := p.get(path); a.status != http.StatusBadRequest {
			t.Errorf("%s: %d, want 400", path, a.status)
		}
	}
	w.pass(20 * time.Minute)
	if got := listed(p.page("/?overdue=1")); got != "1 2" {
		t.Errorf("overdue: %q, want the two that nobody took", got)
	}
	p.wants("/", "взять: −5 мин", "Отзовик", "M-1", "Анна")
}

// listed returns the tasks of a list page in their order.
func listed(body string) string {
	var ids []string
	for _, m := range regexp.MustCompile(`data-id="(\d+)"`).FindAllStringSubmatch(body, -1) {
		ids = append(ids, m[1])
	}
	return strings.Join(ids, " ")
}

func TestList_pages(t *testing.T) {
	w := newWorld(t)
	for i := range 60 {
		w.add(complaint(string(rune('A' + i))))
	}
	p := w.person()
	body := p.page("/?brand=" + url.QueryEscape(brand))
	next := regexp.MustCompile(`href="([^"]*after=[^"]*)" rel="next"`).FindStringSubmatch(body)
	if next == nil {
		t.Fatal("60 tasks have no second page")
	}
	first, second := strings.Fields(listed(body)), strings.Fields(listed(p.page(html.UnescapeString(next[1]))))
	if len(first) != 50 || len(second) != 10 {
		t.Errorf("pages of %d and %d, want 50 and 10", len(first), len(second))
	}
	if size := len(body); size > 100_000 {
		t.Errorf("a page of 50 weighs %d bytes, want less than 100 KB", size)
	}
}

func TestBlind(t *testing.T) {
	w := newWorld(t)
	p := w.person()
	w.source("seen", mention.OK)
	p.wants("/", "Здесь всё разобрано", "Все источники видны")
	w.source("captcha", mention.OK, mention.Blocked, mention.Blocked)
	w.source("fresh")
	for _, path := range []string{"/", "/sources", "/archive", "/help", "/me"} {
		p.wants(path, "Не видим", "Отзовик (captcha)", "капча или запрет")
	}
	p.wants("/", "Задач нет, но видно не всё", "не значит, что всё хорошо")
	p.wantsNot("/", "Здесь всё разобрано")
	p.wants("/sources", "подряд неудач: 2", "cookies", "Первый проход ещё впереди", "Заполненность полей")
	p.post("/sources/run", "source", "captcha")
	jobs, err := w.store.Jobs(t.Context(), "crawl:captcha", 5)
	check(t, err)
	if len(jobs) != 1 || !jobs[0].RunAt.Equal(start) {
		t.Errorf("jobs %+v, want the pass at once", jobs)
	}
	if a := p.post("/sources/run", "source", "unknown"); a.status != http.StatusNotFound {
		t.Errorf("running an unknown source: %d, want 404", a.status)
	}
}

func TestMentionPage(t *testing.T) {
	w := newWorld(t)
	m := complaint("1")
	w.add(m)
	w.pass(time.Minute)
	w.act(1, mention.Action{Verb: mention.Take, Actor: anna})
	edited := m
	edited.Text, edited.Rating = "Курьер не приехал третий раз, это издевательство.", 2
	w.archive(false, edited)
	other := complaint("2")
	other.Author = m.Author
	w.archive(false, other)
	p := w.person()
	p.wants("/tasks/1", "<mark>издевательство</mark>", "уверенность 97 %", "https://otzovik.example/review_1",
		"<del>второй </del><ins>третий </ins>", "1★ → 2★", "взято", "Анна", "12:01", "Карту не привезли 2", "Подтвердить получение")
	p.wants("/tasks/1?template=sorry", "Извинение", "Пётр 1, здравствуйте! Нам жаль.")
	kept := p.post("/tasks/1/template", "template", "sorry", "text", "Добрый <b>день", "url", "https://otzovik.example/1")
	if kept.status != http.StatusOK || !strings.Contains(kept.body, "Добрый &lt;b&gt;день\n\nПётр 1, здравствуйте! Нам жаль.") || !strings.Contains(kept.body, `value="https://otzovik.example/1"`) {
		t.Errorf("a template after what was typed: %d %.300s", kept.status, kept.body)
	}
	// Every way back from that page leads to the task in its list.
	inList := p.post("/tasks/1/template", "template", "sorry", "text", "", "list", "tone=negative")
	var ways []string
	for _, way := range regexp.MustCompile(`(?:id="changed"[^>]*>[^<]*<a href|name="back" value)="([^"]*)"`).FindAllStringSubmatch(inList.body, -1) {
		ways = append(ways, html.UnescapeString(way[1]))
	}
	if len(ways) < 2 {
		t.Errorf("ways back from a page with a template: %q, want those to reload and of a wrong tone", ways)
	}
	for _, way := range ways {
		if !strings.HasPrefix(way, "/tasks/1?list=") {
			t.Errorf("a page with a template leads back to %q", way)
		}
		p.page(way)
	}
	a := p.get("/mentions/" + string(m.Key().ID()))
	if got := a.header.Get("Location"); got != "/tasks/1" {
		t.Errorf("a mention with a task leads to %q", got)
	}
	p.wants("/mentions/"+string(other.Key().ID()), "Карту не привезли 2", "Карту не привезли 1")
	for _, path := range []string{"/tasks/2", "/tasks/x", "/tasks/-1", "/mentions/none", "/nothing"} {
		if a := p.get(path); a.status != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, a.status)
		}
	}
	p.wants("/tasks/M-1", "Карту не привезли 1")
}

// TestShortened: nowhere is the beginning of a text taken for the whole of it.
func TestShortened(t *testing.T) {
	for _, labels := range [][]string{{"bought"}, {"bought", mention.Shortened}} {
		w := newWorld(t)
		task, archived := complaint("1"), complaint("2")
		task.Labels, archived.Labels = labels, labels
		w.add(task)
		w.archive(false, archived)
		p := w.person()
		for lang, badge := range map[string]string{"ru": ">текст сокращён сайтом<", "en": ">shortened by the site<"} {
			p.header = map[string]string{"Accept-Language": lang}
			for _, path := range []string{"/", "/tasks/1", "/archive", "/mentions/" + string(archived.Key().ID())} {
				if got := strings.Contains(p.page(path), badge); got != task.IsShortened() {
					t.Errorf("%s with the labels %q says %q: %v", path, labels, badge, got)
				}
			}
		}
	}
}

// TestHostile puts markup into everything that comes from outside: no page may
// hold it as markup.
func TestHostile(t *testing.T) {
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>{{.}}` + "\u202e"
	w := newWorld(t)
	m := complaint("1")
	m.Author, m.Title, m.Text, m.Pros, m.Cons, m.Lang = evil, evil, evil, evil, evil, `x" onload="a`
	m.Topics, m.URL, m.AuthorURL, m.Source = []string{evil}, "javascript:alert(1)//"+evil, "javascript:x", "otz"+evil
	m.Reply = &mention.Reply{Author: evil, Text: evil, URL: "javascript:x"}
	m.Reasons = []mention.Reason{{Text: evil, Field: mention.InText, Start: 3, End: 9}, {Text: evil, Field: mention.InText, Start: -1, End: 1 << 30}}
	w.add(m)
	w.source(`s"><script>`, mention.Blocked)
	w.act(1, mention.Action{Verb: mention.Comment, Actor: mention.Actor{ID: "slack:U1", Name: evil}, Text: evil})
	w.act(1, mention.Action{Verb: mention.Assign, Actor: anna, To: mention.Actor{ID: evil, Name: evil}})
	edited := m
	edited.Text = evil + evil
	w.archive(false, edited)
	p := w.person()
	p.post("/views", "name", evil, "query", "q="+url.QueryEscape(evil))
	q := url.QueryEscape(evil)
	for _, path := range []string{"/", "/?q=" + url.QueryEscape("script"), "/?topic=" + q + "&brand=" + q, "/tasks/1", "/tasks/1?list=" + q, "/tasks/1?template=" + q,
		"/archive?author=" + q, "/sources", "/mentions/" + string(m.Key().ID()) + "/evidence", "/signin?to=" + q, "/nothing/" + q} {
		a := p.get(path)
		if a.status >= http.StatusInternalServerError {
			t.Errorf("%s: %d", path, a.status)
		}
		for _, problem := range unsafe(t, a.body) {
			t.Errorf("%s: %s", path, problem)
		}
		if strings.Contains(a.body, "\u202e") {
			t.Errorf("%s turns our words around", path)
		}
	}
}

// unsafe lists what the content security policy would stop and what it would not.
func unsafe(t *testing.T, body string) []string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(body))
	check(t, err)
	var out []string
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch {
		case n.Data == "script" && (attr(n, "src") == "" || n.FirstChild != nil), n.Data == "style":
			out = append(out, "inline "+n.Data)
		case n.Data == "img" && !strings.HasPrefix(attr(n, "src"), "/assets/"):
			out = append(out, "a foreign image")
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
				out = append(out, "attribute "+a.Key)
			}
			if (a.Key == "href" || a.Key == "src" || a.Key == "action") && strings.Contains(strings.ToLower(a.Val), "javascript:") && !strings.HasPrefix(a.Val, "/") {
				out = append(out, a.Key+" runs script")
			}
		}
	}
	return out
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func TestEvidence(t *testing.T) {
	w := newWorld(t)
	m := complaint("1")
	w.add(m)
	path := "/mentions/" + string(m.Key().ID()) + "/evidence"
	p := w.person()
	p.wants(path, "Страницы этого прохода уже нет")
	if a := p.get(path + ".zip"); a.status != http.StatusNotFound {
		t.Errorf("ZIP without a page: %d, want 404", a.status)
	}
	run := mention.Run{Source: "s1", StartAt: m.CollectedAt.Add(-time.Second), EndAt: m.CollectedAt.Add(time.Second), Verdict: mention.OK, Evidence: mention.Evidence{Snapshot: "otzovik/1"}}
	check(t, w.store.SaveRun(t.Context(), run, mention.Source{ID: "s1"}))
	w.pages["otzovik/1"] = inbox.SavedPage{URL: "https://otzovik.example/reviews/", Status: 200, FetchedAt: m.CollectedAt, Sum: "abc123", Type: "text/html", Body: []byte("<h1>Отзывы</h1>")}
	p.wants(path, "&lt;h1&gt;Отзывы", "abc123", "https://otzovik.example/reviews/")
	a := p.get(path + ".zip")
	z, err := zip.NewReader(strings.NewReader(a.body), int64(len(a.body)))
	check(t, err)
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		check(t, err)
		var b bytes.Buffer
		_, err = io.Copy(&b, r)
		check(t, err)
		files[f.Name] = b.String()
	}
	if files["page.html"] != "<h1>Отзывы</h1>" || files["sha256.txt"] != "abc123  page.html\n" || !strings.Contains(files["facts.json"], `"sha256": "abc123"`) {
		t.Errorf("ZIP holds %v", files)
	}
}

func TestSavedViews(t *testing.T) {
	w := newWorld(t)
	olga, boris := w.signedIn("olga", mention.PR), w.signedIn("boris", mention.Reader)
	olga.post("/views", "name", "Один балл", "query", "tab=free&stars_max=1&evil=1")
	olga.wants("/", "Один балл", "/?stars_max=1&amp;tab=free")
	olga.wantsNot("/", "evil")
	boris.wantsNot("/", "Один балл")
	boris.post("/views/1/drop")
	olga.wants("/", "Один балл")
	olga.post("/views/1/drop")
	olga.wantsNot("/", "Один балл")
	if a := olga.post("/views", "name", " ", "query", "tab=free"); a.status != http.StatusSeeOther && a.status != http.StatusBadRequest {
		t.Errorf("a view without a name: %d", a.status)
	}
}

func TestLanguages(t *testing.T) {
	w := newWorld(t)
	w.add(complaint("1"))
	p := w.person()
	p.header = map[string]string{"Accept-Language": "en-GB,en;q=0.9"}
	p.wants("/", "Inbox", "waiting", `<html lang="en"`)
	p.post("/me/settings", "lang", "ru", "theme", "dark")
	p.wants("/", "Инбокс", `data-theme="dark"`)
	p.header = map[string]string{"Accept-Language": "fr"}
	w.person().wants("/", "Инбокс")
}
