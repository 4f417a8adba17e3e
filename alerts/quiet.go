package alerts

import (
	"fmt"
	"regexp"
	"time"
)

// Quiet is a daily span in which alerts are held: "22:00-08:00 Europe/Moscow".
// Without a zone it is in UTC. From and To are minutes after midnight.
type Quiet struct {
	From, To int
	Zone     *time.Location
}

var quietForm = regexp.MustCompile(`^(\d\d):(\d\d)-(\d\d):(\d\d)(?: (\S+))?$`)

// ParseQuiet reads a daily span. The empty string is nil: never quiet.
func ParseQuiet(s string) (*Quiet, error) {
	if s == "" {
		return nil, nil
	}
	g := quietForm.FindStringSubmatch(s)
	if g == nil {
		return nil, fmt.Errorf("%q is no daily span: write it like \"22:00-08:00 Europe/Moscow\"", s)
	}
	zone, err := loadZone(g[5])
	if err != nil {
		return nil, err
	}
	from, to := minutes(g[1], g[2]), minutes(g[3], g[4])
	if from < 0 || to < 0 || from == to {
		return nil, fmt.Errorf("%q is no daily span: hours go to 23, minutes to 59, and it must not be empty", s)
	}
	return &Quiet{From: from, To: to, Zone: zone}, nil
}

// minutes returns the minutes after midnight, -1 when there is no such time.
// Both strings are two digits.
func minutes(hh, mm string) int {
	h, m := int(hh[0]-'0')*10+int(hh[1]-'0'), int(mm[0]-'0')*10+int(mm[1]-'0')
	if h > 23 || m > 59 {
		return -1
	}
	return h*60 + m
}

// Until returns when the span that holds now ends, and zero when now is not
// quiet. A nil span is never quiet.
func (q *Quiet) Until(now time.Time) time.Time {
	if q == nil {
		return time.Time{}
	}
	local := now.In(q.Zone)
	at := local.Hour()*60 + local.Minute()
	day := 0
	switch {
	case q.From < q.To && (at < q.From || at >= q.To):
		return time.Time{}
	case q.From > q.To && at >= q.From:
		day = 1
	case q.From > q.To && at >= q.To:
		return time.Time{}
	}
	return time.Date(local.Year(), local.Month(), local.Day()+day, q.To/60, q.To%60, 0, 0, q.Zone)
}

func loadZone(name string) (*time.Location, error) {
	if name == "Local" {
		return nil, fmt.Errorf("name a time zone like Europe/Moscow: Local depends on the machine")
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("there is no time zone %q", name)
	}
	return zone, nil
}
