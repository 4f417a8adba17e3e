package mention

import (
	"fmt"
	"io"
	"time"
)

// ImportFile is a file of feedback or of closed deals that a person brings.
type ImportFile struct {
	Name string // its ending says how it is read
	Body io.Reader
	Kind string
	// Brand is that of rows which name none; empty for the first one.
	Brand string
	// Scope keeps apart systems of one kind that may give the same id.
	Scope string
	// Map says which field a column holds, by the column's name; empty to guess.
	Map map[string]string
	// Best is the end of the scale of ratings that do not say; 5 when zero.
	Best float64
	// Since is the day from which rows make tasks; older ones are archived only.
	Since time.Time
}

// Imported says what became of a file, or in a dry run what would.
type Imported struct {
	Columns  []ImportColumn `json:"columns"`
	Rows     int            `json:"rows"`
	Repeated int            `json:"repeated"`
	Known    int            `json:"known"`
	Changed  int            `json:"changed"`
	New      int            `json:"new"`
	Tasks    int            `json:"tasks"`
	// Wrong counts the rows that are wrong, and Errors say what is wrong in
	// them. With one of them nothing is taken in.
	Wrong  int     `json:"wrong"`
	Errors []Fault `json:"errors"`
	DryRun bool    `json:"dry_run,omitempty"`
	// Problems are what is wrong with the file as a whole; empty when it can be read.
	Problems []Fault `json:"problems,omitempty"`
}

// Fault is a mistake in a file that a person brings: in English, and by its
// code and values, so that a page can say it in the person's language.
type Fault struct {
	Row    int    // as a person counts; 0 for the file as a whole
	Column string // empty for the row as a whole
	// Code names the mistake; empty for what a library says of the file.
	Code string
	// Format is the English sentence, with a verb of package fmt for each of Args.
	Format string
	Args   []any
}

// Error names the place and the mistake, in English.
func (f Fault) Error() string {
	text := fmt.Sprintf(f.Format, f.Args...)
	if f.Column != "" {
		text = f.Column + ": " + text
	}
	if f.Row > 0 {
		text = fmt.Sprintf("row %d: %s", f.Row, text)
	}
	return text
}

// Is reports whether target is a Fault of the same code, wherever each of them
// is and whatever its values are. One without a code is like no other.
func (f Fault) Is(target error) bool {
	other, ok := target.(Fault) //nolint:errorlint // errors.Is unwraps err alone, never its target
	return ok && f.Code != "" && f.Code == other.Code
}

// MarshalText writes what Error says, which is what a program is told.
func (f Fault) MarshalText() ([]byte, error) { return []byte(f.Error()), nil }

// ImportColumn says what becomes of one column, with a value of it to judge by.
type ImportColumn struct {
	Name   string `json:"name"`
	Field  string `json:"field,omitempty"` // empty: left out
	Sample string `json:"sample,omitempty"`
}

// ImportOffer is what a file may be and hold.
type ImportOffer struct {
	Kinds  []string
	Brands []string
	// Fields are what a column of feedback may hold.
	Fields []string
}
