package replies

import (
	"strings"
	"testing"
	"time"

	"otklik/mention"
)

func TestTemplates_For(t *testing.T) {
	moscow := time.FixedZone("MSK", 3*60*60)
	site := func(site, _ string) string { return map[string]string{"otzovik": "Отзовик"}[site] }
	view := func(m mention.Mention, promised time.Time) mention.View {
		return mention.View{Mention: m, Task: mention.Task{PromisedAt: promised}}
	}
	angry := mention.Mention{Brand: "Ромашка", Source: "otzovik", Author: "Пётр\n<b>", Rating: 1, Best: 5, Tone: mention.Negative, Lang: "ru"}
	nameless := angry
	nameless.Author, nameless.Best = "\u0000 ", 0
	all := "{author}|{brand}|{rating}|{site}|{promise}"
	for name, tt := range map[string]struct {
		list []TemplateConfig
		view mention.View
		want string // "name: text" of each, separated by ;
	}{
		"everything is known": {[]TemplateConfig{{Name: "a", Text: all}}, view(angry, time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)),
			"a: Пётр <b>|Ромашка|1|Отзовик|до 22.11.2026 12:00"},
		"nothing is known":  {[]TemplateConfig{{Name: "a", Text: "Здравствуйте, {author}! Ваша оценка: {rating}."}}, view(nameless, time.Time{}), "a: Здравствуйте! Ваша оценка:."},
		"an open promise":   {[]TemplateConfig{{Name: "a", Text: "Решим {promise}."}}, view(angry, time.Time{}), "a: Решим в ближайшее время."},
		"English":           {[]TemplateConfig{{Name: "a", Lang: "en", Text: "Done {promise}"}}, view(mention.Mention{Lang: "en"}, time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)), "a: Done by 22 November, 12:00"},
		"of another brand":  {[]TemplateConfig{{Name: "a", Brand: []string{"Василёк"}, Text: "x"}, {Name: "b", Brand: []string{"Ромашка"}, Text: "y"}}, view(angry, time.Time{}), "b: y"},
		"of another tone":   {[]TemplateConfig{{Name: "a", Tone: []string{"positive"}, Text: "x"}}, view(angry, time.Time{}), ""},
		"no loops":          {[]TemplateConfig{{Name: "a", Text: "{author}"}}, view(mention.Mention{Author: "{brand}", Brand: "x"}, time.Time{}), "a: {brand}"},
		"lone braces stand": {[]TemplateConfig{{Name: "a", Text: "} и {"}}, view(angry, time.Time{}), "a: } и {"},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, x := range NewTemplates(tt.list, moscow, site).For(tt.view) {
				got = append(got, x.Name+": "+x.Text)
			}
			if s := strings.Join(got, ";"); s != tt.want {
				t.Errorf("offered %q, want %q", s, tt.want)
			}
		})
	}
}

func TestTemplates_BuiltIn(t *testing.T) {
	if errs := checkTemplates(builtIn()); len(errs) > 0 {
		t.Fatal(errs)
	}
	offered := NewTemplates(nil, time.UTC, nil).For(mention.View{Mention: mention.Mention{Tone: mention.Negative, Lang: "ru", Brand: "Ромашка"}})
	if len(offered) != 2 || offered[0].Title != "Извинение" || offered[1].Title != "Уточнение" {
		t.Errorf("a complaint is offered %+v", offered)
	}
}

func TestCheckTemplates(t *testing.T) {
	for name, tt := range map[string]struct {
		list []TemplateConfig
		want string
	}{
		"unknown variable": {[]TemplateConfig{{Name: "a", Text: "Hi {autor}"}}, "templates[0].text: unknown variable {autor}; there are {author}"},
		"without a text":   {[]TemplateConfig{{Name: "a", Text: " "}}, "templates[0].text: is empty"},
		"too long":         {[]TemplateConfig{{Name: "a", Text: strings.Repeat("я", 3001)}}, "templates[0].text: 3001 characters are more than 3000"},
		"without a name":   {[]TemplateConfig{{Text: "x"}}, `templates[0].name: "" is no name`},
		"a name twice":     {[]TemplateConfig{{Name: "a", Text: "x"}, {Name: "a", Text: "y"}}, `templates[1].name: "a" is the name of templates[0] too`},
		"unknown tone":     {[]TemplateConfig{{Name: "a", Text: "x", Tone: []string{"angry"}}}, "templates[0].tone: "},
	} {
		t.Run(name, func(t *testing.T) {
			if err := (Config{Templates: tt.list}).Validate(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("the mistake is %v, want %q", err, tt.want)
			}
		})
	}
}
