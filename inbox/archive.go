package inbox

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"otklik/mention"
)

// shelf is what the archive page shows: every mention, with a task or without.
type archivePage struct {
	Rows   []row
	Query  url.Values
	Words  string
	Next   string
	Active []activeFilter
	Choice choices
	// Problem tells a search that cannot be read; nil when it can.
	Problem *queryProblem
	// Waiting says how many mentions the search did not look at, because their
	// words are not indexed yet; empty when it looked at all.
	Waiting string
}

// archive lists the mentions of the archive, the last collected first.
func (s *Server) archive(w http.ResponseWriter, r *http.Request) error {
	p, err := s.newPage(r, "nav.archive", "archive")
	if err != nil {
		return err
	}
	q := r.URL.Query()
	f, err := s.mentionFilter(q)
	a := archivePage{Query: shelfQuery(q), Words: strings.TrimSpace(q.Get("q"))}
	status := http.StatusOK
	if a.Problem, err = problemOf(p.ui, err); err != nil {
		return err
	}
	var list []mention.Mention
	var next string
	if a.Problem != nil {
		status = http.StatusBadRequest
	} else if list, next, err = s.Archive.Mentions(r.Context(), f); err != nil {
		return fmt.Errorf("list mentions: %w", err)
	}
	a.Active = s.activeFilters(p.ui, "/archive", a.Query)
	for _, m := range list {
		a.Rows = append(a.Rows, s.mentionRow(p.ui, m))
	}
	if next != "" {
		a.Next = "/archive?" + with(a.Query, "after", next).Encode()
	}
	if a.Choice, err = s.choices(r.Context(), p.ui, nil, f.Topic); err != nil {
		return err
	}
	waiting, err := s.unindexed(r.Context(), f)
	if err != nil {
		return err
	}
	if a.Waiting = strconv.Itoa(waiting); waiting == 0 {
		a.Waiting = ""
	} else if waiting == maxUnindexed {
		a.Waiting += "+"
	}
	p.C = a
	return s.show(w, r, status, "archive", p)
}

// maxUnindexed is where counting what waits for the index of words ends.
const maxUnindexed = 10_000

// unindexed counts what a search by the words of f cannot find yet.
func (s *Server) unindexed(ctx context.Context, f mention.MentionFilter) (int, error) {
	if f.Words == "" && len(f.Any) == 0 {
		return 0, nil
	}
	n, err := s.Work.Unindexed(ctx, maxUnindexed)
	if err != nil {
		return 0, fmt.Errorf("count what waits for the index of words: %w", err)
	}
	return n, nil
}

// shelfNames are the filters that mentions have and tasks do not.
func shelfNames() []string { return []string{"author", "label"} }

// shelfQuery writes the filter of the archive back as an address; several
// brands may be asked for at once.
func shelfQuery(q url.Values) url.Values {
	out := filter{}.values(q)
	for _, name := range shelfNames() {
		if v := q.Get(name); v != "" {
			out.Set(name, v)
		}
	}
	if brands := q["brand"]; len(brands) > 1 {
		out["brand"] = brands
	}
	return out
}

// maxBrands bounds the brands that a list of mentions is asked for.
const maxBrands = 100

// toneless asks for the mentions whose tone is not known.
const toneless = "none"

// mentionFilter reads the address of a list of mentions. Dates are those of
// collection.
func (s *Server) mentionFilter(q url.Values) (mention.MentionFilter, error) {
	f, err := s.filterOf(q, viewer{})
	if err != nil {
		return mention.MentionFilter{}, err
	}
	t, brands := f.Tasks, q["brand"]
	if len(brands) > maxBrands {
		return mention.MentionFilter{}, bad("name %d brands at most", maxBrands)
	}
	if len(brands) > 1 {
		t.Brand = ""
	} else {
		brands = nil
	}
	untold := t.Tone == toneless
	if untold {
		t.Tone = ""
	}
	return mention.MentionFilter{
		Brands: brands, Toneless: untold, Label: q.Get("label"),
		Brand: t.Brand, Source: t.Source, SourceID: mention.SourceID(q.Get("source_id")), Author: q.Get("author"), Tone: t.Tone,
		MinStars: t.MinStars, MaxStars: t.MaxStars, Topic: t.Topic, Lang: t.Lang, From: t.From, To: t.To,
		Words: t.Words, Any: t.Any, Sift: t.Sift, Tasked: q.Get("tasked") != "", After: t.After, Limit: t.Limit,
	}, nil
}
