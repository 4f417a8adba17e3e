package replies

import (
	"reflect"
	"testing"
	"time"

	"otklik/mention"
)

func TestNorms_Seen(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	old := mention.Mention{ID: "m1", Brand: "Ромашка", Source: "otzovik", Text: "Курьер опоздал на два часа и нагрубил", Rating: 2, Best: 5, Tone: mention.Negative}
	with := func(change func(*mention.Mention)) mention.Mention {
		m := old
		change(&m)
		return m
	}
	task := func(s mention.State) mention.Task {
		return mention.Task{ID: 7, Version: 3, State: s, Norm: "complaint", Owner: anna, Channels: []string{"pr"},
			AnsweredAt: now.Add(-time.Hour), Places: []mention.Place{{Mention: "m1", Source: "otzovik", Replies: mention.RepliesText}}}
	}
	reply := &mention.Reply{Text: "Разобрались", PublishedAt: now}
	teaser := with(func(m *mention.Mention) { m.Text += "..." })
	replied := with(func(m *mention.Mention) { m.Reply = reply })
	cases := []struct {
		name  string
		state mention.State
		was   mention.Mention // old when zero
		m     mention.Mention
		want  mention.State // empty: nothing follows
		verb  mention.Verb
	}{
		{"nothing new", mention.Answered, mention.Mention{}, old, "", ""},
		{"a corrected typo is no edit", mention.Answered, mention.Mention{}, with(func(m *mention.Mention) {
			m.Text = "Курьер опаздал на два часа и нагрубил!"
		}), "", ""},
		{"the full text behind a teaser is no edit", mention.Taken, teaser, with(func(m *mention.Mention) {
			m.Text = old.Text + ". Потом ещё час искал подъезд и ушёл."
		}), "", ""},
		{"words added after our answer reopen", mention.Answered, mention.Mention{}, with(func(m *mention.Mention) {
			m.Text = old.Text + ". Дополнение: обещали перезвонить и пропали."
		}), mention.Open, mention.Reopen},
		{"fewer stars after our answer reopen", mention.Answered, mention.Mention{}, with(func(m *mention.Mention) { m.Rating = 1 }), mention.Open, mention.Reopen},
		{"a new complaint after confirmation reopens", mention.Confirmed, mention.Mention{}, with(func(m *mention.Mention) {
			m.Text = "Обещали вернуть деньги и обманули, две недели тишины"
		}), mention.Open, mention.Reopen},
		{"good news is told and asks for nothing", mention.Confirmed, mention.Mention{}, with(func(m *mention.Mention) {
			m.Text, m.Rating, m.Tone = "Всё исправили, спасибо!", 5, mention.Positive
		}), mention.Confirmed, mention.Edited},
		{"an edit of an open complaint is told", mention.Open, mention.Mention{}, with(func(m *mention.Mention) { m.Rating = 1 }), mention.Open, mention.Edited},
		{"a claimed answer is confirmed", mention.Answered, mention.Mention{}, with(func(m *mention.Mention) { m.Reply = reply }), mention.Confirmed, mention.Confirm},
		{"an unclaimed answer closes the task", mention.Open, mention.Mention{}, with(func(m *mention.Mention) { m.Reply = reply }), mention.Confirmed, mention.Confirm},
		{"one pass without the reply changes nothing", mention.Confirmed, replied, old, "", ""},
		{"one pass without the reply takes no claim back", mention.Answered, replied, old, "", ""},
		{"one pass without the reply reopens nothing that was closed", mention.Dismissed, replied, old, "", ""},
	}
	norms, err := Config{Norms: map[string]Norm{"complaint": complaint}}.Build()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			before := c.was
			if before.ID == "" {
				before = old
			}
			eff, err := norms.Seen(task(c.state), before, c.m, now)
			if err != nil {
				t.Fatal(err)
			}
			if eff.Task == nil {
				if c.want != "" {
					t.Fatalf("nothing follows, want %s", c.want)
				}
				return
			}
			if eff.Task.State != c.want || eff.Events[0].Verb != c.verb || eff.Was != 3 {
				t.Errorf("state %s by %s from version %d; want %s by %s from 3", eff.Task.State, eff.Events[0].Verb, eff.Was, c.want, c.verb)
			}
		})
	}
}

func TestNorms_Seen_OldReplyAfterEdit(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	norms := Norms{}
	reply := &mention.Reply{Text: "Спасибо за отзыв!", PublishedAt: now.Add(-48 * time.Hour)}
	old := mention.Mention{ID: "m1", Text: "Хороший сервис, спасибо ребятам", Rating: 5, Best: 5, Tone: mention.Positive, Reply: reply}
	m := old
	m.Text, m.Rating, m.Tone = "Через месяц всё сломалось, деньги не возвращают", 1, mention.Negative
	m.PublishedAt = now.Add(-time.Hour)
	task := mention.Task{ID: 7, Version: 2, State: mention.Confirmed, Places: []mention.Place{{Mention: "m1", Replies: mention.RepliesText}}}
	eff, err := norms.Seen(task, old, m, now)
	if err != nil {
		t.Fatal(err)
	}
	if eff.Task == nil || eff.Task.State != mention.Open {
		t.Fatalf("got %+v, want an open task: the reply answered the earlier text", eff.Task)
	}
	m.Reply = &mention.Reply{Text: "Разбираемся, напишите номер заказа", PublishedAt: now.Add(time.Hour)}
	eff, err = norms.Seen(*eff.Task, m, m, now.Add(2*time.Hour))
	if err != nil || eff.Task == nil || eff.Task.State != mention.Confirmed {
		t.Errorf("got %+v, %v; a reply after the edit confirms", eff.Task, err)
	}
}

func TestNorms_Raise(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	m := mention.Mention{ID: "m1", Source: "otzovik", Tone: mention.Negative}
	hold := now.Add(time.Hour)
	routes := []Route{
		{Rule: "негатив", Channel: "pr", Kind: mention.Complaint, HoldUntil: hold},
		{Rule: "всё", Channel: "pr", Kind: mention.Complaint},
		{Rule: "всё", Channel: "leads", Kind: mention.Complaint},
		{Rule: "сводка", Channel: "boss", Quiet: true},
	}
	t.Run("one task, one card a channel", func(t *testing.T) {
		eff, err := Norms{}.Raise(m, mention.RepliesText, routes, "negative", now)
		if err != nil {
			t.Fatal(err)
		}
		if len(eff.Notices) != 2 || eff.Notices[0].Channel != "pr" || !eff.Notices[0].At.Equal(hold) || eff.Notices[1].Channel != "leads" {
			t.Errorf("notices %+v, want pr (held) and leads", eff.Notices)
		}
		if eff.Task.State != mention.Open || eff.Task.Rule != "негатив" {
			t.Errorf("task %+v, want an open one by the first rule", eff.Task)
		}
	})
	t.Run("no route, no task", func(t *testing.T) {
		if eff, err := (Norms{}).Raise(m, mention.RepliesText, nil, "negative", now); err != nil || eff.Task != nil {
			t.Errorf("got %+v, %v", eff.Task, err)
		}
	})
	t.Run("an answer already on the page closes it", func(t *testing.T) {
		answered := m
		answered.Reply = &mention.Reply{Text: "Приносим извинения"}
		eff, err := Norms{}.Raise(answered, mention.RepliesText, routes, "negative", now)
		if err != nil || eff.Task.State != mention.Confirmed || !eff.Task.OnSite || len(eff.Events) != 2 {
			t.Errorf("got %+v with %d events, %v", eff.Task, len(eff.Events), err)
		}
	})
}

func TestNorms_Join(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	task := mention.Task{ID: 7, Version: 1, State: mention.Open, Places: []mention.Place{{Mention: "m1", Source: "otzovik", Replies: mention.RepliesText}}}
	second := mention.Mention{ID: "m2", Source: "irecommend", Reply: &mention.Reply{Text: "Уже решаем"}}
	eff, err := Norms{}.Join(task, second, mention.RepliesText, now)
	if err != nil {
		t.Fatal(err)
	}
	if len(eff.Task.Places) != 2 || eff.Task.Places[1].SeenAt.IsZero() || eff.Task.State == mention.Confirmed || eff.Was != 1 {
		t.Errorf("got %+v from %d; the copy is answered, the first place is not", eff.Task, eff.Was)
	}
	again, err := Norms{}.Join(*eff.Task, second, mention.RepliesText, now)
	if err != nil || again.Task != nil {
		t.Errorf("joining twice gives %+v, %v", again.Task, err)
	}
}

func TestNorms_RaiseGust(t *testing.T) {
	a, b := &mention.Gust{Key: "a", Count: 3}, &mention.Gust{Key: "b", Count: 4}
	complaint := mention.Complaint
	for name, tt := range map[string]struct {
		routes []Route
		want   *mention.Gust
	}{
		"none asks":           {[]Route{{Channel: "pr", Kind: complaint}}, nil},
		"the first decides":   {[]Route{{Channel: "pr", Kind: complaint, Gust: a}, {Channel: "ops", Kind: complaint, Gust: b}}, &mention.Gust{Key: "a", Count: 3, Channels: []string{"pr"}}},
		"several channels":    {[]Route{{Channel: "pr", Kind: complaint, Gust: a}, {Channel: "boss", Kind: complaint}, {Channel: "ops", Kind: complaint, Gust: a}}, &mention.Gust{Key: "a", Count: 3, Channels: []string{"pr", "ops"}}},
		"thanks are no storm": {[]Route{{Channel: "pr", Kind: mention.Thanks, Gust: a}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			eff, err := Norms{}.Raise(mention.Mention{ID: "m"}, mention.RepliesText, tt.routes, "negative", time.Now())
			if err != nil || !reflect.DeepEqual(eff.Gust, tt.want) {
				t.Errorf("counted with %+v, %v; want %+v", eff.Gust, err, tt.want)
			}
		})
	}
	if len(a.Channels) > 0 {
		t.Errorf("the route's own gust has changed: %+v", a)
	}
}

func TestNorms_StormEscalatesOnce(t *testing.T) {
	n := Norms{"n": norm{Norm: Norm{Escalate: []string{"leads"}}}}
	call := func(id mention.TaskID, storm int64, by mention.Actor) string {
		task := mention.Task{ID: id, State: mention.Open, Norm: "n", Storm: storm}
		eff, err := n.act(task, mention.Action{Verb: mention.Escalate, Step: StepTakeDue, Actor: by})
		if err != nil || len(eff.Notices) != 1 {
			t.Fatalf("escalated: %+v, %v", eff, err)
		}
		return eff.Notices[0].Key
	}
	if a, b := call(1, 7, mention.System), call(2, 7, mention.System); a != b {
		t.Errorf("two calls for one storm: %s, %s", a, b)
	}
	if a, b := call(1, 0, mention.System), call(2, 0, mention.System); a == b {
		t.Errorf("one call for two complaints: %s", a)
	}
	if a, b := call(1, 7, mention.System), call(1, 7, mention.Actor{ID: "slack:U1"}); a == b {
		t.Errorf("a person's call is lost in the storm's: %s", a)
	}
}

func TestNorms_EditsOfOneWindow(t *testing.T) {
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	task := mention.Task{ID: 7, Version: 1, State: mention.Open, Channels: []string{"pr"}}
	line := func(minute int) mention.Notice {
		t.Helper()
		eff, err := Norms{}.act(task, mention.Action{Verb: mention.Edited, At: noon.Add(time.Duration(minute) * time.Minute)})
		if err != nil || len(eff.Notices) != 1 {
			t.Fatalf("an edit tells %+v, %v; want a line", eff.Notices, err)
		}
		return eff.Notices[0]
	}
	first, second, later := line(1), line(4), line(6)
	if first.Key != second.Key || !first.At.Equal(noon.Add(5*time.Minute)) {
		t.Errorf("two edits within five minutes are told as %s at %s and %s", first.Key, first.At, second.Key)
	}
	if later.Key == first.Key {
		t.Errorf("an edit of the next window is told as %s too", later.Key)
	}
}
