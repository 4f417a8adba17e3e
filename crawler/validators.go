package crawler

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"sync"
)

// Validators remembers, by address, what a page looked like when it was last
// taken. All of it may be lost at any moment: then a page is read again.
// It is safe for concurrent use.
type Validators interface {
	// Get returns the value put under key, and nil when there is none.
	Get(ctx context.Context, key string) ([]byte, error)
	// Put replaces the value under key; an empty value removes it. Values are a
	// few hundred bytes, some kilobytes for a page that leads to other lists.
	Put(ctx context.Context, key string, value []byte) error
}

// validator is what is remembered of one page.
type validator struct {
	ETag         string
	LastModified string
	// Sum is the hash of the body, for sites that send neither. It is empty
	// when nothing is remembered.
	Sum string
	// Next is the page that followed, so that a pass can go on behind an
	// unchanged page whose body was not sent.
	Next *Request
	// Follow are the lists that its items have.
	Follow []Request
	// Unordered is Page.Unordered.
	Unordered bool
}

// maxValidators bounds the memory of one process: about 4 MB.
const maxValidators = 8192

// memoryValidators keeps two generations: when the young one is full, the old
// one is forgotten. What is asked for moves to the young one.
type memoryValidators struct {
	mu         sync.Mutex
	young, old map[string][]byte
}

// NewValidators returns a bounded Validators for one process.
func NewValidators() Validators { return &memoryValidators{young: map[string][]byte{}} }

// Get implements Validators.
func (v *memoryValidators) Get(_ context.Context, key string) ([]byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if value, ok := v.young[key]; ok {
		return value, nil
	}
	value, ok := v.old[key]
	if ok {
		v.put(key, value)
	}
	return value, nil
}

// Put implements Validators.
func (v *memoryValidators) Put(_ context.Context, key string, value []byte) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(value) == 0 {
		delete(v.young, key)
		delete(v.old, key)
		return nil
	}
	v.put(key, value)
	return nil
}

func (v *memoryValidators) put(key string, value []byte) {
	if len(v.young) >= maxValidators/2 {
		v.young, v.old = map[string][]byte{}, v.young
	}
	v.young[key] = value
}

// validatorKey covers all that decides the answer, and the source, because
// two brands may watch one address.
func validatorKey(src Source, req Request) string {
	var room [512]byte
	b := room[:0]
	for _, s := range [...]string{string(src.ID), src.Brand, string(req.Stage), req.Method, req.URL} {
		b = append(strconv.AppendInt(b, int64(len(s)), 10), ':')
		b = append(b, s...)
	}
	sum := sha256.Sum256(append(b, req.Body...))
	return hex.EncodeToString(sum[:16])
}

// bodySum is the hash of a body.
func bodySum(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// newValidator returns what to remember of a page that was taken. A page that
// asks for a browser has no headers worth keeping.
func newValidator(raw Raw, page Page) validator {
	v := validator{Sum: raw.bodySum(), Next: page.Next, Follow: page.Follow, Unordered: page.Unordered}
	if !raw.Request.Render && raw.Request.Method != http.MethodPost {
		v.ETag, v.LastModified = bounded(raw.Header.Get("ETag")), bounded(raw.Header.Get("Last-Modified"))
	}
	return v
}

// bounded drops validators of absurd length rather than keep and repeat them.
func bounded(s string) string {
	if len(s) > 512 {
		return ""
	}
	return s
}
