package mention

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Gust says with which other complaints a new one is counted, and how many of
// them within what time make a storm.
type Gust struct {
	Key    string        // what is counted together: the rule, the brand and perhaps the topic
	Topic  string        // empty when topics are counted together
	Count  int           // so many make a storm
	Within time.Duration // within this time
	// Channels are those in which one card of the storm stands for the cards
	// of its complaints.
	Channels []string
}

// Storm is a time of many complaints at once: one card, one owner.
type Storm struct {
	ID        int64     `json:"id"`
	Key       string    `json:"key"`
	Brand     string    `json:"brand"`
	Topic     string    `json:"topic,omitempty"`
	StartedAt time.Time `json:"started_at"`
	LastAt    time.Time `json:"last_at"` // of the latest complaint
	Owner     Actor     `json:"owner,omitzero"`
}

// StormView is everything a storm's card says.
type StormView struct {
	Storm Storm
	Tasks []Task // oldest first
	Top   []View // the few to look at first: most views, then fewest stars
}

// Makes reports whether n complaints within g.Within make a storm. One that
// goes on (last is its latest complaint, zero without) ends only when less
// than half of them are left, so that it does not flicker.
func (g Gust) Makes(n int, last, now time.Time) bool {
	if !last.IsZero() && now.Sub(last) <= g.Within {
		return n >= max(2, (g.Count+1)/2)
	}
	return n >= g.Count
}

// Gathered returns e, which raises a complaint, as a part of storm s: the
// storm's cards stand for its own in the channels of the gust, and the
// storm's owner takes it over. e is left as it is.
func (e Effects) Gathered(s Storm, now time.Time) (Effects, error) {
	task := *e.Task
	task.Storm = s.ID
	inStorm := func(channel string) bool { return slices.Contains(e.Gust.Channels, channel) }
	task.Channels = slices.DeleteFunc(slices.Clone(task.Channels), inStorm)
	out := e
	out.Notices = nil
	for _, n := range e.Notices {
		if n.Kind == CardNotice && inStorm(n.Channel) {
			n = Notice{Kind: StormNotice, Channel: n.Channel, Subject: strconv.FormatInt(s.ID, 10),
				Key: fmt.Sprintf("storm:%d:%s", s.ID, n.Channel), Ping: n.Ping, At: n.At}
		}
		out.Notices = append(out.Notices, n)
	}
	if s.Owner.ID != "" {
		next, event, changed, err := task.Apply(Action{Verb: Assign, Actor: System, At: now, To: s.Owner})
		if err != nil {
			return e, fmt.Errorf("give it to the storm's owner: %w", err)
		}
		if changed {
			task = next
			out.Events = append(slices.Clone(e.Events), event)
		}
	}
	out.Task = &task
	return out, nil
}
