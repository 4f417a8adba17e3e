package inbox

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"otklik/mention"
	"otklik/query"
)

// tab is a standing choice of tasks above the filters.
type tab string

// The tabs of the inbox.
const (
	tabMine      tab = "mine"
	tabFree      tab = "free"
	tabAll       tab = "all"
	tabConfirmed tab = "confirmed"
)

func tabs() []tab { return []tab{tabMine, tabFree, tabAll, tabConfirmed} }

// working are the states of tasks that are not over.
func working() []mention.State { return []mention.State{mention.Open, mention.Taken, mention.Answered} }

// maxWords bounds what people type into the search.
const maxWords = 500

// filter is the address of a list, read.
type filter struct {
	Tab   tab
	Words string // as typed
	Tasks mention.TaskFilter
	From  string
	To    string
}

// filterOf reads the address of the list as viewer v sees it.
func (s *Server) filterOf(q url.Values, v viewer) (filter, error) {
	f := filter{Tab: tab(q.Get("tab")), Words: strings.TrimSpace(q.Get("q")), From: q.Get("from"), To: q.Get("to")}
	if !slices.Contains(tabs(), f.Tab) {
		f.Tab = tabAll
	}
	if len(f.Words) > maxWords {
		return f, bad("the search is longer than %d bytes", maxWords)
	}
	t := &f.Tasks
	t.Brand, t.Source, t.Topic, t.Lang, t.Owner = q.Get("brand"), q.Get("source"), q.Get("topic"), q.Get("lang"), q.Get("owner")
	t.Kind, t.Tone = mention.TaskKind(q.Get("kind")), mention.Tone(q.Get("tone"))
	t.Overdue, t.Awake, t.After = q.Get("overdue") != "", q.Get("awake") != "", q.Get("after")
	if state := q.Get("state"); state != "" {
		for name := range strings.SplitSeq(state, ",") {
			t.States = append(t.States, mention.State(name))
		}
	}
	if err := f.numbers(q); err != nil {
		return f, err
	}
	var err error
	if t.From, err = s.dayOf(f.From); err != nil {
		return f, err
	}
	if t.To, err = s.dayOf(f.To); err != nil {
		return f, err
	}
	if !t.To.IsZero() {
		t.To = t.To.AddDate(0, 0, 1) // the day itself is meant too
	}
	f.narrow(v)
	return f, f.search()
}

func (f *filter) numbers(q url.Values) error {
	for name, into := range map[string]*int{"stars_min": &f.Tasks.MinStars, "stars_max": &f.Tasks.MaxStars, "limit": &f.Tasks.Limit} {
		text := q.Get(name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > maxLimit || name != "limit" && n > 5 {
			return bad("%s: %q is no number of the right size", name, text)
		}
		*into = n
	}
	return nil
}

// maxLimit bounds a page of a list.
const maxLimit = 200

// narrow applies the tab.
func (f *filter) narrow(v viewer) {
	t := &f.Tasks
	switch f.Tab {
	case tabMine:
		t.Owner = v.Actor.ID
	case tabFree:
		t.Free, t.States = true, []mention.State{mention.Open}
	case tabConfirmed:
		t.States = []mention.State{mention.Confirmed}
	}
	if len(t.States) == 0 {
		t.States = working()
	}
}

// search tells plain words, which the archive's index finds, from a query
// that has to be asked of each text the index finds for its words.
func (f *filter) search() error {
	if f.Words == "" {
		return nil
	}
	if !isQuery(f.Words) {
		f.Tasks.Words = f.Words
		return nil
	}
	q, err := query.Parse(f.Words)
	if err != nil {
		if at, ok := errors.AsType[*query.SyntaxError](err); ok {
			return badQuery{f.Words, at}
		}
		return bad("%s", err)
	}
	f.Tasks.Sift = func(words string) bool {
		ok, _ := q.Match(words)
		return ok
	}
	if strings.Contains(f.Words, "*") {
		return nil // the index knows no beginnings of words
	}
	// What is too long to be compiled is asked of every text.
	if either, err := q.Compile(query.Plain); err == nil {
		f.Tasks.Any = either
	}
	return nil
}

// isQuery reports whether text uses the query language rather than plain words.
func isQuery(text string) bool {
	if strings.ContainsAny(text, `"()*=/`) {
		return true
	}
	for word := range strings.FieldsSeq(text) {
		switch word {
		case "AND", "OR", "NOT", "И", "ИЛИ", "НЕ":
			return true
		}
	}
	return false
}

// values writes the filter back as an address, without the place in the list.
func (f filter) values(q url.Values) url.Values {
	out := url.Values{}
	for _, name := range filterNames() {
		if v := strings.TrimSpace(q.Get(name)); v != "" {
			out.Set(name, v)
		}
	}
	return out
}

func filterNames() []string {
	return []string{"tab", "q", "brand", "source", "tone", "stars_min", "stars_max", "topic", "state", "owner", "from", "to", "lang", "kind", "overdue", "awake"}
}
