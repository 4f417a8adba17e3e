package reports_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/xuri/excelize/v2"

	"otklik/mention"
	"otklik/reports"
)

func report(t *testing.T, a *archive) *reports.Report {
	t.Helper()
	r, err := maker(a).Make(t.Context(), reports.Query{From: from, To: to})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestMake_counts(t *testing.T) {
	day := func(n int) time.Time { return from.AddDate(0, 0, n) }
	r := report(t, &archive{tallies: []mention.Tally{
		{Day: day(-1), Brand: brand, Source: "otzovik", Tone: mention.Negative, Mentions: 4},
		{Day: day(0), Brand: brand, Source: "otzovik", Tone: mention.Negative, Mentions: 3, Rated: 2, Stars: 3},
		{Day: day(6), Brand: brand, Source: "app-store", Tone: mention.Positive, Mentions: 1, Rated: 1, Stars: 5},
		{Day: day(6), Brand: brand, Source: "app-store", Mentions: 2},
		{Day: day(1), Brand: rival, Source: "otzovik", Tone: mention.Negative, Mentions: 6},
	}})
	if want := (reports.Counts{Mentions: 6, Negative: 3, Positive: 1, Unclassified: 2, Rated: 3, Stars: 8}); r.Total != want {
		t.Errorf("total %+v, want %+v", r.Total, want)
	}
	if r.Before.Negative != 4 {
		t.Errorf("before %+v, want 4 negative", r.Before)
	}
	if len(r.Days) != 7 || r.Days[0].Negative != 3 || r.Days[6].Mentions != 3 || r.Days[1].Mentions != 0 {
		t.Errorf("days %+v; want seven, a competitor's in none", r.Days)
	}
	if len(r.Sources) != 2 || r.Sources[0].Name != "otzovik" {
		t.Errorf("sources %+v, want the one with complaints first", r.Sources)
	}
	if len(r.Voice) != 2 || r.Voice[0].Part != 0.5 || r.Voice[0].Own == r.Voice[1].Own {
		t.Errorf("share of voice %+v, want half each, one own", r.Voice)
	}
	if average, known := r.Total.Average(); !known || average < 2.66 || average > 2.67 {
		t.Errorf("average %v %v, want 8/3", average, known)
	}
}

func TestMake_refusesAPeriodThatEndsBeforeItBegins(t *testing.T) {
	if _, err := maker(&archive{}).Make(t.Context(), reports.Query{From: to, To: from}); err == nil {
		t.Error("no error")
	}
}

func TestMake_scores(t *testing.T) {
	themes := func(labels ...string) []mention.Theme {
		var out []mention.Theme
		for _, l := range labels {
			out = append(out, mention.Theme{Labels: []string{l, "bought"}, Mentions: 1})
		}
		return out
	}
	r := report(t, &archive{themes: themes("nps:10", "nps:9", "nps:7", "nps:6", "csat:4/5", "csat:3/5", "ces:6/7", "ces:2/7", "nps:many", "csat:1/0")})
	want := "[{Kind:nps Answers:4 Value:25 Best:10 Good:2 Bad:1} {Kind:csat Answers:2 Value:50 Best:5 Good:1 Bad:1} {Kind:ces Answers:2 Value:4 Best:7 Good:1 Bad:1}]"
	if got := print(r.Scores); got != want {
		t.Errorf("scores\n got %s\nwant %s", got, want)
	}
}

func TestMake_norms(t *testing.T) {
	unanswered := complaint(3, 0, 0, 0)
	dismissed := complaint(4, 0, 0, 0)
	dismissed.Task.State, dismissed.Task.DismissedAt = mention.Dismissed, dismissed.Task.DeliveredAt.Add(time.Minute)
	believed := complaint(5, 0, 5, 60)
	believed.Task.Unverifiable = true
	onSite := complaint(6, 0, 0, 0)
	onSite.Task.State, onSite.Task.OnSite, onSite.Task.AnsweredBy = mention.Confirmed, true, mention.OnSite
	onSite.Task.AnsweredAt = onSite.Task.DeliveredAt.Add(10 * time.Minute)
	onSite.Task.ConfirmedAt = onSite.Task.AnsweredAt
	seen := complaint(7, 0, 14, 25*60)
	seen.Task.State, seen.Task.ConfirmedAt = mention.Confirmed, seen.Task.AnsweredAt.Add(time.Hour)
	invisible := complaint(8, 0, 16, 60)
	invisible.Task.NotVisibleAt = now
	thanks := complaint(9, 0, 0, 0)
	thanks.Task.Kind = mention.Thanks
	r := report(t, &archive{timings: []mention.Timing{complaint(1, 0, 15, 60), unanswered, dismissed, believed, onSite, seen, invisible, thanks}})
	want := "[{Name:take Met:5 Missed:2 Waiting:0} {Name:acknowledge Met:0 Missed:0 Waiting:0} " +
		"{Name:answer Met:4 Missed:2 Waiting:0} {Name:visible Met:2 Missed:2 Waiting:0}]"
	if got := print(r.Norms); got != want {
		t.Errorf("norms\n got %s\nwant %s", got, want)
	}
	if r.Unverifiable != 1 || r.OnSite != 1 || r.Dismissed != 1 {
		t.Errorf("unverifiable %d, on site %d, dismissed %d; want one each", r.Unverifiable, r.OnSite, r.Dismissed)
	}
	if len(r.People) != 1 || r.People[0].Taken != 4 || r.People[0].TakenInNorm != 3 || r.People[0].Answered != 4 || r.People[0].AnsweredInNorm != 3 {
		t.Errorf("people %+v; want Anna with 3 of 4 taken and 3 of 4 answered in norm", r.People)
	}
}

func TestMake_intervals(t *testing.T) {
	dateOnly := complaint(2, 3, 10, 70)
	dateOnly.PublishedAt = from
	reopened := complaint(3, 3, 0, 0)
	reopened.Task.ReopenedAt = reopened.Task.DeliveredAt.Add(time.Hour)
	reopened.Task.TakenAt, reopened.Task.Owner = reopened.Task.ReopenedAt.Add(2*time.Minute), mention.Actor{ID: "slack:U1"}
	r := report(t, &archive{timings: []mention.Timing{complaint(1, 3, 5, 45), dateOnly, reopened}})
	for i, want := range []struct {
		paid   reports.Payer
		median time.Duration
		count  int
	}{
		{reports.System, 19 * time.Minute, 2}, {reports.System, 4 * time.Minute, 3}, {reports.People, 5 * time.Minute, 3},
		{reports.People, 40 * time.Minute, 2}, {reports.Site, 0, 0},
	} {
		got := r.Intervals[i]
		if got.Paid != want.paid || time.Duration(got.Median) != want.median || got.Count != want.count {
			t.Errorf("%s: charged to %s, median %s of %d; want %s, %s of %d", got.Name, got.Paid, time.Duration(got.Median), got.Count, want.paid, want.median, want.count)
		}
	}
	if r.Intervals[0].Unknown != 1 {
		t.Errorf("%d of unknown lag, want the one whose site shows only the date", r.Intervals[0].Unknown)
	}
}

func TestMake_coverage(t *testing.T) {
	old := source("old", "otzovik")
	old.LastRunAt = from.Add(-time.Hour)
	a := &archive{
		sources: []mention.Source{source("a", "otzovik"), old, {ID: "rival", Brand: rival, LastRunAt: now}},
		spells: []mention.Spell{
			{Source: "a", From: from.Add(-time.Hour), To: from.Add(84 * time.Hour), Verdict: mention.Blocked},
			{Source: "old", From: from.Add(-2 * time.Hour), Verdict: mention.Blocked},
			{Source: "rival", From: from, Verdict: mention.Blocked},
		},
	}
	c := report(t, a).Coverage
	if c.Complete() || c.Sources != 2 || len(c.Blind) != 1 || len(c.Unseen) != 1 {
		t.Fatalf("coverage %+v; want one of two blind for a time and one not looked at", c)
	}
	if c.Blind[0].For() != 84*time.Hour || c.Seen != 0.25 {
		t.Errorf("blind for %s, seen %v; want 84h and a quarter of the time", c.Blind[0].For(), c.Seen)
	}
	if r := report(t, a); !r.Days[0].Blind {
		t.Error("the first day is not marked")
	}
	if (reports.Coverage{}).Complete() {
		t.Error("without sources silence counts as complete")
	}
}

func TestWriteCSV_isHarmless(t *testing.T) {
	var b bytes.Buffer
	if err := maker(busy()).WriteCSV(&b, report(t, busy()), "ru"); err != nil {
		t.Fatal(err)
	}
	lines := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.String(), "\ufeff")))
	lines.FieldsPerRecord = -1
	all, err := lines.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, line := range all {
		for _, field := range line {
			if strings.HasPrefix(field, "=") || strings.HasPrefix(field, "@") {
				t.Errorf("a formula: %q", field)
			}
			found = found || strings.HasPrefix(field, "'=HYPERLINK")
		}
	}
	if !found {
		t.Error("the hostile complaint is not in the file")
	}
}

func TestWriteXLSX(t *testing.T) {
	var b bytes.Buffer
	for _, lang := range []string{"ru", "en"} {
		b.Reset()
		if err := maker(busy()).WriteXLSX(&b, report(t, busy()), lang); err != nil {
			t.Fatal(err)
		}
		keep(t, "report-"+lang+".xlsx", b.Bytes())
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := f.GetSheetList(); len(got) != 10 || got[0] != "Mentions by day" {
		t.Errorf("sheets %q", got)
	}
	kind, err := f.GetCellType("Top complaints", "F3")
	formula, _ := f.GetCellFormula("Top complaints", "F3")
	if err != nil || kind == excelize.CellTypeFormula || formula != "" {
		t.Errorf("a complaint is a formula: %v %q %v", kind, formula, err)
	}
	if got, _ := f.GetCellValue("By source", "B2"); got == "" {
		t.Error("no number of mentions beside the first source")
	}
}

func TestWriteJSON(t *testing.T) {
	var b bytes.Buffer
	m := maker(busy())
	if err := m.Write(&b, report(t, busy()), reports.JSON, reports.View{}); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Total     struct{ Negative int }
		Intervals []struct {
			Charged string `json:"charged_to"`
			Median  int    `json:"median_seconds"`
		}
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Total.Negative == 0 || got.Intervals[2].Charged != "people" || got.Intervals[2].Median == 0 {
		t.Errorf("got %+v", got)
	}
}

func TestWriteHTML(t *testing.T) {
	for _, lang := range []string{"ru", "en"} {
		var b bytes.Buffer
		v := reports.View{Lang: lang, Linked: true, Form: &reports.Choice{Brands: []string{brand}, Sources: []string{"otzovik", "app-store"}}}
		if err := maker(busy()).WriteHTML(&b, report(t, busy()), v); err != nil {
			t.Fatal(err)
		}
		keep(t, "report-"+lang+".html", b.Bytes())
		doc, err := goquery.NewDocumentFromReader(&b)
		if err != nil {
			t.Fatal(err)
		}
		if n := doc.Find("script, [style], [onclick]").Length(); n > 0 {
			t.Errorf("%d elements that the policy refuses", n)
		}
		if n := doc.Find("svg.days g.bar").Length(); n != 7 {
			t.Errorf("%d columns, want a column a day", n)
		}
		if n := doc.Find(".seen.blind li").Length(); n != 2 {
			t.Errorf("%d blind sources named, want 2", n)
		}
		if href, _ := doc.Find(".tile.neg a").Attr("href"); !strings.Contains(href, "tone=negative") || !strings.HasPrefix(href, "/archive?") {
			t.Errorf("the number of complaints leads to %q", href)
		}
		if b := doc.Find("blockquote").Text(); !strings.Contains(b, "<script>alert(1)</script>") {
			t.Errorf("the hostile complaint is not quoted: %s", b)
		}
	}
}

// keep writes what a test made into the folder OTKLIK_KEEP, for looking at it.
func keep(t *testing.T, name string, data []byte) {
	if dir := os.Getenv("OTKLIK_KEEP"); dir != "" {
		if err := os.WriteFile(dir+"/"+name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestHandler(t *testing.T) {
	h := reports.Handler(maker(busy()), "", slog.New(slog.DiscardHandler))(mention.Frame{Lang: "en"})
	for _, tt := range []struct {
		query, kind string
		code        int
	}{
		{"", "text/html; charset=utf-8", 200},
		{"from=2026-11-14&until=2026-11-20&brand=%D0%92%D0%B0%D1%81%D0%B8%D0%BB%D1%91%D0%BA+%D0%91%D0%B0%D0%BD%D0%BA", "text/html; charset=utf-8", 200},
		{"from=2026-11-14&to=2026-11-21&format=csv", "text/csv; charset=utf-8", 200},
		{"format=xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", 200},
		{"format=json&source=otzovik", "application/json", 200},
		{"format=pdf", "text/html; charset=utf-8", 400},
		{"from=yesterday", "text/html; charset=utf-8", 400},
		{"from=2026-11-14&until=2026-11-01", "text/html; charset=utf-8", 400},
		{"from=1026-11-14", "text/html; charset=utf-8", 400},
		{"brand=nobody", "text/html; charset=utf-8", 400},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/reports?"+tt.query, nil))
		if w.Code != tt.code || w.Header().Get("Content-Type") != tt.kind {
			t.Errorf("?%s: %d %s, want %d %s", tt.query, w.Code, w.Header().Get("Content-Type"), tt.code, tt.kind)
		}
	}
}

// TestHandler_refuses: what is wrong with a period is told in the viewer's
// language, on a page with a way back.
func TestHandler_refuses(t *testing.T) {
	for _, tt := range []struct{ query, ru, en string }{
		{"from=2026-11-14&until=2026-11-01", "период кончается раньше, чем начинается", "the period ends before it begins"},
		{"from=1026-11-14", "период длиннее десяти лет", "the period is longer than ten years"},
		{"from=%3Cb%3E", "&#34;&lt;b&gt;&#34; — не день вида", "&#34;&lt;b&gt;&#34; is no day like"},
		{"brand=nobody", "такого бренда нет", "there is no such brand"},
		{"format=pdf", "такого формата нет", "unknown format"},
		{"behind=weather", "такой цифры в отчёте нет", "there is no such figure"},
	} {
		for lang, want := range map[string]string{"ru": tt.ru, "en": tt.en} {
			w := httptest.NewRecorder()
			frame := mention.Frame{Lang: lang, Menu: []mention.MenuItem{{Title: "Reports", Path: "/reports/", Part: "reports"}}}
			reports.Handler(maker(busy()), "", slog.New(slog.DiscardHandler))(frame).
				ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/reports?"+tt.query, nil))
			for _, part := range []string{want, `href="?"`, `aria-current="page"`, `lang="` + lang + `"`} {
				if w.Code/100 != 4 || !strings.Contains(w.Body.String(), part) {
					t.Errorf("?%s in %s: %d without %q\n%s", tt.query, lang, w.Code, part, w.Body)
				}
			}
		}
	}
}

func TestHandler_tellsNothingOfAFailure(t *testing.T) {
	a := busy()
	a.failWith = io.ErrUnexpectedEOF
	w := httptest.NewRecorder()
	reports.Handler(maker(a), "", slog.New(slog.DiscardHandler))(mention.Frame{Lang: "ru"}).
		ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/reports", nil))
	if w.Code != 500 || strings.Contains(w.Body.String(), "EOF") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestWriteXLSX_charts: each chart is in the workbook and its series point at
// cells that hold the numbers.
func TestWriteXLSX_charts(t *testing.T) {
	var b bytes.Buffer
	if err := maker(busy()).WriteXLSX(&b, report(t, busy()), "ru"); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	book, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	values := regexp.MustCompile(`<val><numRef><f>&#39;([^&]+)&#39;!\$([A-Z])\$(\d+):\$[A-Z]\$(\d+)</f>`)
	charts := 0
	for _, part := range book.File {
		if !strings.HasPrefix(part.Name, "xl/charts/chart") {
			continue
		}
		charts++
		r, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		series := values.FindAllSubmatch(text, -1)
		if len(series) != 3 {
			t.Errorf("%s has %d series of numbers, want 3", part.Name, len(series))
		}
		for _, s := range series {
			for _, row := range []string{string(s[3]), string(s[4])} {
				cell := string(s[2]) + row
				got, err := f.GetCellValue(string(s[1]), cell)
				if _, wrong := strconv.Atoi(got); err != nil || wrong != nil {
					t.Errorf("%s draws %s!%s, which holds %q, %v", part.Name, s[1], cell, got, err)
				}
			}
		}
	}
	if charts != 3 {
		t.Errorf("%d charts, want those of days, sources and norms", charts)
	}
}
