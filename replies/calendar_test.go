package replies

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func office(t *testing.T, change func(*CalendarConfig)) *Calendar {
	t.Helper()
	cc := CalendarConfig{Zone: "Europe/Moscow", Days: map[string][]string{"mon-fri": {"09:00-13:00", "14:00-18:00"}}}
	if change != nil {
		change(&cc)
	}
	cal, err := cc.build()
	if err != nil {
		t.Fatal(err)
	}
	return cal
}

func at(t *testing.T, zone, text string) time.Time {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	v, err := time.ParseInLocation("2006-01-02 15:04", text, loc)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestCalendar_Add(t *testing.T) {
	holidays := filepath.Join(t.TempDir(), "holidays.txt")
	if err := os.WriteFile(holidays, []byte("# new year\n2027-01-01..2027-01-08\n+2026-11-28 # moved\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name, from string
		d          time.Duration
		want       string
	}{
		{"inside a period", "2026-11-23 10:00", 15 * time.Minute, "2026-11-23 10:15"},
		{"over lunch", "2026-11-23 12:50", 15 * time.Minute, "2026-11-23 14:05"},
		{"to the very end of a period", "2026-11-23 12:45", 15 * time.Minute, "2026-11-23 13:00"},
		{"over night", "2026-11-23 17:55", 15 * time.Minute, "2026-11-24 09:10"},
		{"before work", "2026-11-23 03:00", 15 * time.Minute, "2026-11-23 09:15"},
		{"over a weekend with a moved working day", "2026-11-27 17:55", 15 * time.Minute, "2026-11-28 09:10"},
		{"over a plain weekend", "2026-12-04 17:55", 15 * time.Minute, "2026-12-07 09:10"},
		{"over the holidays", "2026-12-31 17:55", 15 * time.Minute, "2027-01-11 09:10"},
		{"three working days", "2026-11-23 09:00", 24 * time.Hour, "2026-11-25 18:00"},
		{"nothing", "2026-11-22 09:00", 0, "2026-11-22 09:00"},
	}
	cal := office(t, func(c *CalendarConfig) { c.Holidays = holidays })
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			from, want := at(t, "Europe/Moscow", c.from), at(t, "Europe/Moscow", c.want)
			got := cal.Add(from, c.d)
			if !got.Equal(want) {
				t.Errorf("Add(%s, %s) = %s, want %s", c.from, c.d, got, want)
			}
			if back := cal.Between(from, got); back != c.d {
				t.Errorf("Between(%s, %s) = %s, want %s", c.from, c.want, back, c.d)
			}
		})
	}
}

func TestCalendar_ClockChange(t *testing.T) {
	night := office(t, func(c *CalendarConfig) {
		c.Zone, c.Days = "Europe/Berlin", map[string][]string{"mon-sun": {"00:00-06:00"}}
	})
	// On 2026-03-29 the clock in Berlin goes from 02:00 to 03:00: the night has five hours.
	from, end := at(t, "Europe/Berlin", "2026-03-29 00:00"), at(t, "Europe/Berlin", "2026-03-29 06:00")
	if got := night.Between(from, end); got != 5*time.Hour {
		t.Errorf("the night of the spring change has %s, want 5h", got)
	}
	// On 2026-10-25 it goes back: seven hours.
	from, end = at(t, "Europe/Berlin", "2026-10-25 00:00"), at(t, "Europe/Berlin", "2026-10-25 06:00")
	if got := night.Between(from, end); got != 7*time.Hour {
		t.Errorf("the night of the autumn change has %s, want 7h", got)
	}
}

func TestCalendar_RoundTheClock(t *testing.T) {
	var none *Calendar
	from := at(t, "UTC", "2026-11-21 23:50")
	if got := none.Add(from, time.Hour); !got.Equal(from.Add(time.Hour)) {
		t.Errorf("Add = %s, want an hour later", got)
	}
	if !none.IsWorking(from) {
		t.Error("no calendar means round the clock")
	}
	if office(t, nil).IsWorking(from) {
		t.Error("nobody works on a Saturday night")
	}
}

func TestConfig_Mistakes(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.txt")
	if err := os.WriteFile(empty, []byte("# nothing\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(t.TempDir(), "broken.txt")
	if err := os.WriteFile(broken, []byte("2026-01-01\n31.12.2026\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	day := map[string][]string{"mon": {"09:00-18:00"}}
	cases := []struct {
		name string
		cal  CalendarConfig
		want string
	}{
		{"unknown zone", CalendarConfig{Zone: "Moscow", Days: day}, `zone "Moscow" is not known`},
		{"unknown day", CalendarConfig{Zone: "UTC", Days: map[string][]string{"monday": {"09:00-18:00"}}}, `unknown key "monday"`},
		{"backwards", CalendarConfig{Zone: "UTC", Days: map[string][]string{"mon": {"18:00-09:00"}}}, `"18:00-09:00" is not a period`},
		{"overlap", CalendarConfig{Zone: "UTC", Days: map[string][]string{"mon": {"09:00-13:00", "12:00-18:00"}}}, "periods of Monday overlap"},
		{"no day", CalendarConfig{Zone: "UTC"}, "no working time in the week"},
		{"no holidays file", CalendarConfig{Zone: "UTC", Days: day, Holidays: "nowhere.txt"}, "nowhere.txt"},
		{"empty holidays file", CalendarConfig{Zone: "UTC", Days: day, Holidays: empty}, "names no date"},
		{"broken holidays file", CalendarConfig{Zone: "UTC", Days: day, Holidays: broken}, "line 2"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := Config{Calendars: map[string]CalendarConfig{"office": c.cal}}.Validate()
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "calendars.office: ") {
				t.Errorf("got %v, want calendars.office: … %s", err, c.want)
			}
		})
	}
	err := Config{Norms: map[string]Norm{"a": {Calendar: "none"}, "b": {Take: time.Hour, Answer: time.Minute}}}.Validate()
	for _, want := range []string{`norms.a.calendar: there is no calendar "none"`, "norms.b: take (1h0m0s) is later than answer"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
}
