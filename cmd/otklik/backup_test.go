package main

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"otklik/store/storetest"
)

// imports puts one complaint into the archive of a configuration.
func imports(t *testing.T, cfg string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "book.csv")
	write(t, file, "id,text\n1,карту не привезли\n")
	if code, out, errs := command(t, "import", "--config", cfg, "--kind", "book", file); code != exitDone {
		t.Fatalf("import: exit %d %s %s", code, out, errs)
	}
}

// mentions counts what the archive holds of the last seven days.
func mentions(t *testing.T, cfg string) int {
	t.Helper()
	_, out, errs := command(t, "report", "--config", cfg, "--format", "json")
	var r struct{ Total struct{ Mentions int } }
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v: %s %s", err, out, errs)
	}
	return r.Total.Mentions
}

func TestBackup(t *testing.T) {
	for name, database := range map[string]func(*testing.T) string{
		"SQLite":     func(*testing.T) string { return "" },
		"PostgreSQL": func(t *testing.T) string { return "database: " + storetest.Postgres(t) + "\n" },
	} {
		t.Run(name, func(t *testing.T) {
			from, to := smallConfig(t, database(t)), smallConfig(t, database(t))
			imports(t, from)
			page := filepath.Join("data", "pages", "otzovik", "page.zst")
			if err := os.MkdirAll(filepath.Join(filepath.Dir(from), filepath.Dir(page)), 0o700); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(filepath.Dir(from), page), "page")
			file := filepath.Join(t.TempDir(), "backup.tar")
			if code, out, errs := command(t, "backup", "--config", from, file); code != exitDone {
				t.Fatalf("backup: exit %d %s %s", code, out, errs)
			}
			if code, _, _ := command(t, "backup", "--config", from, file); code != exitUsage {
				t.Error("a backup was overwritten")
			}
			wantPrivate(t, file)
			if code, out, errs := command(t, "restore", "--config", to, file); code != exitDone {
				t.Fatalf("restore: exit %d %s %s", code, out, errs)
			}
			if got := mentions(t, to); got != 1 {
				t.Errorf("%d mentions after the restore, want 1", got)
			}
			if got, err := os.ReadFile(filepath.Join(filepath.Dir(to), page)); err != nil || string(got) != "page" {
				t.Errorf("the saved page: %q, %v", got, err)
			}
			if code, _, errs := command(t, "restore", "--config", from, file); code == exitDone {
				t.Errorf("an archive was overwritten: %s", errs)
			}
		})
	}
}

func TestRestore_refuses(t *testing.T) {
	pack := func(entries ...string) string {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for i := 0; i+1 < len(entries); i += 2 {
			if err := w.WriteHeader(&tar.Header{Name: entries[i], Mode: 0o600, Size: int64(len(entries[i+1]))}); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]byte(entries[i+1])); err != nil {
				t.Fatal(err)
			}
		}
		w.Close()
		file := filepath.Join(t.TempDir(), "b.tar")
		write(t, file, b.String())
		return file
	}
	const sum = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" // of nothing
	good := `{"archive":"archive.db","sha256":"` + sum + `"}`
	whole := pack("manifest.json", good, "archive.db", strings.Repeat("x", 4096))
	if err := os.Truncate(whole, 3000); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, file, want string }{
		{"no manifest", pack("archive.db", "x"), "does not start with its manifest"},
		{"a wrong sum", pack("manifest.json", good, "archive.db", "x"), "its sum is not that of the manifest"},
		{"a way out", pack("manifest.json", good, "pages/../../../evil", "x"), `"pages/../../../evil" does not belong into a backup`},
		{"an absolute way out", pack("manifest.json", good, "/etc/evil", "x"), `"/etc/evil" does not belong into a backup`},
		{"a strange entry", pack("manifest.json", good, "otklik.yaml", "x"), `"otklik.yaml" does not belong into a backup`},
		{"no archive", pack("manifest.json", good), "the file was cut short"},
		{"half an archive", whole, "unexpected EOF"},
		{"another archive", pack("manifest.json", `{"archive":"../../x","sha256":"`+sum+`"}`, "../../x", ""), `unknown archive "../../x"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := smallConfig(t, "")
			if code, _, errs := command(t, "restore", "--config", cfg, tt.file); code != exitFailed || !strings.Contains(errs, tt.want) {
				t.Errorf("exit %d, %q is not in\n%s", code, tt.want, errs)
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(cfg), "data", "otklik.db")); err == nil {
				t.Error("an archive was made")
			}
		})
	}
}
