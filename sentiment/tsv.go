package sentiment

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strconv"
	"strings"

	"otklik/mention"
)

// Row is one labelled text of a data set.
type Row struct {
	Dataset string
	Lang    string       // ru or en
	Tone    mention.Tone // the label
	Rating  float64      // one to five; zero: the author gave none
	Text    string
}

// longestRow is the longest line of a data file in bytes.
const longestRow = 4 << 20

// ReadTSV reads a data file: a header line, then lines of dataset, lang, label
// (neg, neu or pos), rating and text, separated by tabs. A gzip stream is
// unpacked. A bad line is an error that names its number.
func ReadTSV(r io.Reader) ([]Row, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	if magic, err := in.Peek(2); err == nil && bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("unpack data: %w", err)
		}
		defer z.Close()
		in = bufio.NewReaderSize(z, 64<<10)
	}
	var rows []Row
	err := eachDataLine(in, func(n int, line string) error {
		if n == 1 && strings.HasPrefix(line, "dataset\t") || line == "" {
			return nil
		}
		row, err := parseRow(line)
		rows = append(rows, row)
		return err
	})
	if err != nil {
		return nil, err
	}
	return rows, nil
}

// eachDataLine calls yield with each line of r and its number, counted from one.
// It ends at the first error, of yield or of reading, and names the line.
func eachDataLine(r io.Reader, yield func(n int, line string) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longestRow)
	n := 1
	for ; lines.Scan(); n++ {
		if err := yield(n, strings.TrimSuffix(lines.Text(), "\r")); err != nil {
			return fmt.Errorf("data line %d: %w", n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("data line %d: %w", n, err)
	}
	return nil
}

func parseRow(line string) (Row, error) {
	f := strings.Split(line, "\t")
	if len(f) != 5 {
		return Row{}, fmt.Errorf("%d columns, want 5: dataset, lang, label, rating, text", len(f))
	}
	row := Row{Dataset: f[0], Lang: f[1], Text: f[4]}
	if row.Lang != "ru" && row.Lang != "en" {
		return Row{}, fmt.Errorf("lang %q, want ru or en", f[1])
	}
	switch f[2] {
	case "neg", "negative":
		row.Tone = mention.Negative
	case "neu", "neutral":
		row.Tone = mention.Neutral
	case "pos", "positive":
		row.Tone = mention.Positive
	default:
		return Row{}, fmt.Errorf("label %q, want neg, neu or pos", f[2])
	}
	if f[3] == "" {
		return row, nil
	}
	v, err := strconv.ParseFloat(f[3], 64)
	if err != nil || v < 0 || v > 5 {
		return Row{}, fmt.Errorf("rating %q, want a number up to 5 or nothing", f[3])
	}
	row.Rating = v
	return row, nil
}

// WriteTSV writes rows in the form that ReadTSV reads. Tabs and line breaks
// inside a text become blanks.
func WriteTSV(w io.Writer, rows []Row) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, "dataset\tlang\tlabel\trating\ttext")
	flat := strings.NewReplacer("\t", " ", "\n", " ", "\r", " ")
	for _, r := range rows {
		rating := ""
		if r.Rating > 0 {
			rating = strconv.FormatFloat(r.Rating, 'g', -1, 64)
		}
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\n", flat.Replace(r.Dataset), r.Lang, string(r.Tone)[:3], rating, flat.Replace(r.Text))
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write data: %w", err)
	}
	return nil
}
