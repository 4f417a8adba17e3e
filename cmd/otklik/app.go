package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"otklik/alerts"
	"otklik/config"
	"otklik/crawler"
	"otklik/feedback"
	"otklik/inbox"
	"otklik/intake"
	"otklik/jobs"
	"otklik/replies"
	"otklik/reports"
	"otklik/store"
)

// app is the daemon, built by wire.go.
type app struct {
	cfg        *config.Config
	log        *slog.Logger
	registry   *prometheus.Registry
	store      *store.Store
	crawler    *crawler.Crawler
	raw        *crawler.RawStore
	intake     *intake.Intake
	watch      *intake.Watch
	planner    planner
	desk       *replies.Desk
	courier    *replies.Courier
	dispatcher *alerts.Dispatcher
	runner     *jobs.Runner
	maker      *reports.Maker
	forget     hasher
	requests   *feedback.Requests
	clerk      *reports.Clerk
	inbox      *inbox.Server
	handler    http.Handler
	// hooks are the routes that other services call, by pattern.
	hooks map[string]http.Handler
	// checks ask the parts that /readyz tells of, by name.
	checks map[string]func(context.Context) error
	// parts run until the daemon stops: Socket Mode connections and the like.
	parts   []part
	closers []func() error
	now     func() time.Time
	reach   outside
}

// part is a long-running piece of the daemon.
type part struct {
	name string
	run  func(context.Context) error
}

// onClose pushes teardown beside each construction; it runs in reverse.
func (a *app) onClose(f func() error) { a.closers = append(a.closers, f) }

// Close ends everything that was built.
func (a *app) Close() error {
	var errs []error
	for i := len(a.closers) - 1; i >= 0; i-- {
		errs = append(errs, a.closers[i]())
	}
	a.closers = nil
	return errors.Join(errs...)
}
