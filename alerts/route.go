package alerts

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"otklik/mention"
)

// The reasons for raising a mention, besides its tone.
const (
	WhyNegative = "negative" // the text is negative
	WhyPositive = "positive" // the text is positive
	WhyConflict = "conflict" // text and stars disagree
	WhyEdited   = "edited"   // the author changed the text after our answer
	WhyBlind    = "blind"    // a source is not seen
)

// RouteConfig is one rule. Conditions that are left out match everything; a
// list matches when one of its entries does. Rules are tried in order, and the
// first that matches ends the search unless Continue is set.
type RouteConfig struct {
	Name       string  `yaml:"name" doc:"shown on the card"`
	Brand      Words   `yaml:"brand" doc:"brands"`
	Site       Words   `yaml:"site" doc:"sites: otzovik, yandex-maps, …"`
	Kind       Words   `yaml:"kind" doc:"kinds of sites: aggregator, maps, store, …"`
	Why        Words   `yaml:"why" doc:"reasons for the alert: negative, positive, conflict (text against stars), edited (after our answer)"`
	Tone       Words   `yaml:"tone" doc:"negative, neutral, positive"`
	Rating     string  `yaml:"rating" doc:"stars from one to five: \"1-2\", \"<=2\", \">=4\" or \"3\""`
	Topic      Words   `yaml:"topic" doc:"topics: delivery, staff, …"`
	Lang       Words   `yaml:"lang" doc:"languages, ISO 639-1"`
	Confidence float64 `yaml:"confidence" doc:"least confidence in the tone, from 0 to 1"`
	Reach      int     `yaml:"reach" doc:"least number of views"`
	Words      Words   `yaml:"words" doc:"one of them stands in the text; \"suff*\" is the beginning of a word"`

	Channel  Words  `yaml:"channel" doc:"channels to tell"`
	Fallback string `yaml:"fallback" doc:"channel for what the first refuses"`
	Norms    string `yaml:"norms" doc:"norms of the task"`
	Ping     Words  `yaml:"ping" doc:"people and groups to mention, in the channel's words"`
	Quiet    string `yaml:"quiet" doc:"\"22:00-08:00 Europe/Moscow\": alerts are held until it ends"`
	Digest   string `yaml:"digest" doc:"daily or weekly: no alert but a line in the digest"`
	Continue bool   `yaml:"continue" doc:"try the following rules too"`

	Storm *StormConfig `yaml:"storm" doc:"many complaints at once become one card"`
}

// StormConfig says when complaints that one rule routes are told by one card
// instead of a card each.
type StormConfig struct {
	Count  int           `yaml:"count" doc:"so many complaints of one brand make a storm"`
	Within time.Duration `yaml:"within" doc:"within this time; the storm ends when less than half of them come in it"`
	By     string        `yaml:"by" doc:"brand or topic: what is counted together; brand when empty"`
}

// Match is one channel in which a mention is to be told.
type Match struct {
	Rule     string
	Channel  string
	Fallback string
	Norm     string
	Ping     []string
	Kind     mention.TaskKind
	// Digest is the period of the digest that tells the mention instead of an
	// alert; empty for an alert.
	Digest string
	Quiet  *Quiet
	// Gust counts the mention with others of the rule; nil without a storm.
	Gust *mention.Gust
}

// HoldUntil returns when an alert of now may be sent; zero means at once.
func (m Match) HoldUntil(now time.Time) time.Time { return m.Quiet.Until(now) }

// Router finds the channels of a mention. It is immutable and safe for
// concurrent use.
type Router struct {
	rules []rule
	kinds map[string]string
}

type rule struct {
	RouteConfig
	minStars, maxStars int
	words              []string
	quiet              *Quiet
}

// NewRouter compiles routes in their order. Kinds gives the kind of each site
// for rules that name one; nil when none does.
func NewRouter(routes []RouteConfig, kinds map[string]string) (*Router, error) {
	r := &Router{kinds: kinds}
	var all []error
	for i, c := range routes {
		if problems := c.validate(fmt.Sprintf("routes[%d]", i)); len(problems) > 0 {
			all = append(all, problems...)
			continue
		}
		lo, hi, _ := parseStars(c.Rating)
		quiet, _ := ParseQuiet(c.Quiet)
		words := make([]string, len(c.Words))
		for j, w := range c.Words {
			words[j] = fold(w)
		}
		r.rules = append(r.rules, rule{RouteConfig: c, minStars: lo, maxStars: hi, words: words, quiet: quiet})
	}
	if err := errors.Join(all...); err != nil {
		return nil, err
	}
	return r, nil
}

// Route returns the matches of m in the order of the rules; why is the reason
// for raising it. No channel comes twice for the same rule.
func (r *Router) Route(m mention.Mention, why string) []Match {
	var matches []Match
	for _, rule := range r.rules {
		if !rule.matches(m, why, r.kinds[m.Source]) {
			continue
		}
		for _, channel := range rule.Channel {
			matches = append(matches, rule.match(channel, m, why))
		}
		if !rule.Continue {
			break
		}
	}
	return matches
}

// Fallback returns the channel for what channel refuses of rule's tasks. When
// the rule is gone or the message belongs to none (rule is empty), the first
// rule that uses channel decides; empty means that there is none.
func (r *Router) Fallback(rule, channel string) string {
	for _, candidate := range r.rules {
		if candidate.Name == rule && rule != "" {
			return candidate.RouteConfig.Fallback
		}
	}
	for _, candidate := range r.rules {
		if slices.Contains(candidate.Channel, channel) && candidate.RouteConfig.Fallback != "" {
			return candidate.RouteConfig.Fallback
		}
	}
	return ""
}

// StormEnd returns when s is over unless another complaint comes. A storm whose
// rule is gone is over with its latest complaint.
func (r *Router) StormEnd(s mention.Storm) time.Time {
	for _, rule := range r.rules {
		if storm := rule.RouteConfig.Storm; storm != nil && strings.HasPrefix(s.Key, rule.Name+"\n") {
			return s.LastAt.Add(storm.Within)
		}
	}
	return s.LastAt
}

func (r rule) match(channel string, m mention.Mention, why string) Match {
	kind := mention.Complaint
	if m.Tone == mention.Positive && why != WhyConflict && why != WhyEdited {
		kind = mention.Thanks
	}
	return Match{Rule: r.Name, Channel: channel, Fallback: r.RouteConfig.Fallback, Norm: r.Norms,
		Ping: r.Ping, Kind: kind, Digest: r.Digest, Quiet: r.quiet, Gust: r.gust(m)}
}

// gust returns with what m is counted: the rule's other complaints about its
// brand, or those about its first topic.
func (r rule) gust(m mention.Mention) *mention.Gust {
	if r.RouteConfig.Storm == nil {
		return nil
	}
	g := &mention.Gust{Key: r.Name + "\n" + m.Brand, Count: r.RouteConfig.Storm.Count, Within: r.RouteConfig.Storm.Within}
	if r.RouteConfig.Storm.By == "topic" && len(m.Topics) > 0 {
		g.Topic = m.Topics[0]
		g.Key += "\n" + g.Topic
	}
	return g
}

func (r rule) matches(m mention.Mention, why, kind string) bool {
	stars := m.Stars()
	return has(r.Brand, m.Brand) && has(r.Site, m.Source) && has(r.RouteConfig.Kind, kind) &&
		has(r.Why, why) && has(r.Tone, string(m.Tone)) && has(r.Lang, m.Lang) &&
		(r.Rating == "" || stars >= r.minStars && stars <= r.maxStars) &&
		m.Confidence >= r.Confidence && m.Views >= r.Reach &&
		hasAny(r.Topic, m.Topics) && r.hasWord(m)
}

func has(list []string, value string) bool {
	return len(list) == 0 || slices.Contains(list, value)
}

func hasAny(list, values []string) bool {
	return len(list) == 0 || slices.ContainsFunc(values, func(v string) bool { return slices.Contains(list, v) })
}

func (r rule) hasWord(m mention.Mention) bool {
	if len(r.words) == 0 {
		return true
	}
	text := fold(m.Words())
	tokens := strings.FieldsFunc(text, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsNumber(c) })
	return slices.ContainsFunc(r.words, func(w string) bool {
		start, isPrefix := strings.CutSuffix(w, "*")
		if strings.ContainsFunc(start, unicode.IsSpace) {
			return strings.Contains(text, start)
		}
		return slices.ContainsFunc(tokens, func(t string) bool {
			return t == start || isPrefix && strings.HasPrefix(t, start)
		})
	})
}

// fold makes words comparable: lower case, and ё as е, as most people type it.
func fold(s string) string {
	return strings.ReplaceAll(strings.ToLower(s), "ё", "е")
}

func (c RouteConfig) validate(path string) []error {
	var all []error
	if c.Name == "" {
		all = append(all, mistake(path+".name", "give the rule a name; the card shows it"))
	}
	if len(c.Channel) == 0 {
		all = append(all, mistake(path+".channel", "name the channel to tell"))
	}
	for _, t := range c.Tone {
		if _, err := mention.ParseTone(t); err != nil {
			all = append(all, mistake(path+".tone", "%w", err))
		}
	}
	for _, w := range c.Why {
		if !slices.Contains([]string{WhyNegative, WhyPositive, WhyConflict, WhyEdited, WhyBlind}, w) {
			all = append(all, mistake(path+".why", "unknown reason %q: use negative, positive, conflict, edited or blind", w))
		}
	}
	if _, _, err := parseStars(c.Rating); err != nil {
		all = append(all, mistake(path+".rating", "%w", err))
	}
	if _, err := ParseQuiet(c.Quiet); err != nil {
		all = append(all, mistake(path+".quiet", "%w", err))
	}
	if c.Confidence < 0 || c.Confidence > 1 {
		all = append(all, mistake(path+".confidence", "%g is not between 0 and 1", c.Confidence))
	}
	if c.Digest != "" && c.Digest != "daily" && c.Digest != "weekly" {
		all = append(all, mistake(path+".digest", "unknown period %q: use daily or weekly", c.Digest))
	}
	if s := c.Storm; s != nil {
		all = append(all, s.validate(path+".storm")...)
	}
	if c.Fallback != "" && slices.Contains(c.Channel, c.Fallback) {
		all = append(all, mistake(path+".fallback", "%q is the channel itself", c.Fallback))
	}
	return all
}

func (c *StormConfig) validate(path string) []error {
	var all []error
	if c.Count < 3 {
		all = append(all, mistake(path+".count", "%d is too few: at least 3 complaints make a storm", c.Count))
	}
	if c.Within < time.Minute || c.Within > 24*time.Hour {
		all = append(all, mistake(path+".within", "%s is not between 1m and 24h", c.Within))
	}
	if c.By != "" && c.By != "brand" && c.By != "topic" {
		all = append(all, mistake(path+".by", "unknown %q: use brand or topic", c.By))
	}
	return all
}

// parseStars reads "1-2", "<=2", ">=4" or "3" as the least and the most stars.
func parseStars(s string) (lo, hi int, err error) {
	from, to := s, s
	switch {
	case s == "":
		return 0, 5, nil
	case strings.HasPrefix(s, "<="):
		from, to = "1", s[2:]
	case strings.HasPrefix(s, ">="):
		from, to = s[2:], "5"
	case strings.Contains(s, "-"):
		from, to, _ = strings.Cut(s, "-")
	}
	lo, errFrom := strconv.Atoi(strings.TrimSpace(from))
	hi, errTo := strconv.Atoi(strings.TrimSpace(to))
	if errFrom != nil || errTo != nil || lo < 1 || hi > 5 || lo > hi {
		return 0, 0, fmt.Errorf("%q is no range of stars: write \"1-2\", \"<=2\", \">=4\" or \"3\"", s)
	}
	return lo, hi, nil
}
