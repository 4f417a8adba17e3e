package replies

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// DutyPrefix begins the name of a rota where people are named, as in "duty:pr".
const DutyPrefix = "duty:"

// DutyConfig is a weekly rota: who is called at which time of the week.
type DutyConfig struct {
	Calendar string        `yaml:"calendar" doc:"calendar whose working hours the rota has to cover, in its zone; the whole week when empty"`
	Zone     string        `yaml:"zone" doc:"IANA time zone of the shifts where no calendar is named"`
	Shifts   []ShiftConfig `yaml:"shifts" doc:"who is on duty when; at least one shift has to cover each moment"`
}

// ShiftConfig is one line of a rota.
type ShiftConfig struct {
	Days   string   `yaml:"days" doc:"mon, or a range such as mon-fri"`
	Hours  string   `yaml:"hours" doc:"\"09:00-18:00\"; the whole day when empty; a night is two shifts"`
	Who    []string `yaml:"who" doc:"people and groups, in the channels' words"`
	Rotate bool     `yaml:"rotate" doc:"one of who at a time, a week from Monday to Sunday each"`
}

// Duties are the rotas by name.
type Duties map[string]*rota

// rota says who is called at a time of the week.
type rota struct {
	zone   *time.Location
	shifts []shift
}

type shift struct {
	days   []time.Weekday
	period period
	who    []string
	rotate bool
}

// Duties makes the rotas ready for use. It returns all mistakes, joined, each
// beginning with its key path; a moment at which nobody is on duty is one.
func (c Config) Duties() (Duties, error) {
	var errs []error
	out := Duties{}
	for _, name := range slices.Sorted(maps.Keys(c.Duty)) {
		r, err := c.Duty[name].build(c.Calendars)
		if err != nil {
			errs = append(errs, fmt.Errorf("duty.%s: %w", name, err))
			continue
		}
		out[name] = r
	}
	return out, errors.Join(errs...)
}

// CheckPing reports a ping that names a rota which there is not.
func (c Config) CheckPing(who string) error {
	name, isDuty := strings.CutPrefix(who, DutyPrefix)
	if _, known := c.Duty[name]; isDuty && !known {
		return fmt.Errorf("there is no rota %q", name)
	}
	return nil
}

// On returns who is on duty of the rota name at t; nobody of an unknown one.
func (d Duties) On(name string, t time.Time) []string {
	r := d[name]
	if r == nil {
		return nil
	}
	local := t.In(r.zone)
	minute := local.Hour()*60 + local.Minute()
	var who []string
	for _, s := range r.shifts {
		if !slices.Contains(s.days, local.Weekday()) || minute < s.period.from || minute >= s.period.to {
			continue
		}
		for _, one := range s.on(local) {
			if !slices.Contains(who, one) {
				who = append(who, one)
			}
		}
	}
	return who
}

// Resolve replaces the names of rotas among pings by who is on duty at t.
func (d Duties) Resolve(pings []string, t time.Time) []string {
	var out []string
	for _, p := range pings {
		who := []string{p}
		if name, isDuty := strings.CutPrefix(p, DutyPrefix); isDuty {
			who = d.On(name, t)
		}
		for _, one := range who {
			if !slices.Contains(out, one) {
				out = append(out, one)
			}
		}
	}
	return out
}

// on returns whose week it is.
func (s shift) on(local time.Time) []string {
	if !s.rotate {
		return s.who
	}
	y, m, d := local.Date()
	days := int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
	week := (days + 3) / 7 // 1 January 1970 was a Thursday
	i := week % len(s.who)
	return s.who[i : i+1]
}

func (c DutyConfig) build(calendars map[string]CalendarConfig) (*rota, error) {
	r := &rota{zone: time.UTC}
	var cover *Calendar
	var err error
	if c.Calendar != "" {
		cal, known := calendars[c.Calendar]
		if !known {
			return nil, fmt.Errorf("calendar: there is no calendar %q", c.Calendar)
		}
		if cover, err = cal.build(); err != nil {
			return nil, fmt.Errorf("calendar %q: %w", c.Calendar, err)
		}
		r.zone = cover.zone
	} else if r.zone, err = time.LoadLocation(c.Zone); err != nil {
		return nil, fmt.Errorf("zone %q is not known: use a name such as Europe/Moscow", c.Zone)
	}
	for i, s := range c.Shifts {
		built, err := s.build()
		if err != nil {
			return nil, fmt.Errorf("shifts[%d]: %w", i, err)
		}
		r.shifts = append(r.shifts, built)
	}
	return r, r.check(cover)
}

func (c ShiftConfig) build() (shift, error) {
	days, err := parseDays(c.Days)
	if err != nil {
		return shift{}, err
	}
	s := shift{days: days, period: period{0, 24 * 60}, who: c.Who, rotate: c.Rotate}
	if c.Hours != "" {
		if s.period, err = parsePeriod(c.Hours); err != nil {
			return shift{}, err
		}
	}
	if len(c.Who) == 0 {
		return shift{}, errors.New("who: name at least one person or group")
	}
	for _, who := range c.Who {
		if strings.TrimSpace(who) == "" || strings.HasPrefix(who, DutyPrefix) {
			return shift{}, fmt.Errorf("who: %q is neither a person nor a group", who)
		}
	}
	return s, nil
}

// check reports the first hole: working time of cover, or any time without
// it, at which nobody is on duty. The week begins on Monday.
func (r *rota) check(cover *Calendar) error {
	for i := range 7 {
		day := time.Weekday((i + 1) % 7)
		need := []period{{0, 24 * 60}}
		if cover != nil {
			need = cover.week[day]
		}
		for _, n := range need {
			if from, to, isHole := r.hole(day, n); isHole {
				return fmt.Errorf("nobody is on duty on %s from %02d:%02d to %02d:%02d", weekdays[day], from/60, from%60, to/60, to%60)
			}
		}
	}
	return nil
}

// hole returns the first stretch of need that no shift of day covers.
func (r *rota) hole(day time.Weekday, need period) (from, to int, isHole bool) {
	at := need.from
	for at < need.to {
		end := at
		next := need.to // where the next shift begins
		for _, s := range r.shifts {
			if !slices.Contains(s.days, day) {
				continue
			}
			if s.period.from <= at && s.period.to > end {
				end = s.period.to
			}
			if s.period.from > at {
				next = min(next, s.period.from)
			}
		}
		if end == at {
			return at, next, true
		}
		at = end
	}
	return 0, 0, false
}
