package inbox

import (
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"otklik/mention"
)

// row is one task or mention in a list.
type row struct {
	Task    mention.TaskID // 0 for a mention without a task
	Version int
	Href    string
	State   mention.State
	Tone    mention.Tone
	Stars   int
	Kind    mention.TaskKind
	Site    string
	Brand   string
	Author  string
	Title   string
	Line    string
	URL     string // the original
	Owner   string
	Mine    bool
	At      time.Time // published, else collected
	Due     chip
	Badges  []badge
	Copies  int
	Pending *pending // a verb that can still be undone
	Here    []string // who else has it open
}

// chip says how much time is left until the next moment a person is measured by.
type chip struct {
	Class string // late, soon, calm or none
	Text  string
	At    time.Time
}

// badge is a short sign on a row or a page.
type badge struct {
	Class string
	Text  string
	Hint  string
}

// lineLimit is how many characters of a text a row shows.
const lineLimit = 180

func (s *Server) rowOf(u ui, v mention.View, viewer viewer) row {
	m, t := v.Mention, v.Task
	r := row{
		Task: t.ID, Version: t.Version, State: t.State, Tone: m.Tone, Stars: m.Stars(), Kind: t.Kind,
		Site: s.siteTitle(m.Source, u.Lang), Brand: m.Brand, Author: harmless(m.Author), Title: harmless(m.Title), URL: publicURL(m.URL),
		Owner: t.Owner.Name, Mine: t.Owner.ID != "" && t.Owner.ID == viewer.Actor.ID, At: m.PublishedAt,
		Due: dueChip(u, t), Badges: badgesOf(u, t, m), Copies: len(t.Places) - 1,
	}
	r.Line = firstLine(m)
	if r.At.IsZero() {
		r.At = m.CollectedAt
	}
	if r.Owner == "" {
		r.Owner = t.Owner.ID
	}
	return r
}

// siteTitle is what people call a site.
func (s *Server) siteTitle(site, lang string) string {
	if title := s.Title(site, lang); title != "" {
		return title
	}
	return site
}

// firstLine is the beginning of what the author wrote, without its title.
func firstLine(m mention.Mention) string {
	words := strings.Join(strings.FieldsFunc(strings.Join([]string{m.Text, m.Pros, m.Cons}, " "), unicode.IsSpace), " ")
	return cut(harmless(words), lineLimit)
}

// cut shortens s to at most limit characters at the end of a word.
func cut(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	runes := []rune(s)[:limit-1]
	for i := len(runes) - 1; i > limit*2/3; i-- {
		if unicode.IsSpace(runes[i]) {
			runes = runes[:i]
			break
		}
	}
	return strings.TrimSpace(string(runes)) + "…"
}

// harmless drops from foreign text what could turn our own words around:
// control characters and marks of direction.
func harmless(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r), isTurning(r):
			return -1
		}
		return r
	}, s)
}

// isTurning reports whether r is a mark that changes the direction of text.
func isTurning(r rune) bool {
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' || r == '\ufeff'
}

// publicURL returns address when a browser may follow it, else "": a page
// names addresses as it likes, script included.
func publicURL(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return u.String()
}

// soonLimit is when a deadline turns from calm to soon.
const soonLimit = 15 * time.Minute

// dueChip tells the next deadline of t, and what it is for.
func dueChip(u ui, t mention.Task) chip {
	at := t.DueAt()
	switch {
	case !t.SnoozedUntil.IsZero() && t.SnoozedUntil.After(u.now):
		return chip{"none", u.T("due.snoozed", u.When(t.SnoozedUntil)), t.SnoozedUntil}
	case at.IsZero() || t.IsClosed():
		return chip{Class: "none"}
	}
	left := at.Sub(u.now)
	what := u.T("due." + dueOf(t))
	switch {
	case left < 0:
		return chip{"late", u.T("due.late", what, u.Span(left)), at}
	case left < soonLimit:
		return chip{"soon", u.T("due.left", what, u.Span(left)), at}
	}
	return chip{"calm", u.T("due.left", what, u.Span(left)), at}
}

// dueOf names what the next deadline asks for.
func dueOf(t mention.Task) string {
	switch {
	case t.State == mention.Answered:
		return "visible"
	case t.State == mention.Open && t.TakenAt.IsZero() && !t.Due.Take.IsZero():
		return "take"
	case !t.PromisedAt.IsZero():
		return "promise"
	}
	return "answer"
}

// badgesOf are the signs that make a task different from its neighbours.
func badgesOf(u ui, t mention.Task, m mention.Mention) []badge {
	var out []badge
	add := func(when bool, class, key string, args ...any) {
		if when {
			out = append(out, badge{class, u.T("badge."+key, args...), u.T("badge." + key + ".hint")})
		}
	}
	add(!t.NotVisibleAt.IsZero(), "bad", "invisible")
	add(m.Conflict, "warn", "conflict")
	add(m.IsShortened(), "warn", "shortened")
	add(m.Revision > 0, "info", "edited")
	add(t.Cycle > 0, "warn", "reopened")
	add(len(t.Places) > 1, "info", "copies", len(t.Places)-1)
	add(t.Escalations > 0 && t.NeedsPerson(), "bad", "escalated")
	add(!t.AcknowledgedAt.IsZero() && t.State == mention.Taken, "info", "acknowledged")
	add(t.Unverifiable, "info", "unverifiable")
	add(t.OnSite, "info", "onsite")
	add(t.Kind == mention.Thanks, "good", "thanks")
	return out
}

// mentionRow is a row of the archive.
func (s *Server) mentionRow(u ui, m mention.Mention) row {
	v := mention.View{Mention: m}
	r := s.rowOf(u, v, viewer{})
	r.Href, r.Copies, r.Badges, r.Due = "/mentions/"+url.PathEscape(string(m.ID)), 0, nil, chip{Class: "none"}
	if m.Conflict {
		r.Badges = []badge{{"warn", u.T("badge.conflict"), u.T("badge.conflict.hint")}}
	}
	if m.IsShortened() {
		r.Badges = append(r.Badges, badge{"warn", u.T("badge.shortened"), u.T("badge.shortened.hint")})
	}
	if m.Reply != nil {
		r.Badges = append(r.Badges, badge{"good", u.T("badge.replied"), ""})
	}
	return r
}

// observed returns the values that name has in the rows, sorted, with always first.
func observed[T any](items []T, always []string, name func(T) []string) []string {
	out := slices.Clone(always)
	for _, item := range items {
		for _, v := range name(item) {
			if v != "" {
				out = append(out, v)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
