package reports

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// maxCell is what a cell of a spreadsheet holds, in characters.
const maxCell = 32767

// WriteXLSX writes r as a workbook: a sheet for each table, with charts of
// tone by day and by source and of the norms. Texts are cells of text, so
// nothing in them is a formula or a link.
func (m *Maker) WriteXLSX(w io.Writer, r *Report, lang string) (err error) {
	f := excelize.NewFile()
	defer func() { err = errors.Join(err, f.Close()) }()
	b := &book{file: f, styles: map[string]int{}}
	t := newTongue(lang)
	for i, table := range m.tables(r, t) {
		if err := b.sheet(i, table); err != nil {
			return fmt.Errorf("write sheet %q: %w", table.title, err)
		}
	}
	if err := b.charts(r, t); err != nil {
		return fmt.Errorf("write charts: %w", err)
	}
	if err := f.Write(w); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

// book is a workbook in the making.
type book struct {
	file   *excelize.File
	sheets []string
	styles map[string]int // by number format
}

// style returns the style of cells with a number format.
func (b *book) style(format string, bold bool) (int, error) {
	name := fmt.Sprint(format, bold)
	if id, ok := b.styles[name]; ok {
		return id, nil
	}
	s := &excelize.Style{Font: &excelize.Font{Bold: bold}, Alignment: &excelize.Alignment{Vertical: "top"}}
	if format != "" {
		s.CustomNumFmt = &format
	}
	if bold {
		s.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"EDEFF2"}}
		s.Alignment.WrapText = true
	}
	id, err := b.file.NewStyle(s)
	b.styles[name] = id
	return id, err
}

// sheet writes one table with a frozen head.
func (b *book) sheet(i int, t table) error {
	name := sheetName(t.title)
	if i == 0 {
		if err := b.file.SetSheetName("Sheet1", name); err != nil {
			return err
		}
	} else if _, err := b.file.NewSheet(name); err != nil {
		return err
	}
	b.sheets = append(b.sheets, name)
	bold, err := b.style("", true)
	if err != nil {
		return err
	}
	for c, title := range t.columns {
		if err := b.set(name, c, 0, title, bold); err != nil {
			return err
		}
	}
	for r, row := range t.rows {
		for c, value := range row {
			if err := b.cell(name, c, r+1, value); err != nil {
				return err
			}
		}
	}
	if err := b.file.SetColWidth(name, "A", "A", 30); err != nil {
		return err
	}
	if last, err := excelize.ColumnNumberToName(max(2, len(t.columns))); err == nil {
		if err := b.file.SetColWidth(name, "B", last, 14); err != nil {
			return err
		}
	}
	return b.file.SetPanes(name, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
}

// cell writes a value with the format of its kind.
func (b *book) cell(sheet string, col, row int, value cell) error {
	format := ""
	switch v := value.(type) {
	case nil:
		return nil
	case string:
		value = cutCell(v)
	case fraction:
		value, format = float64(v), "0%"
	case float64:
		format = "0.0"
	case Span:
		value, format = time.Duration(v).Hours()/24, "[h]:mm:ss"
	case time.Time:
		value, format = time.Date(v.Year(), v.Month(), v.Day(), v.Hour(), v.Minute(), v.Second(), 0, time.UTC), "yyyy-mm-dd hh:mm"
		if h, m, s := v.Clock(); h == 0 && m == 0 && s == 0 {
			format = "yyyy-mm-dd"
		}
	}
	style, err := b.style(format, false)
	if err != nil {
		return err
	}
	return b.set(sheet, col, row, value, style)
}

func (b *book) set(sheet string, col, row int, value any, style int) error {
	at, err := excelize.CoordinatesToCellName(col+1, row+1)
	if err != nil {
		return err
	}
	if text, ok := value.(string); ok {
		err = b.file.SetCellStr(sheet, at, text)
	} else {
		err = b.file.SetCellValue(sheet, at, value)
	}
	if err != nil {
		return err
	}
	return b.file.SetCellStyle(sheet, at, at, style)
}

// cutCell keeps a text within what a cell holds, and free of what XML refuses.
func cutCell(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, s)
	if utf8.RuneCountInString(s) <= maxCell/2 {
		return s
	}
	return string([]rune(s)[:maxCell/2]) + "…"
}

// sheetName makes a title into what a sheet may be called.
func sheetName(title string) string {
	name := strings.NewReplacer(":", " ", "\\", " ", "/", " ", "?", " ", "*", " ", "[", "(", "]", ")").Replace(title)
	letters := []rune(name)
	return string(letters[:min(31, len(letters))])
}

// The colours of tones in charts.
const (
	colourNegative = "C8452F"
	colourNeutral  = "A7B0BA"
	colourPositive = "2F8F6B"
)

// The places of sheets with charts.
const (
	sheetDays    = 0
	sheetSources = 1
	sheetNorms   = 5
)

// charts adds the workbook's charts beside their tables.
func (b *book) charts(r *Report, t tongue) error {
	tones := []string{colourNegative, colourNeutral, colourPositive}
	if len(r.Days) > 0 {
		if err := b.chart(excelize.ColStacked, b.sheets[sheetDays], t.Say("Tone over time"), "K2", len(r.Days), 'C', tones); err != nil {
			return err
		}
	}
	if n := min(12, len(r.Sources)); n > 0 {
		if err := b.chart(excelize.BarStacked, b.sheets[sheetSources], t.Say("By source"), "J2", n, 'C', tones); err != nil {
			return err
		}
	}
	return b.chart(excelize.BarStacked, b.sheets[sheetNorms], t.Say("Norms"), "G2", len(r.Norms), 'B', []string{colourPositive, colourNegative, colourNeutral})
}

// chart draws the columns from first on, a series for each colour.
func (b *book) chart(kind excelize.ChartType, sheet, title, at string, rows int, first rune, colours []string) error {
	quoted := "'" + strings.ReplaceAll(sheet, "'", "''") + "'"
	c := &excelize.Chart{
		Type: kind, Title: excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: title}}},
		Legend: excelize.ChartLegend{Position: "bottom"}, Dimension: excelize.ChartDimension{Width: 760, Height: 360},
	}
	if kind == excelize.BarStacked {
		c.YAxis.ReverseOrder = false
		c.XAxis.ReverseOrder = true // the first row on top
	}
	for i, colour := range colours {
		col := string(first + rune(i))
		c.Series = append(c.Series, excelize.ChartSeries{
			Name:       quoted + "!$" + col + "$1",
			Categories: fmt.Sprintf("%s!$A$2:$A$%d", quoted, rows+1),
			Values:     fmt.Sprintf("%s!$%s$2:$%s$%d", quoted, col, col, rows+1),
			Fill:       excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}},
		})
	}
	return b.file.AddChart(sheet, at, c)
}
