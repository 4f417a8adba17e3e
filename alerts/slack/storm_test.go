package slack_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"otklik/demo"
	"otklik/mention"
)

// storming begins a storm of six complaints, of which two were told one by one.
func storming(t *testing.T, story func(w *world, card func() demo.Message)) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.gust = &mention.Gust{Key: "негатив", Topic: "delivery", Count: 3, Within: 10 * time.Minute}
		for i := range 6 {
			w.complain(fmt.Sprintf("Доставка сорвана, жалоба %d", i+1))
		}
		w.settle()
		story(w, func() demo.Message {
			t.Helper()
			all := w.slack.Messages(demo.PRChannel)
			if len(all) != 3 {
				t.Fatalf("%d messages, want two cards and the storm's; log:\n%s", len(all), w.log)
			}
			return all[2]
		})
	})
}

func TestStorm_OneCard(t *testing.T) {
	storming(t, func(w *world, card func() demo.Message) {
		got := string(card().Blocks)
		for _, want := range []string{"Много жалоб сразу: Ромашка Банк · доставка — 6", "ждёт: 6", "и ещё 1", "Взять все", "https://otklik.test/?brand="} {
			if !strings.Contains(got, want) {
				w.t.Errorf("the storm's card lacks %q: %s", want, got)
			}
		}
		for id := mention.TaskID(1); id <= 6; id++ {
			v, err := w.store.View(w.t.Context(), id)
			if err != nil || v.Task.DeliveredAt.IsZero() {
				w.t.Errorf("task M-%d was not told: %+v, %v", id, v.Task, err)
			}
		}
		w.complain("Седьмая")
		w.settle()
		v, err := w.store.View(w.t.Context(), 7)
		if err != nil || v.Task.Due.Take.IsZero() || !strings.Contains(string(card().Blocks), "— 7") {
			w.t.Errorf("the update told nothing of the seventh: %+v, %v", v.Task.Due, err)
		}
	})
}

func TestStorm_OneOwner(t *testing.T) {
	storming(t, func(w *world, card func() demo.Message) {
		press := func(user string) {
			w.t.Helper()
			_, err := w.slack.Click(w.t.Context(), demo.Click{User: user, Channel: demo.PRChannel, TS: card().TS, ActionID: "storm", Late: true})
			if err != nil {
				w.t.Fatal(err)
			}
		}
		press(demo.Anna)
		w.complain("После того как взяли")
		press(demo.Boris)
		w.settle()
		if got := w.whispers(demo.Anna); len(got) != 1 || !strings.Contains(got[0], "6") {
			w.t.Errorf("the owner is told %q", got)
		}
		if got := w.whispers(demo.Boris); len(got) != 1 || !strings.Contains(got[0], "другой человек") {
			w.t.Errorf("the second is told %q", got)
		}
		for id := mention.TaskID(1); id <= 7; id++ {
			v, err := w.store.View(w.t.Context(), id)
			if err != nil || v.Task.Owner.ID != "slack:"+demo.Anna {
				w.t.Errorf("task M-%d belongs to %+v, %v", id, v.Task.Owner, err)
			}
		}
		if got := string(card().Blocks); strings.Contains(got, "Взять все") || !strings.Contains(got, "Анна Лебедева") || !strings.Contains(got, "в работе: 7") {
			w.t.Errorf("the storm's card is %s", got)
		}
	})
}
