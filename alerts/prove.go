package alerts

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"otklik/mention"
)

// Watched says what is read for each brand: its sites by their names.
type Watched map[string][]string

// maxTrials bounds the search for a mention that a rule gets. Rules that
// exhaust it are believed.
const maxTrials = 300_000

// Prove returns a *Mistake for each rule that no mention can ever reach:
// because its conditions exclude each other, because nothing that it asks for
// is watched, or because the rules before it take everything. A rule is
// proved by a mention that the router really gives to it.
func (r *Router) Prove(w Watched) []error {
	var all []error
	for i, rule := range r.rules {
		path := fmt.Sprintf("routes[%d]", i)
		t := trial{router: r, index: i, takers: map[int]bool{}}
		switch {
		case t.find(rule.situations(w, r.kinds), rule.contents()):
		case len(t.takers) == 0:
			all = append(all, mistake(path, "rule %q never matches: %s", rule.Name, rule.obstacle()))
		default:
			all = append(all, mistake(path, "rule %q never matches: %s before it takes every mention and has no `continue`", rule.Name, r.names(t.takers)))
		}
	}
	return all
}

func (r *Router) names(rules map[int]bool) string {
	var names []string
	for _, i := range slices.Sorted(maps.Keys(rules)) {
		names = append(names, fmt.Sprintf("%q", r.rules[i].Name))
	}
	return strings.Join(names, ", ")
}

// situation is what is settled about a mention before its content: where it
// stands and why it is raised.
type situation struct {
	brand, site string
	why         string
	tone        mention.Tone
}

// situations returns where and why a mention for the rule could be raised.
func (r rule) situations(w Watched, kinds map[string]string) []situation {
	type reason struct {
		why  string
		tone mention.Tone
	}
	reasons := []reason{{WhyNegative, mention.Negative}, {WhyPositive, mention.Positive}, {"", mention.Neutral}}
	for _, tone := range []mention.Tone{mention.Negative, mention.Neutral, mention.Positive} {
		reasons = append(reasons, reason{WhyConflict, tone}, reason{WhyEdited, tone})
	}
	var all []situation
	for _, brand := range slices.Sorted(maps.Keys(w)) {
		for _, site := range w[brand] {
			if !has(r.Brand, brand) || !has(r.Site, site) || !has(r.RouteConfig.Kind, kinds[site]) {
				continue
			}
			for _, x := range reasons {
				if has(r.Why, x.why) && has(r.Tone, string(x.tone)) {
					all = append(all, situation{brand, site, x.why, x.tone})
				}
			}
		}
	}
	return all
}

// contents returns what a mention for the rule could say, as bare as the
// rule lets it be: the less it says, the fewer rules before may take it.
func (r rule) contents() []mention.Mention {
	orNothing := func(list Words) []string {
		if len(list) == 0 {
			return []string{""}
		}
		return list
	}
	var all []mention.Mention
	for stars := range 6 {
		if r.Rating != "" && (stars < r.minStars || stars > r.maxStars) {
			continue
		}
		for _, lang := range orNothing(r.Lang) {
			for _, topic := range orNothing(r.Topic) {
				for _, word := range orNothing(r.RouteConfig.Words) {
					m := mention.Mention{Lang: lang, Confidence: r.Confidence, Views: r.Reach, Text: strings.TrimSuffix(word, "*"), Topics: []string{topic}}
					if stars > 0 {
						m.Rating, m.Best = float64(stars), 5
					}
					all = append(all, m)
				}
			}
		}
	}
	return all
}

// trial looks for a mention that reaches the rule at index.
type trial struct {
	router *Router
	index  int
	made   int
	takers map[int]bool // rules that took mentions meant for this one
}

func (t *trial) find(where []situation, contents []mention.Mention) bool {
	for _, s := range where {
		for _, m := range contents {
			if t.made++; t.made > maxTrials {
				return true
			}
			m.Brand, m.Source, m.Tone, m.Conflict = s.brand, s.site, s.tone, s.why == WhyConflict
			if t.reaches(m, s.why) {
				return true
			}
		}
	}
	return false
}

// reaches reports whether the router gives m to the rule, and else notes who took it.
func (t *trial) reaches(m mention.Mention, why string) bool {
	kind := t.router.kinds[m.Source]
	if !t.router.rules[t.index].matches(m, why, kind) {
		return false
	}
	for i, rule := range t.router.rules[:t.index] {
		if !rule.Continue && rule.matches(m, why, kind) {
			t.takers[i] = true
			return false
		}
	}
	return true
}

// obstacle says what keeps a rule that no other shadows from matching.
func (r rule) obstacle() string {
	switch {
	case slices.Equal(r.Why, Words{WhyBlind}):
		return "blind sources are told in the channel `ops`"
	case len(r.Why) > 0 && len(r.Tone) > 0 && !r.agree():
		return fmt.Sprintf("a mention raised as %s is never %s", strings.Join(r.Why, " or "), strings.Join(r.Tone, " or "))
	}
	return "no source that is watched has its brand, site and kind"
}

// agree reports whether a reason of the rule can come with a tone of it.
func (r rule) agree() bool {
	for _, why := range r.Why {
		if why == WhyConflict || why == WhyEdited || slices.Contains(r.Tone, why) {
			return true
		}
	}
	return false
}
