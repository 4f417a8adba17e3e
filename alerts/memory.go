package alerts

import (
	"context"
	"encoding/json"
	"errors"

	"otklik/mention"
)

// What a dispatcher remembers between sends. All of it may be lost: then a
// note is not told, or a channel is searched once more than needed.

// maxUnsent bounds the memory of certain failures; forgetting one costs a
// look into the channel.
const maxUnsent = 4096

// Memo keeps small values between runs, and for all daemons.
type Memo interface {
	// Saved returns a value, or mention.ErrNotFound.
	Saved(ctx context.Context, name string) (string, error)
	Save(ctx context.Context, name, value string) error
}

// moved counts what went to another channel, to be told when the first works again.
type moved struct {
	Count int    `json:"count"`
	To    string `json:"to"`
}

func movedName(channel string) string { return "alerts moved " + channel }

// miss counts a message of channel that went to another one. What cannot be
// kept is told to nobody: the messages themselves are where they went.
func (d *Dispatcher) miss(ctx context.Context, channel, to string) {
	d.keepMoved(ctx, channel, moved{Count: d.missed(ctx, channel).Count + 1, To: to})
}

// missed returns what went elsewhere and has not been told.
func (d *Dispatcher) missed(ctx context.Context, channel string) moved {
	if d.Memo == nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.moved[channel]
	}
	var m moved
	value, err := d.Memo.Saved(ctx, movedName(channel))
	if err == nil && value != "" {
		err = json.Unmarshal([]byte(value), &m)
	}
	if err != nil && !errors.Is(err, mention.ErrNotFound) {
		d.Log.Warn("count of moved alerts not read", "channel", channel, "err", err)
	}
	return m
}

// told takes off what a message has just said; more may have been moved meanwhile.
func (d *Dispatcher) told(ctx context.Context, channel string, m moved) {
	if m.Count == 0 {
		return
	}
	d.keepMoved(ctx, channel, moved{Count: max(0, d.missed(ctx, channel).Count-m.Count), To: m.To})
}

func (d *Dispatcher) keepMoved(ctx context.Context, channel string, m moved) {
	if d.Memo == nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.moved == nil {
			d.moved = map[string]moved{}
		}
		d.moved[channel] = m
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
	defer cancel()
	value, err := json.Marshal(m)
	if err == nil {
		err = d.Memo.Save(ctx, movedName(channel), string(value))
	}
	if err != nil {
		d.Log.Warn("count of moved alerts not kept", "channel", channel, "err", err)
	}
}

// renew carries the knowledge that a notice is unsent over to the next attempt
// of its job. After an attempt of somebody else it is worth nothing.
func (d *Dispatcher) renew(id int64, attempt int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	known, ok := d.unsent[id]
	switch {
	case ok && known == attempt-1:
		d.unsent[id] = attempt
	case ok && known != attempt:
		delete(d.unsent, id)
	}
}

func (d *Dispatcher) isUnsent(id int64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, ok := d.unsent[id]
	return ok
}

func (d *Dispatcher) remember(id int64, attempt int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.unsent == nil || len(d.unsent) >= maxUnsent {
		d.unsent = map[int64]int{}
	}
	d.unsent[id] = attempt
}

func (d *Dispatcher) forget(id int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.unsent, id)
}
