package crawler

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func FuzzReadBody(f *testing.F) {
	const limit = 64 << 10
	f.Add("gzip", []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add("deflate", []byte{0x78, 0x9c, 3, 0, 0, 0, 0, 1})
	f.Add("zstd", []byte{0x28, 0xb5, 0x2f, 0xfd, 4, 0, 1, 0, 0, 0x99, 0xe9, 0xd8, 0x51})
	f.Add("", []byte("plain"))
	f.Fuzz(func(t *testing.T, encoding string, wire []byte) {
		res := &http.Response{Header: http.Header{"Content-Encoding": {encoding}}, Body: io.NopCloser(bytes.NewReader(wire)), ContentLength: -1,
			Request: &http.Request{URL: &url.URL{Path: "/x.gz"}}}
		body, err := readBody(res, limit)
		if len(body) > limit || err != nil && body != nil {
			t.Errorf("%d bytes with err %v", len(body), err)
		}
	})
}

func FuzzReadCookies(f *testing.F) {
	f.Add(".x.ru\tTRUE\t/\tTRUE\t1900000000\tsid\tabc\n#HttpOnly_x\tFALSE\t/\tFALSE\t0\ta\tb")
	f.Fuzz(func(t *testing.T, text string) {
		cookies, err := ReadCookies(strings.NewReader(text), time.Unix(0, 0))
		if err != nil {
			return
		}
		if _, err := newJar(cookies); err != nil {
			t.Errorf("cookies that were read make no jar: %v", err)
		}
	})
}

func FuzzReadRawPage(f *testing.F) {
	f.Add([]byte{0x28, 0xb5, 0x2f, 0xfd})
	f.Fuzz(func(t *testing.T, stored []byte) {
		if page, err := readRawPage(bytes.NewReader(stored)); err == nil && bodySum(page.Raw.Body) != page.Sum {
			t.Error("a page was read whose body is not the one stored")
		}
	})
}

func TestBodyError_KeepsTheCause(t *testing.T) {
	broken := errors.New("connection reset")
	if err := bodyError(broken); !errors.Is(err, broken) || errors.Is(err, errCutShort) {
		t.Errorf("bodyError(%v) = %v", broken, err)
	}
}
