package crawler

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"time"

	"otklik/mention"
)

// defaultPages limits a pass where neither source nor definition does.
const defaultPages = 5

// maxLists is how many lists of items wait in a backfill before its own list
// goes on.
const maxLists = 200

// Labels that mean something here.
const (
	pinned = "pinned" // items that stand first whatever their date
)

// pass is one walk over one source. It is used by one goroutine.
type pass struct {
	c       *Crawler
	src     Source
	def     definition
	sink    Sink
	prior   mention.Source
	back    *backfill // nil in a usual pass
	session *session
	veil    veil
	cut     time.Time // the deadline
	late    error     // that it has passed

	run       mention.Run
	cover     coverage
	seenPages map[string]bool
	seenItems map[mention.ID]bool
	held      []heldPage
	lists     []Request       // of items, to be walked behind the list that has them
	noDetails bool            // a detail page was refused: opening more would make it worse
	shut      map[string]bool // other hosts that show nothing, and are left alone
}

// heldPage is a page that was read and not yet taken.
type heldPage struct {
	mentions []mention.Mention
	fresh    []mention.Freshness
	key      string
	memo     validator
}

func newPass(c *Crawler, src Source, def definition, sink Sink, prior mention.Source) *pass {
	now := c.now()
	return &pass{
		c: c, src: src, def: def, sink: sink, prior: prior, veil: newVeil(src), cut: now.Add(c.cfg.Deadline),
		late:      fmt.Errorf("%w (%s)", errOutOfTime, c.cfg.Deadline),
		run:       mention.Run{Source: src.ID, Brand: src.Brand, Site: src.Site.Name, StartAt: now},
		seenPages: map[string]bool{}, seenItems: map[mention.ID]bool{}, shut: map[string]bool{},
	}
}

// prepare opens the session.
func (p *pass) prepare() (err error) {
	p.session, err = p.c.newSession(p.src)
	if err == nil && p.back != nil {
		p.session.trip.budget = p.back.budget
	}
	return err
}

// all walks every start of the source. The error is not the site's.
func (p *pass) all(ctx context.Context) error {
	starts, err := p.def.Start()
	if err != nil {
		return mention.Final(err)
	}
	if p.back != nil {
		if starts, err = p.back.resume(ctx, starts); err != nil {
			return err
		}
	}
	for left := starts; len(left) > 0; left = append(left[1:], p.follow()...) {
		if p.back != nil {
			p.back.left = left
		}
		more, err := p.list(ctx, left[0])
		if err := errors.Join(err, p.flush(ctx)); err != nil {
			return err
		}
		if !more {
			return nil
		}
	}
	if p.back != nil {
		return p.back.finished(ctx)
	}
	return nil
}

// follow returns the lists that the pages of the list just walked have led to.
func (p *pass) follow() []Request {
	lists := p.lists
	p.lists = nil
	return lists
}

// list walks the pages that begin with req; more is false when the site should
// not be asked for anything else in this pass.
func (p *pass) list(ctx context.Context, req Request) (more bool, err error) {
	for next := &req; next != nil; {
		key := validatorKey(p.src, *next)
		if p.seenPages[key] {
			p.note("the next page is one already read, the list ends there")
			return true, nil
		}
		p.seenPages[key] = true
		step, err := p.page(ctx, *next, key)
		if err != nil || step.stop {
			return false, err
		}
		if next = step.next; next != nil && next.Page > p.pages() {
			return true, nil
		}
	}
	return true, nil
}

// pages returns the limit of list pages of one walk.
func (p *pass) pages() int {
	if p.back != nil {
		return math.MaxInt // the budget of requests is the limit
	}
	for _, n := range [...]int{p.src.Pages, p.src.Site.Pages} {
		if n > 0 {
			return n
		}
	}
	return defaultPages
}

// step says where a list goes on: at next, or not at all.
type step struct {
	next *Request
	stop bool // the whole pass ends
}

// page reads one list page and hands it on. What the site does wrong goes into
// the run; the error is the sink's or ctx's.
func (p *pass) page(ctx context.Context, req Request, key string) (step, error) {
	cond := p.memo(ctx, key)
	raw, err := p.fetch(ctx, req, cond)
	if err != nil {
		return p.failed(ctx, req, err)
	}
	p.run.Pages++
	if isAsItWas(&raw, cond) {
		return p.unchanged(raw, cond), nil
	}
	page := p.understand(raw)
	if page.Again != nil {
		if raw, err = p.fetch(ctx, *page.Again, validator{}); err != nil {
			return p.failed(ctx, *page.Again, err)
		}
		page = p.understand(raw)
	}
	page.Evidence.Snapshot = p.keep(raw, page.Verdict)
	if page.Verdict == mention.NotFound && (req.Page > 1 || req.Followed) && p.run.Verdict.Good() {
		p.note("a list ended with a page that does not exist")
		return step{}, nil
	}
	if p.isRenamed(page) {
		p.run.Renamed = true
		page = page.end(mention.Layout, reason{note: "every review would look new: the page names them otherwise than when they were archived (" + page.Evidence.Note + ")"})
	}
	p.judge(page.Verdict, page.Evidence)
	if !page.Verdict.Good() {
		return step{stop: page.Verdict != mention.NotFound && page.Verdict != mention.Layout}, nil
	}
	p.lists = append(p.lists, page.Follow...)
	items := p.own(page, raw.FetchedAt)
	if p.back != nil && len(p.lists) > maxLists && page.Next != nil {
		// The lists first: the place that is saved after each page stays small.
		p.lists, page.Next = append(p.lists, *page.Next), nil
	}
	if len(items) == 0 && req.Page > 1 && page.Verdict == mention.OK {
		p.note("the page brought nothing that was not read before, the list ends there")
		return step{}, nil
	}
	fresh, err := p.ask(ctx, items)
	if err != nil {
		return step{}, err
	}
	p.held = append(p.held, heldPage{mentions: items, fresh: fresh, key: key, memo: newValidator(raw, page)})
	known := p.known(items, fresh)
	if !p.src.Site.NewestFirst || p.back != nil {
		err = p.flush(ctx)
	}
	if p.back != nil && err == nil {
		if p.noDetails {
			return step{stop: true}, nil // the place stays in front of the page
		}
		return p.back.after(ctx, page, items, p.lists)
	}
	if known && p.src.Site.NewestFirst && !page.Unordered && p.prior.Verdict.Good() {
		return step{}, err
	}
	return step{next: page.Next}, err
}

// isAsItWas reports that raw is the page that cond remembers. What it reckons
// of the body stays with raw.
func isAsItWas(raw *Raw, cond validator) bool {
	if raw.Status == http.StatusNotModified {
		return true
	}
	raw.sum = bodySum(raw.Body)
	return raw.sum == cond.Sum
}

// unchanged goes on behind a page that is as it was. On a site that lists the
// newest first nothing behind it can be new, unless the last pass did not
// come to its end.
func (p *pass) unchanged(raw Raw, cond validator) step {
	p.judge(mention.Unchanged, mention.Evidence{URL: raw.URL, Status: raw.Status, Promised: -1, Note: "as it was when last read"})
	p.lists = append(p.lists, cond.Follow...)
	if p.src.Site.NewestFirst && !cond.Unordered && p.prior.Verdict.Good() {
		return step{}
	}
	return step{next: cond.Next}
}

// failed judges a page without an answer.
func (p *pass) failed(ctx context.Context, req Request, err error) (step, error) {
	if ctx.Err() != nil {
		return step{}, ctx.Err() // we are the ones who stopped
	}
	if errors.Is(err, errBudget) && p.back != nil {
		p.note(err.Error())
		return step{stop: true}, nil
	}
	p.blame(req, err)
	return step{stop: true}, nil
}

// blame judges a request without an answer.
func (p *pass) blame(req Request, err error) {
	if retry, ok := errors.AsType[*mention.RetryError](err); ok {
		p.run.RetryIn = max(p.run.RetryIn, retry.After)
	}
	v, ev := fetchVerdict(err), mention.Evidence{URL: req.URL, Promised: -1, Note: err.Error()}
	if !p.spares(req, v, ev) {
		p.judge(v, ev)
	}
}

// fetch gets req's answer within the pass's deadline.
func (p *pass) fetch(ctx context.Context, req Request, cond validator) (Raw, error) {
	if p.src.Site.Render {
		req.Render = true
	}
	ctx, cancel := context.WithDeadlineCause(ctx, p.cut, p.late)
	defer cancel()
	raw, err := p.session.fetch(ctx, req, cond)
	if err != nil {
		return raw, cause(ctx, err)
	}
	return raw, nil
}

// memo returns what is remembered of the page under key. Without it the page
// is read anew, so its loss is told once and stops nothing.
func (p *pass) memo(ctx context.Context, key string) validator {
	if p.back != nil {
		return validator{}
	}
	value, err := p.c.validators.Get(ctx, key)
	if err == nil {
		var v validator
		if v, err = decodeValidator(value); err == nil {
			return v
		}
	}
	p.c.log.Debug("page is read without its validator", "source", p.src.ID, "err", err)
	return validator{}
}

// isRenamed reports whether page was read by another identity than the one by
// which the archive knows the source's mentions.
func (p *pass) isRenamed(page Page) bool {
	return page.Verdict == mention.OK && len(page.Mentions) > 0 && !p.prior.SeededAt.IsZero() && page.Evidence.Identity() != p.prior.Identity()
}

// own stamps the page's mentions as this source's and leaves out those that
// an earlier page of the pass had: lists shift while they are read.
func (p *pass) own(page Page, at time.Time) []mention.Mention {
	out := make([]mention.Mention, 0, len(page.Mentions))
	for _, m := range page.Mentions {
		m.Brand, m.SourceID, m.CollectedAt = p.src.Brand, p.src.ID, at
		if m.Source == "" {
			m.Source = p.src.Site.Name
		}
		key := m.Key()
		m.ID = key.ID()
		if p.seenItems[m.ID] {
			continue
		}
		p.seenItems[m.ID] = true
		out = append(out, m)
		if !page.Unordered {
			p.reach(m)
		}
	}
	p.run.Items += len(out)
	return out
}

func (p *pass) reach(m mention.Mention) {
	if !m.PublishedAt.IsZero() && !slices.Contains(m.Labels, pinned) &&
		(p.run.Reached.IsZero() || m.PublishedAt.Before(p.run.Reached)) {
		p.run.Reached = m.PublishedAt
	}
}

// ask has the sink tell what is new, once for the page.
func (p *pass) ask(ctx context.Context, items []mention.Mention) ([]mention.Freshness, error) {
	if len(items) == 0 {
		return nil, nil
	}
	fresh, err := p.sink.Fresh(ctx, items)
	if err != nil {
		return nil, fmt.Errorf("ask what is new: %w", err)
	}
	if len(fresh) != len(items) {
		return nil, fmt.Errorf("ask what is new: %d answers for %d mentions", len(fresh), len(items))
	}
	return fresh, nil
}

// known reports whether the page has items and none but the pinned ones is new
// or changed.
func (p *pass) known(items []mention.Mention, fresh []mention.Freshness) bool {
	any := false
	for i, m := range items {
		if slices.Contains(m.Labels, pinned) {
			continue
		}
		if any = true; fresh[i] == mention.New || fresh[i] == mention.Changed {
			return false
		}
	}
	return any
}

// flush hands the held pages to the sink, the oldest first: when the process
// dies in between, the newest page is still unknown to the archive, and the
// next pass does not stop in front of the gap.
func (p *pass) flush(ctx context.Context) error {
	for len(p.held) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		last := len(p.held) - 1
		h := p.held[last]
		p.held = p.held[:last]
		whole := p.details(ctx, h)
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(h.mentions) > 0 {
			if err := p.sink.Take(ctx, h.mentions, h.fresh); err != nil {
				return fmt.Errorf("take a page: %w", err)
			}
		}
		p.count(h.fresh)
		if p.back == nil {
			p.remember(ctx, h, whole)
		}
	}
	return nil
}

func (p *pass) count(fresh []mention.Freshness) {
	for _, f := range fresh {
		switch f {
		case mention.New:
			p.run.New++
		case mention.Changed:
			p.run.Edited++
		}
	}
	p.c.metrics.fresh(p.src.Site.Name, fresh)
}

// remember stores the page's validator, after the sink has taken the page. A
// page that is to be read anew, because some of its details are missing or it
// leads to too many lists, is forgotten: by what it was before, it would pass
// for known when it comes to look like that again.
func (p *pass) remember(ctx context.Context, h heldPage, whole bool) {
	var value []byte
	var err error
	if whole {
		value, err = h.memo.encode()
	}
	if errors.Is(err, errMemoSize) {
		p.note(fmt.Sprintf("the page leads to %d lists, too many to remember it by: it is read anew every time", len(h.memo.Follow)))
		err = nil
	}
	if err == nil {
		err = p.c.validators.Put(ctx, h.key, value)
	}
	if err != nil {
		p.c.log.Debug("page's validator is not kept", "source", p.src.ID, "err", err)
	}
}

// keep stores the raw page and returns the name to find it by.
func (p *pass) keep(raw Raw, v mention.Verdict) string {
	if p.c.raw == nil {
		return ""
	}
	raw.URL, raw.Request.URL = p.veil.address(raw.URL), p.veil.address(raw.Request.URL)
	name, err := p.c.raw.Save(p.src.Site.Name, p.src.ID, raw, v)
	if err != nil {
		p.c.log.Warn("raw page is not kept", "site", p.src.Site.Name, "err", err)
		return ""
	}
	return name
}
