package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"otklik/sentiment"
)

type trainCmd struct {
	Model string   `help:"Where to write the model." type:"path"`
	Leave []string `help:"Datasets not to train on." placeholder:"NAME"`
	Seed  uint64   `help:"Orders the examples; the same data and seed give the same bytes."`
	Files []string `arg:"" optional:"" help:"Labelled files: TSV or TSV.gz; a name with .dev. calibrates the confidence instead of training." type:"path"`

	Corrections bool   `help:"Learn from what people said of verdicts in the archive, on top of the model in use."`
	RollBack    bool   `help:"Take the model before the one in use into use again."`
	Config      string `help:"Configuration file, with --corrections and --roll-back." default:"otklik.yaml" type:"path"`
}

// Run trains a model and prints what it was trained on.
func (c trainCmd) Run(ctx context.Context, con console) error {
	if c.Corrections || c.RollBack {
		return c.learn(ctx, con)
	}
	if c.Model == "" || len(c.Files) == 0 {
		return usage("name --model and the labelled files, or --corrections")
	}
	var train, dev []string
	for _, name := range c.Files {
		if strings.Contains(filepath.Base(name), ".dev.") {
			dev = append(dev, name)
			continue
		}
		train = append(train, name)
	}
	rows, err := readRows(train)
	if err != nil {
		return err
	}
	devRows, err := readRows(dev)
	if err != nil {
		return err
	}
	m, report, err := sentiment.Train(rows, sentiment.Options{Leave: c.Leave, Seed: c.Seed, Dev: devRows})
	if err != nil {
		return fmt.Errorf("train: %w", err)
	}
	if err := writeModel(c.Model, m.Save); err != nil {
		return err
	}
	return json.NewEncoder(con.out).Encode(report)
}

func dirOf(path string) string { return filepath.Dir(path) }

// sortRows puts rows in an order of their own, so that the same corrections
// give the same model.
func sortRows(rows []sentiment.Row) {
	slices.SortFunc(rows, func(a, b sentiment.Row) int {
		return cmp.Or(strings.Compare(a.Lang, b.Lang), strings.Compare(a.Text, b.Text))
	})
}
