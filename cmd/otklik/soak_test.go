package main

import (
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

var (
	soakVisits = flag.Int("soak.visits", 200, "page visits of the soak; bench/soak.sh says a hundred thousand")
	soakFor    = flag.Duration("soak.for", 8*time.Second, "the time they are spread over; bench/soak.sh says 110 minutes")
)

// soakReloads is how often the configuration is read again meanwhile.
const soakReloads = 4

// TestSoak has the real daemon visit pages at an even pace, with reviews that
// are new or edited among the known, raw pages kept and purged, and the
// configuration read again now and then. Its memory, goroutines and open files
// after a tenth of the time must be those at the end.
func TestSoak(t *testing.T) {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("there is no /proc here")
	}
	t.Parallel()
	every := min(10*time.Second, *soakFor/8)
	sources := max(1, int(float64(*soakVisits)*every.Seconds()/soakFor.Seconds()))
	r := newRig(t, rigConfig{sources: sources, every: every, delay: time.Millisecond,
		pprof: freePort(t), raw: "keep: 1h, max_bytes: 67108864"})
	r.seeded(sources)
	dice := rand.New(rand.NewPCG(20261122, 7))
	begun, samples := time.Now(), []soakSample{}
	change := time.NewTicker(max(*soakFor/3000, 500*time.Millisecond))
	sample := time.NewTicker(min(*soakFor/20, time.Minute))
	reload := time.NewTicker(*soakFor / soakReloads)
	defer change.Stop()
	defer sample.Stop()
	defer reload.Stop()
	for n := 0; time.Since(begun) < *soakFor; {
		select {
		case <-change.C:
			n++
			r.change(n, dice.IntN(sources))
		case <-sample.C:
			s := r.sample(t)
			samples = append(samples, s)
			t.Logf("%6.1f min, %6d visits: %s", time.Since(begun).Minutes(), r.site.Visits(), s)
		case <-reload.C:
			r.daemons[0].signal(syscall.SIGHUP)
		}
	}
	waitFor(t, "card for each complaint", func() bool { return len(cardsByMention(t, r.slack)) >= len(r.wanted) })
	for mention, cards := range cardsByMention(t, r.slack) {
		if cards != 1 {
			t.Errorf("mention %s has %d cards", mention, cards)
		}
	}
	wantFlat(t, samples)
}

// change publishes a complaint with each 30th call, else a review or an edit.
func (r *rig) change(n, product int) {
	switch {
	case n%30 == 0:
		r.complain(product)
	case n%2 == 0:
		r.site.Publish(product, 1)
	default:
		r.site.Edit(product, 1)
	}
}

// soakSample is what the daemon holds at one moment.
type soakSample struct {
	heap, resident, goroutines, files int // heap after a collection; both in bytes
	cpu                               time.Duration
}

func (s soakSample) String() string {
	return fmt.Sprintf("heap %.1f MB, resident %.1f MB, %d goroutines, %d open files, %.1f s of processor",
		float64(s.heap)/1e6, float64(s.resident)/1e6, s.goroutines, s.files, s.cpu.Seconds())
}

// sample collects the daemon's garbage and reads what is left.
func (r *rig) sample(t *testing.T) soakSample {
	t.Helper()
	proc := "/proc/" + strconv.Itoa(r.daemons[0].cmd.Process.Pid)
	files, err := os.ReadDir(proc + "/fd")
	if err != nil {
		t.Fatal(err)
	}
	return soakSample{
		heap:       number(t, r.profile(t, "heap?gc=1&debug=1"), `# HeapAlloc = (\d+)`),
		goroutines: number(t, r.profile(t, "goroutine?debug=1"), `goroutine profile: total (\d+)`),
		resident:   number(t, procFile(t, proc+"/status"), `VmRSS:\s+(\d+) kB`) << 10,
		files:      len(files),
		cpu:        processorTime(t, procFile(t, proc+"/stat")),
	}
}

// profile returns a profile of the daemon as text. A daemon that is taking
// over its new configuration is asked again.
func (r *rig) profile(t *testing.T, query string) (text string) {
	t.Helper()
	waitFor(t, "profile", func() bool {
		res, err := http.Get("http://" + r.pprof + "/debug/pprof/" + query)
		if err != nil {
			return false
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		text = string(body)
		return err == nil && res.StatusCode == http.StatusOK
	})
	return text
}

func procFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// number returns the number that pattern finds in text.
func number(t *testing.T, text, pattern string) int {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no %s in %.300q", pattern, text)
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// processorTime adds up the user and system time of /proc/PID/stat: its fields
// 14 and 15, in hundredths of a second. The name before them may hold blanks.
func processorTime(t *testing.T, stat string) time.Duration {
	t.Helper()
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	ticks := number(t, fields[11], `(\d+)`) + number(t, fields[12], `(\d+)`)
	return time.Duration(ticks) * 10 * time.Millisecond
}

// wantFlat fails if the daemon holds more in the last tenth of the time than in
// the second. The least of each tenth counts: a sample may fall into a pass. A
// run so short that a tenth is one sample compares moments, of which the first
// are still those of the start: it may differ by more.
func wantFlat(t *testing.T, samples []soakSample) {
	t.Helper()
	tenth := max(1, len(samples)/10)
	slack := 1
	if len(samples) < 20 {
		slack = 4
	}
	first, last := least(samples[tenth:2*tenth]), least(samples[len(samples)-tenth:])
	for what, grown := range map[string][2]int{
		"bytes of heap":  {last.heap - first.heap, 8 << 20},
		"resident bytes": {last.resident - first.resident, 32 << 20},
		"goroutines":     {last.goroutines - first.goroutines, 30},
		"open files":     {last.files - first.files, 10},
	} {
		if grown[0] > slack*grown[1] {
			t.Errorf("%d more %s than after a tenth of the time, at most %d may be", grown[0], what, slack*grown[1])
		}
	}
}

// least returns the least of each kind.
func least(samples []soakSample) soakSample {
	low := samples[0]
	for _, s := range samples {
		low.heap, low.resident = min(low.heap, s.heap), min(low.resident, s.resident)
		low.goroutines, low.files = min(low.goroutines, s.goroutines), min(low.files, s.files)
	}
	return low
}
