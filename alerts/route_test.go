package alerts_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"otklik/alerts"
	"otklik/mention"
)

func routes(t *testing.T, text string) []alerts.RouteConfig {
	t.Helper()
	var c alerts.Config
	if err := yaml.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	return c.Routes
}

func TestRouter_Route(t *testing.T) {
	const rules = `
routes:
  - {name: бренд, brand: Василёк, channel: other}
  - {name: срочно, words: [суд, "прокур*", "верните деньги"], channel: [pr, leads], continue: true, ping: "@boss"}
  - {name: спор, why: conflict, channel: pr}
  - {name: низкие, rating: "1-2", confidence: 0.8, site: [otzovik, irecommend], channel: pr, norms: complaint, fallback: mail}
  - {name: карты, kind: maps, lang: ru, tone: [negative, neutral], reach: 100, channel: maps}
  - {name: доставка, topic: delivery, tone: negative, channel: delivery}
  - {name: спасибо, tone: positive, digest: daily, channel: pr}
`
	router, err := alerts.NewRouter(routes(t, rules), map[string]string{"yandex-maps": "maps"})
	if err != nil {
		t.Fatal(err)
	}
	base := mention.Mention{Brand: "Ромашка", Source: "otzovik", Rating: 1, Best: 5, Tone: mention.Negative, Confidence: 0.9, Lang: "ru", Text: "Плохо"}
	with := func(change func(*mention.Mention)) mention.Mention {
		m := base
		change(&m)
		return m
	}
	for _, c := range []struct {
		name string
		m    mention.Mention
		why  string
		want string // rule>channel
	}{
		{"the first rule that matches ends the search", base, alerts.WhyNegative, "низкие>pr"},
		{"a rule of another brand does not match", with(func(m *mention.Mention) { m.Brand = "Василёк" }), alerts.WhyNegative, "бренд>other"},
		{"continue tries the following rules too, in every channel", with(func(m *mention.Mention) { m.Text = "Подам в суд!" }), alerts.WhyNegative, "срочно>pr срочно>leads низкие>pr"},
		{"a word is a whole word", with(func(m *mention.Mention) { m.Text = "Сосуд разбит" }), alerts.WhyNegative, "низкие>pr"},
		{"a star is the beginning of a word", with(func(m *mention.Mention) { m.Cons = "жду прокурора" }), alerts.WhyNegative, "срочно>pr срочно>leads низкие>pr"},
		{"a phrase is found with its blanks", with(func(m *mention.Mention) { m.Text = "ВЕРНИТЕ деньги" }), alerts.WhyNegative, "срочно>pr срочно>leads низкие>pr"},
		{"the reason counts", with(func(m *mention.Mention) { m.Tone, m.Rating = mention.Neutral, 5 }), alerts.WhyConflict, "спор>pr"},
		{"too little confidence", with(func(m *mention.Mention) { m.Confidence = 0.5 }), alerts.WhyNegative, ""},
		{"a mention without stars matches no range", with(func(m *mention.Mention) { m.Best = 0 }), alerts.WhyNegative, ""},
		{"kind, language, tone and reach together", with(func(m *mention.Mention) { m.Source, m.Views = "yandex-maps", 100 }), alerts.WhyNegative, "карты>maps"},
		{"one view too few", with(func(m *mention.Mention) { m.Source, m.Views = "yandex-maps", 99 }), alerts.WhyNegative, ""},
		{"one of the topics is enough", with(func(m *mention.Mention) { m.Source, m.Topics = "2gis", []string{"price", "delivery"} }), alerts.WhyNegative, "доставка>delivery"},
		{"thanks go into the digest", with(func(m *mention.Mention) { m.Tone, m.Rating = mention.Positive, 5 }), alerts.WhyPositive, "спасибо>pr"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, m := range router.Route(c.m, c.why) {
				got = append(got, m.Rule+">"+m.Channel)
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("%+v because of %s goes to %q, want %q", c.m, c.why, s, c.want)
			}
		})
	}
}

func TestRouter_Match(t *testing.T) {
	router, err := alerts.NewRouter(routes(t, `
routes:
  - {name: ночь, tone: negative, channel: pr, fallback: mail, norms: complaint, ping: ["@anna"], quiet: "22:00-08:00 Europe/Moscow"}
  - {name: спасибо, channel: pr, digest: weekly}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := router.Route(mention.Mention{Tone: mention.Negative}, alerts.WhyNegative)
	if len(got) != 1 {
		t.Fatalf("%d matches, want 1", len(got))
	}
	at := time.Date(2026, 11, 21, 20, 30, 0, 0, time.UTC) // 23:30 in Moscow
	if until, want := got[0].HoldUntil(at), time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC); !until.Equal(want) {
		t.Errorf("held until %s, want %s", until, want)
	}
	got[0].Quiet = nil
	want := alerts.Match{Rule: "ночь", Channel: "pr", Fallback: "mail", Norm: "complaint", Ping: []string{"@anna"}, Kind: mention.Complaint}
	if !reflect.DeepEqual(got[0], want) {
		t.Errorf("got %+v, want %+v", got[0], want)
	}
	thanks := router.Route(mention.Mention{Tone: mention.Positive}, alerts.WhyPositive)
	if len(thanks) != 1 || thanks[0].Kind != mention.Thanks || thanks[0].Digest != "weekly" {
		t.Errorf("thanks are routed as %+v", thanks)
	}
	for _, c := range []struct{ rule, channel, want string }{
		{"ночь", "pr", "mail"}, {"спасибо", "pr", ""}, {"gone", "pr", "mail"}, {"", "pr", "mail"}, {"", "leads", ""},
	} {
		if got := router.Fallback(c.rule, c.channel); got != c.want {
			t.Errorf("fallback of rule %q in %q is %q, want %q", c.rule, c.channel, got, c.want)
		}
	}
}

func TestParseQuiet(t *testing.T) {
	day := func(hour, minute int) time.Time { return time.Date(2026, 3, 28, hour, minute, 0, 0, time.UTC) }
	for _, c := range []struct {
		span      string
		now, want time.Time
	}{
		{"22:00-08:00", day(21, 59), time.Time{}},
		{"22:00-08:00", day(22, 0), day(32, 0)},
		{"22:00-08:00", day(7, 59), day(8, 0)},
		{"22:00-08:00", day(8, 0), time.Time{}},
		{"13:00-14:00", day(12, 59), time.Time{}},
		{"13:00-14:00", day(13, 30), day(14, 0)},
		{"13:00-14:00", day(14, 0), time.Time{}},
		// Berlin moves its clocks forward in that night: 08:00 comes an hour earlier.
		{"22:00-08:00 Europe/Berlin", day(22, 0), time.Date(2026, 3, 29, 6, 0, 0, 0, time.UTC)},
	} {
		q, err := alerts.ParseQuiet(c.span)
		if err != nil {
			t.Fatal(err)
		}
		if got := q.Until(c.now); !got.Equal(c.want) {
			t.Errorf("%s at %s holds until %s, want %s", c.span, c.now, got, c.want)
		}
	}
	for _, wrong := range []string{"22-8", "24:00-08:00", "08:00-08:00", "22:60-08:00", "22:00-08:00 Nowhere/City", "22:00-08:00 Local"} {
		if q, err := alerts.ParseQuiet(wrong); err == nil {
			t.Errorf("%q is read as %+v, want an error", wrong, q)
		}
	}
}

func TestRouter_Gust(t *testing.T) {
	storm := &alerts.StormConfig{Count: 5, Within: 10 * time.Minute}
	byTopic := &alerts.StormConfig{Count: 5, Within: 10 * time.Minute, By: "topic"}
	m := mention.Mention{Brand: "Ромашка Банк", Tone: mention.Negative, Topics: []string{"delivery", "staff"}}
	for name, tt := range map[string]struct {
		storm *alerts.StormConfig
		want  *mention.Gust
	}{
		"without a storm": {nil, nil},
		"by brand":        {storm, &mention.Gust{Key: "r\nРомашка Банк", Count: 5, Within: 10 * time.Minute}},
		"by topic":        {byTopic, &mention.Gust{Key: "r\nРомашка Банк\ndelivery", Topic: "delivery", Count: 5, Within: 10 * time.Minute}},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := alerts.NewRouter([]alerts.RouteConfig{{Name: "r", Channel: alerts.Words{"pr"}, Storm: tt.storm}}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Route(m, alerts.WhyNegative)[0].Gust; !reflect.DeepEqual(got, tt.want) {
				t.Errorf("counted with %+v, want %+v", got, tt.want)
			}
		})
	}
	_, err := alerts.NewRouter([]alerts.RouteConfig{{Name: "r", Channel: alerts.Words{"pr"}, Storm: &alerts.StormConfig{Count: 1, Within: time.Second, By: "mood"}}}, nil)
	for _, path := range []string{"routes[0].storm.count", "routes[0].storm.within", "routes[0].storm.by"} {
		if err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("mistakes %v lack %s", err, path)
		}
	}
}
