package inbox_test

import (
	"context"
	"testing"

	"github.com/chromedp/chromedp"

	"otklik/mention"
)

// otherKeys presses the keys that the first story of keys leaves out; question
// is the place where the layout has the question mark.
func otherKeys(t *testing.T, root context.Context, l layout, question string) {
	w := newWorld(t)
	w.add(complaint("1"), complaint("2"))
	b := w.tab(t, root)
	press := func(codes ...string) {
		for _, code := range codes {
			b.key(code, l[code])
		}
	}
	b.open("/")
	press("KeyJ", "KeyA")
	b.says("Через 10 секунд отметим отвеченными: M-1")
	press("KeyZ")
	b.says("Отменено")
	b.see(`document.querySelector(".row.at")?.dataset.id === "1"`)
	press("KeyE")
	b.says("Передано выше: M-1")
	b.see(`document.querySelector(".row.at")?.dataset.id === "1"`)
	press("KeyS")
	b.says("Отложено: M-1")
	b.open("/")
	b.see(`document.addEventListener("click", (e) => { const a = e.target.closest("a.visit"); if (a) { window.visited = a.href; e.preventDefault(); } }, true) === undefined`)
	press("KeyJ", "KeyV")
	b.see(`window.visited?.startsWith("https://otzovik.example/review_")`)
	press("KeyG", "KeyU")
	b.see(`location.search === "?tab=free"`)
	press("KeyG", "KeyA")
	b.see(`location.search === "?tab=all"`)
	b.key(question, "?")
	b.see(`location.pathname === "/help"`)
}

// filters narrows the list, shares the address, keeps it under a name and
// takes the filter away again.
func filters(t *testing.T, root context.Context) {
	w := newWorld(t)
	w.source("s1", mention.OK)
	other := complaint("2")
	other.Topics, other.Rating = []string{"food"}, 2
	w.add(complaint("1"), other)
	w.account("anna", mention.PR)
	w.account("boris", mention.PR)
	b := w.tab(t, root)
	b.signIn("anna")
	b.click("#filters summary")
	b.see(`[...document.querySelectorAll("#filters select[name=topic] option")].some((o) => o.text === "еда")`)
	check(t, chromedp.Do(b.ctx, chromedp.SetValue("#filters select[name=topic]", "food"), chromedp.SetValue("#filters select[name=stars_min]", "2")))
	b.click("#filters form[method=get] button")
	b.see(`new URLSearchParams(location.search).get("topic") === "food" && new URLSearchParams(location.search).get("stars_min") === "2"`)
	const only = `document.querySelectorAll("#rows > li").length === 1 && document.querySelector("#rows > li").dataset.id === "2"`
	b.see(only)
	b.says("Тема: еда")
	shared := b.value(`location.pathname + location.search`)
	boris := w.tab(t, root)
	boris.signIn("boris")
	boris.open(shared)
	boris.see(only)
	b.click("#filters summary")
	check(t, chromedp.Do(b.ctx, chromedp.SendKeys(".saveview input[name=name]", "Про еду")))
	b.click(".saveview button")
	b.says("Про еду")
	b.open("/")
	b.see(`document.querySelectorAll("#rows > li").length === 2`)
	b.click(".view a")
	b.see(only)
	b.click(".chips a.on")
	b.see(`!new URLSearchParams(location.search).get("topic") || !new URLSearchParams(location.search).get("stars_min")`)
	boris.open("/")
	boris.see(`document.querySelectorAll("#rows > li").length === 2`)
	if got := boris.value(`document.querySelectorAll(".view").length`); got != "0" {
		t.Error("a view that Anna saved is shown to Boris")
	}
}

// answeredAndNext works through a list without going back to it.
func answeredAndNext(t *testing.T, root context.Context) {
	w := newWorld(t)
	w.add(complaint("1"), complaint("2"), complaint("3"))
	b := w.tab(t, root)
	b.open("/?tab=free")
	for _, id := range []string{"1", "2", "3"} {
		if id == "1" {
			b.click(".row[data-id='1'] a.open")
		}
		b.see(`location.pathname === "/tasks/` + id + `"`)
		b.click("#answer button[name=next]")
		b.says("Отвечено: M-" + id)
	}
	b.see(`location.pathname === "/" && new URLSearchParams(location.search).get("tab") === "free"`)
	for id := range mention.TaskID(3) {
		if got := w.task(id + 1).State; got != mention.Answered {
			t.Errorf("task %d is %s", id+1, got)
		}
	}
}

// everyRole shows each role what it may do and nothing else.
func everyRole(t *testing.T, root context.Context) {
	w := newOffice(t)
	w.source("s1", mention.OK)
	w.add(complaint("1"))
	for login, may := range map[mention.Role]struct{ acts, letters, people, run bool }{
		mention.Reader: {}, mention.PR: {acts: true, letters: true}, mention.Admin: {true, true, true, true},
	} {
		w.account(string(login), login)
		b := w.tab(t, root)
		b.signIn(string(login))
		has := func(path, selector string, want bool) {
			t.Helper()
			b.open(path)
			b.see(`document.readyState === "complete" && document.querySelector("main")`)
			if got := b.value(`!!document.querySelector("` + selector + `")`); (got == "true") != want {
				t.Errorf("%s at %s: %s is there: %s, want %t", login, path, selector, got, want)
			}
		}
		has("/", ".acts button", may.acts)
		has("/", ".menu a[href='/letters']", may.letters)
		has("/", ".menu a[href='/import']", may.letters)
		has("/", ".menu a[href='/people']", may.people)
		has("/tasks/1", "#answer", may.acts)
		has("/tasks/1", "form[action$='/tone']", may.acts)
		has("/sources", "form[action='/sources/run']", may.run)
		has("/people", "table.people", may.people)
		has("/letters", ".letters", may.letters)
		has("/reports/", "svg.days", true)
	}
}
