package inbox

import (
	_ "embed" // the words are a table beside the code
	"fmt"
	"strings"
	"time"
)

//go:embed words.tsv
var wordTable string

// words are the sentences of the inbox by key: Russian and English.
type words map[string][2]string

// readWords reads the table: key, Russian and English, parted by tabs.
func readWords() (words, error) {
	out := words{}
	for line := range strings.Lines(wordTable) {
		line = strings.TrimRight(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		cells := strings.Split(line, "\t")
		if len(cells) != 3 {
			return nil, fmt.Errorf("words: %q has %d cells, not 3", line, len(cells))
		}
		if _, twice := out[cells[0]]; twice {
			return nil, fmt.Errorf("words: %q is there twice", cells[0])
		}
		out[cells[0]] = [2]string{cells[1], cells[2]}
	}
	return out, nil
}

// ui writes for one viewer: language, zone and the present moment.
type ui struct {
	Lang  string
	words words
	zone  *time.Location
	now   time.Time
}

// T returns the sentence of key with args in its places; a key without a
// sentence is shown as it is.
func (u ui) T(key string, args ...any) string {
	pair, ok := u.words[key]
	if !ok {
		return key
	}
	text := pair[0]
	if u.Lang == "en" {
		text = pair[1]
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// Word returns the sentence of kind.name, or name itself where there is none:
// topics and sites come from the configuration and need no translation.
func (u ui) Word(kind string, name any) string {
	text := fmt.Sprint(name)
	if _, ok := u.words[kind+"."+text]; ok {
		return u.T(kind + "." + text)
	}
	return text
}

// names lists the names of a kind that have a word.
func (u ui) names(kind string) []string {
	var out []string
	for key := range u.words {
		if name, ok := strings.CutPrefix(key, kind+"."); ok {
			out = append(out, name)
		}
	}
	return out
}

// Count returns n with the word in the form that goes with it. The sentences
// hold the forms parted by "|": one, few, many in Russian, one and more in English.
func (u ui) Count(key string, n int) string {
	forms := strings.Split(u.T(key), "|")
	return fmt.Sprintf("%d %s", n, forms[min(u.form(n), len(forms)-1)])
}

func (u ui) form(n int) int {
	if u.Lang == "en" {
		if n == 1 {
			return 0
		}
		return 1
	}
	switch {
	case n%10 == 1 && n%100 != 11:
		return 0
	case n%10 >= 2 && n%10 <= 4 && (n%100 < 12 || n%100 > 14):
		return 1
	}
	return 2
}

// Full is a moment to the minute, for tooltips and clocks.
func (u ui) Full(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(u.zone).Format("02.01.2006 15:04")
}

// ISO is a moment for machines.
func (u ui) ISO(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(u.zone).Format(time.RFC3339)
}

// When is a moment as people say it: the hour today, else the day.
func (u ui) When(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t, now := t.In(u.zone), u.now.In(u.zone)
	switch {
	case sameDay(t, now):
		return t.Format("15:04")
	case sameDay(t, now.AddDate(0, 0, -1)):
		return u.T("yesterday") + " " + t.Format("15:04")
	case t.Year() == now.Year():
		return t.Format("02.01 15:04")
	}
	return t.Format("02.01.2006")
}

func sameDay(a, b time.Time) bool {
	ya, ma, da := a.Date()
	yb, mb, db := b.Date()
	return ya == yb && ma == mb && da == db
}

// Span is a length of time in its two largest units.
func (u ui) Span(d time.Duration) string {
	if d < 0 {
		d = -d
	}
	minutes := int(d.Round(time.Second) / time.Minute)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d %s", int(d/time.Second), u.T("unit.s"))
	case minutes < 60:
		return fmt.Sprintf("%d %s", minutes, u.T("unit.m"))
	case minutes < 60*24:
		return u.two(minutes/60, "unit.h", minutes%60, "unit.m")
	}
	return u.two(minutes/60/24, "unit.d", minutes/60%24, "unit.h")
}

func (u ui) two(a int, unitA string, b int, unitB string) string {
	if b == 0 {
		return fmt.Sprintf("%d %s", a, u.T(unitA))
	}
	return fmt.Sprintf("%d %s %d %s", a, u.T(unitA), b, u.T(unitB))
}

// Ago is how long ago something was, in its two largest units.
func (u ui) Ago(d time.Duration) string {
	if d < time.Minute {
		return u.T("now")
	}
	return u.T("src.ago", u.Span(d))
}

// Age is how long ago t was, in one unit.
func (u ui) Age(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	d := u.now.Sub(t)
	switch {
	case d < time.Minute:
		return u.T("now")
	case d < time.Hour:
		return fmt.Sprintf("%d %s", int(d/time.Minute), u.T("unit.m"))
	case d < 24*time.Hour:
		return fmt.Sprintf("%d %s", int(d/time.Hour), u.T("unit.h"))
	}
	return fmt.Sprintf("%d %s", int(d/(24*time.Hour)), u.T("unit.d"))
}
