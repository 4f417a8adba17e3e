package crawler_test

import (
	"slices"
	"strings"
	"testing"
)

func TestSite_Searches(t *testing.T) {
	token := map[string]string{"token": "tok"}
	cases := []struct {
		name, site string
		params     map[string]string
		match      string
		want       []string
	}{
		{"alternatives where the site knows them", "reddit", token, `"ромашка банк" OR romashka`, []string{`"ромашка банк" OR romashka`}},
		{"a search for each where it does not", "vk", token, `"ромашка банк" OR romashka`, []string{`"ромашка банк"`, "romashka"}},
		{"phrases are words where there are no quotation marks", "stack-exchange", nil, `"romashka sdk"`, []string{"romashka sdk"}},
		{"the operator's words win", "reddit", map[string]string{"token": "tok", "q": "own words"}, "romashka", nil},
		{"a source that reads a wall is not searched", "vk", map[string]string{"token": "tok", "wall": "romashka"}, "romashka", nil},
		{"a site that is no search", "otzovik", map[string]string{"slug": "romashka"}, "romashka", nil},
		{"no query", "vk", token, "", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := site(t, c.site).Searches(c.params, c.match)
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("got %q, %v; want %q", got, err, c.want)
			}
			if err := site(t, c.site).CheckParams(c.params); err != nil {
				t.Errorf("the parameters are enough: %v", err)
			}
		})
	}
	if _, err := site(t, "vk").Searches(token, "(romashka"); err == nil || !strings.Contains(err.Error(), "vk") {
		t.Errorf("a broken query: %v", err)
	}
	if err := site(t, "vk").CheckParams(nil); err == nil || strings.Contains(err.Error(), `"q"`) {
		t.Errorf("got %v, want the token alone to be missing", err)
	}
}
