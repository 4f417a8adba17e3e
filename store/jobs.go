package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"otklik/mention"
)

// enqueue writes j. A job with the same key that waits is moved earlier when j
// is earlier; one that is leased runs again afterwards, because its holder may
// have read the rows before this transaction; one that is buried rises.
func (t *tx) enqueue(ctx context.Context, j mention.Job) error {
	if j.Key == "" || j.Kind == "" {
		return fmt.Errorf("write job %q %q: it needs a kind and a key", j.Kind, j.Key)
	}
	run := millis(t.now) // at once
	if !j.RunAt.IsZero() {
		run = dueMillis(j.RunAt)
	}
	_, err := t.exec(ctx, `INSERT INTO job AS j (kind, key, payload, run_ms, held, again_ms, attempt, failures, last_error, buried_ms)
		VALUES ($1, $2, $3, $4, 0, 0, 0, 0, '', 0)
		ON CONFLICT (key) DO UPDATE SET
			payload = excluded.payload,
			again_ms = CASE WHEN j.held = 0 OR j.buried_ms <> 0 THEN 0
				WHEN j.again_ms = 0 OR j.again_ms > excluded.run_ms THEN excluded.run_ms ELSE j.again_ms END,
			run_ms = CASE WHEN j.buried_ms <> 0 OR (j.held = 0 AND j.run_ms > excluded.run_ms)
				THEN excluded.run_ms ELSE j.run_ms END,
			failures = CASE WHEN j.buried_ms <> 0 THEN 0 ELSE j.failures END,
			held = CASE WHEN j.buried_ms <> 0 THEN 0 ELSE j.held END,
			buried_ms = 0`,
		j.Kind, clean(j.Key), clean(string(j.Payload)), run)
	if err != nil {
		return fmt.Errorf("write job %s: %w", j.Key, err)
	}
	t.wakes = true
	return nil
}

// dueMillis is when a job asked for at t is due: never before t, because a
// handler that finds itself too early has nothing to do and the job is gone.
func dueMillis(t time.Time) int64 { return millis(t.Add(time.Millisecond - time.Nanosecond)) }

// lastRune follows every text; keys compare by bytes.
const lastRune = "\U0010FFFF"

// dropJobs removes the jobs whose keys begin with prefix.
func (t *tx) dropJobs(ctx context.Context, prefix string) error {
	if prefix == "" {
		return errors.New("drop jobs: an empty prefix would drop all")
	}
	if _, err := t.exec(ctx, `DELETE FROM job WHERE key >= $1 AND key < $2`, prefix, prefix+lastRune); err != nil {
		return fmt.Errorf("drop jobs %s: %w", prefix, err)
	}
	return nil
}

const jobColumns = `id, kind, key, payload, run_ms, attempt, failures, last_error, buried_ms`

func scanJob(scan func(...any) error) (mention.Job, error) {
	var j mention.Job
	var payload string
	var run, buried int64
	err := scan(&j.ID, &j.Kind, &j.Key, &payload, &run, &j.Attempt, &j.Failures, &j.LastError, &buried)
	j.RunAt, j.BuriedAt = instant(run, 0), instant(buried, 0)
	if payload != "" {
		j.Payload = []byte(payload)
	}
	return j, err
}

// Lease takes up to limit due jobs of kinds for the length of lease, those
// that are due longest first; nobody else gets them until then. It counts the
// Attempt, and a Failure where an earlier holder let its lease run out. RunAt
// of the jobs it returns is the end of the lease.
func (s *Store) Lease(ctx context.Context, kinds []string, limit int, lease time.Duration) ([]mention.Job, error) {
	var jobs []mention.Job
	err := s.write(ctx, "lease jobs", func(t *tx) error {
		jobs = nil
		for _, kind := range kinds {
			some, err := t.lease(ctx, kind, limit-len(jobs), lease)
			if err != nil {
				return err
			}
			jobs = append(jobs, some...)
		}
		return nil
	})
	return jobs, err
}

// lease is Lease for one kind, so that the index serves the order as well.
// The CTE is materialized because PostgreSQL may else run its LIMIT anew per row.
func (t *tx) lease(ctx context.Context, kind string, limit int, lease time.Duration) ([]mention.Job, error) {
	if limit <= 0 {
		return nil, nil
	}
	jobs, err := collect(ctx, t, scanJob, `WITH due AS MATERIALIZED (`+
		t.dialect.skipLocked(`SELECT id FROM job WHERE kind = $1 AND buried_ms = 0 AND run_ms <= $2 ORDER BY run_ms, id LIMIT $3`)+`)
		UPDATE job SET attempt = attempt + 1, failures = failures + held,
			last_error = CASE WHEN held = 1 THEN 'the lease ran out' ELSE last_error END,
			held = 1, again_ms = 0, run_ms = $4
		WHERE id IN (SELECT id FROM due) RETURNING `+jobColumns,
		kind, millis(t.now), limit, millis(t.now.Add(lease)))
	slices.SortFunc(jobs, func(a, b mention.Job) int { return int(a.ID - b.ID) })
	return jobs, err
}

// holds reports mention.ErrConflict when job is not leased to its holder any more.
func (t *tx) holds(ctx context.Context, job mention.Job) error {
	var one int
	err := t.row(ctx, t.dialect.locked(`SELECT 1 FROM job WHERE id = $1 AND attempt = $2 AND held = 1`), job.ID, job.Attempt).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("job %s: %w", job.Key, mention.ErrConflict)
	}
	return err
}

// fenced runs an UPDATE of the held job whose first parameters are its id and
// attempt, and reports mention.ErrConflict when the lease was lost.
func (t *tx) fenced(ctx context.Context, job mention.Job, update string, args ...any) error {
	res, err := t.exec(ctx, update+` WHERE id = $1 AND attempt = $2 AND held = 1`, append([]any{job.ID, job.Attempt}, args...)...)
	err = t.changed(ctx, res, err, `SELECT 1 FROM job WHERE id = $1`, job.ID)
	if errors.Is(err, mention.ErrNotFound) {
		return mention.ErrConflict
	}
	return err
}

// Renew makes the lease of job last for lease from now, or reports
// mention.ErrConflict when it was lost.
func (s *Store) Renew(ctx context.Context, job mention.Job, lease time.Duration) error {
	return s.write(ctx, "renew job "+job.Key, func(t *tx) error {
		return t.fenced(ctx, job, `UPDATE job SET run_ms = $3`, millis(t.now.Add(lease)))
	})
}

// Finish removes a job that is done. One that was asked for anew meanwhile
// becomes due again instead. It reports mention.ErrConflict when another
// holder has it; that it is gone is fine: a task's timers replace each other.
func (s *Store) Finish(ctx context.Context, job mention.Job) error {
	return s.write(ctx, "finish job "+job.Key, func(t *tx) error {
		res, err := t.exec(ctx, `DELETE FROM job WHERE id = $1 AND attempt = $2 AND held = 1 AND again_ms = 0`, job.ID, job.Attempt)
		err = t.changed(ctx, res, err, `SELECT 1 FROM job WHERE id = $1`, job.ID)
		switch {
		case errors.Is(err, mention.ErrNotFound):
			return nil
		case !errors.Is(err, mention.ErrConflict):
			return err
		}
		t.wakes = true
		return t.fenced(ctx, job, `UPDATE job SET run_ms = again_ms, again_ms = 0, held = 0, failures = 0, last_error = ''`)
	})
}

// Reschedule makes job due at a moment. An empty lastErr is the next turn of
// a recurring job and clears Failures; another one is a failure and counts it.
// A job that was asked for earlier meanwhile becomes due then. It reports
// mention.ErrConflict when the lease was lost.
func (s *Store) Reschedule(ctx context.Context, job mention.Job, at time.Time, lastErr string) error {
	failed := 0
	if lastErr != "" {
		failed = 1
	}
	return s.write(ctx, "reschedule job "+job.Key, func(t *tx) error {
		t.wakes = true
		return t.fenced(ctx, job, `UPDATE job SET
			run_ms = CASE WHEN again_ms <> 0 AND again_ms < $3 THEN again_ms ELSE $3 END,
			again_ms = 0, held = 0, last_error = $4,
			failures = CASE WHEN $5 = 0 THEN 0 ELSE failures + 1 END`, dueMillis(at), clean(lastErr), failed)
	})
}

// Bury keeps a job that is not worth another try, for people to see. It
// reports mention.ErrConflict when the lease was lost.
func (s *Store) Bury(ctx context.Context, job mention.Job, reason string) error {
	return s.write(ctx, "bury job "+job.Key, func(t *tx) error {
		return t.fenced(ctx, job, `UPDATE job SET buried_ms = $3, last_error = $4, held = 0, again_ms = 0, failures = failures + 1`,
			millis(t.now), clean(reason))
	})
}

// Buried returns the buried jobs, the last one first, at most limit.
func (s *Store) Buried(ctx context.Context, limit int) ([]mention.Job, error) {
	jobs, err := collect(ctx, s.reader, scanJob,
		`SELECT `+jobColumns+` FROM job WHERE buried_ms <> 0 ORDER BY buried_ms DESC, id DESC LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("list buried jobs: %w", err)
	}
	return jobs, nil
}

// EnsureJobs writes jobs whose keys do not exist; an existing one is moved
// earlier when the given RunAt is earlier, and rises when it was buried.
func (s *Store) EnsureJobs(ctx context.Context, jobs []mention.Job) error {
	return s.write(ctx, "ensure jobs", func(t *tx) error {
		for _, j := range jobs {
			if err := t.enqueue(ctx, j); err != nil {
				return err
			}
		}
		return nil
	})
}

// Hasten makes jobs of kinds that wait due earlier by d, at the earliest now:
// what a clock that ran ahead has put off is not put off once it is set right.
// It returns how many there were.
func (s *Store) Hasten(ctx context.Context, kinds []string, d time.Duration) (moved int, err error) {
	err = s.write(ctx, "hasten jobs", func(t *tx) error {
		moved, t.wakes = 0, true
		for _, kind := range kinds {
			res, err := t.exec(ctx, `UPDATE job SET run_ms = CASE WHEN run_ms - $2 > $3 THEN run_ms - $2 ELSE $3 END
				WHERE kind = $1 AND held = 0 AND buried_ms = 0 AND run_ms > $3`, kind, d.Milliseconds(), millis(t.now))
			if err != nil {
				return err
			}
			n, err := res.RowsAffected()
			if err != nil {
				return err
			}
			moved += int(n)
		}
		return nil
	})
	return moved, err
}

// DropJobs removes the jobs whose keys begin with one of prefixes.
func (s *Store) DropJobs(ctx context.Context, prefixes ...string) error {
	return s.write(ctx, "drop jobs", func(t *tx) error {
		for _, p := range prefixes {
			if err := t.dropJobs(ctx, p); err != nil {
				return err
			}
		}
		return nil
	})
}

// NextDue returns when the first job of kinds is due, leased ones at the end
// of their lease; the zero time means that there is none.
func (s *Store) NextDue(ctx context.Context, kinds []string) (time.Time, error) {
	var next int64
	for _, kind := range kinds {
		var due int64
		err := s.reader.row(ctx, `SELECT run_ms FROM job WHERE kind = $1 AND buried_ms = 0 ORDER BY run_ms LIMIT 1`, kind).Scan(&due)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return time.Time{}, fmt.Errorf("next due job: %w", err)
		}
		if err == nil && (next == 0 || due < next) {
			next = due
		}
	}
	return instant(next, 0), nil
}

// Jobs returns the jobs whose keys begin with prefix, in the order of keys,
// at most limit.
func (s *Store) Jobs(ctx context.Context, prefix string, limit int) ([]mention.Job, error) {
	jobs, err := collect(ctx, s.reader, scanJob,
		`SELECT `+jobColumns+` FROM job WHERE key >= $1 AND key < $2 ORDER BY key LIMIT $3`, prefix, prefix+lastRune, limit)
	if err != nil {
		return nil, fmt.Errorf("list jobs %s: %w", prefix, err)
	}
	return jobs, nil
}
