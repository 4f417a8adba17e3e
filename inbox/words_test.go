package inbox_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"otklik/inbox"
	"otklik/mention"
)

// table reads the words as the tests see them.
func table(t *testing.T) map[string][2]string {
	t.Helper()
	out := map[string][2]string{}
	for line := range strings.Lines(inbox.WordTable) {
		cells := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(cells) == 3 && line[0] != '#' {
			out[cells[0]] = [2]string{cells[1], cells[2]}
		}
	}
	return out
}

func TestWords(t *testing.T) {
	verbs := regexp.MustCompile(`%(\[\d\])?[sdv]`)
	for key, pair := range table(t) {
		ru, en := verbs.FindAllString(pair[0], -1), verbs.FindAllString(pair[1], -1)
		slices.Sort(ru)
		slices.Sort(en)
		if !slices.Equal(ru, en) || pair[0] == "" || pair[1] == "" {
			t.Errorf("%s: %q and %q do not take the same values", key, pair[0], pair[1])
		}
	}
}

// TestWords_used holds that everything pages and code ask for is in the table.
func TestWords_used(t *testing.T) {
	words := table(t)
	inPages, inCode := regexp.MustCompile(`\.T "([^"]+)"`), regexp.MustCompile(`\.T\("([^"]+)"[,)]|newPage\(r, "([^"]+)"`)
	look := func(files fs.FS, pattern string, re *regexp.Regexp) {
		names, err := fs.Glob(files, pattern)
		check(t, err)
		for _, name := range names {
			text, err := fs.ReadFile(files, name)
			check(t, err)
			for _, m := range re.FindAllStringSubmatch(string(text), -1) {
				if key := strings.Join(m[1:], ""); words[key] == ([2]string{}) {
					t.Errorf("%s asks for %q, which the table does not have", name, key)
				}
			}
		}
	}
	look(inbox.PageFiles, "pages/*.html", inPages)
	look(os.DirFS("."), "*.go", inCode)
	for _, v := range mention.Verbs() {
		if words["event."+string(v)] == ([2]string{}) {
			t.Errorf("the verb %s has no words", v)
		}
	}
	for _, r := range mention.Rejects() {
		if words["reject."+string(r)] == ([2]string{}) {
			t.Errorf("the reason %s has no words", r)
		}
	}
}

func TestMarked(t *testing.T) {
	const text = "Ужас, а не банк"
	reason := func(start, end int) mention.Reason {
		return mention.Reason{Field: mention.InText, Start: start, End: end}
	}
	for name, tt := range map[string]struct {
		reasons []mention.Reason
		want    []inbox.Piece
	}{
		"no reason":              {nil, []inbox.Piece{{Text: text}}},
		"the first word":         {[]mention.Reason{reason(0, 8)}, []inbox.Piece{{Text: "Ужас", Mark: "why"}, {Text: ", а не банк"}}},
		"two, in another order":  {[]mention.Reason{reason(18, 26), reason(0, 8)}, []inbox.Piece{{Text: "Ужас", Mark: "why"}, {Text: ", а не "}, {Text: "банк", Mark: "why"}}},
		"two that overlap":       {[]mention.Reason{reason(0, 8), reason(2, 10)}, []inbox.Piece{{Text: "Ужас", Mark: "why"}, {Text: ", а не банк"}}},
		"one that cuts a letter": {[]mention.Reason{reason(1, 8)}, []inbox.Piece{{Text: text}}},
		"one outside":            {[]mention.Reason{reason(0, 800), reason(-4, 4), reason(5, 5)}, []inbox.Piece{{Text: text}}},
		"one of another field":   {[]mention.Reason{{Field: mention.InCons, Start: 0, End: 8}}, []inbox.Piece{{Text: text}}},
	} {
		if got := inbox.Marked(text, tt.reasons, mention.InText); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestDiff(t *testing.T) {
	for _, tt := range []struct{ old, now, want string }{
		{"", "", ""}, {"а б", "а б", "а б"}, {"", "а", "+а"}, {"а", "", "-а"},
		{"курьер не приехал", "курьер приехал", "курьер |-не |приехал"},
		{"карта пришла вчера", "карта пришла сегодня утром", "карта пришла |-вчера|+сегодня утром"},
		{"а б в", "в б а", "-а б |в|+ б а"},
	} {
		var parts []string
		old, now := "", ""
		for _, p := range inbox.Diff(tt.old, tt.now) {
			parts = append(parts, map[string]string{"add": "+", "del": "-"}[p.Mark]+p.Text)
			if p.Mark != "add" {
				old += p.Text
			}
			if p.Mark != "del" {
				now += p.Text
			}
		}
		if old != tt.old || now != tt.now {
			t.Errorf("%q to %q loses words: %q", tt.old, tt.now, parts)
		}
		if got := strings.Join(parts, "|"); got != tt.want && tt.old != "а б в" {
			t.Errorf("%q to %q: %q, want %q", tt.old, tt.now, got, tt.want)
		}
	}
	long := strings.Repeat("слово ", 5000)
	if got := inbox.Diff(long, long+"ещё"); len(got) != 2 {
		t.Errorf("a long text is compared in %d pieces, want it shown whole", len(got))
	}
}

func FuzzDiff(f *testing.F) {
	f.Add("курьер не приехал", "курьер приехал")
	f.Add("а  б\n", " \xff")
	f.Fuzz(func(t *testing.T, old, now string) {
		var a, b string
		for _, p := range inbox.Diff(old, now) {
			if p.Mark != "add" {
				a += p.Text
			}
			if p.Mark != "del" {
				b += p.Text
			}
		}
		wantA, wantB := inbox.Harmless(old), inbox.Harmless(now)
		if a != wantA || b != wantB {
			t.Errorf("%q and %q became %q and %q", wantA, wantB, a, b)
		}
	})
}

func TestPublicURL(t *testing.T) {
	for in, want := range map[string]string{
		"https://otzovik.example/a?b=c": "https://otzovik.example/a?b=c", "http://x.example": "http://x.example",
		"javascript:alert(1)": "", "data:text/html,x": "", "//x.example": "", "/path": "", "": "", "https://": "", "ftp://x.example": "", "https:\n//x": "",
	} {
		if got := inbox.PublicURL(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// TestWords_faults holds that every mistake of an imported file has a sentence
// with as many values.
func TestWords_faults(t *testing.T) {
	words, verbs := table(t), regexp.MustCompile(`%[a-z]`)
	files, err := filepath.Glob("../feedback/*.go")
	check(t, err)
	found := 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		check(t, err)
		for _, m := range regexp.MustCompile(`mistake\("([^"]+)", "([^"]*)"`).FindAllStringSubmatch(string(text), -1) {
			found++
			if pair := words["fault."+m[1]]; pair[0] == "" || len(verbs.FindAllString(pair[0], -1)) != len(verbs.FindAllString(m[2], -1)) {
				t.Errorf("%s: %s %q is %q in Russian", name, m[1], m[2], pair[0])
			}
		}
	}
	if found < 20 {
		t.Errorf("%d mistakes found in %q", found, files)
	}
}
