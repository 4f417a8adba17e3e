package reports

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"otklik/mention"
)

// The periods of a digest.
const (
	Daily  = "daily"
	Weekly = "weekly"
)

// DigestConfig is one digest that goes out by itself.
type DigestConfig struct {
	Channel string `yaml:"channel" doc:"where it goes"`
	Period  string `yaml:"period" doc:"daily or weekly: how much it tells; daily when empty"`
	Every   string `yaml:"every" doc:"cron expression; 9:00 each day, or on Mondays for a weekly one, when empty"`
	Brand   string `yaml:"brand" doc:"only this brand; all when empty"`
}

// Config is the reports' part of the configuration.
type Config struct {
	Digests []DigestConfig `yaml:"digests" doc:"digests that go out by themselves; those that routes ask for are added"`
	Spikes  SpikeRule      `yaml:"spikes" doc:"alerts about many complaints within an hour"`
}

// WithDefaults returns c with what was left out filled in.
func (c Config) WithDefaults() Config {
	all := make([]DigestConfig, len(c.Digests))
	for i, d := range c.Digests {
		all[i] = d.withDefaults()
	}
	c.Digests, c.Spikes = all, c.Spikes.withDefaults()
	return c
}

func (d DigestConfig) withDefaults() DigestConfig {
	if d.Period == "" {
		d.Period = Daily
	}
	if d.Every == "" {
		d.Every = "0 9 * * *"
		if d.Period == Weekly {
			d.Every = "0 9 * * 1"
		}
	}
	return d
}

// Validate returns all mistakes, joined, each beginning with its key path.
// Whether channels, brands and schedules exist is for the caller to say.
func (c Config) Validate() error {
	var errs []error
	for i, d := range c.Digests {
		path := fmt.Sprintf("digests[%d]", i)
		if d.Channel == "" {
			errs = append(errs, fmt.Errorf("%s.channel: name the channel", path))
		}
		if p := d.withDefaults().Period; p != Daily && p != Weekly {
			errs = append(errs, fmt.Errorf("%s.period: unknown period %q: use daily or weekly", path, p))
		}
	}
	s := c.Spikes.withDefaults()
	if s.Significance < 0 || s.Significance >= 0.5 {
		errs = append(errs, fmt.Errorf("spikes.significance: %g is not between 0 and 0.5", s.Significance))
	}
	if s.AtLeast < 1 {
		errs = append(errs, fmt.Errorf("spikes.at_least: %d must be at least 1", s.AtLeast))
	}
	return errors.Join(errs...)
}

// Due says when something is due after t.
type Due interface{ Next(t time.Time) time.Time }

// Scheduled is a digest with its schedule.
type Scheduled struct {
	DigestConfig
	Schedule Due
}

// key names the digest's job for ever: a changed schedule moves it.
func (s Scheduled) key() string {
	return "digest:" + s.Channel + ":" + s.Period + ":" + s.Brand
}

// Outbox writes notices with what follows from them.
type Outbox interface {
	Apply(ctx context.Context, effects ...mention.Effects) error
	// FindNotice returns the notice with the key, or mention.ErrNotFound.
	FindNotice(ctx context.Context, key string) (mention.Notice, error)
}

// SpikeJob is the kind of the job that looks for spikes.
const SpikeJob = "spike"

// spikeEvery is how often complaints are counted for a spike.
const spikeEvery = 5 * time.Minute

// Clerk sends digests when they are due, and looks for spikes. All fields are
// required.
type Clerk struct {
	Maker   *Maker
	Outbox  Outbox
	Digests []Scheduled
	Spikes  SpikeRule
	Log     *slog.Logger
}

// Jobs returns the job rows of all digests, and of the look for spikes.
func (c *Clerk) Jobs() []mention.Job {
	now := c.Maker.Now()
	var out []mention.Job
	for _, d := range c.Digests {
		payload, _ := json.Marshal(d.key()) // a string cannot fail
		out = append(out, mention.Job{Kind: mention.DigestJob, Key: d.key(), Payload: payload, RunAt: d.Schedule.Next(now)})
	}
	if c.Spikes.Channel != "" {
		out = append(out, mention.Job{Kind: SpikeJob, Key: SpikeJob, RunAt: now.Add(spikeEvery)})
	}
	return out
}

// Digest is the handler of mention.DigestJob: it writes the notice of the
// digest that is due and returns when the next one is. After a downtime the
// digest goes out once, and ends where its schedule says.
func (c *Clerk) Digest(ctx context.Context, job mention.Job) (time.Time, error) {
	var key string
	if err := json.Unmarshal(job.Payload, &key); err != nil {
		return time.Time{}, mention.Final(fmt.Errorf("read job %s: %w", job.Key, err))
	}
	now := c.Maker.Now()
	for _, d := range c.Digests {
		if d.key() != key {
			continue
		}
		to := slot(d.Schedule, now)
		n := mention.Notice{
			Kind: mention.DigestNotice, Channel: d.Channel, Subject: subject{d.Brand, d.Period, to}.String(),
			// Named by its time, so that a crash before the job was finished
			// makes no second one.
			Key: fmt.Sprintf("%s:%d", key, to.Unix()),
		}
		if err := c.Outbox.Apply(ctx, mention.Effects{Notices: []mention.Notice{n}}); err != nil {
			return time.Time{}, fmt.Errorf("write the notice of a digest: %w", err)
		}
		c.Log.Info("digest is on its way", "channel", d.Channel, "period", d.Period)
		return d.Schedule.Next(now), nil
	}
	return time.Time{}, nil // taken out of the configuration
}

// slotMemory is how far back a digest's last due moment is looked for.
const slotMemory = 8 * 24 * time.Hour

// slot returns the last moment not after now at which schedule was due, now's
// hour when that is long ago.
func slot(schedule Due, now time.Time) time.Time {
	last := time.Time{}
	for at := schedule.Next(now.Add(-slotMemory)); !at.IsZero() && !at.After(now); at = schedule.Next(at) {
		last = at
	}
	if last.IsZero() {
		return now.Truncate(time.Hour)
	}
	return last
}

// Spike is the handler of SpikeJob: it looks at every brand's present hour and
// writes one notice for an hour that is a spike, or brings it up to date.
func (c *Clerk) Spike(ctx context.Context, _ mention.Job) (time.Time, error) {
	if c.Spikes.Channel == "" {
		return time.Time{}, nil // turned off
	}
	now := c.Maker.Now().In(c.Maker.Zone)
	for _, brand := range c.Maker.Brands {
		s, is, err := c.Maker.Spike(ctx, c.Spikes, brand, now)
		if err != nil {
			return time.Time{}, err
		}
		if err := c.tell(ctx, s, is); err != nil {
			return time.Time{}, fmt.Errorf("tell of a spike: %w", err)
		}
		if now.Sub(s.From) >= spikeEvery {
			continue
		}
		// The hour before has just ended: its card counts the last minutes too.
		if _, err := c.refresh(ctx, spikeKey(brand, s.From.Add(-time.Hour))); err != nil {
			return time.Time{}, fmt.Errorf("tell how a spike ended: %w", err)
		}
	}
	return now.Add(spikeEvery), nil
}

func spikeKey(brand string, hour time.Time) string {
	return fmt.Sprintf("spike:%s:%d", brand, hour.Unix())
}

// refresh writes the job that renders a notice anew, and reports whether there
// is that notice.
func (c *Clerk) refresh(ctx context.Context, key string) (bool, error) {
	n, err := c.Outbox.FindNotice(ctx, key)
	if errors.Is(err, mention.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	payload, _ := json.Marshal(mention.NoticeRef{Notice: n.ID}) // a number cannot fail
	return true, c.Outbox.Apply(ctx, mention.Effects{Jobs: []mention.Job{
		{Kind: mention.UpdateJob, Key: fmt.Sprintf("update:%d", n.ID), Payload: payload}}})
}

// tell writes the notice of s if it is a spike, or the job that renders it
// anew: an hour that was one keeps its card up to date.
func (c *Clerk) tell(ctx context.Context, s Spike, is bool) error {
	key := spikeKey(s.Brand, s.From)
	if known, err := c.refresh(ctx, key); known || err != nil || !is {
		return err
	}
	c.Log.Warn("spike of complaints", "brand", s.Brand, "count", s.Count, "yesterday", s.Yesterday, "last_week", s.LastWeek)
	return c.Outbox.Apply(ctx, mention.Effects{Notices: []mention.Notice{
		{Kind: mention.SpikeNotice, Channel: c.Spikes.Channel, Subject: subject{Brand: s.Brand, To: s.From}.String(), Key: key}}})
}
