package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"time"

	"otklik/mention"
)

// Crawler makes one pass over a source and gives its pages to the sink. It
// always ends in a verdict; the error is of the sink or of ctx only.
type Crawler interface {
	Run(ctx context.Context, sink *Pass, prior mention.Source) (mention.Run, error)
}

// Schedule says when a source is due after t.
type Schedule interface{ Next(t time.Time) time.Time }

// Rhythm is a schedule that learns how often a page gets something new.
type Rhythm interface {
	// Next returns when a source is due after a pass at at, the one before it
	// having been at from, that brought what was published. What has been
	// learned goes in and comes out in the rhythm's own form.
	Next(learned json.RawMessage, from, at time.Time, published []time.Time) (due time.Time, now json.RawMessage, err error)
}

// Watched is one configured source.
type Watched struct {
	Source   mention.Source // ID, Brand, Site and Title
	Brand    Brand
	Crawler  Crawler
	Schedule Schedule
	// Ordered says that a pass reads one list, newest first: what it should
	// have met and did not is missing.
	Ordered bool
	Rhythm  Rhythm // instead of Schedule, once there is something to learn from; may be nil
}

// Records keep what is remembered of sources.
type Records interface {
	Source(ctx context.Context, id mention.SourceID) (mention.Source, error)
	// SaveRun records a run, the source after it and the effects in one transaction.
	SaveRun(ctx context.Context, run mention.Run, src mention.Source, effects ...mention.Effects) error
	// FindNotice returns the notice with the key, or mention.ErrNotFound.
	FindNotice(ctx context.Context, key string) (mention.Notice, error)
	Holdings
}

// Holdings are what the archive holds of a source's mentions.
type Holdings interface {
	Mentions(ctx context.Context, f mention.MentionFilter) ([]mention.Mention, string, error)
	// TaskOf returns the task of a mention, or mention.ErrNotFound.
	TaskOf(ctx context.Context, id mention.ID) (mention.Task, error)
}

// Watch makes the passes of all sources when their jobs are due.
type Watch struct {
	intake  *Intake
	records Records
	sources map[mention.SourceID]Watched
	// blindAfter is the number of bad runs in a row after which ops are told
	// in the channel ops.
	blindAfter int
	ops        string
	log        *slog.Logger
}

// NewWatch returns a watch over the sources. Ops is the channel that is told
// after blindAfter bad runs in a row; empty tells nobody.
func NewWatch(in *Intake, records Records, sources []Watched, ops string, blindAfter int) *Watch {
	w := &Watch{intake: in, records: records, sources: map[mention.SourceID]Watched{}, ops: ops, blindAfter: blindAfter, log: in.Log}
	for _, s := range sources {
		w.sources[s.Source.ID] = s
	}
	return w
}

// Jobs returns the job row of every source, due at its next scheduled time;
// sources that have never run are due now, spread over the first minute.
func (w *Watch) Jobs(ctx context.Context) ([]mention.Job, error) {
	var out []mention.Job
	for id, s := range w.sources {
		prior, err := w.records.Source(ctx, id)
		if err != nil && !errors.Is(err, mention.ErrNotFound) {
			return nil, fmt.Errorf("read source %s: %w", id, err)
		}
		now := w.intake.Now()
		due := now.Add(apart(s, now))
		if !prior.LastRunAt.IsZero() {
			due = next(s, prior.LastRunAt) // in the past after downtime: it runs once
		}
		out = append(out, CrawlJob(id, due))
	}
	return out, nil
}

// CrawlJob returns the job of source's next pass.
func CrawlJob(id mention.SourceID, due time.Time) mention.Job {
	payload, _ := json.Marshal(string(id)) // a string cannot fail
	return mention.Job{Kind: mention.CrawlJob, Key: "crawl:" + string(id), Payload: payload, RunAt: due}
}

// Crawl makes the pass of a due job and returns when the source is due again.
func (w *Watch) Crawl(ctx context.Context, job mention.Job) (time.Time, error) {
	var id mention.SourceID
	if err := json.Unmarshal(job.Payload, &id); err != nil {
		return time.Time{}, mention.Final(fmt.Errorf("read job %s: %w", job.Key, err))
	}
	s, watched := w.sources[id]
	if !watched {
		return time.Time{}, nil // taken out of the configuration
	}
	_, due, err := w.pass(ctx, s)
	return due, err
}

// Sources returns the watched sources.
func (w *Watch) Sources() []Watched {
	out := make([]Watched, 0, len(w.sources))
	for _, s := range w.sources {
		out = append(out, s)
	}
	return out
}

// Pass makes one pass over s and records it with everything that follows.
func (w *Watch) Pass(ctx context.Context, s Watched) (mention.Run, error) {
	run, _, err := w.pass(ctx, s)
	return run, err
}

// pass returns also when s is due again.
func (w *Watch) pass(ctx context.Context, s Watched) (mention.Run, time.Time, error) {
	var due time.Time
	prior, err := w.records.Source(ctx, s.Source.ID)
	if err != nil && !errors.Is(err, mention.ErrNotFound) {
		return mention.Run{}, due, fmt.Errorf("read source %s: %w", s.Source.ID, err)
	}
	prior.ID, prior.Brand, prior.Site, prior.Title = s.Source.ID, s.Source.Brand, s.Source.Site, s.Source.Title
	pass := w.intake.Pass(s.Source.ID, s.Brand, prior.SeededAt.IsZero())
	run, err := s.Crawler.Run(ctx, pass, prior)
	if err == nil {
		err = ctx.Err() // a pass that we stopped says nothing about the source
	}
	if err != nil {
		return run, due, fmt.Errorf("pass over %s: %w", s.Source.ID, err)
	}
	added := pass.Added()
	run.New, run.Edited, run.Alerted = added.New, added.Edited, added.Alerted
	after, sight := prior.After(run, w.blindAfter)
	if due, err = w.due(s, prior, run, pass.published, &after); err != nil {
		return run, due, err
	}
	after.NextRunAt = due
	effects, err := w.gone(ctx, s, run, pass, &after)
	if err != nil {
		return run, due, err
	}
	report, err := w.report(ctx, prior, after, sight)
	if err != nil {
		return run, due, err
	}
	if err := w.records.SaveRun(ctx, run, after, append(effects, report)...); err != nil {
		return run, due, fmt.Errorf("save run of %s: %w", s.Source.ID, err)
	}
	w.tell(run, sight)
	return run, due, nil
}

// due returns when s is to be read again. A site that asked for a pause gets
// it. The first pass teaches nothing: what it brings was published long ago.
func (w *Watch) due(s Watched, prior mention.Source, run mention.Run, published []time.Time, after *mention.Source) (time.Time, error) {
	due := next(s, run.EndAt)
	if s.Rhythm != nil && run.Verdict.Good() && !prior.LastGoodAt.IsZero() {
		learned, pulse, err := s.Rhythm.Next(prior.Pulse, prior.LastGoodAt, run.EndAt, published)
		if err != nil {
			return due, fmt.Errorf("schedule %s: %w", s.Source.ID, err)
		}
		due, after.Pulse = learned, pulse
	}
	if asked := run.EndAt.Add(run.RetryIn); asked.After(due) {
		due = asked
	}
	return due, nil
}

func (w *Watch) tell(run mention.Run, sight mention.Sight) {
	level := slog.LevelInfo
	if sight == mention.SightLost {
		level = slog.LevelWarn
	}
	w.log.Log(context.Background(), level, "pass finished", "source", string(run.Source), "verdict", string(run.Verdict),
		"marker", run.Evidence.Marker, "note", run.Evidence.Note, "items", run.Items, "new", run.New, "edited", run.Edited, "tasks", run.Alerted,
		"requests", run.Requests, "took", run.EndAt.Sub(run.StartAt).Round(time.Millisecond))
}

// report returns the messages about the source itself: one ops card for each
// blind spell, brought up to date in place, and the summary of a first run.
func (w *Watch) report(ctx context.Context, prior, after mention.Source, sight mention.Sight) (mention.Effects, error) {
	var eff mention.Effects
	if w.ops == "" {
		return eff, nil
	}
	if prior.SeededAt.IsZero() && !after.SeededAt.IsZero() {
		eff.Notices = append(eff.Notices, mention.Notice{Kind: mention.SeededNotice, Channel: w.ops, Source: after.ID, Key: "seeded:" + string(after.ID)})
	}
	key := fmt.Sprintf("ops:%s:%d", after.ID, after.Episode)
	switch sight {
	case mention.SightLost:
		eff.Notices = append(eff.Notices, mention.Notice{Kind: mention.OpsNotice, Channel: w.ops, Source: after.ID, Key: key})
	case mention.SightWorse, mention.SightRegained:
		n, err := w.records.FindNotice(ctx, key)
		if errors.Is(err, mention.ErrNotFound) {
			return eff, nil
		}
		if err != nil {
			return eff, fmt.Errorf("find the card of blind source %s: %w", after.ID, err)
		}
		eff.Jobs = append(eff.Jobs, UpdateJob(n.ID))
	}
	return eff, nil
}

// UpdateJob returns the job that brings a posted notice up to date at once.
func UpdateJob(notice int64) mention.Job {
	payload, _ := json.Marshal(map[string]int64{"notice": notice}) // plain numbers cannot fail
	return mention.Job{Kind: mention.UpdateJob, Key: fmt.Sprintf("update:%d", notice), Payload: payload}
}

// spread bounds how far sources with the same schedule are pulled apart.
const spread = time.Minute

// next returns when s is due after t: its schedule, moved by a part of the
// interval that depends on the source, so that sources do not start together
// and each keeps its own rhythm.
func next(s Watched, t time.Time) time.Time {
	due := s.Schedule.Next(t)
	return due.Add(apart(s, due))
}

// apart is how far s is moved from what is due at t together with others.
func apart(s Watched, t time.Time) time.Duration {
	due := s.Schedule.Next(t)
	room := min(spread, s.Schedule.Next(due).Sub(due)/10)
	if room <= 0 {
		return 0
	}
	h := fnv.New32a()
	h.Write([]byte(s.Source.ID))
	return room / 1024 * time.Duration(h.Sum32()%1024)
}
