package slack

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"otklik/alerts"
	"otklik/demo"
	"otklik/mention"
)

var update = flag.Bool("update", false, "rewrite the golden cards")

var noon = time.Date(2026, 11, 21, 11, 22, 0, 0, time.UTC)

func moscow(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Moscow")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// complaint is a message about an open task, changed by change.
func complaint(change func(*alerts.Message)) alerts.Message {
	m := alerts.Message{
		At:     noon,
		Titles: map[string]string{"otzovik": "Отзовик", "irecommend": "irecommend"},
		Notice: mention.Notice{ID: 7, Kind: mention.CardNotice, Channel: "pr", Task: 1842, Key: "card:pr:abc", CreatedAt: noon},
		View: mention.View{
			Mention: mention.Mention{ID: "abc", Brand: "Ромашка Банк", Source: "otzovik", SourceID: "romashka/otzovik",
				URL: "https://otzovik.test/review_1.html", Author: "Пётр К.", AuthorURL: "https://otzovik.test/profile/petr",
				Rating: 1, Best: 5, Title: "Доставка сорвана второй раз", Text: "Курьер не приехал.\n\nПоддержка молчит.", Cons: "всё",
				PublishedAt: noon.Add(-24 * time.Minute), CollectedAt: noon.Add(-time.Minute), Tone: mention.Negative,
				Reasons: []mention.Reason{{Text: "сорвана", Field: mention.InTitle}, {Text: "молчит", Field: mention.InText}, {Field: mention.InRating}},
				Topics:  []string{"delivery", "support"}},
			Task: mention.Task{ID: 1842, Version: 2, Kind: mention.Complaint, Brand: "Ромашка Банк", Mention: "abc", State: mention.Open,
				Rule: "негатив", Reason: alerts.WhyNegative, CreatedAt: noon, DeliveredAt: noon,
				Due:    mention.Due{Take: noon.Add(15 * time.Minute), Answer: noon.Add(24 * time.Hour)},
				Places: []mention.Place{{Mention: "abc", Source: "otzovik", URL: "https://otzovik.test/review_1.html"}}},
		},
	}
	if change != nil {
		change(&m)
	}
	return m
}

var anna = mention.Actor{ID: "slack:U01ANNA", Name: "Анна Лебедева"}

// cases are all messages that Slack can get, by name.
func cases() map[string]alerts.Message {
	later := noon.Add(5 * time.Minute)
	return map[string]alerts.Message{
		"open": complaint(nil),
		"open_pinged_after_fallback": complaint(func(m *alerts.Message) {
			m.Notice.Ping = []string{"@here", "S0123ABCDE", "U01ANNA77", "дежурный <!channel>"}
			m.Notice.Fallback, m.Repeated, m.Missed, m.Instead = "pr", true, 3, "mail"
		}),
		"taken": complaint(func(m *alerts.Message) {
			t := &m.View.Task
			t.State, t.Owner, t.TakenAt, t.AcknowledgedAt, t.PromisedAt = mention.Taken, anna, later, later, noon.Add(48*time.Hour)
		}),
		"snoozed": complaint(func(m *alerts.Message) { m.View.Task.SnoozedUntil = noon.Add(time.Hour) }),
		"answered": complaint(func(m *alerts.Message) {
			t := &m.View.Task
			t.State, t.Owner, t.AnsweredAt, t.AnsweredBy = mention.Answered, anna, later, anna
			t.AnswerURL, t.Due.Visible = "https://otzovik.test/review_1.html#answer", noon.Add(72*time.Hour)
		}),
		"not_visible": complaint(func(m *alerts.Message) {
			t := &m.View.Task
			t.State, t.Owner, t.AnsweredAt, t.AnsweredBy, t.NotVisibleAt = mention.Answered, anna, later, anna, noon.Add(72*time.Hour)
		}),
		"unverifiable": complaint(func(m *alerts.Message) {
			t := &m.View.Task
			t.State, t.AnsweredAt, t.AnsweredBy, t.Unverifiable = mention.Answered, later, anna, true
		}),
		"confirmed_on_site": complaint(func(m *alerts.Message) {
			t := &m.View.Task
			t.State, t.AnsweredAt, t.AnsweredBy, t.OnSite, t.ConfirmedAt = mention.Confirmed, later, mention.OnSite, true, later
		}),
		"dismissed": complaint(func(m *alerts.Message) {
			m.View.Task.State, m.View.Task.Dismissal = mention.Dismissed, mention.NotNegative
		}),
		"copies": complaint(func(m *alerts.Message) {
			m.View.Task.Places = append(m.View.Task.Places,
				mention.Place{Mention: "def", Source: "irecommend", URL: "https://irecommend.test/2", SeenAt: later},
				mention.Place{Mention: "ghi", Source: "2gis", WaivedAt: later})
		}),
		"reopened_conflict": complaint(func(m *alerts.Message) {
			m.View.Task.Cycle, m.View.Task.Reason, m.View.Mention.Conflict = 1, "conflict", true
			m.View.Mention.PublishedAt = time.Date(2026, 11, 19, 0, 0, 0, 0, time.UTC)
		}),
		"thanks": complaint(func(m *alerts.Message) {
			m.View.Task.Kind, m.View.Task.Due, m.View.Mention.Tone, m.View.Mention.Rating = mention.Thanks, mention.Due{}, mention.Positive, 5
		}),
		"shortened": complaint(func(m *alerts.Message) { m.View.Mention.Labels = []string{"bought", mention.Shortened} }),
		"bare": complaint(func(m *alerts.Message) {
			m.View.Mention = mention.Mention{ID: "abc", Source: "otzovik"}
		}),
		"hostile": complaint(hostile),
		"ops_blind": {At: noon, Notice: mention.Notice{Kind: mention.OpsNotice, Key: "ops:1"}, Source: mention.Source{
			ID: "romashka/irecommend", Brand: "Ромашка Банк", Site: "irecommend", Title: "irecommend", BlindSince: noon.Add(-2 * time.Hour), Verdict: mention.Blocked,
			Evidence: mention.Evidence{URL: "https://irecommend.test/<list>", Status: 403, Marker: "form.captcha", Note: "страница с <капчей>"}}},
		"ops_back": {At: noon, Notice: mention.Notice{Kind: mention.OpsNotice, Key: "ops:1"}, Source: mention.Source{
			ID: "romashka/irecommend", Brand: "Ромашка Банк", Site: "irecommend", Title: "irecommend", Verdict: mention.OK}},
		"seeded": {At: noon, Notice: mention.Notice{Kind: mention.SeededNotice, Key: "seeded:1"}, Seeded: alerts.Seeded{Known: 142, Unanswered: 6},
			Source: mention.Source{ID: "romashka/otzovik", Brand: "Ромашка Банк", Site: "otzovik", Title: "Отзовик"}},
		"reminder": complaint(func(m *alerts.Message) {
			m.Notice.Kind, m.Notice.Subject, m.Notice.Ping = mention.ReminderNotice, "take_soon", []string{"@here"}
			m.Thread = mention.Posted{Channel: "C1", Message: "1.2"}
		}),
		"reminder_of_owner": complaint(func(m *alerts.Message) {
			m.Notice.Kind, m.Notice.Subject, m.Notice.Ping = mention.ReminderNotice, "answer_half", []string{"@here"}
			m.View.Task.State, m.View.Task.Owner = mention.Taken, anna
		}),
		"escalation": complaint(func(m *alerts.Message) {
			m.Notice.Kind, m.Notice.Subject, m.Notice.Ping = mention.EscalationNotice, "take_due", []string{"S0123ABCDE"}
		}),
		"escalation_in_thread": complaint(func(m *alerts.Message) {
			m.Notice.Kind, m.Notice.Subject, m.Thread = mention.EscalationNotice, "take_next_2", mention.Posted{Channel: "C1", Message: "1.2"}
		}),
		"thread_note": complaint(func(m *alerts.Message) {
			m.Notice.Kind, m.Notice.Event, m.Notice.Ping = mention.ThreadNotice, 5, []string{"@here"}
			m.View.Events = []mention.Event{{ID: 5, Verb: mention.Comment, Actor: anna, At: later, Text: "Позвонили клиенту <b>"}}
		}),
		"thread_edited": complaint(func(m *alerts.Message) {
			m.Notice.Kind, m.Notice.Event, m.Notice.Ping = mention.ThreadNotice, 5, []string{"U01ANNA77"}
			m.View.Events = []mention.Event{{ID: 5, Verb: mention.Reopen, Actor: mention.System, At: later, From: mention.Answered, To: mention.Open}}
			m.View.Revisions = []mention.Revision{{Number: 1, Rating: 4, Best: 5, Title: m.View.Mention.Title, Text: "Курьер не приехал.\n\nПоддержка помогла."}}
		}),
		"thread_without_event": complaint(func(m *alerts.Message) { m.Notice.Kind = mention.ThreadNotice }),
		"digest": {At: noon, Notice: mention.Notice{Kind: mention.DigestNotice, Key: "digest:1"}, Digest: mention.Digest{
			Title: "Сводка за 20 ноября", URL: "https://otklik.test/digest", Sections: []mention.Section{
				{Title: "Главные жалобы", Lines: []mention.Line{{Text: "«Доставка <сорвана>»", URL: "https://otzovik.test/1"}}}, {Title: "Просрочено"}}}},
		"overdue": complaint(func(m *alerts.Message) { m.At = m.View.Task.Due.Take.Add(time.Minute) }),
		"right_to_left": complaint(func(m *alerts.Message) {
			m.View.Mention.Title, m.View.Mention.Author = "השירות נורא \u202e", "דנה"
		}),
		"untitled": complaint(func(m *alerts.Message) { m.View.Mention.Title = "" }),
		"thread_joined": complaint(func(m *alerts.Message) {
			m.Notice.Kind, m.Notice.Event = mention.ThreadNotice, 5
			m.View.Task.Places = append(m.View.Task.Places, mention.Place{Mention: "def", Source: "irecommend", URL: "https://irecommend.test/2"})
			m.View.Events = []mention.Event{{ID: 5, Verb: mention.Join, Actor: mention.System, At: later, Source: "irecommend"}}
		}),
		"thread_acknowledged": complaint(func(m *alerts.Message) {
			m.Notice.Kind, m.Notice.Event = mention.ThreadNotice, 5
			m.View.Events = []mention.Event{{ID: 5, Verb: mention.Acknowledge, Actor: anna, At: later, Until: noon.Add(24 * time.Hour), Text: "Приняли, решим до завтра"}}
		}),
		"storm":      storm(mention.Actor{}, false),
		"storm_over": storm(anna, true),
		"spike": {At: noon, Notice: mention.Notice{Kind: mention.SpikeNotice, Key: "spike:1"}, Digest: mention.Digest{
			Title: "Всплеск жалоб: Ромашка Банк", Sections: []mention.Section{{Title: "21 ноября", Lines: []mention.Line{{Text: "12 жалоб за час"}}}}}},
	}
}

// storm is the card of a storm of two complaints.
func storm(owner mention.Actor, isOver bool) alerts.Message {
	return alerts.Message{At: noon, IsOver: isOver, Notice: mention.Notice{Kind: mention.StormNotice, Key: "storm:1:pr", Subject: "1"},
		Storm: mention.StormView{Storm: mention.Storm{ID: 1, Brand: "Ромашка Банк", StartedAt: noon.Add(-time.Hour), LastAt: noon.Add(-20 * time.Minute), Owner: owner},
			Tasks: []mention.Task{{ID: 1, State: mention.Open}, {ID: 2, State: mention.Taken}}},
		Digest: mention.Digest{Title: "Много жалоб сразу: Ромашка Банк — 2", URL: "https://otklik.test/?brand=x",
			Sections: []mention.Section{{Title: "ждёт: 1 · в работе: 1", Lines: []mention.Line{{Text: "M-1 · ★1", URL: "https://otzovik.test/1"}}}}}}
}

// hostile fills every foreign field with what must not get through.
func hostile(m *alerts.Message) {
	const bad = "<!channel> <@U01ANNA> @here @Channel <https://evil.test|bank> *b* `c` & \u202eretsnom\u202c \x00\x1b[31m |"
	long := bad + strings.Repeat("👩‍👩‍👧 שלום é́", 700)
	v := &m.View
	v.Mention.Author, v.Mention.Title, v.Mention.Text, v.Mention.Brand = bad, bad, long, long
	v.Mention.Pros, v.Mention.Cons, v.Mention.Source = long, bad, bad
	v.Mention.URL = "https://evil.test/?a=<!channel>|x&b=" + strings.Repeat("y", 500)
	v.Mention.AuthorURL = "javascript:alert(1)"
	v.Mention.Reasons = []mention.Reason{{Text: long}, {Text: bad}}
	v.Mention.Topics = []string{bad, long}
	v.Task.Rule, v.Task.Cycle = long, 3
	v.Task.Owner = mention.Actor{ID: "inbox:7", Name: bad}
	v.Task.State, v.Task.AnswerURL = mention.Taken, "https://evil.test/"+strings.Repeat("z", 3000)
	for i := range 30 {
		v.Task.Places = append(v.Task.Places, mention.Place{Mention: mention.ID(fmt.Sprintf("m%015d", i)), Source: long, URL: v.Mention.URL})
	}
	m.Titles = nil
}

func TestCard_Golden(t *testing.T) {
	for name, m := range cases() {
		for _, lang := range []string{"ru", "en"} {
			t.Run(name+"_"+lang, func(t *testing.T) {
				r := newCard(m, lang, moscow(t)).render()
				blocks, err := json.Marshal(r.Blocks)
				if err != nil {
					t.Fatal(err)
				}
				if err := demo.ValidateBlocks(blocks); err != nil {
					t.Errorf("Slack would refuse it: %v", err)
				}
				if strings.TrimSpace(r.Text) == "" {
					t.Error("there is no text for notifications")
				}
				got, err := json.MarshalIndent(r, "", "  ")
				if err != nil {
					t.Fatal(err)
				}
				wantFile(t, name+"."+lang+".json", append(got, '\n'))
			})
		}
	}
}

func wantFile(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s differs; run with -update and look at the diff\n got %s", path, got)
	}
}

// TestCard_Hostile puts hostile words into every kind of message: nobody is
// pinged by them, no link but the page's own comes through, and Slack takes
// the message.
func TestCard_Hostile(t *testing.T) {
	for name, m := range cases() {
		hostile(&m)
		m.Digest.Sections = append(m.Digest.Sections, mention.Section{Title: m.View.Mention.Text, Lines: []mention.Line{{Text: m.View.Mention.Text, URL: m.View.Mention.URL}}})
		m.Source.Title, m.Source.Evidence.Note, m.Source.Evidence.Marker = m.View.Mention.Text, m.View.Mention.Text, m.View.Mention.Title
		m.View.Events = []mention.Event{{ID: 5, Verb: mention.Comment, Actor: mention.Actor{ID: "inbox:1", Name: m.View.Mention.Title}, Text: m.View.Mention.Text, Source: m.View.Mention.Source}}
		m.Notice.Event = 5
		m.Notice.Ping = []string{"<!channel>"}
		r := newCard(m, "ru", moscow(t)).render()
		blocks, err := json.Marshal(r.Blocks)
		if err != nil {
			t.Fatal(err)
		}
		if err := demo.ValidateBlocks(blocks); err != nil {
			t.Errorf("%s: Slack would refuse it: %v", name, err)
		}
		shown := append(marked(t, blocks), r.Text)
		for _, bad := range []string{"<!channel", "<@U01ANNA>", "@here ", "@Channel ", "<https://evil.test|bank>", "<javascript", "\u202e", "\x1b", "\x00"} {
			for _, text := range shown {
				if strings.Contains(text, bad) {
					t.Errorf("%s lets %q through: %.200s", name, bad, text)
				}
			}
		}
		if n := utf8.RuneCountInString(r.Text); n > 4000 {
			t.Errorf("%s: the text has %d characters", name, n)
		}
	}
}

// marked returns every text of blocks that Slack reads as mrkdwn.
func marked(t *testing.T, blocks []byte) []string {
	t.Helper()
	var root any
	if err := json.Unmarshal(blocks, &root); err != nil {
		t.Fatal(err)
	}
	var texts []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			if text, ok := v["text"].(string); ok && v["type"] == "mrkdwn" {
				texts = append(texts, text)
			}
			for _, e := range v {
				walk(e)
			}
		}
	}
	walk(root)
	if len(texts) == 0 {
		t.Fatalf("no mrkdwn in %s", blocks)
	}
	return texts
}
