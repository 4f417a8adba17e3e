package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"otklik/demo"
	"otklik/mention"
)

// TestStory_SlackDown takes Slack away for an hour in which complaints arrive.
func TestStory_SlackDown(t *testing.T) {
	tell(t, settings{}, func(t *testing.T, s *story) {
		const complaints = 24
		s.slack.Down()
		for i := range complaints {
			publish(t, s.town, i)
			s.wait(150 * time.Second)
		}
		if n := len(s.cards()); n != 0 {
			t.Fatalf("%d cards while Slack was down", n)
		}
		if h := s.health(); !h.Ready || h.Parts["archive"] != "ok" || !strings.Contains(h.Parts["channel pr"], "503") || h.Parts["channel leads"] != "ok" {
			t.Errorf("readiness while Slack is down: %+v", h)
		}
		s.slack.Up()
		s.pass()
		if h := s.health(); h.Parts["channel pr"] != "ok" {
			t.Errorf("readiness after Slack is back: %+v", h)
		}
		cards := s.cards()
		var last mention.TaskID
		told := map[string]int{}
		for _, m := range cards {
			c, _ := cardOf(m)
			told[c.Mention]++
			if id := mention.TaskID(c.Task); id < last {
				t.Errorf("task %d is told after task %d", id, last)
			} else {
				last = id
			}
		}
		if len(cards) != complaints || len(told) != complaints {
			t.Errorf("%d cards of %d complaints, want %d of each", len(cards), len(told), complaints)
		}
		log := s.log.String()
		if gone, back := strings.Count(log, "channel fails"), strings.Count(log, "channel works again"); gone != 1 || back != 1 {
			t.Errorf("the log tells %d times that the channel fails and %d times that it works again, want once each", gone, back)
		}
	})
}

// health asks /readyz.
func (s *story) health() health {
	s.t.Helper()
	resp, err := demo.InProcess(s.app.handler).Get("http://127.0.0.1/readyz")
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var h health
	if err := json.NewDecoder(resp.Body).Decode(&h); err != nil {
		s.t.Fatal(err)
	}
	return h
}

func TestStory_Downtime(t *testing.T) {
	tell(t, settings{}, func(t *testing.T, s *story) {
		s.complain(demo.Otzovik, complaint)
		s.pass()
		s.click(demo.Anna, "take", "")
		s.end()
		visits, reminders := s.visits(demo.Otzovik), len(s.posts(demo.PRChannel, "reminder"))
		publish(t, s.town, 1)
		s.wait(3 * 24 * time.Hour)
		s.start()
		s.wait(2 * time.Minute) // overdue passes do not wait for their schedule
		if n := s.visits(demo.Otzovik) - visits; n != 1 {
			t.Errorf("the list was read %d times at once after 216 missed passes, want once", n)
		}
		if n := len(s.cards()); n != 2 {
			t.Errorf("%d cards, want 2", n)
		}
		// Half of the norm, and the norm itself, passed during the downtime: the
		// latest step alone is told.
		if n := len(s.posts(demo.LeadsChannel, "escalation")); n != 1 {
			t.Errorf("%d escalations of the answer that is overdue, want 1", n)
		}
		if n := len(s.posts(demo.PRChannel, "reminder")) - reminders; n != 0 {
			t.Errorf("%d reminders of steps that a later one overtook", n)
		}
	})
}

// visits is how often a site's pages were read.
func (s *story) visits(site demo.Site) int {
	for _, st := range s.town.State().Sites {
		if st.Site == site {
			return st.Visits
		}
	}
	return 0
}

func TestStory_Blind(t *testing.T) {
	tell(t, settings{}, func(t *testing.T, s *story) {
		s.town.Captcha(demo.YandexMaps, true)
		for range 3 {
			s.pass()
		}
		all := s.posts(demo.OpsChannel, "ops")
		if len(all) != 1 || !strings.Contains(string(all[0].Metadata.EventPayload), `"blind":true`) {
			s.fatalf("%d ops cards after three bad runs, want one: %+v", len(all), all)
		}
		s.pass()
		s.pass()
		s.town.Captcha(demo.YandexMaps, false)
		late := s.complain(demo.YandexMaps, complaint)
		s.wait(6 * time.Hour) // a blocked site is left alone for a while
		all = s.posts(demo.OpsChannel, "ops")
		if len(all) != 1 || strings.Contains(string(all[0].Metadata.EventPayload), `"blind":true`) || all[0].Edits == 0 {
			t.Errorf("after the recovery there are %d ops cards: %+v", len(all), all)
		}
		if _, c := s.card(); !strings.Contains(c.Source, "yandex-maps") {
			t.Errorf("complaint %d written while the site was blind has the card %+v", late.ID, c)
		}
	})
}

func TestStory_FirstRun(t *testing.T) {
	tell(t, settings{}, func(t *testing.T, s *story) {
		seeded := s.posts(demo.OpsChannel, "seeded")
		if len(s.cards()) != 0 || len(seeded) != 4 {
			s.fatalf("%d cards and %d summaries after the first runs, want none and 4", len(s.cards()), len(seeded))
		}
		var otzovik demo.Message
		for _, m := range seeded {
			if strings.Contains(string(m.Metadata.EventPayload), "otzovik") {
				otzovik = m
			}
		}
		const unanswered = 2 // the one with three stars has nothing to praise and nothing to complain of
		want := fmt.Sprintf("Известно упоминаний: %d, оповещений: 0, негативных без ответа за последние 7 дней: %d", len(s.town.Reviews(demo.Otzovik)), unanswered)
		if !strings.Contains(string(otzovik.Blocks), want) {
			t.Errorf("the summary does not say %q: %s", want, otzovik.Blocks)
		}
		for range 2 { // the second press makes nothing
			if _, err := s.slack.Click(t.Context(), demo.Click{User: demo.Anna, Channel: demo.OpsChannel, TS: otzovik.TS, ActionID: "seed"}); err != nil {
				s.fatalf("make tasks: %v", err)
			}
			s.wait(time.Minute)
		}
		if n := len(s.cards()); n != unanswered {
			t.Errorf("%d cards after \"make tasks\", want %d", n, unanswered)
		}
	})
}

// TestStory_Stop stops the daemon while Slack takes its time with a post: what
// is in hand is finished, so that nothing is in doubt afterwards.
func TestStory_Stop(t *testing.T) {
	tell(t, settings{}, func(t *testing.T, s *story) {
		s.slack.FailNext("chat.postMessage", demo.Fault{Kind: demo.Slow, After: 5 * time.Second})
		s.complain(demo.Otzovik, complaint)
		for s.slack.Calls("chat.postMessage") == 4 { // the summaries of the first runs
			s.wait(time.Second)
		}
		s.end()
		s.start()
		s.pass()
		s.wantState(mention.Open)
		if n := s.slack.Calls("conversations.history"); n != 0 {
			t.Errorf("the channel was searched %d times for a message in doubt", n)
		}
		if n := s.slack.Calls("chat.postMessage"); n != 5+len(s.posts(demo.PRChannel, "reminder"))+len(s.posts(demo.LeadsChannel, "escalation")) {
			t.Errorf("%d posts, want each message once", n)
		}
	})
}
