package main

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"time"

	"otklik/config"
	"otklik/store"
)

// The entries of a backup, a tar file that starts with its manifest.
const (
	backupManifest = "manifest.json"
	backupSQLite   = "archive.db"
	backupPostgres = "archive.pgdump"
	backupPages    = "pages/"
)

// manifest says what a backup holds.
type manifest struct {
	Otklik  string    `json:"otklik"` // the version that made it
	MadeAt  time.Time `json:"made_at"`
	Archive string    `json:"archive"` // the name of the archive's entry
	SHA256  string    `json:"sha256"`  // of the archive
	Bytes   int64     `json:"bytes"`
	Pages   bool      `json:"pages"`
}

type backupCmd struct {
	Config string `help:"Configuration file." default:"otklik.yaml" type:"path"`
	Pages  bool   `help:"The saved pages too." default:"true" negatable:""`
	File   string `arg:"" help:"New file to write." type:"path"`
}

// Run writes a consistent copy of the archive while a daemon runs: SQLite
// copies itself (VACUUM INTO), PostgreSQL is asked for a snapshot by pg_dump.
func (c backupCmd) Run(ctx context.Context, con console) error {
	cfg, err := config.Load(c.Config)
	if err != nil {
		return configError(err)
	}
	if _, err := os.Stat(c.File); !errors.Is(err, fs.ErrNotExist) {
		return usage("%s exists already", c.File)
	}
	dir, err := os.MkdirTemp(filepath.Dir(c.File), ".otklik-backup-*")
	if err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	defer os.RemoveAll(dir)
	m := manifest{Otklik: version, MadeAt: time.Now().UTC(), Archive: backupSQLite, Pages: c.Pages}
	copied := filepath.Join(dir, "archive")
	if cfg.Database.IsSet() {
		m.Archive = backupPostgres
		err = runPostgres(ctx, cfg.Database.Reveal(), "pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--file="+copied)
	} else {
		err = copySQLite(ctx, cfg.Data, copied)
	}
	if err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	if m.SHA256, m.Bytes, err = sumFile(copied); err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	if err := writeTo(c.File, nil, func(w io.Writer) error { return c.pack(w, m, copied, cfg.Data) }); err != nil {
		return err
	}
	_, err = fmt.Fprintf(con.out, "%s: %s, %d bytes, sha256 %s\n", c.File, m.Archive, m.Bytes, m.SHA256)
	return err
}

func copySQLite(ctx context.Context, data, to string) error {
	archive, err := store.Open(ctx, store.Config{Data: data})
	if err != nil {
		return err
	}
	return errors.Join(archive.Backup(ctx, to), archive.Close())
}

// runPostgres runs one of the server's tools. The password goes by the
// environment: arguments are seen by everybody on the machine.
func runPostgres(ctx context.Context, address, tool string, args ...string) error {
	u, err := url.Parse(address)
	if err != nil {
		return errors.New("the database's URL is not understood")
	}
	found, err := exec.LookPath(tool)
	if err != nil {
		return fmt.Errorf("the archive is on PostgreSQL, install its client tools: %w", err)
	}
	password, _ := u.User.Password()
	u.User = url.User(u.User.Username())
	cmd := exec.CommandContext(ctx, found, append(args, "--dbname="+u.String())...)
	cmd.Env = append(os.Environ(), "PGPASSWORD="+password)
	if password == "" {
		cmd.Env = os.Environ()
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", tool, err, strings.TrimSpace(string(out)))
	}
	return nil
}

func sumFile(name string) (sum string, size int64, err error) {
	f, err := os.Open(name)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	size, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), size, err
}

func (c backupCmd) pack(w io.Writer, m manifest, archive, data string) error {
	out := tar.NewWriter(w)
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if err := out.WriteHeader(&tar.Header{Name: backupManifest, Mode: 0o600, Size: int64(len(text)), ModTime: m.MadeAt}); err != nil {
		return err
	}
	if _, err := out.Write(text); err != nil {
		return err
	}
	if err := packFile(out, archive, m.Archive); err != nil {
		return err
	}
	if c.Pages {
		if err := packPages(out, filepath.Join(data, "pages")); err != nil {
			return err
		}
	}
	return out.Close()
}

func packFile(out *tar.Writer, file, name string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := out.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: info.Size(), ModTime: info.ModTime()}); err != nil {
		return err
	}
	_, err = io.CopyN(out, f, info.Size())
	return err
}

// packPages adds the saved pages. One that is removed meanwhile has come of age.
func packPages(out *tar.Writer, dir string) error {
	return filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case !d.Type().IsRegular() || strings.HasSuffix(file, ".part"):
			return nil
		}
		name, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		if err := packFile(out, file, backupPages+filepath.ToSlash(name)); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
}

type restoreCmd struct {
	Config string `help:"Configuration file that says where to restore to." default:"otklik.yaml" type:"path"`
	File   string `arg:"" help:"File that backup wrote." type:"existingfile"`
}

// Run puts a backup where the configuration says. It never overwrites: an
// archive that is there has to be moved away first.
func (c restoreCmd) Run(ctx context.Context, con console) error {
	cfg, err := config.Load(c.Config)
	if err != nil {
		return configError(err)
	}
	f, err := os.Open(c.File)
	if err != nil {
		return usageError{err}
	}
	defer f.Close()
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	dir, err := os.MkdirTemp(cfg.Data, ".restore-*")
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	defer os.RemoveAll(dir)
	m, err := unpack(f, dir)
	if err != nil {
		return fmt.Errorf("restore %s: %w", c.File, err)
	}
	if err := place(ctx, cfg, m, dir); err != nil {
		return fmt.Errorf("restore %s: %w", c.File, err)
	}
	_, err = fmt.Fprintf(con.out, "restored the archive of %s; Redis forgets by itself, wipe it if it was shared with the old archive\n", m.MadeAt.Format(time.RFC3339))
	return err
}

// unpack writes a backup's entries into dir and checks the archive's sum.
func unpack(r io.Reader, dir string) (manifest, error) {
	var m manifest
	in := tar.NewReader(r)
	for first := true; ; first = false {
		head, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return m, err
		}
		if first {
			if head.Name != backupManifest {
				return m, errors.New("it is no backup: it does not start with its manifest")
			}
			if err := json.NewDecoder(io.LimitReader(in, 1<<20)).Decode(&m); err != nil {
				return m, fmt.Errorf("read the manifest: %w", err)
			}
			if m.Archive != backupSQLite && m.Archive != backupPostgres {
				return m, fmt.Errorf("the manifest names an unknown archive %q", m.Archive)
			}
			continue
		}
		if head.Typeflag != tar.TypeReg || !(head.Name == m.Archive || strings.HasPrefix(head.Name, backupPages)) || !filepath.IsLocal(filepath.FromSlash(head.Name)) {
			return m, fmt.Errorf("%q does not belong into a backup", head.Name)
		}
		if err := unpackFile(in, filepath.Join(dir, filepath.FromSlash(path.Clean(head.Name)))); err != nil {
			return m, err
		}
	}
	if m.Archive == "" {
		return m, errors.New("it is no backup: it is empty")
	}
	sum, _, err := sumFile(filepath.Join(dir, m.Archive))
	if errors.Is(err, fs.ErrNotExist) {
		return m, errors.New("the archive is missing: the file was cut short")
	}
	if err != nil {
		return m, fmt.Errorf("read the archive: %w", err)
	}
	if sum != m.SHA256 {
		return m, errors.New("the archive is damaged: its sum is not that of the manifest")
	}
	return m, nil
}

func unpackFile(in io.Reader, name string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, in)
	return errors.Join(err, f.Close())
}

// place moves what was unpacked to where the configuration says.
func place(ctx context.Context, cfg *config.Config, m manifest, dir string) error {
	from := filepath.Join(dir, m.Archive)
	switch {
	case m.Archive == backupPostgres && cfg.Database.IsSet():
		// Into an empty database only: without --clean it fails where tables are.
		if err := runPostgres(ctx, cfg.Database.Reveal(), "pg_restore", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", from); err != nil {
			return err
		}
	case m.Archive == backupSQLite && !cfg.Database.IsSet():
		if err := placeSQLite(ctx, cfg.Data, from, dir); err != nil {
			return err
		}
	default:
		return usage("the backup holds %s, and the configuration names another kind of database", m.Archive)
	}
	return placePages(filepath.Join(dir, "pages"), filepath.Join(cfg.Data, "pages"))
}

// placeSQLite tries the archive where it lies, then moves it into place.
func placeSQLite(ctx context.Context, data, from, dir string) error {
	to := filepath.Join(data, "otklik.db")
	for _, name := range []string{to, to + "-wal", to + "-shm"} {
		if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) {
			return usage("%s exists: stop the daemon and move it away first", name)
		}
	}
	trial := filepath.Join(dir, "trial")
	if err := os.Mkdir(trial, 0o700); err != nil {
		return err
	}
	if err := os.Rename(from, filepath.Join(trial, "otklik.db")); err != nil {
		return err
	}
	archive, err := store.Open(ctx, store.Config{Data: trial}) // migrates it, too
	if err != nil {
		return err
	}
	if err := errors.Join(archive.Health(ctx), archive.Close()); err != nil {
		return err
	}
	return os.Rename(filepath.Join(trial, "otklik.db"), to)
}

// placePages moves the saved pages; those that are there stay.
func placePages(from, to string) error {
	return filepath.WalkDir(from, func(file string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(from, file)
		if err != nil {
			return err
		}
		target := filepath.Join(to, name)
		if _, err := os.Stat(target); err == nil {
			return nil
		}
		if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
			return err
		}
		return os.Rename(file, target)
	})
}
