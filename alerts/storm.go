package alerts

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"otklik/mention"
)

// Storms gives what a storm's card says.
type Storms interface {
	Storm(ctx context.Context, id int64) (mention.StormView, error)
}

// storm loads what the storm notice of m tells.
func (d *Dispatcher) storm(ctx context.Context, m Message) (Message, error) {
	id, err := strconv.ParseInt(m.Notice.Subject, 10, 64)
	if err != nil || d.Storms == nil {
		return m, fmt.Errorf("storm %q: %w", m.Notice.Subject, mention.ErrNotFound)
	}
	if m.Storm, err = d.Storms.Storm(ctx, id); err != nil {
		return m, err
	}
	m.IsOver = !m.At.Before(d.stormEnd(m.Storm.Storm))
	lang := d.language(m.Notice.Channel)
	m.Titles = map[string]string{}
	for _, v := range m.Storm.Top {
		if d.Titles != nil {
			m.Titles[v.Mention.Source] = d.Titles(v.Mention.Source, lang)
		}
	}
	m.Digest = stormDigest(m, Say(lang), d.Base)
	return m, nil
}

// stormDigest sums a storm up: how it stands, the complaints to look at
// first, and where the others are.
func stormDigest(m Message, say *Phrases, base string) mention.Digest {
	s := m.Storm.Storm
	title := say.Storm + ": " + s.Brand
	if m.IsOver {
		title = say.StormOver + ": " + s.Brand
	}
	if s.Topic != "" {
		title += " · " + say.TopicName(s.Topic)
	}
	d := mention.Digest{Title: fmt.Sprintf("%s — %d", title, len(m.Storm.Tasks))}
	if base != "" {
		asked := url.Values{"brand": {s.Brand}}
		if s.Topic != "" {
			asked.Set("topic", s.Topic)
		}
		d.URL = strings.TrimSuffix(base, "/") + "/?" + asked.Encode()
	}
	section := mention.Section{Title: standing(m.Storm.Tasks, say)}
	if s.Owner.ID != "" {
		section.Title += " · " + fmt.Sprintf(say.Owner, cmp.Or(s.Owner.Name, s.Owner.ID))
	}
	for _, v := range m.Storm.Top {
		section.Lines = append(section.Lines, stormLine(m, v, say))
	}
	if rest := len(m.Storm.Tasks) - len(m.Storm.Top); rest > 0 {
		section.Lines = append(section.Lines, mention.Line{Text: fmt.Sprintf(say.StormRest, rest), URL: d.URL})
	}
	d.Sections = []mention.Section{section}
	return d
}

// standing counts the tasks by state, in the order of the work.
func standing(tasks []mention.Task, say *Phrases) string {
	counts := map[mention.State]int{}
	for _, t := range tasks {
		counts[t.State]++
	}
	var parts []string
	for _, s := range []mention.State{mention.Open, mention.Taken, mention.Answered, mention.Confirmed, mention.Dismissed} {
		if counts[s] > 0 {
			parts = append(parts, fmt.Sprintf("%s: %d", say.States[s], counts[s]))
		}
	}
	return strings.Join(parts, " · ")
}

func stormLine(m Message, v mention.View, say *Phrases) mention.Line {
	parts := []string{fmt.Sprintf("M-%d", v.Task.ID)}
	if n := v.Mention.Stars(); n > 0 {
		parts = append(parts, fmt.Sprintf(say.Stars, n))
	}
	words := oneLine(Cut(cmp.Or(v.Mention.Title, v.Mention.Words(), say.NoWords), stormWords))
	parts = append(parts, m.Site(v.Mention.Source)+": "+words, say.States[v.Task.State])
	return mention.Line{Text: strings.Join(parts, " · "), URL: v.Mention.URL}
}

// stormWords is how many characters of a complaint a storm's card shows.
const stormWords = 120

// stormShown starts the norms of the complaints that the storm's card has
// just come to tell.
func (d *Dispatcher) stormShown(m Message, at time.Time) ([]mention.Effects, error) {
	var all []mention.Effects
	for _, t := range m.Storm.Tasks {
		if !t.DeliveredAt.IsZero() {
			continue
		}
		started, err := d.Norms.Delivered(t, at)
		if err != nil {
			return nil, fmt.Errorf("start norms of task M-%d: %w", t.ID, err)
		}
		if started.Task != nil {
			all = append(all, started)
		}
	}
	return all, nil
}

// stormUpdated writes down that an update has told new complaints, and returns
// when to come again: at the end of the storm, which no complaint announces.
func (d *Dispatcher) stormUpdated(ctx context.Context, m Message, canUpdate bool) (time.Time, error) {
	// Where a message cannot change, the first one has said that more is in the
	// inbox; clocks that waited for the end would leave a long storm unwatched.
	effects, err := d.stormShown(m, d.Now())
	if err != nil {
		return time.Time{}, err
	}
	n := m.Notice
	if m.IsOver && !canUpdate && !strings.HasSuffix(n.Key, closing) {
		effects = append(effects, mention.Effects{Notices: []mention.Notice{
			{Kind: mention.StormNotice, Channel: n.Channel, Subject: n.Subject, Key: n.Key + closing}}})
	}
	if len(effects) > 0 {
		if err := d.Outbox.MarkSent(ctx, n.ID, n.Place, n.Shown, n.SentAt, effects...); err != nil {
			return time.Time{}, fmt.Errorf("follow storm %s: %w", n.Subject, err)
		}
	}
	if m.IsOver {
		return time.Time{}, nil
	}
	return d.stormEnd(m.Storm.Storm), nil
}

// closing ends the key of the message that sums up a storm where its first one
// cannot be brought up to date.
const closing = ":over"

// stormEnd is when a storm is over unless another complaint comes.
func (d *Dispatcher) stormEnd(s mention.Storm) time.Time {
	if d.StormEnd == nil {
		return s.LastAt
	}
	return d.StormEnd(s)
}

// stormFollow is the work that the message of a storm leaves behind: to look
// at it again when the storm is over.
func (d *Dispatcher) stormFollow(m Message) mention.Effects {
	payload, _ := json.Marshal(mention.NoticeRef{Notice: m.Notice.ID}) // a number cannot fail
	return mention.Effects{Jobs: []mention.Job{{Kind: mention.UpdateJob, Key: fmt.Sprintf("update:%d", m.Notice.ID),
		Payload: payload, RunAt: d.stormEnd(m.Storm.Storm)}}}
}
