package reports

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
)

// WriteCSV writes r's tables one after the other, each under its title and
// apart by an empty line. Texts that a spreadsheet would take for a formula
// begin with an apostrophe: authors choose them.
func (m *Maker) WriteCSV(w io.Writer, r *Report, lang string) error {
	// The mark is for Excel, which takes UTF-8 for the local codepage without it.
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	out := csv.NewWriter(w)
	for i, t := range m.tables(r, newTongue(lang)) {
		if i > 0 {
			out.Write(nil) // errors stay until Flush
		}
		out.Write([]string{t.title})
		out.Write(t.columns)
		for _, row := range t.rows {
			line := make([]string, len(row))
			for j, c := range row {
				line[j] = plain(c)
				if _, isText := c.(string); isText {
					line[j] = harmless(line[j])
				}
			}
			out.Write(line)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}

// harmless keeps a spreadsheet from taking a text for a formula (OWASP, CSV
// injection): white space before the sign does not help.
func harmless(s string) string {
	trimmed := strings.TrimLeft(s, " \t\r\n\u00a0\ufeff")
	if trimmed != "" && strings.ContainsRune("=+-@\uff1d\uff0b\uff0d\uff20", []rune(trimmed)[0]) || strings.HasPrefix(s, "\t") || strings.HasPrefix(s, "\r") {
		return "'" + s
	}
	return s
}
