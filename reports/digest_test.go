package reports_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"otklik/mention"
	"otklik/reports"
)

func text(d mention.Digest) string {
	var b strings.Builder
	for _, s := range d.Sections {
		fmt.Fprintf(&b, "# %s\n", s.Title)
		for _, l := range s.Lines {
			fmt.Fprintf(&b, "%s\n", l.Text)
		}
	}
	return strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(b.String())
}

// digest tells the report of a.
func digest(t *testing.T, m *reports.Maker, a *archive, title, lang string) mention.Digest {
	t.Helper()
	d, err := m.Digest(t.Context(), report(t, a), title, lang, "")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDigest(t *testing.T) {
	m := maker(busy())
	m.Base = "https://otklik.example/"
	m.Praise = func(_ context.Context, b string, limit int) ([]mention.Mention, error) {
		if b != brand || limit != 3 {
			t.Errorf("asked for %d of %s", limit, b)
		}
		return []mention.Mention{{Source: "otzovik", Rating: 5, Best: 5, Title: "Спасибо", Text: "Спасибо за быструю доставку", URL: "https://otzovik.example/9"}}, nil
	}
	d := digest(t, m, busy(), "Сводка", "ru")
	for _, s := range d.Sections {
		if s.Title == "Сказать спасибо" && (!strings.HasSuffix(s.Lines[0].URL, "&kind=thanks") || s.Lines[1].URL != "https://otzovik.example/9") {
			t.Errorf("thanks lead to %+v", s.Lines)
		}
	}
	got := text(d)
	want := `# Что писали
негативных 223, нейтральных 98, позитивных 245
без тона: 2
NPS +40 (промоутеров 60, критиков 20)
CSAT 75 % (довольны 3, недовольны 1)
CES 6,0 / 7,0 (легко 2, трудно 0)
# Главные жалобы
★☆☆☆☆ Отзовик: «Доставка сорвана второй раз — Ждал курьера два дня, никто не позвонил. Карту так и не привезли.»
★★☆☆☆ App Store: «=HYPERLINK("https://evil.example") <script>alert(1)</script> после обновления не входит»
# Сказать спасибо
Ромашка Банк: 12
★★★★★ Отзовик: «Спасибо за быструю доставку»
# Задачи сейчас
открыто 7, просрочено 2
# Нормы
взять — в норме 70 % (28 из 40)
ответить — в норме 57 % (23 из 40)
ответ виден — в норме 91 % (32 из 35)
Отвечено, проверить нельзя: 5
# Не видели
iRecommend: не видели 1 д 6 ч (заблокировано, с 19.11.2026 18:00)
Отзовик (romashka): не видели 1 ч (нет ответа)
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestDigest_silenceIsNoGoodNews(t *testing.T) {
	seen := &archive{sources: []mention.Source{source("a", "otzovik")}}
	blind := &archive{sources: seen.sources, spells: []mention.Spell{{Source: "a", From: from, Verdict: mention.Blocked}}}
	if got := text(digest(t, maker(seen), seen, "", "en")); !strings.Contains(got, "nothing was found\n") {
		t.Errorf("all was seen: %s", got)
	}
	if got := text(digest(t, maker(blind), blind, "", "en")); !strings.Contains(got, "not everything was seen") {
		t.Errorf("a source was blind: %s", got)
	}
	if got := text(digest(t, maker(&archive{}), &archive{}, "", "en")); !strings.Contains(got, "not everything was seen") {
		t.Errorf("nothing is watched: %s", got)
	}
}

// TestWords holds that every phrase of the page and the code has its Russian.
func TestWords(t *testing.T) {
	latin := regexp.MustCompile(`(?i)\b(mentions|negative|norm|taken|median|source|brand|seen|answer|people)\b`)
	d := digest(t, maker(busy()), busy(), "", "ru")
	if found := latin.FindString(text(d)); found != "" {
		t.Errorf("the Russian digest says %q", found)
	}
	var b strings.Builder
	if err := maker(busy()).WriteHTML(&b, report(t, busy()), reports.View{Lang: "ru", Form: &reports.Choice{}}); err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(b.String(), "</style>")
	body = regexp.MustCompile(`<[^>]*>`).ReplaceAllString(body, " ")
	if found := latin.FindString(body); found != "" {
		t.Errorf("the Russian page says %q", found)
	}
}

func TestSpike(t *testing.T) {
	hour := now.Add(-30 * time.Minute)
	with := func(today, yesterday, lastWeek int) *archive {
		a := &archive{}
		for days, n := range map[int]int{0: today, 1: yesterday, 7: lastWeek} {
			a.tallies = append(a.tallies, mention.Tally{Day: hour.Truncate(time.Hour).AddDate(0, 0, -days), Brand: brand, Tone: mention.Negative, Mentions: n})
		}
		return a
	}
	for _, tt := range []struct {
		today, yesterday, lastWeek int
		want                       bool
	}{
		{4, 0, 0, false},     // too few to say
		{6, 0, 0, false},     // 1 in 64 by accident
		{7, 0, 0, true},      // 1 in 128
		{12, 2, 1, true},     // 1 in 154
		{12, 4, 1, false},    // not against yesterday
		{12, 1, 4, false},    // not against last week
		{300, 260, 1, false}, // a busy hour like yesterday's
		{300, 200, 210, true},
	} {
		s, is, err := maker(with(tt.today, tt.yesterday, tt.lastWeek)).Spike(t.Context(), reports.SpikeRule{}, brand, hour)
		if err != nil || is != tt.want {
			t.Errorf("%d against %d and %d: spike %v (chance %.4f), %v; want %v", tt.today, tt.yesterday, tt.lastWeek, is, s.Chance, err, tt.want)
		}
	}
}

// outbox remembers notices and jobs.
type outbox struct {
	notices []mention.Notice
	jobs    []mention.Job
}

func (o *outbox) Apply(_ context.Context, effects ...mention.Effects) error {
	for _, e := range effects {
		for _, n := range e.Notices {
			if _, err := o.FindNotice(context.Background(), n.Key); err != nil {
				n.ID = int64(len(o.notices) + 1)
				o.notices = append(o.notices, n)
			}
		}
		o.jobs = append(o.jobs, e.Jobs...)
	}
	return nil
}

func (o *outbox) FindNotice(_ context.Context, key string) (mention.Notice, error) {
	for _, n := range o.notices {
		if n.Key == key {
			return n, nil
		}
	}
	return mention.Notice{}, mention.ErrNotFound
}

// morning is due at nine each day.
type morning struct{}

func (morning) Next(t time.Time) time.Time {
	nine := time.Date(t.Year(), t.Month(), t.Day(), 9, 0, 0, 0, t.Location())
	for !nine.After(t) {
		nine = nine.AddDate(0, 0, 1)
	}
	return nine
}

func TestClerk_Digest(t *testing.T) {
	out := &outbox{}
	m := maker(busy())
	c := &reports.Clerk{Maker: m, Outbox: out, Log: slog.New(slog.DiscardHandler),
		Digests: []reports.Scheduled{{DigestConfig: reports.DigestConfig{Channel: "pr", Period: reports.Daily}, Schedule: morning{}}}}
	job := c.Jobs()[0]
	if want := time.Date(2026, 11, 22, 9, 0, 0, 0, moscow); !job.RunAt.Equal(want) {
		t.Errorf("first due %s, want %s", job.RunAt, want)
	}
	for range 2 { // the second is the same job after a crash
		due, err := c.Digest(t.Context(), job)
		if err != nil || !due.Equal(job.RunAt) {
			t.Fatalf("due %s, %v; want %s", due, err, job.RunAt)
		}
	}
	if len(out.notices) != 1 {
		t.Fatalf("%d notices, want one", len(out.notices))
	}
	m.Base = "https://otklik.example"
	d, err := m.Tell(t.Context(), out.notices[0], "en")
	if err != nil {
		t.Fatal(err)
	}
	if want := "Daily digest, 2026-11-20 09:00 – 2026-11-21 09:00"; d.Title != want || !strings.HasPrefix(d.URL, "https://otklik.example/reports/?from=2026-11-20T09") {
		t.Errorf("%q at %q, want %q", d.Title, d.URL, want)
	}
	if due, err := (&reports.Clerk{Maker: m}).Digest(t.Context(), job); err != nil || !due.IsZero() {
		t.Errorf("a digest that is no longer configured: %s, %v", due, err)
	}
}

func TestClerk_Spike(t *testing.T) {
	a := &archive{tallies: []mention.Tally{{Day: now.Add(-time.Minute).Truncate(time.Hour), Brand: brand, Tone: mention.Negative, Mentions: 20}}, worst: busy().worst}
	out := &outbox{}
	m := maker(a)
	m.Now = func() time.Time { return now.Add(-time.Minute) }
	c := &reports.Clerk{Maker: m, Outbox: out, Spikes: reports.SpikeRule{Channel: "pr"}, Log: slog.New(slog.DiscardHandler)}
	for range 2 {
		if _, err := c.Spike(t.Context(), mention.Job{}); err != nil {
			t.Fatal(err)
		}
	}
	if len(out.notices) != 1 || len(out.jobs) != 1 || out.jobs[0].Kind != mention.UpdateJob {
		t.Fatalf("notices %+v, jobs %+v; want one notice, brought up to date", out.notices, out.jobs)
	}
	d, err := m.Tell(t.Context(), out.notices[0], "en")
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[time.Duration]int{2 * time.Minute: 1, 7 * time.Minute: 0} {
		before := len(out.jobs)
		m.Now = func() time.Time { return now.Add(at) }
		if _, err := c.Spike(t.Context(), mention.Job{}); err != nil || len(out.jobs)-before != want || len(out.notices) != 1 {
			t.Errorf("%s after the hour the card is brought up to date %d times, want %d (%v)", at, len(out.jobs)-before, want, err)
		}
	}
	if got := text(d); !strings.Contains(got, "20 complaints from 11:00 to 11:59; yesterday in this hour 0, a week ago 0") || !strings.Contains(got, "Доставка сорвана") {
		t.Errorf("got\n%s", got)
	}
}

func TestConfig_Validate(t *testing.T) {
	err := reports.Config{Digests: []reports.DigestConfig{{Period: "hourly"}}, Spikes: reports.SpikeRule{Significance: 2, AtLeast: -1}}.Validate()
	for _, path := range []string{"digests[0].channel: ", "digests[0].period: ", "spikes.significance: ", "spikes.at_least: "} {
		if err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%v does not name %s", err, path)
		}
	}
	if err := (reports.Config{}).Validate(); err != nil {
		t.Errorf("the empty configuration: %v", err)
	}
	weekly := reports.Config{Digests: []reports.DigestConfig{{Channel: "pr", Period: reports.Weekly}}}.WithDefaults()
	if weekly.Digests[0].Every != "0 9 * * 1" {
		t.Errorf("a weekly digest goes out at %q", weekly.Digests[0].Every)
	}
}

func FuzzTell(f *testing.F) {
	f.Add(`{"brand":"x","period":"daily","to":"2026-11-21T09:00:00Z"}`)
	f.Fuzz(func(t *testing.T, subject string) {
		_, err := maker(&archive{}).Tell(t.Context(), mention.Notice{Kind: mention.DigestNotice, Subject: subject}, "ru")
		if err == nil && !json.Valid([]byte(subject)) {
			t.Errorf("%q was told", subject)
		}
	})
}
