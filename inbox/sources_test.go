package inbox_test

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"otklik/inbox"
	"otklik/mention"
)

// counting counts the questions about single sources.
type counting struct {
	inbox.Sight
	runs *int
}

// Runs implements inbox.Sight.
func (c counting) Runs(ctx context.Context, id mention.SourceID, limit int) ([]mention.Run, error) {
	*c.runs++
	return c.Sight.Runs(ctx, id, limit)
}

// TestSources_coverage: the page claims nothing of fields that were not read,
// and shows those that a changed layout has lost.
func TestSources_coverage(t *testing.T) {
	full, thin := map[string]float64{"text": 1, "author": 0.9, "author_url": 1}, map[string]float64{"text": 1, "author": 0.1, "author_url": 0}
	for _, tt := range []struct {
		name    string
		passes  []mention.Verdict
		looks   []map[string]float64
		has, no []string
	}{
		{"a refusal reads no fields", []mention.Verdict{mention.OK, mention.Blocked}, []map[string]float64{full, nil}, []string{"<td>–</td><td>90 %</td>"}, []string{"<meter"}},
		{"a changed layout shows what is lost", []mention.Verdict{mention.OK, mention.Layout}, []map[string]float64{full, thin},
			[]string{`class="bad"><th scope="row">автор</th>`, "</meter> 10 %</td><td>90 %</td>", "страница автора"}, []string{"author_url"}},
		{"an unchanged page is as it was read", []mention.Verdict{mention.OK, mention.OK, mention.Unchanged}, []map[string]float64{full, thin, nil},
			[]string{"</meter> 10 %</td>", "страница та же, что в прошлый раз"}, []string{"разобрано: 0", "as it was"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			src := mention.Source{ID: "s1", Brand: brand, Site: "otzovik", Title: "Отзовик"}
			for i, verdict := range tt.passes {
				at := start.Add(time.Duration(i-5) * time.Hour)
				run := mention.Run{Source: src.ID, Brand: brand, Site: "otzovik", StartAt: at, EndAt: at.Add(time.Second), Verdict: verdict, Items: 20,
					Evidence: mention.Evidence{Promised: -1, Parsed: 20 * len(tt.looks[i]), Coverage: tt.looks[i], Note: "as it was when last read"}}
				src, _ = src.After(run, 3)
				check(t, w.store.SaveRun(t.Context(), run, src))
			}
			p := w.person()
			p.wants("/sources", tt.has...)
			p.wantsNot("/sources", tt.no...)
		})
	}
}

// TestSources_lastSeen: a source that was just looked at is seen now, not 0 s ago.
func TestSources_lastSeen(t *testing.T) {
	for ago, want := range map[time.Duration]string{100 * time.Millisecond: ">сейчас<", 90 * time.Minute: ">1 ч 30 мин назад<"} {
		w := newWorld(t)
		src := mention.Source{ID: "s1", Brand: brand, Site: "otzovik", Title: "Отзовик"}
		run := mention.Run{Source: src.ID, Brand: brand, Site: "otzovik", StartAt: start.Add(-ago), EndAt: start.Add(-ago), Verdict: mention.OK, Items: 20}
		src, _ = src.After(run, 3)
		check(t, w.store.SaveRun(t.Context(), run, src))
		w.person().wants("/sources", want)
	}
}

// TestWords_fields holds that every field of a definition has a word.
func TestWords_fields(t *testing.T) {
	text, err := os.ReadFile("../crawler/layout.go")
	check(t, err)
	list := regexp.MustCompile(`(?s)fieldNames = [^{]*\{(.*?)\n\}`).FindSubmatch(text)
	if list == nil {
		t.Fatal("crawler/layout.go names no fields")
	}
	words := table(t)
	for _, m := range regexp.MustCompile(`"([a-z_]+)"`).FindAllStringSubmatch(string(list[1]), -1) {
		if words["covfield."+m[1]] == ([2]string{}) {
			t.Errorf("the field %s has no words", m[1])
		}
	}
}

// TestSources_many: with five hundred sources the page stays light, asks about
// those that it shows alone, and finds any of them.
func TestSources_many(t *testing.T) {
	asked := 0
	w := newWorld(t, func(in *inbox.Inbox) { in.Sight = counting{in.Sight, &asked} })
	var all []mention.Source
	for i := range 500 {
		src := mention.Source{ID: mention.SourceID(fmt.Sprintf("s%03d", i)), Brand: brand, Site: "2gis", Title: fmt.Sprintf("2ГИС (филиал %03d)", i)}
		for pass := range 40 {
			at := start.Add(time.Duration(pass-40) * time.Hour)
			run := mention.Run{Source: src.ID, Brand: brand, Site: "2gis", StartAt: at, EndAt: at.Add(time.Second), Verdict: mention.OK, Items: 50, Requests: 1,
				Evidence: mention.Evidence{URL: "https://2gis.example/reviews", Status: 200, Parsed: 50, Coverage: map[string]float64{"text": 1, "author": 1, "date": 1, "rating": 1}}}
			if i%50 == 7 && pass > 35 {
				run.Verdict = mention.Blocked
			}
			src, _ = src.After(run, 3)
			if i < 30 && pass > 37 || i%50 == 7 {
				check(t, w.store.SaveRun(t.Context(), run, src))
			}
		}
		all = append(all, src)
	}
	check(t, w.store.KeepSources(t.Context(), all))
	p := w.person()
	titles := func(path string) []string {
		asked = 0
		body := p.page(path)
		if len(body) > 100_000 {
			t.Errorf("%s weighs %d bytes", path, len(body))
		}
		if asked > 20 {
			t.Errorf("%s asked about %d sources", path, asked)
		}
		var out []string
		for _, m := range regexp.MustCompile(`<h2>2ГИС \(филиал (\d+)\)</h2>`).FindAllStringSubmatch(body, -1) {
			out = append(out, m[1])
		}
		return out
	}
	first := titles("/sources")
	if len(first) != 20 || first[0] != "007" || first[9] != "457" || first[10] != "000" {
		t.Errorf("the first page: %v, want the ten that are not seen first", first)
	}
	if second := titles("/sources?page=1"); len(second) != 20 || second[0] != "011" {
		t.Errorf("the second page: %v", second)
	}
	if last := titles("/sources?page=24"); len(last) != 20 || last[19] != "499" {
		t.Errorf("the last page: %v", last)
	}
	if got := titles("/sources?seen=no"); len(got) != 10 {
		t.Errorf("not seen: %v", got)
	}
	if got := titles("/sources?q=%D0%A4%D0%98%D0%9B%D0%98%D0%90%D0%9B+321"); strings.Join(got, "") != "321" {
		t.Errorf("by its name: %v", got)
	}
	p.wants("/sources?source=2gis&q=no", "Таких источников нет", "Найдено: 0 из 500")
	p.wants("/", "филиал 007", "и ещё 6")
	p.wantsNot("/", "филиал 457")
	if a := p.get("/sources?page=-1"); a.status != 400 {
		t.Errorf("page -1: %d, want 400", a.status)
	}
}
