package sentiment

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
)

// A model file is the magic, then for each language a header and its table,
// then the SHA-256 of all that. Numbers are little-endian.
const magic = "OTKLIK-TONE-2\n"

// ErrNotModel is reported for files that are no model of this version.
var ErrNotModel = errors.New("not a tone model of this version")

// readFile returns what the file at path holds; one of more than most bytes is
// notModel.
func readFile(path string, most int64, notModel error) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := readAtMost(f, most, notModel)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return data, nil
}

// readAtMost returns all that r has, and notModel when that is more than most
// bytes: what was cut would look like a damaged model, or a whole one.
func readAtMost(r io.Reader, most int64, notModel error) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > most {
		return nil, fmt.Errorf("over %d bytes: %w", most, notModel)
	}
	return data, nil
}

// Save writes the model; the same model gives the same bytes.
func (m *Model) Save(w io.Writer) error {
	if _, err := w.Write(m.bytes()); err != nil {
		return fmt.Errorf("write tone model: %w", err)
	}
	return nil
}

func (m *Model) bytes() []byte {
	if m.base != nil {
		return m.deltaBytes()
	}
	b := []byte(magic)
	b = append(b, byte(len(m.langs)))
	for _, h := range m.langs {
		b = append(b, h.lang...)
		b = append(b, byte(32-h.shift))
		for _, s := range h.scale {
			b = appendFloat(b, s)
		}
		for _, c := range h.curve {
			b = appendFloat(b, c)
		}
		for _, r := range h.table {
			b = append(b, byte(r.w[0]), byte(r.w[1]), byte(r.w[2]), r.idf)
		}
		b = append(b, byte(len(h.sources)))
		for _, s := range h.sources {
			b = append(b, byte(len(s)))
			b = append(b, s...)
		}
		b = appendFloat(b, h.expertScale)
		b = appendFloat(b, h.gateScale)
		for d := range h.lean {
			b = appendFloat(appendFloat(b, h.lean[d]), h.calm[d])
		}
		b = append(b, h.experts...)
		b = append(b, h.gate...)
		for _, w := range h.known {
			b = binary.LittleEndian.AppendUint64(b, w)
		}
	}
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

// reader takes a model file apart and remembers the first fault.
type reader struct {
	data []byte
	bad  bool
}

func (r *reader) take(n int) []byte {
	if n > len(r.data) {
		r.bad = true
		return make([]byte, n)
	}
	b := r.data[:n]
	r.data = r.data[n:]
	return b
}

func (r *reader) float() float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(r.take(4)))
}

// parseModel reads a complete model or one that is changes to the embedded.
func parseModel(data []byte) (*Model, error) {
	end := len(data) - sha256.Size
	switch {
	case end < len(magic):
		return nil, ErrNotModel
	case !bytes.HasPrefix(data, []byte(magic)) && !bytes.HasPrefix(data, []byte(deltaMagic)):
		return nil, ErrNotModel
	}
	sum := sha256.Sum256(data[:end])
	if !bytes.Equal(sum[:], data[end:]) {
		return nil, fmt.Errorf("damaged: %w", ErrNotModel)
	}
	if rest, ok := bytes.CutPrefix(data[:end], []byte(deltaMagic)); ok {
		return parseDelta(&reader{data: rest}, nameOf(data))
	}
	r := &reader{data: data[len(magic):end]}
	var langs []*half
	for range r.take(1)[0] {
		h := readHalf(r)
		if r.bad {
			return nil, fmt.Errorf("ends early: %w", ErrNotModel)
		}
		langs = append(langs, h)
	}
	if len(langs) == 0 {
		return nil, fmt.Errorf("has no language: %w", ErrNotModel)
	}
	return newModel(langs, nameOf(data))
}

// nameOf returns the name of the model whose file data is.
func nameOf(data []byte) string { return hex.EncodeToString(data[len(data)-sha256.Size:][:6]) }

func readHalf(r *reader) *half {
	h := &half{lang: string(r.take(2))}
	bits := uint32(r.take(1)[0])
	if bits < 8 || bits > 22 {
		r.bad = true
		return nil
	}
	h.shift = 32 - bits
	for i := range h.scale {
		h.scale[i] = r.float()
	}
	for i := range h.curve {
		h.curve[i] = r.float()
	}
	raw := r.take(4 << bits)
	h.table = make([]row, 1<<bits)
	for i := range h.table {
		p := raw[4*i : 4*i+4]
		h.table[i] = row{[3]int8{int8(p[0]), int8(p[1]), int8(p[2])}, p[3]}
	}
	for range r.take(1)[0] {
		h.sources = append(h.sources, string(r.take(int(r.take(1)[0]))))
	}
	h.expertScale, h.gateScale = r.float(), r.float()
	for range len(h.sources) + 1 {
		h.lean, h.calm = append(h.lean, r.float()), append(h.calm, r.float())
	}
	h.experts = r.take(3 * len(h.sources) << expertBits)
	h.gate = r.take((len(h.sources) + 1) << gateBits)
	h.known = newVocabulary()
	raw = r.take(8 * len(h.known))
	for i := range h.known {
		h.known[i] = binary.LittleEndian.Uint64(raw[8*i:])
	}
	return h
}

func appendFloat(b []byte, f float32) []byte {
	return binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
}
