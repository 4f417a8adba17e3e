package dedup_test

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"otklik/dedup"
	"otklik/mention"
)

// pair is a line of testdata/pairs.tsv or heldout.tsv.
type pair struct {
	same       bool
	kind, lang string
	one, other mention.Mention
}

func readPairs(t testing.TB) []pair {
	t.Helper()
	return readSet(t, "testdata/pairs.tsv")
}

func readSet(t testing.TB, path string) []pair {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var pairs []pair
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		c := strings.Split(lines.Text(), "\t")
		if len(c) != 5 {
			t.Fatalf("%d columns in %q", len(c), lines.Text())
		}
		pairs = append(pairs, pair{c[0] == "1", c[1], c[2], textOf(c[3]), textOf(c[4])})
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return pairs
}

func textOf(s string) mention.Mention {
	parts := append(strings.Split(s, " || "), "", "")
	return mention.Mention{Brand: "Ромашка", Text: parts[0], Pros: parts[1], Cons: parts[2]}
}

// TestSimilar_Pairs measures the decision on invented pairs, hard negatives
// included: one complaint told twice, and two that only sound alike.
func TestSimilar_Pairs(t *testing.T) {
	measure(t, readPairs(t), 300)
}

// TestSimilar_HeldOut measures it on pairs that had no part in choosing the
// thresholds. Never tune against them: write new ones instead.
func TestSimilar_HeldOut(t *testing.T) {
	measure(t, readSet(t, "testdata/heldout.tsv"), 300)
}

func measure(t *testing.T, pairs []pair, least int) {
	t.Helper()
	if len(pairs) < least {
		t.Fatalf("%d pairs, want at least %d", len(pairs), least)
	}
	var hits, misses, joins, found int
	for _, p := range pairs {
		a, b := dedup.NewSketch(p.one), dedup.NewSketch(p.other)
		score, same := dedup.Similar(a, b)
		back, sameBack := dedup.Similar(b, a)
		if score != back || same != sameBack {
			t.Errorf("not symmetric: %v, %v and %v, %v for %s | %s", score, same, back, sameBack, p.one.Text, p.other.Text)
		}
		switch {
		case p.same && same:
			hits++
			if sharesBand(a, b) {
				found++
			}
		case p.same:
			misses++
			t.Logf("missed %s %.2f: %s | %s", p.kind, score, p.one.Text, p.other.Text)
		case same:
			joins++
			t.Logf("joined strangers, %s %.2f: %s | %s", p.kind, score, p.one.Text, p.other.Text)
		}
	}
	precision, recall := float64(hits)/float64(hits+joins), float64(found)/float64(hits+misses)
	t.Logf("%d pairs: precision %.3f, recall %.3f, found by their bands %d of %d", len(pairs), precision, recall, found, hits)
	if precision < 0.98 || recall < 0.9 {
		t.Errorf("precision %.3f, recall %.3f; want at least 0.98 and 0.90", precision, recall)
	}
}

func sharesBand(a, b dedup.Sketch) bool {
	keys := map[uint64]bool{}
	for _, k := range a.Bands() {
		keys[k] = true
	}
	for _, k := range b.Bands() {
		if keys[k] {
			return true
		}
	}
	return false
}

const complaint = "Курьер Тимур нахамил жене, бросил пакет у подъезда, молоко разлилось, яйца разбиты, а в чате предложили купон."

func sketch(brand, text string) dedup.Sketch {
	return dedup.NewSketch(mention.Mention{Brand: brand, Text: text})
}

func TestSimilar(t *testing.T) {
	long := complaint + " " + strings.Join(newTexts().words[:4000], " ")
	tests := []struct {
		name string
		a, b dedup.Sketch
		want bool
	}{
		{"the same text", sketch("Ромашка", complaint), sketch("Ромашка", complaint), true},
		{"the same text about another brand", sketch("Ромашка", complaint), sketch("Василёк", complaint), false},
		{"the same few words", sketch("Ромашка", "Курьер нахамил жене"), sketch("Ромашка", "Курьер нахамил жене"), false},
		{"the same stock phrase", sketch("Ромашка", "Отличный магазин, быстрая доставка, всем советую!"),
			sketch("Ромашка", "Отличный магазин, быстрая доставка, всем советую!"), false},
		{"nothing at all", sketch("Ромашка", ""), sketch("Ромашка", ""), false},
		{"only signs", sketch("Ромашка", "😡😡😡!!!"), sketch("Ромашка", "😡😡😡!!!"), false},
		{"a very long text", sketch("Ромашка", long), sketch("Ромашка", long), true},
		{"a very long text, cut in half", sketch("Ромашка", long), sketch("Ромашка", long[:len(long)/2]), true},
		{"the beginning in a text a hundred times longer", sketch("Ромашка", long), sketch("Ромашка", complaint), false},
		{"the same story with another order number", sketch("Ромашка", complaint+" Заказ 771903."),
			sketch("Ромашка", complaint+" Заказ 884512."), false},
		{"the order number left out", sketch("Ромашка", complaint+" Заказ 771903."), sketch("Ромашка", complaint), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if score, same := dedup.Similar(tt.a, tt.b); same != tt.want {
				t.Errorf("Similar = %.2f, %v; want %v", score, same, tt.want)
			}
		})
	}
}

func TestSketch_TransliterationsAgree(t *testing.T) {
	for _, latin := range []string{
		"Kur'er Timur nakhamil zhene, brosil paket u pod'ezda, moloko razlilos', yaytsa razbity, a v chate predlozhili kupon.",
		"Kuryer Timur nahamil zhene, brosil paket u podyezda, moloko razlilos, jajca razbiti, a v chate predlozhili kupon",
	} {
		if score, same := dedup.Similar(sketch("Р", complaint), sketch("Р", latin)); !same {
			t.Errorf("%.2f for %s", score, latin)
		}
	}
}

func TestSketch_Bytes(t *testing.T) {
	for _, p := range readPairs(t) {
		s := dedup.NewSketch(p.one)
		again := dedup.SketchOf(s.Bytes())
		if !bytes.Equal(again.Bytes(), s.Bytes()) || fmt.Sprint(again.Bands()) != fmt.Sprint(s.Bands()) {
			t.Fatalf("stored and read, the sketch of %q differs", p.one.Text)
		}
		if len(s.Bands()) > 16 || len(s.Bytes()) > 750 {
			t.Errorf("%d bands, %d bytes; want at most 16 and 750", len(s.Bands()), len(s.Bytes()))
		}
	}
	good := sketch("Ромашка", complaint).Bytes()
	for _, bad := range [][]byte{nil, {1}, []byte("not a sketch at all"), good[:len(good)-1], append([]byte{99}, good[1:]...)} {
		if s := dedup.SketchOf(bad); len(s.Bands()) != 0 || s.Bytes() != nil {
			t.Errorf("SketchOf(%.12q) has bands or bytes", bad)
		}
	}
}

func FuzzSketch(f *testing.F) {
	good := sketch("Ромашка", complaint)
	f.Add(complaint, good.Bytes())
	f.Add("ii ia ye '' shch 00 11", []byte{1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1})
	f.Add("\xff\u0306", []byte{1, 0, 0, 0})
	f.Fuzz(func(t *testing.T, text string, stored []byte) {
		a, b := sketch("Ромашка", text), dedup.SketchOf(stored)
		score, same := dedup.Similar(a, b)
		back, sameBack := dedup.Similar(b, a)
		if score != back || same != sameBack || score < 0 || score > 1 {
			t.Errorf("Similar = %v, %v and %v, %v", score, same, back, sameBack)
		}
		if _, same := dedup.Similar(a, a); same != (len(a.Bands()) > 0) {
			t.Errorf("%q is like itself: %v", text, same)
		}
	})
}

// texts makes invented texts whose words are as unevenly spread as in a
// language, so that bands collide as they do in life.
type texts struct{ words []string }

func newTexts() texts {
	r := rand.New(rand.NewPCG(1, 2))
	words := make([]string, 30_000)
	for i := range words {
		b := make([]byte, 4+r.IntN(6))
		for j := range b {
			b[j] = "bcdfghklmnprstvzaeo"[r.IntN(19)]
		}
		words[i] = string(b)
	}
	return texts{words}
}

func (x texts) sketch(i int) dedup.Sketch {
	r := rand.New(rand.NewPCG(uint64(i), 3))
	zipf := rand.NewZipf(r, 1.1, 20, uint64(len(x.words)-1))
	var b strings.Builder
	for range 20 + r.IntN(60) {
		b.WriteString(x.words[zipf.Uint64()])
		b.WriteByte(' ')
	}
	return sketch("Ромашка", b.String())
}

func BenchmarkNewSketch(b *testing.B) {
	m := mention.Mention{Brand: "Ромашка", Text: strings.Repeat(complaint, 8)}
	for b.Loop() {
		dedup.NewSketch(m)
	}
}

func BenchmarkSimilar(b *testing.B) {
	one, other := newTexts().sketch(0), newTexts().sketch(1)
	for b.Loop() {
		dedup.Similar(one, other)
	}
}
