package main

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"

	"otklik/demo"
	"otklik/store"
)

// TestRedisWiped empties Redis between passes, and lets it refuse for a while:
// the archive decides meanwhile, and nobody is told anything twice. It runs in
// real time, because the server's sockets are real.
func TestRedisWiped(t *testing.T) {
	server := miniredis.RunT(t)
	s := newStory(t, settings{redis: "redis://" + server.Addr(), sources: `
      - {site: otzovik, slug: ` + demo.Slug + `, delay: 1ms}
      - {site: yandex-maps, org: "` + demo.Org + `", delay: 1ms}`})
	reach := outside{sites: demo.InProcess(s.hosts).Transport, chats: demo.InProcess(s.hosts).Transport}
	a, err := build(t.Context(), s.config(), slog.New(slog.NewTextHandler(s.log, nil)), reach)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if err := a.keepSources(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantTasks := func(after string, want int) {
		t.Helper()
		for _, w := range a.watch.Sources() {
			if run, err := a.watch.Pass(t.Context(), w); err != nil || !run.Verdict.Good() {
				t.Fatalf("pass over %s: %s %+v %v", w.Source.ID, run.Verdict, run.Evidence, err)
			}
		}
		tasks, _, err := a.store.Tasks(t.Context(), store.TaskFilter{Limit: 100})
		if err != nil || len(tasks) != want {
			t.Fatalf("%d tasks after %s, want %d (%v)", len(tasks), after, want, err)
		}
	}
	wantTasks("the silent first pass", 0)
	s.complain(demo.Otzovik, complaint)
	wantTasks("a complaint", 1)
	if len(server.Keys()) == 0 {
		t.Fatal("Redis remembers nothing")
	}
	server.FlushAll()
	wantTasks("Redis was wiped", 1)
	server.SetError("LOADING Redis is loading the dataset in memory")
	publish(t, s.town, 1)
	wantTasks("a complaint while Redis refused", 2)
	if h := a.health(t.Context()); !h.Ready || !strings.Contains(h.Parts["redis"], "LOADING") {
		t.Errorf("readiness while Redis refuses: %+v", h)
	}
	server.SetError("")
	server.FlushAll()
	wantTasks("Redis came back empty", 2)
	if n := strings.Count(s.log.String(), "memory is down"); n != 1 {
		t.Errorf("the log tells %d times that the memory is down, want once", n)
	}
}
