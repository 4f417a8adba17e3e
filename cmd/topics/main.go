// Command topics trains and measures the weights by which topics are found. It
// is apart from otklik, whose size is bounded, and needed only by who changes
// the list of words or teaches topics on texts of their own:
//
//	topics -train topics.bin [-words topics.txt] FILE...
//	topics -eval [-model topics.bin] FILE...
//
// Files with the columns lang, topics and text are labelled; of all others,
// which are such as otklik train reads, the texts are read to learn which words
// go together.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"otklik/sentiment"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "topics:", err)
		os.Exit(1)
	}
}

// errUsage is reported for a call that says neither what to do nor to what.
var errUsage = errors.New("name -train FILE or -eval, and the labelled files")

func run(args []string, out, complaints io.Writer) error {
	flags := flag.NewFlagSet("topics", flag.ContinueOnError)
	flags.SetOutput(complaints)
	train := flags.String("train", "", "write new weights to this `file`")
	eval := flags.Bool("eval", false, "measure weights on the labelled files")
	model := flags.String("model", "", "weights to measure, instead of the embedded ones")
	words := flags.String("words", "", "list of words to weigh, instead of the embedded one")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() == 0 || *eval == (*train != "") {
		return errUsage
	}
	labelled, texts, err := read(flags.Args())
	if err != nil {
		return err
	}
	if *eval {
		return measure(*model, labelled, out)
	}
	return learn(*train, *words, labelled, texts, out)
}

// read parts the files by their headers.
func read(names []string) (labelled []sentiment.TopicText, texts []sentiment.Row, err error) {
	for _, name := range names {
		has, err := hasTopics(name)
		if err != nil {
			return nil, nil, err
		}
		f, err := os.Open(name)
		if err != nil {
			return nil, nil, err
		}
		var a []sentiment.TopicText
		var b []sentiment.Row
		if has {
			a, err = sentiment.ReadTopicsTSV(f)
		} else {
			b, err = sentiment.ReadTSV(f)
		}
		f.Close()
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
		labelled, texts = append(labelled, a...), append(texts, b...)
	}
	return labelled, texts, nil
}

// hasTopics reports whether the file's first line names a column of topics.
func hasTopics(name string) (bool, error) {
	f, err := os.Open(name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	line, err := bufio.NewReader(f).ReadSlice('\n')
	if err != nil {
		return false, nil //nolint:nilerr // packed, or without a line: no header that names topics
	}
	return slices.Contains(strings.Split(strings.TrimSpace(string(line)), "\t"), "topics"), nil
}

func learn(path, words string, labelled []sentiment.TopicText, texts []sentiment.Row, out io.Writer) error {
	list := ""
	if words != "" {
		data, err := os.ReadFile(words)
		if err != nil {
			return fmt.Errorf("read the list of words: %w", err)
		}
		list = string(data)
	}
	m, report, err := sentiment.TrainTopics(list, labelled, texts)
	if err != nil {
		return fmt.Errorf("train: %w", err)
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := errors.Join(m.Save(f), f.Close()); err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(report)
}

func measure(path string, labelled []sentiment.TopicText, out io.Writer) error {
	load := sentiment.DefaultTopics
	if path != "" {
		load = func() (*sentiment.TopicModel, error) { return sentiment.LoadTopics(path) }
	}
	m, err := load()
	if err != nil {
		return err
	}
	return sentiment.WriteTopicEval(out, m, labelled)
}
