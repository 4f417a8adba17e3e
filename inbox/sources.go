package inbox

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"otklik/mention"
)

// stripRuns is how many of the last runs of a source are drawn.
const stripRuns = 40

// sourceLine is one source as its page shows it.
type sourceLine struct {
	Source   mention.Source
	Site     string
	Strip    []tick
	Lag      time.Duration // since the last good look
	Why      []string
	Coverage []share
	Evidence string
	Last     mention.Run
	HasRun   bool
}

// tick is one run in the strip of verdicts.
type tick struct {
	Class string // good, bad or never
	Hint  string
}

// share compares a field's coverage in the last run with its norm, in percent.
type share struct {
	Field     string
	Now, Norm int
	Known     bool // the last look read the fields; a refusal reads none
	Low       bool
}

// sourcesShown is how many sources a page has: each is a card with a strip,
// and a page must stay under 100 KB.
const sourcesShown = 20

// sourcesPage is a page of the sources that the filters let through.
type sourcesPage struct {
	Lines      []sourceLine
	CanRun     bool
	All, Found int
	Blind      int // of those found
	Query      url.Values
	Brands     []string
	Sites      []option
	Prev, Next string
}

// sources shows how well each source is seen, those that are not seen first.
func (s *Server) sources(w http.ResponseWriter, r *http.Request) error {
	p, err := s.newPage(r, "nav.sources", "sources")
	if err != nil {
		return err
	}
	all, err := s.Sight.Sources(r.Context())
	if err != nil {
		return fmt.Errorf("read sources: %w", err)
	}
	all = slices.DeleteFunc(slices.Clone(all), func(x mention.Source) bool { return !x.RetiredAt.IsZero() })
	q := sourcesQuery(r.URL.Query())
	c := sourcesPage{CanRun: p.Can("admin") && s.RunNow != nil, All: len(all), Query: q,
		Brands: observed(all, nil, func(x mention.Source) []string { return []string{x.Brand} })}
	for _, site := range observed(all, nil, func(x mention.Source) []string { return []string{x.Site} }) {
		c.Sites = append(c.Sites, option{site, s.siteTitle(site, p.Lang)})
	}
	list := slices.DeleteFunc(all, func(x mention.Source) bool { return !wanted(x, q) })
	sortSources(list)
	c.Found = len(list)
	for _, src := range list {
		c.Blind += map[bool]int{true: 1}[src.IsBlind()]
	}
	at, err := pageOf(r.URL.Query().Get("page"))
	if err != nil {
		return err
	}
	c.Prev, c.Next = turns("/sources", q, at, sourcesShown, len(list))
	first := min(at*sourcesShown, len(list))
	for _, src := range list[first:min(first+sourcesShown, len(list))] {
		line, err := s.sourceLine(r.Context(), p.ui, src)
		if err != nil {
			return err
		}
		c.Lines = append(c.Lines, line)
	}
	p.C = c
	return s.show(w, r, http.StatusOK, "sources", p)
}

// sourcesQuery reads the filters of the page of sources.
func sourcesQuery(q url.Values) url.Values {
	out := url.Values{}
	for _, name := range []string{"q", "brand", "source", "seen"} {
		if v := strings.TrimSpace(q.Get(name)); v != "" {
			out.Set(name, v)
		}
	}
	return out
}

// wanted reports whether the filters let a source through.
func wanted(src mention.Source, q url.Values) bool {
	is := func(name, value string) bool { return q.Get(name) == "" || q.Get(name) == value }
	words := strings.ToLower(src.Title + " " + src.Brand + " " + string(src.ID))
	return is("brand", src.Brand) && is("source", src.Site) && (q.Get("seen") != "no" || src.IsBlind()) &&
		strings.Contains(words, strings.ToLower(q.Get("q")))
}

// sortSources puts what is not seen first, the longest so at the top.
func sortSources(list []mention.Source) {
	slices.SortStableFunc(list, func(a, b mention.Source) int {
		if a.IsBlind() != b.IsBlind() {
			return map[bool]int{true: -1, false: 1}[a.IsBlind()]
		}
		return cmp.Or(a.BlindSince.Compare(b.BlindSince), cmp.Compare(a.Brand, b.Brand), cmp.Compare(a.Title, b.Title))
	})
}

// pageOf reads the number of a page, which counts from 0.
func pageOf(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 1_000_000 {
		return 0, bad("%q is no page", text)
	}
	return n, nil
}

// turns leads to the pages before and after page at of a list of all items.
func turns(path string, q url.Values, at, size, all int) (prev, next string) {
	to := func(n int) string { return path + "?" + with(q, "page", strconv.Itoa(n)).Encode() }
	if at > 0 {
		prev = to(at - 1)
	}
	if (at+1)*size < all {
		next = to(at + 1)
	}
	return prev, next
}

func (s *Server) sourceLine(ctx context.Context, u ui, src mention.Source) (sourceLine, error) {
	runs, err := s.Sight.Runs(ctx, src.ID, stripRuns)
	if err != nil {
		return sourceLine{}, fmt.Errorf("read runs of %s: %w", src.ID, err)
	}
	line := sourceLine{Source: src, Site: s.siteTitle(src.Site, u.Lang), Strip: strip(u, runs), Why: whyNothing(u, src, runs),
		Coverage: coverage(src, runs), Evidence: publicURL(src.Evidence.URL)}
	if len(runs) > 0 {
		line.Last, line.HasRun = runs[0], true
	}
	if !src.LastGoodAt.IsZero() {
		line.Lag = u.now.Sub(src.LastGoodAt)
	}
	return line, nil
}

// strip draws the runs, the oldest first, in a fixed number of places.
func strip(u ui, runs []mention.Run) []tick {
	out := make([]tick, 0, stripRuns)
	for range stripRuns - len(runs) {
		out = append(out, tick{Class: "never"})
	}
	for i := len(runs) - 1; i >= 0; i-- {
		r := runs[i]
		t := tick{"bad", u.T("strip.hint", u.When(r.StartAt), u.Word("verdict", r.Verdict), r.Items, r.New)}
		if r.Verdict.Good() {
			t.Class = "good"
		}
		if i+1 < len(runs) && r.Verdict == runs[i+1].Verdict && r.Items == runs[i+1].Items && r.New == 0 {
			t.Hint = u.When(r.StartAt) // like the one before: forty sentences a source weigh too much
		}
		out = append(out, t)
	}
	return out
}

// lowShare is how far below its norm a field's coverage is worth a look.
const lowShare = 0.2

// coverage compares the last look that read fields with the norm, fields by
// name. A page that is the same as before was read before; one that was refused
// was not, and nothing is claimed of it.
func coverage(src mention.Source, runs []mention.Run) []share {
	looked := src.Evidence.Coverage
	for _, r := range runs { // the last one first
		if src.Verdict != mention.Unchanged || len(looked) > 0 {
			break
		}
		looked = r.Evidence.Coverage
	}
	var out []share
	for _, field := range slices.Sorted(maps.Keys(src.Coverage)) {
		norm, now := src.Coverage[field], looked[field]
		one := share{Field: field, Now: percent(now), Norm: percent(norm), Known: len(looked) > 0}
		one.Low = one.Known && norm-now > lowShare
		out = append(out, one)
	}
	return out
}

// percent is a share as whole per cent.
func percent(share float64) int { return int(share*100 + 0.5) }

// whyNothing explains, in sentences, why a source brings nothing new. It is
// the answer to "is it quiet, or are we blind?".
func whyNothing(u ui, src mention.Source, runs []mention.Run) []string {
	switch {
	case src.LastRunAt.IsZero():
		return []string{u.T("why.never")}
	case src.IsBlind():
		why := []string{u.T("why.blind", u.Word("verdict", src.Verdict), u.When(src.BlindSince), src.BadRuns)}
		return append(why, u.Word("whydo", src.Verdict))
	}
	fresh, good, last := 0, 0, time.Time{}
	for _, r := range runs { // the last one first
		fresh += r.New
		if r.New > 0 && last.IsZero() {
			last = r.StartAt
		}
		if r.Verdict.Good() {
			good++
		}
	}
	switch {
	case fresh > 0:
		return []string{u.T("why.news", fresh, len(runs), u.When(last))}
	case src.Verdict == mention.Empty:
		return []string{u.T("why.empty")}
	case src.Verdict == mention.Unchanged:
		return []string{u.T("why.unchanged", good)}
	}
	return []string{u.T("why.quiet", good, src.Items)}
}

// runNow makes a source's next pass due at once.
func (s *Server) runNow(w http.ResponseWriter, r *http.Request) error {
	if err := s.bringForward(r.Context(), mention.SourceID(r.FormValue("source"))); err != nil {
		return err
	}
	s.putFlash(w, r, flash{Note: "flash.running"})
	return s.back(w, r, "/sources")
}

func (s *Server) bringForward(ctx context.Context, id mention.SourceID) error {
	if s.RunNow == nil {
		return mention.ErrNotFound
	}
	list, err := s.Sight.Sources(ctx)
	if err != nil {
		return fmt.Errorf("read sources: %w", err)
	}
	if !slices.ContainsFunc(list, func(x mention.Source) bool { return x.ID == id }) {
		return mention.ErrNotFound
	}
	if err := s.Work.EnsureJobs(ctx, []mention.Job{s.RunNow(id)}); err != nil {
		return fmt.Errorf("run source %s: %w", id, err)
	}
	return nil
}
