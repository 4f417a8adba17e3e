package alerts

// What a dispatcher remembers between sends. All of it may be lost: then a
// note is not told, or a channel is searched once more than needed.

// maxUnsent bounds the memory of certain failures; forgetting one costs a
// look into the channel.
const maxUnsent = 4096

// moved counts what went to another channel, to be told when the first works again.
type moved struct {
	count int
	to    string
}

// miss counts a message of channel that went to another one.
func (d *Dispatcher) miss(channel, to string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.moved == nil {
		d.moved = map[string]moved{}
	}
	d.moved[channel] = moved{count: d.moved[channel].count + 1, to: to}
}

func (d *Dispatcher) missed(channel string) moved {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.moved[channel]
}

// told takes off what a message has just said; more may have been moved meanwhile.
func (d *Dispatcher) told(channel string, m moved) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if left := d.moved[channel].count - m.count; left > 0 {
		d.moved[channel] = moved{count: left, to: d.moved[channel].to}
		return
	}
	delete(d.moved, channel)
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
