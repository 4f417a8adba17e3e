package store

import (
	"context"
	"fmt"
	"slices"

	"otklik/mention"
)

// markGone labels mentions that their pages no longer show. Nothing else of
// them changes: what was said stays in the archive.
func (t *tx) markGone(ctx context.Context, ids []mention.ID) error {
	for _, id := range ids {
		var text string
		err := notFound(t.row(ctx, `SELECT labels FROM mention WHERE id = $1`, string(id)).Scan(&text))
		if err != nil {
			return fmt.Errorf("mark mention %s gone: %w", id, err)
		}
		var labels []string
		if err := decode(text, &labels); err != nil {
			return fmt.Errorf("labels of mention %s: %w", id, err)
		}
		if slices.Contains(labels, mention.Gone) {
			continue
		}
		if text, err = encodeList(append(labels, mention.Gone)); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `UPDATE mention SET labels = $1 WHERE id = $2`, text, string(id)); err != nil {
			return fmt.Errorf("mark mention %s gone: %w", id, err)
		}
	}
	return nil
}
