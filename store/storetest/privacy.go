package storetest

import (
	"testing"
	"time"

	"otklik/mention"
	"otklik/store"
)

func testHideAuthors(t *testing.T, w *world) {
	old, fresh := complaint("old"), complaint("fresh")
	fresh.CollectedAt = start.Add(24 * time.Hour)
	w.add(t, quiet, old, fresh)
	same(t, "written", len(must(w.Written(t.Context(), store.Person{Author: old.Author}, 10))(t)), 2)
	same(t, "hidden", must(w.HideAuthors(t.Context(), start.Add(time.Hour)))(t), 1)
	got := must(w.Mention(t.Context(), old.Key().ID()))(t)
	same(t, "the old one", []string{got.Author, got.AuthorURL, got.Text}, []string{"", "", old.Text})
	same(t, "again", must(w.HideAuthors(t.Context(), start.Add(time.Hour)))(t), 0)
	same(t, "written now", len(must(w.Written(t.Context(), store.Person{Author: old.Author, Source: old.Source}, 10))(t)), 1)
	same(t, "saved once", must(w.SaveOnce(t.Context(), "key", "a"))(t), "a")
	same(t, "saved twice", must(w.SaveOnce(t.Context(), "key", "b"))(t), "a")
	same(t, "the same page again", w.add(t, quiet, old), mention.Added{Same: 1})
}
