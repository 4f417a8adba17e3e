package crawler_test

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"otklik/crawler"
	"otklik/crawler/official"
	"otklik/mention"
)

const sitesPage = "../docs/sites.md"

const sitesHead = `# Sites

What can be read, what each place needs and gives, and what it shows and takes of the company's answers. This page is made from the definitions
(` + "`go test ./crawler -run SitesPage -update`" + `); ` + "`otklik sites`" + ` prints the same list, ` + "`otklik sites --json`" + ` with everything.
How a definition is written is in [definitions.md](definitions.md); a place that is not here is a file of your own, and ` + "`otklik sites new URL`" + ` proposes it.

**Answers seen** says what a pass can find of the company's answer: its words, only that there is one, or nothing; where nothing is shown, an answered task
ends as "answered, cannot be verified". Where the company has to be named in ` + "`brands[].accounts`" + `, its answer is an ordinary comment there.
**Answers sent** says whether Otklik can send them through the place's official API, and the limits it counts before it does. The secret parameters are
written as ` + "`env:NAME`" + ` or ` + "`file:/path`" + `. Nothing is ever sent where there is no official way.

robots.txt is honoured (RFC 9309) wherever pages are read without an account. Terms of use change; who runs Otklik answers for keeping to those of each place.
`

// TestSitesPage keeps docs/sites.md true.
func TestSitesPage(t *testing.T) {
	var b strings.Builder
	b.WriteString(sitesHead)
	kinds := map[string][]*crawler.Site{}
	for _, s := range catalogue(t).Sites() {
		kinds[s.Kind] = append(kinds[s.Kind], s)
	}
	titles := []struct{ kind, title string }{
		{"aggregator", "Review sites"}, {"maps", "Maps and listings"}, {"marketplace", "Marketplaces"}, {"apps", "App stores"},
		{"social", "Social networks"}, {"forum", "Forums, comments and issues"}, {"feed", "Feeds"}, {"generic", "Any page"},
	}
	for _, k := range titles {
		b.WriteString("\n## " + k.title + "\n\n| site | name | access | answers seen | answers sent |\n|---|---|---|---|---|\n")
		for _, s := range kinds[k.kind] {
			fmt.Fprintf(&b, "| [%s](#%s) | `%s` | %s | %s | %s |\n", s.Title["en"], s.Name, s.Name, access(s), s.Replies, word(s.Sends, "yes", "no"))
		}
		for _, s := range kinds[k.kind] {
			writeSite(&b, s)
		}
		delete(kinds, k.kind)
	}
	if len(kinds) > 0 {
		t.Errorf("kinds without a heading: %v", slices.Collect(maps.Keys(kinds)))
	}
	if *update {
		if err := os.WriteFile(sitesPage, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(sitesPage)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != b.String() {
		t.Errorf("%s is not current: run go test ./crawler -run SitesPage -update", sitesPage)
	}
}

func writeSite(b *strings.Builder, s *crawler.Site) {
	fmt.Fprintf(b, "\n### %s\n\n%s, `site: %s`.\n\n", s.Name, s.Title["en"], s.Name)
	if s.Needs["en"] != "" {
		fmt.Fprintf(b, "**Needs.** %s\n\n", sentence(s.Needs["en"]))
	}
	b.WriteString("| parameter | | example | meaning |\n|---|---|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(s.Params)) {
		p := s.Params[name]
		kind := word(p.Required, "required", "optional")
		kind += word(p.List, ", a list", "") + word(p.Secret, ", secret", "")
		if p.Default != "" {
			kind += ", `" + p.Default + "` by default"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", name, kind, code(p.Example), p.About["en"])
	}
	fmt.Fprintf(b, "\n**Gives.** %s; at most %d list pages a pass, %s; at least %s between two requests.%s\n\n",
		strings.Join(s.Fields(), ", "), s.Pages, word(s.NewestFirst, "newest first", "every one each time, because they are not by date"), s.Pace.Delay,
		word(s.Open != crawler.OpenNever, " The mention's own page is opened for what is "+string(s.Open)+".", "")+
			word(s.Search, " The brand is matched again in what is found.", ""))
	fmt.Fprintf(b, "**Answers seen.** %s%s\n\n", seen(s.Replies), word(s.Accounts, " The company is recognised by `brands[].accounts."+s.Name+"`.", ""))
	fmt.Fprintf(b, "**Answers sent.** %s\n", sends(s))
	if s.Notes["en"] != "" {
		fmt.Fprintf(b, "\n**Notes.** %s\n", sentence(s.Notes["en"]))
	}
	fmt.Fprintf(b, "\n**Robots and terms.** %s\n", sentence(cmp.Or(s.Robots["en"], robots(s))))
}

func access(s *crawler.Site) string {
	switch s.Access {
	case crawler.AccessKey:
		return "key"
	case crawler.AccessAccount:
		return "own account"
	}
	return word(s.Render, "open, with a browser", "open")
}

func robots(s *crawler.Site) string {
	if s.Access == crawler.AccessOpen || s.Access == "" {
		return "robots.txt is honoured; read the place's terms, they have not been reviewed here."
	}
	return "An official API under its own terms, to which robots.txt does not apply."
}

func seen(r mention.Replies) string {
	switch r {
	case mention.RepliesText:
		return "Their words."
	case mention.RepliesFlag:
		return "Only that there is one."
	}
	return "None: an answer given there cannot be verified."
}

// sends says what the official API takes.
func sends(s *crawler.Site) string {
	if !s.Sends {
		return "Not by Otklik: answer on the site and mark the task as answered."
	}
	params := map[string]string{}
	for name := range s.Params {
		params[name] = "x"
	}
	l, err := official.Limits(official.Account{Site: s.Name, Params: params})
	if err != nil {
		return "Yes."
	}
	return "Yes" + limits(l) + "."
}

func limits(l mention.ReplyLimits) string {
	var out string
	if l.Characters > 0 {
		out += fmt.Sprintf(", up to %d characters", l.Characters)
	}
	if l.Bytes > 0 {
		out += fmt.Sprintf(", up to %d bytes", l.Bytes)
	}
	if l.PerDay > 0 {
		out += fmt.Sprintf(", about %d a day", l.PerDay)
	}
	out += word(l.OnePerReview, ", one a review", "")
	return out + word(l.Editable, ", can be replaced", ", cannot be changed afterwards")
}

func word(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + strings.ReplaceAll(s, "|", `\|`) + "`"
}

// sentence ends s with a full stop.
func sentence(s string) string {
	s = strings.TrimSpace(s)
	if strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}
