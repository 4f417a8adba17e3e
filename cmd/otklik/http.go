package main

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"otklik/mention"
)

// routes is the table of everything the daemon serves.
func (a *app) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", a.healthz)
	mux.HandleFunc("GET /readyz", a.readyz)
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.registry, promhttp.HandlerOpts{Registry: a.registry}))
	for pattern, h := range a.hooks {
		mux.Handle(pattern, h)
	}
	return mux
}

// healthz says that the process answers.
func (a *app) healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Write([]byte("ok\n"))
}

// health is the state of each part, as /readyz tells it.
type health struct {
	Ready   bool              `json:"ready"`
	Parts   map[string]string `json:"parts"`
	Blind   []blindSource     `json:"blind"`
	Buried  int               `json:"buried_jobs"`
	Version string            `json:"version"`
}

type blindSource struct {
	Source  mention.SourceID `json:"source"`
	Since   time.Time        `json:"since"`
	Verdict mention.Verdict  `json:"verdict"`
	Marker  string           `json:"marker,omitempty"`
}

// healthTimeout bounds the questions behind one readiness answer.
const healthTimeout = 3 * time.Second

// buriedShown bounds the buried jobs that are counted.
const buriedShown = 1000

// readyz tells the state of each part; it is 503 when the archive does not
// answer, or takes no writing because its disk is full. A blind source or an absent Redis is told but is no reason to take
// the daemon out of service.
func (a *app) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), healthTimeout)
	defer cancel()
	h := a.health(ctx)
	w.Header().Set("Content-Type", "application/json")
	if !h.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	if err := json.NewEncoder(w).Encode(h); err != nil {
		a.log.Debug("write readiness", "err", err)
	}
}

func (a *app) health(ctx context.Context) health {
	h := health{Ready: true, Parts: map[string]string{}, Blind: []blindSource{}, Version: version}
	if err := a.store.Health(ctx); err != nil {
		h.Ready, h.Parts["archive"] = false, err.Error()
		return h
	}
	h.Parts["archive"], h.Parts["jobs"] = "ok", "ok"
	if err := a.runner.Health(); err != nil {
		h.Ready, h.Parts["jobs"] = false, err.Error()
	}
	for name, check := range a.checks {
		h.Parts[name] = "ok"
		if err := check(ctx); err != nil {
			h.Parts[name] = err.Error()
		}
	}
	sources, err := a.store.Sources(ctx)
	if err != nil {
		h.Parts["sources"] = err.Error()
	}
	for _, s := range sources {
		if s.IsBlind() {
			h.Blind = append(h.Blind, blindSource{s.ID, s.BlindSince, s.Verdict, s.Evidence.Marker})
		}
	}
	if buried, err := a.store.Buried(ctx, buriedShown); err == nil {
		h.Buried = len(buried)
	}
	return h
}
