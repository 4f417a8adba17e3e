package inbox

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"otklik/mention"
)

// Letters are the customers to be asked for a rating or thanked.
type Letters interface {
	// List returns what has not gone out, the next one first, and the rest, the
	// last one first.
	List(ctx context.Context) (waiting, ended []mention.Request, err error)
	// Decide reports mention.ErrRefused for what went out meanwhile.
	Decide(ctx context.Context, id, state string, due time.Time) error
	// Preview returns the letter as it would go out.
	Preview(r mention.Request) (subject, body string, err error)
}

// lettersShown bounds each list of one page.
const lettersShown = 50

// problemShown bounds, in characters, why a letter could not go out.
const problemShown = 300

// letterLine is one request as its page shows it.
type letterLine struct {
	mention.Request
	Subject, Body string
}

// letters shows the requests that wait and what became of the others.
func (s *Server) letters(w http.ResponseWriter, r *http.Request) error {
	if s.Letters == nil {
		return mention.ErrNotFound
	}
	p, err := s.newPage(r, "nav.letters", "letters")
	if err != nil {
		return err
	}
	waiting, ended, err := s.Letters.List(r.Context())
	if err != nil {
		return fmt.Errorf("list letters: %w", err)
	}
	from, err := strconv.Atoi(cmp.Or(r.FormValue("from"), "0"))
	if err != nil || from < 0 {
		return bad("%q is no place in the list", r.FormValue("from"))
	}
	from = min(from, max(0, len(waiting)-1)/lettersShown*lettersShown) // letters may have gone out meanwhile
	shown := waiting[from:min(from+lettersShown, len(waiting))]
	lines := make([]letterLine, len(shown))
	for i, one := range shown {
		lines[i].Request = one
		lines[i].Problem = cut(harmless(one.Problem), problemShown)
		if lines[i].Subject, lines[i].Body, err = s.Letters.Preview(one); err != nil {
			lines[i].Body = err.Error() // a template that does not fit this customer
		}
	}
	p.C = map[string]any{"Waiting": lines, "Ended": ended[:min(lettersShown, len(ended))], "All": len(waiting),
		"First": from + 1, "Last": from + len(lines), "Before": max(0, from-lettersShown), "After": from + lettersShown}
	return s.show(w, r, http.StatusOK, "letters", p)
}

// postponed bounds for how many days a letter can be put off.
const postponed = 365

// decideLetter confirms, postpones or cancels one letter.
func (s *Server) decideLetter(w http.ResponseWriter, r *http.Request) error {
	if s.Letters == nil {
		return mention.ErrNotFound
	}
	id, do, due := r.PostFormValue("id"), r.PostFormValue("do"), time.Time{}
	state, ok := map[string]string{"confirm": mention.RequestConfirmed, "postpone": mention.RequestWaiting, "cancel": mention.RequestCancelled}[do]
	if !ok {
		return bad("%q is no decision: use confirm, postpone or cancel", do)
	}
	if do == "postpone" {
		days, err := strconv.Atoi(r.PostFormValue("days"))
		if err != nil || days < 1 || days > postponed {
			return bad("%s", s.uiOf(r).T("letters.days.bad", postponed))
		}
		due = s.Now().AddDate(0, 0, days)
	}
	if err := s.Letters.Decide(r.Context(), id, state, due); err != nil {
		return err
	}
	deed := mention.Deed{Actor: who(r.Context()).Actor, Verb: "letter_" + do, Subject: id, Address: address(r)}
	if err := s.Keys.Record(r.Context(), deed); err != nil {
		return fmt.Errorf("note the decision: %w", err)
	}
	s.putFlash(w, r, flash{Note: "flash.letter_" + do})
	return s.back(w, r, "/letters")
}
