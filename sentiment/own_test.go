package sentiment_test

import (
	"slices"
	"strings"
	"testing"

	"otklik/mention"
	"otklik/sentiment"
)

// The floors of the program's own sets, in points. They may only rise.
const (
	aboutFloor  = 84.4
	aboutGain   = 15.0 // what being told the brand must gain
	ownTone     = 76.1
	topicsFloor = 90.4 // of texts that the weights have learned from; topicFloors are of others
)

func TestEvalOwn_floors(t *testing.T) {
	m, err := sentiment.Default()
	if err != nil {
		t.Fatal(err)
	}
	rep, err := sentiment.EvalOwn(m)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("own sets: %+v", rep)
	if got := 100 * rep.About; got < aboutFloor {
		t.Errorf("tone towards the brand: macro-F1 %.1f, want %.1f at least", got, aboutFloor)
	}
	if got := 100 * (rep.About - rep.AboutWhole); got < aboutGain {
		t.Errorf("being told the brand gains %.1f points, want %.1f at least", got, aboutGain)
	}
	if got := 100 * rep.Tone; got < ownTone {
		t.Errorf("tone of short texts: macro-F1 %.1f, want %.1f at least", got, ownTone)
	}
	if got := 100 * rep.Topics; got < topicsFloor {
		t.Errorf("topics: micro-F1 %.1f, want %.1f at least", got, topicsFloor)
	}
}

func TestJudge_Score_aboutTheBrand(t *testing.T) {
	j := newJudge(t)
	const text = "Ромашка отличный банк, вежливые сотрудники, а в Васильке ужасное хамство и обман."
	for _, c := range []struct {
		about string
		want  mention.Tone
	}{{"Ромашка Банк", mention.Positive}, {"Василёк", mention.Negative}} {
		s, err := j.Score(t.Context(), mention.Mention{Text: text}, []string{c.about})
		if err != nil {
			t.Fatal(err)
		}
		if s.Tone != c.want {
			t.Errorf("about %s: got %s, want %s", c.about, s.Tone, c.want)
		}
		for _, r := range s.Reasons {
			if c.about == "Ромашка Банк" && strings.Contains(r.Text, "хамство") {
				t.Errorf("about %s: reason %q speaks of the other", c.about, r.Text)
			}
		}
	}
}

func TestJudge_Score_complaintWithoutOtherNamesStays(t *testing.T) {
	j := newJudge(t)
	for _, text := range []string{
		"Пользуюсь Ромашкой год. Интернет постоянно пропадает, поддержка хамит, ужас.",
		"Ромашка. Очередь на час. Сотрудники грубые, деньги списали дважды!",
		"I use Bluebird daily. The app crashes and support is terrible, worst ever.",
	} {
		s, err := j.Score(t.Context(), mention.Mention{Text: text}, []string{"Ромашка", "Bluebird"})
		if err != nil {
			t.Fatal(err)
		}
		if s.Tone != mention.Negative {
			t.Errorf("%q: got %s, want negative", text, s.Tone)
		}
	}
}

func TestJudge_Score_reasonsNeverSpeakForTheOtherSide(t *testing.T) {
	j := newJudge(t)
	s := score(t, j, mention.Mention{Text: "Отличный дизайн и прекрасный вид, но приложение ужасное, вылетает, деньги украли, кошмар и обман."})
	if s.Tone != mention.Negative || len(s.Reasons) == 0 {
		t.Fatalf("got %s with %d reasons, want negative with some", s.Tone, len(s.Reasons))
	}
	for _, r := range s.Reasons {
		for _, praise := range []string{"Отличный", "прекрасный"} {
			if strings.Contains(r.Text, praise) {
				t.Errorf("a complaint gives the reason %q", r.Text)
			}
		}
	}
}

func TestJudge_Score_negationIsPartOfTheReason(t *testing.T) {
	s := score(t, newJudge(t), mention.Mention{Text: "Совершенно не рекомендую, ничего не работает"})
	var all []string
	for _, r := range s.Reasons {
		all = append(all, r.Text)
	}
	if got := strings.Join(all, " | "); !strings.Contains(got, "не рекомендую") {
		t.Errorf("reasons %q, want the negation with its word", got)
	}
}

func TestJudge_Score_reasonsHaveNoFillersAtTheirBorders(t *testing.T) {
	j := newJudge(t)
	fillers := strings.Fields("of the a at on is it was this had у с в на их за")
	for text, want := range map[string]string{
		"The plot of this book is so full of holes":        "holes",
		"The steak was raw and the waiter was rude":        "rude",
		"I did not like it":                                "did not like",
		"У меня украли деньги с карты":                     "украли деньги",
		"На столе грязь, за их обедом у нас украли куртку": "грязь",
	} {
		var all []string
		for _, r := range score(t, j, mention.Mention{Text: text}).Reasons {
			words := strings.Fields(strings.ToLower(r.Text))
			if slices.Contains(fillers, words[0]) || slices.Contains(fillers, words[len(words)-1]) {
				t.Errorf("%q: the reason %q has a filler at its border", text, r.Text)
			}
			all = append(all, r.Text)
		}
		if !strings.Contains(strings.Join(all, " | "), want) {
			t.Errorf("%q: reasons %q, want %q among them", text, all, want)
		}
	}
}

func TestJudge_Score_fields(t *testing.T) {
	m := mention.Mention{
		Title: "Разочарован", Pros: "Красивый зал", Cons: "Грязные столы, хамство персонала", Text: "Больше не приду.",
	}
	s := score(t, newJudge(t), m)
	if s.Tone != mention.Negative {
		t.Errorf("got %s, want negative", s.Tone)
	}
	checkReasons(t, m, s)
}

func TestJudge_Score_topics(t *testing.T) {
	cfg := sentiment.Defaults()
	cfg.Topics = map[string][]string{"парковка": {"парковк*", "место для машины"}, "food": {"хинкал*"}}
	j := judgeWith(t, cfg)
	for _, c := range []struct{ text, topic, reason string }{
		{"Хинкали холодные", "food", "Хинкали"},
		{"Негде оставить машину, Парковки нет", "парковка", "Парковки"},
		{"Нашли место для машины", "парковка", "место"},
		{"Курьер потерялся", "delivery", "Курьер"},
	} {
		s := score(t, j, mention.Mention{Text: c.text})
		if len(s.Topics) == 0 || s.Topics[len(s.Topics)-1] != c.topic || s.TopicReasons[c.topic][0] != c.reason {
			t.Errorf("%q: topics %v for %v, want %s for %s", c.text, s.Topics, s.TopicReasons, c.topic, c.reason)
		}
	}
}

func TestNewJudge_refusesBadConfig(t *testing.T) {
	m, err := sentiment.Default()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		want string
		edit func(*sentiment.Config)
	}{
		{"has no words", func(c *sentiment.Config) { c.Topics = map[string][]string{"парковка": nil} }},
		{"is no word", func(c *sentiment.Config) { c.Topics = map[string][]string{"парковка": {"*"}} }},
		{"second_opinion.url", func(c *sentiment.Config) { c.SecondOpinion.URL = "ftp://x" }},
		{"second_opinion.model", func(c *sentiment.Config) { c.SecondOpinion.URL = "http://localhost" }},
		{"second_opinion.bound", func(c *sentiment.Config) { c.SecondOpinion.URL, c.SecondOpinion.Bound = "http://localhost", 2 }},
		{"second_opinion.budget", func(c *sentiment.Config) { c.SecondOpinion.URL, c.SecondOpinion.Budget = "http://localhost", 0 }},
		{"second_opinion.timeout", func(c *sentiment.Config) { c.SecondOpinion.URL, c.SecondOpinion.Timeout = "http://localhost", 0 }},
	} {
		cfg := sentiment.Defaults()
		c.edit(&cfg)
		if _, err := sentiment.NewJudge(m, cfg); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want an error about %q", err, c.want)
		}
	}
}
