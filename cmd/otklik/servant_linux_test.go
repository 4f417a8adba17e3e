package main

import "syscall"

// endsWithUs lets a server end with the process that started it, even when
// that one is killed.
func endsWithUs() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
