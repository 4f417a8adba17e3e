package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"otklik/config"
)

// block returns the text of README's first fenced block of a language that
// contains word.
func block(t *testing.T, lang, word string) string {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?s)```"+lang+"\n(.*?)```").FindAllStringSubmatch(string(readme), -1) {
		if strings.Contains(m[1], word) {
			return m[1]
		}
	}
	t.Fatalf("README has no %s block with %q", lang, word)
	return ""
}

func TestReadme_Commands(t *testing.T) {
	if got := strings.TrimSpace(block(t, "sh", "demo")); got != "go run ./cmd/otklik demo" {
		t.Errorf("the first command is %q", got)
	}
	if got := strings.TrimSpace(block(t, "sh", "test")); got != "go test ./..." {
		t.Errorf("the second command is %q", got)
	}
}

func TestReadme_Config(t *testing.T) {
	c, err := config.Parse([]byte(block(t, "yaml", "brands:")), "otklik.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Brands[0].Sources) != 3 {
		t.Errorf("%d sources, want 3", len(c.Brands[0].Sources))
	}
}

func TestReadme_Links(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`\]\(([^):]+)\)`).FindAllStringSubmatch(string(readme), -1) {
		if _, err := os.Stat(filepath.Join("../..", m[1])); err != nil {
			t.Errorf("README links to %s: %v", m[1], err)
		}
	}
}
