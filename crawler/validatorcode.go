package crawler

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// memoFormat is the first byte of a written validator. What another version
// has written is not read; the page is then read anew.
const memoFormat = 1

// maxMemo bounds a written validator, because stores bound their values: some
// hundred lists that a page leads to, where usual pages lead to none.
const maxMemo = 16 << 10

var (
	errMemoSize   = fmt.Errorf("what is to be remembered of a page is over %d bytes", maxMemo)
	errMemoFormat = errors.New("what is remembered of a page cannot be read")
)

// Bits of a written validator and of its requests.
const (
	memoUnordered = 1 << iota
	memoFollowed
	memoRender
)

// encode writes v for its store: texts with their lengths, because a page that
// is as it was should cost no more than asking for it. It reports errMemoSize
// when v is larger than stores take.
func (v validator) encode() ([]byte, error) {
	b := []byte{memoFormat, bits(v.Unordered, memoUnordered)}
	for _, s := range [...]string{v.ETag, v.LastModified, v.Sum} {
		b = appendText(b, s)
	}
	lists := v.Follow
	b = binary.AppendUvarint(b, uint64(len(lists)))
	if v.Next != nil {
		lists = append(slices.Clip(lists), *v.Next)
	}
	for _, req := range lists {
		b = appendRequest(b, req)
	}
	if len(b) > maxMemo {
		return nil, errMemoSize
	}
	return b, nil
}

func bits(is bool, bit byte) byte {
	if is {
		return bit
	}
	return 0
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendRequest(b []byte, r Request) []byte {
	b = append(b, bits(r.Followed, memoFollowed)|bits(r.Render, memoRender))
	b = binary.AppendUvarint(b, uint64(r.Page))
	for _, s := range [...]string{string(r.Stage), r.Method, r.URL, string(r.Body)} {
		b = appendText(b, s)
	}
	b = binary.AppendUvarint(b, uint64(len(r.Header)))
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		b = binary.AppendUvarint(appendText(b, name), uint64(len(r.Header[name])))
		for _, value := range r.Header[name] {
			b = appendText(b, value)
		}
	}
	b = binary.AppendUvarint(b, uint64(len(r.Vars)))
	for _, name := range slices.Sorted(maps.Keys(r.Vars)) {
		b = appendText(appendText(b, name), r.Vars[name])
	}
	return b
}

// decodeValidator returns what encode has written; the zero value for nothing.
func decodeValidator(value []byte) (validator, error) {
	var v validator
	if len(value) == 0 {
		return v, nil
	}
	if len(value) < 2 || value[0] != memoFormat {
		return v, errMemoFormat
	}
	r := memoReader{rest: string(value[2:])}
	v.Unordered = value[1]&memoUnordered != 0
	v.ETag, v.LastModified, v.Sum = r.text(), r.text(), r.text()
	for range r.count() {
		v.Follow = append(v.Follow, r.request())
	}
	if r.rest != "" && !r.broken {
		next := r.request()
		v.Next = &next
	}
	if r.broken || r.rest != "" {
		return validator{}, errMemoFormat
	}
	return v, nil
}

// memoReader takes a written validator apart. Its texts are parts of rest.
type memoReader struct {
	rest   string
	broken bool
}

// count returns the next number, which is never more than what is left: every
// thing counted takes a byte at least.
func (r *memoReader) count() int {
	n := r.number()
	if n > uint64(len(r.rest)) {
		r.broken = true
		return 0
	}
	return int(n)
}

func (r *memoReader) number() uint64 {
	var n uint64
	for shift := 0; shift < 63 && shift/7 < len(r.rest); shift += 7 {
		c := r.rest[shift/7]
		n |= uint64(c&0x7f) << shift
		if c < 0x80 {
			r.rest = r.rest[shift/7+1:]
			return n
		}
	}
	r.broken, r.rest = true, ""
	return 0
}

func (r *memoReader) text() string {
	n := r.count()
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s
}

func (r *memoReader) request() Request {
	var req Request
	if r.rest == "" {
		r.broken = true
		return req
	}
	set := r.rest[0]
	r.rest = r.rest[1:]
	req.Followed, req.Render = set&memoFollowed != 0, set&memoRender != 0
	req.Page = int(r.number())
	req.Stage, req.Method, req.URL = Stage(r.text()), r.text(), r.text()
	if body := r.text(); body != "" {
		req.Body = []byte(body)
	}
	for range r.count() {
		if req.Header == nil {
			req.Header = http.Header{}
		}
		name := r.text()
		var values []string
		for range r.count() {
			values = append(values, r.text())
		}
		req.Header[name] = values
	}
	for range r.count() {
		if req.Vars == nil {
			req.Vars = map[string]string{}
		}
		name := r.text()
		req.Vars[name] = r.text()
	}
	return req
}
