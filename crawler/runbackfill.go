package crawler

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"otklik/mention"
)

// Backfill says how far into history to walk.
type Backfill struct {
	// Since is the date at which a list in date order ends; zero means all of it.
	Since time.Time
	// Requests bounds this walk; zero means the configured budget of a pass.
	Requests int
	// Cursors keeps the place, so that a walk that was killed or has spent its
	// requests goes on there. Nil: every walk begins anew.
	Cursors Cursors
}

// Cursors keeps where the walks through history are. Values are some
// kilobytes at most and may hold the source's own credentials.
type Cursors interface {
	// Cursor returns what was saved for the source, nil when there is nothing.
	Cursor(ctx context.Context, id mention.SourceID) ([]byte, error)
	// SaveCursor replaces it; an empty value means that the walk is complete.
	SaveCursor(ctx context.Context, id mention.SourceID, value []byte) error
}

// Backfill walks src's history. The sink must be one that alerts nobody. The
// place is saved after every page that the sink took; the run's note says
// whether the walk is complete.
func (c *Crawler) Backfill(ctx context.Context, src Source, sink Sink, b Backfill) (mention.Run, error) {
	known, err := c.authorised(ctx, src)
	if err != nil {
		return c.stranger(src, err), ctx.Err()
	}
	return c.walk(ctx, known, siteReader{src: known}, sink, mention.Source{}, newBackfill(known, b, c.cfg.Requests))
}

// backfill is a walk through history under way.
type backfill struct {
	Backfill
	id      mention.SourceID
	ordered bool
	budget  int
	left    []Request // the starts from the present one on
}

func newBackfill(src Source, b Backfill, requests int) *backfill {
	if b.Requests > 0 {
		requests = b.Requests
	}
	return &backfill{Backfill: b, id: src.ID, ordered: src.Site.NewestFirst, budget: requests}
}

// cursor is a saved place: the requests still to be made, the next one first.
// It holds only for the date it was made for: another one begins anew.
type cursor struct {
	Since time.Time `json:"since"`
	Left  []Request `json:"left"`
}

// resume returns the requests to begin with.
func (b *backfill) resume(ctx context.Context, starts []Request) ([]Request, error) {
	if b.Cursors == nil {
		return starts, nil
	}
	value, err := b.Cursors.Cursor(ctx, b.id)
	if err != nil {
		return nil, fmt.Errorf("read the place of the walk: %w", err)
	}
	if len(value) == 0 {
		return starts, nil
	}
	var saved cursor
	if err := json.Unmarshal(value, &saved); err != nil {
		return nil, fmt.Errorf("read the place of the walk: %w", err)
	}
	if len(saved.Left) == 0 || !saved.Since.Equal(b.Since) {
		return starts, nil
	}
	return saved.Left, nil
}

// after saves the place behind a page that was taken, and says where to go;
// lists are those of items that come behind all others.
func (b *backfill) after(ctx context.Context, page Page, items []mention.Mention, lists []Request) (step, error) {
	next := page.Next
	if b.ordered && !page.Unordered && next != nil && b.past(items) {
		next = nil
	}
	left := slices.Concat(b.left[1:], lists)
	if next != nil {
		left = append([]Request{*next}, left...)
	}
	return step{next: next}, b.save(ctx, left)
}

// past reports whether the page has dated items, all but the pinned older than Since.
func (b *backfill) past(items []mention.Mention) bool {
	dated := false
	for _, m := range items {
		if m.PublishedAt.IsZero() || slices.Contains(m.Labels, pinned) {
			continue
		}
		if dated = true; !m.PublishedAt.Before(b.Since) {
			return false
		}
	}
	return dated
}

// finished forgets the place.
func (b *backfill) finished(ctx context.Context) error { return b.save(ctx, nil) }

func (b *backfill) save(ctx context.Context, left []Request) error {
	if b.Cursors == nil {
		return nil
	}
	var value []byte
	if len(left) > 0 {
		var err error
		if value, err = json.Marshal(cursor{Since: b.Since, Left: left}); err != nil {
			return fmt.Errorf("save the place of the walk: %w", err)
		}
	}
	if err := b.Cursors.SaveCursor(ctx, b.id, value); err != nil {
		return fmt.Errorf("save the place of the walk: %w", err)
	}
	return nil
}
