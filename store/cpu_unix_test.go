//go:build unix

package store_test

import (
	"syscall"
	"testing"
	"time"
)

// cpu returns the processor time that this process has used; it says more
// than the clock on a machine that does other things as well.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
