package store_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"otklik/mention"
	"otklik/store"
	"otklik/store/storetest"
)

func TestOpen_KeepsFilesToTheOwner(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "data")
	s := open(t, store.Config{Data: dir})
	if err := s.Save(t.Context(), "a", "b"); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v: others may look", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestOpen_Again(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "odd % ? # данные")
	s, err := store.Open(t.Context(), store.Config{Data: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Save(t.Context(), "name", "value"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
	again := open(t, store.Config{Data: dir})
	if got, err := again.Saved(t.Context(), "name"); got != "value" || err != nil {
		t.Errorf("saved before: %q, %v", got, err)
	}
	if err := again.Health(t.Context()); err != nil {
		t.Errorf("health: %v", err)
	}
}

func TestOpen_SaysWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string, mode os.FileMode) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	file := write("file", "", 0o600)
	write("broken/otklik.db", strings.Repeat("this is no database ", 500), 0o600)
	if err := os.Mkdir(filepath.Join(dir, "readonly"), 0o500); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		cfg  store.Config
		want string
	}{
		{"no folder", store.Config{}, "no data folder is configured"},
		{"a file where the folder should be", store.Config{Data: file}, "make data folder: mkdir " + file},
		{"a read-only folder", store.Config{Data: filepath.Join(dir, "readonly")}, "readonly cannot be written to"},
		{"a file that is no database", store.Config{Data: filepath.Join(dir, "broken")}, "broken/otklik.db: migrate: "},
		{"an unreachable server", store.Config{Database: "postgres://otklik:hunter2@127.0.0.1:1/archive"}, "open archive postgres://otklik@127.0.0.1:1/archive: "},
		{"a URL that is none", store.Config{Database: "postgres://otklik:hunter2@:x:/%zz"}, "the database URL cannot be understood"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "a read-only folder" && os.Getuid() == 0 {
				t.Skip("root may write everywhere")
			}
			s, err := store.Open(t.Context(), c.cfg)
			if err == nil {
				s.Close()
				t.Fatal("it opened")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %q does not say %q", err, c.want)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("error %q tells the password", err)
			}
		})
	}
}

func TestStore_UnderVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := storetest.SQLite(t, nil)
		day := 24 * time.Hour
		if err := s.EnsureJobs(t.Context(), []mention.Job{{Kind: "crawl", Key: "c", RunAt: time.Now().Add(3 * day)}}); err != nil {
			t.Fatal(err)
		}
		for _, want := range []int{0, 1} {
			jobs, err := s.Lease(t.Context(), []string{"crawl"}, 1, time.Minute)
			if err != nil || len(jobs) != want {
				t.Errorf("leased %+v, %v; want %d", jobs, err, want)
			}
			time.Sleep(3 * day)
		}
	})
}

func TestStore_SurvivesItsCallers(t *testing.T) {
	s := open(t, store.Config{Data: t.TempDir()})
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	entries := []mention.Entry{{Mention: mention.Mention{Brand: "b", Source: "s", ExternalID: "1"}}}
	if _, err := s.Add(cancelled, entries, nothing); err == nil {
		t.Error("a cancelled Add went through")
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the planner's panic was swallowed")
			}
		}()
		_, _ = s.Add(t.Context(), entries, func(mention.Entry, *mention.Prior, []mention.Prior) ([]mention.Effects, error) { panic("a bug") })
	}()
	added, err := s.Add(t.Context(), entries, nothing)
	if err != nil || added.New != 1 {
		t.Errorf("Add afterwards: %+v, %v; want one new", added, err)
	}
}

func open(t *testing.T, cfg store.Config) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}
