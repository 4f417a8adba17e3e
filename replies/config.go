package replies

import (
	"bufio"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
)

// CalendarConfig tells when people work: days or ranges of days (mon, tue,
// mon-fri, sat-sun) with their periods, a zone and a file of holidays.
type CalendarConfig struct {
	Zone     string `yaml:"zone" doc:"IANA time zone, such as Europe/Moscow"`
	Holidays string `yaml:"holidays" doc:"file with a date a line: 2026-01-01 or 2026-01-01..2026-01-08 are free, +2026-11-01 is a working day"`
	// Days maps mon … sun, or ranges of them, to periods like "09:00-13:00".
	Days map[string][]string `yaml:",inline"`
}

// Norm is what is expected of people for one kind of task. A zero duration
// means that nothing is expected.
type Norm struct {
	Take        time.Duration `yaml:"take" doc:"working time from delivery until somebody takes the task"`
	Acknowledge time.Duration `yaml:"acknowledge" doc:"working time until the customer is told that the complaint is accepted"`
	Answer      time.Duration `yaml:"answer" doc:"working time until the answer is given"`
	Visible     time.Duration `yaml:"visible" doc:"time until the claimed answer is visible on the page; counted round the clock"`
	Verify      time.Duration `yaml:"verify" doc:"first look at the page after an answer was claimed; the pause doubles up to six hours"`
	Calendar    string        `yaml:"calendar" doc:"name of a calendar; round the clock when empty"`
	Escalate    []string      `yaml:"escalate" doc:"channels told after a breach, one after the other"`
	Call        []string      `yaml:"call" doc:"people, groups or duty:NAME mentioned there: the first at the first step, and so on; the last for all that follow"`
}

// Config is the desk's part of the configuration.
type Config struct {
	Norms     map[string]Norm           `yaml:"norms"`
	Calendars map[string]CalendarConfig `yaml:"calendars"`
	Duty      map[string]DutyConfig     `yaml:"duty" doc:"rotas by name; duty:NAME stands for who is on duty wherever people are named"`
	Templates []TemplateConfig          `yaml:"templates" doc:"answers that people start from; an apology, a clarification and thanks in Russian and English when there are none"`
	Sending   Sending                   `yaml:"sending"`
}

// Sending says how answers leave for the sites.
type Sending struct {
	Approval bool `yaml:"approval" doc:"an answer waits until a second person agrees"`
}

// DefaultVerify is the first look at a page after an answer was claimed.
const DefaultVerify = 2 * time.Minute

// Validate returns all mistakes, joined, each beginning with its key path.
func (c Config) Validate() error {
	_, err := c.Build()
	return err
}

// Build makes the norms and their calendars ready for use. It returns all
// mistakes, joined, each beginning with its key path.
func (c Config) Build() (Norms, error) {
	var errs []error
	calendars := make(map[string]*Calendar, len(c.Calendars))
	for _, name := range slices.Sorted(maps.Keys(c.Calendars)) {
		cal, err := c.Calendars[name].build()
		if err != nil {
			errs = append(errs, fmt.Errorf("calendars.%s: %w", name, err))
		}
		calendars[name] = cal
	}
	norms := make(Norms, len(c.Norms))
	for _, name := range slices.Sorted(maps.Keys(c.Norms)) {
		n := c.Norms[name]
		if err := n.check(); err != nil {
			errs = append(errs, fmt.Errorf("norms.%s: %w", name, err))
		}
		cal, known := calendars[n.Calendar]
		if n.Calendar != "" && !known {
			errs = append(errs, fmt.Errorf("norms.%s.calendar: there is no calendar %q", name, n.Calendar))
		}
		if n.Verify == 0 {
			n.Verify = DefaultVerify
		}
		norms[name] = norm{Norm: n, calendar: cal}
	}
	_, err := c.Duties()
	errs = append(errs, err)
	for _, name := range slices.Sorted(maps.Keys(c.Norms)) {
		if n := c.Norms[name]; len(n.Call) > 0 && len(n.Escalate) == 0 {
			errs = append(errs, fmt.Errorf("norms.%s.call: calls nobody without escalate: name there the channel in which a breach is told", name))
		}
		for _, who := range c.Norms[name].Call {
			if err := c.CheckPing(who); err != nil {
				errs = append(errs, fmt.Errorf("norms.%s.call: %w", name, err))
			}
		}
	}
	errs = append(errs, checkTemplates(c.Templates)...)
	return norms, errors.Join(errs...)
}

func (n Norm) check() error {
	for _, d := range []time.Duration{n.Take, n.Acknowledge, n.Answer, n.Visible, n.Verify} {
		if d < 0 {
			return fmt.Errorf("a norm cannot be negative: %s", d)
		}
	}
	if n.Answer > 0 && n.Take > n.Answer {
		return fmt.Errorf("take (%s) is later than answer (%s)", n.Take, n.Answer)
	}
	return nil
}

func (c CalendarConfig) build() (*Calendar, error) {
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		return nil, fmt.Errorf("zone %q is not known: use a name such as Europe/Moscow", c.Zone)
	}
	cal := &Calendar{zone: zone, holidays: map[day]bool{}, extra: map[day]bool{}}
	for name, texts := range c.Days {
		days, err := parseDays(name)
		if err != nil {
			return nil, err
		}
		for _, text := range texts {
			p, err := parsePeriod(text)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			for _, wd := range days {
				cal.week[wd] = append(cal.week[wd], p)
			}
		}
	}
	if err := cal.check(); err != nil {
		return nil, err
	}
	if c.Holidays == "" {
		return cal, nil
	}
	return cal, cal.readHolidays(c.Holidays)
}

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// parseDays reads "mon" or "mon-fri"; a range may run over the week's end.
func parseDays(s string) ([]time.Weekday, error) {
	from, to, isRange := strings.Cut(s, "-")
	first, last := slices.Index(weekdays, from), slices.Index(weekdays, to)
	if !isRange {
		last = first
	}
	if first < 0 || last < 0 {
		return nil, fmt.Errorf("unknown key %q: days are mon … sun or ranges like mon-fri", s)
	}
	var out []time.Weekday
	for wd := first; ; wd = (wd + 1) % 7 {
		out = append(out, time.Weekday(wd))
		if wd == last {
			return out, nil
		}
	}
}

func parsePeriod(s string) (period, error) {
	a, b, ok := strings.Cut(s, "-")
	from, err1 := parseClock(a)
	to, err2 := parseClock(b)
	if !ok || err1 != nil || err2 != nil || to <= from {
		return period{}, fmt.Errorf("%q is not a period like 09:00-18:00", s)
	}
	return period{from, to}, nil
}

// parseClock reads HH:MM; 24:00 is the day's end.
func parseClock(s string) (int, error) {
	s = strings.TrimSpace(s)
	if s == "24:00" {
		return 24 * 60, nil
	}
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0, fmt.Errorf("read time %q: %w", s, err)
	}
	return t.Hour()*60 + t.Minute(), nil
}

func (c *Calendar) readHolidays(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("holidays: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		if err := c.addHoliday(text); err != nil {
			return fmt.Errorf("holidays %s line %d: %w", path, n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("holidays %s: %w", path, err)
	}
	if len(c.holidays)+len(c.extra) == 0 {
		return fmt.Errorf("holidays %s names no date: remove the key or fill the file", path)
	}
	return nil
}

func (c *Calendar) addHoliday(text string) error {
	set := c.holidays
	if rest, working := strings.CutPrefix(text, "+"); working {
		set, text = c.extra, rest
	}
	a, b, isRange := strings.Cut(text, "..")
	if !isRange {
		b = a
	}
	from, err1 := time.Parse(time.DateOnly, a)
	to, err2 := time.Parse(time.DateOnly, b)
	if err := errors.Join(err1, err2); err != nil || to.Before(from) || to.Sub(from) > 366*24*time.Hour {
		return fmt.Errorf("%q is not a date like 2026-01-01 or a range like 2026-01-01..2026-01-08", text)
	}
	for d := from; !d.After(to); d = d.AddDate(0, 0, 1) {
		set[day{d.Year(), d.Month(), d.Day()}] = true
	}
	return nil
}
