package crawler

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Explain is the selector doctor's record of one Extract: which layouts were
// tried, which one was taken, what each field matched, and what to do where
// nothing did.
type Explain struct {
	Layouts []LayoutTrial  `json:"layouts"`
	Fields  []FieldMatches `json:"fields"`
	// Advice are sentences for the person who mends the definition.
	Advice []string `json:"advice,omitempty"`
	index  map[field]int
}

// LayoutTrial is one layout that was tried. Reason says why it was not taken.
type LayoutTrial struct {
	Name   string `json:"name"`
	Line   int    `json:"line"`
	Taken  bool   `json:"taken"`
	Reason string `json:"reason,omitempty"`
	// Items is how many items the list of the taken layout has.
	Items int `json:"items"`
}

// FieldMatches is what one field matched over all items.
type FieldMatches struct {
	Field string `json:"field"`
	Line  int    `json:"line"`
	// Alternatives is how many ways to find the value the definition has.
	Alternatives int `json:"alternatives"`
	// ByAlternative counts the items by the alternative that matched.
	ByAlternative map[int]int `json:"by_alternative"`
	Missing       int         `json:"missing"`
	// Ways say, where an item lacks the field, what each alternative looks for
	// and how often that is on the page.
	Ways []string `json:"ways,omitempty"`
	// Sample is the first value found, shortened.
	Sample string `json:"sample,omitempty"`
}

func (e *Explain) tried(l *layout, err error) {
	if e == nil {
		return
	}
	t := LayoutTrial{Name: l.name, Line: l.line, Reason: l.lifeless()}
	if err != nil {
		t.Reason = err.Error()
	}
	e.Layouts = append(e.Layouts, t)
}

// refused says why the layout tried last was not taken.
func (e *Explain) refused(why string) {
	if e != nil && len(e.Layouts) > 0 {
		e.Layouts[len(e.Layouts)-1].Reason = why
	}
}

func (e *Explain) chose(l *layout) {
	if e == nil || len(e.Layouts) == 0 {
		return
	}
	last := &e.Layouts[len(e.Layouts)-1]
	last.Taken, last.Reason = true, ""
}

func (e *Explain) read(l *layout, it *item) {
	if e == nil {
		return
	}
	if e.index == nil {
		e.index = map[field]int{}
	}
	for f, p := range l.fields {
		if p == nil {
			continue
		}
		i, seen := e.index[field(f)]
		if !seen {
			i = len(e.Fields)
			e.index[field(f)] = i
			e.Fields = append(e.Fields, FieldMatches{Field: fieldNames[f], Line: p.line, Alternatives: p.alternatives(), ByAlternative: map[int]int{}})
		}
		m := &e.Fields[i]
		if it.vals[f] == "" {
			if m.Missing++; m.Missing == 1 {
				m.Ways = p.ways(it.doc)
			}
			continue
		}
		m.ByAlternative[it.alts[f]]++
		if m.Sample == "" {
			m.Sample = shorten(it.vals[f], 80)
		}
	}
}

// Write prints the record for a person.
func (e *Explain) Write(w io.Writer) error {
	for _, l := range e.Layouts {
		state := fmt.Sprintf("taken, %d items", l.Items)
		if !l.Taken {
			state = l.Reason
		}
		if _, err := fmt.Fprintf(w, "layout %s (line %d): %s\n", l.Name, l.Line, state); err != nil {
			return fmt.Errorf("write the explanation: %w", err)
		}
	}
	for _, f := range e.Fields {
		if _, err := fmt.Fprintf(w, "%-12s line %-4d %s: %s\n", f.Field, f.Line, f.matches(), f.Sample); err != nil {
			return fmt.Errorf("write the explanation: %w", err)
		}
		if len(f.ByAlternative) > 0 {
			continue
		}
		for i, way := range f.Ways {
			if _, err := fmt.Fprintf(w, "             way %d looks for %s\n", i+1, way); err != nil {
				return fmt.Errorf("write the explanation: %w", err)
			}
		}
	}
	for _, a := range e.Advice {
		if _, err := fmt.Fprintln(w, a); err != nil {
			return fmt.Errorf("write the explanation: %w", err)
		}
	}
	return nil
}

// matches says how many items have the field, and by which alternative:
// "in 3 of 5 (of 2 ways, way 2: 3)".
func (f FieldMatches) matches() string {
	found := 0
	var ways []string
	for _, way := range slices.Sorted(maps.Keys(f.ByAlternative)) {
		found += f.ByAlternative[way]
		ways = append(ways, fmt.Sprintf("way %d: %d", way+1, f.ByAlternative[way]))
	}
	text := fmt.Sprintf("in %d of %d", found, found+f.Missing)
	if f.Alternatives > 1 && found > 0 {
		text += fmt.Sprintf(" (of %d ways, %s)", f.Alternatives, strings.Join(ways, ", "))
	}
	return text
}

// shorten cuts s to n bytes at a rune border.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
