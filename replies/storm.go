package replies

import (
	"context"
	"errors"
	"fmt"

	"otklik/mention"
)

// Storms are the times of many complaints at once, as the archive knows them.
type Storms interface {
	Storm(ctx context.Context, id int64) (mention.StormView, error)
	// OwnStorm makes who the owner of what the storm has yet to bring. It
	// reports mention.ErrRefused when somebody else owns it.
	OwnStorm(ctx context.Context, id int64, who mention.Actor) error
}

// TakeStorm makes who the owner of a storm and of every complaint of it that
// nobody has taken, and returns how many that were. Repeating it does what an
// interrupted one left undone.
func (d *Desk) TakeStorm(ctx context.Context, storms Storms, id int64, who mention.Actor) (int, error) {
	if err := storms.OwnStorm(ctx, id, who); err != nil {
		return 0, fmt.Errorf("take storm %d: %w", id, err)
	}
	v, err := storms.Storm(ctx, id)
	if err != nil {
		return 0, fmt.Errorf("take storm %d: %w", id, err)
	}
	taken := 0
	for _, t := range v.Tasks {
		if t.State != mention.Open {
			continue
		}
		_, err := d.Act(ctx, t.ID, mention.Action{Verb: mention.Take, Actor: who})
		switch {
		case errors.Is(err, mention.ErrRefused):
			continue // somebody was faster with this one
		case err != nil:
			return taken, fmt.Errorf("take storm %d: %w", id, err)
		}
		taken++
	}
	return taken, nil
}
