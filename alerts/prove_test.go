package alerts_test

import (
	"errors"
	"strings"
	"testing"

	"otklik/alerts"
)

func TestRouter_Prove(t *testing.T) {
	watched := alerts.Watched{"Ромашка": {"otzovik", "app-store"}, "Василёк": {"otzovik"}}
	kinds := map[string]string{"otzovik": "aggregator", "app-store": "store", "vk": "social"}
	rule := func(name string, change func(*alerts.RouteConfig)) alerts.RouteConfig {
		r := alerts.RouteConfig{Name: name, Channel: alerts.Words{"pr"}}
		if change != nil {
			change(&r)
		}
		return r
	}
	negative := rule("negative", func(r *alerts.RouteConfig) { r.Tone = alerts.Words{"negative"} })
	all := rule("all", nil)
	for name, tt := range map[string]struct {
		routes []alerts.RouteConfig
		want   string // the only mistake; none when empty
	}{
		"ordered from special to general": {[]alerts.RouteConfig{rule("lawyers", func(r *alerts.RouteConfig) { r.Words = alerts.Words{"суд*", "прокуратур*"} }), negative, all}, ""},
		"a catch-all comes first":         {[]alerts.RouteConfig{all, negative}, `routes[1]: rule "negative" never matches: "all" before it takes every mention`},
		"a catch-all that continues":      {[]alerts.RouteConfig{rule("all", func(r *alerts.RouteConfig) { r.Continue = true }), negative}, ""},
		"rules that take everything together": {[]alerts.RouteConfig{negative,
			rule("rest", func(r *alerts.RouteConfig) { r.Tone = alerts.Words{"neutral", "positive"} }), all}, `routes[2]: rule "all" never matches: "negative", "rest" before it`},
		"stars that another rule takes": {[]alerts.RouteConfig{rule("low", func(r *alerts.RouteConfig) { r.Rating = "1-3" }),
			rule("two", func(r *alerts.RouteConfig) { r.Rating = "2" })}, `routes[1]: rule "two" never matches: "low"`},
		"more stars than that": {[]alerts.RouteConfig{rule("low", func(r *alerts.RouteConfig) { r.Rating = "1-3" }),
			rule("any", func(r *alerts.RouteConfig) { r.Rating = "2-4" })}, ""},
		"less confidence gets past": {[]alerts.RouteConfig{rule("sure", func(r *alerts.RouteConfig) { r.Confidence = 0.9 }), negative}, ""},
		"more confidence does not":  {[]alerts.RouteConfig{negative, rule("sure", func(r *alerts.RouteConfig) { r.Tone, r.Confidence = alerts.Words{"negative"}, 0.9 })}, `rule "sure" never matches: "negative"`},
		"a brand of another site": {[]alerts.RouteConfig{rule("x", func(r *alerts.RouteConfig) {
			r.Brand, r.Site = alerts.Words{"Василёк"}, alerts.Words{"app-store"}
		})}, "no source that is watched"},
		"a kind that nobody watches":  {[]alerts.RouteConfig{rule("x", func(r *alerts.RouteConfig) { r.Kind = alerts.Words{"social"} })}, "no source that is watched"},
		"a reason against the tone":   {[]alerts.RouteConfig{rule("x", func(r *alerts.RouteConfig) { r.Why, r.Tone = alerts.Words{"negative"}, alerts.Words{"positive"} })}, "a mention raised as negative is never positive"},
		"conflict comes in each tone": {[]alerts.RouteConfig{rule("x", func(r *alerts.RouteConfig) { r.Why, r.Tone = alerts.Words{"conflict"}, alerts.Words{"positive"} })}, ""},
		"blind sources are not here":  {[]alerts.RouteConfig{rule("x", func(r *alerts.RouteConfig) { r.Why = alerts.Words{"blind"} })}, "channel `ops`"},
		"a topic and its language": {[]alerts.RouteConfig{rule("ru", func(r *alerts.RouteConfig) { r.Lang = alerts.Words{"ru"} }),
			rule("delivery", func(r *alerts.RouteConfig) { r.Topic, r.Lang = alerts.Words{"delivery"}, alerts.Words{"ru"} })}, `rule "delivery" never matches: "ru"`},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := alerts.NewRouter(tt.routes, kinds)
			if err != nil {
				t.Fatal(err)
			}
			got := errors.Join(r.Prove(watched)...)
			if tt.want == "" && got != nil || tt.want != "" && (got == nil || !strings.Contains(got.Error(), tt.want) || strings.Contains(got.Error(), "\n")) {
				t.Errorf("mistakes: %v; want %q", got, tt.want)
			}
		})
	}
}
