package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"otklik/mention"
	"otklik/store"
)

// errands is what people ask of the system itself.
type errands struct {
	figures figures
	planner planner
	now     func() time.Time
}

func (a *app) errands() errands {
	return errands{a.figures(), a.planner, a.now}
}

// MakeTasks implements slack.Errands: it raises tasks for the recent
// complaints that a source's silent first run left unanswered. Asked twice, it
// makes none the second time.
func (e errands) MakeTasks(ctx context.Context, source mention.SourceID, by mention.Actor) (int, error) {
	var found []mention.Mention
	err := e.figures.each(ctx, store.MentionFilter{SourceID: source}, func(m mention.Mention) {
		if isUnanswered(m, e.now()) {
			found = append(found, m)
		}
	})
	if err != nil {
		return 0, err
	}
	made := 0
	for _, m := range found {
		if _, err := e.figures.store.TaskOf(ctx, m.ID); !errors.Is(err, mention.ErrNotFound) {
			if err != nil {
				return made, fmt.Errorf("look for the task of %s: %w", m.ID, err)
			}
			continue
		}
		eff, err := e.planner.Raise(m, "", e.now())
		if err != nil {
			return made, err
		}
		if eff.Task == nil {
			continue
		}
		if err := e.figures.store.Apply(ctx, eff); err != nil {
			return made, fmt.Errorf("make a task of %s: %w", m.ID, err)
		}
		made++
	}
	return made, nil
}

// AddSource implements slack.Errands: the line says what the operator has to
// add to it.
func (e errands) AddSource(_ context.Context, address string) (advice string, isKnown bool, err error) {
	name, params, err := e.planner.sites.Recognise(address)
	if err != nil {
		u, wrong := url.Parse(address)
		if wrong != nil || u.Host == "" {
			return "", false, fmt.Errorf("%q is no address: %w", address, mention.ErrRefused)
		}
		return "otklik sites new " + u.String(), false, nil
	}
	site, err := e.planner.sites.Site(name)
	if err != nil {
		return "", false, err
	}
	line := "- {site: " + name
	for _, p := range slices.Sorted(maps.Keys(params)) {
		line += ", " + p + ": " + strconv.Quote(params[p])
	}
	line += "}"
	if err := site.CheckParams(params); err != nil {
		line += "  # " + strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	return line, true, nil
}

// Report implements slack.Errands.
func (e errands) Report(ctx context.Context, lang string) (mention.Digest, error) {
	y, m, d := e.now().Date()
	return e.figures.summary(ctx, time.Date(y, m, d, 0, 0, 0, 0, e.now().Location()), lang)
}
