package bench_test

import (
	"testing"

	"otklik/bench"
	"otklik/mention"
)

// BenchmarkTone judges reviews of the load site one after another, with their
// reasons and topics: tone's part of a page full of new reviews.
func BenchmarkTone(b *testing.B) {
	const n = 200
	var reviews []mention.Mention
	for _, page := range pages(b, bench.NewSite(bench.SiteConfig{Pages: n}), 0, n) {
		reviews = append(reviews, page...)
	}
	judge := newJudge(b)
	b.ReportAllocs()
	judged, begun := 0, cpu(b)
	for b.Loop() {
		if _, err := judge.Score(b.Context(), reviews[judged%len(reviews)], []string{"Ромашка"}); err != nil {
			b.Fatal(err)
		}
		judged++
	}
	b.ReportMetric(float64((cpu(b)-begun).Nanoseconds())/float64(judged), "cpu-ns/text")
}

// BenchmarkSketch makes the sketches of copies of the same reviews.
func BenchmarkSketch(b *testing.B) {
	const n = 20
	var reviews []mention.Mention
	for _, page := range pages(b, bench.NewSite(bench.SiteConfig{Pages: n}), 0, n) {
		reviews = append(reviews, page...)
	}
	b.ReportAllocs()
	made, begun := 0, cpu(b)
	for b.Loop() {
		copies{}.Sketch(reviews[made%len(reviews)])
		made++
	}
	b.ReportMetric(float64((cpu(b)-begun).Nanoseconds())/float64(made), "cpu-ns/text")
}
