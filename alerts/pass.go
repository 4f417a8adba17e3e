package alerts

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"otklik/mention"
)

// PassTime is how long a link or a button can be used after its message was
// written.
const PassTime = 7 * 24 * time.Hour

// LinkPath is where links lead that act on a task, before the token.
const LinkPath = "/do/"

// Errors of Passes.Read.
var (
	ErrForged  = errors.New("the pass is not ours")
	ErrExpired = errors.New("the pass is too old")
)

// maxPass bounds a pass in bytes; ours are under 400.
const maxPass = 2048

// Pass lets its holder do one thing to one task. It stands in links and
// buttons of channels whose presses reach us over HTTP.
type Pass struct {
	Task mention.TaskID `json:"task"`
	Verb mention.Verb   `json:"verb"`
	// Who it was made for: "mail:" and an address, "mattermost:" and a channel,
	// "shoutrrr:" and a channel's name.
	Who   string `json:"who"`
	Lang  string `json:"lang"`
	Until int64  `json:"until"` // Unix seconds
}

// Passes signs passes with HMAC-SHA256 and reads them back. Using one twice is
// harmless, because repeating an action changes nothing; so none is stored.
type Passes struct {
	Key []byte
	// Base is the address under which people and services reach us.
	Base string
}

// URL returns the address of path under Base.
func (p *Passes) URL(path string) string { return strings.TrimSuffix(p.Base, "/") + path }

// Offers returns the signed verbs that fit the state of m's task, in the order
// of buttons, and nil when m has none or p is nil.
func (p *Passes) Offers(m Message, who, lang string) []Offer {
	t := m.View.Task
	if p == nil || !t.NeedsPerson() || m.Notice.Kind != mention.CardNotice && m.Notice.Kind != mention.EscalationNotice {
		return nil
	}
	var offers []Offer
	add := func(verb mention.Verb, title string) {
		token := p.Sign(Pass{Task: t.ID, Verb: verb, Who: who, Lang: lang}, m.At)
		offers = append(offers, Offer{Verb: verb, Title: title, Token: token})
	}
	if t.State == mention.Open {
		add(mention.Take, Say(lang).Take)
	}
	add(mention.Answer, Say(lang).Answer)
	return offers
}

// Links are the lines of a message that let who act, each with its address.
// They are for channels without buttons; empty where Offers has nothing.
func (p *Passes) Links(m Message, who, lang string) string {
	var b strings.Builder
	for _, o := range p.Offers(m, who, lang) {
		fmt.Fprintf(&b, "\n%s: %s\n", o.Title, p.URL(LinkPath+o.Token))
	}
	return b.String()
}

// Offer is one thing that can be done to a task from a message.
type Offer struct {
	Verb  mention.Verb
	Title string
	Token string
}

// Sign returns pass as a token that is good in addresses, usable until PassTime
// after now.
func (p *Passes) Sign(pass Pass, now time.Time) string {
	pass.Until = now.Add(PassTime).Unix()
	text, err := json.Marshal(pass)
	if err != nil {
		return "" // strings and numbers always have a form
	}
	return base64.RawURLEncoding.EncodeToString(text) + "." + base64.RawURLEncoding.EncodeToString(p.sum(text))
}

// Read returns the pass in token. It reports ErrForged, and ErrExpired together
// with the pass.
func (p *Passes) Read(token string, now time.Time) (Pass, error) {
	var pass Pass
	payload, signature, _ := strings.Cut(token, ".")
	text, err := base64.RawURLEncoding.DecodeString(payload)
	sum, err2 := base64.RawURLEncoding.DecodeString(signature)
	if len(token) > maxPass || err != nil || err2 != nil || !hmac.Equal(sum, p.sum(text)) {
		return Pass{}, ErrForged
	}
	if err := json.Unmarshal(text, &pass); err != nil {
		return Pass{}, fmt.Errorf("%w: %w", ErrForged, err)
	}
	if now.Unix() >= pass.Until {
		return pass, ErrExpired
	}
	return pass, nil
}

// sum signs under a name of its own, because the key signs other things too.
func (p *Passes) sum(text []byte) []byte {
	mac := hmac.New(sha256.New, p.Key)
	fmt.Fprintf(mac, "%d:%s%d:%s", len("task pass"), "task pass", len(text), text)
	return mac.Sum(nil)
}
