package crawler_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"otklik/crawler"
)

// minimal is a definition that works; the tests of mistakes replace its parts.
const minimal = `site: shop
params: {slug: required, countries: {list: true, default: "ru, us"}, token: {secret: true}}
start: "https://shop.example/{slug}/?page=1"
items: div.review
required: [id]
fields:
  id: {attr: data-id}
  text: {css: .text}
`

func TestDefinition_NamesEveryMistakeWithItsLine(t *testing.T) {
	cases := []struct{ name, definition, want string }{
		{"an unknown key", strings.Replace(minimal, "items:", "itmes:", 1), `shop.yaml:4: unknown key "itmes", did you mean "items"?`},
		{"an unknown field", strings.Replace(minimal, "  text:", "  txt:", 1), `shop.yaml:8: unknown key "txt", did you mean "text"?`},
		{"a bad selector", strings.Replace(minimal, "div.review", "'div['", 1), `shop.yaml:4: selector "div["`},
		{"a bad regexp", strings.Replace(minimal, "css: .text", "css: .text, regexp: '('", 1), `shop.yaml:8: regexp "("`},
		{"two places for one value", strings.Replace(minimal, "css: .text", "css: .text, path: text", 1), `shop.yaml:8: a value is found by css, by path, by body, by value or by first`},
		{"a variable that nothing fills", strings.Replace(minimal, "{slug}/", "{slog}/", 1), `shop.yaml:3: nothing fills {slog}, did you mean "slug"?`},
		{"a required field that is not read", strings.Replace(minimal, "[id]", "[id, rating]", 1), "page requires rating, which it does not read"},
		{"a key twice", minimal + "items: div.other\n", `shop.yaml:9: key "items" stands here twice`},
		{"a path in markup", strings.Replace(minimal, "div.review", "{path: reviews}", 1), "looks for a path in markup"},
		{"a bad zone", minimal + "zone: Mars/Olympus\n", `shop.yaml:9: "Mars/Olympus" is no time zone`},
		{"a bad duration", minimal + "pace: {delay: soon}\n", `shop.yaml:9: "soon" is no duration`},
		{"a bad name", strings.Replace(minimal, "site: shop", "site: My Shop", 1), "site needs a name of small letters"},
		{"an unknown word", minimal + "replies: maybe\n", `"maybe" is not one of text, flag, none`},
		{"a sign that says nothing", minimal + "blocked: [{}]\n", "the sign says nothing"},
		{"equals without a path", minimal + "blocked: [{equals: x}]\n", "equals needs the path"},
		{"an unknown reader", minimal + "from: {reader: magic}\n", `there is no reader "magic"`},
		{"two sources", minimal + "from: {script: script, after: x}\n", "from needs exactly one"},
		{"each over no list", strings.Replace(minimal, `start: "https://shop.example/{slug}/?page=1"`, `start: {url: "https://shop.example/{s}", each: {s: slug}}`, 1), "each walks a list parameter"},
		{"no fields", "site: shop\nitems: div\n", "reads no fields"},
		{"a value where a mapping belongs", "site: shop\nfields: 5\n", "want a mapping with"},
		{"no YAML", "a: [", "shop.yaml: yaml:"},
		{"nothing", "", "the definition is empty"},
		{"a parameter that every source has", strings.Replace(minimal, "slug: required", "slug: required, pages: required", 1), `parameter "pages" needs another name`},
		{"a charset of nowhere", minimal + "charset: klingon\n", `"klingon" is no charset`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := crawler.ParseSite("shop.yaml", []byte(c.definition))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func TestDefinition_TellsAllMistakesAtOnce(t *testing.T) {
	bad := strings.NewReplacer("items:", "itmes:", "css: .text", "css: '['", "[id]", "[rating]").Replace(minimal)
	_, err := crawler.ParseSite("shop.yaml", []byte(bad))
	for _, want := range []string{"itmes", `selector "["`, "requires rating"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v lacks %q", err, want)
		}
	}
}

func TestDefinition_SurvivesAliasBombs(t *testing.T) {
	bomb := "site: shop\na: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'j'; c++ {
		prev := string(c - 1)
		bomb += string(c) + ": &" + string(c) + " [" + strings.Repeat("*"+prev+",", 9) + "*" + prev + "]\n"
	}
	bomb += "blocked: *i\n"
	_, err := crawler.ParseSite("bomb.yaml", []byte(bomb))
	if err == nil {
		t.Fatal("an alias bomb was taken for a definition")
	}
}

func TestLoadCatalogue_OperatorsDefinitionsWin(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "shop.yaml", minimal)
	write(t, dir, "telegram.yaml", strings.Replace(minimal, "site: shop", "site: telegram", 1))
	write(t, dir, "README.md", "not a definition")
	c, err := crawler.LoadCatalogue(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Site("shop"); err != nil {
		t.Error(err)
	}
	if s, _ := c.Site("telegram"); s == nil || s.File != filepath.Join(dir, "telegram.yaml") {
		t.Errorf("telegram comes from %v, want the operator's file", s)
	}
}

func TestLoadCatalogue_JoinsTheErrorsOfAllFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.yaml", "site: a\n")
	write(t, dir, "b.yaml", strings.Replace(minimal, "items:", "itmes:", 1))
	write(t, dir, "c.yaml", minimal)
	write(t, dir, "d.yaml", minimal)
	_, err := crawler.LoadCatalogue(dir, filepath.Join(dir, "nowhere"))
	for _, want := range []string{"a.yaml:1: page reads no fields", "b.yaml:4: unknown key", `site "shop" is defined in`, "nowhere"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v lacks %q", err, want)
		}
	}
}

func TestCatalogue_ProposesNearNames(t *testing.T) {
	_, err := catalogue(t).Site("otzovk")
	if err == nil || !strings.Contains(err.Error(), "near it: otzovik") {
		t.Errorf("error %v, want otzovik proposed", err)
	}
	if _, err = catalogue(t).Site("xyzzyxyzzy"); err == nil || !strings.Contains(err.Error(), "otklik sites") {
		t.Errorf("error %v, want where the list is", err)
	}
}

func TestCatalogue_EverySiteIsDescribed(t *testing.T) {
	for _, s := range catalogue(t).Sites() {
		if s.Title["ru"] == "" || s.Title["en"] == "" || s.Kind == "" || s.Pace.Delay == 0 {
			t.Errorf("%s lacks a title in Russian or English, a kind, or a pace", s.Name)
		}
		if len(s.Fields()) < 3 {
			t.Errorf("%s reads only %v", s.Name, s.Fields())
		}
		for name, p := range s.Params {
			if p.Required && (p.Example == "" || p.About["ru"] == "" || p.About["en"] == "") {
				t.Errorf("%s: required parameter %s is not explained", s.Name, name)
			}
		}
	}
}

func TestSite_CheckParams(t *testing.T) {
	site, err := catalogue(t).Site("app-store")
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name   string
		params map[string]string
		want   string
	}{
		{"right", map[string]string{"app": "310633997", "countries": "ru, us"}, ""},
		{"defaults fill the rest", map[string]string{"app": "310633997"}, ""},
		{"missing", nil, `parameter "app" is required`},
		{"unknown", map[string]string{"app": "1", "country": "ru"}, `unknown parameter "country", did you mean "countries"?`},
		{"malformed", map[string]string{"app": "id310633997"}, `"id310633997" does not look like`},
		{"malformed in a list", map[string]string{"app": "1", "countries": "ru,Russia"}, `"Russia" does not look like`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := site.CheckParams(c.params)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func TestSite_Start(t *testing.T) {
	cases := []struct {
		site   string
		params map[string]string
		want   []string
	}{
		{"otzovik", map[string]string{"slug": "romashka/банк"}, []string{"https://otzovik.com/reviews/romashka%2F%D0%B1%D0%B0%D0%BD%D0%BA/?order=date_desc"}},
		{"app-store", map[string]string{"app": "1", "countries": "ru, us"}, []string{
			"https://itunes.apple.com/ru/rss/customerreviews/page=1/id=1/sortby=mostrecent/json",
			"https://itunes.apple.com/us/rss/customerreviews/page=1/id=1/sortby=mostrecent/json"}},
		{"feed", map[string]string{"url": "https://news.example/rss?a=b&c=d"}, []string{"https://news.example/rss?a=b&c=d"}},
		{"2gis", map[string]string{"branch": "7"}, []string{"https://2gis.ru/moscow/firm/7/tab/reviews"}},
	}
	for _, c := range cases {
		t.Run(c.site, func(t *testing.T) {
			site, err := catalogue(t).Site(c.site)
			if err != nil {
				t.Fatal(err)
			}
			got, err := site.Start(c.params)
			if err != nil {
				t.Fatal(err)
			}
			var urls []string
			for _, r := range got {
				urls = append(urls, r.URL)
			}
			if strings.Join(urls, " ") != strings.Join(c.want, " ") {
				t.Errorf("got %v, want %v", urls, c.want)
			}
		})
	}
}

func TestSite_StartWritesBodiesAndHeaders(t *testing.T) {
	site, err := crawler.ParseSite("shop.yaml", []byte(strings.Replace(minimal, `start: "https://shop.example/{slug}/?page=1"`,
		`start: {url: "https://shop.example/api", method: POST, headers: {Authorization: "Bearer {token}"}, body: '{"q":"{slug}","n":{page_size}}'}
vars: {page_size: {value: "10"}}`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := site.Start(map[string]string{"slug": `a"b`, "token": "secret"}); err == nil {
		t.Error("a body with an unfilled variable was sent")
	}
	site, err = crawler.ParseSite("shop.yaml", []byte(strings.Replace(minimal, `start: "https://shop.example/{slug}/?page=1"`,
		`start: {url: "https://shop.example/api", method: POST, headers: {Authorization: "Bearer {token}"}, body: '{"q":"{slug}","n":10}'}`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	got, err := site.Start(map[string]string{"slug": `a"b`, "token": "secret"})
	if err != nil || len(got) != 1 {
		t.Fatalf("%v %v", got, err)
	}
	if string(got[0].Body) != `{"q":"a\"b","n":10}` || got[0].Header.Get("Authorization") != "Bearer secret" || got[0].Method != "POST" {
		t.Errorf("got %s %s %v", got[0].Method, got[0].Body, got[0].Header)
	}
	page := site.Extract(crawler.Raw{URL: "https://shop.example/api?token=secret", Status: 500}, crawler.Options{Params: map[string]string{"token": "secret"}})
	if strings.Contains(page.Evidence.URL, "secret") {
		t.Errorf("the evidence shows the token: %s", page.Evidence.URL)
	}
}

func FuzzDefinition(f *testing.F) {
	files, err := filepath.Glob("sites/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(minimal))
	f.Add([]byte("a: &a\n  b: *a\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := crawler.ParseSite("fuzz.yaml", data)
		if err != nil {
			return
		}
		s.Extract(crawler.Raw{Body: []byte(`<div class="review" data-id="1"><p class="text">x</p></div>`)}, crawler.Options{})
	})
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
