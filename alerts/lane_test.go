package alerts

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestLane(t *testing.T) {
	t.Run("the oldest goes first, whoever came first, one at a time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var l lane
			var order []int64
			for _, job := range []int64{4, 2, 3, 1, 5} {
				if job == 5 { // others were sent away by then
					time.Sleep(1500 * time.Millisecond)
				}
				go func() {
					leave, until, err := l.enter(t.Context(), job, time.Now)
					for ; !until.IsZero(); leave, until, err = l.enter(t.Context(), job, time.Now) {
						time.Sleep(time.Until(until))
					}
					if err != nil {
						t.Error(err)
						return
					}
					order = append(order, job)
					time.Sleep(time.Second)
					leave()
				}()
				time.Sleep(time.Millisecond)
			}
			time.Sleep(10 * time.Second)
			synctest.Wait()
			if want := []int64{1, 2, 3, 4, 5}; !slices.Equal(order, want) {
				t.Errorf("order %v, want %v", order, want)
			}
		})
	})
	t.Run("a backlog is sent away, a second apart, and leaves the workers to others", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var l lane
			var mu sync.Mutex
			begun, told := time.Now(), map[int64]time.Duration{}
			for job := range int64(6) {
				go func() {
					leave, until, err := l.enter(t.Context(), job, time.Now)
					switch {
					case err != nil:
						t.Error(err)
					case !until.IsZero():
						mu.Lock()
						told[job] = until.Sub(begun).Truncate(time.Second)
						mu.Unlock()
					default:
						time.Sleep(time.Minute)
						leave()
					}
				}()
			}
			time.Sleep(2 * settle)
			synctest.Wait()
			want := map[int64]time.Duration{2: 2 * time.Second, 3: 3 * time.Second, 4: 4 * time.Second, 5: 5 * time.Second}
			if !maps.Equal(told, want) {
				t.Errorf("told to come back after %v, want %v: one posts, one waits", told, want)
			}
			time.Sleep(5 * time.Minute)
		})
	})
	t.Run("who gives up does not block those behind", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var l lane
			leave, _, err := l.enter(t.Context(), 1, time.Now)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			gone := make(chan error, 1)
			go func() {
				_, _, err := l.enter(ctx, 2, time.Now)
				gone <- err
			}()
			synctest.Wait()
			cancel()
			if err := <-gone; err == nil {
				t.Error("a cancelled sender got its turn")
			}
			leave()
			if leave, _, err = l.enter(t.Context(), 3, time.Now); err != nil {
				t.Fatal(err)
			}
			leave()
		})
	})
}
