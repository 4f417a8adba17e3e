package inbox_test

import (
	"net/url"
	"strings"
	"testing"
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
