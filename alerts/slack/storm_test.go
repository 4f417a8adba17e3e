package slack_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"otklik/alerts"
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

// TestStorm_SaysThatItIsOver: the end of a storm is announced by no complaint.
func TestStorm_SaysThatItIsOver(t *testing.T) {
	storming(t, func(w *world, card func() demo.Message) {
		time.Sleep(8 * time.Minute)
		w.complain("Ещё одна")
		w.settle()
		time.Sleep(8 * time.Minute)
		w.settle()
		if got := string(card().Blocks); strings.Contains(got, "закончилась") {
			w.t.Errorf("the storm is over 8 minutes after a complaint: %s", got)
		}
		time.Sleep(2 * time.Minute)
		w.settle()
		if got := string(card().Blocks); !strings.Contains(got, "Волна жалоб закончилась: Ромашка Банк · доставка — 7") || !strings.Contains(got, "Взять все") {
			w.t.Errorf("after the storm the card is %s", got)
		}
	})
}

// letters is a channel whose messages cannot be changed.
type letters struct{ sent []alerts.PlainText }

func (l *letters) Post(_ context.Context, m alerts.Message) (mention.Posted, error) {
	l.sent = append(l.sent, alerts.Plain(m, "ru", time.UTC))
	return mention.Posted{Message: m.Notice.Key}, nil
}

func (l *letters) Update(context.Context, mention.Posted, alerts.Message) error {
	return alerts.ErrNoUpdate
}

func (l *letters) Find(context.Context, alerts.Message) (mention.Posted, bool, error) {
	return mention.Posted{}, false, alerts.ErrCannotFind
}

// TestStorm_InLetters: where a message cannot be brought up to date, another
// sums the storm up when it is over, once.
func TestStorm_InLetters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		mail := &letters{}
		w.send.Channels["pr"] = mail
		w.gust = &mention.Gust{Key: "негатив", Count: 3, Within: 10 * time.Minute}
		for i := range 6 {
			w.complain(fmt.Sprintf("Доставка сорвана, жалоба %d", i+1))
			w.settle()
		}
		if len(mail.sent) != 3 || !strings.Contains(mail.sent[2].Subject, "Много жалоб сразу: Ромашка Банк — 3") {
			t.Fatalf("during the storm the letters are %+v", mail.sent)
		}
		time.Sleep(10 * time.Minute)
		w.settle()
		w.restart()
		if _, err := w.desk.TakeStorm(t.Context(), w.store, 1, mention.Actor{ID: "inbox:1", Name: "Анна"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		w.settle()
		if len(mail.sent) != 4 {
			t.Fatalf("%d letters after the storm, want one more: %+v", len(mail.sent), mail.sent)
		}
		last := mail.sent[3]
		for _, want := range []string{"Волна жалоб закончилась: Ромашка Банк — 6", "с 21.11.2026 11:00", "ждёт: 6", "и ещё 1", "https://otklik.test/?brand="} {
			if !strings.Contains(last.Subject+last.Body, want) {
				t.Errorf("the last letter lacks %q: %+v", want, last)
			}
		}
		for id := mention.TaskID(1); id <= 6; id++ {
			if v, err := w.store.View(t.Context(), id); err != nil || v.Task.Due.Take.IsZero() {
				t.Errorf("the norms of M-%d have not started: %v", id, err)
			}
		}
	})
}
