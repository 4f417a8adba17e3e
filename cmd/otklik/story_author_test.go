package main

import (
	"strings"
	"testing"
	"time"

	"otklik/demo"
	"otklik/mention"
)

func TestStory_Copy(t *testing.T) {
	tell(t, settings{}, func(t *testing.T, s *story) {
		review := s.complain(demo.Otzovik, complaint)
		s.pass()
		if _, err := s.town.CopyTo(demo.Otzovik, review.ID, demo.Telegram); err != nil {
			t.Fatal(err)
		}
		s.pass()
		m, c := s.card()
		if c.Copies != 1 || !strings.Contains(string(m.Blocks), "Telegram") {
			t.Errorf("the card does not tell of the copy: %+v %s", c, m.Blocks)
		}
	})
}

func TestStory_Edit(t *testing.T) {
	tell(t, settings{}, func(t *testing.T, s *story) {
		review := s.complain(demo.Otzovik, complaint)
		s.pass()
		s.click(demo.Anna, "take", "")
		s.answered(demo.Anna)
		if err := s.town.Answer(demo.Otzovik, review.ID, "Карту привезём сегодня."); err != nil {
			t.Fatal(err)
		}
		s.pass()
		before := s.wantState(mention.Confirmed)
		if _, err := s.town.Edit(demo.Otzovik, review.ID, demo.Review{Text: complaint + " Дополняю: карту обещали привезти вечером и снова обманули."}); err != nil {
			t.Fatal(err)
		}
		s.pass()
		after := s.wantState(mention.Open)
		if after.Task != before.Task || after.Reopened != 1 {
			t.Errorf("the edit made %+v of %+v", after, before)
		}
		if said := s.thread(); !strings.Contains(said, "снова обманули") || !strings.Contains(said, "*Дополняю:") {
			t.Errorf("the thread does not show what changed: %s", said)
		}
	})
}

func TestStory_AnsweredPastSlack(t *testing.T) {
	tell(t, settings{}, func(t *testing.T, s *story) {
		review := s.complain(demo.Otzovik, complaint)
		s.pass()
		s.wantState(mention.Open)
		if err := s.town.Answer(demo.Otzovik, review.ID, "Здравствуйте! Разбираемся."); err != nil {
			t.Fatal(err)
		}
		s.pass()
		if c := s.wantState(mention.Confirmed); c.Credit != "site" {
			t.Errorf("an answer nobody claimed is credited to %q, want the site", c.Credit)
		}
		quiet := len(s.posts(demo.LeadsChannel, "escalation"))
		s.wait(3 * 24 * time.Hour)
		if n := len(s.posts(demo.LeadsChannel, "escalation")); n != quiet {
			t.Errorf("%d escalations of a task that is closed", n-quiet)
		}
	})
}

func TestStory_Unverifiable(t *testing.T) {
	tell(t, settings{}, func(t *testing.T, s *story) {
		s.complain(demo.AppStore, "Приложение вылетает третий день. Ужасно, верните мои деньги, никому не советую Ромашка Банк.")
		s.pass()
		s.click(demo.Anna, "take", "")
		s.answered(demo.Anna)
		s.wait(5 * 24 * time.Hour)
		c := s.wantState(mention.Answered)
		m, _ := s.card()
		if !c.Unverifiable || !strings.Contains(string(m.Blocks), "проверить нельзя") {
			t.Errorf("the card says %+v %s", c, m.Blocks)
		}
		if n := len(s.posts(demo.LeadsChannel, "escalation")); n != 0 {
			t.Errorf("%d breaches of a page that shows no answers", n)
		}
	})
}

func TestStory_NobodyTakes(t *testing.T) {
	tell(t, settings{}, func(t *testing.T, s *story) {
		s.complain(demo.Otzovik, complaint)
		s.wait(20 * time.Minute)
		s.wait(16 * time.Minute) // the norm is over
		if r, e := len(s.posts(demo.PRChannel, "reminder")), len(s.posts(demo.LeadsChannel, "escalation")); r != 1 || e != 1 {
			t.Errorf("%d reminders and %d escalations within the norm, want one each", r, e)
		}
		s.wait(2 * time.Hour)
		if r, e := len(s.posts(demo.PRChannel, "reminder")), len(s.posts(demo.LeadsChannel, "escalation")); r != 1 || e != 1 {
			t.Errorf("%d reminders and %d escalations two hours later, want no more", r, e)
		}
	})
}

// TestStory_HostileText writes what would ring a whole workspace, run in a
// browser or count in a spreadsheet.
func TestStory_HostileText(t *testing.T) {
	const hostile = `<!channel> =cmd|'/C calc'!A0 <script>alert(1)</script> <https://evil.test|наш сайт> & *жирно* Ужасный банк, хамят и обманывают!`
	tell(t, settings{}, func(t *testing.T, s *story) {
		s.complain(demo.Otzovik, hostile)
		s.pass()
		m, _ := s.card()
		for _, raw := range []string{"<!channel>", "<script>", "<https://evil.test"} {
			if text := m.Text + unquoted(t, m.Blocks); strings.Contains(text, raw) {
				t.Errorf("%q arrives as it was written: %s", raw, text)
			}
		}
		if text := unquoted(t, m.Blocks); !strings.Contains(text, "&lt;!channel&gt;") || !strings.Contains(text, "=cmd") {
			t.Errorf("the words are not all there: %s", text)
		}
		if stored, _, err := s.app.store.Mentions(t.Context(), allMentions()); err != nil || !strings.Contains(stored[0].Text, "<!channel>") {
			t.Errorf("the archive holds %v (%v), want the words as written", stored, err)
		}
	})
}
