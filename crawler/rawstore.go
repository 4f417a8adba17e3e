package crawler

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"

	"otklik/mention"
)

// RawStore keeps pages as the sites sent them, for reparse and as evidence:
// one file a page, zstd over a JSON line of facts and the body, named by time
// and hash in a folder per site. Files are readable by their owner only.
// Credentials are left out. It is safe for concurrent use by one process.
type RawStore struct {
	dir      string
	keep     time.Duration
	maxBytes int64
	now      func() time.Time

	mu    sync.Mutex
	bytes int64 // on disk
	last  map[string]string
	enc   *zstd.Encoder
	// What is packed and the result, kept from page to page.
	plain, packed []byte
}

// RawPage is a stored page.
type RawPage struct {
	Raw     Raw
	Name    string // for Open
	Site    string
	Source  mention.SourceID
	Verdict mention.Verdict
	Sum     string // SHA-256 of the body, hexadecimal
}

// rawFacts is the first line of a stored page.
type rawFacts struct {
	Site    string            `json:"site"`
	Source  mention.SourceID  `json:"source"`
	Verdict mention.Verdict   `json:"verdict"`
	Sum     string            `json:"sha256"`
	Stage   Stage             `json:"stage"`
	Method  string            `json:"method,omitempty"`
	Request string            `json:"request"`
	Page    int               `json:"page,omitempty"`
	Render  bool              `json:"render,omitempty"`
	Vars    map[string]string `json:"vars,omitempty"`
	URL     string            `json:"url"`
	Status  int               `json:"status"`
	Header  http.Header       `json:"header,omitempty"`
	At      time.Time         `json:"at"`
}

// timeLayout sorts as text.
const timeLayout = "20060102T150405.000000000Z"

const rawSuffix = ".zst"

// maxRoom bounds the bytes kept ready for packing the next page.
const maxRoom = 1 << 20

// rawName is what Save gives and Open takes: nothing that leaves the store.
var rawName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*/\d{8}T\d{6}\.\d{9}Z-[0-9a-f]{16}\.zst$`)

// OpenRawStore opens the store in dir, which it makes. Pages older than keep
// are removed by Purge; the oldest give way when the store exceeds maxBytes.
func OpenRawStore(dir string, c RawConfig, now func() time.Time) (*RawStore, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open the store of raw pages: %w", err)
	}
	// The fastest level takes a third less time than the default, and six per cent more room.
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true),
		zstd.WithWindowSize(1<<20), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return nil, fmt.Errorf("open the store of raw pages: %w", err)
	}
	s := &RawStore{dir: dir, keep: c.Keep, maxBytes: c.MaxBytes, now: now, last: map[string]string{}, enc: enc}
	files, err := s.files("")
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		s.bytes += f.size
	}
	return s, nil
}

// Save stores one answer and returns its name. The same body as the one before
// from the same address is not stored twice.
func (s *RawStore) Save(site string, source mention.SourceID, raw Raw, v mention.Verdict) (string, error) {
	sum := raw.bodySum()
	facts, err := json.Marshal(rawFacts{
		Site: site, Source: source, Verdict: v, Sum: sum, Stage: raw.Request.Stage, Method: raw.Request.Method,
		Request: raw.Request.URL, Page: raw.Request.Page, Render: raw.Request.Render, Vars: raw.Request.Vars,
		URL: raw.URL, Status: raw.Status, Header: publicHeader(raw.Header), At: raw.FetchedAt,
	})
	if err != nil {
		return "", fmt.Errorf("save a raw page: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	place := string(source) + " " + raw.Request.URL
	if name, ok := s.last[place]; ok && strings.HasSuffix(name, sum[:16]+rawSuffix) {
		return name, nil
	}
	if cap(s.plain) > maxRoom {
		s.plain, s.packed = nil, nil
	}
	s.plain = append(append(append(s.plain[:0], facts...), '\n'), raw.Body...)
	s.packed = s.enc.EncodeAll(s.plain, s.packed[:0])
	name := filepath.ToSlash(filepath.Join(site, raw.FetchedAt.UTC().Format(timeLayout)+"-"+sum[:16]+rawSuffix))
	if !rawName.MatchString(name) {
		return "", fmt.Errorf("save a raw page: %q is no name of a site", site)
	}
	if err := s.write(name, s.packed); err != nil {
		return "", fmt.Errorf("save a raw page: %w", err)
	}
	s.bytes += int64(len(s.packed))
	if len(s.last) >= maxHosts {
		clear(s.last)
	}
	s.last[place] = name
	if s.bytes > s.maxBytes {
		return name, s.shrink(s.maxBytes - s.maxBytes/10)
	}
	return name, nil
}

// write makes the file whole or not at all.
func (s *RawStore) write(name string, data []byte) error {
	path := filepath.Join(s.dir, filepath.FromSlash(name))
	err := os.WriteFile(path+".part", data, 0o600)
	if errors.Is(err, fs.ErrNotExist) { // the first page of a site
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		err = os.WriteFile(path+".part", data, 0o600)
	}
	if err != nil {
		return errors.Join(err, os.Remove(path+".part"))
	}
	return os.Rename(path+".part", path)
}

// publicHeader returns the headers that Extract may need.
func publicHeader(h http.Header) http.Header {
	out := http.Header{}
	for _, name := range [...]string{"Content-Type", "Content-Language", "Date", "Last-Modified", "Location"} {
		if v := h.Values(name); len(v) > 0 {
			out[name] = v
		}
	}
	return out
}

// Open returns the page that Save called name.
func (s *RawStore) Open(name string) (RawPage, error) {
	if !rawName.MatchString(name) {
		return RawPage{}, fmt.Errorf("raw page %q: %w", name, mention.ErrNotFound)
	}
	f, err := os.Open(filepath.Join(s.dir, filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return RawPage{}, fmt.Errorf("raw page %q: %w", name, mention.ErrNotFound)
	}
	if err != nil {
		return RawPage{}, fmt.Errorf("open a raw page: %w", err)
	}
	defer f.Close()
	page, err := readRawPage(f)
	if err != nil {
		return RawPage{}, fmt.Errorf("raw page %s: %w", name, err)
	}
	page.Name = name
	return page, nil
}

func readRawPage(r io.Reader) (RawPage, error) {
	d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(512<<20))
	if err != nil {
		return RawPage{}, err
	}
	defer d.Close()
	b := bufio.NewReader(d)
	line, err := b.ReadBytes('\n')
	if err != nil {
		return RawPage{}, err
	}
	var f rawFacts
	if err := json.Unmarshal(line, &f); err != nil {
		return RawPage{}, err
	}
	var body bytes.Buffer
	if _, err := body.ReadFrom(b); err != nil {
		return RawPage{}, err
	}
	if bodySum(body.Bytes()) != f.Sum {
		return RawPage{}, errors.New("the body is not the one that was stored")
	}
	return RawPage{
		Site: f.Site, Source: f.Source, Verdict: f.Verdict, Sum: f.Sum,
		Raw: Raw{
			Request: Request{Stage: f.Stage, Method: f.Method, URL: f.Request, Page: f.Page, Render: f.Render, Vars: f.Vars},
			URL:     f.URL, Status: f.Status, Header: f.Header, Body: body.Bytes(), FetchedAt: f.At,
		},
	}, nil
}

// Since yields the site's pages fetched at or after t, oldest first. A page
// that cannot be read is yielded as an error and the walk goes on.
func (s *RawStore) Since(site string, t time.Time) iter.Seq2[RawPage, error] {
	return func(yield func(RawPage, error) bool) {
		files, err := s.files(site)
		if err != nil {
			yield(RawPage{}, err)
			return
		}
		for _, f := range files {
			if f.at.Before(t) {
				continue
			}
			if page, err := s.Open(f.name); !yield(page, err) {
				return
			}
		}
	}
}

// Purge removes what is older than the retention.
func (s *RawStore) Purge() (removed int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	files, err := s.files("")
	if err != nil {
		return 0, err
	}
	limit := s.now().Add(-s.keep)
	for _, f := range files {
		if !f.at.Before(limit) {
			break
		}
		if err := s.remove(f); err != nil {
			return removed, err
		}
		removed++
	}
	return removed, nil
}

// shrink removes the oldest pages until the store has at most size bytes; mu is held.
func (s *RawStore) shrink(size int64) error {
	files, err := s.files("")
	if err != nil {
		return err
	}
	for _, f := range files {
		if s.bytes <= size {
			return nil
		}
		if err := s.remove(f); err != nil {
			return err
		}
	}
	return nil
}

func (s *RawStore) remove(f rawFile) error {
	if err := os.Remove(filepath.Join(s.dir, filepath.FromSlash(f.name))); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove an old raw page: %w", err)
	}
	s.bytes -= f.size
	for place, name := range s.last {
		if name == f.name {
			delete(s.last, place)
		}
	}
	return nil
}

type rawFile struct {
	name string
	at   time.Time
	size int64
}

// files lists the stored pages of site, or of all sites for "", oldest first.
func (s *RawStore) files(site string) ([]rawFile, error) {
	if site == "" {
		site = "*"
	} else if strings.ContainsAny(site, `*?[\/`) {
		return nil, fmt.Errorf("raw pages of %q: %w", site, mention.ErrNotFound)
	}
	paths, err := filepath.Glob(filepath.Join(s.dir, site, "*"+rawSuffix))
	if err != nil {
		return nil, fmt.Errorf("list raw pages: %w", err)
	}
	out := make([]rawFile, 0, len(paths))
	for _, path := range paths {
		name := filepath.ToSlash(strings.TrimPrefix(path, s.dir+string(filepath.Separator)))
		base := filepath.Base(path)
		stamp, _, _ := strings.Cut(base, "-")
		at, err := time.Parse(timeLayout, stamp)
		if err != nil || !rawName.MatchString(name) {
			continue // not ours
		}
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("list raw pages: %w", err)
		}
		out = append(out, rawFile{name: name, at: at, size: info.Size()})
	}
	slices.SortFunc(out, func(a, b rawFile) int { return cmp.Or(a.at.Compare(b.at), strings.Compare(a.name, b.name)) })
	return out, nil
}
