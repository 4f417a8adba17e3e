package bench_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"runtime"
	"testing"
	"text/tabwriter"
	"time"

	"otklik/bench"
	"otklik/intake"
	"otklik/mention"
	"otklik/store"
)

// recheck is what a page that was read before may look like when it is read
// again, and what that costs.
type recheck struct {
	name    string
	site    bench.SiteConfig
	change  string // what is done to each page in between: /publish, /edit or nothing
	verdict mention.Verdict
	fresh   mention.Run // New and Edited of a page

	page, pass float64 // the best round's seconds of one processor, for a page
}

// TestRechecks reads pages again that stand alone, each a source of its own as
// most sources are, and prints what that costs in processor time: the page,
// with dedup, tone and archive, and the whole pass, with the record of it and
// the raw page kept, as the daemon does by default:
//
//	go test ./bench -run Rechecks -peers.pages 100 -peers.rounds 3 -v
func TestRechecks(t *testing.T) {
	all := []*recheck{
		{name: "unchanged, 304", site: bench.SiteConfig{Still: true}, verdict: mention.Unchanged},
		{name: "the same bytes", site: bench.SiteConfig{Still: true, Untagged: true}, verdict: mention.Unchanged},
		{name: "other bytes around known reviews", verdict: mention.OK},
		{name: "one of twenty reviews edited", change: "/edit", verdict: mention.OK, fresh: mention.Run{Edited: 1}},
		{name: "one of twenty reviews new", change: "/publish", verdict: mention.OK, fresh: mention.Run{New: 1}},
	}
	for range *peerRounds {
		for _, r := range all {
			r.page = least(r.page, r.round(t, false))
			r.pass = least(r.pass, r.round(t, true))
		}
	}
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "page\tms\tto unchanged\tms with record and raw page\tto unchanged\t\n")
	for _, r := range all {
		fmt.Fprintf(w, "%s\t%.3f\t%.1f\t%.3f\t%.1f\t\n", r.name, 1000*r.page, r.page/all[0].page, 1000*r.pass, r.pass/all[0].pass)
	}
	w.Flush()
	t.Log("\n" + b.String())
}

func least(best, now float64) float64 {
	if best == 0 {
		return now
	}
	return min(best, now)
}

// round returns what one page costs in a new archive.
func (r *recheck) round(t *testing.T, recorded bool) float64 {
	t.Helper()
	r.site.Products = *peerPages
	address := apart(t, r.site)
	o := newOtklik(t, address, recorded)
	visits := make([]visit, *peerPages)
	for i := range visits {
		visits[i] = newVisit(o, i, recorded)
		visits[i].make(t)
		if r.change != "" {
			order(t, fmt.Sprintf("%s%s?product=%d&n=1", address, r.change, i))
		}
	}
	runtime.GC() // the first passes' garbage is not this one's cost
	begun := cpu(t)
	for i := range visits {
		run := visits[i].make(t)
		if run.Verdict != r.verdict || run.New != r.fresh.New || run.Edited != r.fresh.Edited || run.Pages != 1 {
			t.Fatalf("%s: %+v; want %s, %d new and %d edited", r.name, run, r.verdict, r.fresh.New, r.fresh.Edited)
		}
	}
	return (cpu(t) - begun).Seconds() / float64(len(visits))
}

// order has the load site do something.
func order(t *testing.T, address string) {
	t.Helper()
	res, err := http.Post(address, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", address, res.Status)
	}
}

// visit makes the passes over one source of one page.
type visit struct {
	o       otklik
	watch   *intake.Watch // nil: passes are not recorded
	watched intake.Watched
	seeded  bool
}

func newVisit(o *otklik, product int, recorded bool) visit {
	v := visit{o: *o}
	v.o.source.ID, v.o.source.Pages = mention.SourceID(bench.Slug(product)), 1
	v.o.source.Params = map[string]string{"slug": bench.Slug(product), "base": o.source.Params["base"]}
	if recorded {
		v.watched = intake.Watched{Source: mention.Source{ID: v.o.source.ID, Brand: o.source.Brand, Site: "load"},
			Brand: intake.Brand{Name: o.source.Brand, About: []string{o.source.Brand}}, Crawler: v.o, Schedule: hourly{}}
		v.watch = intake.NewWatch(o.intake, o.intake.Archive.(*store.Store), []intake.Watched{v.watched}, "ops", 3)
	}
	return v
}

// make makes a pass, the first of which is silent.
func (v *visit) make(t *testing.T) mention.Run {
	t.Helper()
	if v.watch != nil {
		run, err := v.watch.Pass(t.Context(), v.watched)
		if err != nil {
			t.Fatal(err)
		}
		return run
	}
	prior := mention.Source{ID: v.o.source.ID}
	if v.seeded {
		prior.Verdict, prior.SeededAt = mention.OK, time.Now()
	}
	sink := v.o.intake.Pass(v.o.source.ID, intake.Brand{Name: v.o.source.Brand, About: []string{v.o.source.Brand}}, !v.seeded)
	v.seeded = true
	run, err := v.o.Run(t.Context(), sink, prior)
	if err != nil {
		t.Fatal(err)
	}
	run.New, run.Edited = sink.Added().New, sink.Added().Edited
	return run
}

// Run implements intake.Crawler.
func (o otklik) Run(ctx context.Context, sink *intake.Pass, prior mention.Source) (mention.Run, error) {
	return o.crawler.Run(ctx, o.source, sink, prior)
}

// hourly is a schedule.
type hourly struct{}

// Next implements intake.Schedule.
func (hourly) Next(t time.Time) time.Time { return t.Truncate(time.Hour).Add(time.Hour) }
