package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"otklik/sentiment"
)

type trainCmd struct {
	Model string   `help:"Where to write the model." required:"" type:"path"`
	Leave []string `help:"Datasets not to train on." placeholder:"NAME"`
	Seed  uint64   `help:"Orders the examples; the same data and seed give the same bytes."`
	Files []string `arg:"" help:"Labelled files: TSV or TSV.gz; a name with .dev. calibrates the confidence instead of training." type:"path"`
}

// Run trains a model and prints what it was trained on.
func (c trainCmd) Run(con console) error {
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
