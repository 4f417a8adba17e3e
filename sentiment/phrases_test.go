package sentiment

import (
	"strings"
	"testing"
)

func TestNewPhraseBook_refuses(t *testing.T) {
	for _, line := range []string{"4 so good", "good", "2", "x y", "1 gold*", "1 one two three four five six seven"} {
		if _, err := newPhraseBook("# fine\n1 fine\n" + line); err == nil || !strings.Contains(err.Error(), "line 3") {
			t.Errorf("%q: got %v, want an error about line 3", line, err)
		}
	}
}

func TestPhraseBook_find(t *testing.T) {
	book, err := newPhraseBook("2 золотые руки\n-2 золотые руки не оттуда\n3 золотые\n3 5 звезд\n3 10 из 10")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		text          string
		value, tokens int
	}{
		{"золотых рук не видно", 2, 2},
		{"золотые руки не оттуда растут", -2, 4},
		{"золотой мастер", 3, 1},
		{"золотые, руки", 3, 1},
		{"руки золотые", 0, 0},
		{"5 звёзд", 3, 2},
		{"10 из 10, не меньше", 3, 3},
		{"10 - из 10", 0, 0},
	} {
		var d text
		d.scan(c.text)
		if p, n := book.find(&d, 0); n != c.tokens || int(p.value) != c.value {
			t.Errorf("%q: got %d over %d words, want %d over %d", c.text, p.value, n, c.value, c.tokens)
		}
	}
}
