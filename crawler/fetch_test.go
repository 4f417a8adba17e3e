package crawler

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"otklik/mention"
)

func gzipped(t *testing.T, plain []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// colly decodes by the header's charset and ignores <meta charset>; Extract
// needs the bytes as they were and the header as it was.
func TestFetch_HandsOutBytesAndTypeAsSent(t *testing.T) {
	body := []byte("<meta charset=windows-1251><p>\xcf\xf0\xe8\xe2\xe5\xf2")
	for _, kind := range []string{"text/html", "text/html; charset=windows-1251", "text/html; charset=nonsense", ""} {
		url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = nil
			if kind != "" {
				w.Header().Set("Content-Type", kind)
			}
			_, _ = w.Write(body)
		})
		raw, err := get(t, testConfig(), url)
		if err != nil || !bytes.Equal(raw.Body, body) || raw.Header.Get("Content-Type") != kind {
			t.Errorf("type %q: body %q, type %q, err %v", kind, raw.Body, raw.Header.Get("Content-Type"), err)
		}
	}
}

// colly marks an address visited before it is fetched, so that a failure
// could never be repeated.
func TestFetch_SameAddressTwiceInOneSession(t *testing.T) {
	var hits atomic.Int32
	url := serve(t, func(http.ResponseWriter, *http.Request) { hits.Add(1) })
	s, err := newCrawler(t, testConfig(), Deps{}).newSession(testSource())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := s.fetch(t.Context(), Request{URL: url}, validator{}); err != nil {
			t.Fatal(err)
		}
	}
	if hits.Load() != 2 {
		t.Errorf("%d requests, want 2", hits.Load())
	}
}

// colly cuts bodies at its limit in silence.
func TestFetch_BodyOverTheLimitIsAnError(t *testing.T) {
	c := testConfig()
	c.MaxBody = 64 << 10
	bomb := gzipped(t, make([]byte, 10<<20))
	for name, h := range map[string]http.HandlerFunc{
		"announced": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(2<<30))
			_, _ = w.Write([]byte("x"))
		},
		"chunked": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(make([]byte, 64<<10+1))
		},
		"gzip bomb": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb)
		},
		"cut": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte("half"))
		},
		"cut gzip": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzipped(t, []byte(strings.Repeat("слово ", 1000)))
			_, _ = w.Write(z[:len(z)/2])
		},
		"no gzip": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write([]byte("plain text, whatever the header says"))
		},
		"brotli": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "br")
			_, _ = w.Write([]byte("?"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			raw, err := get(t, c, serve(t, h))
			if v := fetchVerdict(err); err == nil || v != mention.Truncated || raw.Body != nil {
				t.Errorf("got %d bytes, verdict %s, err %v; want truncated and no body", len(raw.Body), v, err)
			}
		})
	}
}

func TestFetch_BodyOfTheLimitPasses(t *testing.T) {
	c := testConfig()
	c.MaxBody = 64 << 10
	raw, err := get(t, c, serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 64<<10)) }))
	if err != nil || len(raw.Body) != 64<<10 {
		t.Errorf("%d bytes, err %v", len(raw.Body), err)
	}
}

func TestFetch_TwoGigabytesCostNoMemory(t *testing.T) {
	block := make([]byte, 1<<20)
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		for range 2048 {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := get(t, testConfig(), url); !errors.Is(err, errTooLarge) {
		t.Fatalf("err = %v, want %v", err, errTooLarge)
	}
	runtime.ReadMemStats(&after)
	if spent := (after.TotalAlloc - before.TotalAlloc) >> 20; spent > 80 {
		t.Errorf("%d MiB allocated for a body of 2 GiB with a limit of 8 MiB", spent)
	}
}

// A page that compresses a thousandfold is no page, however small it stays.
func TestFetch_RatioOfDecompressionIsBounded(t *testing.T) {
	plain := make([]byte, 6<<20)
	var deflated, zipped bytes.Buffer
	zw := zlib.NewWriter(&deflated)
	_, _ = zw.Write(plain)
	_ = zw.Close()
	enc, err := zstd.NewWriter(&zipped)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = enc.Write(plain)
	_ = enc.Close()
	for encoding, bomb := range map[string][]byte{"gzip": gzipped(t, plain), "deflate": deflated.Bytes(), "zstd": zipped.Bytes()} {
		_, err := get(t, testConfig(), serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", encoding)
			_, _ = w.Write(bomb)
		}))
		if !errors.Is(err, errTooLarge) {
			t.Errorf("%s: 6 MiB out of %d bytes: err = %v, want %v", encoding, len(bomb), err, errTooLarge)
		}
	}
	for _, unasked := range []string{"br", "compress", "gzip, gzip"} {
		_, err := get(t, testConfig(), serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", unasked)
			_, _ = w.Write([]byte("whatever"))
		}))
		if err == nil {
			t.Errorf("a body in %q, which we cannot bound, was read", unasked)
		}
	}
}

// colly unpacks *.xml.gz without a limit.
func TestFetch_XMLGZBombIsBounded(t *testing.T) {
	c := testConfig()
	c.MaxBody = 1 << 20
	h := func(plain []byte) http.HandlerFunc {
		packed := gzipped(t, plain)
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/x-gzip")
			_, _ = w.Write(packed)
		}
	}
	if _, err := get(t, c, serve(t, h(make([]byte, 20<<20)))+"/feed.xml.gz"); !errors.Is(err, errTooLarge) {
		t.Errorf("bomb: err = %v, want %v", err, errTooLarge)
	}
	if raw, err := get(t, c, serve(t, h([]byte("<rss/>")))+"/feed.xml.gz"); err != nil || string(raw.Body) != "<rss/>" {
		t.Errorf("honest feed: %q, err %v", raw.Body, err)
	}
}

func TestFetch_DecodesWhatItAsksFor(t *testing.T) {
	plain := []byte(strings.Repeat("отзыв ", 2000))
	var z, f bytes.Buffer
	zw := zlib.NewWriter(&z)
	_, _ = zw.Write(plain)
	_ = zw.Close()
	enc, err := zstd.NewWriter(&f)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = enc.Write(plain)
	_ = enc.Close()
	for encoding, packed := range map[string][]byte{
		"gzip": gzipped(t, plain), "deflate": z.Bytes(), "deflate raw": z.Bytes()[2 : z.Len()-4], "zstd": f.Bytes(), "identity": plain,
	} {
		raw, err := get(t, testConfig(), serve(t, func(w http.ResponseWriter, r *http.Request) {
			name, _, _ := strings.Cut(encoding, " ")
			if name != "identity" && !strings.Contains(r.Header.Get("Accept-Encoding"), name) {
				t.Errorf("%s was not asked for in %q", name, r.Header.Get("Accept-Encoding"))
			}
			w.Header().Set("Content-Encoding", name)
			_, _ = w.Write(packed)
		}))
		if err != nil || !bytes.Equal(raw.Body, plain) {
			t.Errorf("%s: %d bytes, err %v", encoding, len(raw.Body), err)
		}
	}
}

// colly sleeps for its delays and cannot be woken.
func TestFetch_WaitingForATurnEndsWithTheContext(t *testing.T) {
	url := serve(t, func(http.ResponseWriter, *http.Request) {})
	src := testSource()
	src.Site.Pace.Delay = time.Hour
	s, err := newCrawler(t, testConfig(), Deps{}).newSession(src)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.fetch(t.Context(), Request{URL: url}, validator{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := s.fetch(ctx, Request{URL: url}, validator{}); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v, want %v", err, context.Canceled)
	}
}

// colly caches answers of 4xx; nothing here may.
func TestFetch_ErrorsAreNotRemembered(t *testing.T) {
	var hits atomic.Int32
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if hits.Add(1) == 1 {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_, _ = io.WriteString(w, "better")
	})
	s, err := newCrawler(t, testConfig(), Deps{}).newSession(testSource())
	if err != nil {
		t.Fatal(err)
	}
	first, err := s.fetch(t.Context(), Request{URL: url}, validator{})
	if err != nil || first.Status != http.StatusForbidden {
		t.Fatalf("first: status %d, err %v", first.Status, err)
	}
	if second, err := s.fetch(t.Context(), Request{URL: url}, validator{}); err != nil || string(second.Body) != "better" {
		t.Errorf("second: %q, err %v", second.Body, err)
	}
}

// colly's Visit returns the first error even when a repetition succeeded.
func TestFetch_RepetitionThatSucceedsIsASuccess(t *testing.T) {
	var hits atomic.Int32
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if hits.Add(1) == 1 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		_, _ = io.WriteString(w, "better")
	})
	raw, err := get(t, testConfig(), url)
	if err != nil || raw.Status != 200 || string(raw.Body) != "better" || hits.Load() != 2 {
		t.Errorf("status %d, %q, %d requests, err %v", raw.Status, raw.Body, hits.Load(), err)
	}
}

// colly lets a panic end the process.
func TestFetch_PanicBecomesAnError(t *testing.T) {
	s, err := newCrawler(t, testConfig(), Deps{}).newSession(testSource())
	if err != nil {
		t.Fatal(err)
	}
	s.trip.net = nil // a bug, as deep as one can be
	if _, err := s.once(t.Context(), Request{URL: "http://127.0.0.1/"}, validator{}); err == nil || !strings.Contains(err.Error(), "bug") {
		t.Errorf("err = %v, want the bug told", err)
	}
}

func TestFetch_SlowAnswersEnd(t *testing.T) {
	c := testConfig()
	c.Timeout = 100 * time.Millisecond
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil { // a byte at a time, for ever
			_, _ = w.Write([]byte("."))
			w.(http.Flusher).Flush()
			select {
			case <-r.Context().Done():
			case <-time.After(10 * time.Millisecond):
			}
		}
	})
	s, err := newCrawler(t, c, Deps{}).newSession(testSource())
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.once(t.Context(), Request{URL: url}, validator{})
	if fetchVerdict(err) != mention.Unreachable || !strings.Contains(err.Error(), "no whole answer within 100ms") {
		t.Errorf("err = %v, verdict %s", err, fetchVerdict(err))
	}
}

func TestFetch_HeadersAreBounded(t *testing.T) {
	_, err := get(t, testConfig(), serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Long", strings.Repeat("x", 2*maxHeaderBytes))
	}))
	if err == nil {
		t.Error("an answer with half a megabyte of headers was taken")
	}
}

func TestFetch_Redirects(t *testing.T) {
	var got http.Header
	other := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Clone()
		_, _ = io.WriteString(w, "other")
	})
	_, port, err := net.SplitHostPort(strings.TrimPrefix(other, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := "http://localhost:" + port
	var hops atomic.Int32
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, elsewhere+"/there", http.StatusFound)
		case "/file":
			w.Header().Set("Location", "file:///etc/passwd")
			w.WriteHeader(http.StatusFound)
		case "/post":
			http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect)
		default:
			hops.Add(1)
			http.Redirect(w, r, fmt.Sprintf("/%d", hops.Load()), http.StatusFound)
		}
	})
	src := testSource()
	src.Header = http.Header{"Api-Key": {"hush"}, "Accept-Language": {"ru"}}
	s, err := newCrawler(t, testConfig(), Deps{}).newSession(src)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("another host gets no credentials", func(t *testing.T) {
		raw, err := s.fetch(t.Context(), Request{URL: url + "/away"}, validator{})
		if err != nil || raw.URL != elsewhere+"/there" || got.Get("Api-Key") != "" || got.Get("Accept-Language") != "ru" {
			t.Errorf("at %s with %v, err %v", raw.URL, got, err)
		}
	})
	t.Run("an endless chain ends", func(t *testing.T) {
		if _, err := s.fetch(t.Context(), Request{URL: url + "/0"}, validator{}); !errors.Is(err, errRedirects) || hops.Load() != maxRedirects+1 {
			t.Errorf("%d hops, err %v", hops.Load(), err)
		}
	})
	t.Run("a file is no address", func(t *testing.T) {
		if _, err := s.fetch(t.Context(), Request{URL: url + "/file"}, validator{}); !errors.Is(err, errScheme) {
			t.Errorf("err = %v, want %v", err, errScheme)
		}
	})
	t.Run("a body is not sent to another host", func(t *testing.T) {
		if raw, err := s.fetch(t.Context(), Request{Method: "POST", URL: url + "/post", Body: []byte("{}")}, validator{}); err == nil {
			t.Errorf("answered %q", raw.Body)
		}
	})
}

func TestFetch_PrivateAddressIsRefused(t *testing.T) {
	c := testConfig()
	c.AllowPrivate = false
	url := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a private address was dialled") })
	if _, err := get(t, c, url); !errors.Is(err, errPrivate) {
		t.Errorf("err = %v, want %v", err, errPrivate)
	}
}

func TestFetch_ErrorsHideTheAddress(t *testing.T) {
	_, err := get(t, testConfig(), "http://127.0.0.1:1/?access_token=hush")
	if err == nil || strings.Contains(err.Error(), "hush") {
		t.Errorf("err = %v", err)
	}
}

func TestFetch_IntroducesItself(t *testing.T) {
	var agent string
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) { agent = r.UserAgent() })
	if _, err := get(t, testConfig(), url); err != nil || agent != DefaultConfig().UserAgent {
		t.Errorf("agent %q, err %v", agent, err)
	}
}

func TestFetch_CookiesLastForThePass(t *testing.T) {
	var seen []string
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Get("Cookie"))
		http.SetCookie(w, &http.Cookie{Name: "visit", Value: "1"})
	})
	c := newCrawler(t, testConfig(), Deps{})
	for range 2 {
		s, err := c.newSession(testSource())
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := s.fetch(t.Context(), Request{URL: url}, validator{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if want := "[ visit=1  visit=1]"; fmt.Sprint(seen) != want {
		t.Errorf("cookies %v, want %v", seen, want)
	}
}

func TestFetch_BudgetCountsRedirects(t *testing.T) {
	c := testConfig()
	c.Requests = 2
	url := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path+"x", http.StatusFound) })
	if _, err := get(t, c, url+"/a"); !errors.Is(err, errBudget) {
		t.Errorf("err = %v, want %v", err, errBudget)
	}
}
