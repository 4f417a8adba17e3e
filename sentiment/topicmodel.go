package sentiment

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	mathbits "math/bits"
	"slices"
)

//go:embed model/topics.bin
var topicsModel []byte

// ErrNotTopicModel is reported for files that are no topic model of this version.
var ErrNotTopicModel = errors.New("not a topic model of this version")

// topicMagic begins a file of a topic model; the rest is packed with gzip: the
// length of the book of words and the book, then for each topic the score it
// needs and the rows of the book's words, then the number of stems, and for
// each stem its hash and its row. Numbers are little-endian, a row is a signed
// byte a topic.
const topicMagic = "OTKLIK-TOPICS-1\n"

// largestTopicModel bounds what is read of such a file, packed and unpacked.
const largestTopicModel = 16 << 20

// knownTopics is the number of topics that are learned: len(Topics()).
const knownTopics = 12

// topicRow is what a word adds to the score of each topic.
type topicRow [knownTopics]int8

// How many words of the book that name a topic, and how many hints, are told
// apart in one stretch; more say nothing new.
const (
	mostNamed = 2
	mostHints = 4
)

// TopicModel weighs words for topics: those of the book, by how many there
// are, and stems that go along with a topic. It does not change after it is
// made and may be used by many goroutines at once.
type TopicModel struct {
	words string // the book that the weights are for
	need  [knownTopics]int16
	named [knownTopics][mostNamed]topicRow // for the first such word of a stretch, the second
	hints [knownTopics][mostHints]topicRow
	stems map[uint32]topicRow

	namedSums [knownTopics][mostNamed]lanes // the rows as they are added
	hintSums  [knownTopics][mostHints]lanes
	table     []stemSlot // open addressing, a power of two long, half empty
}

// stemSlot is the row of a stem, ready to be added; an empty one adds nothing.
type stemSlot struct {
	sum  lanes
	row  topicRow
	stem uint32
	used bool
}

// lanes holds a signed sum for each topic, sixteen bits each, so that twelve
// are added at once.
type lanes [knownTopics / 4]uint64

func (r *topicRow) lanes() lanes {
	var l lanes
	for k, v := range r {
		l[k/4] += uint64(int64(v)) << (16 * (k % 4))
	}
	return l
}

func (l *lanes) add(o *lanes) {
	l[0] += o[0]
	l[1] += o[1]
	l[2] += o[2]
}

// sums takes the lanes apart. A negative lane has borrowed from the next.
func (l *lanes) sums() (out [knownTopics]int16) {
	for k := range out {
		w := &l[k/4]
		out[k] = int16(*w)
		*w = (*w - uint64(int64(out[k]))) >> 16
	}
	return out
}

// index makes the model ready for use.
func (m *TopicModel) index() {
	for k := range knownTopics {
		for n := range m.named[k] {
			m.namedSums[k][n] = m.named[k][n].lanes()
		}
		for n := range m.hints[k] {
			m.hintSums[k][n] = m.hints[k][n].lanes()
		}
	}
	m.table = make([]stemSlot, 2<<mathbits.Len(uint(len(m.stems))))
	for stem, row := range m.stems {
		i := m.slot(stem)
		m.table[i] = stemSlot{row.lanes(), row, stem, true}
	}
}

// slot returns where stem stands in the table, or would stand.
func (m *TopicModel) slot(stem uint32) uint32 {
	mask := uint32(len(m.table) - 1)
	i := final(stem) & mask
	for m.table[i].used && m.table[i].stem != stem {
		i = (i + 1) & mask
	}
	return i
}

// DefaultTopics returns the embedded topic model.
func DefaultTopics() (*TopicModel, error) {
	m, err := parseTopics(topicsModel)
	if err != nil {
		return nil, fmt.Errorf("embedded topic model: %w", err)
	}
	return m, nil
}

// LoadTopics reads a topic model that TrainTopics made.
func LoadTopics(path string) (*TopicModel, error) {
	data, err := readFile(path, largestTopicModel, ErrNotTopicModel)
	if err != nil {
		return nil, fmt.Errorf("read topic model: %w", err)
	}
	m, err := parseTopics(data)
	if err != nil {
		return nil, fmt.Errorf("topic model %s: %w", path, err)
	}
	return m, nil
}

// Words returns the list of words that the model weighs, in the form of
// topics.txt.
func (m *TopicModel) Words() string { return m.words }

// Save writes the model; the same model gives the same bytes.
func (m *TopicModel) Save(w io.Writer) error {
	if _, err := io.WriteString(w, topicMagic); err != nil {
		return fmt.Errorf("write topic model: %w", err)
	}
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return fmt.Errorf("write topic model: %w", err)
	}
	if _, err := z.Write(m.bytes()); err != nil {
		return fmt.Errorf("write topic model: %w", err)
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("write topic model: %w", err)
	}
	return nil
}

func (m *TopicModel) bytes() []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(m.words)))
	b = append(b, m.words...)
	for k := range knownTopics {
		b = binary.LittleEndian.AppendUint16(b, uint16(m.need[k]))
		for _, r := range m.named[k] {
			b = r.append(b)
		}
		for _, r := range m.hints[k] {
			b = r.append(b)
		}
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(m.stems)))
	for _, stem := range slices.Sorted(maps.Keys(m.stems)) {
		row := m.stems[stem]
		b = row.append(binary.LittleEndian.AppendUint32(b, stem))
	}
	return b
}

func (r *topicRow) append(b []byte) []byte {
	for _, v := range r {
		b = append(b, byte(v))
	}
	return b
}

func parseTopics(data []byte) (*TopicModel, error) {
	packed, ok := bytes.CutPrefix(data, []byte(topicMagic))
	if !ok {
		return nil, ErrNotTopicModel
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("damaged (%v): %w", err, ErrNotTopicModel)
	}
	plain, err := readAtMost(z, largestTopicModel, ErrNotTopicModel)
	switch {
	case errors.Is(err, ErrNotTopicModel):
		return nil, fmt.Errorf("unpacked: %w", err)
	case err != nil:
		return nil, fmt.Errorf("damaged (%v): %w", err, ErrNotTopicModel)
	}
	r := &reader{data: plain}
	m := &TopicModel{}
	size := int(binary.LittleEndian.Uint32(r.take(4)))
	if size > len(r.data) {
		return nil, fmt.Errorf("%d bytes for %d of words: %w", len(r.data), size, ErrNotTopicModel)
	}
	m.words = string(r.take(size))
	for k := range knownTopics {
		m.need[k] = int16(binary.LittleEndian.Uint16(r.take(2)))
		for n := range m.named[k] {
			m.named[k][n] = r.topicRow()
		}
		for n := range m.hints[k] {
			m.hints[k][n] = r.topicRow()
		}
	}
	n := int(binary.LittleEndian.Uint32(r.take(4)))
	if r.bad || len(r.data) != n*(4+knownTopics) {
		return nil, fmt.Errorf("%d bytes for %d stems: %w", len(r.data), n, ErrNotTopicModel)
	}
	m.stems = make(map[uint32]topicRow, n)
	for range n {
		stem := binary.LittleEndian.Uint32(r.take(4))
		m.stems[stem] = r.topicRow()
	}
	m.index()
	return m, nil
}

func (r *reader) topicRow() (row topicRow) {
	for k, v := range r.take(knownTopics) {
		row[k] = int8(v)
	}
	return row
}
