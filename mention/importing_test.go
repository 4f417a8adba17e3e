package mention_test

import (
	"errors"
	"fmt"
	"testing"

	"otklik/mention"
)

func TestFault_Is(t *testing.T) {
	many := mention.Fault{Code: "many", Format: "more than %d rows", Args: []any{100}}
	for _, c := range []struct {
		name   string
		err    error
		target error
		want   bool
	}{
		{"itself", many, many, true},
		{"in a row, with another value", mention.Fault{Row: 7, Column: "id", Code: "many", Args: []any{5}}, many, true},
		{"wrapped", fmt.Errorf("read the file: %w", many), many, true},
		{"among others", errors.Join(mention.Fault{Code: "empty"}, many), many, true},
		{"of another code", mention.Fault{Code: "empty", Format: many.Format}, many, false},
		{"without codes", mention.Fault{Format: "%v"}, mention.Fault{Format: "%v"}, false},
		{"another error", many, mention.ErrNotFound, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := errors.Is(c.err, c.target); got != c.want {
				t.Errorf("errors.Is(%q, %q) = %v, want %v", c.err, c.target, got, c.want)
			}
		})
	}
}
