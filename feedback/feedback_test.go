package feedback_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"

	"otklik/feedback"
	"otklik/mention"
	"otklik/secret"
)

const brand = "Ромашка Банк"

var moscow = time.FixedZone("MSK", 3*60*60)

func survey() feedback.Source {
	return feedback.Source{Kind: feedback.Survey, Brand: brand, Brands: []string{brand, "Василёк"}, Zone: moscow}
}

// sink remembers what it took.
type sink struct {
	taken    map[mention.Key]uint64
	brand    string
	silent   int
	added    mention.Added
	failFrom int // mentions after which Take fails; 0: never
}

func (s *sink) open(_, brand string, silent bool) feedback.Sink {
	s.brand, s.added = brand, mention.Added{}
	if silent {
		s.silent++
	}
	return s
}

func (s *sink) Added() mention.Added { return s.added }

func (s *sink) Fresh(_ context.Context, page []mention.Mention) ([]mention.Freshness, error) {
	fresh := make([]mention.Freshness, len(page))
	for i, m := range page {
		look, known := s.taken[m.Key()]
		switch {
		case !known:
			fresh[i] = mention.New
		case look != m.Digest():
			fresh[i] = mention.Changed
		}
	}
	return fresh, nil
}

var errFull = errors.New("the disk is full")

func (s *sink) Take(_ context.Context, page []mention.Mention, fresh []mention.Freshness) error {
	if s.failFrom > 0 && len(s.taken)+len(page) > s.failFrom {
		return errFull
	}
	for i, m := range page {
		switch fresh[i] {
		case mention.New:
			s.added.New++
		case mention.Changed:
			s.added.Edited++
		default:
			s.added.Same++
		}
		s.taken[m.Key()] = m.Digest()
	}
	return nil
}

func newSink() *sink { return &sink{taken: map[mention.Key]uint64{}} }

func read(t *testing.T, name, text string) *feedback.Sheet {
	t.Helper()
	s, err := feedback.Read(name, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRead_theSameRowsInEveryFormat(t *testing.T) {
	table := "Номер;Дата;Клиент;Отзыв;NPS\n17;21.11.2026 09:30;Пётр;Ждал час, не дождался;2\n"
	cp1251, err := charmap.Windows1251.NewEncoder().String(table)
	if err != nil {
		t.Fatal(err)
	}
	book := excelize.NewFile()
	defer book.Close()
	for i, row := range [][]any{{"Номер", "Дата", "Клиент", "Отзыв", "NPS"}, {17, time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC), "Пётр", "Ждал час, не дождался", 2}} {
		if err := book.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	var xlsx bytes.Buffer
	if err := book.Write(&xlsx); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"utf8.csv": "\ufeff" + table, "excel.csv": cp1251, "tabs.tsv": strings.ReplaceAll(table, ";", "\t"), "book.xlsx": xlsx.String(),
		"lines.jsonl": `{"Номер":17,"Дата":"2026-11-21T09:30:00+03:00","Клиент":"Пётр","Отзыв":"Ждал час, не дождался","NPS":2}`,
		"list.json":   "[\n {\"Номер\":\"17\", \"Дата\":1795242600,\n \"Клиент\":\"Пётр\",\"Отзыв\":\"Ждал час, не дождался\",\"NPS\":2.0}]",
	} {
		t.Run(name, func(t *testing.T) {
			plan, err := survey().Prepare(read(t, name, text))
			if err != nil || len(plan.Errors) > 0 || len(plan.Mentions) != 1 {
				t.Fatalf("%v, %v, %d mentions", err, plan, len(plan.Mentions))
			}
			got := plan.Mentions[0]
			if want := time.Date(2026, 11, 21, 9, 30, 0, 0, moscow); !got.PublishedAt.Equal(want) {
				t.Errorf("published %s, want %s", got.PublishedAt, want)
			}
			got.PublishedAt = time.Time{}
			want := mention.Mention{Brand: brand, Source: "survey", ExternalID: "17", Author: "Пётр", Text: "Ждал час, не дождался", Rating: 2, Best: 10, Labels: []string{"nps:2"}}
			if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
				t.Errorf("\n got %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestRead_refuses(t *testing.T) {
	for name, text := range map[string]string{
		"a.pdf": "x", "empty.csv": "", "heads.csv": "a,b\n", "twice.csv": "text,text\n1,2\n", "more.csv": "text\n1,2\n",
		"quote.csv": "text\n\"open\n", "broken.xlsx": "PK\x03\x04", "broken.jsonl": "{", "plain.jsonl": "7\n", "two.jsonl": `{"a":1}{"a":2}`,
		"deep.jsonl": strings.Repeat(`{"a":`, 12) + "1" + strings.Repeat("}", 12), "list.json": "[1]",
	} {
		if s, err := feedback.Read(name, strings.NewReader(text)); err == nil {
			t.Errorf("%s: %+v, want an error", name, s)
		}
	}
}

func TestPrepare_namesWhatIsWrong(t *testing.T) {
	plan, err := survey().Prepare(read(t, "a.csv", `id,text,date,rating,brand,url
1,good,2026-11-21,5,,
2,bad date,11/21/2026,5,,
3,bad rating,2026-11-21,seven,,
4,,,,,
5,unknown brand,,,Лютик,
1,good,2026-11-21,5,,
1,other words,2026-11-21,5,,
8,bad url,,,,javascript:alert(1)
9,two things,yesterday,9,,
`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range plan.Errors {
		got = append(got, strings.ReplaceAll(e.Error(), "\n", "; "))
	}
	want := []string{
		`row 3: date: "11/21/2026" is no date like 2026-11-21, 2026-11-21 09:30 or 21.11.2026`,
		`row 4: rating: "seven" is no score from 0 to 5`,
		`row 5: nothing is said: no text, rating or score`,
		`row 6: brand: there is no brand "Лютик"`,
		`row 8: it has the id of row 2 and says something else`,
		`row 9: url: "javascript:alert(1)" is no address that begins with https://`,
		`row 10: date: "yesterday" is no date like 2026-11-21, 2026-11-21 09:30 or 21.11.2026; rating: "9" is no score from 0 to 5`,
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("errors\n got %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
	if len(plan.Mentions) != 1 || plan.Repeated != 1 {
		t.Errorf("%d mentions, %d repeated; want one each", len(plan.Mentions), plan.Repeated)
	}
	if _, err := plan.Take(t.Context(), newSink().open, time.Time{}); err == nil {
		t.Error("a plan with errors was taken in")
	}
}

// TestMention_ErrEmpty: a caller can tell a row that says nothing from one that is wrong.
func TestMention_ErrEmpty(t *testing.T) {
	from := survey()
	from.Map = feedback.Mapping{"words": feedback.Text, "rating": feedback.Rating}
	for _, c := range []struct {
		row  map[string]string
		want bool
	}{
		{map[string]string{"words": " "}, true},
		{map[string]string{"words": "Курьер не приехал"}, false},
		{map[string]string{"rating": "так себе"}, false},
	} {
		if _, err := from.Mention(c.row); errors.Is(err, feedback.ErrEmpty) != c.want {
			t.Errorf("%v: %v, want ErrEmpty: %v", c.row, err, c.want)
		}
	}
}

func TestMapping(t *testing.T) {
	for text, ok := range map[string]bool{"Суть=text,Балл=rating": true, "a=b=text": true, "text": false, "a=colour": false, "a=id,b=id": false, "a=text,b=text": true} {
		if _, err := feedback.ParseMapping(text); (err == nil) != ok {
			t.Errorf("%q: %v, accepted should be %v", text, err, ok)
		}
	}
	s := survey()
	s.Map = feedback.Mapping{"missing": feedback.Text}
	if _, err := s.Prepare(read(t, "a.csv", "x\n1\n")); err == nil {
		t.Error("a column that is not there was accepted")
	}
	s.Map = feedback.Mapping{"x": feedback.Author}
	if _, err := s.Prepare(read(t, "a.csv", "x\n1\n")); err == nil {
		t.Error("rows that say nothing were accepted")
	}
}

func TestScores(t *testing.T) {
	for value, want := range map[string]string{"csat=4": "csat:4/5 4/5", "csat=80%": "csat:4/5 4/5", "csat=7/10": "csat:7/10 7/10", "ces=6": "ces:6/7 6/7",
		"nps=0": "nps:0 0/10", "rating=4,5": " 4.5/5", "rating=9/10": " 9/10", "nps=11": "error", "csat=0": "error", "rating=NaN": "error", "rating=3/0": "error", "rating=-1": "error"} {
		name, v, _ := strings.Cut(value, "=")
		s := survey()
		s.Map = feedback.Mapping{"c": feedback.Field(name)}
		m, err := s.Mention(map[string]string{"c": v})
		got := fmt.Sprintf("%s %g/%g", strings.Join(m.Labels, ","), m.Rating, m.Best)
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%s: %s, want %s", value, got, want)
		}
	}
}

func TestTake_isContinuedByRepeating(t *testing.T) {
	var text strings.Builder
	text.WriteString("text\n")
	for i := range 500 {
		fmt.Fprintf(&text, "жалоба %d\n", i)
	}
	plan, err := survey().Prepare(read(t, "a.csv", text.String()))
	if err != nil {
		t.Fatal(err)
	}
	s := newSink()
	s.failFrom = 300
	if _, err := plan.Take(t.Context(), s.open, time.Time{}); !errors.Is(err, errFull) || len(s.taken) != 200 {
		t.Fatalf("%v, %d taken; want the first 200 and the error", err, len(s.taken))
	}
	s.failFrom = 0
	added, err := plan.Take(t.Context(), s.open, time.Time{})
	if want := (mention.Added{New: 300, Same: 200}); err != nil || added != want {
		t.Errorf("%+v, %v; want %+v", added, err, want)
	}
}

func TestTake_oldRowsMakeNoTasks(t *testing.T) {
	plan, err := survey().Prepare(read(t, "a.csv", "text,date\nold,2024-01-01\nnew,2026-11-20\nundated,\n"))
	if err != nil {
		t.Fatal(err)
	}
	s := newSink()
	if _, err := plan.Take(t.Context(), s.open, time.Date(2026, 11, 1, 0, 0, 0, 0, moscow)); err != nil {
		t.Fatal(err)
	}
	if s.silent != 1 || len(s.taken) != 3 {
		t.Errorf("%d silent sinks, %d taken; want one for the old row, and all three", s.silent, len(s.taken))
	}
}

func hooks(s *sink) http.Handler {
	h := feedback.NewHooks([]feedback.Hook{{Name: "forms", Token: "0123456789abcdef", Source: survey()}}, s.open, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	mux := http.NewServeMux()
	mux.Handle("POST /hooks/in/{token}", h)
	return mux
}

func post(t *testing.T, h http.Handler, token, kind, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/hooks/in/"+token, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestHooks(t *testing.T) {
	const token, js = "0123456789abcdef", "application/json; charset=utf-8"
	for _, tt := range []struct {
		name, token, kind, body string
		code                    int
		says                    string
	}{
		{"an object", token, js, `{"id":7,"text":"не привезли","nps":1}`, 200, `"new":1`},
		{"an object over several lines", token, js, "{\n\"text\":\n\"не привезли\"}", 200, `"new":1`},
		{"a list", token, js, `[{"text":"раз"},{"text":"два"}]`, 200, `"new":2`},
		{"a form", token, "application/x-www-form-urlencoded", "text=%D0%BD%D0%B5%D1%82&rating=1", 200, `"new":1`},
		{"a list with one wrong item is not taken", token, js, `[{"text":"раз"},{"text":"два","rating":"x"}]`, 422, "row 2"},
		{"nothing said", token, js, `{"author":"Пётр"}`, 422, "no column holds"},
		{"no JSON", token, js, `{"text":`, 400, "JSON"},
		{"an empty list", token, js, `[]`, 400, "from 1 to 100"},
		{"too long", token, js, `{"text":"` + strings.Repeat("x", 1<<20) + `"}`, 413, "bytes"},
		{"XML", token, "application/xml", `<text/>`, 415, "JSON"},
		{"a wrong token", "0123456789abcdeg", js, `{"text":"x"}`, 404, "no such hook"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSink()
			w := post(t, hooks(s), tt.token, tt.kind, tt.body)
			if w.Code != tt.code || !strings.Contains(strings.ToLower(w.Body.String()), strings.ToLower(tt.says)) {
				t.Errorf("%d %s, want %d with %q", w.Code, w.Body, tt.code, tt.says)
			}
			if tt.code != 200 && len(s.taken) > 0 {
				t.Errorf("%d taken in spite of the refusal", len(s.taken))
			}
		})
	}
}

func TestHooks_recogniseWhatComesAgain(t *testing.T) {
	for name, again := range map[string][2]string{
		"by its id":           {`{"id":"a","text":"раз"}`, `{"id":"a","text":"раз"}`},
		"by what it says":     {`{"text":"раз"}`, `{"text":"раз"}`},
		"by the header's key": {`{"text":"раз"}`, `{"text":"раз"}`},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSink()
			h := hooks(s)
			post(t, h, "0123456789abcdef", "application/json", again[0], "Idempotency-Key", "k")
			if w := post(t, h, "0123456789abcdef", "application/json", again[1], "Idempotency-Key", "k"); !strings.Contains(w.Body.String(), `"same":1`) {
				t.Errorf("%s", w.Body)
			}
		})
	}
}

func TestHooks_hideWhatFailed(t *testing.T) {
	s := newSink()
	s.failFrom = 1
	w := post(t, hooks(s), "0123456789abcdef", "application/json", `[{"text":"раз"},{"text":"два"}]`)
	if w.Code != 503 || w.Header().Get("Retry-After") == "" || strings.Contains(w.Body.String(), "disk") {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
}

func TestHooks_boundTheRate(t *testing.T) {
	h := hooks(newSink())
	for _, token := range []string{"0123456789abcdef", "guess"} {
		last := 0
		for range 60 {
			last = post(t, h, token, "application/json", `{"text":"x"}`).Code
		}
		if last != http.StatusTooManyRequests {
			t.Errorf("%s: the sixtieth request in a moment: %d, want 429", token, last)
		}
	}
}

func TestConfig_Validate(t *testing.T) {
	err := feedback.Config{Hooks: []feedback.HookConfig{
		{Token: secret.Literal("short"), Kind: "gossip", Best: -1, Map: feedback.Mapping{"a": "colour"}},
		{Name: "b", Token: secret.Literal("0123456789/abcdef"), Kind: feedback.Survey},
	}}.Validate()
	for _, path := range []string{"hooks[0].name: ", "hooks[0].token: ", "hooks[0].kind: ", "hooks[0].best: ", "hooks[0].map: ", "hooks[1].token: "} {
		if err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%v does not name %s", err, path)
		}
	}
	if strings.Contains(err.Error(), "short") {
		t.Errorf("the token is told: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("a.csv", []byte("id;text\n1;x\n"))
	f.Add("a.jsonl", []byte(`{"text":"x","n":{"m":[1,2]}}`))
	f.Add("a.json", []byte(`[{"text":"x"}]`))
	f.Add("a.xlsx", []byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		sheet, err := feedback.Read(name, bytes.NewReader(data))
		if err != nil {
			return
		}
		plan, err := survey().Prepare(sheet)
		if err == nil && len(plan.Mentions)+len(plan.Errors)+plan.Repeated != len(sheet.Rows) {
			t.Errorf("%d rows became %d mentions, %d errors and %d repeats", len(sheet.Rows), len(plan.Mentions), len(plan.Errors), plan.Repeated)
		}
	})
}

func TestKindTitle(t *testing.T) {
	for _, kind := range feedback.Kinds() {
		if ru, en := feedback.KindTitle(kind, "ru"), feedback.KindTitle(kind, "en"); ru == "" || en == "" || ru == en {
			t.Errorf("%s is called %q and %q", kind, ru, en)
		}
	}
	if got := feedback.KindTitle("otzovik", "ru"); got != "" {
		t.Errorf("a site is called %q as a kind of feedback", got)
	}
}
