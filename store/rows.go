package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"otklik/mention"
)

// mentionColumns are the columns of mentionRow in its order.
const mentionColumns = `seq, id, brand, source, scope, external_id, source_id, url, author, author_url,
	rating, best, stars, published_ms, published_off, edited_ms, edited_off, collected_ms,
	lang, title, text, pros, cons, translation, tone, confidence, conflict, reasons, topics, reply,
	comments, likes, views, parent_id, thread, labels, revision, digest, look, fingerprint, sketch, task`

// mentionWidth is the number of mentionColumns.
const mentionWidth = 42

// mentionRow is a mention as it is stored. Foreign 64-bit hashes are kept in
// signed columns, bit for bit.
type mentionRow struct {
	seq                     int64
	m                       mention.Mention
	stars                   int
	publishedMs, editedMs   int64
	publishedOff, editedOff int
	collectedMs             int64
	conflict                int
	reasons, topics         string
	reply, labels           string
	digest, look, print     int64
	sketch                  []byte
	task                    mention.TaskID
	slots                   []int64 // where its copies meet it; not read back, see bands.go
}

// newMentionRow makes m ready to be stored: text that no database refuses,
// and the sums over it.
func newMentionRow(m mention.Mention, sketch []byte) (*mentionRow, error) {
	digest := m.Digest()
	r := &mentionRow{digest: int64(digest), look: int64(m.LookWith(digest)), print: int64(m.Fingerprint), sketch: sketch}
	for _, s := range []*string{&m.Brand, &m.Source, &m.Scope, &m.ExternalID, &m.URL, &m.Author, &m.AuthorURL, &m.Lang,
		&m.Title, &m.Text, &m.Pros, &m.Cons, &m.Translation, &m.ParentID, &m.Thread} {
		*s = clean(*s)
	}
	r.m = m
	r.stars = m.Stars()
	r.publishedMs, r.publishedOff = moment(m.PublishedAt)
	r.editedMs, r.editedOff = moment(m.EditedAt)
	r.collectedMs, _ = moment(m.CollectedAt)
	if m.Conflict {
		r.conflict = 1
	}
	var err error
	if r.reasons, err = encodeList(m.Reasons); err != nil {
		return nil, err
	}
	if r.topics, err = encodeList(m.Topics); err != nil {
		return nil, err
	}
	if r.labels, err = encodeList(m.Labels); err != nil {
		return nil, err
	}
	if m.Reply != nil {
		if r.reply, err = encode(m.Reply); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// args are the values of mentionColumns.
func (r *mentionRow) args() []any {
	m := &r.m
	return []any{r.seq, string(m.ID), m.Brand, m.Source, m.Scope, m.ExternalID, string(m.SourceID), m.URL, m.Author, m.AuthorURL,
		m.Rating, m.Best, r.stars, r.publishedMs, r.publishedOff, r.editedMs, r.editedOff, r.collectedMs,
		m.Lang, m.Title, m.Text, m.Pros, m.Cons, m.Translation, string(m.Tone), m.Confidence, r.conflict, r.reasons, r.topics, r.reply,
		m.Comments, m.Likes, m.Views, m.ParentID, m.Thread, r.labels, m.Revision, r.digest, r.look, r.print, r.sketch, int64(r.task)}
}

// targets are where mentionColumns are read to.
func (r *mentionRow) targets() []any {
	m := &r.m
	return []any{&r.seq, &m.ID, &m.Brand, &m.Source, &m.Scope, &m.ExternalID, &m.SourceID, &m.URL, &m.Author, &m.AuthorURL,
		&m.Rating, &m.Best, &r.stars, &r.publishedMs, &r.publishedOff, &r.editedMs, &r.editedOff, &r.collectedMs,
		&m.Lang, &m.Title, &m.Text, &m.Pros, &m.Cons, &m.Translation, &m.Tone, &m.Confidence, &r.conflict, &r.reasons, &r.topics, &r.reply,
		&m.Comments, &m.Likes, &m.Views, &m.ParentID, &m.Thread, &r.labels, &m.Revision, &r.digest, &r.look, &r.print, &r.sketch, &r.task}
}

// finish fills in of r.m what was read beside it.
func (r *mentionRow) finish() error {
	m := &r.m
	m.PublishedAt = instant(r.publishedMs, r.publishedOff)
	m.EditedAt = instant(r.editedMs, r.editedOff)
	m.CollectedAt = instant(r.collectedMs, 0)
	m.Conflict, m.Fingerprint = r.conflict != 0, uint64(r.print)
	if r.reply != "" {
		m.Reply = &mention.Reply{}
	}
	for _, f := range []struct {
		from string
		to   any
	}{{r.reasons, &m.Reasons}, {r.topics, &m.Topics}, {r.labels, &m.Labels}, {r.reply, m.Reply}} {
		if err := decode(f.from, f.to); err != nil {
			return fmt.Errorf("mention %s: %w", m.ID, err)
		}
	}
	return nil
}

func scanMention(scan func(...any) error) (*mentionRow, error) {
	r := &mentionRow{}
	if err := scan(r.targets()...); err != nil {
		return nil, err
	}
	return r, r.finish()
}

// prior is the row as a planner sees it.
func (r *mentionRow) prior(tasks map[mention.TaskID]mention.Task) mention.Prior {
	p := mention.Prior{Mention: r.m, Digest: uint64(r.digest), Look: uint64(r.look), Sketch: r.sketch}
	if t, ok := tasks[r.task]; ok {
		p.Task = &t
	}
	return p
}

// clean makes s into text that both databases keep: PostgreSQL refuses zero
// bytes and broken UTF-8, and one hostile page must not stop a whole pass.
func clean(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

// moment splits t into milliseconds UTC and the offset of its zone in
// seconds; both are zero for the zero time.
func moment(t time.Time) (ms int64, offset int) {
	if t.IsZero() {
		return 0, 0
	}
	_, offset = t.Zone()
	return t.UnixMilli(), offset
}

// millis is moment without the offset.
func millis(t time.Time) int64 {
	ms, _ := moment(t)
	return ms
}

// instant undoes moment.
func instant(ms int64, offset int) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	t := time.UnixMilli(ms).UTC()
	if offset != 0 {
		t = t.In(time.FixedZone("", offset))
	}
	return t
}

func encode(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encode: %w", err)
	}
	return string(withoutNUL(b)), nil
}

// withoutNUL leaves the escapes of NUL out of a JSON text: PostgreSQL reads no
// document with one.
func withoutNUL(doc []byte) []byte {
	const escape = `\u0000`
	if !bytes.Contains(doc, []byte(escape)) {
		return doc
	}
	out := doc[:0]
	for i := 0; i < len(doc); i++ {
		switch {
		case doc[i] != '\\':
			out = append(out, doc[i])
		case bytes.HasPrefix(doc[i:], []byte(escape)):
			i += len(escape) - 1
		default: // an escape of another kind, such as of the backslash itself
			out = append(out, doc[i], doc[i+1])
			i++
		}
	}
	return out
}

// encodeList is encode with the empty string for an empty list.
func encodeList[T any](list []T) (string, error) {
	if len(list) == 0 {
		return "", nil
	}
	return encode(list)
}

// decode reads from into to; an empty text changes nothing.
func decode(from string, to any) error {
	if from == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(from), to); err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	return nil
}
