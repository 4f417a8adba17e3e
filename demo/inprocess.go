package demo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
)

// InProcess returns a client that calls h instead of dialling, whatever the
// host. It needs no sockets and no goroutines, so it works under virtual time.
// A handler that panics with http.ErrAbortHandler looks like a cut connection.
func InProcess(h http.Handler) *http.Client {
	return &http.Client{Transport: inProcess{h}}
}

// ByHost sends each request to the handler of its host name and answers 404
// for a host it does not know.
type ByHost map[string]http.Handler

// ServeHTTP hands the request to the handler of its host.
func (b ByHost) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	h, ok := b[host]
	if !ok {
		http.Error(w, "no such host: "+host, http.StatusNotFound)
		return
	}
	h.ServeHTTP(w, r)
}

type inProcess struct{ h http.Handler }

// errCut is what a client sees of a connection that breaks before the answer.
var errCut = fmt.Errorf("connection cut before the answer: %w", io.ErrUnexpectedEOF)

func (p inProcess) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	in := r.Clone(r.Context())
	if in.Body == nil {
		in.Body = http.NoBody
	}
	defer in.Body.Close()
	in.RequestURI, in.RemoteAddr = r.URL.RequestURI(), "127.0.0.1:1"
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	defer func() {
		switch v := recover(); {
		case v == nil:
		case v == http.ErrAbortHandler:
			resp, err = nil, errors.Join(r.Context().Err(), errCut)
		default:
			panic(v)
		}
	}()
	rec := &recorder{header: http.Header{}, status: http.StatusOK}
	p.h.ServeHTTP(rec, in)
	return rec.response(r), nil
}

// recorder keeps one answer in memory.
type recorder struct {
	header  http.Header
	sent    http.Header // as it was when the status was written
	status  int
	started bool
	body    bytes.Buffer
}

func (rec *recorder) Header() http.Header { return rec.header }

func (rec *recorder) WriteHeader(status int) {
	if !rec.started {
		rec.started, rec.status, rec.sent = true, status, rec.header.Clone()
	}
}

func (rec *recorder) Write(p []byte) (int, error) {
	rec.WriteHeader(http.StatusOK)
	return rec.body.Write(p)
}

func (rec *recorder) response(r *http.Request) *http.Response {
	rec.WriteHeader(http.StatusOK)
	return &http.Response{
		Status:     fmt.Sprintf("%d %s", rec.status, http.StatusText(rec.status)),
		StatusCode: rec.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: rec.sent, Body: io.NopCloser(&rec.body), ContentLength: int64(rec.body.Len()), Request: r,
	}
}

// Wire is a listener without sockets: what Dial opens, Accept returns. With it
// Socket Mode, which needs a real connection, works under virtual time too.
type Wire struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

// NewWire returns an open wire.
func NewWire() *Wire {
	return &Wire{conns: make(chan net.Conn), closed: make(chan struct{})}
}

// Accept waits for the next Dial, or for Close.
func (w *Wire) Accept() (net.Conn, error) {
	select {
	case c := <-w.conns:
		return c, nil
	case <-w.closed:
		return nil, net.ErrClosed
	}
}

// Dial returns the near end of a new connection.
func (w *Wire) Dial() (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case w.conns <- far:
		return near, nil
	case <-w.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept and Dial; open connections stay.
func (w *Wire) Close() error {
	w.once.Do(func() { close(w.closed) })
	return nil
}

// Addr returns a placeholder address.
func (w *Wire) Addr() net.Addr { return wireAddr{} }

type wireAddr struct{}

func (wireAddr) Network() string { return "wire" }
func (wireAddr) String() string  { return "wire" }
