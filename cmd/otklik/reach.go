package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"otklik/alerts"
	"otklik/config"
	"otklik/dedup"
	"otklik/mention"
	"otklik/secret"
)

// reachTime bounds the try of one server or channel.
const reachTime = 15 * time.Second

// errOut ends a check that found something out of reach.
var errOut = errors.New("not everything can be reached")

// reach tries everything that cfg names once and writes a line for each.
// Nothing is archived or sent: sources are read for one page into a folder
// that goes, channels are searched for a message that does not exist.
func reach(ctx context.Context, con console, cfg *config.Config, to outside) error {
	dir, err := os.MkdirTemp("", "otklik-check-")
	if err != nil {
		return fmt.Errorf("make a folder for the check: %w", err)
	}
	defer os.RemoveAll(dir)
	w := tabwriter.NewWriter(con.out, 0, 4, 2, ' ', 0)
	errs := []error{tryServers(ctx, w, cfg)}
	trial := *cfg
	trial.Data, trial.Database, trial.Redis = dir, secret.String{}, secret.String{}
	a, err := build(ctx, &trial, newLog(config.Log{Level: "error", Format: "text"}, io.Discard), to)
	if err != nil {
		return err
	}
	defer a.Close()
	errs = append(errs, a.tryChannels(ctx, w), a.trySources(ctx, w))
	if err := w.Flush(); err != nil {
		return err
	}
	if errors.Is(errs[0], errOut) || errors.Is(errs[1], errOut) {
		return errOut
	}
	return errs[2]
}

// line writes how a try went and returns errOut for a failure.
func line(w io.Writer, what string, err error) error {
	if err != nil {
		fmt.Fprintf(w, "%s\tout of reach\t%v\n", what, err)
		return errOut
	}
	fmt.Fprintf(w, "%s\tok\t\n", what)
	return nil
}

func tryServers(ctx context.Context, w io.Writer, cfg *config.Config) error {
	ctx, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	var errs []error
	if cfg.Database.IsSet() {
		db, err := sql.Open("pgx", cfg.Database.Reveal())
		if err == nil {
			err = db.PingContext(ctx) // its errors name user and host, never the password
			db.Close()
		}
		errs = append(errs, line(w, "database", err))
	}
	if cfg.Redis.IsSet() {
		dedup.MuteClients()
		client, err := dedup.NewClient(cfg.Redis)
		if err == nil {
			err = client.Ping(ctx).Err()
			client.Close()
		}
		errs = append(errs, line(w, "redis", err))
	}
	return errors.Join(errs...)
}

// tryChannels asks each channel for a message that it cannot have.
func (a *app) tryChannels(ctx context.Context, w io.Writer) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(a.dispatcher.Channels)) {
		ctx, cancel := context.WithTimeout(ctx, reachTime)
		_, _, err := a.dispatcher.Channels[name].Find(ctx, alerts.Message{
			Notice: mention.Notice{Key: "reach", CreatedAt: a.now()}})
		cancel()
		if errors.Is(err, alerts.ErrCannotFind) {
			fmt.Fprintf(w, "channel %s\tnot tried\t%v\n", name, err)
			continue
		}
		errs = append(errs, line(w, "channel "+name, err))
	}
	return errors.Join(errs...)
}

// trySources reads the first page of each source.
func (a *app) trySources(ctx context.Context, w io.Writer) error {
	blind, all := 0, a.crawlerSources()
	for _, id := range slices.Sorted(maps.Keys(all)) {
		src := all[id]
		src.Pages = 1
		run, err := a.crawler.Run(ctx, src, &printer{out: json.NewEncoder(io.Discard)}, mention.Source{})
		if err != nil {
			return err
		}
		if !run.Verdict.Good() {
			blind++
		}
		fmt.Fprintf(w, "source %s\t%s\t%d items %s\n", id, run.Verdict, run.Items, evidence(run))
	}
	if blind > 0 {
		return fmt.Errorf("%d of %d sources: %w", blind, len(all), errBlind)
	}
	return nil
}
