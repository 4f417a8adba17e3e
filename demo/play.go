package demo

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrStory means that the story did not come to its end in time.
var ErrStory = errors.New("the story is not complete")

// PlayConfig says where the worlds are and who listens.
type PlayConfig struct {
	Slack, Town string       // base addresses
	Client      *http.Client // http.DefaultClient when nil
	Now         func() time.Time
	Emit        func(Event)   // hears every event; nil for nobody
	Pace        time.Duration // between looks; 200 ms when zero
	Limit       time.Duration // for the whole story; 60 s when zero
	// Grace is how long to wait for the optional events (joined, edited,
	// reopened, answered_on_site) once the required ones are complete; 5 s when
	// zero.
	Grace time.Duration
}

// required are the events without which the story is not complete; hoped are
// those that a fuller product adds.
func required() []string {
	return []string{Found, Card, Taken, Answered, Visible, Confirmed, Blind, Back}
}

func hoped() []string { return []string{Joined, Edited, Reopened, AnsweredOnSite} }

// Play acts out the story over HTTP only: a complaint appears, Анна takes it,
// answers at the site and says so; a site goes behind its robot check and comes
// back; another complaint is copied, one is edited, one is answered past Slack.
// It returns nil once every required event was seen, or an ErrStory that names
// what is missing.
func Play(ctx context.Context, c PlayConfig) error {
	c.Slack, c.Town = strings.TrimSuffix(c.Slack, "/"), strings.TrimSuffix(c.Town, "/")
	c.Pace, c.Limit, c.Grace = cmp.Or(c.Pace, 200*time.Millisecond), cmp.Or(c.Limit, time.Minute), cmp.Or(c.Grace, 5*time.Second)
	if c.Now == nil {
		c.Now = time.Now
	}
	p := &player{cfg: c, eyes: &Observer{Slack: c.Slack, Town: c.Town, Client: c.Client, Now: c.Now},
		seen: map[string]bool{}, tried: map[string]time.Time{}, cards: map[string]Event{}}
	return p.run(ctx)
}

// player remembers how far the story has come.
type player struct {
	cfg   PlayConfig
	eyes  *Observer
	seen  map[string]bool      // events, of any card
	tried map[string]time.Time // when each act was last done
	fault error                // of the last act, for the final word

	main, second, third TownReview // the complaints told of
	cards               map[string]Event
}

// again is how long an act may take to show before it is repeated; every act
// is harmless when repeated.
const again = 4 * time.Second

func (p *player) run(ctx context.Context) error {
	start := p.cfg.Now()
	var complete time.Time
	tick := time.NewTicker(p.cfg.Pace)
	defer tick.Stop()
	for {
		if err := p.look(ctx); err != nil {
			p.fault = err
		} else {
			p.fault = p.act(ctx)
		}
		if len(p.missing(required())) == 0 && complete.IsZero() {
			complete = p.cfg.Now()
		}
		if !complete.IsZero() && (len(p.missing(hoped())) == 0 || p.cfg.Now().Sub(complete) >= p.cfg.Grace) {
			return nil
		}
		if p.cfg.Now().Sub(start) >= p.cfg.Limit && complete.IsZero() {
			return p.incomplete()
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), p.incomplete())
		case <-tick.C:
		}
	}
}

func (p *player) incomplete() error {
	err := fmt.Errorf("%w: no %s", ErrStory, strings.Join(p.missing(required()), ", no "))
	if p.fault != nil {
		return fmt.Errorf("%w; the last act failed: %w", err, p.fault)
	}
	return err
}

func (p *player) missing(events []string) []string {
	return slices.DeleteFunc(slices.Clone(events), func(e string) bool { return p.seen[e] })
}

func (p *player) look(ctx context.Context) error {
	events, err := p.eyes.Look(ctx)
	for _, e := range events {
		p.note(e)
		if p.cfg.Emit != nil {
			p.cfg.Emit(e)
		}
	}
	return err
}

// note remembers an event. The main story's events count only for its own
// complaint.
func (p *player) note(e Event) {
	if e.Event == Card {
		p.cards[e.URL+e.TS] = e
	}
	mainOnly := []string{Found, Card, Taken, Answered, Visible, Confirmed}
	if slices.Contains(mainOnly, e.Event) && !p.about(p.main, e) {
		return
	}
	p.seen[e.Event] = true
}

// about reports whether e tells of r.
func (p *player) about(r TownReview, e Event) bool {
	t := p.eyes.tracks[e.Channel+e.TS]
	return r.ID != 0 && t != nil && t.review != nil && t.review.key() == r.key()
}

// cardOf returns the card of r, once it was seen.
func (p *player) cardOf(r TownReview) (Event, bool) {
	for _, e := range p.cards {
		if p.about(r, e) {
			return e, true
		}
	}
	return Event{}, false
}

// act does whatever the story waits for now.
func (p *player) act(ctx context.Context) error {
	if p.main.ID == 0 {
		return p.open(ctx)
	}
	return errors.Join(p.mainStory(ctx), p.blindness(ctx), p.copied(ctx), p.aftermath(ctx))
}

// open waits until every site was crawled once, since what stands there at the
// first crawl is taken in silently, and then publishes the complaints.
func (p *player) open(ctx context.Context) error {
	var town TownState
	if err := p.eyes.fetch(ctx, p.cfg.Town+"/state.json", &town); err != nil {
		return fmt.Errorf("wait for the first crawl: %w", err)
	}
	for _, s := range town.Sites {
		if s.Visits == 0 {
			return fmt.Errorf("wait for the first crawl: nobody has visited %s", s.Site)
		}
	}
	lines := written("play")
	var err error
	if p.second.ID == 0 {
		if p.second, err = p.publish(ctx, lines[1]); err != nil {
			return err
		}
	}
	p.main, err = p.publish(ctx, lines[0])
	return err
}

// mainStory takes the complaint, answers it at the site and says so in Slack.
func (p *player) mainStory(ctx context.Context) error {
	card, ok := p.cardOf(p.main)
	switch {
	case !ok || p.seen[Confirmed]:
		return nil
	case !p.seen[Taken]:
		return p.due("take", func() error { return p.press(ctx, card, "взять", "take") })
	}
	if p.seen[Answered] {
		return p.replyOnce(ctx)
	}
	if err := p.due("say answered", func() error { return p.press(ctx, card, "отвечено", "answered") }); err != nil {
		return err
	}
	return p.submit(ctx)
}

// replyOnce answers the main complaint at the site. It is done with the form
// already open: a crawl between the two would find an answer that nobody has
// claimed yet.
func (p *player) replyOnce(ctx context.Context) error {
	if _, given := p.tried["reply"]; given {
		return nil
	}
	return p.due("reply", func() error { return p.reply(ctx, p.main) })
}

// blindness puts a site behind its robot check until the daemon says that it
// is blind.
func (p *player) blindness(ctx context.Context) error {
	switch {
	case !p.seen[Blind]:
		return p.due("robot check on", func() error { return p.robotCheck(ctx, true) })
	case !p.seen[Back]:
		return p.due("robot check off", func() error { return p.robotCheck(ctx, false) })
	}
	return nil
}

// copied lets the second complaint appear at another site as well.
func (p *player) copied(ctx context.Context) error {
	if _, done := p.tried["copy"]; done {
		return nil
	}
	if _, ok := p.cardOf(p.second); !ok {
		return nil
	}
	return p.due("copy", func() error {
		_, err := p.control(ctx, "copy", url.Values{"site": {string(p.second.Site)}, "id": {id(p.second)}, "to": {string(Telegram)}})
		return err
	})
}

// aftermath follows the confirmation: the author is not content and edits the
// review, and a third complaint is answered at the site by somebody who does
// not use Slack.
func (p *player) aftermath(ctx context.Context) error {
	if !p.seen[Confirmed] {
		return nil
	}
	if _, done := p.tried["edit"]; !done {
		edit := written("playedit")[0]
		if err := p.due("edit", func() error {
			_, err := p.control(ctx, "edit", url.Values{"site": {string(p.main.Site)}, "id": {id(p.main)}, "text": {edit.Text}})
			return err
		}); err != nil {
			return err
		}
	}
	if p.third.ID == 0 {
		var err error
		p.third, err = p.publish(ctx, written("play")[2])
		return err
	}
	if _, ok := p.cardOf(p.third); !ok {
		return nil
	}
	if _, done := p.tried["reply past Slack"]; done {
		return nil
	}
	return p.due("reply past Slack", func() error { return p.reply(ctx, p.third) })
}

// due does an act unless it was done a moment ago. One that failed is due again.
func (p *player) due(name string, do func() error) error {
	if at, done := p.tried[name]; done && p.cfg.Now().Sub(at) < again {
		return nil
	}
	if err := do(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	p.tried[name] = p.cfg.Now()
	return nil
}

func id(r TownReview) string { return strconv.FormatInt(r.ID, 10) }

func (p *player) publish(ctx context.Context, r Review) (TownReview, error) {
	body, err := p.control(ctx, "publish", url.Values{"site": {string(r.Site)}, "lang": {r.Lang}, "author": {r.Author}, "title": {r.Title},
		"text": {r.Text}, "pros": {r.Pros}, "cons": {r.Cons}, "stars": {strconv.Itoa(r.Stars)}})
	if err != nil {
		return TownReview{}, err
	}
	var out TownReview
	if err := json.Unmarshal(body, &out); err != nil {
		return TownReview{}, fmt.Errorf("decode the published review: %w", err)
	}
	return out, nil
}

func (p *player) reply(ctx context.Context, r TownReview) error {
	_, err := p.control(ctx, "answer", url.Values{"site": {string(r.Site)}, "id": {id(r)},
		"text": {r.Author + ", здравствуйте! Нам очень жаль, что так вышло. Карту привезём сегодня до 18:00, проценты за эти дни вернём."}})
	return err
}

// robotCheck turns the captcha of the maps on or off.
func (p *player) robotCheck(ctx context.Context, on bool) error {
	_, err := p.control(ctx, "captcha", url.Values{"site": {string(YandexMaps)}, "on": {strconv.FormatBool(on)}})
	return err
}

func (p *player) control(ctx context.Context, act string, values url.Values) ([]byte, error) {
	return p.post(ctx, p.cfg.Town+"/control/"+act, values)
}

func (p *player) post(ctx context.Context, address string, values url.Values) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(values.Encode()))
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	return do(p.cfg.Client, r)
}

// press clicks, as Анна, the button whose label is or begins with one of words.
func (p *player) press(ctx context.Context, card Event, labels ...string) error {
	var slack State
	if err := p.eyes.fetch(ctx, p.cfg.Slack+"/state.json", &slack); err != nil {
		return err
	}
	for _, m := range slack.Messages {
		if m.Channel != card.Channel || m.TS != card.TS {
			continue
		}
		for _, b := range decodeBlocks(m.Blocks) {
			for _, e := range b.controls() {
				if e.Type == "button" && e.says(labels) {
					return p.slackAct(ctx, "click", url.Values{"as": {Anna}, "in": {m.Channel}, "ts": {m.TS}, "action": {e.ActionID}, "value": {e.Value}})
				}
			}
		}
	}
	return fmt.Errorf("%w: %s", ErrNoControl, labels[0])
}

// says reports whether a button's words hold one of labels.
func (e *element) says(labels []string) bool {
	face := strings.ToLower(e.label().Text)
	return slices.ContainsFunc(labels, func(l string) bool { return strings.Contains(face, l) })
}

// submit fills in and sends the modal Анна has before her, if there is one.
func (p *player) submit(ctx context.Context) error {
	var slack State
	if err := p.eyes.fetch(ctx, p.cfg.Slack+"/state.json", &slack); err != nil {
		return err
	}
	for _, v := range slack.Views {
		if v.User != Anna || v.Type != "modal" {
			continue
		}
		values := url.Values{"as": {Anna}, "view": {v.ID}}
		drawn := drawView(&v)
		if drawn == nil {
			return fmt.Errorf("read the modal: %w", ErrBlocks)
		}
		for _, b := range drawn.Drawn {
			if e := b.Element; e != nil && b.Type == "input" && strings.HasSuffix(e.Type, "_input") {
				values.Set("field."+cmp.Or(e.ActionID, b.BlockID), p.fill(b))
			}
		}
		if err := p.replyOnce(ctx); err != nil {
			return err
		}
		return p.slackAct(ctx, "submit", values)
	}
	return nil
}

// fill returns what Анна types into a field: the address or a note.
func (p *player) fill(b block) string {
	name := strings.ToLower(b.BlockID + " " + b.Element.ActionID + " " + b.Element.Type)
	if b.Label != nil {
		name += " " + strings.ToLower(b.Label.Text)
	}
	for _, word := range []string{"url", "link", "ссылк"} {
		if strings.Contains(name, word) {
			return p.cfg.Town + p.main.URL
		}
	}
	return "Извинились и назвали срок"
}

func (p *player) slackAct(ctx context.Context, act string, values url.Values) error {
	body, err := p.post(ctx, p.cfg.Slack+"/act/"+act, values)
	if err != nil {
		return err
	}
	var out acted
	if err := json.Unmarshal(body, &out); err != nil {
		return fmt.Errorf("decode the answer to %s: %w", act, err)
	}
	if !out.OK {
		return fmt.Errorf("%s was refused: %s %v", act, out.Error, out.Errors)
	}
	return nil
}
