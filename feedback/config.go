package feedback

import (
	"errors"
	"fmt"
	"strings"

	"otklik/secret"
)

// Config is the part of the configuration about what comes in by itself.
type Config struct {
	Hooks []HookConfig `yaml:"hooks" doc:"addresses to which other systems send feedback: POST /hooks/in/TOKEN"`
	// Requests are sent after the deals that hooks of the kind deal tell of.
	Requests RequestConfig `yaml:"requests" doc:"asking customers for a rating after a closed deal"`
}

// HookConfig is one address for one system.
type HookConfig struct {
	Name  string        `yaml:"name" doc:"what it is called in logs and metrics"`
	Token secret.String `yaml:"token" doc:"the last part of the address, at least 16 characters; who knows it may send"`
	Kind  string        `yaml:"kind" doc:"survey, call-centre, book, form, mail, chat, shop; or deal for closed deals"`
	Brand string        `yaml:"brand" doc:"the brand of what names none; the first one when empty"`
	Scope string        `yaml:"scope" doc:"keeps apart systems of one kind that may give the same id"`
	Best  float64       `yaml:"best" doc:"end of the scale of ratings; 5 when empty"`
	Map   Mapping       `yaml:"map" doc:"fields by the names that the system sends; usual names are known"`
}

// leastToken is the length of the shortest token, in characters: 16 random
// ones are beyond trying out at the rate that hooks allow.
const leastToken = 16

// Validate returns all mistakes, joined, each beginning with its key path.
func (c Config) Validate() error {
	errs := []error{c.Requests.Validate()}
	names, tokens := map[string]bool{}, map[string]bool{}
	for i, h := range c.Hooks {
		add := func(key string, err error) {
			if err != nil {
				errs = append(errs, fmt.Errorf("hooks[%d].%s: %w", i, key, err))
			}
		}
		if strings.TrimSpace(h.Name) == "" || names[h.Name] {
			add("name", errors.New("give each hook a name of its own"))
		}
		names[h.Name] = true
		token := h.Token.Reveal()
		switch {
		case h.Token.Err() != nil:
			add("token", h.Token.Err())
		case len(token) < leastToken:
			add("token", fmt.Errorf("use at least %d characters", leastToken))
		case tokens[token]:
			add("token", errors.New("another hook has the same token"))
		case strings.Trim(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~") != "":
			add("token", errors.New("use letters, digits and -_.~ only: it is a part of an address"))
		}
		tokens[token] = true
		if h.Kind == Deal && !c.Requests.IsOn() {
			add("kind", errors.New("deals need requests.from: nobody would be asked"))
		}
		if h.Kind != Deal {
			add("kind", checkKind(h.Kind))
			add("map", h.Map.Validate())
		}
		if h.Best < 0 {
			add("best", fmt.Errorf("%g is no scale", h.Best))
		}
	}
	return errors.Join(errs...)
}
