package dedup_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"otklik/dedup"
	"otklik/secret"
)

// server is a Redis a test may use.
type server struct {
	name   string
	client *redis.Client
}

// openRedis connects to address through the product's own door.
func openRedis(t testing.TB, address string) *redis.Client {
	t.Helper()
	client, err := dedup.Open(t.Context(), secret.Literal(address))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

// servers returns the imitation and, when its binary is found, the real server.
func servers(t testing.TB) []server {
	t.Helper()
	mini := miniredis.RunT(t)
	list := []server{{"miniredis", openRedis(t, "redis://"+mini.Addr())}}
	if address, ok := realRedis(t); ok {
		list = append(list, server{"redis-server", openRedis(t, address)})
	}
	return list
}

// realRedis starts a server of its own in a temporary folder and returns its
// address. Without the binary it reports false, or fails the test when
// OTKLIK_REQUIRE_SERVICES is 1.
func realRedis(t testing.TB) (string, bool) {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		if os.Getenv("OTKLIK_REQUIRE_SERVICES") == "1" {
			t.Fatal("redis-server is not installed, and OTKLIK_REQUIRE_SERVICES is 1")
		}
		return "", false
	}
	port := freePort(t)
	cmd := exec.Command(path, "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "Ready to accept connections") {
			return "redis://127.0.0.1:" + port, true
		}
	}
	t.Fatal("redis-server ended before it was ready")
	return "", false
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// TestMemory is the contract of dedup.Memory, held by all that implement it.
func TestMemory(t *testing.T) {
	local, err := dedup.NewLocal(0)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("local", func(t *testing.T) { suite(t, local) })
	for _, s := range servers(t) {
		memory, err := dedup.NewRedis(s.client, dedup.RedisConfig{})
		if err != nil {
			t.Fatal(err)
		}
		t.Run(s.name, func(t *testing.T) { suite(t, memory) })
	}
}

func suite(t *testing.T, m dedup.Memory) {
	remember := func(keys, looks []uint64) {
		t.Helper()
		if err := m.Remember(t.Context(), keys, looks); err != nil {
			t.Fatal(err)
		}
	}
	want := func(keys, looks []uint64, known []bool) {
		t.Helper()
		gotLooks, gotKnown, err := m.Check(t.Context(), keys)
		if err != nil || !slices.Equal(gotLooks, looks) || !slices.Equal(gotKnown, known) {
			t.Errorf("Check(%v) = %v, %v, %v; want %v, %v", keys, gotLooks, gotKnown, err, looks, known)
		}
	}
	t.Run("nothing is known at first", func(t *testing.T) {
		want([]uint64{1001, 1002}, []uint64{0, 0}, []bool{false, false})
	})
	t.Run("what was remembered is known, in the order asked", func(t *testing.T) {
		remember([]uint64{1, 2, 3}, []uint64{11, 12, 13})
		want([]uint64{3, 404, 1, 2}, []uint64{13, 0, 11, 12}, []bool{true, false, true, true})
	})
	t.Run("a new look replaces the old", func(t *testing.T) {
		remember([]uint64{4}, []uint64{14})
		remember([]uint64{4}, []uint64{15})
		want([]uint64{4}, []uint64{15}, []bool{true})
	})
	t.Run("the last of equal keys wins", func(t *testing.T) {
		remember([]uint64{5, 5}, []uint64{1, 2})
		want([]uint64{5, 5}, []uint64{2, 2}, []bool{true, true})
	})
	t.Run("extreme keys and a zero look are values like others", func(t *testing.T) {
		keys := []uint64{0, ^uint64(0), 1 << 63, 0x0a0d_2000_ffc0_0001}
		remember(keys, []uint64{0, ^uint64(0), 7, 0x0a})
		want(keys, []uint64{0, ^uint64(0), 7, 0x0a}, []bool{true, true, true, true})
	})
	t.Run("what was forgotten is unknown, the rest stays", func(t *testing.T) {
		remember([]uint64{21, 22}, []uint64{1, 2})
		if err := m.Forget(t.Context(), []uint64{21, 999}); err != nil {
			t.Fatal(err)
		}
		want([]uint64{21, 22}, []uint64{0, 2}, []bool{false, true})
	})
	t.Run("no keys are no work", func(t *testing.T) {
		remember(nil, nil)
		want(nil, nil, nil)
		if err := m.Forget(t.Context(), nil); err != nil {
			t.Error(err)
		}
	})
	t.Run("slices of different length are refused", func(t *testing.T) {
		if err := m.Remember(t.Context(), []uint64{1}, nil); err == nil {
			t.Error("Remember accepted a key without a look")
		}
	})
	t.Run("thousands of keys are one call", func(t *testing.T) {
		keys, looks, known := many(3001)
		remember(keys, looks)
		want(keys, looks, known)
	})
	t.Run("callers may be many", func(t *testing.T) {
		var wg sync.WaitGroup
		for n := range 8 {
			wg.Go(func() {
				for i := range uint64(50) {
					key := uint64(n)<<32 | i | 1<<60
					if err := m.Remember(t.Context(), []uint64{key}, []uint64{i}); err != nil {
						t.Error(err)
					}
					want([]uint64{key}, []uint64{i}, []bool{true})
				}
			})
		}
		wg.Wait()
	})
}

// many returns n keys spread like hashes, with looks, all known.
func many(n int) (keys, looks []uint64, known []bool) {
	keys, looks, known = make([]uint64, n), make([]uint64, n), make([]bool, n)
	for i := range n {
		keys[i] = uint64(i+1) * 0x9e3779b97f4a7c15
		looks[i], known[i] = uint64(i)^0x5555, true
	}
	return keys, looks, known
}

func TestLocal_IsBounded(t *testing.T) {
	const entries = 64 << 10
	m, err := dedup.NewLocal(entries)
	if err != nil {
		t.Fatal(err)
	}
	keys, looks, _ := many(20 * entries)
	asked := keys[:100] // on a page that is read again and again
	for i := 0; i < len(keys); i += 1000 {
		end := min(i+1000, len(keys))
		if err := m.Remember(t.Context(), keys[i:end], looks[i:end]); err != nil {
			t.Fatal(err)
		}
		if _, known, _ := m.Check(t.Context(), asked); slices.Contains(known, false) {
			t.Fatalf("after %d mentions one that is asked for on every pass was forgotten", end)
		}
	}
	if m.Len() > entries {
		t.Errorf("holds %d entries, want at most %d", m.Len(), entries)
	}
	// Tables are between 3/8 and 3/4 full, a slot takes 16 bytes.
	if per := m.Bytes() / entries; per > 43 {
		t.Errorf("takes %d bytes an entry", per)
	}
	recent := keys[len(keys)-entries/4:]
	if _, known, _ := m.Check(t.Context(), recent); slices.Contains(known, false) {
		t.Error("a quarter of its size, newest first, is not known")
	}
}

func TestLocal_ForgetKeepsNeighbours(t *testing.T) {
	m, err := dedup.NewLocal(1 << 16)
	if err != nil {
		t.Fatal(err)
	}
	// Equal low bits put all keys into one run of slots, wrapping at the end.
	keys, looks := make([]uint64, 40), make([]uint64, 40)
	for i := range keys {
		keys[i], looks[i] = uint64(i+1)<<20|uint64(60+i%5), uint64(i)
	}
	for gone := range keys {
		if err := m.Remember(t.Context(), keys, looks); err != nil {
			t.Fatal(err)
		}
		if err := m.Forget(t.Context(), keys[gone:gone+1]); err != nil {
			t.Fatal(err)
		}
		got, known, _ := m.Check(t.Context(), keys)
		for i := range keys {
			if known[i] != (i != gone) || (known[i] && got[i] != looks[i]) {
				t.Fatalf("after forgetting %d, key %d: known %v, look %d", gone, i, known[i], got[i])
			}
		}
	}
}

func TestNewLocal_RefusesNonsense(t *testing.T) {
	for _, n := range []int{-1, 5, dedup.MaxEntries + 1} {
		if _, err := dedup.NewLocal(n); err == nil {
			t.Errorf("NewLocal(%d) accepted", n)
		}
	}
}

func TestRedis_MonthsRotate(t *testing.T) {
	for _, s := range servers(t) {
		t.Run(s.name, func(t *testing.T) {
			at := time.Date(2026, 11, 30, 23, 59, 0, 0, time.UTC)
			m, err := dedup.NewRedisAt(s.client, dedup.RedisConfig{Prefix: "rotate"}, func() time.Time { return at })
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Remember(t.Context(), []uint64{1, 2}, []uint64{10, 20}); err != nil {
				t.Fatal(err)
			}
			known := func(keys ...uint64) []bool {
				t.Helper()
				_, known, err := m.Check(t.Context(), keys)
				if err != nil {
					t.Fatal(err)
				}
				return known
			}
			at = at.AddDate(0, 1, 0) // December: 1 is asked for, 2 is not
			if got := known(1); !got[0] {
				t.Error("a mention of the month before is not known")
			}
			at = at.AddDate(0, 0, 2) // January
			if got := known(1, 2); !slices.Equal(got, []bool{true, false}) {
				t.Errorf("in the month after next: known %v, want the one that was asked for only", got)
			}
			for _, key := range s.client.Keys(t.Context(), "rotate:seen:*").Val() {
				if s.client.ExpireTime(t.Context(), key).Val() <= 0 {
					t.Errorf("%s never expires", key)
				}
			}
		})
	}
}

func TestRedis_ForeignValuesAreUnknown(t *testing.T) {
	client := servers(t)[0].client
	m, err := dedup.NewRedis(client, dedup.RedisConfig{Entries: 100}) // a single bucket
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Remember(t.Context(), []uint64{7}, []uint64{8}); err != nil {
		t.Fatal(err)
	}
	bucket := client.Keys(t.Context(), "otklik:seen:*").Val()[0]
	if err := client.HSet(t.Context(), bucket, "\x00\x00\x00\x00\x00\x00\x00\x07", "three").Err(); err != nil {
		t.Fatal(err)
	}
	if _, known, err := m.Check(t.Context(), []uint64{7}); err != nil || known[0] {
		t.Errorf("known %v, %v; want unknown", known, err)
	}
}

func TestRedis_DownIsAnError(t *testing.T) {
	mini := miniredis.RunT(t)
	m, err := dedup.NewRedis(openRedis(t, "redis://"+mini.Addr()), dedup.RedisConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Health(t.Context()); err != nil {
		t.Errorf("Health of a running server: %v", err)
	}
	mini.Close()
	if looks, known, err := m.Check(t.Context(), []uint64{1}); err == nil || known[0] || len(looks) != 1 {
		t.Errorf("Check = %v, %v, %v; want an error and nothing known", looks, known, err)
	}
	for what, err := range map[string]error{
		"Remember": m.Remember(t.Context(), []uint64{1}, []uint64{1}),
		"Forget":   m.Forget(t.Context(), []uint64{1}),
		"Health":   m.Health(t.Context()),
	} {
		if err == nil {
			t.Errorf("%s of a server that is gone gave no error", what)
		}
	}
}

func TestOpen_NeverShowsThePassword(t *testing.T) {
	for _, address := range []string{
		"redis://user:hunter2@127.0.0.1:1/0",
		"redis://:hunter2#x@host:99999",
		"http://hunter2@host",
		"redis://host/hunter2",
	} {
		_, err := dedup.Open(t.Context(), secret.Literal(address))
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("Open(%q) = %v", address, err)
		}
	}
}

func TestNewRedis_RefusesNonsense(t *testing.T) {
	for _, n := range []int{-1, 10} {
		if _, err := dedup.NewRedis(nil, dedup.RedisConfig{Entries: n}); err == nil {
			t.Errorf("%d entries accepted", n)
		}
	}
}

func BenchmarkLocal_Check(b *testing.B) {
	m, err := dedup.NewLocal(0)
	if err != nil {
		b.Fatal(err)
	}
	keys, looks, _ := many(400_000)
	benchmarkCheck(b, m, keys, looks)
}

// BenchmarkRedis_Check also reports what an entry costs in the server.
func BenchmarkRedis_Check(b *testing.B) {
	address, ok := realRedis(b)
	if !ok {
		b.Skip("redis-server is not installed")
	}
	client := openRedis(b, address)
	m, err := dedup.NewRedis(client, dedup.RedisConfig{})
	if err != nil {
		b.Fatal(err)
	}
	before := usedMemory(b, client)
	keys, looks, _ := many(dedup.DefaultEntries)
	for i := 0; i < len(keys); i += 5000 {
		if err := m.Remember(b.Context(), keys[i:i+5000], looks[i:i+5000]); err != nil {
			b.Fatal(err)
		}
	}
	perEntry := float64(usedMemory(b, client)-before) / float64(len(keys))
	benchmarkCheck(b, m, keys, looks)
	b.ReportMetric(perEntry, "B/entry")
}

func benchmarkCheck(b *testing.B, m dedup.Memory, keys, looks []uint64) {
	const page = 20
	if err := m.Remember(b.Context(), keys, looks); err != nil {
		b.Fatal(err)
	}
	at := 0
	for b.Loop() {
		if at+page > len(keys) {
			at = 0
		}
		_, known, err := m.Check(b.Context(), keys[at:at+page])
		if err != nil || slices.Contains(known, false) {
			b.Fatal("a mention is not known", err)
		}
		at += page
	}
	b.ReportMetric(float64(b.N*page)/b.Elapsed().Seconds(), "checks/s")
}

func usedMemory(b *testing.B, client *redis.Client) int64 {
	b.Helper()
	info, err := client.Info(context.Background(), "memory").Result()
	if err != nil {
		b.Fatal(err)
	}
	var n int64
	for line := range strings.Lines(info) {
		if _, err := fmt.Sscanf(line, "used_memory:%d", &n); err == nil {
			return n
		}
	}
	b.Fatal("the server does not say how much memory it uses")
	return 0
}
