package crawler

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"otklik/mention"
)

// sight is what came of opening a detail page.
type sight int

const (
	detailSeen   sight = iota
	detailGone         // there is no page, or it is of another host that does not show it
	detailMissed       // another try may help
)

// details opens the detail pages of what is new or changed, where the
// definition has such a stage, and fills the mentions in place. It reports
// whether all that was to be opened was read. A known mention whose page could
// not be read becomes Same where that page has words of it: the archive has its
// whole text, and the list's part must not replace that.
func (p *pass) details(ctx context.Context, h heldPage) (whole bool) {
	whole = true
	for i := range h.mentions {
		if !p.wanted(h.fresh[i], h.mentions[i]) {
			continue
		}
		req, ok := p.def.DetailRequest(h.mentions[i])
		if !ok {
			continue
		}
		got := p.detail(ctx, req, &h.mentions[i])
		whole = whole && got != detailMissed
		switch {
		case got != detailSeen && h.fresh[i] == mention.Changed && !req.Answers:
			h.fresh[i] = mention.Same
		case got == detailMissed:
			// The list's part is worth an alert now; the rest is tried again.
			h.mentions[i].Fingerprint = 0
		}
	}
	return whole
}

// seedDetails is how old a mention may be to have its detail page opened by
// the first pass over a source. That pass alerts nobody, and opening all of
// the past at a polite pace would take it hours.
const seedDetails = 7 * 24 * time.Hour

// wanted reports whether the detail page of m is to be opened.
func (p *pass) wanted(f mention.Freshness, m mention.Mention) bool {
	seeding := f == mention.New && p.prior.SeededAt.IsZero() && p.back == nil
	if seeding && !m.PublishedAt.IsZero() && p.run.StartAt.Sub(m.PublishedAt) > seedDetails {
		return false
	}
	// A change needs the whole text too, whatever it is that changed.
	if p.src.Site.Open == OpenCommented && m.Comments == 0 {
		return false
	}
	return p.src.Site.Open != OpenNever && (f == mention.New || f == mention.Changed)
}

// detail fills m from its own page.
func (p *pass) detail(ctx context.Context, req Request, m *mention.Mention) sight {
	if p.noDetails {
		return detailMissed
	}
	host := hostOf(req)
	if req.Elsewhere && p.shut[host] {
		return detailGone
	}
	raw, err := p.fetch(ctx, req, validator{})
	if err != nil && req.Elsewhere && fetchFault(ctx, err) {
		p.shut[host] = true
		return detailGone
	}
	if err != nil {
		p.noDetails = true
		p.excuse(ctx, req, err)
		return detailMissed
	}
	full, v, ev := p.understandDetail(raw, *m)
	ev.Snapshot = p.keep(raw, v)
	switch {
	case v == mention.NotFound:
		return detailGone
	case !v.Good() && req.Elsewhere:
		p.shut[host] = v != mention.Layout && v != mention.Truncated
		return detailGone
	case p.spares(req, v, ev):
		p.noDetails = true
		return detailMissed
	case !v.Good():
		p.noDetails = v != mention.Layout
		p.judge(v, ev)
		return detailMissed
	}
	*m = sameIdentity(full, *m)
	return detailSeen
}

// hostOf returns the host that req asks, empty for an address that is none.
func hostOf(req Request) string {
	u, err := url.Parse(req.URL)
	if err != nil {
		return ""
	}
	return u.Host
}

// spares reports that req was a page of answers alone, for which the site has
// set a limit: whoever reads its lists sees every mention, and answers are
// looked for by the next pass.
func (p *pass) spares(req Request, v mention.Verdict, ev mention.Evidence) bool {
	if !req.Answers || v != mention.Blocked {
		return false
	}
	p.note("no more answers are shown for now (" + cmp.Or(ev.Marker, ev.Note) + "), a later pass asks for the rest")
	return true
}

// fetchFault reports that err is the host's and not our own stop, time or budget.
func fetchFault(ctx context.Context, err error) bool {
	return ctx.Err() == nil && !errors.Is(err, errOutOfTime) && !errors.Is(err, errBudget)
}

// excuse notes why a detail page has no answer. That our time or requests are
// spent says nothing of the site: the next pass opens what is left.
func (p *pass) excuse(ctx context.Context, req Request, err error) {
	switch {
	case ctx.Err() != nil: // we are the ones who stopped
	case errors.Is(err, errOutOfTime), errors.Is(err, errBudget):
		p.note(err.Error() + " before every detail page was opened")
	default:
		p.blame(req, err)
	}
}

// sameIdentity returns full as the mention that list named.
func sameIdentity(full, list mention.Mention) mention.Mention {
	full.ID, full.Brand, full.Source, full.Scope, full.ExternalID = list.ID, list.Brand, list.Source, list.Scope, list.ExternalID
	full.SourceID, full.CollectedAt, full.Fingerprint = list.SourceID, list.CollectedAt, list.Fingerprint
	return full
}

// Look opens one mention's own page again, or walks the source's list to it
// where it has none, and returns the mention as it is now: with the company's
// reply, once that is visible. A good verdict means that the mention was seen.
// NotFound means that its page is gone, or that the pages walked do not have
// it. Nothing is stored, and validators are not used.
func (c *Crawler) Look(ctx context.Context, src Source, m mention.Mention) (mention.Mention, mention.Verdict, mention.Evidence) {
	known, err := c.authorised(ctx, src)
	if err != nil {
		v, ev := unauthorised(src, err)
		return m, v, ev
	}
	return c.look(ctx, known, siteReader{src: known}, m)
}

func (c *Crawler) look(ctx context.Context, src Source, def definition, m mention.Mention) (mention.Mention, mention.Verdict, mention.Evidence) {
	p := newPass(c, src, def, nil, mention.Source{})
	if err := p.prepare(); err != nil {
		return m, mention.Unreachable, mention.Evidence{Promised: -1, Note: err.Error()}
	}
	req, ok := def.DetailRequest(m)
	if !ok {
		return p.find(ctx, m)
	}
	raw, err := p.fetch(ctx, req, validator{})
	if err != nil {
		return m, fetchVerdict(err), p.shown(mention.Evidence{URL: req.URL, Promised: -1, Note: err.Error()})
	}
	full, v, ev := p.understandDetail(raw, m)
	ev.Snapshot = p.keep(raw, v)
	if !v.Good() {
		return m, v, p.shown(ev)
	}
	full = sameIdentity(full, m)
	full.CollectedAt = raw.FetchedAt
	return full, v, p.shown(ev)
}

// find walks list pages to m.
func (p *pass) find(ctx context.Context, m mention.Mention) (mention.Mention, mention.Verdict, mention.Evidence) {
	starts, err := p.def.Start()
	if err != nil {
		return m, mention.Unreachable, mention.Evidence{Promised: -1, Note: p.veil.text(err.Error())}
	}
	ev := mention.Evidence{Promised: -1}
	read := 0
	for left := starts; len(left) > 0; left = append(left[1:], p.follow()...) {
		for next := &left[0]; next != nil && next.Page <= p.pages(); {
			key := validatorKey(p.src, *next)
			if p.seenPages[key] {
				break
			}
			p.seenPages[key] = true
			raw, err := p.fetch(ctx, *next, validator{})
			if err != nil {
				return m, fetchVerdict(err), p.shown(mention.Evidence{URL: next.URL, Promised: -1, Note: err.Error()})
			}
			page := p.understand(raw)
			ev, read = page.Evidence, read+1
			if page.Verdict == mention.NotFound && next.Followed { // one of the lists that items have
				break
			}
			if !page.Verdict.Good() {
				return m, page.Verdict, p.shown(ev)
			}
			for _, seen := range p.own(page, raw.FetchedAt) {
				if seen.Key() == m.Key() {
					return sameSight(seen, m), mention.OK, p.shown(ev)
				}
			}
			p.lists = append(p.lists, page.Follow...)
			next = page.Next
		}
	}
	if ev.Stopgap { // it would stand there under another identity
		return m, mention.Layout, p.shown(ev)
	}
	ev.Note = fmt.Sprintf("not among the %d items of %d pages", p.run.Items, read)
	return m, mention.NotFound, p.shown(ev)
}

// sameSight returns seen under the identity the archive has.
func sameSight(seen, known mention.Mention) mention.Mention {
	at := seen.CollectedAt
	seen = sameIdentity(seen, known)
	seen.CollectedAt = at
	return seen
}
