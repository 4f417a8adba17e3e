package crawler_test

import (
	"fmt"
	"strings"
	"testing"

	"otklik/crawler"
	"otklik/mention"
)

// rated is a review site whose answer is JSON.
const rated = `site: rated
kind: marketplace
from: json
items: {path: items}
skip: [{path: deleted}, {missing: stars}]
required: [id]
fields:
  id: {path: id}
  author: {path: name}
  rating: {path: stars, best: 5}
  date: {first: [{path: shown}, {path: at}]}
  text: {path: text}
`

func readRated(t *testing.T, items ...string) crawler.Page {
	t.Helper()
	body := `{"items":[` + strings.Join(items, ",") + `]}`
	return define(t, rated).Extract(crawler.Raw{Body: []byte(body), FetchedAt: fetchedAt}, crawler.Options{})
}

// repeated makes n items of a pattern with its number.
func repeated(n int, pattern string) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = strings.ReplaceAll(pattern, "#", fmt.Sprint(i+1))
	}
	return out
}

func TestExtract_ListsOfBadItems(t *testing.T) {
	cases := []struct {
		name  string
		items []string
		want  mention.Verdict
		n     int
		note  string // is part of the evidence
	}{
		{"no ids", repeated(4, `{"stars":5}`), mention.Layout, 0, "none of 4 items could be read"},
		{"an id made of what stays", repeated(4, `{"stars":5,"name":"u#","text":"t#"}`), mention.Layout, 4, "only 0 % of the items have id"},
		{"no words in four", repeated(4, `{"id":#,"stars":5,"name":"u#","at":"2026-11-0#"}`), mention.OK, 4, "no item has text"},
		{"no words in fifteen", repeated(15, `{"id":#,"stars":5,"name":"u#","at":"2026-11-01"}`), mention.Layout, 15, "none of 15 items has any words"},
		{"no dates", repeated(3, `{"id":#,"stars":5,"name":"u#","text":"t"}`), mention.OK, 3, "no item has date"},
		{"a date that is a button gives way to the next", repeated(3, `{"id":#,"stars":5,"name":"u#","text":"t","shown":"Показать","at":"2026-11-01"}`), mention.OK, 3, ""},
		{"dates that nobody can read", repeated(3, `{"id":#,"stars":5,"name":"u#","text":"t","shown":"Показать","at":"когда-нибудь"}`), mention.OK, 3, "no item has date"},
		{"all deleted, and said so", repeated(3, `{"id":#,"deleted":true}`), mention.Empty, 0, "all 3 entries are marked as no reviews"},
		{"all without what a review has", repeated(3, `{"id":#}`), mention.Layout, 0, "no items, and no sign that there are none"},
		{"one deleted", append(repeated(2, `{"id":#,"stars":5,"name":"u#","text":"t","at":"2026-11-01"}`), `{"id":9,"deleted":true}`), mention.OK, 2, ""},
		{"ten thousand", repeated(10000, `{"id":#,"stars":5,"name":"u","text":"t","at":"2026-11-01"}`), mention.OK, 10000, ""},
		{"items that are no objects", []string{`1`, `"a"`, `[]`, `null`}, mention.Layout, 0, ""},
		{"numbers where words belong", repeated(3, `{"id":#,"stars":"5","name":7,"text":8,"at":1795161600}`), mention.OK, 3, ""},
		{"marks beyond the scale", repeated(3, `{"id":#,"stars":55,"name":"u","text":"t","at":"2026-11-01"}`), mention.OK, 3, "no item has rating"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			page := readRated(t, c.items...)
			shown := page.Evidence.Marker + page.Evidence.Note
			if page.Verdict != c.want || len(page.Mentions) != c.n || c.note == "" && shown != "" && c.want == mention.OK || !strings.Contains(shown, c.note) {
				t.Errorf("%s with %d mentions and %q, want %s with %d and %q", page.Verdict, len(page.Mentions), shown, c.want, c.n, c.note)
			}
		})
	}
}

func TestExtract_LettersOfEveryKind(t *testing.T) {
	words := map[string]string{ // as JSON writes them, and as they are
		`\ud83d\udc4d\ud83c\udffd 👩‍👩‍👧‍👦`: "👍🏽 👩‍👩‍👧‍👦",
		`\u202eסדר\u202c שלום`:             "\u202eסדר\u202c שלום",
		`مرحبا بكم 5/5`:                    "مرحبا بكم 5/5",
		`half \ud83d of a pair`:            "half \uFFFD of a pair",
		`一二三\nпервая строка\r\nвторая`:     "一二三\nпервая строка\nвторая",
		`a\u00a0b\u200bc`:                  "a\u00a0b\u200bc",
	}
	for written, want := range words {
		page := readRated(t, `{"id":1,"stars":1,"name":"`+written+`","text":"`+written+`","at":"2026-11-01"}`)
		if len(page.Mentions) != 1 || page.Mentions[0].Text != want || !strings.HasPrefix(page.Mentions[0].Author, strings.SplitN(want, "\n", 2)[0]) {
			t.Errorf("%q came out as %+v, want %q", written, page.Mentions, want)
		}
	}
}

// TestExtract_ALivingLayoutWithoutItemsGivesWay has a page whose cards were
// renamed while its data stayed.
func TestExtract_ALivingLayoutWithoutItemsGivesWay(t *testing.T) {
	s := define(t, `site: shop
layouts:
  - name: cards
    alive: .list
    items: .card
    fields: {id: {attr: data-id}, text: {css: p}}
  - schema.org
`)
	const data = `<script type="application/ld+json">{"@type":"Product","review":[{"@type":"Review","author":"Ann","datePublished":"2026-11-01","reviewBody":"leaks","reviewRating":{"ratingValue":1}}]}</script>`
	cases := []struct {
		name, body string
		want       mention.Verdict
		note       string
	}{
		{"cards", `<html><body><div class=list><div class=card data-id=1><p>t</p></div></div>` + data + `</body></html>`, mention.OK, ""},
		{"renamed cards", `<html><body><div class=list><div class=tile><p>t</p></div></div>` + data + `</body></html>`, mention.OK, "because no layout of the definition fits"},
		{"no list at all", `<html><body>` + data + `</body></html>`, mention.OK, "because no layout of the definition fits"},
		{"renamed cards without data", `<html><body><div class=list><div class=tile><p>t</p></div></div></body></html>`, mention.Layout, "no items, and no sign that there are none"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			page := s.Extract(crawler.Raw{Body: []byte(c.body), FetchedAt: fetchedAt}, crawler.Options{})
			if page.Verdict != c.want || (c.want == mention.OK) != (len(page.Mentions) == 1) || !strings.Contains(page.Evidence.Note, c.note) {
				t.Errorf("%s %+v, want %s and %q", page.Verdict, page.Evidence, c.want, c.note)
			}
		})
	}
}

// TestExtract_LostIDsAreNoNews has a site whose ids went with its markup: what
// its data still say would come as new under made ids.
func TestExtract_LostIDsAreNoNews(t *testing.T) {
	s := define(t, "site: shop\nlayouts:\n  - {name: cards, alive: .list, items: .card, fields: {id: {attr: data-id}, text: {css: p}}}\n  - schema.org\n")
	var list []string
	for i := range 4 {
		list = append(list, fmt.Sprintf(`{"@type":"Review","author":"u%d","datePublished":"2026-11-0%d","reviewBody":"t%d"}`, i, 1+i, i))
	}
	body := `<html><body><div class=list></div><script type="application/ld+json">{"@type":"Product","review":[` + strings.Join(list, ",") + `]}</script></body></html>`
	raw := crawler.Raw{Body: []byte(body), FetchedAt: fetchedAt}
	if page := s.Extract(raw, crawler.Options{}); page.Verdict != mention.OK || len(page.Mentions) != 4 {
		t.Errorf("a first pass: %s %+v", page.Verdict, page.Evidence)
	}
	if page := s.Extract(raw, crawler.Options{Norm: map[string]float64{"id": 1}}); page.Verdict != mention.Layout {
		t.Errorf("a source that had ids: %s %+v, want layout", page.Verdict, page.Evidence)
	}
}

// TestExtract_ACaptchaAtTheCommentFormIsNoRobotCheck has a page that lives and
// shows no cards, with the address of a captcha in it.
func TestExtract_ACaptchaAtTheCommentFormIsNoRobotCheck(t *testing.T) {
	const mark = `<script src="https://www.google.com/recaptcha/api.js"></script>`
	for words, want := range map[string]mention.Verdict{
		"Подождите": mention.Blocked, strings.Repeat("Длинная статья о чайниках. ", 200): mention.Layout,
	} {
		body := `<html><body><div class=list><p>` + words + `</p>` + mark + `</div></body></html>`
		page := define(t, cards).Extract(crawler.Raw{Body: []byte(body), FetchedAt: fetchedAt}, crawler.Options{})
		if page.Verdict != want {
			t.Errorf("%d bytes of text beside a captcha: %s %+v, want %s", len(words), page.Verdict, page.Evidence, want)
		}
	}
}
