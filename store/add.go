package store

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"time"

	"otklik/mention"
)

const (
	// nearWindow is how far back copies are looked for.
	nearWindow = 90 * 24 * time.Hour
	// maxShared bounds the candidates per band, newest first: thousands share
	// the bands of a phrase that everybody writes.
	maxShared = 32
	// maxNear bounds the candidates per mention, of which whole rows are read:
	// those that share the most bands. A copy shares nearly all of them.
	maxNear = 8
)

// Add archives a pass's mentions in one transaction. For each, in order, it
// asks plan what follows, given what was known of it and which mentions of
// the brand may be its copies, and applies that; later mentions of the batch
// see what earlier ones did. A new mention is inserted; one whose Digest
// differs becomes a new revision, unless one is but the teaser of the other:
// the whole is kept; one that only looks different gets its
// reply and counters brought up to date. An absent reply or judgement never
// overwrites a known one.
//
// Batches of one brand take turns, so that two daemons cannot both make a
// card of two copies. plan may be called again for the same mention when the
// database asks for the transaction to be repeated.
func (s *Store) Add(ctx context.Context, entries []mention.Entry, plan mention.Planner) (mention.Added, error) {
	var added mention.Added
	if len(entries) == 0 {
		return added, nil
	}
	err := s.write(ctx, fmt.Sprintf("archive %d mentions", len(entries)), func(t *tx) error {
		b, err := t.newBatch(ctx, entries)
		if err != nil {
			return err
		}
		for _, e := range b.entries {
			if err := b.add(ctx, e, plan); err != nil {
				return fmt.Errorf("%s %s: %w", e.Mention.Source, e.Mention.ExternalID, err)
			}
		}
		added = b.added
		return b.flush(ctx)
	})
	if err != nil {
		return mention.Added{}, err
	}
	return added, nil
}

// batch is an Add in progress.
type batch struct {
	t       *tx
	entries []mention.Entry
	rows    map[mention.ID]*mentionRow // all that is known: stored, near and fresh
	fresh   map[mention.ID]*mentionRow // those of rows that are yet to be inserted
	order   []*mentionRow              // fresh, in order
	seqs    []int64                    // numbers for fresh mentions, in order
	tasks   map[mention.TaskID]mention.Task
	slots   map[int64][]*mentionRow // whose words share a band, oldest first
	added   mention.Added
}

// newBatch reads what is known around entries: one query for the mentions
// themselves, one for candidates, one more each for what was found.
func (t *tx) newBatch(ctx context.Context, entries []mention.Entry) (*batch, error) {
	b := &batch{t: t, entries: slices.Clone(entries), fresh: make(map[mention.ID]*mentionRow),
		slots: make(map[int64][]*mentionRow)}
	ids := make([]mention.ID, len(entries))
	brands := make(map[string]bool)
	for i := range b.entries {
		m := &b.entries[i].Mention
		if m.ID == "" {
			m.ID = m.Key().ID()
		}
		if m.CollectedAt.IsZero() {
			m.CollectedAt = t.now
		}
		ids[i], brands[m.Brand] = m.ID, true
	}
	if err := t.lockBrands(ctx, slices.Sorted(maps.Keys(brands))); err != nil {
		return nil, err
	}
	var err error
	if b.rows, err = mentionsByID(ctx, t, t.dialect, ids); err != nil {
		return nil, fmt.Errorf("read known mentions: %w", err)
	}
	if b.seqs, err = t.numbers(ctx, len(b.entries)-len(b.rows)); err != nil {
		return nil, fmt.Errorf("number mentions: %w", err)
	}
	if err := b.readNear(ctx); err != nil {
		return nil, fmt.Errorf("read candidates for copies: %w", err)
	}
	if err := b.readTasks(ctx); err != nil {
		return nil, fmt.Errorf("read tasks: %w", err)
	}
	return b, nil
}

// lockBrands makes batches of one brand take turns. brands are sorted, so
// that two batches never wait for each other.
func (t *tx) lockBrands(ctx context.Context, brands []string) error {
	if !t.dialect.postgres {
		return nil // there is only one writer
	}
	for _, brand := range brands {
		if _, err := t.exec(ctx, `SELECT pg_advisory_xact_lock($1)`, brandHash(brand)); err != nil {
			return fmt.Errorf("lock brand: %w", err)
		}
	}
	return nil
}

func brandHash(brand string) int64 {
	h := fnv.New64a()
	h.Write([]byte("otklik brand " + brand))
	return int64(h.Sum64())
}

// slot is the place where similar texts of one brand meet.
func slot(brand int64, band uint64) int64 {
	h := fnv.New64a()
	h.Write(binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, uint64(brand)), band))
	return int64(h.Sum64())
}

// slotsOf returns the slots of e.
func slotsOf(e *mention.Entry) []int64 {
	if len(e.Bands) == 0 {
		return nil
	}
	brand := brandHash(e.Mention.Brand)
	out := make([]int64, len(e.Bands))
	for i, band := range e.Bands {
		out[i] = slot(brand, band)
	}
	return out
}

// readNear reads, for each of the entries, the mentions that share the most
// slots with it.
func (b *batch) readNear(ctx context.Context) error {
	var asked []int64
	bySlot := make([][]int64, len(b.entries))
	for i := range b.entries {
		if b.entries[i].Quiet {
			continue
		}
		bySlot[i] = slotsOf(&b.entries[i])
		asked = append(asked, bySlot[i]...)
	}
	if len(asked) == 0 {
		return nil
	}
	slices.Sort(asked)
	list, err := encode(slices.Compact(asked))
	if err != nil {
		return err
	}
	pairs, err := collect(ctx, b.t, func(scan func(...any) error) (p [2]int64, err error) {
		err = scan(&p[0], &p[1])
		return p, err
	}, b.t.dialect.nearest("$1", maxShared), list)
	if err != nil || len(pairs) == 0 {
		return err
	}
	sharers := make(map[int64][]int64, len(asked))
	for _, p := range pairs {
		sharers[p[0]] = append(sharers[p[0]], p[1])
	}
	var seqs []int64
	for _, slots := range bySlot {
		seqs = append(seqs, closest(slots, sharers, maxNear)...)
	}
	slices.Sort(seqs)
	bySeq, err := b.readSeqs(ctx, slices.Compact(seqs))
	if err != nil {
		return err
	}
	for _, p := range pairs {
		if r := bySeq[p[1]]; r != nil {
			b.slots[p[0]] = append(b.slots[p[0]], r)
		}
	}
	return nil
}

// closest returns at most n of those that sharers names under slots: those
// that share the most of them, of equals those that come last, best first.
func closest[K cmp.Ordered, T comparable](slots []K, sharers map[K][]T, n int) []T {
	shares := make(map[T]int)
	var order []T
	for _, s := range slots {
		for _, v := range sharers[s] {
			if shares[v]++; shares[v] == 1 {
				order = append(order, v)
			}
		}
	}
	slices.Reverse(order)
	slices.SortStableFunc(order, func(a, b T) int { return shares[b] - shares[a] })
	return order[:min(n, len(order))]
}

// readSeqs reads recent mentions by their numbers into b.rows. One without a
// task has nothing that a copy could join.
func (b *batch) readSeqs(ctx context.Context, seqs []int64) (map[int64]*mentionRow, error) {
	list, err := encode(seqs)
	if err != nil {
		return nil, err
	}
	rows, err := collect(ctx, b.t, scanMention, `SELECT `+mentionColumns+` FROM mention
		WHERE `+b.t.dialect.inNumbers("seq", "$1")+` AND collected_ms >= $2 AND task <> 0`, list, millis(b.t.now.Add(-nearWindow)))
	if err != nil {
		return nil, err
	}
	bySeq := make(map[int64]*mentionRow, len(rows))
	for _, r := range rows {
		if same, ok := b.rows[r.m.ID]; ok {
			r = same
		}
		b.rows[r.m.ID], bySeq[r.seq] = r, r
	}
	return bySeq, nil
}

// readTasks reads the tasks of b.rows and keeps others from changing them.
func (b *batch) readTasks(ctx context.Context) error {
	b.tasks = make(map[mention.TaskID]mention.Task)
	var ids []mention.TaskID
	for _, r := range b.rows {
		if r.task != 0 {
			ids = append(ids, r.task)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	list, err := encode(ids)
	if err != nil {
		return err
	}
	tasks, err := collect(ctx, b.t, scanTask, b.t.dialect.locked(
		`SELECT id, doc FROM task WHERE `+b.t.dialect.inNumbers("id", "$1")+` ORDER BY id`), list)
	for _, t := range tasks {
		b.tasks[t.ID] = t
	}
	return err
}

// add plans and archives one mention.
func (b *batch) add(ctx context.Context, e mention.Entry, plan mention.Planner) error {
	if b.fresh[e.Mention.ID] != nil { // twice in one batch: the second is an edit or the same
		if err := b.flush(ctx); err != nil {
			return err
		}
	}
	row, err := newMentionRow(e.Mention, e.Sketch)
	if err != nil {
		return err
	}
	old := b.rows[e.Mention.ID]
	var prior *mention.Prior
	if old != nil {
		p := old.prior(b.tasks)
		prior = &p
	}
	effects, err := plan(e, prior, b.near(&e))
	if err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	if old == nil {
		b.addNew(row, &e)
	} else if err := b.again(ctx, old, row, &e); err != nil {
		return err
	}
	for _, effect := range effects {
		if err := b.apply(ctx, effect); err != nil {
			return err
		}
	}
	return nil
}

// near returns the mentions that share the most bands with e, closest first.
func (b *batch) near(e *mention.Entry) []mention.Prior {
	var list []mention.Prior
	if e.Quiet {
		return nil
	}
	for _, r := range closest(slotsOf(e), b.slots, maxNear+1) {
		if r.m.ID != e.Mention.ID && r.m.Brand == e.Mention.Brand && len(list) < maxNear {
			list = append(list, r.prior(b.tasks))
		}
	}
	return list
}

func (b *batch) addNew(row *mentionRow, e *mention.Entry) {
	b.added.New++
	row.seq, b.seqs = b.seqs[0], b.seqs[1:]
	b.rows[row.m.ID], b.fresh[row.m.ID] = row, row
	b.order = append(b.order, row)
	b.setSlots(row, e)
}

// setSlots lets later entries of the batch find row by the bands of e. What a
// silent pass brings has no task to join.
func (b *batch) setSlots(row *mentionRow, e *mention.Entry) {
	row.slots = slotsOf(e)
	if e.Quiet {
		return
	}
	for _, s := range row.slots {
		if !slices.Contains(b.slots[s], row) {
			b.slots[s] = append(b.slots[s], row)
		}
	}
}

// again archives a mention that is known.
func (b *batch) again(ctx context.Context, old, row *mentionRow, e *mention.Entry) error {
	switch {
	case old.digest == row.digest:
	case row.m.IsWholeOf(old.m):
		b.added.Touched++
		return b.complete(ctx, old, row, e)
	case !old.m.IsWholeOf(row.m): // of what is known whole a teaser tells nothing
		b.added.Edited++
		return b.edit(ctx, old, row, e)
	}
	switch {
	case old.look != row.look:
		b.added.Touched++
	default:
		b.added.Same++
		if old.print == row.print {
			return nil
		}
	}
	return b.touch(ctx, old, row)
}

// apply applies what follows from a mention and remembers its task for the
// rest of the batch.
func (b *batch) apply(ctx context.Context, e mention.Effects) error {
	task, err := b.t.apply(ctx, e, b.fresh)
	if err != nil || task == nil {
		return err
	}
	if e.Task.ID == 0 {
		b.added.Alerted++
	}
	b.tasks[task.ID] = *task
	for _, id := range append([]mention.ID{task.Mention}, placeIDs(task)...) {
		if r := b.rows[id]; r != nil {
			r.task = task.ID
		}
	}
	return nil
}

func placeIDs(t *mention.Task) []mention.ID {
	ids := make([]mention.ID, len(t.Places))
	for i, p := range t.Places {
		ids[i] = p.Mention
	}
	return ids
}

// touch brings the parts of old up to date that are not its content.
func (b *batch) touch(ctx context.Context, old, row *mentionRow) error {
	if row.m.Reply != nil {
		old.reply, old.m.Reply = row.reply, row.m.Reply
	}
	old.look, old.print = row.look, row.print
	old.m.Fingerprint, old.m.Comments, old.m.Likes, old.m.Views = row.m.Fingerprint, row.m.Comments, row.m.Likes, row.m.Views
	_, err := b.t.exec(ctx, `UPDATE mention SET reply = $1, comments = $2, likes = $3, views = $4, look = $5, fingerprint = $6 WHERE seq = $7`,
		old.reply, old.m.Comments, old.m.Likes, old.m.Views, old.look, old.print, old.seq)
	if err != nil {
		return fmt.Errorf("touch: %w", err)
	}
	return nil
}
