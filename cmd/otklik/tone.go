package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"

	"otklik/sentiment"
)

type classifyCmd struct {
	JSON  bool   `help:"Each line is a JSON object {text, title, pros, cons, rating, best}."`
	Model string `help:"Model file instead of the embedded one." type:"path"`
}

// Run judges each line of standard input.
func (c classifyCmd) Run(ctx context.Context, con console) error {
	m, err := loadModel(c.Model)
	if err != nil {
		return err
	}
	judge, err := sentiment.NewJudge(m, sentiment.Config{})
	if err != nil {
		return err
	}
	out := bufio.NewWriter(con.out)
	if err := sentiment.Classify(ctx, judge, con.in, out, c.JSON); err != nil {
		return fmt.Errorf("classify: %w", flushAfter(out, err))
	}
	return out.Flush()
}

// flushAfter writes out what was judged before err.
func flushAfter(out *bufio.Writer, err error) error {
	if flushErr := out.Flush(); flushErr != nil {
		return flushErr
	}
	return err
}

func loadModel(path string) (*sentiment.Model, error) {
	if path == "" {
		return sentiment.Default()
	}
	m, err := sentiment.Load(path)
	if err != nil {
		return nil, usage("%w", err)
	}
	return m, nil
}

type evalCmd struct {
	Model string   `help:"Model file instead of the embedded one." type:"path"`
	Files []string `arg:"" help:"Labelled files: TSV or TSV.gz with the columns dataset, lang, label, rating, text." type:"path"`
}

// Run prints a JSON line per dataset.
func (c evalCmd) Run(con console) error {
	m, err := loadModel(c.Model)
	if err != nil {
		return err
	}
	rows, err := readRows(c.Files)
	if err != nil {
		return err
	}
	return sentiment.WriteEval(con.out, m, rows)
}

func readRows(files []string) ([]sentiment.Row, error) {
	var rows []sentiment.Row
	for _, name := range files {
		more, err := readFile(name)
		if err != nil {
			return nil, usage("read %s: %w", name, err)
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

func readFile(name string) ([]sentiment.Row, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return sentiment.ReadTSV(f)
}

// writeModel writes a model through a temporary file, so that a full disk
// leaves the old one in place.
func writeModel(path string, save func(io.Writer) error) error {
	f, err := os.CreateTemp(dirOf(path), ".model-*")
	if err != nil {
		return fmt.Errorf("write model: %w", err)
	}
	defer os.Remove(f.Name())
	if err := save(f); err != nil {
		f.Close()
		return fmt.Errorf("write model %s: %w", path, err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("write model %s: %w", path, err)
	}
	return os.Rename(f.Name(), path)
}
