package demo

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxPage is the most messages one call may ask for.
const maxPage = 999

func formatTS(t time.Time) string {
	return fmt.Sprintf("%d.%06d", t.Unix(), t.Nanosecond()/1000)
}

// compareTS compares two message timestamps; both have six decimals.
func compareTS(a, b string) int {
	return cmp.Or(cmp.Compare(len(whole(a)), len(whole(b))), strings.Compare(a, b))
}

func whole(ts string) string {
	seconds, _, _ := strings.Cut(ts, ".")
	return seconds
}

// window is the part of a channel that a call asks for.
type window struct {
	oldest, latest, cursor string
	inclusive, metadata    bool
	limit                  int
}

func readWindow(a args) (window, error) {
	w := window{oldest: a["oldest"], latest: a["latest"], cursor: a["cursor"],
		inclusive: a.is("inclusive"), metadata: a.is("include_all_metadata"), limit: 100}
	if a["limit"] != "" {
		n, err := strconv.Atoi(a["limit"])
		if err != nil || n < 0 {
			return window{}, refuse("invalid_limit")
		}
		w.limit = min(cmp.Or(n, 100), maxPage)
	}
	if w.cursor != "" && !strings.HasPrefix(w.cursor, "next_ts:") {
		return window{}, refuse("invalid_cursor")
	}
	w.cursor = strings.TrimPrefix(w.cursor, "next_ts:")
	return w, nil
}

func (w window) holds(ts string) bool {
	if w.oldest != "" {
		if c := compareTS(ts, w.oldest); c < 0 || (c == 0 && !w.inclusive) {
			return false
		}
	}
	if w.latest != "" {
		if c := compareTS(ts, w.latest); c > 0 || (c == 0 && !w.inclusive) {
			return false
		}
	}
	return true
}

func (s *Slack) history(a args) (fields, error) {
	ch := s.byID(a["channel"])
	if ch == nil {
		return nil, refuse("channel_not_found")
	}
	w, err := readWindow(a)
	if err != nil {
		return nil, err
	}
	var found []*Message
	for _, m := range slices.Backward(s.messages) { // newest first
		top := m.ThreadTS == "" || m.Broadcast
		if m.Channel == ch.ID && top && w.holds(m.TS) && (w.cursor == "" || compareTS(m.TS, w.cursor) <= 0) {
			found = append(found, m)
		}
	}
	return s.page(found, w), nil
}

func (s *Slack) replies(a args) (fields, error) {
	ch := s.byID(a["channel"])
	if ch == nil {
		return nil, refuse("channel_not_found")
	}
	w, err := readWindow(a)
	if err != nil {
		return nil, err
	}
	parent := s.find(ch.ID, a["ts"])
	if parent == nil {
		return nil, refuse("thread_not_found")
	}
	root := cmp.Or(parent.ThreadTS, parent.TS)
	var found []*Message
	for _, m := range s.messages { // oldest first; the parent comes with every page
		if m.Channel == ch.ID && (m.TS == root || m.ThreadTS == root && w.holds(m.TS) &&
			(w.cursor == "" || compareTS(m.TS, w.cursor) >= 0)) {
			found = append(found, m)
		}
	}
	return s.page(found, w), nil
}

func (s *Slack) page(found []*Message, w window) fields {
	next := ""
	if len(found) > w.limit {
		next = "next_ts:" + found[w.limit].TS
		found = found[:w.limit]
	}
	list := make([]fields, 0, len(found))
	for _, m := range found {
		list = append(list, s.describe(m, w.metadata))
	}
	return fields{"messages": list, "has_more": next != "", "response_metadata": fields{"next_cursor": next}}
}

func describeChannel(c Channel) fields {
	return fields{"id": c.ID, "name": c.Name, "is_channel": c.User == "", "is_im": c.User != "",
		"is_archived": c.Archived, "is_member": true, "user": c.User,
		"topic": fields{"value": c.Topic}, "purpose": fields{"value": ""}}
}

func (s *Slack) listConversations(a args) (fields, error) {
	list := []fields{}
	types := cmp.Or(a["types"], "public_channel")
	for _, c := range s.channels {
		kind := "public_channel"
		if c.User != "" {
			kind = "im"
		}
		if strings.Contains(types, kind) && !(c.Archived && a.is("exclude_archived")) {
			list = append(list, describeChannel(c))
		}
	}
	return fields{"channels": list, "response_metadata": fields{"next_cursor": ""}}, nil
}

func (s *Slack) conversationInfo(a args) (fields, error) {
	c := s.byID(a["channel"])
	if c == nil {
		return nil, refuse("channel_not_found")
	}
	return fields{"channel": describeChannel(*c)}, nil
}

// byID returns the conversation with that id, or nil: unlike a post, most
// methods do not take a #name.
func (s *Slack) byID(id string) *Channel {
	if c := s.channel(id); c != nil && c.ID == id {
		return c
	}
	return nil
}

func (s *Slack) openConversation(a args) (fields, error) {
	user, _, several := strings.Cut(a["users"], ",")
	if several {
		return nil, refuse("method_not_supported_for_channel_type")
	}
	c := s.direct(user)
	if c == nil {
		return nil, refuse("user_not_found")
	}
	return fields{"channel": describeChannel(*c), "no_op": false, "already_open": true}, nil
}

func describeUser(u User) fields {
	return fields{"id": u.ID, "team_id": teamID, "name": u.Name, "real_name": u.RealName, "deleted": u.Deleted,
		"is_bot": u.IsBot, "tz": "Europe/Moscow", "locale": "ru-RU",
		"profile": fields{"real_name": u.RealName, "display_name": u.Name, "title": u.Title,
			"email": u.Name + "@romashka.example"}}
}

func (s *Slack) userInfo(a args) (fields, error) {
	u := s.user(a["user"])
	if u == nil {
		return nil, refuse("user_not_found")
	}
	return fields{"user": describeUser(*u)}, nil
}

func (s *Slack) listUsers(args) (fields, error) {
	list := []fields{}
	for _, u := range s.users {
		list = append(list, describeUser(u))
	}
	return fields{"members": list, "response_metadata": fields{"next_cursor": ""}}, nil
}

// DutyGroup is the one user group of the workspace, @pr-duty.
const DutyGroup = "S0DUTY"

func (s *Slack) listGroups(args) (fields, error) {
	return fields{"usergroups": []fields{{"id": DutyGroup, "team_id": teamID, "is_usergroup": true,
		"name": "Дежурные PR", "handle": "pr-duty", "users": []string{Anna, Boris}, "user_count": 2}}}, nil
}

func (s *Slack) listGroupUsers(a args) (fields, error) {
	if a["usergroup"] != DutyGroup {
		return nil, refuse("no_such_subteam")
	}
	return fields{"users": []string{Anna, Boris}}, nil
}

// RemoveUser deactivates a member, as when somebody leaves the company.
func (s *Slack) RemoveUser(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.user(id); u != nil {
		u.Deleted = true
		s.rev++
	}
}
