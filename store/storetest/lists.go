package storetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"otklik/mention"
	"otklik/store"
)

// names lists the external ids of tasks that f finds.
func (w *world) names(t *testing.T, f taskFilter) string {
	t.Helper()
	views, _, err := w.Tasks(t.Context(), f)
	check(t, err)
	out := ""
	for _, v := range views {
		out += v.Mention.ExternalID
	}
	return out
}

func testTaskList(t *testing.T, w *world) {
	for i, id := range []string{"a", "b", "c", "d"} {
		m := complaint(id)
		m.CollectedAt = start.Add(time.Duration(i) * time.Minute)
		switch id {
		case "b":
			m.Source, m.Rating, m.Tone, m.Topics = "2gis", 5, mention.Positive, []string{"персонал"}
		case "c":
			m.Rating, m.Best, m.Lang = 0, 0, "en"
		}
		w.add(t, raising, m)
	}
	due := func(id mention.TaskID, d time.Duration) {
		w.act(t, id, mention.Action{Verb: mention.Deliver, Actor: mention.System, Due: mention.Due{Take: w.now.Add(d), Answer: w.now.Add(d)}})
	}
	due(3, time.Hour)
	due(1, 2*time.Hour)
	w.act(t, 1, mention.Action{Verb: mention.Take, Actor: anna})
	w.act(t, 4, mention.Action{Verb: mention.Dismiss, Actor: anna, Reject: mention.Spam})
	w.act(t, 3, mention.Action{Verb: mention.Snooze, Actor: anna, Until: w.now.Add(time.Hour)})
	for _, c := range []struct {
		f    taskFilter
		want string
	}{
		{taskFilter{}, "cadb"},
		{taskFilter{Brand: "other"}, ""},
		{taskFilter{Brand: brand, Source: "2gis"}, "b"},
		{taskFilter{States: []mention.State{mention.Open}}, "cb"},
		{taskFilter{States: []mention.State{mention.Taken, mention.Dismissed}}, "ad"},
		{taskFilter{Kind: mention.Thanks}, ""},
		{taskFilter{Owner: anna.ID}, "a"},
		{taskFilter{Free: true, States: []mention.State{mention.Open}}, "cb"},
		{taskFilter{Tone: mention.Negative}, "cad"},
		{taskFilter{MinStars: 4}, "b"},
		{taskFilter{MaxStars: 3}, "ad"},
		{taskFilter{Topic: "доставка"}, "cad"},
		{taskFilter{Topic: "карты"}, ""},
		{taskFilter{Lang: "en"}, "c"},
		{taskFilter{From: start.Add(time.Minute), To: start.Add(3 * time.Minute)}, "cb"},
		{taskFilter{Awake: true}, "adb"},
		{taskFilter{Overdue: true}, ""},
	} {
		if got := w.names(t, c.f); got != c.want {
			t.Errorf("tasks of %+v: %q, want %q", c.f, got, c.want)
		}
	}
	w.now = start.Add(90 * time.Minute)
	same(t, "overdue", w.names(t, taskFilter{Overdue: true}), "c")
	same(t, "awake again", w.names(t, taskFilter{Awake: true}), "cadb")
}

func testTaskPages(t *testing.T, w *world) {
	const n = 23
	for i := range n {
		m := complaint(fmt.Sprintf("%02d", i))
		m.CollectedAt = start.Add(time.Duration(i%5) * time.Minute) // many with the same rank
		w.add(t, raising, m)
	}
	for _, words := range []string{"", "привезли карта"} {
		seen := make(map[mention.TaskID]bool)
		pages, f := 0, taskFilter{Limit: 5, Words: words}
		for {
			views, next, err := w.Tasks(t.Context(), f)
			check(t, err)
			for _, v := range views {
				if seen[v.Task.ID] {
					t.Errorf("task %d is on two pages", v.Task.ID)
				}
				seen[v.Task.ID] = true
			}
			pages++
			if f.After = next; next == "" {
				break
			}
		}
		same(t, "pages and tasks", []int{pages, len(seen)}, []int{5, n})
	}
	if _, _, err := w.Tasks(t.Context(), taskFilter{After: "x"}); !errors.Is(err, store.ErrCursor) {
		t.Errorf("a wrong cursor: %v, want ErrCursor", err)
	}
}

func testWords(t *testing.T, w *world) {
	texts := map[string]string{
		"a": "Курьер привёз сломанный чайник, деньги не вернули",
		"b": "Курьеры вежливые, привезли вовремя",
		"c": "The courier broke my kettle and nobody refunds the money",
		"d": "Чайник кипит",
	}
	for _, id := range []string{"a", "b", "c", "d"} {
		m := complaint(id)
		m.Title, m.Text, m.Pros, m.Cons = "", texts[id], "", ""
		w.add(t, raising, m)
	}
	for _, c := range []struct{ words, want string }{
		{"курьера", "ba"}, {"курьер чайники", "a"}, {"ПРИВЁЗ", "a"}, {"привез", "a"}, {"refund kettles", "c"},
		{"деньгами", "a"}, {"слон", ""}, {"не", ""}, {`" OR ( NOT * чайник`, "da"}, {"!!!", ""},
	} {
		if got := w.names(t, taskFilter{Words: c.words}); got != c.want {
			t.Errorf("search for %q: %q, want %q", c.words, got, c.want)
		}
		list, _, err := w.Mentions(t.Context(), store.MentionFilter{Words: c.words})
		check(t, err)
		if len(list) != len(c.want) {
			t.Errorf("mentions with %q: %d, want %d", c.words, len(list), len(c.want))
		}
	}
}

func testSieve(t *testing.T, w *world) {
	for i := range 230 { // more than a sieve reads at first
		m := complaint(fmt.Sprint(i % 10))
		m.ExternalID = fmt.Sprint(i)
		m.Text = map[bool]string{true: "Красный чайник", false: "Чайник и красный шарф"}[i%10 == 0]
		w.add(t, raising, m)
	}
	phrase := func(words string) bool { return strings.Contains(words, "Красный чайник") }
	f := taskFilter{Any: []string{"слон", "чайники красные"}, Sift: phrase, Limit: 9}
	sizes, after := []int{}, "first"
	for f.After = ""; after != ""; f.After = after {
		views, next, err := w.Tasks(t.Context(), f)
		check(t, err)
		for _, v := range views {
			if !phrase(v.Mention.Words()) {
				t.Errorf("it found %q", v.Mention.Text)
			}
		}
		sizes, after = append(sizes, len(views)), next
	}
	same(t, "pages", sizes, []int{9, 9, 5})
	// Of what the words find two hundred texts are read for a page.
	var found []int
	after = "first"
	for all := (store.MentionFilter{Any: f.Any, Sift: phrase, Limit: 30}); after != ""; all.After = after {
		list, next, err := w.Mentions(t.Context(), all)
		check(t, err)
		found, after = append(found, len(list)), next
	}
	same(t, "mentions", found, []int{20, 3})
	// What no index can narrow, or what is true of every text, is read through.
	for _, either := range [][]string{nil, {"слон", "не"}} {
		if views, _, err := w.Tasks(t.Context(), taskFilter{Any: either, Sift: phrase, Limit: 100}); err != nil || len(views) != 23 {
			t.Errorf("any of %q: %d, %v; want 23", either, len(views), err)
		}
	}
	nothing := taskFilter{Any: []string{"чайник"}, Sift: func(string) bool { return false }}
	for _, isLast := range []bool{false, true} {
		views, next, err := w.Tasks(t.Context(), nothing)
		check(t, err)
		same(t, "nothing passes", []any{len(views), next == ""}, []any{0, isLast})
		nothing.After = next
	}
}

// testLongFilters asks for tasks whose language and topics have no room in an index.
func testLongFilters(t *testing.T, w *world) {
	m := complaint("a")
	m.Lang, m.Topics = strings.Repeat("я", 3000), nil
	for i := range 400 {
		m.Topics = append(m.Topics, fmt.Sprintf("тема, %d", i))
	}
	w.add(t, raising, m)
	m.Text = "Всё ещё не привезли"
	w.add(t, raising, m)
	for topic, want := range map[string]string{"тема, 1": "a", "тема, 399": "", "тема": "", "тема_ 1": ""} {
		same(t, topic, w.names(t, taskFilter{Topic: topic}), want)
	}
	same(t, "topics of the mention", len(must(w.View(t.Context(), 1))(t).Mention.Topics), 400)
}

func testCount(t *testing.T, w *world) {
	for i := range 7 {
		w.add(t, raising, complaint(fmt.Sprint(i)))
	}
	w.act(t, 1, mention.Action{Verb: mention.Take, Actor: anna})
	for _, c := range []struct {
		f    taskFilter
		most int
		want int
	}{
		{taskFilter{}, 100, 7},
		{taskFilter{}, 3, 3},
		{taskFilter{States: []mention.State{mention.Open}, After: "9.9"}, 100, 6},
		{taskFilter{Words: "карты", Owner: anna.ID}, 100, 1},
	} {
		got, err := w.CountTasks(t.Context(), c.f, c.most)
		check(t, err)
		same(t, fmt.Sprintf("tasks of %+v up to %d", c.f, c.most), got, c.want)
	}
}

func testMentionList(t *testing.T, w *world) {
	for i, id := range []string{"a", "b", "c"} {
		m := complaint(id)
		m.CollectedAt = start.Add(time.Duration(i) * time.Minute)
		if id == "b" {
			m.Tone, m.Rating, m.Author, m.SourceID = mention.Positive, 5, "Зоя", "otzovik-2"
			w.add(t, raising, m)
			continue
		}
		w.add(t, quiet, m)
	}
	for _, c := range []struct {
		f    store.MentionFilter
		want string
	}{
		{store.MentionFilter{}, "cba"},
		{store.MentionFilter{Brand: brand, Source: "otzovik", Lang: "ru", Topic: "доставка"}, "cba"},
		{store.MentionFilter{SourceID: "otzovik-2"}, "b"},
		{store.MentionFilter{Author: "Зоя"}, "b"},
		{store.MentionFilter{Tone: mention.Negative, MaxStars: 2}, "ca"},
		{store.MentionFilter{MinStars: 2}, "b"},
		{store.MentionFilter{From: start.Add(time.Minute), To: start.Add(2 * time.Minute)}, "b"},
		{store.MentionFilter{Published: [2]time.Time{start}}, ""},
		{store.MentionFilter{Tasked: true}, "b"},
	} {
		list, next, err := w.Mentions(t.Context(), c.f)
		check(t, err)
		got := ""
		for _, m := range list {
			got += m.ExternalID
		}
		if got != c.want || next != "" {
			t.Errorf("mentions of %+v: %q, next %q; want %q", c.f, got, next, c.want)
		}
	}
	first, next, err := w.Mentions(t.Context(), store.MentionFilter{Limit: 2})
	check(t, err)
	rest, end, err := w.Mentions(t.Context(), store.MentionFilter{Limit: 2, After: next})
	check(t, err)
	same(t, "pages", []any{len(first), len(rest), rest[0].ExternalID, end}, []any{2, 1, "a", ""})
}
