package main

import (
	"context"
	"errors"
	"fmt"

	"otklik/crawler"
	"otklik/intake"
	"otklik/mention"
	"otklik/store"
)

// backfill walks through the history of the sources. Nobody is alerted; the
// last word says what could be made into tasks.
func (c crawlCmd) backfill(ctx context.Context, con console, a *app, chosen []intake.Watched) error {
	sources := a.crawlerSources()
	var runs []mention.Run
	for _, s := range chosen {
		pass := a.intake.Pass(s.Source.ID, s.Brand, true)
		run, err := a.crawler.Backfill(ctx, sources[s.Source.ID], pass, crawler.Backfill{Since: c.Since, Requests: c.Requests, Cursors: cursors{a.store}})
		if err != nil {
			return err
		}
		added := pass.Added()
		run.New, run.Edited = added.New, added.Edited
		runs = append(runs, run)
	}
	told := c.print(con, runs)
	if told != nil && !errors.Is(told, errBlind) {
		return told
	}
	return errors.Join(c.offer(ctx, con, a, chosen), told)
}

// offer says how many recent complaints of each source nobody has answered.
func (c crawlCmd) offer(ctx context.Context, con console, a *app, chosen []intake.Watched) error {
	sums := a.figures()
	for _, s := range chosen {
		seeded, err := sums.Seeded(ctx, s.Source.ID, a.now())
		if err != nil {
			return err
		}
		fmt.Fprintf(con.out, "%s: %d known, %d unanswered complaints of the last 7 days\n", s.Source.ID, seeded.Known, seeded.Unanswered)
	}
	return nil
}

// cursors keeps the places of walks through history in the archive.
type cursors struct{ store *store.Store }

// Cursor implements crawler.Cursors.
func (c cursors) Cursor(ctx context.Context, id mention.SourceID) ([]byte, error) {
	value, err := c.store.Saved(ctx, "backfill:"+string(id))
	if errors.Is(err, mention.ErrNotFound) {
		return nil, nil
	}
	return []byte(value), err
}

// SaveCursor implements crawler.Cursors.
func (c cursors) SaveCursor(ctx context.Context, id mention.SourceID, value []byte) error {
	return c.store.Save(ctx, "backfill:"+string(id), string(value))
}
