package demo

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
)

// The events an observer tells.
const (
	Found          = "found"            // a review on a page, told when its card shows that it was found
	Card           = "card"             // its card stands in Slack
	Taken          = "taken"            // somebody took it
	Answered       = "answered"         // somebody says that it is answered
	Visible        = "visible"          // the answer can be read on the public page
	Confirmed      = "confirmed"        // the card says that the answer was seen
	Blind          = "blind"            // a source cannot be seen: its ops card is open
	Back           = "back"             // the ops card is closed
	Joined         = "joined"           // a copy at another site joined the card
	Edited         = "edited"           // the author changed the review and the card or its thread shows it
	Reopened       = "reopened"         // the task is open again
	Escalated      = "escalated"        // the next person was called
	AnsweredOnSite = "answered_on_site" // an answer nobody claimed was seen and credited
	Dismissed      = "dismissed"        // somebody decided that no answer is needed
	Digest         = "digest"           // a digest was posted
)

// Event is one thing seen from outside.
type Event struct {
	Event   string    `json:"event"`
	At      time.Time `json:"at"`
	Task    int64     `json:"task"`
	TS      string    `json:"ts"`
	Channel string    `json:"channel"`
	URL     string    `json:"url"`
	Text    string    `json:"text"`
}

// CardType is the event_type of the metadata on everything the daemon posts.
const CardType = "otklik_card"

// CardPayload is the event_payload of that metadata: the contract by which a
// machine reads cards.
type CardPayload struct {
	Task         int64  `json:"task"`
	Mention      string `json:"mention"`
	State        string `json:"state"` // open, taken, answered, confirmed, dismissed
	Kind         string `json:"kind"`  // card, ops, seeded, reminder, escalation, digest
	Source       string `json:"source"`
	Copies       int    `json:"copies"`
	Reopened     int    `json:"reopened"`
	Unverifiable bool   `json:"unverifiable"`
	Credit       string `json:"credit"` // "site" when nobody claimed the answer
	// Blind says, on an ops card, whether the source is not seen at present.
	Blind bool `json:"blind"`
}

// Observer watches the pretend Slack and the town over HTTP, as a person with
// two browser windows would. It is not safe for concurrent use.
type Observer struct {
	// Slack and Town are the two base addresses.
	Slack, Town string
	// Client fetches; http.DefaultClient when nil.
	Client *http.Client
	// Now stamps the events; the wall clock when nil.
	Now func() time.Time

	started bool
	seenAt  map[string]time.Time // when a review was first seen, by place
	tracks  map[string]*track    // by where the card is
	posted  map[string]string    // other messages already told, and their state
	out     []Event
}

// track is what was told of one card.
type track struct {
	state    string
	copies   int
	reopened int
	edits    int // of the review, told
	noticed  int // of the review, seen but not told yet
	marks    int // edits and replies of the card when the change was noticed
	visible  bool
	review   *TownReview
}

// Run polls every pace and hands each event to emit until ctx ends. A failed
// look is tried again; Run returns nil when ctx ends.
func (o *Observer) Run(ctx context.Context, pace time.Duration, emit func(Event)) error {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		events, err := o.Look(ctx)
		if err != nil {
			continue // the worlds may be starting or stopping; the next look will tell
		}
		for _, e := range events {
			emit(e)
		}
	}
}

// Look looks once at both worlds and returns what is new since the last look.
func (o *Observer) Look(ctx context.Context) ([]Event, error) {
	var town TownState
	var slack State
	if err := o.fetch(ctx, o.Town+"/state.json", &town); err != nil {
		return nil, fmt.Errorf("look at the town: %w", err)
	}
	if err := o.fetch(ctx, o.Slack+"/state.json", &slack); err != nil {
		return nil, fmt.Errorf("look at Slack: %w", err)
	}
	if o.seenAt == nil {
		o.seenAt, o.tracks, o.posted = map[string]time.Time{}, map[string]*track{}, map[string]string{}
	}
	for _, r := range town.Reviews {
		if _, known := o.seenAt[r.key()]; !known {
			o.seenAt[r.key()] = o.now()
		}
	}
	for _, m := range slack.Messages {
		if err := o.message(ctx, m, town, slack); err != nil {
			return nil, err
		}
	}
	o.started = true
	events := o.out
	o.out = nil
	return events, nil
}

func (r TownReview) key() string { return fmt.Sprintf("%s/%d", r.Site, r.ID) }

func (o *Observer) now() time.Time {
	if o.Now == nil {
		return time.Now()
	}
	return o.Now()
}

func (o *Observer) message(ctx context.Context, m LinkMessage, town TownState, slack State) error {
	p, ok := m.card()
	if !ok {
		return nil
	}
	switch p.Kind {
	case "card":
		return o.card(ctx, m, p, town, slack)
	case "ops":
		o.ops(m, p, town)
	case "escalation":
		o.once(m, p, Escalated)
	case "digest":
		o.once(m, p, Digest)
	}
	return nil
}

// card returns what the metadata of m says, if it is the daemon's.
func (m *Message) card() (CardPayload, bool) {
	if m.Metadata == nil || m.Metadata.EventType != CardType {
		return CardPayload{}, false
	}
	var p CardPayload
	if err := json.Unmarshal(m.Metadata.EventPayload, &p); err != nil {
		return CardPayload{}, false
	}
	return p, true
}

// once tells of a message the first time it is seen.
func (o *Observer) once(m LinkMessage, p CardPayload, event string) {
	if _, told := o.posted[m.Channel+m.TS]; told {
		return
	}
	o.posted[m.Channel+m.TS] = p.State
	o.tell(event, m, p, m.Permalink, m.Text)
}

// ops tells when a source goes blind and when it is back.
func (o *Observer) ops(m LinkMessage, p CardPayload, town TownState) {
	before := o.posted[m.Channel+m.TS]
	if before == "" && p.sight() == Back {
		return // some other word for ops, or a blind spell that ended before we looked
	}
	link := m.Permalink
	for _, s := range town.Sites {
		if strings.Contains(p.Source, string(s.Site)) {
			link = o.Town + s.URL
		}
	}
	if now := p.sight(); now != before {
		o.posted[m.Channel+m.TS] = now
		o.tell(now, m, p, link, m.Text)
	}
}

// sight is the event an ops card stands for.
func (p CardPayload) sight() string {
	if p.Blind || p.State == "open" {
		return Blind
	}
	return Back
}

// card tells what changed on one card, in the order in which it must have
// happened.
func (o *Observer) card(ctx context.Context, m LinkMessage, p CardPayload, town TownState, slack State) error {
	t := o.tracks[m.Channel+m.TS]
	fresh := t == nil
	if fresh {
		t = &track{state: "open"}
		o.tracks[m.Channel+m.TS] = t
	}
	t.review = o.reviewOf(m, p, t.review, town)
	link, text := m.Permalink, m.Text
	if t.review != nil {
		link, text = o.Town+t.review.URL, cmp.Or(t.review.Title, t.review.Text)
	}
	if fresh {
		o.tellFound(m, p, t, link, text)
	}
	if p.Copies > t.copies {
		o.tell(Joined, m, p, link, text)
	}
	o.edits(m, p, t, slack, link)
	if p.Reopened > t.reopened {
		o.tell(Reopened, m, p, link, text)
	}
	t.copies, t.reopened = p.Copies, p.Reopened
	if p.State != Confirmed { // what people say comes before what the page shows
		o.tellState(m, p, t, link, text)
	}
	if err := o.visible(ctx, m, p, t, link); err != nil {
		return err
	}
	if p.State == Confirmed {
		o.tellState(m, p, t, link, text)
	}
	t.state = p.State
	return nil
}

func (o *Observer) tellState(m LinkMessage, p CardPayload, t *track, link, text string) {
	if p.State == t.state || p.State == "open" {
		return
	}
	if p.State == Confirmed && p.Credit == "site" {
		o.tell(AnsweredOnSite, m, p, link, text)
	}
	o.tell(p.State, m, p, link, text)
	t.state = p.State
}

func (o *Observer) tellFound(m LinkMessage, p CardPayload, t *track, link, text string) {
	at := o.now()
	if t.review != nil {
		at = o.seenAt[t.review.key()]
		t.edits, t.noticed = t.review.Edits, t.review.Edits
	}
	o.tell(Found, m, p, link, text)
	if o.started {
		o.out[len(o.out)-1].At = at
	}
	o.tell(Card, m, p, link, m.Text)
	if t.review != nil && t.review.Edits > 0 {
		o.tell(Edited, m, p, link, t.review.Text)
	}
}

// edits tells of an author's edit once the card or its thread has changed after it.
func (o *Observer) edits(m LinkMessage, p CardPayload, t *track, slack State, link string) {
	if t.review == nil {
		return
	}
	marks := m.Edits
	for _, other := range slack.Messages {
		if other.Channel == m.Channel && other.ThreadTS == m.TS {
			marks++
		}
	}
	if t.review.Edits > t.noticed {
		t.noticed, t.marks = t.review.Edits, marks
	}
	if t.noticed > t.edits && (marks > t.marks || p.Reopened > t.reopened) {
		t.edits = t.noticed
		o.tell(Edited, m, p, link, t.review.Text)
	}
}

// visible looks at the public page for the company's answer. It comes before
// the card's confirmation, which must follow what it confirms.
func (o *Observer) visible(ctx context.Context, m LinkMessage, p CardPayload, t *track, link string) error {
	if t.visible || t.review == nil || t.review.Answer == nil {
		return nil
	}
	page, err := o.read(ctx, link)
	if err != nil {
		return fmt.Errorf("look at the review's page: %w", err)
	}
	if strings.Contains(html.UnescapeString(string(page)), visibleMark(t.review)) {
		t.visible = true
		o.tell(Visible, m, p, link, t.review.Answer.Text)
	}
	return nil
}

// visibleMark is what the page holds once the answer is public: the answer in
// its place, not in the form a person typed it into.
func visibleMark(r *TownReview) string {
	if r.Site == Otzovik {
		return `<div class="comment-body">` + r.Answer.Text + `</div>`
	}
	return r.Answer.Text
}

func (o *Observer) tell(event string, m LinkMessage, p CardPayload, link, text string) {
	const most = 160 // characters of a line on a terminal
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	o.out = append(o.out, Event{Event: event, At: o.now(), Task: p.Task, TS: m.TS, Channel: m.Channel, URL: link, Text: text})
}

// reviewOf finds the review a card is about: the one it was about before, else
// by its address in the card, else by its words.
func (o *Observer) reviewOf(m LinkMessage, p CardPayload, known *TownReview, town TownState) *TownReview {
	said := m.everything()
	folded := fold(said)
	byWords := func(r TownReview) bool { return strings.Contains(folded, fold(begin(r.Text))) }
	tests := []func(TownReview) bool{
		func(r TownReview) bool { return known != nil && r.key() == known.key() },
		func(r TownReview) bool {
			return slices.ContainsFunc(addresses(r), func(a string) bool { return strings.Contains(said, a) })
		},
		func(r TownReview) bool { return strings.Contains(p.Source, string(r.Site)) && byWords(r) },
		byWords,
	}
	for _, is := range tests {
		for _, r := range slices.Backward(town.Reviews) { // oldest first: the original before its copies
			if is(r) {
				return &r
			}
		}
	}
	return nil
}

// addresses returns what a link to r alone holds.
func addresses(r TownReview) []string {
	return []string{fmt.Sprintf("review_%d.html", r.ID), fmt.Sprintf("%s/%d", ChannelName, r.ID), yandexID(r.ID)}
}

// begin returns as much of a text as every card shows.
func begin(text string) string {
	runes := []rune(text)
	return string(runes[:min(len(runes), 60)])
}

// fold keeps letters and digits, and single blanks between words.
func fold(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
}

// everything returns all strings of a message, entities decoded.
func (m *Message) everything() string {
	var out strings.Builder
	out.WriteString(m.Text)
	decoder := json.NewDecoder(strings.NewReader(string(m.Blocks)))
	for {
		token, err := decoder.Token()
		if err != nil {
			return html.UnescapeString(out.String())
		}
		if s, ok := token.(string); ok {
			out.WriteString("\n" + s)
		}
	}
}

func (o *Observer) fetch(ctx context.Context, address string, into any) error {
	body, err := o.read(ctx, address)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("decode %s: %w", address, err)
	}
	return nil
}

// maxState bounds what the observer reads at once.
const maxState = 32 << 20

func (o *Observer) read(ctx context.Context, address string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	return do(o.Client, r)
}

// do sends a request as the observer and returns the body of a good answer.
func do(client *http.Client, r *http.Request) ([]byte, error) {
	r.Header.Set("User-Agent", observerAgent)
	resp, err := cmp.Or(client, http.DefaultClient).Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxState))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", r.URL, err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s: %s", r.URL, resp.Status, strings.TrimSpace(begin(string(body))))
	}
	return body, nil
}
