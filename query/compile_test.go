package query_test

import (
	"slices"
	"strings"
	"testing"

	"otklik/query"
)

func TestQuery_Compile(t *testing.T) {
	const brand = `"ромашка банк" AND (карта OR вклад) NOT цветок`
	tests := []struct {
		query   string
		dialect query.Dialect
		want    []string
	}{
		{brand, query.Google, []string{`"ромашка банк" (карта OR вклад) -цветок`}},
		{brand, query.YouTube, []string{`"ромашка банк" (карта | вклад) -цветок`}},
		{brand, query.Reddit, []string{`"ромашка банк" (карта OR вклад) NOT цветок`}},
		{brand, query.VK, []string{`"ромашка банк" карта`, `"ромашка банк" вклад`}},
		{brand, query.HackerNews, []string{`"ромашка банк" карта`, `"ромашка банк" вклад`}},
		{brand, query.Bluesky, []string{`"ромашка банк" карта`, `"ромашка банк" вклад`}},
		{brand, query.Plain, []string{`ромашка банк карта`, `ромашка банк вклад`}},
		{`a1 OR b1 c1`, query.Google, []string{`a1 OR (b1 c1)`}},
		{`(a1 OR b1) (c1 OR d1)`, query.Plain, []string{"a1 c1", "a1 d1", "b1 c1", "b1 d1"}},
		{`ромашка /3 карта`, query.Google, []string{"ромашка карта"}},
		{`=карта`, query.Google, []string{`"карта"`}},
		{`=карта`, query.Plain, []string{"карта"}},
		{`банк ромашк*`, query.Google, []string{"банк ромашк"}},
		{`"банк ромашк*"`, query.Google, []string{"банк"}},
		{`ромашка NOT (a1 b1)`, query.Google, []string{"ромашка"}},
		{`ромашка NOT цвет*`, query.Google, []string{"ромашка"}},
		{`ромашка NOT "чай с ромашкой"`, query.Google, []string{`ромашка -"чай с ромашкой"`}},
		{`a1 OR a1`, query.Plain, []string{"a1"}},
	}
	for _, tt := range tests {
		got, err := parse(t, tt.query).Compile(tt.dialect)
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s in %s = %q, %v; want %q", tt.query, tt.dialect, got, err, tt.want)
		}
	}
}

func TestQuery_CompileRefuses(t *testing.T) {
	many := strings.TrimSuffix(strings.Repeat("слово OR ", 1)+alternatives(20), " OR ")
	tests := []struct {
		name, query, message string
		dialect              query.Dialect
	}{
		{"an unknown dialect", "a1", "unknown search dialect", "altavista"},
		{"too many alternatives", many, "at most 16", query.Plain},
		{"a search that is too long", strings.Repeat("длинноеслово ", 40), "takes 256", query.VK},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parse(t, tt.query).Compile(tt.dialect)
			if err == nil || !strings.Contains(err.Error(), tt.message) {
				t.Errorf("Compile = %q, %v; want an error with %q", got, err, tt.message)
			}
		})
	}
}

// alternatives returns n different words joined by OR.
func alternatives(n int) string {
	words := make([]string, n)
	for i := range words {
		words[i] = "слово" + strings.Repeat("а", i+1)
	}
	return strings.Join(words, " OR ")
}

func TestQuery_CompileKeepsTheSmallPart(t *testing.T) {
	got, err := parse(t, "ромашка ("+alternatives(20)+")").Compile(query.Plain)
	if err != nil || !slices.Equal(got, []string{"ромашка"}) {
		t.Errorf("Compile = %q, %v; want the word that all need, the rest is filtered", got, err)
	}
}

// TestQuery_CompileFindsEnough reads plain searches as a source without
// morphology would and holds that none of the matching texts is lost.
func TestQuery_CompileFindsEnough(t *testing.T) {
	for _, tt := range matchCases {
		if !strings.Contains(tt.text, "[") {
			continue
		}
		searches, err := parse(t, tt.query).Compile(query.Plain)
		if err != nil {
			t.Errorf("%s: %v", tt.query, err)
			continue
		}
		text := strings.NewReplacer("[", "", "]", "").Replace(tt.text)
		found := slices.ContainsFunc(searches, func(search string) bool {
			// A bare beginning stands for a star.
			for _, word := range strings.Fields(search) {
				ok, _ := parse(t, `"`+word+`"`).Match(text)
				if star, err := query.Parse(word + "*"); !ok && err == nil {
					ok, _ = star.Match(text)
				}
				if !ok {
					return false
				}
			}
			return true
		})
		if !found {
			t.Errorf("%s: none of %q finds %q", tt.query, searches, text)
		}
	}
}
