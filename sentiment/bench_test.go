package sentiment_test

import (
	"strings"
	"testing"

	"github.com/jonreiter/govader"

	"otklik/mention"
	"otklik/sentiment"
)

// Texts of about 80 and 800 characters, the lengths of a tweet and a review.
const (
	russian80 = "Заказал доставку на вечер, привезли холодное и не то, курьер ещё и нагрубил маме"
	english80 = "Ordered dinner for the evening, it came cold and wrong and the courier was rude!"
)

func benchmarkScore(b *testing.B, text string) {
	j := newJudge(b)
	m := mention.Mention{Text: text}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := j.Score(b.Context(), m, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "texts/s")
}

// BenchmarkJudge_Score is a whole verdict with reasons and topics.
func BenchmarkJudge_Score(b *testing.B) {
	b.Run("ru80", func(b *testing.B) { benchmarkScore(b, russian80) })
	b.Run("en80", func(b *testing.B) { benchmarkScore(b, english80) })
	b.Run("ru800", func(b *testing.B) { benchmarkScore(b, strings.Repeat(russian80+" ", 10)) })
	b.Run("en800", func(b *testing.B) { benchmarkScore(b, strings.Repeat(english80+" ", 10)) })
}

// BenchmarkModel_Tone is the verdict alone, as Eval makes it.
func BenchmarkModel_Tone(b *testing.B) {
	m, err := sentiment.Default()
	if err != nil {
		b.Fatal(err)
	}
	for name, row := range map[string]sentiment.Row{
		"ru80":  {Lang: "ru", Text: russian80},
		"en80":  {Lang: "en", Text: english80},
		"ru800": {Lang: "ru", Text: strings.Repeat(russian80+" ", 10)},
		"en800": {Lang: "en", Text: strings.Repeat(english80+" ", 10)},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m.Tone(row.Lang, row.Text)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "texts/s")
		})
	}
}

// BenchmarkGovader is the usual English lexicon in the same run.
func BenchmarkGovader(b *testing.B) {
	a := govader.NewSentimentIntensityAnalyzer()
	for name, text := range map[string]string{"en80": english80, "en800": strings.Repeat(english80+" ", 10)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				a.PolarityScores(text)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "texts/s")
		})
	}
}

func BenchmarkDefault(b *testing.B) {
	for b.Loop() {
		if _, err := sentiment.Default(); err != nil {
			b.Fatal(err)
		}
	}
}

func TestModel_Tone_allocatesNothingPerPiece(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes pools forget")
	}
	m, err := sentiment.Default()
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat(russian80+" ", 10)
	m.Tone("ru", long) // buffers grow once
	if n := testing.AllocsPerRun(200, func() { m.Tone("ru", long) }); n > 0 {
		t.Errorf("%v allocations a text, want none", n)
	}
}
