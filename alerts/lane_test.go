package alerts

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestLane(t *testing.T) {
	t.Run("the oldest goes first, whoever came first, one at a time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var l lane
			var order []int64
			for _, job := range []int64{4, 2, 3, 1} {
				go func() {
					leave, err := l.enter(t.Context(), job)
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
			if want := []int64{1, 2, 3, 4}; !slices.Equal(order, want) {
				t.Errorf("order %v, want %v", order, want)
			}
		})
	})
	t.Run("who gives up does not block those behind", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var l lane
			leave, err := l.enter(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			gone := make(chan error, 1)
			go func() {
				_, err := l.enter(ctx, 2)
				gone <- err
			}()
			synctest.Wait()
			cancel()
			if err := <-gone; err == nil {
				t.Error("a cancelled sender got its turn")
			}
			leave()
			if leave, err = l.enter(t.Context(), 3); err != nil {
				t.Fatal(err)
			}
			leave()
		})
	})
}
