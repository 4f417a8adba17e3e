package dedup

import (
	"context"
	"fmt"
	"sync"
)

// DefaultEntries is how many mentions a Memory is made for when the
// configuration does not say: a year of a busy brand.
const DefaultEntries = 1_000_000

// MaxEntries bounds the configuration: 1.6 GB in the process at the most.
const MaxEntries = 50_000_000

const (
	// shardCount spreads the locks. It is a power of two.
	shardCount = 64
	// firstSlots is the size a table starts with; it doubles as needed, so
	// that a small installation pays for what it remembers only.
	firstSlots = 64
	// slotBytes is the memory of one slot: a key and a look.
	slotBytes = 16
)

// Local is a bounded memory inside the process. Each of its shards has two
// generations; when the younger is full it becomes the older, and what the
// older held is forgotten unless it was asked for meanwhile. So the memory
// holds at least half of its entries and never more than all of them.
type Local struct {
	shards [shardCount]shard
}

// NewLocal returns a memory for at most entries mentions, DefaultEntries when
// entries is zero. At 32 bytes a mention or less it grows with use.
func NewLocal(entries int) (*Local, error) {
	if entries == 0 {
		entries = DefaultEntries
	}
	if entries < 2*shardCount || entries > MaxEntries {
		return nil, fmt.Errorf("memory of %d entries: use %d to %d", entries, 2*shardCount, MaxEntries)
	}
	l := &Local{}
	for i := range l.shards {
		l.shards[i].limit = entries / (2 * shardCount)
	}
	return l, nil
}

// Check returns what is remembered of keys. It never fails.
func (l *Local) Check(_ context.Context, keys []uint64) ([]uint64, []bool, error) {
	looks, known := make([]uint64, len(keys)), make([]bool, len(keys))
	for i, k := range keys {
		looks[i], known[i] = l.shard(k).check(slotKey(k))
	}
	return looks, known, nil
}

// Remember stores looks by keys. It fails only on slices of different length.
func (l *Local) Remember(_ context.Context, keys, looks []uint64) error {
	if err := sameLength(keys, looks); err != nil {
		return err
	}
	for i, k := range keys {
		l.shard(k).remember(slotKey(k), looks[i])
	}
	return nil
}

// Forget drops keys. It never fails.
func (l *Local) Forget(_ context.Context, keys []uint64) error {
	for _, k := range keys {
		l.shard(k).forget(slotKey(k))
	}
	return nil
}

// Len returns how many entries are held; one that was carried over to the
// younger generation counts twice until the older is dropped.
func (l *Local) Len() int {
	n := 0
	for i := range l.shards {
		n += l.shards[i].len()
	}
	return n
}

// Bytes returns the memory held by the tables.
func (l *Local) Bytes() int {
	n := 0
	for i := range l.shards {
		n += l.shards[i].bytes()
	}
	return n
}

func (l *Local) shard(key uint64) *shard { return &l.shards[key>>(64-6)] }

// slotKey keeps zero free as the mark of an empty slot. The two keys that
// share a value then are one pair in 2^64.
func slotKey(key uint64) uint64 {
	if key == 0 {
		return 1
	}
	return key
}

func sameLength(keys, looks []uint64) error {
	if len(keys) != len(looks) {
		return fmt.Errorf("remember: %d keys with %d looks", len(keys), len(looks))
	}
	return nil
}

type shard struct {
	mu    sync.Mutex
	limit int // entries of one generation
	young table
	old   table
}

func (s *shard) check(key uint64) (uint64, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if look, ok := s.young.find(key); ok {
		return look, true
	}
	look, ok := s.old.find(key)
	if ok {
		s.put(key, look) // still on some page: it lives one generation longer
	}
	return look, ok
}

func (s *shard) remember(key, look uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(key, look)
}

func (s *shard) put(key, look uint64) {
	if s.young.used >= s.limit {
		if _, ok := s.young.find(key); !ok {
			s.young, s.old = s.old, s.young
			s.young.clear()
		}
	}
	s.young.put(key, look)
}

func (s *shard) forget(key uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.young.remove(key)
	s.old.remove(key)
}

func (s *shard) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.young.used + s.old.used
}

func (s *shard) bytes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return (len(s.young.slots) + len(s.old.slots)) * slotBytes
}

type slot struct{ key, look uint64 }

// table is an open-addressing map with linear probing. The keys are hashes
// already, so their low bits choose the slot. It is kept at most 3/4 full.
type table struct {
	slots []slot
	used  int
}

func (t *table) find(key uint64) (uint64, bool) {
	if t.used == 0 {
		return 0, false
	}
	i := t.index(key)
	return t.slots[i].look, t.slots[i].key == key
}

// index returns where key is, or the empty slot where it belongs.
func (t *table) index(key uint64) uint64 {
	mask := uint64(len(t.slots) - 1)
	i := key & mask
	for t.slots[i].key != 0 && t.slots[i].key != key {
		i = (i + 1) & mask
	}
	return i
}

func (t *table) put(key, look uint64) {
	if (t.used+1)*4 > len(t.slots)*3 {
		t.grow()
	}
	i := t.index(key)
	if t.slots[i].key == 0 {
		t.used++
	}
	t.slots[i] = slot{key, look}
}

func (t *table) grow() {
	before := t.slots
	t.slots = make([]slot, max(firstSlots, 2*len(before)))
	for _, s := range before {
		if s.key != 0 {
			t.slots[t.index(s.key)] = s
		}
	}
}

// remove closes the gap by moving later entries of the same run back, so that
// no tombstones gather.
func (t *table) remove(key uint64) {
	if t.used == 0 {
		return
	}
	mask := uint64(len(t.slots) - 1)
	gap := t.index(key)
	if t.slots[gap].key == 0 {
		return
	}
	for i := (gap + 1) & mask; t.slots[i].key != 0; i = (i + 1) & mask {
		home := t.slots[i].key & mask
		if (i-home)&mask >= (i-gap)&mask { // the gap lies between its home and here
			t.slots[gap], gap = t.slots[i], i
		}
	}
	t.slots[gap] = slot{}
	t.used--
}

func (t *table) clear() {
	clear(t.slots)
	t.used = 0
}
