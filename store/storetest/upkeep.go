package storetest

import (
	"errors"
	"testing"
	"time"

	"otklik/mention"
	"otklik/store"
)

func testErase(t *testing.T, w *world) {
	m, other := complaint("1"), complaint("2")
	other.Author = "Зоя"
	w.add(t, raising, m, other)
	edited := m
	edited.Text = "Пётр был здесь"
	w.add(t, quiet, edited)
	n, err := w.Erase(t.Context(), store.Person{Source: m.Source, Author: m.Author}, "hash")
	check(t, err)
	same(t, "blanked", n, 1)

	got := must(w.Mention(t.Context(), m.Key().ID()))(t)
	want := mention.Mention{ID: got.ID, Brand: m.Brand, Source: m.Source, ExternalID: m.ExternalID, SourceID: m.SourceID,
		Rating: m.Rating, Best: m.Best, PublishedAt: m.PublishedAt, EditedAt: got.EditedAt, CollectedAt: m.CollectedAt, Lang: m.Lang,
		Tone: m.Tone, Confidence: m.Confidence, Conflict: true, Topics: m.Topics, Comments: 2, Likes: 3, Views: 40,
		Revision: 1, Fingerprint: m.Fingerprint}
	same(t, "what remains", got, want)
	same(t, "revisions", must(w.Revisions(t.Context(), got.ID))(t), []mention.Revision(nil))
	task := must(w.TaskOf(t.Context(), got.ID))(t)
	same(t, "where the task's complaint stands", []any{task.Places[0].Mention, task.Places[0].URL}, []any{got.ID, ""})
	next := task
	next.Version++
	// Who read the task before it was erased must not write the words back.
	if err := w.Apply(t.Context(), mention.Effects{Task: &next, Was: 1}); !errors.Is(err, mention.ErrConflict) {
		t.Errorf("saving what was read before: %v, want ErrConflict", err)
	}
	check(t, w.Apply(t.Context(), mention.Effects{Task: &next, Was: task.Version}))
	same(t, "found by what they wrote", w.names(t, taskFilter{Words: "привезли"}), "2")
	same(t, "the same page again", w.add(t, quiet, edited), mention.Added{Same: 1})
	same(t, "known hashes", must(w.Erased(t.Context(), []string{"hash", "other"}))(t), map[string]bool{"hash": true})
	if _, err := w.Erase(t.Context(), store.Person{Source: m.Source}, "x"); !errors.Is(err, mention.ErrRefused) {
		t.Errorf("erasing everybody: %v, want ErrRefused", err)
	}
}

func testEraseSlots(t *testing.T, w *world) {
	m := complaint("1")
	_, err := w.Add(t.Context(), []mention.Entry{{Mention: m, Bands: []uint64{1}, Quiet: true}}, quiet)
	check(t, err)
	must(w.Erase(t.Context(), store.Person{Source: m.Source, Author: m.Author}, "hash"))(t)
	m.ID = m.Key().ID()
	check(t, w.Apply(t.Context(), raise(m))) // it would be filed under its words of before
	_, err = w.Add(t.Context(), []mention.Entry{{Mention: complaint("2"), Bands: []uint64{1}}},
		func(_ mention.Entry, _ *mention.Prior, near []mention.Prior) ([]mention.Effects, error) {
			same(t, "copies of erased words", len(near), 0)
			return nil, nil
		})
	check(t, err)
}

func testPurge(t *testing.T, w *world) {
	old, tasked, fresh := complaint("old"), complaint("tasked"), complaint("fresh")
	fresh.CollectedAt = start.Add(100 * 24 * time.Hour)
	w.add(t, quiet, old)
	_, err := w.Add(t.Context(), []mention.Entry{{Mention: tasked, Bands: []uint64{1}}}, raising)
	check(t, err)
	w.add(t, quiet, fresh)
	run := mention.Run{Source: "s", StartAt: start, Verdict: mention.OK}
	check(t, w.SaveRun(t.Context(), run, mention.Source{ID: "s"}))
	w.now = start.Add(101 * 24 * time.Hour)
	same(t, "for ever", must(w.Purge(t.Context(), store.Keep{}))(t), store.Purged{Bands: 1})
	keep := store.Keep{Mentions: 30 * 24 * time.Hour, Runs: 30 * 24 * time.Hour}
	same(t, "a month", must(w.Purge(t.Context(), keep))(t), store.Purged{Mentions: 1, Runs: 1})
	list, _, err := w.Mentions(t.Context(), store.MentionFilter{Words: "привезли"})
	check(t, err)
	if len(list) != 2 || list[0].ExternalID != "fresh" || list[1].ExternalID != "tasked" {
		t.Errorf("left: %+v", list)
	}
	same(t, "an old one again", w.add(t, quiet, old), mention.Added{New: 1})
}

func testFigures(t *testing.T, w *world) {
	for i, id := range []string{"a", "b", "c"} {
		m := complaint(id)
		m.CollectedAt = start.Add(time.Duration(i) * 7 * time.Hour)
		w.add(t, raising, m)
	}
	same(t, "tasks", must(w.CountTasks(t.Context(), taskFilter{}, 100))(t), 3)
	same(t, "tasks, bounded", must(w.CountTasks(t.Context(), taskFilter{Words: "привезли"}, 2))(t), 2)
	events := must(w.EventsBetween(t.Context(), start.Add(time.Hour), start.Add(20*time.Hour)))(t)
	same(t, "events", []any{len(events), events[0].Task, events[1].Task}, []any{2, 2, 3})
}
