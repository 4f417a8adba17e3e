package mention_test

import (
	"testing"

	"otklik/mention"
)

func TestMention_IsWholeOf(t *testing.T) {
	for name, c := range map[string]struct {
		teaser, whole mention.Mention
		want          bool
	}{
		"the text goes on behind the dots":         {mention.Mention{Text: "Курьер не…"}, mention.Mention{Text: "Курьер не приехал"}, true},
		"spaces and case do not count":             {mention.Mention{Text: "Курьер  не ...\n"}, mention.Mention{Text: "КУРЬЕР не приехал"}, true},
		"without dots the author wrote more":       {mention.Mention{Text: "Курьер не"}, mention.Mention{Text: "Курьер не приехал"}, false},
		"another beginning":                        {mention.Mention{Text: "Повар не…"}, mention.Mention{Text: "Курьер не приехал"}, false},
		"the stars changed":                        {mention.Mention{Text: "Курьер…", Rating: 1, Best: 5}, mention.Mention{Text: "Курьер приехал", Rating: 5, Best: 5}, false},
		"the same words, which end in an ellipsis": {mention.Mention{Text: "Ну и ну…"}, mention.Mention{Text: "Ну и ну…"}, false},
		"nothing but dots":                         {mention.Mention{Text: "…"}, mention.Mention{Text: "Курьер"}, false},
	} {
		if got := c.whole.IsWholeOf(c.teaser); got != c.want {
			t.Errorf("%s: got %t, want %t", name, got, c.want)
		}
	}
}
