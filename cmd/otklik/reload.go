package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"

	"otklik/config"
)

// supervise runs a until ctx ends or it fails. Each time hup receives, the
// configuration is read again: when it has no mistake and a daemon can be
// built from it, that one takes over; otherwise the present one goes on as it
// was, and the log says why.
func (c runCmd) supervise(ctx context.Context, con console, a *app, hup <-chan os.Signal) error {
	for {
		next, err := c.until(ctx, con, a, hup)
		err = errors.Join(err, a.Close())
		if next == nil {
			return err
		}
		if err != nil || ctx.Err() != nil {
			return errors.Join(err, next.Close())
		}
		a = next
	}
}

// until runs a until it ends, or until another daemon can take over, which it
// returns. What a has in hand is finished before.
func (c runCmd) until(ctx context.Context, con console, a *app, hup <-chan os.Signal) (*app, error) {
	running, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- a.Run(running) }()
	for {
		select {
		case err := <-ended:
			return nil, err
		case <-hup:
			next, err := c.reload(ctx, con, a)
			if err != nil {
				a.log.Error("configuration is not taken over, the daemon goes on as it was", "err", err)
				continue
			}
			a.log.Info("configuration is taken over")
			stop()
			return next, <-ended
		}
	}
}

// reload builds a daemon from the file as it is now.
func (c runCmd) reload(ctx context.Context, con console, a *app) (*app, error) {
	cfg, err := config.Load(c.Config)
	if err != nil {
		return nil, err
	}
	for address, now := range map[string]string{cfg.Listen: a.cfg.Listen, cfg.Pprof: a.cfg.Pprof} {
		if address == "" || address == now {
			continue
		}
		if err := canListen(ctx, address); err != nil {
			return nil, err
		}
	}
	next, err := build(ctx, cfg, newLog(cfg.Log, con.err), a.reach)
	if err != nil {
		return nil, err
	}
	if err := next.mayListen(ctx); err != nil {
		return nil, errors.Join(err, next.Close())
	}
	return next, nil
}

// canListen reports whether address is free.
func canListen(ctx context.Context, address string) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	return l.Close()
}
