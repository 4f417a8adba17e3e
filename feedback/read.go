package feedback

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
)

// The bounds of a file.
const (
	MaxFile = 64 << 20
	maxRows = 200_000
	maxCols = 200
)

// Sheet is a file's rows by column.
type Sheet struct {
	Columns []string
	Rows    []Row
}

// Row is one line of a file.
type Row struct {
	Number int // as a person counts: the first row after the heads of a table is 2
	Values map[string]string
}

// Read reads a file by the ending of its name: .csv, .tsv, .xlsx, .jsonl,
// .ndjson or .json. It is read whole, because a mistake in its last row must
// keep the first from being taken in. Mistakes are of type mention.Fault.
func Read(name string, r io.Reader) (*Sheet, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > MaxFile {
		return nil, mistake("large", "larger than %d MB", MaxFile>>20)
	}
	var s *Sheet
	switch ext := strings.ToLower(filepath.Ext(name)); ext {
	case ".csv", ".tsv", ".txt":
		s, err = readCSV(data)
	case ".xlsx":
		s, err = readXLSX(data)
	case ".jsonl", ".ndjson", ".json":
		s, err = readJSON(data)
	default:
		return nil, mistake("ending", "%q is none of .csv, .tsv, .xlsx, .jsonl", ext)
	}
	if err != nil {
		return nil, err
	}
	if len(s.Rows) == 0 {
		return nil, mistake("rows.none", "there are no rows")
	}
	return s, nil
}

// readCSV reads a table separated by what its first line has most of. A text
// that is no UTF-8 is Windows-1251, which is what a Russian Excel writes.
func readCSV(data []byte) (*Sheet, error) {
	if !utf8.Valid(data) {
		decoded, err := charmap.Windows1251.NewDecoder().Bytes(data)
		if err != nil {
			return nil, err
		}
		data = decoded
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	in := csv.NewReader(bytes.NewReader(data))
	in.Comma, in.FieldsPerRecord, in.ReuseRecord = comma(data), -1, true
	b := &builder{}
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return b.done()
		}
		if err != nil {
			return nil, err
		}
		line, _ := in.FieldPos(0)
		if err := b.add(line, record); err != nil {
			return nil, err
		}
	}
}

// comma returns the separator of the first line.
func comma(data []byte) rune {
	first, _, _ := bytes.Cut(data, []byte{'\n'})
	best, most := ',', 0
	for _, c := range []rune{',', ';', '\t', '|'} {
		if n := bytes.Count(first, []byte(string(c))); n > most {
			best, most = c, n
		}
	}
	return best
}

// builder makes a sheet of records, the first of which has the heads.
type builder struct {
	sheet Sheet
	heads []string
}

func (b *builder) add(number int, record []string) error {
	if !slices.ContainsFunc(record, func(s string) bool { return strings.TrimSpace(s) != "" }) {
		return nil
	}
	if b.heads == nil {
		return b.head(record)
	}
	if len(b.sheet.Rows) == maxRows {
		return mistake("rows.many", "more than %d rows: divide the file", maxRows)
	}
	values := make(map[string]string, len(b.heads))
	for i, v := range record {
		if i < len(b.heads) {
			values[b.heads[i]] = v
		} else if strings.TrimSpace(v) != "" {
			return mistake("row.wide", "row %d has more values than the heads name", number)
		}
	}
	b.sheet.Rows = append(b.sheet.Rows, Row{number, values})
	return nil
}

func (b *builder) head(record []string) error {
	if len(record) > maxCols {
		return mistake("columns.many", "%d columns, more than %d", len(record), maxCols)
	}
	for i, name := range record {
		name = strings.TrimSpace(name)
		if name == "" {
			name = "column " + strconv.Itoa(i+1)
		}
		if slices.Contains(b.heads, name) {
			return mistake("column.twice", "two columns are called %q", name)
		}
		b.heads = append(b.heads, strings.Clone(name))
	}
	b.sheet.Columns = b.heads
	return nil
}

func (b *builder) done() (*Sheet, error) {
	if b.heads == nil {
		return nil, mistake("file.empty", "the file is empty")
	}
	return &b.sheet, nil
}

// maxUnpacked bounds what a workbook may become when unpacked.
const maxUnpacked = 512 << 20

// readXLSX reads the first sheet of a workbook.
func readXLSX(data []byte) (_ *Sheet, err error) {
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: 16 << 20, RawCellValue: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	rows, err := f.Rows(f.GetSheetName(0))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	b := &builder{}
	for number := 1; rows.Next(); number++ {
		record, err := rows.Columns()
		if err != nil {
			return nil, err
		}
		if err := b.add(number, record); err != nil {
			return nil, err
		}
	}
	if err := rows.Error(); err != nil {
		return nil, err
	}
	return b.done()
}

// readJSON reads an object a line, or a list of objects. Objects within are
// called by their path: "customer.name".
func readJSON(data []byte) (*Sheet, error) {
	data = bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff")))
	if bytes.HasPrefix(data, []byte{'['}) {
		var list []json.RawMessage
		if err := json.Unmarshal(data, &list); err != nil {
			return nil, err
		}
		data = bytes.Join(rawBytes(list), []byte{'\n'})
	}
	s := &Sheet{}
	columns := map[string]bool{}
	lines := bufio.NewReader(bytes.NewReader(data))
	for number := 1; ; number++ {
		line, err := lines.ReadBytes('\n')
		if text := bytes.TrimSpace(line); len(text) > 0 {
			values, flatErr := Flatten(text)
			if flatErr != nil {
				return nil, mistake("line", "line %d: %v", number, flatErr)
			}
			if len(s.Rows) == maxRows {
				return nil, mistake("rows.many", "more than %d rows: divide the file", maxRows)
			}
			s.Rows = append(s.Rows, Row{number, values})
			for c := range values {
				columns[c] = true
			}
		}
		if len(columns) > maxCols {
			return nil, mistake("columns.many", "%d columns, more than %d", len(columns), maxCols)
		}
		if errors.Is(err, io.EOF) {
			s.Columns = slices.Sorted(maps.Keys(columns))
			return s, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func rawBytes(list []json.RawMessage) [][]byte {
	out := make([][]byte, len(list))
	for i, raw := range list {
		var b bytes.Buffer
		if json.Compact(&b, raw) == nil { // it was valid as a part of the whole
			out[i] = b.Bytes()
		}
	}
	return out
}

// maxDepth bounds how deep objects may lie in one another.
const maxDepth = 8

// Flatten reads a JSON object as values by their path, numbers as they are
// written. A list of plain values is one value, its parts separated by commas.
func Flatten(object []byte) (map[string]string, error) {
	in := json.NewDecoder(bytes.NewReader(object))
	in.UseNumber() // an id of 19 digits is no float
	var v map[string]any
	if err := in.Decode(&v); err != nil {
		return nil, fmt.Errorf("no JSON object: %w", err)
	}
	if in.More() {
		return nil, errors.New("something follows the JSON object")
	}
	out := map[string]string{}
	return out, flatten(out, "", v, 0)
}

func flatten(out map[string]string, path string, v any, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%s: objects lie more than %d deep", path, maxDepth)
	}
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			at := name
			if path != "" {
				at = path + "." + name
			}
			if err := flatten(out, at, inner, depth+1); err != nil {
				return err
			}
		}
	case []any:
		var parts []string
		for _, inner := range v {
			switch inner.(type) {
			case map[string]any, []any:
				return nil // a list of objects says nothing in one value
			}
			parts = append(parts, plain(inner))
		}
		out[path] = strings.Join(parts, ",")
	default:
		out[path] = plain(v)
	}
	if len(out) > maxCols {
		return fmt.Errorf("more than %d values", maxCols)
	}
	return nil
}

func plain(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}
