//go:build !linux

package storetest

import "syscall"

// servant leaves a command as it is: a folder to be had by another user, and a
// server that ends with its parent, are Linux's.
func servant(string) (*syscall.SysProcAttr, error) {
	return &syscall.SysProcAttr{}, nil
}
