package sentiment_test

import (
	"testing"

	"otklik/mention"
)

func TestJudge_Score_stars(t *testing.T) {
	j := newJudge(t)
	const (
		complaint = "Ужасный сервис, обманули и нахамили, отвратительно"
		praise    = "Прекрасный банк, вежливые сотрудники, спасибо, рекомендую"
		nothing   = ""
	)
	for _, c := range []struct {
		name     string
		text     string
		rating   float64
		best     float64
		tone     mention.Tone
		conflict bool
	}{
		{"stars alone: one is negative", nothing, 1, 5, mention.Negative, false},
		{"stars alone: three are neutral", nothing, 3, 5, mention.Neutral, false},
		{"stars alone: five are positive", nothing, 5, 5, mention.Positive, false},
		{"stars of ten are scaled", nothing, 2, 10, mention.Negative, false},
		{"both agree on a complaint", complaint, 1, 5, mention.Negative, false},
		{"both agree on praise", praise, 5, 5, mention.Positive, false},
		{"five stars with a complaint are a complaint and a conflict", complaint, 5, 5, mention.Negative, true},
		{"one star with praise is negative and a conflict", praise, 1, 5, mention.Negative, true},
		{"an unsure text follows the stars", "Заходил вчера", 1, 5, mention.Negative, false},
		{"without a scale the rating is no rating", praise, 1, 0, mention.Positive, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := score(t, j, mention.Mention{Text: c.text, Rating: c.rating, Best: c.best})
			if s.Tone != c.tone || s.Conflict != c.conflict {
				t.Errorf("%q with %v of %v: got %s, conflict %v, want %s, %v", c.text, c.rating, c.best, s.Tone, s.Conflict, c.tone, c.conflict)
			}
		})
	}
}

func TestJudge_Score_starsAreAReason(t *testing.T) {
	s := score(t, newJudge(t), mention.Mention{Text: "Ужасный сервис", Rating: 1, Best: 5})
	last := s.Reasons[len(s.Reasons)-1]
	if last.Field != mention.InRating || last.Text != "★1" {
		t.Errorf("reasons %+v, want ★1 among them", s.Reasons)
	}
}
