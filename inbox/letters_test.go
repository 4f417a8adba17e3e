package inbox_test

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"log/slog"
	"mime/multipart"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"otklik/feedback"
	"otklik/inbox"
	"otklik/mention"
	"otklik/reports"
)

// shop is a sink that archives without a judgement of tone.
type shop struct {
	w     *world
	added mention.Added
}

func (s *shop) Fresh(ctx context.Context, page []mention.Mention) ([]mention.Freshness, error) {
	fresh := make([]mention.Freshness, len(page))
	for i, m := range page {
		if _, err := s.w.store.Mention(ctx, m.Key().ID()); err != nil {
			fresh[i] = mention.New
		}
	}
	return fresh, nil
}

func (s *shop) Take(_ context.Context, page []mention.Mention, fresh []mention.Freshness) error {
	for i, m := range page {
		if fresh[i] == mention.New {
			s.w.archive(false, m)
			s.added.New++
		} else {
			s.added.Same++
		}
	}
	return nil
}

func (s *shop) Added() mention.Added { return s.added }

// newOffice is a world with letters and files.
func newOffice(t *testing.T) *world {
	t.Helper()
	var w *world
	letters := &feedback.Requests{
		Config: feedback.RequestConfig{From: "pr@example.com", Subject: "{{.Name}}, как вам {{.Product}}?", Body: "Оцените нас: {{.Link}} {{.Unsubscribe}}", Link: "https://example.com/rate"}.WithDefaults(),
		Base:   "https://otklik.example", Key: []byte("0123456789abcdef"), Now: func() time.Time { return w.clock() }, Log: slog.New(slog.DiscardHandler),
	}
	files := feedback.Files{Brands: []string{brand}, Zone: time.UTC, Requests: letters,
		Sinks: func(string, string, bool) feedback.Sink { return &shop{w: w} }}
	w = newWorld(t, func(in *inbox.Inbox) {
		letters.Shelf, letters.Queue = in.Archive.(feedback.Shelf), in.Archive.(feedback.Queue)
		in.Letters, in.Imports = letters, files
		in.Reports = reports.Handler(&reports.Maker{Archive: in.Archive.(reports.Archive), Present: in.Archive.(reports.Present), Brands: []string{brand}, Competitors: []string{"Василёк Банк"},
			Working: func(_ string, a, b time.Time) time.Duration { return b.Sub(a) }, Titles: in.Title, Zone: in.Zone, Now: in.Now}, "", in.Log)
	})
	return w
}

// upload sends a file with the fields of the form.
func (p *person) upload(name, text string, pairs ...string) answer {
	p.w.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	if name != "" {
		part, err := form.CreateFormFile("file", name)
		check(p.w.t, err)
		_, err = part.Write([]byte(text))
		check(p.w.t, err)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		check(p.w.t, form.WriteField(pairs[i], pairs[i+1]))
	}
	check(p.w.t, form.Close())
	return p.do(http.MethodPost, "/import", form.FormDataContentType(), b.String())
}

// kept returns the fields with which the page of the first step goes on.
func kept(body string) []string {
	var pairs []string
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`).FindAllStringSubmatch(body, -1) {
		pairs = append(pairs, m[1], html.UnescapeString(m[2]))
	}
	return pairs
}

func TestImport(t *testing.T) {
	w := newOffice(t)
	p := w.person()
	p.wants("/import", "книга жалоб", "закрытые сделки", brand)
	const table = "Слова;Итог;Лишнее\n<b>Карту не привезли</b>;1;x\nСпасибо;5;y\n"

	first := p.upload("<i>отзывы.csv", table, "kind", "book", "brand", brand)
	for _, want := range []string{"нельзя", "ни в одной колонке нет текста", "&lt;i&gt;отзывы.csv", "&lt;b&gt;Карту не привезли"} {
		if !strings.Contains(first.body, want) {
			t.Errorf("columns with unknown names: the page does not say %q", want)
		}
	}
	mapped := append(kept(first.body), "field", "text", "field", "rating", "field", "")
	second := p.upload("", "", append(mapped, "do", "check")...)
	if !strings.Contains(second.body, "Строк: 2. Новых: 2, изменённых: 0, уже известных: 0") {
		t.Fatalf("the second look: %d %s", second.status, second.body)
	}
	if list, _, err := w.store.Mentions(t.Context(), mention.MentionFilter{}); err != nil || len(list) != 0 {
		t.Fatalf("%d mentions before the file was taken in, %v", len(list), err)
	}
	third := p.upload("", "", append(mapped, "do", "take")...)
	if !strings.Contains(third.body, "Новых: 2, изменённых: 0, уже известных: 0") {
		t.Fatalf("taking it in: %d %s", third.status, third.body)
	}
	p.wants("/archive?source=book", "&lt;b&gt;Карту не привезли", "Спасибо")
	deeds, err := w.store.Deeds(t.Context(), 0, 5)
	if err != nil || len(deeds) != 1 || deeds[0].Verb != "imported" {
		t.Errorf("the log: %+v, %v", deeds, err)
	}
}

func TestImport_mistakes(t *testing.T) {
	w := newOffice(t)
	p := w.person()
	for name, tt := range map[string]struct {
		file, text string
		fields     []string
		status     int
		says       string
	}{
		"no file":             {"", "", nil, http.StatusBadRequest, "выберите его ещё раз"},
		"not base64":          {"", "", []string{"kept", "%%%"}, http.StatusBadRequest, "выберите его ещё раз"},
		"an unknown ending":   {"a.docx", "x", nil, http.StatusOK, "«.docx» — не .csv"},
		"too large":           {"a.csv", strings.Repeat("текст\n", 400_000), nil, http.StatusBadRequest, "otklik import"},
		"far too large":       {"a.csv", strings.Repeat("текст\n", 1_000_000), nil, http.StatusRequestEntityTooLarge, ""},
		"a wrong row":         {"a.csv", "text;rating\nx;9\ny;1\n", []string{"do", "take"}, http.StatusOK, "Ошибочных строк: 1 из 2"},
		"what is wrong in it": {"a.csv", "text;rating;date\nx;9;2026\n", nil, http.StatusOK, "Строка 2: rating: «9» — не балл от 0 до 5"},
		"and where too":       {"a.csv", "text;rating;date\nx;9;2026\n", nil, http.StatusOK, "Строка 2: date: «2026» — не дата вида"},
		"a wrong date":        {"a.csv", "text\nx\n", []string{"since", "soon"}, http.StatusBadRequest, "soon"},
		"a wrong scale":       {"a.csv", "text\nx\n", []string{"best", "-1"}, http.StatusBadRequest, "-1"},
		"a wrong deal":        {"a.csv", "id;email;closed_at\n1;nobody;2026-11-01\n", []string{"kind", "deal", "do", "take"}, http.StatusOK, "Строка 2: email: «nobody» — не адрес почты"},
	} {
		a := p.upload(tt.file, tt.text, append(tt.fields, "kind", "book")...)
		if a.status != tt.status || !strings.Contains(a.body, tt.says) {
			t.Errorf("%s: %d, want %d and %q\n%.600s", name, a.status, tt.status, tt.says, a.body)
		}
	}
	if list, _, err := w.store.Mentions(t.Context(), mention.MentionFilter{}); err != nil || len(list) != 0 {
		t.Errorf("%d mentions of files with mistakes, %v", len(list), err)
	}
}

func TestLetters(t *testing.T) {
	w := newOffice(t)
	p := w.person()
	p.wants("/letters", "Писем, которые ждут, нет")
	deals := "Номер сделки;Имя;Почта;Продукт;Дата закрытия\nd 1;<b>Анна;anna@example.com;Ипотека;01.11.2026\nd2;Олег;oleg@example.com;Вклад;02.11.2026\nd3;Ия;iya@example.com;Карта;03.11.2026\n"
	if a := p.upload("deals.csv", deals, "kind", "deal", "do", "take"); !strings.Contains(a.body, "Новых: 3") {
		t.Fatalf("the deals: %d %s", a.status, a.body)
	}
	p.wants("/letters", "&lt;b&gt;Анна", ": как вам Ипотека?", "oleg@example.com", "https://otklik.example/hooks/unsubscribe", "ждёт подтверждения")
	for _, do := range [][]string{{"id", "d 1", "do", "confirm"}, {"id", "d2", "do", "postpone", "days", "30"}, {"id", "d3", "do", "cancel"}} {
		if a := p.post("/letters", do...); a.status != http.StatusSeeOther {
			t.Errorf("%v: %d %s", do, a.status, a.body)
		}
	}
	p.wants("/letters", "подтверждено", "20.12", "не посылаем")
	p.wantsNot("/letters", "iya@example.com")
	for _, do := range [][]string{{"id", "d3", "do", "confirm"}, {"id", "none", "do", "cancel"}, {"id", "d2", "do", "burn"}, {"id", "d2", "do", "postpone", "days", "0"}} {
		if a := p.post("/letters", do...); a.status < 400 || a.status >= 500 {
			t.Errorf("%v: %d, want it refused", do, a.status)
		}
	}
	for _, path := range []string{"/letters", "/reports/", "/reports/?behind=norm.take.waiting"} {
		p.wants(path, `href="/sources"`, `href="/letters"`, `href="/import"`)
	}
	p.post("/me/settings", "lang", "en")
	p.wants("/reports/", ">Letters</a>", "Show")
	p.post("/me/settings", "lang", "ru")
	bare := newWorld(t).person()
	for _, path := range []string{"/letters", "/import"} {
		if a := bare.get(path); a.status != http.StatusNotFound {
			t.Errorf("%s of a daemon that has none: %d, want 404", path, a.status)
		}
	}
	bare.wantsNot("/", `href="/letters"`, `href="/import"`)
}

// TestLetters_trouble: a letter that could not go out says why.
func TestLetters_trouble(t *testing.T) {
	w := newOffice(t)
	p := w.person()
	p.upload("deals.csv", "id;name;email;closed_at\nd1;Анна;anna@example.com;2026-11-01\n", "kind", "deal", "do", "take")
	w.pass(30 * 24 * time.Hour)
	jobs, err := w.store.Lease(t.Context(), []string{feedback.RequestJob}, 1, time.Minute)
	check(t, err)
	check(t, w.store.Bury(t.Context(), jobs[0], "dial tcp: <b>refused"))
	p.wants("/letters", "Не ушло", "dial tcp: &lt;b&gt;refused")
}

// TestImport_manyMistakes: a file that is wrong in every row makes a page that
// a browser can show.
func TestImport_manyMistakes(t *testing.T) {
	p := newOffice(t).person()
	a := p.upload("a.csv", "text;rating\n"+strings.Repeat("x;9\n", 20_000), "kind", "book", "do", "check")
	if !strings.Contains(a.body, "и ещё 19900") || strings.Count(a.body, "<li>") > 110 {
		t.Errorf("%d lines, %d bytes", strings.Count(a.body, "<li>"), len(a.body))
	}
}

// TestLetters_pages: many letters are turned over page by page.
func TestLetters_pages(t *testing.T) {
	w := newOffice(t)
	p := w.person()
	rows := "id;email;closed_at\n"
	for i := range 120 {
		rows += fmt.Sprintf("d%d;c%03d@example.com;%s\n", i, i, w.clock().Add(time.Duration(i)*time.Hour).Format("2006-01-02 15:04"))
	}
	p.upload("deals.csv", rows, "kind", "deal", "do", "take")
	p.wants("/letters", "Письма 1–50 из 120", "c000@example.com", "c049@example.com", "?from=50")
	p.wantsNot("/letters", "c050@example.com", "?from=0")
	p.wants("/letters?from=100", "Письма 101–120 из 120", "c119@example.com", "?from=50")
	p.wantsNot("/letters?from=100", "?from=150")
	p.wants("/letters?from=500", "Письма 101–120 из 120")
	for _, from := range []string{"-1", "x"} {
		if a := p.get("/letters?from=" + from); a.status != http.StatusBadRequest {
			t.Errorf("from=%s: %d, want 400", from, a.status)
		}
	}
}
