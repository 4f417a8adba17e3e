package inbox_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"otklik/inbox"
	"otklik/mention"
)

// stream opens live updates and returns their lines.
func (p *person) stream(ctx context.Context, path string) <-chan string {
	p.w.t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.w.web.URL+path, nil)
	check(p.w.t, err)
	resp, err := p.client.Do(req)
	check(p.w.t, err)
	if got := resp.Header.Get("Content-Type"); got != "text/event-stream" {
		p.w.t.Fatalf("%s: %d %s", path, resp.StatusCode, got)
	}
	lines := make(chan string, 100)
	go func() {
		defer resp.Body.Close()
		defer close(lines)
		for s := bufio.NewScanner(resp.Body); s.Scan(); {
			lines <- s.Text()
		}
	}()
	return lines
}

// until reads lines until one has the word, and returns how long it took.
func until(t *testing.T, lines <-chan string, word string) time.Duration {
	t.Helper()
	begin, patience := time.Now(), time.After(10*time.Second)
	for {
		select {
		case line, ok := <-lines:
			if !ok {
				t.Fatalf("the stream ended before %q", word)
			}
			if strings.Contains(line, word) {
				return time.Since(begin)
			}
		case <-patience:
			t.Fatalf("no %q in ten seconds", word)
		}
	}
}

func TestLive(t *testing.T) {
	w := newWorld(t)
	w.add(complaint("1"))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	p := w.signedIn("anna", mention.PR)
	lines := p.stream(ctx, "/live")
	until(t, lines, "event: changed") // the first look
	w.act(1, mention.Action{Verb: mention.Take, Actor: anna})
	if took := until(t, lines, "event: changed"); took > 3*time.Second {
		t.Errorf("a change was told after %s, want about a second", took)
	}
	boris := w.signedIn("boris", mention.PR)
	there, leave := context.WithCancel(ctx)
	boris.stream(there, "/live?task=1")
	until(t, lines, "event: presence")
	p.wants("/tasks/1", "Сейчас здесь", "Boris")
	p.wants("/", `class="here"`)
	boris.wantsNot("/tasks/1", "Сейчас здесь")
	leave()
	until(t, lines, "event: presence")
	p.wantsNot("/tasks/1", "Сейчас здесь")
}

// wire joins two daemons.
type wire struct{ ends []chan string }

func (w *wire) end() *wireEnd {
	e := &wireEnd{wire: w, in: make(chan string, 10)}
	w.ends = append(w.ends, e.in)
	return e
}

type wireEnd struct {
	wire *wire
	in   chan string
}

func (e *wireEnd) Publish(_ context.Context, message string) error {
	for _, c := range e.wire.ends {
		c <- message
	}
	return nil
}

func (e *wireEnd) Subscribe(ctx context.Context, heard func(string, bool)) error {
	heard("", true)
	for {
		select {
		case <-ctx.Done():
			return nil
		case m := <-e.in:
			heard(m, false)
		}
	}
}

func TestLive_twoDaemons(t *testing.T) {
	bus := &wire{}
	one, two := bus.end(), bus.end()
	here := newWorld(t, func(in *inbox.Inbox) { in.Bus = one })
	there := newWorld(t, func(in *inbox.Inbox) { in.Bus = two })
	here.add(complaint("1"))
	lines := here.person().stream(t.Context(), "/live")
	there.signedIn("boris", mention.PR).stream(t.Context(), "/live?task=1")
	until(t, lines, "event: presence")
	here.person().wants("/tasks/1", "Boris")
}
