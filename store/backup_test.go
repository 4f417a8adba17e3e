package store_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"otklik/mention"
	"otklik/store"
	"otklik/store/storetest"
)

func TestBackup(t *testing.T) {
	s := open(t, store.Config{Data: t.TempDir()})
	m := mention.Mention{Brand: "b", Source: "s", ExternalID: "1", Text: "кипит чайник"}
	if _, err := s.Add(t.Context(), []mention.Entry{{Mention: m}}, nothing); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "otklik.db")
	if err := s.Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v: want 0600", info.Mode(), err)
	}
	if err := s.Backup(t.Context(), path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over an existing file: %v, want fs.ErrExist", err)
	}
	copied := open(t, store.Config{Data: dir})
	found, _, err := copied.Mentions(t.Context(), store.MentionFilter{Words: "чайники"})
	if err != nil || len(found) != 1 || found[0].Text != m.Text {
		t.Errorf("in the copy: %+v, %v; want the mention", found, err)
	}
}

func TestBackup_PostgreSQL(t *testing.T) {
	s := open(t, store.Config{Database: storetest.Postgres(t)})
	if err := s.Backup(t.Context(), filepath.Join(t.TempDir(), "x")); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("error %v, want ErrUnsupported", err)
	}
}
