package crawler

import (
	"fmt"
	"maps"
	"slices"

	"otklik/mention"
)

// severity orders what can go wrong on the pages of a pass; the worst names
// the run. What asks for a person stands above what may pass by itself.
func severity(v mention.Verdict) int {
	return slices.Index([]mention.Verdict{
		"", mention.Empty, mention.Unchanged, mention.OK, // the good: what brought most stands highest
		mention.NotFound, mention.Unreachable, mention.Truncated, mention.Layout,
		mention.Disallowed, mention.Auth, mention.Blocked,
	}, v)
}

// judge adds a page's verdict to the run's.
func (p *pass) judge(v mention.Verdict, ev mention.Evidence) {
	p.cover.add(ev)
	if severity(v) > severity(p.run.Verdict) {
		p.run.Verdict = v
		note := p.run.Evidence.Note
		p.run.Evidence = p.shown(ev)
		if p.run.Evidence.Note == "" {
			p.run.Evidence.Note = note
		}
	}
}

// note adds a sentence to the evidence.
func (p *pass) note(s string) {
	if p.run.Evidence.Note != "" {
		s = p.run.Evidence.Note + "; " + s
	}
	p.run.Evidence.Note = p.veil.text(s)
}

// shown returns ev without secrets.
func (p *pass) shown(ev mention.Evidence) mention.Evidence {
	ev.URL, ev.Note, ev.Marker = p.veil.address(ev.URL), p.veil.text(ev.Note), p.veil.text(ev.Marker)
	return ev
}

// finish returns the run's record. err is what ended the pass early, nil otherwise.
func (p *pass) finish(err error) mention.Run {
	r := p.run
	r.EndAt = p.c.now()
	if p.session != nil {
		r.Requests = p.session.trip.spent
		r.RetryIn = max(r.RetryIn, p.session.trip.retryIn)
		bad := r.Verdict == mention.Blocked || r.Verdict == mention.Unreachable
		p.c.proxies.report(p.session.trip.proxy, !bad, r.EndAt)
	}
	if r.Verdict == "" {
		r.Verdict = mention.Unreachable
		r.Evidence = mention.Evidence{Promised: -1}
	}
	if err != nil && r.Evidence.Note == "" {
		r.Evidence.Note = p.veil.text(err.Error())
	}
	r.Evidence.Parsed = r.Items
	if r.Verdict.Good() {
		r.Evidence.Coverage, r.Evidence.Matched = p.cover.shares(), p.cover.matched
	}
	return r
}

// understand extracts the page; a bug that hostile bytes set off blinds one
// source and not the daemon.
func (p *pass) understand(raw Raw) (page Page) {
	defer func() {
		if bug := recover(); bug != nil {
			page = Page{Verdict: mention.Layout, Counter: -1, Evidence: mention.Evidence{URL: raw.URL, Status: raw.Status,
				Promised: -1, Note: fmt.Sprintf("bug in the definition's reader: %v", bug)}}
		}
	}()
	return p.def.Extract(raw)
}

func (p *pass) understandDetail(raw Raw, m mention.Mention) (full mention.Mention, v mention.Verdict, ev mention.Evidence) {
	defer func() {
		if bug := recover(); bug != nil {
			full, v = m, mention.Layout
			ev = mention.Evidence{URL: raw.URL, Status: raw.Status, Promised: -1, Note: fmt.Sprintf("bug in the definition's reader: %v", bug)}
		}
	}()
	return p.def.ExtractDetail(raw, m)
}

// coverage adds up the field coverage of a pass's pages.
type coverage struct {
	items   int
	have    map[string]float64
	matched map[string]int
}

func (c *coverage) add(ev mention.Evidence) {
	if ev.Parsed == 0 || len(ev.Coverage) == 0 {
		return
	}
	if c.have == nil {
		c.have, c.matched = map[string]float64{}, map[string]int{}
	}
	c.items += ev.Parsed
	for field, share := range ev.Coverage {
		c.have[field] += share * float64(ev.Parsed)
	}
	maps.Copy(c.matched, ev.Matched)
}

// shares returns the share of the pass's items that have each field.
func (c *coverage) shares() map[string]float64 {
	if c.items == 0 {
		return nil
	}
	out := make(map[string]float64, len(c.have))
	for field, n := range c.have {
		out[field] = n / float64(c.items)
	}
	return out
}
