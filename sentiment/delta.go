package sentiment

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// A model made by corrections is stored as its changes to the embedded one:
// the magic, the base model's name, then for each language its name, the
// number of changed rows and those rows, then the SHA-256 of all that.
const deltaMagic = "OTKLIK-TONE-DELTA-1\n"

func (m *Model) deltaBytes() []byte {
	b := append([]byte(deltaMagic), m.base.name...)
	b = append(b, byte(len(m.langs)))
	for i, h := range m.langs {
		old := m.base.langs[i].table
		b = append(b, h.lang...)
		at := len(b)
		b = binary.LittleEndian.AppendUint32(b, 0)
		n := uint32(0)
		for j, r := range h.table {
			if r != old[j] {
				n++
				b = binary.LittleEndian.AppendUint32(b, uint32(j))
				b = append(b, byte(r.w[0]), byte(r.w[1]), byte(r.w[2]))
			}
		}
		binary.LittleEndian.PutUint32(b[at:], n)
	}
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

// parseDelta applies changes to the embedded model, whose name they carry.
func parseDelta(r *reader, name string) (*Model, error) {
	base, err := Default()
	if err != nil {
		return nil, err
	}
	if of := string(r.take(len(base.name))); of != base.name {
		return nil, fmt.Errorf("changes the model %q, this program has %s, train again: %w", of, base.name, ErrNotModel)
	}
	langs := make([]*half, 0, len(base.langs))
	if n := int(r.take(1)[0]); n != len(base.langs) {
		return nil, fmt.Errorf("has %d languages, want %d: %w", n, len(base.langs), ErrNotModel)
	}
	for _, old := range base.langs {
		h := *old
		h.table = append([]row(nil), old.table...)
		if lang := string(r.take(2)); lang != h.lang {
			return nil, fmt.Errorf("language %q, want %s: %w", lang, h.lang, ErrNotModel)
		}
		for range binary.LittleEndian.Uint32(r.take(4)) {
			i := binary.LittleEndian.Uint32(r.take(4))
			w := r.take(3)
			if r.bad || int(i) >= len(h.table) {
				return nil, fmt.Errorf("ends early: %w", ErrNotModel)
			}
			h.table[i].w = [3]int8{int8(w[0]), int8(w[1]), int8(w[2])}
		}
		langs = append(langs, &h)
	}
	m, err := newModel(langs, name)
	if err != nil {
		return nil, err
	}
	m.base = base
	return m, nil
}
