package config_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"otklik/config"
)

var update = flag.Bool("update", false, "rewrite the expected messages")

func TestLoad_Example(t *testing.T) {
	c, err := config.Load("example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Brands) != 1 || len(c.Brands[0].Sources) != 2 || c.Brands[0].Sources[0].Values["countries"] != "ru,us" {
		t.Errorf("brands %+v", c.Brands)
	}
	if got := c.Replies.Norms["complaint"].Take; got != 15*time.Minute {
		t.Errorf("take norm %s, want 15m", got)
	}
	if c.Data != "data" {
		t.Errorf("data folder %q, want one beside the file", c.Data)
	}
}

// Each testdata/bad/*.yaml has beside it the messages an operator gets.
func TestLoad_Mistakes(t *testing.T) {
	t.Setenv("OTKLIK_TEST_SET", "xoxb-1")
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".yaml"), func(t *testing.T) {
			_, err := config.Load(name)
			var problems config.Problems
			if !errors.As(err, &problems) {
				t.Fatalf("got %v, want problems", err)
			}
			got := strings.ReplaceAll(problems.Error(), name, "otklik.yaml") + "\n"
			wantFile := strings.TrimSuffix(name, ".yaml") + ".txt"
			if *update {
				if err := os.WriteFile(wantFile, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(wantFile)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestSchedule(t *testing.T) {
	moscow, err := time.LoadLocation("Europe/Moscow")
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 11, 21, 8, 59, 0, 0, moscow)
	s, err := config.Schedule("0 9 * * *", moscow)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := s.Next(from), from.Add(time.Minute); !got.Equal(want) {
		t.Errorf("next %s, want nine in the configured zone, %s", got, want)
	}
	for _, bad := range []string{"", "TZ=UTC", "0 0 30 2 *", "every day", "99 * * * *"} {
		if _, err := config.Schedule(bad, moscow); err == nil {
			t.Errorf("schedule %q is accepted", bad)
		}
	}
}

func FuzzParse(f *testing.F) {
	example, err := os.ReadFile("example.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(example)
	f.Add([]byte("a: &a [*a, *a]\n"))
	f.Add([]byte("brands: 1"))
	f.Add([]byte("\xff\xfe"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := config.Parse(data, "otklik.yaml")
		if (c == nil) == (err == nil) {
			t.Errorf("config %v with error %v", c, err)
		}
	})
}
