package main

import (
	"strings"
	"testing"
	"time"

	"otklik/demo"
	"otklik/mention"
)

func TestStory_FromPageToConfirmedAnswer(t *testing.T) {
	for name, socket := range map[string]bool{"clicks over signed HTTP": false, "clicks over Socket Mode": true} {
		t.Run(name, func(t *testing.T) {
			tell(t, settings{socket: socket}, func(t *testing.T, s *story) {
				review := s.complain(demo.Otzovik, complaint)
				s.pass()
				m, c := s.card()
				if c.State != "open" || !strings.Contains(string(m.Blocks), "второй раз подряд") {
					t.Errorf("the card says %+v %s", c, m.Blocks)
				}
				if a := s.click(demo.Anna, "take", ""); a.Took >= 3*time.Second {
					t.Errorf("the click was answered after %s", a.Took)
				}
				s.wantState(mention.Taken)
				s.answered(demo.Anna)
				s.wantState(mention.Answered)
				s.pass() // nothing on the page yet: one pass changes nothing
				s.wantState(mention.Answered)
				if err := s.town.Answer(demo.Otzovik, review.ID, "Здравствуйте! Карту привезём сегодня."); err != nil {
					t.Fatal(err)
				}
				s.pass()
				if c := s.wantState(mention.Confirmed); c.Credit != "" {
					t.Errorf("the answer is credited to %q, Anna claimed it", c.Credit)
				}
				if again, _ := s.card(); again.TS != m.TS {
					t.Error("the card was not updated in place")
				}
			})
		})
	}
}
