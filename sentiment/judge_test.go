package sentiment_test

import (
	"testing"

	"otklik/mention"
	"otklik/sentiment"
)

func newJudge(t testing.TB) *sentiment.Judge {
	t.Helper()
	return judgeWith(t, sentiment.Config{})
}

// judgeWith returns a judge of the embedded model, configured.
func judgeWith(t testing.TB, cfg sentiment.Config) *sentiment.Judge {
	t.Helper()
	m, err := sentiment.Default()
	if err != nil {
		t.Fatal(err)
	}
	j, err := sentiment.NewJudge(m, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestJudge_Score(t *testing.T) {
	j := newJudge(t)
	for _, c := range []struct {
		text string
		want mention.Tone
		lang string
	}{
		{"Ужасный сервис, приложение постоянно вылетает", mention.Negative, "ru"},
		{"Отличный банк, вежливые сотрудники, рекомендую!", mention.Positive, "ru"},
		{"Terrible service, the driver was rude and late", mention.Negative, "en"},
		{"Great app, works perfectly, love it", mention.Positive, "en"},
	} {
		s, err := j.Score(t.Context(), mention.Mention{Text: c.text}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if s.Tone != c.want || s.Lang != c.lang {
			t.Errorf("%q: got %s in %s, want %s in %s", c.text, s.Tone, s.Lang, c.want, c.lang)
		}
	}
}
