package inbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"otklik/mention"
)

// chromium starts the browser that all stories share.
func chromium(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("OTKLIK_REQUIRE_SERVICES") == "1" {
			t.Fatal("no Chromium, and OTKLIK_REQUIRE_SERVICES asks for it")
		}
		t.Skip("no Chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.DisableGPU, chromedp.Flag("lang", "ru"), chromedp.Flag("accept-lang", "ru"), chromedp.UserDataDir(t.TempDir()))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	alloc, endAlloc := chromedp.NewExecAllocator(context.Background(), options...)
	root, endRoot := chromedp.NewContext(alloc)
	t.Cleanup(func() {
		endRoot()
		chromedp.FromContext(root).Allocator.Wait()
		endAlloc()
	})
	check(t, chromedp.Do(root))
	return root
}

// tab is a person's own browser: cookies of others are not in it.
type tab struct {
	t    *testing.T
	ctx  context.Context
	base string
}

// patience bounds what a page takes to show something.
const patience = 45 * time.Second

func (w *world) tab(t *testing.T, root context.Context) *tab {
	t.Helper()
	ctx, end := chromedp.NewContext(root, chromedp.WithNewBrowserContext(func(*target.CreateBrowserContextParams) {}))
	t.Cleanup(end)
	ctx, stop := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(stop)
	b := &tab{t, ctx, w.web.URL}
	b.size(1280, 900)
	return b
}

func (b *tab) size(width, height int64) {
	b.t.Helper()
	check(b.t, chromedp.Do(b.ctx, chromedp.EmulateViewport(width, height)))
}

func (b *tab) open(path string) {
	b.t.Helper()
	check(b.t, chromedp.Do(b.ctx, chromedp.Navigate(b.base+path)))
}

// see waits until the expression is true.
func (b *tab) see(expression string) {
	b.t.Helper()
	end := time.After(patience)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		// An error means that the page is being left: ask the next one.
		yes, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
		if yes {
			return
		}
		select {
		case <-tick.C:
		case <-end:
			text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`location.pathname + location.search + "\n" + document.body.innerText`))
			b.t.Fatalf("never true: %s\n%v\n%.3000s", expression, err, text)
		}
	}
}

// says waits for words on the page.
func (b *tab) says(words string) {
	b.t.Helper()
	quoted, _ := json.Marshal(words)
	b.see(`document.body && document.body.innerText.includes(` + string(quoted) + `)`)
}

func (b *tab) value(expression string) string {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`String(`+expression+`)`))
	check(b.t, err)
	return v
}

func (b *tab) click(selector string) {
	b.t.Helper()
	ctx, stop := context.WithTimeout(b.ctx, patience)
	defer stop()
	if err := chromedp.Do(ctx, chromedp.Click(selector, chromedp.NodeVisible)); err != nil {
		b.t.Fatalf("click %s: %v", selector, err)
	}
}

// key presses the key at a place of the keyboard; key is what the layout has there.
func (b *tab) key(code, key string) {
	b.t.Helper()
	b.see(`document.readyState === "complete" && document.documentElement.classList.contains("scripted")`)
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
		_, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Code: code, Key: key})
		check(b.t, err)
	}
}

func (b *tab) signIn(login string) {
	b.t.Helper()
	b.open("/signin")
	check(b.t, chromedp.Do(b.ctx,
		chromedp.SendKeys("input[name=login]", login), chromedp.SendKeys("input[name=password]", password)))
	b.click("form[action='/signin'] button")
	b.see(`location.pathname === "/"`)
}

func TestBrowser(t *testing.T) {
	root := chromium(t)
	for name, story := range map[string]func(*testing.T, context.Context){
		"two people at once":          twoPeople,
		"keys of a Latin keyboard":    func(t *testing.T, root context.Context) { keys(t, root, latin()) },
		"keys of a Cyrillic layout":   func(t *testing.T, root context.Context) { keys(t, root, cyrillic()) },
		"the other keys, Latin":       func(t *testing.T, root context.Context) { otherKeys(t, root, latin(), "Slash") },
		"the other keys, Cyrillic":    func(t *testing.T, root context.Context) { otherKeys(t, root, cyrillic(), "Digit7") },
		"filters and saved views":     filters,
		"answered and next":           answeredAndNext,
		"every role":                  everyRole,
		"undo":                        undoStory,
		"news wait for a click":       news,
		"a page on a phone":           phone,
		"without script":              withoutScript,
		"everybody can use it":        accessible,
		"hostile text runs nowhere":   hostileStory,
		"the first view of a list":    firstView,
		"what is being written stays": writing,
	} {
		t.Run(name, func(t *testing.T) { story(t, root) })
	}
}

// twoPeople is the story of the product: a complaint comes, one takes it, the
// other sees it at once, it is answered, and the page confirms.
func twoPeople(t *testing.T, root context.Context) {
	w := newWorld(t)
	w.account("anna", mention.PR)
	w.account("boris", mention.PR)
	ann, boris := w.tab(t, root), w.tab(t, root)
	ann.signIn("anna")
	boris.signIn("boris")
	ann.says("Задач нет")
	w.add(complaint("1"))
	ann.says("Карту не привезли 1")
	boris.says("Карту не привезли 1")
	boris.click("a.open")
	boris.says("Почему такой тон")
	ann.see(`document.querySelector(".here")?.textContent === "Boris"`)
	ann.click("a.open")
	ann.click("form[action$='/take'] button")
	ann.says("Взято: M-1")
	boris.see(`document.querySelector(".statebig").textContent === "в работе"`)
	boris.see(`document.querySelector(".task").innerText.includes("Anna")`)
	check(t, chromedp.Do(ann.ctx, chromedp.SendKeys("#answer textarea", "Нам жаль, курьер уже едет.")))
	ann.see(`document.querySelector(".counter").textContent.includes("26")`)
	ann.click("#answer button[data-key=a]")
	boris.see(`document.querySelector(".statebig").textContent === "отвечено"`)
	w.act(1, mention.Action{Verb: mention.Confirm, Actor: mention.System, URL: "https://otzovik.example/review_1#reply", Reply: mention.Reply{Author: "Ромашка", Text: "Нам жаль"}})
	ann.see(`document.querySelector(".statebig").textContent === "ответ виден"`)
	boris.open("/?tab=confirmed")
	boris.says("Карту не привезли 1")
}

// layout says what a keyboard's layout has at each place.
type layout map[string]string

func latin() layout {
	return layout{"KeyJ": "j", "KeyK": "k", "KeyX": "x", "KeyT": "t", "KeyN": "n", "KeyZ": "z", "KeyO": "o", "KeyU": "u", "KeyG": "g", "KeyM": "m", "KeyA": "a", "KeyS": "s", "KeyE": "e", "KeyV": "v", "Slash": "/"}
}

func cyrillic() layout {
	return layout{"KeyJ": "о", "KeyK": "л", "KeyX": "ч", "KeyT": "е", "KeyN": "т", "KeyZ": "я", "KeyO": "щ", "KeyU": "г", "KeyG": "п", "KeyM": "ь", "KeyA": "ф", "KeyS": "ы", "KeyE": "у", "KeyV": "м", "Slash": "."}
}

func keys(t *testing.T, root context.Context, l layout) {
	w := newWorld(t)
	for _, id := range []string{"1", "2", "3"} {
		w.add(complaint(id))
	}
	b := w.tab(t, root)
	press := func(codes ...string) {
		for _, code := range codes {
			b.key(code, l[code])
		}
	}
	b.open("/")
	press("KeyJ", "KeyJ")
	b.see(`document.querySelector(".row.at").dataset.id === "2"`)
	press("KeyK")
	b.see(`document.querySelector(".row.at").dataset.id === "1"`)
	press("KeyX", "KeyJ", "KeyX")
	b.see(`document.querySelector("#picked").textContent === "2"`)
	press("KeyT")
	b.says("Взято: M-1, M-2")
	press("KeyZ")
	b.says("Отменено")
	b.see(`document.querySelectorAll(".state-taken").length === 0`)
	b.see(`document.querySelector(".row.at")?.dataset.id === "2"`)
	press("KeyN")
	b.says("Через 10 секунд закроем без ответа: M-2")
	press("KeyZ")
	b.says("Отменено")
	b.see(`document.querySelector(".row.at")`)
	press("KeyO")
	b.says("Почему такой тон")
	press("KeyK") // what was taken once is no longer due first: 3, 1, 2
	b.see(`location.pathname === "/tasks/1"`)
	press("KeyU")
	b.see(`location.pathname === "/"`)
	press("KeyG", "KeyM")
	b.see(`location.search === "?tab=mine"`)
	press("Slash")
	b.see(`document.activeElement.name === "q"`)
	press("KeyG", "KeyS") // typed into the field
	b.see(`location.search === "?tab=mine"`)
	b.key("Escape", "Escape")
	press("KeyG", "KeyS")
	b.see(`location.pathname === "/sources"`)
}

func undoStory(t *testing.T, root context.Context) {
	w := newWorld(t)
	w.add(complaint("1"), complaint("2"))
	b := w.tab(t, root)
	b.open("/?tab=free")
	b.click(".row[data-id='1'] input")
	b.click("button[value=dismiss]")
	b.says("закрываем без ответа…")
	b.click(".undo button")
	b.says("Отменено")
	b.see(`document.querySelectorAll(".row.pending").length === 0`)
	if got := w.task(1).State; got != mention.Open {
		t.Errorf("the task is %s", got)
	}
}

func news(t *testing.T, root context.Context) {
	w := newWorld(t)
	w.add(complaint("1"))
	b := w.tab(t, root)
	b.open("/")
	b.says("Карту не привезли 1")
	b.click(".row[data-id='1'] input")
	w.pass(-time.Hour) // what comes now is due first
	w.add(complaint("2"), complaint("3"))
	b.see(`!document.querySelector("#news").hidden`)
	if got := b.value(`document.querySelector("#news").textContent + document.querySelectorAll("#rows > li").length`); got != "новых: 2 · показать1" {
		t.Errorf("the list says %q, want two that wait", got)
	}
	b.click("#news")
	b.see(`document.querySelectorAll("#rows > li").length === 3`)
	b.see(`document.querySelector(".row[data-id='1'] input").checked`)
	w.pass(time.Hour)
}

func writing(t *testing.T, root context.Context) {
	w := newWorld(t)
	w.add(complaint("1"))
	b := w.tab(t, root)
	b.open("/tasks/1")
	check(t, chromedp.Do(b.ctx, chromedp.SendKeys("#answer textarea", "Здравствуйте")))
	w.act(1, mention.Action{Verb: mention.Take, Actor: anna})
	b.see(`!document.querySelector("#changed").hidden`)
	if got := b.value(`document.querySelector("#answer textarea").value`); got != "Здравствуйте" {
		t.Errorf("what was written became %q", got)
	}
	for _, template := range []string{"sorry", "sorry"} { // the same one twice is in it once
		b.value(`(() => { const s = document.querySelector("[data-templates] select"); s.value = "` + template + `"; s.dispatchEvent(new Event("change")) })()`)
		b.see(`document.querySelector("#answer textarea").value === "Здравствуйте\n\nПётр 1, здравствуйте! Нам жаль."`)
	}
	b.see(`document.querySelector(".counter").textContent.includes("45")`)
}

func phone(t *testing.T, root context.Context) {
	w := newOffice(t)
	w.person().upload("deals.csv", "id;name;email;product;closed_at\nd1;"+strings.Repeat("Имя", 30)+";anna@example.com;Ипотека;2026-11-01\n", "kind", "deal", "do", "take")
	long := complaint("1")
	long.Title, long.Author = strings.Repeat("оченьдлинноеслово", 12), strings.Repeat("Автор", 20)
	w.add(long, complaint("2"))
	w.source("s1", mention.Blocked)
	b := w.tab(t, root)
	b.size(360, 740)
	for _, path := range []string{"/", "/tasks/1", "/sources", "/archive?topic=delivery", "/help", "/me", "/letters", "/import", "/reports/", "/reports/?behind=norm.take.waiting"} {
		b.open(path)
		b.see(`document.readyState === "complete" && document.querySelector("main h1")`)
		if got := b.value(`document.documentElement.scrollWidth - innerWidth`); got != "0" && !strings.HasPrefix(got, "-") {
			t.Errorf("%s is %s pixels wider than a phone", path, got)
		}
		if got := b.value(`[...document.querySelectorAll(".menu a")].filter(a => a.getBoundingClientRect().right > innerWidth).map(a => a.textContent.trim()).join()`); got != "" {
			t.Errorf("%s hides parts of the menu: %s", path, got)
		}
		if got := b.value(`[...document.querySelectorAll(".source h2")].filter(h => h.getBoundingClientRect().width < innerWidth / 2).length`); got != "0" {
			t.Errorf("%s breaks the names of %s sources into columns of letters", path, got)
		}
	}
}

func withoutScript(t *testing.T, root context.Context) {
	w := newWorld(t)
	w.add(complaint("1"), complaint("2"))
	b := w.tab(t, root)
	_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	check(t, err)
	b.open("/")
	b.click(".row[data-id='1'] input")
	b.click("button[value=take]")
	b.says("Взято: M-1")
	b.click(".undo button")
	b.says("Отменено")
	b.click(".row[data-id='2'] a.open")
	b.says("Почему такой тон")
	b.click("#answer button[data-key=a]")
	b.says("Отвечено: M-2")
	if w.task(1).State != mention.Open || w.task(2).State != mention.Answered {
		t.Errorf("tasks are %s and %s", w.task(1).State, w.task(2).State)
	}
}

func hostileStory(t *testing.T, root context.Context) {
	const evil = `"><img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`
	w := newOffice(t)
	w.person().upload("deals.csv", "id;name;email;product;closed_at\n"+`"`+strings.ReplaceAll(evil, `"`, `""`)+`";"`+strings.ReplaceAll(evil, `"`, `""`)+`";anna@example.com;"`+strings.ReplaceAll(evil, `"`, `""`)+`";2026-11-01`+"\n", "kind", "deal", "do", "take")
	m := complaint("1")
	m.Author, m.Title, m.Text, m.Pros, m.Cons, m.Topics = evil, evil, evil, evil, evil, []string{evil}
	w.add(m)
	w.act(1, mention.Action{Verb: mention.Comment, Actor: mention.Actor{ID: "slack:U1", Name: evil}, Text: evil})
	b := w.tab(t, root)
	for _, path := range []string{"/", "/tasks/1", "/archive", "/archive?author=" + url.QueryEscape(evil), "/?q=" + url.QueryEscape(evil), "/letters", "/reports/", "/reports/?behind=norm.take.waiting",
		"/sources?q=" + url.QueryEscape(evil), "/mentions/" + string(m.Key().ID()) + "/evidence"} {
		b.open(path)
		b.see(`document.readyState === "complete"`)
		if got := b.value("window.hacked"); got != "undefined" {
			t.Errorf("%s ran foreign script", path)
		}
	}
}

// viewLoads is how often fifty rows are loaded to say how soon they stand there.
const viewLoads = 9

// firstView holds what the first view of fifty rows waits for: a page of less
// than 100 KB, and nothing else but a style and a script that the browser has,
// of which only the style holds up the picture. The time itself is logged; it
// says as much of the machine as of the page.
func firstView(t *testing.T, root context.Context) {
	w := newWorld(t)
	for i := range 50 {
		w.add(complaint(string(rune('A' + i))))
	}
	b := w.tab(t, root)
	b.open("/") // the browser gets to know style and script
	var painted []int
	for range viewLoads {
		b.open("/")
		b.see(`performance.getEntriesByName("first-contentful-paint").length`)
		at, err := strconv.Atoi(b.value(`Math.round(performance.getEntriesByName("first-contentful-paint")[0].startTime)`))
		check(t, err)
		painted = append(painted, at)
	}
	if got := b.value(`document.querySelectorAll("#rows > li").length`); got != "50" {
		t.Errorf("%s rows are shown, want 50", got)
	}
	if got := b.value(`performance.getEntriesByType("navigation")[0].decodedBodySize < 100000`); got != "true" {
		t.Error("a page of fifty rows weighs 100 KB or more")
	}
	// The sign on the browser's tab comes when it likes, and news after the view.
	fetched := b.value(`performance.getEntriesByType("resource").filter(r => !r.name.endsWith(".svg") &&
			r.startTime < performance.getEntriesByName("first-contentful-paint")[0].startTime)
		.map(r => [r.name.replace(/.*\/|-[0-9a-f]{12}/g, ""), r.renderBlockingStatus, r.transferSize].join(" ")).sort().join(", ")`)
	if want := "inbox.css blocking 0, inbox.js non-blocking 0"; fetched != want {
		t.Errorf("the page fetches\n%s, want\n%s", fetched, want)
	}
	slices.Sort(painted)
	t.Logf("first view after %d ms, the median of %v, page of %s bytes", painted[viewLoads/2], painted,
		b.value(`performance.getEntriesByType("navigation")[0].decodedBodySize`))
}

// accessible asks axe-core about every page, light and dark, in both languages,
// on a desk and on a phone.
func accessible(t *testing.T, root context.Context) {
	axe, err := os.ReadFile("testdata/axe.min.js")
	check(t, err)
	w := newOffice(t)
	w.person().upload("deals.csv", "id;name;email;product;closed_at\nd1;Анна;anna@example.com;Ипотека;2026-11-01\n", "kind", "deal", "do", "take")
	m := complaint("1")
	m.Conflict = true
	w.add(m, complaint("2"), complaint("3"))
	w.source("s1", mention.OK, mention.Blocked)
	w.act(2, mention.Action{Verb: mention.Take, Actor: anna})
	edited := m
	edited.Text = "Курьер не приехал третий раз"
	w.archive(false, edited)
	w.account("admin", mention.Admin)
	out := w.tab(t, root)
	out.open("/signin")
	out.audit(string(axe), "/signin")
	agent := out.value("navigator.userAgent")
	for _, look := range []struct {
		theme, lang string
		width       int64
	}{{"light", "ru", 1280}, {"dark", "ru", 390}, {"light", "en", 390}, {"dark", "en", 1280}} {
		b := w.tab(t, root)
		_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: look.theme}}})
		check(t, err)
		_, err = chromedp.Call(b.ctx, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: agent, AcceptLanguage: look.lang})
		check(t, err)
		b.size(look.width, 900)
		b.signIn("admin")
		for _, path := range []string{"/", "/?tab=mine", "/tasks/1", "/tasks/2", "/sources", "/archive", "/?q=%28", "/nothing", "/help", "/me", "/people", "/letters", "/import", "/reports/", "/reports/?behind=norm.take.waiting", "/mentions/" + string(m.Key().ID()) + "/evidence"} {
			b.open(path)
			if got := b.value("document.documentElement.lang"); got != look.lang {
				t.Errorf("%s speaks %s, want %s", path, got, look.lang)
			}
			b.audit(string(axe), fmt.Sprintf("%s as %v", path, look))
		}
	}
}

func (b *tab) audit(axe, where string) {
	b.t.Helper()
	_, err := chromedp.Run(b.ctx, chromedp.Evaluate[any](axe+";document.querySelectorAll('details').forEach(d => d.open = true);null"))
	check(b.t, err)
	found, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}).then(r =>
		r.violations.map(v => v.id + ": " + v.nodes.slice(0, 4).map(n => n.html.slice(0, 160) + " — " + (n.any[0]?.message ?? "")).join("; ")).join("\n"))`, chromedp.EvalAwaitPromise))
	check(b.t, err)
	if found != "" {
		b.t.Errorf("%s:\n%s", where, found)
	}
}
