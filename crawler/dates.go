package crawler

import (
	"strconv"
	"strings"
	"time"
)

// clock is what a date on a page is relative to.
type clock struct {
	now        time.Time      // time of the fetch
	zone       *time.Location // of dates without an offset
	monthFirst bool           // 5/16/2016 is the sixteenth of May
}

func (c clock) location() *time.Location {
	if c.zone == nil {
		return time.UTC
	}
	return c.zone
}

// today returns the time of the fetch in the source's zone.
func (c clock) today() time.Time { return c.now.In(c.location()) }

// The years a date can lie in; anything else was misread.
const (
	firstYear = 1990
	lastYear  = 2100
)

// parseDate reads a date as sites write it: ISO 8601 in all its variants, Unix
// seconds, milliseconds, microseconds or nanoseconds, day.month.year, RFC 822,
// and Russian or English words, also relative to the fetch and without a year.
func parseDate(s string, c clock) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 100 {
		return time.Time{}, false
	}
	s = machineDate(eastern(s))
	t, ok := parseISO(s, c)
	if !ok {
		t, ok = parseUnix(s, c)
	}
	if !ok {
		t, ok = parseNumeric(s, c)
	}
	if !ok {
		t, ok = parseWords(s, c)
	}
	if !ok || t.Year() < firstYear || t.Year() > lastYear {
		return time.Time{}, false
	}
	return t, true
}

// scanner reads digits and signs of a date from the left.
type scanner struct {
	s  string
	at int
}

func (p *scanner) done() bool { return p.at >= len(p.s) }

func (p *scanner) peek() byte {
	if p.done() {
		return 0
	}
	return p.s[p.at]
}

// number reads between least and most digits.
func (p *scanner) number(least, most int) (int, bool) {
	from := p.at
	for p.at < len(p.s) && p.at-from < most && isDigit(rune(p.s[p.at])) {
		p.at++
	}
	if p.at-from < least {
		return 0, false
	}
	n, err := strconv.Atoi(p.s[from:p.at])
	return n, err == nil
}

// skip passes one of the bytes in set and reports whether it was there.
func (p *scanner) skip(set string) bool {
	if p.done() || strings.IndexByte(set, p.s[p.at]) < 0 {
		return false
	}
	p.at++
	return true
}

// dateSign passes the sign between the numbers of a date; behind a point there
// may be blanks: "2024. 3. 5." is Hungarian and Korean, "5. 3. 2024" Czech.
func (p *scanner) dateSign(set string) bool {
	point := p.peek() == '.'
	if !p.skip(set) {
		return false
	}
	if point {
		p.blanks()
	}
	return true
}

func (p *scanner) blanks() {
	for p.skip(" \t") {
	}
}

// parseISO reads 2026-05-20, 2026-05-20T08:45:28.823Z, 2020-06-08 00:00:00,
// 2016-03-11T23:14:30+0000 and their kin.
func parseISO(s string, c clock) (time.Time, bool) {
	p := &scanner{s: s}
	year, ok1 := p.number(4, 4)
	if !ok1 || !p.dateSign("-/.") {
		return time.Time{}, false
	}
	month, ok2 := p.number(1, 2)
	if !ok2 || !p.dateSign("-/.") {
		return time.Time{}, false
	}
	day, ok3 := p.number(1, 2)
	if !ok3 || !isDay(year, month, day) {
		return time.Time{}, false
	}
	p.skip(".")
	if p.done() {
		return date(year, month, day, clockTime{}, c.location()), true
	}
	p.skip(",")
	if !p.skip("Tt ") {
		return time.Time{}, false
	}
	p.blanks()
	ct, ok := p.clockTime()
	if !ok {
		return time.Time{}, false
	}
	zone, ok := p.zone(c.location())
	if !ok || !p.done() {
		return time.Time{}, false
	}
	return date(year, month, day, ct, zone), true
}

// machineDate unwraps what programs print for each other: .NET's
// /Date(1700000000000+0300)/, and JavaScript's name of the zone in brackets
// behind "Tue Mar 05 2024 10:00:00 GMT+0000".
func machineDate(s string) string {
	if inner, ok := strings.CutPrefix(s, "/Date("); ok {
		inner, _, _ = strings.Cut(inner, ")")
		if at := strings.IndexAny(inner, "+-"); at > 0 {
			inner = inner[:at]
		}
		return inner
	}
	if at := strings.Index(s, " GMT"); at > 0 {
		if bracket := strings.Index(s[at:], " ("); bracket > 0 {
			return s[:at+bracket]
		}
	}
	return s
}

// clockTime is a time of day.
type clockTime struct{ hour, minute, second, nano int }

func (p *scanner) clockTime() (clockTime, bool) {
	var t clockTime
	var ok bool
	if t.hour, ok = p.number(1, 2); !ok || !p.skip(":") {
		return t, false
	}
	if t.minute, ok = p.number(2, 2); !ok {
		return t, false
	}
	if p.skip(":") {
		if t.second, ok = p.number(2, 2); !ok {
			return t, false
		}
		if p.skip(".,") {
			t.nano, ok = p.fraction()
		}
	}
	t.second = min(t.second, 59) // a leap second
	return t, ok && t.hour < 24 && t.minute < 60
}

func (p *scanner) fraction() (int, bool) {
	from := p.at
	for p.at < len(p.s) && isDigit(rune(p.s[p.at])) {
		p.at++
	}
	digits := (p.s[from:p.at] + "000000000")[:9]
	n, err := strconv.Atoi(digits)
	return n, err == nil && p.at > from
}

// zone reads Z, +07:00, -0700, +3, UTC or MSK; nothing means the default.
func (p *scanner) zone(fallback *time.Location) (*time.Location, bool) {
	p.blanks()
	if p.done() {
		return fallback, true
	}
	if p.skip("Zz") {
		return time.UTC, true
	}
	rest := strings.ToLower(p.s[p.at:])
	if seconds, named := zoneNames(rest); named {
		p.at = len(p.s)
		return fixed(seconds), true
	}
	p.at += len(rest) - len(strings.TrimPrefix(strings.TrimPrefix(rest, "utc"), "gmt"))
	sign := 1
	switch {
	case p.skip("+"):
	case p.skip("-"):
		sign = -1
	default:
		return nil, false
	}
	hours, ok := p.number(1, 2)
	if !ok || hours > 14 {
		return nil, false
	}
	p.skip(":")
	minutes := 0
	if !p.done() && isDigit(rune(p.peek())) {
		minutes, ok = p.number(2, 2)
	}
	return fixed(sign * (hours*3600 + minutes*60)), ok && minutes < 60
}

func fixed(seconds int) *time.Location {
	if seconds == 0 {
		return time.UTC
	}
	return time.FixedZone("", seconds)
}

// zoneNames knows the names that RFC 822 lists and the few that sites write.
func zoneNames(name string) (seconds int, ok bool) {
	const hour = 3600
	switch name {
	case "utc", "gmt", "ut":
		return 0, true
	case "est":
		return -5 * hour, true
	case "edt":
		return -4 * hour, true
	case "cst":
		return -6 * hour, true
	case "cdt":
		return -5 * hour, true
	case "mst":
		return -7 * hour, true
	case "mdt":
		return -6 * hour, true
	case "pst":
		return -8 * hour, true
	case "pdt":
		return -7 * hour, true
	case "cet":
		return hour, true
	case "cest", "eet":
		return 2 * hour, true
	case "msk", "мск":
		return 3 * hour, true
	}
	return 0, false
}

// parseUnix reads a count of seconds, or of thousandths, millionths or
// billionths, told apart by the number of digits.
func parseUnix(s string, c clock) (time.Time, bool) {
	whole, fraction, _ := strings.Cut(s, ".")
	if len(whole) < 9 || strings.IndexFunc(whole+fraction, func(r rune) bool { return !isDigit(r) }) >= 0 {
		return time.Time{}, false
	}
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	var t time.Time
	switch len(whole) {
	case 9, 10:
		t = time.Unix(n, 0)
	case 13:
		t = time.UnixMilli(n)
	case 16:
		t = time.UnixMicro(n)
	case 19:
		t = time.Unix(0, n)
	default:
		return time.Time{}, false
	}
	return t.UTC(), true
}

// parseNumeric reads 20.04.2026, 20.04.2026 14:04, 20/04/26, and with
// monthFirst 5/16/2016.
func parseNumeric(s string, c clock) (time.Time, bool) {
	p := &scanner{s: s}
	day, ok := p.number(1, 2)
	sep := p.peek()
	if !ok || !p.dateSign("./-") {
		return time.Time{}, false
	}
	month, ok := p.number(1, 2)
	if !ok || p.peek() != sep || !p.dateSign("./-") {
		return time.Time{}, false
	}
	year, ok := p.number(2, 4)
	if !ok {
		return time.Time{}, false
	}
	if year < 100 {
		year += 2000
	}
	if c.monthFirst && sep != '.' || month > 12 && day <= 12 {
		day, month = month, day
	}
	if !isDay(year, month, day) {
		return time.Time{}, false
	}
	return p.restOfDay(year, month, day, c)
}

// restOfDay reads the time of day and the zone behind a date, if any.
func (p *scanner) restOfDay(year, month, day int, c clock) (time.Time, bool) {
	rest := strings.TrimLeft(p.s[p.at:], " ,|•·\u00A0г.")
	for _, word := range []string{"в ", "at ", "в\u00A0", "- ", "– "} {
		rest = strings.TrimPrefix(rest, word)
	}
	if rest == "" {
		return date(year, month, day, clockTime{}, c.location()), true
	}
	q := &scanner{s: rest}
	ct, ok := q.clockTime()
	if !ok {
		return time.Time{}, false
	}
	zone, ok := q.zone(c.location())
	if !ok || !q.done() {
		return time.Time{}, false
	}
	return date(year, month, day, ct, zone), true
}

// isDay reports that the day exists.
func isDay(year, month, day int) bool {
	if month < 1 || month > 12 || day < 1 || day > 31 {
		return false
	}
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Day() == day
}

func date(year, month, day int, t clockTime, zone *time.Location) time.Time {
	return time.Date(year, time.Month(month), day, t.hour, t.minute, t.second, t.nano, zone)
}
