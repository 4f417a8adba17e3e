package reports

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"otklik/mention"
)

// tongue says the words of reports in one language. The English text is the
// key; what has no translation is said in English.
type tongue struct {
	lang string
	ru   map[string]string // nil for English
	en   map[string]string // of keys that are no English themselves
}

func newTongue(lang string) tongue {
	t := tongue{lang: lang, en: english()}
	if lang != "en" {
		t.ru = russian()
	}
	return t
}

// Say returns the phrase, with its arguments put in.
func (t tongue) Say(phrase string, args ...any) string {
	if said, ok := t.ru[phrase]; ok {
		phrase = said
	} else if said, ok := t.en[phrase]; ok {
		phrase = said
	}
	if len(args) == 0 {
		return phrase
	}
	return fmt.Sprintf(phrase, args...)
}

func (t tongue) isRussian() bool { return t.ru != nil }

// Count writes a number with narrow blanks between thousands.
func (t tongue) Count(n int) string {
	s := strconv.Itoa(n)
	var b strings.Builder
	for i, r := range s {
		if i > 0 && r != '-' && (len(s)-i)%3 == 0 && s[i-1] != '-' {
			b.WriteRune('\u202f')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Decimal writes a number with one digit after the point, or comma.
func (t tongue) Decimal(f float64) string {
	s := strconv.FormatFloat(f, 'f', 1, 64)
	if t.isRussian() {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

// Percent writes a fraction as whole per cent; what is not nothing is never
// written as 0, nor what is not everything as 100.
func (t tongue) Percent(f float64) string {
	n := int(f*100 + 0.5)
	switch {
	case n == 0 && f > 0:
		n = 1
	case n == 100 && f < 1:
		n = 99
	}
	if t.isRussian() {
		return strconv.Itoa(n) + "\u00a0%"
	}
	return strconv.Itoa(n) + "%"
}

// Span writes a length of time by its two largest units.
func (t tongue) Span(s Span) string {
	d := time.Duration(s).Round(time.Second)
	unit := func(ru, en string) string {
		if t.isRussian() {
			return "\u00a0" + ru
		}
		return "\u00a0" + en
	}
	days, hours, minutes := int(d/(24*time.Hour)), int(d/time.Hour)%24, int(d/time.Minute)%60
	two := func(a int, ua string, b int, ub string) string {
		if b == 0 {
			return strconv.Itoa(a) + ua
		}
		return strconv.Itoa(a) + ua + " " + strconv.Itoa(b) + ub
	}
	switch {
	case days > 0:
		return two(days, unit("д", "d"), hours, unit("ч", "h"))
	case hours > 0:
		return two(hours, unit("ч", "h"), minutes, unit("мин", "min"))
	case minutes > 0:
		return strconv.Itoa(minutes) + unit("мин", "min")
	}
	return strconv.Itoa(int(d/time.Second)) + unit("с", "s")
}

// Date writes a day.
func (t tongue) Date(at time.Time) string {
	if t.isRussian() {
		return at.Format("02.01.2006")
	}
	return at.Format("2006-01-02")
}

// ShortDay writes a day without its year.
func (t tongue) ShortDay(at time.Time) string {
	if t.isRussian() {
		return at.Format("02.01")
	}
	return at.Format("Jan 2")
}

// Moment writes a day with the time.
func (t tongue) Moment(at time.Time) string { return t.Date(at) + " " + at.Format("15:04") }

// Period writes the days of [from, to): the last is the one before to begins.
func (t tongue) Period(from, to time.Time) string {
	last := to.Add(-time.Nanosecond)
	if t.Date(from) == t.Date(last) {
		return t.Date(from)
	}
	return t.Date(from) + " – " + t.Date(last)
}

// Verdict says why a source was not seen.
func (t tongue) Verdict(v mention.Verdict) string {
	phrase := map[mention.Verdict]string{
		mention.Blocked: "blocked", mention.NotFound: "page not found", mention.Layout: "layout changed", mention.Auth: "no access",
		mention.Truncated: "page cut off", mention.Unreachable: "no answer", mention.Disallowed: "forbidden by robots.txt",
	}[v]
	if phrase == "" {
		return string(v)
	}
	return t.Say(phrase)
}

// Topic names a topic; one of the operator's own has no other name.
func (t tongue) Topic(topic string) string {
	if said, ok := t.ru["topic "+topic]; ok {
		return said
	}
	return topic
}

// NormName names a norm.
func (t tongue) NormName(name string) string { return t.Say("norm " + name) }

// IntervalName names an interval by its two moments.
func (t tongue) IntervalName(name string) string { return t.Say("interval " + name) }

// PayerName names whom an interval is charged to.
func (t tongue) PayerName(p Payer) string { return t.Say("charged to " + string(p)) }

// Stars draws a rating of one to five.
func (t tongue) Stars(n int) string {
	if n <= 0 {
		return ""
	}
	return strings.Repeat("★", n) + strings.Repeat("☆", 5-n)
}
