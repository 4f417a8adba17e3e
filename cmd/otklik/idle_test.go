//go:build !race

package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

var idleAll = flag.Bool("idle.all", false, "wait a minute, until each source had its first pass, before the memory of an idle daemon is read")

// TestIdle measures the memory of the real daemon with 500 sources that are
// not due: it reads /proc, so it runs on Linux alone. The race detector would
// multiply what it measures.
func TestIdle(t *testing.T) {
	const sources = 500
	passes := 20
	if *idleAll {
		passes = sources
	}
	rss := idleMemory(t, sources, passes)
	t.Logf("%d idle sources: %.1f MB resident", sources, float64(rss)/1e6)
	if rss > 80e6 {
		t.Errorf("%d bytes resident, the limit is 80 MB", rss)
	}
}

var residentSize = regexp.MustCompile(`VmRSS:\s+(\d+) kB`)

func idleMemory(t *testing.T, sources, passes int) int {
	t.Helper()
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("there is no /proc here")
	}
	dir, listen := t.TempDir(), freePort(t)
	var b strings.Builder
	b.WriteString("listen: " + listen + "\nbrands:\n  - name: Лавка\n    sources:\n")
	for i := range sources {
		fmt.Fprintf(&b, "      - {site: feed, url: \"http://127.0.0.1:1/%d\", every: \"0 0 1 1 *\"}\n", i)
	}
	b.WriteString("channels: {pr: {terminal: {}}}\nroutes: [{name: негатив, tone: negative, channel: pr}]\n")
	d := &daemon{t: t, config: filepath.Join(dir, "otklik.yaml")}
	write(t, d.config, b.String())
	d.start()
	t.Cleanup(func() { d.end(t) })
	waitFor(t, "first passes, which fail at once", func() bool { return d.says("pass finished") >= passes })
	<-time.After(time.Second)
	status, err := os.ReadFile("/proc/" + strconv.Itoa(d.cmd.Process.Pid) + "/status")
	if err != nil {
		t.Fatal(err)
	}
	m := residentSize.FindSubmatch(status)
	if m == nil {
		t.Fatal("the kernel does not tell the resident size")
	}
	kib, err := strconv.Atoi(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	return kib << 10
}
