package crawler

import (
	"errors"
	"strings"
	"testing"
)

func TestUnescapeJS(t *testing.T) {
	cases := []struct{ name, in, want string }{
		{"nothing to do", `{"a":1}`, `{"a":1}`},
		{"quotes and backslashes", `{\'a\': \"b\", "c": "d\\n"}`, `{'a': "b", "c": "d\n"}`},
		{"controls", `\b\f\n\r\t\v\0`, "\b\f\n\r\t\v\x00"},
		{"bytes", `\x41\xe9`, "Aé"},
		{"units", `\u0416\u00e9`, "Жé"},
		{"surrogates", `\ud83d\ude42`, "🙂"},
		{"a lone surrogate", `\ud83dx`, "\uFFFDx"},
		{"code points", `\u{1F642}\u{416}`, "🙂Ж"},
		{"continued lines", "a\\\nb\\\r\nc", "abc"},
		{"other letters stand for themselves", `\/\q\ж`, "/qж"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := unescapeJS(c.in)
			if err != nil || got != c.want {
				t.Errorf("unescapeJS(%q) = %q, %v; want %q", c.in, got, err, c.want)
			}
		})
	}
	for _, bad := range []string{`\`, `\x4`, `\xzz`, `\u12`, `\u{}`, `\u{1234567890}`, `\uzzzz`} {
		if got, err := unescapeJS(bad); err == nil {
			t.Errorf("unescapeJS(%q) = %q, want an error", bad, got)
		}
	}
}

func TestParseJSON_TellsCutFromBroken(t *testing.T) {
	cases := []struct {
		name, in string
		want     error
	}{
		{"whole", `{"a":[1,2,{"b":"}"}]}`, nil},
		{"raw line feeds in a string", "{\"a\":\"b\nc\"}", nil},
		{"cut in an object", `{"a":1`, errTruncated},
		{"cut in a string", `{"a":"b`, errTruncated},
		{"cut behind a backslash", `{"a":"b\`, errTruncated},
		{"cut in a list", `[1,2`, errTruncated},
		{"two values", `{} {}`, errNotJSON},
		{"text", `CustomerReviews RSS page depth is limited to 10`, errNotJSON},
		{"nothing", ` `, errNotJSON},
		{"no JSON inside", `{a:1}`, errNotJSON},
		{"deeper than any site", strings.Repeat("[", 5000) + strings.Repeat("]", 5000), errNotJSON},
		{"a lone closing bracket", `]`, errNotJSON},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if _, err := parseJSON([]byte(c.in)); !errors.Is(err, c.want) {
				t.Errorf("parseJSON: %v, want %v", err, c.want)
			}
		})
	}
}

func TestValueAt(t *testing.T) {
	cases := []struct{ name, in, want string }{
		{"an object before more script", `{"a":"}"};var b = 1`, `{"a":"}"}`},
		{"a literal in single quotes", ` '{"a":"it\'s"}');`, `{"a":"it's"}`},
		{"a literal in back quotes", "`[1]`", `[1]`},
		{"a number", `12, 13]`, `12`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := valueAt([]byte(c.in))
			if err != nil || got.Raw != c.want {
				t.Errorf("valueAt(%q) = %q, %v; want %q", c.in, got.Raw, err, c.want)
			}
		})
	}
}

func TestParseCount(t *testing.T) {
	cases := []struct {
		in   string
		want int
	}{
		{"770 отзывов", 770}, {"1\u00A0234 отзыва", 1234}, {"1 234 567", 1234567}, {"12,744", 12744}, {"1.234", 1234},
		{"37.2K", 37200}, {"1.1M", 1100000}, {"1,1 млн", 1100000}, {"2 тыс.", 2000}, {"3K views", 3000}, {"3 kittens", 3},
		{"5 из 10", 5}, {"(41)", 41}, {"0", 0}, {"", -1}, {"нет", -1}, {"99999999999999999999", -1},
	}
	for _, c := range cases {
		got, ok := parseCount(c.in)
		if !ok {
			got = -1
		}
		if got != c.want {
			t.Errorf("parseCount(%q) = %d, want %d", c.in, got, c.want)
		}
	}
}

func TestParseNumber(t *testing.T) {
	cases := []struct {
		in   string
		want float64
		ok   bool
	}{
		{"5", 5, true}, {"4,8 von 5,0", 4.8, true}, {"4 av 5 stjerner", 4, true}, {"5.0", 5, true}, {"true", 1, true},
		{"false", 0, true}, {"-1", -1, true}, {"", 0, false}, {"нет", 0, false}, {"1.2.3", 0, false},
	}
	for _, c := range cases {
		if got, ok := parseNumber(c.in); got != c.want || ok != c.ok {
			t.Errorf("parseNumber(%q) = %v %v, want %v %v", c.in, got, ok, c.want, c.ok)
		}
	}
}

func TestParseMark(t *testing.T) {
	for _, c := range []struct {
		in         string
		mark, best float64
	}{
		{"4", 4, 0}, {"8,4", 8.4, 0}, {"4,5 из 5", 4.5, 5}, {"5/5", 5, 5}, {"8,4/10", 8.4, 10}, {"7 / 10", 7, 10}, {"4.0 out of 5 bubbles", 4, 5}, {"4,0 von 5", 4, 5}, {"4 Sterne von 5", 4, 5},
		{"Rated 3 out of 5 stars", 3, 5}, {"4 étoiles sur 5", 4, 5}, {"3 de 5 burbujas", 3, 5}, {"4,0 kropek z 5", 4, 5}, {"4 звезды", 4, 0}, {"4 звезды, 10 отзывов", 4, 0},
		// the scale is said first
		{"5 üzerinden 4,0", 4, 5}, {"バブル評価 5 段階中 4.0", 4, 5}, {"5つ星のうち3.0", 3, 5}, {"풍선 5개 중 4.0", 4, 5}, {"10点中8.4点", 8.4, 10},
	} {
		if mark, best, ok := parseMark(c.in); !ok || mark != c.mark || best != c.best {
			t.Errorf("parseMark(%q) = %v of %v %v, want %v of %v", c.in, mark, best, ok, c.mark, c.best)
		}
	}
	if _, _, ok := parseMark("no stars"); ok {
		t.Error("a mark was read out of words alone")
	}
}
