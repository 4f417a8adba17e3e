package mention

import (
	"encoding/json"
	"fmt"
	"time"
)

// Verdict is how a crawl ended. There is no silent zero: a run without items
// says why.
type Verdict string

// The verdicts of a page or a run.
const (
	OK          Verdict = "ok"
	Unchanged   Verdict = "unchanged"   // 304, or the same bytes as last time
	Empty       Verdict = "empty"       // the page itself says that there is nothing
	Blocked     Verdict = "blocked"     // captcha, robot check, 403, 429, 507
	NotFound    Verdict = "not_found"   // the page says that the object does not exist
	Layout      Verdict = "layout"      // alive, but required fields or promised items are missing
	Auth        Verdict = "auth"        // a token is missing, wrong or without the right
	Truncated   Verdict = "truncated"   // the body is over the limit or ends early
	Unreachable Verdict = "unreachable" // no answer, or a server error
	Disallowed  Verdict = "disallowed"  // robots.txt forbids the address
)

// Good reports whether the source was seen as it is.
func (v Verdict) Good() bool { return v == OK || v == Unchanged || v == Empty }

// ParseVerdict returns the verdict s names.
func ParseVerdict(s string) (Verdict, error) {
	switch v := Verdict(s); v {
	case OK, Unchanged, Empty, Blocked, NotFound, Layout, Auth, Truncated, Unreachable, Disallowed:
		return v, nil
	}
	return "", fmt.Errorf("unknown verdict %q", s)
}

// Evidence is what a verdict rests on.
type Evidence struct {
	URL    string `json:"url,omitempty"` // without secrets
	Status int    `json:"status,omitempty"`
	Marker string `json:"marker,omitempty"` // the sign that matched, in the definition's words
	Note   string `json:"note,omitempty"`   // one sentence for a person
	// Promised is what this page's own slice promises (its count for the page,
	// its card shells), -1 when the page does not say.
	Promised int `json:"promised"`
	Parsed   int `json:"parsed"`
	// Coverage is the share of items that have the field.
	Coverage map[string]float64 `json:"coverage,omitempty"`
	// Matched names, by field, the alternative that matched most items (0 is
	// the first), so that drift shows before it breaks.
	Matched map[string]int `json:"matched,omitempty"`
	// Stopgap is set when the page was read by a stand-in, such as its schema.org
	// data, because no layout of the definition fits. The same review has another
	// identity there.
	Stopgap bool `json:"stopgap,omitempty"`
	// StandIn names the layout of a Stopgap, because no two give one identity.
	StandIn string `json:"stand_in,omitempty"`
	// Snapshot is the hash under which the raw page was kept.
	Snapshot string `json:"snapshot,omitempty"`
}

// SchemaOrg is the stand-in of every definition that has one: the page's own
// schema.org data, when nothing else fits.
const SchemaOrg = "schema.org"

// Identity names the stand-in that gave the page's mentions their identities;
// it is empty when the definition's own layouts did.
func (e Evidence) Identity() string { return identity(e.Stopgap, e.StandIn) }

// Identity is that of the page by which the source's mentions are known.
func (s Source) Identity() string { return identity(s.Stopgap, s.StandIn) }

func identity(stopgap bool, name string) string {
	if stopgap && name == "" { // stored before stand-ins had names
		return SchemaOrg
	}
	return name
}

// Run is the record of one crawl of one source.
type Run struct {
	ID       int64     `json:"id,omitempty"`
	Source   SourceID  `json:"source"`
	Brand    string    `json:"brand"`
	Site     string    `json:"site"`
	StartAt  time.Time `json:"started_at"`
	EndAt    time.Time `json:"ended_at"`
	Verdict  Verdict   `json:"verdict"`
	Evidence Evidence  `json:"evidence"`
	// Renamed is set when the pages were read by another identity than that of
	// the archive, so that every review would have looked new: none was taken.
	Renamed  bool          `json:"renamed,omitempty"`
	Pages    int           `json:"pages"`
	Requests int           `json:"requests"`
	Items    int           `json:"items"`
	New      int           `json:"new"`
	Edited   int           `json:"edited"`
	Alerted  int           `json:"alerted"`
	RetryIn  time.Duration `json:"retry_in,omitempty"` // what the site asked for (Retry-After)
	Reached  time.Time     `json:"reached,omitzero"`   // date of the oldest item seen
}

// Source is what is remembered of a configured source between runs.
type Source struct {
	ID         SourceID  `json:"id"`
	Brand      string    `json:"brand"`
	Site       string    `json:"site"`
	Title      string    `json:"title"`
	SeededAt   time.Time `json:"seeded_at,omitzero"`   // first run that brought anything
	LastRunAt  time.Time `json:"last_run_at,omitzero"` // any verdict
	LastGoodAt time.Time `json:"last_good_at,omitzero"`
	NextRunAt  time.Time `json:"next_run_at,omitzero"`
	BadRuns    int       `json:"bad_runs"` // in a row
	BlindSince time.Time `json:"blind_since,omitzero"`
	Verdict    Verdict   `json:"verdict"` // of the last run
	Evidence   Evidence  `json:"evidence"`
	Items      int       `json:"items"` // of the last good run
	// Coverage is the recent norm of field coverage, an exponential mean over good runs.
	Coverage map[string]float64 `json:"coverage,omitempty"`
	Requests int64              `json:"requests"`
	// Stopgap is set while the source's mentions are known by the identity that
	// a stand-in gives them, StandIn its name.
	Stopgap bool   `json:"stopgap,omitempty"`
	StandIn string `json:"stand_in,omitempty"`
	// RetiredAt is when the source was taken out of the configuration.
	RetiredAt time.Time `json:"retired_at,omitzero"`
	// Missing counts, for each mention that should have been on the pages of
	// the latest clean passes, how many of them in a row did not have it.
	Missing map[ID]int `json:"missing,omitempty"`
	// Pulse is what an adaptive schedule has learned of the page, in its own form.
	Pulse json.RawMessage `json:"pulse,omitempty"`
	// Episode counts the source's blind spells; it names the ops card of each.
	Episode int `json:"episode"`
}

// IsBlind reports whether the source is not seen at present.
func (s Source) IsBlind() bool { return !s.BlindSince.IsZero() }

// Sight is what a run changed in our sight of a source.
type Sight int

// The changes of sight.
const (
	SightSame     Sight = iota
	SightWorse          // still blind, with another run to report
	SightLost           // this run reached the threshold: tell ops
	SightRegained       // the first good run after a blind spell that was told
)

// After returns the source after r and what r changed. A source is blind
// since its first bad run of the spell, and ops are told after threshold bad
// runs in a row (at least one).
func (s Source) After(r Run, threshold int) (Source, Sight) {
	threshold = max(1, threshold)
	s.LastRunAt, s.Verdict, s.Evidence = r.EndAt, r.Verdict, r.Evidence
	s.Requests += int64(r.Requests)
	if r.Renamed && s.Stopgap && r.Evidence.Identity() != SchemaOrg {
		// The definition fits better: its identities are learned without alerts.
		s.SeededAt, s.Stopgap, s.StandIn = time.Time{}, false, ""
		return s.afterBad(r, threshold)
	}
	// A source that is blocked on its third page for ever has been seeded all
	// the same by the pages before: it must not stay silent.
	if s.SeededAt.IsZero() && (r.Verdict.Good() || r.Items > 0) {
		s.SeededAt = r.EndAt
	}
	if !r.Verdict.Good() {
		return s.afterBad(r, threshold)
	}
	sight := SightSame
	if s.IsBlind() && s.BadRuns >= threshold {
		sight = SightRegained
	}
	s.BadRuns, s.BlindSince, s.LastGoodAt = 0, time.Time{}, r.EndAt
	if r.Verdict == OK {
		s.Items, s.Stopgap, s.StandIn = r.Items, r.Evidence.Stopgap, r.Evidence.Identity()
		s.Coverage = blend(s.Coverage, r.Evidence.Coverage)
	}
	return s, sight
}

func (s Source) afterBad(r Run, threshold int) (Source, Sight) {
	s.BadRuns++
	if !s.IsBlind() {
		s.BlindSince = r.StartAt
	}
	switch {
	case s.BadRuns == threshold:
		s.Episode++
		return s, SightLost
	case s.BadRuns > threshold:
		return s, SightWorse
	}
	return s, SightSame
}

// coverageWeight is the weight of the newest run in the recent norm: about
// the last ten good runs count.
const coverageWeight = 0.2

func blend(norm, seen map[string]float64) map[string]float64 {
	if len(seen) == 0 {
		return norm
	}
	out := make(map[string]float64, len(seen))
	for field, share := range seen {
		old, known := norm[field]
		if !known {
			out[field] = share
			continue
		}
		out[field] = old + coverageWeight*(share-old)
	}
	return out
}

// Freshness says what the archive knows of an item on a page.
type Freshness int

// The kinds of freshness.
const (
	Same    Freshness = iota // known, and looks as it did
	New                      // never seen
	Changed                  // known, but content, reply or comment count differ
	Foreign                  // not about the brand: neither known nor taken
)
