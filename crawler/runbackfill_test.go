package crawler

import (
	"context"
	"fmt"
	"testing"
	"time"

	"otklik/mention"
)

// notes is a Cursors in memory.
type notes map[mention.SourceID][]byte

func (n notes) Cursor(_ context.Context, id mention.SourceID) ([]byte, error) { return n[id], nil }

func (n notes) SaveCursor(_ context.Context, id mention.SourceID, v []byte) error {
	n[id] = v
	return nil
}

func TestBackfill_ResumesAndEndsAtItsDate(t *testing.T) {
	site, sink, places, c := newPretend(t), newArchive(), notes{}, newCrawler(t, testConfig(), Deps{})
	for i := 1; i <= 9; i++ {
		site.pages[fmt.Sprint("/", i)] = townPage{Next: fmt.Sprint("/", i+1), Items: []townItem{
			{ID: fmt.Sprint("r", i), Text: "отзыв", Date: fmt.Sprintf("2026-%02d-15", 10-i)}}}
	}
	b := Backfill{Since: time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC), Requests: 2, Cursors: places}
	src := testSource()
	var pages []int
	for range 4 {
		r, err := c.walk(t.Context(), src, town{start: []string{site.url + "/1"}}, sink, mention.Source{}, newBackfill(src, b, 300))
		if err != nil || r.Verdict != mention.OK {
			t.Fatalf("%+v, err %v", r, err)
		}
		pages = append(pages, r.Pages)
		if len(places[src.ID]) == 0 {
			break
		}
	}
	if fmt.Sprint(pages) != "[2 2 2 1]" || len(sink.taken) != 7 {
		t.Errorf("walks of %v pages, taken %v; want [2 2 2 1], and r1 to r7, of which the last is past the date", pages, sink.taken)
	}
	for path, n := range site.hits {
		if n != 1 {
			t.Errorf("%s was read %d times", path, n)
		}
	}
}
