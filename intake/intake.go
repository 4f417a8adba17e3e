package intake

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"otklik/mention"
)

// Memory remembers how mentions looked, by their keys' hashes. It may forget
// anything at any time.
type Memory interface {
	Check(ctx context.Context, keys []uint64) (looks []uint64, known []bool, err error)
	Remember(ctx context.Context, keys, looks []uint64) error
}

// Archive has the last word on what is new.
type Archive interface {
	// Looks returns how the known ones among ids looked.
	Looks(ctx context.Context, ids []mention.ID) (map[mention.ID]uint64, error)
	// Add archives a batch with everything that follows, in one transaction.
	Add(ctx context.Context, batch []mention.Entry, plan mention.Planner) (mention.Added, error)
}

// Scorer says how a mention feels about the brand, whose words are about, and
// which words say so.
type Scorer interface {
	Score(ctx context.Context, m mention.Mention, about []string) (mention.Sentiment, error)
}

// Desk decides what follows from a mention. Its methods are pure: they run
// inside the archive's transaction.
type Desk interface {
	Raise(m mention.Mention, why string, now time.Time) (mention.Effects, error)
	Join(t mention.Task, m mention.Mention, now time.Time) (mention.Effects, error)
	Seen(t mention.Task, old, m mention.Mention, now time.Time) (mention.Effects, error)
	// Lost tells a task that its mention is no longer on the page.
	Lost(t mention.Task, now time.Time) (mention.Effects, error)
}

// Copies recognises the same complaint at another place.
type Copies interface {
	// Sketch returns a compact form of the words and the keys under which
	// similar ones meet; no keys when the words are too common to tell.
	Sketch(m mention.Mention) (sketch []byte, bands []uint64)
	// IsCopy reports whether two sketches are of one complaint.
	IsCopy(a, b []byte) bool
}

// Brand says which mentions are about a brand.
type Brand struct {
	Name string
	// Match reports whether a text is about the brand; nil when everything on
	// the page is, as on a brand's own review page.
	Match func(text string) bool
	// About are the brand's words, for judging tone near them.
	About []string
}

// Intake takes mentions in. Its fields are all required, except Copies.
type Intake struct {
	Memory  Memory
	Archive Archive
	Scorer  Scorer
	Desk    Desk
	Copies  Copies
	Now     func() time.Time
	Log     *slog.Logger
	metrics metrics
}

// New returns i with its metrics registered.
func New(i Intake, reg prometheus.Registerer) *Intake {
	i.Log = i.Log.With("part", "intake")
	i.metrics = newMetrics(reg)
	return &i
}

// Pass takes in the pages of one pass of one source. It is the crawler's sink
// and is used by one goroutine.
type Pass struct {
	in     *Intake
	brand  Brand
	source mention.SourceID
	silent bool
	added  mention.Added
	// published are the dates of what was new, for schedules that learn.
	published []time.Time
	// seen are the mentions on the pages of the pass.
	seen map[mention.ID]bool
}

// Pass begins a pass. A silent pass archives without raising tasks: the first
// run of a source, and a backfill.
func (i *Intake) Pass(source mention.SourceID, brand Brand, silent bool) *Pass {
	return &Pass{in: i, brand: brand, source: source, silent: silent, seen: map[mention.ID]bool{}}
}

// Added returns what the pass has brought so far.
func (p *Pass) Added() mention.Added { return p.added }

// Fresh says of each mention of a page what the archive knows of it. It gives
// every mention its identity and its fingerprint, and asks memory and archive
// once each for the whole page.
func (p *Pass) Fresh(ctx context.Context, page []mention.Mention) ([]mention.Freshness, error) {
	fresh := make([]mention.Freshness, len(page))
	keys := make([]uint64, len(page))
	for i := range page {
		keys[i] = p.identify(&page[i])
		if p.brand.Match != nil && !p.brand.Match(page[i].Words()) {
			fresh[i] = mention.Foreign
		}
	}
	looks, known := p.remembered(ctx, keys)
	var ids []mention.ID
	var asked []int
	for i := range page {
		if fresh[i] == mention.Foreign || known[i] && looks[i] == page[i].Fingerprint {
			continue
		}
		ids, asked = append(ids, page[i].ID), append(asked, i)
	}
	if len(ids) == 0 {
		return fresh, nil
	}
	stored, err := p.in.Archive.Looks(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("ask the archive for %d mentions: %w", len(ids), err)
	}
	p.compare(ctx, page, keys, asked, stored, fresh)
	return fresh, nil
}

// compare fills fresh for the asked mentions and tells the memory of those
// that the archive knew as they are.
func (p *Pass) compare(ctx context.Context, page []mention.Mention, keys []uint64, asked []int, stored map[mention.ID]uint64, fresh []mention.Freshness) {
	var oldKeys, oldLooks []uint64
	for _, i := range asked {
		look, known := stored[page[i].ID]
		switch {
		case !known:
			fresh[i] = mention.New
		case look != page[i].Fingerprint:
			fresh[i] = mention.Changed
		default:
			oldKeys, oldLooks = append(oldKeys, keys[i]), append(oldLooks, look)
		}
	}
	p.remember(ctx, oldKeys, oldLooks)
}

func (p *Pass) identify(m *mention.Mention) uint64 {
	m.Brand, m.SourceID = p.brand.Name, p.source
	if m.CollectedAt.IsZero() {
		m.CollectedAt = p.in.Now()
	}
	key := m.Key()
	m.ID = key.ID()
	m.Fingerprint = m.Look()
	p.seen[m.ID] = true
	return key.Hash()
}

// remembered asks the memory; without an answer nothing is known.
func (p *Pass) remembered(ctx context.Context, keys []uint64) ([]uint64, []bool) {
	looks, known, err := p.in.Memory.Check(ctx, keys)
	if err != nil {
		p.in.metrics.memoryErrors.Inc()
		return make([]uint64, len(keys)), make([]bool, len(keys))
	}
	return looks, known
}

func (p *Pass) remember(ctx context.Context, keys, looks []uint64) {
	if len(keys) == 0 {
		return
	}
	if err := p.in.Memory.Remember(ctx, keys, looks); err != nil {
		p.in.metrics.memoryErrors.Inc()
	}
}

// Take judges what is new or changed on a page and archives it with
// everything that follows. What Fresh called the same is not touched.
func (p *Pass) Take(ctx context.Context, page []mention.Mention, fresh []mention.Freshness) error {
	batch, err := p.judgeAll(ctx, page, fresh)
	if err != nil {
		return err
	}
	if len(batch) == 0 {
		p.added.Same += len(page)
		return nil
	}
	added, err := p.in.Archive.Add(ctx, batch, p.plan)
	if err != nil {
		return fmt.Errorf("archive %d mentions: %w", len(batch), err)
	}
	p.count(added, len(page)-len(batch))
	keys, looks := make([]uint64, len(batch)), make([]uint64, len(batch))
	for i, e := range batch {
		key := e.Mention.Key()
		keys[i], looks[i] = key.Hash(), e.Mention.Fingerprint
	}
	// After the commit only: a crash between the two costs a query, the other
	// order would lose the mention.
	p.remember(ctx, keys, looks)
	return nil
}

// judgeShare is how many mentions are judged before another processor is asked
// for help: to wake one for a page of twenty costs a tenth of judging it, and
// most pages bring fewer.
const judgeShare = 32

// judgeAll judges what is new or changed on a page, a large one on all
// processors.
func (p *Pass) judgeAll(ctx context.Context, page []mention.Mention, fresh []mention.Freshness) ([]mention.Entry, error) {
	var chosen []int
	for i := range page {
		switch fresh[i] {
		case mention.New:
			p.published = append(p.published, page[i].PublishedAt)
			fallthrough
		case mention.Changed:
			chosen = append(chosen, i)
		}
	}
	batch := make([]mention.Entry, len(chosen))
	shares := min(runtime.GOMAXPROCS(0), 1+len(chosen)/judgeShare)
	group, ctx := errgroup.WithContext(ctx)
	judge := func(share int) (err error) {
		for at := share; at < len(chosen) && err == nil; at += shares {
			batch[at], err = p.judge(ctx, page[chosen[at]])
		}
		return err
	}
	for share := 1; share < shares; share++ {
		group.Go(func() error { return judge(share) })
	}
	return batch, errors.Join(judge(0), group.Wait())
}

func (p *Pass) count(a mention.Added, same int) {
	p.added.New += a.New
	p.added.Edited += a.Edited
	p.added.Touched += a.Touched
	p.added.Same += a.Same + same
	p.added.Alerted += a.Alerted
	p.in.metrics.count(a)
}

func (p *Pass) judge(ctx context.Context, m mention.Mention) (mention.Entry, error) {
	s, err := p.in.Scorer.Score(ctx, m, p.brand.About)
	if err != nil {
		return mention.Entry{}, fmt.Errorf("judge %s %s: %w", m.Source, m.ExternalID, err)
	}
	s.ApplyTo(&m)
	e := mention.Entry{Mention: m, Quiet: p.silent}
	if p.in.Copies != nil {
		e.Sketch, e.Bands = p.in.Copies.Sketch(m)
	}
	return e, nil
}
