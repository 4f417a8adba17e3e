package bench_test

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"otklik/mention"
	"otklik/store"
	"otklik/store/storetest"
)

// liveLimit is how long after the commit an open page may hear of a change.
const liveLimit = time.Second

// TestLive measures the time from a commit of another process to the event that
// an open page hears, on both databases, -inbox.rounds times.
func TestLive(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { measureLive(t, store.Config{Data: t.TempDir()}) })
	t.Run("postgres", func(t *testing.T) {
		measureLive(t, store.Config{Data: t.TempDir(), Database: storetest.Postgres(t)})
	})
}

func measureLive(t *testing.T, cfg store.Config) {
	other, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close() //nolint:errcheck // all that counts is committed
	archive, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close() //nolint:errcheck // it only reads
	changed := listen(t, archive)
	<-changed // a page that opens is told how things stand
	f := newFiller(1)
	var times []time.Duration
	for i := range max(3, *inboxRounds) {
		e := f.entry(i)
		raise := func(e mention.Entry, _ *mention.Prior, _ []mention.Prior) ([]mention.Effects, error) {
			task := mention.Task{Version: 1, Kind: mention.Complaint, Mention: e.Mention.ID, State: mention.Open}
			card := mention.Notice{Kind: mention.CardNotice, Channel: "pr", Key: "card:" + strconv.Itoa(i)}
			return []mention.Effects{{Task: &task, Events: []mention.Event{task.Raised()}, Notices: []mention.Notice{card}}}, nil
		}
		if _, err := other.Add(t.Context(), []mention.Entry{e}, raise); err != nil {
			t.Fatal(err)
		}
		committed := time.Now()
		at, open := <-changed
		if !open {
			t.Fatal("the stream of events ended")
		}
		times = append(times, at.Sub(committed))
	}
	slices.Sort(times)
	p95 := at(times, 95)
	t.Logf("a commit of another process is heard after %.1f ms in the median, %.1f at the 95th percentile, %.1f at most", ms(at(times, 50)), ms(p95), ms(at(times, 100)))
	if p95 > liveLimit {
		t.Errorf("p95 %s, the limit is %s", p95, liveLimit)
	}
}

// listen serves the inbox of an archive and returns when its page heard of
// changes.
func listen(t *testing.T, archive *store.Store) <-chan time.Time {
	t.Helper()
	server := newServer(t, archive)
	go server.Run(t.Context()) //nolint:errcheck // it ends with the test
	web := httptest.NewServer(server)
	t.Cleanup(func() { web.CloseClientConnections(); web.Close() })
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, web.URL+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := web.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	changed := make(chan time.Time, 100)
	go func() {
		defer close(changed)
		defer answer.Body.Close()
		for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
			if strings.HasPrefix(lines.Text(), "event: changed") {
				changed <- time.Now()
			}
		}
	}()
	return changed
}
