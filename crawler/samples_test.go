package crawler_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"otklik/crawler"
	"otklik/mention"
)

// expectation is one entry of expected.json in the folder of genuine pages.
type expectation struct {
	Site     string         `json:"site"`
	File     string         `json:"file"`
	At       string         `json:"at"`
	Verdict  string         `json:"verdict"` // alternatives joined by |
	Count    any            `json:"count"`   // a number, or alternatives joined by |
	Replies  *int           `json:"replies"`
	NoNext   bool           `json:"no_next"`
	First    map[string]any `json:"first"`
	Last     map[string]any `json:"last"`
	Optional bool           `json:"optional"`
	Note     string         `json:"note"`
}

// TestSamples reads genuine pages, which are other people's words and lie
// outside the repository. OTKLIK_SAMPLES names their folder.
func TestSamples(t *testing.T) {
	dir := os.Getenv("OTKLIK_SAMPLES")
	if dir == "" {
		t.Skip("OTKLIK_SAMPLES is not set")
	}
	data, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	if err != nil {
		t.Fatalf("OTKLIK_SAMPLES is set: %v", err)
	}
	var all []expectation
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	c := catalogue(t)
	for _, want := range all {
		t.Run(want.File, func(t *testing.T) {
			site, err := c.Site(want.Site)
			if err != nil {
				t.Fatal(err)
			}
			problems := compareSample(t, dir, site, want)
			switch {
			case len(problems) == 0:
				t.Log("as expected")
			case want.Optional:
				t.Logf("optional, not met: %s (%s)", strings.Join(problems, "; "), want.Note)
			default:
				t.Errorf("%s", strings.Join(problems, "\n"))
			}
		})
	}
}

func compareSample(t *testing.T, dir string, site *crawler.Site, want expectation) (problems []string) {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(dir, want.File))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	if want.At != "" {
		if at, err = time.Parse(time.RFC3339, want.At); err != nil {
			t.Fatal(err)
		}
	}
	page := site.Extract(crawler.Raw{Body: body, FetchedAt: at}, crawler.Options{})
	bad := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	if !slices.Contains(strings.Split(want.Verdict, "|"), string(page.Verdict)) {
		bad("verdict %s, want %s (%+v)", page.Verdict, want.Verdict, page.Evidence)
	}
	if got := strconv.Itoa(len(page.Mentions)); !slices.Contains(strings.Split(fmt.Sprint(want.Count), "|"), got) {
		bad("%s mentions, want %v (%+v)", got, want.Count, page.Evidence)
	}
	replies := 0
	for _, m := range page.Mentions {
		if m.Reply != nil && m.Reply.Text != "" {
			replies++
		}
	}
	if want.Replies != nil && replies != *want.Replies {
		bad("%d replies, want %d", replies, *want.Replies)
	}
	if want.NoNext && page.Next != nil {
		bad("there is a next page %s, want none", page.Next.URL)
	}
	if len(page.Mentions) > 0 {
		problems = append(problems, compareMention("first", page.Mentions[0], want.First)...)
		problems = append(problems, compareMention("last", page.Mentions[len(page.Mentions)-1], want.Last)...)
	}
	return problems
}

// compareMention compares the fields that the expectation names: times as a
// prefix of the local time, words as a part of them after folding white space.
func compareMention(which string, m mention.Mention, want map[string]any) (problems []string) {
	for name, value := range want {
		got, ok := sampleField(m, name)
		switch expected := fmt.Sprint(value); {
		case name == "published_at":
			ok = ok && strings.HasPrefix(got, expected)
		case name == "title" || name == "text":
			ok = ok && strings.Contains(fold(got), fold(expected))
		default:
			ok = ok && got == expected
		}
		if !ok {
			problems = append(problems, fmt.Sprintf("%s %s %q, want %v", which, name, got, value))
		}
	}
	return problems
}

func sampleField(m mention.Mention, name string) (string, bool) {
	switch name {
	case "external_id":
		return m.ExternalID, true
	case "url":
		return m.URL, true
	case "author":
		return m.Author, true
	case "rating":
		return strconv.FormatFloat(m.Rating, 'g', -1, 64), m.Best > 0
	case "best":
		return strconv.FormatFloat(m.Best, 'g', -1, 64), true
	case "published_at":
		return m.PublishedAt.Format("2006-01-02T15:04:05"), !m.PublishedAt.IsZero()
	case "title":
		return m.Title, true
	case "text": // what the author wrote, wherever the site puts it
		return strings.Join([]string{m.Text, m.Pros, m.Cons}, " "), true
	}
	return "", false
}

func fold(s string) string { return strings.Join(strings.Fields(s), " ") }

func catalogue(t testing.TB) *crawler.Catalogue {
	t.Helper()
	c, err := crawler.LoadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	return c
}
