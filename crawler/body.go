package crawler

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// acceptEncoding names what readBody can decode. We ask for it ourselves,
// because the transport's own gzip has no limit on what comes out.
const acceptEncoding = "gzip, deflate, zstd"

// The limits of a compressed body. Honest pages reach a ratio of about 40,
// endless lists of alike items 60; DEFLATE can reach 1032.
const (
	maxRatio   = 150
	ratioFloor = 1 << 20 // bytes out under which the ratio is not looked at
)

var (
	errTooLarge = errors.New("body is over the limit")
	errCutShort = errors.New("body ends early")
	errEncoding = errors.New("body is in an encoding that was not asked for")
)

// readBody returns the whole decompressed body of res. A body over limit
// bytes, on the wire or decompressed, is errTooLarge; one that ends before it
// should, or does not decompress, is errCutShort. Nothing is ever cut.
func readBody(res *http.Response, limit int64) ([]byte, error) {
	if res.ContentLength > limit {
		return nil, fmt.Errorf("%w: %d bytes announced, %d allowed", errTooLarge, res.ContentLength, limit)
	}
	wire := &counter{r: res.Body, limit: limit}
	plain, err := decoder(res, wire, limit)
	if err != nil {
		return nil, bodyError(err)
	}
	defer plain.Close()
	size := int64(32 << 10)
	if res.ContentLength > 0 {
		size = res.ContentLength + 1
	}
	body := make([]byte, 0, size)
	for {
		if len(body) == cap(body) {
			body = append(body, 0)[:len(body)]
		}
		n, err := plain.Read(body[len(body):min(cap(body), int(limit)+1)])
		body = body[:len(body)+n]
		out := int64(len(body))
		if out > limit || out > ratioFloor && out/maxRatio > wire.n {
			return nil, fmt.Errorf("%w: %d bytes out of %d", errTooLarge, out, wire.n)
		}
		if err == io.EOF {
			return body, nil
		}
		if err != nil {
			return nil, bodyError(err)
		}
	}
}

// bodyError tells a body that is broken from a connection that is.
func bodyError(err error) error {
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, errTooLarge), errors.Is(err, errEncoding):
		return err
	case errors.Is(err, zstd.ErrDecoderSizeExceeded), errors.Is(err, zstd.ErrWindowSizeExceeded):
		return fmt.Errorf("%w: %w", errTooLarge, err)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.As(err, &corrupt),
		errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.Is(err, zlib.ErrHeader),
		errors.Is(err, zstd.ErrMagicMismatch), errors.Is(err, zstd.ErrCRCMismatch):
		return fmt.Errorf("%w: %w", errCutShort, err)
	}
	return fmt.Errorf("read body: %w", err)
}

// decoder returns the reader of res's plain bytes. Its Close leaves wire open.
func decoder(res *http.Response, wire io.Reader, limit int64) (io.ReadCloser, error) {
	switch encoding := strings.ToLower(strings.TrimSpace(res.Header.Get("Content-Encoding"))); encoding {
	case "", "identity":
		return unnamed(res, wire)
	case "gzip", "x-gzip":
		return gzip.NewReader(wire)
	case "deflate":
		return deflated(wire)
	case "zstd":
		d, err := zstd.NewReader(wire, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxMemory(uint64(limit)), zstd.WithDecoderMaxWindow(8<<20)) // RFC 9659
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	default:
		return nil, fmt.Errorf("%w: %.40q", errEncoding, encoding)
	}
}

// unnamed opens a body without Content-Encoding. Feeds and sitemaps named
// *.gz come so; they are decompressed here, within our limits.
func unnamed(res *http.Response, wire io.Reader) (io.ReadCloser, error) {
	if res.Request == nil || res.Request.URL == nil || !strings.HasSuffix(res.Request.URL.Path, ".gz") {
		return io.NopCloser(wire), nil
	}
	b := bufio.NewReader(wire)
	if head, err := b.Peek(2); err != nil || head[0] != 0x1f || head[1] != 0x8b {
		return io.NopCloser(b), nil //nolint:nilerr // a body shorter than two bytes is plain
	}
	return gzip.NewReader(b)
}

// deflated opens "deflate", which RFC 9110 defines as zlib and some servers
// send without the zlib header.
func deflated(wire io.Reader) (io.ReadCloser, error) {
	b := bufio.NewReader(wire)
	head, err := b.Peek(2)
	if err != nil {
		return nil, err
	}
	if head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		return zlib.NewReader(b)
	}
	return flate.NewReader(b), nil
}

// counter counts what is read, and refuses more than limit bytes.
type counter struct {
	r        io.Reader
	n, limit int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if c.n > c.limit {
		return n, fmt.Errorf("%w: more than %d bytes on the wire", errTooLarge, c.limit)
	}
	return n, err
}
