package alerts_test

import (
	"strings"
	"testing"

	"otklik/alerts"
)

func TestEscapeWords(t *testing.T) {
	escape := strings.NewReplacer("@", "(at)", "<", "(less)", "я", "(ya)")
	for in, want := range map[string]string{
		"@all <b>":                          "(at)all (less)b>",
		"https://town.example/@anna?a=<b>я": "https://town.example/%40anna?a=%3Cb>я",
		"см. http://a.example/@x @y":        "см. http://a.example/%40x (at)y",
		"https://a.example/\n@all":          "https://a.example/\n(at)all",
		"https:// @all":                     "https:// (at)all",
		"":                                  "",
	} {
		if got := alerts.EscapeWords(in, escape); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}
