package config

import (
	"errors"
	"fmt"
	"time"

	"otklik/secret"
)

// Retention says how long things are kept; zero keeps them for ever.
type Retention struct {
	// Mentions without a task are removed after this; those with a task stay.
	Mentions time.Duration `yaml:"mentions"`
	// Authors is when the authors' names and profiles are forgotten; what they
	// wrote stays.
	Authors time.Duration `yaml:"authors"`
	// Runs are the records of passes, which reports tell blind times from.
	Runs time.Duration `yaml:"runs"`
}

// Privacy is about people who ask to be forgotten.
type Privacy struct {
	// Key is the secret under which erased people are remembered by hash, the
	// same on all daemons; one is made and kept in the archive when empty.
	Key secret.String `yaml:"key"`
}

// leastKey is the length of the shortest key, in characters.
const leastKey = 16

// Validate returns all mistakes, joined, each beginning with its key.
func (r Retention) Validate() error {
	var errs []error
	for _, one := range []struct {
		key  string
		keep time.Duration
	}{{"mentions", r.Mentions}, {"authors", r.Authors}, {"runs", r.Runs}} {
		if one.keep != 0 && one.keep < 24*time.Hour {
			errs = append(errs, fmt.Errorf("%s: %s is less than a day; write 720h for 30 days", one.key, one.keep))
		}
	}
	return errors.Join(errs...)
}

// Validate returns what is wrong, beginning with its key.
func (p Privacy) Validate() error {
	switch {
	case p.Key.Err() != nil:
		return fmt.Errorf("key: %w", p.Key.Err())
	case p.Key.IsSet() && len(p.Key.Reveal()) < leastKey:
		return fmt.Errorf("key: use at least %d characters", leastKey)
	}
	return nil
}
