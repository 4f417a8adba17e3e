package store

import "sync"

// wakeChannel is the PostgreSQL channel on which daemons tell each other that
// a job was written.
const wakeChannel = "otklik_job"

// bell tells everyone who listens; a ring that nobody took yet is not repeated.
type bell struct {
	mu    sync.Mutex
	hears []chan struct{}
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.hears {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

func (b *bell) listen() <-chan struct{} {
	c := make(chan struct{}, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hears = append(b.hears, c)
	return c
}

// Wake returns a channel that receives after commits that wrote jobs, those of
// other daemons on the same PostgreSQL included. A signal may stand for many
// commits, and one may be lost with the connection, so wait no longer than
// until the next due time. Call it once per listener: each call makes a channel
// that lives as long as the Store.
func (s *Store) Wake() <-chan struct{} { return s.wake.listen() }
