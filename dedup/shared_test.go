package dedup_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"otklik/dedup"
	"otklik/mention"
)

// recorder is the local pacer that a RedisPacer falls back to.
type recorder struct{ calls []string }

func (r *recorder) Wait(_ context.Context, host string, _ time.Duration) error {
	r.calls = append(r.calls, "wait "+host)
	return nil
}

func (r *recorder) Backoff(_ context.Context, host string, _ time.Duration) error {
	r.calls = append(r.calls, "backoff "+host)
	return nil
}

// within gives a turn that is further away than d as an error at once, so
// that tests see the booked time instead of living through it.
func within(t *testing.T, p *dedup.RedisPacer, host string, d, delay time.Duration) time.Duration {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	err := p.Wait(ctx, host, delay)
	if err == nil {
		return 0
	}
	retry, ok := errors.AsType[*mention.RetryError](err)
	if !ok {
		t.Fatalf("Wait(%s) = %v, want a RetryError", host, err)
	}
	return retry.After
}

func TestRedisPacer(t *testing.T) {
	for _, s := range servers(t) {
		t.Run(s.name, func(t *testing.T) {
			local := &recorder{}
			one, two := dedup.NewRedisPacer(s.client, "", local), dedup.NewRedisPacer(s.client, "", local)
			if got := within(t, one, "a.example", time.Minute, time.Hour); got != 0 {
				t.Errorf("the first turn is %v away", got)
			}
			if got := within(t, two, "A.example", time.Minute, time.Hour); got < 59*time.Minute || got > time.Hour {
				t.Errorf("the other daemon's turn is %v away, want what is left of an hour", got)
			}
			if got := within(t, two, "a.example", time.Minute, time.Hour); got > time.Hour {
				t.Errorf("a turn refused as too far away was booked all the same: %v", got)
			}
			if got := within(t, one, "b.example", time.Minute, time.Hour); got != 0 {
				t.Errorf("another host's turn is %v away", got)
			}
			if err := one.Backoff(t.Context(), "c.example", 3*time.Hour); err != nil {
				t.Fatal(err)
			}
			if err := two.Backoff(t.Context(), "c.example", time.Hour); err != nil {
				t.Fatal(err)
			}
			if got := within(t, two, "c.example", time.Minute, 0); got < 179*time.Minute {
				t.Errorf("after two backoffs the turn is %v away, want the longer one", got)
			}
			if len(local.calls) > 0 {
				t.Errorf("the local pacer was used: %v", local.calls)
			}
		})
	}
}

func TestRedisPacer_GivesUpWithItsContext(t *testing.T) {
	p := dedup.NewRedisPacer(servers(t)[0].client, "", &recorder{})
	if err := p.Wait(t.Context(), "a.example", time.Hour); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- p.Wait(ctx, "a.example", time.Hour) }()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Wait = %v, want context.Canceled", err)
	}
}

func TestRedisPacer_FallsBack(t *testing.T) {
	mini := miniredis.RunT(t)
	local := &recorder{}
	p := dedup.NewRedisPacer(openRedis(t, "redis://"+mini.Addr()), "", local)
	mini.Close()
	if err := p.Wait(t.Context(), "a.example", time.Second); err != nil {
		t.Error(err)
	}
	if err := p.Backoff(t.Context(), "a.example", time.Second); err != nil {
		t.Error(err)
	}
	if want := []string{"wait a.example", "backoff a.example"}; !slices.Equal(local.calls, want) {
		t.Errorf("local pacer heard %v, want %v", local.calls, want)
	}
}

func TestRedisValidators(t *testing.T) {
	for _, s := range servers(t) {
		t.Run(s.name, func(t *testing.T) {
			v := dedup.NewRedisValidators(s.client, "")
			want := func(key string, value []byte) {
				t.Helper()
				if got, err := v.Get(t.Context(), key); err != nil || !bytes.Equal(got, value) || (got == nil) != (value == nil) {
					t.Errorf("Get(%q) = %q, %v; want %q", key, got, err, value)
				}
			}
			put := func(key string, value []byte) {
				t.Helper()
				if err := v.Put(t.Context(), key, value); err != nil {
					t.Error(err)
				}
			}
			want("a", nil)
			put("a", []byte("one"))
			put("a", []byte{0, 0xff, '\n'})
			put("b", []byte("two"))
			want("a", []byte{0, 0xff, '\n'})
			put("b", nil)
			want("b", nil)
			if err := v.Put(t.Context(), "c", make([]byte, 16<<10+1)); err == nil {
				t.Error("a value over the limit was accepted")
			}
			if ttl := s.client.TTL(t.Context(), "otklik:etag:a").Val(); ttl <= 0 || ttl > 30*24*time.Hour {
				t.Errorf("lives for %v, want up to 30 days", ttl)
			}
		})
	}
}

func TestRedisLive(t *testing.T) {
	for _, s := range servers(t) {
		t.Run(s.name, func(t *testing.T) {
			live, other := dedup.NewRedisLive(s.client, "", "tasks"), dedup.NewRedisLive(s.client, "", "sites")
			ctx, cancel := context.WithCancel(t.Context())
			heard, done := make(chan string), make(chan error, 1)
			go func() {
				done <- live.Subscribe(ctx, func(message string, lost bool) {
					if lost {
						message = "(lost)"
					}
					heard <- message
				})
			}()
			if got := <-heard; got != "(lost)" {
				t.Fatalf("first heard %q, want the note that something may be lost", got)
			}
			for _, err := range []error{
				other.Publish(t.Context(), "not for us"),
				live.Publish(t.Context(), "task 17"),
				live.Publish(t.Context(), ""),
			} {
				if err != nil {
					t.Error(err)
				}
			}
			if got := <-heard; got != "task 17" {
				t.Errorf("heard %q, want task 17", got)
			}
			if got := <-heard; got != "" {
				t.Errorf("heard %q, want the empty message", got)
			}
			if err := live.Publish(t.Context(), strings.Repeat("x", 1025)); err == nil {
				t.Error("a message over the limit was sent")
			}
			cancel()
			if err := <-done; err != nil {
				t.Errorf("Subscribe = %v after its context ended", err)
			}
		})
	}
}

func TestRedisLive_SaysWhatMayBeLost(t *testing.T) {
	mini := miniredis.RunT(t)
	live := dedup.NewRedisLive(openRedis(t, "redis://"+mini.Addr()), "", "tasks")
	began, done := make(chan bool, 8), make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		done <- live.Subscribe(ctx, func(_ string, lost bool) { began <- lost })
	}()
	<-began
	mini.Close()
	if err := live.Publish(t.Context(), "unheard"); err == nil {
		t.Error("Publish to a server that is gone gave no error")
	}
	if err := mini.Restart(); err != nil {
		t.Fatal(err)
	}
	if lost := <-began; !lost {
		t.Error("after the server was away a message came before the note that something may be lost")
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Subscribe = %v after its context ended", err)
	}
}
