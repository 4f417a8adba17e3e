package alerts_test

import (
	"strings"
	"testing"

	"otklik/alerts"
)

// marked writes pieces as people mark changes: [-removed-] {+added+}.
func marked(pieces []alerts.Piece) string {
	var parts []string
	for _, p := range pieces {
		parts = append(parts, map[alerts.Op]string{alerts.Kept: p.Text, alerts.Removed: "[-" + p.Text + "-]", alerts.Added: "{+" + p.Text + "+}"}[p.Op])
	}
	return strings.Join(parts, " ")
}

func TestDiff(t *testing.T) {
	for name, tt := range map[string]struct{ a, b, want string }{
		"the same":             {"Доставка сорвана", "Доставка\n сорвана", "Доставка сорвана"},
		"a word":               {"Доставка сорвана второй раз", "Доставка сорвана третий раз", "Доставка сорвана [-второй-] {+третий+} раз"},
		"an addition":          {"Не привезли.", "Не привезли. UPD: извинились.", "Не привезли. {+UPD: извинились.+}"},
		"two places":           {"один два три четыре пять", "один три четыре шесть", "один [-два-] три четыре [-пять-] {+шесть+}"},
		"from nothing":         {"", "слово", "{+слово+}"},
		"to nothing":           {"слово", "", "[-слово-]"},
		"far apart stays near": {"a b c d e f g h", "x b c d e f g h", "[-a-] {+x+} b c …"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := marked(alerts.Near(alerts.Diff(tt.a, tt.b), 2)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	long := strings.Repeat("слово дело ", 4000)
	if got := alerts.Diff("a "+long, "b "+long+"c"); len(got) < 2 {
		t.Errorf("a long text has %d pieces", len(got))
	}
}
