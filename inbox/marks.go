package inbox

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"otklik/mention"
)

// piece is a stretch of a text, marked where it decided the tone or differs
// between versions.
type piece struct {
	Text string
	Mark string // "" plain, "why" a reason, "add" and "del" of a diff
}

// field is one part of what the author wrote, with its reasons marked.
type field struct {
	Name   mention.Field
	Pieces []piece
}

// fieldsOf marks in each part of m the words that decided its tone.
func fieldsOf(m mention.Mention) []field {
	var out []field
	for _, f := range []struct {
		name mention.Field
		text string
	}{{mention.InTitle, m.Title}, {mention.InText, m.Text}, {mention.InPros, m.Pros}, {mention.InCons, m.Cons}} {
		if strings.TrimSpace(f.text) != "" {
			out = append(out, field{f.name, marked(f.text, m.Reasons, f.name)})
		}
	}
	return out
}

// marked cuts text at the reasons that stand in it. Reasons that overlap, lie
// outside of the text or cut a character are left out: after an edit they may
// be those of other words.
func marked(text string, reasons []mention.Reason, in mention.Field) []piece {
	var own []mention.Reason
	for _, r := range reasons {
		if r.Field == in && r.Start >= 0 && r.Start < r.End && r.End <= len(text) &&
			isBoundary(text, r.Start) && isBoundary(text, r.End) {
			own = append(own, r)
		}
	}
	slices.SortStableFunc(own, func(a, b mention.Reason) int { return cmp.Compare(a.Start, b.Start) })
	var out []piece
	at := 0
	for _, r := range own {
		if r.Start < at {
			continue
		}
		out = plain(out, text[at:r.Start])
		out = append(out, piece{harmless(text[r.Start:r.End]), "why"})
		at = r.End
	}
	return plain(out, text[at:])
}

func isBoundary(s string, at int) bool { return at == len(s) || utf8.RuneStart(s[at]) }

func plain(to []piece, text string) []piece {
	if text == "" {
		return to
	}
	return append(to, piece{Text: harmless(text)})
}

// diffLimit bounds the words of a text that are compared one by one; longer
// texts are shown whole.
const diffLimit = 1500

// diff tells how old became new, word by word: words of old alone are marked
// "del", words of new alone "add".
func diff(old, new string) []piece {
	a, b := tokens(harmless(old)), tokens(harmless(new))
	if len(a) > diffLimit || len(b) > diffLimit {
		return []piece{{strings.Join(a, ""), "del"}, {strings.Join(b, ""), "add"}}
	}
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	var out []piece
	out = join(out, "", a[:head]...)
	out = middle(out, a[head:len(a)-tail], b[head:len(b)-tail])
	return join(out, "", a[len(a)-tail:]...)
}

// middle walks the longest common subsequence of a and b.
func middle(out []piece, a, b []string) []piece {
	long := make([][]int16, len(a)+1)
	for i := range long {
		long[i] = make([]int16, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				long[i][j] = long[i+1][j+1] + 1
			} else {
				long[i][j] = max(long[i+1][j], long[i][j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] == b[j]:
			out = join(out, "", a[i])
			i, j = i+1, j+1
		case long[i+1][j] >= long[i][j+1]:
			out = join(out, "del", a[i])
			i++
		default:
			out = join(out, "add", b[j])
			j++
		}
	}
	out = join(out, "del", a[i:]...)
	return join(out, "add", b[j:]...)
}

// join appends words, to the last piece when it has the same mark.
func join(out []piece, mark string, words ...string) []piece {
	if len(words) == 0 {
		return out
	}
	text := strings.Join(words, "")
	if n := len(out); n > 0 && out[n-1].Mark == mark {
		out[n-1].Text += text
		return out
	}
	return append(out, piece{text, mark})
}

// tokens cuts s into words, each with the white space behind it.
func tokens(s string) []string {
	var out []string
	start, inSpace := 0, false
	for i, r := range s {
		space := unicode.IsSpace(r)
		if inSpace && !space {
			out = append(out, s[start:i])
			start = i
		}
		inSpace = space
	}
	if start < len(s) {
		out = append(out, s[start:])
	}
	return out
}

// bag is the set of the longer words of m, their ends cut off: enough to order
// past complaints by likeness.
func bag(m mention.Mention) map[string]bool {
	const stem = 5
	out := map[string]bool{}
	for _, w := range strings.FieldsFunc(strings.ToLower(m.Words()), func(r rune) bool { return !unicode.IsLetter(r) }) {
		if runes := []rune(w); len(runes) >= stem {
			out[string(runes[:stem])] = true
		}
	}
	return out
}

// best returns the most similar, at most similarShown.
func best(all []similar) []similar {
	slices.SortStableFunc(all, func(a, b similar) int { return cmp.Compare(b.score, a.score) })
	return all[:min(len(all), similarShown)]
}
