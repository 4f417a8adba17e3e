package intake

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"otklik/mention"
)

const (
	// goneAfter is how many clean passes in a row must have reached the place
	// of a mention without finding it.
	goneAfter = 3
	// goneMargin keeps dates without a time of day, and other zones, from
	// putting a mention above the oldest that was seen.
	goneMargin = 24 * time.Hour
	// goneLimit bounds the mentions that one pass is compared with.
	goneLimit = 200
)

// gone compares a clean pass over a list in date order with what the archive
// has from the same stretch of time. A mention that several such passes in a
// row did not show is no longer on its page: it gets a label, and its task a
// line of history. A page that has not changed since lacks what it lacked; a
// failed pass, or one that did not reach the mention's place, proves nothing.
func (w *Watch) gone(ctx context.Context, s Watched, run mention.Run, pass *Pass, after *mention.Source) ([]mention.Effects, error) {
	if !s.Ordered || pass.silent {
		return nil, nil
	}
	absent, err := w.absent(ctx, s, run, pass, after.Missing)
	if err != nil || !run.Verdict.Good() {
		return nil, err
	}
	missing := map[mention.ID]int{}
	var effects []mention.Effects
	for _, id := range absent {
		if missing[id] = after.Missing[id] + 1; missing[id] < goneAfter {
			continue
		}
		delete(missing, id)
		eff, err := w.lose(ctx, id)
		if err != nil {
			return nil, err
		}
		effects = append(effects, eff)
	}
	after.Missing = missing
	return effects, nil
}

// absent returns the mentions that the pages of run should have had.
func (w *Watch) absent(ctx context.Context, s Watched, run mention.Run, pass *Pass, missing map[mention.ID]int) ([]mention.ID, error) {
	if run.Verdict != mention.OK || run.Reached.IsZero() {
		return slices.Sorted(maps.Keys(missing)), nil
	}
	stretch := [2]time.Time{run.Reached.Add(goneMargin), run.EndAt.Add(-goneMargin)}
	known, _, err := w.records.Mentions(ctx, mention.MentionFilter{SourceID: s.Source.ID, Published: stretch, Limit: goneLimit})
	if err != nil {
		return nil, fmt.Errorf("read what %s showed before: %w", s.Source.ID, err)
	}
	var out []mention.ID
	for _, m := range known {
		if !pass.seen[m.ID] && !slices.Contains(m.Labels, mention.Gone) {
			out = append(out, m.ID)
		}
	}
	return out, nil
}

// lose returns what follows from a mention being gone.
func (w *Watch) lose(ctx context.Context, id mention.ID) (mention.Effects, error) {
	eff := mention.Effects{}
	t, err := w.records.TaskOf(ctx, id)
	switch {
	case err == nil:
		if eff, err = w.intake.Desk.Lost(t, w.intake.Now()); err != nil {
			return eff, fmt.Errorf("tell task M-%d that its mention is gone: %w", t.ID, err)
		}
	case !errors.Is(err, mention.ErrNotFound):
		return eff, fmt.Errorf("look for the task of %s: %w", id, err)
	}
	eff.Gone = append(eff.Gone, id)
	return eff, nil
}
