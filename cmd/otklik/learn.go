package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"otklik/config"
	"otklik/mention"
	"otklik/sentiment"
	"otklik/store"
)

// modelsDir is where the operator's own models lie, in the data folder.
const modelsDir = "models"

// learn makes a model from what people said of verdicts, or takes the model
// before it into use again. A model that would lose a complaint that people
// confirmed is refused, and the one in use stays.
func (c trainCmd) learn(ctx context.Context, con console) error {
	cfg, err := config.Load(c.Config)
	if err != nil {
		return configError(err)
	}
	dir := filepath.Join(cfg.Data, modelsDir)
	if c.RollBack {
		path, err := sentiment.RollBack(dir)
		if errors.Is(err, mention.ErrNotFound) {
			return usage("the embedded model is in use already")
		}
		if err != nil {
			return fmt.Errorf("roll back: %w", err)
		}
		return tellModel(con, path)
	}
	archive, err := store.Open(ctx, store.Config{Data: cfg.Data, Database: cfg.Database.Reveal()})
	if err != nil {
		return fmt.Errorf("open the archive: %w", err)
	}
	defer archive.Close()
	rows, err := corrections(ctx, archive)
	if err != nil {
		return err
	}
	base, err := inUse(cfg)
	if err != nil {
		return err
	}
	next, report, err := sentiment.TrainCorrections(base, rows)
	if errors.Is(err, sentiment.ErrNoRows) {
		return usage("nobody has corrected or confirmed a verdict yet")
	}
	if printErr := json.NewEncoder(con.out).Encode(report); printErr != nil {
		return printErr
	}
	if err != nil {
		return fmt.Errorf("train on %d corrections: %w", len(rows), err)
	}
	path, err := sentiment.SaveVersion(dir, next, time.Now())
	if err != nil {
		return err
	}
	return tellModel(con, path)
}

func tellModel(con console, path string) error {
	if path == "" {
		path = "the embedded model"
	}
	_, err := fmt.Fprintf(con.err, "in use from the next start: %s\n", path)
	return err
}

// inUse opens the model that the daemon would use: the configured one, else
// the operator's own, else the embedded one.
func inUse(cfg *config.Config) (*sentiment.Model, error) {
	path := cfg.Tone.Model
	if path == "" {
		dir := filepath.Join(cfg.Data, modelsDir)
		if files, err := sentiment.Versions(dir); err == nil && len(files) > 0 {
			path = dir
		}
	}
	m, err := sentiment.Open(path)
	if err != nil {
		return nil, fmt.Errorf("tone model: %w", err)
	}
	return m, nil
}

// corrections returns what people said: verdicts that they set right, and
// complaints that they answered, which confirms that they are complaints.
func corrections(ctx context.Context, archive *store.Store) ([]sentiment.Row, error) {
	said, err := archive.Corrections(ctx, time.Time{})
	if err != nil {
		return nil, fmt.Errorf("read corrections: %w", err)
	}
	tones := map[mention.ID]mention.Tone{}
	filter := mention.TaskFilter{Kind: mention.Complaint, States: []mention.State{mention.Answered, mention.Confirmed}, Tone: mention.Negative, Limit: walkLimit}
	var rows []sentiment.Row
	for {
		views, next, err := archive.Tasks(ctx, filter)
		if err != nil {
			return nil, fmt.Errorf("read answered complaints: %w", err)
		}
		for _, v := range views {
			if v.Task.AnsweredBy.IsPerson() {
				tones[v.Mention.ID] = mention.Negative
			}
		}
		if filter.After = next; next == "" {
			break
		}
	}
	for _, c := range said {
		tones[c.Mention] = c.Tone // a correction outweighs an answer
	}
	for id, tone := range tones {
		m, err := archive.Mention(ctx, id)
		if errors.Is(err, mention.ErrNotFound) {
			continue // purged or erased meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("read mention %s: %w", id, err)
		}
		rows = append(rows, sentiment.Row{Dataset: "corrections", Lang: m.Lang, Tone: tone, Text: m.Words()})
	}
	sortRows(rows)
	return rows, nil
}
