//go:build linux

package main

import (
	"flag"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"otklik/bench"
	"otklik/demo"
	"otklik/mention"
	"otklik/store"
	"otklik/store/storetest"
)

var (
	faultFor     = flag.Duration("fault.for", 12*time.Second, "how long members of a group are killed and paused; bench/faults.sh says ten minutes")
	faultSources = flag.Int("fault.sources", 40, "sources of that group; bench/faults.sh says 500")
	faultWay     = flag.Duration("fault.way", 5*time.Millisecond, "shortest way to servers that are far away, the longest is three times that; bench/faults.sh says 50ms")
)

// TestFault_Redis stops, wipes and restarts Redis: what it remembered is work
// saved and no more.
func TestFault_Redis(t *testing.T) {
	t.Parallel()
	redis := newRedis(t)
	r := newRig(t, rigConfig{sources: 3, redis: redis.url()})
	r.seeded(3)
	r.complain(0)
	r.settled(0)
	redis.kill()
	r.complain(1)
	waitFor(t, "card without Redis", func() bool { return len(cardsByMention(t, r.slack)) == 2 })
	if h := r.ready(0); h == nil || !h.Ready || h.Parts["redis"] == "ok" {
		t.Errorf("readiness without Redis: %+v, want ready, because the archive decides, and Redis named", h)
	}
	redis.start() // empty
	waitFor(t, "word that Redis is back", func() bool { return r.daemons[0].says("part=dedup") >= 2 })
	r.complain(2)
	r.settled(4 * time.Second)
	if n := r.daemons[0].says("part=dedup", "level=WARN") + r.daemons[0].says("part=dedup", "level=ERROR"); n != 1 {
		t.Errorf("%d lines say that Redis went, want one\n%s", n, r.daemons[0].log.String())
	}
}

// TestFault_PostgreSQL kills the database under the daemon.
func TestFault_PostgreSQL(t *testing.T) {
	t.Parallel()
	postgres := storetest.NewServer(t)
	r := newRig(t, rigConfig{sources: 3, database: postgres.URL(t)})
	r.seeded(3)
	r.complain(0)
	r.settled(0)
	postgres.Kill(t)
	r.complain(1)
	r.stopped("archive", "")
	<-time.After(2 * time.Second)
	postgres.Restart(t)
	waitFor(t, "readiness", func() bool { h := r.ready(0); return h != nil && h.Ready })
	r.complain(2)
	r.recovered(4 * time.Second)
}

// TestFault_SlowServers puts PostgreSQL and Redis far away: work goes on
// without a word. Then Redis takes longer than anybody waits, and is told as
// one that is away.
func TestFault_SlowServers(t *testing.T) {
	t.Parallel()
	postgres, redis := storetest.NewServer(t), newRedis(t)
	database, err := url.Parse(postgres.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	farPostgres, farRedis := far(t, database.Host), far(t, "127.0.0.1:"+redis.port)
	database.Host = farPostgres.Addr()
	r := newRig(t, rigConfig{sources: 4, every: time.Second, delay: 10 * time.Millisecond,
		database: database.String(), redis: "redis://" + farRedis.Addr() + "/0"})
	r.seeded(4)
	for i := range 4 {
		r.complain(i)
	}
	r.settled(4 * time.Second)
	if h := r.ready(0); h == nil || !h.Ready || h.Parts["archive"] != "ok" || h.Parts["redis"] != "ok" {
		t.Errorf("readiness with slow servers: %+v", h)
	}
	d := r.daemons[0]
	if n := d.says("level=WARN") + d.says("level=ERROR"); n != 0 {
		t.Errorf("%d warnings and errors, want none:\n%s", n, d.log.String())
	}
	farRedis.Delay(5*time.Second, 5*time.Second)
	waitFor(t, "readiness that names Redis", func() bool { h := r.ready(0); return h != nil && h.Ready && h.Parts["redis"] != "ok" })
	r.complain(0)
	waitFor(t, "card without Redis", func() bool { return len(cardsByMention(t, r.slack)) == len(r.wanted) })
	waitFor(t, "word that Redis is gone", func() bool { return d.says("part=dedup") == 1 })
	farRedis.Delay(0, 0)
	waitFor(t, "word that Redis is back", func() bool { return d.says("memory is back") == 1 })
	r.complain(1)
	r.settled(4 * time.Second)
	if n := d.says("part=dedup"); n != 2 {
		t.Errorf("%d lines tell of Redis, want one when it goes and one when it returns\n%s", n, d.log.String())
	}
}

// far returns a proxy that makes a server distant.
func far(t *testing.T, server string) *bench.Slow {
	t.Helper()
	slow, err := bench.NewSlow(server, *faultWay, 3**faultWay)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { slow.Close() })
	return slow
}

// TestFault_Slack takes Slack away while complaints come, long enough for many
// tries: afterwards each has one card, the oldest first.
func TestFault_Slack(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigConfig{sources: 1})
	r.seeded(1)
	r.away.Store(true)
	for range 4 {
		r.complain(0)
		<-time.After(1200 * time.Millisecond) // a pass between two of them
	}
	r.away.Store(false)
	r.settled(3 * time.Second)
	var order []int64
	for _, c := range allCards(t, r.slack) {
		order = append(order, c.Task)
	}
	if !slices.IsSorted(order) {
		t.Errorf("cards came in the order of tasks %v, want the oldest first", order)
	}
}

// crawlWorkers is how many passes a daemon makes at a time by default.
const crawlWorkers = 4

// TestFault_Group kills, pauses and restarts the members of a group of three
// at random. A pause is longer than the lease, so that others take over work
// whose holder still lives. Nobody takes a task, so that the norm of each one
// is broken, often while the member that would tell it is away.
func TestFault_Group(t *testing.T) {
	t.Parallel()
	const pace = 20 * time.Millisecond
	postgres, redis := storetest.NewServer(t), newRedis(t)
	database := postgres.URL(t)
	every := max(2*time.Second, time.Duration(*faultSources)*pace) // half of what two hosts' pace allows
	r := newRig(t, rigConfig{daemons: 3, sources: *faultSources, hosts: 2,
		database: database, redis: redis.url(), every: every, delay: pace, take: max(3*time.Second, *faultFor/20)})
	r.seeded(*faultSources)
	dice := rand.New(rand.NewPCG(20261121, 7))
	kills, resumed, begun := 0, []time.Time{}, time.Now()
	for time.Since(begun) < *faultFor {
		if len(r.wanted) < int(time.Since(begun)/(2*time.Second))+3 { // a channel takes a card, a reminder and more of each
			r.complain(dice.IntN(*faultSources))
		}
		d := r.daemons[dice.IntN(len(r.daemons))]
		if dice.IntN(2) == 0 {
			d.kill()
			kills++
			<-time.After(time.Duration(dice.IntN(1000)) * time.Millisecond)
			d.start()
			continue
		}
		d.signal(syscall.SIGSTOP)
		<-time.After(2500 * time.Millisecond) // the lease is 2 s
		d.signal(syscall.SIGCONT)
		resumed = append(resumed, time.Now())
	}
	calm := time.Now()
	r.settled(2 * every)
	r.wantFed(*faultSources, calm)
	worst := r.wantPolite(pace, resumed)
	timers := r.wantTimers(database)
	t.Logf("%d sources, %s, %d kills, %d pauses, %d complaints, each with one card; %d norms broken, each told once; every source read after the last fault; at most %d requests to a host within a second, %d are its pace",
		*faultSources, *faultFor, kills, len(resumed), len(r.wanted), timers, worst, time.Second/pace)
}

// wantTimers waits until each task's norm was broken and told, and fails for
// one that was told twice. It returns their number.
func (r *rig) wantTimers(database string) (told int) {
	r.t.Helper()
	archive, err := store.Open(r.t.Context(), store.Config{Database: database})
	if err != nil {
		r.t.Fatal(err)
	}
	defer archive.Close()
	tasks := map[mention.TaskID]bool{}
	for _, c := range allCards(r.t, r.slack) {
		tasks[mention.TaskID(c.Task)] = true
	}
	for id := range tasks {
		steps := 0
		waitFor(r.t, "broken norm", func() bool {
			events, err := archive.Events(r.t.Context(), id)
			if err != nil {
				r.t.Fatal(err)
			}
			steps = 0
			for _, e := range events {
				if e.Verb == mention.Escalate {
					steps++
				}
			}
			return steps > 0
		})
		if steps != 1 {
			r.t.Errorf("the norm of task M-%d was broken %d times", id, steps)
		}
		told += steps
	}
	calls := func() (n int) {
		for _, m := range r.slack.Messages(demo.OpsChannel) {
			if m.Metadata != nil && strings.Contains(string(m.Metadata.EventPayload), `"escalation"`) {
				n++
			}
		}
		return n
	}
	waitFor(r.t, "word of each broken norm", func() bool { return calls() >= told })
	if n := calls(); n != told {
		r.t.Errorf("%d messages tell of %d broken norms", n, told)
	}
	return told
}

// wantFed fails for sources that were not read since.
func (r *rig) wantFed(sources int, since time.Time) {
	r.t.Helper()
	fed := 0
	for _, h := range r.hosts {
		h.mu.Lock()
		for _, v := range h.visits {
			if v.last.After(since) {
				fed++
			}
		}
		h.mu.Unlock()
	}
	if fed < sources {
		r.t.Errorf("%d of %d sources were read after the last fault", fed, sources)
	}
}

// wantPolite fails if a host had more requests within a second than its pace
// allows, and a tenth for what the network delays. A process that was paused
// between its turn and its request sends it late, beside another's: a second
// around its return excuses as many requests as it has workers.
func (r *rig) wantPolite(pace time.Duration, resumed []time.Time) (worst int) {
	r.t.Helper()
	for _, h := range r.hosts {
		h.mu.Lock()
		at := h.at
		h.mu.Unlock()
		for i, from := 0, 0; i < len(at); i++ {
			for at[i].Sub(at[from]) >= time.Second {
				from++
			}
			limit := int(time.Second/pace)*11/10 + 1
			for _, back := range resumed {
				if back.After(at[from].Add(-time.Second)) && back.Before(at[i]) {
					limit += crawlWorkers
				}
			}
			if got := i - from + 1; got > limit {
				r.t.Errorf("%d requests to a host within the second before %s, %d are allowed", got, at[i].Format(time.StampMilli), limit)
			}
			worst = max(worst, i-from+1)
		}
	}
	return worst
}

// TestFault_DiskFull fills the disk under the archive: nothing is lost, the
// log says so once, and work goes on when there is room.
func TestFault_DiskFull(t *testing.T) {
	t.Parallel()
	data := smallDisk(t, "size=16m")
	r := newRig(t, rigConfig{sources: 2, data: data})
	r.seeded(2)
	filler, err := os.Create(filepath.Join(data, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	defer filler.Close()
	block := make([]byte, 4096)
	for err == nil {
		_, err = filler.Write(block)
	}
	for i := range 16 { // more than the free pages of the files hold
		r.complain(i % 2)
	}
	waitFor(t, "word that the disk is full", func() bool { return r.daemons[0].says("full") > 0 })
	r.stopped("jobs", "full")
	<-time.After(3 * time.Second)
	if err := os.Remove(filler.Name()); err != nil {
		t.Fatal(err)
	}
	filler.Close()
	r.recovered(2 * time.Second)
}

// TestFault_ReadOnly starts the daemon over a folder that nobody can write to.
func TestFault_ReadOnly(t *testing.T) {
	t.Parallel()
	data := smallDisk(t, "size=1m,ro")
	r := newRig(t, rigConfig{data: data})
	d := r.daemons[0]
	if err := d.cmd.Wait(); err == nil {
		t.Error("the daemon ended well")
	}
	if text := d.log.String(); !strings.Contains(text, "cannot be written to") || !strings.Contains(text, data) || strings.Count(text, "\n") > 2 {
		t.Errorf("it says %q, want one line with the folder", text)
	}
}

// TestFault_TurnsReadOnly makes every file of the archive unchangeable under a
// running daemon, as a disk with errors does. (A mount with files open for
// writing cannot be made read-only.)
func TestFault_TurnsReadOnly(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	r := newRig(t, rigConfig{sources: 2, data: data})
	r.seeded(2)
	r.complain(0)
	r.settled(0)
	freeze(t, data, true)
	r.complain(0)
	r.complain(1)
	r.stopped("jobs", "")
	<-time.After(3 * time.Second)
	freeze(t, data, false)
	r.recovered(2 * time.Second)
}

// stopped waits until the only daemon is not ready because of a part, and says
// why in these words.
func (r *rig) stopped(part, why string) {
	r.t.Helper()
	waitFor(r.t, "readiness that names the "+part, func() bool {
		h := r.ready(0)
		return h != nil && !h.Ready && h.Parts[part] != "ok" && strings.Contains(h.Parts[part], why)
	})
}

// recovered wants what an outage of the archive leaves behind: each complaint
// has its card, the only daemon is ready, and its log has one line from when
// the archive went, which is its only error, and one from when it returned.
func (r *rig) recovered(rounds time.Duration) {
	r.t.Helper()
	r.settled(rounds)
	if h := r.ready(0); h == nil || !h.Ready || h.Parts["archive"] != "ok" || h.Parts["jobs"] != "ok" {
		r.t.Errorf("readiness after the outage: %+v", h)
	}
	d := r.daemons[0]
	gone, back, all := d.says("queue does not answer"), d.says("queue answers again"), d.says("level=ERROR")
	if gone != 1 || back != 1 || all != 1 {
		r.t.Errorf("%d lines say that the archive went, %d that it returned, %d are errors, want one each\n%s", gone, back, all, d.log.String())
	}
}

// freeze makes all files under dir unchangeable even for those who have them
// open, or lets them go, which only root may do and not on every file system.
func freeze(t *testing.T, dir string, on bool) {
	t.Helper()
	if !on {
		if out, err := exec.Command("chattr", "-R", "-i", dir).CombinedOutput(); err != nil {
			t.Errorf("chattr: %v: %s", err, out)
		}
		return
	}
	t.Cleanup(func() { exec.Command("chattr", "-R", "-i", dir).Run() })
	if out, err := exec.Command("chattr", "-R", "+i", dir).CombinedOutput(); err != nil {
		t.Skipf("files cannot be made unchangeable here: %v: %s", err, out)
	}
}

// smallDisk mounts a file system in memory, which only root may do.
func smallDisk(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, strings.TrimSuffix(options, ",ro")); err != nil {
		t.Skipf("no small disk can be mounted here: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	if strings.HasSuffix(options, ",ro") {
		if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
