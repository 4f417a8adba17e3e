package alerts_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"otklik/alerts"
	"otklik/alerts/channeltest"
	"otklik/mention"
)

// TestPlain_Digest: a digest without markup keeps every link that it has.
func TestPlain_Digest(t *testing.T) {
	m := channeltest.Card()
	m.Notice.Kind = mention.DigestNotice
	m.Digest = mention.Digest{Title: "Сводка\nза день", URL: "https://otklik.example/reports/", Sections: []mention.Section{
		{Title: "Главные жалобы", Lines: []mention.Line{{Text: "★☆☆☆☆ Отзовик:\r\nкурьер", URL: "https://otzovik.example/1"}, {Text: "без ссылки"}}}}}
	got := alerts.Plain(m, "ru", time.UTC)
	want := "Главные жалобы\n- ★☆☆☆☆ Отзовик: курьер https://otzovik.example/1\n- без ссылки\nhttps://otklik.example/reports/\n"
	if got.Subject != "Сводка за день" || got.Body != want {
		t.Errorf("%q\n%s\nwant\n%s", got.Subject, got.Body, want)
	}
}

// TestPlain_Shortened: what the site cut is not taken for the whole.
func TestPlain_Shortened(t *testing.T) {
	m := channeltest.Card()
	for lang, want := range map[string]string{"ru": "✂ текст сокращён сайтом", "en": "✂ shortened by the site"} {
		m.View.Mention.Labels = []string{"bought"}
		if body := alerts.Plain(m, lang, time.UTC).Body; strings.Contains(body, want) {
			t.Errorf("%s: the whole text is called shortened: %q", lang, body)
		}
		m.View.Mention.Labels = []string{"bought", mention.Shortened}
		lines := strings.Split(alerts.Plain(m, lang, time.UTC).Body, "\n")
		if at := slices.Index(lines, "> "+channeltest.Words); at < 0 || at+1 == len(lines) || lines[at+1] != want {
			t.Errorf("%s: %q does not follow the words in %q", lang, want, lines)
		}
	}
}

// TestPlain_Deadline: what is expected by when, and what is late, also without colours.
func TestPlain_Deadline(t *testing.T) {
	noon := channeltest.Card().At
	for name, c := range map[string]struct {
		change func(*mention.Task)
		after  time.Duration
		want   string
	}{
		"to take": {func(*mention.Task) {}, 0, "взять до 21.11.2026 11:37"},
		"late":    {func(*mention.Task) {}, 16 * time.Minute, "просрочено: взять до 21.11.2026 11:37"},
		"taken": {func(t *mention.Task) {
			t.State, t.Owner = mention.Taken, mention.Actor{ID: "inbox:7", Name: "Анна"}
		}, 0, "отвечает Анна"},
		"promised":   {func(t *mention.Task) { t.State, t.PromisedAt = mention.Taken, noon.Add(time.Hour) }, 0, "решение обещано к 21.11.2026 12:22"},
		"to be seen": {func(t *mention.Task) { t.State, t.Due.Visible = mention.Answered, noon.Add(time.Hour) }, 0, "увидеть ответ до 21.11.2026 12:22"},
	} {
		m := channeltest.Card()
		c.change(&m.View.Task)
		m.At = noon.Add(c.after)
		if lines := strings.Split(alerts.Plain(m, "ru", time.UTC).Body, "\n"); !slices.Contains(lines, c.want) {
			t.Errorf("%s: no line %q in %q", name, c.want, lines)
		}
	}
}
