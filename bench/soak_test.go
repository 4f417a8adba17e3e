package bench_test

import (
	"flag"
	"runtime"
	"testing"

	"otklik/bench"
)

var soakVisits = flag.Int("soak.visits", 600, "page visits over which memory must stay flat; bench/soak.sh says a hundred thousand")

// TestSoak visits pages again and again with the whole product, new reviews
// and edits among the known, and watches its memory after a first tenth.
func TestSoak(t *testing.T) {
	const pages = 20
	site := bench.NewSite(bench.SiteConfig{Pages: pages})
	address := serveHere(t, site)
	o := newOtklik(t, address, true)
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	o.read(t)
	var first, last uint64
	most := 0
	for visits := pages; visits < *soakVisits; visits += pages {
		site.Publish(0, 1)
		site.Edit(0, 1)
		o.read(t)
		most = max(most, runtime.NumGoroutine())
		if visits >= *soakVisits/10 && first == 0 {
			first = heap()
		}
	}
	last = heap()
	t.Logf("%d page visits: %.1f MB of heap in use after a tenth of them, %.1f MB at the end, at most %d goroutines",
		*soakVisits, float64(first)/1e6, float64(last)/1e6, most)
	if last > first+8<<20 {
		t.Errorf("the heap grew from %d to %d bytes", first, last)
	}
}
