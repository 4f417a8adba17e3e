package inbox_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"otklik/mention"
	"otklik/query"
)

// TestSearch_wrong: a search that cannot be read stays where it was typed,
// with the place and the reason in the person's language.
func TestSearch_wrong(t *testing.T) {
	w := newWorld(t)
	w.add(complaint("1"))
	for _, tt := range []struct{ words, ru, en, place string }{
		{"(карта OR", "Запрос не понят, знак 10: в конце не хватает слова", "The query cannot be read, character 10: a word is missing at the end", "(карта OR<mark>\u00a0</mark>"},
		{"карта) OR вклад", "знак 6: эту скобку никто не открывал", "character 6: this bracket was never opened", "карта<mark>)</mark> OR вклад"},
		{"«карта OR", "знак 1: кавычка не закрыта: нет »", "this quotation is not closed: » is missing", "<mark>«</mark>карта OR"},
		{"карта /0 вклад", "расстояние пишут как /3, от 1 до", "write a distance as /3, from 1 to", "карта <mark>/</mark>0 вклад"},
		{"(<b> OR", "знак 8", "character 8", "(&lt;b&gt; OR<mark>"},
	} {
		for lang, want := range map[string]string{"ru": tt.ru, "en": tt.en} {
			p := w.person()
			p.header = map[string]string{"Accept-Language": lang}
			for _, path := range []string{"/?tab=free&q=", "/archive?q="} {
				a := p.get(path + url.QueryEscape(tt.words))
				if a.status != http.StatusBadRequest {
					t.Errorf("%s %s: %d, want 400", path, tt.words, a.status)
				}
				for _, part := range []string{want, tt.place, `name="q" value="`, `aria-current="page"`} {
					if !strings.Contains(a.body, part) {
						t.Errorf("%s %s in %s does not say %q", path, tt.words, lang, part)
					}
				}
				if strings.Contains(a.body, "Карту не привезли") || strings.Contains(a.body, `class="empty"`) {
					t.Errorf("%s %s claims to have searched", path, tt.words)
				}
			}
		}
	}
	a := w.person().get("/api/v1/tasks?q=" + url.QueryEscape("(карта OR"))
	if a.status != http.StatusBadRequest || !strings.Contains(a.body, "line 1, column 10: a word is missing at the end") {
		t.Errorf("to a program: %d %s", a.status, a.body)
	}
}

// TestWords_syntax holds that every mistake of the query language has its
// sentence, with as many values.
func TestWords_syntax(t *testing.T) {
	known := map[string]bool{}
	for key, pair := range table(t) {
		if strings.HasPrefix(key, "syntax.") {
			known[pair[1]] = true
		}
	}
	files, err := filepath.Glob("../query/*.go")
	check(t, err)
	said := map[string]bool{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		check(t, err)
		for _, m := range regexp.MustCompile(`\.fail\(.*?, "([^"]{6,})"`).FindAllStringSubmatch(string(text), -1) {
			said[regexp.MustCompile(`%[a-z]`).ReplaceAllString(m[1], "%s")] = true
		}
	}
	if len(said) < 15 {
		t.Fatalf("%d mistakes found in %q", len(said), files)
	}
	for message := range said {
		if !known[message] {
			t.Errorf("the table has no %q", message)
		}
	}
	for message := range known {
		if !said[message] {
			t.Errorf("package query never says %q", message)
		}
	}
	if _, err := query.Parse("("); err == nil {
		t.Error("a bracket alone is read")
	}
}

// TestSilence: an empty list says what its emptiness means.
func TestSilence(t *testing.T) {
	w := newWorld(t)
	p := w.person()
	for _, path := range []string{"/", "/archive"} {
		p.wants(path, "Ни один источник не наблюдается")
		p.wantsNot(path, "Все источники видны")
	}
	w.source("fresh")
	for _, path := range []string{"/", "/archive"} {
		p.wants(path, "ещё ни разу не смотрели")
		p.wantsNot(path, "Все источники видны", "не наблюдается")
	}
	w.source("fresh", mention.OK)
	p.wants("/", "Здесь всё разобрано", "Все источники видны")
	w.source("captcha", mention.Blocked, mention.Blocked, mention.Blocked)
	p.wants("/", "Задач нет, но видно не всё", "Часть источников сейчас не видна")
}
