package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"otklik/config"
	"otklik/mention"
)

type runCmd struct {
	Config string `help:"Configuration file." default:"otklik.yaml" type:"path"`
}

// Run runs the daemon until the process is told to stop. SIGHUP has it read
// its configuration again.
func (c runCmd) Run(ctx context.Context, con console) error {
	cfg, err := config.Load(c.Config)
	if err != nil {
		return configError(err)
	}
	a, err := build(ctx, cfg, newLog(cfg.Log, con.err), outside{})
	if err != nil {
		return err
	}
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	return c.supervise(ctx, con, a, hup)
}

// configError makes a file that cannot be read a mistake of usage.
func configError(err error) error {
	var problems config.Problems
	var file *fs.PathError
	switch {
	case errors.As(err, &problems):
		return err
	case errors.Is(err, fs.ErrNotExist) && errors.As(err, &file):
		return usage("there is no configuration %s: name another with --config, or write one; config/example.yaml is a start", file.Path)
	}
	return usageError{err}
}

func newLog(c config.Log, w io.Writer) *slog.Logger {
	var level slog.LevelVar
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		level.Set(slog.LevelInfo) // checked with the configuration
	}
	options := &slog.HandlerOptions{Level: &level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// The bounds of the HTTP server.
const (
	headerTimeout   = 10 * time.Second
	readTimeout     = 30 * time.Second
	idleTimeout     = 2 * time.Minute
	maxHeader       = 64 << 10
	shutdownTimeout = 10 * time.Second
)

// Run keeps the sources' jobs, serves HTTP and works until ctx ends. Then it
// stops taking in, finishes what is in hand and closes HTTP.
func (a *app) Run(ctx context.Context) error {
	if err := a.schedule(ctx); err != nil {
		return err
	}
	if err := a.mayListen(ctx); err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	a.log.Info("otklik runs", "version", version, "listen", listener.Addr().String(), "sources", len(a.watch.Sources()))
	// What reading the definitions, models and migrations took is not needed
	// again, and the runtime alone would give it back over minutes.
	debug.FreeOSMemory()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return a.serve(ctx, listener) })
	a.work(ctx, group)
	err = group.Wait()
	a.log.Info("otklik stopped")
	return err
}

// work runs the jobs and the daemon's other parts in group until ctx ends.
func (a *app) work(ctx context.Context, group *errgroup.Group) {
	group.Go(func() error { return a.runner.Run(ctx) })
	for _, p := range a.parts {
		group.Go(func() error {
			if err := p.run(ctx); err != nil && ctx.Err() == nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			return nil
		})
	}
}

// schedule writes the job rows of all configured sources and drops those of
// sources that are gone.
func (a *app) schedule(ctx context.Context) error {
	if err := a.keepSources(ctx); err != nil {
		return err
	}
	if err := a.store.RetireSources(ctx, a.configured()); err != nil {
		return err
	}
	jobs, err := a.watch.Jobs(ctx)
	if err != nil {
		return err
	}
	index, err := a.indexJobs(ctx)
	if err != nil {
		return err
	}
	if err := a.store.EnsureJobs(ctx, slices.Concat(jobs, a.clerk.Jobs(), []mention.Job{a.purgeJob()}, index)); err != nil {
		return fmt.Errorf("schedule %d sources: %w", len(jobs), err)
	}
	return nil
}

// keepSources writes what the configuration says of its sources.
func (a *app) keepSources(ctx context.Context) error {
	all := a.configured()
	if err := a.store.KeepSources(ctx, all); err != nil {
		return fmt.Errorf("keep %d sources: %w", len(all), err)
	}
	return nil
}

func (a *app) configured() []mention.Source {
	var all []mention.Source
	for _, s := range a.watch.Sources() {
		all = append(all, s.Source)
	}
	return all
}

func (a *app) serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler: a.handler, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelWarn),
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer cancel()
		stopped <- server.Shutdown(grace)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return <-stopped
}

// purgeEvery is how often raw pages past their retention are removed. They lie
// on this machine's disk, so every daemon does it for itself.
const purgeEvery = time.Hour

func (a *app) purgePages(ctx context.Context) error {
	tick := time.NewTicker(purgeEvery)
	defer tick.Stop()
	for {
		if removed, err := a.raw.Purge(); err != nil {
			a.log.Warn("raw pages not purged", "err", err)
		} else if removed > 0 {
			a.log.Info("raw pages purged", "pages", removed)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
