package dedup_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"otklik/dedup"
)

// breakable is a memory that can be switched off.
type breakable struct {
	dedup.Memory
	down  bool
	calls atomic.Int64
}

var errDown = errors.New("connection refused")

func (b *breakable) fails() error {
	b.calls.Add(1)
	if b.down {
		return errDown
	}
	return nil
}

func (b *breakable) Check(ctx context.Context, keys []uint64) ([]uint64, []bool, error) {
	if err := b.fails(); err != nil {
		return nil, nil, err
	}
	return b.Memory.Check(ctx, keys)
}

func (b *breakable) Remember(ctx context.Context, keys, looks []uint64) error {
	if err := b.fails(); err != nil {
		return err
	}
	return b.Memory.Remember(ctx, keys, looks)
}

func (b *breakable) Forget(ctx context.Context, keys []uint64) error {
	if err := b.fails(); err != nil {
		return err
	}
	return b.Memory.Forget(ctx, keys)
}

func newFallback(t *testing.T) (*dedup.Fallback, *breakable, *bytes.Buffer, *prometheus.Registry) {
	t.Helper()
	local, err := dedup.NewLocal(0)
	if err != nil {
		t.Fatal(err)
	}
	var logged bytes.Buffer
	memory, reg := &breakable{Memory: local}, prometheus.NewRegistry()
	return dedup.NewFallback(memory, slog.New(slog.NewTextHandler(&logged, nil)), reg), memory, &logged, reg
}

func TestFallback_ServesWhatTheMemoryKnows(t *testing.T) {
	f, _, _, _ := newFallback(t)
	suite(t, mustAgree{f})
}

// mustAgree makes the suite's refusal of uneven slices visible through the
// wrapper, which otherwise hides every failure from its caller.
type mustAgree struct{ *dedup.Fallback }

func (m mustAgree) Remember(ctx context.Context, keys, looks []uint64) error {
	if len(keys) != len(looks) {
		return errors.New("uneven")
	}
	return m.Fallback.Remember(ctx, keys, looks)
}

func TestFallback_DownMeansUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, memory, logged, reg := newFallback(t)
		ctx := t.Context()
		check := func(want ...bool) {
			t.Helper()
			_, known, err := f.Check(ctx, []uint64{1, 2})
			if err != nil || !slices.Equal(known, want) {
				t.Errorf("Check = %v, %v; want %v", known, err, want)
			}
		}
		if err := f.Remember(ctx, []uint64{1, 2}, []uint64{10, 20}); err != nil {
			t.Fatal(err)
		}
		check(true, true)

		memory.down = true
		check(false, false)
		if err := f.Remember(ctx, []uint64{1}, []uint64{11}); err != nil {
			t.Errorf("Remember while down: %v", err)
		}
		asked := memory.calls.Load()
		check(false, false)
		if memory.calls.Load() != asked {
			t.Error("a memory that just failed was asked again at once")
		}
		if _, down := f.IsDown(); !down {
			t.Error("IsDown says up")
		}

		memory.down = false
		time.Sleep(time.Minute)
		// 1 was changed meanwhile: its old look must not be believed.
		check(false, true)
		if since, down := f.IsDown(); down {
			t.Errorf("IsDown says since %v", since)
		}
		for _, line := range []string{"memory is down", "memory is back"} {
			if n := strings.Count(logged.String(), line); n != 1 {
				t.Errorf("%q logged %d times, want once in\n%s", line, n, logged)
			}
		}
		want := map[string]float64{
			"otklik_dedup_checks_total known":     3,
			"otklik_dedup_checks_total unknown":   5,
			"otklik_dedup_failures_total check":   1,
			"otklik_dedup_memory_up":              1,
			"otklik_dedup_doubtful_dropped_total": 0,
		}
		if got := gathered(t, reg); !maps.Equal(got, want) {
			t.Errorf("metrics = %v, want %v", got, want)
		}
	})
}

func TestFallback_ForgetsLaterWhatItCouldNotForget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, memory, _, _ := newFallback(t)
		if err := f.Remember(t.Context(), []uint64{1}, []uint64{10}); err != nil {
			t.Fatal(err)
		}
		memory.down = true
		if err := f.Forget(t.Context(), []uint64{1}); err != nil {
			t.Errorf("Forget while down: %v", err)
		}
		time.Sleep(time.Minute)
		if _, known, _ := f.Check(t.Context(), []uint64{1}); known[0] {
			t.Error("known while down")
		}
		memory.down = false
		time.Sleep(time.Minute)
		if _, known, _ := f.Check(t.Context(), []uint64{1}); known[0] {
			t.Error("a forgotten mention came back")
		}
	})
}

// lingering is a memory whose first call takes five seconds and fails.
type lingering struct {
	*breakable
	first atomic.Bool
}

func (l *lingering) Check(ctx context.Context, keys []uint64) ([]uint64, []bool, error) {
	if l.first.CompareAndSwap(false, true) {
		time.Sleep(5 * time.Second) // virtual
		return nil, nil, errDown
	}
	return l.breakable.Check(ctx, keys)
}

func TestFallback_AFailureFromBeforeTheReturnIsNoNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, memory, logged, _ := newFallback(t)
		f := dedup.NewFallback(&lingering{breakable: memory}, slog.New(slog.NewTextHandler(logged, nil)), prometheus.NewRegistry())
		check := func() {
			if _, _, err := f.Check(t.Context(), []uint64{1}); err != nil {
				t.Error(err)
			}
		}
		go check()
		time.Sleep(time.Second)
		memory.down = true
		check()
		memory.down = false
		time.Sleep(3 * time.Second) // it is left alone for so long
		check()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if _, down := f.IsDown(); down || strings.Count(logged.String(), "memory is down") != 1 {
			t.Errorf("the late failure counts as another outage: down %v\n%s", down, logged)
		}
	})
}

func TestFallback_CancelledIsNotDown(t *testing.T) {
	f, memory, logged, _ := newFallback(t)
	memory.down = true
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := f.Check(ctx, []uint64{1}); err == nil {
		t.Error("Check hides that the caller gave up")
	}
	if err := f.Remember(ctx, []uint64{1}, []uint64{1}); !errors.Is(err, context.Canceled) {
		t.Errorf("Remember = %v, want context.Canceled", err)
	}
	if _, down := f.IsDown(); down || logged.Len() > 0 {
		t.Errorf("a cancelled call counts as a failure of the memory: %s", logged)
	}
}

// gathered returns the values of reg's metrics by name and label.
func gathered(t *testing.T, reg *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for _, l := range m.GetLabel() {
				name += " " + l.GetValue()
			}
			values[name] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return values
}
