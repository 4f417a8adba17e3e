package mention

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"hash"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ID names a mention for ever: it is derived from the mention's Key and so is
// the same on every daemon and after every restore.
type ID string

// SourceID names one configured source: a site with its parameters for one brand.
type SourceID string

// Key is the identity of a mention: the brand that watches, the site, the
// scope within the site and the site's own id. Scope is empty where the
// site's ids are unique by themselves, else the host (or forum, or repository)
// that gave them.
type Key struct {
	Brand      string
	Source     string
	Scope      string
	ExternalID string
}

// ID derives the mention's ID from its key: 80 bits of SHA-256 in base 32.
func (k Key) ID() ID {
	sum := k.sum()
	return ID(strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:10])))
}

// Hash returns 64 bits of the key for compact maps.
func (k Key) Hash() uint64 {
	sum := k.sum()
	return binary.BigEndian.Uint64(sum[:8])
}

func (k Key) sum() [sha256.Size]byte {
	b := make([]byte, 0, 160)
	for _, s := range [...]string{k.Brand, k.Source, k.Scope, k.ExternalID} {
		b = strconv.AppendInt(b, int64(len(s)), 10)
		b = append(b, ':')
		b = append(b, s...)
	}
	return sha256.Sum256(b)
}

// Mention is one customer's public words about a brand, as the page carries them.
// The zero value of a field means that the page does not say.
type Mention struct {
	ID         ID     `json:"id,omitempty"`
	Brand      string `json:"brand,omitempty"`
	Source     string `json:"source,omitempty"` // the site: otzovik, yandex-maps, …
	Scope      string `json:"scope,omitempty"`
	ExternalID string `json:"external_id,omitempty"`
	// SourceID is the configured source whose crawl brought the mention.
	SourceID SourceID `json:"source_id,omitempty"`

	URL       string `json:"url,omitempty"`
	Author    string `json:"author,omitempty"`
	AuthorURL string `json:"author_url,omitempty"`

	// Rating is on the scale from 1 (or 0) to Best; there is no rating when Best is 0.
	Rating float64 `json:"rating,omitempty"`
	Best   float64 `json:"best,omitempty"`

	// PublishedAt keeps the source's offset. It is the date of the last change
	// where the site shows only that.
	PublishedAt time.Time `json:"published_at,omitzero"`
	EditedAt    time.Time `json:"edited_at,omitzero"`
	CollectedAt time.Time `json:"collected_at,omitzero"`

	Lang  string `json:"lang,omitempty"` // ISO 639-1
	Title string `json:"title,omitempty"`
	Text  string `json:"text,omitempty"`
	Pros  string `json:"pros,omitempty"`
	Cons  string `json:"cons,omitempty"`
	// Translation is the site's machine translation of Text, never judged.
	Translation string `json:"translation,omitempty"`

	Tone       Tone     `json:"tone,omitempty"`
	Confidence float64  `json:"confidence,omitempty"`
	Conflict   bool     `json:"conflict,omitempty"` // text and stars disagree
	Reasons    []Reason `json:"reasons,omitempty"`
	Topics     []string `json:"topics,omitempty"`

	// Reply is the company's own public answer as the page shows it.
	Reply *Reply `json:"reply,omitempty"`

	Comments int      `json:"comments,omitempty"`
	Likes    int      `json:"likes,omitempty"`
	Views    int      `json:"views,omitempty"`
	ParentID string   `json:"parent_id,omitempty"` // the post or comment it answers
	Thread   string   `json:"thread,omitempty"`    // what it hangs on: post, video, product
	Labels   []string `json:"labels,omitempty"`    // what the site says of it: bought, pinned, counted

	Copies   []Copy `json:"copies,omitempty"`
	Revision int    `json:"revision,omitempty"`

	// Fingerprint covers what the list page showed, so that a known item is
	// recognised without its detail page. Intake sets it before any detail
	// page is applied.
	Fingerprint uint64 `json:"-"`
}

// Gone is the label of a mention that is no longer on its page.
const Gone = "gone"

// Shortened is the label of a mention whose words the site cut at a "read
// more". It goes when the mention's own page gives them whole.
const Shortened = "cut"

// Reply is a company's public answer. Text is empty where the page only
// flags that an answer exists.
type Reply struct {
	Author      string    `json:"author,omitempty"`
	AuthorID    string    `json:"author_id,omitempty"`
	URL         string    `json:"url,omitempty"`
	Text        string    `json:"text,omitempty"`
	PublishedAt time.Time `json:"published_at,omitzero"`
}

// Copy names the same complaint at another place.
type Copy struct {
	ID     ID     `json:"id"`
	Source string `json:"source"`
	URL    string `json:"url,omitempty"`
}

// Key returns the mention's identity.
func (m *Mention) Key() Key {
	return Key{Brand: m.Brand, Source: m.Source, Scope: m.Scope, ExternalID: m.ExternalID}
}

// Stars returns the rating on the scale of one to five, rounded to the nearest
// star, and zero where there is no rating.
func (m *Mention) Stars() int {
	switch {
	case m.Best <= 0:
		return 0
	case m.Best <= 1: // thumbs up or down
		return int(1 + 4*m.Rating/m.Best)
	}
	return min(5, max(1, int(m.Rating*5/m.Best+0.5)))
}

// IsShortened reports whether there is more of the text on the site than we have.
func (m *Mention) IsShortened() bool { return slices.Contains(m.Labels, Shortened) }

// Words returns everything the author wrote, title first, separated by line feeds.
func (m *Mention) Words() string {
	parts := make([]string, 0, 4)
	for _, s := range [...]string{m.Title, m.Text, m.Pros, m.Cons} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, "\n")
}

// Digest covers what a reader would call the content: title, text, pros, cons
// and rating, white space folded. A different digest is an edit.
func (m *Mention) Digest() uint64 {
	h := sha256.New()
	var scratch [256]byte
	for _, s := range [...]string{m.Title, m.Text, m.Pros, m.Cons} {
		writeFolded(h, scratch[:0], s)
	}
	h.Write(strconv.AppendFloat(scratch[:0], m.Rating, 'g', -1, 64))
	var sum [sha256.Size]byte
	return binary.BigEndian.Uint64(h.Sum(sum[:0]))
}

// Look covers everything that would make us look at the item again: its
// content, the company's reply and the number of comments.
func (m *Mention) Look() uint64 { return m.LookWith(m.Digest()) }

// LookWith is Look for whom the Digest is at hand.
func (m *Mention) LookWith(digest uint64) uint64 {
	h := sha256.New()
	var b [256]byte
	h.Write(binary.BigEndian.AppendUint64(b[:0], digest))
	h.Write(strconv.AppendInt(b[:0], int64(m.Comments), 10))
	if m.Reply != nil {
		h.Write([]byte{1})
		writeFolded(h, b[:0], m.Reply.Text)
	}
	var sum [sha256.Size]byte
	return binary.BigEndian.Uint64(h.Sum(sum[:0]))
}

// writeFolded writes s with white space folded to single blanks, then a zero
// byte, in pieces no larger than buf. Nearly all of a text is written as it is.
func writeFolded(h hash.Hash, buf []byte, s string) {
	put := func(piece string) {
		for len(piece) > 0 {
			if len(buf) == cap(buf) {
				h.Write(buf)
				buf = buf[:0]
			}
			n := min(len(piece), cap(buf)-len(buf))
			buf, piece = append(buf, piece[:n]...), piece[n:]
		}
	}
	blank := "" // between what was written and what follows
	for i := 0; i < len(s); {
		if n := blankLen(s[i:]); n > 0 {
			i += n
			continue
		}
		n := foldedLen(s[i:])
		put(blank)
		put(s[i : i+n])
		blank, i = " ", i+n
	}
	put("\x00")
	h.Write(buf)
}

// blankLen returns how many bytes of white space s begins with, of one
// character at the most.
func blankLen(s string) int {
	switch c := s[0]; {
	case c == ' ', c >= '\t' && c <= '\r':
		return 1
	case c < utf8.RuneSelf, c >= 0xC3 && c <= 0xDF && len(s) > 1 && s[1]&0xC0 == 0x80:
		return 0 // Cyrillic among others: U+00C0 to U+07FF has no white space
	}
	if r, n := utf8.DecodeRuneInString(s); unicode.IsSpace(r) {
		return n
	}
	return 0
}

// foldedLen returns how many bytes of s, which begins with no white space, are
// folded already: up to white space other than a blank between two letters.
func foldedLen(s string) int {
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c > ' ' && c < utf8.RuneSelf:
			i++
		case c >= 0xC3 && c <= 0xDF && i+1 < len(s) && s[i+1]&0xC0 == 0x80:
			i += 2
		case c == ' ' && i+1 < len(s) && blankLen(s[i+1:]) == 0:
			i++
		case blankLen(s[i:]) > 0:
			return i
		default:
			_, n := utf8.DecodeRuneInString(s[i:])
			i += n
		}
	}
	return len(s)
}
