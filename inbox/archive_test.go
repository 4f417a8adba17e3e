package inbox_test

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"otklik/inbox"
)

// TestArchive_filters: a number of a report leads to exactly its mentions, and
// the page says what it is narrowed to, each with a way out.
func TestArchive_filters(t *testing.T) {
	w := newWorld(t)
	w.source("s1", "ok")
	rival, other, survey, untold := complaint("2"), complaint("3"), complaint("4"), complaint("5")
	rival.Brand, other.Brand = "Василёк Банк", "Пион Банк"
	survey.Labels, survey.Rating, survey.Best = []string{"nps:9"}, 0, 0
	untold.Tone, untold.Topics = "", []string{"food", "карты"}
	w.archive(false, complaint("1"), rival, other, survey, untold)
	p := w.person()
	two := url.Values{"brand": {brand, "Пион Банк"}}.Encode()
	for _, tt := range []struct{ query, want string }{
		{"", "1 2 3 4 5"}, {"brand=" + url.QueryEscape(brand), "1 4 5"}, {two, "1 3 4 5"}, {two + "&stars_min=1", "1 3 5"},
		{"label=nps:", "4"}, {"label=csat:", ""}, {"label=%25", ""}, {"tone=none", "5"}, {"topic=food", "5"},
	} {
		body := p.page("/archive?" + tt.query)
		var got []string
		for _, id := range strings.Fields("1 2 3 4 5") {
			if strings.Contains(body, "Пётр "+id) {
				got = append(got, id)
			}
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("?%s: mentions %q, want %q", tt.query, s, tt.want)
		}
	}
	p.wants("/archive?"+two+"&topic=food&tone=none", "Бренд: "+brand+", Пион Банк", "Тема: еда", "Тон: не оценён")
	p.wants("/archive?topic="+url.QueryEscape("карты"), `<option value="карты" selected>карты</option>`, ">доставка</option>", ">чистота</option>")
	if a := p.get("/archive?" + strings.Repeat("brand=x&", 101)); a.status != 400 {
		t.Errorf("a hundred and one brands: %d, want 400", a.status)
	}
}

// waiting has mentions wait for the index of words.
type waiting struct {
	inbox.Work
	n int
}

func (w waiting) Unindexed(_ context.Context, most int) (int, error) { return min(w.n, most), nil }

// TestArchive_unindexed: a search says how much it did not look at; a list that
// asks for no words looks at all.
func TestArchive_unindexed(t *testing.T) {
	for n, say := range map[int]string{0: "", 12: "не находится: 12<", 20_000: "не находится: 10000&#43;<"} {
		w := newWorld(t, func(i *inbox.Inbox) { i.Work = waiting{i.Work, n} })
		w.archive(false, complaint("1"))
		p := w.person()
		for _, query := range []string{"q=" + url.QueryEscape("карта"), "q=" + url.QueryEscape("карта OR вклад")} {
			if body := p.page("/archive?" + query); strings.Contains(body, "пока не находится") != (say != "") || !strings.Contains(body, say) {
				t.Errorf("%d wait: the page of ?%s does not say %q", n, query, say)
			}
			if a := p.get("/api/v1/mentions?" + query); strings.Contains(a.body, `"unindexed":`+strconv.Itoa(min(n, 10_000))) != (say != "") {
				t.Errorf("%d wait: the API says %s", n, a.body)
			}
		}
		for _, path := range []string{"/archive", "/api/v1/mentions"} {
			if a := p.get(path); strings.Contains(a.body, "не находится") || strings.Contains(a.body, "unindexed") {
				t.Errorf("%d wait: %s without words speaks of them", n, path)
			}
		}
	}
}
