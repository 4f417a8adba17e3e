package crawler

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"otklik/mention"
)

func TestRawStore(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	s, err := OpenRawStore(dir, RawConfig{Keep: 48 * time.Hour, MaxBytes: 1 << 20}, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	save := func(site string, ago time.Duration, body string) string {
		t.Helper()
		raw := Raw{Request: Request{Stage: List, URL: "https://x/1", Page: 1, Vars: map[string]string{"country": "ru"}}, URL: "https://x/1",
			Status: 200, Header: http.Header{"Content-Type": {"text/html"}, "Set-Cookie": {"session=hush"}}, Body: []byte(body), FetchedAt: now.Add(-ago)}
		name, err := s.Save(site, "s1", raw, mention.Layout)
		if err != nil {
			t.Fatal(err)
		}
		return name
	}
	old := save("town", 72*time.Hour, "old")
	save("town", 2*time.Hour, "two")
	again := save("town", time.Hour, "two")
	save("other", time.Hour, "three")
	var bodies []string
	for page, err := range s.Since("town", now.Add(-24*time.Hour)) {
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, string(page.Raw.Body))
		if page.Raw.Header.Get("Set-Cookie") != "" || page.Raw.Request.Vars["country"] != "ru" || page.Verdict != mention.Layout || page.Sum != bodySum(page.Raw.Body) {
			t.Errorf("%+v", page)
		}
	}
	if fmt.Sprint(bodies) != "[two]" {
		t.Errorf("since yesterday: %v, want [two] once", bodies)
	}
	if page, err := s.Open(again); err != nil || string(page.Raw.Body) != "two" {
		t.Errorf("Open(%s) = %+v, %v", again, page, err)
	}
	if n, err := s.Purge(); n != 1 || err != nil {
		t.Errorf("Purge = %d, %v; want 1", n, err)
	}
	for _, name := range []string{old, "../../etc/passwd", "town/../x.zst", ""} {
		if _, err := s.Open(name); err == nil {
			t.Errorf("Open(%q) found something", name)
		}
	}
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestRawStore_OldestGiveWay(t *testing.T) {
	dir, now := t.TempDir(), time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	limit := int64(64 << 10)
	open := func() *RawStore {
		s, err := OpenRawStore(dir, RawConfig{Keep: time.Hour, MaxBytes: limit}, func() time.Time { return now })
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	noise := make([]byte, 4<<10)
	last := ""
	for i := range 100 {
		for j := range noise { // does not compress
			noise[j] = byte((i*7919 + j*104729 + j*j*31) >> 3)
		}
		var err error
		last, err = s.Save("town", "s1", Raw{Body: noise, FetchedAt: now.Add(time.Duration(i) * time.Second)}, mention.OK)
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Open(last); err != nil || s.bytes > limit {
		t.Errorf("newest page: %v; %d bytes, want at most %d", err, s.bytes, limit)
	}
	if reopened := open(); reopened.bytes != s.bytes {
		t.Errorf("%d bytes after reopening, want %d", reopened.bytes, s.bytes)
	}
}
