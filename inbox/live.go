package inbox

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"otklik/mention"
)

// The rhythm of live updates.
const (
	lookEvery  = time.Second / 2  // how often the archive is asked while somebody listens
	beatEvery  = 15 * time.Second // presence and keep-alive
	presentFor = 40 * time.Second // how long a sign of presence holds
	maxPresent = 10_000           // signs that are kept
	linesHeld  = 8                // messages that wait for a slow browser
)

// hub tells open pages that something changed and who else is there. It
// sends no content: a page asks again for what it shows.
type hub struct {
	changes Changes
	sight   Sight
	bus     Bus
	now     func() time.Time
	log     *slog.Logger
	nudge   chan struct{} // somebody here changed something
	wake    <-chan struct{}

	mu        sync.Mutex
	listeners map[*listener]bool
	present   map[presence]time.Time
	closed    bool
}

// listener is one open page.
type listener struct {
	task  mention.TaskID // 0 for a list
	actor mention.Actor
	lines chan string
}

// presence is a person who has a task open.
type presence struct {
	task mention.TaskID
	who  mention.Actor
}

func newHub(c Changes, sight Sight, bus Bus, now func() time.Time, log *slog.Logger) *hub {
	return &hub{changes: c, sight: sight, bus: bus, now: now, log: log, nudge: make(chan struct{}, 1), wake: c.Wake(),
		listeners: map[*listener]bool{}, present: map[presence]time.Time{}}
}

// run watches the archive until ctx ends.
func (h *hub) run(ctx context.Context) error {
	var heard sync.WaitGroup
	if h.bus != nil {
		heard.Go(func() {
			if err := h.bus.Subscribe(ctx, h.hear); err != nil && ctx.Err() == nil {
				h.log.Warn("other daemons are not heard", "err", err)
			}
		})
	}
	defer heard.Wait()
	defer h.close()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	last := ""
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-h.wake:
		case <-h.nudge:
			last = "" // what waits for undo writes no event
		case <-tick.C:
		}
		last = h.look(ctx, last)
	}
}

// look tells everybody when the archive is not as it was.
func (h *hub) look(ctx context.Context, last string) string {
	if !h.isHeard() {
		return ""
	}
	mark, err := h.mark(ctx)
	if err != nil {
		if ctx.Err() == nil {
			h.log.Warn("look for changes", "err", err)
		}
		return last
	}
	if mark != last {
		h.tell("event: changed\ndata: " + strconv.FormatInt(h.now().UnixMilli(), 10) + "\n\n")
	}
	return mark
}

// mark is equal for equal lists: the last event, and which sources are blind.
func (h *hub) mark(ctx context.Context) (string, error) {
	event, err := h.changes.LastEvent(ctx)
	if err != nil {
		return "", err
	}
	sources, err := h.sight.Sources(ctx)
	if err != nil {
		return "", err
	}
	mark := strconv.FormatInt(event, 10)
	for _, src := range sources {
		if src.IsBlind() {
			mark += " " + string(src.ID)
		}
	}
	return mark, nil
}

// changed makes the hub look at once.
func (h *hub) changed() {
	select {
	case h.nudge <- struct{}{}:
	default:
	}
}

func (h *hub) isHeard() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.listeners) > 0
}

// tell sends a line to all pages; one that does not read misses it and is
// told the next time.
func (h *hub) tell(line string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for l := range h.listeners {
		select {
		case l.lines <- line:
		default:
		}
	}
}

func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for l := range h.listeners {
		close(l.lines)
		delete(h.listeners, l)
	}
}

// join adds a page; leave takes it away again.
func (h *hub) join(l *listener) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	h.listeners[l] = true
	return true
}

func (h *hub) leave(l *listener) {
	h.mu.Lock()
	delete(h.listeners, l)
	delete(h.present, presence{l.task, l.actor})
	h.mu.Unlock()
	h.tellPresence(l.task)
}

// beat is a sign of presence on its way to other daemons.
type beat struct {
	Task mention.TaskID `json:"task"`
	Who  mention.Actor  `json:"who"`
}

// appear notes that somebody has a task open, here and on other daemons.
func (h *hub) appear(ctx context.Context, l *listener) {
	if l.task == 0 {
		return
	}
	if h.note(presence{l.task, l.actor}) {
		h.tellPresence(l.task)
	}
	if h.bus == nil {
		return
	}
	if b, err := json.Marshal(beat{l.task, l.actor}); err == nil {
		if err := h.bus.Publish(ctx, string(b)); err != nil && ctx.Err() == nil {
			h.log.Debug("tell other daemons", "err", err)
		}
	}
}

// note keeps a sign of presence and reports whether it is new.
func (h *hub) note(p presence) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	for old, at := range h.present {
		if now.Sub(at) > presentFor {
			delete(h.present, old)
		}
	}
	_, known := h.present[p]
	if known || len(h.present) < maxPresent {
		h.present[p] = now
	}
	return !known
}

// hear takes in a sign from another daemon.
func (h *hub) hear(message string, lost bool) {
	var b beat
	if lost || json.Unmarshal([]byte(message), &b) != nil || b.Task == 0 {
		return
	}
	if h.note(presence{b.Task, b.Who}) {
		h.tellPresence(b.Task)
	}
}

func (h *hub) tellPresence(task mention.TaskID) {
	if task != 0 {
		h.tell(fmt.Sprintf("event: presence\ndata: %d\n\n", task))
	}
}

// others returns who has the task open besides self, by name.
func (h *hub) others(task mention.TaskID, self mention.Actor) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []string
	for p, at := range h.present {
		if p.task == task && p.who.ID != self.ID && h.now().Sub(at) <= presentFor {
			out = append(out, nameOf(p.who))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// live streams "something changed" and "somebody came" to an open page.
func (s *Server) live(w http.ResponseWriter, r *http.Request) error {
	task, err := strconv.ParseInt(r.FormValue("task"), 10, 64)
	if err != nil {
		task = 0
	}
	l := &listener{task: mention.TaskID(task), actor: who(r.Context()).Actor, lines: make(chan string, linesHeld)}
	if !s.hub.join(l) {
		return mention.ErrNotFound
	}
	defer s.hub.leave(l)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	out := http.NewResponseController(w)
	// The server's own deadline is for requests that end.
	if err := out.SetWriteDeadline(time.Time{}); err != nil {
		s.Log.Debug("live updates keep the write deadline", "part", "inbox", "err", err)
	}
	s.hub.appear(r.Context(), l)
	beats := time.NewTicker(beatEvery)
	defer beats.Stop()
	line, open := "retry: 2000\n\n", true
	for open {
		if _, err := w.Write([]byte(line)); err != nil {
			return nil // the page was closed
		}
		if err := out.Flush(); err != nil {
			return nil
		}
		select {
		case <-r.Context().Done():
			return nil
		case line, open = <-l.lines:
		case <-beats.C:
			line = ": here\n\n"
			s.hub.appear(r.Context(), l)
		}
	}
	return nil
}
