package feedback

import (
	"errors"

	"otklik/mention"
)

// mistake is a mention.Fault as an error; the inbox has a sentence of its own
// for each code.
func mistake(code, format string, args ...any) error {
	return mention.Fault{Code: code, Format: format, Args: args}
}

// in names the column in which a mistake was made.
func in(column string, err error) error {
	f := fault(err)
	f.Column = column
	return f
}

// fault returns the mistake that err tells of, or what err says.
func fault(err error) mention.Fault {
	var f mention.Fault
	if errors.As(err, &f) {
		return f
	}
	return mention.Fault{Format: "%v", Args: []any{err}}
}

// faults lists the mistakes that are joined in err, as those of a row.
func faults(row int, err error) []mention.Fault {
	if many, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // what errors.Join made of a row, not what it wraps
		var out []mention.Fault
		for _, one := range many.Unwrap() {
			out = append(out, faults(row, one)...)
		}
		return out
	}
	f := fault(err)
	f.Row = row
	return []mention.Fault{f}
}

func rowFaults(errs []RowError) []mention.Fault {
	out := []mention.Fault{}
	for _, e := range errs {
		out = append(out, faults(e.Row, e.Err)...)
	}
	return out
}
