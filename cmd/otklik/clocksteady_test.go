//go:build !clockjump

package main

// obeyClock is for bench/clock.sh, which builds with a clock that can jump.
func obeyClock() {}
