package inbox

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"otklik/mention"
)

// countLimit is where counting ends: "100+" says as much as the number, and
// under filters a database has to read many rows to count a few.
const countLimit = 100

// listing is what the inbox shows.
type listing struct {
	Rows   []row
	Tabs   []tabLink
	Filter filter
	Query  url.Values // the filter as it stands in the address
	Next   string     // address of the next page
	First  bool       // the first page
	Views  []mention.SavedView
	Choice choices
	Active []activeFilter
	// List is the address of this list, for pages that lead back and onward.
	List string
	// Problem tells a search that cannot be read; nil when it can.
	Problem *queryProblem
}

// status is that of the page: a search that cannot be read is a bad request
// and shown all the same.
func (l listing) status() int {
	if l.Problem != nil {
		return http.StatusBadRequest
	}
	return http.StatusOK
}

type tabLink struct {
	Name  tab
	Href  string
	Count string
	On    bool
}

// activeFilter is a filter that is on, with the address without it.
type activeFilter struct{ Text, Href string }

// choices are the values that filters offer.
type choices struct {
	Brands, Langs         []string
	Topics, Sites, Owners []option
}

type option struct{ Value, Text string }

// list shows the tasks of a tab, the most urgent first.
func (s *Server) list(w http.ResponseWriter, r *http.Request) error {
	p, err := s.newPage(r, "nav.inbox", "inbox")
	if err != nil {
		return err
	}
	l, err := s.listing(r, p)
	if err != nil {
		return err
	}
	p.C = l
	return s.show(w, r, l.status(), "list", p)
}

func (s *Server) listing(r *http.Request, p page) (listing, error) {
	ctx, q := r.Context(), r.URL.Query()
	f, err := s.filterOf(q, p.Who)
	problem, err := problemOf(p.ui, err)
	if err != nil {
		return listing{}, err
	}
	var views []mention.View
	var next string
	if problem == nil {
		if views, next, err = s.Archive.Tasks(ctx, f.Tasks); err != nil {
			return listing{}, fmt.Errorf("list tasks: %w", err)
		}
	}
	l := listing{Filter: f, Query: f.values(q), First: f.Tasks.After == "", Problem: problem}
	l.List = l.Query.Encode()
	waiting, err := s.pending(ctx)
	if err != nil {
		return l, err
	}
	for _, v := range views {
		row := s.rowOf(p.ui, v, p.Who)
		row.Href = taskHref(v.Task.ID, l.List)
		row.Pending, row.Here = waiting[v.Task.ID], s.hub.others(v.Task.ID, p.Who.Actor)
		l.Rows = append(l.Rows, row)
	}
	if next != "" {
		l.Next = "/?" + with(l.Query, "after", next).Encode()
	}
	l.Active = s.activeFilters(p.ui, "/", l.Query)
	if l.Tabs, err = s.tabLinks(ctx, f, l.Query, p.Who); err != nil {
		return l, err
	}
	if l.Views, err = s.Shelf.SavedViews(ctx, p.Who.Account.ID); err != nil {
		return l, fmt.Errorf("read saved views: %w", err)
	}
	l.Choice, err = s.choices(ctx, p.ui, views, f.Tasks.Topic)
	return l, err
}

// taskHref is the page of a task that knows the list it was opened from.
func taskHref(id mention.TaskID, list string) string {
	href := "/tasks/" + strconv.FormatInt(int64(id), 10)
	if list == "" {
		return href
	}
	return href + "?" + url.Values{"list": {list}}.Encode()
}

// with returns q with one value changed.
func with(q url.Values, name, value string) url.Values {
	out := url.Values{}
	for k, v := range q {
		out[k] = v
	}
	out.Del(name)
	if value != "" {
		out.Set(name, value)
	}
	return out
}

// tabLinks leads to the tabs with the filters that are on. Without filters each
// says how much it holds; under filters counting would take longer than the list.
func (s *Server) tabLinks(ctx context.Context, f filter, q url.Values, v viewer) ([]tabLink, error) {
	var out []tabLink
	for _, name := range tabs() {
		link := tabLink{Name: name, Href: "/?" + with(with(q, "tab", string(name)), "state", "").Encode(), On: name == f.Tab}
		if name != tabConfirmed && len(with(with(q, "tab", ""), "state", "")) == 0 {
			count, err := s.countTab(ctx, name, q, v)
			if err != nil {
				return nil, err
			}
			link.Count = count
		}
		out = append(out, link)
	}
	return out, nil
}

func (s *Server) countTab(ctx context.Context, name tab, q url.Values, v viewer) (string, error) {
	of, err := s.filterOf(with(with(q, "tab", string(name)), "state", ""), v)
	if err != nil {
		return "", err
	}
	n, err := s.Archive.CountTasks(ctx, of.Tasks, countLimit)
	switch {
	case err != nil:
		return "", fmt.Errorf("count tasks: %w", err)
	case n >= countLimit:
		return fmt.Sprintf("%d+", countLimit), nil
	}
	return strconv.Itoa(n), nil
}

// activeFilters lists what narrows the list at path, each with a way out.
func (s *Server) activeFilters(u ui, path string, q url.Values) []activeFilter {
	var out []activeFilter
	for _, name := range append(filterNames(), shelfNames()...) {
		if q.Get(name) == "" || name == "tab" || name == "q" {
			continue
		}
		text := u.T("filter." + name)
		if name != "overdue" && name != "awake" {
			text += ": " + s.filterText(u, name, q[name])
		}
		out = append(out, activeFilter{text, path + "?" + with(q, name, "").Encode()})
	}
	return out
}

// filterText says the values of a filter as people do.
func (s *Server) filterText(u ui, name string, values []string) string {
	text := values[0]
	switch name {
	case "brand":
		text = strings.Join(values, ", ")
	case "source":
		text = s.siteTitle(text, u.Lang)
	case "owner":
		_, text, _ = cutLast(":"+text, ":")
	case "tone", "state", "kind", "lang", "topic":
		var words []string
		for value := range strings.SplitSeq(text, ",") {
			words = append(words, u.Word(name, value))
		}
		text = strings.Join(words, ", ")
	}
	return harmless(text)
}

// choices offers the brands and sites that are watched, the topics that have a
// word, and of other topics and of owners those that are in view.
func (s *Server) choices(ctx context.Context, u ui, views []mention.View, topic string) (choices, error) {
	sources, err := s.Sight.Sources(ctx)
	if err != nil {
		return choices{}, fmt.Errorf("read sources: %w", err)
	}
	c := choices{
		Brands: observed(sources, nil, func(x mention.Source) []string { return []string{x.Brand} }),
		Langs:  []string{"ru", "en"},
	}
	for _, name := range observed(views, append(u.names("topic"), topic), func(v mention.View) []string { return v.Mention.Topics }) {
		if name != "" {
			c.Topics = append(c.Topics, option{name, harmless(u.Word("topic", name))})
		}
	}
	slices.SortStableFunc(c.Topics, func(a, b option) int { return cmp.Compare(a.Text, b.Text) })
	for _, site := range observed(sources, nil, func(x mention.Source) []string { return []string{x.Site} }) {
		c.Sites = append(c.Sites, option{site, s.siteTitle(site, u.Lang)})
	}
	c.Owners, err = s.owners(ctx, views)
	return c, err
}

// owners are the people who can have a task: those with accounts and those
// whose tasks are in view.
func (s *Server) owners(ctx context.Context, views []mention.View) ([]option, error) {
	accounts, err := s.People.Accounts(ctx)
	if err != nil {
		return nil, fmt.Errorf("read accounts: %w", err)
	}
	var out []option
	seen := map[string]bool{}
	add := func(a mention.Actor) {
		if a.IsPerson() && !seen[a.ID] {
			seen[a.ID] = true
			out = append(out, option{a.ID, nameOf(a)})
		}
	}
	for _, a := range accounts {
		if a.DisabledAt.IsZero() && a.Role.Covers(mention.PR) {
			add(a.Actor())
		}
	}
	if len(accounts) == 0 {
		add(s.Guest)
	}
	for _, v := range views {
		add(v.Task.Owner)
		add(v.Task.Before)
	}
	return out, nil
}

// nameOf is what an actor is called.
func nameOf(a mention.Actor) string {
	if a.Name != "" {
		return harmless(a.Name)
	}
	return a.ID
}

// saveView names the filter of the page it was sent from.
func (s *Server) saveView(w http.ResponseWriter, r *http.Request) error {
	name := cut(harmless(r.FormValue("name")), 60)
	if name == "" {
		return bad("a view needs a name")
	}
	q, err := url.ParseQuery(r.FormValue("query"))
	if err != nil {
		return bad("the filter cannot be read")
	}
	view := mention.SavedView{Account: who(r.Context()).Account.ID, Name: name, Query: filter{}.values(q).Encode()}
	if err := s.Shelf.SaveView(r.Context(), view); err != nil {
		return fmt.Errorf("save a view: %w", err)
	}
	return s.back(w, r, "/?"+view.Query)
}

// dropView forgets a named filter.
func (s *Server) dropView(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return mention.ErrNotFound
	}
	if err := s.Shelf.DropView(r.Context(), who(r.Context()).Account.ID, id); err != nil {
		return fmt.Errorf("drop a view: %w", err)
	}
	return s.back(w, r, "/")
}
