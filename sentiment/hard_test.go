package sentiment_test

import (
	"strings"
	"testing"

	"otklik/mention"
	"otklik/sentiment"
)

// Bad input: what is expected of each, as a table of (text, tone, language).
func TestJudge_Score_badInput(t *testing.T) {
	j := newJudge(t)
	for _, c := range []struct {
		name, text, lang string
		tone             mention.Tone
	}{
		{"nothing is neutral", "", "ru", mention.Neutral},
		{"blanks are nothing", " \n\t ", "ru", mention.Neutral},
		{"zero-width characters alone are nothing", "\u200b\u200d\ufeff", "ru", mention.Neutral},
		{"happy emoji alone are praise", "😍😍👍", "ru", mention.Positive},
		{"angry emoji alone are a complaint", "😡🤬👎", "ru", mention.Negative},
		{"Latin letters in Russian words are read as Russian", "Ужaсный сeрвис, oтвратительнo, нe сoветую", "ru", mention.Negative},
		{"Russian letters in English words are read as English", "Аwful sеrvice, tеrrible and rudе stаff", "en", mention.Negative},
		{"zero-width characters inside words do not hide them", "Ужас\u200bный сер\u200dвис, отвра\ufeffтительно", "ru", mention.Negative},
		{"soft hyphens and stress marks do not hide words", "Отли\u00adчный бáнк, всё замеча\u00adтельно, спаси\u0301бо", "ru", mention.Positive},
		{"capitals mean what small letters mean", "УЖАСНЫЙ СЕРВИС, НИКОГДА БОЛЬШЕ НЕ ПРИДУ", "ru", mention.Negative},
		{"English capitals too", "WORST SERVICE EVER, TOTAL SCAM", "en", mention.Negative},
		{"Russian in Latin letters is read as Russian", "Uzhasnoe obsluzhivanie, ochen dolgo, ne rekomenduyu", "ru", mention.Negative},
		{"praise in Latin letters too", "Spasibo, vse ochen vkusno, otlichnoe mesto", "ru", mention.Positive},
		{"masked swearing is swearing", "Полная х**ня, бл*ть, а не банк", "ru", mention.Negative},
		{"masked English swearing too", "What the f**k, this is bulls**t", "en", mention.Negative},
		{"praise with /s is a complaint", "Great job losing my bag, love it /s", "en", mention.Negative},
		{"praise marked as sarcasm is a complaint", "Просто прекрасный сервис, браво! (сарказм)", "ru", mention.Negative},
		{"tags and entities are no words", "<p>Отличный&nbsp;банк!</p><br/>Всё&#33; <b>Рекомендую</b>", "ru", mention.Positive},
		{"dragged letters are shortened", "Уууужаааасноооо, кошмаааар", "ru", mention.Negative},
		{"a nought for an o", "Пл0хой сервис, 0твратительн0", "ru", mention.Negative},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := score(t, j, mention.Mention{Text: c.text})
			if s.Tone != c.tone || s.Lang != c.lang {
				t.Errorf("%q: got %s in %s (%.2f), want %s in %s", c.text, s.Tone, s.Lang, s.Confidence, c.tone, c.lang)
			}
			checkReasons(t, mention.Mention{Text: c.text}, s)
		})
	}
}

// Words whose sense lies in their company: the tones that each text may have,
// the first letter of each.
func TestJudge_Score_constructions(t *testing.T) {
	j := newJudge(t)
	for _, c := range []struct{ tones, text string }{
		{"pu", "Не могу сказать ничего плохого"},
		{"p", "Никаких нареканий, всё сделали в срок"},
		{"pu", "Поменяли договор без проблем"},
		{"pu", "Открыл счёт для ИП за полчаса, ничего лишнего не предлагали"},
		{"u", "Нормальное отделение, обслужили как обычно"},
		{"n", "Ничего не работает"},
		{"n", "Третий день не работает, никому нет дела"},
		{"p", "Придраться не к чему"},
		{"p", "not bad at all"},
		{"p", "Nothing to complain about"},
		{"p", "Can't fault them"},
		{"n", "Nothing works"},
		{"n", "Would not recommend to anyone"},
		{"n", "Used to be good, not any more"},
		{"n", "Nothing helps"},
		{"p", "It just works"},
		{"n", "I want my money back"},
		{"p", "Got my money back the next day"},
		{"n", "It couldn't be worse"},
		{"p", "It can't get any better than this"},
		{"p", "5 stars"},
		{"p", "We'll be back"},
		{"n", "Раньше было лучше"},
		{"n", "Не понравилось"},
		{"n", "Ничего не помогает"},
		{"pu", "Проблем не было"},
		{"p", "Оторваться невозможно"},
	} {
		t.Run(c.text, func(t *testing.T) {
			s := score(t, j, mention.Mention{Text: c.text})
			letter := map[mention.Tone]string{mention.Negative: "n", mention.Neutral: "u", mention.Positive: "p"}[s.Tone]
			if !strings.Contains(c.tones, letter) {
				t.Errorf("%q: got %s (%.2f), want one of %s", c.text, s.Tone, s.Confidence, c.tones)
			}
		})
	}
}

func TestJudge_Score_phraseIsOneReason(t *testing.T) {
	s := score(t, newJudge(t), mention.Mention{Text: "Nothing to complain about"})
	for _, r := range s.Reasons {
		if r.Text == "Nothing to complain about" {
			return
		}
	}
	t.Errorf("reasons %+v, want the whole phrase among them", s.Reasons)
}

func TestJudge_Score_nothingIsUnsure(t *testing.T) {
	if s := score(t, newJudge(t), mention.Mention{}); s.Confidence > 0.34 || len(s.Reasons) != 0 || s.Reasons == nil || s.Topics == nil {
		t.Errorf("an empty mention: got %+v, want the confidence of chance and empty lists", s)
	}
}

func TestJudge_Score_megabyte(t *testing.T) {
	text := strings.Repeat("Ужасный сервис, хамство и обман. ", 1<<20/58)
	m := mention.Mention{Text: text}
	s := score(t, newJudge(t), m)
	if s.Tone != mention.Negative {
		t.Errorf("a megabyte of complaints: got %s", s.Tone)
	}
	checkReasons(t, m, s)
}

func FuzzJudge_Score(f *testing.F) {
	for _, s := range []string{"Отличный банк", "<b", "&#;", "х**", "a\xff\xfeb", "(((", ":-)", "е\u0306", "https://", "@", "0о0", "A лучше Б"} {
		f.Add(s, s)
	}
	j := newJudge(f)
	f.Fuzz(func(t *testing.T, title, text string) {
		m := mention.Mention{Title: title, Text: text, Pros: text, Cons: title}
		s, err := j.Score(t.Context(), m, []string{"банк", title})
		if err != nil {
			t.Fatal(err)
		}
		if s.Confidence < 0 || s.Confidence > 1 {
			t.Errorf("confidence %v", s.Confidence)
		}
		checkReasons(t, m, s)
	})
}

func score(t testing.TB, j *sentiment.Judge, m mention.Mention) mention.Sentiment {
	t.Helper()
	s, err := j.Score(t.Context(), m, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// checkReasons checks that every reason stands where it says it stands.
func checkReasons(t testing.TB, m mention.Mention, s mention.Sentiment) {
	t.Helper()
	if len(s.Reasons) > 5 {
		t.Errorf("%d reasons, want five at most", len(s.Reasons))
	}
	sources := map[mention.Field]string{mention.InTitle: m.Title, mention.InText: m.Text, mention.InPros: m.Pros, mention.InCons: m.Cons}
	for _, r := range s.Reasons {
		if r.Field == mention.InRating {
			continue
		}
		source := sources[r.Field]
		if r.Start < 0 || r.End > len(source) || r.Start >= r.End || source[r.Start:r.End] != r.Text {
			t.Errorf("reason %+v does not stand in %s %q", r, r.Field, source)
		}
		if r.Weight <= 0 {
			t.Errorf("reason %+v weighs nothing", r)
		}
	}
}
