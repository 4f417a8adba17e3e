package bench

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Slow is a proxy on loopback behind which a server seems far away: what
// passes through it arrives late, in order, each way for itself. Bandwidth is
// not bounded. It is safe for concurrent use.
type Slow struct {
	listener    net.Listener
	target      string
	least, most atomic.Int64 // nanoseconds each way

	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	copies sync.WaitGroup
}

// NewSlow listens on a free port and passes connections on to target, a TCP
// address. Each way takes between least and most; the caller closes it.
func NewSlow(target string, least, most time.Duration) (*Slow, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	s := &Slow{listener: listener, target: target, conns: map[net.Conn]struct{}{}}
	s.Delay(least, most)
	s.copies.Go(s.accept)
	return s, nil
}

// Addr returns the address that stands for the target's.
func (s *Slow) Addr() string { return s.listener.Addr().String() }

// Delay changes how long each way takes from now on.
func (s *Slow) Delay(least, most time.Duration) {
	s.least.Store(int64(least))
	s.most.Store(int64(max(least, most)))
}

// Close ends all connections and waits for them.
func (s *Slow) Close() error {
	err := s.listener.Close()
	s.mu.Lock()
	for c := range s.conns {
		c.Close()
	}
	s.conns = nil
	s.mu.Unlock()
	s.copies.Wait()
	return err
}

func (s *Slow) accept() {
	for {
		near, err := s.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		far, err := net.Dial("tcp", s.target)
		if err != nil { // the target is away: so is this
			near.Close()
			continue
		}
		if !s.keep(near, far) {
			return
		}
		s.copies.Go(func() { s.carry(far, near) })
		s.copies.Go(func() { s.carry(near, far) })
	}
}

// keep notes connections for Close; it closes them when that has come before.
func (s *Slow) keep(conns ...net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range conns {
		if s.conns == nil {
			c.Close()
			continue
		}
		s.conns[c] = struct{}{}
	}
	return s.conns != nil
}

// late is what was read, and when it may arrive.
type late struct {
	bytes []byte
	at    time.Time
}

// carry passes on what comes from src, until one of them ends.
func (s *Slow) carry(dst, src net.Conn) {
	ways := make(chan late, 1024) // more than clients send before they wait
	s.copies.Go(func() {
		defer src.Close()
		defer dst.Close()
		for l := range ways {
			if d := time.Until(l.at); d > 0 {
				<-time.After(d)
			}
			if _, err := dst.Write(l.bytes); err != nil {
				break
			}
		}
		for range ways { // so that the reader ends
		}
	})
	defer close(ways)
	for {
		b := make([]byte, 32<<10)
		n, err := src.Read(b)
		if n > 0 {
			ways <- late{b[:n], time.Now().Add(s.delay())}
		}
		if err != nil {
			return
		}
	}
}

// delay returns the length of one way.
func (s *Slow) delay() time.Duration {
	least := s.least.Load()
	return time.Duration(least + rand.Int64N(max(0, s.most.Load()-least)+1))
}
