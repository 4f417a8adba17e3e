package demo

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// The workspace that a Slack without settings of its own pretends to be.
const (
	BotID         = "U0OTKLIK"
	Anna          = "U01ANNA"
	Boris         = "U02BORIS"
	Vera          = "U03VERA"
	PRChannel     = "C01PRALERTS"
	LeadsChannel  = "C02PRLEADS"
	OpsChannel    = "C03OPS"
	teamID        = "T0DEMO"
	appID         = "A0OTKLIK"
	triggerLives  = 3 * time.Second
	answerWithin  = 3 * time.Second
	maxBody       = 1 << 20
	maxMessage    = 40000
	maxMessages   = 20000 // remembered; the oldest go
	maxEphemerals = 2000
	maxViews      = 1000
	demoToken     = "xoxb-demo-token"
	demoAppToken  = "xapp-demo-token"
	demoSignature = "demo-signing-secret"
)

// SlackConfig says who the pretend workspace is and where it delivers clicks.
// Every zero field has a working default.
type SlackConfig struct {
	Token         string // of the bot; "xoxb-demo-token" when empty
	AppToken      string // for Socket Mode; "xapp-demo-token" when empty
	SigningSecret string // "demo-signing-secret" when empty
	// Now is the workspace's clock; the wall clock when nil.
	Now func() time.Time
	// BaseURL is how the app reaches this Slack, for permalinks and response
	// URLs; "http://slack.test" when empty.
	BaseURL string
	// Client delivers what people do to the three addresses below when no
	// Socket Mode connection is open. http.DefaultClient when nil.
	Client          *http.Client
	InteractionsURL string
	CommandsURL     string
	EventsURL       string
	// PostEvery is the least time between two posts to one channel; a post
	// before it is answered with 429. Zero means no such limit.
	PostEvery time.Duration
	// Language of the drawn workspace: "ru" (when empty) or "en".
	Language string
	Channels []Channel
	Users    []User
}

// User is one member of the workspace.
type User struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	RealName string `json:"real_name"`
	Title    string `json:"title"`
	IsBot    bool   `json:"is_bot"`
	Deleted  bool   `json:"deleted"`
}

// Channel is one conversation of the workspace. User is set for a direct
// message: the member on its other side.
type Channel struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Topic    string `json:"topic"`
	User     string `json:"user,omitempty"`
	Archived bool   `json:"archived"`
}

// Metadata is what an app attaches to a message for itself.
type Metadata struct {
	EventType    string          `json:"event_type"`
	EventPayload json.RawMessage `json:"event_payload"`
}

// Message is one message as it stands now, with what it was before each edit.
type Message struct {
	Channel   string          `json:"channel"`
	TS        string          `json:"ts"`
	ThreadTS  string          `json:"thread_ts,omitempty"`
	User      string          `json:"user"`
	Text      string          `json:"text"`
	Blocks    json.RawMessage `json:"blocks,omitempty"`
	Metadata  *Metadata       `json:"metadata,omitempty"`
	Broadcast bool            `json:"broadcast,omitempty"`
	Reactions []string        `json:"reactions,omitempty"`
	PostedAt  time.Time       `json:"posted_at"`
	EditedAt  time.Time       `json:"edited_at,omitzero"`
	Edits     int             `json:"edits"`
	Past      []Revision      `json:"-"`
}

// Revision is what a message said before an edit.
type Revision struct {
	Text     string
	Blocks   json.RawMessage
	Metadata *Metadata
	At       time.Time // when it was replaced
}

// Ephemeral is a message that only one member sees.
type Ephemeral struct {
	Channel  string          `json:"channel"`
	User     string          `json:"user"`
	TS       string          `json:"ts"`
	ThreadTS string          `json:"thread_ts,omitempty"`
	Text     string          `json:"text"`
	Blocks   json.RawMessage `json:"blocks,omitempty"`
	At       time.Time       `json:"at"`
}

// View is a modal or home tab shown to one member.
type View struct {
	ID      string          `json:"id"`
	User    string          `json:"user"`
	Type    string          `json:"type"` // modal or home
	Content json.RawMessage `json:"content"`
	Hash    string          `json:"hash"`
	Open    bool            `json:"open"`
	// Errors are the app's complaints about the last submission, by block id.
	Errors map[string]string `json:"errors,omitempty"`
	// Prior is the view below this one on the member's stack.
	Prior string `json:"prior,omitempty"`
}

// Slack is a pretend Slack workspace: the Web API under /api/, Socket Mode, and
// the workspace drawn for a browser at /. It is safe for concurrent use.
type Slack struct {
	cfg SlackConfig
	mux *http.ServeMux

	mu         sync.Mutex
	rev        int // grows with every visible change
	seq        int // makes ids
	lastMicros int64
	channels   []Channel
	users      []User
	messages   []*Message // in order of posting
	ephemerals []Ephemeral
	views      []*View
	triggers   map[string]trigger
	responses  map[string]*response
	faults     map[string][]Fault
	calls      map[string]int
	down       bool
	revoked    bool
	sockets    []*socket
	last       delivery
}

// trigger lets the app open one view for a member within three seconds.
type trigger struct {
	user string
	at   time.Time
	used bool
}

// NewSlack returns a workspace with its channels and members and no messages.
func NewSlack(c SlackConfig) *Slack {
	c.Token = cmp.Or(c.Token, demoToken)
	c.AppToken = cmp.Or(c.AppToken, demoAppToken)
	c.SigningSecret = cmp.Or(c.SigningSecret, demoSignature)
	c.BaseURL = strings.TrimSuffix(cmp.Or(c.BaseURL, "http://slack.test"), "/")
	c.Client = cmp.Or(c.Client, http.DefaultClient)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Channels == nil {
		c.Channels = demoChannels()
	}
	if c.Users == nil {
		c.Users = demoUsers()
	}
	s := &Slack{
		cfg: c, mux: http.NewServeMux(),
		channels: slices.Clone(c.Channels), users: slices.Clone(c.Users),
		triggers: map[string]trigger{}, responses: map[string]*response{},
		faults: map[string][]Fault{}, calls: map[string]int{},
	}
	s.routes()
	return s
}

func demoChannels() []Channel {
	return []Channel{
		{ID: PRChannel, Name: "pr-alerts", Topic: "Жалобы клиентов Ромашка Банка: взять за 15 минут"},
		{ID: LeadsChannel, Name: "pr-leads", Topic: "Просроченное и эскалации"},
		{ID: OpsChannel, Name: "otklik-ops", Topic: "Источники, которые не видны"},
	}
}

func demoUsers() []User {
	return []User{
		{ID: BotID, Name: "otklik", RealName: "Отклик", Title: "приложение", IsBot: true},
		{ID: Anna, Name: "anna", RealName: "Анна Лебедева", Title: "PR"},
		{ID: Boris, Name: "boris", RealName: "Борис Юдин", Title: "PR"},
		{ID: Vera, Name: "vera", RealName: "Вера Соколова", Title: "руководитель PR"},
	}
}

// ServeHTTP answers the Web API, Socket Mode and the browser.
func (s *Slack) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Token returns the bot token the workspace accepts.
func (s *Slack) Token() string { return s.cfg.Token }

// AppToken returns the app-level token Socket Mode accepts.
func (s *Slack) AppToken() string { return s.cfg.AppToken }

// SigningSecret returns the secret that signs deliveries over HTTP.
func (s *Slack) SigningSecret() string { return s.cfg.SigningSecret }

// APIURL returns the base address for slack-go's OptionAPIURL.
func (s *Slack) APIURL() string { return s.cfg.BaseURL + "/api/" }

// Messages returns the top level of a channel, oldest first: no replies in
// threads unless they were broadcast. channel is an id or a name.
func (s *Slack) Messages(channel string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.channelID(channel)
	return s.collect(func(m *Message) bool {
		return m.Channel == id && (m.ThreadTS == "" || m.ThreadTS == m.TS || m.Broadcast)
	})
}

// Thread returns the parent and its replies, oldest first.
func (s *Slack) Thread(channel, ts string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.channelID(channel)
	return s.collect(func(m *Message) bool { return m.Channel == id && (m.TS == ts || m.ThreadTS == ts) })
}

// Ephemerals returns what only user sees, oldest first.
func (s *Slack) Ephemerals(user string) []Ephemeral {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Ephemeral
	for _, e := range s.ephemerals {
		if e.User == user {
			out = append(out, e)
		}
	}
	return out
}

// Views returns the views open for user, the topmost last.
func (s *Slack) Views(user string) []View {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []View
	for _, v := range s.views {
		if v.User == user && v.Open {
			out = append(out, *v)
		}
	}
	return out
}

// Calls returns how often the Web API method was called, failures included.
func (s *Slack) Calls(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[method]
}

func (s *Slack) collect(want func(*Message) bool) []Message {
	var out []Message
	for _, m := range s.messages {
		if want(m) {
			c := *m
			c.Reactions, c.Past = slices.Clone(m.Reactions), slices.Clone(m.Past)
			out = append(out, c)
		}
	}
	return out
}

// find returns the message or nil; s.mu is held.
func (s *Slack) find(channel, ts string) *Message {
	for _, m := range s.messages {
		if m.Channel == channel && m.TS == ts {
			return m
		}
	}
	return nil
}

// channel returns the conversation with that id, #name or name, or nil.
func (s *Slack) channel(ref string) *Channel {
	name := strings.TrimPrefix(ref, "#")
	for i := range s.channels {
		if c := &s.channels[i]; c.ID == ref || c.Name == name {
			return c
		}
	}
	return nil
}

func (s *Slack) channelID(ref string) string {
	if c := s.channel(ref); c != nil {
		return c.ID
	}
	return ref
}

func (s *Slack) user(id string) *User {
	for i := range s.users {
		if s.users[i].ID == id {
			return &s.users[i]
		}
	}
	return nil
}

// direct returns the direct message channel with user and opens it if needed.
func (s *Slack) direct(user string) *Channel {
	for i := range s.channels {
		if s.channels[i].User == user {
			return &s.channels[i]
		}
	}
	u := s.user(user)
	if u == nil || u.Deleted || u.IsBot {
		return nil
	}
	s.channels = append(s.channels, Channel{ID: "D" + strings.TrimPrefix(user, "U"), Name: u.Name, User: user})
	return &s.channels[len(s.channels)-1]
}

// nextTS returns a message timestamp that is larger than every one before it.
func (s *Slack) nextTS() string {
	micros := max(s.cfg.Now().UnixMicro(), s.lastMicros+1)
	s.lastMicros = micros
	return fmt.Sprintf("%d.%06d", micros/1e6, micros%1e6)
}

func (s *Slack) nextID(prefix string) string {
	s.seq++
	return fmt.Sprintf("%s%07d", prefix, s.seq)
}

// newTrigger returns a trigger id with which the app can open a view for user.
func (s *Slack) newTrigger(user string) string {
	maps.DeleteFunc(s.triggers, func(_ string, t trigger) bool { return s.cfg.Now().Sub(t.at) > responseLives })
	id := s.nextID("trigger.")
	s.triggers[id] = trigger{user: user, at: s.cfg.Now()}
	return id
}

func (s *Slack) permalink(m *Message) string {
	link := fmt.Sprintf("%s/archives/%s/p%s", s.cfg.BaseURL, m.Channel, strings.ReplaceAll(m.TS, ".", ""))
	if m.ThreadTS != "" && m.ThreadTS != m.TS {
		link += "?thread_ts=" + m.ThreadTS + "&cid=" + m.Channel
	}
	return link
}

// Archive archives a channel: posts to it answer is_archived until Unarchive.
func (s *Slack) Archive(channel string) { s.setArchived(channel, true) }

// Unarchive undoes Archive.
func (s *Slack) Unarchive(channel string) { s.setArchived(channel, false) }

func (s *Slack) setArchived(channel string, archived bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.channel(channel); c != nil {
		c.Archived = archived
		s.rev++
	}
}

// ErrNobody means that an act could not be delivered: no Socket Mode
// connection is open and no address is configured.
var ErrNobody = errors.New("the app listens nowhere")
