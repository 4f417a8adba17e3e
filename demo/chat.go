package demo

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// postable returns the channel a message can be posted to: an id, a #name, or
// a member's id for the direct message with them.
func (s *Slack) postable(ref string) (*Channel, error) {
	c := s.channel(ref)
	if c == nil {
		c = s.direct(ref)
	}
	switch {
	case c == nil:
		return nil, refuse("channel_not_found")
	case c.Archived:
		return nil, refuse("is_archived")
	}
	return c, nil
}

// content is what a post, an update or an ephemeral message says.
type content struct {
	text     string
	blocks   json.RawMessage
	metadata *Metadata
}

func readContent(a args) (content, error) {
	c := content{text: a["text"]}
	if utf8.RuneCountInString(c.text) > maxMessage {
		return content{}, refuse("msg_too_long")
	}
	if raw := a["blocks"]; raw != "" {
		if err := ValidateBlocks([]byte(raw)); err != nil {
			return content{}, invalid("invalid_blocks", err)
		}
		c.blocks = json.RawMessage(raw)
	}
	if raw := a["metadata"]; raw != "" && raw != "{}" {
		m := &Metadata{}
		if json.Unmarshal([]byte(raw), m) != nil {
			return content{}, refuse("invalid_metadata_format")
		}
		if m.EventType != "" {
			c.metadata = m
		}
	}
	return c, nil
}

// invalid lists what is wrong with blocks or a view, as Slack does.
func invalid(code string, err error) error {
	lines := strings.Split(strings.TrimPrefix(err.Error(), ErrBlocks.Error()+": "), "\n")
	for i := range lines {
		lines[i] = "[ERROR] " + lines[i]
	}
	return &apiError{code: code, details: lines}
}

func (c content) empty() bool {
	return c.text == "" && (len(c.blocks) == 0 || string(c.blocks) == "[]")
}

func (s *Slack) postMessage(a args) (fields, error) {
	ch, err := s.postable(a["channel"])
	if err != nil {
		return nil, err
	}
	c, err := readContent(a)
	if err != nil {
		return nil, err
	}
	if c.empty() {
		return nil, refuse("no_text")
	}
	if wait := s.tooSoon(ch.ID); wait > 0 {
		return nil, &apiError{code: "ratelimited", after: wait}
	}
	thread := a["thread_ts"]
	if thread != "" && s.find(ch.ID, thread) == nil {
		return nil, refuse("thread_not_found")
	}
	m := s.post(Message{Channel: ch.ID, ThreadTS: thread, User: BotID, Text: c.text, Blocks: c.blocks,
		Metadata: c.metadata, Broadcast: a.is("reply_broadcast")})
	return fields{"channel": ch.ID, "ts": m.TS, "message": s.describe(m, true)}, nil
}

// post stores m as the newest message.
func (s *Slack) post(m Message) *Message {
	m.TS, m.PostedAt = s.nextTS(), s.cfg.Now()
	s.messages = append(s.messages, &m)
	if len(s.messages) > maxMessages {
		s.messages = slices.Delete(s.messages, 0, 1)
	}
	s.rev++
	return &m
}

// tooSoon returns how long the app has to wait before its next post to channel.
func (s *Slack) tooSoon(channel string) time.Duration {
	for _, m := range slices.Backward(s.messages) {
		if m.Channel == channel && m.User == BotID {
			return m.PostedAt.Add(s.cfg.PostEvery).Sub(s.cfg.Now())
		}
	}
	return 0
}

func (s *Slack) updateMessage(a args) (fields, error) {
	ch := s.byID(a["channel"])
	if ch == nil {
		return nil, refuse("channel_not_found")
	}
	if ch.Archived {
		return nil, refuse("is_archived")
	}
	m := s.find(ch.ID, a["ts"])
	if m == nil {
		return nil, refuse("message_not_found")
	}
	if m.User != BotID {
		return nil, refuse("cant_update_message")
	}
	c, err := readContent(a)
	if err != nil {
		return nil, err
	}
	if c.empty() && a["blocks"] == "" {
		return nil, refuse("no_text")
	}
	s.replace(m, c, a)
	return fields{"channel": ch.ID, "ts": m.TS, "text": m.Text, "message": s.describe(m, true)}, nil
}

// replace edits m. Blocks and metadata that are not given stay; metadata {}
// and blocks [] remove them.
func (s *Slack) replace(m *Message, c content, a args) {
	m.Past = append(m.Past, Revision{Text: m.Text, Blocks: m.Blocks, Metadata: m.Metadata, At: s.cfg.Now()})
	m.Edits++
	m.EditedAt = s.cfg.Now()
	if a["text"] != "" {
		m.Text = c.text
	}
	if a["blocks"] != "" {
		m.Blocks = c.blocks
	}
	if a["metadata"] != "" {
		m.Metadata = c.metadata
	}
	s.rev++
}

func (s *Slack) deleteMessage(a args) (fields, error) {
	id := s.channelID(a["channel"])
	i := slices.IndexFunc(s.messages, func(m *Message) bool { return m.Channel == id && m.TS == a["ts"] })
	if i < 0 {
		return nil, refuse("message_not_found")
	}
	s.messages = slices.Delete(s.messages, i, i+1)
	s.rev++
	return fields{"channel": id, "ts": a["ts"]}, nil
}

func (s *Slack) postEphemeral(a args) (fields, error) {
	ch, err := s.postable(a["channel"])
	if err != nil {
		return nil, err
	}
	if u := s.user(a["user"]); u == nil || u.Deleted {
		return nil, refuse("user_not_in_channel")
	}
	c, err := readContent(a)
	if err != nil {
		return nil, err
	}
	if c.empty() {
		return nil, refuse("no_text")
	}
	ts := s.whisper(ch.ID, a["user"], a["thread_ts"], c)
	return fields{"message_ts": ts}, nil
}

func (s *Slack) whisper(channel, user, thread string, c content) string {
	e := Ephemeral{Channel: channel, User: user, ThreadTS: thread, Text: c.text, Blocks: c.blocks,
		TS: s.nextTS(), At: s.cfg.Now()}
	s.ephemerals = append(s.ephemerals, e)
	if len(s.ephemerals) > maxEphemerals {
		s.ephemerals = slices.Delete(s.ephemerals, 0, 1)
	}
	s.rev++
	return e.TS
}

func (s *Slack) getPermalink(a args) (fields, error) {
	ch := s.byID(a["channel"])
	if ch == nil {
		return nil, refuse("channel_not_found")
	}
	m := s.find(ch.ID, a["message_ts"])
	if m == nil {
		return nil, refuse("message_not_found")
	}
	return fields{"channel": ch.ID, "permalink": s.permalink(m)}, nil
}

func (s *Slack) addReaction(a args) (fields, error) {
	m := s.find(s.channelID(a["channel"]), a["timestamp"])
	switch {
	case m == nil:
		return nil, refuse("message_not_found")
	case a["name"] == "":
		return nil, refuse("invalid_name")
	case slices.Contains(m.Reactions, a["name"]):
		return nil, refuse("already_reacted")
	}
	m.Reactions = append(m.Reactions, a["name"])
	s.rev++
	return fields{}, nil
}

// describe returns m as the Web API shows it.
func (s *Slack) describe(m *Message, withMetadata bool) fields {
	f := fields{"type": "message", "user": m.User, "text": m.Text, "ts": m.TS, "team": teamID}
	if m.User == BotID {
		f["bot_id"], f["app_id"] = "B0OTKLIK", appID
	}
	if len(m.Blocks) > 0 {
		f["blocks"] = m.Blocks
	}
	if withMetadata && m.Metadata != nil {
		f["metadata"] = m.Metadata
	}
	if m.Edits > 0 {
		f["edited"] = fields{"user": m.User, "ts": formatTS(m.EditedAt)}
	}
	if m.ThreadTS != "" {
		f["thread_ts"] = m.ThreadTS
	} else if n, latest := s.replyCount(m); n > 0 {
		f["thread_ts"], f["reply_count"], f["latest_reply"] = m.TS, n, latest
	}
	if m.Broadcast {
		f["subtype"] = "thread_broadcast"
	}
	return f
}

func (s *Slack) replyCount(parent *Message) (n int, latest string) {
	for _, m := range s.messages {
		if m.Channel == parent.Channel && m.ThreadTS == parent.TS {
			n, latest = n+1, m.TS
		}
	}
	return n, latest
}

// openView opens a modal for the member whose trigger id is given; views.push
// differs only in that a view must be open already, which is not checked.
func (s *Slack) openView(a args) (fields, error) {
	t, known := s.triggers[a["trigger_id"]]
	switch {
	case !known:
		return nil, refuse("invalid_trigger_id")
	case t.used:
		return nil, refuse("exchanged_trigger_id")
	case s.cfg.Now().Sub(t.at) > triggerLives:
		return nil, refuse("expired_trigger_id")
	}
	if err := ValidateView([]byte(a["view"])); err != nil {
		return nil, invalid("invalid_arguments", err)
	}
	t.used = true
	s.triggers[a["trigger_id"]] = t
	v := s.addView(t.user, a["view"])
	return fields{"view": s.describeView(v)}, nil
}

func (s *Slack) addView(user, body string) *View {
	v := &View{ID: s.nextID("V"), User: user, Hash: s.nextID("hash."), Open: true, Content: json.RawMessage(body)}
	v.Type = v.text("type")
	if top := s.topModal(user); top != nil && v.Type == "modal" {
		v.Prior = top.ID
	}
	s.views = append(s.views, v)
	if len(s.views) > maxViews {
		s.views = slices.Delete(s.views, 0, 1)
	}
	s.rev++
	return v
}

// topModal returns the modal the member has before them, or nil.
func (s *Slack) topModal(user string) *View {
	for _, v := range slices.Backward(s.views) {
		if v.User == user && v.Open && v.Type == "modal" {
			return v
		}
	}
	return nil
}

func (s *Slack) view(id string) *View {
	for _, v := range s.views {
		if v.ID == id || (id != "" && v.text("external_id") == id) {
			return v
		}
	}
	return nil
}

func (s *Slack) updateView(a args) (fields, error) {
	v := s.view(a["view_id"])
	if v == nil {
		v = s.view(a["external_id"])
	}
	switch {
	case v == nil || !v.Open:
		return nil, refuse("not_found")
	case a["hash"] != "" && a["hash"] != v.Hash:
		return nil, refuse("hash_conflict")
	}
	if err := ValidateView([]byte(a["view"])); err != nil {
		return nil, invalid("invalid_arguments", err)
	}
	s.setView(v, a["view"])
	return fields{"view": s.describeView(v)}, nil
}

func (s *Slack) setView(v *View, body string) {
	v.Content, v.Hash, v.Errors = json.RawMessage(body), s.nextID("hash."), nil
	s.rev++
}

func (s *Slack) publishView(a args) (fields, error) {
	if s.user(a["user_id"]) == nil {
		return nil, refuse("invalid_arguments")
	}
	if err := ValidateView([]byte(a["view"])); err != nil {
		return nil, invalid("invalid_arguments", err)
	}
	for _, v := range s.views {
		if v.User == a["user_id"] && v.Type == "home" {
			s.setView(v, a["view"])
			return fields{"view": s.describeView(v)}, nil
		}
	}
	v := s.addView(a["user_id"], a["view"])
	return fields{"view": s.describeView(v)}, nil
}

// text returns a string member of the view's content.
func (v *View) text(name string) string {
	var o object
	if json.Unmarshal(v.Content, &o) != nil {
		return ""
	}
	var s string
	if err := json.Unmarshal(o[name], &s); err != nil {
		return ""
	}
	return s
}

// describeView returns v as the Web API shows it: the app's content with ids.
func (s *Slack) describeView(v *View) fields {
	f := fields{}
	if err := json.Unmarshal(v.Content, &f); err != nil {
		f["error"] = errors.Join(ErrBlocks, err).Error()
	}
	f["id"], f["hash"], f["team_id"], f["app_id"] = v.ID, v.Hash, teamID, appID
	f["bot_id"], f["root_view_id"], f["previous_view_id"] = "B0OTKLIK", v.ID, v.Prior
	return f
}
