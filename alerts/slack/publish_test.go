package slack_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"otklik/demo"
	"otklik/mention"
	"otklik/replies"
)

// shop is a site that takes answers of at most 40 characters.
type shop struct{ closed bool }

func (s shop) Limits(mention.Mention) (mention.ReplyLimits, error) {
	if s.closed {
		return mention.ReplyLimits{}, fmt.Errorf("%w: no answers there", mention.ErrRefused)
	}
	return mention.ReplyLimits{Characters: 40}, nil
}

func (shop) Open(context.Context, mention.Mention) (replies.Replier, error) {
	return nil, mention.Final(fmt.Errorf("not in this test"))
}

// withCourier lets answers leave for s.
func (w *world) withCourier(s shop, cfg replies.Sending) {
	courier := replies.NewCourier(w.desk, s, cfg)
	w.app.Desk, w.app.Sends = courier, courier.Limits
}

func (w *world) letter() mention.Letter {
	w.t.Helper()
	v, err := w.store.View(w.t.Context(), 1)
	if err != nil {
		w.t.Fatal(err)
	}
	l, _ := mention.LetterOf(v.Events, v.Mention.ID)
	return l
}

// leaving returns how many answers are on their way.
func (w *world) leaving() int {
	w.t.Helper()
	jobs, err := w.store.Jobs(w.t.Context(), "reply:", 10)
	if err != nil {
		w.t.Fatal(err)
	}
	return len(jobs)
}

func TestPublish_AnAnswerLeavesFromTheForm(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.withCourier(shop{}, replies.Sending{})
		w.click(demo.Anna, "answer", "")
		form := string(w.slack.Views(demo.Anna)[0].Content)
		if !strings.Contains(form, "Отправить на площадку") || !strings.Contains(form, "До 40 знаков") || strings.Contains(form, "на площадку он не уходит") {
			t.Errorf("the form is %s", form)
		}
		for name, values := range map[string]map[string]string{
			"no words":       {"publish": "publish"},
			"too many words": {"publish": "publish", "text": strings.Repeat("я", 41)},
		} {
			if a := w.submit(demo.Anna, values); a.Errors["publish"] == "" {
				t.Errorf("%s: the form says %v", name, a.Errors)
			}
		}
		if a := w.submit(demo.Anna, map[string]string{"publish": "publish", "text": "Заменим букет сегодня"}); len(a.Errors) > 0 {
			t.Fatalf("the form complains: %v", a.Errors)
		}
		if l := w.letter(); l.State != mention.ReplyQueued || l.Text != "Заменим букет сегодня" || w.leaving() != 1 || w.task().State != mention.Taken {
			t.Errorf("letter %+v, %d on their way, the task is %s", l, w.leaving(), w.task().State)
		}
		w.click(demo.Anna, "answer", "")
		if a := w.submit(demo.Anna, map[string]string{"publish": "publish", "text": "И ещё раз"}); !strings.Contains(a.Errors["publish"], "on its way") {
			t.Errorf("a second answer: %v", a.Errors)
		}
	})
}

func TestPublish_AnAcknowledgementLeavesFromItsForm(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.withCourier(shop{}, replies.Sending{})
		w.click(demo.Anna, "more", "acknowledge:1")
		if a := w.submit(demo.Anna, map[string]string{"publish": "publish", "text": "Приняли, решим до завтра"}); len(a.Errors) > 0 {
			t.Fatalf("the form complains: %v", a.Errors)
		}
		if l := w.letter(); l.State != mention.ReplyQueued || l.Until.IsZero() || w.leaving() != 1 {
			t.Errorf("letter %+v, %d on their way", l, w.leaving())
		}
	})
}

func TestPublish_WithoutATickTheTextStaysHere(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.withCourier(shop{}, replies.Sending{})
		w.click(demo.Anna, "answer", "")
		w.submit(demo.Anna, map[string]string{"text": "Ответили на сайте"})
		if w.leaving() != 0 || w.task().State != mention.Answered {
			t.Errorf("%d on their way, the task is %s", w.leaving(), w.task().State)
		}
	})
}

func TestPublish_IsNotOfferedWhereNothingCanBeSent(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.withCourier(shop{closed: true}, replies.Sending{})
		w.click(demo.Anna, "answer", "")
		if form := string(w.slack.Views(demo.Anna)[0].Content); strings.Contains(form, "publish") {
			t.Errorf("the form is %s", form)
		}
	})
}

func TestPublish_ASecondPersonDecides(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.withCourier(shop{}, replies.Sending{Approval: true})
		w.click(demo.Anna, "answer", "")
		w.submit(demo.Anna, map[string]string{"publish": "publish", "text": "Заменим букет сегодня"})
		w.settle()
		card, err := json.Marshal(w.card())
		if err != nil || !strings.Contains(string(card), "Одобрить ответ") {
			t.Fatalf("%v, the card is %s", err, card)
		}
		approve := "approve." + string(w.task().Mention)
		w.click(demo.Anna, approve, "")
		if w.leaving() != 0 {
			t.Fatal("the writer agreed with herself")
		}
		w.click(demo.Boris, approve, "")
		if l := w.letter(); w.leaving() != 1 || l.State != mention.ReplyQueued || l.ApprovedBy.ID != "slack:"+demo.Boris {
			t.Errorf("%d on their way, letter %+v", w.leaving(), l)
		}
		w.settle()
		if card, err := json.Marshal(w.card()); err != nil || strings.Contains(string(card), "Одобрить ответ") {
			t.Errorf("%v, the card still asks: %s", err, card)
		}
	})
}
