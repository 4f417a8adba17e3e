package replies

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestDuties_On(t *testing.T) {
	cfg := Config{
		Calendars: map[string]CalendarConfig{"office": {Zone: "Europe/Moscow", Days: map[string][]string{"mon-fri": {"09:00-13:00", "14:00-18:00"}}}},
		Duty: map[string]DutyConfig{
			"pr": {Calendar: "office", Shifts: []ShiftConfig{
				{Days: "mon-fri", Hours: "09:00-15:00", Who: []string{"U00000ANNA"}},
				{Days: "mon-fri", Hours: "14:00-18:00", Who: []string{"U0000BORIS"}}}},
			"heads": {Zone: "Europe/Moscow", Shifts: []ShiftConfig{{Days: "mon-sun", Who: []string{"UA", "UB", "UC"}, Rotate: true}}},
		},
	}
	duties, err := cfg.Duties()
	if err != nil {
		t.Fatal(err)
	}
	monday := time.Date(2026, 11, 23, 0, 0, 0, 0, time.FixedZone("MSK", 3*60*60))
	for name, tt := range map[string]struct {
		pings []string
		at    time.Time
		want  string
	}{
		"one is on duty":            {[]string{"duty:pr"}, monday.Add(10 * time.Hour), "U00000ANNA"},
		"two shifts overlap":        {[]string{"duty:pr"}, monday.Add(14*time.Hour + 30*time.Minute), "U00000ANNA U0000BORIS"},
		"the end is not in a shift": {[]string{"duty:pr"}, monday.Add(15 * time.Hour), "U0000BORIS"},
		"nobody at night":           {[]string{"duty:pr"}, monday.Add(3 * time.Hour), ""},
		"the others stay":           {[]string{"S0PRTEAM01", "duty:pr", "S0PRTEAM01"}, monday.Add(10 * time.Hour), "S0PRTEAM01 U00000ANNA"},
		"an unknown rota":           {[]string{"duty:nobody"}, monday, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := strings.Join(duties.Resolve(tt.pings, tt.at), " "); got != tt.want {
				t.Errorf("called %q, want %q", got, tt.want)
			}
		})
	}
	t.Run("a rotation changes on Mondays and comes round", func(t *testing.T) {
		var weeks []string
		for i := range 4 {
			week := monday.AddDate(0, 0, 7*i)
			first, last := duties.On("heads", week), duties.On("heads", week.Add(7*24*time.Hour-time.Minute))
			if !slices.Equal(first, last) || len(first) != 1 {
				t.Fatalf("in one week %v and %v are on duty", first, last)
			}
			weeks = append(weeks, first[0])
		}
		if weeks[0] == weeks[1] || weeks[1] == weeks[2] || weeks[0] != weeks[3] {
			t.Errorf("four weeks belong to %v", weeks)
		}
	})
}

func TestDuties_Mistakes(t *testing.T) {
	office := map[string]CalendarConfig{"office": {Zone: "Europe/Moscow", Days: map[string][]string{"mon-fri": {"09:00-18:00"}}}}
	who := []string{"UA"}
	unknown := Config{Norms: map[string]Norm{"n": {Call: []string{"U1", "duty:heads"}, Escalate: []string{"leads"}}}}
	if err := unknown.Validate(); err == nil || err.Error() != `norms.n.call: there is no rota "heads"` {
		t.Errorf("a call to an unknown rota: %v", err)
	}
	for name, tt := range map[string]struct {
		duty DutyConfig
		want string
	}{
		"a hole in the evening":       {DutyConfig{Calendar: "office", Shifts: []ShiftConfig{{Days: "mon-fri", Hours: "09:00-17:30", Who: who}}}, "duty.pr: nobody is on duty on mon from 17:30 to 18:00"},
		"a hole between shifts":       {DutyConfig{Calendar: "office", Shifts: []ShiftConfig{{Days: "mon-fri", Hours: "09:00-12:00", Who: who}, {Days: "mon-fri", Hours: "13:00-18:00", Who: who}}}, "on mon from 12:00 to 13:00"},
		"a day without anybody":       {DutyConfig{Calendar: "office", Shifts: []ShiftConfig{{Days: "mon-wed", Who: who}, {Days: "fri", Who: who}}}, "on thu from 09:00 to 18:00"},
		"weekends without a calendar": {DutyConfig{Shifts: []ShiftConfig{{Days: "mon-fri", Who: who}}}, "on sat from 00:00 to 24:00"},
		"no shift":                    {DutyConfig{}, "on mon from 00:00 to 24:00"},
		"an unknown calendar":         {DutyConfig{Calendar: "works"}, `there is no calendar "works"`},
		"an unknown zone":             {DutyConfig{Zone: "Mars"}, `zone "Mars" is not known`},
		"a shift of nobody":           {DutyConfig{Shifts: []ShiftConfig{{Days: "mon"}}}, "shifts[0]: who"},
		"a rota in a rota":            {DutyConfig{Shifts: []ShiftConfig{{Days: "mon", Who: []string{"duty:pr"}}}}, "neither a person nor a group"},
		"an unknown day":              {DutyConfig{Shifts: []ShiftConfig{{Days: "monday", Who: who}}}, `unknown key "monday"`},
	} {
		t.Run(name, func(t *testing.T) {
			err := Config{Calendars: office, Duty: map[string]DutyConfig{"pr": tt.duty}}.Validate()
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("the mistake is %v, want %q", err, tt.want)
			}
		})
	}
}
