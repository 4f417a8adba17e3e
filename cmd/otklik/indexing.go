package main

import (
	"context"
	"fmt"
	"time"

	"otklik/config"
	"otklik/mention"
)

// indexEvery is how long what came in since the last look may wait to be
// searchable.
const indexEvery = 10 * time.Second

// indexJobs returns the row of the job that makes words searchable, where they
// wait for it: now, or because an earlier configuration had them wait.
func (a *app) indexJobs(ctx context.Context) ([]mention.Job, error) {
	if a.cfg.Index != config.IndexLater {
		if n, err := a.store.Unindexed(ctx, 1); n == 0 {
			return nil, err
		}
	}
	return []mention.Job{{Kind: mention.IndexJob, Key: mention.IndexJob, RunAt: a.now()}}, nil
}

// indexWords is the handler of mention.IndexJob.
func (a *app) indexWords(ctx context.Context, _ mention.Job) (time.Time, error) {
	if _, err := a.store.IndexWords(ctx); err != nil {
		return time.Time{}, fmt.Errorf("make words searchable: %w", err)
	}
	if a.cfg.Index != config.IndexLater {
		return time.Time{}, nil
	}
	return a.now().Add(indexEvery), nil
}
