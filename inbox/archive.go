package inbox

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"otklik/mention"
)

// shelf is what the archive page shows: every mention, with a task or without.
type archivePage struct {
	Rows   []row
	Query  url.Values
	Words  string
	Next   string
	Choice choices
	Calm   bool
}

// archive lists the mentions of the archive, the last collected first.
func (s *Server) archive(w http.ResponseWriter, r *http.Request) error {
	p, err := s.newPage(r, "nav.archive", "archive")
	if err != nil {
		return err
	}
	q := r.URL.Query()
	f, err := s.mentionFilter(q)
	if err != nil {
		return err
	}
	list, next, err := s.Archive.Mentions(r.Context(), f)
	if err != nil {
		return fmt.Errorf("list mentions: %w", err)
	}
	a := archivePage{Query: filter{}.values(q), Words: strings.TrimSpace(q.Get("q")), Calm: len(p.Blind) == 0}
	if author := q.Get("author"); author != "" {
		a.Query.Set("author", author)
	}
	for _, m := range list {
		a.Rows = append(a.Rows, s.mentionRow(p.ui, m))
	}
	if next != "" {
		a.Next = "/archive?" + with(a.Query, "after", next).Encode()
	}
	if a.Choice, err = s.choices(r.Context(), p.ui, nil); err != nil {
		return err
	}
	p.C = a
	return s.show(w, r, http.StatusOK, "archive", p)
}

// mentionFilter reads the address of a list of mentions. Dates are those of
// collection.
func (s *Server) mentionFilter(q url.Values) (mention.MentionFilter, error) {
	f, err := s.filterOf(q, viewer{})
	if err != nil {
		return mention.MentionFilter{}, err
	}
	t := f.Tasks
	return mention.MentionFilter{
		Brand: t.Brand, Source: t.Source, SourceID: mention.SourceID(q.Get("source_id")), Author: q.Get("author"), Tone: t.Tone,
		MinStars: t.MinStars, MaxStars: t.MaxStars, Topic: t.Topic, Lang: t.Lang, From: t.From, To: t.To,
		Words: t.Words, Any: t.Any, Sift: t.Sift, Tasked: q.Get("tasked") != "", After: t.After, Limit: t.Limit,
	}, nil
}
