package demo

import "net/http"

func (s *Slack) browserRoutes() {
	s.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {})
}
