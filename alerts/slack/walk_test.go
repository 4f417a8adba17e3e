package slack_test

import (
	"testing"
	"testing/synctest"
	"time"

	"otklik/demo"
	"otklik/mention"
)

func TestWalk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		m := w.complain("Доставка сорвана второй раз")
		w.wantState(mention.Open)
		got := meta(t, w.card())
		want := payload{Key: "card:pr:" + string(m.ID), Kind: "card", State: "open", Mention: string(m.ID), Source: "romashka/otzovik", Task: 1}
		if got != want {
			t.Errorf("metadata\n got %+v\nwant %+v", got, want)
		}

		w.click(demo.Anna, "take", "")
		w.wantState(mention.Taken)

		w.click(demo.Anna, "answer", "")
		w.submit(demo.Anna, map[string]string{"url": "https://otzovik.test/review_1.html#reply", "text": "Вернули деньги"})
		w.wantState(mention.Answered)

		_, err := w.desk.Act(t.Context(), 1, mention.Action{Verb: mention.Confirm, Actor: mention.OnSite, At: time.Now(),
			URL: m.URL, Reply: mention.Reply{Text: "Вернули деньги"}})
		if err != nil {
			t.Fatal(err)
		}
		w.wantState(mention.Confirmed)
	})
}
