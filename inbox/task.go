package inbox

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"otklik/mention"
)

// mentionPage is everything a person needs to answer one complaint.
type mentionPage struct {
	View     mention.View
	HasTask  bool
	Row      row
	Fields   []field
	Reasons  []string
	Stars    int
	Clock    []moment
	Copies   []copyLine
	Events   []eventLine
	Versions []version
	Notices  []noticeLine
	Similar  []similar
	Others   []row
	Answer   string // the text the answer form begins with
	Template string // the name of the one in it
	// AnswerURL is what was typed beside it.
	AnswerURL string
	List      string // the list it was opened from
	Back      string
	Prev      string
	Next      string
	Owners    []option
	Rejects   []mention.Reject
	Here      []string
	Pending   *pending
	// Promise is offered as the moment of a solution.
	Promise   string
	Templates []mention.Template
	// CanSend is set where an answer can be sent from here; MaxChars is the
	// site's limit, 0 without.
	CanSend  bool
	MaxChars int
	// Unseen is set where the site shows no answers.
	Unseen bool
	Draft  *draft
}

// taskID reads the number of a task in the address; "M-17" is understood too.
func taskID(r *http.Request) (mention.TaskID, error) {
	n, err := strconv.ParseInt(strings.TrimPrefix(r.PathValue("id"), "M-"), 10, 64)
	if err != nil || n <= 0 {
		return 0, mention.ErrNotFound
	}
	return mention.TaskID(n), nil
}

// task shows a task with everything around it.
func (s *Server) task(w http.ResponseWriter, r *http.Request) error {
	id, err := taskID(r)
	if err != nil {
		return err
	}
	v, err := s.Archive.View(r.Context(), id)
	if err != nil {
		return err
	}
	p, err := s.newPage(r, "nav.inbox", "inbox")
	if err != nil {
		return err
	}
	if r.Method == http.MethodPost { // with a template: nobody can return to that address
		p.Here = taskHref(id, r.FormValue("list"))
	}
	p.Title = fmt.Sprintf("M-%d %s", id, cut(harmless(v.Mention.Words()), 60))
	m, err := s.mentionPage(r, p, v)
	if err != nil {
		return err
	}
	m.HasTask = true
	if err := s.aroundTask(r, p, v, &m); err != nil {
		return err
	}
	p.C = m
	return s.show(w, r, http.StatusOK, "mention", p)
}

// mention shows a mention; one with a task is shown as the task.
func (s *Server) mention(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), mention.ID(r.PathValue("id"))
	t, err := s.Details.TaskOf(ctx, id)
	if err == nil {
		http.Redirect(w, r, taskHref(t.ID, r.FormValue("list")), http.StatusSeeOther)
		return nil
	}
	if !errors.Is(err, mention.ErrNotFound) {
		return err
	}
	var v mention.View
	if v.Mention, err = s.Details.Mention(ctx, id); err != nil {
		return err
	}
	if v.Revisions, err = s.Details.Revisions(ctx, id); err != nil {
		return err
	}
	p, err := s.newPage(r, "nav.archive", "archive")
	if err != nil {
		return err
	}
	p.Title = cut(harmless(v.Mention.Words()), 60)
	m, err := s.mentionPage(r, p, v)
	if err != nil {
		return err
	}
	p.C = m
	return s.show(w, r, http.StatusOK, "mention", p)
}

// mentionPage gathers what is shown of any mention.
func (s *Server) mentionPage(r *http.Request, p page, v mention.View) (mentionPage, error) {
	m := mentionPage{
		View: v, Row: s.rowOf(p.ui, v, p.Who), Fields: fieldsOf(v.Mention), Stars: v.Mention.Stars(),
		Clock: clockOf(p.ui, v), Versions: versionsOf(v), List: r.FormValue("list"), Rejects: mention.Rejects(),
	}
	for _, reason := range v.Mention.Reasons {
		if text := harmless(strings.TrimSpace(reason.Text)); text != "" {
			m.Reasons = append(m.Reasons, text)
		}
	}
	m.Back = "/archive"
	var err error
	m.Others, err = s.othersOf(r.Context(), p.ui, v.Mention)
	return m, err
}

// aroundTask adds what only a task has.
func (s *Server) aroundTask(r *http.Request, p page, v mention.View, m *mentionPage) error {
	ctx := r.Context()
	m.Copies, m.Events = s.copiesOf(p.ui, v), s.eventsOf(p.ui, v)
	m.Back, m.Here = "/?"+m.List, s.hub.others(v.Task.ID, p.Who.Actor)
	m.Templates = s.Templates(v)
	m.Answer, m.AnswerURL = r.PostFormValue("text"), r.PostFormValue("url")
	for _, t := range m.Templates {
		if t.Name == r.FormValue("template") {
			m.Template, m.Answer = t.Name, strings.TrimLeft(strings.TrimSpace(m.Answer)+"\n\n"+t.Text, "\n")
		}
	}
	if limits, err := s.Limits(v.Mention); err == nil {
		m.CanSend, m.MaxChars = true, limits.Characters
	}
	m.Unseen = len(v.Task.Places) > 0 && v.Task.Places[0].Replies == mention.RepliesNone
	m.Draft = draftOf(v, p.Who)
	m.Promise = p.now.In(s.Zone).Add(promiseOffer).Format(formTime)
	notices, err := s.Details.NoticesOf(ctx, v.Task.ID)
	if err != nil {
		return fmt.Errorf("read messages: %w", err)
	}
	m.Notices = noticeLines(notices)
	if m.Similar, err = s.similar(ctx, p.ui, v); err != nil {
		return err
	}
	if m.Owners, err = s.owners(ctx, []mention.View{v}); err != nil {
		return err
	}
	waiting, err := s.pending(ctx)
	if err != nil {
		return err
	}
	m.Pending = waiting[v.Task.ID]
	m.Prev, m.Next, err = s.neighbours(r, v.Task.ID, p.Who)
	return err
}

// promiseOffer is the solution time that the acknowledge form begins with.
const promiseOffer = 24 * time.Hour

// formTime is how a datetime-local field writes a moment.
const formTime = "2006-01-02T15:04"

// neighboursReach is how far into a list its tasks know their neighbours.
const neighboursReach = 100

// neighbours returns the addresses of the tasks before and after id in the
// list it was opened from.
func (s *Server) neighbours(r *http.Request, id mention.TaskID, v viewer) (prev, next string, err error) {
	list := r.FormValue("list")
	q, err := url.ParseQuery(list)
	if err != nil {
		return "", "", bad("the list cannot be read")
	}
	f, err := s.filterOf(q, v)
	if err != nil {
		return "", "", err
	}
	f.Tasks.Limit = neighboursReach
	views, _, err := s.Archive.Tasks(r.Context(), f.Tasks)
	if err != nil {
		return "", "", fmt.Errorf("list tasks: %w", err)
	}
	for i, view := range views {
		if view.Task.ID != id {
			continue
		}
		if i > 0 {
			prev = taskHref(views[i-1].Task.ID, list)
		}
		if i+1 < len(views) {
			next = taskHref(views[i+1].Task.ID, list)
		}
		return prev, next, nil
	}
	if len(views) > 0 {
		next = taskHref(views[0].Task.ID, list)
	}
	return prev, next, nil
}

// draft is an answer that waits for a second person.
type draft struct {
	By   string
	Text string
	Own  bool // the viewer wrote it and cannot agree to it
}

// draftOf returns the answer that waits for a second person, nil without.
func draftOf(v mention.View, who viewer) *draft {
	var last mention.Event
	for _, e := range v.Events {
		if strings.HasPrefix(e.Step, "reply_") {
			last = e
		}
	}
	if last.Step != mention.ReplyDrafted {
		return nil
	}
	return &draft{nameOf(last.Actor), harmless(last.Text), last.Actor.ID == who.Actor.ID}
}

// moment is one of the six times of a mention.
type moment struct {
	Name  string
	At    time.Time
	After string // how long after the one before
	Hint  string // by when it is due, or why there is none
	Late  bool
}

// clockOf tells the six times kept for every mention.
func clockOf(u ui, v mention.View) []moment {
	m, t := v.Mention, v.Task
	clock := []moment{{Name: "published", At: m.PublishedAt}, {Name: "collected", At: m.CollectedAt}}
	if t.ID != 0 {
		visible := t.ConfirmedAt
		for _, p := range t.Places {
			if visible.IsZero() {
				visible = p.SeenAt
			}
		}
		clock = append(clock,
			moment{Name: "delivered", At: t.DeliveredAt},
			due(u, moment{Name: "taken", At: t.TakenAt}, t.Due.Take),
			due(u, moment{Name: "answered", At: t.AnsweredAt}, t.Due.Answer),
			due(u, moment{Name: "visible", At: visible}, t.Due.Visible))
		if t.Unverifiable {
			clock[5].Hint = u.T("badge.unverifiable")
		}
	}
	var before time.Time
	for i, c := range clock {
		if !c.At.IsZero() && !before.IsZero() && c.At.After(before) {
			clock[i].After = "+" + u.Span(c.At.Sub(before))
		}
		if !c.At.IsZero() {
			before = c.At
		}
	}
	return clock
}

// due adds the norm of a moment.
func due(u ui, m moment, by time.Time) moment {
	switch {
	case by.IsZero():
		return m
	case m.At.IsZero():
		m.Hint, m.Late = u.T("clock.by", u.When(by)), u.now.After(by)
	case m.At.After(by):
		m.Hint, m.Late = u.T("clock.late", u.Span(m.At.Sub(by))), true
	}
	return m
}

// copyLine is one public page where the complaint stands.
type copyLine struct {
	Mention mention.ID
	Site    string
	URL     string
	State   string // seen, waived, open or hidden
	At      time.Time
	Reply   string
	Own     bool
}

func (s *Server) copiesOf(u ui, v mention.View) []copyLine {
	var out []copyLine
	for i, p := range v.Task.Places {
		c := copyLine{Mention: p.Mention, Site: s.siteTitle(p.Source, u.Lang), URL: publicURL(p.URL), Reply: publicURL(p.ReplyURL), Own: i == 0, State: "open"}
		switch {
		case !p.SeenAt.IsZero():
			c.State, c.At = "seen", p.SeenAt
		case !p.WaivedAt.IsZero():
			c.State, c.At = "waived", p.WaivedAt
		case p.Replies == mention.RepliesNone:
			c.State = "hidden"
		}
		out = append(out, c)
	}
	return out
}

// eventLine is a line of the timeline.
type eventLine struct {
	At     time.Time
	Verb   mention.Verb
	Who    string
	Person bool
	Text   string
	URL    string
	Extra  string
}

func (s *Server) eventsOf(u ui, v mention.View) []eventLine {
	out := make([]eventLine, 0, len(v.Events))
	for i := len(v.Events) - 1; i >= 0; i-- {
		e := v.Events[i]
		line := eventLine{At: e.At, Verb: e.Verb, Person: e.Actor.IsPerson(), Text: harmless(e.Text), URL: publicURL(e.URL), Who: u.Word("actor", e.Actor.ID)}
		if e.Actor.ID == mention.System.ID {
			line.Who = "" // what nobody did needs no name
		}
		if e.Actor.IsPerson() {
			line.Who = nameOf(e.Actor)
		}
		switch {
		case e.Verb == mention.Raise:
			line.Extra, line.Text = u.Word("reason", e.Text), ""
		case e.Reject != "":
			line.Extra = u.Word("reject", e.Reject)
		case e.Whom.ID != "":
			line.Extra = "→ " + nameOf(e.Whom)
		case !e.Until.IsZero():
			line.Extra = u.T("until", u.When(e.Until))
		case strings.HasPrefix(e.Step, "reply_"):
			line.Verb = mention.Verb(e.Step)
		case e.Step != "":
			line.Extra = u.Word("step", e.Step)
		case e.Source != "":
			line.Extra = s.siteTitle(e.Source, u.Lang)
		}
		out = append(out, line)
	}
	return out
}

// version is what changed in one edit by the author.
type version struct {
	Number int
	At     time.Time // when the earlier version was replaced
	Was    string    // stars before
	Now    string
	Pieces []piece
}

// versionsOf tells each edit, the newest first.
func versionsOf(v mention.View) []version {
	var out []version
	m := v.Mention
	next := mention.Revision{Rating: m.Rating, Best: m.Best, Title: m.Title, Text: m.Text, Pros: m.Pros, Cons: m.Cons}
	for i := len(v.Revisions) - 1; i >= 0; i-- {
		old := v.Revisions[i]
		one := version{Number: i + 1, At: old.SeenAt, Pieces: diff(wordsOf(old), wordsOf(next))}
		if was, is := starsOf(old), starsOf(next); was != is {
			one.Was, one.Now = was, is
		}
		out = append(out, one)
		next = old
	}
	return out
}

func wordsOf(r mention.Revision) string {
	m := mention.Mention{Title: r.Title, Text: r.Text, Pros: r.Pros, Cons: r.Cons}
	return m.Words()
}

func starsOf(r mention.Revision) string {
	m := mention.Mention{Rating: r.Rating, Best: r.Best}
	if m.Stars() == 0 {
		return "–"
	}
	return strconv.Itoa(m.Stars()) + "★"
}

// noticeLine is a message that was sent about the task.
type noticeLine struct {
	Kind    mention.NoticeKind
	Channel string
	State   mention.SendState
	Link    string
	Error   string
	At      time.Time
}

func noticeLines(list []mention.Notice) []noticeLine {
	var out []noticeLine
	for _, n := range list {
		if n.Kind != mention.CardNotice && n.State != mention.Rejected {
			continue
		}
		line := noticeLine{n.Kind, n.Channel, n.State, publicURL(n.Place.Permalink), harmless(n.LastError), n.SentAt}
		out = append(out, line)
	}
	return out
}
