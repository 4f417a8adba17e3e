package crawler

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"otklik/mention"
)

func TestPacer_SpacesRequestsPerHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, start := NewPacer(), time.Now()
		for i := range 4 {
			if err := p.Wait(t.Context(), "a", 10*time.Second); err != nil {
				t.Fatal(err)
			}
			if got, want := time.Since(start), time.Duration(i)*10*time.Second; got != want {
				t.Fatalf("turn %d came after %s, want %s", i, got, want)
			}
		}
		before := time.Now()
		if err := p.Wait(t.Context(), "b", 10*time.Second); err != nil || time.Since(before) != 0 {
			t.Errorf("another host waited %s, err %v", time.Since(before), err)
		}
	})
}

func TestPacer_WaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPacer()
		ctx, cancel := context.WithCancel(t.Context())
		if err := p.Wait(ctx, "a", time.Hour); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		time.AfterFunc(time.Second, cancel)
		if err := p.Wait(ctx, "a", time.Hour); !errors.Is(err, context.Canceled) || time.Since(start) != time.Second {
			t.Errorf("Wait = %v after %s, want cancelled after 1s", err, time.Since(start))
		}
	})
}

func TestPacer_BackoffLongerThanThePassIsToldAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPacer()
		if err := p.Backoff(t.Context(), "a", time.Hour); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		start := time.Now()
		retry, ok := errors.AsType[*mention.RetryError](p.Wait(ctx, "a", time.Second))
		if !ok || retry.After != time.Hour || time.Since(start) != 0 {
			t.Errorf("Wait = %+v after %s, want a retry in 1h at once", retry, time.Since(start))
		}
	})
}

func TestPacer_ForgetsHosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewPacer().(*limiter)
		for i := range 3 * maxHosts {
			if err := l.Wait(t.Context(), fmt.Sprint("host", i), time.Millisecond); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second) // virtual
		}
		if len(l.next) > maxHosts {
			t.Errorf("%d hosts remembered, want at most %d", len(l.next), maxHosts)
		}
	})
}
