package demo

import (
	"net/http"
	"strconv"
	"time"
)

// FaultKind names a way in which a call to Slack can go wrong.
type FaultKind string

// The faults.
const (
	RateLimited FaultKind = "ratelimited"  // 429 with Retry-After
	ServerError FaultKind = "server_error" // 500 before any effect
	CutBefore   FaultKind = "cut_before"   // the connection breaks, nothing happened
	CutAfter    FaultKind = "cut_after"    // it happened, but the answer is lost
	Slow        FaultKind = "slow"         // the answer waits for After
	Refuse      FaultKind = "refuse"       // ok: false with Code
)

// Fault is one failure to inject. After is the Retry-After of RateLimited
// (one second when zero) and the delay of Slow. Code is the error of Refuse.
type Fault struct {
	Kind  FaultKind
	After time.Duration
	Code  string
}

// FailNext makes the next calls of method ("*" for any method) fail, one per
// fault, in order.
func (s *Slack) FailNext(method string, faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[method] = append(s.faults[method], faults...)
}

// Down makes every call answer 503 and closes the sockets, until Up.
func (s *Slack) Down() {
	s.mu.Lock()
	s.down = true
	sockets := s.sockets
	s.sockets = nil
	s.mu.Unlock()
	for _, k := range sockets {
		k.close()
	}
}

// Up ends Down.
func (s *Slack) Up() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = false
}

// Revoke makes every call answer token_revoked, until Restore.
func (s *Slack) Revoke() { s.setRevoked(true) }

// Restore makes the token valid again after Revoke.
func (s *Slack) Restore() { s.setRevoked(false) }

func (s *Slack) setRevoked(revoked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoked = revoked
}

// nextFault counts the call and takes the fault that is due for it, if any.
func (s *Slack) nextFault(method string) (f Fault, down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[method]++
	if s.down {
		return Fault{}, true
	}
	for _, name := range [...]string{method, "*"} {
		if queue := s.faults[name]; len(queue) > 0 {
			s.faults[name] = queue[1:]
			return queue[0], false
		}
	}
	return Fault{}, false
}

// spoil acts out the faults that come before any effect and reports whether
// the call is over. A cut connection is a panic with http.ErrAbortHandler,
// which net/http and InProcess both turn into a broken connection.
func (f Fault) spoil(w http.ResponseWriter, r *http.Request) bool {
	switch f.Kind {
	case RateLimited:
		f.answerLimited(w)
	case ServerError:
		http.Error(w, "internal error", http.StatusInternalServerError)
	case CutBefore:
		panic(http.ErrAbortHandler)
	case Refuse:
		writeJSON(w, http.StatusOK, failure{Error: f.Code})
	case Slow:
		timer := time.NewTimer(f.After)
		defer timer.Stop()
		select {
		case <-timer.C:
			return false
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	default:
		return false
	}
	return true
}

// answerLimited answers 429 with After in whole seconds, rounded up.
func (f Fault) answerLimited(w http.ResponseWriter) {
	seconds := max(1, int((f.After+time.Second-1)/time.Second))
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	writeJSON(w, http.StatusTooManyRequests, failure{Error: "ratelimited"})
}
