package storetest

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// server is the PostgreSQL that all tests of one binary share. The kernel
// ends it with the test binary, so that nothing is left when a test is killed.
type server struct {
	once sync.Once
	port int
	err  error
	next int
	mu   sync.Mutex
	cmd  *exec.Cmd
	over chan struct{} // closed when cmd has ended
	dir  string
}

// errMissing means that PostgreSQL is not installed.
var errMissing = errors.New("no PostgreSQL is installed")

var shared server

// Postgres returns the URL of a fresh, empty database on a server that is
// started once per test binary. Without an installed PostgreSQL the test is skipped,
// or fails when OTKLIK_REQUIRE_SERVICES is 1. A test binary that uses it calls
// Stop at its end.
func Postgres(t testing.TB) string {
	t.Helper()
	shared.once.Do(func() { shared.err = shared.start() })
	if errors.Is(shared.err, errMissing) && os.Getenv("OTKLIK_REQUIRE_SERVICES") != "1" {
		t.Skip(shared.err)
	}
	if shared.err != nil {
		t.Fatalf("start PostgreSQL: %v", shared.err)
	}
	url, err := shared.database(context.WithoutCancel(t.Context()))
	if err != nil {
		t.Fatalf("make a database: %v", err)
	}
	return url
}

// Stop ends the shared server, if one was started.
func Stop() {
	if shared.cmd == nil {
		return
	}
	_ = shared.cmd.Process.Signal(syscall.SIGQUIT) // at once: nothing is worth saving
	<-shared.over
	_ = os.RemoveAll(shared.dir)
}

// Server is a PostgreSQL of one test's own, which it may kill.
type Server struct{ server server }

// NewServer starts a server that ends with the test. It skips and fails as
// Postgres does.
func NewServer(t testing.TB) *Server {
	t.Helper()
	s := &Server{}
	t.Cleanup(func() {
		if s.server.cmd != nil {
			s.Kill(t)
		}
		_ = os.RemoveAll(s.server.dir)
	})
	switch err := s.server.start(); {
	case errors.Is(err, errMissing) && os.Getenv("OTKLIK_REQUIRE_SERVICES") != "1":
		t.Skip(err)
	case err != nil:
		t.Fatalf("start PostgreSQL: %v", err)
	}
	return s
}

// URL returns the URL of a fresh database.
func (s *Server) URL(t testing.TB) string {
	t.Helper()
	url, err := s.server.database(t.Context())
	if err != nil {
		t.Fatalf("make a database: %v", err)
	}
	return url
}

// Kill ends the server without a warning. The kernel keeps what it wrote.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	if err := s.server.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatalf("kill PostgreSQL: %v", err)
	}
	<-s.server.over
}

// Restart starts the server again after Kill. Its former workers may need a
// moment to notice that they are orphans, until then it refuses.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	bin, err := binaries()
	if err != nil {
		t.Fatal(err)
	}
	attr, err := servant(s.server.dir)
	for try := 0; err == nil; try++ {
		if err = s.server.launch(bin, attr); err == nil {
			return
		}
		if try < 40 {
			err = nil
			<-time.After(250 * time.Millisecond)
		}
	}
	t.Fatalf("start PostgreSQL again: %v", err)
}

// binaries returns the folder of the newest installed PostgreSQL.
func binaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		slices.Sort(found)
		return filepath.Dir(found[len(found)-1]), nil
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	return "", errMissing
}

func (s *server) start() error {
	bin, err := binaries()
	if err != nil {
		return err
	}
	if s.dir, err = os.MkdirTemp("", "otklik-postgres-"); err != nil {
		return err
	}
	attr, err := servant(s.dir)
	if err != nil {
		return err
	}
	data := filepath.Join(s.dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "otklik", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	initdb.SysProcAttr, initdb.Dir = attr, s.dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	if s.port, err = freePort(); err != nil {
		return err
	}
	return s.launch(bin, attr)
}

// launch starts the server over its data and waits until it answers.
func (s *server) launch(bin string, attr *syscall.SysProcAttr) error {
	var log bytes.Buffer
	s.cmd = exec.Command(filepath.Join(bin, "postgres"), "-D", filepath.Join(s.dir, "data"), "-p", strconv.Itoa(s.port), "-k", s.dir,
		"-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=200")
	s.cmd.SysProcAttr, s.cmd.Dir, s.cmd.Stderr = attr, s.dir, &log
	if err := s.cmd.Start(); err != nil {
		return err
	}
	cmd, over := s.cmd, make(chan struct{})
	s.over = over
	go func() {
		defer close(over)
		_ = cmd.Wait() // how it ended is in its log
	}()
	err := s.await()
	if err == nil {
		return nil
	}
	_ = cmd.Process.Kill()
	<-over
	return fmt.Errorf("%w: %s", err, log.String())
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func (s *server) url(name string) string {
	return fmt.Sprintf("postgres://otklik@127.0.0.1:%d/%s?sslmode=disable", s.port, name)
}

// await waits until the server answers, at most half a minute.
func (s *server) await() error {
	db, err := sql.Open("pgx", s.url("postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		if err = db.PingContext(ctx); err == nil {
			return nil
		}
		select {
		case <-s.over:
			return errors.New("it ended at once")
		case <-ctx.Done():
			return fmt.Errorf("it does not answer: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// database makes an empty database and returns its URL.
func (s *server) database(ctx context.Context) (string, error) {
	s.mu.Lock()
	s.next++
	name := fmt.Sprintf("otklik_%d", s.next)
	s.mu.Unlock()
	db, err := sql.Open("pgx", s.url("postgres"))
	if err != nil {
		return "", err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		return "", err
	}
	return s.url(name), nil
}
