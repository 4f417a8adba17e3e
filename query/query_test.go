package query_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"otklik/query"
)

func parse(t testing.TB, src string) *query.Query {
	t.Helper()
	q, err := query.Parse(src)
	if err != nil {
		t.Fatalf("Parse(%q): %v", src, err)
	}
	return q
}

// matchCases are read as: the query matches the text with the marked words,
// or does not match when no word is marked.
var matchCases = []struct{ name, query, text string }{
	{"a word in another form", `карта`, `Мне не выдали [карту].`},
	{"every occurrence is marked", `карта`, `[Карта] на [карте] у [карт]`},
	{"a word inside another is none", `карта`, `картография и открытка`},
	{"ё is е, in the query", `отчёт`, `Прислали [отчет] поздно`},
	{"ё is е, in the text", `отчет`, `Прислали [отчёт] поздно`},
	{"a decomposed й is one letter", `зайти`, "не мог [зай\u0306ти]"},
	{"a stress mark is not seen", `замок`, "купил [замо\u0301к]"},
	{"a soft hyphen is not seen", `доставка`, "[дос\u00adтавка] сорвана"},
	{"English forms", `delivery`, `Two [deliveries] late`},
	{"an English stem that is no prefix", `happy`, `[happiness] of the [happy]`},
	{"an irregular English stem", `die`, `the phone is [dying] again`},
	{"a possessive", `romashka`, `[Romashka's] support`},
	{"upper case", `BANK`, `the [bank]`},
	{"implicit AND", `ромашка карта`, `[карта] банка [Ромашка]`},
	{"AND lacks one", `ромашка AND карта`, `карта банка`},
	{"OR takes either", `карта OR вклад`, `открыл [вклад]`},
	{"AND binds tighter than OR", `банк карта OR вклад`, `[вклад]`},
	{"brackets bind tighter", `банк (карта OR вклад)`, `вклад`},
	{"NOT excludes", `ромашка NOT цветок`, `ромашка, полевые цветы и цветок`},
	{"NOT lets others pass", `ромашка NOT цветок`, `офис [ромашки]`},
	{"NOT of brackets", `ромашка NOT (цветок OR чай)`, `чай с ромашкой`},
	{"two NOTs cancel", `ромашка NOT NOT чай`, `[чай] с [ромашкой]`},
	{"a NOT that matches inside OR", `ромашка (карта OR чай NOT зелёный)`, `[чай] [ромашка]`},
	{"a phrase with forms", `"ромашка банк"`, `в [Ромашка Банке] хамят`},
	{"a phrase needs its order", `"ромашка банк"`, `банк ромашка`},
	{"a phrase needs neighbours", `"ромашка банк"`, `ромашка и банк`},
	{"a phrase over punctuation", `"ромашка банк"`, `«[Ромашка» — Банк]`},
	{"guillemets quote too", `«ромашка банк»`, `[ромашка банк]`},
	{"punctuation in a phrase is no word", `"ромашка - банк"`, `[ромашка банк]`},
	{"a hyphen makes a phrase", `интернет-банк`, `ваш [интернет-банк] и [интернет банк]`},
	{"an exact form", `=карта`, `[карта] карты карту`},
	{"an exact form ignores case and ё", `=Ёлка`, `[елка] и [Ёлка], не ёлки`},
	{"an exact phrase", `="ромашка банк"`, `[Ромашка Банк], но не Ромашка Банка`},
	{"one exact word of a phrase", `"=ромашка банк"`, `[Ромашка банку], ромашки банк`},
	{"a wildcard", `ромашк*`, `[ромашковый] луг, [Ромашка]`},
	{"a wildcard matches the word itself", `банк*`, `[банк]`},
	{"a wildcard in a phrase", `"ромашк* банк"`, `[ромашковым банком]`},
	{"digits are words", `24`, `круглые [24] часа, не 240`},
	{"a word with digits", `a50`, `телефон [A50] греется`},
	{"side by side is a distance of one", `ромашка /1 карта`, `[карта] [ромашка]`},
	{"a distance in either order", `ромашка /3 карта`, `[карта] от банка [Ромашка]`},
	{"a distance too far", `ромашка /3 карта`, `карта от нашего банка Ромашка`},
	{"only the near pair is marked", `ромашка /2 карта`, `ромашка пахнет очень сильно, [ромашка] и [карта]`},
	{"distances chain", `ромашка /2 карта /2 сломана`, `[сломана] опять [карта] в [ромашке]`},
	{"a chain that breaks", `ромашка /2 карта /2 сломана`, `ромашка карта была вчера ещё не сломана`},
	{"a chain takes the way that leads on", `a1 /3 b1 /3 c1`, `[a1] b1 x [b1] y z [c1]`},
	{"a word is not near itself", `карта /5 карта`, `одна карта`},
	{"two of a word are near", `карта /5 карта`, `[карта] на [карту]`},
	{"a distance to a phrase", `"ромашка банк" /2 карта`, `[карта] от [Ромашка Банка]`},
	{"a distance from a long phrase", `"очень большой ромашка банк" /1 карта`, `[очень большой ромашка банк] [карта]`},
	{"a distance to brackets", `ромашка /2 (карта OR вклад)`, `вклад далеко отсюда, [ромашка], [вклад]`},
	{"comments are passed", "ромашка // наш бренд\n/* и\nещё */ карта", `[карта] [ромашка]`},
	{"a slash without a digit is a comment or a mistake", "ромашка//x", `[ромашка]`},
	{"a repeated word", `карта карта`, `[карта]`},
	{"operators in lower case are words", `ромашка and`, `[ромашка] [and] co`},
	{"an operator in quotes is a word", `"OR"`, `this [or] that`},
	{"empty text", `карта`, ``},
	{"broken UTF-8 is skipped", `карта`, "\xff[карта]\xfe"},
	{"emoji part words", `карта`, `🔥[карта]🔥`},
}

func TestQuery_Match(t *testing.T) {
	for _, tt := range matchCases {
		t.Run(tt.name, func(t *testing.T) {
			q := parse(t, tt.query)
			text := strings.NewReplacer("[", "", "]", "").Replace(tt.text)
			ok, spans := q.Match(text)
			if got := query.Highlight(text, spans, "[", "]"); got != tt.text || ok != (text != tt.text) {
				t.Errorf("%s over %q:\n got %v %s\nwant %v %s", tt.query, text, ok, got, text != tt.text, tt.text)
			}
			if in := query.NewSet([]*query.Query{parse(t, "посторонний"), q}).Match(text); slices.Contains(in, 1) != ok {
				t.Errorf("%s over %q: a set answers %v, the query %v", tt.query, text, in, ok)
			}
		})
	}
}

func TestParse_Errors(t *testing.T) {
	tests := []struct {
		src          string
		line, column int
		message      string
	}{
		{"", 1, 1, "empty"},
		{"  \n // only a comment", 2, 19, "empty"},
		{"ромашка AND", 1, 12, "missing at the end"},
		{"ромашка OR\n  OR карта", 2, 3, "missing before this operator"},
		{"AND карта", 1, 1, "missing before this operator"},
		{"(ромашка", 1, 1, "not closed"},
		{"карта (ромашка OR (вклад)", 1, 7, "not closed"},
		{"ромашка)", 1, 8, "never opened"},
		{"карта ()", 1, 8, "missing before this bracket"},
		{"карта \"ромашка", 1, 7, "\" is missing"},
		{"карта «ромашка\"", 1, 7, "» is missing"},
		{`""`, 1, 2, "no word between"},
		{`карта "…"`, 1, 8, "no word between"},
		{"карта /* вклад", 1, 7, "*/ is missing"},
		{"карта / вклад", 1, 7, "from 1 to 100"},
		{"карта /0 вклад", 1, 7, "from 1 to 100"},
		{"карта /101 вклад", 1, 7, "from 1 to 100"},
		{"карта /99999999999999999999 вклад", 1, 7, "from 1 to 100"},
		{"/3 вклад", 1, 1, "missing before this distance"},
		{"карта /3", 1, 9, "missing at the end"},
		{"карта /3 (вклад AND счёт)", 1, 11, "a distance stands between"},
		{"карта /3 NOT вклад", 1, 10, "missing before this operator"},
		{"NOT карта /3 вклад NOT (счёт)", 1, 1, "NOT alone"},
		{"NOT карта", 1, 1, "NOT alone"},
		{"ромашка OR NOT карта", 1, 12, "NOT alone"},
		{"ромашка -карта", 1, 9, "write NOT"},
		{"ромашка !карта", 1, 9, "write NOT"},
		{"р*", 1, 1, "at least 2 letters"},
		{"карта *", 1, 7, "at least 2 letters"},
		{"ро*шка", 1, 3, "at the end of a word only"},
		{"*банк", 1, 1, "at the end of a word only"},
		{"=ромашк*", 1, 2, "contradict"},
		{"карта & вклад", 1, 7, "no letter or digit"},
		{"=", 1, 2, "no letter or digit"},
		{"карта \xff", 1, 7, "not valid UTF-8"},
		{strings.Repeat("(", 200) + "a" + strings.Repeat(")", 200), 1, 102, "more than 100"},
		{"a " + strings.Repeat("NOT ", 200) + "b", 1, 407, "more than 100"},
		{strings.Repeat("карта ", 10_000), 1, 1, "at most 65536 bytes"},
	}
	for _, tt := range tests {
		_, err := query.Parse(tt.src)
		var bad *query.SyntaxError
		if !errors.As(err, &bad) {
			t.Errorf("Parse(%.40q) = %v, want a SyntaxError", tt.src, err)
			continue
		}
		if bad.Line != tt.line || bad.Column != tt.column || !strings.Contains(bad.Message, tt.message) {
			t.Errorf("Parse(%.40q) = %v; want line %d, column %d: …%s…", tt.src, err, tt.line, tt.column, tt.message)
		}
	}
}

func TestQuery_Terms(t *testing.T) {
	q := parse(t, `"Ромашка Банк" AND (карта OR =Вклад OR ромашк*) /2 карта NOT цветок`)
	want := []string{"Ромашка Банк", "карта", "Вклад", "ромашк"}
	if got := q.Terms(); !slices.Equal(got, want) {
		t.Errorf("Terms() = %q, want %q", got, want)
	}
}

func TestQuery_MatchBoundsItsSpans(t *testing.T) {
	ok, spans := parse(t, "карта").Match(strings.Repeat("карта ", 5000))
	if !ok || len(spans) != 1000 {
		t.Errorf("Match = %v with %d spans, want the first 1000", ok, len(spans))
	}
}

func TestQuery_String(t *testing.T) {
	const src = "ромашка  OR карта // так"
	if got := parse(t, src).String(); got != src {
		t.Errorf("String() = %q, want it as written: %q", got, src)
	}
}

// TestStem_BeginsItsWord holds what the lexicon's shortcut rests on.
func TestStem_BeginsItsWord(t *testing.T) {
	words := strings.Fields(`обслуживанием карточками произошедшее бывший лучшего нейтральнейший
		длинный вклады ели ём пятнами умирающего доставленные ий ого
		deliveries happy dying skies relational sensibilities hoping generously controlled national
		organization hopefulness early only ugly gently singly idly lying tying news exceeding`)
	for _, w := range words {
		w = strings.ReplaceAll(w, "ё", "е")
		q := parse(t, w)
		if ok, _ := q.Match("x " + w + " y"); !ok {
			t.Errorf("%q does not match itself, its stem is %q", w, query.Stem(w))
		}
	}
}

func TestTest(t *testing.T) {
	var out strings.Builder
	in := "Карта не пришла\n\nвсё хорошо\nжду карту\n"
	matched, total, err := query.Test(&out, strings.NewReader(in), parse(t, "карта"))
	want := "[Карта] не пришла\nжду [карту]\n2 of 3 match\n"
	if err != nil || matched != 2 || total != 3 || out.String() != want {
		t.Errorf("Test = %d, %d, %v with\n%swant 2, 3 with\n%s", matched, total, err, out.String(), want)
	}
	if _, _, err := query.Test(&out, strings.NewReader(strings.Repeat("x", 1<<20+1)), parse(t, "карта")); err == nil {
		t.Error("a line over the limit gave no error")
	}
}
